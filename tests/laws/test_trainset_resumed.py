"""Training sets are the same whoever makes them, and whatever goes wrong on the way."""

import signal

import pytest

import dclm_pipeline as dp
from dclm_pipeline.errors import IncompleteError
from dclm_pipeline.recipe import load_recipe
from tests.engine.crawls import bytes_of
from tests.faults.test_interrupted import start_driver, wait_for
from tests.laws.test_trainset import write_pool

# Copies, an exchange of several ranges, rows, and a barrier that hears all of them.
MIXED = """
name: mixed
source:
  kind: mixture
  pools:
    web: {times: 1.5}
    code: {times: 3}
steps:
  - {kind: tokenize, tokenizer: "asset:demo-tokenizer", save: true}
  - {kind: repeat, column: times}
  - {kind: shuffle, seed: 2}
  - {kind: pack, sequence_length: 65}
  - {kind: token_budget, tokens: 5000}
limits: {shard_bytes: 2500}
"""


@pytest.fixture(scope="module")
def pools(tmp_path_factory):
    """Return a folder with two pools of texts; nobody may write there."""
    folder = tmp_path_factory.mktemp("pools")
    write_pool(folder, "web", 60, 3)
    write_pool(folder, "code", 20, 2)
    return folder


@pytest.fixture(scope="module")
def reference(pools, tmp_path_factory):
    """Return the bytes of a training set that was made in one go, and how many tasks that took."""
    ran = make(pools, tmp_path_factory.mktemp("reference") / "set")
    return bytes_of(ran.pool), ran.performed


class Made:
    """A training set, and how many tasks were performed for it."""

    def __init__(self, pool, performed):
        self.pool, self.performed = pool, performed


def make(pools, out, **settings):
    out.parent.mkdir(parents=True, exist_ok=True)
    path = out.parent / "recipe.yaml"
    path.write_text(MIXED)
    ran = dp.run(load_recipe(path), pools, out, **({"executor": "inline", "guard": False} | settings))
    return Made(out, ran.story.performed)


def test_it_has_several_shards(reference):
    assert sum(name.startswith("shards/") for name in reference[0]) > 2


@pytest.mark.parametrize("share", [0, 0.3, 0.6, 0.8, 1])
def test_a_put_that_fails_between_data_and_receipt_leaves_nothing_to_be_seen(
    pools, reference, tmp_path, monkeypatch, share
):
    from dclm_pipeline.engine import perform

    commit, calls = perform.commit, []
    place = round(share * (reference[1] - 1))

    def failing(storage, receipt):
        calls.append(receipt.key)
        if len(calls) == place + 1:
            raise OSError("the store went away")
        return commit(storage, receipt)

    monkeypatch.setattr(perform, "commit", failing)
    with pytest.raises(IncompleteError, match="went away"):
        make(pools, tmp_path / "set")
    monkeypatch.undo()
    assert not (tmp_path / "set" / "manifest.json").exists()
    again = make(pools, tmp_path / "set")

    assert bytes_of(again.pool) == reference[0]
    assert again.performed < reference[1] or place == 0


@pytest.mark.parametrize("rows", [1, 7])
def test_it_is_the_same_behind_a_guard_and_in_any_batches(pools, reference, tmp_path, rows):
    made = make(pools, tmp_path / "set", guard=rows > 1, batch_rows=rows)

    assert bytes_of(made.pool) == reference[0]


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_any_number_of_workers_on_ray_gives_the_bytes_of_inline(pools, reference, tmp_path, workers):
    made = make(pools, tmp_path / "set", executor="ray", workers=workers, guard=True)

    assert bytes_of(made.pool) == reference[0]


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["inline", "ray"])
def test_a_killed_driver_is_resumed_to_the_same_bytes(pools, reference, tmp_path, executor):
    driver = start_driver(MIXED, pools, tmp_path / "set", executor)
    work = tmp_path / "set" / "work"
    wait_for(lambda: any(work.rglob("receipts/*.json")) or driver.poll() is not None)
    driver.send_signal(signal.SIGKILL)
    driver.wait()

    resumed = make(pools, tmp_path / "set", guard=True)

    assert resumed.performed < reference[1]
    assert bytes_of(resumed.pool) == reference[0]
