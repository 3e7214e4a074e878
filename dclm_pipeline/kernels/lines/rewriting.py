"""Whole texts rewritten where they lie: what nobody sees, web addresses, citations, blanks, line feeds, in that order."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters, marks, moving
from dclm_pipeline.kernels.characters import character_at, character_table, folded_codes
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, borrowed, kernel, stamp
from dclm_pipeline.kernels.lines import line_marks, line_table, phrases, tidying, web_links
from dclm_pipeline.kernels.lines import links as addresses
from dclm_pipeline.kernels.lines.line_marks import CITATIONS, cut_citations
from dclm_pipeline.kernels.lines.links import ADDRESS_BYTES, Domains, cut_domains, cut_numbers
from dclm_pipeline.kernels.lines.phrases import Phrases, begins_with_one
from dclm_pipeline.kernels.lines.tidying import (
    MISREAD,
    clean,
    is_misread,
    squeeze_blanks,
    squeeze_feeds,
    unsettled_characters,
)
from dclm_pipeline.kernels.lines.web_links import LINK_BYTES, cut_links
from dclm_pipeline.kernels.moving import move
from dclm_pipeline.kernels.strings import Strings
from dclm_pipeline.kernels.words import folding
from dclm_pipeline.kernels.words.folding import plain_letters

KEPT, AS_DCLM, MENDED = range(3)
_UNSEEN, _ADDRESSES, _CITED, _BLANKS, _FEEDS = range(5)


@dataclass(frozen=True)
class Passes:
    """What to do: `addresses` is one of KEPT, AS_DCLM and MENDED; `feeds` the longest run of line feeds, 0 for any."""

    unseen: bool
    addresses: int
    citations: bool
    blanks: bool
    feeds: int


_UINT16, _INT32 = types.Array(types.uint16, 1, "C", readonly=True), types.Array(types.int32, 1, "C", readonly=True)
_REWRITE = void(
    OFFSETS,
    types.uint8[::1],
    types.int64[::1],
    types.int32[:, ::1],
    types.boolean[::1],
    _INT32,
    OFFSETS,
    BYTES,
    BYTES,
    BYTES,
    _INT32,
    _INT32,
    _UINT16,
    types.int64[::1],
)
_Rewrite: TypeAlias = Callable[..., None]


def _make(parts: int) -> _Rewrite:
    @kernel(_REWRITE)
    def rewrite_rows(
        offsets: NDArray[np.int64],
        text: NDArray[np.uint8],
        passes: NDArray[np.int64],
        next_nodes: NDArray[np.int32],
        domain_ends: NDArray[np.bool_],
        codes: NDArray[np.int32],
        ends: NDArray[np.int64],
        address_bytes: NDArray[np.uint8],
        link_bytes: NDArray[np.uint8],
        marks: NDArray[np.uint8],
        folds: NDArray[np.int32],
        plain: NDArray[np.int32],
        classes: NDArray[np.uint16],
        written: NDArray[np.int64],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        text, next_nodes, domain_ends = borrowed(text), borrowed(next_nodes), borrowed(domain_ends)
        codes, ends, marks, folds = borrowed(codes), borrowed(ends), borrowed(marks), borrowed(folds)
        plain, classes = borrowed(plain), borrowed(classes)
        address_bytes, link_bytes = borrowed(address_bytes), borrowed(link_bytes)
        place = 0
        for page in range(written.size - 1):
            written[page] = place
            i, stop = offsets[page], offsets[page + 1]
            if passes[_UNSEEN]:
                stop = clean(text, i, stop)
            if passes[_ADDRESSES] == AS_DCLM:
                # The gate: hosts are looked for where the page begins with the name of a top-level domain.
                if begins_with_one(text, i, stop, codes, ends, folds):
                    stop = cut_domains(text, i, stop, next_nodes, domain_ends, address_bytes, classes)
                stop = cut_numbers(text, i, stop, address_bytes, classes)
            elif passes[_ADDRESSES] == MENDED:
                stop = cut_links(text, i, stop, next_nodes, domain_ends, link_bytes, classes)
            if passes[_CITED]:
                stop = cut_citations(text, i, stop, marks, plain)
            if passes[_BLANKS]:
                stop = squeeze_blanks(text, i, stop, classes)
            if passes[_FEEDS] > 0:
                stop = squeeze_feeds(text, i, stop, passes[_FEEDS])
            place = move(text, i, stop, place)
        written[written.size - 1] = place

    return rewrite_rows


_rewrite_rows = _make(
    stamp(addresses, characters, folding, line_marks, line_table, marks, moving, phrases, tidying, web_links)
)


@dataclass(frozen=True)
class Rewritten:
    """New offsets and bytes."""

    offsets: NDArray[np.int64]
    data: NDArray[np.uint8]


def rewrite_texts(strings: Strings, passes: Passes, domains: Domains, names: Phrases) -> Rewritten:
    """Rewrite each text; `names` are the domains again, folded and sorted, for what a page begins with."""
    offsets, data = strings
    first, last = int(offsets[0]), int(offsets[-1])
    text = data[first:last].copy()
    written = np.zeros(len(offsets), np.int64)
    wanted = (passes.unseen, passes.addresses, passes.citations, passes.blanks, passes.feeds)
    _rewrite_rows(
        offsets - first,
        text,
        np.array(wanted, np.int64),
        domains.next_nodes,
        domains.ends,
        names.codes,
        names.ends,
        ADDRESS_BYTES,
        LINK_BYTES,
        CITATIONS,
        folded_codes(),
        plain_letters(),
        character_table(),
        written,
    )
    return Rewritten(written, text[: written[-1]])


_FLAG = void(OFFSETS, BYTES, types.Array(types.boolean, 1, "C", readonly=True), _INT32, types.boolean[:, ::1])
_Flag: TypeAlias = Callable[
    [NDArray[np.int64], NDArray[np.uint8], NDArray[np.bool_], NDArray[np.int32], NDArray[np.bool_]], None
]


def _make_flags(parts: int) -> _Flag:
    @kernel(_FLAG)
    def flag_rows(
        offsets: NDArray[np.int64],
        data: NDArray[np.uint8],
        unsettled: NDArray[np.bool_],
        misread: NDArray[np.int32],
        flags: NDArray[np.bool_],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        for row in range(flags.shape[0]):
            i, stop = offsets[row], offsets[row + 1]
            before, wrong, loose = 0, False, False
            while i < stop:
                if data[i] < 0x80:
                    before = 0
                    i += 1
                    continue
                code, i = character_at(data, i, stop)
                wrong |= is_misread(code, before, misread)
                loose |= code < unsettled.size and unsettled[code]
                before = code
            flags[row, 0], flags[row, 1] = wrong, loose

    return flag_rows


_flag_rows = _make_flags(stamp(characters, tidying))


def suspects(strings: Strings) -> NDArray[np.bool_]:
    """Return for each row whether it may hold UTF-8 that was misread, and whether it may not be in normal form C."""
    offsets, data = strings
    flags = np.zeros((len(offsets) - 1, 2), np.bool_)
    _flag_rows(offsets, data, unsettled_characters(), MISREAD, flags)
    return flags
