"""JSON lines as a source of texts: what most published data sets are made of.

Reads plain, gzip, zstd, bzip2 and xz files, by their content; large plain ones in ranges. A line that is no document
costs itself alone, and so does damage behind the last line that can be read.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

import pyarrow as pa
from pydantic import Field

from dclm_pipeline.errors import ShardError
from dclm_pipeline.ids import document_id
from dclm_pipeline.sizes import Size
from dclm_pipeline.sources import InputShard, OnePass, ReadingFacts, Reject, Source
from dclm_pipeline.sources.columns import Columns
from dclm_pipeline.sources.lines import Lines, codec_of_lines
from dclm_pipeline.sources.listing import file_shards
from dclm_pipeline.sources.shapes import PassedByError, Shaped, found, parts
from dclm_pipeline.sources.texts import NoDocumentError, TextBatch
from dclm_pipeline.sources.window import Window
from dclm_pipeline.storage import Entry, Storage
from dclm_pipeline.tally import SourceTally

_NAME = re.compile(r"\.(jsonl?|ndjson)(\.(gz|zst|zstd|bz2|xz))?$", re.IGNORECASE)
_MOST_DETAIL = 200


class Jsonl(Columns, Shaped, Source):
    """Texts from files of JSON lines: one object a line, with the text in one of its fields.

    Fields are named by their path, such as `metadata.url`. A line without a text is a reject; a missing address, date
    or further column is null.
    """

    revision: ClassVar[int] = 1
    edited: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("isal", "zstandard", "publicsuffixlist")

    kind: Literal["jsonl"] = "jsonl"
    text: str = Field(default="text", min_length=1, description="Field of the text, unless there is a `shape`.")
    url: str = Field(default="url", description="Field of the address.")
    date: str = Field(default="date", description="Field of the date, as ISO 8601 has them.")
    record_id: str = Field(default="id", description="Field of the id that the document has elsewhere.")
    most_line: Size = Field(default=16 * 2**20, ge=1, description="Bytes of the longest line; longer ones are rejects.")
    split: Annotated[Size, Field(ge=1)] | None = Field(
        default=256 * 2**20, description="Plain files above this size are read in parts; null: never."
    )

    def shards(self, storage: Storage) -> Iterator[InputShard]:
        """List the files whose names are those of JSON lines, large plain ones in parts."""
        return file_shards(storage, _NAME, self.split, _is_plain)

    def read(self, storage: Storage, shard: InputShard, rows: int, size: int) -> "JsonlReading":
        """Read a file, or the lines that begin in a part of it."""
        return JsonlReading(self, storage, shard, rows, size)


class JsonlReading(OnePass):
    """One pass over a file, or a part of it."""

    def __init__(self, source: Jsonl, storage: Storage, shard: InputShard, rows: int, size: int) -> None:
        """Read `shard` in batches of at most `rows` documents and about `size` bytes."""
        super().__init__(shard)
        self._source = source
        self._storage = storage
        self._batch = TextBatch(shard.name, source.document_schema(), dict(source.columns), rows, size)
        self._paths = {name: parts(getattr(source, name)) for name in ("text", "url", "date", "record_id")}
        self._more = {name: parts(column.path or name) for name, column in source.columns.items()}

    def __iter__(self) -> Iterator[pa.RecordBatch | Reject]:
        """Yield batches of documents and, between them, rejects."""
        shard, batch = self._shard, self._batch
        documents, blank = 0, 0
        failed: Counter[str] = Counter()
        passed: Counter[str] = Counter()
        with self._storage.open(shard.name) as file:
            window = self._window = Window(file, shard.start, shard.end)
            codec = codec_of_lines(window)
            lines = Lines(window, codec, shard.start, shard.end, self._source.most_line)
            for number, (offset, line) in enumerate(lines, 1):
                if not line.strip():
                    blank += 1
                    continue
                try:
                    row = self._row(offset, line)
                    more = {name: found(row, path) for name, path in self._more.items()}
                    own = {name: found(row, path) for name, path in self._paths.items()}
                    if self._source.shape is not None:
                        own["text"] = self._source.shape.text(row)
                    batch.add(str(offset), offset, own, more)
                except PassedByError as error:
                    passed[str(error)] += 1
                    continue
                except NoDocumentError as error:
                    failed[error.reason] += 1
                    if len(batch):
                        yield batch.take()
                    # Nobody has counted the lines before a part.
                    self._place = f"line {number:,}" if shard.start == 0 else ""
                    yield self._reject(offset, error)
                    continue
                documents += 1
                if batch.full:
                    yield batch.take()
            if len(batch):
                yield batch.take()
            if shard.end is None and not documents and not blank and not failed and not passed:
                lines.damage["empty"] += 1
            digest, length = window.sha256()
        if blank:
            passed["blank line"] = blank
        tally = SourceTally(documents, dict(passed), dict(failed), dict(lines.damage))
        self._facts = ReadingFacts(digest, length, tally, lines.first, lines.following)

    def _row(self, offset: int, line: bytes | str) -> dict[str, Any]:
        if isinstance(line, str):
            raise NoDocumentError(line)
        try:
            row = json.loads(line.decode("utf-8-sig" if offset == 0 else "utf-8"), parse_constant=_no_constant)
        except UnicodeDecodeError as error:
            raise NoDocumentError("not UTF-8", str(error)[:_MOST_DETAIL]) from error
        except (ValueError, RecursionError) as error:
            raise NoDocumentError("not JSON", str(error)[:_MOST_DETAIL]) from error
        if isinstance(row, dict):
            return row
        if offset == 0 and isinstance(row, list):
            raise ShardError(
                f"{self._shard.name} is one JSON array and no JSON lines; convert it, for example with `jq -c '.[]'`"
            )
        raise NoDocumentError("no object", type(row).__name__)

    def _reject(self, offset: int, error: NoDocumentError) -> Reject:
        name = self._shard.name
        return Reject(document_id(name, str(offset)), name, offset, None, "source", error.reason, error.detail)


def _is_plain(storage: Storage, entry: Entry) -> bool:
    with storage.open(entry.path) as file:
        return not codec_of_lines(Window(file, 0, 0)).members


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no JSON")
