"""The manifest: the sum of a pool's receipts, written last; its presence means that the pool is whole.

It holds the effective recipe without places, the shards in their order, and what became of every row. No clock, host
or path is in it, so the same work gives the same manifest anywhere.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa

from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.pools.receipt import InputFacts, StoredFile, stored_file
from dclm_pipeline.storage import Storage
from dclm_pipeline.tally import Tally, tally_from_json, tally_to_json

FORMAT = 1
PATH = "manifest.json"


@dataclass(frozen=True)
class Evidence:
    """A table that a step has kept in the pool, and the settings by which later pools may be held against it."""

    step: str
    kind: str
    table: str
    fingerprint: Mapping[str, Any]
    files: tuple[StoredFile, ...]

    @property
    def rows(self) -> int:
        """Count the rows of the table."""
        return sum(file.rows for file in self.files)


@dataclass(frozen=True)
class Manifest:
    """What a pool says about itself."""

    key: str
    recipe: Mapping[str, Any]
    columns: tuple[tuple[str, str], ...]
    shards: tuple[StoredFile, ...]
    rejects: tuple[StoredFile, ...]
    signals: tuple[StoredFile, ...]
    receipts: tuple[str, ...]
    inputs: tuple[InputFacts, ...]
    tally: Tally
    libraries: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()

    @property
    def files(self) -> tuple[StoredFile, ...]:
        """Return every file that belongs to the pool."""
        kept = (file for evidence in self.evidence for file in evidence.files)
        return (*self.shards, *self.rejects, *self.signals, *kept)

    @property
    def rows(self) -> int:
        """Count the documents of the pool."""
        return sum(shard.rows for shard in self.shards)

    @property
    def content(self) -> str:
        """Return one digest of the pool's content: what its shards hold, whoever wrote them."""
        return content_digest(self.shards)


def content_digest(shards: tuple[StoredFile, ...]) -> str:
    """Return the SHA-256 of the content digests of many files, in order."""
    listed = json.dumps([dict(sorted(shard.content.items())) for shard in shards], separators=(",", ":"))
    return hashlib.sha256(listed.encode()).hexdigest()


def columns_of(schema: pa.Schema) -> tuple[tuple[str, str], ...]:
    """Return the names and types of a schema as a manifest lists them."""
    return tuple((column.name, str(column.type)) for column in schema)


def manifest_to_bytes(manifest: Manifest) -> bytes:
    """Return a manifest as JSON for people: indented, keys sorted."""
    values = asdict(manifest) | {
        "inputs": [facts.to_json() for facts in manifest.inputs],
        **{name: [file.to_json() for file in getattr(manifest, name)] for name in ("shards", "rejects", "signals")},
        "format": FORMAT,
        "tally": tally_to_json(manifest.tally),
        "rows": manifest.rows,
        "content": manifest.content,
    }
    values["evidence"] = [
        asdict(kept) | {"files": [file.to_json() for file in kept.files]} for kept in manifest.evidence
    ]
    if not manifest.evidence:
        values.pop("evidence")  # most pools keep none
    return json.dumps(values, sort_keys=True, ensure_ascii=False, indent=1).encode() + b"\n"


def manifest_from_bytes(data: bytes, path: str) -> Manifest:
    """Read what `manifest_to_bytes` wrote."""
    try:
        values: dict[str, Any] = json.loads(data)
        if values["format"] != FORMAT:
            raise RecipeError(
                f"{path}: a manifest of format {values['format']}, and this version reads {FORMAT}; install the version "
                "that wrote it"
            )
        return Manifest(
            key=values["key"],
            recipe=values["recipe"],
            columns=tuple((name, kind) for name, kind in values["columns"]),
            shards=_files(values["shards"]),
            rejects=_files(values["rejects"]),
            signals=_files(values["signals"]),
            receipts=tuple(values["receipts"]),
            inputs=tuple(InputFacts(**facts) for facts in values["inputs"]),
            tally=tally_from_json(values["tally"]),
            libraries=values["libraries"],
            evidence=tuple(Evidence(**{**one, "files": _files(one["files"])}) for one in values.get("evidence", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(f"{path}: not a manifest of a pool ({error}); run the recipe again") from error


def read_manifest(storage: Storage) -> Manifest | None:
    """Return the manifest of the pool at a place, or nothing where no whole pool lies."""
    try:
        data = storage.read(PATH)
    except FileNotFoundError:
        return None
    return manifest_from_bytes(data, f"{storage.url}/{PATH}")


def superseded(storage: Storage, manifest: Manifest) -> frozenset[str]:
    """Return the files of the pool that lies at a place, as far as they are not of this one, which replaces it."""
    try:
        before = read_manifest(storage)
    except IntegrityError:
        return frozenset()  # it can name nothing
    named = () if before is None else before.files
    return frozenset(file.path for file in named) - {file.path for file in manifest.files}


def _files(values: list[dict[str, Any]]) -> tuple[StoredFile, ...]:
    return tuple(stored_file(facts) for facts in values)


def refuse_pool(storage: Storage, place: str) -> None:
    """Refuse a pool where plain files are meant: rejects, signals and unfinished work lie beside its documents."""
    if read_manifest(storage) is not None:
        raise RecipeError(f"{place}: is a pool, where more than its documents lies; name the folder `shards` in it")
