"""Parquet files as sources of texts: anybody's, and the pools that this package makes.

Rows are checked and cast column by column; a row without a text is a reject. Large files of anybody's are read in
ranges: a row group belongs to the range in which its first byte lies. Known gaps: fields within structs can be named by a
`shape` alone; a file is read twice, once for its digest, for rows do not lie in it one after the other.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from dclm_pipeline.errors import IntegrityError, ShardError
from dclm_pipeline.pools.manifest import read_manifest
from dclm_pipeline.pools.reading import read_shard
from dclm_pipeline.pools.receipt import StoredFile
from dclm_pipeline.schema import TEXT
from dclm_pipeline.sizes import Size
from dclm_pipeline.sources import InputShard, OnePass, ReadingFacts, Reject, Source
from dclm_pipeline.sources.columns import Columns
from dclm_pipeline.sources.listing import file_shards
from dclm_pipeline.sources.settled import settled
from dclm_pipeline.sources.shapes import PassedByError, Shape, Shaped
from dclm_pipeline.sources.texts import NoDocumentError, TextBatch
from dclm_pipeline.sources.window import Window
from dclm_pipeline.storage import Storage
from dclm_pipeline.tally import SourceTally

_NAME = re.compile(r"\.parquet$", re.IGNORECASE)


class Parquet(Columns, Shaped, Source):
    """Texts from Parquet files: one row a document, with the text in one of its columns.

    A file without the column of the text, or without a further column, is set aside; one without addresses, dates or
    ids is not. A row with a text that is not UTF-8 is rejected.
    """

    revision: ClassVar[int] = 1
    edited: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("publicsuffixlist",)

    kind: Literal["parquet"] = "parquet"
    text: str = Field(default="text", min_length=1, description="Column of the text, unless there is a `shape`.")
    url: str = Field(default="url", description="Column of the address.")
    date: str = Field(default="date", description="Column of the date.")
    record_id: str = Field(default="id", description="Column of the id that the document has elsewhere.")
    split: Annotated[Size, Field(ge=1)] | None = Field(
        default=256 * 2**20, description="Files above this size are read in parts; null: never."
    )

    def shards(self, storage: Storage) -> Iterator[InputShard]:
        """List the Parquet files, large ones in parts."""
        return file_shards(storage, _NAME, self.split, lambda storage, entry: True)

    def read(self, storage: Storage, shard: InputShard, rows: int, size: int) -> "TableReading":
        """Read a file, or the row groups that begin in a part of it."""
        fields = {"text": self.text, "url": self.url, "date": self.date, "record_id": self.record_id}
        if self.shape is not None:
            del fields["text"]
        return TableReading(self, fields, storage, shard, rows, size, shape=self.shape)


class Pool(Columns, Source):
    """Documents of a pool that this package made, with the ids that they have there.

    The pool must be whole, and its shards what its manifest says: anything else stops the run.
    """

    revision: ClassVar[int] = 1

    kind: Literal["pool"] = "pool"

    def shards(self, storage: Storage) -> Iterator[InputShard]:
        """List the shards that the pool's manifest names; their content makes them what they are."""
        manifest = read_manifest(storage)
        for file in () if manifest is None else manifest.shards:
            yield InputShard(file.path, file.bytes, file.sha256)

    def files_in_place(self, storage: Storage) -> Mapping[str, StoredFile]:
        """Return the pool's shards, unless columns are to have other names than they have there."""
        manifest = read_manifest(storage)
        renamed = any(column.path not in ("", name) for name, column in self.columns.items())
        return {} if manifest is None or renamed else {file.path: file for file in manifest.shards}

    def look_through(self, storage: Storage, shard: InputShard, rows: int, size: int) -> ReadingFacts | None:
        """Look through a shard; return what reading it would find out, unless rows have to be made anew."""
        return self.read(storage, shard, rows, size).look_through()

    def read(self, storage: Storage, shard: InputShard, rows: int, size: int) -> "TableReading":
        """Read a shard."""
        fields = {name: name for name in TEXT.names}
        return TableReading(self, fields, storage, shard, rows, size, sha256=shard.edges)


class TableReading(OnePass):
    """One pass over a file, or the row groups of a part of it."""

    def __init__(
        self,
        source: Parquet | Pool,
        fields: dict[str, str],
        storage: Storage,
        shard: InputShard,
        rows: int,
        size: int,
        sha256: str = "",
        shape: Shape | None = None,
    ) -> None:
        """Read `shard`; `fields` names the columns that make a document's own, `sha256` what the file must have."""
        super().__init__(shard)
        self._shape = shape
        self._shaped = () if shape is None else tuple(dict.fromkeys(name.partition(".")[0] for name in shape.named()))
        self._fields = {name: column for name, column in fields.items() if column}
        self._more = {name: column.path or name for name, column in source.columns.items()}
        self._storage = storage
        self._rows, self._size = rows, size
        self._sha256 = sha256
        self._seen = self._rows_there = 0
        self._schema = source.document_schema()
        self._batch = TextBatch(shard.name, self._schema, dict(source.columns), rows, size)

    def __iter__(self) -> Iterator[pa.RecordBatch | Reject]:
        """Yield batches of documents and, between them, rejects."""
        shard, batch = self._shard, self._batch
        failed: Counter[str] = Counter()
        passed: Counter[str] = Counter()
        documents = 0
        digest, length = self._digest()
        groups, first, following, place = self._groups()
        before = place
        for rows in self._read(groups):
            self._seen = length * (place - before) // max(self._rows_there, 1)
            # Who a document is, and where it comes from, was settled when the pool was made.
            known = settled(rows, self._schema, self._more) if self._sha256 else None
            if known is not None:
                if len(batch):
                    yield batch.take()
                documents += rows.num_rows
                place += rows.num_rows
                yield known
                continue
            for values in rows.to_pylist():
                try:
                    self._add(place, self._decoded(values))
                except PassedByError as error:
                    passed[str(error)] += 1
                except NoDocumentError as error:
                    failed[error.reason] += 1
                    if len(batch):
                        yield batch.take()
                    url = _text(values.get(self._fields.get("url", "")))
                    self._place = f"row {place + 1:,}"
                    yield Reject(
                        None,
                        shard.name,
                        place,
                        url if isinstance(url, str) else None,
                        "source",
                        error.reason,
                        error.detail,
                    )
                else:
                    documents += 1
                    if batch.full:
                        yield batch.take()
                place += 1
        if len(batch):
            yield batch.take()
        empty = not (documents or failed or passed or shard.end)
        tally = SourceTally(documents, dict(passed), dict(failed), {"empty": 1} if empty else {})
        self._facts = ReadingFacts(digest, length, tally, first, following)

    @property
    def seen(self) -> int:
        """Return how many bytes of the shard have been read so far, by the rows that have."""
        return self._seen

    def look_through(self) -> ReadingFacts | None:
        """Return what a pass finds out, where every row is a document as it stands; nothing where one is not."""
        digest, length = self._digest()
        groups, first, following, documents = self._groups()
        for rows in self._read(groups):
            there = {field.name: field.type for field in rows.schema}
            if any(there.get(field.name) != field.type for field in self._schema):
                return None
            if settled(rows, self._schema, self._more) is None:
                return None
            documents += rows.num_rows
        return ReadingFacts(digest, length, SourceTally(documents), first, following) if documents else None

    def _decoded(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return a row with its texts as texts."""
        decoded = dict(values)
        for name in self._texts:
            decoded[name] = _text(values[name])
            if decoded[name] is None and values[name] is not None:
                raise NoDocumentError("not UTF-8", name)
        return decoded

    def _add(self, place: int, values: dict[str, Any]) -> None:
        row = {name: values.get(column) for name, column in self._fields.items()}
        if self._shape is not None:
            row["text"] = self._shape.text(values)
        more = {name: values.get(column) for name, column in self._more.items()}
        if not self._sha256:
            self._batch.add(str(place), place, row, more)
            return
        self._batch.add_known(dict.fromkeys(TEXT.names) | row, more)

    def _digest(self) -> tuple[str, int]:
        with self._storage.open(self._shard.name) as file:
            digest, length = Window(file, self._shard.start, self._shard.end).sha256()
        if self._sha256 not in ("", digest):
            raise IntegrityError(
                f"{self._shard.name}: its bytes are not those that the pool's manifest tells of; `dclm verify` says more"
            )
        return digest, length

    def _groups(self) -> tuple[list[int], int | None, int | None, int]:
        """Return the row groups of this part, where the first of them and of the next part begin, and its first row."""
        begins, rows = self._begins()
        start, end = self._shard.start, self._shard.end
        groups = [group for group, begin in enumerate(begins) if start <= begin and (end is None or begin < end)]
        behind = [begin for begin in begins if end is not None and begin >= end]
        before = sum(rows[: groups[0]]) if groups else 0
        self._rows_there = sum(rows[group] for group in groups)
        return groups, begins[groups[0]] if groups else None, min(behind, default=None), before

    def _begins(self) -> tuple[list[int], list[int]]:
        """Return where each row group begins, and how many rows it has; refuse a file without a column of ours."""
        name = self._shard.name
        with self._storage.open(name) as file:
            try:
                metadata = pq.ParquetFile(file).metadata
                schema = metadata.schema.to_arrow_schema()
                there = schema.names
                groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
                chunks = [group.column(0) for group in groups]
                begins = [chunk.dictionary_page_offset or chunk.data_page_offset for chunk in chunks]
            except (pa.ArrowException, OSError) as error:
                raise ShardError(f"{name}: is damaged, or no Parquet file: {error}") from error
        text = [self._fields["text"]] if "text" in self._fields else self._shaped
        missing = sorted({*text, *self._more.values()} - set(there))
        if missing:
            raise ShardError(
                f"{name}: has no column {', '.join(map(repr, missing))}; its columns are {', '.join(there)}: name one "
                "of them, or leave the file out"
            )
        wanted = (*self._fields.values(), *self._shaped, *self._more.values())
        self._there = [column for column in wanted if column in there]
        # Of a pool, whatever is no UTF-8 is damage.
        texts = [] if self._sha256 else [name for name in dict.fromkeys(self._there) if _is_text(schema, name)]
        self._texts = tuple(texts)
        return begins, [group.num_rows for group in groups]

    def _read(self, groups: Sequence[int]) -> Iterator[pa.RecordBatch]:
        columns = list(dict.fromkeys(self._there))
        try:
            yield from read_shard(
                self._storage, self._shard.name, columns, self._rows, self._size, groups, encoded=not self._sha256
            )
        except IntegrityError as error:
            raise ShardError(str(error)) from error


def _is_text(schema: pa.Schema, name: str) -> bool:
    """Tell whether a column, if there is one and not several, holds texts."""
    place = schema.get_field_index(name)
    return place >= 0 and (
        pa.types.is_string(schema.field(place).type) or pa.types.is_large_string(schema.field(place).type)
    )


def _text(value: object) -> str | None:
    """Return a text that is written as bytes; nothing for one that is not UTF-8, and for what is no text."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return None
    return value if isinstance(value, str) else None
