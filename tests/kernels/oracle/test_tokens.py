"""Where a tag ends and how many attributes it has, against the state machine of the HTML standard written with patterns."""

import re

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from dclm_pipeline.kernels.html.markup import Limits, scan_markup
from dclm_pipeline.kernels.html.visible import sample_visible
from dclm_pipeline.kernels.strings import views

NO_LIMITS = Limits(1000, 1000, 1000, 10**15)
BLANKS = " \t\n\f\r"
NAME = re.compile(f"[^=>/{BLANKS}]*[{BLANKS}]*")
UNQUOTED = re.compile(f"[^>{BLANKS}]*")
SPACE = re.compile(f"[{BLANKS}]*")


def slow_tag(rest):
    """Return how many attributes a tag has, of which the name was read, and what follows it; nothing if it never ends."""
    i, count = 0, 0
    while i < len(rest):
        character = rest[i]
        i += 1
        if character == ">":
            return count, rest[i:]
        if character == "/" or character in BLANKS:
            continue
        count += 1
        i = NAME.match(rest, i).end()
        if rest[i : i + 1] != "=":
            continue
        i = SPACE.match(rest, i + 1).end()
        quote = rest[i : i + 1]
        if quote in ("'", '"'):
            i = rest.find(quote, i + 1) + 1
            if i == 0:
                return 0, ""
        else:
            i = UNQUOTED.match(rest, i).end()
    return 0, ""


PIECES = st.one_of(
    st.text(st.sampled_from(f"=/>'\"{BLANKS}\v\x00\x1f!?-.0aZé漢😀\x7f\xff"), max_size=20),
    st.sampled_from([" class=", "'a > b'", '"one two three four"', " data-of-many-letters", " x='", " =", ">", "/>"]),
)


@given(st.sampled_from(["p", "div", "blockquote", "custom-element-name"]), st.lists(PIECES, max_size=8).map("".join))
@example("p", " onlooker\v-nine='>' b>text")
@example("p", " " + "\x1f" * 40 + "='>'>text")
@example("p", " a='" + "漢" * 9 + ">'>text")
def test_tags_end_where_the_standard_says(name, rest):
    rest = " " + rest + "<b>"
    html = views(pa.array([f"<{name}{rest}"], pa.large_string()))
    attributes, text = slow_tag(rest)
    sample = sample_visible(html, 1, 100_000)
    seen = bytes(sample.data[: sample.stops[0]]).decode()

    assert scan_markup(html, NO_LIMITS).attributes.tolist() == [attributes]
    assert re.split("[\0- ]+", seen.strip()) == re.split(
        "[\0- ]+", text.removesuffix("<b>").strip("".join(map(chr, range(33))))
    )
