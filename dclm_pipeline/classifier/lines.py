"""Texts as fastText's trainer reads them: a line each, a label in front.

Lines of a text are joined by a blank, as in DCLM. Whatever in a text would be a label or the end of a line to fastText is
parted by a blank first: a page must not choose its own label.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, from_numpy

LABEL = "__label__"
# fastText's word for the end of a line, and how both are parted.
_DISARMED = ((LABEL, "__ label__"), ("</s>", "< /s>"))


def prepared(texts: Array) -> Array:
    """Return texts as single lines without labels."""
    texts = pc.replace_substring(texts.cast(pa.large_string()), "\n", " ")
    for armed, disarmed in _DISARMED:
        if pc.any(pc.match_substring(texts, armed)).as_py():
            texts = pc.replace_substring(texts, armed, disarmed)
    return texts


def write_lines(
    path: Path, batches: Iterable[tuple[Array, NDArray[np.bool_]]], positive: str, negative: str
) -> tuple[int, int]:
    """Write texts with whether each is good, batch by batch; return how many lines of either sort there are."""
    from dclm_pipeline.kernels.strings import views

    good = bad = 0
    with path.open("wb") as file:
        for texts, is_good in batches:
            labels = pc.if_else(from_numpy(is_good), f"{LABEL}{positive} ", f"{LABEL}{negative} ")
            ends = pa.scalar("\n", pa.large_string())
            lines = pc.binary_join_element_wise(
                labels.cast(pa.large_string()), prepared(texts), ends, pa.scalar("", pa.large_string())
            )
            offsets, data = views(lines)
            file.write(data[offsets[0] : offsets[-1]].tobytes())
            good += int(is_good.sum())
            bad += len(is_good) - int(is_good.sum())
    return good, bad
