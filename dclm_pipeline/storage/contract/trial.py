"""Trying out the promises of a storage, one after the other, and saying of each whether it was kept.

Whatever a storage raises counts as seen. Where it does not answer any more, the rest is left untried.
"""

import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from dclm_pipeline.errors import PipelineError, RecipeError, TransientError
from dclm_pipeline.storage import open_storage
from dclm_pipeline.storage.contract.listing import LISTED, LISTING
from dclm_pipeline.storage.contract.place import ATTEMPTS, NAME, private_place, reaching
from dclm_pipeline.storage.contract.promise import Amounts, BrokenError, Noted, Promise, Room, UntriedError, expect
from dclm_pipeline.storage.contract.racing import RACING
from dclm_pipeline.storage.contract.reading import LEAST, READING, READS_SOON
from dclm_pipeline.storage.contract.writing import WRITES
from dclm_pipeline.storage.paths import below
from dclm_pipeline.storage.patience import impatient

# All that a storage promises, and what can be asked of an object where nothing is to be written.
PROMISES: tuple[Promise, ...] = (*LISTING, *READING, *WRITES, *RACING, READS_SOON)
PROMISES_OF_READING: tuple[Promise, ...] = (LISTED, *READING, READS_SOON)
SAMPLE, SAMPLE_DATA = "a/b", bytes(range(256)) * 1024


@dataclass(frozen=True)
class Outcome:
    """What became of one promise: kept or not, or neither where it could not be tried, and `note` says why.

    `silent` where it broke because the place gave no answer.
    """

    promise: Promise
    kept: bool | None
    seconds: float = 0.0
    note: str = ""
    seen: str = ""
    expected: str = ""
    silent: bool = False
    figures: Mapping[str, float] = field(default_factory=dict)


def try_place(url: str, amounts: Amounts) -> Generator[Outcome, None, None]:
    """Try all promises below `url`, in a place of our own that is removed at the end; close it to end it early."""
    with private_place(url) as place, tempfile.TemporaryDirectory(prefix=f"{NAME}-") as scratch:
        yield from _tried(
            PROMISES,
            lambda promise: fresh_room(promise, place, Path(scratch), amounts),
            lambda: next(open_storage(place).entries(), None),
        )


def try_object(url: str, path: str, amounts: Amounts) -> Generator[Outcome, None, None]:
    """Try what can be asked of one object; nothing is written."""
    with reaching(url, "reading", "name an object that is there"):
        storage = open_storage(url)
        size = storage.size(path)
    if size < LEAST:
        raise RecipeError(f"{url}: {path} has {size} bytes; name a larger object, best one of some megabytes")
    yield from _tried(PROMISES_OF_READING, lambda _: Room(storage, path, Path(), amounts), lambda: storage.size(path))


def object_of_url(url: str) -> str:
    """Return the name of the one object that a URL of the web names; nothing for folders and other places."""
    parts = urlsplit(url)
    return unquote(parts.path.rpartition("/")[2]) if parts.scheme in ("http", "https") else ""


def fresh_room(promise: Promise, place: str, scratch: Path, amounts: Amounts) -> Room:
    """Make room for a promise: a folder of its own, empty but for the object that it may have to read."""
    storage = open_storage(below(place, promise.name))
    folder = scratch / promise.name
    folder.mkdir()
    if promise.reads:
        storage.put(SAMPLE, SAMPLE_DATA)
        expect(storage.read(SAMPLE) == SAMPLE_DATA, True, "an object comes back as it was written")
    return Room(storage, SAMPLE if promise.reads else "", folder, amounts)


def outcome_of(promise: Promise, make_room: Callable[[Promise], Room]) -> Outcome:
    """Try one promise; what a storage raises is what was seen of it."""
    begun = time.perf_counter()

    def outcome(kept: bool | None, **known: Any) -> Outcome:
        return Outcome(promise, kept, time.perf_counter() - begun, **known)

    try:
        noted = promise.ask(make_room(promise)) or Noted()
    except UntriedError as error:
        return outcome(None, note=str(error))
    except BrokenError as error:
        return outcome(False, seen=error.seen, expected=error.expected)
    except TransientError as error:
        return outcome(False, seen=str(error), expected="an answer", silent=True)
    except Exception as error:  # noqa: BLE001 - a storage may raise anything; the other promises are still of interest
        return outcome(False, seen=f"{type(error).__name__}: {error}", expected="no error")
    return outcome(True, note=noted.note, figures=noted.figures)


def _tried(
    promises: Sequence[Promise], make_room: Callable[[Promise], Room], ask: Callable[[], object]
) -> Iterator[Outcome]:
    """Try promises as long as the place answers when it is asked anything at all."""
    answers = True
    for promise in promises:
        if not answers:
            yield Outcome(promise, None, note="the place did not answer any more")
            continue
        outcome = outcome_of(promise, make_room)
        answers = not outcome.silent or _answers(ask)
        yield outcome


def _answers(ask: Callable[[], object]) -> bool:
    try:
        with impatient(ATTEMPTS):
            ask()
    except TransientError:
        return False
    except (PipelineError, OSError):
        return True
    return True
