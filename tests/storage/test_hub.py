"""Files on the hub: where they lie, and who is told the token."""

import pytest

from dclm_pipeline.errors import RecipeError, ShardError
from dclm_pipeline.storage import Entry, open_storage, patience
from dclm_pipeline.storage.hub import ENDPOINT, TOKEN
from tests.storage.serving import serving

FILE = "maker/model/resolve/main/a folder/model.bin"


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.0)
    monkeypatch.delenv(TOKEN, raising=False)
    with serving({FILE: b"0123456789"}) as served:
        monkeypatch.setenv(ENDPOINT, served.url)
        yield served


def test_a_file_of_a_repository_is_read_from_where_the_hub_has_it(hub):
    storage = open_storage("hf://maker/model@main/a%20folder/model.bin")

    assert list(storage.entries()) == [Entry("model.bin", 10)]
    with storage.open("model.bin") as file:
        assert file.read() == b"0123456789"
    assert {(method, path) for method, path, _ in hub.asked} == {("GET", f"/{FILE.replace(' ', '%20')}")}
    assert hub.secrets == {""}


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("hf://maker/model@0123abc/w.txt", "maker/model/resolve/0123abc/w.txt"),
        ("hf://datasets/maker/lists@main/w.txt", "datasets/maker/lists/resolve/main/w.txt"),
        ("hf://maker/model@refs%2Fpr%2F1/w.txt", "maker/model/resolve/refs/pr/1/w.txt"),
    ],
)
def test_places_on_the_hub(hub, place, path):
    hub.objects[path] = b"words"

    assert open_storage(place).read("w.txt") == b"words"
    assert open_storage(place).url == place


def test_without_an_endpoint_it_is_the_public_hub(monkeypatch):
    monkeypatch.delenv(ENDPOINT, raising=False)

    assert open_storage("hf://maker/model@main/x.bin")._address("x.bin") == (
        "https://huggingface.co/maker/model/resolve/main/x.bin"
    )


def test_the_token_goes_to_the_hub_and_not_to_where_the_hub_sends_us(hub, monkeypatch):
    monkeypatch.setenv(TOKEN, "hf_secret")
    with serving({"there": b"0123456789"}) as other:
        hub.faults += [("to", f"{other.url}there")] * 2
        with open_storage("hf://maker/model@main/a folder/model.bin").open("model.bin") as file:
            assert file.read() == b"0123456789"

    assert (hub.secrets, other.secrets) == ({"Bearer hf_secret"}, {""})


def test_the_token_goes_to_no_other_place_on_the_web(hub, monkeypatch):
    monkeypatch.setenv(TOKEN, "hf_secret")
    open_storage(f"{hub.url}maker/model/resolve/main/").read("a folder/model.bin")

    assert hub.secrets == {""}


def test_a_key_in_an_address_that_the_hub_sends_us_to_is_not_told(hub):
    with serving({}) as other:
        hub.faults += [("to", f"{other.url}there?signature=hidden")]
        with pytest.raises(FileNotFoundError) as told:
            open_storage("hf://maker/model@main/x").read("x")

    assert "there" in str(told.value)
    assert "hidden" not in str(told.value)


@pytest.mark.parametrize(("token", "said"), [("", "HF_TOKEN is not set"), ("hf_secret", "HF_TOKEN is not one that")])
def test_a_hub_that_wants_to_know_who_asks_is_told_of_with_the_way_out(hub, monkeypatch, token, said):
    monkeypatch.setenv(TOKEN, token)
    hub.faults += [401]

    with pytest.raises(ShardError, match=said) as told:
        open_storage("hf://maker/model@main/x").read("x")
    assert "hf_secret" not in str(told.value)


def test_what_cannot_be_a_token_is_refused_without_showing_it(hub, monkeypatch):
    monkeypatch.setenv(TOKEN, "hf_secret\nX-Other: 1")

    with pytest.raises(RecipeError, match="is no token") as told:
        open_storage("hf://maker/model@main/x").read("x")
    assert "hf_secret" not in str(told.value)
    assert hub.asked == []


@pytest.mark.parametrize(
    "place", ["hf://model@main/x", "hf://maker/model/x", "hf://a/b@main/../x", "hf://a/b@main/x?y=1"]
)
def test_places_that_the_hub_cannot_have_are_refused(place):
    with pytest.raises(RecipeError):
        open_storage(place)


@pytest.mark.parametrize("endpoint", ["hub.example.org", "https://me:secret@hub.example.org"])
def test_an_endpoint_that_cannot_be_is_refused_without_its_password(monkeypatch, endpoint):
    monkeypatch.setenv(ENDPOINT, endpoint)

    with pytest.raises(RecipeError, match=ENDPOINT) as told:
        open_storage("hf://a/b@main/x")
    assert "secret" not in str(told.value)
