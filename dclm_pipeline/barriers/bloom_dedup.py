"""What was seen before, by a Bloom filter: paragraphs, documents or stretches of which the runs of words are known.

A sweep: documents are taken in the order of their shards, and what is kept of them goes into the filter. So the first
to come stays, and the same shards in the same order give the same documents, whatever the workers. Several `groups`
know nothing of each other.

Costs 1.24 bytes of memory a run of words at a false-positive rate of 0.01. The memory is set aside when the step is
opened, and as much of it used as the filter takes. Known gap: a filter cannot be kept for another crawl; that is one recipe over
both.
"""

import mmap
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field, model_validator

from dclm_pipeline.arrow import Array, from_numpy, schema_of
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.step import UNICODE, Assets, Batch, Columns, Coming, Needs, Sweep

if TYPE_CHECKING:
    from dclm_pipeline.kernels.blocked import Size

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


class BloomDedup(Sweep):
    """Takes out paragraphs, documents or stretches most of whose n-grams were seen before, by a Bloom filter.

    An n-gram is `ngram` tokens in a row: words and marks as Unicode parts them, as they are written. Paragraphs are
    lines: what stands between line feeds. `paragraph` takes out paragraphs of whose n-grams at least `threshold` were
    seen, `document` such documents, `both` such documents first and then paragraphs of those that stay; `substring`
    takes out stretches of at least `least_tokens` tokens. Only what stays is remembered. `old-both` is the rule that
    made DCLM-BASELINE: paragraphs of which more than `threshold` was seen go, and what stays of them is remembered even
    where the document goes after all, because of all its n-grams more than that was seen.

    A document of which nothing is left goes. A paragraph without an n-gram always stays. Writes how many n-grams a
    document had (`ngrams`) and how many of them were seen before (`ngrams_seen`).

    The filter is as large as `false_positives` demands for the n-grams that the group's texts can hold (a third of
    their bytes), or for `expected_ngrams`; it must fit `needs.memory`, of which only as much is used.
    """

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
        if self.shortest is not None and self.shortest > self.ngram:
            raise ValueError(f"shortest is {self.shortest}, more than ngram, {self.ngram}; give less, or leave it out")
        return self

    def reads(self) -> frozenset[str]:
        """Return the text."""
        return frozenset({"text"})

    def writes(self) -> pa.Schema:
        """Return the text and the two numbers."""
        return schema_of(
            pa.field("text", pa.large_string()), pa.field("ngrams", pa.int64()), pa.field("ngrams_seen", pa.int64())
        )

    def open(self, assets: Assets) -> "Sweeper":
        """Set memory aside."""
        del assets
        return Sweeper(self)


class Sweeper:
    """Filters, one after the other, in one stretch of memory that is there before pages are let near it."""

    def __init__(self, settings: BloomDedup) -> None:
        self._settings = settings
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
        size = self._size(expected, f"{coming.text_bytes:,} bytes of text in a group")
        words = np.frombuffer(self._memory, np.uint64, size.bytes // 8)
        if hasattr(mmap, "MADV_DONTNEED"):
            self._memory.madvise(mmap.MADV_DONTNEED)  # what is there reads as zero again, and costs nothing
        else:
            words[:] = 0
        return Filter(words, size.probes, expected)

    def columns(self, docs: Batch, state: object) -> Columns:
        """Return what stays of each text; null texts stay as they are, and nothing is known of their n-grams."""
        from dclm_pipeline.kernels import bloom, verdicts
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
            "keep": from_numpy(swept.facts[:, verdicts.GONE] == 0),
        }
        return Columns(arrays)

    def _size(self, keys: int, why: str) -> "Size":
        """Return the size of a filter for so many n-grams, if there is room for it."""
        from dclm_pipeline.kernels.blocked import MOST_BLOCKS, size_for

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


_PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
# The numbers of `kernels.verdicts`, which is loaded later.
_KERNEL_MODES = {name: number for number, name in enumerate(MODES)}
