"""Several pools as one source: each document says which pool it is of, and how often it is to stand in what is made.

Reads every document once; whoever makes copies is told by the column `times`. Sizes come from the manifests of the
pools, so what a weight amounts to is settled before anything is read. Known gap: all pools lie below one place.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dclm_pipeline.arrow import schema_of
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.pools.manifest import Manifest, read_manifest
from dclm_pipeline.schema import with_columns
from dclm_pipeline.sources import InputShard, ReadingFacts, Reject, Source
from dclm_pipeline.sources.columns import Columns
from dclm_pipeline.sources.tables import Pool, TableReading
from dclm_pipeline.storage import Storage, open_storage
from dclm_pipeline.storage.paths import below, check_path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")
# As many copies as `repeat` makes of a document at most.
MOST_TIMES = 10_000
_ADDED = schema_of(pa.field("pool", pa.string()), pa.field("times", pa.float64()))


class Part(BaseModel):
    """One pool of a mixture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(default="", description="Where it lies below the source's place; default: its name.")
    times: float | None = Field(
        default=None, ge=0, le=MOST_TIMES, allow_inf_nan=False, description="How often each document is to be repeated."
    )
    weight: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Its share among all pools with a weight, instead of `times`.",
    )
    tokens: int | None = Field(
        default=None, ge=1, description="How many tokens it has, by which weights count; default: bytes of text."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "Part":
        if self.times is not None and self.weight is not None:
            raise ValueError("has `times` and `weight`; the one follows from the other, so give one")
        return self


class Mixture(Columns, Source):
    """Documents of several pools, with the columns `pool`, the name of each one's, and `times`.

    `repeat` with `column: times` makes as many copies. Pools with a weight keep their size together and share it by
    their weights: of pools of 90 and 10 GB with equal weights, 50 GB are taken of each, 0.56 and 5 times all of it.
    """

    revision: ClassVar[int] = 1
    selecting: ClassVar[frozenset[str]] = frozenset({"pools"})

    kind: Literal["mixture"] = "mixture"
    pools: Mapping[str, Part] = Field(
        min_length=1, description="Pools by name, such as `{web: {times: 1}, code: {path: code/pool, times: 2.5}}`."
    )

    def document_schema(self) -> pa.Schema:
        """Return the columns of a pool, the name of each document's pool, and how often it is to be repeated."""
        return with_columns(super().document_schema(), _ADDED)

    @field_validator("pools")
    @classmethod
    def _can_be_told_apart(cls, pools: Mapping[str, Part]) -> Mapping[str, Part]:
        for name, part in pools.items():
            if not _NAME.match(name):
                raise ValueError(f"{name!r} cannot name a pool: letters, digits, '-' and '_', 64 at most")
            check_path(part.path or name)
        places = [part.path or name for name, part in pools.items()]
        twice = next((place for place in places if places.count(place) > 1), None)
        if twice is not None:
            raise ValueError(f"two pools lie at {twice!r}; give one of them more `times`")
        weighted = [part for part in pools.values() if part.weight is not None]
        if any(part.tokens is None for part in weighted) and any(part.tokens is not None for part in weighted):
            raise ValueError(
                "some pools with a weight say how many `tokens` they have; say it of all of them, or of none"
            )
        return pools

    def shards(self, storage: Storage) -> Iterator[InputShard]:
        """List the shards of all pools, in the order in which the recipe names them.

        A shard is what its content, its pool's name and the factor make it, so another factor redoes one pool alone.
        """
        manifests = {name: _manifest(storage, part.path or name) for name, part in self.pools.items()}
        times = self._times(manifests)
        for name, part in self.pools.items():
            for file in manifests[name].shards:
                mark = f"{file.sha256}:{name}:{times[name]!r}"
                yield InputShard(f"{part.path or name}/{file.path}", file.bytes, mark)

    def read(self, storage: Storage, shard: InputShard, rows: int, size: int) -> "MixedReading":
        """Read a shard of one pool."""
        sha256, name, times = shard.edges.split(":")
        pool = Pool(columns=self.columns)
        reading = pool.read(storage, replace(shard, edges=sha256), rows, size)
        return MixedReading(reading, name, float(times))

    def _times(self, manifests: Mapping[str, Manifest]) -> dict[str, float]:
        """Return how often documents of each pool are to be repeated."""
        weighted = {name: part for name, part in self.pools.items() if part.weight is not None}
        sizes = {
            name: part.tokens or sum(file.text_bytes for file in manifests[name].shards)
            for name, part in weighted.items()
        }
        together, weights = sum(sizes.values()), sum(part.weight or 0.0 for part in weighted.values())
        times = {name: 1.0 if part.times is None else part.times for name, part in self.pools.items()}
        for name, part in weighted.items():
            if not sizes[name]:
                raise RecipeError(f"source: the pool {name!r} has no text, so nothing of it can be taken by weight")
            times[name] = (part.weight or 0.0) / weights * together / sizes[name]
            if not 0 < times[name] <= MOST_TIMES:
                unit = "bytes of text" if part.tokens is None else "tokens"
                raise RecipeError(
                    f"source: the weight {part.weight:g} of the pool {name!r} comes to {times[name]:,.6g} times its "
                    f"{sizes[name]:,} {unit}, as all pools with a weight have {together:,} and weigh {weights:g}; a pool is "
                    f"repeated {MOST_TIMES:,} times at most: lower this weight, raise the others, or give `times`"
                )
        return times


class MixedReading:
    """A pass over a shard of one of several pools."""

    def __init__(self, reading: TableReading, pool: str, times: float) -> None:
        """Add to what is read the name of its pool, and how often it is to be repeated."""
        self._reading = reading
        self._pool = pool
        self._times = times

    def __iter__(self) -> Iterator[pa.RecordBatch | Reject]:
        """Yield batches of documents and, between them, rejects."""
        for item in self._reading:
            if isinstance(item, Reject):
                yield item
                continue
            names = pa.repeat(pa.scalar(self._pool, pa.string()), item.num_rows)
            times = pa.repeat(pa.scalar(self._times, pa.float64()), item.num_rows)
            schema = with_columns(item.schema, _ADDED)
            yield pa.RecordBatch.from_arrays([*item.columns, names, times], schema=schema)

    @property
    def place(self) -> str:
        """Return where in the file people find the last reject."""
        return self._reading.place

    @property
    def seen(self) -> int:
        """Return how many bytes of the shard have been read so far."""
        return self._reading.seen

    @property
    def facts(self) -> ReadingFacts:
        """Return what the pass found out; only after its end."""
        return self._reading.facts


def _manifest(storage: Storage, place: str) -> Manifest:
    """Return the manifest of a pool below the source's place."""
    manifest = read_manifest(open_storage(below(storage.url, place)))
    if manifest is None:
        raise RecipeError(f"{below(storage.url, place)}: no manifest.json, so there is no whole pool to mix")
    return manifest
