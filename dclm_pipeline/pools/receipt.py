"""Receipts: the facts about one finished task, written last, all or nothing.

A receipt lies under the key of its task. It names every file that the task left, with two digests each: of the file,
and of its content. No clock, host or path of a machine is in it, so it is the same wherever the task ran. Many
receipts may lie in one pack, a file of JSON lines, once a pool is whole.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from dclm_pipeline.errors import IntegrityError
from dclm_pipeline.storage import Storage
from dclm_pipeline.storage.many import at_once
from dclm_pipeline.tally import Tally, tally_from_json, tally_to_json

FORMAT = 1
FOLDER = "receipts"
# How often receipts are looked for that go away while they are read.
_LOOKS = 5


@dataclass(frozen=True)
class StoredFile:
    """One file that a task left, by its path in the folder of the receipts."""

    path: str
    rows: int
    bytes: int
    text_bytes: int
    sha256: str
    content: Mapping[str, str]
    # For files whose row groups belong to ranges of a hash: how many row groups each range has.
    groups: tuple[int, ...] = ()
    # For some of them, of each range: its rows and their part of `text_bytes`.
    sizes: tuple[tuple[int, int], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the facts as plain JSON values, less sizes that are not known."""
        return {name: value for name, value in asdict(self).items() if value or name != "sizes"}


def stored_file(facts: Mapping[str, Any]) -> StoredFile:
    """Read the facts about a file from plain values."""
    sizes = tuple((int(rows), int(size)) for rows, size in facts.get("sizes", ()))
    return StoredFile(**{**facts, "groups": tuple(facts["groups"]), "sizes": sizes})


@dataclass(frozen=True)
class InputFacts:
    """What a task read: a shard of the source by name, or a file of an earlier task by its content.

    `start` and `end` are the bytes of a range, or, for what was joined `into` a file, the rows that it has there.
    Of a file of which single records were read, `records` says how many, and digest and size are theirs.
    """

    name: str
    sha256: str
    bytes: int
    start: int | None = None
    end: int | None = None
    first: int | None = None
    following: int | None = None
    into: str | None = None
    records: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the facts as plain JSON values; those that most inputs do not have are left out where they are not."""
        unsaid = {name for name in ("into", "records") if getattr(self, name) is None}
        return {name: value for name, value in asdict(self).items() if name not in unsaid}


@dataclass(frozen=True)
class Receipt:
    """The facts about one finished task."""

    key: str
    phase: str
    ordinal: int
    inputs: tuple[InputFacts, ...]
    files: Mapping[str, StoredFile]
    tally: Tally = field(default_factory=Tally)
    libraries: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Return where the receipt lies in its folder."""
        return receipt_path(self.key)


def receipt_path(key: str) -> str:
    """Return where the receipt of a task lies."""
    return f"{FOLDER}/{key}.json"


def receipt_to_bytes(receipt: Receipt) -> bytes:
    """Return a receipt as one line of JSON, keys sorted."""
    inputs = [facts.to_json() for facts in receipt.inputs]
    files = {name: file.to_json() for name, file in receipt.files.items()}
    told = {"format": FORMAT, "tally": tally_to_json(receipt.tally), "inputs": inputs, "files": files}
    values = asdict(receipt) | told
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def receipt_from_bytes(data: bytes, path: str) -> Receipt:
    """Read what `receipt_to_bytes` wrote."""
    try:
        values: dict[str, Any] = json.loads(data)
        if values.pop("format") != FORMAT:
            raise IntegrityError(f"{path}: a receipt of another format; this version reads format {FORMAT}")
        return Receipt(
            key=values["key"],
            phase=values["phase"],
            ordinal=values["ordinal"],
            inputs=tuple(InputFacts(**facts) for facts in values["inputs"]),
            files={name: stored_file(facts) for name, facts in values["files"].items()},
            tally=tally_from_json(values["tally"]),
            libraries=values["libraries"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(f"{path}: not a receipt ({error}); delete it, and its task runs again") from error


def receipts_in(storage: Storage, prefix: str = "") -> dict[str, Receipt]:
    """Read all receipts of a folder, packs included, by key."""
    paths = [entry.path for entry in storage.entries(f"{prefix}{FOLDER}/") if entry.path.endswith((".json", ".jsonl"))]
    return {receipt.key: receipt for receipt in _receipts_at(storage, paths)}


def receipt_keys_in(storage: Storage, prefix: str = "") -> frozenset[str]:
    """Return the keys that have a receipt; reads packs, but no receipt that lies alone."""
    paths = [entry.path for entry in storage.entries(f"{prefix}{FOLDER}/")]
    alone = {path.rpartition("/")[2].removesuffix(".json") for path in paths if path.endswith(".json")}
    packs = [path for path in paths if path.endswith(".jsonl")]
    return frozenset(alone.union(receipt.key for receipt in _receipts_at(storage, packs)))


def packed(receipts: Sequence[Receipt]) -> bytes:
    """Return many receipts as one pack."""
    return b"".join(receipt_to_bytes(receipt) for receipt in receipts)


def _receipts_at(storage: Storage, paths: Sequence[str]) -> Iterator[Receipt]:
    """Yield the receipts of files that hold one, and of packs."""
    for path, data in zip(paths, at_once(storage.read, paths), strict=True):
        for line in data.splitlines() if path.endswith(".jsonl") else [data]:
            yield receipt_from_bytes(line, path)


# What a task leaves beside its documents, and what goes once it has been joined with that of other tasks.
JOINED = ("rejects", "signals")


def standing(storage: Storage, receipts: Mapping[str, Receipt], passing: Sequence[str] = JOINED) -> dict[str, Receipt]:
    """Return the receipts whose files, but the `passing` ones, are there and as long as they say.

    The tasks of the others are to be done again.
    """
    files = {
        key: [file for name, file in receipt.files.items() if name not in passing] for key, receipt in receipts.items()
    }
    missing = frozenset(missing_files(storage, [file for several in files.values() for file in several]))
    return {key: receipt for key, receipt in receipts.items() if missing.isdisjoint(file.path for file in files[key])}


def missing_files(storage: Storage, files: Sequence[StoredFile]) -> list[str]:
    """Return the paths of the files that are not there, or not as long as they should be."""
    folders = sorted({file.path.rpartition("/")[0] for file in files})
    there = {entry.path: entry.size for folder in folders for entry in storage.entries(f"{folder}/")}
    return [file.path for file in files if there.get(file.path) != file.bytes]


def receipts_for(storage: Storage, keys: Sequence[str]) -> dict[str, Receipt]:
    """Return the receipts that there are for the given keys, by key; reads no other receipt that lies alone."""
    for _ in range(_LOOKS):
        try:
            return _found(storage, frozenset(keys))
        except FileNotFoundError:
            continue  # another run has packed them meanwhile: they are in its pack now
    return _found(storage, frozenset(keys))


def _found(storage: Storage, wanted: frozenset[str]) -> dict[str, Receipt]:
    paths = [
        entry.path
        for entry in storage.entries(f"{FOLDER}/")
        if entry.path.endswith(".jsonl") or entry.path.rpartition("/")[2].removesuffix(".json") in wanted
    ]
    return {receipt.key: receipt for receipt in _receipts_at(storage, paths) if receipt.key in wanted}
