"""Which files of a place a source reads, and how large ones are cut into ranges."""

import hashlib
import re
from collections.abc import Callable, Iterator

from dclm_pipeline.sources import InputShard
from dclm_pipeline.storage import Entry, Storage

EDGE = 64 * 1024


def file_shards(
    storage: Storage, pattern: re.Pattern[str], split: int | None, can_split: Callable[[Storage, Entry], bool]
) -> Iterator[InputShard]:
    """List the files whose names match, and the one that the place itself names; large ones in ranges, where they can."""
    for entry in storage.entries():
        if not pattern.search(entry.path) and not storage.url.endswith(f"/{entry.path}"):
            continue
        edges = edges_of(storage, entry)
        if split is None or entry.size <= split or not can_split(storage, entry):
            yield InputShard(entry.path, entry.size, edges)
            continue
        for start in range(0, entry.size, split):
            yield InputShard(entry.path, entry.size, edges, start, min(entry.size, start + split))


def edges_of(storage: Storage, entry: Entry) -> str:
    """Return the SHA-256 of a file's first and last 64 KiB."""
    head = storage.read(entry.path, 0, EDGE)
    tail = storage.read(entry.path, max(0, entry.size - EDGE), EDGE)
    return hashlib.sha256(head + tail).hexdigest()
