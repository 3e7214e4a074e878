"""Folded models: a fastText model whose rows are one number a label, less one, because nothing lies between them.

What a softmax model says of a text depends on the mean of the text's rows times its output matrix alone. So every row is
multiplied by that matrix once, here, and what is left of a row of a hundred floats is one for two labels: how much more
it speaks for the second label than for the first. Words are known by 64 bits of a hash, not by their letters; a model
two of whose words share them is refused, and one in 10^12 unknown words is taken for a known one.

Known gaps: other losses than softmax are refused (those of trees fold to more numbers than they have columns).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.kernels import compiled
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, kernel, part, stamp
from dclm_pipeline.kernels.fasttext import rows as fasttext_rows
from dclm_pipeline.kernels.fasttext.file import SOFTMAX, FastText, load_model
from dclm_pipeline.kernels.fasttext.rows import (
    BUCKET,
    COLUMNS,
    FIRST,
    LAST_PART,
    LONGEST,
    PART,
    PARTS,
    PRUNED,
    RUN,
    SUMMED,
    WORDS,
    add_rows,
)
from dclm_pipeline.kernels.fasttext.words import Kept, sum_words

MOST_LABELS = 1024
# No more than 2^30 places to look keys up.
_LEAST_SHIFT = 34
_KEY_START, _KEY_FACTOR = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_KEY_SCATTER = np.uint64(0xBF58476D1CE4E5B9)
_KEY_SHIFT = np.uint64(29)


@dataclass(frozen=True)
class Folded:
    """A model, its rows folded: numbers of a row are what speaks for each label but the first, less what does for it.

    `numbers` are those of a fastText model whose rows are the folded ones of its buckets alone; `keys` are words, sorted,
    with what each and its pieces add up to (`sums`) of how many rows (`counts`, empty: one each).
    """

    parent: str  # the SHA-256 of the file that was folded
    labels: tuple[str, ...]
    numbers: NDArray[np.int64]
    end: NDArray[np.float32]  # the row of the token for the end of a line; empty: the model has none
    label_keys: NDArray[np.uint64]
    keys: NDArray[np.uint64]
    sums: NDArray[np.float32]
    counts: NDArray[np.int32]
    kept: Kept
    rows: NDArray[np.float32]

    def places(self) -> NDArray[np.int32]:
        """Return where the keys with each beginning begin: what finds a key in one step."""
        shift = shift_of(len(self.keys))
        counts = np.bincount((self.keys >> np.uint64(shift)).astype(np.int64), minlength=1 << (64 - shift))
        places = np.zeros(len(counts) + 1, np.int32)
        np.cumsum(counts, out=places[1:])
        return places

    @property
    def bytes(self) -> int:
        """Return the memory that it takes."""
        return sum(
            array.nbytes
            for array in (self.keys, self.sums, self.counts, *self.kept, self.rows, self.label_keys, self.end)
        )


def shift_of(keys: int) -> int:
    """Return by how many bits so many keys are shifted to look them up."""
    return max(_LEAST_SHIFT, 65 - max(keys, 2).bit_length())


@part
def key_step(value: np.uint64, byte: int) -> np.uint64:
    """Take one more byte into the key of a word, which begins as `key_start` and is finished by `finish_key`."""
    return (value ^ np.uint64(byte)) * _KEY_FACTOR


@part
def key_start() -> np.uint64:
    """Return the key of no bytes, not finished."""
    return _KEY_START


@part
def finish_key(value: np.uint64) -> np.uint64:
    """Spread what the last bytes did over all bits, one to one."""
    value = (value ^ (value >> _KEY_SHIFT)) * _KEY_SCATTER
    return value ^ (value >> _KEY_SHIFT)


@kernel(void(BYTES, OFFSETS, types.Array(types.int32, 1, "C", readonly=True), types.uint64[::1]))
def _key_words(
    file: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int32], keys: NDArray[np.uint64]
) -> None:
    for i in range(keys.size):
        value = key_start()
        for j in range(starts[i], starts[i] + lengths[i]):
            value = key_step(value, file[j])
        keys[i] = finish_key(value)


_FLOATS = types.Array(types.float32, 1, "C", readonly=True)
_INT64 = types.Array(types.int64, 1, "C", readonly=True)
_FOLD = void(
    *(_INT64, BYTES, _FLOATS, _FLOATS), types.Array(types.float64, 2, "C", readonly=True), types.float32[:, ::1]
)


def _make(parts: int) -> Callable[..., None]:
    @kernel(_FOLD)
    def fold_rows(
        numbers: NDArray[np.int64],
        rows: NDArray[np.uint8],
        centroids: NDArray[np.float32],
        norms: NDArray[np.float32],
        weights: NDArray[np.float64],
        folded: NDArray[np.float32],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        row, one = np.zeros(numbers[COLUMNS], np.float32), np.empty(1, np.int64)
        no_sums = np.zeros((1, numbers[COLUMNS]), np.float32)
        for i in range(folded.shape[0]):
            row[:], one[0] = 0, i
            add_rows(row, one, 1, numbers, rows, centroids, norms, no_sums)
            for label in range(folded.shape[1]):
                total = 0.0
                for d in range(row.size):
                    total += np.float64(row[d]) * weights[label, d]
                folded[i, label] = total

    return fold_rows


_fold_rows = _make(stamp(compiled, fasttext_rows))


def fold_model(path: Path) -> Folded:
    """Read a model of fastText (`.bin` or `.ftz`) and fold it."""
    with path.open("rb") as file:
        parent = hashlib.file_digest(file, "sha256").hexdigest()
    return fold(load_model(path), parent)


def fold(model: FastText, parent: str) -> Folded:
    """Fold a model that was read from a file with this SHA-256."""
    _refuse(model)
    numbers, words = model.numbers.copy(), int(model.numbers[WORDS])
    numbers[[COLUMNS, FIRST, PARTS, PART, LAST_PART, SUMMED]] = len(model.labels) - 1, 0, 0, 0, 0, 1
    weights = np.ascontiguousarray((model.output[:, 1:].astype(np.float64) - model.output[:, :1]).T)
    rows = np.zeros((_rows_of(model), len(model.labels) - 1), np.float32)
    _fold_rows(model.numbers, model.rows, model.centroids, model.norms, weights, rows)
    none = np.empty(0, np.float32)
    plain = rows.reshape(-1).view(np.uint8)
    sums, counts = rows[:words], np.empty(0, np.int32)
    if numbers[LONGEST] > 0:
        ends = model.end_of_line
        sums, counts = sum_words(model.file, model.entries, numbers, model.kept, plain, none, none, ends)
    if not (np.isfinite(rows).all() and np.isfinite(sums).all()):
        raise RecipeError(f"{model.path}: its matrices hold numbers that are not finite; it is damaged, fetch it again")
    keys, label_keys, order = _keys(model)
    end = rows[model.end_of_line].copy() if model.end_of_line >= 0 else none
    numbers[WORDS] = 0
    kept, of_buckets = Kept.all(), rows[words:].copy()
    if numbers[PRUNED]:
        found = model.kept.rows[:-1]
        kept, of_buckets = Kept.of(model.kept.buckets, np.arange(len(found)), int(numbers[BUCKET])), rows[found]
    return Folded(
        parent,
        model.labels,
        numbers,
        end,
        label_keys,
        keys,
        np.ascontiguousarray(sums[order]),
        np.ascontiguousarray(counts[order]) if counts.size else counts,
        kept,
        of_buckets,
    )


def _refuse(model: FastText) -> None:
    """Say why a model cannot be folded."""
    if model.loss != SOFTMAX:
        raise RecipeError(
            f"{model.path}: was not trained with the loss `softmax`, and no other model folds; it can be used as it is"
        )
    if not 2 <= len(model.labels) <= MOST_LABELS:
        raise RecipeError(
            f"{model.path}: has {len(model.labels):,} labels; models with 2 to {MOST_LABELS} are worth folding"
        )


def _rows_of(model: FastText) -> int:
    """Return how many rows of the input matrix can be met."""
    numbers, words = model.numbers, int(model.numbers[WORDS])
    if numbers[PRUNED]:
        return int(model.kept.rows[:-1].max(initial=words - 1)) + 1
    return words + (int(numbers[BUCKET]) if numbers[RUN] > 1 or numbers[LONGEST] > 0 else 0)


def _keys(model: FastText) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int64]]:
    """Return the keys of words, sorted, those of labels, and the rows of these words."""
    entries, words = model.entries, int(model.numbers[WORDS])
    keys = np.empty(len(entries.starts), np.uint64)
    _key_words(model.file, entries.starts, entries.lengths, keys)
    label_keys = np.unique(keys[words:])
    order = np.argsort(keys[:words], kind="stable")
    alike = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    for i in alike.tolist():
        one, two = (_word(model, int(order[i + more])) for more in (0, 1))
        if one != two:
            raise RecipeError(f"{model.path}: its words {one!r} and {two!r} cannot be told apart once it is folded")
    # Of equal words fastText finds the last, and labels before words; the end of a line is looked up by nobody.
    whole = np.ones(words, np.bool_)
    whole[alike] = False
    whole &= ~np.isin(keys[order], label_keys) & (order != model.end_of_line)
    order = order[whole]
    return keys[order], label_keys, order


def _word(model: FastText, i: int) -> bytes:
    start = int(model.entries.starts[i])
    return bytes(model.file[start : start + int(model.entries.lengths[i])])
