"""Bringing rows together that lie in one range of every file of an inventory, in the order of their key.

What a reorder asks for, done by the task that goes on with the rows: they are not written once more on the way.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from dclm_pipeline.engine.ordering import KEY, Ordered
from dclm_pipeline.engine.stored import Inventory, Scattered
from dclm_pipeline.engine.workshop import SHORT_FACTOR, Workshop
from dclm_pipeline.storage.many import at_once


def in_order(
    workshop: Workshop, scattered: Scattered, columns: Sequence[str], rows: int, scratch: Path
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a range in order, few enough at a time; more than stay in memory lie on scratch meanwhile."""
    scratch.mkdir(exist_ok=True)
    ordered = Ordered(scratch, 1)
    for batches in of_range(workshop, scattered.inventory, scattered.place, [*columns, KEY]):
        for batch in batches:
            ordered.add(batch)
    yield from ordered.batches(rows, workshop.conditions.size)


def of_range(
    workshop: Workshop, inventory: Inventory, place: int, columns: Sequence[str] | None = None
) -> Iterable[list[pa.RecordBatch]]:
    """Yield the rows of one range, file by file; the files are asked for many at once."""
    return at_once(
        lambda portion: list(workshop.read_portion(portion, columns, times=SHORT_FACTOR)),
        workshop.listed(inventory, place),
    )
