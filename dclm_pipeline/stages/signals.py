"""Numbers about a text, for rules to look at: all from one scan.

Knows no thresholds; those are steps of the kind `between`. To add a signal, add a `Signal` to `SIGNALS`; where it needs
a count that no other needs, add that to `kernels.words` first.

Letters, digits and blanks are those of the running Python's Unicode tables.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.step import Annotate, Batch, Columns

if TYPE_CHECKING:
    from dclm_pipeline.kernels.words import TextCounts


@dataclass(frozen=True)
class Signal:
    """One number a document: its name and type, what it says, who uses it, and how it is had from the counts.

    Numbers of the type float64 are rounded to multiples of 2^-20.
    """

    name: str
    type: pa.DataType
    about: str
    source: str
    of: "Callable[[TextCounts], NDArray[np.int64] | NDArray[np.float64]]"


def _share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return part / whole, 0 where there is nothing."""
    return np.divide(part, whole, out=np.zeros(len(part), np.float64), where=whole > 0)


SIGNALS = (
    Signal(
        "word_count",
        pa.int32(),
        "Words, parted by blanks as `str.split` does.",
        "Rae et al. 2021, appendix A1: 50 to 100,000",
        lambda counts: counts.words,
    ),
    Signal(
        "character_count",
        pa.int32(),
        "Characters, that is code points, blanks included.",
        "none: size",
        lambda counts: counts.characters,
    ),
    Signal(
        "line_count",
        pa.int32(),
        "Lines, parted by line feeds alone; an empty text has none.",
        "none: size",
        lambda counts: np.where(counts.characters > 0, counts.line_feeds + 1, 0),
    ),
    Signal(
        "letter_share",
        pa.float64(),
        "Share of the characters that are letters (`str.isalpha`); 0 for an empty text.",
        "none: tells tables and code from prose",
        lambda counts: _share(counts.letters, counts.characters),
    ),
    Signal(
        "digit_share",
        pa.float64(),
        "Share of the characters that are digits (`str.isdigit`); 0 for an empty text.",
        "none: tells tables and listings from prose",
        lambda counts: _share(counts.digits, counts.characters),
    ),
    Signal(
        "mean_word_length",
        pa.float64(),
        "Characters a word; 0 for a text without words.",
        "Rae et al. 2021, appendix A1: 3 to 10",
        lambda counts: _share(counts.word_characters, counts.words),
    ),
)


class Signals(Annotate):
    """Adds numbers about the text: words, characters, lines, letters, digits."""

    kind: Literal["signals"] = "signals"

    def reads(self) -> frozenset[str]:
        """Return the text."""
        return frozenset({"text"})

    def writes(self) -> pa.Schema:
        """Return one column for each signal."""
        return pa.schema([(signal.name, signal.type) for signal in SIGNALS])

    def columns(self, docs: Batch) -> Columns:
        """Count; of an unknown text nothing is known."""
        from dclm_pipeline.kernels.strings import grained, valid_rows, views
        from dclm_pipeline.kernels.words import count_text

        text = docs["text"].cast(pa.large_string())
        counts = count_text(views(text))
        unknown = ~valid_rows(text)
        arrays = {}
        for signal in SIGNALS:
            values = signal.of(counts)
            if pa.types.is_floating(signal.type):
                values = grained(values.astype(np.float64))
            arrays[signal.name] = pa.array(values, mask=unknown).cast(signal.type)
        return Columns(arrays)
