"""Files of earlier tasks, as later tasks name them: one by one, or as an inventory that lies in storage.

An exchange of n shards in m ranges would send n x m facts through the driver if each task brought its own list. The
tasks carry an inventory's name and identity instead, and their workers read it.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

from dclm_pipeline.errors import IntegrityError
from dclm_pipeline.pools.receipt import StoredFile, stored_file
from dclm_pipeline.storage import Storage

FOLDER = "inventories"


@dataclass(frozen=True)
class Piece:
    """Where rows lie once their file has been joined with others: in which file, and from which row on."""

    path: str
    start: int


@dataclass(frozen=True)
class Stored:
    """A file of an earlier task: the folder it lies in, and the facts about it; `within` where it has been joined."""

    folder: str
    file: StoredFile
    within: Piece | None = None


@dataclass(frozen=True)
class Inventory:
    """Where a list of files lies, and a digest of what those files hold, whatever they are called."""

    folder: str
    path: str
    identity: str


class Listed:
    """An inventory and what it lists: what the driver knows of it."""

    def __init__(self, folder: str, files: Sequence[Stored]) -> None:
        self.folder = folder
        self.files = tuple(files)

    @cached_property
    def inventory(self) -> Inventory:
        """Return what tasks carry."""
        identity = hashlib.sha256(json.dumps(identity_of(self.files)).encode()).hexdigest()
        return Inventory(self.folder, f"{FOLDER}/{identity[:32]}.jsonl", identity)

    def write(self, storage: Storage) -> None:
        """Put the list where tasks look for it."""
        lines = [json.dumps([one.folder, asdict(one.file)], separators=(",", ":")) for one in self.files]
        storage.put(self.inventory.path, "\n".join(lines).encode())


def identity_of(files: Sequence[Stored]) -> list[object]:
    """Return what makes stored files the same files: their content, and how it is cut into ranges."""
    return [[dict(sorted(one.file.content.items())), one.file.rows, one.file.groups] for one in files]


def read_inventory(storage: Storage, inventory: Inventory) -> tuple[Stored, ...]:
    """Read what `Listed.write` wrote."""
    lines = [json.loads(line) for line in storage.read(inventory.path).splitlines()]
    listed = Listed(inventory.folder, [Stored(folder, stored_file(facts)) for folder, facts in lines])
    if listed.inventory.identity != inventory.identity:
        raise IntegrityError(f"{storage.url}/{inventory.path}: lists other files than those that it was written for")
    return listed.files
