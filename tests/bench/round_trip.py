"""How long `modlab score` takes from the shell, against a daemon that has workers waiting, and where that goes."""

import datetime
import json
import os
import statistics
import subprocess
import time

import table

AIM = 0.1  # seconds
PATIENCE = 30  # seconds
LOADING = 2  # seconds in which a worker that has been started has loaded LibTorch
# Options of the command: without null models, and as little besides as makes a spectral clustering.
SCORES = tuple(("--nulls", 0, *more, "--threads", threads) for threads in (1, 2) for more in (
    (), ("--stability", 0, "--method", "spectral"), ("--stability", 0, "--method", "spectral", "-k", 8)))


class Daemon:
    """modlabd on a socket in a folder, and its client."""

    def __init__(self, programs, folder):
        self.client = programs / "modlab"
        self.environment = {**os.environ, "MODLAB_SERVER": f"unix:{folder}/socket"}
        self.process = subprocess.Popen(
            [programs / "modlabd", "--listen", f"unix:{folder}/socket", "--data-dir", f"{folder}/data"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def run(self, *arguments):
        command = [str(part) for part in (self.client, *arguments)]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True)

    def await_warm_workers(self):
        """So that no job pays for loading LibTorch, and none is loaded beside it."""
        end = time.monotonic() + PATIENCE
        while True:
            status = self.run("server", "status", "-o", "json")
            if status.returncode == 0 and json.loads(status.stdout).get("warmWorkers", 0) >= 2:
                break
            if time.monotonic() > end:
                raise SystemExit(f"the daemon has no workers that wait: {status.stdout} {status.stderr}")
            time.sleep(0.1)
        time.sleep(LOADING)

    def score(self, *arguments):
        """The job, and when the client was started and had ended."""
        self.await_warm_workers()
        start = time.time()
        answer = self.run("score", *arguments, "-o", "json")
        end = time.time()
        if answer.returncode != 0:
            raise SystemExit(answer.stderr)
        return json.loads(answer.stdout), start, end

    def close(self):
        self.process.terminate()
        self.process.wait()


def seconds_of(timestamp):
    """Of a Timestamp in JSON, which has up to nanoseconds."""
    whole, _, fraction = timestamp.rstrip("Z").partition(".")
    moment = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return moment.timestamp() + float(f"0.{fraction or 0}")


def stretches(job, start, end):
    """Name: seconds, one after the other."""
    created, started, ended = (seconds_of(job[name]) for name in ("createTime", "startTime", "endTime"))
    phases = {timing["phase"]: timing["seconds"] for timing in job["result"]["provenance"]["timings"]}
    process = float(job["attempts"][-1]["wallTime"].rstrip("s"))
    return {
        "client until the job is queued": created - start,
        "queue": started - created,
        **phases,
        "sandbox, result, end of the process": process - sum(phases.values()),
        "daemon, before and after the process": ended - started - process,
        "client after the job's end": end - ended,
    }


def measure(name, model, programs, folder, rounds):
    folder.mkdir()
    daemon = Daemon(programs, folder)
    try:
        for score in SCORES:
            daemon.score(model, *score)  # uploads and inspects it
            times, parts = [], []
            for seed in range(rounds):
                job, start, end = daemon.score(model, *score, "--seed", seed)
                times.append(end - start)
                parts.append(stretches(job, start, end))
            print_row(name, score, times, parts)
        print_client_start(daemon, rounds)
    finally:
        daemon.close()


def print_client_start(daemon, rounds):
    """It is part of what the client takes until the job is queued."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        daemon.run("--version")
        times.append(time.perf_counter() - start)
    table.print_note(f"starting the client alone (modlab --version): {table.seconds(statistics.median(times))}")


def print_row(name, score, times, parts):
    median = statistics.median(times)
    table.print_cells(name, "round trip of modlab score", "the aim", str(len(times)), table.seconds(AIM),
                      table.seconds(median), f"{median / AIM:.3g}", "<= 1", " ".join(map(str, score)))
    table.print_note(", ".join(
        f"{part} {table.seconds(statistics.median(of_round[part] for of_round in parts))}" for part in parts[0]))
