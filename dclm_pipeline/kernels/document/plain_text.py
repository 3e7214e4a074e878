"""The text that Resiliparse 2.0.1 makes of pages, byte for byte, from a column of pages to a column of texts.

What is shown and what is passed by is the business of `rules`, how it is set that of `pieces`. A page is handed back, to
be done by the library, where its tree is not built, where the tree has no body (but a frameset), and where its text is
longer than a few times the page, as indentation may make it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numba import types
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters, looking, marks
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, Bytes, Numbers, borrowed, kernel, part, stamp
from dclm_pipeline.kernels.document import (
    blanks,
    head,
    link_clusters,
    patterns,
    pieces,
    rules,
    slices,
    sorts,
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
    words,
)
from dclm_pipeline.kernels.document import options as settings
from dclm_pipeline.kernels.document import tree as trees
from dclm_pipeline.kernels.document.blanks import before_gaps, past_gaps
from dclm_pipeline.kernels.document.head import SAID, Said, lent_said, room_for, write_said
from dclm_pipeline.kernels.document.link_clusters import DONE, FOOTER_STOP, Lengths
from dclm_pipeline.kernels.document.options import Options
from dclm_pipeline.kernels.document.patterns import TABLES, Tables, lent, tables
from dclm_pipeline.kernels.document.pieces import (
    BULLETS,
    DEPTH,
    END,
    FORMATTED,
    START,
    TOO_LONG,
    Page,
    add_text,
    begin_page,
    begin_piece,
    trim,
)
from dclm_pipeline.kernels.document.rules import Rules, content_root, is_content, is_glyph, masks_of
from dclm_pipeline.kernels.document.slices import text_of, value_of
from dclm_pipeline.kernels.document.sorts import sorts_of
from dclm_pipeline.kernels.document.tree import build
from dclm_pipeline.kernels.document.tree_flat import ALT, BODY, HREF, PLACEHOLDER, QUIRKY, TREE, TYPE, VALUE, Tree
from dclm_pipeline.kernels.document.tree_page import GROUND, Ground, scratch
from dclm_pipeline.kernels.document.tree_page import lent as lent_tree
from dclm_pipeline.kernels.document.tree_rows import BUILT, HANDED_BACK, TEXT
from dclm_pipeline.kernels.document.words import UNSAID, meanings_of
from dclm_pipeline.kernels.html import attributes, references, stack, tags, tokens
from dclm_pipeline.kernels.strings import Strings
from dclm_pipeline.kernels.words import pieces as word_pieces

# What stands around links and fields.
AROUND = b" ([  ] )"
_LINK, _LINK_END, _FIELD, _FIELD_END, _NOTHING = (0, 2), (7, 8), (2, 4), (4, 7), (0, 0)

# Room for the text of a page, as a multiple of its bytes; what needs more is indented without end.
_TIMES_A_PAGE, _LEAST_ROOM = 4, 4096
# How many times as long as its text a page is, as a rule; where texts are longer, room for them is made anew.
_PAGES_A_TEXT = 8


class Manner(NamedTuple):
    """Which text is wanted: only main content or all; the sorts of elements; what stands around links and fields."""

    main_content: bool
    sorts: Numbers
    around: Bytes


@part
def _value(tree: Tree, i: int, name: int) -> tuple[int, int]:
    """Return where an attribute's value lies, empty where there is none."""
    for k in range(tree.attribute_start[i], tree.attribute_stop[i]):
        if tree.attribute_name[k] == name:
            return value_of(tree, k)
    return 0, 0


@part
def _trimmed(chars: Bytes, found: tuple[int, int]) -> tuple[int, int]:
    begin = past_gaps(chars, found[0], found[1])
    return begin, before_gaps(chars, begin, found[1])


@part
def _field(tree: Tree, i: int) -> tuple[int, int]:
    """Return where lies what a field holds, or what it asks for."""
    begin, end = _value(tree, i, TYPE)
    if meanings_of(tree.chars, begin, end) & UNSAID:
        return 0, 0
    begin, end = _trimmed(tree.chars, _value(tree, i, VALUE))
    return (begin, end) if begin < end else _trimmed(tree.chars, _value(tree, i, PLACEHOLDER))


@part
def _speak(tree: Tree, i: int, is_end: bool, says: int, manner: Manner, page: Page) -> None:
    """Write what the start or end of a link, a picture or a field brings."""
    before, behind = _NOTHING, _NOTHING
    begin, end = 0, 0
    if says & sorts.LINK:
        if is_end:
            before, behind = _LINK, _LINK_END
            begin, end = _trimmed(tree.chars, _value(tree, i, HREF))
    elif says & sorts.PICTURE:
        begin, end = _value(tree, i, ALT)
    elif says & sorts.INPUT:
        begin, end = _field(tree, i)
        if begin < end:
            before, behind = _FIELD, _FIELD_END
    elif is_end:
        behind = _FIELD_END
    else:
        before = _FIELD
    for turn in range(3):
        if turn == 1:
            source, first, last = tree.chars, begin, end
        else:
            first, last = before if turn == 0 else behind
            source = manner.around
        add_text(source, first, last, page)


@part
def _is_shown(
    tree: Tree, i: int, root: int, depth: int, says: int, manner: Manner, rules: Rules, lengths: Lengths
) -> bool:
    """Tell whether an element or a text, or something else, is part of the text."""
    if tree.tag[i] < 0:
        begin, end = text_of(tree, i)
        return bool(tree.tag[i] == TEXT) and not (manner.main_content and is_glyph(tree.chars, begin, end))
    if says & sorts.SKIPPED and i != root:
        return False
    return not manner.main_content or is_content(tree, i, depth, says, rules, lengths)


@part
def compose(tree: Tree, body: int, quirks: bool, manner: Manner, rules: Rules, lengths: Lengths, page: Page) -> None:
    """Write the text of a page."""
    state = page.state
    lengths.state[DONE], lengths.state[FOOTER_STOP] = 0, 0
    root = content_root(tree, body, quirks) if manner.main_content else body
    i, is_end = root, False
    while not state[TOO_LONG]:
        tag, depth = tree.tag[i], int(np.int64(tree.depth[i] - tree.depth[body]))
        says = int(manner.sorts[tag]) if tag >= 0 else 0
        if is_end or _is_shown(tree, i, root, depth, says, manner, rules, lengths):
            if says & sorts.APART or depth < state[DEPTH]:
                begin_piece(says, depth, is_end, page)
            if tag < 0:
                begin, end = text_of(tree, i)
                add_text(tree.chars, begin, end, page)
            elif says & sorts.SPEAKS:
                _speak(tree, i, is_end, says, manner, page)
            if not is_end and i + 1 < tree.stop[i]:
                i += 1
                continue
        if i == root:
            break
        behind = int(np.int64(tree.stop[i]))
        is_end = tree.stop[tree.parent[i]] == behind
        i = int(np.int64(tree.parent[i])) if is_end else behind
    trim(page)


_INTEGERS, _NUMBERS, _LETTERS = types.int32[::1], types.int64[::1], types.uint8[::1]
_MANNER = types.NamedTuple((types.boolean, _NUMBERS, _LETTERS), Manner)
_LENGTHS = types.NamedTuple((_NUMBERS, _INTEGERS, _NUMBERS, _NUMBERS, _LETTERS), Lengths)
_PAGE = types.NamedTuple((_NUMBERS, _NUMBERS, types.boolean[::1], _LETTERS), Page)
_COMPOSE = types.int64(
    OFFSETS, BYTES, types.int64, TREE, GROUND, TABLES, _NUMBERS, _MANNER, _LENGTHS, _PAGE, SAID, _NUMBERS, _NUMBERS
)
_Compose: TypeAlias = Callable[..., int]


def _make(parts: int) -> _Compose:
    @kernel(_COMPOSE)
    def compose_rows(
        offsets: Numbers,
        data: Bytes,
        row: int,
        tree: Tree,
        ground: Ground,
        patterns: Tables,
        masks: Numbers,
        manner: Manner,
        lengths: Lengths,
        page: Page,
        said: Said,
        ends: Numbers,
        status: Numbers,
    ) -> int:
        """Write the texts of rows; return the first for which there might be no room."""
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return -1
        data = borrowed(data)
        tree, ground = lent_tree(tree, ground)
        rules = Rules(borrowed(masks), lent(patterns))
        manner = Manner(manner.main_content, borrowed(manner.sorts), borrowed(manner.around))
        lengths = Lengths(
            borrowed(lengths.state),
            borrowed(lengths.before),
            borrowed(lengths.linked),
            borrowed(lengths.total),
            borrowed(lengths.edges),
        )
        page = Page(borrowed(page.state), borrowed(page.numbers), borrowed(page.rows), borrowed(page.out))
        said = lent_said(said)
        state = page.state
        while row < status.size:
            most = _TIMES_A_PAGE * (offsets[row + 1] - offsets[row]) + _LEAST_ROOM
            if state[END] + most > page.out.size:
                break
            begin_page(page, most)
            status[row] = build(data, offsets[row], offsets[row + 1], False, tree, ground)
            if status[row] == BUILT:
                body = int(np.int64(tree.page[BODY]))
                if body < 0:
                    status[row] = HANDED_BACK
                else:
                    compose(tree, body, tree.page[QUIRKY] != 0, manner, rules, lengths, page)
                    if state[TOO_LONG]:
                        status[row], state[END] = HANDED_BACK, state[START]
            write_said(tree, status[row] == BUILT, row, said)
            row += 1
            ends[row] = state[END]
        return row

    return compose_rows


# Modules by what they are about: the page as it comes, its tree, and its text.
_compose_rows = _make(
    stamp(
        attributes,
        characters,
        looking,
        marks,
        references,
        stack,
        tags,
        tokens,
        trees,
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
        blanks,
        head,
        link_clusters,
        patterns,
        pieces,
        rules,
        settings,
        word_pieces,
        slices,
        sorts,
        words,
    )
)


@dataclass(frozen=True)
class PlainTexts:
    """What pages hold and say of themselves, empty where nothing; and of each row `BUILT` or `HANDED_BACK`, not known."""

    texts: Strings
    titles: Strings
    languages: Strings
    status: NDArray[np.int64]


def plain_texts(html: Strings, options: Options) -> PlainTexts:
    """Return the text of each page."""
    offsets, data = html
    count = len(offsets) - 1
    sizes = np.diff(offsets)
    longest = int(sizes.max(initial=0))
    tree, ground = scratch(longest)
    nodes = len(tree.tag) + 1
    lengths = Lengths(
        np.zeros(link_clusters.FIELDS, np.int64),
        np.empty(nodes, np.int32),
        np.empty(nodes, np.int64),
        np.empty(nodes, np.int64),
        np.empty(nodes, np.uint8),
    )
    manner = Manner(options.main_content, sorts_of(options), np.array(list(AROUND), np.uint8))
    state = np.zeros(pieces.FIELDS, np.int64)
    state[FORMATTED], state[BULLETS] = options.preserve_formatting, options.list_bullets
    numbers, rows = np.empty(nodes, np.int64), np.empty(nodes, np.bool_)
    said = room_for(count)
    ends, status = np.zeros(count + 1, np.int64), np.zeros(count, np.int64)
    room = _TIMES_A_PAGE * longest + _LEAST_ROOM
    out = np.empty(room + int(sizes.sum()) // _PAGES_A_TEXT, np.uint8)
    row = 0
    while row < count:
        page = Page(state, numbers, rows, out)
        row = _compose_rows(
            offsets, data, row, tree, ground, tables(), masks_of(options), manner, lengths, page, said, ends, status
        )
        if row < count:
            more = np.empty(2 * out.size + room, np.uint8)
            more[: state[END]] = out[: state[END]]
            out = more
    titles, languages = said.title_ends, said.language_ends
    # Copies, as a slice would keep all the room: forty times what rows hold that wait to be written.
    return PlainTexts(
        (ends, out[: ends[-1]].copy()),
        (titles, said.titles[: titles[-1]].copy()),
        (languages, said.languages[: languages[-1]].copy()),
        status,
    )
