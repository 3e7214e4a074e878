"""A place below a store that nobody else uses: made up for a trial, and removed afterwards whatever happened."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dclm_pipeline.errors import PipelineError, RecipeError, ShardError
from dclm_pipeline.storage import Storage, open_storage
from dclm_pipeline.storage.contract.writing import ANY_TIME
from dclm_pipeline.storage.local import LocalStorage
from dclm_pipeline.storage.many import at_once
from dclm_pipeline.storage.paths import below
from dclm_pipeline.storage.patience import impatient

NAME = "dclm-storage-check"
PROBE = "probe"
ATTEMPTS = 3  # of the first questions: a place that is written wrongly is to be told soon


@contextmanager
def private_place(url: str) -> Iterator[str]:
    """Yield the URL of a place below `url` where objects can be listed, written, read and deleted; empty it at the end.

    Raises a `RecipeError` that says what is in the way where that cannot be done.
    """
    with reaching(url, "listing"):
        place = below(open_storage(url).url, f"{NAME}-{secrets.token_hex(6)}")
        storage = open_storage(place)
        list(storage.entries())
    folders = _folders_to_make(storage)
    try:
        try:
            _probe(url, storage)
        except BaseException:
            with suppress(PipelineError, OSError), impatient(1):
                storage.delete(PROBE)
            raise
        try:
            yield place
        finally:
            _empty(storage)
    finally:
        _remove_empty(folders)


@contextmanager
def reaching(url: str, doing: str, missing: str = "make it first") -> Iterator[None]:
    """Ask a place for the first time: whatever is wrong is wrong with what the user wrote, or may do."""
    try:
        with impatient(ATTEMPTS):
            yield
    except RecipeError:
        raise
    except FileNotFoundError as error:
        raise RecipeError(f"{error}; {missing}, or look at its name, region and endpoint") from error
    except PipelineError as error:
        raise RecipeError(f"{doing} does not work at {url}: {error}") from error


def _probe(url: str, storage: Storage) -> None:
    """Write, read and delete one object, so that what is not allowed is told at once, by its name."""
    try:
        with reaching(url, "writing"):
            storage.put(PROBE, b"1")
    except RecipeError as error:
        raise RecipeError(f"{error}; to try reading alone, name an object with --object") from error
    with reaching(url, "reading"):
        storage.read(PROBE)
    with reaching(f"{url}, where {storage.url} is left behind", "deleting"):
        storage.delete(PROBE)


def _empty(storage: Storage) -> None:
    """Remove all that lies in a place, unfinished writes too."""
    try:
        for _ in range(ATTEMPTS):
            paths = [entry.path for entry in storage.entries()]
            for _ in at_once(storage.delete, paths):
                pass
            if not paths:
                break
        storage.sweep(ANY_TIME)
    except (PipelineError, OSError) as error:
        raise ShardError(
            f"{storage.url}: what was tried out there could not be removed ({error}); remove it"
        ) from error


def _folders_to_make(storage: Storage) -> list[Path]:
    """Return the folders that writing will make, the lowest first; none where there are no folders."""
    if not isinstance(storage, LocalStorage):
        return []
    place = Path(storage.url)
    return [folder for folder in (place, *place.parents) if not folder.exists()]


def _remove_empty(folders: list[Path]) -> None:
    """Remove folders, and those below them, as far as nothing lies in them."""
    for made in folders:
        for folder, _, _ in os.walk(made, topdown=False):
            with suppress(OSError):
                Path(folder).rmdir()
