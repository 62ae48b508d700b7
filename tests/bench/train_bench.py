"""Times training beside PyTorch on the same networks and data, and prints ratios. No time is asserted.

Usage: train_bench.py BUILD/bin [--mnist FOLDER] [--steps 300] [--threads 1 2] [--networks NAME ...] [--regularizer]

modlab trains in a job of its own, through modlabd; its time is that of the steps (gathering a batch, the goal, forward,
backward, the update), as the result tells it. `eager` is the same loop in python3-torch with the data in memory as float
tensors; `loader` the same with a DataLoader over a Dataset, as people write it. Both take Adam with `foreach=True`. Without
--mnist the images are random, which takes the same time.
"""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = 20000
BATCH = 64
# Name: what `modlab model new` is told, whether samples are pairs, and the goal.
NETWORKS = {
    "1568-784-20-20-4-1": (["--mlp", "1568,784,20,20,4,1"], True, "y1 + y2"),
    "784-256x4-10": (["--mlp", "784,256,256,256,256,10"], False, "y"),
    "CNN": (["--cnn", "1x28x28,conv:16:3,pool:2,conv:32:3,pool:2,64,10"], False, "y"),
}


def blas_core():
    """What OpenBLAS is told, here and in the peer: it does not know newer CPUs of Intel and is then four times slower."""
    if "OPENBLAS_CORETYPE" in os.environ:
        return os.environ["OPENBLAS_CORETYPE"]
    words = set(pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    if {"GenuineIntel", "avx512f", "avx512vl"} <= words:
        return "SkylakeX"
    return "Haswell" if "avx2" in words else "Nehalem"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path, help="folder of modlab and modlabd")
    parser.add_argument("--mnist", type=pathlib.Path, help="folder of train-images-idx3-ubyte.gz and its labels")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--regularizer", action="store_true", help="what the clusterability regulariser adds, too")
    options = parser.parse_args()
    options.programs = options.programs.resolve()
    return options


def write_random_images(folder):
    import numpy
    random = numpy.random.default_rng(0)
    images = random.integers(0, 256, (SAMPLES, 28, 28), dtype=numpy.uint8)
    labels = random.integers(0, 10, SAMPLES, dtype=numpy.uint8)
    (folder / "images").write_bytes(struct.pack(">4I", 0x803, SAMPLES, 28, 28) + images.tobytes())
    (folder / "labels").write_bytes(struct.pack(">2I", 0x801, SAMPLES) + labels.tobytes())
    return folder / "images", folder / "labels"


class Modlab:
    """The real programs, in a home of their own."""

    def __init__(self, options, folder):
        self.options = options
        self.environment = dict(os.environ, MODLAB_SERVER=f"unix:{folder}/sock", HOME=str(folder))
        self.daemon = subprocess.Popen(
            [options.programs / "modlabd", "--listen", f"unix:{folder}/sock", "--data-dir", folder / "data", "--workers", "1",
             "--threads-per-worker", "2"], env=self.environment, stderr=subprocess.DEVNULL)
        while not (folder / "sock").exists():
            if self.daemon.poll() is not None:
                sys.exit("modlabd does not start")
            time.sleep(0.05)

    def __call__(self, *words):
        command = [str(self.options.programs / "modlab"), *map(str, words), "-o", "json"]
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"{command}: {done.stderr}")
        return json.loads(done.stdout)

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        self.daemon.wait()


def ours(modlab, model, data, network, threads, steps, *words):
    """Steps per second, and where they went in milliseconds."""
    _, paired, goal = NETWORKS[network]
    pair = ["--pair", "concat"] if paired else []
    job = modlab("train", model, "--data", data, *pair, "--goal", goal, "--steps", steps, "--batch", BATCH, "--threads",
                 threads, "--seed", 1, *words)
    timings = {timing["phase"]: timing["seconds"] for timing in job["result"]["provenance"]["timings"]}
    parts = {part: 1000 * timings[f"step.{part}"] / steps for part in ("batch", "forward", "backward", "update")}
    return job["result"]["train"]["samplesPerSecond"] / BATCH, parts


def theirs(network, images, labels, archive, threads, steps, way):
    """Steps per second of a peer, in a process of its own, so that threads are set from its start."""
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads),
                       OPENBLAS_CORETYPE=blas_core())
    command = [sys.executable, "-B", HERE / "train_peer.py", network, images, labels, archive, str(threads), str(steps), way]
    return float(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout)


def median(values):
    return sorted(values)[len(values) // 2]


def main():
    options = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="modlab-bench-", dir="/tmp") as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        if options.mnist:
            images, labels = (options.mnist / f"train-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1"))
        else:
            images, labels = write_random_images(folder)
        modlab = Modlab(options, folder)
        stack.callback(modlab.stop)
        data = modlab("dataset", "push", "bench", "--inputs", images, "--targets", labels)["name"]
        print(f"{'network':20} {'threads':>7} {'ours/s':>8} {'eager/s':>8} {'loader/s':>8} {'eager':>6} {'loader':>6}   "
              "where a step of ours goes (ms)")
        for network in options.networks:
            model = modlab("model", "new", *NETWORKS[network][0], "--seed", 1)["name"]
            archive = folder / "model.pt"
            modlab("model", "pull", model, "--to", archive, "--overwrite")
            for threads in options.threads:
                rounds = []
                for _ in range(options.rounds):
                    speed, parts = ours(modlab, model, data, network, threads, options.steps)
                    peers = [theirs(network, images, labels, archive, threads, options.steps, way)
                             for way in ("eager", "loader")]
                    rounds.append([speed, *peers, parts])
                    if options.regularizer:
                        slower, _ = ours(modlab, model, data, network, threads, options.steps, "--clusterability", 0.1)
                        rounds[-1].append(100 * (speed / slower - 1))
                speed, eager, loader = (median([row[i] for row in rounds]) for i in range(3))
                parts = {part: median([row[3][part] for row in rounds]) for part in rounds[0][3]}
                shares = ", ".join(f"{part} {time:.2f}" for part, time in parts.items())
                if options.regularizer:
                    shares += f"; the regulariser every 20 steps: {median([row[4] for row in rounds]):.0f} % more"
                print(f"{network:20} {threads:7} {speed:8.1f} {eager:8.1f} {loader:8.1f} {speed / eager:5.2f}x "
                      f"{speed / loader:5.2f}x   {shares}", flush=True)


if __name__ == "__main__":
    main()
