"""Lists that settings name: one term a line, in UTF-8.

Blanks around a term and empty lines do not count. Knows no terms; who reads a list says what may stand in it. A list
that is named and has no terms is a mistake: whoever named it wanted something.
"""

from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from dclm_pipeline.arrow import Array
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.step import BUNDLED, Assets

_MARK = b"\xef\xbb\xbf"
# Lists may have millions of lines: so many bytes of one are looked at together.
_BYTES = 1 << 22


def terms_of(
    inline: Iterable[str], places: Iterable[str], assets: Assets, checked: Callable[[Array], Array] | None = None
) -> Iterator[Array]:
    """Yield the terms that settings give themselves, and then those of the lists that they name, column by column.

    `checked` returns those of some terms that count, or refuses one.
    """
    own = without_blanks(pa.array(inline, pa.large_string()))
    yield own if checked is None else checked(own)
    for place in places:
        found = 0
        for piece in read_lines(assets.path(place)):
            terms = piece if checked is None else checked(piece)
            found += len(terms)
            yield terms
        if not found:
            raise RecipeError(empty_list(place))


def empty_list(place: str) -> str:
    """Say that nothing stands in a list, and what to do."""
    return f"{place}: lists nothing: it has no line that counts; fill it, or leave it out of the recipe"


def read_lines(path: Path) -> Iterator[Array]:
    """Yield the terms of a file, in its order."""
    with path.open("rb") as file:
        data = file.read(_BYTES).removeprefix(_MARK)
        while data:
            whole = pa.array([data + file.readline()], pa.large_binary())
            try:
                lines = pc.split_pattern(whole.cast(pa.large_string()), "\n")
            except pa.ArrowInvalid as error:
                raise RecipeError(
                    f"{path}: a list must be UTF-8, and this one is not; write it anew as UTF-8"
                ) from error
            yield without_blanks(lines.flatten())
            data = file.read(_BYTES)


def without_blanks(terms: Array) -> Array:
    """Return terms without the blanks around them, and without the empty ones."""
    trimmed = pc.utf8_trim_whitespace(terms)
    return trimmed.filter(pc.not_equal(trimmed, pa.scalar("", pa.large_string())))


def read_entries(place: str, assets: Assets) -> list[str]:
    """Return the terms of a short list, as texts of Python."""
    return [str(term) for piece in terms_of((), (place,), assets) for term in piece.to_pylist()]


def shipped(name: str) -> str:
    """Return what a list that comes with the package is called among libraries."""
    return f"{BUNDLED}stages/shipped_lists/{name}"


def shipped_list(name: str) -> list[str]:
    """Return a list that comes with the package; where it is from stands beside it, in its README."""
    text = files(__package__).joinpath("shipped_lists", name).read_text("utf-8")
    return [entry for entry in text.split("\n") if entry]
