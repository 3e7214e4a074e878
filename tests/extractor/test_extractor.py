from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.extractor import training
from dclm_pipeline.extractor.evaluation import figures_of, judge, texts_of_scores, worst_of
from dclm_pipeline.extractor.labels import Page, read_labels, single_blanks, words_of
from dclm_pipeline.extractor.material import FOLDS, examples_of, judge_words
from dclm_pipeline.extractor.side_by_side import side_by_side
from dclm_pipeline.extractor.training import cross_validate, evidence_of, train, weigh_marks
from dclm_pipeline.kernels.main_content.growing import Growth
from dclm_pipeline.kernels.main_content.judging import NotAModelError, packed, score, unpacked
from tests.extractor.labelled import write_labels


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return read_labels(write_labels(tmp_path_factory.mktemp("labels")))


@pytest.fixture(scope="module")
def examples(pages):
    return examples_of(pages)


@pytest.fixture(autouse=True)
def _few_trees(monkeypatch):
    monkeypatch.setattr(training, "FIRST", Growth(trees=4, depth=3, rate=0.5))
    monkeypatch.setattr(training, "SECOND", Growth(trees=6, depth=3, rate=0.5))
    monkeypatch.setattr(training, "DRAWS", 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Two Words", ["two", "words"]),
        ("你好 world", ["你", "好", "world"]),
        ("don't 3.5", ["don", "t", "3", "5"]),
        ("Äpfel", ["äpfel"]),
        ("", []),
    ],
)
def test_words_are_those_of_the_figure(text, words):
    assert words_of(text) == words


def test_labels_are_read_in_their_order(pages):
    assert [page.url for page in pages[:4]] == [
        "https://site0.example/0",
        "https://site0.example/1",
        "https://site0.example/2",
        "https://site1.example/0",
    ]
    assert Counter(page.kind for page in pages) == {"full": 24, "snippets": 12}
    assert {page.language for page in pages} == {"en"}


def test_a_folder_without_labels_is_refused(tmp_path):
    with pytest.raises(RecipeError, match=r"expected\.jsonl\.gz"):
        read_labels(tmp_path)


def test_blocks_of_the_expected_text_are_wanted_and_others_are_not(examples):
    assert examples[0].wanted.tolist() == [0, 1, 1, 1, 1, 1, 0]
    assert examples[0].weights.sum() == pytest.approx(1)


def test_of_snippets_only_what_is_known_counts(examples):
    weights = examples[2].weights

    assert examples[2].wanted.tolist() == [0, 1, 0, 0, 0, 0, 0]
    assert (weights > 0).tolist() == [False, True, False, False, False, False, True]


def test_marks_weigh_what_they_are_found_with(examples):
    evidence = list(map(evidence_of, examples))
    weights = weigh_marks(examples, evidence)

    assert weights.max() > 0.1
    assert weights.min() < -0.3
    assert np.array_equal(weights * 1024, np.rint(weights * 1024))


def test_the_same_pages_give_the_same_model_byte_for_byte(examples):
    assert packed(train(examples, str)) == packed(train(examples, str))


def test_a_model_is_the_same_after_it_was_packed(examples):
    model = train(examples, str)
    blocks = examples[0].blocks

    assert score(blocks, unpacked(packed(model))).tolist() == score(blocks, model).tolist()


@pytest.mark.parametrize("data", [b"", b"x", b"PK\x03\x04"])
def test_what_is_no_model_is_refused(data):
    with pytest.raises(NotAModelError):
        unpacked(data)


def test_models_that_have_not_seen_a_domain_find_its_content(examples):
    scores = cross_validate(examples, str)
    verdicts = [judge(e.page, t) for e, t in zip(examples, texts_of_scores(examples, scores, 1.0), strict=True)]
    figures = figures_of(verdicts)[0]

    assert len({example.fold for example in examples}) == FOLDS
    assert figures.f1 > 0.95
    assert (figures.wanted_found, figures.unwanted_absent) == (1, 1)


@pytest.mark.parametrize(
    ("expected", "words", "precision", "recall", "f1"),
    [("a b", "a b", 1, 1, 1), ("a b", "a c", 0.5, 0.5, 0.5), ("a a", "a", 1, 0.5, 2 / 3), ("a", "", 0, 0, 0)],
)
def test_bags_of_words_are_compared(expected, words, precision, recall, f1):
    found = judge_words(Counter(expected.split()), Counter(words.split()))

    assert (found.precision, found.recall, found.f1) == pytest.approx((precision, recall, f1))


def test_figures_are_means_over_pages_and_shares_of_phrases():
    full = Page("", "u", "d", "article", "en", "s", "full", "one two", (), ())
    snippets = replace(full, kind="snippets", type="forum", wanted=("yes", "no"), unwanted=("bad",))
    figures = figures_of([judge(full, "one two"), judge(full, ""), judge(snippets, "yes it is bad")])

    assert [(each.group, each.pages, each.f1, each.wanted_found, each.unwanted_absent) for each in figures] == [
        ("all", 3, 0.5, 0.5, 0.0),
        ("type article", 2, 0.5, None, None),
        ("type forum", 1, None, 0.5, 0.0),
        ("language en", 3, 0.5, 0.5, 0.0),
        ("source s", 3, 0.5, 0.5, 0.0),
    ]


def test_the_worst_pages_come_first_and_hold_no_markup():
    page = Page("", "https://x/?a=1&b", "d", "article", "en", "s", "full", "one <b>two", (), ())
    worst = worst_of([judge(page, "one <b>two"), judge(page, "<script>three"), judge(page, "one")], 2)
    shown = side_by_side("blocks", worst)

    assert [verdict.text for verdict in worst] == ["<script>three", "one"]
    assert "&lt;script&gt;three" in shown
    assert "<script" not in shown


def test_of_copies_the_one_among_the_rest_is_wanted(pages):
    rest = "".join(f"<p>{word} grew beside the {word} of the old mill." for word in ("barley", "clover", "sorrel"))
    copy = "The miller sold his bread on Sundays."
    page = replace(
        pages[0],
        html=f"<p>{copy}"
        + "<p>Home About Contact Imprint Privacy" * 30
        + f"{rest}<p>{copy}<blockquote>{copy}</blockquote>",
        text=f"{single_blanks(rest.replace('<p>', ' '))}\n{copy}",
    )
    wanted = examples_of([page])[0].wanted

    assert wanted[0] == 0
    assert wanted[-5:].tolist() == [1, 1, 1, 1, 0]
