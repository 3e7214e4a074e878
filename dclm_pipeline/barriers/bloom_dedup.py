"""What was seen before, by a Bloom filter: paragraphs, documents or stretches of which the runs of words are known.

A sweep: documents are taken in the order of their shards, and what is kept of them goes into the filter. So the first
to come stays, and the same shards in the same order give the same documents, whatever the workers. Several `groups`
know nothing of each other.

Costs 1.24 bytes of memory a run of words at a false-positive rate of 0.01. The memory is set aside when the step is
opened, and as much of it used as the filter takes; filters of older pools, joined to one, take as much again.
"""

import mmap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import Field, model_validator

from dclm_pipeline.arrow import Array, from_numpy, schema_of
from dclm_pipeline.barriers.rails import Limited, complaint, sums_by_source
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.ngrams import check_shortest
from dclm_pipeline.remembering import PoolAssets, Remembering
from dclm_pipeline.step import UNICODE, Assets, Batch, Columns, Coming, Needs, Sweep

if TYPE_CHECKING:
    from dclm_pipeline.kernels.dedup.blocked import Size

# Text has a run for every four to six bytes where words are parted by blanks, and for every three in Chinese.
BYTES_A_RUN = 3
MODES = ("paragraph", "document", "both", "substring", "old-both")


@dataclass
class Filter:
    """The filter of a group of shards, what it was made for, and what it holds."""

    words: NDArray[np.uint64]
    probes: int
    expected: int
    held: int = 0
    documents: int = 0
    # Of each source: documents, bytes of their texts, and how many of those go.
    counts: dict[str | None, NDArray[np.int64]] = field(default_factory=dict)


class BloomDedup(Limited, Remembering, Sweep):
    """Takes out paragraphs, documents or stretches most of whose n-grams were seen before, by a Bloom filter.

    An n-gram is `ngram` tokens in a row: words and marks as Unicode parts them, as they are written. Paragraphs are
    lines: what stands between line feeds. `paragraph` takes out paragraphs of whose n-grams at least `threshold` were
    seen, `document` such documents, `both` such documents first and then paragraphs of those that stay; `substring`
    takes out stretches of at least `least_tokens` tokens. Only what stays is remembered. `old-both` is the rule that
    made DCLM-BASELINE: paragraphs of which more than `threshold` was seen go, and what stays of them is remembered even
    where the document goes after all, because of all its n-grams more than that was seen.

    A document of which nothing is left goes. A paragraph without an n-gram always stays. Writes how many n-grams a
    document had (`ngrams`) and how many of them were seen before (`ngrams_seen`).

    `against` begins with the filters of older pools, all of their groups in one, and has its size: give an older crawl
    `expected_ngrams` enough for those that are to come. `keep_evidence` keeps each group's filter.

    What may go, as a share, is bytes of text, and is judged group by group.

    The filter is as large as `false_positives` demands for the n-grams that the group's texts can hold (a third of
    their bytes), or for `expected_ngrams`; it must fit `needs.memory`, of which only as much is used.
    """

    compared_by: ClassVar[tuple[str, ...]] = ("ngram", "shortest", "false_positives")
    libraries: ClassVar[tuple[str, ...]] = (UNICODE,)

    kind: Literal["bloom_dedup"] = "bloom_dedup"
    needs: Needs = Field(default=Needs(memory=2**31), description="What the step asks of the machine.")
    mode: Literal["paragraph", "document", "both", "substring", "old-both"] = Field(
        default="both", description="What is compared and taken out."
    )
    ngram: int = Field(default=13, ge=1, le=1000, description="Tokens of an n-gram.")
    shortest: int | None = Field(
        default=None,
        ge=1,
        description="Tokens from which on a shorter unit is one n-gram as a whole; null: `ngram`, it has none.",
    )
    threshold: float = Field(default=0.8, gt=0, le=1, description="Share of n-grams seen from which on a unit goes.")
    least_tokens: int = Field(default=50, ge=1, description="Tokens of the shortest stretch; `substring` alone.")
    false_positives: float = Field(
        default=0.01, ge=1e-6, le=0.5, description="Share of new n-grams that the full filter takes for seen."
    )
    expected_ngrams: int | None = Field(
        default=None, ge=1, description="Different n-grams of a group; null: a third of the bytes of its texts."
    )

    @model_validator(mode="after")
    def _shortest_is_shorter(self) -> "BloomDedup":
        check_shortest(self.shortest, self.ngram)
        return self

    def reads(self) -> frozenset[str]:
        """Return the text."""
        return frozenset({"text"})

    def may_read(self) -> frozenset[str]:
        """Return the source, which not all documents have."""
        return frozenset({"source"})

    def judged(self) -> str:
        """Return of what there are shares."""
        return "bytes"

    def writes(self) -> pa.Schema:
        """Return the text and the two numbers."""
        return schema_of(
            pa.field("text", pa.large_string()), pa.field("ngrams", pa.int64()), pa.field("ngrams_seen", pa.int64())
        )

    def kept_tables(self) -> Mapping[str, pa.Schema]:
        """Return the filter, eight bytes a row."""
        return {"filter": pa.schema([pa.field("word", pa.uint64(), nullable=False)])}

    def open(self, assets: Assets) -> "Sweeper":
        """Set memory aside, and read the filters of older pools."""
        if not self.against:
            return Sweeper(self)
        if not isinstance(assets, PoolAssets):
            raise RecipeError(f"{self.name}: `against` names pools, and there is nobody who knows where they lie")
        return Sweeper(self, [path for place in self.against for path in assets.kept(place, self)])


class Sweeper:
    """Filters, one after the other, in one stretch of memory that is there before pages are let near it."""

    def __init__(self, settings: BloomDedup, older: Sequence[Path] = ()) -> None:
        self._settings = settings
        self._older = self._joined(older) if older else None
        if settings.expected_ngrams is not None:
            self._size(settings.expected_ngrams, "expected_ngrams")
        try:
            self._memory = mmap.mmap(-1, max(settings.needs.memory, mmap.PAGESIZE), flags=_PRIVATE)
        except OSError as error:
            raise RecipeError(
                f"{settings.name}: this machine does not give {settings.needs.memory:,} bytes to one process ({error}); "
                "set needs.memory to less"
            ) from error
        if hasattr(mmap, "MADV_HUGEPAGE"):
            self._memory.madvise(mmap.MADV_HUGEPAGE)  # a look-up waits for one fetch from memory instead of two

    def start(self, coming: Coming) -> Filter:
        """Return an empty filter for what is coming, or say that it would be too large."""
        settings = self._settings
        expected = settings.expected_ngrams or max(1, -(-coming.text_bytes // BYTES_A_RUN))
        if self._older is not None:
            return self._begun(self._older, expected)
        size = self._size(expected, f"{coming.text_bytes:,} bytes of text in a group")
        return Filter(self._emptied(size.bytes // 8), size.probes, expected)

    def _emptied(self, count: int) -> NDArray[np.uint64]:
        """Return so many words, all zero."""
        words = np.frombuffer(self._memory, np.uint64, count)
        if hasattr(mmap, "MADV_DONTNEED"):
            self._memory.madvise(mmap.MADV_DONTNEED)  # what is there reads as zero again, and costs nothing
        else:
            words[:] = 0
        return words

    def _begun(self, older: Filter, coming: int) -> Filter:
        """Return a filter that begins with what older pools have seen, if there is room for what is coming."""
        settings = self._settings
        if older.held + coming > older.expected:
            raise RecipeError(
                f"{settings.name}: the filters of older pools hold about {older.held:,} n-grams, and {coming:,} may come: "
                f"together more than the {older.expected:,} that they were made for, at a false-positive rate of "
                f"{settings.false_positives:g}; set expected_ngrams here, if it is known that fewer come, or build the "
                f"older pools with expected_ngrams: {older.held + coming:,} or more"
            )
        words = self._emptied(len(older.words))
        words[:] = older.words
        return Filter(words, older.probes, older.expected, older.held)

    def _joined(self, older: Sequence[Path]) -> Filter:
        """Return the filters of older pools as one, which they can be if they are of one size."""
        from dclm_pipeline.kernels.dedup.blocked import BLOCK_BITS, WORDS, keys_a_block

        settings = self._settings
        files = [pq.ParquetFile(path) for path in older]
        sizes = sorted({file.metadata.num_rows for file in files})
        if len(sizes) > 1:
            told = ", ".join(f"{8 * size:,}" for size in sizes)
            raise RecipeError(
                f"{settings.name}: filters of older pools have different sizes ({told} bytes), and cannot be joined; "
                "build those pools with one and the same expected_ngrams"
            )
        if 2 * 8 * sizes[0] > settings.needs.memory:
            raise RecipeError(
                f"{settings.name}: the filters of older pools take {8 * sizes[0]:,} bytes, twice in memory, and "
                f"needs.memory is {settings.needs.memory:,}; raise that"
            )
        words = np.zeros(sizes[0], np.uint64)
        for file in files:
            place = 0
            for batch in file.iter_batches(_PIECE_WORDS):
                words[place : place + batch.num_rows] |= batch["word"].to_numpy()
                place += batch.num_rows
        held, probes = keys_a_block(settings.false_positives)
        blocks = len(words) // WORDS
        ones = int(sum(np.bitwise_count(part).sum(dtype=np.int64) for part in np.array_split(words, 64)))
        unset = max(1 - ones / (blocks * BLOCK_BITS), 1e-9)
        # How many keys set so many bits, were they spread over all of them.
        return Filter(words, probes, int(blocks * held), round(-log(unset) * blocks * BLOCK_BITS / probes))

    def retained(self, state: object) -> Iterator[Batch]:
        """Return the filter as it is at the end of a group."""
        if isinstance(state, Filter):
            for place in range(0, len(state.words), _PIECE_WORDS):
                yield pa.RecordBatch.from_arrays(
                    [from_numpy(state.words[place : place + _PIECE_WORDS])],
                    schema=self._settings.kept_tables()["filter"],
                )

    def columns(self, docs: Batch, state: object) -> Columns:
        """Return what stays of each text; null texts stay as they are, and nothing is known of their n-grams."""
        from dclm_pipeline.kernels.dedup import bloom, verdicts
        from dclm_pipeline.kernels.strings import array_of, valid_rows, views

        settings = self._settings
        if not isinstance(state, Filter):
            raise TypeError(f"{settings.name}: {type(state).__name__} is no state of this step")
        text = docs["text"].fill_null("").cast(pa.large_string())
        rule = bloom.Rule(
            _KERNEL_MODES[settings.mode],
            settings.ngram,
            settings.shortest or settings.ngram,
            settings.threshold,
            settings.least_tokens,
        )
        swept = bloom.sweep(views(text), rule, state.words, state.probes)
        known = valid_rows(docs["text"].cast(pa.large_string()))
        stays = swept.facts[:, verdicts.GONE] == 0
        self._count(docs, state, np.diff(views(text)[0]), np.where(stays, np.diff(swept.texts[0]), 0))
        state.held += swept.added
        state.documents += docs.num_rows
        if state.held > state.expected:
            raise RecipeError(
                f"{settings.name}: the filter was made for {state.expected:,} n-grams and holds {state.held:,} after "
                f"{state.documents:,} documents: from here on it would take too much for seen; set expected_ngrams to "
                "more, or groups to more"
            )
        arrays: dict[str, Array] = {
            "text": array_of(swept.texts, known),
            "ngrams": pa.array(swept.facts[:, verdicts.RUNS].copy(), mask=~known),
            "ngrams_seen": pa.array(swept.facts[:, verdicts.SEEN].copy(), mask=~known),
            "keep": from_numpy(stays),
        }
        return Columns(arrays)

    def _count(self, docs: Batch, state: Filter, before: NDArray[np.int64], after: NDArray[np.int64]) -> None:
        """Add to what was judged, and to what goes of it, source by source."""
        sums = sums_by_source(docs, before, before - after)
        numbers = np.stack([sums[name].to_numpy() for name in sums.column_names[1:]], axis=1)
        for source, added in zip(sums["source"].to_pylist(), numbers, strict=True):  # few in a batch
            state.counts[source] = state.counts.get(source, np.zeros(3, np.int64)) + added

    def conclude(self, state: object) -> None:
        """Stop where too much of a group goes, or of one source in it."""
        if not isinstance(state, Filter) or not state.counts:
            return
        totals: dict[str | None, NDArray[np.int64]] = {None: np.sum(list(state.counts.values()), axis=0)}
        named = {source: numbers for source, numbers in sorted(state.counts.items(), key=str) if source is not None}
        for source, numbers in (named | totals).items():
            told = complaint(self._settings, source, *numbers.tolist())
            if told:
                raise RecipeError(told)

    def _size(self, keys: int, why: str) -> "Size":
        """Return the size of a filter for so many n-grams, if there is room for it."""
        from dclm_pipeline.kernels.dedup.blocked import MOST_BLOCKS, size_for

        settings = self._settings
        size = size_for(keys, settings.false_positives)
        if size.bytes > settings.needs.memory or size.blocks > MOST_BLOCKS:
            fitting = -(-size.bytes * settings.groups // max(settings.needs.memory, 1))
            raise RecipeError(
                f"{settings.name}: {why}: a filter for {keys:,} n-grams at a false-positive rate of "
                f"{settings.false_positives:g} takes {size.bytes:,} bytes, and needs.memory is "
                f"{settings.needs.memory:,}; raise that, set groups to {fitting:,}, or, if it is known that there are "
                "fewer, expected_ngrams"
            )
        return size


_PIECE_WORDS = 2**20
_PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
# The numbers of `kernels.dedup.verdicts`, which is loaded later.
_KERNEL_MODES = {name: number for number, name in enumerate(MODES)}
