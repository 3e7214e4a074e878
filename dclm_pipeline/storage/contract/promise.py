"""What a promise of a storage is: who needs it, how it is tried out, and what is said when it is broken.

Knows nothing of any one promise; the rooms beside this one hold them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable
from urllib.parse import quote

from dclm_pipeline.storage import Storage

MOST_CHARACTERS, MOST_BYTES = 160, 20


@dataclass(frozen=True)
class Amounts:
    """How much is tried."""

    many: int = 100  # objects of one listing
    large: int = 100_000_000  # bytes of the large object
    racers: int = 16  # who write one object at once
    rounds: int = 5  # of what goes wrong now and then
    tries: int = 20  # of small requests, for the figures


@dataclass(frozen=True)
class Room:
    """Where a promise is tried: a storage, an object in it to read, and a folder of this machine to write from."""

    storage: Storage
    object: str
    scratch: Path
    amounts: Amounts


@dataclass(frozen=True)
class Noted:
    """What is worth saying of a promise that is kept."""

    note: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Need:
    """What builds on a promise, and the way out where it is broken."""

    what: str
    way_out: str


@dataclass(frozen=True)
class Promise:
    """One promise by its name; `ask` returns when it is kept, and raises `BrokenError` when it is not.

    Where `reads` is set, `ask` needs an object to read and writes nothing; elsewhere it needs an empty storage.
    """

    name: str
    text: str
    need: Need
    ask: Callable[[Room], Noted | None]
    reads: bool = False


class BrokenError(Exception):
    """A promise is broken: what was seen, and what was expected."""

    def __init__(self, seen: str, expected: str) -> None:
        super().__init__(f"seen {seen}, expected {expected}")
        self.seen = seen
        self.expected = expected


class UntriedError(Exception):
    """A promise cannot be tried here; why."""


@runtime_checkable
class Forgetful(Protocol):
    """A storage in which a writer that is killed leaves something behind."""

    def begin(self, path: str) -> None:
        """Begin to write an object and leave it at that."""
        ...


def expect(seen: object, expected: object, of: str = "") -> None:
    """Raise a `BrokenError` unless two values are the same; `of` says what they are."""
    if seen == expected:
        return
    begin = _alike(seen, expected)
    if begin and isinstance(seen, list | bytes) and isinstance(expected, list | bytes):
        of = f"{of}, " * bool(of) + f"after {begin:,} that are as expected"
        seen, expected = seen[begin:], expected[begin:]
    named = f" ({of})" if of else ""
    raise BrokenError(f"{shown(seen)}{named}", shown(expected))


def _alike(seen: object, expected: object) -> int:
    """Return how many items two lists, or two stretches of bytes, have in common at their beginnings."""
    for kind in (list, bytes):
        if isinstance(seen, kind) and isinstance(expected, kind):
            pairs = enumerate(zip(seen, expected, strict=False))
            return next((place for place, (one, other) in pairs if one != other), min(len(seen), len(expected)))
    return 0


def expect_missing(ask: Callable[[str], object], path: str, of: str = "") -> None:
    """Raise a `BrokenError` unless asking for `path` says that it is missing, by its name."""
    try:
        answer = ask(path)
    except FileNotFoundError as error:
        if path not in str(error) and quote(path) not in str(error):
            raise BrokenError(f"the message {str(error)!r}", f"one that names {path!r}") from error
        return
    raise BrokenError(f"{shown(answer)} (asked for {path!r}{of and f', {of}'})", "FileNotFoundError")


def shown(value: object) -> str:
    """Return a value as it is shown to people, cut where it is long."""
    if isinstance(value, bytes) and len(value) > MOST_BYTES:
        return f"{value[:MOST_BYTES]!r}… ({len(value):,} bytes)"
    text = repr(value)
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}… ({len(text):,} characters)"
