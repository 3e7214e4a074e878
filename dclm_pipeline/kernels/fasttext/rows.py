"""What a fastText model adds up for one word, as parts of the kernels in `words` and `predict`.

Words become rows of the model's input matrix: their own, and those of the pieces of them (subwords) by a hash. Rows
are floats as they lie in the file, or codes of parts of vectors ("product quantization"). Places and rows are checked
when a model is read, not here.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import (
    Integer,
    add_sixteens,
    address_of,
    at,
    count_ones,
    float_from,
    high_product,
    part,
)

# The numbers of a model that kernels look at, by their place in one array.
NUMBERS = 13
(
    COLUMNS,  # floats of a row
    WORDS,  # words that the model knows; they have the first rows
    BUCKET,  # rows for pieces of words and runs of words, by their hash
    SHORTEST,  # characters of the shortest and of the longest piece of a word; no pieces where the longest is 0
    LONGEST,
    RUN,  # words of the longest run that has a row; 1: none has
    PRUNED,  # 0: every bucket has its row; 1: those whose bit is set, in `kept` by how many are set before
    FIRST,  # where in the bytes the rows begin
    PARTS,  # codes of a row; 0: rows are floats
    PART,  # floats that a code stands for
    LAST_PART,  # the same of a row's last code
    SUMMED,  # 1: what words and their pieces add up to is known
    LABELS,
) = range(NUMBERS)

_CODES = 256
HASH_START, _HASH_FACTOR, _LOW = 2166136261, 16777619, 0xFFFFFFFF
_PREFIX = np.frombuffer(b"__label__", np.uint8)
END_HASH = 3617362777  # of </s>
_ONE, _ALL = np.uint64(1), np.uint64(0xFFFFFFFFFFFFFFFF)
# Rows that are noted before they are added: those of the pieces that begin at one place of a word at least.
PENDING = 1024
_OPENS, _CLOSES = 60, 62  # <, > around a word


@part
def hash_step(value: int, byte: int) -> int:
    """Take one more byte into a 32-bit FNV-1a; bytes are signed, as in fastText."""
    if byte >= 128:
        byte |= 0xFFFFFF00
    return ((value ^ byte) * _HASH_FACTOR) & _LOW


@part
def hash_word(data: NDArray[np.uint8], i: int, stop: int) -> int:
    """Return the hash of a word."""
    value = HASH_START
    for j in range(i, stop):
        value = hash_step(value, at(data, j))
    return value


@part
def is_blank(byte: int) -> bool:
    """Tell whether a byte parts words."""
    return byte == 32 or 9 <= byte <= 13 or byte == 0


@part
def is_end(data: NDArray[np.uint8], i: int, stop: int) -> bool:
    """Tell whether a word is the token for the end of a line."""
    return (
        stop - i == 4 and at(data, i) == 60 and at(data, i + 1) == 47 and at(data, i + 2) == 115 and data[i + 3] == 62
    )


@part
def is_label(data: NDArray[np.uint8], i: int, stop: int) -> bool:
    """Tell whether a word begins as labels do."""
    j = 0
    while j < _PREFIX.size and i + j < stop and at(data, i + j) == _PREFIX[j]:
        j += 1
    return j == _PREFIX.size


@part
def signed(value: int) -> np.uint64:
    """Return a 32-bit hash as fastText widens it: as a signed number."""
    return np.uint64(value) | np.uint64(0xFFFFFFFF00000000) if value >= 0x80000000 else np.uint64(value)


@part
def find_word(
    data: NDArray[np.uint8],
    i: int,
    stop: int,
    value: int,
    file: NDArray[np.uint8],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int32],
    hashes: NDArray[np.uint32],
    slots: NDArray[np.int32],
) -> int:
    """Return the number of a word of the dictionary, -1 where it has none."""
    mask = slots.size - 1
    slot = value & mask
    while slots[slot] >= 0:
        entry = np.int64(slots[slot])
        if np.int64(hashes[entry]) == value and lengths[entry] == stop - i:
            same = True
            begin = starts[entry]
            for j in range(stop - i):
                if at(data, i + j) != at(file, begin + j):
                    same = False
                    break
            if same:
                return int(entry)
        slot = (slot + 1) & mask
    return -1


@part
def bucket_row(
    bucket: Integer,
    numbers: NDArray[np.int64],
    bits: NDArray[np.uint64],
    before: NDArray[np.int32],
    kept: NDArray[np.int32],
) -> int:
    """Return the row of a bucket, -1 where it was pruned."""
    if numbers[PRUNED] == 0:
        return int(numbers[WORDS] + bucket)
    # Without a branch that nobody could predict: of the pieces of words about as many are there as not.
    place, bit = np.uintp(bucket >> 6), np.uint64(bucket & 63)
    there = np.int64(bits[place] >> bit & _ONE)
    rank = before[place] + count_ones(bits[place] & ((_ONE << bit) - _ONE))
    return int((np.int64(kept[np.uintp(rank)]) + 1) * there - 1)


@part
def add_rows(
    total: NDArray[np.float32],
    pending: NDArray[np.int64],
    count: int,
    numbers: NDArray[np.int64],
    rows: NDArray[np.uint8],
    centroids: NDArray[np.float32],
    norms: NDArray[np.float32],
    sums: NDArray[np.float32],
) -> None:
    """Add rows of the input matrix, and sums of words (-1 less their number), one after the other."""
    columns = numbers[COLUMNS]
    if numbers[PARTS] > 0:
        for i in range(count):
            if pending[i] < 0:
                for d in range(columns):
                    total[d] += sums[-1 - pending[i], d]
            else:
                _add_codes(total, pending[i], numbers, rows, centroids, norms)
        return
    flat = sums.reshape(-1)
    if columns != 16:
        for i in range(count):
            address = _address(pending[i], columns, numbers, rows, flat)
            for d in range(columns):
                total[d] += float_from(address + 4 * d)
        return
    # As in the models that tell languages apart.
    add_sixteens(total, pending, count, address_of(rows, numbers[FIRST]), address_of(flat, 0))


@part
def _address(
    row: int, columns: int, numbers: NDArray[np.int64], rows: NDArray[np.uint8], sums: NDArray[np.float32]
) -> int:
    """Return where in memory a row begins, or the sum of a word."""
    summed = address_of(sums, (-1 - row) * columns)
    own = address_of(rows, numbers[FIRST] + row * columns * 4)
    return int(summed if row < 0 else own)


@part
def _add_codes(
    total: NDArray[np.float32],
    row: int,
    numbers: NDArray[np.int64],
    rows: NDArray[np.uint8],
    centroids: NDArray[np.float32],
    norms: NDArray[np.float32],
) -> None:
    """Add a row that is written in codes."""
    parts, width = numbers[PARTS], numbers[PART]
    norm = norms[row] if norms.size > 0 else np.float32(1)
    for number in range(parts):
        code = np.int64(rows[numbers[FIRST] + row * parts + number])
        wide = numbers[LAST_PART] if number == parts - 1 else width
        centroid = number * _CODES * width + code * wide
        for d in range(wide):
            total[number * width + d] += norm * centroids[centroid + d]


@part
def between_brackets(word: NDArray[np.uint8], data: NDArray[np.uint8], i: int, stop: int) -> int:
    """Write a word between angle brackets to where there is room for it; return its length there."""
    word[0] = _OPENS
    for j in range(stop - i):
        word[j + 1] = at(data, i + j)
    word[stop - i + 1] = _CLOSES
    return stop - i + 2


@part
def note_pieces(
    pending: NDArray[np.int64],
    noted: int,
    word: NDArray[np.uint8],
    i: int,
    length: int,
    plain: bool,
    numbers: NDArray[np.int64],
    bits: NDArray[np.uint64],
    before: NDArray[np.int32],
    kept: NDArray[np.int32],
) -> tuple[int, int]:
    """Note the rows of a word's pieces from a place on, given the word between angle brackets.

    Returns how many are noted, and the place to go on from where there was no room for all.
    """
    shortest, longest = numbers[SHORTEST], numbers[LONGEST]
    bucket = np.uint64(numbers[BUCKET])
    # Division takes longer than all else here: the remainder of 32 bits by two products (Lemire et al. 2019).
    share = _ALL // bucket + _ONE
    # Without a branch that nobody could predict: noted are buckets, one over the other until one has a row. In which row
    # those few are that have one (of the pieces of unknown words one in ten) is looked up together, at the end.
    known, pruned = noted, 1 if numbers[PRUNED] != 0 else 0
    while i < length and noted + longest <= pending.size:
        if at(word, i) & 0xC0 == 0x80:
            i += 1
            continue
        value, j, characters = HASH_START, i, 1
        while j < length and characters <= longest:
            value = hash_step(value, at(word, j))
            j += 1
            while not plain and j < length and at(word, j) & 0xC0 == 0x80:
                value = hash_step(value, at(word, j))
                j += 1
            if characters >= shortest and not (characters == 1 and (i == 0 or j == length)):
                left = np.int64(high_product(share * np.uint64(value), bucket))
                pending[noted] = left
                there = int(np.int64(bits[np.uintp((left >> 6) * pruned)] >> np.uint64(left & 63) & _ONE))
                noted += there | 1 - pruned
            characters += 1
        i += 1
    for k in range(known, noted):
        pending[k] = bucket_row(pending[k], numbers, bits, before, kept)
    return noted, i


@part
def note_word(
    word: NDArray[np.uint8], data: NDArray[np.uint8], i: int, stop: int, passed: int
) -> tuple[int, int, int, bool]:
    """Write the next word of a text, between angle brackets.

    Returns its length there, its hash, the place behind it, and whether all of it is ASCII. A blank that is `passed` over
    is no part of any word, nor does it part two.
    """
    while i < stop and (is_blank(at(data, i)) or at(data, i) == passed):
        i += 1
    length, value, seen = 1, HASH_START, 0
    word[0] = _OPENS
    while i < stop:
        byte = at(data, i)
        if byte <= 32:
            if byte == passed:
                i += 1
                continue
            if is_blank(byte):
                break
        word[length] = byte
        value = hash_step(value, byte)
        seen |= byte
        length += 1
        i += 1
    word[length] = _CLOSES
    return length + 1, value, i, seen < 128
