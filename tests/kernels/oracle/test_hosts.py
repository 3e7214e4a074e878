import re
import unicodedata
from urllib.parse import unquote, unquote_to_bytes, urlsplit

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.strings import array_of, views
from dclm_pipeline.kernels.urls.escapes import undo_escapes
from dclm_pipeline.kernels.urls.hosts import read_hosts, read_netlocs

PIECES = st.sampled_from(
    [
        "http",
        ":",
        "/",
        "//",
        "http://",
        "www.",
        ".",
        "@",
        "[",
        "]",
        "?",
        "#",
        "%",
        "%41",
        "%c3%A9",
        "%2e",
        "%ff",
        "\t",
        "\n",
        " ",
        "\0",
        "a",
        "B",
        "-",
        "9",
        "é",
        "É",
        "ß",
        "日本",
        "。",
        "Ａ",
        "ﬁ",
        "😀",
        "xn--",
        "a" * 60,
        "é" * 9,
        "ab" * 99,
    ]
)
URLS = st.lists(
    st.lists(st.one_of(PIECES, st.characters(exclude_categories=["Cs"])), max_size=12).map("".join), max_size=5
)
HTTP = URLS.map(lambda urls: ["http://" + url for url in urls])
ESCAPED = st.lists(st.text(st.sampled_from("%%%%0123456789abcdefABCDEFé日x")), max_size=5)


def slow_netloc(url):
    """Return what urllib returns, had it no objections."""
    url = re.sub("[\t\r\n]", "", url.lstrip("".join(map(chr, range(33)))))
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", url)
    rest = url[scheme.end() :] if scheme else url
    return re.split("[/?#]", rest[2:])[0] if rest.startswith("//") else ""


def slow_host(url):
    info = slow_netloc(url).rpartition("@")[2]
    _, bracket, inside = info.partition("[")
    host = (inside.partition("]") if bracket else info.partition(":"))[0]
    data = unquote_to_bytes(host)
    if len(data) > 4 * 255:
        return ""
    labels = "".join(map(slow_fold, each_byte_replaced(data))).split(".")
    if any(not label.isascii() and len(label) > 63 for label in labels):
        return ""
    punycode = [label if label.isascii() else "xn--" + label.encode("punycode").decode() for label in labels]
    whole = ".".join(punycode)
    return whole.rstrip(".") if len(whole) <= 255 else ""


def slow_fold(character):
    if character in "。．｡":
        return "."
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).lower())
    return plain if len(plain) == 1 else character


def each_byte_replaced(data):
    """Decode UTF-8; each byte that is of none becomes U+FFFD."""
    text = ""
    while data:
        for size in (1, 2, 3, 4):
            try:
                text += data[:size].decode()
            except UnicodeDecodeError:
                continue
            data = data[size:]
            break
        else:
            text, data = text + "\ufffd", data[1:]
    return text


def rows(read, urls):
    return array_of(read(views(pa.array(["x", *urls], pa.large_string()).slice(1)))).to_pylist()


@given(st.one_of(URLS, HTTP))
def test_what_stands_before_the_path_agrees_with_the_slow_twin(urls):
    assert rows(read_netlocs, urls) == [slow_netloc(url) for url in urls]


@given(st.one_of(URLS, HTTP))
def test_hosts_agree_with_the_slow_twin(urls):
    assert rows(read_hosts, urls) == [slow_host(url) for url in urls]


@given(st.one_of(URLS, HTTP))
def test_plain_hosts_agree_with_urllib(urls):
    plain = [url for url in urls if accepted(url) and "%" not in url and url.isascii() and len(url) < 255]

    assert rows(read_netlocs, plain) == [urlsplit(url).netloc for url in plain]
    assert rows(read_hosts, plain) == [(urlsplit(url).hostname or "").rstrip(".") for url in plain]


def accepted(url):
    try:
        urlsplit(url)
    except ValueError:
        return False
    return True


@given(ESCAPED)
def test_escapes_are_undone_as_urllib_does_where_they_make_characters(texts):
    # A character that is whole stays so whatever is next to it: what urllib cannot decode is looked at byte by byte.
    assert rows(undo_escapes, texts) == [re.sub("(?:%[0-9A-Fa-f]{2})+", slow_escapes, text) for text in texts]


def slow_escapes(match):
    written, text = match[0], ""
    while written:
        for size in (3, 6, 9, 12):
            if len(written) >= size and "\ufffd" not in unquote(written[:size]) and len(unquote(written[:size])) == 1:
                text, written = text + unquote(written[:size]), written[size:]
                break
        else:
            text, written = text + written[:3], written[3:]
    return text


def test_escapes_of_every_byte_pair_keep_strings_valid():
    texts = [f"%{one:02x}%{other:02X}%80%80" for one in range(256) for other in range(256)]
    plain = array_of(undo_escapes(views(pa.array(texts, pa.large_string()))))

    plain.validate(full=True)
    assert np.unique(plain.to_pylist()).size == len(texts)
