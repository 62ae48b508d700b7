"""A network whose weights do not fit into caches: memory, and how often and how fast the weights are read."""

import os
import statistics

import line_process
import table
import tasks


def repeated(options, ask):
    """The answers of all rounds, of fewer where one takes longer than the options' patience."""
    answers = []
    for seed in range(options.rounds):
        answers.append(ask(seed))
        if answers[-1]["seconds"] > options.patience:
            break
    return answers


def print_row(name, task, bound, rounds, theirs, ours, ratio, aim, quality=""):
    table.print_cells(name, task, bound, str(rounds), theirs, ours, f"{ratio:.3g}", aim, quality)


def measure(name, model, make_probe, peers, options):
    """`make_probe` starts a process that has done nothing but read the model."""
    model_bytes = os.path.getsize(model)
    threads = options.threads
    searches = (
        (f"spectral, k {tasks.CLUSTERS}, {options.restarts} restarts", "spectral",
         dict(clusters=tasks.CLUSTERS, restarts=options.restarts), ("Q", "inertia", "residual")),
        ("Leiden, one run", "leiden", dict(restarts=1), ("Q",)),
    )
    for title, task, arguments, qualities in searches:
        probe = make_probe()
        try:
            answers = repeated(options, lambda seed: probe.ask(task, seed=seed, threads=threads, **arguments))
        except line_process.Failed as failed:
            table.print_cells(name, title, "", "", "", str(failed))
            continue
        finally:
            probe.close()
        time = statistics.median(answer["seconds"] for answer in answers)
        table.print_cells(name, title, "", str(len(answers)), "", table.seconds(time), "", "",
                          f"ours {table.medians(answers, *qualities)}")
        memory = max(answer["memory"] for answer in answers)
        print_row(name, "  peak memory, weights included", "the model's bytes", len(answers),
                  table.megabytes(model_bytes), table.megabytes(memory), memory / model_bytes, "<= 1.3")

    probe = make_probe()
    answers = repeated(
        options, lambda _: probe.ask("embed", clusters=tasks.CLUSTERS, threads=threads))
    bandwidth = probe.ask("bandwidth", bytes=options.stream_bytes, repeats=options.rounds, threads=threads)
    weight_bytes = probe.ask("graph")["weight_bytes"]
    probe.close()
    ours = answers[0]
    time = statistics.median(answer["seconds"] for answer in answers)
    bound = ours["applications"] * weight_bytes / bandwidth["read"]
    print_row(name, f"  its eigenvectors, {ours['applications']} products", "reading the weights", len(answers),
              table.seconds(bound), table.seconds(time), time / bound, "<= 2",
              f"{bound / time:.0%} of the read bandwidth, {ours['columns']} vectors in {ours['applications']} products")
    table.print_note(f"memory bandwidth with {threads} threads: {bandwidth['read'] / 1e9:.3g} GB/s read, "
                     f"{bandwidth['triad'] / 1e9:.3g} GB/s triad (a = b + s c)")
    try:
        theirs = peers.ask("eigsh", clusters=tasks.CLUSTERS, residual=ours["residual"])
    except line_process.Failed as failed:
        table.print_cells(name, "  products with the matrix", "SciPy's eigsh", "", str(failed), ours["applications"])
        return
    print_row(name, "  products with the matrix", "SciPy's eigsh", 1, theirs["applications"], ours["applications"],
              theirs["applications"] / ours["applications"], "> 1",
              f"peer residual {theirs['residual']:.0e}; ours residual {ours['residual']:.0e}")
