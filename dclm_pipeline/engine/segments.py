"""Cutting a recipe's chain into segments: runs of steps that a worker does in one pass.

A segment ends at a barrier, a reorder, a sweep, at a step with `save: true`, and where the needs of neighbours differ.
Knows reads, writes and verbs; no kinds, no shards.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from dclm_pipeline.engine.steps.layout import Layout
from dclm_pipeline.engine.steps.sides import ROW, number_fields
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe import Recipe, needed_before, schemas_after
from dclm_pipeline.schema import WORKING, in_pool_order
from dclm_pipeline.step import Barrier, Needs, Reorder, Step, Sweep

# What every row keeps on its way: who it is, where it came from, and what ties between duplicates are broken by.
CARRIED = frozenset({"id", "source", "offset", "url", "date"})


@dataclass(frozen=True)
class Segment:
    """Neighbouring steps run in one pass, and what comes after them.

    `ending` is the barrier, reorder or sweep that must hear all shards before the next segment begins. `saved` marks a
    segment whose output lies on the shelf, for every recipe that begins alike.
    """

    number: int
    layout: Layout
    ending: Barrier | Reorder | Sweep | None = None
    saved: bool = False
    needs: Needs = field(default_factory=Needs)

    @property
    def name(self) -> str:
        """Return what people call the segment: its first and last step."""
        names = [step.name for step in self.layout.all_steps] or ["read"]
        return names[0] if len(names) == 1 else f"{names[0]}..{names[-1]}"


@dataclass(frozen=True)
class _Cut:
    steps: tuple[Step, ...]
    after: Barrier | Sweep | None
    ending: Barrier | Reorder | Sweep | None
    saved: bool


def pool_columns(schema: pa.Schema, steps: Sequence[Step], columns: Sequence[str] | None) -> tuple[str, ...]:
    """Return the columns that are left at the end of a chain, in their order."""
    schema = (schema, *schemas_after(schema, steps))[-1]
    if columns is None:
        return tuple(in_pool_order(pa.schema([field for field in schema if field.name not in WORKING])).names)
    missing = [name for name in columns if name not in schema.names]
    if missing:
        raise RecipeError(f"columns: nothing writes {', '.join(missing)}; there are {', '.join(schema.names)}")
    identity = ("id",) if "id" in schema.names else ()
    return tuple(dict.fromkeys((*identity, *columns)))


def segments_of(recipe: Recipe) -> tuple[Segment, ...]:
    """Cut a recipe's chain, and settle which columns are where."""
    return cut_chain(
        recipe.source.document_schema(), recipe.steps, recipe.columns, recipe.limits.dropped_sample, recipe.seed
    )


def cut_chain(
    schema: pa.Schema, steps: Sequence[Step], columns: Sequence[str] | None, dropped_sample: float, seed: int
) -> tuple[Segment, ...]:
    """Cut a chain over documents with the given columns."""
    wanted = pool_columns(schema, steps, columns)
    before = needed_before(steps, frozenset(wanted))
    segments: list[Segment] = []
    place = 0
    cuts = _cuts(steps)
    for number, cut in enumerate(cuts):
        before_steps = (schema, *schemas_after(schema, () if cut.after is None else (cut.after,)))[-1]
        stretches = schemas_after(before_steps, cut.steps)
        running = (before_steps, *stretches)[-1]
        first = place
        place += len(cut.steps)
        last = number == len(cuts) - 1
        leaves = wanted if last else _leaving(running, before[place], cut.saved)
        keeps = tuple(
            before[first + step + 1] | CARRIED | frozenset(leaves) | _numbers(stretch) | {ROW}
            for step, stretch in enumerate(stretches)
        )
        layout = Layout(schema, cut.steps, keeps, leaves, cut.after, dropped_sample, seed)
        needs = _needs(cut)
        segments.append(Segment(number, layout, cut.ending, cut.saved, needs))
        schema = layout.left_schema
        place += 0 if cut.ending is None else 1
    return tuple(segments)


def _needs(cut: _Cut) -> Needs:
    """Return what a segment needs: what its steps agree on, and no less than the sweep that is done with them."""
    needs = cut.steps[0].needs if cut.steps else Needs()
    if not isinstance(cut.after, Sweep):
        return needs
    return joint_needs(needs, cut.after.needs)


def joint_needs(one: Needs, other: Needs) -> Needs:
    """Return what is enough for both of two."""
    return Needs(cpu=max(one.cpu, other.cpu), memory=max(one.memory, other.memory), gpu=max(one.gpu, other.gpu))


def _numbers(schema: pa.Schema) -> frozenset[str]:
    return frozenset(field.name for field in number_fields(schema))


def _leaving(schema: pa.Schema, needed: frozenset[str], saved: bool) -> tuple[str, ...]:
    """Return what an inner segment hands on; a saved one everything, as other recipes may need more of it."""
    kept = needed | CARRIED | _numbers(schema)
    if saved:
        kept = kept | (frozenset(schema.names) - WORKING)
    return tuple(in_pool_order(pa.schema([field for field in schema if field.name in kept])).names)


def _cuts(steps: Sequence[Step]) -> list[_Cut]:
    """Cut where every shard must be heard, where output is saved, and where the needs of neighbours differ."""
    cuts: list[_Cut] = []
    run: list[Step] = []
    after: Barrier | Sweep | None = None
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(step, Barrier | Reorder | Sweep):
            cuts.append(_Cut(tuple(run), after, step, bool(run) and run[-1].save))
            run, after = [], None if isinstance(step, Reorder) else step
            continue
        run.append(step)
        ends = isinstance(following, Barrier | Reorder | Sweep)
        if following is not None and not ends and (step.save or following.needs != step.needs):
            cuts.append(_Cut(tuple(run), after, None, step.save))
            run, after = [], None
    cuts.append(_Cut(tuple(run), after, None, False))
    return cuts
