"""What DCLM's recipes leave of real pages is what `baselines/NAME/expected.json` says."""

import json
from importlib.util import find_spec

import pytest

from bench.baseline import BASELINES, HOUSE, RECIPES, STAGES, found, funnel, main, small_classifier
from dclm_pipeline.recipe import load_recipe


def expected(name):
    return json.loads((BASELINES / name / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder for pools, so that recipes share what they extract."""
    return tmp_path_factory.mktemp("baselines")


@pytest.fixture(scope="module")
def model(folder):
    """Return the small classifier, folded."""
    if find_spec("fasttext") is None:
        pytest.skip("needs fasttext, which this Python has none of")
    return small_classifier(folder)


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_the_recipe_leaves_what_is_expected_of_real_pages(test_data, model, folder, name):
    here, pinned = found(name, test_data / "dev", model, folder), expected(name)
    if here["classifier"] != pinned["classifier"]:
        # Another processor teaches another model, which likes other documents best; as many of them.
        del here["classifier"], pinned["classifier"], here["kept_record_ids"], pinned["kept_record_ids"]

    assert here == pinned


@pytest.mark.parametrize("name", RECIPES)
def test_what_is_expected_is_of_the_recipe_as_it_is(name):
    steps = load_recipe(HOUSE / "pipelines" / f"{name}.yaml").steps
    pinned = expected(name)
    left = list(pinned["left"].values())

    assert list(pinned["left"]) == [step.name for step in steps]
    assert left == sorted(left, reverse=True)
    assert pinned["funnel_percent"] == funnel(pinned["left"], pinned["documents"], RECIPES[name])


@pytest.mark.parametrize("name", RECIPES)
def test_the_page_shows_what_is_expected(name):
    page = (HOUSE / "docs" / "baseline.md").read_text(encoding="utf-8")
    column = list(RECIPES).index(name)
    shown = [line.strip("| ").split("|") for line in page.splitlines() if line.startswith("| ")]
    told = {cells[0].strip(): cells[2 + column].strip() for cells in shown if len(cells) == 2 + len(RECIPES)}

    assert {stage: told.get(stage) for stage, _, _ in STAGES} == {
        stage: f"{percent['here']:.1f}" for stage, percent in expected(name)["funnel_percent"].items()
    }


def test_without_pages_there_is_nothing_to_measure(monkeypatch, capsys):
    monkeypatch.delenv("DCLM_TEST_DATA", raising=False)

    assert main(["dclm-baseline"]) == 2
    assert "needs DCLM_TEST_DATA" in capsys.readouterr().err
