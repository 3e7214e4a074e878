import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.html.blocks import BLOCK, ELEMENT, TEXT, cut_pages
from dclm_pipeline.kernels.main_content.groups import GROUPS, WIDTH, compare_blocks, slot_of
from dclm_pipeline.kernels.strings import views
from tests.kernels.oracle.groups import describe as describe_slowly

PROSE = "one two three four five six seven eight nine ten eleven twelve"
TAGS = [
    "<p>",
    "<div class=a>",
    "<div class=b>",
    "</div>",
    "<h1>",
    "</h1>",
    "<li>",
    "<ul>",
    "</ul>",
    "<a href=/>",
    "</a>",
]
PIECES = st.one_of(
    st.sampled_from([*TAGS, PROSE, PROSE + " thirteen", "x.", "漢字"]),
    st.text(st.characters(exclude_characters="<&", exclude_categories=["Cs"]), max_size=60),
)


def cut(*pages):
    return cut_pages(views(pa.array(pages, pa.large_string())), noscript=False)


def described(*pages):
    """Return what is said of each block, page by page, in the columns behind two that are not touched."""
    blocks = cut(*pages)
    out = np.full((len(blocks.blocks), WIDTH + 2), -7, np.float32)
    compare_blocks(blocks, out, 2)

    assert (out[:, :2] == -7).all()
    rows = [dict(zip(GROUPS, row, strict=True)) for row in out[:, 2:].tolist()]
    return [rows[begin:end] for begin, end in zip(blocks.rows[:-1, BLOCK], blocks.rows[1:, BLOCK], strict=True)]


@given(st.lists(st.lists(PIECES, max_size=20).map("".join), max_size=3))
def test_it_agrees_with_python_on_any_soup(pages):
    blocks, found = cut(*pages), described(*pages)
    for page in range(len(pages)):
        (text, first, begin, _), (_, last, end, _) = blocks.rows[page], blocks.rows[page + 1]
        own = blocks.blocks[first:last].tolist(), blocks.elements[begin:end].tolist()
        expected = describe_slowly(blocks.text[text:], *own)

        assert [row.keys() for row in found[page]] == [row.keys() for row in expected]
        for row, slow in zip(found[page], expected, strict=True):
            assert list(row.values()) == pytest.approx(list(slow.values()), rel=1e-4, abs=1e-5)


def test_columns_are_where_they_are_looked_for():
    assert (TEXT, BLOCK, ELEMENT) == (0, 1, 2)


def test_texts_that_come_again_are_counted():
    rows = described(f"<p>{PROSE}<p>x<p>{PROSE}<p>{PROSE} thirteen")[0]

    assert [(row["twins"], row["twins_before"], row["heads_before"]) for row in rows] == [
        (2, 0, 0),
        (1, 0, 0),
        (2, 1, 1),
        (1, 0, 2),
    ]


def test_the_way_from_the_heart_is_measured():
    page = f"<div id=menu><p>x</div><div id=main><div><p>{PROSE}<p>{PROSE}</div><h2>y</h2></div>"

    assert [(row["heart_up"], row["heart_steps"]) for row in described(page)[0]] == [(2, 2), (0, 1), (0, 1), (1, 1)]


def test_pages_do_not_know_each_other():
    pages = [f"<p>{PROSE}", "", f"<div><p>{PROSE}</div><p>x", f"<p>{PROSE}"]

    assert described(*pages) == [described(page)[0] for page in pages]


def test_a_crowded_table_gives_up_after_a_few_tries():
    slots = np.full((64, 3), -1, np.int32)
    places = [slot_of(slots, key << 21) for key in range(1, 60)]

    assert len(set(places)) == 24
    assert places[30:] == [places[23]] * 29
