"""Limits over shards and workers: the same figures whatever the cut, and a pool that is whole below them."""

import json

import pytest

from dclm_pipeline.errors import PipelineError
from tests.engine.crawls import bytes_of, run_inline

LINE = "some line that is there {} times over and over again and is more than thirteen words"
SAME = [LINE.format("three")] * 3 + [f"another {n}, that nobody else has, number {n} of all of them" for n in range(9)]


@pytest.fixture(scope="module")
def crawl(tmp_path_factory):
    folder = tmp_path_factory.mktemp("crawl")
    for shard in range(4):
        rows = [json.dumps({"text": text}) + "\n" for text in SAME[shard::4]]
        (folder / f"{shard}.jsonl").write_text("".join(rows))
    return folder


def recipe(kind, **settings):
    told = "".join(f", {name}: {value}" for name, value in settings.items())
    return f"name: rails\nsource: {{kind: jsonl}}\nsteps:\n  - {{kind: {kind}, least_judged: 1{told}}}\n"


@pytest.mark.parametrize(
    ("kind", "figures"),
    [
        ("exact_dedup", "would remove 2 of 12 documents of all sources, 16.7%; most_removed is 10.0%"),
        ("line_dedup", "would remove 2 of 12 lines of all sources, 16.7%; most_removed is 10.0%"),
        ("minhash_dedup", "would remove 2 of 12 documents of all sources, 16.7%; most_removed is 10.0%"),
        ("bloom_dedup", "bytes of all sources"),
    ],
)
def test_a_run_stops_with_the_figures_and_goes_on_with_another_limit(crawl, tmp_path, kind, figures):
    with pytest.raises(PipelineError, match=figures):
        run_inline(recipe(kind, most_removed=0.1), crawl, tmp_path / "pool", guard=kind == "bloom_dedup")

    assert not (tmp_path / "pool" / "manifest.json").exists()
    ran = run_inline(recipe(kind, most_removed=0.5), crawl, tmp_path / "pool", guard=False)
    assert ran.manifest.rows == 10


@pytest.mark.parametrize("kind", ["exact_dedup", "line_dedup"])
def test_any_batches_are_counted_alike(crawl, tmp_path, kind):
    for rows in (1, 4096):
        run_inline(
            recipe(kind, most_removed=0.17, most_removed_of_source=1),
            crawl,
            tmp_path / str(rows) / "pool",
            batch_rows=rows,
            guard=False,
        )

    assert bytes_of(tmp_path / "1" / "pool") == bytes_of(tmp_path / "4096" / "pool")


def test_what_older_pools_have_counts_as_removed(crawl, tmp_path):
    run_inline(recipe("exact_dedup", keep_evidence="true"), crawl, tmp_path / "older" / "pool", guard=False)
    held = {"against": f"[{tmp_path / 'older' / 'pool'}]", "most_removed_of_source": 1}
    with pytest.raises(PipelineError, match=r"would remove 12 of 12 documents of all sources, 100.0%"):
        run_inline(recipe("exact_dedup", **held), crawl, tmp_path / "pool", guard=False)

    with pytest.raises(PipelineError, match="no document is left"):
        run_inline(recipe("exact_dedup", **held, most_removed=1), crawl, tmp_path / "pool", guard=False)
