"""Where in the characters of a page the text of a node lies, and the value of an attribute."""

import numpy as np

from dclm_pipeline.kernels.compiled import Integer, part
from dclm_pipeline.kernels.document.tree_flat import Tree


@part
def text_of(tree: Tree, i: Integer) -> tuple[int, int]:
    """Return where a text begins and ends."""
    return int(np.int64(tree.text_start[i])), int(np.int64(tree.text_stop[i]))


@part
def value_of(tree: Tree, k: Integer) -> tuple[int, int]:
    """Return where the value of an attribute begins and ends."""
    return int(np.int64(tree.value_start[k])), int(np.int64(tree.value_stop[k]))
