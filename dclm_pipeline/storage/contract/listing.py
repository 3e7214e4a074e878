"""What listings promise: their order, their prefixes, every page of them, and that they show what was just written."""

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.storage import Entry, Storage
from dclm_pipeline.storage.contract.promise import (
    BrokenError,
    Need,
    Noted,
    Promise,
    Room,
    UntriedError,
    expect,
    expect_missing,
    shown,
)
from dclm_pipeline.storage.many import at_once

# Stores list so many at once, and go on when they are asked to.
PAGE = 1000
ORDER = ("a.b", "a/b/c", "a0", "Z", "é", "a-b/c", "a b", "日本/x", "a!", "😀", "｡")
PREFIXED = ("aa/b", "ab/c/d", "ab/c/e", "b")
PREFIXES = ("", "a", "ab", "ab/", "ab/c", "ab/c/", "ab/c/d", "ab/c/d/", "b", "b/", "c")
# Names that a URL, a query, an XML answer or a shell could take for something else.
NAMES = (
    "a b",
    " first and last ",
    "%20 100%",
    "plus+and&is=1",
    "question?",
    "hash#",
    "semi;colon:comma,at@",
    "quotes'\"",
    "back\\slash",
    "<&amp;>",
    "日本/é",
    "re\u0301sume\u0301",
    "😀",
    "..a",
    "[x]*~$",
    "a" * 200,
)

FINDING = Need(
    "a run finds its shards, receipts and evidence by listing them",
    "keep no pool here: rows could go missing without a trace, or work be done twice",
)
FRESH = Need(
    "each phase of a run reads what the one before has just written, on other machines too",
    "turn off what caches listings and files (on NFS: mount with `lookupcache=none,actimeo=0`), or keep pools elsewhere",
)
NAMING = Need(
    "sources keep the names that their files have",
    "keep files here under plain names only: letters, digits, `-`, `_` and `.`",
)


def _paths(storage: Storage, prefix: str = "") -> list[str]:
    return [entry.path for entry in storage.entries(prefix)]


def _lists_nothing(room: Room) -> None:
    expect([list(room.storage.entries()), list(room.storage.entries("a/b"))], [[], []], "listings of an empty place")


def _lists_sizes(room: Room) -> None:
    room.storage.put("a/b.txt", b"123")
    room.storage.put("empty", b"")

    expect(list(room.storage.entries()), [Entry("a/b.txt", 3), Entry("empty", 0)])


def _lists_in_order(room: Room) -> None:
    for path in ORDER:
        room.storage.put(path, b"")

    expect(_paths(room.storage), sorted(ORDER))


def _lists_prefixes(room: Room) -> None:
    for path in PREFIXED:
        room.storage.put(path, b"")

    for prefix in PREFIXES:
        expect(_paths(room.storage, prefix), [path for path in PREFIXED if path.startswith(prefix)], f"with {prefix!r}")


def _lists_many(room: Room) -> Noted:
    paths = [f"{number % 7}/{number:06d}" for number in range(room.amounts.many)]
    for _ in at_once(lambda path: room.storage.put(path, b"1"), paths):
        pass
    seen = list(room.storage.entries())
    missing = sorted(set(paths) - {entry.path for entry in seen})

    if missing:
        raise BrokenError(
            f"{len(seen):,} objects, without {shown(missing[:3])}{' and others' if missing[3:] else ''}",
            f"the {len(paths):,} that were written",
        )
    expect(seen, [Entry(path, 1) for path in sorted(paths)])
    if len(paths) > PAGE:
        return Noted(f"{len(paths):,} objects")
    return Noted(f"{len(paths):,} objects, which stores list on one page; --many {PAGE + 100} tries the next ones")


def _names_anything(room: Room) -> None:
    for number, name in enumerate(NAMES):
        room.storage.put(f"named/{name}", str(number).encode())

    expect(_paths(room.storage, "named/"), sorted(f"named/{name}" for name in NAMES))
    for number, name in enumerate(NAMES):
        data = str(number).encode()
        expect((room.storage.read(f"named/{name}"), room.storage.size(f"named/{name}")), (data, len(data)), repr(name))
        expect(_paths(room.storage, f"named/{name}"), [f"named/{name}"], f"with the prefix {name!r}")
    for name in NAMES:
        room.storage.delete(f"named/{name}")
    expect(_paths(room.storage), [], "once all are deleted")


def _shows_at_once(room: Room) -> None:
    storage = room.storage
    for number in range(room.amounts.rounds):
        path, of = f"a/{number}", f"in round {number + 1}"
        expect(_paths(storage, path), [], f"before it is written, {of}")
        expect_missing(storage.read, path, f"before it is written, {of}")
        storage.put(path, b"first")
        expect((list(storage.entries(path)), storage.read(path)), ([Entry(path, 5)], b"first"), f"just written, {of}")
        storage.put(path, b"another")
        expect(
            (list(storage.entries(path)), storage.size(path), storage.read(path)),
            ([Entry(path, 7)], 7, b"another"),
            f"just replaced, {of}",
        )
        storage.delete(path)
        expect(_paths(storage, path), [], f"just deleted, {of}")
        expect_missing(storage.size, path, f"just deleted, {of}")


def _lists_the_object(room: Room) -> None:
    try:
        seen = next(iter(room.storage.entries(room.object)), None)
    except RecipeError as error:
        raise UntriedError(str(error)) from error
    expect(seen, Entry(room.object, room.storage.size(room.object)), "first of what begins with its path")


LISTING = (
    Promise("lists-nothing", "an empty place lists nothing", FINDING, _lists_nothing),
    Promise("lists-sizes", "listings tell paths and sizes", FINDING, _lists_sizes),
    Promise("lists-in-order", "listings go by path, in the order of code points", FINDING, _lists_in_order),
    Promise("lists-prefixes", "listings show what begins with a prefix", FINDING, _lists_prefixes),
    Promise("lists-many", "long listings are whole", FINDING, _lists_many),
    Promise("names-anything", "names with spaces, marks and any script come back as given", NAMING, _names_anything),
    Promise("shows-at-once", "what is written, replaced or deleted shows at once", FRESH, _shows_at_once),
)
LISTED = Promise("lists-the-object", "a listing shows the object", FINDING, _lists_the_object, reads=True)
