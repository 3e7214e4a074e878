"""Numbers about a text, for rules to look at: all from one scan.

Knows no thresholds; those are steps of the kind `between`. What there is stands in `signals_plain` and
`signals_of_peers`. Repeated lines and
n-grams are another step's; so are words by the rules of Unicode.

Letters, digits and blanks are those of the running Python's Unicode tables. Words are parted by blanks, so numbers of
words say little of scripts that have none (`unspaced_share` tells).
"""

from functools import cache
from typing import Literal, Self

import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from dclm_pipeline.stages.signal import Part, Signal
from dclm_pipeline.stages.signals_of_peers import PEER_SIGNALS
from dclm_pipeline.stages.signals_plain import PLAIN_SIGNALS
from dclm_pipeline.step import Annotate, Assets, Batch, Columns

SIGNALS = (*PLAIN_SIGNALS, *PEER_SIGNALS)
ENGLISH = ("the", "be", "to", "of", "and", "that", "have", "with")  # Rae et al. 2021, appendix A1


class Signals(Annotate):
    """Adds numbers about the text: characters, words, lines, sentences and phrases, as the filters of DCLM, datatrove,
    FineWeb, dolma and C4 define them.

    A plain name has DCLM's definition; where datatrove or dolma count otherwise, theirs has a name of its own.
    """

    kind: Literal["signals"] = "signals"
    revision = 2
    only: tuple[str, ...] = Field(
        default=(), description="Names of numbers, or of groups of them, that are wanted; none: all."
    )
    stop_words: tuple[str, ...] = Field(
        default=ENGLISH, min_length=1, description="Stop words of the language, in small letters."
    )

    @field_validator("only")
    @classmethod
    def _is_known(cls, only: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in only if name not in _by_name()]:
            raise ValueError(f"there is no number or group {', '.join(unknown)}; there are {', '.join(_by_name())}")
        return only

    @model_validator(mode="after")
    def _words_are_words(self) -> Self:
        for word in self.stop_words:
            if word.split() != [word]:
                raise ValueError(f"{word!r} is no word; a stop word has no blanks")
            if word.lower() != word:
                raise ValueError(f"stop words are in small letters; write {word.lower()!r} for {word!r}")
        if len({word.replace("ς", "σ") for word in self.stop_words}) < len(self.stop_words):
            raise ValueError("a stop word is there twice; leave one out")
        return self

    def reads(self) -> frozenset[str]:
        """Return the text."""
        return frozenset({"text"})

    def writes(self) -> pa.Schema:
        """Return one column for each number that is wanted."""
        return pa.schema([(signal.name, signal.type) for signal in self.wanted()])

    def wanted(self) -> tuple[Signal, ...]:
        """Return the numbers that are wanted, in the order of the table."""
        names = {signal.name for name in self.only for signal in _by_name()[name]}
        return tuple(signal for signal in SIGNALS if signal.name in names or not self.only)

    def open(self, assets: Assets) -> Self:
        """Make the tables of characters, which takes a second, before there are documents."""
        from dclm_pipeline.kernels.traits import text_table

        del assets
        text_table()
        return self

    def columns(self, docs: Batch) -> Columns:
        """Count; of an unknown text nothing is known."""
        from dclm_pipeline.kernels.strings import valid_rows, views
        from dclm_pipeline.kernels.words import WITH_PHRASES, WITH_PIECES, WITH_STOP_WORDS, count_text

        bits: dict[Part, int] = {
            "": 0,
            "pieces": WITH_PIECES,
            "stop words": WITH_STOP_WORDS,
            "phrases": WITH_PHRASES,
        }
        parts = sum({bits[signal.part] for signal in self.wanted()})
        text = docs["text"].cast(pa.large_string())
        counts = count_text(views(text), self.stop_words, parts)
        unknown = ~valid_rows(text)
        return Columns(
            {signal.name: pa.array(signal.of(counts), mask=unknown).cast(signal.type) for signal in self.wanted()}
        )

    @classmethod
    def appendix(cls) -> str:
        """Return the table of the numbers."""
        head = ["| number | what it says | who asks for what | groups |", "|---|---|---|---|"]
        lines = (
            f"| `{signal.name}` | {signal.about} | {signal.source} | {', '.join(signal.groups)} |" for signal in SIGNALS
        )
        return "\n".join([*head, *lines])


@cache
def _by_name() -> dict[str, tuple[Signal, ...]]:
    """Return the numbers by their names, and by the names of their groups."""
    groups = dict.fromkeys(group for signal in SIGNALS for group in signal.groups)
    return {group: tuple(signal for signal in SIGNALS if group in signal.groups) for group in groups} | {
        signal.name: (signal,) for signal in SIGNALS
    }
