"""Equal documents, over all shards: of those with the same text, or the same address, one stays.

Which one does not depend on who was met first: see `keeping`. Compares 128-bit hashes; 44 bytes of evidence a document.
Null values are equal to nothing.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field, model_validator

from dclm_pipeline.arrow import Array, from_numpy, schema_of, take
from dclm_pipeline.barriers.keeping import KeepsOne, first_of_equals, hash_schema, runs_of_hashes
from dclm_pipeline.ids import ID, ID_BYTES, halves
from dclm_pipeline.step import UNICODE, Batch, Columns

if TYPE_CHECKING:
    from dclm_pipeline.kernels.strings import Strings

_OF_URLS = ("dclm", "plain")
_OF_TEXTS = ("letters", "digits")
_COPY_OF = np.frombuffer(b"copy of ", np.uint8)
_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)


class ExactDedup(KeepsOne):
    """Keeps one of the documents whose column has the same value: the oldest, then the smallest id.

    Texts can be made alike before they are compared: small letters and single blanks (`letters`), and every digit 0 as
    well (`digits`). So can addresses: without `http://`, `https://` and `www.`, without what follows `?utm_`, `?ref` or
    `?feed` and without slashes at the end (`dclm`), or without all that does not tell pages apart: scheme, `www.`,
    usual port, capitals of the host, campaigns and visitors among the parameters, fragment, slashes at the end
    (`plain`). The rejects name the one that stays.
    """

    libraries: ClassVar[tuple[str, ...]] = (UNICODE,)

    kind: Literal["exact_dedup"] = "exact_dedup"
    revision: ClassVar[int] = 2
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

    def evidence_schema(self, round: int) -> pa.Schema:
        """Return the other half of the hash, and what decides who stays."""
        del round
        return hash_schema(*self._ranking())

    def findings_schema(self, round: int) -> pa.Schema:
        """Return who stays, of how many, and whether this is another."""
        del round
        return schema_of(pa.field("survivor", ID), pa.field("size", pa.int64()), pa.field("gone", pa.bool_()))

    def evidence(self, docs: Batch, round: int, found: Batch | None) -> Batch:
        """Return the hash of each document's value."""
        from dclm_pipeline.kernels.hashing import hash_rows

        del found
        place = np.flatnonzero(np.asarray(docs[self.column].is_valid())).astype(np.int64)
        kept = take(docs, place)
        high, low = hash_rows(*self._values(kept))
        ranks = self._ranks(kept)
        names = [field.name for field in self.evidence_schema(round)][1:]
        arrays: list[Array] = [from_numpy(place), from_numpy(high), from_numpy(low), *(ranks[name] for name in names)]
        return pa.RecordBatch.from_arrays(arrays, names=["row", "hash", "low", *names])

    def findings(self, rows: Iterator[Batch], round: int) -> Iterator[Batch]:
        """Return the documents that are not the best of their equals, and with `clusters` those that are."""
        del round
        for evidence in runs_of_hashes(rows):
            order = self._order(evidence)
            first = first_of_equals(evidence, order)
            sizes = np.bincount(first, minlength=len(order))[first].astype(np.int64)
            gone = first != np.arange(len(order))
            told = np.flatnonzero(sizes > 1 if self.clusters else gone)
            found = take(evidence.select(["shard", "row"]), order[told])
            found = found.append_column("survivor", take(evidence, order[first[told]])["id"])
            found = found.append_column("size", from_numpy(sizes[told]))
            yield found.append_column("gone", from_numpy(gone[told]))

    def columns(self, docs: Batch, found: Batch) -> Columns:
        """Drop what was found to be another's copy."""
        rows = found["row"].to_numpy()
        gone = np.asarray(found["gone"].to_numpy(zero_copy_only=False), np.bool_)
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
        return Columns(arrays, remarks=_copies_of(survivors))

    def _values(self, docs: Batch) -> "Strings":
        """Return what is compared, made alike."""
        from dclm_pipeline.kernels import alike, url_keys
        from dclm_pipeline.kernels.strings import views

        offsets, data = views(docs[self.column].cast(pa.large_string()))
        if self.normalise in _OF_URLS:
            return url_keys.url_keys((offsets, data), url_keys.DCLM if self.normalise == "dclm" else url_keys.PLAIN)
        if self.normalise in _OF_TEXTS:
            how = alike.DIGITS if self.normalise == "digits" else alike.LETTERS
            return alike.alike(data, offsets[:-1], offsets[1:], how)
        return offsets, data


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
