"""How tangled an HTML page is: depth, attributes, options and an estimate of the work, from one scan over its bytes.

Tells pages that would keep an HTML parser or extractor busy for minutes from all others, before either sees them. The
scan ends where a limit is passed, so a hostile page costs no more than a good one. It splits a page into tags as the
standard does (comments, quotes, raw text, CDATA in SVG); what is open where is the business of `nesting`.

It is a model, not a parser: whoever studies it can write a page that is deeper than it says. Such a page meets the
limits of CPU time and memory that guard every step.
"""

from dataclasses import dataclass

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import nesting, tags
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, kernel, part
from dclm_pipeline.kernels.stack import (
    ATTRIBUTES,
    ATTRIBUTES_A_STEP,
    BODY_ATTRIBUTES,
    DEPTH,
    ELEMENT_STEPS,
    FACTS,
    FIELDS,
    FOREIGN,
    HTML_ATTRIBUTES,
    LETTERS_A_STEP,
    OPTIONS,
    OPTIONS_A_STEP,
    STATE,
    STEPS,
    Bytes,
    Numbers,
    Stack,
    is_foreign,
    note_leaf,
    reopen,
)
from dclm_pipeline.kernels.strings import Strings

_BODY, _HTML, _OPTION = tags.kind("body"), tags.kind("html"), tags.kind("option")
_PLAINTEXT, _SCRIPT = tags.kind("plaintext"), tags.kind("script")
_RAW = tags.RAW
_SLOTS, _MULTIPLIER = tags.SLOTS, np.uint64(tags.MULTIPLIER)
_LONGEST_NAME = 16


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
def _blank(byte: int) -> bool:
    return byte == 32 or (9 <= byte <= 13 and byte != 11)


@part
def _letter(byte: int) -> bool:
    return 97 <= byte | 32 <= 122


@part
def _name_end(data: Bytes, i: int, stop: int) -> int:
    while i < stop and data[i] != 62 and data[i] != 47 and not _blank(data[i]):
        i += 1
    return i


@part
def _kind(data: Bytes, name: int, name_end: int, words: NDArray[np.uint64], kinds: Numbers) -> int:
    if name_end - name > _LONGEST_NAME:
        return 0
    first, second = np.uint64(0), np.uint64(0)
    for i in range(name_end - name):
        byte = np.uint64(data[name + i])
        if 65 <= byte <= 90:
            byte += np.uint64(32)
        if i < 8:
            first |= byte << np.uint64(8 * i)
        else:
            second |= byte << np.uint64(8 * (i - 8))
    place = np.int64(((first ^ (second * np.uint64(31))) * _MULTIPLIER) >> np.uint64(55))
    while kinds[place] >= 0:
        if words[place, 0] == first and words[place, 1] == second:
            return int(kinds[place])
        place = (place + 1) % _SLOTS
    return 0


@part
def _attributes(data: Bytes, i: int, stop: int) -> tuple[int, int, bool]:
    """Return where a tag ends (-1: it never does), how many attributes it has, and whether it ends itself."""
    count = 0
    while i < stop:
        byte = data[i]
        if byte == 62:
            return i + 1, count, i > 0 and data[i - 1] == 47
        i += 1
        if byte == 47 or _blank(byte):
            continue
        count += 1
        while i < stop and data[i] != 61 and data[i] != 62 and data[i] != 47 and not _blank(data[i]):
            i += 1
        while i < stop and _blank(data[i]):
            i += 1
        if i >= stop or data[i] != 61:
            continue
        i += 1
        while i < stop and _blank(data[i]):
            i += 1
        if i >= stop:
            break
        quote = data[i]
        if quote == 34 or quote == 39:
            i += 1
            while i < stop and data[i] != quote:
                i += 1
            i += 1
        else:
            while i < stop and data[i] != 62 and not _blank(data[i]):
                i += 1
            if i < stop and data[i] == 62:
                # A slash before this bracket is of the value.
                return i + 1, count, False
    return -1, count, False


@part
def _after(data: Bytes, i: int, stop: int, one: int, two: int, three: int) -> int:
    """Return the place behind the next occurrence of three bytes."""
    while i + 2 < stop:
        if data[i] == one and data[i + 1] == two and data[i + 2] == three:
            return i + 3
        i += 1
    return stop


@part
def _comment_end(data: Bytes, i: int, stop: int) -> int:
    if i < stop and data[i] == 62:
        return i + 1
    if i + 1 < stop and data[i] == 45 and data[i + 1] == 62:
        return i + 2
    while i + 2 < stop:
        if data[i] == 45 and data[i + 1] == 45:
            if data[i + 2] == 62:
                return i + 3
            if i + 3 < stop and data[i + 2] == 33 and data[i + 3] == 62:
                return i + 4
        i += 1
    return stop


@part
def _named(data: Bytes, i: int, stop: int, name: int, length: int) -> bool:
    """Tell whether the tag name at `i` equals that at `name`, both ended as tag names are."""
    if i + length >= stop or not (data[i + length] == 62 or data[i + length] == 47 or _blank(data[i + length])):
        return False
    for j in range(length):
        one, other = data[i + j], data[name + j]
        if one != other and not (_letter(one) and one | 32 == other | 32):
            return False
    return True


@part
def _raw_end(data: Bytes, i: int, stop: int, name: int, length: int, script: bool) -> int:
    """Return where raw text ends: at its end tag, and in scripts not at one that belongs to a script in a comment."""
    commented, doubly = False, False
    while i < stop:
        if script and commented and data[i] == 45 and i + 2 < stop and data[i + 1] == 45 and data[i + 2] == 62:
            commented, doubly = False, False
        if data[i] != 60:
            i += 1
            continue
        if i + 1 < stop and data[i + 1] == 47 and _named(data, i + 2, stop, name, length):
            if not doubly:
                return i
            doubly = False
        elif script and i + 3 < stop and data[i + 1] == 33 and data[i + 2] == 45 and data[i + 3] == 45:
            commented = True
            # The dashes that begin a comment may be those that end it.
            i += 2
            continue
        elif commented and _named(data, i + 1, stop, name, length):
            doubly = True
        i += 1
    return stop


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
    flags: Numbers,
    limits: Numbers,
    stack: Stack,
    facts: Numbers,
) -> None:
    top = 0
    while i < stop:
        begun = i
        while i < stop and data[i] != 60:
            i += 1
        if i > begun:
            if not is_foreign(stack, top, flags):
                top = reopen(top, facts)
            facts[STEPS] += top * (1 + (i - begun) // LETTERS_A_STEP)
        if facts[DEPTH] > limits[0] or facts[ATTRIBUTES] > limits[1] or facts[OPTIONS] > limits[2]:
            return
        if facts[STEPS] > limits[3] or i + 1 >= stop:
            return
        i += 1
        ending = data[i] == 47
        if ending:
            i += 1
        if i < stop and _letter(data[i]):
            name = i
            name_end = _name_end(data, i, stop)
            here = _kind(data, name, name_end, words, kinds)
            i, count, closed = _attributes(data, name_end, stop)
            if i < 0:
                return
            if ending:
                facts[STEPS] += 1 + top // ATTRIBUTES_A_STEP
                top = nesting.end(data, stack, top, here, name, name_end, flags, facts)
                continue
            facts[STEPS] += ELEMENT_STEPS + top
            _count_attributes(here, count, facts)
            if here == _OPTION:
                facts[OPTIONS] += 1
                facts[STEPS] += facts[OPTIONS] // OPTIONS_A_STEP
            if is_foreign(stack, top, flags) and not nesting.breaks_out(here, flags):
                if closed:
                    note_leaf(top, facts)
                else:
                    top = nesting.start_foreign(stack, top, here, name, name_end, i, flags, facts)
                continue
            if closed and nesting.is_foreign_root(here):
                note_leaf(top, facts)
                continue
            top = nesting.start(data, stack, top, here, name, name_end, i, count, flags, facts)
            if here == _PLAINTEXT:
                return
            if flags[here] & _RAW:
                i = _raw_end(data, i, stop, name, name_end - name, here == _SCRIPT)
        elif ending:
            i = i + 1 if i < stop and data[i] == 62 else _bogus_end(data, i, stop)
        elif data[i] == 33:
            if i + 2 < stop and data[i + 1] == 45 and data[i + 2] == 45:
                i = _comment_end(data, i + 3, stop)
            elif top > 0 and stack[top - 1, STATE] & FOREIGN and _is_cdata(data, i + 1, stop):
                i = _after(data, i + 8, stop, 93, 93, 62)
            else:
                i = _bogus_end(data, i, stop)
        elif data[i] == 63:
            i = _bogus_end(data, i, stop)


@part
def _bogus_end(data: Bytes, i: int, stop: int) -> int:
    while i < stop and data[i] != 62:
        i += 1
    return i + 1


@part
def _is_cdata(data: Bytes, i: int, stop: int) -> bool:
    if i + 7 > stop or data[i] != 91 or data[i + 6] != 91:
        return False
    # C, D, A, T, A
    return bool(
        data[i + 1] == 67 and data[i + 2] == 68 and data[i + 3] == 65 and data[i + 4] == 84 and data[i + 5] == 65
    )


@kernel(
    void(
        OFFSETS,
        BYTES,
        types.uint64[:, ::1],
        types.int64[::1],
        types.int64[::1],
        types.int64[::1],
        types.int64[:, ::1],
        types.int64[:, ::1],
    )
)
def _scan_rows(
    offsets: NDArray[np.int64],
    data: Bytes,
    words: NDArray[np.uint64],
    kinds: Numbers,
    flags: Numbers,
    limits: Numbers,
    stack: Stack,
    facts: Numbers,
) -> None:
    for row in range(facts.shape[0]):
        _scan(data, offsets[row], offsets[row + 1], words, kinds, flags, limits, stack, facts[row])


def scan_markup(html: Strings, limits: Limits) -> Markup:
    """Return how deep, wide and laborious each page is."""
    offsets, data = html
    facts = np.zeros((len(offsets) - 1, FACTS), np.int64)
    # One tag opens three elements at most (a cell, and the row and body that it implies); then the limits are looked at.
    stack = np.zeros((limits.depth + 5, FIELDS), np.int64)
    bounds = np.array([limits.depth, limits.attributes, limits.options, limits.steps], np.int64)
    words, kinds = tags.lookup()
    _scan_rows(offsets, data, words, kinds, tags.flags(), bounds, stack, facts)
    return Markup(facts[:, DEPTH], facts[:, ATTRIBUTES], facts[:, OPTIONS], facts[:, STEPS])
