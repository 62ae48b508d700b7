"""Times modlab beside its peers on the same networks, and prints ratios. No time is asserted.

Usage: compare.py BUILD/bin [--networks NAME ...] [--tasks NAME ...] [--rounds 5] [--threads 2] [--quick]

Peer and modlab work in turn; times are medians of the rounds, each with another seed, and of the computation alone: no
process is started and no file is read in them. Peers take the threads that they take by themselves. README.md says what
the lines mean.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import comparison
import large_network
import line_process
import networks
import round_trip
import table
import tasks

HERE = pathlib.Path(__file__).resolve().parent
SMALL = ["784-392-10", "784-392-10 planted", "1568-784-20-20-4-1", "784-256x4-10"]
OF_ANY = [*SMALL, "VGG-16 convolutions", "ResNet-50"]
LARGE = "8192x4"
LARGE_IN_QUICK_FORM = "512x4"

# Task: what it does, and the networks that it is done on.
COMPARED = {
    "spectral": (tasks.spectral, OF_ANY),
    "toumei": (tasks.toumei, OF_ANY),
    "kmeans": (tasks.kmeans, OF_ANY),
    "leiden": (tasks.leiden, OF_ANY),
    "nulls": (tasks.nulls, ["784-256x4-10"]),
}
ROUND_TRIP = "784-392-10"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path, help="folder of bench_probe, modlab and modlabd")
    parser.add_argument("--networks", nargs="+", metavar="NAME", choices=networks.NETWORKS, help="(default: all)")
    parser.add_argument("--tasks", nargs="+", metavar="NAME", choices=[*COMPARED, "large", "round-trip"],
                        help=f"{', '.join(COMPARED)}, large, round-trip (default: all)")
    parser.add_argument("--images", type=pathlib.Path,
                        help="train the stacked network on these (stacked_network.py); default: random weights")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2, help="ours")
    parser.add_argument("--peer-threads", type=int, help="peers' OpenMP and BLAS threads (default: what they take)")
    parser.add_argument("--patience", type=float, default=100, metavar="S",
                        help="no more rounds after one that took so long")
    parser.add_argument("--limit", type=float, default=3600, metavar="S", help="for one answer")
    parser.add_argument("--quick", action="store_true", help="to see that all works: one round, small networks")
    options = parser.parse_args()
    options.programs = options.programs.resolve()
    options.restarts, options.nulls, options.stream_bytes = 100, 100, tasks.STREAM_BYTES
    if options.quick:
        options.rounds, options.restarts, options.nulls, options.stream_bytes = 1, 10, 4, 3 << 23
    return options


class Bench:
    """Makes networks when they are asked for, each once."""

    def __init__(self, options):
        self.options = options
        self.models = {}

    def model(self, name):
        if name not in self.models:
            path = self.options.folder / f"{len(self.models)}.pt"
            # In a process of its own: LibTorch's memory and threads go with it.
            command = [sys.executable, "-B", HERE / "networks.py", name, path]
            subprocess.run(command + ([self.options.images] if self.options.images else []), check=True)
            self.models[name] = path
        return self.models[name]

    def probe(self, name):
        return line_process.LineProcess(self.options.programs / "bench_probe", self.model(name),
                                        *networks.NETWORKS[name].reading, limit=self.options.limit)

    def peers(self, name, probe):
        graph = self.model(name).with_suffix(".blocks")
        probe.ask("blocks", path=str(graph))
        threads = self.options.peer_threads
        environment = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")} if threads else {}
        return line_process.LineProcess(sys.executable, "-B", HERE / "peers.py", graph, limit=self.options.limit,
                                        environment=environment)

    def compare(self, name, chosen):
        probe = self.probe(name)
        peers = self.peers(name, probe)
        try:
            graph = probe.ask("graph")
            table.print_note(f"{name}: {graph['units']} units, {graph['edges']:.0f} edges")
            beside = comparison.Comparison(name, peers, probe, self.options)
            for task in chosen:
                task(beside, networks.NETWORKS[name])
        finally:
            peers.close()
            probe.close()

    def measure_large(self, name):
        probe = self.probe(name)
        peers = self.peers(name, probe)
        probe.close()
        try:
            large_network.measure(name, self.model(name), lambda: self.probe(name), peers, self.options)
        finally:
            peers.close()

    def measure_round_trip(self, name):
        round_trip.measure(name, self.model(name), self.options.programs, self.options.folder / "daemon",
                           self.options.rounds)


def main():
    options = parse_arguments()
    chosen_tasks = options.tasks or [*COMPARED, "large", "round-trip"]
    default = SMALL[:1] + SMALL[3:] + [LARGE_IN_QUICK_FORM] if options.quick else [*OF_ANY, LARGE]
    chosen = options.networks or default
    # Short and in /tmp, since a Unix socket's path has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp") as folder:
        options.folder = pathlib.Path(folder)
        bench = Bench(options)
        table.print_headings()
        for name in chosen:
            compared = [do for task, (do, where) in COMPARED.items() if task in chosen_tasks and name in where]
            if compared:
                bench.compare(name, compared)
            if "large" in chosen_tasks and name in (LARGE, LARGE_IN_QUICK_FORM):
                bench.measure_large(name)
            if "round-trip" in chosen_tasks and name == ROUND_TRIP:
                bench.measure_round_trip(name)


if __name__ == "__main__":
    main()
