"""HTTP heads in every form, chunks and encodings, and what labels are worth."""

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.sources import encodings
from dclm_pipeline.sources.encodings import Undone, join_chunks, undo
from dclm_pipeline.sources.http import Head, mime_and_charset, read_head
from dclm_pipeline.sources.mime import decide
from tests.sources.writing import page

PAGE = page("bicycles", 3000)
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "x-gzip": lambda data: gzip.compress(data[:100], mtime=0) + gzip.compress(data[100:], mtime=0),
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}


@pytest.mark.parametrize(
    ("block", "head"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=x\r\n\r\nbody", (200, "text/html", "x", "body")),
        (b"HTTP/1.1 200\r\nContent-Type:text/html;charset=utf-8\r\n\r\nbody", (200, "text/html", "utf-8", "body")),
        (b"HTTP/2 404\r\n\r\nbody", (404, None, None, "body")),
        (
            b"HTTP/1.0 200 OK\ncontent-type : TEXT/HTML\n\nbody\r\n\r\nmore",
            (200, "text/html", None, "body\r\n\r\nmore"),
        ),
        (b"HTTP/1.1 200 OK\r\nno colon here\r\nContent-Type: text/html\r\n\r\nbody", (200, "text/html", None, "body")),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html;\r\n charset=b\r\n\r\nbody", (200, "text/html", "b", "body")),
        (b"HTTP/1.1 200 OK\r\nSet-Cookie: " + b"x" * 2_000_000 + b"\r\n\r\nbody", (200, None, None, "body")),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: a/b\r\n\r\nbody", (200, "a/b", None, "body")),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n<html>\n\n<p>", (200, "text/html", None, "<html>\n\n<p>")),
        (b"HTTP/1.1 200 OK\r\n\r\n", (200, None, None, "")),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html", (200, "text/html", None, "")),
        (b"HTTP/1.1 200 OK", (200, None, None, "")),
        (b"<!DOCTYPE html>", (None, None, None, "<!DOCTYPE html>")),
        (b"", (None, None, None, "")),
    ],
)
def test_heads_are_read_in_every_form(block, head):
    found = read_head(block)

    assert found is not None
    assert (found.status, found.mime, found.charset, block[found.body :].decode()) == head


@pytest.mark.parametrize(
    "block", [b"HTTP/1.1 OK\r\n\r\n", b"HTTP/", b"HTTP/1.1 20\r\n\r\n", b"HTTP/1.1 2000 OK\r\n\r\n"]
)
def test_a_head_without_a_status_is_none(block):
    assert read_head(block) is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["text/html"], ("text/html", None)),
        (["TEXT/HTML; CHARSET=UTF-8"], ("text/html", "UTF-8")),
        (['text/html; charset="windows-1252"'], ("text/html", "windows-1252")),
        (["text/html; charset='koi8-r'"], ("text/html", "koi8-r")),
        (['"text/html"'], ("text/html", None)),
        (["text/html;charset=gbk", "text/html"], ("text/html", "gbk")),
        (["text/html, text/html; charset=x"], ("text/html", "x")),
        (["text/plain; charset=a", "text/html"], ("text/html", None)),
        (["*/*"], (None, None)),
        (["charset=utf-8"], (None, "utf-8")),
        (["html"], (None, None)),
        ([], (None, None)),
        (["text/html; charset="], ("text/html", None)),
        (["text/html; charset=" + "x" * 500], ("text/html", "x" * 100)),
    ],
)
def test_of_several_types_the_last_that_can_be_read_counts(values, expected):
    assert mime_and_charset(values) == expected


@given(st.binary(max_size=300))
def test_any_head_is_read_or_refused(data):
    found = read_head(b"HTTP/1.1 200 OK\r\n" + data)

    assert isinstance(found, Head)
    assert 0 <= found.body <= len(data) + 17


def chunked(data: bytes, size: int, extension: bytes = b"") -> bytes:
    parts = [data[i : i + size] for i in range(0, len(data), size)]
    return b"".join(b"%x%s\r\n%s\r\n" % (len(part), extension, part) for part in parts) + b"0\r\n\r\n"


@given(st.binary(min_size=1, max_size=400), st.integers(1, 90), st.sampled_from([b"", b";name=value", b" "]))
def test_chunks_are_joined(data, size, extension):
    assert join_chunks(chunked(data, size, extension)) == data


@pytest.mark.parametrize(
    ("body", "joined"),
    [
        (b"<html>plain</html>", b"<html>plain</html>"),
        (b"5\r\nhello\r\n5\r\nworld\r\n", b"helloworld"),
        (b"5\r\nhello\r\n5\r\nwor", b"hellowor"),
        (b"5\r\nhello\r\n3", b"hello"),
        (b"5\r\nhello\r\nno size\r\nx", b"hellono size\r\nx"),
        (b"2\r\nhello\r\n0\r\n\r\n", b"2\r\nhello\r\n0\r\n\r\n"),
        (b"5\nhello\n0\n\n", b"hello"),
        (b"fffffffff\r\nhello", b"fffffffff\r\nhello"),
        (b"", b""),
    ],
)
def test_chunks_that_lie_are_used_as_far_as_they_go(body, joined):
    assert join_chunks(body) == joined


def test_more_chunks_than_anybody_sends_are_refused(monkeypatch):
    monkeypatch.setattr(encodings, "MOST_CHUNKS", 100)

    assert undo(chunked(b"x" * 99, 1), True, (), 10**9) == Undone(b"x" * 99)
    assert undo(chunked(b"x" * 100, 1), True, (), 10**9) == Undone(b"", "too many chunks")


@pytest.mark.parametrize("name", sorted(PACKERS))
def test_encodings_are_undone(name):
    packed = PACKERS[name](PAGE)

    assert undo(packed, False, (name,), 10**6) == Undone(PAGE)
    assert undo(chunked(packed, 77), True, ("identity", name), 10**6) == Undone(PAGE)


@pytest.mark.parametrize("name", sorted(PACKERS))
def test_two_encodings_are_undone_and_no_more(name):
    twice = PACKERS[name](PACKERS["gzip"](PAGE))

    assert undo(twice, False, ("gzip", name), 10**6) == Undone(PAGE)
    assert undo(twice, False, ("gzip", "gzip", name), 10**6) == Undone(b"", "too many encodings")


@pytest.mark.parametrize("name", [*sorted(PACKERS), "x-compress-9", "utf-8"])
def test_a_page_that_is_not_in_the_encoding_of_its_label_is_used_as_it_is(name):
    assert undo(PAGE, False, (name,), 10**6) == Undone(PAGE)


@pytest.mark.parametrize("name", sorted(set(PACKERS) - {"x-gzip"}))
def test_a_body_that_is_cut_says_so(name):
    packed = PACKERS[name](bytes(range(256)) * 2000 + PAGE)
    undone = undo(packed[:-9], False, (name,), 10**6)

    assert (undone.trouble, undone.cut) in [("", True), ("bad encoding", False)]
    assert (bytes(range(256)) * 2000 + PAGE).startswith(undone.body)


@pytest.mark.parametrize("name", sorted(PACKERS))
def test_what_unpacks_to_more_than_the_limit_is_refused_before_it_is_held(name):
    bomb = PACKERS[name](bytes(4 * 2**20))

    assert undo(bomb, False, (name,), 2**20) == Undone(b"", "body too large")


@given(st.binary(max_size=200), st.sampled_from(sorted(PACKERS)), st.booleans())
def test_any_body_is_undone_or_refused(body, name, is_chunked):
    undone = undo(body, is_chunked, (name, "br"), 1000)

    assert len(undone.body) <= 1000


@pytest.mark.parametrize(
    ("label", "body", "expected"),
    [
        ("text/html", PAGE, ("text/html", False)),
        ("application/xhtml+xml", PAGE, ("application/xhtml+xml", False)),
        ("text/plain", b"plain words", ("text/plain", False)),
        ("application/json", PAGE, ("application/json", False)),
        ("image/x-unheard-of", PAGE, ("image/x-unheard-of", False)),
        (None, PAGE, ("text/html", False)),
        ("application/octet-stream", PAGE, ("text/html", False)),
        ("unknown/unknown", b"\xef\xbb\xbf \n<HTML>", ("text/html", False)),
        (None, b"<?xml version='1.0'?><html xmlns='x'>", ("text/html", False)),
        (None, b"words without any markup", (None, False)),
        ("text/html", b"words without any markup", ("text/html", False)),
        ("text/html", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, ("text/html", True)),
        ("text/html", b"%PDF-1.4 words", ("text/html", True)),
        ("text/html", b"PK\x03\x04words", ("text/html", True)),
        ("text/html", b"\xff\xfb\x90\x64" + b"\0" * 400, ("text/html", True)),
        ("text/html", bytes(range(256)) * 9, ("text/html", True)),
        ("text/html", b"\0" * 500, ("text/html", True)),
        (None, bytes(range(256)) * 9, (None, True)),
        ("text/html", "<html>żółć</html>".encode("utf-16"), ("text/html", False)),
        ("text/html", "<html>żółć</html>".encode("utf-16-be"), ("text/html", False)),
        ("text/html", "<html>żółć</html>".encode("utf-32"), ("text/html", False)),
        ("text/html", "<html>żółć</html>".encode("utf-32-le"), ("text/html", False)),
        (None, "<html>żółć</html>".encode("utf-16-le"), ("text/html", False)),
        ("text/html", "<html>日本語のページ</html>".encode("iso-2022-jp") * 20, ("text/html", False)),
        ("text/html", "<html>日本語のページ</html>".encode("shift_jis") * 20, ("text/html", False)),
        ("text/html", b"<html>" + b"\0" * 5000 + b"words</html>", ("text/html", False)),
    ],
)
def test_labels_are_checked_against_what_a_body_begins_with(label, body, expected):
    assert decide(label, None, body) == expected


def test_a_header_that_says_utf_16_is_believed():
    body = "日本語のページ".encode("utf-16-be")

    assert decide("text/html", "UTF-16BE", body) == ("text/html", False)
