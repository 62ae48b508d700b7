"""A network's graph as `bench_probe` writes it (blocks_file.h), for peers."""

import dataclasses

import numpy as np
import scipy.sparse


@dataclasses.dataclass
class Block:
    target: int  # its first target unit
    source: int
    weights: np.ndarray  # [target][source], none below 0


class Graph:
    def __init__(self, blocks):
        self.blocks = blocks
        self.units = max(
            max(block.target + block.weights.shape[0], block.source + block.weights.shape[1]) for block in blocks)

    def edges(self):
        """Targets, sources and weights of what is not 0."""
        parts = []
        for block in self.blocks:
            targets, sources = np.nonzero(block.weights)
            weights = block.weights[targets, sources].astype(np.float64)
            parts.append((targets + block.target, sources + block.source, weights))
        return tuple(np.concatenate(part) for part in zip(*parts))

    def adjacency(self):
        """A sparse matrix, in double precision."""
        targets, sources, weights = self.edges()
        # Indices of 32 bits, which SciPy's solvers need.
        places = targets.astype(np.int32), sources.astype(np.int32)
        one_way = scipy.sparse.coo_matrix((weights, places), (self.units, self.units)).tocsr()
        return (one_way + one_way.T).tocsr()

    def shuffled(self, random):
        """With each block's entries in another order."""
        return Graph([
            Block(block.target, block.source, random.permutation(block.weights.ravel()).reshape(block.weights.shape))
            for block in self.blocks
        ])


def read_graph(path):
    blocks = []
    with open(path, "rb") as file:
        while (header := np.fromfile(file, np.int64, 5)).size:
            target, source, targets, sources, value_bytes = map(int, header)
            values = np.fromfile(file, np.float32 if value_bytes == 4 else np.float64, targets * sources)
            blocks.append(Block(target, source, values.reshape(targets, sources)))
    return Graph(blocks)
