"""The same recipe over the same pages gives the same pool, wherever the pages and the pool lie."""

import pickle
import shutil

import pytest

import dclm_pipeline as dp
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.storage import absent, open_storage, patience
from dclm_pipeline.storage.paths import below, beside, is_below
from stand_ins.stores import new_bucket
from tests.engine.crawls import EVERYTHING, run_inline
from tests.storage.faulty import Fault, faults_before
from tests.storage.serving import serving


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(absent, "SETTLE_SECONDS", 0.0)  # nobody else writes here


def uploaded(folder, place):
    storage = open_storage(place)
    for path in sorted(folder.rglob("*.warc.gz")):
        storage.put(str(path.relative_to(folder)), path.read_bytes())


def objects_of(place):
    storage = open_storage(place)
    return {e.path: storage.read(e.path) for e in storage.entries() if not e.path.startswith(("runs/", "work/"))}


@pytest.mark.parametrize(
    "where", [pytest.param("store", marks=pytest.mark.slow), pytest.param("swift", marks=pytest.mark.slow)]
)
def test_a_store_gives_the_bytes_of_the_disk(crawl, tmp_path, where, request):
    bucket = new_bucket(request.getfixturevalue(where))
    uploaded(crawl, below(bucket, "crawl"))
    local = run_inline(EVERYTHING, crawl, tmp_path / "pool")
    there = run_inline(EVERYTHING, below(bucket, "crawl"), tmp_path / "x", out_url=below(bucket, "out/pool"), saved="")

    assert objects_of(below(bucket, "out/pool")) == objects_of(str(tmp_path / "pool"))
    assert there.manifest == local.manifest
    assert any(True for _ in open_storage(below(bucket, "out/saved")).entries())
    opened = dp.open(below(bucket, "out/pool"))
    assert opened.to_table().equals(dp.open(tmp_path / "pool").to_table())
    assert pickle.loads(pickle.dumps(opened)).count_rows() == local.manifest.rows
    # Each WARC is one stream, and each shard, reject file, signal file and receipt one upload.
    assert sum(there.story.requests.values()) / there.story.performed < 25


# One request in five goes wrong, each time in another way; of every hundred, five in a row find the store busy.
IN_TURN = (Fault.UNHEARD, Fault.UNANSWERED, Fault.CUT, Fault.BUSY)


def often_wrong(request):
    if request.number % 100 < 5:
        return Fault.BUSY
    return IN_TURN[request.number // 5 % 4] if request.number % 5 == 0 else None


@pytest.mark.slow
def test_a_store_that_often_fails_gives_the_bytes_of_the_disk(crawl, tmp_path, store):
    local = run_inline(EVERYTHING, crawl, tmp_path / "pool")
    with faults_before(store) as faulty:
        bucket = new_bucket(faulty.url)
        uploaded(crawl, below(bucket, "crawl"))
        out = below(bucket, "out/pool")
        faulty.begin(often_wrong)
        there = run_inline(EVERYTHING, below(bucket, "crawl"), tmp_path / "x", out_url=out, saved="")
        spoiled = len(faulty.spoiled)
        faulty.begin()
        objects = objects_of(out)

    assert objects == objects_of(str(tmp_path / "pool"))
    assert there.manifest == local.manifest
    assert spoiled > 30
    # Untroubled, it is 8 for each task.
    assert sum(there.story.requests.values()) / there.story.performed < 12


@pytest.mark.slow
def test_a_file_on_the_web_gives_the_documents_of_the_disk(crawl, tmp_path):
    name, data = next((path.name, path.read_bytes()) for path in sorted(crawl.rglob("*.warc.gz")))
    (tmp_path / "crawl").mkdir()
    (tmp_path / "crawl" / name).write_bytes(data)
    local = run_inline(EVERYTHING, tmp_path / "crawl", tmp_path / "pool")
    with serving({f"crawl/{name}": data}) as served:
        served.faults += [None, None, 503, ("cut", 20_000), ("reset", 30_000), 500]
        there = run_inline(EVERYTHING, f"{served.url}crawl/{name}", tmp_path / "web" / "pool")

    assert objects_of(str(tmp_path / "web" / "pool")) == objects_of(str(tmp_path / "pool"))
    assert there.manifest == local.manifest
    shutil.rmtree(tmp_path / "web")


def test_a_pool_on_the_web_can_be_opened(crawl, tmp_path):
    run_inline(EVERYTHING, crawl, tmp_path / "pool")
    pool = tmp_path / "pool"
    files = {str(path.relative_to(tmp_path)): path.read_bytes() for path in pool.rglob("*") if path.is_file()}
    with serving(files) as served:
        there = dp.open(f"{served.url}pool/")

        assert there.to_table(columns=["id", "text"]).equals(dp.open(pool).to_table(columns=["id", "text"]))


def test_a_pool_cannot_be_written_to_the_web(crawl, tmp_path):
    with serving({}) as served, pytest.raises(RecipeError, match="read only"):
        run_inline(EVERYTHING, crawl, tmp_path / "pool", out_url=f"{served.url}pool/")


@pytest.mark.parametrize(
    ("url", "inside", "near"),
    [
        ("/a/b", "/a/b/c/d", "/a/c"),
        ("s3://b", "s3://b/c/d", "s3://c"),
        ("s3://b/a?region=x/y", "s3://b/a/c/d?region=x/y", "s3://b/c?region=x/y"),
        ("/a?b", "/a?b/c/d", "/c"),
    ],
)
def test_places_below_and_beside(url, inside, near):
    assert (below(url, "c/d"), beside(url, "c")) == (inside, near)
    assert (is_below(inside, url), is_below(url, inside), is_below(f"{url}x", url)) == (True, False, False)
