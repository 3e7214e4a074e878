import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.html.blocks import cut_pages
from dclm_pipeline.kernels.html.flow import WORDS
from dclm_pipeline.kernels.main_content.context import CONTEXT, likely, look_around
from dclm_pipeline.kernels.main_content.features import FEATURES, describe
from dclm_pipeline.kernels.main_content.judging import choose
from dclm_pipeline.kernels.strings import views

WEIGHTS = np.zeros(1 << 14, np.float32)


def cut(*pages):
    return cut_pages(views(pa.array(pages, pa.large_string())), noscript=False)


def expected_value(chances, words, kept, lean):
    hits = (chances * words)[kept].sum()
    return (1 + lean) * hits / (words[kept].sum() + lean * (chances * words).sum())


@given(
    st.lists(st.tuples(st.integers(1, 30), st.floats(-5, 5, width=32)), min_size=1, max_size=20),
    st.sampled_from([0.25, 1.0, 4.0]),
)
def test_no_choice_by_another_threshold_is_worth_more(blocks, lean):
    pages = cut("".join(f"<p>{'x ' * words}" for words, _ in blocks))
    scores = np.array([score for _, score in blocks], np.float32)
    words = pages.blocks[:, WORDS].astype(float)
    chances = 1 / (1 + np.exp(-1.3 * scores.astype(float)))
    best = max(expected_value(chances, words, chances >= chance, lean) for chance in chances)
    kept = choose(pages, scores, lean)

    assert expected_value(chances, words, kept, lean) == pytest.approx(best, rel=0.01)


def test_of_no_blocks_none_is_chosen():
    assert choose(cut("", "<p>"), np.empty(0, np.float32), 1.0).tolist() == []


def test_pages_are_chosen_from_alone():
    pages = cut("<p>a<p>b", "<p>c", "<p>d<p>e")
    scores = np.array([3, -3, -3, 3, 3], np.float32)

    assert choose(pages, scores, 1.0).tolist() == [True, False, True, True, True]


def described(page):
    """Return the features of each block by name."""
    return [dict(zip(FEATURES, row, strict=True)) for row in describe(cut(page), WEIGHTS).tolist()]


def test_features_say_what_a_block_is():
    page = "<nav><a href=/>Home page</a></nav><article><h1>One</h1><p>Two <b>bold</b>, words. Really!</p></article>"
    home, heading, text = described(page)

    assert (home["words"], home["linked"], home["in nav"], home["in article"]) == (2, 1, 1, 0)
    assert (heading["in heading"], heading["heading_distance"], heading["heading_level"]) == (1, 0, 1)
    assert (text["words"], text["stops"], text["commas"], text["last"]) == (4, 0.5, 0.25, 2)
    assert (text["words-1"], text["words-2"], text["words+1"], text["linked-2"]) == (1, 2, -1, 1)
    assert (text["words_in_1"], text["share_in_1"], text["page_words"]) == (5, pytest.approx(5 / 7), 7)
    assert (text["from_begin"], text["from_end"]) == (2, 0)


def test_elements_that_look_alike_are_counted():
    rows = described("<div class=a><p class=item>1<p class=item>2</div><p class=item>3<p class=other>4")

    assert [row["alike"] for row in rows] == [3, 3, 3, 1]
    assert [row["siblings"] for row in rows] == [2, 2, 1, 1]


@given(
    st.lists(
        st.sampled_from(["<p>", "</p>", "<div>", "</div>", "<ul><li>", "</ul>", "a b. ", "<a href=x>"]), max_size=30
    )
)
def test_features_are_numbers_on_any_soup(pieces):
    assert np.isfinite(describe(cut("".join(pieces)), WEIGHTS)).all()


def test_features_do_not_depend_on_what_was_in_memory(monkeypatch):
    before = described("<p>one<p>two<p>three")
    pages = cut("<p>one<p>two<p>three")
    monkeypatch.setattr(np, "empty", lambda shape, kind: np.full(shape, 77, kind))

    assert describe(pages, WEIGHTS).tolist() == [list(row.values()) for row in before]
    assert before[0]["said-1"] == before[2]["said+3"] == -1


@given(st.lists(st.floats(-8, 8, width=32), max_size=12))
def test_what_is_around_agrees_with_a_slow_walk(scores):
    pages = cut("<div>".join(f"<p>{'x ' * (i % 4 + 1)}</p>" for i in range(len(scores))))
    own = np.array(scores, np.float32)
    out = np.zeros((len(own), len(CONTEXT)), np.float32)
    look_around(pages, own, out, 0)
    chances = [float(likely(score)) for score in own]
    words = (pages.blocks[:, WORDS] + 1).tolist()

    before = 0.0
    for i, row in enumerate(out.tolist()):
        found = dict(zip(CONTEXT, row, strict=True))
        assert found["score"] == own[i]
        assert found["score-1"] == (own[i - 1] if i else -9)
        assert found["score+4"] == (own[i + 4] if i + 4 < len(own) else -9)
        assert found["likely_until"] == pytest.approx(
            sum(map(float.__mul__, chances[: i + 1], map(float, words)))
            / sum(map(float.__mul__, chances, map(float, words))),
            rel=1e-4,
        )
        assert found["likely_before"] == pytest.approx(before, abs=1e-4)
        before = 0.8 * before + 0.2 * chances[i]
