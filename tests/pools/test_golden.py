"""A pool that version 0.1 wrote: every later version of the same major one reads it, byte for byte as it was."""

import shutil
from pathlib import Path

import pytest

import dclm_pipeline as dp
from dclm_pipeline.engine.verify import verify
from dclm_pipeline.pools.manifest import manifest_from_bytes, manifest_to_bytes
from dclm_pipeline.pools.receipt import receipts_in
from dclm_pipeline.storage import open_storage
from tests.engine.crawls import run_inline

GOLDEN = Path(__file__).parents[1] / "data" / "pool-0.1"
CONTENT = "aef10699633dd9c86dbf16d82fdec15e90e1c0bbec504339bd4f7a87673fd487"
COLUMNS = [
    "id",
    "record_id",
    "source",
    "offset",
    "url",
    "site",
    "date",
    "charset",
    "charset_by",
    "truncated",
    "text",
    "title",
    "page_language",
    "word_count",
    "character_count",
    "line_count",
    "letter_share",
    "digit_share",
    "mean_word_length",
]


@pytest.fixture
def pool(tmp_path):
    return Path(shutil.copytree(GOLDEN, tmp_path / "golden" / "pool"))


def test_it_is_whole(pool):
    verified = verify(str(pool))

    assert (verified.wrong, verified.rows) == ((), 11)


def test_it_holds_what_it_held(pool):
    data = (pool / "manifest.json").read_bytes()
    manifest = manifest_from_bytes(data, "manifest.json")

    assert (manifest.content, [name for name, _ in manifest.columns]) == (CONTENT, COLUMNS)
    assert manifest_to_bytes(manifest) == data
    assert set(manifest.receipts) <= receipts_in(open_storage(str(pool))).keys()


def test_it_opens_as_a_table(pool):
    table = dp.open(pool).to_table()

    assert (table.num_rows, table.schema.names) == (11, COLUMNS)
    assert all(table["text"].to_pylist())


def test_it_is_a_source(pool, tmp_path):
    ran = run_inline("name: next\nsource: pool\nsteps: [signals]\n", pool, tmp_path / "next")

    assert ran.manifest.rows == 11
