"""What a fastText model says of texts: the best label of each, and the probabilities of all that are asked for.

A whole batch at once. Agrees with fastText's own prediction on one line a text, to within 1e-5: labels, probabilities
(which it raises by up to 1e-5 for each decision, so that they may pass 1), where words end, what the token for the end
of a line means, also inside a text. Newlines are blanks here, as a text is one line. Labels whose probabilities are equal
after rounding to 2^-20 are in the order of the model, its most frequent first.

Sums are made of floats, a word at a time, and taken over into longer ones every few hundred words: they depend on
nothing but the text, and are nearer to the truth on long ones than fastText's.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.kernels import compiled
from dclm_pipeline.kernels.compiled import BYTES, borrowed, hold, kernel, part, stamp
from dclm_pipeline.kernels.fasttext import file as fasttext_file
from dclm_pipeline.kernels.fasttext import rows as fasttext_rows
from dclm_pipeline.kernels.fasttext.file import HIERARCHICAL, SOFTMAX, FastText
from dclm_pipeline.kernels.fasttext.rows import (
    BUCKET,
    COLUMNS,
    END_HASH,
    LABELS,
    LONGEST,
    PENDING,
    RUN,
    SUMMED,
    WORDS,
    add_rows,
    bucket_row,
    find_word,
    is_end,
    is_label,
    note_pieces,
    note_word,
    signed,
)
from dclm_pipeline.kernels.fasttext.words import BITS
from dclm_pipeline.kernels.strings import GRAIN

NOTHING = -1  # no blank
_RUN_FACTOR = np.uint64(116049371)
# fastText's floor under each probability.
_FLOOR = 1e-5
_GRAINS = 1 / GRAIN
# Words after which floats are taken over into longer ones.
_BLOCK = 256
# Rows that a word adds beside those of its pieces, and then some: its own and those of runs.
_ROOM = 64
# fastText's table of the logistic function.
_SIGMOID_SLOTS, _SIGMOID_MOST = 512, 8

_FLOATS = types.Array(types.float32, 1, "C", readonly=True)
_FLOATS_2 = types.Array(types.float32, 2, "C", readonly=True)
_INT64 = types.Array(types.int64, 1, "C", readonly=True)
_INT32 = types.Array(types.int32, 1, "C", readonly=True)
_UINT32 = types.Array(types.uint32, 1, "C", readonly=True)
_PREDICT = void(
    *(_INT64, _INT64, BYTES),  # starts, stops, data
    *(_INT64, types.int64, types.int64, types.int64),  # numbers, loss, end_of_line, passed
    *(BYTES, _INT64, _INT32, _UINT32, _INT32),  # file, entries
    *(BITS, _INT32, _INT32),  # kept buckets
    *(BYTES, _FLOATS, _FLOATS),  # rows, centroids, norms
    *(_FLOATS_2, _INT32, _FLOATS_2, _INT32, _INT32),  # sums, counts, output, left, right
    *(_INT64, types.uint8[::1], types.int64[::1]),  # wanted, room, pending
    *(types.int64[::1], types.float64[::1], types.float64[:, ::1]),  # best, best_scores, scores
)


@dataclass(frozen=True)
class Predictions:
    """Of each text the best label (-1: nothing can be said) and its probability, and those of the labels asked for."""

    best: NDArray[np.int64]
    best_scores: NDArray[np.float64]
    scores: NDArray[np.float64]


@part
def _say(
    hidden: NDArray[np.float32],
    loss: int,
    output: NDArray[np.float32],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    sums: NDArray[np.float32],
    labels: int,
    found: NDArray[np.float64],
) -> None:
    """Fill in the probability of each label (and, behind them, those of the inner nodes of a tree)."""
    sums[:] = 0
    for d in range(hidden.size):
        weight = hidden[d]
        for i in range(output.shape[1]):
            sums[i] += weight * output[d, i]
    if loss == HIERARCHICAL:
        found[2 * labels - 2] = 1.0
        for i in range(labels - 2, -1, -1):
            share = 1.0 / (1.0 + math.exp(-np.float64(sums[i])))
            above = found[labels + i]
            found[left[i]] = above * (1.0 - share + _FLOOR)
            found[right[i]] = above * (share + _FLOOR)
    elif loss == SOFTMAX:
        most = sums[0]
        for i in range(labels):
            most = max(most, sums[i])
        whole = 0.0
        for i in range(labels):
            found[i] = math.exp(np.float64(sums[i] - most))
            whole += found[i]
        for i in range(labels):
            found[i] = found[i] / whole + _FLOOR
    else:
        for i in range(labels):
            value = sums[i]
            if value < -_SIGMOID_MOST:
                found[i] = _FLOOR
            elif value > _SIGMOID_MOST:
                found[i] = 1.0 + _FLOOR
            elif math.isnan(value):
                found[i] = np.nan
            else:
                slot = math.floor((value + np.float32(_SIGMOID_MOST)) * np.float32(_SIGMOID_SLOTS / _SIGMOID_MOST / 2))
                place = slot * 2.0 * _SIGMOID_MOST / _SIGMOID_SLOTS - _SIGMOID_MOST
                found[i] = 1.0 / (1.0 + math.exp(-place)) + _FLOOR


def _make(parts: int) -> Callable[..., None]:
    @kernel(_PREDICT)
    def predict_rows(
        begins: NDArray[np.int64],
        stops: NDArray[np.int64],
        data: NDArray[np.uint8],
        numbers: NDArray[np.int64],
        loss: int,
        end_of_line: int,
        passed: int,
        file: NDArray[np.uint8],
        starts: NDArray[np.int64],
        lengths: NDArray[np.int32],
        hashes: NDArray[np.uint32],
        slots: NDArray[np.int32],
        bits: NDArray[np.uint64],
        before: NDArray[np.int32],
        kept: NDArray[np.int32],
        rows: NDArray[np.uint8],
        centroids: NDArray[np.float32],
        norms: NDArray[np.float32],
        sums: NDArray[np.float32],
        counts: NDArray[np.int32],
        output: NDArray[np.float32],
        left: NDArray[np.int32],
        right: NDArray[np.int32],
        wanted: NDArray[np.int64],
        room: NDArray[np.uint8],
        pending: NDArray[np.int64],
        best: NDArray[np.int64],
        best_scores: NDArray[np.float64],
        scores: NDArray[np.float64],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data, numbers, file, starts = borrowed(data), borrowed(numbers), borrowed(file), borrowed(starts)
        lengths, hashes, slots, kept = borrowed(lengths), borrowed(hashes), borrowed(slots), borrowed(kept)
        rows, centroids, norms, sums = borrowed(rows), borrowed(centroids), borrowed(norms), borrowed(sums)
        output, room, pending = borrowed(output), borrowed(room), borrowed(pending)
        bits, before = borrowed(bits), borrowed(before)
        columns, labels, run = numbers[COLUMNS], numbers[LABELS], numbers[RUN]
        own_block, own_hidden = np.zeros(columns, np.float32), np.zeros(columns, np.float32)
        own_total, own_logits = np.zeros(columns, np.float64), np.zeros(output.shape[1], np.float32)
        own_found, own_runs = np.zeros(2 * labels, np.float64), np.zeros(run, np.uint64)
        block, hidden, total = borrowed(own_block), borrowed(own_hidden), borrowed(own_total)
        logits, found, runs = borrowed(own_logits), borrowed(own_found), borrowed(own_runs)
        for row in range(begins.size):
            i, stop = begins[row], stops[row]
            block[:] = 0
            total[:] = 0
            added, tokens, words, noted = 0, 0, 0, 0
            ended = False
            while not ended:
                length, value, i, plain = note_word(room, data, i, stop, passed)
                if length == 2 or is_end(room, 1, length - 1):
                    # The token that ends a line: where the text does, or written out in it.
                    ended = True
                    word = end_of_line
                    value = END_HASH
                    if word >= 0:
                        pending[noted] = word
                        noted += 1
                        added += 1
                else:
                    word = find_word(room, 1, length - 1, value, file, starts, lengths, hashes, slots)
                    if word >= numbers[WORDS] or (word < 0 and is_label(room, 1, length - 1)):
                        continue
                    if word >= 0 and numbers[SUMMED]:
                        pending[noted] = -1 - word
                        noted += 1
                        added += counts[word]
                    else:
                        if word >= 0:
                            pending[noted] = word
                            noted += 1
                            added += 1
                        place = 0 if numbers[LONGEST] > 0 else length
                        while place < length:
                            known = noted
                            noted, place = note_pieces(
                                pending, noted, room, place, length, plain, numbers, bits, before, kept
                            )
                            added += noted - known
                            if place < length:
                                add_rows(block, pending, noted, numbers, rows, centroids, norms, sums)
                                noted = 0
                tokens += 1
                if run > 1:
                    widened = signed(value)
                    for j in range(min(words, run - 1), 0, -1):
                        runs[j] = runs[j - 1] * _RUN_FACTOR + widened
                        bucket = int(runs[j] % np.uint64(numbers[BUCKET]))
                        pending[noted] = bucket_row(bucket, numbers, bits, before, kept)
                        added += pending[noted] >= 0
                        noted += pending[noted] >= 0
                    runs[0] = widened
                words += 1
                if tokens == _BLOCK or ended or noted > PENDING - _ROOM:
                    add_rows(block, pending, noted, numbers, rows, centroids, norms, sums)
                    noted = 0
                if tokens == _BLOCK:
                    for d in range(columns):
                        total[d] += block[d]
                        block[d] = 0
                    tokens = 0
            best[row], best_scores[row] = -1, 0.0
            scores[row] = 0.0
            if added == 0:
                continue
            whole = True
            for d in range(columns):
                hidden[d] = (total[d] + block[d]) / added
                whole = whole and math.isfinite(hidden[d])
            if not whole:
                best[row] = -2
                continue
            _say(hidden, loss, output, left, right, logits, labels, found)
            most = -1.0
            for label in range(labels):
                grains = np.rint(found[label] * _GRAINS)
                if grains > most:
                    most = grains
                    best[row], best_scores[row] = label, found[label]
            for j in range(wanted.size):
                scores[row, j] = found[wanted[j]]
            if not most >= 0:
                best[row] = -2
        hold(own_block, own_hidden, own_total, own_logits, own_found, own_runs)

    return predict_rows


_predict_rows = _make(stamp(compiled, fasttext_file, fasttext_rows))


def predict(
    model: FastText,
    begins: NDArray[np.int64],
    stops: NDArray[np.int64],
    data: NDArray[np.uint8],
    wanted: NDArray[np.int64],
    passed: int = NOTHING,
) -> Predictions:
    """Say of each text, which lies between two places of `data`, what its best label is, and how likely some others are.

    A blank that is `passed` over is as if it were not there.
    """
    best, best_scores = np.empty(len(begins), np.int64), np.empty(len(begins), np.float64)
    scores = np.empty((len(begins), len(wanted)), np.float64)
    longest = int((stops - begins).max(initial=0))
    entries = model.entries
    _predict_rows(
        begins,
        stops,
        data,
        model.numbers,
        model.loss,
        model.end_of_line,
        passed,
        model.file,
        entries.starts,
        entries.lengths,
        entries.hashes,
        entries.slots,
        *model.kept,
        model.rows,
        model.centroids,
        model.norms,
        model.sums,
        model.counts,
        model.output,
        model.tree.left,
        model.tree.right,
        wanted,
        np.empty(longest + 2, np.uint8),
        np.empty(PENDING, np.int64),
        best,
        best_scores,
        scores,
    )
    if (best == -2).any() or np.isnan(scores).any():
        raise RecipeError(f"{model.path}: answers with what is no number; its matrices are damaged, so fetch it again")
    return Predictions(best, best_scores, scores)
