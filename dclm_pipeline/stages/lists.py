"""Lists that settings name: one term a line, in UTF-8.

Blanks around a term and empty lines do not count. Knows no terms; who reads a list says what may stand in it.
"""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from dclm_pipeline.arrow import Array
from dclm_pipeline.errors import RecipeError

_MARK = b"\xef\xbb\xbf"


def read_lines(path: Path) -> Array:
    """Return the terms of a file, in its order; a column, as lists may have millions of them."""
    data = path.read_bytes().removeprefix(_MARK)
    try:
        whole = pa.array([data], pa.large_binary()).cast(pa.large_string())
    except pa.ArrowInvalid as error:
        raise RecipeError(f"{path}: a list must be UTF-8, and this one is not; write it anew as UTF-8") from error
    return without_blanks(pc.split_pattern(whole, "\n").flatten())


def without_blanks(terms: Array) -> Array:
    """Return terms without the blanks around them, and without the empty ones."""
    trimmed = pc.utf8_trim_whitespace(terms)
    return trimmed.filter(pc.not_equal(trimmed, pa.scalar("", pa.large_string())))


def terms_of(inline: Iterable[str], paths: Iterable[Path]) -> Array:
    """Return the terms that settings give themselves, and then those of the lists that they name."""
    first = without_blanks(pa.array(inline, pa.large_string()))
    return pa.concat_arrays([first, *map(read_lines, paths)])
