"""What a recipe may say of where an asset lies, and what it is told where it says it wrongly."""

import pytest

from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.engine.assets.catalogue import SHIPPED, UNPINNED, Catalogue, Entry
from dclm_pipeline.engine.assets.places import Asset
from dclm_pipeline.errors import IntegrityError, RecipeError
from tests.engine.assets.conftest import digest

SHA = "ab" * 32
OWN = Catalogue({"words": Entry(url="s3://lists/words", sha256=SHA, size=3)})


@pytest.mark.parametrize(
    ("place", "url"),
    [
        (f"https://host.example/a/b.bin#sha256={SHA}", "https://host.example/a/b.bin"),
        (f"https://host.example/b.bin#sha256={SHA.upper()}", "https://host.example/b.bin"),
        (f"s3://bucket/a/b?region=x#sha256={SHA}", "s3://bucket/a/b?region=x"),
        (f"hf://maker/model@main/b.bin#sha256={SHA}", "hf://maker/model@main/b.bin"),
    ],
)
def test_what_lies_elsewhere_is_known_by_the_digest_at_its_end(place, url):
    assert FetchedAssets().asset(place) == Asset(place, SHA, url=url)
    assert FetchedAssets().digest(place) == SHA


def test_a_name_stands_for_what_the_catalogue_says():
    assets = FetchedAssets(catalogue=OWN)

    assert assets.asset("asset:words") == Asset("asset:words", SHA, url="s3://lists/words", size=3)
    assert assets.digest(f"asset:words#sha256={SHA}") == SHA
    with pytest.raises(RecipeError, match="the catalogue says"):
        assets.digest(f"asset:words#sha256={'00' * 32}")
    with pytest.raises(RecipeError, match="did you mean 'words'"):
        assets.digest("asset:wrods")


def test_a_name_without_a_digest_needs_one():
    url = UNPINNED["dclm-oh-eli5"]

    assert FetchedAssets().asset(f"asset:dclm-oh-eli5#sha256={SHA}") == Asset(
        f"asset:dclm-oh-eli5#sha256={SHA}", SHA, url=url
    )
    with pytest.raises(
        RecipeError, match=r"asset:dclm-oh-eli5: lies at hf://mlfoundations/.*--set quality\.model=FILE"
    ):
        FetchedAssets().asset("asset:dclm-oh-eli5")


def test_a_catalogue_of_ones_own_may_pin_it():
    own = Catalogue({"dclm-oh-eli5": Entry(url="s3://models/eli5", sha256=SHA, size=3)})

    assert FetchedAssets(catalogue=own).asset("asset:dclm-oh-eli5").url == "s3://models/eli5"


def test_a_local_path_begins_at_the_recipe_and_may_say_its_digest(tmp_path):
    (tmp_path / "words.txt").write_bytes(b"one two")
    assets = FetchedAssets(str(tmp_path))

    assert assets.digest("words.txt") == assets.digest(f"words.txt#sha256={digest(b'one two')}") == digest(b"one two")
    assert assets.path("words.txt") == assets.path(f"file://{tmp_path}/words.txt") == tmp_path / "words.txt"
    with pytest.raises(IntegrityError) as told:
        assets.digest(f"words.txt#sha256={SHA}")
    assert digest(b"one two") in str(told.value)
    with pytest.raises(RecipeError, match="no such file"):
        assets.digest("other.txt")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("https://host.example/b.bin", "sha256sum"),
        ("hf://maker/model@main/b.bin", "on the file's page"),
        ("https://host.example/b.bin#sha256=1234", "64 hexadecimal digits"),
        (f"https://host.example/#sha256={SHA}", "one file"),
        (f"https://host.example/b?x=1#sha256={SHA}", "no place on the web"),
        (f"ftp://host.example/b#sha256={SHA}", "asset:NAME"),
        (f"hf://model/b.bin#sha256={SHA}", "no place on the hub"),
        (f"s3://bucket/#sha256={SHA}", "one file"),
        ("asset:no-such", "--catalogue"),
    ],
)
def test_a_place_that_cannot_be_is_refused_with_the_way_out(place, said):
    with pytest.raises(RecipeError, match=said):
        FetchedAssets().asset(place)


@pytest.mark.parametrize(
    "place", ["https://me:secret@host/b", f"s3://me:secret@b/c#sha256={SHA}", "https://a:secret@b#sha256=1"]
)
def test_passwords_are_refused_and_not_shown(place):
    with pytest.raises(RecipeError) as told:
        FetchedAssets().asset(place)
    assert "secret" not in str(told.value)


def test_our_own_catalogue_is_complete():
    for name, entry in SHIPPED.items():
        assert all(entry.model_dump().values()), name
        assert FetchedAssets().asset(f"asset:{name}").size == entry.size
