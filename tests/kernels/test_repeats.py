import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.html.blocks import BLOCK, cut_pages
from dclm_pipeline.kernels.html.flow import FIRST, FLAGS, LAST_BYTE, PRE, WORDS
from dclm_pipeline.kernels.main_content.repeats import LEAST_WORDS, drop_repeats
from dclm_pipeline.kernels.strings import views

LONG = "one two three four five six seven eight"
SHORT = "one two three four five six seven"
CYRILLIC = "Хлеб один из старейших приготовляемых продуктов на свете всегда"


def cut(*pages):
    return cut_pages(views(pa.array(pages, pa.large_string())), noscript=False)


def drop_slowly(pages, kept):
    """Return which blocks stay, by a set of texts."""
    stay = kept.copy()
    for row in range(len(pages.rows) - 1):
        own, said = pages.text[pages.rows[row, 0] :], set()
        for i in range(pages.rows[row, BLOCK], pages.rows[row + 1, BLOCK]):
            b = pages.blocks[i]
            if kept[i] and b[WORDS] >= LEAST_WORDS and not b[FLAGS] & PRE:
                text = own[b[FIRST] : b[LAST_BYTE]].tobytes()
                stay[i] = text not in said
                said.add(text)
    return stay


@pytest.mark.parametrize(
    ("page", "stay"),
    [
        (f"<p>{LONG}<p>{LONG}", [True, False]),
        (f"<p>{LONG}<p>x<blockquote>{LONG}</blockquote><p>{LONG}", [True, True, False, False]),
        (f"<p>{SHORT}<p>{SHORT}", [True, True]),
        (f"<p>{LONG}<p>{LONG}.", [True, True]),
        (f"<pre>{LONG}</pre><pre>{LONG}</pre>", [True, True]),
        (f"<p>{CYRILLIC}<p>{CYRILLIC}", [True, False]),
        (f"<p>{LONG} {'a' * 50} x {'b' * 20}<p>{LONG} {'a' * 50} y {'b' * 20}", [True, True]),
        ("", []),
    ],
)
def test_what_was_said_before_goes(page, stay):
    pages = cut(page)

    assert drop_repeats(pages, np.ones(len(pages.blocks), np.bool_)).tolist() == stay


def test_pages_do_not_know_each_other():
    assert drop_repeats(cut(f"<p>{LONG}", "", f"<p>{LONG}"), np.ones(2, np.bool_)).tolist() == [True, True]


def test_of_what_is_not_kept_nothing_is_a_repeat():
    assert drop_repeats(cut(f"<p>{LONG}<p>{LONG}"), np.array([False, True])).tolist() == [False, True]


@given(
    st.lists(
        st.lists(st.tuples(st.text(st.characters(exclude_characters="<&", exclude_categories=["Cs"])), st.booleans())),
        max_size=3,
    ),
    st.integers(0, 12),
)
def test_it_agrees_with_python_on_any_text(pages, words):
    blocks = cut(*("".join(f"<p>{'w ' * words}{text}" * (1 + twice) for text, twice in page) for page in pages))
    kept = np.arange(len(blocks.blocks)) % 5 != 3

    assert drop_repeats(blocks, kept).tolist() == drop_slowly(blocks, kept).tolist()


def test_many_texts_that_share_a_slot_cost_no_more():
    pages = cut("".join(f"<p>{LONG} {number}" for number in range(20_000)))

    assert drop_repeats(pages, np.ones(20_000, np.bool_)).all()
