"""The table that compare.py prints, row by row."""

import statistics

HEADINGS = ("network", "task", "peer", "rounds", "peer's", "ours", "ratio", "aim", "quality")
WIDTHS = (19, 30, 26, 6, 10, 10, 8, 8)


def print_cells(*cells):
    padded = [f"{cell:<{width}}" if i < 3 else f"{cell:>{width}}" for i, (cell, width) in enumerate(zip(cells, WIDTHS))]
    print("  ".join((*padded, *cells[len(WIDTHS):])).rstrip(), flush=True)


def print_headings():
    print_cells(*HEADINGS)


def print_note(text):
    print(f"  {text}", flush=True)


def seconds(value):
    return f"{value:.3g} s" if value >= 1 else f"{1e3 * value:.3g} ms"


def megabytes(value):
    return f"{value / 1e6:.4g} MB"


def medians(answers, *names):
    """Of what rounds have found, as text."""
    formats = {"Q": "{:.6f}", "inertia": "{:.9g}", "residual": "{:.0e}"}
    keys = {"Q": "modularity"}
    return " ".join(
        f"{name} {formats[name].format(statistics.median(answer[keys.get(name, name)] for answer in answers))}"
        for name in names)
