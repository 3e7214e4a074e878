"""What writing promises: objects put, replaced, taken from files, written once, deleted, and swept when unfinished."""

import os
import statistics
import time
from contextlib import suppress
from pathlib import Path

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.storage import open_storage
from dclm_pipeline.storage.contract.promise import (
    BrokenError,
    Forgetful,
    Need,
    Noted,
    Promise,
    Room,
    UntriedError,
    expect,
    expect_missing,
)
from dclm_pipeline.storage.contract.reading import GUARDING, SMALL

OUTSIDE = ("../a", "/a", "a//b", "a\0b", "", ".tmp-a", "a/.tmp-b/c")
# Clocks of stores differ from ours; so much later than now, all that was ever begun was begun before.
ANY_TIME, NO_TIME = -86_400.0, 1e9

WRITING = Need(
    "pools are objects that are written whole, and read by whoever comes later",
    "keep no pool here; as a source, the place may still do (--object tries that)",
)
ONCE = Need(
    "receipts are written once, so that two who finish one task compare what they have",
    "let one run at a time work on a pool here, or keep pools in a store that heeds `If-None-Match: *`",
)
SWEEPING = Need(
    "`dclm clean` removes what killed writers left unfinished, which costs money unseen",
    "have the store itself give up uploads that do not end (a lifecycle rule), or remove them by hand",
)


def _contents(room: Room) -> dict[str, bytes]:
    return {entry.path: room.storage.read(entry.path) for entry in room.storage.entries()}


def _writes(room: Room) -> None:
    room.storage.put("a/b", b"first")
    room.storage.put("a/b", b"second, longer")
    room.storage.put("a/b", b"third")
    room.storage.put("c", b"")

    expect(_contents(room), {"a/b": b"third", "c": b""})
    with room.storage.open("c") as file:
        expect((room.storage.size("c"), room.storage.read("c", 0, 5), file.read()), (0, b"", b""), "an empty object")


def _writes_small_soon(room: Room) -> Noted:
    seconds = []
    for number in range(room.amounts.tries):
        data = os.urandom(SMALL)
        begun = time.perf_counter()
        room.storage.put(f"{number}", data)
        seconds.append(time.perf_counter() - begun)
        expect(room.storage.read(f"{number}"), data, "a small object")
    return Noted(figures={"put_small_ms": statistics.median(seconds) * 1e3, "put_small_slowest_ms": max(seconds) * 1e3})


def _takes_files(room: Room) -> None:
    room.storage.put("old", b"already here")
    for path in ("new/file", "old"):
        room.storage.put_file(path, _file(room, b"made here"))

    expect(_contents(room), {"new/file": b"made here", "old": b"made here"})
    room.storage.put_file("empty", _file(room, b""))
    expect((room.storage.size("empty"), room.storage.read("empty")), (0, b""), "from an empty file")


def _says_which_file_is_missing(room: Room) -> None:
    nothing = room.scratch / "no such thing"
    expect_missing(lambda _: room.storage.put_file("a", nothing), str(nothing))

    expect(list(room.storage.entries()), [])


def _writes_once(room: Room) -> None:
    answers = [room.storage.put_if_absent("a/b", b"first"), room.storage.put_if_absent("a/b", b"second")]
    expect((answers, _contents(room)), ([True, False], {"a/b": b"first"}), "answers, and what is there")
    room.storage.delete("a/b")
    expect((room.storage.put_if_absent("a/b", b"again"), _contents(room)), (True, {"a/b": b"again"}), "once deleted")
    room.storage.put("c", b"")
    expect((room.storage.put_if_absent("c", b"1"), room.storage.read("c")), (False, b""), "where an empty one lies")


def _deletes(room: Room) -> None:
    storage = room.storage
    storage.put("a/b", b"1")
    storage.put("a/c", b"2")
    for path in ("a/b", "a/b", "a", "a/c/d", "nothing/here"):
        storage.delete(path)

    expect(_contents(room), {"a/c": b"2"})


def _folders_are_no_objects(room: Room) -> None:
    room.storage.put("a/b", b"123")
    for path in ("a", "a/b/nothing", "a/nothing"):
        expect_missing(room.storage.size, path)
        expect_missing(room.storage.read, path)
        expect_missing(room.storage.open, path)


def _refuses_to_write_outside(room: Room) -> None:
    file = _file(room, b"made here")
    for path in OUTSIDE:
        for write in (room.storage.put, room.storage.put_if_absent):
            with suppress(RecipeError):
                write(path, b"")
                raise BrokenError(f"{path!r} was written", "RecipeError")
        with suppress(RecipeError):
            room.storage.put_file(path, file)
            raise BrokenError(f"{path!r} was written from a file", "RecipeError")
        with suppress(RecipeError):
            room.storage.delete(path)
            raise BrokenError(f"{path!r} was deleted", "RecipeError")

    expect((file.read_bytes(), list(room.storage.entries())), (b"made here", []), "the file, and what is listed")


def _builds_again(room: Room) -> None:
    room.storage.put("a/b", b"123")
    again = open_storage(room.storage.url)

    expect((again.url, again.read("a/b")), (room.storage.url, b"123"), "its URL and bytes, built again from its URL")


def _sweeps(room: Room) -> None:
    storage = room.storage
    if not isinstance(storage, Forgetful):
        raise UntriedError("nothing can be left unfinished here")
    storage.put("whole", b"1")
    storage.begin("a/unfinished")

    expect(_contents(room), {"whole": b"1"}, "what is listed beside what was only begun")
    swept = (storage.sweep(NO_TIME), storage.sweep(ANY_TIME), storage.sweep(ANY_TIME))
    expect(swept, (0, 1, 0), "swept: of what is older than 30 years, of all, of all again")
    expect(_contents(room), {"whole": b"1"}, "what is listed after sweeping")


def _file(room: Room, data: bytes) -> Path:
    path = room.scratch / "local file"
    path.write_bytes(data)
    return path


WRITES = (
    Promise("writes", "objects are written and replaced, empty ones too", WRITING, _writes),
    Promise("writes-soon", "small objects are there as soon as they are written", WRITING, _writes_small_soon),
    Promise("takes-files", "local files become objects, and replace them", WRITING, _takes_files),
    Promise("misses-files", "a local file that is missing is told by its name", GUARDING, _says_which_file_is_missing),
    Promise("writes-once", "an object that is there is not written over where that is asked", ONCE, _writes_once),
    Promise("deletes", "objects are deleted, and it is no error if there is none", WRITING, _deletes),
    Promise("folders", "a folder is no object, and nothing lies below an object", WRITING, _folders_are_no_objects),
    Promise("refuses-to-write-outside", "nothing is written outside of the place", GUARDING, _refuses_to_write_outside),
    Promise("builds-again", "its URL leads another worker to the same objects", WRITING, _builds_again),
    Promise("sweeps", "what was begun and never ended is not listed, and can be swept", SWEEPING, _sweeps),
)
