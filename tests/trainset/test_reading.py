"""Reading training sets: every row once an epoch, the same order for any readers, exact resume, any place."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dclm_pipeline as dp
from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.storage import open_storage
from dclm_pipeline.storage.memory import MemoryStorage
from dclm_pipeline.trainset import packed
from dclm_pipeline.trainset.order import Order
from dclm_pipeline.trainset.packed import PackedPool
from stand_ins.stores import new_bucket
from tests.trainset.packs import rows_of, write_pack

SHARDS = [37, 0, 5, 16]
# A block of 4 rows of 9 tokens of two bytes.
SMALL = {"block_bytes": 9 * 2 * 4, "lanes": 3}


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    """Return a training set of 58 rows on disk; nobody may write there."""
    return write_pack(tmp_path_factory.mktemp("pack") / "pool", SHARDS)


def names(batches) -> list[tuple[int, int]]:
    """Return which rows batches have, in their order."""
    return [tuple(row[:2].tolist()) for batch in batches for row in batch.tokens]


def steps(readers) -> list[set[tuple[int, int]]]:
    """Return the rows of each step of all ranks."""
    return [set(names(batches)) for batches in zip(*readers, strict=True)]


@pytest.mark.parametrize("dtype", ["uint16", "uint32"])
@pytest.mark.parametrize("stored", ["none", "zstd"])
@pytest.mark.parametrize("place", ["local", "memory"])
def test_without_a_seed_rows_come_as_they_lie_wherever_they_are(tmp_path, place, stored, dtype):
    where = str(tmp_path) if place == "local" else "memory://packs/pool"
    write_pack(where, SHARDS, dtype=dtype, stored=stored)
    batches = list(dp.read_tokens(where, rows=4, seed=None, keep_last=True, **SMALL))
    MemoryStorage.forget("packs")

    assert [row.tolist() for batch in batches for row in batch.tokens] == rows_of(SHARDS, dtype=dtype)
    assert {batch.tokens.dtype for batch in batches} == {np.dtype(dtype)}


def test_rows_from_s3_are_those_on_disk(pack, store):
    bucket = write_pack(new_bucket(store), SHARDS)
    here, there = (list(dp.read_tokens(place, rows=3, seed=4, **SMALL)) for place in (pack, bucket))

    assert [batch.tokens.tolist() for batch in here] == [batch.tokens.tolist() for batch in there]
    assert [batch.documents.starts.tolist() for batch in here] == [batch.documents.starts.tolist() for batch in there]


@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=4).filter(any),
    st.sampled_from([1, 2, 8, 32]),
    st.integers(2, 12),
    st.sampled_from(["none", "zstd"]),
    st.integers(1, 400),
)
@settings(max_examples=15)
def test_blocks_hold_what_pyarrow_reads(shards, group_rows, length, stored, block_bytes):
    write_pack("memory://arbitrary", shards, length, stored=stored, group_rows=group_rows)
    pool = PackedPool("memory://arbitrary", block_bytes)
    storage = open_storage("memory://arbitrary")
    tables = [pq.read_table(storage.open(file.path)) for file in pool.manifest.shards]
    expected = [value for table in tables for value in table["tokens"].to_pylist()]
    starts = [value for table in tables for value in table["starts"].to_pylist()]
    counts = [value for table in tables for value in table["token_count"].to_pylist()]
    blocks = list(pool.blocks(range(len(pool.sizes())), True, 2))
    MemoryStorage.forget("arbitrary")

    assert [row.tobytes() for block in blocks for row in block.tokens] == expected
    assert [n for block in blocks for n in block.documents.counts.tolist()] == counts
    assert [
        part.tolist() for block in blocks for part in np.split(block.documents.starts, block.documents.ends[:-1])
    ] == starts
    assert [len(block.tokens) for block in blocks] == pool.sizes().tolist()


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(0, 3), st.integers(1, 5), st.data())
def test_an_order_has_every_row_once_an_epoch_and_can_be_entered_anywhere(sizes, seed, lanes, data):
    order = Order(np.array(sizes), seed, lanes)
    total = 2 * order.rows
    start = data.draw(st.integers(0, total - 1))

    def listed(begin: int) -> list[tuple[int, int]]:
        rows: dict[int, tuple[int, int]] = {}
        for found in order.rounds(begin, total):
            pairs = zip(found.blocks[found.turns].tolist(), found.rows.tolist(), strict=True)
            rows |= {found.position + place: pair for place, pair in enumerate(pairs)}
        return [rows[place] for place in range(begin, total)]

    whole = listed(0)
    every = [(block, row) for block, size in enumerate(sizes) for row in range(size)]
    assert sorted(whole[: order.rows]) == every
    assert sorted(whole[order.rows :]) == every
    assert listed(start) == whole[start:]


def test_the_order_of_a_seed_stays_what_it_is():
    first = next(Order(np.array([3, 2, 4, 1]), 7, 2).rounds(0, 10))

    assert (first.blocks.tolist(), first.turns.tolist(), first.rows.tolist()) == (
        [3, 2],
        [0, 1, 1, 1, 1],
        [0, 3, 1, 0, 2],
    )


def test_a_seed_and_an_epoch_are_an_order_of_their_own(pack):
    def read(**more):
        return names(dp.read_tokens(pack, rows=2, **SMALL, **more))

    first = read(seed=1)
    both = read(seed=1, epochs=2)
    assert read(seed=1) == first
    assert read(seed=2) != first
    assert both[:58] == first
    assert both[58:] != first
    assert sorted(both[58:]) == sorted(first) == sorted(read(seed=None))


@pytest.mark.parametrize("ranks", [1, 2, 3, 7])
def test_ranks_share_out_what_one_reads(pack, ranks):
    alone = steps([dp.read_tokens(pack, rows=4 * ranks, seed=5, epochs=3, **SMALL)])
    together = [
        dp.read_tokens(pack, rows=4, seed=5, epochs=3, rank=rank, ranks=ranks, **SMALL) for rank in range(ranks)
    ]

    assert steps(together) == alone
    assert {reader.position for reader in together} == {58 * 3 // (4 * ranks) * 4 * ranks}


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_workers_take_turns(pack, workers):
    whole = [batch.tokens.tolist() for batch in dp.read_tokens(pack, rows=3, seed=5, rank=1, ranks=2, **SMALL)]
    shares = [
        [
            batch.tokens.tolist()
            for batch in dp.read_tokens(pack, rows=3, seed=5, rank=1, ranks=2, worker=worker, workers=workers, **SMALL)
        ]
        for worker in range(workers)
    ]

    assert [shares[step % workers][step // workers] for step in range(len(whole))] == whole


@given(st.integers(1, 4), st.integers(1, 5), st.integers(0, 9), st.integers(1, 4), st.integers(1, 5))
@settings(max_examples=15)
def test_reading_goes_on_exactly_on_other_ranks(pack, ranks, rows, taken, later_ranks, later_rows):
    readers = [
        dp.read_tokens(pack, rows=rows, seed=3, epochs=2, rank=rank, ranks=ranks, **SMALL) for rank in range(ranks)
    ]
    streams = [iter(reader) for reader in readers]
    seen: list[tuple[int, int]] = []
    for _ in range(taken):
        seen += names([batch for batch in (next(stream, None) for stream in streams) if batch is not None])
    states = [json.loads(json.dumps(reader.state_dict())) for reader in readers]
    again = [
        dp.read_tokens(
            pack, rows=later_rows, epochs=2, rank=rank, ranks=later_ranks, state=states[0], keep_last=True, **SMALL
        )
        for rank in range(later_ranks)
    ]
    rest = [name for reader in again for name in names(reader)]
    whole = names(dp.read_tokens(pack, rows=1, seed=3, epochs=2, **SMALL))

    assert states == states[:1] * ranks
    assert sorted(seen + rest) == sorted(whole)
    assert sorted(seen) == sorted(whole[: len(seen)])


def test_a_last_step_is_left_out_or_handed_out_short(pack):
    def sizes(**more):
        return [
            [len(batch.tokens) for batch in dp.read_tokens(pack, rows=8, ranks=3, rank=rank, **more, **SMALL)]
            for rank in range(3)
        ]

    assert sizes() == [[8, 8]] * 3
    assert sizes(keep_last=True) == [[8, 8, 4], [8, 8, 3], [8, 8, 3]]


def test_a_reader_goes_on_where_it_stands_and_ends(pack):
    reader = dp.read_tokens(pack, rows=29, seed=0, **SMALL)
    first = names([next(iter(reader))])

    assert sorted(first + names(reader)) == sorted(names(dp.read_tokens(pack, rows=29, seed=0, **SMALL)))
    assert names(reader) == []
    assert reader.position == reader.rows_of_epoch == 58


def test_without_an_end_epochs_follow_each_other(pack):
    reader = dp.read_tokens(pack, rows=30, seed=0, epochs=None, **SMALL)
    found = names(batch for _, batch in zip(range(4), reader, strict=False))

    assert sorted(found[:58]) == sorted(found[58:116]) == sorted(names(dp.read_tokens(pack, rows=1, **SMALL)))


def test_a_rank_reads_its_own_blocks_alone_where_ranks_divide_the_lanes(tmp_path):
    write_pack(tmp_path, [96])
    order = Order(PackedPool(str(tmp_path), 9 * 2 * 4).sizes(), 0, 4)

    for found in order.rounds(0, 96):
        assert {tuple(set(found.turns[rank::4].tolist())) for rank in range(4)} == {(0,), (1,), (2,), (3,)}


def test_few_files_are_mapped_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(packed, "_MAPPED", 2)
    write_pack(tmp_path, [6] * 20)
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("this system does not show the files that a process has open")
    before = len(list(folder.iterdir()))
    reader = dp.read_tokens(tmp_path, rows=5, seed=3, **SMALL)
    opened = [len(list(folder.iterdir())) for _ in reader]

    assert max(opened) <= before + 2 * SMALL["lanes"] + 2
    assert reader.position == 120


def test_states_of_other_rows_and_readers_that_cannot_be_are_refused(pack, tmp_path):
    other = write_pack(tmp_path / "other", [9])
    reader = dp.read_tokens(pack, **SMALL)
    for state, wrong in (
        (dp.read_tokens(other, **SMALL).state_dict(), "its content is"),
        (dp.read_tokens(pack).state_dict(), "its block_rows is"),
        ({"position": 3}, "no state of a reader"),
        (reader.state_dict() | {"position": -1}, "none that a reader gave"),
        (reader.state_dict() | {"lanes": 0}, "none that a reader gave"),
    ):
        with pytest.raises(RecipeError, match=wrong):
            reader.load_state_dict(state)
    for more in ({"rank": 2, "ranks": 2}, {"rows": 0}, {"lanes": 0}, {"epochs": -1}, {"worker": -1}):
        with pytest.raises(RecipeError):
            dp.read_tokens(pack, **more)


@given(st.integers(1, 70), st.integers(1, 40), st.integers(1, 3), st.booleans(), st.integers(1, 3))
@settings(max_examples=20)
def test_more_ranks_than_rows_get_every_row_once_or_are_told(pack, ranks, rows, epochs, keep_last, workers):
    def read(rank: int, worker: int) -> list[tuple[int, int]]:
        share = {"rank": rank, "ranks": ranks, "worker": worker, "workers": workers}
        return names(dp.read_tokens(pack, rows=rows, epochs=epochs, keep_last=keep_last, **share, **SMALL))

    if not keep_last and epochs * 58 < ranks * rows:
        with pytest.raises(RecipeError, match="so there would be none"):
            read(0, 0)
        return
    found = [name for rank in range(ranks) for worker in range(workers) for name in read(rank, worker)]
    whole = names(dp.read_tokens(pack, rows=1, epochs=epochs, **SMALL))
    steps = epochs * 58 if keep_last else epochs * 58 // (ranks * rows) * ranks * rows

    assert sorted(found) == sorted(whole[:steps])


@given(st.integers(1, 9), st.integers(1, 3), st.integers(0, 6), st.integers(1, 9), st.integers(1, 3), st.booleans())
@settings(max_examples=20)
def test_reading_goes_on_on_other_ranks_and_workers(pack, ranks, rows, taken, later, workers, from_file):
    """Each step of each rank is read by another worker in turn, as a loader does it."""
    order = names(dp.read_tokens(pack, rows=1, seed=9, epochs=3, **SMALL))
    first = dp.read_tokens(pack, rows=rows, seed=9, epochs=3, rank=ranks - 1, ranks=ranks, **SMALL)
    mine = names([batch for _, batch in zip(range(taken), first, strict=False)])
    state = first.state_dict()
    state = json.loads(json.dumps(state)) if from_file else state
    rest = [
        name
        for rank in range(later)
        for worker in range(workers)
        for name in names(
            dp.read_tokens(
                pack,
                rows=2,
                epochs=3,
                rank=rank,
                ranks=later,
                worker=worker,
                workers=workers,
                state=state,
                keep_last=True,
                **SMALL,
            )
        )
    ]

    assert state["position"] == min(taken, 3 * 58 // (rows * ranks)) * rows * ranks
    assert sorted(mine) == sorted(order[ranks - 1 : state["position"] : ranks])
    assert sorted(rest) == sorted(order[state["position"] :])


def test_places_without_rows_are_refused(tmp_path):
    with pytest.raises(RecipeError, match="nothing lies there"):
        dp.read_tokens(tmp_path)
    write_pack(tmp_path, [0])
    with pytest.raises(RecipeError, match="has no rows"):
        dp.read_tokens(tmp_path)


@pytest.mark.parametrize("place", ["local", "memory"])
def test_a_shard_that_is_not_what_the_manifest_says_is_found(tmp_path, place):
    where = str(tmp_path) if place == "local" else "memory://wrong/pool"
    write_pack(where, [20, 20])
    storage = open_storage(where)
    first, second = sorted(entry.path for entry in storage.entries("shards/"))
    write_pack(f"{where}/other", [12])
    (short,) = (entry.path for entry in storage.entries("other/shards/"))
    storage.put(second, storage.read(short))
    with pytest.raises(IntegrityError, match="do not lie as the manifest"):
        list(dp.read_tokens(where, rows=1))
    storage.put(first, storage.read(first)[:-9])
    with pytest.raises(IntegrityError):
        list(dp.read_tokens(where, rows=1))
    MemoryStorage.forget("wrong")


@pytest.mark.parametrize("place", ["local", "memory"])
def test_a_footer_that_tells_of_tokens_behind_the_file_is_found(tmp_path, monkeypatch, place):
    where = str(tmp_path) if place == "local" else "memory://beyond/pool"
    write_pack(where, [20, 20])
    found = packed.geometry_of

    def beyond(metadata, name):
        geometry = found(metadata, name)
        groups = [replace(group, begin=group.begin + 10**6) for group in geometry.groups]
        return replace(geometry, groups=tuple(groups))

    monkeypatch.setattr(packed, "geometry_of", beyond)
    with pytest.raises(IntegrityError, match="tells of tokens beyond the"):
        list(dp.read_tokens(where, rows=1))
    MemoryStorage.forget("beyond")
