"""Parts of kernels that look for e-mail addresses, numbers and the like: bytes, words in front, sets of words.

Letters beyond ASCII count as letters of names where they take two bytes and their script parts words by blanks: Latin,
Greek and Cyrillic, U+00C0 to U+052F.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import Bytes, at, part

_BASIS, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)  # FNV-1a


@part
def is_digit(byte: int) -> bool:
    """Tell whether a byte is an ASCII digit."""
    return 48 <= byte <= 57


@part
def is_alphanumeric(byte: int) -> bool:
    """Tell whether a byte is an ASCII letter or digit."""
    return 48 <= byte <= 57 or 97 <= byte | 32 <= 122


@part
def is_named_letter(first: int, second: int) -> bool:
    """Tell whether two bytes are a letter from U+00C0 to U+052F; the signs of times and divided by are none."""
    if first == 0xC3:
        return second != 0x97 and second != 0xB7
    return 0xC4 <= first <= 0xD3 or (first == 0xD4 and second <= 0xAF)


@part
def hash_of(data: Bytes, i: int, stop: int) -> np.uint64:
    """Return the hash of a word whatever the case of its ASCII letters."""
    value = _BASIS
    while i < stop:
        byte = at(data, i)
        value = (value ^ np.uint64(byte + 32 if 65 <= byte <= 90 else byte)) * _PRIME
        i += 1
    return value


@part
def is_among(words: NDArray[np.uint64], word: np.uint64) -> bool:
    """Tell whether a hash is among sorted ones."""
    low, high = 0, words.size
    while low < high:
        middle = (low + high) // 2
        if words[middle] < word:
            low = middle + 1
        else:
            high = middle
    return low < words.size and words[low] == word


@part
def before_gap(data: Bytes, i: int, left: int) -> int:
    """Return where a word in front of `i` would end: up to four blanks, dots, colons and the like before it."""
    for _ in range(4):
        if i <= left:
            break
        byte = at(data, i - 1)
        # Tab, blank, opening bracket, hyphen, dot, slash, colon.
        if byte == 9 or byte == 32 or byte == 40 or 45 <= byte <= 47 or byte == 58:
            i -= 1
        elif byte == 0xA0 and i - 1 > left and at(data, i - 2) == 0xC2:
            i -= 2
        elif byte == 0x9A and i - 2 > left and at(data, i - 2) == 0xBC and at(data, i - 3) == 0xEF:
            i -= 3  # the wide colon
        else:
            break
    return i


@part
def word_begin(data: Bytes, i: int, left: int) -> int:
    """Return where the word that ends at `i` begins; of words of more than 32 bytes only those are looked at."""
    first = max(left, i - 32)
    while i > first and (97 <= at(data, i - 1) | 32 <= 122 or at(data, i - 1) >= 0x80):
        i -= 1
    return i


def hashes(words: Iterable[str]) -> NDArray[np.uint64]:
    """Return the sorted hashes of words, as `hash_of` makes them."""
    found = []
    for word in words:
        value = int(_BASIS)
        for byte in word.encode():
            value = (value ^ (byte + 32 if 65 <= byte <= 90 else byte)) * int(_PRIME) % 2**64
        found.append(value)
    return np.array(sorted(set(found)), np.uint64)
