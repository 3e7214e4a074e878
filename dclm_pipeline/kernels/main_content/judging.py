"""Which blocks of a page are its main content, by a model: two looks at every block, then a choice for the whole page.

The choice is the one whose expected F1 is best, taking each score for how likely a word is wanted: on a page about
which the model is sure that is every block above a half; where it is not, fewer doubts are enough. All arithmetic is
the same on every machine.
"""

import hashlib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import TypeAlias
from zipfile import BadZipFile

import numpy as np
from numba import boolean, float64, int32, int64, types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import kernel, part, stamp
from dclm_pipeline.kernels.html import attributes, blocks, flow
from dclm_pipeline.kernels.html.blocks import BLOCK, Blocks
from dclm_pipeline.kernels.html.flow import WORDS
from dclm_pipeline.kernels.main_content import context, features, groups
from dclm_pipeline.kernels.main_content.context import look_around
from dclm_pipeline.kernels.main_content.forest import Forest, ask

MODEL = "extractor-4.npz"
# Raised when the numbers that a model is asked about change.
FORM = 2
# How many numbers the first look is asked about.
FIRST_WIDTH = features.WIDTH + groups.WIDTH
GRAIN = 1 / 1024  # of the weights of marks: sums of them are exact
_SHARPNESS = 1.3  # scores are this much too careful, by cross-validation
_MOST_ROUNDS = 20


_PARTS = {"weights", *(f"{name}_{part}" for name in ("first", "second") for part in ("asked", "thresholds", "leaves"))}


class NotAModelError(ValueError):
    """A file holds no model that this version can read."""


@dataclass(frozen=True)
class Model:
    """What marks weigh, and the forests of the first and the second look."""

    weights: NDArray[np.float32]
    first: Forest
    second: Forest


def described(pages: Blocks, weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the features of every block, with room for what the first look says."""
    numbers = features.describe(pages, weights, groups.WIDTH + context.WIDTH)
    groups.compare_blocks(pages, numbers, features.WIDTH)
    return numbers


def score(pages: Blocks, model: Model) -> NDArray[np.float32]:
    """Return of each block the log odds that it is main content."""
    numbers = described(pages, model.weights)
    look_around(pages, ask(model.first, numbers), numbers, FIRST_WIDTH)
    return ask(model.second, numbers)


@part
def _likelihood(odds: float) -> float:
    """Return 1 / (1 + e^-odds), of an e that only multiplication is needed for."""
    power = 1.0 - min(max(odds * _SHARPNESS, -20.0), 20.0) / 256.0
    for _ in range(8):
        power *= power
    return 1.0 / (1.0 + power)


_Choose: TypeAlias = Callable[
    [NDArray[np.int64], NDArray[np.int32], NDArray[np.float32], float, NDArray[np.bool_]], None
]


def _make(parts: int) -> _Choose:
    @kernel(
        void(
            int64[:, ::1],
            types.Array(int32, 2, "C", readonly=True),
            types.Array(types.float32, 1, "C", readonly=True),
            float64,
            boolean[::1],
        )
    )
    def choose_rows(
        rows: NDArray[np.int64],
        blocks: NDArray[np.int32],
        scores: NDArray[np.float32],
        lean: float,
        kept: NDArray[np.bool_],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        most = 1
        for row in range(rows.shape[0] - 1):
            most = max(most, rows[row + 1, BLOCK] - rows[row, BLOCK])
        chances = np.empty(most)
        for row in range(rows.shape[0] - 1):
            begin, end = rows[row, BLOCK], rows[row + 1, BLOCK]
            wanted = 0.0
            for i in range(begin, end):
                chances[i - begin] = _likelihood(scores[i])
                wanted += chances[i - begin] * blocks[i, WORDS]
            # The best choice takes what is likelier than its own value's share; found by trying, each time better.
            value = 0.0
            for _ in range(_MOST_ROUNDS):
                hits, taken = 0.0, 0.0
                for i in range(begin, end):
                    if chances[i - begin] * (1 + lean) > value:
                        hits += chances[i - begin] * blocks[i, WORDS]
                        taken += blocks[i, WORDS]
                better = (1 + lean) * hits / (taken + lean * wanted) if wanted > 0 else 0.0
                if better <= value:
                    break
                value = better
            for i in range(begin, end):
                kept[i] = chances[i - begin] * (1 + lean) > value

    return choose_rows


_choose_rows = _make(stamp(blocks, flow))


def choose(pages: Blocks, scores: NDArray[np.float32], lean: float) -> NDArray[np.bool_]:
    """Return which blocks to keep; `lean`: how many times as much a wanted word counts as an unwanted one."""
    kept = np.zeros(len(scores), np.bool_)
    _choose_rows(pages.rows, pages.blocks, scores, lean, kept)
    return kept


def packed(model: Model) -> bytes:
    """Return a model as bytes; the same model, the same bytes."""
    arrays: dict[str, NDArray[np.generic]] = {
        "form": np.array([FORM, FIRST_WIDTH, context.WIDTH, attributes.BUCKETS], np.int64),
        "weights": np.rint(model.weights / GRAIN).astype(np.int16),
    }
    for name, forest in (("first", model.first), ("second", model.second)):
        arrays |= {f"{name}_{part}": getattr(forest, part) for part in ("asked", "thresholds", "leaves")}
    file = BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def unpacked(data: bytes) -> Model:
    """Return the model in these bytes."""
    try:
        with np.load(BytesIO(data), allow_pickle=False) as arrays:
            held = dict(arrays)
    except (ValueError, OSError, EOFError, BadZipFile, zlib.error) as error:
        raise NotAModelError(f"holds no model ({error})") from error
    expected = [FORM, FIRST_WIDTH, context.WIDTH, attributes.BUCKETS]
    if list(held.get("form", ())) != expected:
        raise NotAModelError(f"is of the form {list(held.get('form', ()))}, and this version reads {expected}")
    missing = _PARTS - held.keys()
    if missing:
        raise NotAModelError(f"lacks {', '.join(sorted(missing))}")
    weights = held["weights"].astype(np.float32) * np.float32(GRAIN)
    return Model(weights, _forest(held, "first"), _forest(held, "second"))


def _forest(arrays: Mapping[str, NDArray[np.generic]], name: str) -> Forest:
    asked = np.ascontiguousarray(arrays[f"{name}_asked"], np.int16)
    thresholds = np.ascontiguousarray(arrays[f"{name}_thresholds"], np.float32)
    leaves = np.ascontiguousarray(arrays[f"{name}_leaves"], np.float32)
    trees, depth = asked.shape
    if thresholds.shape != asked.shape or leaves.shape != (trees, 1 << depth):
        raise NotAModelError(f"has {name} trees of shapes {asked.shape}, {thresholds.shape} and {leaves.shape}")
    width = FIRST_WIDTH + (context.WIDTH if name == "second" else 0)
    if asked.size and not 0 <= asked.min() <= asked.max() < width:
        raise NotAModelError(f"asks about a feature {asked.max()}, and there are {width}")
    return Forest(asked, thresholds, leaves)


@cache
def builtin_model() -> Model:
    """Return the model of this package."""
    return unpacked(files(__package__).joinpath(MODEL).read_bytes())


def digest(model: Model) -> str:
    """Return what tells this model from any other."""
    return hashlib.sha256(packed(model)).hexdigest()
