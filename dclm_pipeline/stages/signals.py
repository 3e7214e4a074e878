"""Numbers about a text, for rules to look at: all from one scan.

Knows no thresholds; those are steps of the kind `between`. What there is stands in `signals_plain` and
`signals_of_peers`. Repeated lines and
n-grams are another step's; so are words by the rules of Unicode.

Letters, digits and blanks are those of the running Python's Unicode tables. Words are parted by blanks, so numbers of
words say little of scripts that have none (`unspaced_share` tells).
"""

from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from dclm_pipeline.stages.comparing import places_among, sort_of
from dclm_pipeline.stages.profile import check_stop_words
from dclm_pipeline.stages.signal import Part, Signal
from dclm_pipeline.stages.signals_of_peers import PEER_SIGNALS
from dclm_pipeline.stages.signals_plain import PLAIN_SIGNALS
from dclm_pipeline.stages.words_by import WordsBy
from dclm_pipeline.step import UNICODE, Annotate, Assets, Batch, Columns

if TYPE_CHECKING:
    from dclm_pipeline.kernels.words.stop_words import StopLists

SIGNALS = (*PLAIN_SIGNALS, *PEER_SIGNALS)
ENGLISH = ("the", "be", "to", "of", "and", "that", "have", "with")  # Rae et al. 2021, appendix A1


class Signals(Annotate):
    """Adds numbers about the text: characters, words, lines, sentences and phrases, as the filters of DCLM, datatrove,
    FineWeb, dolma and C4 define them.

    A plain name has DCLM's definition; where datatrove or dolma count otherwise, theirs has a name of its own. With
    `stop_words_by`, each text is held against the stop words of its own language; where there are none for it, or its
    language is unknown, so are the numbers of stop words.
    """

    libraries: ClassVar[tuple[str, ...]] = (UNICODE,)

    kind: Literal["signals"] = "signals"
    revision = 3
    only: tuple[str, ...] = Field(
        default=(), description="Names of numbers, or of groups of them, that are wanted; none: all."
    )
    stop_words: tuple[str, ...] = Field(
        default=ENGLISH, min_length=1, description="Stop words of the language, in small letters."
    )
    stop_words_by: WordsBy | None = Field(
        default=None, description="Instead, those of each value of a column: `{column, words, file}`."
    )

    @field_validator("only")
    @classmethod
    def _is_known(cls, only: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in only if name not in _by_name()]:
            raise ValueError(f"there is no number or group {', '.join(unknown)}; there are {', '.join(_by_name())}")
        return only

    @field_validator("stop_words")
    @classmethod
    def _are_words(cls, stop_words: tuple[str, ...]) -> tuple[str, ...]:
        check_stop_words(stop_words)
        return stop_words

    @model_validator(mode="after")
    def _has_one_list_a_text(self) -> Self:
        if self.stop_words_by is not None and self.stop_words != ENGLISH:
            raise ValueError("with `stop_words_by` no others count; give `stop_words` as `words` there")
        return self

    def reads(self) -> frozenset[str]:
        """Return the text, and the column that chooses stop words."""
        return frozenset({"text"} if self.stop_words_by is None else {"text", self.stop_words_by.column})

    def misfit(self, documents: pa.Schema) -> str:
        """Say which column cannot be used so."""
        if self.stop_words_by is None or sort_of(documents.field(self.stop_words_by.column)) == "text":
            return ""
        other = documents.field(self.stop_words_by.column)
        return f"chooses stop words by texts, and {other.name!r} is {other.type}"

    def writes(self) -> pa.Schema:
        """Return one column for each number that is wanted."""
        return pa.schema([(signal.name, signal.type) for signal in self.wanted()])

    def wanted(self) -> tuple[Signal, ...]:
        """Return the numbers that are wanted, in the order of the table."""
        names = {signal.name for name in self.only for signal in _by_name()[name]}
        return tuple(signal for signal in SIGNALS if signal.name in names or not self.only)

    def open(self, assets: Assets) -> "OpenedSignals":
        """Make the tables of characters, which takes a second, and of stop words, before there are documents."""
        from dclm_pipeline.kernels.words.stop_words import stop_lists
        from dclm_pipeline.kernels.words.traits import text_table

        text_table()
        by = self.stop_words_by
        if by is None:
            return OpenedSignals(self, "", (), stop_lists((self.stop_words,)))
        words = (by.with_file(assets.path(by.file)) if by.file else by).words
        return OpenedSignals(self, by.column, tuple(words), stop_lists(tuple(words.values())))

    @classmethod
    def appendix(cls) -> str:
        """Return the table of the numbers."""
        head = ["| number | what it says | who asks for what | groups |", "|---|---|---|---|"]
        lines = (
            f"| `{signal.name}` | {signal.about} | {signal.source} | {', '.join(signal.groups)} |" for signal in SIGNALS
        )
        return "\n".join([*head, *lines])


@dataclass(frozen=True)
class OpenedSignals:
    """The settings with their stop words: the value of the column `by` that each list is for, or one list for all."""

    settings: Signals
    by: str
    values: tuple[str, ...]
    lists: "StopLists"

    def columns(self, docs: Batch) -> Columns:
        """Count; of an unknown text nothing is known."""
        from dclm_pipeline.kernels.strings import valid_rows, views
        from dclm_pipeline.kernels.words.counts import (
            WITH_PHRASES,
            WITH_PIECES,
            WITH_REST,
            WITH_STOP_WORDS,
            count_by_list,
        )

        bits: dict[Part, int] = {
            "words": 0,
            "stop words": WITH_STOP_WORDS,
            "rest": WITH_REST,
            "stop characters": WITH_STOP_WORDS | WITH_REST,
            "pieces": WITH_PIECES | WITH_REST,
            "phrases": WITH_PHRASES | WITH_REST,
        }
        wanted = self.settings.wanted()
        parts = reduce(or_, (bits[signal.part] for signal in wanted))
        text = docs["text"].cast(pa.large_string())
        choices = places_among(docs[self.by], self.values) if self.by else np.zeros(len(text), np.int64)
        counts = count_by_list(views(text), self.lists, choices, parts)
        unknown = ~valid_rows(text)
        unlisted = unknown | (choices < 0)
        return Columns(
            {
                signal.name: pa.array(signal.of(counts), mask=unlisted if signal.listed else unknown).cast(signal.type)
                for signal in wanted
            }
        )


@cache
def _by_name() -> dict[str, tuple[Signal, ...]]:
    """Return the numbers by their names, and by the names of their groups."""
    groups = dict.fromkeys(group for signal in SIGNALS for group in signal.groups)
    return {group: tuple(signal for signal in SIGNALS if group in signal.groups) for group in groups} | {
        signal.name: (signal,) for signal in SIGNALS
    }
