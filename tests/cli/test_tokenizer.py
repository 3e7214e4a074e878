import json

import pytest
from click.testing import CliRunner
from tokenizers import Tokenizer

import dclm_pipeline as dp
from dclm_pipeline.cli.commands import app
from dclm_pipeline.engine.assets.bundled import find_bundled
from dclm_pipeline.engine.assets.catalogue import SHIPPED
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe import Recipe
from dclm_pipeline.sources.jsonl import Jsonl
from dclm_pipeline.stages.sample import Sample


@pytest.fixture
def pool(tmp_path):
    """Return a small pool of texts."""
    (tmp_path / "texts").mkdir()
    lines = [json.dumps({"text": f"the old river and the old boat, {row}"}) for row in range(50)]
    (tmp_path / "texts" / "a.jsonl").write_text("\n".join(lines))
    recipe = Recipe(name="texts", source=Jsonl(), steps=[Sample(share=1.0)])
    dp.run(recipe, tmp_path / "texts", tmp_path / "pool", executor="inline", guard=False)
    return tmp_path / "pool"


def train(pool, out, *more: str):
    """Make a tokenizer of a pool, and return what is said."""
    return CliRunner().invoke(app, ["tokenizer", "train", str(pool), "--out", str(out), *more])


def test_the_same_texts_give_the_same_tokenizer(pool, tmp_path):
    said = train(pool, tmp_path / "a.json", "--size", "300", "--json")
    told = train(pool, tmp_path / "b.json", "--size", "300")
    tokenizer = Tokenizer.from_file(str(tmp_path / "a.json"))

    assert said.exit_code == 0
    assert "documents read; joining pairs of bytes until there are 300 tokens" in told.stderr
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert tokenizer.token_to_id("<|endoftext|>") == 0
    assert json.loads(said.stdout)["tokens"] == tokenizer.get_vocab_size() <= 300
    assert tokenizer.decode(tokenizer.encode("the old 川\n\n").ids) == "the old 川\n\n"


def test_a_tokenizer_smaller_than_its_bytes_is_refused(pool, tmp_path):
    said = train(pool, tmp_path / "a.json", "--size", "257", "--special", "<a>", "--special", "<b>")

    assert isinstance(said.exception, RecipeError)
    assert "too few" in str(said.exception)


def test_an_empty_special_token_is_refused(pool, tmp_path):
    done = train(pool, tmp_path / "a.json", "--special", "")

    assert isinstance(done.exception, RecipeError)
    assert "a special token is empty" in str(done.exception)
    assert not (tmp_path / "a.json").exists()


def test_the_one_that_comes_with_the_package_is_what_the_catalogue_says():
    entry = SHIPPED["demo-tokenizer"]
    path = find_bundled(entry.sha256)

    assert path.stat().st_size == entry.size
    assert Tokenizer.from_file(str(path)).get_vocab_size() == 4096
