"""What makes texts, passages and addresses alike, against plain Python."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dclm_pipeline.kernels.lines.passages import LINE, PARAGRAPH, leave_out, passages_of
from dclm_pipeline.kernels.strings import array_of, views
from dclm_pipeline.kernels.urls import url_keys
from dclm_pipeline.kernels.words import alike

ANY = st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=6)
ODD = st.lists(st.text(st.sampled_from("aAÄẞİΣς٣3²Ⱥ \u3000\t\n\x1c漢.")), max_size=6)
PARTS = st.sampled_from(
    [
        "http://",
        "HTTPS://",
        "https://",
        "ftp://",
        "www.",
        "WWW.",
        "a.org",
        "A.Org",
        ":80",
        ":443",
        ":8080",
        ".",
        "/",
        "//",
        "p",
        "?",
        "&",
        "#",
        "#!",
        "=",
        "utm_",
        "utm_x=1",
        "ref",
        "feed",
        "gclid",
        "GCLID=2",
        "x=1",
        "@",
        "ü",
        "?ref=1",
    ]
)
ADDRESSES = st.lists(st.lists(PARTS, max_size=9).map("".join), max_size=6)


def slow_alike(text, how):
    def letter(character):
        if how == alike.DIGITS and character.isdecimal():
            return "0"
        small = character.lower()[0]
        return "σ" if small == "ς" else small

    return " ".join("".join(map(letter, word)) for word in text.split())


@pytest.mark.parametrize("how", [alike.LETTERS, alike.DIGITS])
@given(st.one_of(ANY, ODD))
@example(["  One\n\n TWO 22 ", "", " ", "Ⱥ" * 9])
def test_texts_are_made_alike_as_when_read_slowly(how, texts):
    offsets, data = views(pa.array(texts, pa.large_string()))
    made = array_of(alike.alike(data, offsets[:-1], offsets[1:], how)).to_pylist()

    assert made == [slow_alike(text, how) for text in texts]


def slow_passages(text, unit):
    """Return where each passage lies, in characters."""
    found, i, within = [], 0, False
    for line in text.split("\n"):
        if not line.strip():
            within = False
        elif within and unit == PARAGRAPH:
            found[-1][1] = i + len(line)
        else:
            found.append([i, i + len(line)])
            within = True
        i += len(line) + 1
    return found


def slow_left(text, places, gone):
    """Return the text without passages: each kept one with what parts it from the next, where another is kept."""
    if not places:
        return text
    kept = [k for k in range(len(places)) if not gone[k]]
    left = "" if gone[0] else text[: places[0][0]]
    for k in kept:
        left += text[places[k][0] : places[k][1]]
        if k != kept[-1]:
            left += text[places[k][1] : places[k + 1][0]]
    return left if gone[-1] else left + text[places[-1][1] :]


@pytest.mark.parametrize("unit", [LINE, PARAGRAPH])
@given(st.lists(st.text(st.sampled_from("ab\n\n \u3000ä")), max_size=5), st.integers(0, 2**32))
@example(["\n\na\n \nb\nc\n\n", "", "\n", "a"], 2)
def test_passages_are_found_and_left_out_as_when_read_slowly(unit, texts, luck):
    strings = views(pa.array(texts, pa.large_string()))
    found = passages_of(strings, unit)
    gone = np.array([luck >> k % 32 & 1 for k in range(len(found.begins))], np.bool_)
    left = array_of(leave_out(strings, found, gone)).to_pylist()
    slow = [slow_passages(text, unit) for text in texts]
    whole = "".join(texts).encode()
    told = [whole[i:j].decode() for i, j in zip(found.begins, found.ends, strict=True)]

    assert np.diff(found.rows).tolist() == list(map(len, slow))
    assert told == [text[i:j] for text, places in zip(texts, slow, strict=True) for i, j in places]
    parts = np.split(gone, found.rows[1:-1]) if texts else []
    assert left == [slow_left(*one) for one in zip(texts, slow, parts, strict=True)]


def slow_dclm(url):
    url = re.sub(r"^https?://", "", url)
    url = re.sub(r"^www\.", "", url)
    return re.sub(r"\?(utm_|ref|feed).*", "", url, flags=re.DOTALL).rstrip("/")


def slow_plain(url):
    url = re.sub(r"^https?://", "", url, flags=re.IGNORECASE | re.ASCII)
    url, mark, fragment = url.partition("#")
    url, _, query = url.partition("?")
    host, slash, path = url.partition("/")
    host = host.rpartition("@")[2]
    host = re.sub(r"^www\.", "", host, flags=re.IGNORECASE | re.ASCII)
    host = re.sub(r":(80|443)$", "", host).rstrip(".")
    host = "".join(letter.lower() if letter.isascii() else letter for letter in host)
    unwanted = re.compile(rf"utm_|({'|'.join(name.decode() for name in url_keys._NAMES)})$", re.IGNORECASE | re.ASCII)
    wanted = [one for one in query.split("&") if one and not unwanted.match(one.partition("=")[0])]
    made = host + (slash + path).rstrip("/") + ("?" + "&".join(wanted) if wanted else "")
    return made + (mark + fragment if fragment.startswith("!") else "")


@pytest.mark.parametrize(("how", "slow"), [(url_keys.DCLM, slow_dclm), (url_keys.PLAIN, slow_plain)])
@given(st.one_of(ANY, ADDRESSES))
@example(["https://www.a.org/p/?utm_source=x", "http://a.org/p?x=1&utm_y=2&gclid=3#top", "a.org", "?", "#!", ""])
def test_addresses_are_made_alike_as_when_read_slowly(how, slow, urls):
    made = array_of(url_keys.url_keys(views(pa.array(urls, pa.large_string())), how)).to_pylist()

    assert made == list(map(slow, urls))
