"""Verifying a pool: every byte against what its manifest and receipts say, and rows against each other."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from dclm_pipeline.engine.opening_pools import whole_pool
from dclm_pipeline.errors import IntegrityError
from dclm_pipeline.pools.manifest import Manifest
from dclm_pipeline.pools.parquet import file_facts
from dclm_pipeline.pools.receipt import StoredFile, receipts_for
from dclm_pipeline.storage import Storage, open_storage

CHUNK = 2**20


@dataclass(frozen=True)
class Verified:
    """What was held against what: numbers for people, and every contradiction."""

    files: int
    rows: int
    bytes: int
    inputs: int
    wrong: tuple[str, ...]


def verify(place: str, source: str = "", progress: Callable[[int], None] | None = None) -> Verified:
    """Read a whole pool again, and its input too where `source` says where that lies."""
    storage, manifest = whole_pool(place)
    wrong = _contradictions(storage, manifest)
    files = manifest.files
    done = 0
    for count, stored in enumerate(files, 1):
        wrong += _wrong_with(storage, stored)
        done += stored.bytes
        if progress is not None:
            progress(count)
    inputs = 0
    if source:
        wrong += _wrong_inputs(open_storage(source), manifest)
        inputs = sum(facts.records is None for facts in manifest.inputs)
    return Verified(len(files), manifest.rows, done, inputs, tuple(wrong))


def _wrong_with(storage: Storage, stored: StoredFile) -> list[str]:
    """Hold one file against the facts about it."""
    try:
        facts = file_facts(storage, stored.path)
    except FileNotFoundError:
        return [f"{stored.path}: is missing"]
    except IntegrityError as error:
        return [str(error)]
    found = []
    if facts.sha256 != stored.sha256:
        found.append(f"{stored.path}: its bytes have the SHA-256 {facts.sha256}, the manifest says {stored.sha256}")
    if facts.rows != stored.rows:
        found.append(f"{stored.path}: holds {facts.rows} rows, the manifest says {stored.rows}")
    found += [
        f"{stored.path}: column {name} holds something else than the manifest says"
        for name, digest in stored.content.items()
        if facts.content.get(name) != digest
    ]
    return found


def _contradictions(storage: Storage, manifest: Manifest) -> list[str]:
    """Hold manifest and receipts against each other."""
    found = [f"manifest: rows do not balance: {line}" for line in manifest.tally.imbalances()]
    known = receipts_for(storage, manifest.receipts)
    found += [f"receipts/{key}.json: is missing" for key in manifest.receipts if key not in known]
    told = {file.path: file.sha256 for receipt in known.values() for file in receipt.files.values()}
    found += [
        f"{file.path}: manifest and receipt tell of different bytes"
        for file in manifest.files
        if told.get(file.path, file.sha256) != file.sha256
    ]
    left = manifest.tally.steps[-1].left if manifest.tally.steps else manifest.tally.source.documents
    if left != manifest.rows:
        found.append(f"manifest: {left} rows left the last step, the shards hold {manifest.rows}")
    return found


def _wrong_inputs(source: Storage, manifest: Manifest) -> list[str]:
    """Hold the input as it lies now against what was read; single records, whose places are not kept, are left out."""
    found = []
    for facts in manifest.inputs:
        if facts.records is not None:
            continue
        try:
            digest = _sha256(source, facts.name, facts.start or 0, facts.bytes)
            longer = facts.end is None and source.size(facts.name) != facts.bytes
        except FileNotFoundError:
            found.append(f"input {facts.name}: the source does not hold it")
            continue
        if digest != facts.sha256 or longer:
            found.append(f"input {facts.name}: the source holds other bytes than were read")
    return found


def _sha256(storage: Storage, path: str, start: int, length: int) -> str:
    digest = hashlib.sha256()
    with storage.open(path) as file:
        file.seek(start)
        left = length
        while left and (chunk := file.read(min(CHUNK, left))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()
