"""What is compared, each as a function of a Comparison and the network."""

import statistics

import table

CLUSTERS = 8
RUNS = 10
FILAN_CLUSTERS = 12
FILAN_RESTARTS = 25
# Peer, whether it builds the graph as published, the most edges (more would take minutes, or over ten gigabytes), and the
# aimed-at ratio.
WAYS_OF_TOUMEI = (("toumei as published", True, 1e6, ">= 300"), ("toumei, weights in lists", False, 5e6, ""))
STREAM_BYTES = 3 << 29


def spectral(comparison, network):
    """scikit-learn's SpectralClustering on a ready sparse matrix."""
    restarts = comparison.options.restarts
    arguments = dict(clusters=CLUSTERS, restarts=restarts)
    comparison.times(
        f"spectral, k {CLUSTERS}, {restarts} restarts", "scikit-learn, sparse",
        lambda seed: comparison.peers.ask("spectral", seed=seed, **arguments),
        lambda seed: comparison.probe.ask("spectral", seed=seed, threads=comparison.options.threads, **arguments),
        f">= {network.spectral_aim:g}", lambda answers: table.medians(answers, "Q", "inertia", "residual"))


def toumei(comparison, network):
    """From the weights to Q. Ours: reading the model as a graph, clustering, measuring."""
    task = f"weights to Q, k {CLUSTERS}"
    edges = comparison.probe.ask("graph")["edges"]
    arguments = dict(clusters=CLUSTERS, restarts=comparison.options.restarts)

    def ours(seed):
        answer = comparison.probe.ask("spectral", seed=seed, threads=comparison.options.threads, **arguments)
        return {**answer, "seconds": answer["read"] + answer["seconds"] + answer["measure"]}

    for peer, as_published, most_edges, aim in WAYS_OF_TOUMEI:
        if edges > most_edges:
            table.print_cells(comparison.name, task, peer, "0", "too large")
            continue
        comparison.times(
            task, peer, lambda seed: comparison.peers.ask("toumei", seed=seed, as_published=as_published, **arguments),
            ours, aim, lambda answers: table.medians(answers, "Q"))


def kmeans(comparison, network):
    """scikit-learn's KMeans of the same points, those of our embedding."""
    for clusters, restarts in ((CLUSTERS, comparison.options.restarts), (FILAN_CLUSTERS, FILAN_RESTARTS)):
        points = str(comparison.options.folder / "points")
        comparison.probe.ask("points", clusters=clusters, path=points)
        arguments = dict(clusters=clusters, restarts=restarts)
        comparison.times(
            f"k-means, k {clusters}, {restarts} restarts", "scikit-learn, same points",
            lambda seed: comparison.peers.ask("kmeans", points=points, seed=seed, **arguments),
            lambda seed: comparison.probe.ask("kmeans", seed=seed, threads=comparison.options.threads, **arguments),
            "", lambda answers: table.medians(answers, "inertia"))


def leiden(comparison, network):
    """leidenalg's runs on a ready graph, one by one and the best of all; ours with as many restarts."""

    def best(round_number):
        runs = comparison.peers.ask("leiden", seeds=list(range(RUNS * round_number, RUNS * (round_number + 1))))
        return {"seconds": sum(runs["seconds"]), "modularity": max(runs["modularity"])}

    def one(round_number):
        run = comparison.peers.ask("leiden", seeds=[round_number])
        return {"seconds": run["seconds"][0], "modularity": run["modularity"][0]}

    def ours(restarts, threads):
        return lambda seed: comparison.probe.ask("leiden", restarts=restarts, seed=seed, threads=threads)

    def describe(answers):
        return table.medians(answers, "Q")

    threads = comparison.options.threads
    comparison.times(f"Leiden, best of {RUNS}", "leidenalg", best, ours(RUNS, threads), ">= 5", describe)
    comparison.times("Leiden, one run, one thread", "leidenalg", one, ours(1, 1), ">= 1", describe)


def nulls(comparison, network):
    """Layer-shuffled networks, each clustered and measured. The peer does one a round, and takes as long for each."""
    samples = comparison.options.nulls
    arguments = dict(clusters=FILAN_CLUSTERS, restarts=FILAN_RESTARTS)

    def theirs(seed):
        answer = comparison.peers.ask("nulls", samples=1, seed=seed, **arguments)
        return {**answer, "seconds": samples * answer["seconds"]}

    def ours(seed):
        return comparison.probe.ask(
            "nulls", samples=samples, seed=seed, threads=comparison.options.threads, **arguments)

    def describe(answers):
        found = [value for answer in answers for value in answer["modularity"]]
        spread = f" ± {statistics.stdev(found):.6f}" if len(found) > 1 else ""
        return f"Q {statistics.mean(found):.6f}{spread} of {len(found)}"

    comparison.times(f"{samples} nulls, k {FILAN_CLUSTERS}, {FILAN_RESTARTS} restarts", f"scikit-learn, 1 x {samples}",
                     theirs, ours, ">= 50", describe)
