"""Words that stand side by side where models look for them."""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.fasttext.words import Entries

_LETTERS = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz012345", np.uint8)
_LENGTH = 6


def many_words(count: int) -> NDArray[np.uint8]:
    """Return so many different words, a row each."""
    numbers = np.arange(count)[:, None] >> 5 * np.arange(_LENGTH) & 31
    return _LETTERS[numbers]


def fasttext_hashes(words: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return the hash that fastText knows each word by."""
    values = np.full(len(words), 2166136261, np.uint32)
    for column in words.T:
        values = (values ^ column) * np.uint32(16777619)
    return values


def words_of_one_hash(count: int, bits: int) -> list[str]:
    """Return words whose hashes end in the same bits."""
    words = many_words(count << bits + 1)
    alike = fasttext_hashes(words) & ((1 << bits) - 1) == 5
    return [bytes(word).decode() for word in words[alike][:count]]


def words_side_by_side(count: int, bits: int) -> list[str]:
    """Return words, each the first of those whose hashes end as its own, that end in neighbouring bits."""
    words = many_words(1 << bits + 4)
    ends, first = np.unique(fasttext_hashes(words) & ((1 << bits) - 1), return_index=True)
    return [bytes(word).decode() for word in words[first[ends < count]]]


def words_that_begin_alike(count: int, bits: int) -> list[str]:
    """Return words whose keys, by which folded models know them, begin with the same bits."""
    words = many_words(count << bits + 1)
    keys = np.full(len(words), 0xCBF29CE484222325, np.uint64)
    for column in words.T:
        keys = (keys ^ column) * np.uint64(0x100000001B3)
    keys = (keys ^ keys >> np.uint64(29)) * np.uint64(0xBF58476D1CE4E5B9)
    keys ^= keys >> np.uint64(29)
    return [bytes(word).decode() for word in words[keys >> np.uint64(64 - bits) == 3][:count]]


def passed_by(entries: Entries) -> NDArray[np.int64]:
    """Return for each entry of a dictionary how many others are passed until it is found."""
    mask = len(entries.slots) - 1
    places = np.flatnonzero(entries.slots >= 0)
    homes = entries.hashes[entries.slots[places]].astype(np.int64)
    return (places - homes) & mask
