"""Cleaning up: what no named recipe reaches, and what unfinished attempts left behind.

A pool keeps what its manifest and receipts name. Its `work/` goes once it is whole, except for what joins of later
runs read; on the shelf of saved prefixes, whatever belongs to none of the recipes named goes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dclm_pipeline.engine.job import Job
from dclm_pipeline.pools.manifest import PATH, read_manifest
from dclm_pipeline.pools.receipt import FOLDER, receipts_in
from dclm_pipeline.storage import Entry, Storage, open_storage
from dclm_pipeline.storage.paths import FORSAKEN_SECONDS

# Folders of a pool in which nothing lies that no receipt names.
NAMED_FOLDERS = ("shards/", "rejects/", "signals/", "evidence/")


@dataclass(frozen=True)
class Cleaning:
    """What can go, and from where."""

    place: str
    entries: tuple[Entry, ...]
    why: str

    @property
    def bytes(self) -> int:
        """Return the bytes that this frees."""
        return sum(entry.size for entry in self.entries)


def superfluous(jobs: Sequence[Job]) -> list[Cleaning]:
    """Return what no job reaches, on their shelves and in their pools."""
    found: list[Cleaning] = []
    for shelf in sorted({job.saved for job in jobs}):
        reached = {
            job.shelf_name(segment) for job in jobs if job.saved == shelf for segment in job.segments if segment.saved
        }
        entries = [entry for entry in open_storage(shelf).entries() if entry.path.partition("/")[0] not in reached]
        if entries:
            found.append(Cleaning(shelf, tuple(entries), "saved prefixes that no named recipe begins with"))
    for job in jobs:
        found += _in_pool(job)
    return [cleaning for cleaning in found if cleaning.entries]


def sweep(jobs: Sequence[Job]) -> int:
    """Remove what killed writers left unfinished in pools and on shelves; return how much it was."""
    places = sorted({place for job in jobs for place in (job.out, job.saved)})
    return sum(open_storage(place).sweep(FORSAKEN_SECONDS) for place in places)


def remove(cleaning: Cleaning) -> None:
    """Remove what a cleaning names."""
    storage = open_storage(cleaning.place)
    for entry in cleaning.entries:
        storage.delete(entry.path)


def _in_pool(job: Job) -> list[Cleaning]:
    storage = open_storage(job.out)
    manifest = read_manifest(storage)
    if manifest is None:
        return []
    last = job.side_folder_of(job.segments[-1])
    work = [entry for entry in storage.entries("work/") if not entry.path.startswith(last)]
    return [
        Cleaning(job.out, tuple(work), "inner segments and evidence of a pool that is whole"),
        Cleaning(job.out, tuple(_unnamed(storage)), "files that the pool's manifest does not name"),
    ]


def _unnamed(storage: Storage) -> list[Entry]:
    """Return shards, rejects, signals, evidence and receipts that the manifest does not name."""
    manifest = read_manifest(storage)
    if manifest is None:
        return []
    named = {file.path for file in manifest.files} | {PATH}
    kept = {receipt.path for key, receipt in receipts_in(storage).items() if key in manifest.receipts}
    for key, receipt in receipts_in(storage).items():
        if key in manifest.receipts:
            named.update(file.path for file in receipt.files.values())
    entries = [entry for folder in NAMED_FOLDERS for entry in storage.entries(folder) if entry.path not in named]
    receipts = [
        entry for entry in storage.entries(f"{FOLDER}/") if entry.path.endswith(".json") and entry.path not in kept
    ]
    return entries + receipts
