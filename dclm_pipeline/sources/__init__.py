"""Where documents come from: sources know shards, framing and places, and nothing of what the text means.

A source lists its shards, and reads one shard (or a byte range of it) as record batches of documents. What could not
be read comes out as rejects, and all of it is counted in the reading's tally.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from dclm_pipeline.pools.receipt import StoredFile
from dclm_pipeline.sources.spans import NO_SPANS, Spans
from dclm_pipeline.sources.window import Window
from dclm_pipeline.step import Place
from dclm_pipeline.storage import Storage
from dclm_pipeline.tally import SourceTally


@dataclass(frozen=True)
class InputShard:
    """One unit of input: a whole file, or the records of it that begin in [start, end).

    `name` is relative to the source, so it is the same wherever the source lies. `edges` is the SHA-256 of the
    file's first and last 64 KiB, and of all of it where it was replaced in place. `begins` is set where a range must be
    read from an offset other than `start` because its predecessor ended there. With `spans` it is single records, and `edges` tells them apart from other
    records of the file.
    """

    name: str
    size: int
    edges: str
    start: int = 0
    end: int | None = None
    begins: int | None = None
    spans: Spans = NO_SPANS


def _nothing_more() -> str:
    return ""


@dataclass(frozen=True)
class Offer:
    """What a source has to read: its shards in their order, and what a plan should say of them beside their number.

    That may ask for more than the shards did, so it is found out when it is `told`.
    """

    shards: tuple[InputShard, ...]
    told: Callable[[], str] = _nothing_more


@dataclass(frozen=True)
class Reject:
    """Why one record or document is not in the pool; `schema.REJECT` is its row."""

    id: bytes | None
    source: str | None
    offset: int | None
    url: str | None
    step: str
    reason: str
    detail: str | None = None
    outcome: str = "failed"
    text: str | None = None


@dataclass(frozen=True)
class ReadingFacts:
    """What is known once a shard has been read to its end.

    `sha256` is that of the bytes of the file (of the range, for a range). `first` is where the first record of a
    range begins and `following` where the first record after it does (`None`: there is none).
    """

    sha256: str
    bytes: int
    tally: SourceTally
    first: int | None = None
    following: int | None = None


class Reading(Protocol):
    """One pass over a shard."""

    def __iter__(self) -> Iterator[pa.RecordBatch | Reject]:
        """Yield batches of documents and, between them, rejects, in the order of the input."""
        ...

    @property
    def place(self) -> str:
        """Return where in the file people find the last reject, such as `line 7`; nothing where nobody knows."""
        ...

    @property
    def seen(self) -> int:
        """Return how many bytes of the shard have been read so far, for people who wait."""
        ...

    @property
    def facts(self) -> ReadingFacts:
        """Return what the pass found out; only after its end."""
        ...


class OnePass:
    """What readings have in common: a shard, and facts about it that are known at the end."""

    def __init__(self, shard: InputShard) -> None:
        """Begin with no facts."""
        self._shard = shard
        self._facts: ReadingFacts | None = None
        self._place = ""
        self._window: Window | None = None

    @property
    def place(self) -> str:
        """Return where in the file people find the last reject."""
        return self._place

    @property
    def seen(self) -> int:
        """Return how many bytes of the shard have been read so far."""
        return 0 if self._window is None else self._window.seen

    @property
    def facts(self) -> ReadingFacts:
        """Return what the pass found out; only after its end."""
        if self._facts is None:
            raise RuntimeError(f"{self._shard.name}: its facts are known once it has been read to its end")
        return self._facts


class Source(BaseModel, ABC):
    """Settings of a source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    revision: ClassVar[int] = 1
    libraries: ClassVar[tuple[str, ...]] = ()
    # Kinds of steps that turn what the source hands over into what other steps read; put first where a recipe has none.
    prelude: ClassVar[tuple[str, ...]] = ()

    # Whether people edit its files: then they may be replaced in place by others of the same size.
    edited: ClassVar[bool] = False
    # Settings that say which shards there are, and change nothing in any of them.
    selecting: ClassVar[frozenset[str]] = frozenset()

    kind: str
    path: Place = Field(default="", description="Folder, file or URL; --source stands in for it.")

    @abstractmethod
    def document_schema(self) -> pa.Schema:
        """Return the columns of the documents."""

    @abstractmethod
    def shards(self, storage: Storage) -> Iterator[InputShard]:
        """List the shards in their order, which is that of their names and places."""

    def offer(self, storage: Storage) -> Offer:
        """Return all shards, and what to say of them; may take long, so ask once and pass it on."""
        return Offer(tuple(self.shards(storage)))

    def for_reading(self) -> Self:
        """Return the settings that reading takes, which go to a worker with each shard."""
        return self

    def files_in_place(self, storage: Storage) -> Mapping[str, StoredFile]:
        """Return files whose rows may be documents as they lie there, by their shards' names; most sources have none."""
        del storage
        return {}

    def look_through(self, storage: Storage, shard: InputShard, rows: int, size: int) -> ReadingFacts | None:
        """Look through one of those files; return what reading it would find out, or nothing where that is not all."""
        del storage, shard, rows, size
        return None

    @abstractmethod
    def read(self, storage: Storage, shard: InputShard, rows: int, size: int) -> Reading:
        """Read a shard as batches of at most `rows` documents and about `size` bytes (at least one document)."""
