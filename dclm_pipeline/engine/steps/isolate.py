"""Running a verb so that one bad document costs itself alone.

Steps may be anybody's code. Where a verb raises for a batch, the batch is halved until the rows that raise stand alone;
those fail, by the name of the exception, and all others have their answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from dclm_pipeline.errors import PipelineError
from dclm_pipeline.step import Batch

Answer = TypeVar("Answer")
MOST_DETAIL = 500


@dataclass(frozen=True)
class Part(Generic[Answer]):
    """An answer for a run of rows, or the reason why one row has none."""

    start: int
    rows: int
    answer: Answer | None
    reason: str = ""
    detail: str = ""


def isolate(verb: Callable[[Batch], Answer], docs: Batch, start: int = 0) -> list[Part[Answer]]:
    """Call `verb` on `docs`, halving it where it raises; the parts cover all rows in their order."""
    try:
        return [Part(start, docs.num_rows, verb(docs))]
    except (PipelineError, MemoryError):
        raise  # not about one document: said on purpose, or the guard's to judge
    except Exception as error:  # noqa: BLE001 - a step is anybody's code; whatever it raises is the document's reject
        if docs.num_rows <= 1:
            return [Part(start, docs.num_rows, None, type(error).__name__, str(error)[:MOST_DETAIL])]
        half = docs.num_rows // 2
        return isolate(verb, docs.slice(0, half), start) + isolate(verb, docs.slice(half), start + half)
