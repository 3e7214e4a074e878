"""A file of the source that was replaced in place is noticed, whatever it looks like at its ends."""

import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dclm_pipeline.engine.run import Settings, job_of, offer_of
from dclm_pipeline.engine.survey import survey
from dclm_pipeline.recipe import load_recipe
from tests.engine.crawls import bytes_of, recipe, run_inline

WORDS = "name: words\nsource: {{kind: {kind}, split: 100kB}}\nsteps: [count_words]\n"


def write(path, middle):
    """Write 2,000 texts, of which one in the middle is given; the file has the same size for words of one length."""
    rows = [{"text": f"a quiet river and a boat of number {row:06d}" * 5} for row in range(2000)]
    rows[1000]["text"] += f" {middle}"
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        table = pa.Table.from_pylist(rows)
        pq.write_table(table, path, 500, compression="none", use_dictionary=False, write_statistics=False)


@pytest.mark.parametrize(("kind", "name"), [("jsonl", "a.jsonl"), ("parquet", "a.parquet")])
def test_what_was_replaced_by_a_file_of_the_same_size_and_ends_is_read_again(tmp_path, kind, name):
    source = tmp_path / "source"
    source.mkdir()
    write(source / name, "seven")
    text = WORDS.format(kind=kind)
    first = run_inline(text, source, tmp_path / "pool")
    write(source / name, "eight")
    again = run_inline(text, source, tmp_path / "pool")
    fresh = run_inline(text, source, tmp_path / "fresh" / "pool")
    third = run_inline(text, source, tmp_path / "pool")

    assert first.manifest.inputs[0].bytes == again.manifest.inputs[0].bytes
    assert (again.whole_before, third.whole_before) == (False, True)
    assert again.manifest.content == fresh.manifest.content != first.manifest.content


def test_only_the_part_that_changed_is_done_again(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    write(source / "a.jsonl", "seven")
    run_inline(WORDS.format(kind="jsonl"), source, tmp_path / "pool")
    write(source / "a.jsonl", "eight")
    recipe(WORDS.format(kind="jsonl"), tmp_path)
    job = job_of(load_recipe(tmp_path / "recipe.yaml"), str(source), str(tmp_path / "pool"), Settings("inline"))
    phase = survey(job, offer_of(job)).phases[0]

    assert (phase.tasks, phase.tasks - phase.known) == (5, 1)


def test_what_was_only_touched_stays_what_it_is(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    write(source / "a.jsonl", "seven")
    run_inline(WORDS.format(kind="jsonl"), source, tmp_path / "pool")
    before = bytes_of(tmp_path / "pool")
    os.utime(source / "a.jsonl")
    again = run_inline(WORDS.format(kind="jsonl"), source, tmp_path / "pool")

    assert again.whole_before
    assert bytes_of(tmp_path / "pool") == before


def test_what_was_put_back_is_what_it_was(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    contents = []
    for middle in ("seven", "eight", "seven"):
        write(source / "a.jsonl", middle)
        contents.append(run_inline(WORDS.format(kind="jsonl"), source, tmp_path / "pool").manifest.content)

    assert contents[0] == contents[2] != contents[1]
