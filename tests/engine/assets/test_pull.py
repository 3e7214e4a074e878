"""Fetching: what is kept has the digest, whatever servers do and however many want it at once."""

import os
import subprocess
import sys

import pytest

from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.engine.assets.cache import AssetCache, cache_here, object_path
from dclm_pipeline.engine.assets.catalogue import Catalogue, Entry
from dclm_pipeline.engine.assets.pull import copy_to_mirror, in_mirror, pull
from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.storage import open_storage
from dclm_pipeline.storage.paths import below
from stand_ins.stores import new_bucket
from tests.engine.assets.conftest import WORDS, digest
from tests.storage.serving import serving

SHA = digest(WORDS)


def pulled(place, mirror="", catalogue=None):
    """Fetch an asset; return it, and what was told of the progress."""
    told = []
    assets = FetchedAssets(catalogue=catalogue or Catalogue())
    return pull(assets.asset(place), mirror, lambda size, whole: told.append((size, whole))), told


def files_in(cache):
    """Return all files of a cache, unfinished ones and locks included."""
    return sorted(str(path.relative_to(cache)) for path in cache.rglob("*") if path.is_file())


def gets(served):
    return [place for method, _, place in served.asked if method == "GET"]


def test_what_is_fetched_is_kept_by_its_digest_and_fetched_once(served, place, cache):
    first, told = pulled(place)
    again, untold = pulled(place)

    assert first.path.read_bytes() == WORDS
    assert files_in(cache) == [f"sha256/{SHA}"]
    assert (first.path, first.bytes, first.source) == (again.path, again.bytes, f"{served.url}lists/words.txt")
    assert (again.source, untold, told[-1]) == ("", [], (len(WORDS), len(WORDS)))
    assert gets(served) == [""]


def test_a_transfer_that_is_cut_goes_on_where_it_was_cut(served, place):
    served.faults += [("cut", 300_000), ("cut", 100_000)]

    assert pulled(place)[0].path.read_bytes() == WORDS
    assert gets(served) == ["", "bytes=300000-", "bytes=400000-"]


@pytest.mark.parametrize("fault", [("reset", 100_000), 503, 429], ids=str)
def test_a_fault_of_the_server_is_got_over(served, place, fault):
    served.faults += [fault, fault]

    assert pulled(place)[0].path.read_bytes() == WORDS


def test_other_bytes_are_not_kept_and_both_digests_are_named(served, place, cache):
    served.objects["lists/words.txt"] = WORDS[:-1] + b"!"

    with pytest.raises(IntegrityError) as told:
        pulled(place)
    assert SHA in str(told.value)
    assert digest(WORDS[:-1] + b"!") in str(told.value)
    assert files_in(cache) == []


def test_another_size_than_the_catalogue_says_is_found_before_anything_is_fetched(served, place):
    own = Catalogue({"words": Entry(url=place.partition("#")[0], sha256=SHA, size=5)})

    with pytest.raises(IntegrityError, match=r"700,000 bytes, and the catalogue says 5"):
        pulled("asset:words", catalogue=own)
    assert gets(served) == []


def test_what_is_not_there_is_told_with_its_address(served):
    with pytest.raises(RecipeError, match="lists/none: no such object; look at the address"):
        pulled(f"{served.url}lists/none#sha256={SHA}")


def test_the_mirror_is_asked_first_and_the_web_not_at_all(served, place, tmp_path):
    put = copy_to_mirror(pulled(place)[0], str(tmp_path / "mirror"))
    again = copy_to_mirror(pulled(place)[0], str(tmp_path / "mirror"))
    cache_here().find(SHA).unlink()
    served.asked.clear()

    assert (put, again) == (True, False)
    assert pulled(place, str(tmp_path / "mirror"))[0].source == str(tmp_path / "mirror" / object_path(SHA))
    assert served.asked == []


def test_a_mirror_may_be_a_store_or_on_the_web(served, place, store):
    bucket = below(new_bucket(store), "assets")
    asked = pulled(place)[0]
    with serving({f"assets/{object_path(SHA)}": WORDS}) as web:
        for mirror in (bucket, f"{web.url}assets"):
            before = in_mirror(mirror, SHA)
            if mirror == bucket:
                copy_to_mirror(asked, mirror)
            cache_here().find(SHA).unlink()

            assert (before, in_mirror(mirror, SHA)) == (mirror != bucket, True)
            assert pulled(place, mirror)[0].source == below(mirror, object_path(SHA))
        with pytest.raises(RecipeError, match="read only"):
            copy_to_mirror(asked, f"{web.url}other/")


def test_a_mirror_that_lacks_it_or_has_other_bytes(served, place, tmp_path, cache):
    mirror = tmp_path / "mirror"
    (mirror / "sha256").mkdir(parents=True)
    assert pulled(place, str(mirror))[0].source == f"{served.url}lists/words.txt"

    cache_here().find(SHA).unlink()
    (mirror / object_path(SHA)).write_bytes(b"other")
    with pytest.raises(IntegrityError, match=str(mirror)):
        pulled(place, str(mirror))
    assert files_in(cache) == []


def test_objects_in_a_store_are_assets(store):
    bucket = new_bucket(store)
    open_storage(bucket).put("lists/words", WORDS)

    assert pulled(below(bucket, "lists/words") + f"#sha256={SHA}")[0].path.read_bytes() == WORDS


def test_processes_that_want_the_same_at_once_fetch_it_once(served, place, cache):
    command = [sys.executable, "-m", "dclm_pipeline.cli", "assets", "pull", place]
    with AssetCache(cache).alone_with(SHA):
        both = [subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(process.communicate(timeout=60)[0].partition("MB, ")[2][:4] for process in both)

    assert [process.returncode for process in both] == [0, 0]
    assert said == ["from", "here"]
    assert gets(served) == [""]
    assert files_in(cache) == [f"sha256/{SHA}"]


def test_the_cache_lies_among_the_users_caches(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("DCLM_ASSET_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_here().folder == tmp_path / ".cache" / "dclm" / "assets"

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert cache_here().folder == tmp_path / "caches" / "dclm" / "assets"

    monkeypatch.setenv("DCLM_ASSET_CACHE", "here")
    with pytest.raises(RecipeError, match="a whole path"):
        cache_here()
