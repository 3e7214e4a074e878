import io
import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import dclm_pipeline as dp
from dclm_pipeline.errors import IntegrityError, RecipeError, ShardError
from dclm_pipeline.sources import Reject
from dclm_pipeline.sources.tables import Parquet
from dclm_pipeline.storage.memory import MemoryStorage
from tests.engine.crawls import EXTRACT, recipe, run_inline

ROWS = pa.table(
    {
        "id": [f"doc-{i}" for i in range(90)],
        "text": [f"text number {i} " * (i % 7 + 1) for i in range(90)],
        "url": [f"https://www.example.com/{i}" for i in range(90)],
        "date": ["2024-05-18T01:02:03Z"] * 90,
        "score": [i / 4 for i in range(90)],
    }
)


def as_parquet(table, rows=10):
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=rows, compression="none")
    return sink.getvalue()


def read(source, data):
    MemoryStorage.forget("tables")
    storage = MemoryStorage("tables")
    storage.put("a.parquet", data)
    docs, rejects, facts = [], [], []
    for shard in source.shards(storage):
        reading = source.read(storage, shard, 7, 2**20)
        for item in reading:
            rejects.append(item) if isinstance(item, Reject) else docs.extend(item.to_pylist())
        facts.append(reading.facts)
    return docs, rejects, facts


def test_a_row_is_a_document():
    docs, rejects, (facts,) = read(Parquet(columns={"score": "float"}), as_parquet(ROWS))

    assert [doc["text"] for doc in docs] == ROWS["text"].to_pylist()
    assert [doc["offset"] for doc in docs] == list(range(90))
    last = docs[-1]
    assert (last["record_id"], last["site"], last["date"].hour, last["score"]) == ("doc-89", "example.com", 1, 22.25)
    assert not rejects
    assert facts.tally.documents == 90


@pytest.mark.parametrize("split", [100, 1000, 5000])
def test_ranges_hold_what_the_whole_file_holds(split):
    whole, _, _ = read(Parquet(split=None), as_parquet(ROWS))
    parts, _, facts = read(Parquet(split=split), as_parquet(ROWS))

    assert len(facts) > 1
    assert parts == whole


def test_a_row_without_a_text_costs_itself_alone():
    table = pa.table({"body": ["a", None, "c"]})
    docs, rejects, (facts,) = read(Parquet(text="body"), as_parquet(table))

    assert [doc["text"] for doc in docs] == ["a", "c"]
    assert [(reject.reason, reject.offset) for reject in rejects] == [("no text", 1)]
    assert facts.tally.failed == {"no text": 1}


def as_text(values):
    """Return texts of these bytes, whether they are UTF-8 or not."""
    return pa.array(values, pa.binary()).view(pa.string())


@pytest.mark.parametrize("large", [False, True])
def test_a_row_with_a_text_that_is_not_utf8_costs_itself_alone(large):
    kind = pa.large_string() if large else pa.string()
    table = pa.table(
        {
            "text": as_text([b"a", b"caf\xe9", b"c", b"d", b"\xed\xa0\x80", None]).cast(kind),
            "url": as_text([b"https://example.com/", b"https://example.org/", b"\xff", None, b"\xff", None]),
            "lang": as_text([b"en", b"en", b"en", b"\xc3", b"en", b"en"]),
        }
    )
    docs, rejects, (facts,) = read(Parquet(columns=["lang"]), as_parquet(table))

    assert [(doc["text"], doc["url"], doc["lang"]) for doc in docs] == [("a", "https://example.com/", "en")]
    assert [(reject.reason, reject.detail, reject.offset, reject.url) for reject in rejects] == [
        ("not UTF-8", "text", 1, "https://example.org/"),
        ("not UTF-8", "url", 2, None),
        ("not UTF-8", "lang", 3, None),
        ("not UTF-8", "text", 4, None),
        ("no text", None, 5, None),
    ]
    assert facts.tally.failed == {"not UTF-8": 4, "no text": 1}


def test_bytes_are_no_text():
    table = pa.table({"text": pa.array([b"a"], pa.binary())})
    docs, rejects, _ = read(Parquet(), as_parquet(table))

    assert (docs, [(reject.reason, reject.detail) for reject in rejects]) == ([], [("text is no string", "bytes")])


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (Parquet(text="body"), "has no column 'body'; its columns are id, text"),
        (Parquet(columns=["lang"]), "has no column 'lang'"),
    ],
)
def test_a_file_without_a_column_is_told_with_those_that_it_has(source, said):
    with pytest.raises(ShardError, match=said):
        read(source, as_parquet(ROWS))


@pytest.mark.parametrize("cut", [0, 4, 100, -1])
def test_a_file_that_is_none_is_set_aside(cut):
    with pytest.raises(ShardError, match="damaged, or no Parquet file"):
        read(Parquet(), as_parquet(ROWS)[:cut])


POOL = """
name: again
source: {kind: pool, columns: [title]}
steps: [signals, {kind: between, column: word_count, low: 50}]
"""


@pytest.fixture(scope="module")
def pool(crawl, tmp_path_factory):
    out = tmp_path_factory.mktemp("first") / "pool"
    run_inline(EXTRACT, crawl, out)
    return out


def test_a_pool_is_read_with_the_ids_that_its_documents_have(pool, tmp_path):
    ran = run_inline(POOL, pool, tmp_path / "pool")

    first, second = dp.open(pool).to_table(), dp.open(tmp_path / "pool").to_table()
    known = dict(zip(first["id"].to_pylist(), first.drop_columns("id").to_pylist(), strict=True))
    assert 0 < ran.manifest.rows < first.num_rows
    for row in second.to_pylist():
        before = known[row["id"]]
        assert {name: row[name] for name in ("text", "url", "site", "date", "source", "offset", "title")} == {
            name: before[name] for name in ("text", "url", "site", "date", "source", "offset", "title")
        }


def test_a_pool_that_is_not_what_its_manifest_says_stops_the_run(pool, tmp_path):
    shutil.copytree(pool, tmp_path / "first")
    shard = next((tmp_path / "first" / "shards").iterdir())
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)

    with pytest.raises(IntegrityError, match="not those that the pool's manifest tells of"):
        run_inline(POOL, tmp_path / "first", tmp_path / "pool")


def test_a_folder_that_is_no_pool_is_told(tmp_path):
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "a.parquet").touch()

    with pytest.raises(RecipeError, match="'pool' reads"):
        run_inline(POOL, tmp_path / "first", tmp_path / "pool")


def test_the_same_texts_make_the_same_pool_from_lines_and_tables(tmp_path):
    text = "name: texts\nsource: {{kind: {}}}\nsteps: [signals, {{kind: between, column: word_count, low: 5}}]\n"
    places = {"jsonl": tmp_path / "lines", "parquet": tmp_path / "tables"}
    for place in places.values():
        place.mkdir()
    lines = [json.dumps(row) for row in ROWS.drop_columns("score").to_pylist()]
    (places["jsonl"] / "a.jsonl").write_text("\n".join(lines))
    (places["parquet"] / "a.parquet").write_bytes(as_parquet(ROWS))
    tables = []
    for kind, place in places.items():
        run_inline(text.format(kind), place, tmp_path / kind)
        tables.append(dp.open(tmp_path / kind).to_table().drop_columns(["id", "source", "offset"]))

    assert tables[0].num_rows > 10
    assert tables[0].equals(tables[1])


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("[text]", "without being asked for"),
        ("{a b: int}", "cannot be a column"),
        ("{a: number}", "a cannot hold 'number'; it can hold string, int"),
    ],
)
def test_columns_that_cannot_be_are_told_why(tmp_path, columns, said):
    with pytest.raises(RecipeError, match=said):
        recipe(f"name: wrong\nsource: {{kind: parquet, columns: {columns}}}\nsteps: [signals]\n", tmp_path)
