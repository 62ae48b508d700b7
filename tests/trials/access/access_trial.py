#!/usr/bin/python3
"""Everybody tries everything, over TLS, on a real daemon: who may see and do what, and who gets in at all.

    access_trial.py [--long]

Prints the table of users, things and RPCs as it came out, and compares every cell with expectations.py. With --long
the table is tried a second time with client certificates in place of tokens. MODLAB_BUILD is the build.
"""

import argparse
import sys
import time

import cells
import guesses
import leaks
import strangers
from expectations import ROWS, SHARINGS
from lab import Lab

STOP = ("ServerService.StopServer", "")


def run(lab, options):
    """Yields (what was tried, number of tries, sentences on what was not as it should be)."""
    lab.make_all(("model", "dataset", "job", "job_with_artifact", "done_experiment", "upload", "full_upload"), SHARINGS)
    lab.block_the_worker()
    lab.make_all(("unused_model", "unused_dataset", "queued_job", "ended_job", "queued_experiment", "ended_experiment"), SHARINGS)
    lab.give_roles()
    missing = cells.missing_rows(lab)
    yield "RPCs with a row", len(lab.rpcs), [f"{rpc} has no row, or is none: see expectations.py" for rpc in missing]
    if missing:
        return
    rows = {row: ROWS[row] for row in ROWS if row != STOP}
    people = lab.by_token
    yield "names guessed", *guesses.try_names(lab, people)
    yield "names that are none", *guesses.try_malformed_names(lab, people)
    yield "digests guessed", *guesses.try_digests(lab, people)
    yield "page tokens of others", *guesses.try_page_tokens(lab, people)
    yield "streams that are open", *guesses.try_open_streams(lab, people)
    yield "calls with wrong tokens", *strangers.try_tokens(lab)
    yield "certificates", *strangers.check(strangers.try_certificates(lab))
    yield "transports", *strangers.check(strangers.try_transports(lab))
    yield "cells, by token", *cells.try_cells(lab, people, rows)
    if options.long:
        yield "cells, by certificate", *cells.try_cells(lab, lab.by_certificate(), rows)
    yield "texts without tokens", *leaks.try_leaks(lab)
    yield "cells, the last", *cells.try_cells(lab, people, [STOP])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--long", action="store_true", help="the table also with certificates")
    options = parser.parse_args()
    start, results = time.monotonic(), []
    lab = Lab()
    try:
        lab.begin()
        for result in run(lab, options):
            results.append(result)
            print(f"{time.monotonic() - start:6.1f} s  {result[0]}", flush=True)
    finally:
        lab.clean_up()
    print()
    for what, count, problems in results:
        print(f"{count - len(problems):5} of {count:5} {what}")
    wrong = [problem for _, _, problems in results for problem in problems]
    for problem in wrong:
        print("WRONG:", problem[:1000])
    tried = sum(count for _, count, _ in results)
    print(f"\n{tried} tries, {len(wrong)} not as they should be, {time.monotonic() - start:.0f} s")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
