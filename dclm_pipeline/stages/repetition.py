"""How much of a text repeats itself: the thirteen numbers of Gopher's repetition filter, for rules to look at.

Knows no thresholds; those are steps of the kind `between`, one a number, so that a drop names the number. Published
readings of the same table decide otherwise on up to one page in eleven; `profile` chooses.
"""

from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from dclm_pipeline.step import UNICODE, Annotate, Batch, Columns

# Rae et al. 2021, table A1, in its order. In brackets the most that it lets pass.
SHARES = (
    "duplicate_line_share",  # 0.30
    "duplicate_paragraph_share",  # 0.30
    "duplicate_line_characters",  # 0.20
    "duplicate_paragraph_characters",  # 0.20
    "top_2gram_characters",  # 0.20
    "top_3gram_characters",  # 0.18
    "top_4gram_characters",  # 0.16
    "duplicate_5gram_characters",  # 0.15
    "duplicate_6gram_characters",  # 0.14
    "duplicate_7gram_characters",  # 0.13
    "duplicate_8gram_characters",  # 0.12
    "duplicate_9gram_characters",  # 0.11
    "duplicate_10gram_characters",  # 0.10
)


class Repetition(Annotate):
    """Adds the shares of a text that repeat: lines, paragraphs, the top run of 2 to 4 words, runs of 5 to 10 words.

    In the profile `dclm` words are those of UAX #29 that begin with a letter or digit, but parted at apostrophes and
    between letters of Hebrew, as by the library that DCLM used; lines and paragraphs lose the blanks around them, all
    copies count, the first too, and the characters are shares of what the words (or lines) hold. In `datatrove`
    punctuation is words too, only later copies count, and the characters are shares of the whole text. In `dolma` words
    stand between blanks, all copies count, runs that overlap each in full, and the characters are shares of what the
    words hold (those of runs: of what all runs hold); it has no numbers of paragraphs: rules about them would drop every
    text. A text without a line has no shares.
    """

    libraries: ClassVar[tuple[str, ...]] = (UNICODE,)
    # 2: the words of `dclm` are those of the library that DCLM used.
    revision: ClassVar[int] = 2

    kind: Literal["repetition"] = "repetition"
    profile: Literal["dclm", "datatrove", "dolma"] = Field(default="dclm", description="Whose reading of the numbers.")

    def reads(self) -> frozenset[str]:
        """Return the text."""
        return frozenset({"text"})

    def writes(self) -> pa.Schema:
        """Return one column for each number."""
        return pa.schema([(name, pa.float64()) for name in SHARES])

    def columns(self, docs: Batch) -> Columns:
        """Look for what repeats; of an unknown text nothing is known."""
        from dclm_pipeline.kernels.strings import valid_rows, views
        from dclm_pipeline.kernels.words.repetition import DATATROVE, DCLM, DOLMA, find_repetition

        text = docs["text"].cast(pa.large_string())
        readings = {"dclm": DCLM, "datatrove": DATATROVE, "dolma": DOLMA}
        shares = find_repetition(views(text), readings[self.profile])
        nothing = ~valid_rows(text) | np.isnan(shares[:, 0])
        unknown = np.isnan(shares) | nothing[:, None]
        return Columns(
            {name: pa.array(shares[:, i].copy(), mask=unknown[:, i].copy()) for i, name in enumerate(SHARES)}
        )
