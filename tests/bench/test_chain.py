import pyarrow as pa

from bench import chain
from dclm_pipeline.kernels.fasttext.folded_file import load_folded
from dclm_pipeline.kernels.fasttext.folded_scores import Scorer
from dclm_pipeline.kernels.strings import views
from dclm_pipeline.step import Barrier

TEXTS = ["the river was calm", "calm мост 漢字 __label__hq", ""]


def test_the_classifier_in_place_of_the_published_one_knows_the_words_of_the_texts(tmp_path, monkeypatch):
    monkeypatch.setattr(chain, "WORDS", 50)
    monkeypatch.setattr(chain, "BUCKETS", 20)
    model = load_folded(chain.made_up_model(TEXTS, tmp_path))
    scores = Scorer(model).scores(views(pa.array(["river", "мост"], pa.large_string())))

    assert (model.labels, len(model.keys), len(model.rows)) == (("cc", "hq"), 49, 20)
    assert scores[0].tolist() != scores[1].tolist()
    assert [path.name for path in tmp_path.iterdir()] == ["model.folded"]


def test_what_is_measured_is_the_recipe_to_its_end(tmp_path):
    steps = chain.behind_extraction(tmp_path / "model.folded")

    assert [step.kind for step in steps if isinstance(step, Barrier)] == ["minhash_dedup", "top_share"]
    assert (steps[0].kind, steps[-1].kind) == ("rewrite", "top_share")
