"""Looking into a pool: some documents, one document, and what was rejected and why."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.pools.manifest import Manifest
from dclm_pipeline.pools.reading import read_promised
from dclm_pipeline.storage import Storage

EXAMPLES = 3


@dataclass(frozen=True)
class RejectedBecause:
    """One reason for rejecting documents: how often it is found in `rejects/`, and where for example."""

    step: str
    outcome: str
    reason: str
    count: int
    examples: tuple[str, ...]


def first_rows(storage: Storage, manifest: Manifest, count: int) -> Iterator[dict[str, Any]]:
    """Yield the first documents of a pool."""
    left = count
    for shard in manifest.shards:
        for batch in read_promised(storage, shard.path, rows=min(left, 256) or 1):
            for row in batch.slice(0, left).to_pylist():
                yield row
                left -= 1
            if left <= 0:
                return


def find_row(storage: Storage, manifest: Manifest, prefix: str) -> dict[str, Any] | None:
    """Return the first document whose id begins with these hexadecimal digits, or nothing."""
    wanted = prefix.lower()
    if not wanted or any(c not in "0123456789abcdef" for c in wanted):
        raise RecipeError(f"{prefix!r} is no id: an id is hexadecimal digits, as `dclm show --rows` prints them")
    for shard in manifest.shards:
        place = 0
        for batch in read_promised(storage, shard.path, columns=["id"], rows=65_536):
            for offset, one in enumerate(batch["id"].to_pylist()):
                if one is not None and one.hex().startswith(wanted):
                    return _row_at(storage, shard.path, place + offset)
            place += batch.num_rows
    return None


def rejects_by_reason(storage: Storage, manifest: Manifest) -> list[RejectedBecause]:
    """Return why documents were rejected, the most frequent reasons first; of dropped ones a sample is kept."""
    counts: Counter[tuple[str, str, str]] = Counter()
    examples: dict[tuple[str, str, str], list[str]] = {}
    for file in manifest.rejects:
        for batch in read_promised(storage, file.path, columns=["step", "outcome", "reason", "url", "detail"]):
            for row in batch.to_pylist():
                key = (row["step"], row["outcome"], row["reason"])
                counts[key] += 1
                known = examples.setdefault(key, [])
                if len(known) < EXAMPLES:
                    known.append(" ".join(part for part in (row["url"], row["detail"]) if part))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [RejectedBecause(*key, count, tuple(examples[key])) for key, count in ordered]


def _row_at(storage: Storage, path: str, place: int) -> dict[str, Any]:
    start = 0
    for batch in read_promised(storage, path):
        if place < start + batch.num_rows:
            row: dict[str, Any] = pa.Table.from_batches([batch.slice(place - start, 1)]).to_pylist()[0]
            return row
        start += batch.num_rows
    raise RecipeError(f"{path}: ends before row {place}")
