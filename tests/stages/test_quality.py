import numpy as np
import pyarrow as pa
import pytest

import dclm_pipeline as dp
from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.kernels.fasttext.folded import fold_model
from dclm_pipeline.kernels.fasttext.folded_file import folded_bytes
from dclm_pipeline.stages.quality import Quality
from tests.kernels.models import WORDS, model_bytes

TEXTS = ["the mill of bread", "der das\n\nund", "漢字 日本語 мост", "", "nothing known", " \u2028 the\u2028mill\x85 "]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder of models: one that folds, the same one folded, and one that does not fold."""
    folder = tmp_path_factory.mktemp("models")
    settings = {"dim": 6, "wordNgrams": 2, "bucket": 50, "labels": 2}
    (folder / "model.bin").write_bytes(model_bytes(loss="softmax", **settings))
    (folder / "other.bin").write_bytes(model_bytes(loss="hs", dim=4, labels=2))
    (folder / "model.folded").write_bytes(folded_bytes(fold_model(folder / "model.bin")))
    return folder


def scored(folder, texts, **settings):
    step = Quality(**{"model": "model.folded", "label": "l0"} | settings)
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])
    columns = step.open(FetchedAssets(str(folder))).columns(batch)

    assert pa.schema([(name, array.type) for name, array in columns.arrays.items()]) == step.writes()
    return columns


def qualities(folder, texts, **settings):
    return scored(folder, texts, **settings).arrays["quality"].to_pylist()


def test_scores_are_probabilities_in_whole_grains(folder):
    scores = np.array(qualities(folder, TEXTS))

    assert ((scores > 0) & (scores < 1)).all()
    assert (scores * 2**20 % 1 == 0).all()


def test_labels_add_up_to_one(folder):
    both = np.array(qualities(folder, TEXTS)) + np.array(qualities(folder, TEXTS, label="l1"))

    assert np.abs(both - 1).max() <= 2**-20


def test_a_model_scores_the_same_folded_before_or_when_opened(folder):
    assert qualities(folder, TEXTS) == qualities(folder, TEXTS, model="model.bin")


def test_a_model_that_does_not_fold_scores_as_well(folder):
    scores = qualities(folder, TEXTS, model="other.bin")

    assert all(0 < score < 1 for score in scores)
    assert np.abs(np.array(scores) + np.array(qualities(folder, TEXTS, model="other.bin", label="l1")) - 1).max() < 1e-4


@pytest.mark.parametrize("model", ["model.folded", "other.bin"])
def test_lines_are_joined_as_dclm_joins_them(folder, model):
    texts = ["\u3000the\u2028mill\x85of\n\n\x1cbread\x1f \n", "the mill of bread"]
    one, other = qualities(folder, texts, model=model)
    plain, _ = qualities(folder, texts, model=model, profile="plain")

    assert one == other != plain


def test_newlines_are_blanks_in_a_plain_text(folder):
    one, other = qualities(folder, ["the\nmill", "the mill"], profile="plain")

    assert one == other


def test_an_unknown_text_is_a_reject(folder):
    columns = scored(folder, ["the", None, ""])

    assert columns.failed == {1: "no text to score"}


def test_a_text_without_a_word_that_is_known_is_a_reject(folder, tmp_path):
    whole = (folder / "other.bin").read_bytes()
    (tmp_path / "endless.bin").write_bytes(whole.replace(b"</s>", b"<\\s>"))
    texts = ["", "unheardof", "the"]

    assert scored(tmp_path, texts, model="endless.bin").failed == {0: "no word known", 1: "no word known"}


def test_several_models_write_a_column_each(folder):
    models = {"one": "model.folded", "two": "other.bin"}
    arrays = scored(folder, TEXTS, model=Quality().model, models=models).arrays

    assert list(arrays) == ["quality.one", "quality.two"]
    assert arrays["quality.one"].to_pylist() == qualities(folder, TEXTS)


def test_a_slice_is_scored_by_its_rows(folder):
    batch = pa.RecordBatch.from_arrays([pa.array([*TEXTS, *WORDS], pa.large_string())], names=["text"])
    opened = Quality(model="model.folded", label="l0").open(FetchedAssets(str(folder)))

    assert opened.columns(batch.slice(3, 5)).arrays["quality"] == opened.columns(batch).arrays["quality"].slice(3, 5)


def test_no_rows_are_no_rows(folder):
    assert qualities(folder, []) == []


def test_rejects_say_why(folder):
    step = dp.steps.quality(model=str(folder / "model.folded"), label="l0")
    applied = dp.apply([step], pa.table({"text": ["the", None]}))

    assert applied.docs.num_rows == 1
    assert [(row["step"], row["reason"]) for row in applied.rejects.to_pylist()] == [("quality", "no text to score")]


def test_a_label_that_a_model_does_not_know_is_refused(folder):
    for model in ("model.folded", "model.bin", "other.bin"):
        with pytest.raises(RecipeError, match=f"{model} knows no label 'hq'; it knows l0, l1"):
            Quality(model=model).open(FetchedAssets(str(folder)))


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "list.txt").write_text("the and of")

    with pytest.raises(RecipeError, match=r"list\.txt: is no model"):
        Quality(model="list.txt").open(FetchedAssets(str(tmp_path)))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"models": {"a b": "x"}}, "'a b' cannot name a column"),
        ({"models": {"a": "x"}, "model": "y"}, "give `model`, for one, or `models`"),
    ],
)
def test_settings_that_do_not_fit_are_mistakes(settings, said):
    with pytest.raises(ValueError, match=said):
        Quality(**settings)


def test_the_order_in_which_models_are_named_does_not_matter():
    one, other = Quality(models={"a": "x", "b": "y"}), Quality(models={"b": "y", "a": "x"})

    assert one.writes().names == other.writes().names == ["quality.a", "quality.b"]


def test_a_label_may_be_of_any_letters(folder, tmp_path):
    whole = (folder / "model.bin").read_bytes()
    (tmp_path / "model.bin").write_bytes(whole.replace(b"__label__l0", "__label__é".encode()))
    (tmp_path / "broken.bin").write_bytes(whole.replace(b"__label__l0", b"__label__\xff\xfe"))
    expected = scored(folder, TEXTS, model="model.bin").arrays["quality"].to_pylist()

    assert scored(tmp_path, TEXTS, model="model.bin", label="é").arrays["quality"].to_pylist() == expected
    with pytest.raises(RecipeError, match="knows no label 'hq'; it knows l1, \ufffd\ufffd"):
        scored(tmp_path, TEXTS, model="broken.bin", label="hq")
