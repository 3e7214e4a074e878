"""First round: buckets. A document's signature is cut into bands; documents with an equal band share a bucket.

Of a bucket the documents with equal words become one, by the first of them in keep order. The others are told whom they
share the bucket with, as far as the bound of candidates goes.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, take, where
from dclm_pipeline.barriers.keeping import dates_of, lengths_of, sources_of
from dclm_pipeline.barriers.near.labels import edges_between
from dclm_pipeline.barriers.near.older import are_older, behind
from dclm_pipeline.barriers.near.rows import Nodes, Value, batch_of, bounds_of, grouped, home_of, own_nodes, packed
from dclm_pipeline.barriers.near.schemas import BAND, CANDIDATES, TIES, Role
from dclm_pipeline.barriers.near.settings import NearSettings
from dclm_pipeline.ids import halves
from dclm_pipeline.kernels.dedup.buckets import candidates_of, seats_of
from dclm_pipeline.kernels.dedup.minhash import bands_of, permutations_of, signatures_of
from dclm_pipeline.kernels.strings import valid_rows, views
from dclm_pipeline.kernels.words.shingles import Shingles, shingles_of
from dclm_pipeline.step import Batch

# The documents of a bucket with which every other one is compared: the first ones in keep order.
LEADERS = 32
# Beside the number of a band: this document leads the bucket, and there are more in it than it was told of.
LARGE = 0x80
_DATE_BITS, _LENGTH_BITS, _NUMBER_BITS, _SOURCE_BITS = 35, 35, 32, 16
_SIGN = np.uint32(1 << 31)


def runs_of(settings: NearSettings, texts: Array) -> tuple[Shingles, NDArray[np.bool_]]:
    """Return the runs of words of texts, and which texts take part."""
    text = texts.cast(pa.large_string())
    runs = shingles_of(views(text), settings.ngram, settings.words, settings.lower, settings.characters)
    least = 1 if settings.short == "whole" else settings.ngram
    return runs, valid_rows(text) & (runs.words >= least)


def ranks_of(settings: NearSettings, docs: Batch) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return each document's rank in keep order, and what breaks ties; behind those of older pools, if there are any."""
    rank, tie = _ranks(settings, docs)
    return behind(rank, tie) if settings.against else (rank, tie)


def _ranks(settings: NearSettings, docs: Batch) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the key of the setting and the id, which together are 128 bits."""
    ids = halves(docs["id"])
    if settings.keep == "smallest_id":
        return ids[:, 0], ids[:, 1]
    if settings.keep in ("oldest", "newest"):
        key, bits = _dates(docs, newest=settings.keep == "newest"), _DATE_BITS
    elif settings.keep == "source":
        key, bits = sources_of(docs, settings.sources).astype(np.uint64), _SOURCE_BITS
    elif settings.keep == "longest":
        lengths = np.maximum(lengths_of(docs), 0).astype(np.uint64)
        most = np.uint64(2**_LENGTH_BITS - 1)
        key, bits = most - np.minimum(lengths, most), _LENGTH_BITS
    else:
        key, bits = _numbers(docs[settings.column]), _NUMBER_BITS
    left, right = np.uint64(64 - bits), np.uint64(bits)
    return key << left | ids[:, 0] >> right, ids[:, 0] << left | ids[:, 1] >> right


def _dates(docs: Batch, *, newest: bool) -> NDArray[np.uint64]:
    """Return numbers that rise with the seconds since 1970, or as they fall; what has no date comes last."""
    most = 2**_DATE_BITS - 1
    seconds, known = dates_of(docs)
    clipped = np.clip(seconds, 0, most - 1)
    dates: NDArray[np.uint64] = np.where(known, most - 1 - clipped if newest else clipped, most).astype(np.uint64)
    return dates


def _numbers(column: Array) -> NDArray[np.uint64]:
    """Return numbers that rise as those of a column fall, to the precision of 32 bits; null and NaN come last."""
    values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    values = np.where(np.isnan(values), -np.inf, values)
    with np.errstate(over="ignore"):
        bits = (-values.astype(np.float32) + np.float32(0)).view(np.uint32)
    rising: NDArray[np.uint64] = np.where(bits & _SIGN, ~bits, bits | _SIGN).astype(np.uint64)
    return rising


def evidence(settings: NearSettings, docs: Batch) -> Batch:
    """Return one row a band of each document."""
    runs, present = runs_of(settings, docs["text"])
    rows = np.flatnonzero(present)
    signatures = signatures_of(runs.rows, runs.hashes, permutations_of(settings.seed, settings.permutations))[rows]
    rank, tie = ranks_of(settings, docs)
    bands = settings.bands
    columns: dict[str, Value] = {
        "row": np.repeat(rows, bands),
        "hash": bands_of(signatures, bands, settings.rows).reshape(-1),
        "order": np.repeat(rank[rows], bands),
        "tie": np.repeat(tie[rows], bands),
        "whole": np.repeat(runs.wholes[rows], bands),
        "band": np.tile(np.arange(bands, dtype=np.uint8), len(rows)),
    }
    return batch_of(pa.schema([pa.field("row", pa.int64()), pa.field("hash", pa.uint64()), *BAND]), columns)


def findings(settings: NearSettings, rows: Iterator[Batch]) -> Iterator[Batch]:
    """Return who shares a bucket with whom, to be looked at again; or, unverified, what that ties together."""
    for batch in map(_shared, grouped(rows)):
        if batch.num_rows == 0:
            continue
        nodes = own_nodes(batch, "order")
        order = np.lexsort((nodes[:, 2], nodes[:, 1], nodes[:, 0], batch["hash"].to_numpy()))
        sorted_batch, nodes = take(batch, order), nodes[order]
        bounds = bounds_of(sorted_batch["hash"].to_numpy())
        firsts, seats, sizes = seats_of(bounds, sorted_batch["whole"].to_numpy())
        offsets, told = candidates_of(bounds, firsts, seats, sizes, LEADERS, earlier=not settings.verify)
        # Equal words make equal bands: the first bucket tells of all copies.
        copied = (firsts != np.arange(len(firsts))) & (sorted_batch["band"].to_numpy() == 0)
        older = are_older(nodes)
        copies = np.flatnonzero(copied & ~older)
        if settings.verify and older.any():
            asker = np.repeat(np.arange(len(nodes)), np.diff(offsets))
            met = ~older[asker] & older[told]
            of_older = older[firsts[copies]]
            pairs = (asker[met], copies[of_older]), (told[met], firsts[copies[of_older]])
            yield from _meetings(nodes, np.concatenate(pairs[0]), np.concatenate(pairs[1]))
            copies = copies[~of_older]
        if older.any():
            offsets, told = _asked(offsets, told, ~older, ~older if settings.verify else None)
        if settings.verify:
            yield from _candidates(sorted_batch, nodes, seats, sizes, offsets, told)
            yield from _copies(nodes, copies, firsts)
        else:
            yield from _tied(settings, nodes, copies, firsts, offsets, told)


def _asked(
    offsets: NDArray[np.int64],
    told: NDArray[np.int64],
    askers: NDArray[np.bool_],
    others: NDArray[np.bool_] | None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return candidates of some rows, and among these only some others."""
    rows = np.repeat(np.arange(len(askers)), np.diff(offsets))
    kept = askers[rows] if others is None else askers[rows] & others[told]
    counts = np.bincount(rows[kept], minlength=len(askers))
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]), told[kept]


def _meetings(nodes: Nodes, rows: NDArray[np.int64], older: NDArray[np.int64]) -> Iterator[Batch]:
    """Tell documents of those of older pools that they share a bucket with."""
    if len(rows) == 0:
        return
    schema = pa.schema([pa.field("shard", pa.int64()), pa.field("row", pa.int64()), *CANDIDATES])
    role = np.full(len(rows), Role.OLDER, np.uint8)
    yield batch_of(schema, {**home_of(nodes[rows]), "role": role, "leader": nodes[older]})


def _shared(batch: Batch) -> Batch:
    """Return the rows of buckets that hold more than one document: most hold one."""
    hashes = batch["hash"].to_numpy()
    like_the_next = hashes[1:] == hashes[:-1]
    return where(batch, np.append(like_the_next, False) | np.append(False, like_the_next))


def _candidates(
    batch: Batch,
    nodes: Nodes,
    seats: NDArray[np.int64],
    sizes: NDArray[np.int64],
    offsets: NDArray[np.int64],
    told: NDArray[np.int64],
) -> Iterator[Batch]:
    rows = np.flatnonzero(np.diff(offsets))
    if len(rows) == 0:
        return
    others = packed(np.append(offsets[rows], offsets[-1]), nodes[told, 2])
    leads = (seats < LEADERS)[rows]
    band = batch["band"].to_numpy()[rows]
    # Who leads a bucket that is larger than what it is told of is compared with more than those.
    large = (sizes > LEADERS)[rows] & leads
    columns: dict[str, Value] = {
        **home_of(nodes[rows]),
        "role": np.full(len(rows), Role.CANDIDATE, np.uint8),
        "bucket": batch["hash"].to_numpy()[rows],
        "band": np.where(large, band | np.uint8(LARGE), band),
        "leads": leads,
        "others": others,
    }
    schema = pa.schema([pa.field("shard", pa.int64()), pa.field("row", pa.int64()), *CANDIDATES])
    yield batch_of(schema, columns)


def _copies(nodes: Nodes, copies: NDArray[np.int64], firsts: NDArray[np.int64]) -> Iterator[Batch]:
    if len(copies) == 0:
        return
    schema = pa.schema([pa.field("shard", pa.int64()), pa.field("row", pa.int64()), *CANDIDATES])
    role = np.full(len(copies), Role.COPY, np.uint8)
    yield batch_of(schema, {**home_of(nodes[copies]), "role": role, "leader": nodes[firsts[copies]]})


def _tied(
    settings: NearSettings,
    nodes: Nodes,
    copies: NDArray[np.int64],
    firsts: NDArray[np.int64],
    offsets: NDArray[np.int64],
    told: NDArray[np.int64],
) -> Iterator[Batch]:
    alike = np.repeat(np.arange(len(nodes)), np.diff(offsets))
    own, leader = np.concatenate([alike, copies]), np.concatenate([told, firsts[copies]])
    if len(own) == 0:
        return
    copied = np.arange(len(own)) >= len(alike)
    yield ties(nodes[own], nodes[leader], np.where(copied, 1.0, np.nan), copied)
    tied = np.ones(len(own), np.bool_) if settings.cluster == "chains" else ~are_older(nodes[leader])
    yield edges_between(nodes[own][tied], nodes[leader][tied])


def ties(own: Nodes, leader: Nodes, similarity: NDArray[np.float64], copied: NDArray[np.bool_]) -> Batch:
    """Return rows that tell documents of earlier ones that are like them, or have the same words."""
    schema = pa.schema([pa.field("shard", pa.int64()), pa.field("row", pa.int64()), *TIES])
    role = np.where(copied, np.uint8(Role.COPY), np.uint8(Role.ALIKE))
    role[are_older(leader)] = Role.STAYS
    return batch_of(schema, {**home_of(own), "role": role, "own": own, "leader": leader, "similarity": similarity})
