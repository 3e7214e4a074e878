"""A file cut into ranges gives what it gives whole, whatever its pages hold."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.sources.warc import Warc
from tests.sources.writing import (
    bomb,
    framed,
    info,
    offsets,
    packed,
    page,
    read,
    read_as_engine_does,
    response,
    stored,
)

SMUGGLED = b"".join(packed(response(f"smuggled-{i}", warcinfo=None)) for i in range(12))


def smuggling(level: int = 0, ours: bool = True) -> list[bytes]:
    """Return members of which one holds a page that is itself a .warc.gz, its bytes to be seen in the file's."""
    name = {} if ours else {"warcinfo": None}
    words = [packed(response(f"page-{i}", page(f"page-{i}", 2000), **name), level) for i in range(6)]
    carrier = packed(response("carrier", b"<!DOCTYPE html>\n" + SMUGGLED, **name), 0)
    return [packed(info()), *words[:3], carrier, *words[3:]]


def rows_of(data: bytes, split: int | None) -> list[dict[str, object]]:
    return read(data, split=split).rows


@pytest.mark.parametrize("split", [None, 20_000, 5_000, 1_000, 200])
def test_documents_do_not_depend_on_the_split(split):
    data = b"".join(smuggling())
    whole = read(data, split=None)
    parts = read_as_engine_does(data, split or 10**9)

    assert whole.words == ["page-0", "page-1", "page-2", "page-3", "page-4", "page-5"]
    assert parts.rows == whole.rows
    assert parts.rejects == whole.rejects


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("step", [0, 1, 2])
def test_a_stored_warc_on_a_page_never_comes_out_wherever_the_file_is_cut(ours, step):
    members = smuggling(ours=ours)
    data = b"".join(members)
    carrier = offsets(members)[4]
    inside = data.index(SMUGGLED)
    splits = {carrier + step, inside + step, inside + step + 1, inside + 400 + step}
    whole = read(data, split=None)

    for split in sorted(splits):
        assert read_as_engine_does(data, split).rows == whole.rows
    assert not any("smuggled" in word for word in whole.words)


@given(split=st.integers(150, 30_000), ours=st.booleans(), level=st.sampled_from([0, 1, 9]))
def test_no_split_changes_anything(split, ours, level):
    data = b"".join(smuggling(level, ours))
    whole = read(data, split=None)
    parts = read_as_engine_does(data, split)
    tallies = [facts.tally for facts in parts.facts]

    assert (parts.rows, parts.rejects) == (whole.rows, whole.rejects)
    assert sum(tallies[1:], tallies[0]) == whole.facts[0].tally


@given(data=st.data())
def test_no_split_changes_what_comes_out_of_a_damaged_file(data):
    original = b"".join(smuggling())
    place = data.draw(st.integers(0, len(original) - 1))
    cut = data.draw(st.integers(0, 300))
    damaged = original[:place] + data.draw(st.binary(max_size=40)) + original[place + cut :]
    split = data.draw(st.integers(500, 20_000))
    warc = Warc(split=split)
    shards = list(warc.shards(stored(damaged)))
    if len(shards) == 1:  # the damage lies where a file shows that it is one of members
        return
    whole = read(damaged, split=None)
    parts = read_as_engine_does(damaged, split)
    tallies = [facts.tally for facts in parts.facts]

    assert (parts.rows, parts.rejects) == (whole.rows, whole.rejects)
    assert sum(tallies[1:], tallies[0]) == whole.facts[0].tally


def test_a_range_is_hashed_as_its_bytes_alone():
    data = b"".join(smuggling())
    parts = read_as_engine_does(data, 3_000)
    digests = [hashlib.sha256(data[start : start + 3_000]).hexdigest() for start in range(0, len(data), 3_000)]

    assert [facts.sha256 for facts in parts.facts] == digests
    assert sum(facts.bytes for facts in parts.facts) == len(data)


def test_a_record_over_two_members_belongs_to_the_range_that_holds_its_first_byte():
    record = response("spread", page("spread", 3000))
    members = [
        packed(info()),
        packed(response("before")),
        packed(record[:500]),
        packed(record[500:]),
        packed(response("after")),
    ]
    data = b"".join(members)
    places = offsets(members)
    whole = read(data, split=None)

    for split in (places[2] + 1, places[3], places[3] + 1, places[4] - 1):
        assert read_as_engine_does(data, split).rows == whole.rows
    assert whole.words == ["before", "spread", "after"]


def test_only_files_of_members_are_split():
    records = [info(), *(response(f"page-{i}") for i in range(9))]
    files = {
        "gzip members": b"".join(map(packed, records)),
        "zstd frames": b"".join(map(framed, records)),
        "one gzip stream": packed(b"".join(records), 0),
        "plain": b"".join(records),
        "small": packed(info()),
    }
    counts = {name: len(list(Warc(split=500).shards(stored(data)))) for name, data in files.items()}
    expected = {"one gzip stream": 1, "plain": 1, "small": 1}
    expected |= {name: -(-len(files[name]) // 500) for name in ("gzip members", "zstd frames")}

    assert counts == expected
    assert rows_of(files["zstd frames"], None) == read_as_engine_does(files["zstd frames"], 500).rows


def test_a_range_within_one_large_member_holds_nothing():
    large = bomb(response("large", b"", "Content-Length: 20000000")[:-4], 20)
    data = b"".join([packed(info()), packed(response("before")), large, packed(response("after"))])
    parts = read_as_engine_does(data, 5_000)

    assert parts.words == ["before", "after"]
    assert parts.rows == read(data, split=None).rows
