"""How long jobs go on after they were cancelled, by the phase that they were in.

Usage: cancellation.py BUILD/bin MODEL.pt [--cancellations 40] [-- SCORE OPTIONS]

One job runs to its end; then others are cancelled at evenly spread parts of the time that it took. Times are the job's
own: from the event that says CANCELLING to the one that says CANCELLED, the end of its process and all bookkeeping
included. No time is asserted.
"""

import argparse
import json
import pathlib
import statistics
import sys
import tempfile
import time

import round_trip
import table

AIM = 0.2  # seconds


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path, help="folder of modlab and modlabd")
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--cancellations", type=int, default=40)
    own = sys.argv[1:]
    end = own.index("--") if "--" in own else len(own)
    options = parser.parse_args(own[:end])
    options.score = own[end + 1:]
    return options


def events_of(daemon, job):
    return [json.loads(line) for line in daemon.run("job", "watch", job, "-o", "json").stdout.splitlines() if line]


def cancelled(daemon, options, delay):
    """The phase that a job was in when it was cancelled after so many seconds, and how long it went on. None where it had
    ended before."""
    daemon.await_warm_workers()
    job = json.loads(daemon.run("score", *options, "--detach", "-o", "json").stdout)["name"]
    time.sleep(delay)
    daemon.run("job", "cancel", job)
    phase, asked = "start", None
    for event in events_of(daemon, job):
        state = event.get("state", {}).get("state")
        if asked is None and "progress" in event:
            phase = event["progress"]["phase"]
        if state == "CANCELLING":
            asked = round_trip.seconds_of(event["time"])
        if state == "CANCELLED" and asked is not None:
            return phase, round_trip.seconds_of(event["time"]) - asked
    return None


def main():
    options = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp") as folder:
        daemon = round_trip.Daemon(options.programs.resolve(), folder)
        try:
            score = (options.model.resolve(), *options.score)
            job, _, _ = daemon.score(*score)
            lasts = round_trip.seconds_of(job["endTime"]) - round_trip.seconds_of(job["startTime"])
            print(f"the job takes {table.seconds(lasts)}; at most {table.seconds(AIM)} is aimed at")
            by_phase = {}
            for i in range(options.cancellations):
                found = cancelled(daemon, score, lasts * (i + 0.5) / options.cancellations)
                if found is not None:
                    by_phase.setdefault(found[0], []).append(found[1])
            print(f"{'phase':<12}  {'times':>5}  {'median':>8}  {'longest':>8}")
            for phase, times in by_phase.items():
                print(f"{phase:<12}  {len(times):>5}  {table.seconds(statistics.median(times)):>8}  "
                      f"{table.seconds(max(times)):>8}")
        finally:
            daemon.close()


if __name__ == "__main__":
    main()
