"""What reading promises: sizes, parts, the end, ways through an open file, what is missing, and going on after a break.

All of it is asked of one object that is there already, so it can be asked where nothing may be written.
"""

import secrets
import statistics
import time

from dclm_pipeline.errors import RecipeError, ShardError
from dclm_pipeline.storage.answers import Answer, Remote
from dclm_pipeline.storage.contract.promise import (
    BrokenError,
    Need,
    Noted,
    Promise,
    Room,
    UntriedError,
    expect,
    expect_missing,
)
from dclm_pipeline.storage.patience import impatient

# Objects are read whole up to here; of larger ones, the ends.
SPAN = 1024 * 1024
LEAST = 16
SMALL, LARGE = 1000, 1_000_000  # bytes from which on the speed of reading says something
OUTSIDE = (
    "",
    "/",
    "/nowhere/at/all",
    "..",
    "../a",
    "a/../b",
    "a/..",
    ".",
    "./a",
    "a/./b",
    "a//b",
    "a/",
    "a\0b",
    "\ud800",
)
PREFIXES_OUTSIDE = ("/", "/nowhere/", "../", "a/../", "a//", "./", "a\0", "\ud800", ".tmp-/")

PARTS = Need(
    "WARC and Parquet files are read in parts, and whoever reads a part relies on its place",
    "copy the files to a folder or to a store that heeds `Range`",
)
ABSENCE = Need(
    "what is not there tells a run what is left to do",
    "some stores say 403 in place of 404 to keys that may not list: allow listing (on S3: `s3:ListBucket`)",
)
VERSIONS = Need(
    "a file whose connection breaks is read on at that byte, of that version",
    "let nobody replace files here while a run reads them, or copy them first",
)
GUARDING = Need(
    "paths come from manifests and listings that others wrote",
    "report it: this is for the storage to mend that reaches the place, not for the place",
)


def _tells_size(room: Room) -> None:
    size = room.storage.size(room.object)

    length = len(room.storage.read(room.object, max(0, size - SPAN)))
    expect((size - min(size, SPAN)) + length, size, "where its bytes end, against the size that it is said to have")


def _reads_parts(room: Room) -> None:
    read, path = room.storage.read, room.object
    size = room.storage.size(path)
    first = max(0, size - SPAN)
    known = read(path, first)
    for start, length in (
        (first, 2**62),
        (first, 9),
        (size - 7, None),
        (size - 7, 4),
        (size - 2, 99),
        (size - 7, 0),
        (size - LEAST, 2**62),
    ):
        part = known[start - first :] if length is None else known[start - first :][:length]
        expect(read(path, start, length), part, f"bytes from {start:,}, {'all' if length is None else length}")
    expect(read(path, 0, 5) + read(path, 5, 6), read(path, 0, 11), "the first 5 bytes and the next 6")


def _reads_past_the_end(room: Room) -> None:
    size = room.storage.size(room.object)

    for start, length in ((size, None), (size, 5), (size + 89, None), (size + 89, 5)):
        expect(room.storage.read(room.object, start, length), b"", f"from {start - size} behind the end")


def _refuses_to_read_backwards(room: Room) -> None:
    for start, length in ((-1, None), (0, -1)):
        try:
            seen = room.storage.read(room.object, start, length)
        except ValueError:
            continue
        raise BrokenError(f"{len(seen)} bytes from {start}, at most {length}", "ValueError")


def _opens(room: Room) -> None:
    size = room.storage.size(room.object)
    with room.storage.open(room.object) as file:
        beginning = file.read(2)
        file.seek(-2, 2)
        end, nothing = file.read(), file.read()
        file.seek(size // 2)
        middle = file.read(2)
        place = file.tell()
        file.seek(0)
        again = file.read(min(size, SPAN))

    read = room.storage.read
    expect(
        (file.closed, beginning, end, nothing, middle, place),
        (
            True,
            read(room.object, 0, 2),
            read(room.object, size - 2),
            b"",
            read(room.object, size // 2, 2),
            size // 2 + 2,
        ),
        "closed; 2 bytes from the beginning, the end, behind it, the middle; the place after them",
    )
    expect(again, read(room.object, 0, SPAN), "all of it, after going back")


def _says_what_is_missing(room: Room) -> None:
    storage, word = room.storage, secrets.token_hex(4)
    with impatient(3):
        for path in (f"{room.object}-{word}", f"no-such-folder-{word}/nothing"):
            expect_missing(storage.size, path)
            expect_missing(storage.read, path)
            expect_missing(storage.open, path)


def _goes_on_in_one_version(room: Room) -> None:
    storage, path = room.storage, room.object
    if not isinstance(storage, Remote):
        raise UntriedError("no server stands in between")
    size, fetch = storage.size(path), storage.fetch_of(path)
    whole = fetch(0, None, "")
    _taken(whole, 2)
    if not whole.tag:
        raise BrokenError("an answer without a strong ETag", "an ETag that names the version")
    middle = size // 2
    for end, count in ((middle + 5, 5), (None, min(SPAN, size - middle))):
        part = fetch(middle, end, whole.tag)
        seen = _taken(part, count)
        expect((seen, part.size, part.tag), (storage.read(path, middle, count), size, whole.tag), "bytes, size, tag")
    try:
        other = fetch(middle, None, f'"{secrets.token_hex(16)}"')
    except ShardError:
        return
    other.close()
    raise BrokenError("bytes, though `If-Match` names another version", "a refusal (412)")


def _taken(answer: Answer, count: int) -> bytes:
    """Return the first bytes of an answer, and give up the rest."""
    parts, left = [], count
    try:
        while left and (part := answer.read(left)):
            parts.append(part)
            left -= len(part)
    finally:
        answer.close()
    return b"".join(parts)


def _refuses_paths_outside(room: Room) -> None:
    storage = room.storage
    for path in OUTSIDE:
        for ask in (storage.size, storage.read, storage.open):
            try:
                ask(path)
            except RecipeError as error:
                expect("names no object" in str(error), True, str(error))
                continue
            raise BrokenError(f"an answer for {path!r}", "RecipeError")
    for prefix in PREFIXES_OUTSIDE:
        try:
            seen = list(storage.entries(prefix))
        except RecipeError:
            continue
        raise BrokenError(f"{len(seen)} entries for the prefix {prefix!r}", "RecipeError")


def _reads_soon(room: Room) -> Noted:
    storage, size = room.storage, room.storage.size(room.object)
    seconds = []
    for number in range(room.amounts.tries):
        begun = time.perf_counter()
        storage.read(room.object, number % (size // 2), SMALL)
        seconds.append(time.perf_counter() - begun)
    begun, whole = time.perf_counter(), min(size, room.amounts.large)
    left = whole
    with storage.open(room.object) as file:
        while left > 0 and (part := file.read(min(left, SPAN))):
            left -= len(part)
    passed = time.perf_counter() - begun

    expect(left, 0, "bytes that did not come")
    figures = {"get_small_ms": statistics.median(seconds) * 1e3, "get_small_slowest_ms": max(seconds) * 1e3}
    if whole >= LARGE:
        figures |= {"large_mb": whole / 1e6, "get_large_mb_per_s": whole / 1e6 / max(passed, 1e-9)}
    return Noted(figures=figures)


READING = (
    Promise("tells-size", "an object has the size that it is said to have", PARTS, _tells_size, reads=True),
    Promise("reads-parts", "any part of an object can be read", PARTS, _reads_parts, reads=True),
    Promise("reads-past-the-end", "nothing lies behind the end", PARTS, _reads_past_the_end, reads=True),
    Promise("refuses-backwards", "negative places are refused", GUARDING, _refuses_to_read_backwards, reads=True),
    Promise("opens", "an open object can be sought in", PARTS, _opens, reads=True),
    Promise("misses", "what is not there is said to be missing", ABSENCE, _says_what_is_missing, reads=True),
    Promise(
        "goes-on", "reading goes on where it broke off, in one version", VERSIONS, _goes_on_in_one_version, reads=True
    ),
    Promise("refuses-outside", "no path leads out of the place", GUARDING, _refuses_paths_outside, reads=True),
)
READS_SOON = Promise("reads-soon", "small and large reads come through", PARTS, _reads_soon, reads=True)
