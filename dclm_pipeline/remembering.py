"""Steps that work across pools: what they keep of one, and how they are held against it later.

A pool is named like any other asset, by a place that begins with `pool:` in keys and manifests. What is kept are tables
of the step's own; the engine knows no column of them but `hash` and `row`.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Protocol, runtime_checkable

import pyarrow as pa
from pydantic import AfterValidator, Field

from dclm_pipeline.step import Batch, PlaceMark, Step, Sweep

# What the place of a pool begins with, wherever the pool lies; its manifest's SHA-256 stands for it.
OF_POOL = "pool:"


def pool_place(place: str) -> str:
    """Return the place of a pool as settings hold it."""
    return place if not place or place.startswith(OF_POOL) else f"{OF_POOL}{place}"


PoolPlace = Annotated[str, PlaceMark(), AfterValidator(pool_place)]


@runtime_checkable
class PoolAssets(Protocol):
    """Where an opened sweep gets what older pools have kept from."""

    def kept(self, place: str, step: "Remembering") -> Sequence[Path]:
        """Return local files that hold what such a step has kept in the pool at `place`."""
        ...


@runtime_checkable
class Remembers(Protocol):
    """Has the verbs of a `Barrier` that is held against what older pools have kept of such a step."""

    def remembered(self, docs: Batch, table: str, found: Batch) -> Batch:
        """Return the rows of a table of kept evidence: `row`, `hash` and the columns that the table has. `found` are
        the last findings about these documents, as `columns` is told them."""
        ...

    def recalled(self, kept: Batch, pool: int, round: int) -> Batch:
        """Return kept rows of older pool number `pool` as evidence of a round, which findings hear among their own:
        `shard` and `row` mean nothing to the engine then."""
        ...


@runtime_checkable
class Retains(Protocol):
    """Has the verb of a `Sweep` whose state is kept once a group of shards has been walked."""

    def retained(self, state: object) -> Iterator[Batch]:
        """Return the state as rows, piece by piece."""
        ...


class Remembering(Step):
    """A barrier or a sweep that can keep what it compares by, and be held against what older pools have kept."""

    # Settings on which kept evidence depends: pools must agree on them.
    compared_by: ClassVar[tuple[str, ...]] = ()

    keep_evidence: bool = Field(
        default=False,
        description="Keep what the step compares by in the pool, so that later crawls are held against it.",
    )
    against: tuple[PoolPlace, ...] = Field(
        default=(),
        description="Older pools that have kept evidence of such a step: what they have goes. The first counts first.",
    )

    def fingerprint(self) -> dict[str, object]:
        """Return what evidence depends on, as plain values: those of two pools must be equal."""
        values = self.model_dump(mode="json", include=set(self.compared_by))
        return {"kind": self.kind, "revision": self.revision, **values}

    @abstractmethod
    def kept_tables(self) -> Mapping[str, pa.Schema]:
        """Return the tables that are kept, by name, with their columns; `hash` is one that all tables of barriers have."""

    def recalled_in(self, round: int) -> str:
        """Return which table of older pools is heard in a round; nothing where none is."""
        del round
        return ""


def retained_by(step: Step | None) -> pa.Schema | None:
    """Return the columns of the state that a sweep keeps, if it keeps any."""
    if not isinstance(step, Sweep) or not isinstance(step, Remembering) or not step.keep_evidence:
        return None
    (schema,) = step.kept_tables().values()
    return schema
