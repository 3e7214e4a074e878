"""Whether an element holds little but links: lengths of text in parts of a tree, each told from a few sums.

The length of a text is that with one space in the place of each run of white space. Lengths add up from text to text but
for runs that go on from one to the next, so sums over all texts up to each node answer for any element. Elements are
asked about in the order of the page: texts are measured when they are first needed, what lies before is let go.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import Bytes, Integer, Numbers, part
from dclm_pipeline.kernels.document.blanks import collapsed_length, is_gap
from dclm_pipeline.kernels.document.slices import text_of
from dclm_pipeline.kernels.document.tree_flat import Tree
from dclm_pipeline.kernels.document.tree_rows import TEXT
from dclm_pipeline.kernels.html import tags

# How far texts are measured, in nodes; how far links are; how many texts there were since measuring began. And, for who asks,
# up to where all lies in a footer that has something behind it.
DONE, DONE_LINKS, TEXTS, FOOTER_STOP = range(4)
FIELDS = 4

_A = tags.kind("a")


class Lengths(NamedTuple):
    """Sums over the texts and links of a tree, with room for one more than it has nodes."""

    state: Numbers
    before: NDArray[np.int32]  # how many texts lie before a node
    linked: Numbers  # how long all links are that begin before a node
    total: Numbers  # how long all texts are up to one
    edges: Bytes  # whether a text begins with white space (1), and ends with it (2)


@part
def _joint(lengths: Lengths, text: Integer) -> int:
    """Return 1 where white space goes on into a text from the one before."""
    return int((lengths.edges[text - 1] >> 1) & lengths.edges[text] & 1)


@part
def _length(lengths: Lengths, i: Integer, stop: Integer) -> int:
    """Return how long the text from one node to another is."""
    first, last = lengths.before[i], lengths.before[stop]
    if first == last:
        return 0
    if first == 0:
        return int(lengths.total[last - 1])
    return int(lengths.total[last - 1] - lengths.total[first - 1]) + _joint(lengths, first)


@part
def _measure(tree: Tree, i: Integer, stop: Integer, longest: int, lengths: Lengths) -> bool:
    """Measure all texts up to a node; stop and return False where those from `i` on are too long."""
    state = lengths.state
    texts = state[TEXTS]
    for j in range(state[DONE], stop):
        begin, end = text_of(tree, j)
        if tree.tag[j] == TEXT and begin < end:
            if longest and _length(lengths, i, j) > longest:
                state[DONE] = j
                return False
            edges = is_gap(tree.chars[begin]) + 2 * is_gap(tree.chars[end - 1])
            lengths.edges[texts] = edges
            length = collapsed_length(tree.chars, begin, end)
            if texts > 0:
                length += lengths.total[texts - 1] - _joint(lengths, texts)
            lengths.total[texts] = length
            texts += 1
            state[TEXTS] = texts
        lengths.before[j + 1] = texts
        state[DONE] = j + 1
    return longest == 0 or _length(lengths, i, stop) <= longest


@part
def _links(tree: Tree, i: Integer, stop: Integer, lengths: Lengths) -> int:
    """Return how long the texts of all links from one node to another are together."""
    state = lengths.state
    # A link around all of this is not asked about any more.
    if state[DONE_LINKS] < i:
        state[DONE_LINKS], lengths.linked[i] = i, 0
    for j in range(state[DONE_LINKS], stop):
        lengths.linked[j + 1] = lengths.linked[j]
        if tree.tag[j] == _A:
            lengths.linked[j + 1] += _length(lengths, j, tree.stop[j])
    state[DONE_LINKS] = max(state[DONE_LINKS], stop)
    return int(lengths.linked[stop] - lengths.linked[i])


@part
def is_link_cluster(tree: Tree, i: Integer, most: float, longest: int, lengths: Lengths) -> bool:
    """Tell whether links make up more than a share of an element's text, if that is not longer than this (0: whatever)."""
    state, stop = lengths.state, tree.stop[i]
    if i >= state[DONE]:
        state[DONE], state[DONE_LINKS], state[TEXTS] = i, i, 0
        lengths.before[i], lengths.linked[i] = 0, 0
    if not _measure(tree, i, stop, longest, lengths):
        return False
    whole = _length(lengths, i, stop)
    linked = _links(tree, i, stop, lengths)
    return linked > 0 and linked / whole > most
