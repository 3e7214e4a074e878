"""Rules on single lines, as recipes write them. What they do to text is done by `kernels.lines.rules`.

To add a rule, add its settings here and to `LineRule`, a row of numbers in `line_filter`, and a verdict in the kernel.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

# Li et al. 2024 (DCLM), counter lines; Penedo et al. 2023 (RefinedWeb), appendix G.2, names likes and shares.
COUNTED = (
    "likes",
    "shares",
    "comments",
    "retweets",
    "reposts",
    "quotes",
    "bookmarks",
    "upvotes",
    "downvotes",
    "downloads",
    "views",
    "followers",
)


class Rule(BaseModel):
    """Settings that every rule has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trim: bool = Field(default=False, description="Take blanks and blank lines off both ends of the page afterwards.")


class Uppercase(Rule):
    """Drops lines with too many capital letters."""

    rule: Literal["uppercase"] = Field(default="uppercase", description="What the rule is.")
    most: float = Field(default=0.5, ge=0, le=1, description="The highest share of the line's characters.")
    trim: bool = Field(default=True, description="Take blanks and blank lines off both ends of the page afterwards.")


class Digits(Rule):
    """Drops lines with too many digits; by default those of digits alone."""

    rule: Literal["digits"] = Field(default="digits", description="What the rule is.")
    most: float = Field(default=0.999999, ge=0, le=1, description="The highest share of the line's characters.")
    trim: bool = Field(default=True, description="Take blanks and blank lines off both ends of the page afterwards.")


class Counters(Rule):
    """Drops lines that only count something: `3 likes`, `12K views`, `1,234 comments!`."""

    rule: Literal["counters"] = Field(default="counters", description="What the rule is.")
    words: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=COUNTED, min_length=1, description="What is counted, in the plural."
    )
    singular: bool = Field(default=False, description="Also the words without their last letter: `1 like`.")
    words_after: int = Field(default=0, ge=0, description="How many words may follow: with 1 also `3 likes today`.")
    trim: bool = Field(default=True, description="Take blanks and blank lines off both ends of the page afterwards.")


class Words(Rule):
    """Drops lines with too few or too many words, parted by blanks."""

    rule: Literal["words"] = Field(default="words", description="What the rule is.")
    least: int = Field(default=0, ge=0, description="The fewest words.")
    most: int | None = Field(default=None, ge=0, description="The most words.")
    keep_empty: bool = Field(default=True, description="Keep empty lines, whatever the fewest words.")


class LongestWord(Rule):
    """Drops lines with a longer word, parted by blanks."""

    rule: Literal["longest_word"] = Field(default="longest_word", description="What the rule is.")
    most: int = Field(default=1000, ge=1, description="Characters of the longest word that may be.")


class Phrases(Rule):
    """Drops lines that hold a phrase, cuts it out of them, or drops the page."""

    rule: Literal["phrases"] = Field(default="phrases", description="What the rule is.")
    phrases: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        min_length=1, description="The phrases; with `match`, the first in this order where several begin."
    )
    place: Literal["any", "prefix", "suffix"] = Field(default="any", description="Where in the line a phrase stands.")
    remove: Literal["line", "match", "page"] = Field(
        default="line", description="What goes: the line, the phrase with one blank beside it, or the page."
    )
    most_words: int | None = Field(default=None, ge=0, description="Look at lines of at most so many words.")
    case: bool = Field(default=False, description="Tell capitals from small letters.")
    wildcard: str = Field(default="", max_length=1, description="A character that stands for any one.")
    trim: bool = Field(default=True, description="Take blanks and blank lines off both ends of the page afterwards.")

    @model_validator(mode="after")
    def _stays_within_lines(self) -> Self:
        if any("\n" in phrase for phrase in self.phrases):
            raise ValueError("a phrase with a line feed is in no line; split it")
        return self


class Punctuation(Rule):
    """Drops lines that do not end a sentence."""

    rule: Literal["punctuation"] = Field(default="punctuation", description="What the rule is.")
    ends: str = Field(default='.!?"…', min_length=1, description="The characters that end a sentence.")
    ellipses: bool = Field(default=True, description="Keep lines that end in an ellipsis: `...` or `…`.")
    blanks_after: bool = Field(default=True, description="Look past blanks at the end of the line.")
    keep_empty: bool = Field(default=True, description="Keep empty lines.")


class Repeats(Rule):
    """Drops lines or paragraphs that the page has had before; blank ones stay."""

    rule: Literal["repeats"] = Field(default="repeats", description="What the rule is.")
    unit: Literal["line", "paragraph"] = Field(default="line", description="Paragraphs are parted by an empty line.")
    exact: bool = Field(default=False, description="Tell capitals from small letters, and look at blanks at the ends.")


class Trim(Rule):
    """Takes the blanks off both ends of every line."""

    rule: Literal["trim"] = Field(default="trim", description="What the rule is.")


class Citations(Rule):
    """Cuts `[1]`, `[]`, `[edit]` and `[citation needed]` out of lines."""

    rule: Literal["citations"] = Field(default="citations", description="What the rule is.")


LineRule = Annotated[
    Uppercase | Digits | Counters | Words | LongestWord | Phrases | Punctuation | Repeats | Trim | Citations,
    Field(discriminator="rule"),
]
