"""What a worker is asked to do: tasks as plain values.

A task is a pure function of values: where it runs, how often it is tried and in which company does not change what it
leaves. Its key says what it is; the folder in which its files and its receipt lie is a place and not in the key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from dclm_pipeline.engine.assets import PlannedAssets
from dclm_pipeline.engine.child.programs import ChainProgram, EvidenceProgram
from dclm_pipeline.engine.child.work import ChildLimits
from dclm_pipeline.engine.stored import Inventory, Stored
from dclm_pipeline.pools.receipt import Receipt
from dclm_pipeline.sources import InputShard, Source

GROUP_BYTES = 32 * 2**20  # a row group's own bytes; a part of every key, as it decides where files are cut


@dataclass(frozen=True)
class FromSource:
    """A shard of the source, to be read where the source lies; one that is `in_place` may be left there."""

    source: Source
    place: str
    shard: InputShard
    in_place: bool = False


@dataclass(frozen=True)
class SegmentWork:
    """Take documents through a chain. `numbers` are the ordinals of stored inputs in the phase before.

    `found` is what a barrier found about them; `unheard` the rows that it could not be asked about, each file with the
    place of its shard among the inputs.
    """

    program: ChainProgram
    guard_name: str
    shard: FromSource | None
    stored: tuple[Stored, ...]
    numbers: tuple[int, ...]
    found: Inventory | None
    unheard: tuple[tuple[int, Stored], ...]
    side_folder: str
    failed_share: float
    passing: bool = False  # the documents go on to another task, and are no part of a pool
    ordering: bytes = b""  # a packed Reorder: rows leave sorted by its key, in `ranges` equal ranges of it
    ranges: int = 1


@dataclass(frozen=True)
class EvidenceWork:
    """Listen to one stored shard on behalf of a barrier; evidence leaves in `ranges` equal ranges of its hash."""

    program: EvidenceProgram
    columns: tuple[str, ...]
    schema: pa.Schema
    stored: Stored
    number: int
    found: Inventory | None
    unheard: tuple[Stored, ...]
    ranges: int
    into: str = "evidence"  # the folders, below the task's, of what is heard and of whom nothing can be heard
    aside: str = "unheard"


@dataclass(frozen=True)
class MergeWork:
    """Bring what neighbouring files hold into one, in the same ranges; `first` is the number of the first one's shard.

    It is nothing where rows are about no shard, or tell it already. A round that combines does so here, too.
    """

    barrier: bytes
    assets: PlannedAssets
    round: int
    ranges: int
    first: int | None
    combines: bool
    stored: tuple[Stored, ...]


@dataclass(frozen=True)
class FindingsWork:
    """Look at all evidence of one range; where `shards_are_files`, file i is about shard i.

    In passes after the first it is what the pass before has handed on. `older` is what older pools have kept.
    """

    barrier: bytes
    assets: PlannedAssets
    round: int
    passing: int
    range: int
    ranges: int
    evidence: Inventory
    shards_are_files: bool
    older: tuple[Inventory, ...] = ()


@dataclass(frozen=True)
class CollectWork:
    """Join rejects and signals of many tasks; of an inner segment, signals of rows that went on are left out."""

    rejects: tuple[Stored, ...]
    signals: tuple[Stored, ...]
    inner_signals: tuple[Stored, ...]
    numbers: pa.Schema


@dataclass(frozen=True)
class KeepWork:
    """Put what a step has kept on its way into the folder `into` of the pool."""

    stored: Stored
    schema: pa.Schema
    into: str


Work = SegmentWork | EvidenceWork | MergeWork | FindingsWork | CollectWork | KeepWork


@dataclass(frozen=True)
class Task:
    """One unit of work, resume and retry."""

    key: str
    phase: str
    ordinal: int
    folder: str
    work: Work
    inputs: tuple[str, ...]
    libraries: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Return what messages call the task."""
        names = self.inputs if len(self.inputs) < 3 else (self.inputs[0], "…", self.inputs[-1])
        return f"{self.phase} {self.ordinal} ({', '.join(names)})" if names else f"{self.phase} {self.ordinal}"


@dataclass(frozen=True)
class Conditions:
    """How workers work: nothing here can change what they leave.

    A batch closes at `rows` documents or `size` bytes.
    """

    limits: ChildLimits
    # Whatever is in it, a batch costs two milliseconds of CPU time around its steps; twice as many rows fill `size`.
    rows: int = 64
    size: int = 16 * 2**20
    guard: bool = True
    scratch: str | None = None
    cache: str | None = None


@dataclass(frozen=True)
class Done:
    """What a finished task reports: the facts, and the story of this attempt, which no later work looks at."""

    receipt: Receipt
    seconds: Mapping[str, float] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    fresh: bool = True
    requests: Mapping[str, int] = field(default_factory=dict)
    waited_seconds: float = 0.0
