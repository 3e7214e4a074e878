import pytest

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages import lists
from dclm_pipeline.stages.lists import read_entries, read_lines, terms_of


def lines_of(path):
    return [term for piece in read_lines(path) for term in piece.to_pylist()]


@pytest.mark.parametrize("size", [4, 5, 6, 7, 100])
def test_a_list_is_the_same_however_much_of_it_is_read_at_once(tmp_path, monkeypatch, size):
    monkeypatch.setattr(lists, "_BYTES", size)
    (tmp_path / "list").write_bytes("\ufeffone\r\n\n  two words \n\u6f22\u5b57\n\t\nlast".encode())

    assert lines_of(tmp_path / "list") == ["one", "two words", "漢字", "last"]


@pytest.mark.parametrize("data", [b"", b"\n", b"\xef\xbb\xbf", b" \r\n\t"])
def test_an_empty_list_has_no_terms(tmp_path, data):
    (tmp_path / "list").write_bytes(data)

    assert lines_of(tmp_path / "list") == []


class Folder:
    """Assets that are files of a folder."""

    def __init__(self, path):
        self._path = path

    def path(self, place):
        return self._path / place

    def digest(self, place):
        return place


@pytest.mark.parametrize("data", [b"", b"\n", b"\xef\xbb\xbf", b" \r\n\t"])
def test_an_empty_list_that_is_named_is_refused_by_its_name(tmp_path, data):
    (tmp_path / "full").write_text("a\n")
    (tmp_path / "list").write_bytes(data)

    with pytest.raises(
        RecipeError, match=r"\Alist: lists nothing: it has no line that counts; fill it, or leave it out"
    ):
        list(terms_of(("b",), ("full", "list"), Folder(tmp_path)))
    with pytest.raises(RecipeError, match=r"\Alist: lists nothing"):
        read_entries("list", Folder(tmp_path))


def test_terms_of_settings_come_before_those_of_lists(tmp_path):
    (tmp_path / "one").write_text("b\n")
    (tmp_path / "two").write_text("c\n")
    pieces = terms_of((" a ", ""), ["one", "two"], Folder(tmp_path))

    assert [term for piece in pieces for term in piece.to_pylist()] == ["a", "b", "c"]


def test_a_list_that_is_not_utf8_is_refused(tmp_path):
    (tmp_path / "list").write_bytes(b"caf\xe9")

    with pytest.raises(RecipeError, match="must be UTF-8"):
        lines_of(tmp_path / "list")
