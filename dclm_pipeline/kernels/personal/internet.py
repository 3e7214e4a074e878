"""Addresses of machines, IPv4 and IPv6, as parts of the kernel in `found`.

Four numbers with dots between may also be a version or a section: they are left alone behind a word such as `version`,
behind a product and a slash, next to letters, and where all four have one digit. Of IPv6, only what is in use for
single machines is looked for: 2000::/3, with three groups or more written out. What is reserved is by IANA's registries
of special-purpose addresses, multicast included.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import Bytes, at, part
from dclm_pipeline.kernels.marks import before_gap, hash_of, is_alphanumeric, is_among, is_digit, word_begin

VERSION_WORDS = (
    "version versions ver v release build firmware section sections chapter clause paragraph art article § rev revision "
    "patch update kapitel abschnitt versione versión verze wersja версия раздел バージョン 版本"
)


@part
def _is_reserved(a: int, b: int, c: int) -> bool:
    if a == 0 or a == 10 or a == 127 or a >= 224:
        return True
    if a == 100:
        return 64 <= b < 128
    if a == 169:
        return b == 254
    if a == 172:
        return 16 <= b < 32
    if a == 192:
        return b == 168 or (b == 0 and (c == 0 or c == 2))
    if a == 198:
        return b == 18 or b == 19 or (b == 51 and c == 100)
    return a == 203 and b == 0 and c == 113


@part
def _begins_apart(data: Bytes, i: int, left: int) -> bool:
    if i == left:
        return True
    byte = at(data, i - 1)
    if byte == 45 or byte == 46 or byte == 95 or is_alphanumeric(byte):
        return False
    return byte != 47 or i - 1 == left or not is_alphanumeric(at(data, i - 2))


@part
def ipv4_end(data: Bytes, i: int, left: int, stop: int, reserved_too: bool, versions: NDArray[np.uint64]) -> int:
    """Return where the IPv4 address that begins at `i` ends, -1 where none does."""
    if not _begins_apart(data, i, left):
        return -1
    j = i
    first, second, third, largest = 0, 0, 0, 0
    for place in range(4):
        begin, number = j, 0
        while j < stop and j - begin < 3 and is_digit(at(data, j)):
            number = number * 10 + at(data, j) - 48
            j += 1
        if j == begin or number > 255 or (j - begin > 1 and at(data, begin) == 48):
            return -1
        largest = max(largest, number)
        if place == 0:
            first = number
        elif place == 1:
            second = number
        elif place == 2:
            third = number
        if place < 3:
            if j >= stop or at(data, j) != 46:
                return -1
            j += 1
    if j < stop:
        byte = at(data, j)
        if byte == 95 or is_alphanumeric(byte):
            return -1
        if j + 1 < stop and (
            (byte == 46 and is_alphanumeric(at(data, j + 1))) or (byte == 45 and 97 <= at(data, j + 1) | 32 <= 122)
        ):
            return -1
    if largest < 10 or (not reserved_too and _is_reserved(first, second, third)):
        return -1
    word = before_gap(data, i, left)
    return -1 if is_among(versions, hash_of(data, word_begin(data, word, left), word)) else j


@part
def _hex(byte: int) -> int:
    if is_digit(byte):
        return byte - 48
    return (byte | 32) - 87 if 97 <= byte | 32 <= 102 else -1


@part
def ipv6_end(data: Bytes, i: int, left: int, stop: int, reserved_too: bool) -> int:
    """Return where the IPv6 address that begins at `i` ends, -1 where none does."""
    if (at(data, i) != 50 and at(data, i) != 51) or not _begins_apart(data, i, left):
        return -1
    if i > left and at(data, i - 1) == 58:
        return -1
    j, groups, first, second = i, 0, 0, 0
    shortened = False
    while True:
        begin, number = j, 0
        while j < stop and j - begin < 5 and _hex(at(data, j)) >= 0:
            number = number * 16 + _hex(at(data, j))
            j += 1
        if j - begin > 4 or (groups == 0 and j - begin != 4):
            return -1
        groups += 1
        if groups == 1:
            first = number
        elif groups == 2 and not shortened:
            second = number
        if j + 1 >= stop or at(data, j) != 58:
            break
        if at(data, j + 1) == 58:
            if shortened:
                return -1
            shortened = True
            j += 2
            if j >= stop or _hex(at(data, j)) < 0:
                break
        elif _hex(at(data, j + 1)) >= 0:
            j += 1
        else:
            break
        if groups == 8:
            return -1
    if j < stop:
        byte = at(data, j)
        if byte == 58 or byte == 95 or is_alphanumeric(byte):
            # A colon may be the sentence's: then a blank follows.
            if byte != 58 or (j + 1 < stop and at(data, j + 1) > 32):
                return -1
        elif byte == 46 and j + 1 < stop and is_digit(at(data, j + 1)):
            return -1
    if groups < 3 or (groups != 8 and not shortened) or (groups == 8 and shortened):
        return -1
    special = (first == 0x2001 and (second < 0x200 or second == 0xDB8)) or first == 0x2002
    special |= first == 0x3FFF and second < 0x1000
    return -1 if special and not reserved_too else j
