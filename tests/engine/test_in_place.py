"""A pool whose documents a barrier hears first is not copied; what comes of it is what comes of a copy."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import dclm_pipeline as dp
from dclm_pipeline.engine import walk
from dclm_pipeline.sources.tables import Pool
from tests.engine.crawls import bytes_of, run_inline
from tests.storage.serving import serving

MADE = """
name: made
source: {kind: jsonl}
steps: [{kind: sample, share: 1.0}]
limits: {shard_bytes: 2000}
"""
EXACT = """
name: exact
source: {kind: pool}
steps: [{kind: exact_dedup}]
limits: {shard_bytes: 3000, dropped_sample: 1}
"""
FIRST_SAMPLED = EXACT.replace("steps: [", "steps: [{kind: sample, share: 1.0}, ")


@pytest.fixture
def pool(tmp_path):
    """Return a pool of several shards in which every third text is there twice; one is in no alphabet, one empty."""
    texts = [f"слова числом {i} {'и ещё ' * 20}" for i in range(60)] + ["", "文字"]
    rows = [{"text": text, "url": f"https://e.org/{i}"} for i, text in enumerate([*texts, *texts[::3]])]
    (tmp_path / "corpus").mkdir()
    for part in range(4):
        lines = "\n".join(json.dumps(row) for row in rows[part::4])
        (tmp_path / "corpus" / f"{part}.jsonl").write_text(lines)
    run_inline(MADE, tmp_path / "corpus", tmp_path / "made")
    return tmp_path / "made"


def copied(folder):
    """Return how many files of documents the first segment left in a pool's `work/`."""
    return len(list((folder / "work").glob("0-*/shards/*.parquet")))


def test_nothing_is_copied_before_a_barrier(pool, tmp_path):
    ran = run_inline(EXACT, pool, tmp_path / "exact")

    assert (ran.manifest.rows, copied(tmp_path / "exact")) == (62, 0)


def test_the_pool_is_what_it_is_of_a_copy(pool, tmp_path, monkeypatch):
    run_inline(EXACT, pool, tmp_path / "there")
    monkeypatch.setattr(walk, "files_in_place", lambda job, segment: {})
    run_inline(EXACT, pool, tmp_path / "copied")

    assert copied(tmp_path / "copied") > 1
    assert files_of(tmp_path / "there") == files_of(tmp_path / "copied")


def files_of(folder):
    """Return the bytes of a pool, but for its receipts, which name the files that were read."""
    return {path: data for path, data in bytes_of(folder).items() if not str(path).startswith("receipts")}


def test_with_steps_before_the_barrier_documents_are_written(pool, tmp_path):
    run_inline(FIRST_SAMPLED, pool, tmp_path / "sampled")

    assert copied(tmp_path / "sampled") > 1


def test_a_shard_with_rows_to_be_made_anew_is_copied(pool, tmp_path, monkeypatch):
    from dclm_pipeline.sources import tables

    sound = tables.settled
    first = sorted((pool / "shards").iterdir())[0]
    rows = pq.read_metadata(first).num_rows

    def unsettled(batch, schema, columns):
        return None if batch.num_rows == rows and batch["id"].equals(ids) else sound(batch, schema, columns)

    ids = pa.Table.from_batches([pq.read_table(first).combine_chunks().to_batches()[0]])["id"].combine_chunks()
    run_inline(EXACT, pool, tmp_path / "there")
    monkeypatch.setattr(tables, "settled", unsettled)
    run_inline(EXACT, pool, tmp_path / "mixed")

    assert copied(tmp_path / "mixed") == 1
    assert files_of(tmp_path / "mixed") == files_of(tmp_path / "there")


def test_a_killed_run_goes_on_and_a_second_does_nothing(pool, tmp_path):
    run_inline(EXACT, pool, tmp_path / "exact")
    before = bytes_of(tmp_path / "exact")
    (tmp_path / "exact" / "manifest.json").unlink()
    for path in (tmp_path / "exact" / "shards").iterdir():
        path.unlink()
    again = run_inline(EXACT, pool, tmp_path / "exact")

    assert (again.story.performed > 0, bytes_of(tmp_path / "exact")) == (True, before)
    assert run_inline(EXACT, pool, tmp_path / "exact").whole_before


def test_a_damaged_shard_is_set_aside_by_name(pool, tmp_path):
    path = sorted((pool / "shards").iterdir())[1]
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 255
    path.write_bytes(data)

    with pytest.raises(dp.errors.IntegrityError, match="are not those that the pool's manifest tells of"):
        run_inline(EXACT, pool, tmp_path / "exact")


def test_a_run_goes_on_where_the_pool_has_moved_to_a_server(pool, tmp_path):
    run_inline(EXACT, pool, tmp_path / "exact")
    before = bytes_of(tmp_path / "exact")
    (tmp_path / "exact" / "manifest.json").unlink()
    for path in (tmp_path / "exact" / "shards").iterdir():
        path.unlink()
    objects = {f"made/{path.relative_to(pool)}": path.read_bytes() for path in pool.rglob("*") if path.is_file()}
    with serving(objects) as served:
        run_inline(EXACT, f"{served.url}made/", tmp_path / "exact")

    assert bytes_of(tmp_path / "exact") == before


def test_a_shard_that_is_written_to_between_two_looks_stops_the_run(pool, tmp_path, monkeypatch):
    sound = Pool.look_through

    def looked_through_and_changed(self, storage, shard, rows, size):
        facts = sound(self, storage, shard, rows, size)
        table = pq.read_table(pool / shard.name)
        pq.write_table(table.slice(1), pool / shard.name)
        return facts

    monkeypatch.setattr(Pool, "look_through", looked_through_and_changed)

    with pytest.raises(dp.errors.IntegrityError, match="somebody wrote to it meanwhile"):
        run_inline(EXACT, pool, tmp_path / "exact")
