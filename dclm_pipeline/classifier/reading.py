"""The documents of a group: read by its source, taken through its steps, whatever else is asked left out.

Runs in this process, without a guard: groups are data sets that somebody chose, not pages of a crawl.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow.compute as pc

from dclm_pipeline.arrow import Array, from_numpy
from dclm_pipeline.engine.segments import cut_chain
from dclm_pipeline.engine.steps.chain import Chain
from dclm_pipeline.engine.steps.sides import ROW
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.sources import InputShard, Reject, Source
from dclm_pipeline.step import Assets, Batch, Step
from dclm_pipeline.storage import Storage, open_storage
from dclm_pipeline.storage.paths import last_name
from dclm_pipeline.tally import StepTally, Tally

ROWS, SIZE = 1024, 8 * 2**20
# Of rows that are no documents so many are told of by place.
_MOST_TOLD = 3

Told = Callable[[str], None]
Opener = Callable[[str], Storage]


def silent(_: str) -> None:
    """Say nothing."""


@dataclass
class Read:
    """What reading came to: files with their digests, what became of their documents, and the first that failed."""

    files: dict[str, str] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    wordless: int = 0
    failures: list[str] = field(default_factory=list)


def failure(reject: Reject, place: str) -> str:
    """Return what is wrong with a row that is no document, and where it stands: `place` is its reading's."""
    where = place or (f"byte {reject.offset:,}" if reject.offset is not None else "")
    found = ", ".join(part for part in (reject.source, where) if part)
    return f"{found}: {reject.reason}" + (f" ({reject.detail})" if reject.detail else "")


class Documents:
    """One pass over the documents of a source, or of several that lie in other places."""

    def __init__(
        self,
        source: Source,
        places: Sequence[str],
        *,
        steps: Sequence[Step] = (),
        assets: Assets,
        seed: int = 0,
        open_place: Opener = open_storage,
        told: Told = silent,
        label: str = "",
    ) -> None:
        """Read `places` through `source`, and what is read through `steps`."""
        # Whole files: their digests are those that everybody else tells of them.
        parts = {"split": None} if "split" in type(source).model_fields else {}
        self._source = source.model_copy(update=parts)
        self._places = places
        self._open_place, self._told, self._label = open_place, told, label
        segments = cut_chain(source.document_schema(), tuple(steps), None, 0.0, seed) if steps else ()
        self._chains = [Chain(segment.layout, assets) for segment in segments]
        self.schema = segments[-1].layout.left_schema if segments else source.document_schema()
        self.read = Read()
        if "text" not in self.schema.names:
            raise RecipeError(
                f"{label}: its documents have no text when they leave the steps; add `extract`, for example"
            )

    def __iter__(self) -> Iterator[tuple[int, Batch]]:
        """Yield documents with words in their text, each batch with the number of its place."""
        documents = 0
        for number, place in enumerate(self._places):
            storage = self._open_place(place)
            shards = tuple(self._source.shards(storage))
            if not shards:
                raise RecipeError(
                    f"{place}: there is nothing that the source {self._source.kind!r} reads; places of sources begin where "
                    "you are"
                )
            for done, shard in enumerate(shards):
                for batch in self._shard(storage, number, shard):
                    yield number, batch
                    documents += batch.num_rows
                    self._told(f"{self._label}: {done} of {len(shards)} files, {documents:,} documents")

    def _shard(self, storage: Storage, number: int, shard: InputShard) -> Iterator[Batch]:
        reading = self._source.read(storage, shard, ROWS, SIZE)
        for chain in self._chains:
            chain.begin()
        for item in reading:
            if isinstance(item, Reject):
                # The tally of the reading counts them all.
                if len(self.read.failures) < _MOST_TOLD:
                    self.read.failures.append(failure(item, reading.place))
                continue
            yield from self._worded(self._through(item, 0))
        for place, chain in enumerate(self._chains, 1):
            last = chain.finish()
            self._count(last.tallies)
            yield from self._worded(self._through(last.docs, place))
        facts = reading.facts
        # Files of several places may be called the same.
        several = f"{number + 1}, {last_name(self._places[number])}: " if len(self._places) > 1 else ""
        self.read.files[f"{several}{shard.name}"] = facts.sha256
        self.read.tally += Tally(source=facts.tally)

    def _through(self, docs: Batch, first: int) -> Batch:
        for chain in self._chains[first:]:
            numbered = docs if ROW in docs.schema.names else _numbered(docs)
            worked = chain.work(numbered)
            self._count(worked.tallies)
            docs = worked.docs
        return docs.select(self.schema.names)

    def _count(self, tallies: Sequence[StepTally]) -> None:
        self.read.tally += Tally(steps=tuple(tallies))

    def _worded(self, docs: Batch) -> Iterator[Batch]:
        """Yield the documents with a word: of others nothing can be learned."""
        if docs.num_rows == 0:
            return
        texts: Array = docs["text"].fill_null("")
        left = docs.filter(pc.match_substring_regex(texts, r"\S"))
        self.read.wordless += docs.num_rows - left.num_rows
        if left.num_rows:
            yield left


def _numbered(docs: Batch) -> Batch:
    return docs.append_column(ROW, from_numpy(np.arange(docs.num_rows, dtype=np.int64)))
