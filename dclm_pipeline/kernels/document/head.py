"""What a page says of itself beside its text, read off its tree: its title, and the language of its root.

As Resiliparse's `HTMLTree.title` and the root's `lang`, both cut where they are long.
"""

from typing import NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import SPACE, character_at, character_table
from dclm_pipeline.kernels.compiled import Bytes, Numbers, at, borrowed, copied, part
from dclm_pipeline.kernels.document.options import LONGEST_LANGUAGE, LONGEST_TITLE
from dclm_pipeline.kernels.document.slices import text_of, value_of
from dclm_pipeline.kernels.document.tree_flat import LANG, NODE_COUNT, Tree
from dclm_pipeline.kernels.document.tree_rows import TEXT
from dclm_pipeline.kernels.html.tags import kind
from dclm_pipeline.kernels.html.tokens import is_blank
from dclm_pipeline.kernels.words.pieces import blanks_begin

_BYTES_A_CHARACTER = 4

_TITLE = kind("title")


class Said(NamedTuple):
    """What pages say of themselves, one after the other, with where each ends; and what characters are."""

    titles: Bytes
    title_ends: Numbers
    languages: Bytes
    language_ends: Numbers
    table: NDArray[np.uint16]


SAID = types.NamedTuple(
    (
        types.uint8[::1],
        types.int64[::1],
        types.uint8[::1],
        types.int64[::1],
        types.Array(types.uint16, 1, "C", readonly=True),
    ),
    Said,
)


def room_for(pages: int) -> Said:
    """Return room for what so many pages say."""
    titles, languages = (
        np.empty(pages * longest * _BYTES_A_CHARACTER, np.uint8) for longest in (LONGEST_TITLE, LONGEST_LANGUAGE)
    )
    return Said(titles, np.zeros(pages + 1, np.int64), languages, np.zeros(pages + 1, np.int64), character_table())


@part
def lent_said(said: Said) -> Said:
    """Return the same arrays without their owners; see `borrowed`."""
    return Said(
        borrowed(said.titles),
        borrowed(said.title_ends),
        borrowed(said.languages),
        borrowed(said.language_ends),
        borrowed(said.table),
    )


@part
def _write_title(tree: Tree, out: Bytes, n: int) -> int:
    """Write the first title, each white space in it as one blank; return the place behind it."""
    i, nodes = 0, tree.page[NODE_COUNT]
    while i < nodes and not (tree.tag[i] == _TITLE and tree.foreign[i] == 0):
        i += 1
    if i == nodes:
        return n
    begun, characters, waits = n, 0, False
    for inner in range(i + 1, tree.stop[i]):
        if tree.tag[inner] != TEXT:
            continue
        begin, end = text_of(tree, inner)
        for j in range(begin, end):
            byte = at(tree.chars, j)
            if is_blank(byte):
                waits = n > begun
                continue
            # Bytes behind the first of a character belong to it.
            characters += (byte & 0xC0 != 0x80) + waits
            if characters > LONGEST_TITLE:
                return n
            if waits:
                out[n] = 32
                n += 1
                waits = False
            out[n] = byte
            n += 1
    return n


@part
def _write_language(tree: Tree, table: NDArray[np.uint16], out: Bytes, n: int) -> int:
    """Write what language the root says it is in, without blanks around it; return the place behind it."""
    root, nodes = 0, tree.page[NODE_COUNT]
    while root < nodes and tree.tag[root] < 0:
        root += 1
    if root == nodes:
        return n
    start, stop = 0, 0
    for k in range(tree.attribute_start[root], tree.attribute_stop[root]):
        if tree.attribute_name[k] == LANG:
            start, stop = value_of(tree, k)
    stop = blanks_begin(tree.chars, start, stop, table)
    begun, characters = n, 0
    while start < stop and characters < LONGEST_LANGUAGE:
        code, behind = character_at(tree.chars, start, stop)
        if n > begun or int(table[code]) & SPACE == 0:
            n = copied(tree.chars, start, behind, out, n)
            characters += 1
        start = behind
    return n


@part
def write_said(tree: Tree, built: bool, row: int, said: Said) -> None:
    """Write what the page in a row says of itself, nothing where it has no tree."""
    title, language = said.title_ends[row], said.language_ends[row]
    if built:
        title = _write_title(tree, said.titles, title)
        language = _write_language(tree, said.table, said.languages, language)
    said.title_ends[row + 1], said.language_ends[row + 1] = title, language
