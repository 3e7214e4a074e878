"""What is true of folders and files alone."""

import errno
import os
import stat
import sys
from contextlib import ExitStack
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from dclm_pipeline.errors import RecipeError, ShardError, TransientError
from dclm_pipeline.storage import Entry, open_storage
from dclm_pipeline.storage.exclusive import name_if_free, rename_if_free
from dclm_pipeline.storage.local import LocalStorage
from dclm_pipeline.storage.trouble import naming


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage.at(str(tmp_path / "pool"))


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_relative_paths_become_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert (LocalStorage.at("pool").url, LocalStorage.at(".").url) == (str(tmp_path / "pool"), str(tmp_path))


@pytest.mark.parametrize(
    ("url", "path"), [("file:///a/b", "/a/b"), ("file://localhost/a%20b/%3F%23", "/a b/?#"), ("/a b%20", "/a b%20")]
)
def test_urls_are_decoded_and_paths_are_not(url, path):
    assert open_storage(url).url == path


@pytest.mark.parametrize("url", ["", "a\0b", "file://", "file://other/a", "file:///a?b", "file:///a#b"])
def test_refuses_what_is_no_place_on_this_machine(url):
    with pytest.raises(RecipeError):
        LocalStorage.at(url)


def test_a_single_file_is_listed_alone(tmp_path):
    (tmp_path / "crawl.warc.gz").write_bytes(b"123")
    (tmp_path / "crawl.warc.gz.bak").write_bytes(b"1234")
    storage = LocalStorage.at(str(tmp_path / "crawl.warc.gz"))

    assert storage.url == str(tmp_path / "crawl.warc.gz")
    assert (storage.read("crawl.warc.gz"), list(storage.entries())) == (b"123", [Entry("crawl.warc.gz", 3)])
    assert (list(storage.entries("crawl")), list(storage.entries("x"))) == ([Entry("crawl.warc.gz", 3)], [])


def test_a_single_file_that_went_away_is_not_listed(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    storage = LocalStorage.at(str(tmp_path / "a"))
    (tmp_path / "a").unlink()

    assert list(storage.entries()) == []


def test_unfinished_files_are_not_listed(storage, tmp_path):
    storage.put("a/b", b"1")
    (tmp_path / "pool/a/.tmp-0123").write_bytes(b"half")
    (tmp_path / "pool/.tmp-folder").mkdir()
    (tmp_path / "pool/.tmp-folder/c").write_bytes(b"half")

    assert list(storage.entries()) == [Entry("a/b", 1)]


def test_links_to_files_are_followed(storage, tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"123")
    storage.put("a", b"1")
    (tmp_path / "pool/link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "pool/nowhere").symlink_to(tmp_path / "nothing")
    (tmp_path / "pool/itself").symlink_to("itself")

    assert (list(storage.entries()), storage.read("link")) == ([Entry("a", 1), Entry("link", 3)], b"123")


def test_links_to_folders_that_hold_them_are_passed_over(storage, tmp_path):
    storage.put("a/b", b"1")
    (tmp_path / "pool/a/up").symlink_to("..")
    (tmp_path / "pool/a/self").symlink_to(".")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/c").write_bytes(b"12")
    (tmp_path / "pool/other").symlink_to(tmp_path / "other")

    assert list(storage.entries()) == [Entry("a/b", 1), Entry("other/c", 2)]


def test_pipes_and_folders_are_no_objects(storage, tmp_path):
    storage.put("a/b", b"1")
    os.mkfifo(tmp_path / "pool/pipe")
    for path in ("pipe", "a"):
        for ask in (storage.size, storage.read, storage.open):
            with pytest.raises(FileNotFoundError):
                ask(path)

    assert list(storage.entries()) == [Entry("a/b", 1)]


def test_names_that_are_not_utf8_can_be_listed_and_read(storage, tmp_path):
    storage.put("a", b"1")
    Path(os.fsdecode(os.fsencode(tmp_path / "pool") + b"/b\xff")).write_bytes(b"12")
    (entry,) = storage.entries("b")

    assert storage.read(entry.path) == b"12"


def test_objects_get_the_permissions_of_other_files(storage, tmp_path):
    (tmp_path / "usual").write_bytes(b"")
    for path in ("moved", "copied"):
        (tmp_path / path).write_bytes(b"")
        (tmp_path / path).chmod(0o600)
    (tmp_path / "link").symlink_to("copied")
    storage.put("put", b"")
    storage.put_if_absent("absent", b"")
    storage.put_file("moved", tmp_path / "moved")
    storage.put_file("copied", tmp_path / "link")
    modes = {stat.S_IMODE((tmp_path / "pool" / path).stat().st_mode) for path in ("put", "absent", "moved", "copied")}

    assert modes == {stat.S_IMODE((tmp_path / "usual").stat().st_mode)}


def test_a_local_file_is_moved_and_not_copied(storage, tmp_path):
    (tmp_path / "local").write_bytes(b"123")
    number = (tmp_path / "local").stat().st_ino
    storage.put_file("a/b", tmp_path / "local")

    assert (tmp_path / "pool/a/b").stat().st_ino == number
    assert names(tmp_path) == ["pool/a/b"]


def test_a_file_with_another_name_is_copied(storage, tmp_path):
    (tmp_path / "local").write_bytes(b"123")
    (tmp_path / "other").hardlink_to(tmp_path / "local")
    (tmp_path / "link").symlink_to("other")
    storage.put_file("hard", tmp_path / "local")
    storage.put_file("soft", tmp_path / "link")
    (tmp_path / "other").write_bytes(b"changed")

    assert (storage.read("hard"), storage.read("soft")) == (b"123", b"123")
    assert names(tmp_path) == ["other", "pool/hard", "pool/soft"]


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a second file system")
def test_a_file_of_another_file_system_is_copied(storage, tmp_path):
    local = Path("/dev/shm") / f"dclm-{os.getpid()}-{tmp_path.name}"
    local.write_bytes(b"123")
    try:
        storage.put_file("a", local)
    finally:
        there = local.exists()
        local.unlink(missing_ok=True)

    assert (storage.read("a"), there, names(tmp_path)) == (b"123", False, ["pool/a"])


def test_deleting_a_link_leaves_what_it_points_to(storage, tmp_path):
    storage.put("a", b"1")
    (tmp_path / "pool/link").symlink_to("a")
    storage.delete("link")

    assert list(storage.entries()) == [Entry("a", 1)]


def test_a_write_that_fails_leaves_nothing(storage, tmp_path):
    storage.put("file", b"1")
    (tmp_path / "pool/folder").mkdir()
    (tmp_path / "local").write_bytes(b"2")
    for path in ("file/below", "folder"):
        for write in (storage.put, storage.put_if_absent if path != "folder" else storage.put):
            with pytest.raises(ShardError, match="move it away"):
                write(path, b"2")
        with pytest.raises(ShardError, match="move it away"):
            storage.put_file(path, tmp_path / "local")

    assert names(tmp_path) == ["local", "pool/file"]


def test_a_name_that_is_too_long_is_said_to_be(storage):
    with pytest.raises(ShardError, match="shorten"):
        storage.put("a" * 300, b"")


RACER = """
import sys
from dclm_pipeline.storage import open_storage
storage = open_storage(sys.argv[1])
print("ready", flush=True)
sys.stdin.read()
print(sum(storage.put_if_absent(f"receipts/{number}", sys.argv[2].encode()) for number in range(100)))
"""


def test_of_many_processes_that_write_if_absent_one_wins(storage):
    with ExitStack() as stack:
        command = [sys.executable, "-c", RACER, storage.url]
        racers = [
            stack.enter_context(Popen([*command, str(number)], stdin=PIPE, stdout=PIPE, text=True))
            for number in range(3)
        ]
        for racer in racers:
            racer.stdout.readline()
        for racer in racers:
            racer.stdin.close()
        wins = [int(racer.stdout.read()) for racer in racers]
    written = [storage.read(entry.path) for entry in storage.entries()]

    assert [written.count(str(number).encode()) for number in range(3)] == wins
    assert sum(wins) == 100


@pytest.mark.parametrize("name_it", [name_if_free, pytest.param(rename_if_free, id="rename")])
def test_a_name_is_given_only_if_it_is_free(tmp_path, name_it):
    if name_it is rename_if_free and sys.platform != "linux":
        pytest.skip("only Linux renames without replacing")
    answers = []
    for data in (b"first", b"second"):
        (tmp_path / "temporary").unlink(missing_ok=True)
        (tmp_path / "temporary").write_bytes(data)
        answers.append(name_it(tmp_path / "temporary", tmp_path / "final"))

    assert (answers, (tmp_path / "final").read_bytes()) == ([True, False], b"first")


def test_a_link_whose_answer_was_lost_is_known_as_ours(tmp_path):
    (tmp_path / "temporary").write_bytes(b"ours")
    (tmp_path / "final").hardlink_to(tmp_path / "temporary")

    assert name_if_free(tmp_path / "temporary", tmp_path / "final") is True


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        (errno.ENOSPC, ShardError, "no space is left"),
        (errno.EDQUOT, ShardError, "quota"),
        (errno.EACCES, ShardError, "permission denied"),
        (errno.EROFS, ShardError, "read-only"),
        (errno.ENXIO, ShardError, "refused"),
        (errno.EIO, TransientError, "failed to answer"),
        (errno.ESTALE, TransientError, "network file system"),
        (errno.ETIMEDOUT, TransientError, "in time"),
        (errno.ENOENT, FileNotFoundError, "No such file"),
    ],
)
def test_trouble_is_told_apart_and_names_the_place(code, kind, said):
    with pytest.raises(kind, match=said) as caught, naming("the place"):
        raise OSError(code, os.strerror(code), "the place")

    assert "the place" in str(caught.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_device_is_reported_as_one():
    with (
        pytest.raises(ShardError, match="no space is left"),
        naming("/dev/full"),
        Path("/dev/full").open("wb", 0) as file,
    ):
        file.write(b"1")


def test_files_of_killed_writers_are_swept_once_they_are_old(tmp_path):
    (tmp_path / "a").mkdir()
    for name in ("a/.tmp-old", ".tmp-young", "a/kept"):
        (tmp_path / name).touch()
    os.utime(tmp_path / "a/.tmp-old", (0, 0))
    os.utime(tmp_path / "a/kept", (0, 0))

    assert open_storage(str(tmp_path)).sweep(3600) == 1
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [".tmp-young", "kept"]
