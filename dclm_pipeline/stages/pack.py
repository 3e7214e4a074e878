"""Documents into rows of one length: what a language model is trained on.

Rows say which documents they hold and where each begins, so that attention can be kept within documents, and every
token be followed back to its page. Knows no tokenizer: padding repeats the end-of-text that documents end in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from dclm_pipeline.arrow import Array, from_numpy, schema_of
from dclm_pipeline.errors import ShardError
from dclm_pipeline.ids import ID, ID_BYTES, part_ids, salts
from dclm_pipeline.room import ROOMS
from dclm_pipeline.schema import GROUP_ROWS, STORED
from dclm_pipeline.stages.repeat import other_width
from dclm_pipeline.stages.tokenize import DTYPE, DTYPES, Width
from dclm_pipeline.step import Batch, Unfold

if TYPE_CHECKING:
    from dclm_pipeline.kernels.packing import Window

GROUP_BYTES = 33 * 2**20  # 8,192 rows of 2,049 tokens of two bytes
# Rows that `best` keeps open: of more, hardly any padding is saved.
OPEN_BYTES = 32 * 2**20
MOST_OPEN = 8192
LENGTH = b"sequence_length"
_COPY_BITS = np.uint64(40)

_Numbers = NDArray[np.int64]


class Pack(Unfold):
    """Puts documents one after another into rows of `sequence_length` tokens.

    `greedy` cuts documents where rows end, so that only the last row of a shard is padded. `best` cuts those alone that
    are longer than a row, puts each into the fullest of the open rows that has room for it, and pads what stays empty.
    A row has `doc_ids` and, for each, `starts`, where in the row it begins, and `offsets`, how many of its tokens stand
    in rows before. From `token_count` on it holds padding: end-of-text, again and again.
    """

    kind: Literal["pack"] = "pack"
    # As it was made of many texts at a time, what is in a row can do it no harm; a guard would copy all tokens three times.
    unfolds_blindly: ClassVar[bool] = True
    sequence_length: int = Field(
        default=2049, ge=2, le=2**24, description="Tokens of a row; a model with a context of n reads n + 1."
    )
    fit: Literal["greedy", "best"] = Field(
        default="greedy", description="Cut documents where rows end, or only those longer than a row."
    )
    dtype: Width = Field(default="uint16", description="How a token is stored, as in `tokenize`.")
    compression: Literal["none", "zstd"] = Field(
        default="none", description="Tokens as they are, which can be mapped into memory, or a quarter smaller."
    )

    def reads(self) -> frozenset[str]:
        """Return the tokens and their documents."""
        return frozenset({"id", "tokens", "token_count"})

    def may_read(self) -> frozenset[str]:
        """Return what tells copies of a document apart."""
        return frozenset({"copy", "pool"})

    def writes(self) -> pa.Schema:
        """Return the columns of rows."""
        width = self.sequence_length * DTYPES[self.dtype].itemsize
        marks = {
            DTYPE: DTYPES[self.dtype].str.encode(),
            LENGTH: str(self.sequence_length).encode(),
            STORED: self.compression.encode(),
            GROUP_ROWS: str(1 << max(0, (GROUP_BYTES // width).bit_length() - 1)).encode(),
        }
        return schema_of(
            pa.field("id", ID, nullable=False),
            pa.field("tokens", pa.binary(width), nullable=False, metadata=marks),
            pa.field("token_count", pa.int32()),
            pa.field("doc_ids", pa.list_(ID)),
            pa.field("starts", pa.list_(pa.int32())),
            pa.field("offsets", pa.list_(pa.int32())),
        )

    def sums(self) -> Mapping[str, str]:
        """Return that tokens are counted, padding left out."""
        return {"token_count": ""}

    def misfit(self, documents: pa.Schema) -> str:
        """Say that tokens have another width."""
        return other_width(documents, self.dtype)

    def rows(self, docs: Iterator[Batch]) -> Iterator[Batch]:
        """Yield rows as they fill up, and at the end those that did not."""
        laying = _Greedy(self) if self.fit == "greedy" else _Best(self)
        for batch in docs:
            documents = _documents(batch, DTYPES[self.dtype].itemsize)
            if len(documents.sizes):
                yield laying.add(documents)
        yield laying.rest()


@dataclass(frozen=True)
class _Documents:
    """Documents of at least one token: their ids, what tells copies apart, sizes in tokens and where each begins."""

    ids: NDArray[np.void]
    salts: NDArray[np.uint64]
    sizes: _Numbers
    begins: _Numbers
    data: NDArray[np.uint8]


@dataclass(frozen=True)
class _Pieces:
    """Pieces of documents in rows: the number of the row, where in it and where in the document each begins."""

    rows: _Numbers
    starts: _Numbers
    offsets: _Numbers
    ids: NDArray[np.void]
    salts: NDArray[np.uint64]

    @staticmethod
    def none() -> "_Pieces":
        """Return no pieces."""
        numbers = np.empty(0, np.int64)
        return _Pieces(numbers, numbers, numbers, np.empty(0, f"V{ID_BYTES}"), np.empty(0, np.uint64))

    def where(self, mask: NDArray[np.bool_]) -> "_Pieces":
        """Return the pieces at which a mask holds."""
        return self.taken(np.flatnonzero(mask))

    def taken(self, order: _Numbers) -> "_Pieces":
        """Return pieces in another order."""
        return _Pieces(self.rows[order], self.starts[order], self.offsets[order], self.ids[order], self.salts[order])

    def followed_by(self, other: "_Pieces") -> "_Pieces":
        """Return these and others behind them."""
        if not len(self.rows):
            return other
        return _Pieces(
            np.concatenate([self.rows, other.rows]),
            np.concatenate([self.starts, other.starts]),
            np.concatenate([self.offsets, other.offsets]),
            np.concatenate([self.ids, other.ids]),
            np.concatenate([self.salts, other.salts]),
        )


class _Greedy:
    """Documents as one stream, cut where rows end."""

    def __init__(self, settings: Pack) -> None:
        self._settings = settings
        self._length = settings.sequence_length
        self._width = DTYPES[settings.dtype].itemsize
        self._tokens = np.empty(0, np.uint8)
        self._pieces = _Pieces.none()
        self._end = np.zeros(self._width, np.uint8)

    def add(self, documents: _Documents) -> Batch:
        """Return the rows that documents fill."""
        held = len(self._tokens) // self._width
        ends = held + np.cumsum(documents.sizes)
        begins = ends - documents.sizes
        counts = (ends - 1) // self._length - begins // self._length + 1
        which = np.repeat(np.arange(len(counts)), counts)
        nth = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
        rows = begins[which] // self._length + nth
        starts = np.where(nth == 0, begins[which] % self._length, 0)
        offsets = np.where(nth == 0, 0, rows * self._length - begins[which])
        new = _Pieces(rows, starts, offsets, documents.ids[which], documents.salts[which])
        pieces = self._pieces.followed_by(new)
        full = int(ends[-1]) // self._length
        tokens = ROOMS.of(len(self._tokens) + len(documents.data))
        np.concatenate([self._tokens, documents.data], out=tokens)
        cut = full * self._length * self._width
        self._tokens, self._end = tokens[cut:].copy(), documents.data[-self._width :].copy()
        rest = pieces.where(pieces.rows >= full)
        self._pieces = replace(rest, rows=rest.rows - full)
        return _batch(self._settings, tokens[:cut], np.full(full, self._length), pieces.where(pieces.rows < full))

    def rest(self) -> Batch:
        """Return the row that is not full, padded, if there is one."""
        if not len(self._tokens):
            return _batch(self._settings, self._tokens, np.empty(0, np.int64), self._pieces)
        used = len(self._tokens) // self._width
        tokens = np.concatenate([self._tokens, np.tile(self._end, self._length - used)])
        return _batch(self._settings, tokens, np.array([used]), self._pieces)


class _Best:
    """Documents in rows that have room for them."""

    def __init__(self, settings: Pack) -> None:
        self._settings = settings
        self._length = settings.sequence_length
        self._width = DTYPES[settings.dtype].itemsize
        self._pieces = _Pieces.none()
        self._sizes = np.empty(0, np.int64)
        self._window: Window | None = None

    def add(self, documents: _Documents) -> Batch:
        """Return the rows that documents close."""
        from dclm_pipeline.kernels.packing import Window, pieces_of

        if self._window is None:
            rows = min(MOST_OPEN, max(1, OPEN_BYTES // (self._length * self._width)))
            end = int(documents.begins[0] + documents.sizes[0]) * self._width
            self._window = Window(self._length, documents.data[end - self._width : end].copy(), rows)
        which, offsets, sizes = pieces_of(documents.sizes, self._length)
        begins = (documents.begins[which] + offsets) * self._width
        laid = self._window.lay(documents.data, begins, sizes)
        new = _Pieces(laid.rows, laid.starts, offsets, documents.ids[which], documents.salts[which])
        self._pieces = self._pieces.followed_by(new)
        self._sizes = np.concatenate([self._sizes, sizes])
        return self._closed(laid.closed, laid.tokens)

    def rest(self) -> Batch:
        """Return the rows that are still open, padded."""
        if self._window is None:
            return _batch(self._settings, np.empty(0, np.uint8), np.empty(0, np.int64), self._pieces)
        laid = self._window.rest()
        return self._closed(laid.closed, laid.tokens)

    def _closed(self, closed: _Numbers, tokens: NDArray[np.uint8]) -> Batch:
        """Return closed rows with their pieces, which are held no longer."""
        numbers = np.argsort(closed)
        places = np.searchsorted(closed[numbers], self._pieces.rows)
        places = np.where(places < len(closed), places, 0)
        here = closed[numbers][places] == self._pieces.rows if len(closed) else np.zeros(len(places), np.bool_)
        done, sizes = self._pieces.where(here), self._sizes[here]
        rows = numbers[places[here]]
        self._pieces, self._sizes = self._pieces.where(~here), self._sizes[~here]
        used = np.bincount(rows, sizes, len(closed)).astype(np.int64)
        order = np.argsort(rows, kind="stable")
        return _batch(self._settings, tokens.reshape(-1), used, replace(done, rows=rows).taken(order))


def _documents(docs: Batch, width: int) -> _Documents:
    """Return the documents of a batch, less those of no token; hold their tokens against the number that they have."""
    from dclm_pipeline.kernels.strings import views

    offsets, data = views(docs["tokens"])
    sizes = np.diff(offsets)
    said = np.asarray(docs["token_count"].fill_null(-1).to_numpy(zero_copy_only=False), np.int64)
    wrong = np.flatnonzero(said * width != sizes)
    if len(wrong):
        row = int(wrong[0])
        raise ShardError(
            f"pack: document {docs['id'][row].as_py().hex()} has {int(sizes[row]):,} bytes of tokens and a token_count of "
            f"{docs['token_count'][row]}; with this `dtype` a token has {width} bytes"
        )
    ids = np.frombuffer(memoryview(docs["id"].buffers()[1] or b""), f"V{ID_BYTES}")
    ids = ids[docs["id"].offset : docs["id"].offset + docs.num_rows]
    marks = np.zeros(docs.num_rows, np.uint64)
    if "pool" in docs.schema.names:
        marks ^= salts(docs["pool"])
    if "copy" in docs.schema.names:
        marks ^= docs["copy"].to_numpy().astype(np.uint64) << _COPY_BITS
    there = sizes > 0
    first = int(offsets[0])
    begins = (offsets[:-1][there] - first) // width
    return _Documents(ids[there], marks[there], sizes[there] // width, begins, data[first : int(offsets[-1])])


def _batch(settings: Pack, tokens: NDArray[np.uint8], used: _Numbers, pieces: _Pieces) -> Batch:
    """Return rows: their tokens, how many of them count, and the pieces in them, ordered by row and place."""
    schema = settings.writes()
    ends = np.searchsorted(pieces.rows, np.arange(len(used) + 1)).astype(np.int32)
    firsts = ends[:-1]
    marks = pieces.salts[firsts] ^ pieces.offsets[firsts].astype(np.uint64)
    arrays: list[Array] = [
        part_ids(_ids(pieces.ids[firsts]), marks),
        _fixed(schema.field("tokens").type, tokens, len(used)),
        from_numpy(used.astype(np.int32)),
        _lists(ends, _ids(pieces.ids)),
        _lists(ends, from_numpy(pieces.starts.astype(np.int32))),
        _lists(ends, from_numpy(pieces.offsets.astype(np.int32))),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _ids(ids: NDArray[np.void]) -> Array:
    return _fixed(ID, np.ascontiguousarray(ids).view(np.uint8), len(ids))


def _fixed(kind: pa.DataType, data: NDArray[np.uint8], rows: int) -> Array:
    """Return values of one width that lie one after another."""
    array: Array = pa.Array.from_buffers(kind, rows, [None, from_numpy(data).buffers()[1]])
    return array


def _lists(ends: NDArray[np.int32], values: Array) -> Array:
    array: Array = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), values)
    return array
