"""Equal documents, over all shards: of those with the same text, or the same address, one stays.

Which one does not depend on who was met first: see `keeping`. Compares 128-bit hashes; 44 bytes of evidence a document.
Null values are equal to nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field, model_validator

from dclm_pipeline.arrow import Array, from_numpy, one_batch, schema_of, take, where
from dclm_pipeline.barriers.keeping import OWN, KeepsOne, first_of_equals, hash_schema, is_own, runs_of_hashes
from dclm_pipeline.barriers.rails import (
    COUNTS,
    LimitedClusters,
    counts_of,
    judge,
    members_of,
    no_larger,
    too_large,
)
from dclm_pipeline.barriers.telling import IN_OLDER, in_pools
from dclm_pipeline.ids import ID, ID_BYTES, halves
from dclm_pipeline.step import UNICODE, Assets, Batch, Columns

if TYPE_CHECKING:
    from dclm_pipeline.kernels.strings import Strings

_OF_URLS = ("dclm", "plain")
_OF_TEXTS = ("letters", "digits")
_CLUSTERS = "clusters"
_ROW_BITS = np.uint64(40)
_COPY_OF = np.frombuffer(b"copy of ", np.uint8)
_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)


class ExactDedup(LimitedClusters, KeepsOne):
    """Keeps one of the documents whose column has the same value: the oldest, then the smallest id.

    Texts can be made alike before they are compared: small letters and single blanks (`letters`), and every digit 0 as
    well (`digits`). So can addresses: without `http://`, `https://` and `www.`, without what follows `?utm_`, `?ref` or
    `?feed` and without slashes at the end (`dclm`), or without all that does not tell pages apart: scheme, `www.`,
    usual port, capitals of the host, campaigns and visitors among the parameters, fragment, slashes at the end
    (`plain`). The rejects name the one that stays. Each cluster of equal documents keeps exactly one, which is counted.
    """

    libraries: ClassVar[tuple[str, ...]] = (UNICODE,)

    compared_by: ClassVar[tuple[str, ...]] = ("column", "normalise")

    kind: Literal["exact_dedup"] = "exact_dedup"
    revision: ClassVar[int] = 2
    decides_blindly: ClassVar[bool] = True
    column: Literal["text", "url"] = Field(default="text", description="What must be equal.")
    normalise: Literal["as_is", "letters", "digits", "dclm", "plain"] = Field(
        default="as_is",
        description="How texts (`letters`, `digits`) or addresses (`dclm`, `plain`) are made alike first.",
    )
    clusters: bool = Field(
        default=False,
        description="Add `cluster`, the id of the one that stays, and `cluster_size`, how many are equal.",
    )

    @model_validator(mode="after")
    def _normalises_what_it_compares(self) -> "ExactDedup":
        if self.normalise in (_OF_TEXTS if self.column == "url" else _OF_URLS):
            fitting = ", ".join(("as_is", *(_OF_URLS if self.column == "url" else _OF_TEXTS)))
            raise ValueError(f"normalise is {self.normalise!r}, which is not for column {self.column!r}; use {fitting}")
        return self

    def reads(self) -> frozenset[str]:
        """Return the column compared, and what decides who stays."""
        return super().reads() | {self.column}

    def writes(self) -> pa.Schema:
        """Return the columns of clusters, where they are asked for."""
        return (
            schema_of(pa.field("cluster", ID), pa.field("cluster_size", pa.int64())) if self.clusters else schema_of()
        )

    def kept_tables(self) -> Mapping[str, pa.Schema]:
        """Return the hashes of what stays, and whose copies the others are."""
        clusters = schema_of(pa.field("id", ID), pa.field("cluster", ID))
        return {**super().kept_tables(), _CLUSTERS: clusters}

    def open(self, assets: Assets) -> "EqualDocuments":
        """Learn the digests of older pools, which rejects tell."""
        return EqualDocuments(self, [assets.digest(place) for place in self.against])

    def reads_in(self, round: int) -> frozenset[str]:
        """Return nothing but the id where documents are counted."""
        return frozenset({"id"}) if round else self.reads()

    def evidence_schema(self, round: int) -> pa.Schema:
        """Return the other half of the hash, and what decides who stays."""
        return COUNTS if round else hash_schema(*self._ranking())

    def findings_schema(self, round: int) -> pa.Schema:
        """Return who stays, of how many, and whether this is another."""
        if round:
            return schema_of()
        found = schema_of(
            pa.field("survivor", ID),
            pa.field("place", pa.uint64()),
            pa.field("size", pa.int64()),
            pa.field("gone", pa.bool_()),
        )
        return found.append(pa.field("pool", pa.int16())) if self.against else found

    def evidence(self, docs: Batch, round: int, found: Batch | None) -> Batch:
        """Return the hash of each document's value, or counts of what was found."""
        from dclm_pipeline.kernels.hashing import hash_rows

        if round and found is not None:
            return self._counts(docs, found)
        place = np.flatnonzero(np.asarray(docs[self.column].is_valid())).astype(np.int64)
        kept = take(docs, place)
        high, low = hash_rows(*self._values(kept))
        ranks = self._ranks(kept)
        names = [field.name for field in self.evidence_schema(round)][1:]
        arrays: list[Array] = [from_numpy(place), from_numpy(high), from_numpy(low), *(ranks[name] for name in names)]
        return pa.RecordBatch.from_arrays(arrays, names=["row", "hash", "low", *names])

    def _counts(self, docs: Batch, found: Batch) -> Batch:
        """Return how many documents go, by source, and whom each cluster keeps."""
        rows, gone = found["row"].to_numpy(), _gone(found)
        removed = np.zeros(docs.num_rows, np.int64)
        removed[rows[gone]] = 1
        older = found["pool"].to_numpy() != OWN if self.against else np.zeros(len(rows), np.bool_)
        # Ids given by others may be there twice: a cluster is known by the place of the one that stays.
        names = halves(found["survivor"])
        places = np.where(older, names[:, 1], found["place"].to_numpy())
        counts = counts_of(docs, np.ones(docs.num_rows, np.int64), removed)
        members = members_of(names[:, 0].copy(), places, gone, older)
        return one_batch(pa.Table.from_batches([counts, members]))

    def findings(self, rows: Iterator[Batch], round: int) -> Iterator[Batch]:
        """Return the documents that have equals, and whether they are the best of them; or judge the counts."""
        if round:
            yield from judge(self, rows)
            return
        for evidence in runs_of_hashes(no_larger(self, rows)):
            order = self._order(evidence)
            first = first_of_equals(evidence, order)
            sizes = np.bincount(first, minlength=len(order))[first].astype(np.int64)
            gone = first != np.arange(len(order))
            if sizes.max(initial=0) > self.largest_cluster:
                raise too_large(self, int(sizes.max()))
            told = np.flatnonzero((sizes > 1) & is_own(evidence)[order])
            found = take(evidence.select(["shard", "row"]), order[told])
            found = found.append_column("survivor", take(evidence, order[first[told]])["id"])
            best = take(evidence.select(["shard", "row"]), order[first[told]])
            place = best["shard"].to_numpy().astype(np.uint64) << _ROW_BITS | best["row"].to_numpy().astype(np.uint64)
            found = found.append_column("place", from_numpy(place))
            found = found.append_column("size", from_numpy(sizes[told]))
            if self.against:
                found = found.append_column("pool", take(evidence, order[first[told]])["pool"])
            yield found.append_column("gone", from_numpy(gone[told]))

    def remembered(self, docs: Batch, table: str, found: Batch) -> Batch:
        """Return what stays by its hash, or what goes by the id of what stays."""
        gone = where(found, _gone(found))
        if table != _CLUSTERS:
            evidence = self.evidence(docs, 0, None)
            evidence = where(evidence, ~np.isin(evidence["row"].to_numpy(), gone["row"].to_numpy()))
            return evidence.select(["row", "hash", "low", "id"])
        names = ["row", "hash", "id", "cluster"]
        survivors = gone["survivor"]
        ids = take(docs, gone["row"].to_numpy())["id"]
        return pa.RecordBatch.from_arrays(
            [gone["row"], from_numpy(halves(survivors)[:, 0]), ids, survivors], names=names
        )

    def columns(self, docs: Batch, found: Batch, pools: Sequence[str] = ()) -> Columns:
        """Drop what was found to be another's copy; `pools` are the digests of older ones."""
        rows = found["row"].to_numpy()
        gone = _gone(found)
        keep = np.ones(docs.num_rows, np.bool_)
        keep[rows[gone]] = False
        places = np.full(docs.num_rows, -1, np.int64)
        places[rows] = np.arange(len(rows))
        alone = places < 0
        survivors = _taken(found["survivor"], places, alone)
        arrays: dict[str, Array] = {"keep": from_numpy(keep)}
        if self.clusters:
            sizes = np.ones(docs.num_rows, np.int64)
            sizes[rows] = found["size"].to_numpy()
            arrays["cluster"] = pc.coalesce(survivors, docs["id"])
            arrays["cluster_size"] = from_numpy(sizes)
        remarks = _copies_of(survivors)
        if not self.against:
            return Columns(arrays, remarks=remarks)
        numbers = found["pool"].to_numpy()
        older = _taken(from_numpy(numbers), places, alone | ~np.isin(places, np.flatnonzero(numbers != OWN)))
        reasons: Array = pc.if_else(older.is_valid(), pa.scalar(IN_OLDER), pa.scalar(None, pa.string()))
        return Columns(arrays, reasons=reasons, remarks=in_pools(remarks, older, pools))

    def _values(self, docs: Batch) -> "Strings":
        """Return what is compared, made alike."""
        from dclm_pipeline.kernels.strings import views
        from dclm_pipeline.kernels.urls import url_keys
        from dclm_pipeline.kernels.words import alike

        offsets, data = views(docs[self.column].cast(pa.large_string()))
        if self.normalise in _OF_URLS:
            return url_keys.url_keys((offsets, data), url_keys.DCLM if self.normalise == "dclm" else url_keys.PLAIN)
        if self.normalise in _OF_TEXTS:
            how = alike.DIGITS if self.normalise == "digits" else alike.LETTERS
            return alike.alike(data, offsets[:-1], offsets[1:], how)
        return offsets, data


class EqualDocuments:
    """The step at work; knows its settings, and the digests of the manifests of older pools."""

    def __init__(self, settings: ExactDedup, pools: Sequence[str]) -> None:
        self._settings = settings
        self._pools = pools
        self.evidence = settings.evidence
        self.findings = settings.findings
        self.remembered = settings.remembered
        self.recalled = settings.recalled
        self.combine = settings.combine

    def columns(self, docs: Batch, found: Batch) -> Columns:
        """Drop what was found to be another's copy."""
        return self._settings.columns(docs, found, self._pools)


def _gone(found: Batch) -> NDArray[np.bool_]:
    return np.asarray(found["gone"].to_numpy(zero_copy_only=False), np.bool_)


def _copies_of(ids: Array) -> Array:
    """Return what is said of copies: the id of the one that stays, in hexadecimal digits."""
    named = halves(ids.drop_null()).astype(">u8").view(np.uint8).reshape(-1, ID_BYTES)
    digits = np.stack([_DIGITS[named >> 4], _DIGITS[named & 15]], axis=2).reshape(-1, 2 * ID_BYTES)
    letters = np.hstack([np.broadcast_to(_COPY_OF, (len(named), len(_COPY_OF))), digits])
    offsets = (np.arange(len(named) + 1) * letters.shape[1]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(letters.tobytes())]
    texts = pa.Array.from_buffers(pa.string(), len(named), buffers)
    valid = np.asarray(ids.is_valid().to_numpy(zero_copy_only=False), np.bool_)
    return _taken(texts, np.cumsum(valid) - 1, ~valid)


def _taken(values: Array, places: NDArray[np.int64], missing: NDArray[np.bool_]) -> Array:
    """Return values by their places, null where there is none."""
    order: Array = pa.array(places, pa.int64(), mask=missing)
    return values.take(order)
