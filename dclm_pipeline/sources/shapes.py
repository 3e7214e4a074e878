"""Texts that stand in several fields of a row: how one is put together of them.

Knows names and places in a row, and how answers are ranked; not what a text is good for. A row that a shape passes by
is counted by its reason, as it is no failure.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from dclm_pipeline.sources.texts import NoDocumentError

_ABSENT = object()


class PassedByError(Exception):
    """A row that a shape has no use for; the message is a short, countable reason."""


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    between: str = Field(default="\n", description="What stands between the parts.")

    def _joined(self, parts: Sequence[object]) -> str:
        """Join the parts that say something."""
        for part in parts:
            if part is not None and not isinstance(part, str):
                raise NoDocumentError("text is no string", type(part).__name__)
        return self.between.join(str(part) for part in parts if part)


class Joined(_Shape):
    """The texts of several fields, one after the other; empty ones are left out."""

    kind: Literal["joined"] = "joined"
    fields: tuple[str, ...] = Field(min_length=1, description="The fields, in their order.")

    def named(self) -> tuple[str, ...]:
        """Return the fields that are looked at."""
        return self.fields

    def text(self, row: Mapping[str, Any]) -> str:
        """Return the text of a row."""
        return self._joined([found(row, parts(field)) for field in self.fields])


class BestAnswer(_Shape):
    """A question and its best answer: that of the highest score, of equal ones the longest."""

    kind: Literal["best_answer"] = "best_answer"
    question: tuple[str, ...] = Field(min_length=1, description="The fields of the question, such as title and body.")
    answers: str = Field(default="answers.text", description="The field that holds a list of answers.")
    scores: str = Field(default="answers.score", description="The field that holds a list of their scores.")
    least_answers: int = Field(default=1, ge=1, description="Answers that a question needs.")
    least_score: float | None = Field(default=None, description="Score that the best answer needs; null: any.")
    question_score: str = Field(default="score", description="The field of the question's own score.")
    least_question_score: float | None = Field(default=None, description="Score that a question needs; null: any.")

    def named(self) -> tuple[str, ...]:
        """Return the fields that are looked at."""
        own = () if self.least_question_score is None else (self.question_score,)
        return (*self.question, self.answers, self.scores, *own)

    def text(self, row: Mapping[str, Any]) -> str:
        """Return the text of a row."""
        answers, scores = _list(row, self.answers), _list(row, self.scores)
        if len(answers) != len(scores):
            raise NoDocumentError("answers without scores", f"{len(answers)} answers, {len(scores)} scores")
        if self.least_question_score is not None:
            own = found(row, parts(self.question_score))
            if _number(own, "question's score") < self.least_question_score:
                raise PassedByError("question's score too low")
        if len(answers) < self.least_answers:
            raise PassedByError("too few answers")
        ranked = [
            (_number(score, "answer's score"), len(answer), answer)
            for answer, score in zip(answers, scores, strict=True)
            if isinstance(answer, str)
        ]
        if not ranked:
            raise PassedByError("no answer is a text")
        score, _, best = max(ranked)
        if self.least_score is not None and score < self.least_score:
            raise PassedByError("best answer's score too low")
        return self._joined([*(found(row, parts(field)) for field in self.question), best])


class Conversation(_Shape):
    """What speakers say in turn, such as an instruction and the response."""

    kind: Literal["conversation"] = "conversation"
    turns: str = Field(default="conversations", description="The field that holds a list of turns.")
    speaker: str = Field(default="from", description="The field of a turn that names the speaker.")
    says: str = Field(default="value", description="The field of a turn with what is said.")
    speakers: tuple[str, ...] = Field(
        default=("human", "gpt"), min_length=1, description="Whose turns are taken: not those of the system."
    )
    most_turns: int | None = Field(default=None, ge=1, description="Turns that are taken, from the first; null: all.")

    def named(self) -> tuple[str, ...]:
        """Return the fields that are looked at."""
        return (self.turns,)

    def text(self, row: Mapping[str, Any]) -> str:
        """Return the text of a row."""
        turns = [turn for turn in _list(row, self.turns) if isinstance(turn, dict)]
        taken = [turn.get(self.says) for turn in turns if turn.get(self.speaker) in self.speakers]
        if not taken:
            raise PassedByError("nobody speaks")
        return self._joined(taken[: self.most_turns])


Shape: TypeAlias = Annotated[Joined | BestAnswer | Conversation, Field(discriminator="kind")]


class Shaped(BaseModel):
    """The setting that sources of texts with nested rows have in common."""

    shape: Shape | None = Field(
        default=None, description="How the text is put together of several fields, in place of `text`; null: it is one."
    )


def parts(path: str) -> tuple[str, ...]:
    """Return the parts of a path such as `metadata.url`."""
    return tuple(path.split(".")) if path else ()


def found(row: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """Return what lies at a path; a field whose own name has dots comes first."""
    if not path:
        return None
    whole = row.get(".".join(path), _ABSENT)
    if whole is not _ABSENT:
        return whole
    value: Any = row
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _list(row: Mapping[str, Any], field: str) -> Sequence[Any]:
    value = found(row, parts(field))
    if value is None:
        return ()
    if not isinstance(value, list):
        raise NoDocumentError(f"{field} is no list", type(value).__name__)
    return value


def _number(value: object, what: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise NoDocumentError(f"{what} is no number", type(value).__name__)
    try:
        number = float(value)
    except OverflowError:  # JSON has whole numbers of any length
        number = math.inf
    if not math.isfinite(number):
        raise NoDocumentError(f"{what} is not finite")
    return number
