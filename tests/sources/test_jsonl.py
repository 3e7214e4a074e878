"""JSON lines, held against a reader that knows nothing but `json.loads`."""

import gzip
import itertools
import json

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.errors import ShardError
from dclm_pipeline.sources import Reject
from dclm_pipeline.sources.jsonl import Jsonl
from dclm_pipeline.storage.memory import MemoryStorage

ROWS = [{"text": f"text {i}", "url": f"https://www.example.com/{i}", "metadata": {"score": i / 2}} for i in range(40)]
DATA = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)


def read(source, files, rows=7):
    """Return documents, rejects, and the tally of reading every shard."""
    MemoryStorage.forget("jsonl")
    storage = MemoryStorage("jsonl")
    for name, data in files.items():
        storage.put(name, data)
    docs, rejects, facts = [], [], []
    for shard in source.shards(storage):
        reading = source.read(storage, shard, rows, 2**20)
        for item in reading:
            rejects.append(item) if isinstance(item, Reject) else docs.extend(item.to_pylist())
        facts.append(reading.facts)
    return docs, rejects, facts


def test_a_line_is_a_document():
    (doc, *_), rejects, (facts,) = read(
        Jsonl(columns={"score": {"type": "float", "path": "metadata.score"}}), {"a.jsonl": DATA}
    )

    assert not rejects
    assert (doc["text"], doc["url"], doc["site"], doc["offset"], doc["score"]) == (
        "text 0",
        "https://www.example.com/0",
        "example.com",
        0,
        0.0,
    )
    assert facts.tally.documents == len(ROWS)


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.jsonl.gz", gzip.compress),
        ("a.json.gz", lambda data: gzip.compress(data[:500]) + gzip.compress(data[500:])),
        ("a.jsonl.zst", lambda data: zstandard.compress(data)),
        ("a.ndjson", lambda data: data[:-1]),
    ],
)
def test_a_packed_file_holds_the_same_documents(name, pack):
    packed, _, _ = read(Jsonl(), {name: pack(DATA)})
    plain, _, _ = read(Jsonl(), {"a.jsonl": DATA})

    assert [{**doc, "id": 0, "source": 0} for doc in packed] == [{**doc, "id": 0, "source": 0} for doc in plain]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON"),
        (b'{"text": NaN}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'"text"', "no object"),
        (b'{"text": "\xff"}', "not UTF-8"),
        (b"{}", "no text"),
        (b'{"text": null}', "no text"),
        (b'{"text": 1}', "text is no string"),
        (b'{"text": "a", "n": "one"}', "column n"),
        (b'{"text": "a", "n": true}', "column n"),
        (b'{"text": "a", "n": 9223372036854775808}', "column n"),
        (b'{"text": "' + b"a" * 3_000_000 + b'"}', "line too long"),
    ],
)
def test_a_line_that_is_no_document_costs_itself_alone(line, reason):
    data = b'{"text": "before", "n": 1}\n' + line + b'\n{"text": "behind"}\n'
    docs, rejects, (facts,) = read(Jsonl(columns={"n": "int"}, most_line="1MB"), {"a.jsonl": data})

    assert [doc["text"] for doc in docs] == ["before", "behind"]
    assert [(reject.reason, reject.offset) for reject in rejects] == [(reason, 27)]
    assert facts.tally.failed == {reason: 1}


def test_a_number_that_no_float_holds_costs_its_line_alone():
    data = b'{"text": "a", "n": 1}\n{"text": "b", "n": ' + b"9" * 400 + b'}\n{"text": "c", "n": 1e308}\n'
    docs, rejects, _ = read(Jsonl(columns={"n": "float"}), {"a.jsonl": data})

    assert [(doc["text"], doc["n"]) for doc in docs] == [("a", 1.0), ("c", 1e308)]
    assert [(reject.reason, reject.detail) for reject in rejects] == [("column n", "int is too large for a float")]


def test_a_cut_file_gives_what_is_whole_and_says_that_it_is_cut():
    docs, rejects, (facts,) = read(Jsonl(), {"a.jsonl.gz": gzip.compress(DATA, mtime=0)[:-30]})

    assert 0 < len(docs) < len(ROWS)
    assert [reject.reason for reject in rejects] in ([], ["line cut"])
    assert facts.tally.damage == {"ends_early": 1}


def test_what_follows_a_packed_file_is_counted():
    _, _, (facts,) = read(Jsonl(), {"a.jsonl.gz": gzip.compress(DATA) + b"junk"})

    assert (facts.tally.documents, facts.tally.damage) == (len(ROWS), {"bytes_skipped": 4})


def test_text_that_no_encoding_can_hold_is_mended():
    docs, _, _ = read(Jsonl(), {"a.jsonl": b'{"text": "a\\ud800b\\u0000c \\ud83d\\ude00", "id": 7}\n'})

    assert (docs[0]["text"], docs[0]["record_id"]) == ("a\ufffdbc \U0001f600", "7")


def test_an_array_is_told_from_lines():
    with pytest.raises(ShardError, match="one JSON array"):
        read(Jsonl(), {"a.json": b'[{"text": "a"}]'})


def test_an_empty_file_and_blank_lines_are_counted():
    docs, _, facts = read(Jsonl(), {"a.jsonl": b"", "b.jsonl": b'\n  \r\n{"text": "a"}\r\n'})

    assert [doc["text"] for doc in docs] == ["a"]
    assert (facts[0].tally.damage, facts[1].tally.skipped) == ({"empty": 1}, {"blank line": 2})


@given(
    st.lists(
        st.one_of(st.binary(max_size=12), st.text(max_size=8).map(lambda text: json.dumps({"text": text}).encode()))
    ),
    st.integers(1, 60),
    st.booleans(),
)
def test_ranges_hold_what_the_whole_file_holds(lines, split, ended):
    data = b"\n".join(lines) + b"\n" * ended
    whole, rejects, _ = read(Jsonl(split=None, most_line=10), {"a.jsonl": data})
    parts, some, facts = read(Jsonl(split=split, most_line=10), {"a.jsonl": data})

    assert parts == whole
    assert [vars(reject) for reject in some] == [vars(reject) for reject in rejects]
    for one, other in itertools.pairwise(facts):
        assert other.first in (one.following, None)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["text", "url", "id"]), st.one_of(st.none(), st.integers(), st.text())),
        max_size=8,
    )
)
def test_texts_are_what_json_says(rows):
    data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    docs, rejects, (facts,) = read(Jsonl(), {"a.jsonl": data})

    wanted = [row["text"].replace("\0", "") for row in rows if isinstance(row.get("text"), str)]
    assert [doc["text"] for doc in docs] == wanted
    assert len(docs) + len(rejects) == facts.tally.documents + sum(facts.tally.failed.values()) == len(rows)
