"""Files of classifiers: their digests, and writing one so that it is whole or not there."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dclm_pipeline.errors import RecipeError


def sha256_of_file(path: Path) -> str:
    """Return the digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a place beside a file, and put what is written there in the file's place at the end."""
    if not path.parent.is_dir():
        raise RecipeError(f"{path}: there is no folder {path.parent}; make it first")
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
