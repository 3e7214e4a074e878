import numpy as np
import pyarrow as pa
import pytest

from dclm_pipeline.classifier.folding import fold
from dclm_pipeline.classifier.scoring import Scorer
from dclm_pipeline.errors import RecipeError
from tests.stages.test_quality import TEXTS, folder, scored

__all__ = ["folder"]  # a fixture


@pytest.mark.parametrize("model", ["model.folded", "model.bin", "other.bin"])
def test_a_classifier_is_judged_by_the_scores_that_the_step_gives(folder, model):
    expected = np.array(scored(folder, TEXTS, model=model).arrays["quality"])

    assert Scorer(folder / model, "l0").scores(pa.array(TEXTS)).tolist() == np.nan_to_num(expected).tolist()


def test_a_text_that_is_not_known_is_scored_as_an_empty_one(folder):
    scorer = Scorer(folder / "model.bin", "l0")

    assert scorer.scores(pa.array([None, "", "漢字"], pa.large_string()))[0] == scorer.scores(pa.array([""]))[0]


def test_a_label_that_is_none_is_told_with_those_that_are(folder):
    with pytest.raises(RecipeError, match="knows no label 'hq'; name one of l0, l1"):
        Scorer(folder / "other.bin", "hq")
    with pytest.raises(RecipeError, match="none of the usual labels"):
        Scorer(folder / "model.folded")


def test_what_is_folded_is_not_folded_again(folder, tmp_path):
    with pytest.raises(RecipeError, match="is folded already"):
        fold(folder / "model.folded", tmp_path / "again.folded")


def test_a_model_is_not_folded_over_itself(folder):
    whole = (folder / "model.bin").read_bytes()

    with pytest.raises(RecipeError, match="is the model itself; name another file with --out"):
        fold(folder / "model.bin", folder / "model.bin")
    assert (folder / "model.bin").read_bytes() == whole
