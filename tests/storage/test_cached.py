"""What was read of a server's objects is read from disk the next time, and is what the server has."""

import errno
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dclm_pipeline.errors import ShardError
from dclm_pipeline.storage import blocks, open_storage
from dclm_pipeline.storage.cached import CachedStorage, beginning_of, cached
from dclm_pipeline.storage.paths import FORSAKEN_SECONDS
from tests.engine.crawls import EXTRACT, bytes_of, run_inline
from tests.storage.serving import serving

DATA = random.Random(1).randbytes(100_000)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 8_192)


def gets(served) -> int:
    return sum(method == "GET" for method, _, _ in served.asked)


def read_whole(served, folder) -> bytes:
    with cached(open_storage(served.url), folder).open("object") as file:
        return file.read()


def test_a_second_reader_asks_for_the_version_alone(tmp_path):
    with serving({"object": DATA}) as served:
        first = read_whole(served, tmp_path)
        before = len(served.asked)
        second = read_whole(served, tmp_path)

        assert first == second == DATA
        assert [method for method, _, _ in served.asked[before:]] == ["HEAD"]


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_read_in_whatever_order_is_right(tmp_path, seed):
    luck = random.Random(seed)
    with serving({"object": DATA}) as served:
        for _ in range(2):
            with cached(open_storage(served.url), tmp_path).open("object") as file:
                for _ in range(30):
                    place, most = luck.randrange(len(DATA) + 10), luck.choice([1, 100, 9_000, 60_000])
                    file.seek(place)
                    assert file.read(most) == DATA[place : place + most]


def test_another_version_is_another_object(tmp_path):
    with serving({"object": DATA}) as served:
        read_whole(served, tmp_path)
        served.objects["object"] = DATA[::-1]

        assert read_whole(served, tmp_path) == DATA[::-1]


def test_two_versions_are_never_mixed(tmp_path):
    with serving({"object": DATA}) as served:
        with cached(open_storage(served.url), tmp_path).open("object") as file:
            file.read(20_000)
        with cached(open_storage(served.url), tmp_path).open("object") as file:
            served.objects["object"] = DATA[::-1]
            with pytest.raises(ShardError, match="was replaced while it was read"):
                file.read()


def test_an_object_without_a_version_is_not_kept(tmp_path):
    with serving({"object": DATA}) as served:
        served.tags = False
        read_whole(served, tmp_path)

        assert not list(tmp_path.rglob("*"))


def test_a_damaged_block_is_fetched_again(tmp_path):
    with serving({"object": DATA}) as served:
        read_whole(served, tmp_path)
        for number, block in enumerate(sorted(path for path in tmp_path.rglob("*") if path.is_file())):
            data = bytearray(block.read_bytes())
            if number % 2:
                data[len(data) // 2] ^= 1
                block.write_bytes(data)
            else:
                block.write_bytes(data[:-1])

        assert read_whole(served, tmp_path) == DATA
        before = gets(served)
        assert read_whole(served, tmp_path) == DATA
        assert gets(served) == before


def test_a_cache_that_cannot_be_written_costs_nothing_but_itself(tmp_path, caplog):
    (tmp_path / "file").write_text("no folder")
    with serving({"object": DATA}) as served:
        assert read_whole(served, tmp_path / "file") == DATA

    assert "kept in the cache" in caplog.text


def left_unfinished(folder, age) -> Path:
    """Kill a process that is writing a block; return what it leaves, so many seconds old."""
    program = (
        "import os, signal, sys; from pathlib import Path; from dclm_pipeline.storage.blocks import Blocks\n"
        "Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "Blocks(Path(sys.argv[1]), 'key', 'object', 10).keep(0, bytes(10))"
    )
    known = set(folder.rglob("*"))
    assert subprocess.run([sys.executable, "-c", program, str(folder)]).returncode == -signal.SIGKILL
    (left,) = (path for path in set(folder.rglob("*")) - known if path.is_file())
    os.utime(left, (time.time() - age,) * 2)
    return left


def test_what_killed_processes_left_unfinished_goes_and_what_may_be_written_stays(tmp_path):
    with serving({"object": DATA}) as served:
        read_whole(served, tmp_path)
        kept = {path for path in tmp_path.rglob("*") if path.is_file()}
        for path in kept:
            os.utime(path, (0, 0))
        fresh = left_unfinished(tmp_path, FORSAKEN_SECONDS - 60)
        left_unfinished(tmp_path, FORSAKEN_SECONDS)

        assert read_whole(served, tmp_path) == DATA
        assert {path for path in tmp_path.rglob("*") if path.is_file()} == kept | {fresh}


def test_a_cache_that_cannot_be_swept_can_be_read(tmp_path, caplog, monkeypatch):
    left = left_unfinished(tmp_path, FORSAKEN_SECONDS)

    def refuse(path, **_):
        raise PermissionError(errno.EACCES, "not yours", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    with serving({"object": DATA}) as served:
        assert read_whole(served, tmp_path) == DATA

    assert left.exists()
    assert "what was left unfinished in the cache stays" in caplog.text


@pytest.mark.parametrize("most", [0, 1, 8_192, 8_193, 20_000, 10**6])
def test_the_beginning_of_an_object_is_asked_for_once(tmp_path, most):
    with serving({"object": DATA}) as served:
        first = beginning_of(cached(open_storage(served.url), tmp_path), "object", most)
        before = gets(served)
        second = beginning_of(cached(open_storage(served.url), tmp_path), "object", most)

        assert first == second == DATA[:most]
        assert gets(served) == before == min(-(-most // 8_192), 13)


def test_without_a_cache_or_a_version_the_beginning_is_one_request(tmp_path):
    with serving({"object": DATA}) as served:
        served.tags = False
        for storage in (open_storage(served.url), cached(open_storage(served.url), tmp_path)):
            assert beginning_of(storage, "object", 20_000) == DATA[:20_000]

        assert [place for method, _, place in served.asked if method == "GET"] == ["bytes=0-19999"] * 2


def test_what_is_on_disk_already_is_not_kept_again(tmp_path):
    assert not isinstance(cached(open_storage(str(tmp_path)), tmp_path / "cache"), CachedStorage)


def test_a_second_run_reads_no_page_from_the_server(crawl, tmp_path):
    name, data = next((path.name, path.read_bytes()) for path in sorted(crawl.rglob("*.warc.gz")))
    with serving({f"crawl/{name}": data}) as served:
        place = f"{served.url}crawl/{name}"
        run_inline(EXTRACT, place, tmp_path / "one" / "pool", cache=str(tmp_path / "cache"))
        before = gets(served)
        run_inline(EXTRACT, place, tmp_path / "two" / "pool", cache=str(tmp_path / "cache"))
        edges = 2

        assert gets(served) - before == edges
    assert bytes_of(tmp_path / "one" / "pool") == bytes_of(tmp_path / "two" / "pool")
