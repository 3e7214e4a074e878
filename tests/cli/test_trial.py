"""`dclm try` against something that looks like Common Crawl."""

import gzip
import time

import pytest

from dclm_pipeline.cli.trial import whole_members
from tests.cli.terminal import dclm
from tests.storage.serving import serving

CRAWL = "CC-MAIN-2024-18"


@pytest.fixture
def web(crawl):
    warcs = [path.read_bytes() for path in sorted(crawl.rglob("*.warc.gz"))]
    objects = {f"crawl-data/{CRAWL}/segments/1/warc/CC-MAIN-{i:05d}.warc.gz": data for i, data in enumerate(warcs)}
    listing = gzip.compress("\n".join(objects).encode())
    with serving({f"crawl-data/{CRAWL}/warc.paths.gz": listing, **objects}) as served:
        yield served


def gets_of_pages(web) -> int:
    return sum(method == "GET" and path.endswith(".warc.gz") for method, path, _ in web.asked)


def last_line(done) -> str:
    return done.stdout.splitlines()[-1]


@pytest.mark.slow
def test_the_beginning_of_one_file_goes_through_the_recipe(web, tmp_path):
    done = dclm("try", CRAWL, "--mb", 1, "--source", web.url, "--out", tmp_path / "pool", "--rows", 1)

    asked = [place for method, path, place in web.asked if method == "GET" and path.endswith(".warc.gz")]
    assert asked == ["bytes=0-999999"]
    assert "exact_dedup" in done.stdout
    assert "text: " in done.stdout
    assert "kept in" in done.stdout
    assert "good" in dclm("verify", tmp_path / "pool").stdout


@pytest.mark.slow
def test_what_was_fetched_is_kept_in_a_cache(web, tmp_path):
    words = ("try", CRAWL, "--mb", 1, "--source", web.url, "--rows", 0, "--cache", tmp_path / "cache")
    first, asked_at_first = dclm(*words), gets_of_pages(web)
    second, asked_in_all = dclm(*words), gets_of_pages(web)

    assert (asked_at_first, asked_in_all) == (1, 1)
    assert last_line(first).partition("(")[0] == last_line(second).partition("(")[0]


def test_servers_are_asked_within_the_budget():
    name, times = f"crawl-data/{CRAWL}/segments/1/warc/CC-MAIN-00000.warc.gz", []
    with serving({f"crawl-data/{CRAWL}/warc.paths.gz": name.encode()}, lambda: times.append(time.monotonic())) as web:
        done = dclm("try", CRAWL, "--source", web.url, "--most-requests", 2, "--most-bandwidth", "1MB", code=2)

    assert "though the listing names it" in done.stderr
    assert len(times) == len(["listing", "file"])
    assert times[1] - times[0] > 0.4


@pytest.mark.slow
def test_nothing_is_left_behind(web, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    dclm("try", "--mb", 1, "--source", web.url)

    assert [path.name for path in tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("crawl_name", "said"), [("CC-MAIN-1999-01", "there is no crawl"), ("nonsense", "'nonsense' is no crawl")]
)
def test_a_crawl_that_is_not_there_is_told(web, crawl_name, said):
    assert said in dclm("try", crawl_name, "--source", web.url, code=2).stderr


def test_a_member_that_is_cut_is_left_out():
    members = [gzip.compress(bytes([i]) * 1000, mtime=0) for i in range(3)]

    assert whole_members(b"".join(members)[:-5]) == members[0] + members[1]
    assert whole_members(members[0][:-5]) == members[0][:-5]
