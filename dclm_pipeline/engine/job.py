"""A job: one recipe over one source into one place, and the questions that the engine asks of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.engine.keys import (
    describe_source,
    describe_step,
    key_of,
    segment_key,
    shard_identity,
)
from dclm_pipeline.engine.segments import Segment, segments_of
from dclm_pipeline.engine.versions import libraries_of
from dclm_pipeline.recipe import Recipe
from dclm_pipeline.remembering import Remembering
from dclm_pipeline.sources import InputShard
from dclm_pipeline.step import Reorder, Step
from dclm_pipeline.storage.paths import below


@dataclass(frozen=True)
class Job:
    """What is to be built, from what, and where; `codes` are the digests of the user's own modules."""

    recipe: Recipe
    source: str
    out: str
    saved: str
    assets: FetchedAssets
    codes: Mapping[str, str]

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Return the segments of the chain."""
        return segments_of(self.recipe)

    @property
    def keeping(self) -> tuple[str, ...]:
        """Return the names of the steps whose evidence becomes a part of the pool."""
        return tuple(step.name for step in self.recipe.steps if isinstance(step, Remembering) and step.keep_evidence)

    def key_of_segment(self, segment: Segment) -> str:
        """Return the key of what a segment does."""
        source = self.recipe.source if segment.number == 0 else None
        return segment_key(segment, source, self.recipe.limits, self.codes, self.assets.digest)

    def key_up_to(self, segment: Segment) -> str:
        """Return the key of all steps up to a segment's end: where its output lies on the shelf."""
        return key_of([self.key_of_segment(earlier) for earlier in self.segments[: segment.number + 1]])

    def folder_of(self, segment: Segment) -> str:
        """Return the folder for what a segment leaves: the pool, the shelf, or the pool's workplace."""
        if segment.number == len(self.segments) - 1:
            return self.out
        if segment.saved:
            return below(self.saved, self.shelf_name(segment))
        return below(self.out, f"work/{segment.number}-{self.shelf_name(segment)}")

    def shelf_name(self, segment: Segment) -> str:
        """Return what a segment's folder is called: it stands for all steps so far."""
        return self.key_up_to(segment)[:16]

    def side_folder_of(self, segment: Segment) -> str:
        """Return where, below a segment's folder, tasks leave rejects and signals until they are joined."""
        return f"work/{segment.number}/" if segment.saved or segment.number == len(self.segments) - 1 else ""

    def libraries_up_to(self, segment: Segment) -> dict[str, str]:
        """Return the versions of the libraries whose output lies in what a segment leaves."""
        return libraries_of(self.recipe.source, self.steps_up_to(segment))

    def steps_up_to(self, segment: Segment) -> tuple[Step, ...]:
        """Return the steps of the chain up to a segment's end."""
        steps: list[Step] = []
        for earlier in self.segments[: segment.number + 1]:
            steps += earlier.layout.all_steps
            if isinstance(earlier.ending, Reorder) and earlier.number < segment.number:
                steps.append(earlier.ending)
        return tuple(steps)

    def effective(self, segment: Segment) -> dict[str, Any]:
        """Return the recipe of what a segment leaves, as plain values and without places."""
        recipe = self.recipe
        last = segment.number == len(self.segments) - 1
        # A saved prefix belongs to every recipe that begins with it: nothing of this one's name or end is in it.
        return {
            "name": recipe.name if last else f"saved after {segment.layout.all_steps[-1].name}",
            "source": describe_source(recipe.source),
            "steps": [describe_step(step, self.assets.digest, self.codes) for step in self.steps_up_to(segment)],
            "columns": list(segment.layout.leaves),
            "seed": recipe.seed,
            "limits": recipe.limits.model_dump(mode="json", exclude=set() if last else {"shard_bytes"}),
        }

    def pool_key(self, shards: tuple[InputShard, ...], segment: Segment) -> str:
        """Return the key of a whole pool: the work up to a segment's end, and the input it is done to."""
        last = segment.number == len(self.segments) - 1
        return key_of(
            self.key_up_to(segment),
            [describe_step(step, self.assets.digest, self.codes) for step in self.steps_up_to(segment)],
            [self.recipe.name, self.recipe.limits.shard_bytes, self.recipe.limits.failed_share] if last else [],
            *([{"evidence": list(self.keeping)}] if last and self.keeping else ()),
            [shard_identity(shard) for shard in shards],
        )
