"""Damage to one record costs that record and no more, and is told."""

import bz2
import lzma
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dclm_pipeline.errors import ShardError
from dclm_pipeline.sources import members as unpacking
from dclm_pipeline.sources import window
from tests.sources.writing import (
    Found,
    bomb,
    framed,
    info,
    offsets,
    packed,
    page,
    read,
    record,
    response,
)

WORDS = [f"page-{i}" for i in range(8)]
RECORDS = [info(), *(response(word, page(word, 200 + 400 * i)) for i, word in enumerate(WORDS))]
KINDS: dict[str, Callable[[bytes], bytes]] = {
    "deflated": packed,
    "stored": lambda data: packed(data, 0),
    "zstd": framed,
    "plain": bytes,
}
STREAMS: dict[str, Callable[[bytes], bytes]] = {"one deflated": packed, "bzip2": bz2.compress, "xz": lzma.compress}
# What a file that begins so is refused for, whatever follows.
OTHER_FORMATS = (b"<", b"%pdf", b"pk", b"7z", b"rar!", b"par1", b"filedesc", b"\x04\x22")


def balances(found: Found) -> bool:
    return all(sum(facts.tally.failed.values()) == len(found.rejects) for facts in found.facts)


@st.composite
def damages(draw: st.DrawFn, streams: bool = False) -> tuple[list[str], bytes]:
    """Return a damaged file and the pages that the damage has not touched."""
    kind = draw(st.sampled_from(sorted(KINDS | STREAMS if streams else KINDS)))
    members = [KINDS[kind](record) for record in RECORDS] if kind in KINDS else [STREAMS[kind](b"".join(RECORDS))]
    data = b"".join(members)
    place = draw(st.integers(0, len(data) - 1))
    cut = draw(st.sampled_from([0, 1, 1, 1, 2, 30, 500]))
    new = draw(st.one_of(st.binary(max_size=3), st.binary(min_size=cut, max_size=cut), st.binary(max_size=200)))
    begins = offsets(members)
    touched = [
        begin < place + max(cut, 0) and place < begin + len(member) if cut else begin < place < begin + len(member)
        for begin, member in zip(begins, members, strict=True)
    ]
    damaged = data[:place] + new + data[place + cut :]
    assume(not damaged[:9].lower().startswith(OTHER_FORMATS))
    return [word for word, hit in zip(WORDS, touched[1:], strict=False) if not hit], damaged


@given(damages())
def test_every_record_that_is_not_touched_comes_out(damaged):
    untouched, data = damaged
    found = read(data)
    pages = {row["url"]: row["body"] for row in found.rows}

    assert [word for word in untouched if f"https://example.com/{word}" not in pages] == []
    assert all(
        pages[f"https://example.com/{word}"]
        == RECORDS[WORDS.index(word) + 1].partition(b"\r\n\r\n")[2].partition(b"\r\n\r\n")[2][:-4]
        for word in untouched
    )
    assert balances(found)


@settings(max_examples=25)
@given(damages(streams=True), st.sampled_from([7, 61, 500, 4096]))
def test_nothing_depends_on_how_a_file_is_cut_for_reading(damaged, buffer):
    try:
        whole = read(damaged[1])
    except ShardError:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "_BUFFER", buffer)
        patch.setattr(unpacking, "_SLICE", 2 * buffer)
        pieces = read(damaged[1])

    assert [row["id"] for row in pieces.rows] == [row["id"] for row in whole.rows]
    assert all(row == other for row, other in zip(pieces.rows, whole.rows, strict=True))
    assert (pieces.rejects, pieces.facts) == (whole.rejects, whole.facts)


@given(
    st.binary(max_size=3000),
    st.sampled_from([b"", b"\x1f\x8b\x08\0", b"WARC/1.0\r\n", b"\x28\xb5\x2f\xfd", b"BZh9", b"\xfd7zXZ\0"]),
)
@example(b"\0" * 100, b"")
def test_anything_at_all_is_read_or_refused(data, begins):
    try:
        found = read(begins + data)
    except ShardError:
        return

    assert balances(found)


@given(st.data())
def test_a_file_that_ends_early_loses_its_last_record_alone_and_says_so(data):
    members = [packed(record) for record in RECORDS]
    whole = b"".join(members)
    end = data.draw(st.integers(len(members[0]) + 1, len(whole)))
    complete = [
        word
        for word, begin, member in zip(WORDS, offsets(members)[1:], members[1:], strict=True)
        if begin + len(member) <= end
    ]
    found = read(whole[:end])
    clean = end in [*offsets(members), len(whole)]

    assert found.words == complete
    assert found.damage.get("ends_early", 0) == (0 if clean else 1)
    assert [reject.reason for reject in found.rejects] == ([] if clean else ["ends early"])


def test_a_damaged_member_is_a_reject_with_its_address():
    members = [packed(record) for record in RECORDS]
    bad = bytearray(members[4])
    bad[len(bad) // 2] ^= 0x55
    found = read(b"".join([*members[:4], bytes(bad), *members[5:]]))

    assert found.words == [word for word in WORDS if word != "page-3"]
    assert [(reject.url, reject.offset, reject.step) for reject in found.rejects] == [
        ("https://example.com/page-3", offsets(members)[4], "source")
    ]


def test_garbage_between_members_is_counted():
    members = [packed(record) for record in RECORDS]
    found = read(b"".join([*members[:4], b"rubbish" * 50, *members[4:]]))

    assert (found.words, found.rejects, found.damage) == (WORDS, [], {"bytes_skipped": 350})


def test_padding_is_no_damage_to_records():
    found = read(b"".join(packed(record) + b"\0" * 100 for record in RECORDS))

    assert (found.words, found.rejects, found.damage) == (WORDS, [], {"padding": 900})


@pytest.mark.parametrize("trailer", [b"\xff", b"\xff\xff\xff\xff"])
def test_a_wrong_checksum_costs_the_record_unless_it_is_itself_what_was_damaged(trailer):
    members = [packed(record) for record in RECORDS]
    bad = bytearray(members[4])
    for i, byte in enumerate(trailer):
        bad[-8 + i] ^= byte
    found = read(b"".join([*members[:4], bytes(bad), *members[5:]]))
    lost = [] if len(trailer) == 1 else ["page-3"]

    assert found.words == [word for word in WORDS if word not in lost]
    assert found.damage == ({"bad_checksum": 1} if lost else {"bad_trailer": 1})


@pytest.mark.parametrize("pack", [packed, bytes])
@pytest.mark.parametrize("length", [100, 1000, 10**6, 10**14])
def test_a_length_that_lies_costs_no_neighbour(pack, length):
    lying = record("response", "https://example.com/lying", http_block(), f"Content-Length: {length}")
    found = read(b"".join(map(pack, [*RECORDS[:4], lying, *RECORDS[4:]])))

    assert [word for word in found.words if word != "lying"] == WORDS
    assert found.damage["bad_length"] == 1


@pytest.mark.parametrize("length", ["-5", "", "ten", "1e3", "9" * 30])
@pytest.mark.parametrize("pack", [packed, bytes])
def test_a_length_that_is_no_number_costs_the_record(pack, length):
    lying = record("response", "https://example.com/lying", http_block(), f"Content-Length: {length}")
    found = read(b"".join(map(pack, [*RECORDS[:4], lying, *RECORDS[4:]])))

    assert found.words == WORDS
    assert [(reject.url, reject.reason) for reject in found.rejects] == [("https://example.com/lying", "bad length")]


def http_block() -> bytes:
    return response("lying", page("lying", 500)).partition(b"\r\n\r\n")[2][:-4]


def test_after_damage_a_stored_warc_on_the_damaged_page_stays_inside():
    smuggled = b"".join(packed(response(f"smuggled-{i}", warcinfo="<urn:uuid:other>")) for i in range(9))
    carrier = bytearray(packed(response("carrier", b"<!DOCTYPE html>" + smuggled), 0))
    carrier[40] ^= 0xFF
    members = [packed(record) for record in RECORDS]
    found = read(b"".join([*members[:4], bytes(carrier), *members[4:]]))

    assert found.words == WORDS


def test_records_written_on_a_page_stay_on_the_page_when_its_length_lies():
    inside = b"".join(response(f"smuggled-{i}", warcinfo="<urn:uuid:other>") for i in range(9))
    lying = response("lying", b"<!DOCTYPE html>" + inside)
    lying = lying.replace(b"Content-Length: ", b"Content-Length: 1", 1)
    found = read(b"".join([*RECORDS[:4], lying, *RECORDS[4:]]), "crawl.warc")

    assert [word for word in found.words if word != "lying"] == WORDS


def test_a_header_without_end_costs_its_record():
    long = b"WARC/1.0\r\nWARC-Type: response\r\nX: " + b"x" * 300_000 + b"\r\nContent-Length: 0\r\n\r\n\r\n\r\n"
    found = read(b"".join(map(packed, [*RECORDS[:4], long, *RECORDS[4:]])))

    assert (found.words, [reject.reason for reject in found.rejects]) == (WORDS, ["header too long"])


def test_memory_does_not_depend_on_what_a_member_unpacks_to():
    head = record("response", "https://example.com/bomb", b"", f"Content-Length: {40 * 2**20}")[:-4]
    data = b"".join([packed(info()), bomb(head, 40), packed(response("after"))])
    tracemalloc.start()
    found = read(data, most_body=2**16)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (found.words, [reject.reason for reject in found.rejects]) == (["after"], ["body too large"])
    assert peak < 16 * 2**20


@pytest.mark.parametrize("kind", ["random", "arc", "json"])
def test_what_is_no_warc_is_refused_by_name(kind):
    data = {
        "random": bytes(range(7, 250)) * 40,
        "arc": packed(b"filedesc://x.arc 0.0.0.0 20080430204825 text/plain 76\n1 0 InternetArchive\n"),
        "json": packed(b'{"url": "https://example.com/", "text": "WARC/1.0"}\n' * 100),
    }[kind]

    with pytest.raises(ShardError, match=r"crawl\.warc\.gz"):
        read(data)


@pytest.mark.parametrize("data", [b"", packed(b""), b"\r\n\r\n", packed(b"\r\n" * 9), b"\0" * 512])
def test_an_empty_file_is_no_error_and_is_told(data):
    found = read(data)

    assert (found.rows, found.rejects, found.damage["empty"]) == ([], [], 1)
