"""The shipped recipes decide on real pages as the systems whose recipes they are."""

import itertools
from pathlib import Path

import pyarrow as pa
import pytest

import dclm_pipeline as dp
from dclm_pipeline.recipe import load_recipe
from dclm_pipeline.step import Barrier, Sweep
from tests.stages.reference_verdicts import verdicts

PIPELINES = Path(__file__).parents[2] / "pipelines"
# What the reference calls the rules of dclm-baseline, by the first of ours that stands for it.
MAPPERS = {
    "enough_words": "page_length_filter:word",
    "usual_words": "word_length_filter",
    "few_symbols": "symbol_ratio_filter",
    "few_bullets": "bullet_count_filter",
    "few_ellipses": "ellipsis_count_filter",
    "words_with_letters": "alphabetic_word_ratio_filter",
    "stop_words": "stop_word_filter",
    "words_removed": "word_removal_ratio_filter",
}
SCREEN = {"screen_language", "some_english"}
LANGUAGE = SCREEN | {"language", "english", "surely_english"}


def steps_of(name):
    """Return a recipe's rules about single texts, but those that tell languages apart, as the verdicts lack these."""
    steps = load_recipe(PIPELINES / f"{name}.yaml").steps
    kinds = [step.kind for step in steps]
    heuristics = itertools.takewhile(
        lambda step: not isinstance(step, Barrier | Sweep), steps[kinds.index("extract") + 1 :]
    )
    return [step for step in heuristics if step.name not in LANGUAGE]


def applied(steps, pages):
    """Return by record the texts that are left, and the rules that dropped the others."""
    done = dp.apply(steps, pa.table({name: [page[name] for page in pages] for name in ("record_id", "text")}))
    left = dict(zip(done.docs["record_id"].to_pylist(), done.docs["text"].to_pylist(), strict=True))
    ends = zip(pages, done.signals["by"].to_pylist(), strict=True)
    return left, {page["record_id"]: rule for page, rule in ends if rule is not None}


@pytest.mark.parametrize("name", ["dclm-baseline", "dclm-baseline-bff"])
def test_dclm_baseline_drops_and_leaves_what_the_reference_does(test_data, name):
    pages = [page for page in verdicts(test_data, "dclm") if len(page["text"]) <= 150_000]
    left, by = applied(steps_of(name), pages)
    ours = {id: MAPPERS.get(rule, "massive_web_repetition_filters") for id, rule in by.items()}
    told = {page["record_id"]: page["chain_dropped_by"] for page in pages}
    texts = {page["record_id"]: page["chain_text"] for page in pages if page["chain_dropped_by"] is None}

    assert {id: rule for id, rule in ours.items() if told[id] != rule} == {}
    assert {id for id, rule in told.items() if rule is not None and id not in ours} == set()
    assert {id for id, text in texts.items() if left.get(id) != text} == set()


@pytest.mark.parametrize("name", ["c4", "dclm-baseline", "dclm-baseline-bff", "fineweb", "refinedweb"])
def test_nearly_all_pages_that_are_called_english_are_surely_so(test_data, name):
    pages = [page for page in verdicts(test_data, "dclm") if len(page["text"]) <= 150_000][:400]
    steps = [step for step in load_recipe(PIPELINES / f"{name}.yaml").steps if step.name in LANGUAGE - SCREEN]
    _, by = applied(steps, pages)
    english = [page for page in pages if by.get(page["record_id"]) != "english"]

    assert sum(page["record_id"] not in by for page in english) >= 0.95 * len(english) > 100
