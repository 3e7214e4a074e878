"""The tree of one page by itself, for those who look at trees: what takes texts from them builds them in its own kernel."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numba import types

from dclm_pipeline.kernels import characters, looking, marks
from dclm_pipeline.kernels.compiled import BYTES, Bytes, borrowed, kernel, stamp
from dclm_pipeline.kernels.document import (
    tree,
    tree_body,
    tree_doctype,
    tree_elements,
    tree_flat,
    tree_foreign,
    tree_formatting,
    tree_modes,
    tree_page,
    tree_rows,
    tree_text,
)
from dclm_pipeline.kernels.document.tree import build
from dclm_pipeline.kernels.document.tree_flat import TREE, Tree
from dclm_pipeline.kernels.document.tree_page import GROUND, Ground, lent, scratch
from dclm_pipeline.kernels.document.tree_rows import BUILT
from dclm_pipeline.kernels.html import attributes, references, stack, tags, tokens

_Build: TypeAlias = Callable[[Bytes, int, int, bool, Tree, Ground], int]


def _make(parts: int) -> _Build:
    @kernel(types.int64(BYTES, types.int64, types.int64, types.boolean, TREE, GROUND))
    def build_one(data: Bytes, begin: int, end: int, whole: bool, tree: Tree, ground: Ground) -> int:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return -1
        tree, ground = lent(tree, ground)
        return build(borrowed(data), begin, end, whole, tree, ground)

    return build_one


_build_one = _make(
    stamp(
        attributes,
        characters,
        looking,
        marks,
        references,
        stack,
        tags,
        tokens,
        tree,
        tree_body,
        tree_doctype,
        tree_elements,
        tree_flat,
        tree_foreign,
        tree_formatting,
        tree_modes,
        tree_page,
        tree_rows,
        tree_text,
    )
)


def tree_of(html: bytes, whole: bool) -> Tree | None:
    """Return the tree of a page in UTF-8, the children of templates too if the whole is asked for; None: handed back."""
    room, ground = scratch(len(html))
    # One byte more than there is, as an array has to begin somewhere.
    status = _build_one(np.frombuffer(html + b" ", np.uint8), 0, len(html), whole, room, ground)
    return room if status == BUILT else None
