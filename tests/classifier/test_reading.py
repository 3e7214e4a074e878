"""What is no document, and no labelled text, is told of by where it stands, and costs nothing but itself."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dclm_pipeline.classifier.evaluating import evaluate
from dclm_pipeline.classifier.labelled import Fields
from dclm_pipeline.errors import IncompleteError, RecipeError
from tests.classifier.test_training import folder, made, write

__all__ = ["folder"]  # a fixture


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"text": 7}', "text is no string (int)"),
        (b'{"content": "winter"}', "no text"),
        (b"[1, 2]", "no object (list)"),
        (b'{"text": "caf\xe9"}', "not UTF-8"),
        (b'{"text": ' + b"[" * 100_000, "not JSON"),
        (b'{"text": ' + b"1" * 100_000 + b"}", "not JSON"),
        (b'{"text": "' + b"a" * (17 * 2**20) + b'"}', "line too long"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_line_that_is_no_document_is_told_of_by_file_and_line(folder, line, said):
    path = folder / "good.jsonl"
    path.write_bytes(path.read_bytes() + b"\n" + line + b"\n")
    group = made(folder)["groups"][0]

    assert [told.partition(said)[:2] for told in group["failures"]] == [("good.jsonl, line 62: ", said)]
    assert (group["drawn"], sum(group["tally"]["source"]["failed"].values())) == (60, 1)


def test_of_many_lines_that_are_no_documents_the_first_are_told_of(folder):
    write(folder / "good.jsonl", [{"text": number} for number in range(1000)])

    with pytest.raises(
        IncompleteError, match=r"1,000 failed \(good\.jsonl, line 1: text is no string \(int\); .*line 3"
    ):
        made(folder)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pa.array([1, 2]), r"good\.parquet, row 1: text is no string \(int\)"),
        (pa.array([b"\xff", b"\xfe"]), r"good\.parquet, row 1: text is no string \(bytes\)"),
        (pa.array([None, ""], pa.string()), r"good\.parquet, row 1: no text"),
    ],
    ids=str,
)
def test_a_row_that_is_no_document_is_told_of_by_file_and_row(folder, column, said):
    pq.write_table(pa.table({"text": column}), folder / "good.parquet")
    written = (folder / "tiny.yaml").read_text().replace(f"kind: jsonl, path: '{folder}/good.jsonl'", "kind: parquet")
    (folder / "tiny.yaml").write_text(
        written.replace("{kind: parquet}", f"{{kind: parquet, path: '{folder}/good.parquet'}}")
    )

    with pytest.raises(IncompleteError, match=said):
        made(folder)


def test_labels_of_several_sorts_are_told_of_by_file_and_line(folder):
    made(folder)
    write(folder / "labels.jsonl", [{"text": "winter", "label": 1}, {"text": "bonus", "label": "bad"}])

    with pytest.raises(RecipeError, match=r"or mixed \(labels\.jsonl, line \d: column label"):
        evaluate([folder / "out" / "model.bin"], [str(folder / "labels.jsonl")], Fields())


def test_labelled_texts_that_are_none_are_told_of_by_file_and_line(folder):
    made(folder)
    write(folder / "labels.jsonl", [{"content": "winter", "label": 1}])

    with pytest.raises(RecipeError, match=r"holds no text .* \(labels\.jsonl, line 1: no text\); name it with --text"):
        evaluate([folder / "out" / "model.bin"], [str(folder / "labels.jsonl")], Fields())


def test_labelled_texts_in_a_damaged_file_are_told_of(folder):
    made(folder)
    (folder / "labels.parquet").write_bytes(b"PAR1 nothing PAR1")

    with pytest.raises(RecipeError, match=r"labels\.parquet is damaged, or no Parquet file"):
        evaluate([folder / "out" / "model.bin"], [str(folder / "labels.parquet")], Fields())
