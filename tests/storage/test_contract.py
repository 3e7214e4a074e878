"""What every storage promises, checked on each of them.

Another storage is one more line in `STORAGES`; one that cannot be written to is filled by other means and says so.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.storage import Entry, Storage, absent, open_storage
from tests.storage.stores import new_bucket

Objects = Mapping[str, bytes]


@dataclass(frozen=True)
class Kind:
    """How to make a storage that holds some objects and nothing else; whether it can be written to."""

    holding: Callable[..., Storage]
    writable: bool = True
    store: str = ""

    def __call__(self, folder: Path, objects: Objects, request: pytest.FixtureRequest) -> Storage:
        """Make it; a store that others share is started once, where it is needed."""
        return self.holding(folder, objects, *([request.getfixturevalue(self.store)] if self.store else []))


def _in_folder(folder: Path, objects: Objects) -> Storage:
    for path, data in objects.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return open_storage(str(folder))


def _in_memory(folder: Path, objects: Objects) -> Storage:
    del folder
    storage = open_storage(f"memory://{uuid4().hex}/below")
    for path, data in objects.items():
        storage.put(path, data)
    return storage


def _in_store(folder: Path, objects: Objects, store: str) -> Storage:
    del folder
    place, _, options = new_bucket(store).partition("?")
    storage = open_storage(f"{place}/below?{options}")
    for path, data in objects.items():
        storage.put(path, data)
    return storage


STORAGES = {
    "local": Kind(lambda folder, objects: _in_folder(folder / "root", objects)),
    "local by URL": Kind(lambda folder, objects: open_storage(_in_folder(folder / "a b%", objects).url)),
    "memory": Kind(_in_memory),
    "S3": Kind(_in_store, store="store"),
    "S3 on Swift": Kind(_in_store, store="swift"),
}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for rivals where there are none."""
    monkeypatch.setattr(absent, "SETTLE_SECONDS", 0.0)


Holding = Callable[[Objects], Storage]


@pytest.fixture(params=STORAGES)
def holding(request: pytest.FixtureRequest, tmp_path: Path) -> Holding:
    return lambda objects: STORAGES[request.param](tmp_path, objects, request)


@pytest.fixture(params=[name for name, kind in STORAGES.items() if kind.writable])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return STORAGES[request.param](tmp_path, {}, request)


@pytest.fixture
def local_file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "local file"
    path.write_bytes(b"made here")
    yield path
    path.unlink(missing_ok=True)


def listed(storage: Storage, prefix: str = "") -> list[str]:
    return [entry.path for entry in storage.entries(prefix)]


def test_lists_nothing_where_nothing_lies(holding):
    storage = holding({})

    assert (list(storage.entries()), list(storage.entries("a/b"))) == ([], [])


def test_lists_paths_and_sizes(holding):
    storage = holding({"a/b.txt": b"123", "empty": b""})

    assert list(storage.entries()) == [Entry("a/b.txt", 3), Entry("empty", 0)]


def test_lists_in_code_point_order_of_whole_paths(holding):
    paths = ["a.b", "a/b", "a/b/c", "a0", "Z", "é", "a-b/c", "a b", "日本/x", "a!"]
    paths.remove("a/b")  # where there are folders, a name cannot be both an object and the beginning of another
    storage = holding(dict.fromkeys(paths, b""))

    assert listed(storage) == sorted(paths)


@pytest.mark.parametrize(
    ("prefix", "paths"),
    [
        ("", ["aa/b", "ab/c/d", "ab/c/e", "b"]),
        ("a", ["aa/b", "ab/c/d", "ab/c/e"]),
        ("ab", ["ab/c/d", "ab/c/e"]),
        ("ab/", ["ab/c/d", "ab/c/e"]),
        ("ab/c/", ["ab/c/d", "ab/c/e"]),
        ("ab/c/d", ["ab/c/d"]),
        ("ab/c/d/", []),
        ("b", ["b"]),
        ("b/", []),
        ("c", []),
    ],
)
def test_lists_what_begins_with_a_prefix(holding, prefix, paths):
    storage = holding(dict.fromkeys(["aa/b", "ab/c/d", "ab/c/e", "b"], b""))

    assert listed(storage, prefix) == paths


def test_reads_whole_objects_and_parts_of_them(holding):
    storage = holding({"a/b": b"0123456789"})
    parts = [(0, None), (3, None), (3, 4), (8, 99), (3, 0), (10, None), (99, None), (99, 5), (0, 2**62)]

    assert [storage.read("a/b", *part) for part in parts] == [
        b"0123456789",
        b"3456789",
        b"3456",
        b"89",
        b"",
        b"",
        b"",
        b"",
        b"0123456789",
    ]


@pytest.mark.parametrize("part", [(-1, None), (0, -1)])
def test_refuses_to_read_before_the_beginning_or_backwards(holding, part):
    storage = holding({"a": b"0123456789"})

    with pytest.raises(ValueError):
        storage.read("a", *part)


def test_tells_sizes(holding):
    storage = holding({"a/b": b"0123456789", "empty": b""})

    assert (storage.size("a/b"), storage.size("empty")) == (10, 0)


def test_opens_objects_that_can_be_sought_in(holding):
    storage = holding({"a/b": bytes(range(256)) * 4096})
    with storage.open("a/b") as stream:
        first = stream.read(2)
        stream.seek(-2, 2)
        last = stream.read()
        stream.seek(255)
        middle = stream.read(2)
        place = stream.tell()

    assert (stream.closed, first, last, middle, place) == (True, b"\0\1", b"\xfe\xff", b"\xff\0", 257)


@pytest.mark.parametrize("path", ["nothing", "a", "a/nothing", "a/b/nothing", "nothing/at/all"])
@pytest.mark.parametrize("ask", ["size", "read", "open"])
def test_says_what_is_missing(holding, path, ask):
    storage = holding({"a/b": b"123"})

    with pytest.raises(FileNotFoundError, match=path):
        getattr(storage, ask)(path)


@pytest.mark.parametrize(
    "path",
    ["", "/", "/etc/passwd", "..", "../a", "a/../b", "a/..", ".", "./a", "a/./b", "a//b", "a/", "a\0b", "\ud800"],
)
@pytest.mark.parametrize("ask", ["size", "read", "open", "delete"])
def test_refuses_paths_that_lead_out_or_have_two_spellings(holding, path, ask):
    storage = holding({"a": b"123"})

    with pytest.raises(RecipeError, match="names no object"):
        getattr(storage, ask)(path)


@pytest.mark.parametrize("prefix", ["/", "/etc/", "../", "a/../", "a//", "./", "a\0", "\ud800", ".tmp-/"])
def test_refuses_prefixes_that_no_object_can_have(holding, prefix):
    storage = holding({"a": b"123"})

    with pytest.raises(RecipeError, match="names no object"):
        list(storage.entries(prefix))


def test_its_url_builds_it_again(holding):
    storage = holding({"a/b": b"123"})
    again = open_storage(storage.url)

    assert (again.url, again.read("a/b"), list(again.entries())) == (storage.url, b"123", [Entry("a/b", 3)])


def test_writes_objects_and_replaces_them(storage):
    storage.put("a/b", b"first")
    storage.put("a/b", b"second, longer")
    storage.put("a/b", b"third")
    storage.put("c", b"")

    assert ({path: storage.read(path) for path in listed(storage)}) == {"a/b": b"third", "c": b""}


@pytest.mark.parametrize("path", ["../a", "/a", "a//b", "a\0b", "", ".tmp-a", "a/.tmp-b/c"])
def test_refuses_to_write_outside_or_where_nothing_is_listed(storage, path, local_file):
    for write in (storage.put, storage.put_if_absent):
        with pytest.raises(RecipeError, match="names no object"):
            write(path, b"")
    with pytest.raises(RecipeError, match="names no object"):
        storage.put_file(path, local_file)

    assert local_file.read_bytes() == b"made here"


@pytest.mark.parametrize("path", ["new/file", "old"])
def test_takes_local_files_and_replaces_objects_with_them(storage, local_file, path):
    storage.put("old", b"already here")
    storage.put_file(path, local_file)

    assert storage.read(path) == b"made here"


def test_says_which_local_file_is_missing(storage, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such thing"):
        storage.put_file("a", tmp_path / "no such thing")

    assert listed(storage) == []


def test_writes_once_if_absent(storage):
    answers = [storage.put_if_absent("a/b", b"first"), storage.put_if_absent("a/b", b"second")]

    assert (answers, storage.read("a/b"), listed(storage)) == ([True, False], b"first", ["a/b"])


def test_writes_again_once_deleted(storage):
    storage.put_if_absent("a/b", b"first")
    storage.delete("a/b")
    written = storage.put_if_absent("a/b", b"second")

    assert (written, storage.read("a/b")) == (True, b"second")


def test_of_many_who_write_if_absent_one_wins(storage, monkeypatch):
    monkeypatch.setattr(absent, "SETTLE_SECONDS", 2.0)
    answers: dict[bytes, bool] = {}
    start = threading.Barrier(8)

    def race(data: bytes) -> None:
        start.wait()
        answers[data] = storage.put_if_absent("receipts/one", data)

    racers = [threading.Thread(target=race, args=(bytes([number]) * 5000,)) for number in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert [data for data, won in answers.items() if won] == [storage.read("receipts/one")]
    assert (len(answers), listed(storage)) == (8, ["receipts/one"])


def test_an_open_object_is_read_to_its_end_after_it_was_replaced(storage):
    storage.put("a", b"first" * 1000)
    with storage.open("a") as stream:
        begin = stream.read(5)
        storage.put("a", b"second")
        rest = stream.read()

    assert begin + rest == b"first" * 1000


def test_deletes_objects_and_does_not_mind_if_there_is_none(storage):
    storage.put("a/b", b"1")
    storage.put("a/c", b"2")
    for path in ("a/b", "a/b", "a", "a/c/d", "nothing/here"):
        storage.delete(path)

    assert listed(storage) == ["a/c"]
