"""Short lists, one entry a line: those that come with the package, and files that settings name.

For lists of some thousand entries, which are held as texts of Python.
"""

from importlib.resources import files
from pathlib import Path

from dclm_pipeline.errors import RecipeError


def shipped_list(name: str) -> list[str]:
    """Return a list that comes with the package; where it is from stands beside it, in its README."""
    text = files(__package__).joinpath("shipped_lists", name).read_text("utf-8")
    return [entry for entry in text.split("\n") if entry]


def read_list(path: Path, place: str) -> list[str]:
    """Return the entries of a file, less blanks around them and empty lines; `place` is what messages call it."""
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise RecipeError(f"{place}: a list is UTF-8 text, one entry a line; this is not ({error})") from error
    return [line.strip() for line in lines if line.strip()]
