"""Tokenizers as they are published: GPT-NeoX's kind, made here, from every place that a recipe can name."""

import hashlib
import json
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer, pre_tokenizers

import dclm_pipeline as dp
from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.engine.assets.pull import copy_to_mirror, pull
from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.stages.tokenize import Tokenize
from tests.storage.serving import serving

END, LEARNT = "<|endoftext|>", 50_254
KINDS = {"uint16": "<u2", "uint32": "<u4"}
TEXTS = st.lists(st.text(max_size=30) | st.text("etaoin shr\n", max_size=60), min_size=1, max_size=6)


def published(learnt: int = LEARNT) -> str:
    """Return the JSON of a tokenizer: byte-level pairs, NFC, two special tokens first, runs of blanks added last."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = [END, "<|padding|>", *letters]
    known, joined = set(tokens), ["Ġ", *"etaoinshrdlu"]
    merges: list[list[str]] = []
    luck = np.random.default_rng(0)
    while len(tokens) < learnt:
        for left, right in luck.integers(0, len(joined), (learnt, 2)).tolist():
            made = joined[left] + joined[right]
            if made not in known and len(made) < 12 and len(tokens) < learnt:
                known.add(made)
                tokens.append(made)
                joined.append(made)
                merges.append([joined[left], joined[right]])
    blanks = [" " * count for count in range(24, 1, -1)]
    added = [(0, END, True), (1, "<|padding|>", True)]
    added += [(learnt + place, text, False) for place, text in enumerate(blanks)]
    flags = {"single_word": False, "lstrip": False, "rstrip": False}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return json.dumps(
        {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [
                {"id": id, "content": text, "normalized": not special, "special": special, **flags}
                for id, text, special in added
            ],
            "normalizer": {"type": "NFC"},
            "pre_tokenizer": byte_level,
            "post_processor": byte_level,
            "decoder": byte_level,
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": None,
                "continuing_subword_prefix": None,
                "end_of_word_suffix": None,
                "fuse_unk": False,
                "vocab": {token: place for place, token in enumerate(tokens)},
                "merges": merges,
            },
        }
    )


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    """Return the path of a tokenizer of 50,277 tokens."""
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    path.write_text(published(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def both(tokenizer):
    """Return the library's tokenizer, and ours opened for each width."""
    library = Tokenizer.from_file(str(tokenizer))
    library.encode_special_tokens = True
    return library, {
        dtype: Tokenize(tokenizer=str(tokenizer), dtype=dtype).open(FetchedAssets()) for dtype in sorted(KINDS)
    }


@pytest.mark.parametrize("dtype", sorted(KINDS))
@given(texts=TEXTS)
@example(texts=["the  old \n\n river", " " * 30, f"a{END}b", "", "e\u0301té", "町\U0001f9d1\u200d\U0001f680"])
def test_tokens_are_those_of_the_library(both, dtype, texts):
    library, opened = both
    found = opened[dtype].columns(pa.record_batch({"text": pa.array(texts, pa.large_string())})).arrays

    tokens = [np.frombuffer(value, KINDS[dtype]).tolist() for value in found["tokens"].to_pylist()]
    assert tokens == [[*library.encode(text, add_special_tokens=False).ids, 0] for text in texts]
    assert all(0 not in row[:-1] for row in tokens)


def test_it_has_long_tokens_and_runs_of_blanks(both):
    library, _ = both
    ids = library.encode("the rain   in these" + " " * 24).ids

    assert library.get_vocab_size() == LEARNT + 23
    assert {LEARNT, LEARNT + 21} <= set(ids)
    assert len(ids) < 20


def test_a_path_an_address_and_an_id_of_the_hub_name_the_same_tokenizer(tokenizer, tmp_path, monkeypatch):
    monkeypatch.delenv("DCLM_ASSET_MIRROR", raising=False)
    data = tokenizer.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    texts = ["the river   and the town", "町 море", ""]
    found = [dp.apply([Tokenize(tokenizer=str(tokenizer))], texts).docs]
    with serving({"t.json": data, "EleutherAI/gpt-neox-20b/resolve/main/tokenizer.json": data}) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        for place in (f"{served.url}t.json", "EleutherAI/gpt-neox-20b", "EleutherAI/gpt-neox-20b@main"):
            monkeypatch.setenv("DCLM_ASSET_CACHE", str(tmp_path / f"cache-{len(found)}"))
            step = Tokenize(tokenizer=f"{place}#sha256={digest}")
            pulled = pull(FetchedAssets().asset(step.tokenizer), "", lambda size, whole: None)
            found.append(dp.apply([step], texts).docs)
        copy_to_mirror(pulled, str(tmp_path / "mirror"))
        asked = {path for _, path, _ in served.asked}
    monkeypatch.setenv("DCLM_ASSET_CACHE", str(tmp_path / "empty"))
    monkeypatch.setenv("DCLM_ASSET_MIRROR", str(tmp_path / "mirror"))
    found.append(dp.apply([step], texts).docs)

    assert len(found) == 5
    assert all(one.equals(other) for one, other in pairwise(found))
    assert asked == {"/t.json", "/EleutherAI/gpt-neox-20b/resolve/main/tokenizer.json"}


def test_another_file_than_the_digest_says_is_refused(tokenizer, tmp_path, monkeypatch):
    monkeypatch.setenv("DCLM_ASSET_CACHE", str(tmp_path / "cache"))
    with serving({"t.json": tokenizer.read_bytes()}) as served:
        asset = FetchedAssets().asset(f"{served.url}t.json#sha256={'0' * 64}")
        with pytest.raises(IntegrityError, match="0000000000"):
            pull(asset, "", lambda size, whole: None)


def test_added_tokens_that_two_bytes_cannot_name_are_refused_and_four_can(tmp_path):
    place = tmp_path / "tokenizer.json"
    place.write_text(published(2**16 - 10), encoding="utf-8")

    with pytest.raises(RecipeError, match=r"tokens up to 65,548, and uint16 holds 65,535; say dtype: uint32"):
        dp.apply([Tokenize(tokenizer=str(place))], ["one"])
    (tokens,) = dp.apply([Tokenize(tokenizer=str(place), dtype="uint32")], ["  "]).docs["tokens"].to_pylist()
    assert np.frombuffer(tokens, "<u4").tolist() == [2**16 - 10 + 22, 0]
