"""Agreement with fastText itself, which is not installed everywhere."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dclm_pipeline.engine.assets.bundled import find_bundled
from dclm_pipeline.kernels.fasttext import file as fasttext_file
from dclm_pipeline.kernels.fasttext.file import LABEL, load_model
from dclm_pipeline.kernels.fasttext.predict import predict
from dclm_pipeline.kernels.strings import views
from tests.kernels.models import LID, SORTS, WORDS, write_model

fasttext = pytest.importorskip("fasttext", reason="fasttext-numpy2 has no wheel for this Python")

NEAR = 1e-5
PIECES = st.one_of(
    st.sampled_from(
        [
            *WORDS,
            "wort7",
            "wort299",
            "millstone",
            "<",
            "</s",
            "</s>",
            "__label__",
            "__label__l0",
            "__label__xx",
            "x" * 90,
        ]
    ),
    st.sampled_from([" ", "  ", "\t", "\r", "\x0b", "\x0c", "\0", "\x1c", "\x85", "\xa0", "\u3000"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=6),
)
TEXTS = st.lists(st.lists(PIECES, max_size=12).map(" ".join), max_size=4)


@pytest.fixture(scope="module", params=[*SORTS, "lid.176.ftz"])
def model(request, tmp_path_factory):
    """Return a model as we read it, and as the library does."""
    if request.param == "lid.176.ftz":
        path = find_bundled(LID)
    else:
        path = write_model(tmp_path_factory.mktemp("model"), request.param)
    return load_model(path), fasttext.load_model(str(path))


def ours(model, texts):
    offsets, data = views(pa.array(texts, pa.large_string()))
    found = predict(model, offsets[:-1], offsets[1:], data, np.arange(len(model.labels)))
    return found.best.tolist(), found.best_scores.tolist(), found.scores.tolist()


def theirs(library, text):
    """Return the probabilities of all labels that the library lists."""
    # What its Python part does, without its refusal of newlines inside a text.
    return {label.removeprefix(LABEL): score for score, label in library.f.predict(text + "\n", -1, 0.0, "strict")}


def assert_agree(model, library, texts):
    best, best_scores, scores = ours(model, texts)
    for row, text in enumerate(texts):
        listed = theirs(library, text)
        assert set(listed) <= set(model.labels)
        expected = [listed.get(label, 0.0) for label in model.labels]
        # It does not list what is below its floor, nor does a tree go down to it.
        floor = 2 * NEAR if len(listed) < len(model.labels) else NEAR
        assert np.abs(np.array(scores[row]) - expected).max() <= floor
        if not listed:
            assert best[row] == -1
        else:
            assert best_scores[row] == scores[row][best[row]]
            assert max(expected) - expected[best[row]] <= NEAR


@given(TEXTS)
@example(["", " ", "</s>", "the </s> das und", "__label__l1", "\0the\0of"])
def test_any_text_is_judged_as_the_library_does(model, texts):
    assert_agree(*model, texts)


# Not longer: the library adds thousands of floats one by one, and loses the sixth digit.
def test_long_texts_are_judged_as_the_library_does(model):
    assert_agree(*model, ["the mill der " * 150, "unknownword" * 500, "річка хлеб " * 200])


def test_a_text_does_not_depend_on_its_neighbours(model):
    texts = ["the of", "", "der und das", "漢字 日本語", "the of"]

    assert ours(model[0], texts) == tuple(
        list(column) for column in zip(*((part[0] for part in ours(model[0], [text])) for text in texts), strict=True)
    )


def test_labels_are_those_of_the_library_and_in_its_order(model):
    ours, library = model

    assert list(ours.labels) == [label.removeprefix(LABEL) for label in library.labels]


@pytest.mark.parametrize("name", ["hs.ftz", "odd.ftz", "pruned.ftz", "runs.ftz"])
def test_rows_that_are_too_many_to_be_unpacked_add_up_to_the_same(name, tmp_path, monkeypatch):
    path = write_model(tmp_path, name)
    unpacked = load_model(path)
    monkeypatch.setattr(fasttext_file, "_MOST_UNPACKED", 0)
    packed = load_model(path)
    texts = ["the mill", "unknown words der und", "", "漢字 мост wort12"]

    assert (unpacked.centroids.size, packed.centroids.size > 0, packed.sums.size) == (0, True, 0)
    assert np.abs(np.array(ours(unpacked, texts)[2]) - ours(packed, texts)[2]).max() < 1e-6


@pytest.mark.slow
def test_real_pages_are_judged_as_the_library_does(test_data):
    import gzip

    path = find_bundled(LID)
    model, library = load_model(path), fasttext.load_model(str(path))
    with gzip.open(test_data / "oracle" / "dclm.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    best, scores, _ = ours(model, texts)
    expected = [library.predict(text.replace("\n", " ")) for text in texts]

    assert [LABEL + model.labels[label] for label in best] == [labels[0] for labels, _ in expected]
    assert max(abs(score - found[0]) for score, (_, found) in zip(scores, expected, strict=True)) <= NEAR
