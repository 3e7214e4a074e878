"""Steps whose files cannot be opened stop a run before it begins, with step, setting, file and a way out."""

import os
import signal
import time
from typing import Literal

import pytest

import dclm_pipeline as dp
from dclm_pipeline.engine.assets import assets_below
from dclm_pipeline.engine.child.nurseries import Nurseries
from dclm_pipeline.engine.child.rehearsal import rehearse
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe import load_recipe
from dclm_pipeline.step import Filter, Place
from tests.cli.terminal import dclm

RECIPE = """\
name: rehearsed
source: warc
steps:
  - {kind: url_filter, name: banned, by: domain, lists: [BANNED]}
  - extract
  - {kind: language, model: MODEL}
"""
NOTHING = "ab" * 32


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    for name in ("DCLM_ASSETS", "DCLM_ASSET_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DCLM_ASSET_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def written(tmp_path):
    """Return what writes a recipe, and beside it a list and a model."""

    def write(banned="bad.txt", model="asset:lid.176.ftz", listed=b"bad.com\n", weights=b""):
        (tmp_path / "bad.txt").write_bytes(listed)
        (tmp_path / "model.bin").write_bytes(weights)
        path = tmp_path / "recipe.yaml"
        path.write_text(RECIPE.replace("BANNED", f"'{banned}'").replace("MODEL", f"'{model}'"))
        return path

    return write


def said_of(path):
    with pytest.raises(RecipeError) as caught:
        rehearse(load_recipe(path).steps, assets_below(str(path.parent)))
    return str(caught.value)


WRONG = [
    ({"banned": "none.txt"}, "banned.lists.0: none.txt: there is no such file (looked at "),
    ({"banned": f"bad.txt#sha256={NOTHING}"}, f"banned.lists.0: bad.txt#sha256={NOTHING}: "),
    ({"listed": b"# no more\n\n"}, "banned (lists.0: bad.txt): bad.txt: lists nothing: it has no line that counts"),
    ({"listed": b"caf\xe9"}, "banned (lists.0: bad.txt): "),
    ({"listed": b"http://bad.com\n"}, "banned (lists.0: bad.txt): 'http://bad.com' cannot be a domain"),
    ({"model": "model.bin", "weights": b"no model"}, "language (model: model.bin): "),
]


@pytest.mark.parametrize(("settings", "said"), WRONG)
def test_what_cannot_be_opened_is_named_with_its_step_and_setting(written, settings, said):
    assert said_of(written(**settings)).startswith(said)


def test_a_path_that_begins_where_one_stands_is_told_as_it_must_be_written(written, tmp_path, monkeypatch):
    path = written(banned="lists/here.txt")
    here = tmp_path / "elsewhere"
    (here / "lists").mkdir(parents=True)
    (here / "lists" / "here.txt").write_bytes(b"bad.com\n")
    monkeypatch.chdir(here)

    assert said_of(path).endswith(f"; relative paths begin at the recipe, so write {here}/lists/here.txt")


def test_all_that_is_wrong_is_told_at_once(written):
    path = written(listed=b"\n", model="model.bin", weights=b"no model")

    assert [line.partition(":")[0] for line in said_of(path).splitlines()] == ["banned (lists.0", "language (model"]


@pytest.mark.slow
def test_what_can_be_opened_says_nothing_and_what_is_elsewhere_is_told(written):
    place = f"https://host.example/words.txt#sha256={NOTHING}"
    steps = load_recipe(written(banned=place)).steps

    assert rehearse(load_recipe(written()).steps, assets_below(str(written().parent))) == []
    assert rehearse(steps, assets_below(".")) == [f"banned.lists.0: {place}"]


@pytest.mark.parametrize("guard", [True, False])
def test_a_run_stops_before_anything_is_written(written, crawl, tmp_path, guard):
    with pytest.raises(RecipeError, match=r"banned \(lists\.0: bad\.txt\): bad\.txt: lists nothing"):
        dp.run(written(listed=b"\n"), crawl, tmp_path / "pool", executor="inline", guard=guard)

    assert not (tmp_path / "pool").exists()


@pytest.mark.slow
def test_commands_end_with_the_code_of_a_wrong_recipe(written, crawl, tmp_path):
    path = written(listed=b"\n")
    places = ["--source", crawl, "--out", tmp_path / "pool"]

    assert "bad.txt: lists nothing" in dclm("check", path, code=2).stderr
    assert "bad.txt: lists nothing" in dclm("run", path, *places, "--executor", "inline", code=2).stderr
    for command in (["check"], ["plan", *places], ["run", *places]):
        assert (
            "banned.lists.0: none.txt: there is no such file"
            in dclm(*command, written(banned="none.txt"), code=2).stderr
        )


def test_check_tells_what_it_could_not_open(written):
    place = f"https://host.example/words.txt#sha256={NOTHING}"
    said = dclm("check", written(banned=place)).stdout

    assert f"not opened, as it is not on this machine: banned.lists.0: {place}; fetch it: `dclm assets pull" in said


class Deadly(Filter):
    kind: Literal["deadly_in_a_test"] = "deadly_in_a_test"
    list: Place
    way: str

    def reads(self):
        return frozenset({"text"})

    def open(self, assets):
        os.write(1, b"what steps print is no answer")
        if self.way == "raises":
            raise ValueError("not whole")
        if self.way == "dies":
            os.kill(os.getpid(), signal.SIGSEGV)
        if self.way == "waits":
            time.sleep(600)
        return self

    def keep(self, docs):
        return docs["text"].is_valid()


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("raises", "a (list: bad.txt): cannot be opened: ValueError: not whole; look whether the file is whole"),
        ("dies", "a: the process that opened them was killed by SIGSEGV"),
    ],
)
def test_a_file_that_harms_its_reader_harms_no_other_process(written, way, said):
    written()
    step = Deadly(name="a", list="bad.txt", way=way)
    with pytest.raises(RecipeError) as caught:
        rehearse([step], assets_below(str(written().parent)))

    assert str(caught.value).startswith(said)
    assert rehearse([Deadly(name="a", list="bad.txt", way="works")], assets_below(str(written().parent))) == []


@pytest.mark.slow
def test_whoever_interrupts_leaves_nobody_waiting_for_a_file(written):
    written()

    def interrupt(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(5)
    try:
        with pytest.raises(KeyboardInterrupt):
            rehearse([Deadly(name="a", list="bad.txt", way="waits")], assets_below(str(written().parent)))
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)

    assert not any(nursery.lives for nursery in Nurseries._waiting)
