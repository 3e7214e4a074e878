"""What becomes of each record, and what is known of a page."""

import base64
import gzip
import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.sources.addresses import Address, read_address
from dclm_pipeline.sources.pages import Failed, Page, Skipped, Wanted, read_date, read_page
from dclm_pipeline.sources.records import Record, parse_header
from tests.sources.writing import http, page, record

WANTED = Wanted(10_000, frozenset({"text/html", "application/xhtml+xml", "text/plain"}), frozenset({200}), False)
URL = "https://www.example.co.uk/a"


def judge(block: bytes, *lines: str, kind: str = "response", url: str | None = URL, wanted: Wanted = WANTED):
    header, _, _ = record(kind, url, block, *lines).partition(b"\r\n\r\n")
    return read_page(Record(0, "0", parse_header(header + b"\r\n"), block), wanted)


def test_a_page_comes_out_with_all_that_is_known_of_it():
    found = judge(
        http(page("x"), "Content-Type: text/html; charset=Windows-1252"),
        "WARC-Record-ID: <urn:uuid:1>",
        "WARC-Date: 2024-05-18T10:20:30.999Z",
        "WARC-Truncated: length",
    )

    assert found == Page(
        "<urn:uuid:1>",
        Address(URL, "example.co.uk"),
        datetime(2024, 5, 18, 10, 20, 30, tzinfo=UTC),
        "text/html",
        "Windows-1252",
        "length",
        None,
        page("x"),
    )


def test_what_the_head_says_of_rights_comes_with_the_page():
    found = judge(
        http(
            page("x"),
            "x-robots-tag: noindex,",
            "  noai",
            "TDM-Reservation: 1",
            'Link: </a>; rel="next", <https://creativecommons.org/licenses/by/4.0/>; title="a, b"; rel="x license"',
            "Link: <https://example.org/>; rel=licensee",
            "X-Robots-Tag: ccbot: none\tx",
        )
    )

    assert isinstance(found, Page)
    assert found.rights == (
        "x-robots-tag: noindex, noai\ntdm-reservation: 1\nlicense: https://creativecommons.org/licenses/by/4.0/\n"
        "x-robots-tag: ccbot: none x"
    )


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("request", "type request"),
        ("metadata", "type metadata"),
        ("revisit", "type revisit"),
        ("resource", "type resource"),
        ("conversion", "type conversion"),
        ("continuation", "type continuation"),
        ("warcinfo", "type warcinfo"),
        ("crawlstats", "type other"),
        ("", "type missing"),
    ],
)
def test_only_responses_make_documents(kind, reason):
    assert judge(http(page("x")), kind=kind) == Skipped(reason)


@pytest.mark.parametrize(
    ("block", "found"),
    [
        (http(page("x"), status="HTTP/1.1 404 Not Found"), Skipped("status 404")),
        (http(page("x"), status="HTTP/1.1 999 Denied"), Skipped("status other")),
        (http(b"{}", "Content-Type: application/json"), Skipped("mime application/json")),
        (http(b"x", "Content-Type: image/x-odd"), Skipped("mime other")),
        (http(b"just words", "Content-Type: odd/odd"), Skipped("mime unknown")),
        (http(b"\x89PNG\r\n\x1a\n"), Skipped("binary")),
        (http(b""), Skipped("no body")),
        (b"", Skipped("no body")),
        (b"HTTP/1.1 200 OK", Skipped("no body")),
        (b"HTTP/1.1 two hundred\r\n\r\n" + page("x"), Failed("bad http head", URL)),
        (b"neither head nor page", Failed("bad http head", URL)),
        (http(bytes(10_001), "Content-Type: text/html"), Failed("body too large", URL, "10001 bytes, at most 10000")),
        (http(gzip.compress(page("x"), mtime=0)[:60], "Content-Encoding: gzip"), Failed("body cut", URL)),
        (http(b"\x1f\x8bxx" + page("x"), "Content-Encoding: gzip"), Failed("bad encoding", URL)),
        (http(gzip.compress(bytes(10_001), mtime=0), "Content-Encoding: gzip"), Failed("body too large", URL)),
    ],
)
def test_what_is_no_page_says_why(block, found):
    assert judge(block) == found


def test_a_page_without_a_head_is_a_page():
    found = judge(page("x"))

    assert isinstance(found, Page)
    assert (found.body, found.charset) == (page("x"), None)


def test_a_packed_page_that_lost_its_label_is_unpacked():
    found = judge(http(gzip.compress(page("x"))))

    assert isinstance(found, Page)
    assert found.body == page("x")


def test_a_packed_page_may_be_cut_where_its_record_says_so():
    packed = gzip.compress(page("x", 9000))
    found = judge(http(packed[:-9], "Content-Type: text/html", "Content-Encoding: gzip"), "WARC-Truncated: length")

    assert isinstance(found, Page)
    assert page("x", 9000).startswith(found.body)


@pytest.mark.parametrize(
    ("written", "url", "site"),
    [
        ("http://example.com/", "http://example.com/", "example.com"),
        ("<https://a.b.example.co.uk/x>", "<https://a.b.example.co.uk/x>", "example.co.uk"),
        (" https://example.com/a b\tc ", "https://example.com/a b%09c", "example.com"),
        ("HTTPS://ODD.example.com/x", "HTTPS://ODD.example.com/x", "example.com"),
        ("http://user@127.0.0.1:80/", "http://user@127.0.0.1:80/", "127.0.0.1"),
        ("http://[::1]/", "http://[::1]/", "::1"),
        ("http://localhost/", "http://localhost/", "localhost"),
        ("http://com/", "http://com/", "com"),
        ("http://bücher.de/ä", "http://bücher.de/ä", "bücher.de"),
        ("http://my.blogspot.com/", "http://my.blogspot.com/", "blogspot.com"),
    ],
)
def test_addresses_stay_as_they_are_written_and_have_a_site(written, url, site):
    assert read_address(written) == Address(url, site)


@pytest.mark.parametrize(
    ("written", "trouble", "skip"),
    [
        (None, "no address", False),
        ("dns:example.com", "scheme", True),
        ("urn:x-pages:17", "scheme", True),
        ("ftp://example.com/", "scheme", True),
        ("", "scheme", True),
        ("http:///path", "bad address", False),
        ("http:example.com", "bad address", False),
        ("http://[::1/", "bad address", False),
        ("https://example.com/" + "x" * 9000, "address too long", False),
        ("https://example.com/" + "ä" * 5000, "address too long", False),
    ],
)
def test_what_is_no_web_address_says_why(written, trouble, skip):
    found = read_address(written)

    assert (found.trouble, found.skip) == (trouble, skip)


@given(st.text(max_size=60))
def test_any_address_is_read_or_refused(text):
    found = read_address("http://" + text)

    assert bool(found.site) != bool(found.trouble)
    assert "\n" not in found.url


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2024-05-18T10:20:30Z", datetime(2024, 5, 18, 10, 20, 30, tzinfo=UTC)),
        ("2024-05-18T10:20:30.123456Z", datetime(2024, 5, 18, 10, 20, 30, tzinfo=UTC)),
        ("2008-10-294T05:21:46-0700", None),
        ("2024-02-30T00:00:00Z", None),
        ("0000-01-01T00:00:00Z", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_dates_are_cut_to_the_second_and_nonsense_is_no_date(written, date):
    assert read_date(written) == date


BLOCK = http(page("x"))
DIGEST = hashlib.sha1(BLOCK, usedforsecurity=False).digest()


@pytest.mark.parametrize(
    ("line", "right"),
    [
        (f"WARC-Block-Digest: sha1:{base64.b32encode(DIGEST).decode()}", True),
        (f"WARC-Block-Digest: SHA1:{base64.b32encode(DIGEST).decode().lower()}", True),
        (f"WARC-Block-Digest: sha1:{DIGEST.hex()}", True),
        (f"WARC-Payload-Digest: md5:{hashlib.md5(page('x'), usedforsecurity=False).hexdigest()}", True),
        ("WARC-Block-Digest: crc32:00000000", True),
        ("WARC-Block-Digest: nonsense", True),
        ("WARC-Block-Digest: sha1:nonsense", False),
        ("WARC-Block-Digest: sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", False),
        ("WARC-Payload-Digest: sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", False),
    ],
)
def test_digests_are_checked_where_that_is_asked_for(line, right):
    strict = Wanted(WANTED.most_body, WANTED.types, WANTED.status, True)

    assert isinstance(judge(BLOCK, line), Page)
    assert isinstance(judge(BLOCK, line, wanted=strict), Page) == right
