from pathlib import Path

from dclm_pipeline.recipe import folder_of
from dclm_pipeline.recipe.shipped import shipped_recipes


def test_places_of_a_recipe_of_the_package_begin_where_it_lies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert Path(folder_of(Path("fineweb2")), "languages.json").is_file()
    assert folder_of(Path("fineweb2")) == str(shipped_recipes()["fineweb2"].parent)


def test_places_of_another_begin_beside_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("fineweb2").write_text("a recipe of the user's own")

    assert [folder_of(Path("fineweb2")), folder_of(Path("a/b.yaml"))] == [".", "a"]
