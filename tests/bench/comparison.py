"""A peer and modlab on one network, in turn."""

import statistics
import time

import line_process
import table


class Side:
    """One of the two, and what it has answered."""

    def __init__(self, name, ask, describe):
        """`ask` takes a round's number and gives an answer with `seconds`; `describe` makes text of such answers."""
        self.name = name
        self.ask = ask
        self.describe = describe
        self.answers = []
        self.failure = None
        self.elapsed = 0  # in the last round; what is measured may be a hundredth of what it is given as

    def do_round(self, number):
        if self.failure is None:
            start = time.monotonic()
            try:
                self.answers.append(self.ask(number))
            except line_process.Failed as failed:
                self.failure = str(failed)
            self.elapsed = time.monotonic() - start

    def time(self):
        """Median; None where it has failed."""
        return None if self.failure else statistics.median(answer["seconds"] for answer in self.answers)

    def time_text(self):
        return self.failure or table.seconds(self.time())

    def quality(self):
        return f"{self.name} {self.describe(self.answers)}" if self.answers else ""


class Comparison:
    """What both are, and how they are run."""

    def __init__(self, name, peers, probe, options):
        self.name = name
        self.peers = peers
        self.probe = probe
        self.options = options

    def times(self, task, peer, theirs, ours, aim, describe):
        """Prints a row; see Side for `theirs`, `ours` and `describe`. After a round in which one of them takes longer
        than the options' patience there are no more."""
        sides = [Side("peer", theirs, describe), Side("ours", ours, describe)]
        rounds = 0
        while rounds < self.options.rounds and max(side.elapsed for side in sides) < self.options.patience:
            for side in sides:
                side.do_round(rounds)
            rounds += 1
        their_time, our_time = (side.time() for side in sides)
        ratio = f"{their_time / our_time:.3g}" if their_time and our_time else ""
        quality = "; ".join(filter(None, (side.quality() for side in sides)))
        times = (side.time_text() for side in sides)
        table.print_cells(self.name, task, peer, str(rounds), *times, ratio, aim, quality)
