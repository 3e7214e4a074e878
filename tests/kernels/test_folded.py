import hashlib
import json
import struct

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.kernels.fasttext.folded import fold_model
from dclm_pipeline.kernels.fasttext.folded_file import folded_bytes, is_folded, load_folded
from dclm_pipeline.kernels.fasttext.folded_scores import Scorer
from dclm_pipeline.kernels.strings import views
from tests.kernels.crowds import words_that_begin_alike
from tests.kernels.elsewhere import said_by
from tests.kernels.models import ENTRIES, entry, matrix, model_bytes
from tests.kernels.models import head as beginning

TEXTS = [
    "the mill of unknown words",
    "",
    " \n",
    "漢字\u2028мост wort12",
    "\0the</s> </s> of",
    "__label__l0 </s",
    "a" * 300,
]
SMALL = {"dim": 3, "loss": "softmax", "wordNgrams": 2, "bucket": 20, "labels": 3}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Return the file of a folded model, and the model that it was."""
    path = tmp_path_factory.mktemp("small") / "model.bin"
    path.write_bytes(model_bytes(**SMALL))
    return folded_bytes(fold_model(path)), path


def scores_of(path, texts=TEXTS):
    return Scorer(load_folded(path)).scores(views(pa.array(texts, pa.large_string())))


def written(folder, data):
    path = folder / "model.folded"
    path.write_bytes(data)
    return path


def split(data):
    """Return the head of a file as values, and its tables."""
    size = struct.unpack("<I", data[12:16])[0]
    return json.loads(data[16 : 16 + size]), data[16 + size :]


def joined(head, tables):
    said = json.dumps(head).encode()
    said += b" " * (-len(said) % 8)
    return b"dclmfold" + struct.pack("<II", 1, len(said)) + said + tables


def test_probabilities_add_up_to_one(small, tmp_path):
    scores = scores_of(written(tmp_path, small[0]))

    assert np.abs(scores.sum(axis=1) - 1).max() < 1e-12
    assert scores.shape == (len(TEXTS), 3)


def test_a_folded_file_names_what_it_was_folded_from(small, tmp_path):
    folded = load_folded(written(tmp_path, small[0]))

    assert folded.parent == hashlib.sha256(small[1].read_bytes()).hexdigest()
    assert folded.labels == ("l0", "l1", "l2")


def test_a_file_that_is_read_and_written_again_is_the_same(small, tmp_path):
    path = written(tmp_path, small[0])

    assert folded_bytes(load_folded(path)) == small[0] == folded_bytes(fold_model(small[1]))
    assert (is_folded(path), is_folded(small[1])) == (True, False)


def test_no_texts_have_no_scores(small, tmp_path):
    assert scores_of(written(tmp_path, small[0]), []).shape == (0, 3)


def test_where_nothing_is_known_there_is_no_number(small, tmp_path):
    head, tables = split(small[0])
    head["has_end"] = False
    end = len(tables) - 8
    scores = scores_of(written(tmp_path, joined(head, tables[:end])), ["", " \n", "the"])

    assert np.isnan(scores).tolist() == [[True] * 3, [True] * 3, [False] * 3]


def test_words_whose_keys_begin_alike_are_told_apart(tmp_path):
    words = words_that_begin_alike(200, 8)
    known = words[::2]
    weights = np.linspace(-2, 2, len(known))
    labels = [entry("__label__a", 3, True), entry("__label__b", 2, True)]
    sizes = struct.pack("<iiiqq", len(known) + 2, len(known), 2, 18, -1)
    dictionary = b"".join([*(entry(word, 5) for word in known), *labels])
    rows = matrix(weights[:, None]) + matrix(np.array([[0], [1]]))
    (tmp_path / "model.bin").write_bytes(beginning(dim=1, loss=3) + sizes + dictionary + rows)
    folded = fold_model(tmp_path / "model.bin")
    scores = Scorer(folded).scores(views(pa.array(words, pa.large_string())))

    assert np.diff(folded.places()).max() == len(known) == 100
    assert np.allclose(scores[::2, 1], 1 / (1 + np.exp(-weights)))
    assert np.isnan(scores[1::2]).all()


@pytest.mark.parametrize("loss", ["hs", "ns", "ova"])
def test_models_that_do_not_fold_are_refused(loss, tmp_path):
    (tmp_path / "model.bin").write_bytes(model_bytes(dim=3, loss=loss))

    with pytest.raises(RecipeError, match=r"model\.bin: was not trained with the loss `softmax`"):
        fold_model(tmp_path / "model.bin")


def test_one_label_is_not_worth_folding(tmp_path):
    (tmp_path / "model.bin").write_bytes(model_bytes(dim=3, loss="softmax", labels=1))

    with pytest.raises(RecipeError, match="has 1 labels"):
        fold_model(tmp_path / "model.bin")


@pytest.mark.parametrize("number", [1e38, float("nan"), float("inf")])
def test_rows_of_which_words_cannot_be_made_up_are_refused(number, tmp_path):
    arguments = {"dim": 1, "loss": "softmax", "minn": 1, "maxn": 3, "bucket": 7, "labels": 2}
    data = model_bytes(**arguments)
    rows = 4 * (len(ENTRIES) + arguments["bucket"])
    behind = len(data) - (17 + 4 * arguments["labels"])
    damaged = data[: behind - rows] + np.full(rows // 4, number, "<f4").tobytes() + data[behind:]
    (tmp_path / "model.bin").write_bytes(damaged)

    with pytest.raises(RecipeError, match=r"model\.bin: its matrices hold numbers that are not finite"):
        fold_model(tmp_path / "model.bin")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"parent": "0"}, "match pattern"),
        ({"labels": ["a"]}, "at least 2"),
        ({"labels": ["a", "b"]}, "bytes follow its tables"),
        ({"labels": ["a", "b", "c", "d"]}, "ends within its tables"),
        ({"run": 17}, "less than or equal to 16"),
        ({"buckets": 19}, "has 19 buckets, and 20 rows"),
        ({"buckets": 0}, "no buckets for them"),
        ({"rows": 2**31}, "less than or equal to 2147483647"),
        ({"rows": -1}, "greater than or equal to 0"),
        ({"words": 2**31 - 1}, "ends within its tables"),
        ({"words": 1.5}, "valid integer"),
        ({"buckets": 2**31 - 1, "pruned": True}, "was pruned from 2,147,483,647 buckets"),
        ({"pruned": True}, "ends within its tables"),
        ({"longest": 2}, "ends within its tables"),
        ({"unheard": 1}, "not permitted"),
    ],
)
def test_a_head_that_does_not_fit_is_refused_by_name(small, changed, said, tmp_path):
    head, tables = split(small[0])

    with pytest.raises(RecipeError, match=rf"model\.folded: is no folded model.*{said}"):
        load_folded(written(tmp_path, joined(head | changed, tables)))


@pytest.mark.parametrize(
    ("place", "there", "said"),
    [
        (0, b"\xff" * 8, "not in order"),
        (-4, b"\0\0\xc0\x7f", "not finite"),
    ],
)
def test_tables_that_do_not_fit_are_refused_by_name(small, place, there, said, tmp_path):
    head, tables = split(small[0])
    place %= len(tables)
    damaged = tables[:place] + there + tables[place + len(there) :]

    with pytest.raises(RecipeError, match=said):
        load_folded(written(tmp_path, joined(head, damaged)))


@pytest.mark.parametrize(
    ("first", "said"), [([1, 0], "kept buckets are not in order"), ([0, 0], "not in order"), ([-1], "more than its 20")]
)
def test_kept_buckets_that_do_not_fit_are_refused(small, first, said, tmp_path):
    head, tables = split(small[0])
    buckets = np.array([*first, *range(len(first), 20)], "<i4").tobytes()

    with pytest.raises(RecipeError, match=said):
        load_folded(written(tmp_path, joined(head | {"pruned": True}, tables + buckets)))


def test_where_all_buckets_were_kept_nothing_was_pruned(small, tmp_path):
    head, tables = split(small[0])
    whole = scores_of(written(tmp_path, small[0]))
    buckets = np.arange(20, dtype="<i4").tobytes()

    assert np.array_equal(
        scores_of(written(tmp_path, joined(head | {"pruned": True}, tables + buckets))), whole, equal_nan=True
    )


def test_a_file_that_was_cut_anywhere_is_refused_by_name(small, tmp_path):
    for size in [*range(0, 400, 7), *range(400, len(small[0]), 97)]:
        with pytest.raises(RecipeError, match=r"model\.folded: is no folded model"):
            load_folded(written(tmp_path, small[0][:size]))


@settings(max_examples=200)
@given(st.integers(0, 700), st.binary(min_size=1, max_size=8))
def test_a_damaged_file_is_refused_or_answers(small, tmp_path_factory, place, bytes_there):
    whole = small[0]
    damaged = whole[:place] + bytes_there + whole[place + len(bytes_there) :]
    path = written(tmp_path_factory.getbasetemp(), damaged)
    try:
        said = f"{path} {len(scores_of(path))} answers"
    except RecipeError as error:
        said = str(error)

    assert str(path) in said


PROGRAM = """
import hashlib, sys
from pathlib import Path
import pyarrow as pa
from dclm_pipeline.kernels.fasttext.folded import fold_model
from dclm_pipeline.kernels.fasttext.folded_file import folded_bytes
from dclm_pipeline.kernels.fasttext.folded_scores import LINES, PLAIN, Scorer
from dclm_pipeline.kernels.strings import views
from tests.kernels.models import SORTS, model_bytes
from tests.kernels.test_folded import TEXTS

for name, (arguments, quantized) in SORTS.items():
    if quantized is None and arguments["loss"] == "softmax":
        path = Path(sys.argv[1], name)
        path.write_bytes(model_bytes(**arguments))
        model = fold_model(path)
        print(name, hashlib.sha256(folded_bytes(model)).hexdigest())
        texts = pa.array([*TEXTS, "der wort7 die und " * 400, None], pa.large_string())
        for lines in (PLAIN, LINES):
            for part in (texts, texts.slice(2)):
                print((Scorer(model).scores(views(part), lines) * 2**20).round().tolist())
"""


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{"NUMBA_CPU_NAME": "generic"}, {"NUMBA_BOUNDSCHECK": "1"}], ids=str)
def test_folding_and_scores_are_the_same_on_any_processor_and_no_array_is_left(settings, tmp_path):
    there = said_by(PROGRAM, tmp_path, NUMBA_CACHE_DIR=str(tmp_path), **settings)

    assert there == said_by(PROGRAM, tmp_path)
