"""`dclm assets`, as somebody at a terminal meets it."""

import hashlib
import json

import pytest

from tests.cli.terminal import dclm
from tests.storage.serving import serving

WORDS = b"the and of to".ljust(14_000)
SHA = hashlib.sha256(WORDS).hexdigest()
STEPS = """
from typing import Literal

import pyarrow as pa

from dclm_pipeline.step import Filter, Place


class Listed(Filter):
    kind: Literal["listed_in_a_test"] = "listed_in_a_test"
    words: Place

    def reads(self):
        return frozenset({"text"})

    def open(self, assets):
        return Opened(assets.path(self.words).read_text().split())


class Opened:
    def __init__(self, words):
        self.words = words

    def keep(self, docs):
        return pa.array([any(word in text for word in self.words) for text in docs["text"].to_pylist()], pa.bool_())
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    for name in ("DCLM_ASSETS", "DCLM_ASSET_MIRROR", "HF_TOKEN", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DCLM_ASSET_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def served():
    with serving({"words.txt": WORDS}) as server:
        yield server


@pytest.fixture
def catalogue(served, tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(f"assets:\n  words: {{url: {served.url}words.txt, sha256: {SHA}, size: {len(WORDS)}}}\n")
    return path


def write_recipe(folder, place):
    (folder / "steps_of_an_assets_test.py").write_text(STEPS)
    path = folder / "recipe.yaml"
    path.write_text(
        f"name: listed\nsource: warc\nuses: [steps_of_an_assets_test]\nsteps: [extract, {{kind: listed_in_a_test, words: '{place}'}}]\n"
    )
    return [path, "--allow-custom-code"]


@pytest.mark.slow
def test_a_recipe_is_told_to_be_pulled_and_then_runs(crawl, served, catalogue, tmp_path):
    words = [*write_recipe(tmp_path, "asset:words"), "--catalogue", catalogue]
    places = ["--source", crawl, "--out", tmp_path / "pool"]
    for command in (["plan"], ["run", "--executor", "inline"]):
        assert "`dclm assets pull RECIPE`" in dclm(*command, *words, *places, code=2).stderr
    assert served.asked == []
    dclm("check", *words)

    assert "asset:words: 0.0 MB, from http" in dclm("assets", "pull", *words).stdout
    assert "here already" in dclm("assets", "pull", *words).stdout
    assert json.loads(dclm("run", *words, *places, "--executor", "inline", "--json").stdout)["rows"] > 0
    dclm("clean", *words, *places)


def test_list_says_what_there_is_and_what_is_here(catalogue, tmp_path, cache):
    words = [*write_recipe(tmp_path, "asset:words"), "--catalogue", catalogue]
    before, text = json.loads(dclm("assets", "list", *words, "--json").stdout), dclm("assets", "list", *words).stdout
    dclm("assets", "pull", *words)
    after = json.loads(dclm("assets", "list", *words, "--json").stdout)

    (words_before,) = [one for one in before["assets"] if one["place"] == "asset:words"]
    (words_after,) = [one for one in after["assets"] if one["place"] == "asset:words"]
    assert words_before["named_by"] == ["listed listed_in_a_test.words"]
    assert (words_before["size"], words_before["sha256"], words_before["here"]) == (len(WORDS), SHA, False)
    assert words_after == words_before | {"here": True, "path": str(cache / "sha256" / SHA)}
    assert f"asset:words: 0.0 MB, not here\n    sha256:{SHA}\n    listed listed_in_a_test.words" in text
    assert "asset:lid.176: 131.3 MB, CC-BY-SA-3.0" in dclm("assets", "list").stdout


def test_list_tells_of_files_and_of_places_without_a_name(served, tmp_path):
    (tmp_path / "words.txt").write_bytes(WORDS)
    near = dclm("assets", "list", *write_recipe(tmp_path, "words.txt")).stdout
    far = dclm("assets", "list", *write_recipe(tmp_path, f"{served.url}words.txt#sha256={SHA}")).stdout

    assert f"words.txt: 0.0 MB, here\n    sha256:{SHA}" in near
    assert f"{served.url}words.txt: size unknown, not here\n    sha256:{SHA}" in far
    assert served.asked == []


def test_names_are_pulled_too_and_a_mirror_is_filled(served, catalogue, tmp_path, monkeypatch):
    mirror = tmp_path / "mirror"
    first = dclm("assets", "pull", "words", "--catalogue", catalogue, "--mirror", mirror).stdout
    again = json.loads(
        dclm("assets", "pull", "asset:words", "--catalogue", catalogue, "--mirror", mirror, "--json").stdout
    )

    assert first.endswith(f"put into {mirror}\n")
    assert [(one["source"], one["copied"]) for one in again["assets"]] == [("", False)]
    assert (mirror / "sha256" / SHA).read_bytes() == WORDS
    monkeypatch.setenv("DCLM_ASSET_CACHE", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("DCLM_ASSET_MIRROR", str(mirror))
    monkeypatch.setenv("DCLM_ASSETS", str(catalogue))
    served.asked.clear()
    assert f"from {mirror}" in dclm("assets", "pull", "words").stdout
    assert served.asked == []


@pytest.mark.slow
def test_verify_names_a_damaged_file(catalogue, tmp_path, cache):
    words = [*write_recipe(tmp_path, "asset:words"), "--catalogue", catalogue]
    assert "not here: asset:words" in dclm("assets", "verify", *words, code=2).stderr
    dclm("assets", "pull", *words)
    assert "good. 1 asset\n" in dclm("assets", "verify").stdout
    assert "good. 1 asset\n" in dclm("assets", "verify", *words).stdout
    file = cache / "sha256" / SHA
    data = bytearray(file.read_bytes())
    data[100] ^= 1
    file.write_bytes(data)

    for more in ([], words):
        assert f"{file}: is sha256:{hashlib.sha256(data).hexdigest()}" in dclm("assets", "verify", *more, code=4).stderr
    facts = json.loads(dclm("assets", "verify", "--json", code=4).stdout)
    assert (facts["assets"], len(facts["damaged"])) == (1, 1)


@pytest.mark.parametrize(
    ("place", "code", "said"),
    [
        ("words.txt", 2, "no such file"),
        ("https://host.example/words.txt", 2, "sha256sum"),
        ("asset:wrods", 2, "did you mean 'words'"),
    ],
)
def test_wrong_places_are_answered_with_a_way_out(served, catalogue, tmp_path, place, code, said):
    words = [*write_recipe(tmp_path, place), "--catalogue", catalogue]

    assert said in dclm("assets", "pull", *words, code=code).stderr
    if place != "words.txt":
        assert said in dclm("check", *words, code=code).stderr
    assert served.asked == []


def test_other_bytes_than_expected_end_with_their_code(served, tmp_path, cache):
    said = dclm("assets", "pull", f"{served.url}words.txt#sha256={'ab' * 32}", code=4).stderr

    assert SHA in said
    assert "ab" * 32 in said
    assert not [path for path in cache.rglob("*") if path.is_file()]
