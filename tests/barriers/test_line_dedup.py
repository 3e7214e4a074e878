import pyarrow as pa
import pytest

import dclm_pipeline as dp
from dclm_pipeline.barriers.keeping import runs_of_hashes
from dclm_pipeline.schema import DATE


def documents(*texts):
    return pa.table(
        {
            "id": pa.array([bytes([n]) * 16 for n in range(len(texts))], pa.binary(16)),
            "date": pa.array([None] * len(texts), DATE),
            "text": pa.array(texts, pa.large_string()),
        }
    )


def left(*texts, **settings):
    """Return what is left of texts, nothing for those that go."""
    table = documents(*texts)
    rows = dp.apply([dp.steps.line_dedup(**settings)], table).docs.to_pylist()
    backwards = dp.apply([dp.steps.line_dedup(**settings)], table.take(list(range(len(texts)))[::-1])).docs.to_pylist()

    assert sorted(backwards, key=lambda row: row["id"]) == rows, "the order must not matter"
    kept = {row["id"][0]: row["text"] for row in rows}
    return [kept.get(n, ...) for n in range(len(texts))]


def test_a_line_stays_in_one_document():
    assert left("a\nb\nc", "x\nb\ny", "b") == ["a\nb\nc", "x\ny", ...]


def test_a_line_that_repeats_in_a_document_stays_once():
    assert left("a\nb\na\n\nb\nc\n") == ["a\nb\nc\n"]


def test_lines_without_anything_but_blanks_count_for_nothing():
    assert left("a\n\n \nb", "", "\n", None, "c\n\nb") == ["a\n\n \nb", "", "\n", None, "c"]


def test_any_script_has_lines():
    assert left("прямо\nсейчас", "漢字\nсейчас", "漢字\nпрямо") == ["прямо\nсейчас", "漢字", ...]


@pytest.mark.parametrize(
    ("normalise", "second"),
    [("as_is", "A  b 12\na b 13\nnew"), ("letters", "a b 13\nnew"), ("digits", "new")],
)
def test_lines_are_made_alike_first(normalise, second):
    assert left("a b 12", "A  b 12\na b 13\nnew", normalise=normalise)[1] == second


def test_short_lines_can_be_left_alone():
    assert left("ab\nabc", "ab\nabc", least_bytes=3) == ["ab\nabc", "ab"]


def test_paragraphs_end_at_lines_of_blanks():
    texts = ("a\nb\n\nc", "a\n\nb", "x\n \na\nb\n\ny")

    assert left(*texts, unit="paragraph") == ["a\nb\n\nc", "a\n\nb", "x\n \ny"]


def test_the_longest_document_keeps_the_line():
    assert left("a\nb", "a\nlonger", keep="longest") == ["b", "a\nlonger"]


def test_it_can_say_which_documents_would_go():
    docs = dp.apply([dp.steps.line_dedup(annotate=True)], documents("a", "a", "a\nb")).docs

    assert docs["text"].to_pylist() == ["a", "a", "b"]
    assert docs["passes.line_dedup"].to_pylist() == [True, False, True]


@pytest.mark.parametrize("sizes", [(9,), (1,) * 9, (2, 3, 4), (4, 1, 1, 3)])
def test_equal_hashes_are_never_parted(sizes):
    hashes = [1, 1, 2, 2, 2, 2, 2, 3, 4]
    table = pa.table({"hash": pa.array(hashes, pa.uint64())})
    starts = [sum(sizes[:n]) for n in range(len(sizes))]
    batches = [table.slice(start, size).to_batches()[0] for start, size in zip(starts, sizes, strict=True)]
    runs = [run["hash"].to_pylist() for run in runs_of_hashes(iter(batches))]

    assert [value for run in runs for value in run] == hashes
    assert all(set(one).isdisjoint(two) for n, one in enumerate(runs) for two in runs[n + 1 :])
