"""A crawl by its name, from something that looks like Common Crawl."""

import gzip

import pytest

import dclm_pipeline as dp
from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.sources.common_crawl import CommonCrawl
from dclm_pipeline.storage import open_storage
from dclm_pipeline.storage.memory import MemoryStorage
from tests.engine.crawls import run_inline
from tests.sources.writing import info, packed, record
from tests.storage.serving import serving

CRAWL = "CC-MAIN-2024-18"
LISTING = f"crawl-data/{CRAWL}/warc.paths.gz"
RECIPE = """
name: crawl
source: {{kind: common_crawl, crawl: CC-MAIN-2024-18, {}}}
steps: [extract]
"""


def paths(count):
    return [f"crawl-data/{CRAWL}/segments/17/warc/CC-MAIN-2024-{i:05d}.warc.gz" for i in range(count)]


def crawled(listed, pack=gzip.compress):
    MemoryStorage.forget("crawls")
    storage = MemoryStorage("crawls")
    storage.put(LISTING, pack("\n".join(listed).encode() + b"\n"))
    return storage


def drawn(storage, **settings):
    return [shard.name for shard in CommonCrawl(crawl=CRAWL, **settings).shards(storage)]


def test_all_files_come_in_the_order_of_the_listing():
    assert drawn(crawled(paths(20))) == paths(20)
    assert drawn(crawled(paths(20), pack=bytes)) == paths(20)


def test_a_sample_is_seeded_and_larger_ones_hold_smaller_ones():
    storage = crawled(paths(200))
    few, many, other = drawn(storage, files=10), drawn(storage, share=0.2), drawn(storage, files=10, seed=1)

    assert (len(few), len(many)) == (10, 40)
    assert set(few) < set(many)
    assert set(few) != set(other)
    assert many == sorted(many)


def test_a_listing_can_be_a_copy(tmp_path):
    copy = tmp_path / "warc.paths.gz"
    copy.write_bytes(gzip.compress("\n".join(paths(3)).encode()))
    MemoryStorage.forget("crawls")

    assert drawn(MemoryStorage("crawls"), listing=str(copy)) == paths(3)


@pytest.mark.parametrize(
    "line",
    [
        "crawl-data/CC-MAIN-2024-18/../../etc/passwd.warc.gz",
        "/etc/passwd.warc.gz",
        "crawl-data/CC-MAIN-2023-06/segments/1/warc/a.warc.gz",
        "https://elsewhere.example/a.warc.gz",
        "crawl-data/CC-MAIN-2024-18/segments/1/warc/a.exe",
    ],
)
def test_lines_that_are_no_file_of_the_crawl_are_refused(line):
    with pytest.raises(RecipeError, match="no such file of CC-MAIN-2024-18"):
        drawn(crawled([*paths(2), line]))


def test_what_cannot_be_is_told():
    with pytest.raises(RecipeError, match="ask for fewer"):
        drawn(crawled(paths(3)), files=4)
    with pytest.raises(RecipeError, match="names a file twice"):
        drawn(crawled([*paths(3), paths(1)[0]]))
    with pytest.raises(IntegrityError, match="is damaged"):
        drawn(crawled(paths(30), pack=lambda data: gzip.compress(data)[:-9]))
    with pytest.raises(RecipeError, match="there is no crawl CC-MAIN-2019-01"):
        list(CommonCrawl(crawl="CC-MAIN-2019-01").shards(crawled(paths(1))))
    with pytest.raises(ValueError, match="give one of them"):
        CommonCrawl(crawl=CRAWL, files=1, share=0.5)


@pytest.fixture
def web(crawl):
    warcs = [path.read_bytes() for path in sorted(crawl.rglob("*.warc.gz"))]
    objects = dict(zip(paths(len(warcs)), warcs, strict=True))
    with serving({LISTING: gzip.compress("\n".join(objects).encode()), **objects}) as served:
        yield served


def test_a_crawl_is_run_over_the_web_file_by_file(web, tmp_path):
    ran = run_inline(RECIPE.format("files: 2"), web.url, tmp_path / "pool")

    warcs = [path for method, path, _ in web.asked if method == "GET" and path.endswith(".warc.gz")]
    table = dp.open(tmp_path / "pool").to_table(columns=["source"])
    assert ran.manifest.rows > 20
    assert len(set(table["source"].to_pylist())) == 2
    assert len(warcs) == len(set(warcs)) == 2


def test_parts_hold_what_whole_files_hold(web, tmp_path):
    whole = run_inline(RECIPE.format("files: 3"), web.url, tmp_path / "whole" / "pool")
    parts = run_inline(RECIPE.format("files: 3, split: 20KB"), web.url, tmp_path / "parts" / "pool")

    one, other = (dp.open(tmp_path / name / "pool").to_table() for name in ("whole", "parts"))
    assert len(parts.manifest.shards) > len(whole.manifest.shards)
    assert other.equals(one)


def test_the_same_files_in_a_folder_give_the_same_documents(web, crawl, tmp_path):
    for path, data in web.objects.items():
        (tmp_path / "mirror" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mirror" / path).write_bytes(data)
    there = run_inline(RECIPE.format("files: 3"), web.url, tmp_path / "web" / "pool")
    here = run_inline(RECIPE.format("files: 3"), tmp_path / "mirror", tmp_path / "disk" / "pool")

    assert here.manifest == there.manifest
    assert open_storage(str(tmp_path / "disk" / "pool")).read("manifest.json") == open_storage(
        str(tmp_path / "web" / "pool")
    ).read("manifest.json")


def test_a_larger_sample_does_only_what_is_new(web, tmp_path):
    run_inline(RECIPE.format("files: 1"), web.url, tmp_path / "pool", saved=tmp_path / "saved")
    web.asked.clear()
    run_inline(RECIPE.format("files: 3"), web.url, tmp_path / "pool", saved=tmp_path / "saved")

    warcs = [path for method, path, _ in web.asked if method == "GET" and path.endswith(".warc.gz")]
    assert len(warcs) == 2


def test_texts_of_a_crawl_are_read_like_its_pages(tmp_path):
    name = f"crawl-data/{CRAWL}/segments/17/wet/CC-MAIN-2024-00000.warc.wet.gz"
    file = packed(info()) + packed(
        record("conversion", "https://www.example.com/a", b"Tea.", "Content-Type: text/plain")
    )
    storage = MemoryStorage("crawls")
    storage.put(name, file)
    storage.put(f"crawl-data/{CRAWL}/wet.paths.gz", gzip.compress(f"{name}\n".encode()))
    recipe = f"name: texts\nsource: {{kind: common_crawl_wet, crawl: {CRAWL}}}\nsteps: [signals]\n"

    run_inline(recipe, storage.url, tmp_path / "pool")

    (page,) = dp.open(tmp_path / "pool").to_table().to_pylist()
    assert (page["text"], page["source"]) == ("Tea.", name)
