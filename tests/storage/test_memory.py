"""What is true of memory alone."""

import pytest

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.storage import Entry, open_storage
from dclm_pipeline.storage.memory import MemoryStorage


def test_one_name_reaches_the_same_bytes_from_everywhere():
    open_storage("memory://shared/a/b c").put("d", b"123")

    assert list(open_storage("memory://shared").entries()) == [Entry("a/b c/d", 3)]
    assert list(open_storage("memory://shared/a").entries("b")) == [Entry("b c/d", 3)]
    assert list(open_storage("memory://shared/a/b").entries()) == []
    assert list(open_storage("memory://other").entries()) == []
    MemoryStorage.forget("shared")


def test_a_forgotten_bucket_begins_anew():
    open_storage("memory://forgotten").put("a", b"1")
    MemoryStorage.forget("forgotten")
    MemoryStorage.forget("never there")

    assert list(open_storage("memory://forgotten").entries()) == []


def test_a_name_can_be_an_object_and_begin_others():
    storage = open_storage("memory://both")
    for path in ("a/b", "a", "a.b"):
        storage.put(path, b"")

    assert [entry.path for entry in storage.entries()] == ["a", "a.b", "a/b"]
    MemoryStorage.forget("both")


def test_a_local_file_is_gone_once_it_is_stored(tmp_path):
    (tmp_path / "local").write_bytes(b"123")
    storage = open_storage("memory://moved")
    storage.put_file("a", tmp_path / "local")

    assert (storage.read("a"), list(tmp_path.iterdir())) == (b"123", [])
    MemoryStorage.forget("moved")


@pytest.mark.parametrize("url", ["memory://", "memory:///a", "memory://a/../b", "memory://a?b", "memory://a//b//c"])
def test_refuses_what_names_no_bucket_or_no_path_in_it(url):
    with pytest.raises(RecipeError):
        open_storage(url)
