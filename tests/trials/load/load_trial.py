#!/usr/bin/python3
"""Many clients at once, against the real daemon on two cores, on a Unix socket and over TLS.

    load_trial.py [--long] [--any-memory]

A worker that costs next to nothing (load_worker) stands in for the real one, and load_client for many clients: jobs
are queued; some of them run and are watched many times over while files are uploaded; some watchers do not read, and some
uploads come a byte at a time. Every watcher must get every event once and in order, and the daemon's memory must stay
within a bound. Times are printed and asserted nowhere. MODLAB_BUILD is the build.
"""

import argparse
import json
import math
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time

from modlab.v1 import server_pb2

import processes
from harness import BIN, PATIENCE, SOURCE, EndToEndTest, model_with

SHORT = {"jobs": 500, "watched": 10, "watchers": 100, "uploads": 8, "upload-bytes": 4 << 20, "silent": 10, "trickles": 4}
LONG = {"jobs": 10_000, "watched": 50, "watchers": 1000, "events": 100, "uploads": 64, "upload-bytes": 16 << 20,
        "silent": 50, "loud-events": 2000, "trickles": 16}
GROWTH = 512 << 20  # bytes that the daemon may have grown by at its largest


def resident(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Memory(threading.Thread):
    """Looks at a process's memory five times a second."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.going, self.start_bytes = pid, True, resident(pid)
        self.peak = self.start_bytes

    def run(self):
        while self.going:
            self.peak = max(self.peak, resident(self.pid))
            time.sleep(0.2)


class Load(EndToEndTest):
    """Not run by unittest's loader: `run_load` does."""

    def runTest(self):
        pass

    def begin(self, tls):
        self.make_home(lambda _: None)
        self.daemon.options = ["--worker", BIN / "load_worker", "--sandbox", "off", "--workers", 8, "--warm-workers", 8,
                               "--log-level", "warn"]
        self.client = ["--target", self.daemon.address]
        if tls:
            folder = self.home.path / "tls"
            processes.run([SOURCE / "deploy" / "tls.sh", folder, "localhost"], PATIENCE).check_returncode()
            port = free_port()
            self.daemon.options += ["--listen", f"127.0.0.1:{port}", "--tls-cert", folder / "server.pem",
                                    "--tls-key", folder / "server.key"]
            self.client = ["--target", f"localhost:{port}", "--ca", folder / "ca.pem", "--token-file",
                           self.home.path / "token"]
        self.start_daemon()
        if tls:
            self.modlabd("user", "add", "ada", "--role", "admin")
            (self.home.path / "token").write_text(self.modlabd("token", "create", "ada"))

    def modlabd(self, *arguments):
        done = processes.run([BIN / "modlabd", *arguments, "--data-dir", self.daemon.data], PATIENCE)
        assert done.returncode == 0, done
        return done.stdout

    def push_small_model(self):
        path = self.home.path / "model.pt"
        path.write_bytes(model_with("for load"))
        return self.push(path)

    def go(self, sizes, growth):
        model = self.push_small_model()
        pid = self.daemon.process.pid
        memory = Memory(pid)
        memory.start()
        options = [text for name, value in sizes.items() for text in (f"--{name}", str(value))]
        client = processes.Process(
            [str(part) for part in (BIN / "load_client", *self.client, "--model", model.name, *options)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        out, _ = client.communicate(timeout=1500)
        ended = list(map(int, pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
        time.sleep(2)
        memory.going = False
        measured = json.loads(out)
        server = self.server.GetServer(server_pb2.GetServerRequest())
        measured["rss_mib"] = {"start": memory.start_bytes >> 20, "peak": memory.peak >> 20, "end": resident(pid) >> 20}
        measured["daemon_cpu_seconds"] = sum(ended) / os.sysconf("SC_CLK_TCK")
        measured["left_in_queue"] = server.queued_jobs
        wrong = []
        if client.returncode != 0:
            wrong.append(f"{measured['problems']} calls did not end as they should")
        if memory.peak - memory.start_bytes > growth:
            wrong.append(f"the daemon grew by {(memory.peak - memory.start_bytes) >> 20} MiB")
        start = time.monotonic()
        if self.daemon.terminate() != 0:
            wrong.append("the daemon did not leave well")
        measured["stop_seconds"] = round(time.monotonic() - start, 2)
        return measured, wrong


def run_load(name, tls, sizes, growth):
    print(f"\n{name}", flush=True)
    trial = Load()
    trial.begin(tls)
    try:
        measured, wrong = trial.go(sizes, growth)
    finally:
        trial.clean_up()
    for key, value in measured.items():
        print(f"  {key:28} {value}", flush=True)
    for sentence in wrong:
        print("WRONG:", sentence)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--long", action="store_true", help="10,000 jobs, 1,000 watchers, 64 uploads")
    parser.add_argument("--any-memory", action="store_true", help="do not ask how much the daemon grew by")
    options = parser.parse_args()
    growth = math.inf if options.any_memory else GROWTH
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    sizes = LONG if options.long else SHORT
    start, wrong = time.monotonic(), []
    for name, tls in (("Unix socket", False), ("TLS", True)):
        wrong += run_load(name, tls, sizes, growth)
    print(f"\n{time.monotonic() - start:.0f} s, {len(wrong)} things not as they should be")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
