"""Attributes of tags and what their values say of rights, as parts of the kernel in `claims`.

Values are compared whatever the case of their letters, and less the blanks about them.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import Bytes, at, part
from dclm_pipeline.kernels.html.tokens import is_blank
from dclm_pipeline.kernels.marks import hash_of, hashes, is_among, is_digit

# What robots are told: by search engines' documentation, DeviantArt (`noai`, `noimageai`) and Mojeek (`noml`).
DIRECTIVES = (
    "noai",
    "noimageai",
    "noml",
    "none",
    "noindex",
    "nofollow",
    "noarchive",
    "nocache",
    "nosnippet",
    "noimageindex",
)
_VERSIONS = ("1.0", "2.0", "2.1", "2.5", "3.0", "4.0")
_KINDS = "by by-sa by-nc by-nd by-nc-sa by-nc-nd by-nd-nc sa nc nd nc-sa nd-nc sampling sampling+ nc-sampling+"
# Paths below creativecommons.org, and what the licences there are called.
PATHS = (
    *(f"licenses/{kind}/{version}" for kind in _KINDS.split() for version in _VERSIONS),
    "publicdomain/zero/1.0",
    "publicdomain/mark/1.0",
    "licenses/publicdomain",
)
LICENCES = (
    *(f"cc-{kind}-{version}" for kind in _KINDS.split() for version in _VERSIONS),
    "cc0-1.0",
    "cc-pdm-1.0",
    "cc-pd",
)

_LONGEST_PATH = 40
_HOST = np.frombuffer(b"creativecommons.org/", np.uint8)
_FOOTER = np.frombuffer(b"footer", np.uint8)
_CONTENT_INFO = np.frombuffer(b"contentinfo", np.uint8)
# Directives with a value of their own: what stands before their colon is no robot.
_VALUED = hashes(["max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"])


@part
def next_attribute(data: Bytes, i: int, stop: int) -> tuple[int, int, int, int, int]:
    """Return where the name and the value of the next attribute begin and end, and where to go on.

    The name begins at -1 where the tag ends here, and the last is -1 where the tag never ends.
    """
    while i < stop and (at(data, i) == 47 or is_blank(at(data, i))):
        i += 1
    if i >= stop:
        return -1, -1, -1, -1, -1
    if at(data, i) == 62:
        return -1, -1, -1, -1, i + 1
    name = i
    i += 1
    while i < stop and at(data, i) != 61 and at(data, i) != 62 and at(data, i) != 47 and not is_blank(at(data, i)):
        i += 1
    end = i
    while i < stop and is_blank(at(data, i)):
        i += 1
    if i >= stop:
        return -1, -1, -1, -1, -1
    if at(data, i) != 61:
        return name, end, end, end, i
    i += 1
    while i < stop and is_blank(at(data, i)):
        i += 1
    if i >= stop:
        return -1, -1, -1, -1, -1
    quote = at(data, i)
    if quote == 34 or quote == 39:
        value = i + 1
        i = value
        while i < stop and at(data, i) != quote:
            i += 1
        if i >= stop:
            return -1, -1, -1, -1, -1
        return name, end, value, i, i + 1
    value = i
    while i < stop and at(data, i) != 62 and not is_blank(at(data, i)):
        i += 1
    return name, end, value, i, i


@part
def hash_trimmed(data: Bytes, i: int, stop: int) -> np.uint64:
    """Return the hash of a value less the blanks about it."""
    while i < stop and is_blank(at(data, i)):
        i += 1
    while i < stop and is_blank(at(data, stop - 1)):
        stop -= 1
    return hash_of(data, i, stop)


@part
def _is_at(data: Bytes, i: int, stop: int, word: NDArray[np.uint8]) -> bool:
    """Tell whether a word in lower case stands at a place."""
    if i + word.size > stop:
        return False
    for j in range(word.size):
        byte = at(data, i + j)
        if (byte + 32 if 65 <= byte <= 90 else byte) != word[j]:
            return False
    return True


@part
def find_word(data: Bytes, i: int, stop: int) -> bool:
    """Tell whether a value has the word of a footer in it."""
    while i < stop:
        if _is_at(data, i, stop, _FOOTER) or _is_at(data, i, stop, _CONTENT_INFO):
            return True
        i += 1
    return False


@part
def has_token(data: Bytes, i: int, stop: int, word: np.uint64) -> bool:
    """Tell whether a word is among those of a value, which blanks part."""
    while i < stop:
        while i < stop and is_blank(at(data, i)):
            i += 1
        begin = i
        while i < stop and not is_blank(at(data, i)):
            i += 1
        if begin < i and hash_of(data, begin, i) == word:
            return True
    return False


@part
def _bit(directives: NDArray[np.uint64], word: np.uint64) -> int:
    for place in range(directives.size):
        if directives[place] == word:
            return 1 << place
    return 0


@part
def add_directives(data: Bytes, i: int, stop: int, directives: NDArray[np.uint64]) -> int:
    """Return the bits of the directives in a value, which commas, semicolons or blanks part."""
    bits = 0
    while i < stop:
        begin = i
        while i < stop and not (at(data, i) == 44 or at(data, i) == 59 or is_blank(at(data, i))):
            i += 1
        if begin < i:
            bits |= _bit(directives, hash_of(data, begin, i))
        i += 1
    return bits


@part
def add_header_directives(
    data: Bytes, i: int, stop: int, agents: NDArray[np.uint64], directives: NDArray[np.uint64]
) -> int:
    """Return the bits of the directives in an X-Robots-Tag: commas part them, and those behind a robot's name and a
    colon are for that robot alone."""
    bits, ours = 0, True
    while i < stop:
        begin, colon = i, -1
        while i < stop and at(data, i) != 44:
            if at(data, i) == 58 and colon < 0:
                colon = i
            i += 1
        if colon >= 0:
            name = hash_trimmed(data, begin, colon)
            if not is_among(_VALUED, name):
                ours = is_among(agents, name)
                begin = colon + 1
        if ours:
            bits |= _bit(directives, hash_trimmed(data, begin, i))
        i += 1
    return bits


@part
def reserved_by(data: Bytes, i: int, stop: int) -> int:
    """Return 1 where a value of the TDM reservation protocol reserves rights, 0 where it does not, -1 for others."""
    while i < stop and is_blank(at(data, i)):
        i += 1
    while i < stop and is_blank(at(data, stop - 1)):
        stop -= 1
    if stop - i != 1:
        return -1
    return 1 if at(data, i) == 49 else 0 if at(data, i) == 48 else -1


@part
def licence_at(data: Bytes, i: int, stop: int, paths: NDArray[np.uint64]) -> int:
    """Return the place among sorted paths of the licence that an address leads to, -1 for other addresses."""
    while i < stop and is_blank(at(data, i)):
        i += 1
    if i + 4 < stop and at(data, i) | 32 == 104 and at(data, i + 1) | 32 == 116:  # ht(tp)
        i += 4
        i += i < stop and at(data, i) | 32 == 115
        i += i < stop and at(data, i) == 58
    if i + 2 >= stop or at(data, i) != 47 or at(data, i + 1) != 47:
        return -1
    i += 2
    if i + 4 < stop and at(data, i) | 32 == 119 and at(data, i + 3) == 46:  # www.
        i += 4
    if not _is_at(data, i, stop, _HOST):
        return -1
    i += _HOST.size
    # Up to the end of the version, or where there is none, of the second part.
    j, slashes = i, 0
    while j < stop and j - i <= _LONGEST_PATH:
        byte = at(data, j)
        if byte == 47:
            slashes += 1
            if slashes == 3 or (slashes == 2 and (j + 1 >= stop or not is_digit(at(data, j + 1)))):
                break
        elif byte == 35 or byte == 63 or is_blank(byte):
            break
        j += 1
    word = hash_of(data, i, j)
    low, high = 0, paths.size
    while low < high:
        middle = (low + high) // 2
        if paths[middle] < word:
            low = middle + 1
        else:
            high = middle
    return low if low < paths.size and paths[low] == word else -1
