"""The tree of a hierarchical softmax: a Huffman tree over labels, built as fastText builds it from how often each was met.

Labels are the leaves, most frequent first; inner nodes follow, each behind its children, the root last.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# A node that is not there yet; no count comes near.
_MANY = 10**15


class Tree(NamedTuple):
    """The left and the right child of each inner node; nodes are labels first, inner ones after them."""

    left: NDArray[np.int32]
    right: NDArray[np.int32]


def tree_of(counts: NDArray[np.int64]) -> Tree:
    """Return the tree over labels that were met so often, in the order in which fastText has them."""
    labels = len(counts)
    inner = max(labels - 1, 0)
    left, right = np.zeros(inner, np.int32), np.zeros(inner, np.int32)
    weights = [min(count, _MANY - 1) for count in counts.tolist()] + [_MANY] * inner
    leaf, node = labels - 1, labels
    for i in range(inner):
        least = []
        for _ in range(2):
            if leaf >= 0 and weights[leaf] < weights[node]:
                least.append(leaf)
                leaf -= 1
            else:
                least.append(node)
                node += 1
        left[i], right[i] = least
        weights[labels + i] = weights[least[0]] + weights[least[1]]
    return Tree(left, right)
