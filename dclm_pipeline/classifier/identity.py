"""What tells the documents of one classifier from those of another, before any of them is read.

A place says nothing of what lies there, so files are known by their names, sizes, beginnings and ends, as in the keys of
tasks, and steps by their settings and revisions.
"""

from collections.abc import Sequence

from dclm_pipeline.classifier.reading import Opener
from dclm_pipeline.classifier.settings import Group
from dclm_pipeline.engine.keys import describe_source, describe_step, shard_identity
from dclm_pipeline.engine.versions import libraries_of
from dclm_pipeline.stages.decontaminate import Decontaminate
from dclm_pipeline.step import Assets, Step


def documents_of(
    groups: Sequence[Group], clean: Decontaminate | None, assets: Assets, open_place: Opener
) -> list[object]:
    """Return, of each group, its source and files, the steps that documents go through, and what both store with."""
    last: tuple[Step, ...] = () if clean is None else (clean,)
    found: list[object] = []
    for group in groups:
        steps = (*group.steps, *last)
        found.append(
            [
                describe_source(group.source),
                [[shard_identity(shard) for shard in group.source.shards(open_place(place))] for place in group.places],
                [describe_step(step, assets.digest, {}) for step in steps],
                libraries_of(group.source, steps),
            ]
        )
    return found
