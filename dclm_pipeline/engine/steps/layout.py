"""The columns of a chain of steps: a plain value, so that whoever plans knows them without opening a step."""

from dataclasses import dataclass

import pyarrow as pa

from dclm_pipeline.arrow import Field
from dclm_pipeline.engine.steps.sides import number_fields
from dclm_pipeline.schema import with_columns
from dclm_pipeline.step import Barrier, Step, Sweep, Unfold, written_by


@dataclass(frozen=True)
class Layout:
    """Which columns a chain has where: those that enter, those kept after each step, those that leave.

    `after` begins a chain with what a barrier or sweep decided about the rows.
    """

    enters: pa.Schema
    steps: tuple[Step, ...]
    keeps: tuple[frozenset[str], ...]
    leaves: tuple[str, ...]
    after: Barrier | Sweep | None = None
    dropped_sample: float = 0.0
    seed: int = 0

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """Return the steps that can stop a row, in order."""
        return self.steps if self.after is None else (self.after, *self.steps)

    @property
    def blind(self) -> bool:
        """Tell whether no step looks at texts: nothing in them can do harm, or take long."""
        after = self.after
        blind = all(isinstance(step, Unfold) and step.unfolds_blindly for step in self.steps)
        return blind and (after is None or (isinstance(after, Barrier) and after.decides_blindly))

    @property
    def numbers(self) -> list[Field]:
        """Return the columns of numbers that documents have on their way, up to where they become other rows."""
        schema = self.enters
        for step in self.all_steps:
            if isinstance(step, Unfold):
                break
            schema = with_columns(schema, written_by(step))
        return number_fields(schema)

    @property
    def left_schema(self) -> pa.Schema:
        """Return the schema of the documents that leave."""
        schema = self.enters
        for step in self.all_steps:
            schema = step.writes() if isinstance(step, Unfold) else with_columns(schema, written_by(step))
        return pa.schema([schema.field(name) for name in self.leaves])
