"""What a fastText model adds up for one word, as parts of the kernels in `fasttext_words` and `fasttext_predict`.

Words become rows of the model's input matrix: their own, and those of the pieces of them (subwords) by a hash. Rows
are floats as they lie in the file, or codes of parts of vectors ("product quantization"). Places and rows are checked
when a model is read, not here.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import at, float_at, part

# The numbers of a model that kernels look at, by their place in one array.
NUMBERS = 13
(
    COLUMNS,  # floats of a row
    WORDS,  # words that the model knows; they have the first rows
    BUCKET,  # rows for pieces of words and runs of words, by their hash
    SHORTEST,  # characters of the shortest and of the longest piece of a word; no pieces where the longest is 0
    LONGEST,
    RUN,  # words of the longest run that has a row; 1: none has
    PRUNED,  # 0: every bucket has its row; 1: those that `kept` names
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
def bucket_row(bucket: int, numbers: NDArray[np.int64], kept: NDArray[np.int64]) -> int:
    """Return the row of a bucket, -1 where it was pruned."""
    if numbers[PRUNED] == 0:
        return int(numbers[WORDS]) + bucket
    mask = kept.size - 1
    slot = bucket & mask
    while kept[slot] >= 0:
        if kept[slot] >> 32 == bucket:
            return int(kept[slot] & _LOW)
        slot = (slot + 1) & mask
    return -1


@part
def add_row(
    total: NDArray[np.float32],
    row: int,
    numbers: NDArray[np.int64],
    rows: NDArray[np.uint8],
    centroids: NDArray[np.float32],
    norms: NDArray[np.float32],
) -> None:
    """Add a row of the input matrix."""
    columns = numbers[COLUMNS]
    if numbers[PARTS] == 0:
        place = numbers[FIRST] + row * columns * 4
        if columns == 16:
            # As in the models that tell languages apart: the compiler makes four additions of it.
            for d in range(16):
                total[d] += float_at(rows, place + 4 * d)
        else:
            for d in range(columns):
                total[d] += float_at(rows, place + 4 * d)
        return
    parts, width = numbers[PARTS], numbers[PART]
    norm = norms[row] if norms.size > 0 else np.float32(1)
    for number in range(parts):
        code = np.int64(rows[numbers[FIRST] + row * parts + number])
        wide = numbers[LAST_PART] if number == parts - 1 else width
        centroid = number * _CODES * width + code * wide
        for d in range(wide):
            total[number * width + d] += norm * centroids[centroid + d]


@part
def add_pieces(
    total: NDArray[np.float32],
    word: NDArray[np.uint8],
    length: int,
    numbers: NDArray[np.int64],
    kept: NDArray[np.int64],
    rows: NDArray[np.uint8],
    centroids: NDArray[np.float32],
    norms: NDArray[np.float32],
) -> int:
    """Add the rows of a word's pieces, given the word between angle brackets; return how many there are."""
    added = 0
    bucket = numbers[BUCKET]
    # Division of whole numbers takes longer than all else here; that of floats is off by one at most.
    share = 1.0 / np.float64(bucket)
    for i in range(length):
        if at(word, i) & 0xC0 == 0x80:
            continue
        value, j, characters = HASH_START, i, 1
        while j < length and characters <= numbers[LONGEST]:
            value = hash_step(value, at(word, j))
            j += 1
            while j < length and at(word, j) & 0xC0 == 0x80:
                value = hash_step(value, at(word, j))
                j += 1
            if characters >= numbers[SHORTEST] and not (characters == 1 and (i == 0 or j == length)):
                left = value - np.int64(value * share) * bucket
                if left < 0:
                    left += bucket
                elif left >= bucket:
                    left -= bucket
                row = bucket_row(left, numbers, kept)
                if row >= 0:
                    add_row(total, row, numbers, rows, centroids, norms)
                    added += 1
            characters += 1
    return added


@part
def between_brackets(word: NDArray[np.uint8], data: NDArray[np.uint8], i: int, stop: int) -> int:
    """Write a word between angle brackets to where there is room for it; return its length there."""
    word[0] = _OPENS
    for j in range(stop - i):
        word[j + 1] = at(data, i + j)
    word[stop - i + 1] = _CLOSES
    return stop - i + 2
