"""Files of a source that were replaced in place, and look the same at both ends: told apart by all of their bytes.

A shard is known by its name, its size and the first and last 64 KiB of its file, so that planning need not read a
source. Of files that people edit that is not all: where one has changed on this machine since what was made of it was
written, its bytes are held against the digest that its receipt has, and where that is another one it becomes a part of
what the shard is. A file that was only touched or copied costs one more reading, and remains what it is.

Known gaps: files on servers, and those that change while they are read. No time is in any key.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dclm_pipeline.engine.job import Job
from dclm_pipeline.engine.phases import source_phase
from dclm_pipeline.pools.receipt import FOLDER, Receipt, receipts_for
from dclm_pipeline.sources import InputShard
from dclm_pipeline.sources.window import Window
from dclm_pipeline.storage import Storage, open_storage
from dclm_pipeline.storage.many import at_once


def as_they_are(job: Job, shards: Sequence[InputShard]) -> tuple[InputShard, ...]:
    """Return a source's shards, those of replaced files with the digest of what they are now."""
    folder = job.folder_of(job.segments[0])
    if not job.recipe.source.edited or not (job.source.startswith("/") and folder.startswith("/")) or not shards:
        return tuple(shards)
    source = open_storage(job.source)
    root = Path(source.url).parent if Path(source.url).is_file() else Path(source.url)
    changed = {name: _changed(root / name) for name in {shard.name for shard in shards}}
    oldest = min((_changed(path) for path in Path(folder, FOLDER).glob("*")), default=None)
    if oldest is None or max(changed.values()) <= oldest:
        return tuple(shards)
    tasks = source_phase(job, shards).tasks
    receipts = receipts_for(open_storage(folder), [task.key for task in tasks])

    def settled(place: int) -> InputShard:
        shard, receipt = shards[place], receipts.get(tasks[place].key)
        if receipt is None or changed[shard.name] <= _written(Path(folder), receipt):
            return shard
        digest = _digest(source, shard)
        return shard if digest == receipt.inputs[0].sha256 else replace(shard, edges=f"{shard.edges}:{digest}")

    return tuple(at_once(settled, range(len(shards))))


def _changed(path: Path) -> int:
    """Return when a file was last written, or put in the place of another, in nanoseconds."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return 0  # whoever reads it will say so
    return max(facts.st_mtime_ns, facts.st_ctime_ns)


def _written(folder: Path, receipt: Receipt) -> int:
    """Return when the first of a task's files was written that is still there; 0 where none is."""
    times = (_changed(folder / file.path) for file in receipt.files.values())
    return min((time for time in times if time), default=0)


def _digest(source: Storage, shard: InputShard) -> str:
    with source.open(shard.name) as file:
        return Window(file, shard.start, shard.end).sha256()[0]
