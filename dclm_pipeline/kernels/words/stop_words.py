"""Which words of a text are on a short list: by their characters, in small letters, without making a string of them.

A list is a table of open addresses over the characters of its words. Letters are made small one by one, as `str.lower`
does where it gives one character; a final sigma counts as any other. No more of a word is looked at than the longest of
the list has, so no text makes this slow.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import character_at
from dclm_pipeline.kernels.compiled import at, borrowed, part

# Beyond these no letter has a small one; a test looks at all of Unicode.
FOLDED = 0x20000
_SIGMA, _FINAL_SIGMA = ord("σ"), ord("ς")
_FACTOR = 0x01000193
# Characters from which on the sizes of words share a bit.
_LONG = 62

_NUMBERS = types.Array(types.int64, 1, "C", readonly=True)


class StopWords(NamedTuple):
    """A list of words, as kernels read it.

    `folds` has the small letter of each code point, `most` the characters of the longest word by its first byte, `sizes`
    a bit for each number of characters that words have that begin with it, `slots` the number of a word or -1, and `codes`
    the characters of each word from its place in `starts` to the next.
    """

    folds: NDArray[np.int64]
    most: NDArray[np.int64]
    sizes: NDArray[np.int64]
    slots: NDArray[np.int64]
    starts: NDArray[np.int64]
    codes: NDArray[np.int64]


class StopLists(NamedTuple):
    """Several lists of words, one behind the other, as kernels read them; the last is empty.

    Where those of a list begin and end say `slot_ends` and `start_ends`, each from its place to the next; `most` and
    `sizes` have 256 for each.
    """

    folds: NDArray[np.int64]
    most: NDArray[np.int64]
    sizes: NDArray[np.int64]
    slots: NDArray[np.int64]
    starts: NDArray[np.int64]
    codes: NDArray[np.int64]
    slot_ends: NDArray[np.int64]
    start_ends: NDArray[np.int64]


STOP_LISTS = types.NamedUniTuple(_NUMBERS, len(StopLists._fields), StopLists)


def fold(text: str) -> str:
    """Return a text in small letters, one for each of its characters, as lists compare them."""
    return "".join(map(_small, text))


@cache
def _folds() -> NDArray[np.int64]:
    table = np.fromiter((ord(_small(chr(code))) for code in range(FOLDED)), np.int64, FOLDED)
    table.flags.writeable = False
    return table


def _small(character: str) -> str:
    small = character.lower()
    if len(small) != 1:
        return character
    return "σ" if small == "ς" else small


@cache
def stop_lists(lists: tuple[tuple[str, ...], ...]) -> StopLists:
    """Return lists for kernels; words are in small letters, each once in a list."""
    parts = [_stop_words(words) for words in (*lists, ())]
    before = np.cumsum([0, *(part.codes.size for part in parts)])
    joined = StopLists(
        _folds(),
        np.concatenate([part.most for part in parts]),
        np.concatenate([part.sizes for part in parts]),
        np.concatenate([part.slots for part in parts]),
        np.concatenate([part.starts + codes for part, codes in zip(parts, before[:-1], strict=True)]),
        np.concatenate([part.codes for part in parts]),
        np.cumsum([0, *(part.slots.size for part in parts)], dtype=np.int64),
        np.cumsum([0, *(part.starts.size for part in parts)], dtype=np.int64),
    )
    for table in joined:
        table.flags.writeable = False
    return joined


def most_words(lists: StopLists) -> int:
    """Return how many words the longest of some lists has."""
    return int(np.diff(lists.start_ends).max()) - 1


def _stop_words(words: tuple[str, ...]) -> StopWords:
    folds = _folds()
    starts = np.cumsum([0, *map(len, words)]).astype(np.int64)
    codes = np.array([ord(each) for word in words for each in word], np.int64)
    slots = np.full(1 << max(4, (4 * len(words)).bit_length()), -1, np.int64)
    most, sizes = np.zeros(256, np.int64), np.zeros(256, np.int64)
    for number, word in enumerate(words):
        slot = _hash([ord(each) for each in fold(word)]) & (slots.size - 1)
        while slots[slot] >= 0:
            slot = (slot + 1) & (slots.size - 1)
        slots[slot] = number
        first = np.flatnonzero(folds == ord(fold(word[0]))).tolist() or [ord(word[0])]
        for byte in {chr(code).encode()[0] for code in first}:
            most[byte] = max(most[byte], len(word))
            sizes[byte] |= 1 << min(len(word), _LONG)
    return StopWords(folds, most, sizes, slots, starts, codes)


def _hash(codes: Sequence[int]) -> int:
    value = 0
    for code in codes:
        value = (value ^ code) * _FACTOR & 0xFFFFFFFF
    return value ^ value >> 15


@part
def list_at(lists: StopLists, number: int) -> StopWords:
    """Return one of several lists."""
    slots, starts = lists.slot_ends[number : number + 2], lists.start_ends[number : number + 2]
    return StopWords(
        borrowed(lists.folds),
        borrowed(lists.most[256 * number : 256 * (number + 1)]),
        borrowed(lists.sizes[256 * number : 256 * (number + 1)]),
        borrowed(lists.slots[slots[0] : slots[1]]),
        borrowed(lists.starts[starts[0] : starts[1]]),
        borrowed(lists.codes),
    )


@part
def folded(folds: NDArray[np.int64], code: int) -> int:
    """Return the small letter of a character."""
    return int(folds[code]) if code < folds.size else code


@part
def find_word(data: NDArray[np.uint8], start: int, stop: int, length: int, listed: StopWords) -> int:
    """Return twice the number of a word of so many characters, one more where it is in small letters; -1 if unlisted."""
    first = at(data, start)
    # Of the words of a text few begin and are as long as one of a short list: others cost no more than this.
    if listed.sizes[first] >> min(length, _LONG) & 1 == 0 or length > listed.most[first]:
        return -1
    value, i = 0, start
    while i < stop:
        code, i = character_at(data, i, stop)
        value = (value ^ folded(listed.folds, code)) * _FACTOR & 0xFFFFFFFF
    slot = (value ^ value >> 15) & (listed.slots.size - 1)
    while listed.slots[slot] >= 0:
        number = listed.slots[slot]
        low = listed.starts[number]
        if listed.starts[number + 1] - low == length:
            i, place, same, exact = start, low, True, 1
            while same and i < stop:
                code, i = character_at(data, i, stop)
                wanted = listed.codes[place]
                same = folded(listed.folds, code) == folded(listed.folds, wanted)
                exact &= int(code == wanted)
                place += 1
            if same:
                return int(2 * number + exact)
        slot = (slot + 1) & (listed.slots.size - 1)
    return -1
