"""Models of fastText (Joulin et al. 2016) as arrays for kernels, read from `.bin` and `.ftz` files of version 12.

A file may say anything of itself: sizes are held against its bytes before anything is made of them, and numbers that
lead from one table into another against its size. Large tables of floats stay in the file, which is mapped: processes
share them, and what no text needs is never read. Tables that are quantized are unpacked where they are small.

Known gaps: models for other things than labels, and files of earlier versions, are refused.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.kernels.fasttext.rows import (
    BUCKET,
    COLUMNS,
    FIRST,
    LABELS,
    LAST_PART,
    LONGEST,
    NUMBERS,
    PART,
    PARTS,
    PRUNED,
    RUN,
    SHORTEST,
    SUMMED,
    WORDS,
)
from dclm_pipeline.kernels.fasttext.tree import Tree, tree_of
from dclm_pipeline.kernels.fasttext.words import (
    CROWDED,
    END_OF_LINE,
    LEAST_ENTRY,
    MOST_PASSED,
    Entries,
    Kept,
    find_entries,
    sum_words,
)

MAGIC, VERSION = 793712314, 12
HIERARCHICAL, NEGATIVE, SOFTMAX, ONE_VERSUS_ALL = 1, 2, 3, 4
LABEL = "__label__"

_SUPERVISED = 3
_CENTROIDS = 256
_MOST_COLUMNS = 1 << 16
# Work a word grows with these.
MOST_RUN, MOST_LONGEST = 16, 64
# What is unpacked or made of a model takes no more than this, but for the table of labels.
_MOST_UNPACKED = 1 << 26
MOST_PRUNED = 1 << 28
_MOST_LABEL_TABLE = 1 << 30


@dataclass(frozen=True)
class FastText:
    """A model: its labels, most frequent first, and the tables that kernels look at."""

    path: Path
    labels: tuple[str, ...]
    loss: int
    end_of_line: int  # the number of the word that stands for it, -1: the model has none
    numbers: NDArray[np.int64]
    file: NDArray[np.uint8]
    entries: Entries
    kept: Kept
    rows: NDArray[np.uint8]
    centroids: NDArray[np.float32]
    norms: NDArray[np.float32]
    sums: NDArray[np.float32]
    counts: NDArray[np.int32]
    output: NDArray[np.float32]  # [columns, labels or inner nodes]
    tree: Tree


class _Matrix(NamedTuple):
    """Rows as floats in `data` from byte `first` on, or as codes, where there are centroids."""

    rows: int
    columns: int
    data: NDArray[np.uint8]
    first: int
    parts: int
    part: int
    last_part: int
    centroids: NDArray[np.float32]
    norms: NDArray[np.float32]


class _Reading:
    """A place in a model file; whoever asks for more than there is gets an error that names the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.stat().st_size == 0:
            raise self.error("is empty")
        self.data: NDArray[np.uint8] = np.asarray(np.memmap(path, np.uint8, mode="r"))
        self.place = 0

    def error(self, problem: str) -> RecipeError:
        """Return what is to be said of the file."""
        return RecipeError(f"{self.path}: is no model of fastText for labels that can be used: {problem}")

    def skip(self, size: int, what: str) -> int:
        """Go on by so many bytes; return where they begin."""
        begin, left = self.place, self.data.size - self.place
        if not 0 <= size <= left:
            raise self.error(f"{what} should be {size:,} bytes from byte {begin:,} on, and {left:,} are left")
        self.place += size
        return begin

    def integers(self, form: str, what: str) -> tuple[int, ...]:
        """Return whole numbers of this form (of `struct`)."""
        begin = self.skip(struct.calcsize("<" + form), what)
        return tuple(int(number) for number in struct.unpack("<" + form, self.data[begin : self.place].tobytes()))

    def floats(self, count: int, what: str) -> NDArray[np.float32]:
        """Return a copy of so many floats."""
        begin = self.skip(4 * count, what)
        found = self.data[begin : self.place].copy().view("<f4").astype(np.float32)
        if not np.isfinite(found).all():
            raise self.error(f"{what} holds numbers that are not finite")
        return found


def load_model(path: Path) -> FastText:
    """Read a model of fastText."""
    reading = _Reading(path)
    numbers = np.zeros(NUMBERS, np.int64)
    loss = _read_arguments(reading, numbers)
    entries, pruned = _read_dictionary(reading, numbers)
    words = int(numbers[WORDS])
    (quantized,) = reading.integers("B", "the sort of the input matrix")
    matrix = _read_matrix(reading, bool(quantized), "the input matrix")
    if pruned is not None and not quantized:
        raise reading.error("its dictionary was pruned, and its input matrix is not quantized")
    kept = _kept_buckets(reading, numbers, matrix.rows, pruned)
    (quantized_output,) = reading.integers("B", "the sort of the output matrix")
    output = _unpacked_output(reading, _read_matrix(reading, bool(quantized and quantized_output), "the output matrix"))
    labels = tuple(
        bytes(reading.data[start : start + length]).decode(errors="replace").removeprefix(LABEL)
        for start, length in zip(entries.starts[words:].tolist(), entries.lengths[words:].tolist(), strict=True)
    )
    columns = int(numbers[COLUMNS])
    if (matrix.columns, output.shape) != (columns, (len(labels), columns)):
        raise reading.error(
            f"its matrices are {matrix.rows:,} x {matrix.columns:,} and {output.shape[0]:,} x {output.shape[1]:,}, and "
            f"vectors have {columns:,} numbers, labels are {len(labels):,}"
        )
    if matrix.parts and 4 * matrix.rows * columns <= _MOST_UNPACKED:
        matrix = _dense(_unpacked(matrix))
    numbers[[FIRST, PARTS, PART, LAST_PART]] = matrix.first, matrix.parts, matrix.part, matrix.last_part
    is_end = (entries.lengths[:words] == len(END_OF_LINE)) & (entries.starts[:words] + 4 <= reading.data.size)
    ends = [i for i in np.flatnonzero(is_end).tolist() if _word(reading, entries, i) == END_OF_LINE]
    end_of_line = ends[-1] if ends else -1
    sums, counts = np.empty((0, columns), np.float32), np.empty(0, np.int32)
    if numbers[LONGEST] > 0 and 4 * words * columns <= _MOST_UNPACKED:
        numbers[SUMMED] = 1
        sums, counts = sum_words(
            reading.data, entries, numbers, kept, matrix.data, matrix.centroids, matrix.norms, end_of_line
        )
    if loss == HIERARCHICAL:
        tree = tree_of(np.maximum(entries.counts[words:], 0))
        output = output[: len(labels) - 1]
    else:
        tree = tree_of(np.empty(0, np.int64))
    return FastText(
        path,
        labels,
        loss,
        end_of_line,
        numbers,
        reading.data,
        entries,
        kept,
        matrix.data,
        matrix.centroids,
        matrix.norms,
        sums,
        counts,
        np.ascontiguousarray(output.T),
        tree,
    )


def _word(reading: _Reading, entries: Entries, i: int) -> bytes:
    start = int(entries.starts[i])
    return bytes(reading.data[start : start + int(entries.lengths[i])])


def _read_arguments(reading: _Reading, numbers: NDArray[np.int64]) -> int:
    """Note how the model was trained, as far as answers depend on it; return its loss."""
    magic, version = reading.integers("ii", "its first bytes")
    if magic != MAGIC:
        raise reading.error("it does not begin as one")
    if version != VERSION:
        raise reading.error(f"its version is {version}, and {VERSION} can be read; quantize or train it again")
    columns, _, _, _, _, run, loss, sort, bucket, shortest, longest, _ = reading.integers("12i", "its arguments")
    reading.skip(8, "its arguments")
    if sort != _SUPERVISED:
        raise reading.error("it was trained for vectors of words, not for labels")
    if loss not in (HIERARCHICAL, NEGATIVE, SOFTMAX, ONE_VERSUS_ALL):
        raise reading.error(f"its loss is of sort {loss}; known are 1 to 4")
    for what, number, least, most in (
        ("numbers of a vector (dim)", columns, 1, _MOST_COLUMNS),
        ("words of a run (wordNgrams)", run, 0, MOST_RUN),
        ("characters of a piece (maxn)", longest, 0, MOST_LONGEST),
        ("buckets", bucket, 1 if run > 1 or longest > 0 else 0, 0x7FFFFFFF),
    ):
        if not least <= number <= most:
            raise reading.error(f"it has {number:,} {what}; {least:,} to {most:,} can be used")
    numbers[[COLUMNS, RUN, BUCKET]] = columns, max(run, 1), bucket
    numbers[[SHORTEST, LONGEST]] = shortest, longest
    return loss


def _read_dictionary(reading: _Reading, numbers: NDArray[np.int64]) -> tuple[Entries, NDArray[np.int32] | None]:
    """Return words and labels, and the pairs of a bucket and what became of it, where buckets were pruned."""
    size, words, labels, _, pruned = reading.integers("iiiqq", "the sizes of the dictionary")
    left = reading.data.size - reading.place
    if words < 0 or labels < 1 or words + labels != size:
        raise reading.error(f"its dictionary has {size:,} entries, {words:,} words and {labels:,} labels")
    if size * LEAST_ENTRY > left:
        raise reading.error(f"its dictionary should have {size:,} entries, and {left:,} bytes are left")
    entries, behind = find_entries(reading.data, reading.place, size)
    if behind == -1:
        raise reading.error("it ends within its dictionary")
    if behind == CROWDED:
        raise reading.error(
            f"more than {MOST_PASSED:,} words of its dictionary have hashes side by side, which no words have by chance; "
            "it was made so that words take long to find: fetch it from where you trust it"
        )
    if behind < 0:
        raise reading.error(f"entry {-2 - behind:,} of its dictionary is neither a word nor a label")
    if entries.labels[:words].any() or not entries.labels[words:].all():
        raise reading.error("its dictionary has labels among its words")
    reading.place = behind
    numbers[[WORDS, LABELS]] = words, labels
    if pruned < 0:
        return entries, None
    begin = reading.skip(8 * pruned, "the list of kept buckets")
    pairs = reading.data[begin : reading.place].copy().view("<i4").astype(np.int32)
    return entries, pairs.reshape(-1, 2)


def _kept_buckets(reading: _Reading, numbers: NDArray[np.int64], rows: int, pruned: NDArray[np.int32] | None) -> Kept:
    """Return where to find the rows of buckets, all of which are there."""
    words = int(numbers[WORDS])
    hashed = numbers[RUN] > 1 or numbers[LONGEST] > 0
    if pruned is None:
        if rows < words + (int(numbers[BUCKET]) if hashed else 0):
            raise reading.error(f"its input matrix has {rows:,} rows, too few for {words:,} words and its buckets")
        return Kept.all()
    numbers[PRUNED] = 1
    size = int(numbers[BUCKET])
    if size > MOST_PRUNED:
        raise reading.error(f"it was pruned from {size:,} buckets; up to {MOST_PRUNED:,} can be used")
    targets = pruned[:, 1].astype(np.int64)
    if rows < words or (targets < 0).any() or (targets >= rows - words).any() or (pruned[:, 0] < 0).any():
        raise reading.error(f"its list of kept buckets leads out of the {rows:,} rows of its input matrix")
    # Of equal buckets the last counts.
    buckets, last = np.unique(pruned[::-1, 0], return_index=True)
    there = buckets < size
    return Kept.of(buckets[there].astype(np.int64), (targets[::-1][last][there] + words).astype(np.int64), size)


def _read_matrix(reading: _Reading, quantized: bool, what: str) -> _Matrix:
    none = np.empty(0, np.float32)
    if not quantized:
        rows, columns = reading.integers("qq", f"the size of {what}")
        if rows < 0 or columns < 1:
            raise reading.error(f"{what} is {rows:,} x {columns:,}")
        first = reading.skip(4 * rows * columns, what)
        return _Matrix(rows, columns, reading.data, first, 0, 0, 0, none, none)
    has_norms, rows, columns, size = reading.integers("Bqqi", f"the size of {what}")
    first = reading.skip(size, f"the codes of {what}")
    quantizer = _read_quantizer(reading, columns, what)
    parts, part, last_part, centroids = quantizer
    if rows < 0 or rows * parts != size:
        raise reading.error(f"{what} has {size:,} codes, and {rows:,} rows of {parts:,}")
    norms = none
    if has_norms:
        codes = reading.skip(rows, f"the norms of {what}")
        _, _, _, values = _read_quantizer(reading, 1, f"the norms of {what}")
        norms = values[reading.data[codes : codes + rows]]
    return _Matrix(rows, columns, reading.data, first, parts, part, last_part, centroids, norms)


def _read_quantizer(reading: _Reading, columns: int, what: str) -> tuple[int, int, int, NDArray[np.float32]]:
    """Return how vectors are parted (parts, floats of each, floats of the last), and the centroids."""
    dimension, parts, part, last_part = reading.integers("4i", f"the parts of {what}")
    whole = parts >= 1 and part >= 1 and 1 <= last_part <= part and (parts - 1) * part + last_part == dimension
    if not whole or dimension != columns:
        raise reading.error(
            f"{what} has {columns:,} columns, and {parts:,} parts of {part:,}, the last of {last_part:,}"
        )
    return parts, part, last_part, reading.floats(dimension * _CENTROIDS, f"the centroids of {what}")


def _unpacked_output(reading: _Reading, matrix: _Matrix) -> NDArray[np.float32]:
    if 4 * matrix.rows * matrix.columns > _MOST_LABEL_TABLE:
        raise reading.error(f"its output matrix is {matrix.rows:,} x {matrix.columns:,}, too large to be unpacked")
    if matrix.parts:
        return _unpacked(matrix)
    codes = matrix.data[matrix.first : matrix.first + 4 * matrix.rows * matrix.columns]
    found = codes.copy().view("<f4").astype(np.float32).reshape(matrix.rows, matrix.columns)
    if not np.isfinite(found).all():
        raise reading.error("its output matrix holds numbers that are not finite")
    return found


def _unpacked(matrix: _Matrix) -> NDArray[np.float32]:
    """Return the rows of a quantized matrix as floats."""
    codes = matrix.data[matrix.first : matrix.first + matrix.rows * matrix.parts].reshape(matrix.rows, matrix.parts)
    rows = np.empty((matrix.rows, matrix.columns), np.float32)
    for number in range(matrix.parts):
        wide = matrix.last_part if number == matrix.parts - 1 else matrix.part
        begin = number * _CENTROIDS * matrix.part
        centroids = matrix.centroids[begin : begin + _CENTROIDS * wide].reshape(_CENTROIDS, wide)
        rows[:, number * matrix.part : number * matrix.part + wide] = centroids[codes[:, number]]
    if matrix.norms.size:
        rows *= matrix.norms[:, None]
    return rows


def _dense(rows: NDArray[np.float32]) -> _Matrix:
    none = np.empty(0, np.float32)
    return _Matrix(rows.shape[0], rows.shape[1], rows.reshape(-1).view(np.uint8), 0, 0, 0, 0, none, none)
