"""Every storage keeps every promise; the promises are in `dclm_pipeline/storage/contract`.

Another storage is one more line in `STORAGES`; one that cannot be written to is filled by other means, as the web is.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest

from dclm_pipeline.errors import RecipeError, ShardError
from dclm_pipeline.storage import absent, open_storage, patience, s3
from dclm_pipeline.storage.contract import (
    PROMISES,
    PROMISES_OF_READING,
    Amounts,
    Promise,
    fresh_room,
    outcome_of,
    try_object,
    try_place,
)
from dclm_pipeline.storage.memory import MemoryStorage
from stand_ins.stores import new_bucket
from tests.storage.serving import serving

AMOUNTS = Amounts(many=35, large=12 * 2**20, rounds=3, tries=3)
# What cannot be tried: there is no server, or nothing can be left unfinished.
UNTRIED = {("local", "goes-on"), ("local by URL", "goes-on"), ("memory", "goes-on"), ("memory", "sweeps")}


def _in_store(request: pytest.FixtureRequest, folder: Path, store: str = "store") -> str:
    del folder
    # So that listings have several pages, and large objects several parts; and nobody waits for rivals.
    monkeypatch = request.getfixturevalue("monkeypatch")
    monkeypatch.setattr(s3, "PAGE_KEYS", 10)
    monkeypatch.setattr(s3, "PART_BYTES", 5 * 2**20)
    monkeypatch.setattr(absent, "SETTLE_SECONDS", 0.1)
    place, _, options = new_bucket(request.getfixturevalue(store)).partition("?")
    return f"{place}/below?{options}"


STORAGES: dict[str, Callable[[pytest.FixtureRequest, Path], str]] = {
    "local": lambda request, folder: str(folder / "root"),
    "local by URL": lambda request, folder: f"file://{quote(str(folder / 'a b%'))}",
    "memory": lambda request, folder: f"memory://{uuid4().hex}/below",
    "S3": _in_store,
    "S3 on Swift": partial(_in_store, store="swift"),
}


# The second store is another implementation of what the first one is, and takes longer.
KINDS = [pytest.param(kind, marks=pytest.mark.slow) if "Swift" in kind else kind for kind in STORAGES]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.name)
def test_keeps_its_promise(request: pytest.FixtureRequest, tmp_path: Path, kind: str, promise: Promise):
    place = STORAGES[kind](request, tmp_path)
    (tmp_path / "scratch").mkdir()
    outcome = outcome_of(promise, lambda promise: fresh_room(promise, place, tmp_path / "scratch", AMOUNTS))

    untried = (kind, promise.name) in UNTRIED
    assert (outcome.kept, outcome.seen, outcome.expected) == (None if untried else True, "", "")


@pytest.mark.parametrize(
    ("place", "path", "untried"), [("folder/", "a b.bin", ["lists-the-object"]), ("folder/small", "small", [])]
)
def test_the_web_keeps_the_promises_of_reading(place, path, untried):
    with serving({"folder/a b.bin": bytes(range(256)) * 12_000, "folder/small": b"0123456789abcdef"}) as served:
        outcomes = list(try_object(f"{served.url}{place}", path, AMOUNTS))

    assert [(outcome.seen, outcome.expected) for outcome in outcomes] == [("", "")] * len(PROMISES_OF_READING)
    assert [outcome.promise.name for outcome in outcomes if outcome.kept is None] == untried


def test_a_name_is_that_of_one_promise():
    assert len({promise.name for promise in PROMISES}) == len(PROMISES)


@pytest.mark.parametrize("kind", KINDS)
def test_a_trial_leaves_nothing_behind(request, tmp_path, kind):
    place = STORAGES[kind](request, tmp_path)
    storage = open_storage(place)
    outcomes = list(try_place(place, AMOUNTS))

    assert [outcome.promise for outcome in outcomes] == list(PROMISES)
    assert (list(storage.entries()), storage.sweep(-1e6), list(tmp_path.iterdir())) == ([], 0, [])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_trial_that_is_ended_early_leaves_what_was_there_before(request, tmp_path, kind):
    place = STORAGES[kind](request, tmp_path)
    storage = open_storage(place)
    storage.put("a/b", b"mine")
    trial = try_place(place, AMOUNTS)
    for promise in PROMISES:
        assert next(trial).promise == promise
        if promise.name == "sweeps":
            break
    trial.close()

    assert ([entry.path for entry in storage.entries()], storage.sweep(-1e6)) == (["a/b"], 0)
    assert len(list(tmp_path.rglob("*"))) in (0, 3)  # no folders but those of a/b


def test_a_place_that_stops_answering_is_not_asked_to_the_end(monkeypatch):
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.0)
    with serving({"a": bytes(1000)}) as served:
        trial = try_object(served.url, "a", AMOUNTS)
        outcomes = [next(trial), next(trial)]
        served.faults += [503] * 1000
        served.objects.clear()
        served.refusing = 503
        outcomes += trial

    assert [outcome.kept for outcome in outcomes] == [None, True, False, *[None] * (len(PROMISES_OF_READING) - 3)]


@pytest.mark.parametrize(
    ("url", "said"), [("nothing", "name an object that is there"), ("tiny", "name a larger object")]
)
def test_an_object_that_does_not_do_is_refused(url, said):
    with serving({"tiny": b"123"}) as served, pytest.raises(RecipeError, match=said):
        list(try_object(served.url, url, AMOUNTS))


def refusing(method):
    """Return a method that is not allowed."""

    def refuse(self, path, *arguments):
        raise ShardError(f"{path}: 403 for {method}")

    return refuse


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("put", r"writing does not work at .*403 for put; to try reading alone, name an object"),
        ("read", r"reading does not work at .*403 for read"),
        ("delete", r"deleting does not work at .*, where memory://.* is left behind: .*403 for delete"),
    ],
)
def test_what_is_not_allowed_is_told_by_its_name_before_anything_is_tried(monkeypatch, method, said):
    place = f"memory://{uuid4().hex}"
    monkeypatch.setattr(MemoryStorage, method, refusing(method))

    with pytest.raises(RecipeError, match=said):
        next(try_place(place, AMOUNTS))
    assert len(list(open_storage(place).entries())) == (method == "delete")


def test_what_cannot_be_removed_is_told(monkeypatch):
    trial = try_place(f"memory://{uuid4().hex}", AMOUNTS)
    for outcome in trial:
        if outcome.promise.name == "writes":
            break
    monkeypatch.setattr(MemoryStorage, "delete", refusing("delete"))

    with pytest.raises(ShardError, match=r"memory://.*dclm-storage-check-.* could not be removed .*remove it"):
        trial.close()
