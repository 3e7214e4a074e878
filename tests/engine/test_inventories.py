"""What later tasks look at is listed in a table, of which a task at one range reads what concerns that range."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dclm_pipeline as dp
from dclm_pipeline.engine import gathered, merging, phases
from dclm_pipeline.engine.stored import Listed, Portion, Stored, read_inventory
from dclm_pipeline.errors import IntegrityError
from dclm_pipeline.pools.receipt import StoredFile
from dclm_pipeline.storage.memory import MemoryStorage
from tests.engine.crawls import bytes_of
from tests.engine.kinds import LongestOf
from tests.engine.test_combining import run
from tests.laws.test_near_duplicates import RECIPE, documents, run_inline, written


def listed(groups):
    """Return an inventory of files with so many row groups in each range."""
    files = [
        Stored("folder", StoredFile(f"evidence/{i}.parquet", 1, 1, 1, "", {"a": str(i)}, tuple(own)))
        for i, own in enumerate(groups)
    ]
    return Listed("folder", files)


@given(
    st.integers(1, 5).flatmap(lambda ranges: st.lists(st.lists(st.integers(0, 3), min_size=ranges, max_size=ranges)))
)
def test_a_task_reads_the_row_groups_of_its_range(groups):
    storage, made = MemoryStorage("inventories"), listed(groups)
    made.write(storage)

    assert read_inventory(storage, made.inventory) == tuple(Portion("folder", one.file.path) for one in made.files)
    for place in range(len(groups[0]) if groups else 1):
        wanted = [range(sum(own[:place]), sum(own[: place + 1])) for own in groups]
        found = read_inventory(storage, made.inventory, place)
        assert [one.groups for one in found] == [tuple(one) for one in wanted]
        assert [one.path for one in found] == [one.file.path for one in made.files]


def test_files_without_ranges_are_listed_as_a_whole():
    storage, made = MemoryStorage("inventories"), listed([(), ()])
    made.write(storage)

    assert [one.groups for one in read_inventory(storage, made.inventory)] == [None, None]


def test_files_of_other_ranges_are_no_one_list():
    with pytest.raises(IntegrityError, match="no one list"):
        listed([(1,), (1, 1)]).write(MemoryStorage("inventories"))


def test_another_list_under_the_same_name_is_noticed():
    storage, made, other = MemoryStorage("inventories"), listed([(1,)]), listed([(1,), (1,)])
    other.write(storage)
    storage.put(made.inventory.path, storage.read(other.inventory.path))
    short = replace(other.inventory, files=1)

    with pytest.raises(IntegrityError, match="other files"):
        read_inventory(storage, made.inventory)
    with pytest.raises(IntegrityError, match="other files"):
        read_inventory(storage, short)


@pytest.fixture(autouse=True)
def _several_ranges(monkeypatch):
    monkeypatch.setattr(phases, "SHARDS_PER_RANGE", 2)


def in_two_steps(monkeypatch):
    """Let every exchange be one of too many and too small pieces, so that some neighbouring files are joined."""
    monkeypatch.setattr(merging, "MOST_PIECES", 0)
    monkeypatch.setattr(merging, "LEAST_PIECE_BYTES", 2**13)


@pytest.mark.parametrize("memory", [pytest.param(2000, marks=pytest.mark.slow), 2**28])
def test_near_duplicates_are_the_same_in_two_steps(tmp_path, monkeypatch, memory):
    corpus = written(tmp_path / "corpus", documents(120), 9)
    run_inline(RECIPE, corpus, tmp_path / "one" / "pool", guard=False)
    in_two_steps(monkeypatch)
    monkeypatch.setattr(gathered, "MOST_BYTES", memory)
    run_inline(RECIPE, corpus, tmp_path / "two" / "pool", guard=False)
    folders = [path for path in (tmp_path / "two" / "pool" / "work").iterdir() if "merged" in path.name]
    sizes = {
        path.name: len(list((path / "merged").glob("*.parquet"))) for path in folders if (path / "merged").exists()
    }

    assert bytes_of(tmp_path / "one" / "pool") == bytes_of(tmp_path / "two" / "pool")
    assert {"merged-0", "merged-1", "merged-1-1", "merged-2"} <= {name.partition("dedup-")[2] for name in sizes}
    assert all(0 < size < 9 for size in sizes.values())


def test_counts_are_the_same_in_two_steps(crawl, tmp_path, monkeypatch):
    run(LongestOf(), crawl, tmp_path / "one" / "pool")
    in_two_steps(monkeypatch)
    run(LongestOf(), crawl, tmp_path / "two" / "pool")

    assert bytes_of(tmp_path / "one" / "pool") == bytes_of(tmp_path / "two" / "pool")
    assert dp.open(tmp_path / "two" / "pool").to_table().num_rows > 10
