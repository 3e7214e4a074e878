"""How tangled an HTML page is: depth, attributes, options and an estimate of the work, from one scan over its bytes.

Tells pages that would keep an HTML parser or extractor busy for minutes from all others, before either sees them. The
scan ends where a limit is passed, so a hostile page costs no more than a good one. How a page splits into tags is the
business of `tokens`, what is open where that of `nesting`.

It is a model, not a parser: whoever studies it can write a page that is deeper than it says. Such a page meets the
limits of CPU time and memory that guard every step.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters, looking
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, Bytes, Numbers, at, borrowed, kernel, part, stamp
from dclm_pipeline.kernels.html import easy, nesting, tags, tokens
from dclm_pipeline.kernels.html import stack as stacks
from dclm_pipeline.kernels.html.stack import (
    ATTRIBUTES,
    ATTRIBUTES_A_STEP,
    BODY_ATTRIBUTES,
    DEPTH,
    ELEMENT_STEPS,
    FACTS,
    FIELDS,
    FLAGS,
    FOREIGN,
    HTML_ATTRIBUTES,
    JOINED,
    LETTERS_A_STEP,
    OPTIONS,
    OPTIONS_A_STEP,
    STANDARD,
    STATE,
    STEPS,
    TAKEN,
    Stack,
    is_foreign,
    note_child,
    note_leaf,
    reopen,
)
from dclm_pipeline.kernels.html.tokens import (
    after,
    bogus_end,
    comment_end,
    is_cdata,
    is_letter,
    is_standard,
    kind_of,
    name_end,
    next_byte,
    raw_end,
    scan_attributes,
)
from dclm_pipeline.kernels.strings import Strings

_BODY, _HTML, _OPTION = tags.kind("body"), tags.kind("html"), tags.kind("option")
_PLAINTEXT, _SCRIPT = tags.kind("plaintext"), tags.kind("script")
_RAW = tags.RAW


@dataclass(frozen=True)
class Limits:
    """What a page may have at most; a scan stops at the first that is passed."""

    depth: int
    attributes: int
    options: int
    steps: int


@dataclass(frozen=True)
class Markup:
    """What was found, one number a row; of a page past a limit, what was found up to there."""

    depth: NDArray[np.int64]
    attributes: NDArray[np.int64]
    options: NDArray[np.int64]
    steps: NDArray[np.int64]


@part
def _count_attributes(here: int, count: int, facts: Numbers) -> None:
    """Count a tag's attributes; those of every `<html>` and `<body>` go to one element, the first."""
    before = 0
    if here == _BODY:
        before = facts[BODY_ATTRIBUTES]
        facts[BODY_ATTRIBUTES] += count
    elif here == _HTML:
        before = facts[HTML_ATTRIBUTES]
        facts[HTML_ATTRIBUTES] += count
    facts[ATTRIBUTES] = max(facts[ATTRIBUTES], before + count)
    facts[STEPS] += count * (2 * before + count) // (2 * ATTRIBUTES_A_STEP)


@part
def _scan(
    data: Bytes,
    i: int,
    stop: int,
    words: NDArray[np.uint64],
    kinds: Numbers,
    limits: Numbers,
    stack: Stack,
    facts: Numbers,
) -> None:
    top = 0
    while i < stop:
        begun = i
        i = next_byte(data, i, stop, 60)
        if i > begun:
            if not is_foreign(stack, top):
                top = reopen(stack, top, facts)
            facts[STEPS] += top * (1 + (i - begun) // LETTERS_A_STEP)
            if facts[TAKEN]:
                # Text that cannot grow where it lies is copied.
                facts[STEPS] += facts[JOINED] // LETTERS_A_STEP
                facts[TAKEN] = 0
            if facts[JOINED] == 0:
                note_child(stack, top, facts)
            facts[JOINED] += i - begun
        if facts[DEPTH] > limits[0] or facts[ATTRIBUTES] > limits[1] or facts[OPTIONS] > limits[2]:
            return
        if facts[STEPS] > limits[3] or i + 1 >= stop:
            return
        i += 1
        ending = at(data, i) == 47
        if ending:
            i += 1
        if i < stop and is_letter(at(data, i)):
            name = i
            behind = name_end(data, i, stop)
            here = kind_of(data, name, behind, words, kinds)
            i, count, closed = scan_attributes(data, behind, stop)
            if i < 0:
                return
            if ending:
                facts[STEPS] += 1 + top // ATTRIBUTES_A_STEP
                quick = easy.end_easily(stack, top, here, facts)
                facts[TAKEN] |= count > 0
                if quick >= 0:
                    top = quick
                    facts[JOINED] = 0
                    continue
                before = top
                top = nesting.end(data, stack, top, here, name, behind, facts)
                easy.count_open(stack, top, facts)
                facts[JOINED] *= top == before
                continue
            facts[TAKEN] |= count > 0
            facts[STEPS] += ELEMENT_STEPS + top
            _count_attributes(here, count, facts)
            if here == _OPTION:
                facts[OPTIONS] += 1
                facts[STEPS] += facts[OPTIONS] // OPTIONS_A_STEP
            quick = easy.start_easily(stack, top, here, name, behind, i, facts)
            if quick >= 0:
                top = quick
            elif is_foreign(stack, top) and not nesting.breaks_out(here):
                if closed:
                    note_leaf(stack, top, facts)
                else:
                    top = nesting.start_foreign(stack, top, here, name, behind, i, facts)
                continue
            elif closed and nesting.is_foreign_root(here):
                note_leaf(stack, top, facts)
                continue
            else:
                top = nesting.start(data, stack, top, here, name, behind, i, count, facts)
                easy.count_open(stack, top, facts)
            if here == _PLAINTEXT:
                return
            if FLAGS[here] & _RAW:
                i = raw_end(data, i, stop, name, behind - name, here == _SCRIPT)
        elif ending:
            i = i + 1 if i < stop and at(data, i) == 62 else bogus_end(data, i, stop)
        elif at(data, i) == 33:
            if i + 2 < stop and at(data, i + 1) == 45 and at(data, i + 2) == 45:
                i = comment_end(data, i + 3, stop)
                facts[JOINED] = 0
            elif top > 0 and stack[top - 1, STATE] & FOREIGN and is_cdata(data, i + 1, stop):
                i = after(data, i + 8, stop, 93, 93, 62)
            else:
                begun = i
                i = bogus_end(data, i, stop)
                if facts[STEPS] == 0 and is_standard(data, begun + 1, min(i, stop)):
                    facts[STANDARD] = 1
        elif at(data, i) == 63:
            i = bogus_end(data, i, stop)


_SCAN = void(
    OFFSETS,
    BYTES,
    types.uint64[:, ::1],
    types.int64[::1],
    types.int64[::1],
    types.int64[:, ::1],
    types.int64[:, ::1],
)
_Scan: TypeAlias = Callable[[Numbers, Bytes, NDArray[np.uint64], Numbers, Numbers, Stack, Numbers], None]


def _make(parts: int) -> _Scan:
    @kernel(_SCAN)
    def scan_rows(
        offsets: Numbers,
        data: Bytes,
        words: NDArray[np.uint64],
        kinds: Numbers,
        limits: Numbers,
        stack: Stack,
        facts: Numbers,
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data, words, kinds = borrowed(data), borrowed(words), borrowed(kinds)
        limits, stack, facts = borrowed(limits), borrowed(stack), borrowed(facts)
        for row in range(facts.shape[0]):
            _scan(data, offsets[row], offsets[row + 1], words, kinds, limits, stack, facts[row])

    return scan_rows


_scan_rows = _make(stamp(characters, looking, stacks, tokens, nesting, easy, tags))


def scan_markup(html: Strings, limits: Limits) -> Markup:
    """Return how deep, wide and laborious each page is."""
    offsets, data = html
    facts = np.zeros((len(offsets) - 1, FACTS), np.int64)
    # One tag opens three elements at most (a cell, and the row and body that it implies); then the limits are looked at.
    stack = np.zeros((limits.depth + 5, FIELDS), np.int64)
    bounds = np.array([limits.depth, limits.attributes, limits.options, limits.steps], np.int64)
    words, kinds = tags.lookup()
    _scan_rows(offsets, data, words, kinds, bounds, stack, facts)
    return Markup(facts[:, DEPTH], facts[:, ATTRIBUTES], facts[:, OPTIONS], facts[:, STEPS])
