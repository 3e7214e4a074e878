"""Rules of the kind `between` over signals decide as the filters of the reference systems did on real pages."""

import gzip
import json
from collections import Counter

import pyarrow as pa
import pytest

from dclm_pipeline.stages.between import Between
from dclm_pipeline.stages.signals import Signals

DCLM = {
    "page_length_filter:word": {"column": "fasttext_word_count", "low": 50, "high": 100_000},
    "word_length_filter": {"column": "mean_word_length", "low": 3, "high": 10},
    "symbol_ratio_filter": {"column": "symbols_per_word", "high": 0.1},
    "bullet_count_filter": {"column": "bullet_line_share", "high": 0.9},
    "ellipsis_count_filter": {"column": "ellipsis_line_share", "high": 0.3},
    "alphabetic_word_ratio_filter": {"column": "letterless_word_share", "high": 0.2},
    "stop_word_filter": {"column": "stop_word_count", "low": 2},
}
# In the order in which datatrove asks; the first that a page fails is its reason.
GOPHER = (
    ("gopher_short_doc", {"column": "datatrove_word_count", "low": 50}),
    ("gopher_long_doc", {"column": "datatrove_word_count", "high": 100_000}),
    ("gopher_below_avg_threshold", {"column": "datatrove_mean_word_length", "low": 3}),
    ("gopher_above_avg_threshold", {"column": "datatrove_mean_word_length", "high": 10}),
    ("gopher_too_many_hashes", {"column": "datatrove_hashes_per_word", "high": 0.1}),
    ("gopher_too_many_ellipsis", {"column": "datatrove_ellipses_per_word", "high": 0.1}),
    ("gopher_too_many_bullets", {"column": "datatrove_bullet_line_share", "high": 0.9}),
    ("gopher_too_many_end_ellipsis", {"column": "datatrove_ellipsis_line_share", "high": 0.3}),
    ("gopher_below_alpha_threshold", {"column": "datatrove_letter_word_share", "low": 0.8}),
    ("gopher_enough_stop_words", {"column": "datatrove_stop_word_count", "low": 2}),
)
FINEWEB = (
    ("line_punct_ratio", {"column": "terminal_line_share", "low": 0.12}),
    ("short_line_ratio", {"column": "short_line_share", "high": 0.67}),
)


def read(path):
    with gzip.open(path, "rt") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def pages(test_data):
    return read(test_data / "oracle" / "dclm.jsonl.gz")


@pytest.fixture(scope="module")
def verdicts(test_data):
    return {row["record_id"]: row for row in read(test_data / "oracle" / "datatrove.jsonl.gz")}


@pytest.fixture(scope="module")
def numbers(pages):
    texts = pa.array([page["text"] for page in pages], pa.large_string())
    return pa.RecordBatch.from_pydict(Signals().columns(pa.RecordBatch.from_arrays([texts], names=["text"])).arrays)


def keeps(numbers, bounds):
    return Between(**bounds).keep(numbers).to_pylist()


def reasons(numbers, rules):
    """Return of each page the name of the first rule that it fails."""
    verdicts = [(name, keeps(numbers, bounds)) for name, bounds in rules]
    return [next((name for name, kept in verdicts if not kept[row]), "keep") for row in range(numbers.num_rows)]


@pytest.mark.parametrize("mapper", DCLM)
def test_verdicts_are_those_of_dclm(pages, numbers, mapper):
    assert keeps(numbers, DCLM[mapper]) == [page["steps"][mapper] == "keep" for page in pages]


def test_words_are_counted_as_dclm_counts_them(pages, numbers):
    assert numbers["fasttext_word_count"].to_pylist() == [page["steps"]["word_counter_enricher"] for page in pages]


def test_verdicts_are_nearly_those_of_gopher_in_datatrove(pages, verdicts, numbers):
    pairs = zip(pages, reasons(numbers, GOPHER), strict=True)
    known = [(ours, verdicts[page["record_id"]].get("gopher_quality", "absent")) for page, ours in pairs]

    # Ours, theirs. Words of spaCy's lists of units and abbreviations, and `im`, which it cuts in two in any language.
    assert Counter(pair for pair in known if pair[0] != pair[1] and pair[1] != "absent") == {
        ("gopher_below_alpha_threshold", "keep"): 3,
        ("gopher_below_alpha_threshold", "gopher_enough_stop_words"): 4,
        ("gopher_enough_stop_words", "gopher_below_alpha_threshold"): 1,
    }


def test_verdicts_on_lines_are_those_of_fineweb(pages, verdicts, numbers):
    rules = dict(FINEWEB)
    theirs = [verdicts[page["record_id"]].get("fineweb_quality", "absent") for page in pages]
    ours = reasons(numbers, FINEWEB)
    pairs = [
        (our, their if their in rules else "keep") for our, their in zip(ours, theirs, strict=True) if their != "absent"
    ]

    assert [pair for pair in pairs if pair[0] != pair[1]] == []


def test_verdicts_on_lists_are_those_of_fineweb(pages, verdicts, numbers):
    kept = keeps(numbers, {"column": "line_feeds_per_word", "high": 0.3})
    asked = [
        (ours, verdicts[page["record_id"]]["fineweb_quality"] == "keep")
        for ours, page in zip(kept, pages, strict=True)
        if verdicts[page["record_id"]].get("fineweb_quality") in ("keep", "list_ratio")
    ]

    assert [pair for pair in asked if pair[0] != pair[1]] == []


def test_pages_that_c4_drops_hold_what_it_looks_for(pages, numbers):
    filler, braces = numbers["lorem_ipsum_count"].to_pylist(), numbers["brace_count"].to_pylist()
    dropped = [str(page["c4_dropped_by"]) for page in pages]

    assert [row for row, by in enumerate(dropped) if "lorem ipsum" in by and not filler[row]] == []
    assert [row for row, by in enumerate(dropped) if "{" in by and not braces[row]] == []
