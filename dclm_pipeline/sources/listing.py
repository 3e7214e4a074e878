"""Which files of a place a source reads, and how large ones are cut into ranges."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from dclm_pipeline.sources import InputShard
from dclm_pipeline.storage import Entry, Storage
from dclm_pipeline.storage.many import at_once

EDGE = 64 * 1024


def file_shards(
    storage: Storage, pattern: re.Pattern[str], split: int | None, can_split: Callable[[Storage, Entry], bool]
) -> Iterator[InputShard]:
    """List the files whose names match, and the one that the place itself names; large ones in ranges, where they can."""

    def shards_of(entry: Entry) -> list[InputShard]:
        edges = edges_of(storage, entry)
        splits = split is not None and entry.size > split and can_split(storage, entry)
        return in_parts(InputShard(entry.path, entry.size, edges), split if splits else None)

    url = storage.url.partition("?")[0]
    entries = (entry for entry in storage.entries() if pattern.search(entry.path) or url.endswith(f"/{entry.path}"))
    for shards in at_once(shards_of, entries):
        yield from shards


def in_parts(shard: InputShard, split: int | None) -> list[InputShard]:
    """Return a whole file as ranges of at most `split` bytes, or as it is where it has no more."""
    if split is None or shard.size <= split:
        return [shard]
    return [replace(shard, start=start, end=min(shard.size, start + split)) for start in range(0, shard.size, split)]


def edges_of(storage: Storage, entry: Entry) -> str:
    """Return the SHA-256 of a file's first and last 64 KiB."""
    head = storage.read(entry.path, 0, EDGE)
    tail = storage.read(entry.path, max(0, entry.size - EDGE), EDGE)
    return hashlib.sha256(head + tail).hexdigest()
