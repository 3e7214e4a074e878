"""Texts that are put together of several fields, from JSON lines and from Parquet files."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dclm_pipeline.sources.jsonl import Jsonl
from dclm_pipeline.sources.shapes import BestAnswer, Conversation, Joined, PassedByError
from dclm_pipeline.sources.tables import Parquet
from dclm_pipeline.sources.texts import NoDocumentError
from dclm_pipeline.storage import open_storage

QUESTION = {
    "title": "Why?",
    "body": "",
    "score": 3,
    "answers": {"text": ["No.", "Because.", "Becauses"], "score": [1, 7, 7]},
}
TALK = {
    "conversations": [
        {"from": "system", "value": "Be kind."},
        {"from": "human", "value": "Wer bist du?"},
        {"from": "gpt", "value": "Я модель."},
    ]
}


def test_joined_leaves_out_what_is_empty_or_missing():
    row = {"a": "one", "b": "", "c": {"d": "två"}, "e": None}

    assert Joined(fields=("a", "b", "c.d", "e", "f"), between=" | ").text(row) == "one | två"
    assert Joined(fields=("b",)).text(row) == ""


def test_the_best_answer_is_that_of_the_highest_score_and_of_equal_ones_the_longest():
    assert BestAnswer(question=("title", "body")).text(QUESTION) == "Why?\nBecauses"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"least_answers": 4}, "too few answers"),
        ({"least_score": 8}, "best answer's score too low"),
        ({"least_question_score": 4}, "question's score too low"),
    ],
)
def test_questions_that_are_not_good_enough_are_passed_by(settings, reason):
    with pytest.raises(PassedByError, match=reason):
        BestAnswer(question=("title",), **settings).text(QUESTION)


def test_bounds_themselves_are_good_enough():
    shape = BestAnswer(question=("title",), least_answers=3, least_score=7, least_question_score=3)

    assert shape.text(QUESTION) == "Why?\nBecauses"


@pytest.mark.parametrize(
    "row",
    [
        {"title": "Why?", "answers": {"text": ["a"], "score": []}},
        {"title": "Why?", "answers": {"text": ["a"], "score": ["high"]}},
        {"title": "Why?", "answers": {"text": "a", "score": [1]}},
        {"title": 7, "answers": {"text": ["a"], "score": [1]}},
        {"title": "Why?", "answers": {"text": ["a"], "score": [10**400]}},
        {"title": "Why?", "answers": {"text": ["a"], "score": [float("inf")]}},
        {"title": "Why?", "answers": {"text": ["a", "b"], "score": [float("nan"), 1]}},
    ],
)
def test_rows_that_are_not_what_they_should_be_fail(row):
    with pytest.raises(NoDocumentError):
        BestAnswer(question=("title",)).text(row)


def test_a_conversation_is_what_the_named_speakers_say():
    assert Conversation().text(TALK) == "Wer bist du?\nЯ модель."
    assert Conversation(most_turns=1).text(TALK) == "Wer bist du?"
    with pytest.raises(PassedByError, match="nobody speaks"):
        Conversation(speakers=("user",)).text(TALK)


@pytest.fixture(params=["jsonl", "parquet"])
def read(request, tmp_path):
    """Return what writes rows to a file and reads them through a source with a shape."""

    def read_rows(rows, shape):
        if request.param == "jsonl":
            (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
            source = Jsonl(shape=shape)
        else:
            pq.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet")
            source = Parquet(shape=shape)
        storage = open_storage(str(tmp_path))
        (shard,) = source.shards(storage)
        reading = source.read(storage, shard, 10, 1 << 20)
        batches = [item for item in reading if isinstance(item, pa.RecordBatch)]
        return [text for batch in batches for text in batch["text"].to_pylist()], reading.facts.tally

    return read_rows


def test_sources_make_texts_by_their_shape_and_count_what_it_passes_by(read):
    rows = [TALK, {"conversations": [{"from": "system", "value": "x"}]}]
    texts, tally = read(rows, Conversation())

    assert texts == ["Wer bist du?\nЯ модель."]
    assert (tally.documents, tally.skipped, tally.failed) == (1, {"nobody speaks": 1}, {})


def test_sources_read_questions(read):
    texts, _ = read([QUESTION, QUESTION | {"score": 0}], BestAnswer(question=("title",), least_question_score=1))

    assert texts == ["Why?\nBecauses"]
