"""A catalogue of a user's own: what it adds, and what is said of one that is wrong."""

import json

import pytest

from dclm_pipeline.engine.assets.catalogue import SHIPPED, catalogue_of
from dclm_pipeline.errors import RecipeError

SHA = "ab" * 32
OWN = {"assets": {"words": {"url": "https://host.example/w", "sha256": SHA, "size": 7, "licence": "CC0-1.0"}}}


@pytest.mark.parametrize("named_by", ["option", "environment"])
def test_a_catalogue_adds_names_to_ours(tmp_path, monkeypatch, named_by):
    path = tmp_path / "assets.json"
    path.write_text(json.dumps(OWN))
    if named_by == "environment":
        monkeypatch.setenv("DCLM_ASSETS", str(path))
    found = catalogue_of(str(path) if named_by == "option" else "")

    assert found.entry("words").model_dump(exclude_defaults=True) == OWN["assets"]["words"]
    assert found.entries.keys() == {*SHIPPED, "words"}


def test_a_users_own_entry_stands_before_ours(tmp_path):
    name = next(iter(SHIPPED))
    (tmp_path / "own.yaml").write_text(f"assets:\n  {name}: {{url: s3://ours/x, sha256: {SHA}}}\n")

    assert catalogue_of(str(tmp_path / "own.yaml")).entry(name).url == "s3://ours/x"


def test_all_that_is_wrong_is_told_at_once_with_its_line(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(
        "assets:\n"
        f"  one: {{url: words.txt, sha256: {SHA}}}\n"
        "  two: {url: https://host.example/w, sha256: 12}\n"
        f"  three: {{url: https://host.example/w, sha256: {SHA}, size: -1}}\n"
        "  four: {url: https://host.example/w}\n"
        f"  five: {{url: https://host.example/w, sha256: {SHA}, license: MIT}}\n"
        "  six: https://host.example/w\n"
        f"  no name: {{url: https://host.example/w, sha256: {SHA}}}\n"
    )
    with pytest.raises(RecipeError) as told:
        catalogue_of(str(path))

    expected = ["give an https://", "expected a text", "at least 0", "needs 'sha256'", "did you mean 'licence'"]
    lines = str(told.value).splitlines()
    assert [line.partition(": ")[0] for line in lines] == [f"{path}:{number}" for number in range(2, 9)]
    assert [word for word, line in zip(expected, lines, strict=False) if word not in line] == []


@pytest.mark.parametrize("text", ["words: {}\n", "assets: []\n", "- a\n", "assets: {}\nmore: 1\n"])
def test_what_is_no_catalogue_is_refused(tmp_path, text):
    (tmp_path / "own.yaml").write_text(text)

    with pytest.raises(RecipeError, match="a catalogue is"):
        catalogue_of(str(tmp_path / "own.yaml"))
    with pytest.raises(RecipeError, match="cannot be read"):
        catalogue_of(str(tmp_path / "none.yaml"))
