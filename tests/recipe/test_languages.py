"""Of pages on which people have settled what the main text is, `fineweb2` leaves most in every language."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

import dclm_pipeline as dp
from dclm_pipeline.recipe import load_recipe
from tests.stages.reference_verdicts import verdicts

PIPELINES = Path(__file__).parents[2] / "pipelines"
# Of those with main text by people, at the time of writing: en 11.7 %, de 7.8 %, es 13.6 %, fr 30.8 %, ja none of one.
MOST = {"en": 0.20, "de": 0.20, "es": 0.40, "fr": 0.50, "ja": 0.60}


@pytest.fixture(scope="module")
def dropped(test_data):
    """Return how many pages of each language there are, and how many of them are dropped."""
    with gzip.open(test_data / "dev" / "expected.jsonl.gz", "rt", encoding="utf-8") as lines:
        told = {page["record_id"]: page for page in map(json.loads, lines)}
    pages = [
        page
        for page in verdicts(test_data, "dclm")
        if told[page["record_id"]]["gt_kind"] in ("full", "snippets") and told[page["record_id"]]["html_lang"]
    ]
    steps = load_recipe(PIPELINES / "fineweb2.yaml").steps
    kinds = [step.kind for step in steps]
    texts = pa.table({"text": pa.array([page["text"] for page in pages], pa.large_string())})
    by = dp.apply(steps[kinds.index("extract") + 1 :], texts, folder=str(PIPELINES)).signals["by"].to_pylist()
    languages = [told[page["record_id"]]["html_lang"][:2].lower() for page in pages]
    gone = Counter(language for language, rule in zip(languages, by, strict=True) if rule is not None)
    return Counter(languages), gone


@pytest.mark.parametrize("language", list(MOST))
def test_few_pages_with_a_main_text_are_dropped(dropped, language):
    every, gone = dropped

    assert gone[language] / every[language] <= MOST[language]
