"""How many words earlier steps have taken out of a text: counted before them, and looked at after them.

A page of which much was cut is mostly menus and notices, and what is left is seldom worth keeping.
"""

from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from dclm_pipeline.schema import is_number
from dclm_pipeline.step import UNICODE, Annotate, Batch, Columns, Filter

BEFORE = "previous_word_count"


class CountWords(Annotate):
    """Adds how many words the text has now, for a later step to compare with.

    Words are parted by ASCII blanks and begin with a letter or digit, as DCLM counts them with fastText's splitter: what
    stands in quotes or brackets is no word, and text without blanks is one.
    """

    libraries: ClassVar[tuple[str, ...]] = (UNICODE,)

    kind: Literal["count_words"] = "count_words"
    column: str = Field(default=BEFORE, min_length=1, description="The column that is added.")

    def reads(self) -> frozenset[str]:
        """Return the text."""
        return frozenset({"text"})

    def writes(self) -> pa.Schema:
        """Return the column of the count."""
        return pa.schema([(self.column, pa.int32())])

    def columns(self, docs: Batch) -> Columns:
        """Count; of an unknown text nothing is known."""
        counts, unknown = _counts(docs)
        return Columns({self.column: pa.array(counts, mask=unknown).cast(pa.int32())})


class WordsRemoved(Filter):
    """Drops texts that have lost too large a share of their words since `count_words`, or had none then.

    More words than before is no loss. What was not counted before, or is unknown now, does not pass.
    """

    libraries: ClassVar[tuple[str, ...]] = (UNICODE,)

    kind: Literal["words_removed"] = "words_removed"
    before: str = Field(default=BEFORE, min_length=1, description="The column that says how many words there were.")
    # Li et al. 2024 (DCLM) and Penedo et al. 2023 (RefinedWeb), appendix G.2: more than 5 % drops the page.
    most: float = Field(default=0.05, ge=0, le=1, description="The largest share of the words that may be gone.")

    def reads(self) -> frozenset[str]:
        """Return the text and the column of the count."""
        return frozenset({"text", self.before})

    def misfit(self, documents: pa.Schema) -> str:
        """Say that the column does not hold numbers."""
        field = documents.field(self.before)
        return "" if is_number(field) else f"compares numbers, and {self.before!r} is {field.type}"

    def keep(self, docs: Batch) -> pa.BooleanArray:
        """Compare the words of each row with how many there were."""
        now, unknown = _counts(docs)
        before = docs[self.before]
        counted = np.asarray(before.is_valid().to_numpy(zero_copy_only=False), np.bool_) & ~unknown
        numbers = before.cast(pa.float64()).fill_null(0).to_numpy(zero_copy_only=False)
        had = numbers > 0
        lost = np.divide(numbers - now, numbers, out=np.ones(len(now), np.float64), where=had)
        return pa.array(counted & had & (lost <= self.most), pa.bool_())


def _counts(docs: Batch) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the words of each text, and which texts are unknown."""
    from dclm_pipeline.kernels.strings import valid_rows, views
    from dclm_pipeline.kernels.words.first_letters import count_first_letters

    text = docs["text"].cast(pa.large_string())
    return count_first_letters(views(text)), ~valid_rows(text)
