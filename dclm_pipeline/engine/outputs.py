"""The files that a task leaves: written to scratch, checked, uploaded whole, named in a receipt.

The receipt is written last, by put-if-absent: whoever comes second compares, and a difference is reported as what it
is, work that is not deterministic. Readers trust receipts alone, so nothing half-done is ever seen.
"""

from itertools import pairwise
from pathlib import Path
from types import TracebackType

import pyarrow as pa

from dclm_pipeline.engine.tasks import GROUP_BYTES, Task
from dclm_pipeline.errors import IntegrityError, TransientError
from dclm_pipeline.pools.mapped import MAPPED, is_mapped
from dclm_pipeline.pools.parquet import ShardFacts, ShardWriter
from dclm_pipeline.pools.receipt import Receipt, StoredFile, receipt_to_bytes, receipts_for
from dclm_pipeline.storage import Storage

NAME_KEY_LENGTH = 16


class Output:
    """One file in the making; with `ranges`, its row groups belong to ranges of a hash, given in order.

    One that is `passing` is on its way to another task, and no part of a pool; of one that is `sized`, the facts say how
    large each range is. One that passes, and is long in nothing that would be compressed, is to be mapped.
    """

    def __init__(
        self,
        scratch: Path,
        name: str,
        folder: str,
        schema: pa.Schema,
        *,
        optional: bool = False,
        group_bytes: int = GROUP_BYTES,
        passing: bool = False,
        sized: bool = False,
    ) -> None:
        self.name = name
        self.folder = folder
        self.optional = optional
        self.mapped = passing and is_mapped(schema)
        self._ending = MAPPED if self.mapped else ".parquet"
        self.path = scratch / f"{name}{self._ending}"
        self.schema = schema
        self.groups: list[int] = []
        self._writer = ShardWriter(self.path, schema, group_bytes=group_bytes, passing=passing, mapped=self.mapped)
        self._facts: ShardFacts | None = None
        self._cut = 0
        self._ends: list[tuple[int, int]] | None = [(0, 0)] if sized else None

    def __enter__(self) -> "Output":
        """Begin the file."""
        self._writer.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the file; after an error nothing of it is left."""
        self._writer.__exit__(kind, error, trace)
        if kind is None:
            self._facts = self._writer.close()

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        if batch.num_rows:
            self._writer.write(batch)

    def end_range(self) -> None:
        """Say that the rows so far end a range: they share no row group with those that follow."""
        groups = self._writer.cut()
        self.groups.append(groups - self._cut)
        self._cut = groups
        if self._ends is not None:
            self._ends.append(self._writer.stored)

    def store(self, storage: Storage, task: Task) -> StoredFile | None:
        """Upload the file under a name of its own; nothing where it is optional and has no rows."""
        if self._facts is None:
            raise IntegrityError(f"{task.label}: {self.name} was not ended before it was stored")
        facts = self._facts
        if self.optional and facts.rows == 0:
            return None
        name = f"{task.ordinal:06d}-{task.key[:NAME_KEY_LENGTH]}-{facts.sha256[:8]}{self._ending}"
        path = f"{self.folder}/{name}"
        storage.put_file(path, self.path)
        return StoredFile(
            path,
            facts.rows,
            facts.bytes,
            facts.text_bytes,
            facts.sha256,
            dict(facts.content),
            tuple(self.groups),
            tuple((rows - before, size - less) for (before, less), (rows, size) in pairwise(self._ends or ())),
        )


def commit(storage: Storage, receipt: Receipt) -> bool:
    """Write a receipt last; say whether it was the first. Another attempt's receipt must tell of the same bytes."""
    if storage.put_if_absent(receipt.path, receipt_to_bytes(receipt)):
        return True
    other = receipts_for(storage, [receipt.key]).get(receipt.key)
    if other is None:
        raise TransientError(f"{storage.url}/{receipt.path}: another attempt's receipt has gone while it was read")
    for name in sorted({*receipt.files, *other.files}):
        ours, theirs = receipt.files.get(name), other.files.get(name)
        if ours is None or theirs is None or dict(ours.content) != dict(theirs.content):
            raise IntegrityError(
                f"{receipt.phase} {receipt.ordinal}: two attempts at one task left different {name}; a step is not "
                f"deterministic (its answer may depend on time, order or an unseeded choice). "
                f"Receipt {storage.url}/{receipt.path} holds the first attempt's facts"
            )
    return False
