import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.stages.decode import Decode
from dclm_pipeline.step import Columns

RUSSIAN = "Старый мост через реку построили ещё до войны. "


def docs(*pages):
    """Return a batch of (body, charset of the header)."""
    bodies, labels = [page[0] for page in pages], [page[1] for page in pages]
    columns = [pa.array(bodies, pa.large_binary()), pa.array(labels, pa.string())]
    return pa.RecordBatch.from_arrays(columns, names=["body", "http_charset"])


def decoded(*pages):
    columns = Decode().columns(docs(*pages))
    return list(zip(*(columns.arrays[name].to_pylist() for name in Decode().writes().names), strict=True))


@pytest.mark.parametrize(
    ("body", "label", "row"),
    [
        (b"plain", None, ("plain", "utf-8", "utf-8")),
        (b"", "latin1", ("", "utf-8", "utf-8")),
        ("naïve".encode(), "latin1", ("naïve", "utf-8", "utf-8")),
        (b"\xef\xbb\xbfmarked", "koi8-r", ("marked", "utf-8", "bom")),
        ("\ufeffwide é".encode("utf-16-le"), None, ("wide é", "utf-16le", "bom")),
        (RUSSIAN.encode("koi8-r"), "KOI8-R", (RUSSIAN, "koi8-r", "http")),
        (RUSSIAN.encode("koi8-r"), '"koi8-r"', (RUSSIAN, "koi8-r", "http")),
        (RUSSIAN.encode("koi8-r"), "bogus", None),
        (
            b"<meta charset=koi8-r>" + RUSSIAN.encode("koi8-r"),
            None,
            ("<meta charset=koi8-r>" + RUSSIAN, "koi8-r", "document"),
        ),
        (RUSSIAN.encode("cp1251") * 9, "utf-8", (RUSSIAN * 9, "windows-1251", "detected")),
        ("日本語テキスト".encode("iso2022_jp"), "iso-2022-jp", ("日本語テキスト", "iso-2022-jp", "http")),
        (b"\x1b[1mcolour", "latin1", ("\x1b[1mcolour", "utf-8", "utf-8")),
        ("wide without mark".encode("utf-16-be"), None, ("wide without mark", "utf-16be", "detected")),
        ("wide".encode("utf-16-be"), "utf-16be", ("wide", "utf-16be", "http")),
        (b"a\0b\x01c", None, ("ab\x01c", "utf-8", "utf-8")),
        (b"caf\xe9 \x80", "ascii", ("café €", "windows-1252", "http")),
        ("é".encode() * 30 + b"\xff", "latin1", ("é" * 30 + "\ufffd", "utf-8", "utf-8")),
        ("é".encode() * 9 + b"\xff.", "utf-8", ("é" * 9 + "\ufffd.", "utf-8", "http")),
    ],
)
def test_a_page_is_read_by_the_first_source_that_can_be_trusted(body, label, row):
    found = decoded((body, label))

    assert row is None or found == [row]


def test_pages_that_need_no_care_are_not_copied():
    batch = docs((b"one", None), ("zwölf".encode(), "latin1"))
    html = Decode().columns(batch).arrays["html"]

    assert html.buffers()[2].address == batch["body"].buffers()[2].address


def test_a_page_without_body_fails():
    assert Decode().columns(docs((None, None), (b"x", None))).failed == {0: "no body"}


def test_no_rows_are_no_rows():
    assert decoded() == []
    assert Decode().columns(docs((b"x", None)).slice(1)).failed == {}


def test_special_pages_come_out_in_their_places():
    pages = [(b"one", None), (b"\xe9t\xe9", "latin1"), (b"", None), (b"\0two", None), (b"three", None)]

    assert [row[0] for row in decoded(*pages)] == ["one", "été", "", "two", "three"]


def test_the_share_that_may_be_unreadable_is_a_setting():
    body = ("é" * 9).encode() + b"\xff\xff."
    read = {
        most: Decode(most_broken=most, nearly_utf8=0).columns(docs((body, "utf-8"))).arrays["charset_by"].to_pylist()
        for most in (0.1, 0.2)
    }

    assert read == {0.1: ["utf-8"], 0.2: ["http"]}


BODIES = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=20).map(lambda text: text.encode("utf-8", "replace")),
    st.text("aé漢😀\0<", max_size=20).flatmap(
        lambda text: st.sampled_from(["utf-16", "utf-16-be", "gb18030"]).map(text.encode)
    ),
)
LABELS = st.sampled_from(
    [None, "utf-8", "latin1", "shift_jis", "utf-16", "iso-2022-jp", "gbk", "big5", "bogus", "euc-kr"]
)


@given(st.lists(st.tuples(BODIES, LABELS), max_size=5), st.integers(0, 2))
def test_any_bytes_become_text_that_does_not_depend_on_the_batch(pages, first):
    whole = decoded(*pages)
    sliced: Columns = Decode().columns(docs(*pages).slice(first))

    assert [decoded(page)[0] for page in pages] == whole
    assert sliced.arrays["html"].to_pylist() == [row[0] for row in whole[first:]]
    assert not any("\0" in row[0] for row in whole)
