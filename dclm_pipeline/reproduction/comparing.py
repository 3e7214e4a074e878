"""Joining our pool with a published one, and saying where they part: documents, texts, scores, and which rule it was.

Of documents that only the others have, our first rule is known where `rejects/` holds them: that is a sample of what
steps dropped, and all of what failed.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, take
from dclm_pipeline.engine.opening_pools import whole_pool
from dclm_pipeline.engine.taking import taken
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.kernels.dedup.distance import TOO_LONG, edit_distances
from dclm_pipeline.kernels.strings import views
from dclm_pipeline.pools.manifest import Manifest
from dclm_pipeline.pools.reading import read_promised
from dclm_pipeline.reproduction.published import Published, published_at
from dclm_pipeline.reproduction.sides import Keys, Side, hashed, store
from dclm_pipeline.sources import Reject
from dclm_pipeline.storage import Storage, open_storage

Told = Callable[[str], None]

# Bytes that are measured of a pair of texts, beginnings and ends in common left out.
MOST_BYTES = 1 << 16
_RUN = 1024
# The column of our scores where nobody names one, and the types that scores can have.
_OUR_SCORE = "quality"
_NUMBERS = frozenset(f"{sort}{bits}" for sort in ("int", "uint") for bits in (8, 16, 32, 64)) | {"float", "double"}
_QUANTILES = (0.1, 0.5, 0.9, 0.99)
# Distances as shares of the longer text: up to each of these.
BANDS = (0.001, 0.01, 0.05, 0.2, 0.5, 1.0)
_UNKNOWN = "never seen, or dropped and not in the sample that rejects/ keeps"
_SHOWN = 200


@dataclass
class Pairs:
    """What was found of documents that both have."""

    equal: int = 0
    equal_but_blanks: int = 0
    too_long: int = 0
    shares: list[NDArray[np.float64]] = field(default_factory=list)
    ours: list[NDArray[np.float64]] = field(default_factory=list)
    theirs: list[NDArray[np.float64]] = field(default_factory=list)
    worst: list[tuple[float, str, str, str]] = field(default_factory=list)


def reproduce(
    pool: str,
    places: Sequence[str],
    *,
    layout: str = "",
    by: str = "",
    our_score: str = "",
    their_score: str = "",
    examples: int = 10,
    told: Told,
) -> dict[str, Any]:
    """Return how our pool and published files compare; `by` is `record_id` or `url`, by default what both have."""
    storage, manifest = whole_pool(pool)
    published = [published_at(place, layout, their_score) for place in places]
    with tempfile.TemporaryDirectory(prefix="dclm-reproduce-") as folder:
        failed: Counter[str] = Counter()
        ours = store(Path(folder, "ours.arrow"), _ours(storage, manifest, _score(manifest, pool, our_score), told))
        theirs = store(Path(folder, "theirs.arrow"), _theirs(published, failed, told))
        by = by or ("record_id" if ours.records.any() and theirs.records.any() else "url")
        join = joined(ours.keys(by), theirs.keys(by))
        for name, side in ((pool, ours), (", ".join(places), theirs)):
            if not side.keys(by).any():
                raise _without_keys(name, side, by, failed if side is theirs else Counter())
        pairs = _compared(ours, theirs, join, examples, told)
        both, only_ours, only_theirs = len(join.ours), join.only_ours, join.only_theirs
        return {
            "by": by,
            "layouts": sorted({one.layout.name for one in published}),
            "ours": {
                "documents": ours.rows,
                "repeated": ours.rows - both - len(only_ours),
                "without_key": _keyless(ours.keys(by)),
            },
            "theirs": {
                "documents": theirs.rows,
                "repeated": theirs.rows - both - len(only_theirs),
                "without_key": _keyless(theirs.keys(by)),
                "failed": dict(sorted(failed.items())),
            },
            "both": both,
            "only_ours": len(only_ours),
            "only_theirs": len(only_theirs),
            "share_of_theirs": both / max(both + len(only_theirs), 1),
            "share_of_ours": both / max(both + len(only_ours), 1),
            "first_rules": _first_rules(storage, manifest, theirs.urls[only_theirs]),
            "dropped_sample": manifest.recipe.get("limits", {}).get("dropped_sample"),
            "texts": _texts(pairs, both),
            "scores": _scores(pairs),
            "examples": {
                "only_ours": _urls(ours, only_ours[:examples]),
                "only_theirs": _urls(theirs, only_theirs[:examples]),
                "least_alike": [
                    dict(zip(("distance", "url", "ours", "theirs"), one, strict=True)) for one in pairs.worst
                ],
            },
        }


def _without_keys(place: str, side: Side, by: str, failed: Counter[str]) -> RecipeError:
    """Say why a side has nothing to be joined by."""
    if side.rows == 0:
        told = ", ".join(f"{count:,} {reason}" for reason, count in sorted(failed.items())) or "there is none"
        return RecipeError(f"{place}: no document could be read ({told}), so there is nothing to compare")
    other = "url" if by == "record_id" else "record_id"
    if side.keys(other).any():
        return RecipeError(f"{place}: cannot be joined by {by}, which none of its documents has; try --by {other}")
    return RecipeError(f"{place}: cannot be joined, as its documents have neither a url nor a record_id")


@dataclass(frozen=True)
class Join:
    """The rows of either side that have one key, in our order, and those that only one has; of equal ones the first."""

    ours: NDArray[np.int64]
    theirs: NDArray[np.int64]
    only_ours: NDArray[np.int64]
    only_theirs: NDArray[np.int64]


def joined(ours: Keys, theirs: Keys) -> Join:
    """Join rows by their keys; a row without one is alone."""
    both = np.concatenate([ours, theirs])
    rows = np.flatnonzero(both.any(axis=1))
    order = rows[np.lexsort((rows, both[rows, 1], both[rows, 0]))]
    begins = np.ones(len(order), np.bool_)
    begins[1:] = (both[order[1:]] != both[order[:-1]]).any(axis=1)
    group = np.cumsum(begins) - 1
    first = np.full((2, int(begins.sum())), -1, np.int64)
    for side, mask, less in ((0, order < len(ours), 0), (1, order >= len(ours), len(ours))):
        # Written from the last to the first, so that the first row of a key stays.
        first[side, group[mask][::-1]] = order[mask][::-1] - less
    there = first >= 0
    pairs = first[:, there.all(axis=0)]
    pairs = pairs[:, np.argsort(pairs[0], kind="stable")]
    alone = [
        np.sort(np.concatenate([np.flatnonzero(~keys.any(axis=1)), first[side, there[side] & ~there[1 - side]]]))
        for side, keys in enumerate((ours, theirs))
    ]
    return Join(pairs[0], pairs[1], alone[0], alone[1])


def _score(manifest: Manifest, pool: str, named: str) -> str:
    """Return the column of our scores; one that was named must be there, and hold numbers."""
    name = named or _OUR_SCORE
    kind = dict(manifest.columns).get(name)
    if kind not in _NUMBERS and (named or kind is not None):
        seen = "is not there" if kind is None else f"is {kind}"
        known = ", ".join(name for name, kind in manifest.columns if kind in _NUMBERS) or "none"
        raise RecipeError(
            f"{pool}: the column of our scores {name!r} {seen}; name one of numbers by --our-score: {known}"
        )
    return name


def _ours(storage: Storage, manifest: Manifest, score: str, told: Told) -> Iterator[pa.RecordBatch]:
    there = {name for name, _ in manifest.columns}
    if "text" not in there:
        raise RecipeError(f"{storage.url}: the pool has no column 'text'; its columns are {', '.join(sorted(there))}")
    columns = [name for name in ("url", "record_id", "text", score) if name in there]
    for done, shard in enumerate(manifest.shards):
        told(f"reading our pool: {done} of {len(manifest.shards)} shards")
        for batch in read_promised(storage, shard.path, columns):
            yield batch.rename_columns(["score" if name == score else name for name in columns])


def _theirs(published: Sequence[Published], failed: Counter[str], told: Told) -> Iterator[pa.RecordBatch]:
    documents = 0
    for one in published:
        storage = open_storage(one.place)
        for shard in one.source.shards(storage):
            for item in one.source.read(storage, shard, _RUN, 8 * 2**20):
                if isinstance(item, Reject):
                    failed[item.reason] += 1
                    continue
                documents += item.num_rows
                told(f"reading published documents: {documents:,} of {one.place}")
                yield item


def _compared(ours: Side, theirs: Side, join: Join, examples: int, told: Told) -> Pairs:
    """Compare texts and scores of documents that both have, a run at a time."""
    pairs = Pairs()
    for begin, (left, right) in enumerate(zip(_taken(ours, join.ours), _taken(theirs, join.theirs), strict=True)):
        told(f"comparing texts: {begin * _RUN:,} of {len(join.ours):,}")
        one, other = (side["text"].fill_null("").cast(pa.large_string()) for side in (left, right))
        distances = edit_distances(views(one), views(other), MOST_BYTES)
        lengths = np.maximum(np.diff(views(one)[0]), np.diff(views(other)[0]))
        pairs.equal += int((distances == 0).sum())
        pairs.equal_but_blanks += int(((distances != 0) & _same_words(one, other)).sum())
        pairs.too_long += int((distances == TOO_LONG).sum())
        known = distances != TOO_LONG
        shares = distances / np.maximum(lengths, 1)
        pairs.shares.append(shares[known])
        for side, scores in ((left, pairs.ours), (right, pairs.theirs)):
            scores.append(np.asarray(side["score"].fill_null(np.nan).to_numpy(zero_copy_only=False), np.float64))
        farthest = np.argsort(-np.where(known, shares, -1.0), kind="stable")[:examples].tolist()
        for row in (row for row in farthest if shares[row] > 0):
            shown = (str(one[row].as_py())[:_SHOWN], str(other[row].as_py())[:_SHOWN])
            pairs.worst.append((float(shares[row]), left["url"][row].as_py() or "", *shown))
        pairs.worst = sorted(pairs.worst, key=lambda each: (-each[0], each[1]))[:examples]
    return pairs


def _same_words(one: Array, other: Array) -> NDArray[np.bool_]:
    """Tell which texts are the same but for blanks."""
    plain = [pc.replace_substring_regex(texts, r"\s+", "") for texts in (one, other)]
    return np.asarray(pc.equal(*plain).to_numpy(zero_copy_only=False), np.bool_)


def _taken(side: Side, rows: NDArray[np.int64]) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(str(side.path)) as file:
        reader = pa.ipc.open_file(file)
        batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
        yield from taken(batches, rows, _RUN)


def _first_rules(storage: Storage, manifest: Manifest, urls: Keys) -> dict[str, int]:
    """Count documents, by the hashes of their addresses, by the step at which `rejects/` has them."""
    wanted = {(int(high), int(low)) for high, low in urls if high or low}
    found: dict[tuple[int, int], str] = {}
    for file in manifest.rejects:
        for batch in read_promised(storage, file.path, columns=["url", "step", "outcome", "reason"]):
            keys = hashed(batch["url"])
            near = np.flatnonzero(np.isin(keys[:, 0], urls[:, 0]))
            for row, told in zip(near.tolist(), take(batch, near).to_pylist(), strict=True):
                key = (int(keys[row, 0]), int(keys[row, 1]))
                if key in wanted:
                    said = f"{told['step']} ({told['reason']})" if told["outcome"] == "failed" else told["step"]
                    found.setdefault(key, said)
    counts = Counter(found.values())
    missing = len(urls) - sum(counts.values())
    ordered = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    return ordered | ({_UNKNOWN: missing} if missing else {})


def _texts(pairs: Pairs, both: int) -> dict[str, Any]:
    shares = np.concatenate([np.empty(0), *pairs.shares])
    edges = np.searchsorted(BANDS, shares[shares > 0], "left") if len(shares) else np.empty(0, np.int64)
    counts = np.bincount(edges, minlength=len(BANDS)).tolist()
    return {
        "equal": pairs.equal,
        "equal_but_blanks": pairs.equal_but_blanks,
        "differ": both - pairs.equal - pairs.equal_but_blanks,
        "too_long": pairs.too_long,
        "mean_distance": float(shares.mean()) if len(shares) else None,
        "quantiles": {str(share): float(np.quantile(shares, share)) for share in _QUANTILES} if len(shares) else {},
        "bands": {f"up to {band:.1%}": count for band, count in zip(BANDS, counts, strict=True)},
    }


def _scores(pairs: Pairs) -> dict[str, Any] | None:
    ours, theirs = (np.concatenate([np.empty(0), *scores]) for scores in (pairs.ours, pairs.theirs))
    known = np.isfinite(ours) & np.isfinite(theirs)
    if not known.any():
        return None
    apart = np.abs(ours[known] - theirs[known])
    return {
        "documents": int(known.sum()),
        "mean_difference": float((ours[known] - theirs[known]).mean()),
        "mean_distance": float(apart.mean()),
        "quantiles": {str(share): float(np.quantile(apart, share)) for share in _QUANTILES},
    }


def _keyless(keys: Keys) -> int:
    return int((~keys.any(axis=1)).sum())


def _urls(side: Side, rows: NDArray[np.int64]) -> list[str | None]:
    return [url for batch in _taken(side, rows) for url in batch["url"].to_pylist()]
