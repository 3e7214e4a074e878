"""Our pool beside files in the columns of published ones."""

import gzip
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dclm_pipeline as dp
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.reproduction.comparing import joined, reproduce
from dclm_pipeline.reproduction.published import published_at

RECIPE = """
name: ours
source: {kind: jsonl, columns: [quality], record_id: record}
steps:
  - {kind: signals, only: [word_count]}
  - {kind: between, name: enough_words, column: word_count, low: 3}
limits: {dropped_sample: 1.0}
"""
DCLM = "fasttext_openhermes_reddit_eli5_vs_rw_v2_bigram_200k_train_prob"


def silent(_):
    """Say nothing."""


def document(number, text, **more):
    return {"text": text, "url": f"http://site.example/{number}", "record": f"<urn:uuid:0000-{number}>", **more}


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    """Return a pool of four documents; a fifth was dropped as too short."""
    folder = tmp_path_factory.mktemp("ours")
    rows = [
        document(1, "one two three", quality=0.5),
        document(2, "one two  three\nfour", quality=0.25),
        document(3, "ein anderer Text hier", quality=0.125),
        document(4, "only we have this", quality=0.0),
        document(5, "too short"),
    ]
    (folder / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    dp.run(RECIPE, folder / "texts.jsonl", folder / "pool", executor="inline", guard=False)
    return folder / "pool"


def theirs():
    return [
        (1, "one two three", 0.75),
        (2, "one two three four", 0.25),
        (3, "ein anderes Tier hier", 0.0),
        (5, "too short", 0.0),
        (6, "новый текст", 0.5),
        (6, "again", 0.5),
    ]


def write_dclm(path):
    """Write a file as DCLM-BASELINE has them."""
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for number, text, score in theirs():
            row = {
                "bff_contained_ngram_count_before_dedupe": 0,
                "language_id_whole_page_fasttext": {"en": 0.9},
                "metadata": {"WARC-Record-ID": f"<urn:uuid:0000-{number}>", "WARC-Type": "response"},
                "previous_word_count": 3,
                "text": text,
                "url": f"http://site.example/{number}",
                "warcinfo": "",
                DCLM: score,
            }
            file.write(json.dumps(row) + "\n")
    return path


def write_fineweb(path):
    """Write a file as FineWeb has them."""
    rows = [
        {
            "text": text,
            "id": f"<urn:uuid:0000-{number}>",
            "dump": "CC-MAIN-2024-18",
            "url": f"http://site.example/{number}",
            "file_path": "s3://x",
            "language": "en",
        }
        for number, text, _ in theirs()
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def write_refinedweb(path):
    """Write a file as RefinedWeb has them."""
    rows = [
        {
            "content": text,
            "url": f"http://site.example/{number}",
            "timestamp": "2020",
            "dump": "x",
            "segment": "1",
            "image_urls": [],
        }
        for number, text, _ in theirs()
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


PUBLISHED = {
    "dclm-baseline": (write_dclm, "shard.jsonl.gz", "record_id"),
    "fineweb": (write_fineweb, "shard.parquet", "record_id"),
    "refinedweb": (write_refinedweb, "shard.parquet", "url"),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_documents_are_joined_whoever_published_them(pool, tmp_path, name):
    write, file, by = PUBLISHED[name]
    found = reproduce(str(pool), [str(write(tmp_path / file))], told=silent)

    assert (found["layouts"], found["by"]) == ([name], by)
    assert (found["both"], found["only_ours"], found["only_theirs"]) == (3, 1, 2)
    assert (found["ours"]["repeated"], found["theirs"]["repeated"]) == (0, 1)
    assert found["first_rules"]["enough_words"] == 1
    assert sum(found["first_rules"].values()) == 2
    assert found["examples"]["only_ours"] == ["http://site.example/4"]


def test_texts_and_scores_are_compared(pool, tmp_path):
    found = reproduce(str(pool), [str(write_dclm(tmp_path / "shard.jsonl.gz"))], told=silent)

    assert (found["texts"]["equal"], found["texts"]["equal_but_blanks"], found["texts"]["differ"]) == (1, 1, 1)
    assert sum(found["texts"]["bands"].values()) == 2
    assert found["examples"]["least_alike"][0]["url"] == "http://site.example/3"
    assert found["scores"] == {
        "documents": 3,
        "mean_difference": pytest.approx(-0.125 / 3),
        "mean_distance": pytest.approx(0.125),
        "quantiles": {
            "0.1": pytest.approx(0.025),
            "0.5": 0.125,
            "0.9": pytest.approx(0.225),
            "0.99": pytest.approx(0.2475),
        },
    }


def test_addresses_join_where_they_are_asked_to(pool, tmp_path):
    found = reproduce(str(pool), [str(write_fineweb(tmp_path / "shard.parquet"))], by="url", told=silent)

    assert (found["by"], found["both"], found["scores"]) == ("url", 3, None)


def test_what_lies_beside_published_files_is_not_read(pool, tmp_path):
    write_dclm(tmp_path / "shard.jsonl.gz")
    (tmp_path / "README.md").write_text("# What this is\n")
    (tmp_path / ".gitattributes").write_text("*.gz filter=lfs\n")

    assert reproduce(str(pool), [str(tmp_path)], told=silent)["both"] == 3


def test_what_cannot_be_joined_or_read_is_refused(pool, tmp_path):
    with pytest.raises(RecipeError, match="cannot be joined by record_id"):
        reproduce(str(pool), [str(write_refinedweb(tmp_path / "shard.parquet"))], by="record_id", told=silent)
    with pytest.raises(RecipeError, match="there is nothing"):
        published_at(str(tmp_path / "empty"))
    with pytest.raises(RecipeError, match="has no column 'mark'"):
        published_at(str(tmp_path / "shard.parquet"), score="mark")
    for column in ("text", "id", "absent"):
        with pytest.raises(RecipeError, match=f"{column}' .*name one of numbers by --our-score: .*quality"):
            reproduce(str(pool), [str(tmp_path / "shard.parquet")], our_score=column, told=silent)
    with pytest.raises(RecipeError, match=r"is a pool.*name the folder `shards`"):
        published_at(str(pool))
    (tmp_path / "bare.jsonl").write_text('{"text": "no address"}\n')
    with pytest.raises(RecipeError, match=r"bare.jsonl: .* neither a url nor a record_id"):
        reproduce(str(pool), [str(tmp_path / "bare.jsonl")], told=silent)
    (tmp_path / "wordy.jsonl").write_text('{"text": "river", "url": "http://a.example/", "quality": "high"}\n')
    with pytest.raises(RecipeError, match=r"wordy.jsonl: no document could be read .1 column score"):
        reproduce(str(pool), [str(tmp_path / "wordy.jsonl")], told=silent)
    (tmp_path / "array.jsonl").write_text("[1]\n")
    with pytest.raises(RecipeError, match="no JSON object"):
        published_at(str(tmp_path / "array.jsonl"))


@given(st.lists(st.integers(0, 6), max_size=12), st.lists(st.integers(0, 6), max_size=12))
def test_rows_are_joined_as_by_a_dictionary(ours, theirs):
    keys = [np.array([(number, number * 7) for number in side], np.uint64).reshape(-1, 2) for side in (ours, theirs)]
    first = [{number: side.index(number) for number in side if number} for side in (ours, theirs)]
    join = joined(*keys)
    pairs = sorted((first[0][number], first[1][number]) for number in first[0].keys() & first[1].keys())
    alone = [
        sorted(
            [place for number, place in own.items() if number not in other]
            + [i for i, number in enumerate(side) if not number]
        )
        for side, own, other in ((ours, *first), (theirs, *first[::-1]))
    ]

    assert list(zip(join.ours.tolist(), join.theirs.tolist(), strict=True)) == pairs
    assert [join.only_ours.tolist(), join.only_theirs.tolist()] == alone
