"""What a number about a text is: its name, what it says, which rule of which system looks at it.

Every share is one division of two whole numbers, so that a bound of 0.3 lets 3 of 10 pass; 0 where there is nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dclm_pipeline.kernels.words.text_counts import TextCounts

Part: TypeAlias = Literal["words", "stop words", "rest", "stop characters", "pieces", "phrases"]


@dataclass(frozen=True)
class Signal:
    """One number a document: its name and type, what it says, who uses it with which bounds, and how it is had.

    `groups` are names by which it is asked for with others; `part` is the part of the scan that it needs, of which words
    alone cost least, and `listed` says whether it depends on which words are stop words.
    """

    name: str
    type: pa.DataType
    about: str
    source: str
    groups: tuple[str, ...]
    of: "Callable[[TextCounts], NDArray[np.int64] | NDArray[np.float64]]"
    part: Part = "rest"
    listed: bool = False


def share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return part / whole, 0 where there is nothing."""
    return np.divide(part, whole, out=np.zeros(len(part), np.float64), where=whole > 0)
