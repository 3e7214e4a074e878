"""Steps that drop nothing, and say in a column what they would have kept."""

import pyarrow as pa

import dclm_pipeline as dp
from tests.engine.crawls import EVERYTHING, run_inline


def rows(pool):
    return {row.pop("id"): row for row in dp.open(pool).to_table().to_pylist()}


def test_all_stay_and_the_verdicts_are_those_of_the_rules(crawl, tmp_path):
    run_inline(EVERYTHING, crawl, tmp_path / "all", "annotate=true")
    run_inline(EVERYTHING, crawl, tmp_path / "kept")
    run_inline("name: none\nsource: warc\nsteps: [extract, signals]", crawl, tmp_path / "none")
    told = rows(tmp_path / "all")
    without = {id: {name: value for name, value in row.items() if "passes." not in name} for id, row in told.items()}

    assert without == rows(tmp_path / "none")
    assert all(row["passes.words"] == (row["word_count"] >= 20) for row in told.values())
    # What later rules say of documents that earlier ones would have dropped counts too: copies of those are copies.
    both = {id for id, row in told.items() if row["passes.words"] and row["passes.sample"]}
    assert {id for id in both if told[id]["passes.exact_dedup"]} <= set(rows(tmp_path / "kept")) <= both


def test_one_rule_alone_can_be_tried():
    steps = [dp.steps.signals(), dp.steps.between(column="word_count", low=2, name="two", annotate=True)]
    applied = dp.apply([*steps, dp.steps.between(column="word_count", low=1)], ["one", "one two", ""])

    assert applied.docs.select(["text", "passes.two"]).to_pylist() == [
        {"text": "one", "passes.two": False},
        {"text": "one two", "passes.two": True},
    ]
    assert [(step.name, step.dropped, step.would) for step in applied.tally.steps if step.kind == "between"] == [
        ("two", 0, 2),
        ("between", 1, 1),
    ]


@dp.rewrite
def shout(text: str) -> str | None:
    return text.upper() if text != "quiet" else None


def test_a_text_that_would_be_dropped_stays_as_it_was():
    applied = dp.apply([shout(annotate=True)], ["loud", "quiet"])

    assert applied.docs.select(["text", "passes.shout"]).to_pylist() == [
        {"text": "LOUD", "passes.shout": True},
        {"text": "quiet", "passes.shout": False},
    ]
    assert applied.docs.schema.field("passes.shout").type == pa.bool_()


def test_what_an_annotating_step_of_any_verb_would_drop_is_counted():
    applied = dp.apply(
        [shout(annotate=True), dp.steps.exact_dedup(keep="smallest_id", annotate=True)], ["loud", "quiet", "quiet"]
    )

    assert [(step.name, step.dropped, step.would) for step in applied.tally.steps] == [
        ("shout", 0, 2),
        ("exact_dedup", 0, 1),
    ]
    assert applied.tally.imbalances() == []
