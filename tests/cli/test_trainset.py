import json

import pytest
from click.testing import CliRunner

import dclm_pipeline as dp
from dclm_pipeline.cli.commands import app
from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.engine.assets.catalogue import SHIPPED
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe import Recipe
from dclm_pipeline.sources.jsonl import Jsonl
from dclm_pipeline.stages.pack import Pack
from dclm_pipeline.stages.tokenize import Tokenize
from tests.cli.terminal import dclm

TEXTS = [f"the old river and the old boat, {row}, 川" for row in range(30)]


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    """Return a training set of 30 texts; nobody may write there."""
    folder = tmp_path_factory.mktemp("pack")
    (folder / "texts").mkdir()
    lines = [json.dumps({"text": text}) for text in TEXTS]
    (folder / "texts" / "a.jsonl").write_text("\n".join(lines))
    steps = [Tokenize(tokenizer="asset:demo-tokenizer"), Pack(sequence_length=17)]
    dp.run(Recipe(name="rows", source=Jsonl(), steps=steps), folder / "texts", folder / "pool", executor="inline")
    return folder / "pool"


def said(*words: object):
    return CliRunner().invoke(app, ["trainset", *map(str, words)])


def test_info_says_how_rows_lie(pack):
    found, text = json.loads(said("info", pack, "--json").stdout), said("info", pack).stdout
    manifest = json.loads((pack / "manifest.json").read_text())

    assert (found["rows"], found["content"]) == (manifest["rows"], manifest["content"])
    assert (found["sequence_length"], found["dtype"], found["stored"]) == (17, "<u2", "none")
    assert found["tokenizer"] == f"sha256:{SHIPPED['demo-tokenizer'].sha256}"
    assert 0 < found["tokens"] <= found["rows"] * 17
    assert f"tokens that count: {found['tokens']:,}" in text
    assert f"content: {found['content']}" in text


@pytest.mark.parametrize("form", ["megatron", "npy", "webdataset", "jsonl"])
def test_export_writes_every_form_and_says_what_it_wrote(pack, tmp_path, form):
    made = json.loads(said("export", pack, tmp_path / "out", "--format", form, "--json").stdout)
    again = said("export", pack, tmp_path / "out", "--format", form)

    assert made["format"]["format"] == form
    assert {file["path"] for file in made["files"]} | {"export.json"} == {
        path.name for path in (tmp_path / "out").iterdir()
    }
    assert f"as {form} in" in again.stdout
    assert "is whole already" in again.stdout


def test_exported_lines_are_the_texts(pack, tmp_path):
    place = FetchedAssets().path("asset:demo-tokenizer")
    said("export", pack, tmp_path, "--format", "jsonl", "--tokenizer", place)

    assert [json.loads(line)["text"] for line in (tmp_path / "text-00000.jsonl").read_text().splitlines()] == TEXTS


def test_what_does_not_go_together_is_refused(pack, tmp_path):
    (tmp_path / "other.json").write_text("{}")
    for words, wrong in (
        (("npy", "--tokenizer", "a.json"), "--tokenizer is for"),
        (("jsonl", "--part-rows", 3), "--part-rows is not for"),
        (("jsonl", "--tokenizer", tmp_path / "other.json"), "and the tokens were made by sha256:"),
    ):
        found = said("export", pack, tmp_path / "out", "--format", *words)

        assert isinstance(found.exception, RecipeError)
        assert wrong in str(found.exception)


def test_rows_are_not_told_of_as_documents(pack):
    assert dclm("verify", pack).stdout.rstrip().endswith(" rows")
    assert " rows, " in dclm("show", pack).stdout.splitlines()[0]


def test_parts_have_as_many_rows_as_they_are_told(pack, tmp_path):
    said("export", pack, tmp_path, "--format", "npy", "--part-rows", 5)

    assert len(list(tmp_path.glob("tokens-*.npy"))) == -(-json.loads((pack / "manifest.json").read_text())["rows"] // 5)
