"""`dclm dedup-sweep` finds what the step finds, draws the same sample however a pool is cut, and shows pairs to read."""

import json

import pyarrow as pa
import pytest
from click.testing import CliRunner

import dclm_pipeline as dp
from dclm_pipeline.barriers.minhash_dedup import MinhashDedup
from dclm_pipeline.barriers.near.trying import candidates_in, in_keep_order, pairs_to_read, tried
from dclm_pipeline.cli.commands import app
from dclm_pipeline.engine.opening_pools import whole_pool
from dclm_pipeline.engine.sampled import sample_of
from dclm_pipeline.recipe import Recipe
from dclm_pipeline.sources.jsonl import Jsonl
from dclm_pipeline.stages.sample import Sample
from tests.engine.crawls import run_inline
from tests.laws.test_near_duplicates import documents, written

RECIPE = "name: texts\nsource: {kind: jsonl}\nsteps:\n  - {kind: sample, share: 1.0}\nlimits: {shard_bytes: 20000}\n"


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    made = documents(200)
    made[7]["text"] = f"\x1b[31m<script>alert(1)</script> {made[6]['text']}"
    made[6]["text"] += " and so on"
    run_inline(RECIPE, written(folder / "corpus", made, 5), folder / "pool", guard=False)
    return folder / "pool"


def dclm(*arguments):
    """Return the exit code and the output of a command."""
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    return result.exit_code, result.stdout


@pytest.mark.parametrize("ngram", [2, 5])
@pytest.mark.parametrize("threshold", [0.3, 0.6, 0.9])
def test_a_threshold_removes_what_the_step_removes(pool, ngram, threshold):
    docs = in_keep_order(dp.open(pool).to_table()).combine_chunks()
    settings = MinhashDedup(ngram=ngram, threshold=threshold)
    applied = dp.apply([settings], docs)
    candidates = candidates_in(settings, docs.to_batches(max_chunksize=7), lambda done: None)
    found = tried(candidates, ngram, threshold)
    sizes = [size for size in applied.docs["cluster_size"].to_pylist() if size and size > 1]

    assert found.documents == docs.num_rows
    assert found.removed == docs.num_rows - applied.docs.num_rows
    assert (found.clusters, found.largest) == (len(sizes), max(sizes, default=1))
    assert sum(found.sizes.values()) == found.clusters
    assert found.verified <= found.candidates


def test_documents_without_words_are_like_nothing():
    docs = pa.table({"id": pa.array([bytes([i]) * 16 for i in range(6)], pa.binary(16))}).append_column(
        "text", pa.array(["", None, "  ", "те же слова", "те же слова", "漢字 漢字"], pa.large_string())
    )
    candidates = candidates_in(MinhashDedup(ngram=3), docs.to_batches(), lambda done: None)
    found = tried(candidates, 3, 0.5)

    assert (found.documents, found.removed, found.largest) == (6, 1, 2)
    assert [
        (pair.one, pair.other, pair.similarity) for pair in pairs_to_read(candidates, 3, docs["id"].chunk(0), 2, 1)
    ] == [(3, 4, 1.0)]


def test_the_sample_is_the_same_however_the_pool_is_cut(pool, tmp_path):
    drawn = []
    run_inline(RECIPE.replace("20000", "200000000"), pool.parent / "corpus", tmp_path / "pool", guard=False)
    for place in (pool, tmp_path / "pool"):
        batches = sample_of(*whole_pool(str(place)), ["id"], 50, 3, lambda done: None)
        drawn.append(sorted(id for batch in batches for id in batch["id"].to_pylist()))

    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 50


def test_it_prints_a_table_and_pairs(pool):
    code, said = dclm("dedup-sweep", pool, "--ngram", 3, "--threshold", 0.5, "--threshold", 0.8)

    assert code == 0
    assert "200 documents of 200" in said
    assert len([line for line in said.splitlines() if line.startswith("   3 ")]) == 2
    assert "similarity 1.00 by runs of 3" in said
    assert "\x1b" not in said


def test_it_prints_json_and_writes_a_page(pool, tmp_path):
    page = tmp_path / "pairs.html"
    code, said = dclm("dedup-sweep", pool, "--sample", 100, "--ngram", 3, "--json", "--page", page, "--pairs", 9)
    facts = json.loads(said)

    assert code == 0
    assert (facts["documents"], facts["of"]) == (100, 200)
    assert [one["threshold"] for one in facts["thresholds"]] == [0.5, 0.6, 0.7, 0.8, 0.9]
    removed = [one["removed"] for one in facts["thresholds"]]
    assert removed == sorted(removed, reverse=True)
    assert page.read_text().count("<h2>") == len(facts["pairs"]) > 0
    assert "<script>" not in page.read_text()


def test_a_pool_without_texts_is_refused(tmp_path):
    run_inline(
        RECIPE + "columns: [id, url]\n", written(tmp_path / "corpus", documents(3), 1), tmp_path / "pool", guard=False
    )
    result = CliRunner().invoke(app, ["dedup-sweep", str(tmp_path / "pool")])

    assert "no column 'text'" in str(result.exception)


def test_a_page_in_a_folder_that_is_not_there_is_refused(pool, tmp_path):
    result = CliRunner().invoke(app, ["dedup-sweep", str(pool), "--page", str(tmp_path / "no" / "pairs.html")])

    assert "there is no folder" in str(result.exception)


def test_more_permutations_than_the_step_knows_are_refused(pool):
    result = CliRunner().invoke(app, ["dedup-sweep", str(pool), "--bands", "127", "--rows", "1000"])

    assert "permutations is 127000; expected a whole number" in str(result.exception)
    assert "(--bands 127 times --rows 1000)" in str(result.exception)


def test_wide_letters_stand_in_line(tmp_path):
    wide = "".join(map(chr, range(0x4E00, 0x4F00)))
    texts = [f"the river {wide} cafe\u0301 one", f"the river {wide} cafe\u0301 other"]
    (tmp_path / "texts.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    recipe = Recipe(name="wide", source=Jsonl(), steps=[Sample(share=1.0)])
    dp.run(recipe, tmp_path / "texts.jsonl", tmp_path / "pool", executor="inline", guard=False)
    _, said = dclm("dedup-sweep", tmp_path / "pool", "--ngram", 1, "--threshold", 0.8)
    beside = [line.partition(" | ")[0] for line in said.splitlines() if " | " in line]

    assert len(beside) == 2
    assert {len(left) + sum(map(wide.count, left)) - left.count("\u0301") for left in beside} == {58}
