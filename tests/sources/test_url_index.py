"""Which records fit by a crawl's index: the same however the table is written, and never what cannot be."""

import pickle
import tracemalloc

import numpy as np
import pyarrow as pa
import pytest

from dclm_pipeline.engine.phases import source_phase
from dclm_pipeline.engine.run import Settings, job_of, offer_of
from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.sources import url_index
from dclm_pipeline.sources.common_crawl_index import CommonCrawlIndex
from dclm_pipeline.sources.spans import Spans
from dclm_pipeline.sources.url_conditions import Addressed, Between, Languages, OneOf
from tests.engine.crawls import recipe
from tests.sources.indexing import CRAWL, FILE, SCHEMA, places, retyped, row, selected, stored, table

OTHER = FILE.replace("a.warc", "b.warc")
ROWS = [
    row(0, host="a.example"),
    row(100, host="www.b.example", content_languages="deu,eng"),
    row(0, 50, host="b.example", warc_filename=OTHER),
    row(400, 7, host="c.example", fetch_status=404),
    row(500, 9, host="d.test", content_languages=None),
]
CONDITIONS = [
    OneOf("fetch_status", (200,)),
    OneOf("url_host_tld", ("example",)),
    Between("warc_record_length", 10, 100),
    Addressed("url_host_name", ("b.example", "a.example"), below=True),
    Languages(("eng",), any=True),
]
FOUND = {FILE: [[0, 100], [100, 100]], OTHER: [[0, 50]]}
NUMBERS = ["fetch_status", "warc_record_offset", "warc_record_length"]
TEXTS = sorted(set(SCHEMA.names) - {*NUMBERS})
SAME = [
    *((column, kind) for column in NUMBERS for kind in (pa.int64(), pa.uint32(), pa.float64(), pa.string())),
    *((column, pa.dictionary(pa.int32(), pa.int64())) for column in NUMBERS),
    *((column, kind) for column in TEXTS for kind in (pa.large_string(), pa.binary(), pa.string_view())),
    *((column, pa.dictionary(pa.int32(), pa.string())) for column in TEXTS),
]


@pytest.mark.parametrize(("column", "kind"), SAME)
def test_columns_of_other_types_say_the_same(column, kind):
    assert places(selected(stored(retyped(table(ROWS), column, kind)), CONDITIONS)) == FOUND


@pytest.mark.parametrize(
    ("column", "kind", "found", "expected"),
    [
        ("fetch_status", pa.bool_(), "bool", "whole numbers (int64)"),
        ("warc_record_offset", pa.timestamp("us"), "timestamp[us]", "whole numbers (int64)"),
        ("url_host_name", pa.list_(pa.string()), "list<element: string>", "text (string)"),
        ("warc_filename", pa.int64(), "int64", "text (string)"),
    ],
)
def test_a_column_of_a_type_that_cannot_hold_it_is_named(column, kind, found, expected):
    place = SCHEMA.get_field_index(column)
    index = stored(table(ROWS).set_column(place, column, pa.nulls(len(ROWS), kind)))

    with pytest.raises(RecipeError) as error:
        selected(index, CONDITIONS)
    assert f"part-00000.parquet: its column '{column}' is of type {found}, where an index has {expected}" in str(
        error.value
    )


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("fetch_status", pa.array(["200", "200", "OK", "404", "200"])),
        ("warc_record_offset", pa.array([0, 0.5, 1, 2, 3])),
        ("warc_record_length", pa.array([2**63, 1, 1, 1, 1], pa.uint64())),
    ],
)
def test_a_value_that_is_no_whole_number_is_named_with_its_column(column, values):
    index = stored(table(ROWS).set_column(SCHEMA.get_field_index(column), column, values))

    with pytest.raises(RecipeError, match=rf"column '{column}' of type {values.type} holds something else than whole"):
        selected(index, CONDITIONS)


def test_a_column_that_stands_twice_is_named():
    index = table(ROWS)
    twice = pa.Table.from_arrays([*index.columns, index["url"]], [*index.schema.names, "url"])

    with pytest.raises(RecipeError, match="has 2 column 'url'"):
        selected(stored(twice), [Addressed("url", ("https://a.example/",))])


def test_statistics_are_those_of_the_column_where_others_lie_within_one_before_it():
    inner = pa.array([{"x": "zzz", "y": 1}] * len(ROWS), pa.struct([("x", pa.string()), ("y", pa.int64())]))
    index = table(ROWS).add_column(0, "inner", inner)

    assert places(selected(stored(index, row_group_size=1), CONDITIONS)) == FOUND


@pytest.mark.parametrize("writing", [{"write_statistics": False}, {"row_group_size": 1}, {"use_dictionary": False}])
def test_how_the_table_is_written_changes_nothing(writing):
    index = table([ROWS[place] for place in (3, 1, 4, 0, 2)])

    assert places(selected(stored(index, **writing), CONDITIONS)) == FOUND


def test_files_of_the_index_are_put_together_and_a_record_counts_once():
    found = selected(stored(table(ROWS[2:]), table([]), table(ROWS[::-1]), table(ROWS[:1])), CONDITIONS)

    assert places(found) == FOUND
    assert (found.records, found.size, found.known_records) == (3, 250, 3 + 0 + 5 + 1)


def test_text_that_is_none_costs_its_own_row_alone():
    hosts = pa.array([b"a.example", b"\xff.example", b"b.example", None, b"www.b.example"]).cast(pa.binary())
    index = table(ROWS).set_column(2, "url_host_name", hosts.view(pa.string()))

    assert places(selected(stored(index), CONDITIONS)) == {FILE: [[0, 100]], OTHER: [[0, 50]]}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"warc_record_offset": -1}, "100 bytes from -1 on"),
        ({"warc_record_offset": 2**63 - 1}, "100 bytes from 9223372036854775807 on"),
        ({"warc_record_offset": None}, "does not say where"),
        ({"warc_record_length": 0}, "0 bytes from 1000 on"),
        ({"warc_record_length": -(2**40)}, "from 1000 on"),
        ({"warc_record_length": 2**31}, "2147483648 bytes"),
        ({"warc_record_length": None}, "does not say where"),
        ({"warc_filename": None}, "does not say where"),
        ({"warc_record_offset": 99}, r"a\.warc\.gz: the index says that one of its records \(100 bytes from 99 on\)"),
        ({"warc_record_offset": 0, "warc_record_length": 101}, "lies within another"),
    ],
)
def test_places_where_no_record_can_be_are_refused(values, said):
    schema = SCHEMA.set(8, pa.field("warc_record_offset", pa.int64()))
    schema = schema.set(9, pa.field("warc_record_length", pa.int64()))
    index = pa.Table.from_pylist([row(0), row(1000) | values], schema=schema)

    with pytest.raises(IntegrityError, match=said):
        selected(stored(index))


@pytest.mark.parametrize(
    "name",
    [
        "https://elsewhere.example/crawl-data/CC-MAIN-2025-00/a.warc.gz",
        "s3://bucket/crawl-data/CC-MAIN-2025-00/a.warc.gz",
        "/crawl-data/CC-MAIN-2025-00/a.warc.gz",
        "crawl-data/CC-MAIN-2025-00/../CC-MAIN-2024-00/a.warc.gz",
        "crawl-data/CC-MAIN-2025-00/./a.warc.gz",
        "crawl-data/CC-MAIN-2025-00/.tmp-a.warc.gz",
        "crawl-data/CC-MAIN-2024-10/segments/a.warc.gz",
        "crawl-data/CC-MAIN-2025-00/a.warc.gz\n",
        "crawl-data/CC-MAIN-2025-00/ä.warc.gz",
        "x" * 10_000,
    ],
)
def test_a_name_that_is_none_of_the_crawl_is_refused_and_shown_no_longer_than_it_must(name):
    storage = stored(table([row(0), row(100, warc_filename=name)]))
    source = CommonCrawlIndex(crawl=CRAWL, index=storage.url)

    with pytest.raises(RecipeError, match="is the index of another crawl: it names '") as error:
        source.offer(storage)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("bound", ["MOST_RECORDS", "MOST_FILES"])
def test_more_than_a_plan_can_hold_is_refused_as_soon_as_it_is_met(monkeypatch, bound):
    monkeypatch.setattr(url_index, bound, 1)

    with pytest.raises(RecipeError, match="is read faster as whole files"):
        selected(stored(table(ROWS)))


@pytest.mark.parametrize(("rows", "count"), [([], "0"), ([row(0, fetch_status=404)] * 2, "2")])
def test_an_index_of_which_nothing_fits_is_told_of(rows, count):
    storage = stored(table(rows))
    source = CommonCrawlIndex(crawl=CRAWL, index=storage.url)

    with pytest.raises(RecipeError, match=f"of the {count} records in the index none fits"):
        source.offer(storage)


def many(count: int) -> pa.Table:
    """Return an index of so many records in 200 files, in no order."""
    order = np.random.default_rng(0).permutation(count)
    names = pa.array([f"{FILE.removesuffix('.warc.gz')}{number:03d}.warc.gz" for number in range(200)])
    return pa.table(
        {
            "fetch_status": pa.array(np.full(count, 200, np.int16)),
            "warc_filename": names.take(pa.array(order % 200)),
            "warc_record_offset": pa.array(order * 10),
            "warc_record_length": pa.array(np.full(count, 10, np.int32)),
        }
    )


def test_a_selection_takes_sixteen_bytes_a_record_and_a_shard_is_its_own_records_alone():
    count = 100_000
    storage = stored(many(count), row_group_size=10_000)
    source = CommonCrawlIndex(crawl=CRAWL, index=storage.url)
    source.offer(storage)  # what is imported and kept for good is no part of it
    tracemalloc.start()
    offer = source.offer(storage)
    held, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert sum(len(shard.spans) for shard in offer.shards) == count
    assert held < 24 * count
    assert most < 100 * count
    assert max(len(pickle.dumps(shard)) for shard in offer.shards) < 16 * count / 200 + 1_000


def test_what_chooses_records_is_not_sent_to_workers(tmp_path):
    storage = stored(table([row(0, host="site7.example")]))
    domains = tuple(f"site{number}.example" for number in range(10_000))
    source = CommonCrawlIndex(crawl=CRAWL, index=storage.url, domains=domains, tlds=("example",), gap=5)
    loaded = recipe("name: a\nsource: warc\nsteps: [extract]\n", tmp_path).model_copy(update={"source": source})
    job = job_of(loaded, storage.url, str(tmp_path / "pool"), Settings())
    (task,) = source_phase(job, offer_of(job).shards).tasks

    assert task.work.shard.source == CommonCrawlIndex(crawl=CRAWL, gap=5)
    assert len(pickle.dumps(task)) < 20_000


def test_shards_of_the_same_records_are_the_same_and_of_others_are_not():
    def shard(offset):
        storage = stored(table([row(offset), row(1_000)]))
        return CommonCrawlIndex(crawl=CRAWL, index=storage.url).offer(storage).shards

    assert shard(0) == shard(0)
    assert hash(shard(0)) == hash(shard(0))
    assert shard(0)[0].edges != shard(1)[0].edges
    assert Spans.of([(0, 1)]) != Spans.of([(1, 1)])
