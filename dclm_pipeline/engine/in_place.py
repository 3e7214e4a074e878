"""A pool whose documents a barrier hears first is not copied: its files are listened to where they lie.

Without a step before the barrier the first segment would copy what a pool holds, and a barrier reads it several times
either way. So its tasks look through the source's files, and leave none of their own where every row is a document as it
stands; what came of the task says which it was. Over a network a copy nearby is better than a source that is read again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dclm_pipeline.engine.job import Job
from dclm_pipeline.engine.segments import Segment
from dclm_pipeline.engine.stored import Stored
from dclm_pipeline.pools.receipt import Receipt, StoredFile
from dclm_pipeline.sources import InputShard
from dclm_pipeline.step import Barrier, Sweep
from dclm_pipeline.storage import is_remote, open_storage


def files_in_place(job: Job, segment: Segment) -> Mapping[str, StoredFile]:
    """Return the source's files that the first segment need not copy, by their shards' names."""
    nearby = not is_remote(job.source) or is_remote(job.out)
    if segment.layout.all_steps or segment.saved or not isinstance(segment.ending, Barrier | Sweep) or not nearby:
        return {}
    names = segment.layout.left_schema.names
    # The size of a shard is that of its texts: without them a copy would have another one.
    if "text" not in names:
        return {}
    files = job.recipe.source.files_in_place(open_storage(job.source))
    return {
        shard: replace(file, content={name: file.content[name] for name in names})
        for shard, file in files.items()
        if not file.groups and file.content.keys() >= set(names)
    }


def stored_of_source(
    job: Job, folder: str, shards: Sequence[InputShard], receipts: Sequence[Receipt], in_place: Mapping[str, StoredFile]
) -> tuple[Stored, ...]:
    """Return where the documents of the first segment are: in files of its own, or in those of the source."""
    return tuple(
        Stored(folder, receipt.files["docs"]) if "docs" in receipt.files else Stored(job.source, in_place[shard.name])
        for shard, receipt in zip(shards, receipts, strict=True)
    )
