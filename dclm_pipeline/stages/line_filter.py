"""Lines that are no text of the page: menus, counters, notices. Rules drop or change them, one after another.

Each rule sees what the one before has left, so one step does what a chain of single rules would, with one scan of the
text. What the rules are stands in `line_rules`.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from dclm_pipeline.arrow import Array
from dclm_pipeline.stages.line_rules import (
    Citations,
    Counters,
    Digits,
    LineRule,
    LongestWord,
    Phrases,
    Punctuation,
    Repeats,
    Trim,
    Uppercase,
    Words,
)
from dclm_pipeline.step import UNICODE, Annotate, Assets, Batch, Columns, Rewrite

if TYPE_CHECKING:
    from dclm_pipeline.kernels.lines.rules import Ruled, Rules

_MOST = 2**62
_PLACES = ("any", "prefix", "suffix")
_REMOVED = ("line", "match", "page")


class LineFilter(Rewrite):
    """Drops or changes lines by rules, in order; a page with nothing left is dropped.

    The rules are `uppercase`, `digits`, `counters`, `words`, `longest_word`, `phrases`, `punctuation`, `repeats`, `trim`
    and `citations`; `rules: [{rule: uppercase, most: 0.5}, {rule: words, least: 2}]` is how they are written. With their
    defaults they decide as the line modifiers of DCLM do. Letters are compared regardless of case as `re.IGNORECASE`
    does, repeats by their small letters.
    """

    libraries: ClassVar[tuple[str, ...]] = (UNICODE,)

    kind: Literal["line_filter"] = "line_filter"
    rules: tuple[LineRule, ...] = Field(min_length=1, description="The rules, in the order in which they are applied.")
    breaks: Literal["line_feeds", "any"] = Field(
        default="line_feeds", description="What parts lines; `any`: as `str.splitlines`. They are joined by line feeds."
    )

    def open(self, assets: Assets) -> "OpenedLineFilter":
        """Turn the rules into numbers."""
        del assets
        return OpenedLineFilter(self.rules, self.breaks)


class OpenedLineFilter:
    """Rules as the kernel takes them."""

    def __init__(self, rules: Sequence[LineRule], breaks: str) -> None:
        """Turn the rules into numbers."""
        self._rules = rules_as_numbers(rules)
        self._anywhere = breaks == "any"

    def apply(self, docs: Batch) -> "Ruled":
        """Apply the rules to the text of each row."""
        from dclm_pipeline.kernels.lines.rules import apply_rules
        from dclm_pipeline.kernels.strings import views

        return apply_rules(views(docs["text"].cast(pa.large_string())), self._rules, self._anywhere)

    def text(self, docs: Batch) -> Array:
        """Return what is left of each text; null of one that is unknown, or of which nothing is left."""
        from dclm_pipeline.kernels.strings import array_of, valid_rows

        ruled = self.apply(docs)
        left = np.diff(ruled.offsets) > 0
        return array_of((ruled.offsets, ruled.data), left & valid_rows(docs["text"].cast(pa.large_string())))


class LineMatches(Annotate):
    """Counts the lines that each rule of a `line_filter` with the same settings drops or changes.

    The columns are called by the prefix and the rule; where a rule comes again, `_2`, `_3` follow.
    """

    libraries: ClassVar[tuple[str, ...]] = (UNICODE,)

    kind: Literal["line_matches"] = "line_matches"
    rules: tuple[LineRule, ...] = Field(min_length=1, description="The rules, as in `line_filter`.")
    breaks: Literal["line_feeds", "any"] = Field(default="line_feeds", description="What parts lines.")
    prefix: str = Field(default="lines_", min_length=1, description="What the names of the columns begin with.")

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        if len(set(self.columns_of_rules())) < len(self.rules):
            raise ValueError("two rules would write the same column; use another prefix")
        return self

    def columns_of_rules(self) -> list[str]:
        """Return the column of each rule."""
        numbers = {rule.rule: count(1) for rule in self.rules}
        again = [next(numbers[rule.rule]) for rule in self.rules]
        return [
            f"{self.prefix}{rule.rule}" + (f"_{number}" if number > 1 else "")
            for rule, number in zip(self.rules, again, strict=True)
        ]

    def reads(self) -> frozenset[str]:
        """Return the text."""
        return frozenset({"text"})

    def writes(self) -> pa.Schema:
        """Return one column for each rule."""
        return pa.schema([(name, pa.int32()) for name in self.columns_of_rules()])

    def open(self, assets: Assets) -> "OpenedLineMatches":
        """Turn the rules into numbers."""
        del assets
        return OpenedLineMatches(OpenedLineFilter(self.rules, self.breaks), self.columns_of_rules())


class OpenedLineMatches:
    """Counts what rules do, and forgets what they leave."""

    def __init__(self, rules: OpenedLineFilter, names: Sequence[str]) -> None:
        """Take the rules, and the column of each."""
        self._rules, self._names = rules, names

    def columns(self, docs: Batch) -> Columns:
        """Count; of an unknown text nothing is known."""
        from dclm_pipeline.kernels.strings import valid_rows

        unknown = ~valid_rows(docs["text"].cast(pa.large_string()))
        matched = self._rules.apply(docs).matched
        return Columns(
            {
                name: pa.array(matched[:, place].astype(np.int32), pa.int32(), mask=unknown)
                for place, name in enumerate(self._names)
            }
        )


def rules_as_numbers(rules: Sequence[LineRule]) -> "Rules":
    """Return rules as the kernel takes them."""
    from dclm_pipeline.kernels.characters import folded_codes
    from dclm_pipeline.kernels.lines.phrases import first_pairs, fold_phrase
    from dclm_pipeline.kernels.lines.rules import COLUMNS, FIRST, LAST, ONE, RULE, TRIMS, Rules
    from dclm_pipeline.kernels.words.folding import plain_letters

    numbers = np.zeros((len(rules), COLUMNS), np.int64)
    pairs = np.zeros((len(rules), 1 << 16), np.uint8)
    codes: list[list[int]] = []
    for place, rule in enumerate(rules):
        table = plain_letters() if isinstance(rule, Counters) else folded_codes()
        table = table[:0] if isinstance(rule, Punctuation) or (isinstance(rule, Phrases) and rule.case) else table
        wildcard = rule.wildcard if isinstance(rule, Phrases) else ""
        own = [fold_phrase(phrase, wildcard, table) for phrase in _phrases_of(rule)]
        pairs[place] = first_pairs(own, table)
        numbers[place, FIRST], numbers[place, LAST] = len(codes), len(codes) + len(own)
        codes += own
        settings = list(_settings_of(rule))
        numbers[place, RULE], numbers[place, TRIMS] = _kernel_rule(rule), rule.trim
        numbers[place, ONE : ONE + len(settings)] = settings
    shares = [rule.most if isinstance(rule, Uppercase | Digits) else 0.0 for rule in rules]
    return Rules(
        numbers,
        np.array(shares, np.float64),
        np.array([code for phrase in codes for code in phrase], np.int32),
        np.cumsum([0, *map(len, codes)], dtype=np.int64),
        pairs,
    )


def _kernel_rule(rule: LineRule) -> int:
    from dclm_pipeline.kernels.lines import rules as lines

    numbers = {
        Uppercase: lines.CAPITAL_SHARE,
        Digits: lines.DIGIT_SHARE,
        Counters: lines.COUNTER,
        Words: lines.WORD_COUNT,
        LongestWord: lines.LONGEST_WORD,
        Phrases: lines.PHRASES,
        Punctuation: lines.FINISHED,
        Repeats: lines.REPEATS,
        Trim: lines.TRIM,
        Citations: lines.CITATION,
    }
    return numbers[type(rule)]


def _phrases_of(rule: LineRule) -> Iterator[str]:
    """Yield the phrases that a rule looks for."""
    if isinstance(rule, Phrases):
        yield from rule.phrases
    elif isinstance(rule, Counters):
        yield from rule.words
        if rule.singular:
            yield from (word[:-1] for word in rule.words if len(word) > 1)
    elif isinstance(rule, Punctuation):
        yield rule.ends


def _settings_of(rule: LineRule) -> Iterator[int]:
    """Yield a rule's numbers, as `kernels.lines.rules.Rules` says."""
    match rule:
        case Counters():
            yield rule.words_after
        case Words():
            yield from (rule.least, _MOST if rule.most is None else rule.most, rule.keep_empty)
        case LongestWord():
            yield rule.most
        case Phrases():
            most = -1 if rule.most_words is None else rule.most_words
            yield from (_PLACES.index(rule.place), _REMOVED.index(rule.remove), most, rule.case)
        case Punctuation():
            yield from (rule.blanks_after, rule.ellipses, rule.keep_empty)
        case Repeats():
            yield from (rule.unit == "paragraph", rule.exact)
