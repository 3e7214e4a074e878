import pyarrow as pa
import pytest

from dclm_pipeline.stages.line_filter import LineFilter
from dclm_pipeline.stages.words_removed import CountWords, WordsRemoved
from tests.stages.reference_verdicts import verdicts
from tests.stages.test_line_filter_reference import DCLM


def docs(texts, before=None, kind=None):
    columns = {"text": pa.array(texts, pa.large_string())}
    if before is not None:
        columns["previous_word_count"] = pa.array(before, kind or pa.int32())
    return pa.RecordBatch.from_pydict(columns)


def counts(*texts):
    return CountWords().columns(docs(texts)).arrays["previous_word_count"]


def test_words_begin_with_a_letter_or_digit():
    assert counts("one two 3", 'a "b (c', "one\u3000two", "日本語 и", "", " \n", None).to_pylist() == [
        3,
        1,
        1,
        2,
        0,
        0,
        None,
    ]


def test_the_column_is_the_one_declared():
    assert pa.schema([("previous_word_count", counts("x").type)]) == CountWords().writes()


@pytest.mark.parametrize(
    ("before", "now", "kept"),
    [
        (20, "w " * 20, True),
        (20, "w " * 19, True),
        (20, "w " * 18, False),
        (20, "w " * 30, True),
        (20, "я " * 19, True),
        (20, "", False),
        (0, "w", False),
        (0, "", False),
        (None, "w", False),
        (20, None, False),
    ],
)
def test_a_text_that_lost_more_than_a_twentieth_is_dropped(before, now, kept):
    assert WordsRemoved().keep(docs([now], [before])).to_pylist() == [kept]


def test_the_share_is_a_setting():
    assert WordsRemoved(most=0.5).keep(docs(["a", "a b"], [4, 4])).to_pylist() == [False, True]
    assert WordsRemoved(most=0).keep(docs(["a", "a b"], [2, 2])).to_pylist() == [False, True]


def test_a_column_that_holds_no_numbers_does_not_fit():
    said = WordsRemoved().misfit(docs(["x"], ["y"], pa.large_string()).schema)

    assert said == "compares numbers, and 'previous_word_count' is large_string"


def test_counts_are_those_of_the_reference(test_data):
    pages = verdicts(test_data, "dclm")
    found = counts(*[page["text"] for page in pages]).to_pylist()

    assert found == [page["steps"]["word_counter_enricher"] for page in pages]


def test_what_the_line_rules_leave_passes_where_the_reference_lets_it_pass(test_data):
    passed = {None, "word_removal_ratio_filter"}
    pages = [page for page in verdicts(test_data, "dclm") if page["chain_dropped_by"] in passed]
    before = docs(chained([page["text"] for page in pages]))
    counted = before.append_column("previous_word_count", CountWords().columns(before).arrays["previous_word_count"])
    rules = [rule for rules in DCLM.values() for rule in rules]
    text = LineFilter(rules=rules).open(None).text(counted)
    after = counted.set_column(0, "text", text)
    kept = WordsRemoved().keep(after).to_pylist()

    assert kept == [page["chain_dropped_by"] is None for page in pages]
    assert [text for text, passes in zip(text.to_pylist(), kept, strict=True) if passes] == [
        page["chain_text"] for page in pages if page["chain_dropped_by"] is None
    ]


def chained(texts):
    """Return what the steps before the line rules make of the texts."""
    from dclm_pipeline.stages.rewrite import RewriteText

    return RewriteText(urls="dclm", newlines=2).open(None).text(docs(texts)).to_pylist()
