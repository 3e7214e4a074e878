"""What a worker process keeps from task to task: opened storages, guards with their models, private scratch.

Everything here can be thrown away at any moment: it is kept because making it anew is slow.
"""

import contextlib
import hashlib
import pickle
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from dclm_pipeline.engine.child.guard import Guard, Unguarded
from dclm_pipeline.engine.child.nurseries import Nurseries
from dclm_pipeline.engine.child.programs import ChainProgram, EvidenceProgram
from dclm_pipeline.engine.scratch import PrivateFolder
from dclm_pipeline.engine.stored import Inventory, Portion, Stored, read_inventory
from dclm_pipeline.engine.tasks import Conditions
from dclm_pipeline.pools.mapped import MAPPED, read_mapped
from dclm_pipeline.pools.parquet import read_shard
from dclm_pipeline.storage import Storage, open_storage
from dclm_pipeline.storage.cached import cached

# Stored documents are many times smaller than the pages they came from, so as many more make a batch.
STORED_FACTOR = 8
# And as many times more of those without texts, and of the rows of an exchange.
SHORT_FACTOR = 16
MOST_LISTED = 4  # of evidence, and of what older pools have kept
MOST_GUARDS = 4  # the program at hand and the one before: a worker seldom goes back further


class Workshop:
    """The tools of one worker process, under given conditions."""

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions
        self._storages: dict[str, Storage] = {}
        self._sources: dict[str, Storage] = {}
        self._guards: dict[str, Guard | Unguarded] = {}
        self._nurseries = Nurseries()
        self._scratch: PrivateFolder | None = None
        self._tasks = 0
        self._listed: dict[tuple[Inventory, int | None, int | None], tuple[Portion, ...]] = {}

    def storage(self, url: str) -> Storage:
        """Return the storage at a place."""
        if url not in self._storages:
            self._storages[url] = open_storage(url)
        return self._storages[url]

    def source(self, url: str) -> Storage:
        """Return the storage that a source is read from: a server's objects are kept, where there is a cache."""
        cache = self.conditions.cache
        if cache is None:
            return self.storage(url)
        if url not in self._sources:
            self._sources[url] = cached(self.storage(url), Path(cache))
        return self._sources[url]

    def guard(self, program: ChainProgram | EvidenceProgram) -> Guard | Unguarded:
        """Return a guard that runs `program`, started before if it was needed before.

        What the program's steps need is had on this machine first: who opens them has neither network nor environment.
        """
        key = hashlib.sha256(pickle.dumps(program)).hexdigest()
        if key not in self._guards:
            while len(self._guards) >= MOST_GUARDS:
                self._guards.pop(next(iter(self._guards))).close()
            ready = replace(program, assets=program.assets.at_hand())
            # A chain that looks at no text does nothing to its documents that could go wrong.
            blind = isinstance(program, ChainProgram) and program.layout().blind
            guarded = self.conditions.guard and not blind
            self._guards[key] = Guard(ready, self.conditions.limits, self._nurseries) if guarded else Unguarded(ready)
        return self._guards[key]

    def read(self, stored: Stored, columns: Sequence[str] | None = None, times: int = 1) -> Iterator[pa.RecordBatch]:
        """Read a stored file in small batches, or as many `times` larger ones, wherever its rows lie now."""
        path = stored.file.path if stored.within is None else stored.within.path
        batches = self.read_portion(Portion(stored.folder, path), columns, times=times)
        return batches if stored.within is None else _rows(batches, stored.within.start, stored.file.rows)

    def read_portion(
        self,
        portion: Portion,
        columns: Sequence[str] | None = None,
        holding: tuple[str, Sequence[int]] | None = None,
        times: int = 1,
    ) -> Iterator[pa.RecordBatch]:
        """Read what is looked at of a listed file, in small batches; a file of which that is nothing is not opened."""
        if portion.groups == ():
            return iter(())
        storage, rows, size = (
            self.storage(portion.folder),
            self.conditions.rows * STORED_FACTOR * times,
            self.conditions.size,
        )
        if portion.path.endswith(MAPPED):
            return read_mapped(storage, portion.path, columns, rows, size, portion.groups)
        return read_shard(storage, portion.path, columns, rows, size, portion.groups, holding=holding)

    def listed(
        self, inventory: Inventory | None, place: int | None = None, last: int | None = None
    ) -> tuple[Portion, ...]:
        """Return what an inventory lists, of the ranges from `place` to `last` where they are given.

        The last ones read are kept, as neighbouring tasks look at the same."""
        if inventory is None:
            return ()
        asked = inventory, place, last
        if asked not in self._listed:
            while len(self._listed) >= MOST_LISTED:
                self._listed.pop(next(iter(self._listed)))
            self._listed[asked] = read_inventory(self.storage(inventory.folder), inventory, place, last)
        return self._listed[asked]

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give a private folder that is gone afterwards."""
        if self._scratch is None:
            self._scratch = PrivateFolder("dclm-work-", self.conditions.scratch)
        folder = self._scratch.path / f"{self._tasks:06d}"
        self._tasks += 1
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """End the guards, and leave nothing on scratch."""
        for guard in self._guards.values():
            guard.close()
        self._guards.clear()
        self._nurseries.close()
        if self._scratch is not None:
            self._scratch.remove()
            self._scratch = None


def _rows(batches: Iterator[pa.RecordBatch], start: int, count: int) -> Iterator[pa.RecordBatch]:
    """Yield so many rows from row `start` on."""
    for batch in batches:
        if count <= 0:
            return
        passed = min(start, batch.num_rows)
        start -= passed
        part = batch.slice(passed, count)
        count -= part.num_rows
        if part.num_rows:
            yield part
