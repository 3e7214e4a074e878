"""Single records by the crawl's URL index: what reading the whole files and leaving out the rest would give."""

import functools
import gzip
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.madeup import write_crawl
from dclm_pipeline.madeup.index import write_listing
from dclm_pipeline.sources import Reject
from dclm_pipeline.sources.common_crawl import CommonCrawl
from dclm_pipeline.sources.common_crawl_index import CommonCrawlIndex
from dclm_pipeline.sources.picked import joined
from dclm_pipeline.storage import open_storage
from dclm_pipeline.storage.remote import requests
from tests.engine.crawls import recipe, run_inline
from tests.storage.serving import serving

CRAWL = "CC-MAIN-2025-00"
PART = f"cc-index/table/cc-main/warc/crawl={CRAWL}/subset=warc/part-00000.gz.parquet"


@pytest.fixture(scope="module")
def listed(tmp_path_factory) -> Path:
    """Return a made-up crawl with listings and index."""
    folder = tmp_path_factory.mktemp("listed")
    write_crawl(folder, 1_600, shards=3, listed=True)
    return folder


@functools.cache
def index_of(folder: Path) -> list[dict[str, object]]:
    """Return all rows of an index."""
    return [row for path in sorted(folder.rglob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def documents(source, place, shards=None) -> list[dict[str, object]]:
    """Return what a source hands over, as rows; of all its shards, or some."""
    storage = open_storage(str(place))
    shards = source.shards(storage) if shards is None else shards
    read = [item for shard in shards for item in source.read(storage, shard, 64, 2**24)]
    return [row for item in read if isinstance(item, pa.RecordBatch) for row in item.to_pylist()]


@functools.cache
def all_documents(folder: Path) -> list[dict[str, object]]:
    """Return all pages of a crawl."""
    return documents(CommonCrawl(crawl=CRAWL), folder)


def below(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


SELECTIONS = {
    "nothing in particular": ({}, lambda row: True),
    "a language": ({"languages": ["deu"]}, lambda row: row["content_languages"] == "deu"),
    "two languages": ({"languages": ["fra", "jpn"]}, lambda row: row["content_languages"] in ("fra", "jpn")),
    "a top-level domain": ({"tlds": ["test"]}, lambda row: row["url_host_tld"] == "test"),
    "a domain": ({"domains": ["example.org"]}, lambda row: below(row["url_host_name"], "example.org")),
    "long records": ({"least_length": 9_000}, lambda row: row["warc_record_length"] >= 9_000),
    "short ones": ({"most_length": 3_000}, lambda row: row["warc_record_length"] <= 3_000),
    "plain text": ({"mime": ["text/plain"]}, lambda row: row["content_mime_detected"] == "text/plain"),
    "what is not there": ({"status": [404]}, lambda row: row["fetch_status"] == 404),
    "several at once": (
        {"languages": ["eng"], "tlds": ["example", "net"], "most_length": 20_000},
        lambda row: (
            row["content_languages"] == "eng"
            and row["url_host_tld"] in ("example", "net")
            and row["warc_record_length"] <= 20_000
        ),
    ),
}


@pytest.mark.parametrize("name", SELECTIONS)
def test_it_hands_over_what_whole_files_hold_of_the_records_that_fit(listed, name):
    settings, fits = SELECTIONS[name]
    status = settings.get("status", [200])
    rows = [row for row in index_of(listed) if row["fetch_status"] in status and fits(row)]
    wanted = {(row["warc_filename"], row["warc_record_offset"]) for row in rows}
    everything = (
        documents(CommonCrawl(crawl=CRAWL, status=[404]), listed) if "status" in settings else all_documents(listed)
    )

    found = documents(CommonCrawlIndex(crawl=CRAWL, **settings), listed)

    assert wanted
    assert found == [page for page in everything if (page["source"], page["offset"]) in wanted]


def test_hosts_and_addresses_are_taken_as_they_are_written(listed, tmp_path):
    rows = index_of(listed)
    host = rows[17]["url_host_name"]
    addresses = sorted({str(row["url"]) for row in rows[::50] if row["fetch_status"] == 200})
    (tmp_path / "urls.gz").write_bytes(gzip.compress("\r\n".join(addresses).encode()))

    by_host = documents(CommonCrawlIndex(crawl=CRAWL, hosts=[host]), listed)
    by_address = documents(CommonCrawlIndex(crawl=CRAWL, urls=str(tmp_path / "urls.gz")), listed)

    assert by_host == [page for page in all_documents(listed) if urlsplit(str(page["url"])).hostname == host]
    assert by_address == [page for page in all_documents(listed) if page["url"] in addresses]


@pytest.mark.parametrize("gap", [0, 2**30])
def test_neighbours_are_fetched_by_one_request(listed, gap):
    source = CommonCrawlIndex(crawl=CRAWL, languages=["eng"], gap=gap)
    storage = open_storage(str(listed))
    shards = list(source.shards(storage))
    least = sum(len(list(joined(shard.spans, gap))) for shard in shards)
    files = {str(path.relative_to(listed)): path.read_bytes() for path in listed.rglob("*") if path.is_file()}
    with serving(files) as server:
        listed_there = source.offer(open_storage(f"{server.url}/")).shards
        before = requests["http GET"]
        pages = documents(source, f"{server.url}/", listed_there)

    assert requests["http GET"] - before == least
    assert least == (len(shards) if gap else sum(len(shard.spans) for shard in shards))
    assert listed_there == tuple(shards)
    assert pages == documents(source, listed)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"http://[bad/", r"'http://\[bad/' is no address"),
        (b"www.example.org/page", "'www.example.org/page' is no address; write each as it was crawled: https://"),
        (b"http:///page", "is no address"),
        (b"http://good.example/\xff", "is no address"),
        (b"http://good.example/" + b"x" * 2**16, "line too long at byte 21, where an address has 65,536 bytes at most"),
    ],
)
def test_an_address_that_is_none_is_named(listed, tmp_path, line, said):
    (tmp_path / "urls").write_bytes(b"http://good.example/\n" + line + b"\r\n")

    with pytest.raises(RecipeError, match=said):
        CommonCrawlIndex(crawl=CRAWL, urls=str(tmp_path / "urls")).offer(open_storage(str(listed)))


def test_addresses_and_an_index_that_are_edited_are_read_again(listed, tmp_path):
    rows = [row for row in pq.read_table(listed / PART).to_pylist() if row["fetch_status"] == 200]
    first, second = rows[3], rows[7]
    index = changed(listed, tmp_path / "index", lambda table: None)
    source = CommonCrawlIndex(crawl=CRAWL, urls=str(tmp_path / "urls"), index=index)

    def found() -> list[list[int]]:
        shards = source.shards(open_storage(str(listed)))
        return [place for shard in shards for place in shard.spans.places.tolist()]

    (tmp_path / "urls").write_text(first["url"])
    before = found()
    (tmp_path / "urls").write_text(second["url"])
    after = found()
    moved = [row | {"warc_record_offset": row["warc_record_offset"] + 1} for row in (first, second)]
    table = pa.Table.from_pylist(moved, schema=pq.read_schema(listed / PART))
    pq.write_table(table, tmp_path / "index" / "part.parquet")

    assert [*before, *after] == [[row["warc_record_offset"], row["warc_record_length"]] for row in (first, second)]
    assert found() == [[second["warc_record_offset"] + 1, second["warc_record_length"]]]


@pytest.mark.slow
def test_a_command_reads_the_index_once(listed, tmp_path):
    files = {str(path.relative_to(listed)): path.read_bytes() for path in listed.rglob("*") if path.is_file()}
    text = f"name: picked\nsource: {{kind: common_crawl_index, crawl: {CRAWL}, tlds: [test]}}\nsteps: [extract]\n"
    (tmp_path / "recipe.yaml").write_text(text)

    def asked(*words: str) -> int:
        with serving(files) as server:
            place = ["--source", f"{server.url}/", "--out", str(tmp_path / words[0])]
            command = [sys.executable, "-m", "dclm_pipeline.cli", words[0], str(tmp_path / "recipe.yaml")]
            subprocess.run([*command, *place, *words[1:]], check=True, capture_output=True, timeout=120)
        return sum(path.endswith(".parquet") for _, path, _ in server.asked)

    with serving(files) as server:
        CommonCrawlIndex(crawl=CRAWL, tlds=["test"]).offer(open_storage(f"{server.url}/"))
    once = sum(path.endswith(".parquet") for _, path, _ in server.asked)

    assert [asked("plan"), asked("run", "--executor", "inline")] == [once, once]


def test_a_selection_of_which_nothing_fits_is_told_of(listed):
    with pytest.raises(RecipeError, match=r"CC-MAIN-2025-00: of the 1,\d+ records in the index none fits"):
        CommonCrawlIndex(crawl=CRAWL, hosts=["nowhere.example"]).offer(open_storage(str(listed)))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("status: [99]", "status.0 is 99; expected a whole number at least 100, at most 599"),
        ("status: [200, 600]", "status.1 is 600; expected a whole number at least 100, at most 599"),
        ("least_length: -1", "least_length is -1; expected a whole number at least 0, at most 2147483647"),
        ("most_length: 0", "most_length is 0; expected a whole number at least 1, at most 2147483647 or null"),
        ("least_length: 9, most_length: 8", "least_length is 9 and most_length 8, so no record fits; give"),
        ("tlds: [co.uk]", "tlds.0 is 'co.uk'; expected a text: Top-level domains, such as org."),
        ("hosts: ['https://a.example/']", "hosts.0 is 'https://a.example/'; expected a text: Hosts, such as www."),
        ("gap: -1", "gap is -1; expected a whole number at least 0"),
    ],
)
def test_settings_that_fit_nothing_are_told_with_what_is_expected(tmp_path, settings, said):
    text = f"name: a\nsource: {{kind: common_crawl_index, crawl: {CRAWL}, {settings}}}\nsteps: [extract]\n"

    with pytest.raises(RecipeError) as error:
        recipe(text, tmp_path)
    assert said in str(error.value)


def test_a_crawl_without_an_index_is_told_of(tmp_path):
    write_listing(tmp_path, CRAWL, "cc-index-table.paths.gz", [PART.replace("subset=warc", "subset=robotstxt")])

    with pytest.raises(
        RecipeError, match=r"CC-MAIN-2025-00: its cc-index-table.paths.gz names no file of its URL index"
    ):
        CommonCrawlIndex(crawl=CRAWL).offer(open_storage(str(tmp_path)))


def test_the_plan_tells_the_share_of_the_crawl(listed):
    told = CommonCrawlIndex(crawl=CRAWL, languages=["pol"]).offer(open_storage(str(listed))).told()
    rows = [row for row in index_of(listed) if row["fetch_status"] == 200 and row["content_languages"] == "pol"]

    assert told.startswith(f"{len(rows)} of {len(index_of(listed)):,} records")
    assert re.search(r"\(\d+\.\d{3}%\), by \d+ requests; the crawl has 3 files, of which 3 hold some$", told)


def changed(listed, folder, change) -> str:
    """Copy one part of the index with its rows changed; return the folder."""
    rows = pq.read_table(listed / PART).to_pylist()
    change(rows)
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist(rows, schema=pq.read_schema(listed / PART)), folder / "part.parquet")
    return str(folder)


HOSTILE = {
    "warc_filename": ["crawl-data/CC-MAIN-2025-00/../../etc/passwd.warc.gz", "/etc/passwd", None],
    "warc_record_offset": [-1, None],
    "warc_record_length": [0, -5, 2**31 - 1],
}


@pytest.mark.parametrize(
    ("column", "value"), [(column, value) for column, values in HOSTILE.items() for value in values]
)
def test_an_index_that_names_what_cannot_be_is_refused(listed, tmp_path, column, value):
    def change(rows):
        rows[3]["fetch_status"] = 200
        rows[3][column] = value

    source = CommonCrawlIndex(crawl=CRAWL, index=changed(listed, tmp_path / "index", change))

    with pytest.raises((IntegrityError, RecipeError)):
        list(source.shards(open_storage(str(listed))))


def test_a_table_that_is_no_url_index_is_refused(listed, tmp_path):
    (tmp_path / "index").mkdir()
    pq.write_table(pa.table({"x": [1]}), tmp_path / "index" / "part.parquet")

    with pytest.raises(RecipeError, match="has no column 'fetch_status'; is it the URL index"):
        list(CommonCrawlIndex(crawl=CRAWL, index=str(tmp_path / "index")).shards(open_storage(str(listed))))


def test_a_place_without_a_record_is_a_reject_and_costs_no_other(listed, tmp_path):
    rows = [row for row in pq.read_table(listed / PART).to_pylist() if row["fetch_status"] == 200]
    first = rows[0]["warc_filename"]
    pages = frozenset(page["offset"] for page in all_documents(listed) if page["source"] == first)
    mine = sorted(
        (row for row in rows if row["warc_record_offset"] in pages), key=lambda row: row["warc_record_offset"]
    )

    def change(table):
        for row in table:
            if row["warc_record_offset"] == mine[5]["warc_record_offset"]:
                row["warc_record_offset"] += 7
                row["warc_record_length"] -= 7
            elif row["warc_record_offset"] == mine[9]["warc_record_offset"]:
                row["warc_record_length"] -= 20

    place = changed(listed, tmp_path / "index", change)
    source = CommonCrawlIndex(crawl=CRAWL, index=place)
    storage = open_storage(str(listed))
    (shard,) = source.shards(storage)
    reading = source.read(storage, shard, 64, 2**24)
    items = list(reading)
    told = [item.reason for item in items if isinstance(item, Reject)]
    good = [page for page in all_documents(listed) if page["source"] == first]

    assert told == ["no record there", "ends early"]
    assert reading.facts.tally.failed == {"no record there": 1, "ends early": 1}
    assert sum(item.num_rows for item in items if not isinstance(item, Reject)) == len(good) - 2


@pytest.mark.slow
def test_a_pool_is_the_same_however_it_is_read(listed, tmp_path):
    recipe = f"name: picked\nsource: {{kind: common_crawl_index, crawl: {CRAWL}, languages: [deu]}}\nsteps: [extract]\n"
    one = run_inline(recipe, listed, tmp_path / "one" / "pool", batch_rows=1)
    many = run_inline(recipe, listed, tmp_path / "many" / "pool", "source.gap=0")
    more = run_inline(recipe, listed, tmp_path / "one" / "pool", 'source.languages=["deu", "fra"]')

    assert one.manifest.content == many.manifest.content
    assert more.manifest.rows > one.manifest.rows
    assert [facts.records for facts in one.manifest.inputs] == [
        len(shard.spans) for shard in CommonCrawlIndex(crawl=CRAWL, languages=["deu"]).shards(open_storage(str(listed)))
    ]
