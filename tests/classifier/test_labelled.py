"""Labelled texts, read whole."""

import json

from dclm_pipeline.classifier.labelled import Fields, read_labelled


def test_texts_without_a_label_are_counted_and_left_out_however_many_come_first(tmp_path):
    rows = [{"text": f"none {row}", "label": None} for row in range(3000)]
    rows += [{"text": f"町 {row}", "label": row % 2} for row in range(3)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "b.jsonl").write_text('{"text": "last", "label": 1}\n{"text": "nobody asked"}\n')
    found = read_labelled([str(tmp_path)], Fields())

    assert found.table["text"].to_pylist() == ["町 0", "町 1", "町 2", "last"]
    assert (found.good.tolist(), found.unlabelled, found.failed) == ([False, True, False, True], 3001, 0)
    assert all(len(piece) for piece in found.table["text"].chunks)
