"""Laws 1 and 2 for scores and shares: any batches and any cut of the crawl, and no row is lost."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

import dclm_pipeline as dp
from dclm_pipeline.kernels.fasttext.folded import fold_model
from dclm_pipeline.kernels.fasttext.folded_file import folded_bytes
from dclm_pipeline.recipe import load_recipe
from tests.engine.crawls import bytes_of, run_inline
from tests.kernels.models import model_bytes

pytestmark = pytest.mark.slow

PIPELINES = Path(__file__).parents[2] / "pipelines"
HEAD = (
    "name: quality\nsource: {kind: warc}\nlimits: {shard_bytes: 100000, dropped_sample: 1.0}\nsteps:\n"
    "  - kind: extract\n  - {kind: language}\n  - {kind: signals, only: [word_count]}\n"
)
SHARES = {
    "documents": "{kind: top_share, share: 0.3}",
    "tokens": "{kind: top_share, share: 0.3, of: tokens}",
    "each": "{kind: top_share, share: 0.4, of: tokens, by: language}",
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return a folded model of two labels."""
    folder = tmp_path_factory.mktemp("model")
    (folder / "model.bin").write_bytes(model_bytes(loss="softmax", dim=6, wordNgrams=2, bucket=5000, labels=2))
    (folder / "model.folded").write_bytes(folded_bytes(fold_model(folder / "model.bin")))
    return folder / "model.folded"


def steps_of(model, name):
    return f"{HEAD}  - {{kind: quality, model: {model}, label: l0}}\n  - {SHARES[name]}\n"


def documents(pool):
    rows = dp.open(pool).to_table(columns=["id", "quality", "word_count", "language"]).to_pylist()
    return sorted(tuple(row.values()) for row in rows)


@pytest.mark.parametrize("name", SHARES)
def test_any_batches_give_the_same_bytes(crawl, model, tmp_path, name):
    for rows, guard in ((1, False), (4096, True)):
        run_inline(steps_of(model, name), crawl, tmp_path / str(rows) / "pool", batch_rows=rows, guard=guard)

    assert bytes_of(tmp_path / "1" / "pool") == bytes_of(tmp_path / "4096" / "pool")


@pytest.mark.parametrize("name", SHARES)
def test_who_stays_is_what_a_plain_walk_keeps_whatever_the_shards(crawl, model, tmp_path, name):
    for cut, split in (("whole", "null"), ("split", "30000")):
        run_inline(steps_of(model, name), crawl, tmp_path / cut / "pool", f"source.split={split}")
    run_inline(steps_of(model, name).rpartition("  - ")[0], crawl, tmp_path / "all" / "pool")
    groups = {}
    for id, score, words, language in documents(tmp_path / "all" / "pool"):
        row = (-score, id, 1 if name == "documents" else words)
        groups.setdefault(language if name == "each" else "", []).append(row)
    stay = []
    for group in groups.values():
        room = int(sum(weight for _, _, weight in group) * Fraction("0.4" if name == "each" else "0.3"))
        for _, id, weight in sorted(group):
            room -= weight
            if room < 0:
                break
            stay.append(id)

    assert documents(tmp_path / "whole" / "pool") == documents(tmp_path / "split" / "pool")
    assert [id for id, *_ in documents(tmp_path / "whole" / "pool")] == sorted(stay)
    assert 0 < len(stay) < sum(map(len, groups.values()))


def test_rows_balance_and_changing_the_share_redoes_no_scores(crawl, model, tmp_path):
    first = run_inline(steps_of(model, "documents"), crawl, tmp_path / "pool")
    tally = first.manifest.tally

    assert tally.imbalances() == []
    assert sum(step.dropped + step.failed for step in tally.steps) + first.manifest.rows == tally.source.documents


@pytest.mark.parametrize("name", ["dclm-baseline", "dclm-baseline-bff"])
def test_the_recipes_run_whole_with_a_model_in_place_of_the_published_one(crawl, model, tmp_path, name):
    sets = [f"quality.model={model}", "quality.label=l0", "top_share.share=0.5"]
    recipe = load_recipe(PIPELINES / f"{name}.yaml", overrides=sets)
    ran = dp.run(recipe, crawl, tmp_path / "pool", executor="inline")
    manifest = json.loads((tmp_path / "pool" / "manifest.json").read_text())
    steps = {step.name: step for step in ran.manifest.tally.steps}

    assert manifest["recipe"]["name"] == name
    assert steps["quality"].left == steps["top_share"].entered > 1
    assert steps["top_share"].left == steps["top_share"].entered // 2 == ran.manifest.rows
    assert "quality" in dp.open(tmp_path / "pool").to_table().schema.names


def test_without_a_digest_the_published_model_is_refused_and_told_of(crawl, tmp_path):
    recipe = load_recipe(PIPELINES / "dclm-baseline.yaml")

    with pytest.raises(dp.RecipeError, match="lies at hf://mlfoundations/fasttext-oh-eli5"):
        dp.run(recipe, crawl, tmp_path / "pool", executor="inline")
