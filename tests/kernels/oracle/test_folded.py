"""Agreement of folded models with fastText itself, which is not installed everywhere."""

import gzip
import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dclm_pipeline.classifier.settings import Teaching
from dclm_pipeline.classifier.training import teach
from dclm_pipeline.kernels.fasttext.file import LABEL
from dclm_pipeline.kernels.fasttext.folded import fold_model
from dclm_pipeline.kernels.fasttext.folded_file import folded_bytes, load_folded
from dclm_pipeline.kernels.fasttext.folded_scores import LINES, PLAIN, Scorer
from dclm_pipeline.kernels.strings import views
from tests.kernels.models import SORTS, WORDS, write_model

fasttext = pytest.importorskip("fasttext", reason="fasttext-numpy2 has no wheel for this Python")

# What fastText adds to whatever it reports.
FLOOR = 1e-5
NEAR = 1e-6
FOLDING = [name for name, (settings, _) in SORTS.items() if settings["loss"] == "softmax"]
PIECES = st.one_of(
    st.sampled_from([*WORDS, "wort7", "wort299", "millstone", "</s", "</s>", "__label__", "__label__l0", "x" * 90]),
    st.sampled_from(
        [" ", "\t", "\r", "\n", "\x0b", "\0", "\x1c", "\x1f", "\x85", "\xa0", "\u2028", "\u3000", "\u200b"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
)
TEXTS = st.lists(st.lists(PIECES, max_size=12).map(" ".join) | st.lists(PIECES, max_size=8).map("".join), max_size=4)


@pytest.fixture(scope="module", params=FOLDING)
def model(request, tmp_path_factory):
    """Return a model as we fold, write and read it, and as the library does."""
    path = write_model(tmp_path_factory.mktemp("model"), request.param)
    folded = path.with_suffix(".folded")
    folded.write_bytes(folded_bytes(fold_model(path)))
    return Scorer(load_folded(folded)), fasttext.load_model(str(path))


def ours(scorer, texts, lines=PLAIN):
    return scorer.scores(views(pa.array(texts, pa.large_string())), lines)


def theirs(scorer, library, text):
    """Return the probabilities of all labels, less what is added to them; of no words known there are none."""
    # What its Python part does, without its refusal of newlines inside a text.
    listed = {label.removeprefix(LABEL): score for score, label in library.f.predict(text + "\n", -1, 0.0, "strict")}
    return [listed[label] - FLOOR if listed else np.nan for label in scorer.model.labels]


def assert_agree(scorer, library, texts, lines, prepared):
    expected = [theirs(scorer, library, text) for text in prepared]
    expected = np.array(expected, np.float64).reshape(len(texts), len(scorer.model.labels))
    np.testing.assert_allclose(ours(scorer, texts, lines), expected, rtol=0, atol=NEAR)


@given(TEXTS)
@example(["", " ", "</s>", "the </s> das und", "__label__l1", "\0the\0of", "wort7"])
def test_any_text_is_scored_as_the_library_does(model, texts):
    # A newline ends a text there; here a text is one line.
    assert_agree(*model, texts, PLAIN, [text.replace("\n", " ") for text in texts])


@given(TEXTS)
@example(["\u3000the mill\u2028of\x85bread\x1c", "the\x1fmill\x1f", "\xa0", "the\u2028\u2028\r\nof", "of\u200a"])
def test_lines_are_joined_as_dclm_joins_them(model, texts):
    assert_agree(*model, texts, LINES, [" ".join(text.strip().splitlines()) for text in texts])


# More words than are looked up at a time; the library adds floats one by one, and loses digits on longer ones.
def test_runs_are_met_where_texts_are_looked_at_in_parts(model):
    texts = [" ".join([*WORDS * 30][:count]) for count in (255, 256, 257, 258, 259, 300, 515, 780)]
    expected = np.array([theirs(*model, text) for text in texts])

    np.testing.assert_allclose(ours(model[0], texts), expected, rtol=0, atol=2e-5)


def test_a_text_does_not_depend_on_its_neighbours(model):
    texts = ["the of", "", "der und das", "漢字 日本語", "the of " * 300, "x"]
    alone = np.concatenate([ours(model[0], [text]) for text in texts])

    assert ours(model[0], texts).tobytes() == alone.tobytes()
    many = pa.array(["no", *texts, "no"], pa.large_string()).slice(1, len(texts))
    assert model[0].scores(views(many), PLAIN).tobytes() == alone.tobytes()


@pytest.mark.slow
def test_real_pages_are_scored_as_the_library_does(test_data, tmp_path):
    with gzip.open(test_data / "oracle" / "dclm.jsonl.gz", "rt", encoding="utf-8") as lines:
        pages = [json.loads(line) for line in lines]
    joined = [" ".join(page["text"].strip().splitlines()) for page in pages]
    labels = ["cc" if page["chain_dropped_by"] else "hq" for page in pages]
    examples = [f"{LABEL}{label} {text}\n" for label, text in zip(labels, joined, strict=True)]
    (tmp_path / "examples.txt").write_text("".join(examples), encoding="utf-8")
    # By way of `teach`: by itself the library now and then meets NaN in memory that it has not filled.
    teaching = Teaching(ngrams=2, dimensions=20, epochs=2, buckets=100_000, threads=1)
    teach(teaching, tmp_path / "examples.txt", tmp_path / "model.bin", 1, lambda _: None)
    library = fasttext.load_model(str(tmp_path / "model.bin"))
    scorer = Scorer(fold_model(tmp_path / "model.bin"))
    expected = np.array([theirs(scorer, library, text) for text in joined])

    np.testing.assert_allclose(ours(scorer, [page["text"] for page in pages], LINES), expected, rtol=0, atol=NEAR)
