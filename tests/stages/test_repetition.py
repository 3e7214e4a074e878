import gzip
import json

import numpy as np
import pyarrow as pa
import pytest

from dclm_pipeline.stages.repetition import SHARES, Repetition

# Rae et al. 2021, table A1.
MOST = (0.3, 0.3, 0.2, 0.2, 0.2, 0.18, 0.16, 0.15, 0.14, 0.13, 0.12, 0.11, 0.1)


def shares(*texts, profile="dclm"):
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])
    arrays = Repetition(profile=profile).columns(batch).arrays
    return np.array([[np.nan if value is None else value for value in arrays[name].to_pylist()] for name in SHARES]).T


def passes(found):
    return (~(found > MOST)).all(axis=1).tolist()


def pages(test_data, name):
    with gzip.open(test_data / "oracle" / name, "rt", encoding="utf-8", newline="\n") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("profile", ["dclm", "datatrove", "dolma"])
def test_prose_passes_and_a_chant_does_not(profile):
    prose = (
        "Quiet rivers carry what mountains give away.\nNobody at the mill had ever asked them why.\nOne wet spring it "
        "stopped, and from then on each of its wheels stood as still as old paintings do in empty houses."
    )
    chant = "buy it now for less than ever\n" * 5

    assert passes(shares(prose, chant, profile=profile)) == [True, False]


def test_a_share_at_the_limit_passes():
    lines = "ab\nab\nab\nc\nd\ne\nf\ng\nh\ni"

    assert shares(lines)[0, :1].tolist() == [0.3]


def test_a_text_without_a_line_has_no_shares():
    assert np.isnan(shares("", " \n\u3000", None)).all()


def test_one_line_repeats_nothing():
    assert shares("one two three").tolist() == [[0.0] * len(SHARES)]


def test_words_of_any_script_repeat():
    found = shares("прямо сейчас и здесь навсегда " * 2, "漢字漢字漢字")[:, SHARES.index("duplicate_5gram_characters")]

    assert found.tolist() == [1.0, 0.0]


def test_one_word_a_hundred_thousand_times_is_all_repetition():
    found = dict(zip(SHARES, shares("a " * 100_000)[0].tolist(), strict=True))

    # Copies of the top run overlap: its share is of more than all.
    assert [found[f"top_{n}gram_characters"] for n in (2, 3, 4)] == [1.99998, 2.99994, 3.99988]
    assert [found[f"duplicate_{n}gram_characters"] for n in range(5, 11)] == [1.0] * 6


def test_dclm_decides_as_the_reference(test_data):
    known = pages(test_data, "dclm.jsonl.gz")
    kept = passes(shares(*(page["text"] for page in known)))
    told = [page["steps"]["massive_web_repetition_filters"] for page in known]
    other = {
        page["record_id"]
        for page, keeps, verdict in zip(known, kept, told, strict=True)
        if verdict != "skipped" and keeps != (verdict == "keep")
    }

    assert other == set()


def test_dolma_counts_overlapping_runs_in_full_and_knows_no_paragraphs():
    found = dict(zip(SHARES, shares("ab c d e f g ab c d e f\n\nab", profile="dolma")[0].tolist(), strict=True))

    assert np.isnan([found.pop("duplicate_paragraph_share"), found.pop("duplicate_paragraph_characters")]).all()
    # Fifteen characters; of eight runs of five words, two are "ab c d e f": 12 of 47 characters.
    assert found == {
        "duplicate_line_share": 0.0,
        "duplicate_line_characters": 0.0,
        "top_2gram_characters": 6 / 15,
        "top_3gram_characters": 8 / 15,
        "top_4gram_characters": 10 / 15,
        "duplicate_5gram_characters": 12 / 47,
    } | {f"duplicate_{n}gram_characters": 0.0 for n in range(6, 11)}


def test_dolma_lets_more_real_pages_pass_than_dclm_and_fewer_than_datatrove(test_data):
    texts = [page["text"] for page in pages(test_data, "dclm.jsonl.gz")]

    kept = {profile: sum(passes(shares(*texts, profile=profile))) for profile in ("dclm", "dolma", "datatrove")}

    assert kept == {"dclm": 1213, "dolma": 1319, "datatrove": 1378}


def test_datatrove_decides_as_the_reference_but_for_its_words(test_data):
    texts = {page["record_id"]: page["text"] for page in pages(test_data, "dclm.jsonl.gz")}
    told = {page["record_id"]: page["gopher_repetition"] for page in pages(test_data, "datatrove.jsonl.gz")}
    kept = passes(shares(*(texts[each] for each in told), profile="datatrove"))
    other = sum(keeps != (verdict == "keep") for keeps, verdict in zip(kept, told.values(), strict=True))

    # Its words are those of spaCy, which parts contractions and keeps addresses whole.
    assert other <= len(told) * 0.02
