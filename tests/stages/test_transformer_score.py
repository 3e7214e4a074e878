import json
from importlib.util import find_spec

import numpy as np
import pyarrow as pa
import pytest

from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.transformer_score import TransformerScore

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "mill", "of", "bread", "und", "das", "漢字", "мост"]
TEXTS = ["the mill", "of bread und das " * 9, "漢字 мост", "", "nothing known", "the " * 500, "bread " * 20_000]
FILES = {"config": "config.json", "weights": "model.safetensors", "tokenizer": "tokenizer.json"}
there = pytest.mark.skipif(
    find_spec("torch") is None or find_spec("transformers") is None, reason="needs the extra `transformers`"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with small models of drawn weights: one output, three, and none but vectors with a linear layer."""
    import torch
    from safetensors.torch import save_file
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from tokenizers.processors import TemplateProcessing
    from transformers import BertConfig, BertForSequenceClassification, BertModel

    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("transformers")
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    settings = {
        "vocab_size": len(WORDS),
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 128,
    }
    for name, labels, kind in (
        ("one", 1, BertForSequenceClassification),
        ("three", 3, BertForSequenceClassification),
        ("vectors", 1, BertModel),
    ):
        model = kind(BertConfig(num_labels=labels, **settings)).eval()
        model.save_pretrained(folder / name)
        tokenizer.save(str(folder / name / "tokenizer.json"))
    save_file({"weight": torch.randn(1, 16), "bias": torch.randn(1)}, folder / "vectors" / "head.safetensors")
    return folder


def scored(folder, texts, **settings):
    step = TransformerScore(**FILES | {"tokens": 128, "rows": 4} | settings)
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])
    columns = step.open(FetchedAssets(str(folder))).columns(batch)

    assert pa.schema([(name, array.type) for name, array in columns.arrays.items()]) == step.writes()
    return columns


def alone(folder, text, kind, most=128):
    """Return what the library says of a text by itself."""
    import torch
    from tokenizers import Tokenizer

    ids = Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text).ids
    ids = ids if len(ids) <= most else [*ids[: most - 1], 3]
    with torch.inference_mode():
        return kind.from_pretrained(folder)(input_ids=torch.tensor([ids]))


@there
def test_one_output_is_the_score_that_the_library_gives(folder):
    from transformers import BertForSequenceClassification

    found = scored(folder / "one", TEXTS).arrays["transformer_score"].to_pylist()
    expected = [alone(folder / "one", text, BertForSequenceClassification).logits[0, 0].item() for text in TEXTS]

    assert np.abs(np.array(found) - expected).max() < 1e-5
    assert all(score * 2**20 % 1 == 0 for score in found)


@there
def test_labels_have_probabilities(folder):
    found = [scored(folder / "three", TEXTS, label=f"LABEL_{n}", column="x").arrays["x"].to_numpy() for n in range(3)]

    assert np.abs(sum(found) - 1).max() < 1e-5
    assert min(scores.min() for scores in found) > 0


@there
@pytest.mark.parametrize("pooling", ["first", "mean"])
def test_vectors_go_through_a_linear_layer(folder, pooling):
    from safetensors.torch import load_file
    from transformers import BertModel

    place = folder / "vectors"
    head = load_file(place / "head.safetensors")
    found = scored(place, TEXTS, head="head.safetensors", pooling=pooling).arrays["transformer_score"].to_pylist()
    vectors = [alone(place, text, BertModel).last_hidden_state[0] for text in TEXTS]
    pooled = [vector[0] if pooling == "first" else vector.mean(0) for vector in vectors]

    assert np.abs(np.array(found) - [(head["weight"] @ one + head["bias"]).item() for one in pooled]).max() < 1e-5


@there
def test_a_text_does_not_depend_on_its_neighbours(folder):
    together = scored(folder / "one", TEXTS).arrays["transformer_score"].to_pylist()

    assert [scored(folder / "one", [text]).arrays["transformer_score"][0].as_py() for text in TEXTS] == together
    assert scored(folder / "one", TEXTS[::-1]).arrays["transformer_score"].to_pylist() == together[::-1]


@there
def test_an_unknown_text_is_a_reject(folder):
    assert scored(folder / "one", ["the", None]).failed == {1: "no text to score"}
    assert scored(folder / "one", []).failed == {}


@there
def test_a_label_must_be_one_of_the_models(folder):
    for label in ("", "good"):
        with pytest.raises(RecipeError, match="set `label` to one of LABEL_0, LABEL_1, LABEL_2"):
            scored(folder / "three", ["the"], label=label)


@there
@pytest.mark.filterwarnings("ignore")
def test_weights_that_are_missing_are_told(folder):
    with pytest.raises(RecipeError, match=r"has no weights for classifier\.bias"):
        scored(folder / "vectors", ["the"])


@there
def test_a_file_that_is_no_model_is_refused(folder, tmp_path):
    for name in ("tokenizer.json", "model.safetensors"):
        (tmp_path / name).write_bytes((folder / "one" / name).read_bytes())
    for said in ("{", json.dumps({"model_type": "unheard-of"})):
        (tmp_path / "config.json").write_text(said)
        with pytest.raises(RecipeError, match="are no model that can be used"):
            scored(tmp_path, ["the"])


@there
def test_a_gpu_that_is_not_there_is_told(folder):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(RecipeError, match="sees no GPU here"):
        scored(folder / "one", ["the"], needs={"gpu": 1})


@pytest.mark.skipif(find_spec("torch") is not None and find_spec("transformers") is not None, reason="all is installed")
def test_without_the_library_it_says_what_to_install(tmp_path):
    for name in FILES.values():
        (tmp_path / name).touch()

    with pytest.raises(RecipeError, match=r"is not installed; install dclm-pipeline\[transformers\]"):
        TransformerScore(**FILES).open(FetchedAssets(str(tmp_path)))
