"""The source as a whole: its settings, its shards, its batches and its books."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest
import zstandard
from fastwarc.warc import ArchiveIterator, WarcRecordType
from pydantic import ValidationError

from dclm_pipeline.errors import ShardError
from dclm_pipeline.ids import document_id
from dclm_pipeline.schema import PAGE
from dclm_pipeline.sources import InputShard, Reject
from dclm_pipeline.sources.warc import Warc
from dclm_pipeline.storage.local import LocalStorage
from dclm_pipeline.storage.memory import MemoryStorage
from tests.sources.writing import NAME, http, info, offsets, packed, page, read, read_shards, record, response, stored

MEMBERS = [packed(info()), *(packed(response(f"page-{i}", page(f"page-{i}", 500))) for i in range(7))]


@pytest.mark.parametrize(
    ("written", "size"),
    [("256MiB", 2**28), ("1.5 GB", 1_500_000_000), ("5KB", 5000), ("77", 77), (77, 77), (None, None)],
)
def test_sizes_are_written_with_or_without_units(written, size):
    assert Warc(split=written).split == size


@pytest.mark.parametrize("wrong", ["much", "-1", 0, "5k", ""])
def test_sizes_that_are_none_are_refused(wrong):
    with pytest.raises(ValidationError):
        Warc(split=wrong)


def test_files_are_known_by_their_names_and_come_in_order():
    MemoryStorage.forget("warc-names")
    storage = MemoryStorage("warc-names")
    names = ["b.warc.gz", "a/c.warc", "x.arc.gz", "d.WARC.ZST", "e.warc.wet.gz", "f.warc.xz"]
    for name in [*names, "warc.paths.gz", "g.warc.gz.md5", "notes.txt", "h.cdx", "a.warc.gz.tmp"]:
        storage.put(name, b"")

    assert [shard.name for shard in Warc().shards(storage)] == sorted(names)


def test_a_single_file_is_read_whatever_its_name(tmp_path):
    place = tmp_path / "crawl.bin"
    place.write_bytes(b"".join(MEMBERS))
    (tmp_path / "other.warc.gz").write_bytes(b"")

    assert [shard.name for shard in Warc().shards(LocalStorage.at(str(place)))] == ["crawl.bin"]


def test_a_shard_has_the_digest_of_its_edges():
    data = bytes(range(256)) * 1000
    found = list(Warc().shards(stored(data)))

    assert found == [InputShard(NAME, 256_000, hashlib.sha256(data[:65536] + data[-65536:]).hexdigest())]


def test_pages_come_in_batches_of_the_schema_of_pages():
    storage = stored(b"".join(MEMBERS))
    shard = next(Warc().shards(storage))
    by_rows = [batch.num_rows for batch in Warc().read(storage, shard, 3, 10**9)]
    by_size = [batch.num_rows for batch in Warc().read(storage, shard, 99, len(page("page-0", 500)) + 1)]
    schemas = {batch.schema for batch in Warc().read(storage, shard, 3, 10**9)}

    assert (by_rows, by_size, schemas) == ([3, 3, 1], [2, 2, 2, 1], {PAGE})


def test_a_document_is_known_by_its_file_and_its_offset():
    found = read(b"".join(MEMBERS))
    places = offsets(MEMBERS)[1:]

    assert [(row["id"], row["offset"], row["source"]) for row in found.rows] == [
        (document_id(NAME, str(place)), place, NAME) for place in places
    ]


def test_the_same_record_twice_makes_two_documents():
    found = read(b"".join([*MEMBERS, *MEMBERS]))

    assert len({row["id"] for row in found.rows}) == len(found.rows) == 14


def test_every_record_is_accounted_for():
    broken = record("response", "https://example.com/broken", b"x", "Content-Length: x")
    missing = record("response", "https://example.com/gone", http(page("x"), status="HTTP/1.1 404 Gone"))
    found = read(
        b"".join([*MEMBERS, packed(broken), packed(missing), packed(record("request", "https://x.com/", b""))])
    )
    tally = found.facts[0].tally

    assert (tally.documents, tally.skipped, tally.failed) == (
        7,
        {"type warcinfo": 1, "status 404": 1, "type request": 1},
        {"bad length": 1},
    )


def test_rejects_stand_where_their_records_stood():
    broken = packed(record("response", "https://example.com/broken", b"x", "Content-Length: x"))
    storage = stored(b"".join([*MEMBERS[:4], broken, *MEMBERS[4:]]))
    found = [
        item.reason if isinstance(item, Reject) else item.num_rows
        for item in Warc().read(storage, next(Warc().shards(storage)), 99, 10**9)
    ]

    assert found == [3, "bad length", 4]


def test_the_facts_are_those_of_the_whole_file():
    data = b"".join(MEMBERS)
    facts = read(data).facts[0]

    assert (facts.sha256, facts.bytes, facts.first, facts.following) == (
        hashlib.sha256(data).hexdigest(),
        len(data),
        0,
        None,
    )


def test_the_facts_are_known_at_the_end_alone():
    storage = stored(b"".join(MEMBERS))
    reading = Warc().read(storage, next(Warc().shards(storage)), 1, 1)
    next(iter(reading))

    with pytest.raises(RuntimeError, match="read to its end"):
        _ = reading.facts


def test_a_range_that_begins_behind_its_end_holds_nothing():
    data = b"".join(MEMBERS)
    places = offsets(MEMBERS)
    shard = InputShard(NAME, len(data), "", places[2], places[3], places[5])
    found = read_shards(stored(data), Warc(), [shard])

    assert (found.rows, found.facts[0].first, found.facts[0].following) == ([], None, places[5])


def test_other_types_and_codes_make_documents_where_that_is_asked_for():
    data = b"".join(
        [
            packed(record("response", "https://example.com/json", http(b"{}", "Content-Type: application/json"))),
            packed(record("response", "https://example.com/gone", http(page("x"), status="HTTP/1.1 410 Gone"))),
        ]
    )

    assert read(data, types=["application/json", "text/html"], status=[200, 410]).words == ["json", "gone"]


def test_a_dictionary_in_a_leading_frame_is_used():
    pages = [response(f"page-{i}", page(f"page-{i}", 400)) for i in range(200)]
    dictionary = zstandard.train_dictionary(2048, pages)
    packer = zstandard.ZstdCompressor(dict_data=dictionary)
    content = zstandard.ZstdCompressor().compress(dictionary.as_bytes())
    head = b"\x5d\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content
    data = head + b"".join(packer.compress(data) for data in [info(), *pages[:9]])
    names = [f"page-{i}" for i in range(9)]

    assert read(data).words == names
    assert len(list(Warc(split=300).shards(stored(data)))) > 1


@pytest.mark.parametrize("number", range(4))
def test_a_crawl_is_read_as_fastwarc_reads_it(test_data: Path, number: int):
    name = f"dev-0000{number}.warc.gz"
    storage = LocalStorage.at(str(test_data / "dev" / name))
    ours = []
    reading = Warc().read(storage, next(Warc().shards(storage)), 64, 2**24)
    for batch in reading:
        columns = batch.select(["record_id", "url", "offset", "http_charset", "body"]).to_pydict()
        ours += list(zip(*columns.values(), strict=True))
    theirs = []
    with (test_data / "dev" / name).open("rb") as file:
        for found in ArchiveIterator(file, record_types=WarcRecordType.response):
            headers = found.headers
            charset = found.http_charset
            theirs.append((headers["WARC-Record-ID"], headers["WARC-Target-URI"], charset, found.reader.read()))

    assert [(record_id, url, body) for record_id, url, _, _, body in ours] == [
        (record_id, url, body) for record_id, url, _, body in theirs
    ]
    assert [(charset or "").lower() for _, _, _, charset, _ in ours] == [charset or "" for _, _, charset, _ in theirs]
    assert (reading.facts.tally.failed, reading.facts.tally.damage) == ({}, {})


@pytest.mark.parametrize("number", range(4))
def test_offsets_are_those_of_the_members(test_data: Path, number: int):
    name = f"dev-0000{number}.warc.gz"
    with gzip.open(test_data / "dev" / "expected.jsonl.gz") as lines:
        rows = [row for line in lines if f'"{name}"'.encode() in line and (row := json.loads(line))["warc"] == name]
    storage = LocalStorage.at(str(test_data / "dev" / name))
    found = []
    for batch in Warc().read(storage, next(Warc().shards(storage)), 64, 2**24):
        found += list(zip(batch["record_id"].to_pylist(), batch["offset"].to_pylist(), strict=True))

    assert found == [(row["record_id"], row["offset"]) for row in rows]


def test_what_is_no_warc_says_what_it_is():
    with pytest.raises(ShardError, match="lz4"):
        read(b"\x04\x22\x4d\x18" + bytes(100))
