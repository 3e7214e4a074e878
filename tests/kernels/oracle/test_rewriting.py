import re
import unicodedata

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from dclm_pipeline.kernels.lines.rewriting import suspects
from dclm_pipeline.kernels.strings import views
from dclm_pipeline.stages.rewrite import OpenedRewrite, RewriteText

DOMAINS = ["com", "co", "uk", "py", "th", "it", "भारत", "भारतम्", "كوم\u200e", "museum"]
LETTERS = r"a-zA-Z0-9"
EITHER = "|".join(sorted(map(re.escape, DOMAINS), key=len, reverse=True))
PATH = rf"[-{LETTERS}()@:%_+.~#?&/=]*"
SCHEME = r"(?:(?:https?|ftp)://)?"
HOSTS = re.compile(rf"\s{{0,10}}{SCHEME}[-{LETTERS}@:%._+~#=]{{1,256}}\.(?:{EITHER})\b{PATH}")
NUMBER = r"[0-2]?[0-9]{1,2}"
NUMBERS = re.compile(rf"\s{{0,10}}\b{SCHEME}(?:{NUMBER}\.){{3}}{NUMBER}{PATH}")
GATE = re.compile(EITHER, re.IGNORECASE)
CITATIONS = re.compile(r"\[(?:\d*|edit|citation needed)\]")
ENDS = re.compile(r"\r\n|[\n\v\f\r\x85\u2028\u2029]")
UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b\u2060\ufeff\ufffc\ufffe\uffff]")


def slow_dclm(text):
    if GATE.match(text):
        text = HOSTS.sub("", text)
    return NUMBERS.sub("", text)


def slow_blanks(text):
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))


def slow_unseen(text):
    return UNSEEN.sub("", ENDS.sub("\n", text))


def slow_newlines(text):
    return re.sub(r"\n{3,}", "\n\n", text)


def slow_links(text):
    """Find addresses as the kernel defines them, with regular expressions and a loop."""
    inside = rf"[-{LETTERS}._~:/?#\[\]@!$&'()*+,;=%]"
    place, kept = 0, ""
    while True:
        found, begun, host = None, -1, -1
        for mark in marks_of(text, place):
            begun, host = start_of_link(text, mark, place)
            if begun >= 0:
                found = mark
                break
        if found is None:
            return kept + text[place:]
        end = host
        wide = rf"(?:{inside}|[^\W\x00-\x7f])*" if end < len(text) and not text[end].isascii() else f"{inside}*"
        end = re.compile(wide).match(text, end).end()
        while end > host:
            last = text[end - 1]
            if not (last in ".,;:!?'*" or (last == ")" and text.count(")", host, end) > text.count("(", host, end))):
                break
            end -= 1
        bare = begun
        while bare > place and text[bare - 1] in " \t":
            bare -= 1
        if bare == 0 or text[bare - 1] == "\n":
            bare = begun
            while end < len(text) and text[end] in " \t":
                end += 1
        elif re.compile(r"\w").match(text, end):
            bare = begun
        kept += text[place:bare]
        place = max(end, found + 1)


def marks_of(text, place):
    return (i for i in range(place, len(text)) if text[i] in ":.wW")


def is_free(text, i):
    return i == 0 or (text[i - 1] not in "@/.-" and (ord(text[i - 1]) >= 0x2E80 or not re.match(r"\w", text[i - 1])))


def start_of_link(text, mark, place):
    if text[mark] == ":":
        scheme = re.search(r"(?:https?|ftp)\Z", text[place:mark], re.IGNORECASE | re.ASCII)
        if scheme and re.compile(r"://[\w\[]").match(text, mark):
            return place + scheme.start(), mark + 3
    elif text[mark] in "wW":
        if re.compile(r"www\.[\w\[]", re.IGNORECASE).match(text, mark) and is_free(text, mark):
            return mark, mark
    else:
        domain = re.compile(rf"\.(?:{EITHER})\b(?=/)").match(text, mark)
        longest = re.compile(rf"\.(?:{EITHER})\b").match(text, mark)
        if domain and longest.end() == domain.end():
            begun = mark - len(re.search(rf"[-.{LETTERS}]{{0,253}}\Z", text[place:mark])[0])
            if begun < mark and text[begun] not in "-." and is_free(text, begun):
                return begun, begun
    return -1, -1


def fast(texts, first=0, **settings):
    step = OpenedRewrite(RewriteText(**settings), DOMAINS)
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string()).slice(first)], names=["text"])
    return step.text(batch).to_pylist()


PIECES = st.sampled_from(
    [
        "The ",
        "th",
        "http://",
        "https://",
        "HTTP://",
        "ftp://",
        "xhttp://",
        "www.",
        "WWW.",
        "w",
        "example",
        ".com",
        ".COM",
        ".co.uk",
        ".py",
        ".museum",
        ".भारतम्",
        ".भारत",
        ".كوم\u200e",
        "/path?a=b#c",
        "/",
        "(",
        ")",
        "[",
        "]",
        ".",
        ",",
        "@",
        ":",
        "-",
        "_",
        "=",
        "é",
        "日本",
        "1.2.3.4",
        "1.2.3.",
        "255.255.255.255",
        "299.1.1.1",
        "300.1.1.1",
        "0001",
        "12",
        " ",
        "  ",
        " " * 12,
        "\n",
        "\n\n\n",
        "\t",
        "\u3000",
        "\x85",
        "\u2028",
        "\r\n",
        "\x0b",
        "\x1c",
        "\x00",
        "\x9f",
        "\xad",
        "\u200b",
        "\u200d",
        "\ufeff",
        "[1]",
        "[٣]",
        "[edit]",
        "[citation needed]",
        "Ã©",
        "a\u0301",
        "ᄀ",
        "ᅡ",
        "a" * 260,
    ]
)
TEXTS = st.lists(
    st.lists(st.one_of(PIECES, st.text(st.characters(exclude_categories=["Cs"]), max_size=3)), max_size=12).map(
        "".join
    ),
    max_size=4,
)


def agree(slow, texts, first, **settings):
    assert fast(texts, first, **settings) == [slow(text) or None for text in texts[first:]]


@given(TEXTS, st.integers(0, 2))
@example(["The a.com.भारतम् x"], 0)
@example(["th " + "a" * 300 + ".com/x"], 0)
def test_addresses_go_as_regular_expressions_say(texts, first):
    agree(slow_dclm, texts, first, urls="dclm")
    agree(slow_dclm, ["The " + text for text in texts], first, urls="dclm")


@given(TEXTS, st.integers(0, 2))
def test_links_go_as_python_says(texts, first):
    agree(slow_links, texts, first, urls="mended")


@given(TEXTS, st.integers(0, 2))
def test_other_passes_agree_with_python(texts, first):
    agree(lambda text: CITATIONS.sub("", text), texts, first, citations=True)
    agree(slow_blanks, texts, first, blanks=True)
    agree(slow_unseen, texts, first, unseen=True)
    agree(slow_newlines, texts, first, newlines=2)
    agree(lambda text: unicodedata.normalize("NFC", text), texts, first, normalize=True)


@given(TEXTS)
def test_all_passes_at_once_are_the_passes_one_after_another(texts):
    chained = texts
    for settings in ({"unseen": True}, {"urls": "dclm"}, {"citations": True}, {"blanks": True}, {"newlines": 1}):
        chained = [text or "" for text in fast(chained, **settings)]

    assert fast(texts, unseen=True, urls="dclm", citations=True, blanks=True, newlines=1) == [
        text or None for text in chained
    ]


@given(st.lists(st.text(max_size=8), max_size=3))
def test_a_text_that_is_not_suspected_is_in_normal_form(texts):
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    loose = suspects(views(pa.array(texts, pa.large_string())))[:, 1].tolist()

    assert [
        each
        for each, suspected in zip(texts, loose, strict=True)
        if not suspected and unicodedata.normalize("NFC", each) != each
    ] == []


def test_no_pair_of_characters_that_composes_is_passed_by():
    pairs = []
    for code in range(0x110000):
        parts = unicodedata.decomposition(chr(code))
        if parts and not parts.startswith("<") and " " in parts:
            pairs.append("".join(chr(int(each, 16)) for each in parts.split()))
    loose = suspects(views(pa.array(pairs, pa.large_string())))[:, 1].tolist()

    assert [pair for pair, suspected in zip(pairs, loose, strict=True) if not suspected] == []
