"""Files of earlier tasks, as later tasks name them: one by one, or as an inventory that lies in storage.

An exchange of n shards in m ranges would send n x m facts through the driver if each task brought its own list. The
tasks carry an inventory's name and identity instead, and their workers read it: a table with a column for the beginning
of each range, of which a worker at one range reads two.
"""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dclm_pipeline.arrow import Array, from_numpy
from dclm_pipeline.errors import IntegrityError
from dclm_pipeline.pools.reading import read_shard
from dclm_pipeline.pools.receipt import StoredFile
from dclm_pipeline.storage import Storage

FOLDER = "inventories"


@dataclass(frozen=True)
class Piece:
    """Where rows lie once their file has been joined with others: in which file, and from which row on."""

    path: str
    start: int


@dataclass(frozen=True)
class Stored:
    """A file of an earlier task: the folder it lies in, and the facts about it; `within` where it has been joined.

    One that is `scattered` is no file yet: its rows lie in many, and its facts are what can be said of it before.
    """

    folder: str
    file: StoredFile
    within: Piece | None = None
    scattered: "Scattered | None" = None


@dataclass(frozen=True)
class Portion:
    """What of a listed file a task looks at: all of it, or the row groups of one range."""

    folder: str
    path: str
    groups: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Inventory:
    """Where a list of so many files lies, and a digest of what those files hold, whatever they are called.

    Each lies in as many `ranges`; in none where they are read as a whole."""

    folder: str
    path: str
    identity: str
    files: int
    ranges: int = 0


@dataclass(frozen=True)
class Scattered:
    """Where rows lie that are to be brought into the order of a key: in one range of the files of an inventory."""

    inventory: Inventory
    place: int


class Listed:
    """An inventory and what it lists: what the driver knows of it."""

    def __init__(self, folder: str, files: Sequence[Stored]) -> None:
        self.folder = folder
        self.files = tuple(files)

    @cached_property
    def inventory(self) -> Inventory:
        """Return what tasks carry."""
        identity = hashlib.sha256(json.dumps(identity_of(self.files)).encode()).hexdigest()
        ranges = max((len(one.file.groups) for one in self.files), default=0)
        return Inventory(self.folder, f"{FOLDER}/{identity[:32]}.parquet", identity, len(self.files), ranges)

    def write(self, storage: Storage) -> None:
        """Put the list where tasks look for it."""
        columns: dict[str, Array] = {
            "identity": pa.array([self.inventory.identity] * len(self.files), pa.large_string()),
            "folder": pa.array([one.folder for one in self.files], pa.large_string()),
            "path": pa.array([one.file.path for one in self.files], pa.large_string()),
        }
        ranges = {len(one.file.groups) for one in self.files}
        if len(ranges) > 1:
            raise IntegrityError(
                f"{storage.url}/{self.inventory.path}: files of {sorted(ranges)} ranges are no one list"
            )
        if ranges - {0}:
            begins = np.array([[*accumulate(one.file.groups, initial=0)] for one in self.files], np.int32)
            columns |= {_begin(place): from_numpy(begins[:, place].copy()) for place in range(begins.shape[1])}
        sink = io.BytesIO()
        pq.write_table(pa.table(columns), sink, compression="zstd", write_page_checksum=True, row_group_size=2**20)
        storage.put(self.inventory.path, sink.getvalue())


def identity_of(files: Sequence[Stored]) -> list[object]:
    """Return what makes stored files the same files: their content, and how it is cut into ranges."""
    return [[dict(sorted(one.file.content.items())), one.file.rows, one.file.groups] for one in files]


def scattered(listed: Listed, *, keyed: int) -> tuple[Stored, ...]:
    """Return the ranges of listed files as files in the making; `keyed` bytes of each row's size are of its key."""
    inventory = listed.inventory
    ranges: list[Stored] = []
    for place in range(inventory.ranges):
        rows = sum(one.file.sizes[place][0] for one in listed.files)
        size = sum(one.file.sizes[place][1] for one in listed.files) - keyed * rows
        content = {"inventory": inventory.identity, "range": str(place)}
        file = StoredFile(f"range {place}", rows, 0, size, inventory.identity, content)
        ranges.append(Stored(listed.folder, file, scattered=Scattered(inventory, place)))
    return tuple(ranges)


def read_inventory(
    storage: Storage, inventory: Inventory, place: int | None = None, last: int | None = None
) -> tuple[Portion, ...]:
    """Return the files of an inventory, all of each, or the row groups of one range, or of those up to `last`."""
    if not inventory.files:
        return ()
    ends = [] if place is None else [_begin(place), _begin((place if last is None else last) + 1)]
    portions: list[Portion] = []
    identities: set[str] = set()
    for batch in read_shard(storage, inventory.path, ["identity", "folder", "path", *ends], rows=2**16):
        identities |= set(batch["identity"].to_numpy(zero_copy_only=False).tolist())
        folders, paths, *bounds = (
            batch[name].to_numpy(zero_copy_only=False).tolist() for name in ("folder", "path", *ends)
        )
        whole: list[tuple[int, ...] | None] = [None] * batch.num_rows
        groups = [tuple(range(*both)) for both in zip(*bounds, strict=True)] if bounds else whole
        portions += [Portion(*one) for one in zip(folders, paths, groups, strict=True)]
    if identities != {inventory.identity} or len(portions) != inventory.files:
        raise IntegrityError(f"{storage.url}/{inventory.path}: lists other files than those that it was written for")
    return tuple(portions)


def _begin(place: int) -> str:
    return f"begin_{place}"
