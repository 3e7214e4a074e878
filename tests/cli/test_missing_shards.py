"""A pool of which a shard was deleted, as each command that reads shards meets it."""

import json

import pytest

import dclm_pipeline as dp
from dclm_pipeline.recipe import Recipe
from dclm_pipeline.sources.jsonl import Jsonl
from dclm_pipeline.stages.pack import Pack
from dclm_pipeline.stages.sample import Sample
from dclm_pipeline.stages.tokenize import Tokenize
from tests.cli.terminal import dclm

CHAINS = {
    "pool": [Sample(share=1.0)],
    "trainset": [Tokenize(tokenizer="asset:demo-tokenizer"), Pack(sequence_length=17)],
}


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Return a folder with a pool and a training set whose only shards are gone, and the texts of both."""
    folder = tmp_path_factory.mktemp("missing")
    (folder / "texts").mkdir()
    lines = [json.dumps({"text": f"the old river {row}", "url": f"http://a.example/{row}"}) for row in range(9)]
    (folder / "texts" / "a.jsonl").write_text("\n".join(lines))
    for name, steps in CHAINS.items():
        recipe = Recipe(name=name, source=Jsonl(), steps=steps)
        dp.run(recipe, folder / "texts", folder / name, executor="inline", guard=False)
        for shard in (folder / name / "shards").iterdir():
            shard.unlink()
    return folder


@pytest.mark.parametrize(
    "words",
    [
        ("show", "pool", "--rows", "1"),
        ("show", "pool", "--row", "00"),
        ("tokenizer", "train", "pool", "--out", "tokenizer.json"),
        ("language-profile", "pool", "--by", "url", "--out", "profile.json"),
        ("dedup-sweep", "pool"),
        ("reproduce", "pool", "--published", "texts"),
        ("trainset", "info", "trainset"),
        ("trainset", "export", "trainset", "out", "--format", "npy"),
    ],
)
def test_a_missing_shard_is_a_contradiction_and_no_bug(places, monkeypatch, words):
    monkeypatch.chdir(places)
    done = dclm(*words, code=4)

    assert ".parquet: is missing, though the pool's manifest names it" in done.stderr
    assert "Traceback" not in done.stderr
