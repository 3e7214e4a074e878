"""Records as they lie in a file, whatever their headers say and however the file is cut for reading."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dclm_pipeline.sources import members as unpacking
from dclm_pipeline.sources import window as windows
from dclm_pipeline.sources.detect import codec_of
from dclm_pipeline.sources.records import MOST_HEADER, Record, parse_header
from dclm_pipeline.sources.walk import Walk, customs_of
from dclm_pipeline.sources.window import Window
from tests.sources.writing import as_file, framed, info, packed, page, record, response

RECORDS = [info(), *(response(f"page-{i}", page(f"page-{i}", 200 + 700 * i)) for i in range(6))]
FILES = {
    "plain": b"".join(RECORDS),
    "members": b"".join(map(packed, RECORDS)),
    "two to a member": b"".join(packed(RECORDS[i] + RECORDS[i + 1]) for i in range(0, 6, 2)),
    "one stream": packed(b"".join(RECORDS)),
    "zstd": b"".join(map(framed, RECORDS)),
}


def walk(data: bytes, most_block: int = 2**20) -> tuple[list[Record], dict[str, int]]:
    window = Window(as_file(data))
    codec = codec_of(window, "crawl.warc")
    steps = Walk(window, codec, customs_of(Window(as_file(data)), codec), most_block, None)
    return list(steps.records(0)), dict(+steps.damage)


def blocks(data: bytes) -> list[bytes | None]:
    return [record.block for record in walk(data)[0]]


@pytest.mark.parametrize("kind", sorted(FILES))
def test_every_record_of_a_sound_file_comes_out_whole(kind):
    records, damage = walk(FILES[kind])
    count = 6 if kind == "two to a member" else 7

    assert [found.block for found in records] == [whole.partition(b"\r\n\r\n")[2][:-4] for whole in RECORDS[:count]]
    assert damage == {}


@settings(max_examples=40)
@given(st.sampled_from(sorted(FILES)), st.data(), st.sampled_from([5, 64, 333]), st.sampled_from([0, 900, 2500, 2**20]))
def test_large_and_damaged_records_do_not_depend_on_how_a_file_is_cut(kind, data, buffer, most_block):
    file = bytearray(FILES[kind])
    for _ in range(data.draw(st.integers(0, 2))):
        file[data.draw(st.integers(40, len(file) - 1))] ^= data.draw(st.sampled_from([1, 2, 16, 255]))
    with pytest.MonkeyPatch.context() as patch:
        # Headers beyond the limit are part of what is tried.
        patch.setattr("dclm_pipeline.sources.walk.MOST_HEADER", 400)
        patch.setattr("dclm_pipeline.sources.trail.MOST_HEADER", 400)
        whole = walk(bytes(file), most_block)
        patch.setattr(windows, "_BUFFER", buffer)
        patch.setattr(unpacking, "_SLICE", buffer)
        patch.setattr(unpacking, "_MOST_PIECE", 3 * buffer)
        pieces = walk(bytes(file), most_block)

    assert pieces[0] == whole[0]
    assert pieces[1] == whole[1]


@pytest.mark.parametrize(
    "end", [b"", b"\r\n", b"\r\n\r\n", b"\n\n", b"\r\n" * 3, b"\r\n\r\n\0", b"\r\n\r\nWARC/1.0\r\n"]
)
@pytest.mark.parametrize("block", [b"", b"\r\n\r\n", b"one\r\n\r\n", page("two")])
@pytest.mark.parametrize("more", [-8, -4, -1, 0, 1, 4, 8])
def test_a_record_alone_in_its_member_is_read_as_one_in_pieces(block, end, more):
    length = f"Content-Length: {max(0, len(block) + more)}"
    whole = record("response", "https://example.com/", block, length)[: -len(b"\r\n\r\n")] + end
    data = b"".join(map(packed, [RECORDS[0], whole, RECORDS[1]]))
    at_once = walk(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unpacking, "_MOST_PIECE", 7)
        in_pieces = walk(data)

    assert at_once == in_pieces


def test_a_place_is_an_offset_and_where_the_record_begins_in_its_member():
    first, second, third = packed(RECORDS[0]), packed(RECORDS[1] + RECORDS[2]), packed(b"\r\n" + RECORDS[3])
    records, _ = walk(first + second + third)

    assert [(found.offset, found.place) for found in records] == [
        (0, "0"),
        (len(first), f"{len(first)}"),
        (len(first), f"{len(first)}+{len(RECORDS[1])}"),
        (len(first + second), f"{len(first + second)}"),
    ]


def test_a_place_in_a_plain_file_is_an_offset():
    records, _ = walk(b"\r\n" + RECORDS[0] + RECORDS[1])

    assert [(found.offset, found.place) for found in records] == [
        (2, "2"),
        (2 + len(RECORDS[0]), f"{2 + len(RECORDS[0])}"),
    ]


@pytest.mark.parametrize("cut", [1, 9, 60, 200, 500])
def test_a_record_goes_on_in_the_member_after_its_own(cut):
    data = packed(RECORDS[0]) + packed(RECORDS[3][:cut]) + packed(RECORDS[3][cut:]) + packed(RECORDS[4])
    whole = blocks(packed(RECORDS[0]) + packed(RECORDS[3]) + packed(RECORDS[4]))

    assert blocks(data) == whole if cut > len(b"WARC/1.0") else blocks(data)[-1] == whole[-1]


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\n\n", b"\r\n" * 9, b"\r\n\r\n" + b"\0" * 300])
@pytest.mark.parametrize("pack", [packed, bytes])
def test_the_end_of_a_record_may_be_missing_or_long(end, pack):
    data = b"".join(pack(whole[:-4] + end) for whole in RECORDS)
    records, damage = walk(data)

    assert [found.block for found in records] == blocks(FILES["members"])
    assert damage == {}


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header.replace(b"\r\n", b"\n"),
        lambda header: header.lower().replace(b"warc/1.0", b"WARC/1.1"),
        lambda header: header.replace(b": ", b":"),
        lambda header: header.replace(b": ", b" :  "),
        lambda header: header.replace(b"Content-Length: ", b"Content-Length:\r\n  "),
        lambda header: header.replace(b"WARC/1.0", b"WARC/0.18 "),
        lambda header: header.replace(b"WARC/1.0", b"warc/1.0"),
        lambda header: header + b"X-Line without a colon\r\n",
    ],
)
@pytest.mark.parametrize("pack", [packed, bytes])
def test_headers_are_read_in_every_style(change, pack):
    styled = []
    for whole in RECORDS:
        header, _, rest = whole.partition(b"\r\n\r\n")
        styled.append(change(header + b"\r\n") + (b"\r\n" if b"\r\n" in change(header + b"\r\n") else b"\n") + rest)

    assert blocks(b"".join(map(pack, styled))) == blocks(FILES["members"])


def test_a_header_may_be_as_long_as_the_limit_and_no_longer():
    def of_length(length: int) -> bytes:
        whole = record("response", "https://example.com/", b"block")
        header = whole.index(b"\r\n\r\n") + 4
        return whole.replace(b"WARC-Type", b"X: " + b"x" * (length - header - 5) + b"\r\nWARC-Type")

    at_limit, beyond = packed(of_length(MOST_HEADER)), packed(of_length(MOST_HEADER + 1))

    assert [(found.block, found.trouble) for found in walk(at_limit + beyond + packed(RECORDS[1]))[0][:2]] == [
        (b"block", ""),
        (None, "header too long"),
    ]


@given(st.integers(0, 3000))
def test_a_plain_file_that_ends_anywhere_gives_the_records_that_are_whole(end):
    file = FILES["plain"]
    ends = [len(b"".join(RECORDS[: i + 1])) for i in range(len(RECORDS))]
    records, _ = walk(file[:end]) if file[:end].startswith(b"WARC/1.0") else ([], {})
    sound = [found.block for found in records if not found.trouble]

    assert sound == blocks(FILES["members"])[: sum(place - 4 <= end for place in ends)]


HEADER_PARTS = [
    "WARC-Type",
    "WARC-Date",
    "warc-date",
    "X-Own",
    "response",
    "a: b",
    "WARC-Type: x",
    ": ",
    ":",
    " ",
    "\t",
]


@given(
    st.lists(st.sampled_from([*HEADER_PARTS, "\r", "\n", "\r\n", "\r\nWARC-Type: ", "\r\nWARC-Date: "]), max_size=20)
)
def test_a_header_says_what_its_lines_say(parts):
    lines = "".join(parts).rstrip("\r\n").encode()
    said: dict[bytes, bytes] = {}
    for line in re.sub(rb"\r?\n[ \t]+", b" ", lines).split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon:
            said.setdefault(name.strip().lower(), value.strip())
    header = parse_header(b"WARC/1.0\r\n" + lines + b"\r\n\r\n")

    assert {name.lower(): header.value(name) or b"" for name in header.fields} == said
