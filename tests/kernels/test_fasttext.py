import struct

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dclm_pipeline.engine.assets.bundled import find_bundled
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.kernels.fasttext import file as fasttext_file
from dclm_pipeline.kernels.fasttext.file import load_model
from dclm_pipeline.kernels.fasttext.predict import predict
from dclm_pipeline.kernels.fasttext.tree import tree_of
from dclm_pipeline.kernels.fasttext.words import MOST_PASSED
from dclm_pipeline.kernels.strings import views
from tests.kernels.crowds import passed_by, words_of_one_hash, words_side_by_side
from tests.kernels.models import LID, LOSSES, entry, head, matrix

LOSS = LOSSES["softmax"]


def model_bytes(*, rows=((0, 0), (1, 0), (0, 1)), output=((1, 0), (0, 1)), **arguments):
    """Return a model of the words </s>, one, two and the labels a, b; vectors have two numbers."""
    entries = [
        entry("</s>", 9),
        entry("one", 5),
        entry("two", 4),
        entry("__label__a", 3, True),
        entry("__label__b", 2, True),
    ]
    sizes = struct.pack("<iiiqq", 5, 3, 2, 18, -1)
    begin = head(**{"dim": 2, "loss": LOSS, **arguments})
    return begin + sizes + b"".join(entries) + matrix(np.array(rows)) + matrix(np.array(output))


@pytest.fixture
def write(tmp_path):
    """Return what writes bytes as a file."""

    def write(data):
        path = tmp_path / "model.bin"
        path.write_bytes(data)
        return path

    return write


def knowing(words):
    """Return a model that knows some words, each of which speaks for the label a."""
    entries = [*(entry(word, 5) for word in words), entry("__label__a", 3, True), entry("__label__b", 2, True)]
    sizes = struct.pack("<iiiqq", len(entries), len(words), 2, 18, -1)
    rows = np.tile([[1, 0]], (len(words), 1))
    return head(dim=2, loss=LOSS) + sizes + b"".join(entries) + matrix(rows) + matrix(np.eye(2))


def best_of(model, *texts):
    offsets, data = views(pa.array(texts, pa.large_string()))
    found = predict(model, offsets[:-1], offsets[1:], data, np.arange(len(model.labels)))
    return [model.labels[label] if label >= 0 else None for label in found.best]


def test_a_model_is_read_and_asked(write):
    assert best_of(load_model(write(model_bytes())), "one", "two two one", "one one two", "") == ["a", "b", "a", "a"]


def test_of_equally_likely_labels_the_more_frequent_is_named(write):
    assert best_of(load_model(write(model_bytes())), "one two", "none of them") == ["a", "a"]


def test_a_newline_is_a_blank(write):
    assert best_of(load_model(write(model_bytes())), "one\ntwo\ntwo", "\n\ntwo") == ["b", "b"]


def test_no_texts_are_no_answers(write):
    assert best_of(load_model(write(model_bytes()))) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"magic": 1}, "does not begin as one"),
        ({"version": 11}, "its version is 11"),
        ({"sort": 1}, "vectors of words"),
        ({"loss": 9}, "loss is of sort 9"),
        ({"dim": 0}, "0 numbers of a vector"),
        ({"dim": 3}, "vectors have 3 numbers"),
        ({"bucket": 0, "maxn": 4}, "0 buckets"),
        ({"bucket": 8, "maxn": 4}, "too few for 3 words"),
        ({"maxn": 1000, "bucket": 1}, "characters of a piece"),
        ({"output": ((1, 0),)}, "labels are 2"),
        ({"output": ((1, 0), (float("nan"), 1))}, "not finite"),
    ],
)
def test_a_model_that_cannot_be_used_is_refused_by_name(settings, said, write):
    with pytest.raises(RecipeError, match=rf"model\.bin: .*{said}"):
        load_model(write(model_bytes(**settings)))


def test_a_model_pruned_from_too_many_buckets_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(fasttext_file, "MOST_PRUNED", 1_999_999)

    with pytest.raises(RecipeError, match=r"it was pruned from 2,000,000 buckets; up to 1,999,999 can be used"):
        load_model(find_bundled(LID))


@pytest.mark.parametrize("words", [words_of_one_hash(300, 10), words_side_by_side(300, 10)])
def test_a_model_whose_words_take_long_to_find_is_refused_by_name(words, write):
    with pytest.raises(RecipeError, match=r"model\.bin: .*more than 256 words .* side by side"):
        load_model(write(knowing(words)))


@pytest.mark.parametrize("sort", [words_of_one_hash, words_side_by_side])
def test_words_that_stand_side_by_side_are_found_up_to_a_bound(sort, write):
    words = sort(240, 9)
    model = load_model(write(knowing(words)))

    assert len(words) == 240
    assert passed_by(model.entries).max() < MOST_PASSED
    assert best_of(model, words[0], words[-1], "unknown") == ["a", "a", None]


def test_equal_words_do_not_stand_side_by_side(write):
    model = load_model(write(knowing(["one"] * 2000)))

    assert passed_by(model.entries).max() <= 1
    assert best_of(model, "one") == ["a"]


def test_numbers_that_are_none_are_told_when_they_are_met(write):
    model = load_model(write(model_bytes(rows=((0, 0), (1, 0), (float("nan"), 0)))))

    assert best_of(model, "one") == ["a"]
    with pytest.raises(RecipeError, match=r"model\.bin: answers with what is no number"):
        best_of(model, "two")


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("number", [float("nan"), float("inf"), 3e38])
def test_numbers_that_are_none_are_told_whatever_the_loss(loss, number, write):
    rows = ((0, 0), (1, 0), (number, number))
    model = load_model(write(model_bytes(rows=rows, output=((1, -1), (-1, 1)), loss=LOSSES[loss])))

    assert len(best_of(model, "one")) == 1
    with pytest.raises(RecipeError, match=r"model\.bin: answers with what is no number"):
        best_of(model, "two two two")


def test_a_file_that_was_cut_anywhere_is_refused_by_name(write):
    whole = model_bytes()
    for size in range(len(whole)):
        with pytest.raises(RecipeError, match=r"model\.bin: is no model"):
            load_model(write(whole[:size]))


def test_a_quantized_file_that_was_cut_is_refused_by_name(write):
    whole = find_bundled(LID).read_bytes()
    for size in range(0, len(whole), len(whole) // 97):
        with pytest.raises(RecipeError, match=r"model\.bin: is no model"):
            load_model(write(whole[:size]))


@settings(max_examples=300)
@given(st.integers(0, 250), st.binary(min_size=1, max_size=8))
def test_a_damaged_file_is_refused_or_answers(tmp_path_factory, place, bytes_there):
    whole = model_bytes()
    damaged = whole[:place] + bytes_there + whole[place + len(bytes_there) :]
    path = tmp_path_factory.getbasetemp() / "damaged.bin"
    path.write_bytes(damaged)
    try:
        said = f"{path} {len(best_of(load_model(path), 'one two three', ''))} answers"
    except RecipeError as error:
        said = str(error)

    assert str(path) in said


@given(st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=20))
def test_a_tree_has_every_label_once_and_children_before_parents(counts):
    tree = tree_of(np.array(sorted(counts, reverse=True)))
    children = [*tree.left.tolist(), *tree.right.tolist()]

    assert sorted(children) == list(range(2 * len(counts) - 2))
    assert all(child < len(counts) + i for i, child in enumerate(tree.left))
    assert all(child < len(counts) + i for i, child in enumerate(tree.right))
