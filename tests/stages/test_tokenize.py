import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

import dclm_pipeline as dp
from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.tokenize import Tokenize
from dclm_pipeline.step import Needs

DEMO = "asset:demo-tokenizer"
TOKENIZE = Tokenize(tokenizer=DEMO)
OPENED = TOKENIZE.open(FetchedAssets())
PLAIN = Tokenizer.from_file(str(FetchedAssets().path(DEMO)))
END = 0


def tokens_of(table: pa.Table, dtype: str = "<u2") -> list[list[int]]:
    """Return the tokens of each document."""
    return [np.frombuffer(value, dtype).tolist() for value in table["tokens"].to_pylist()]


@given(st.lists(st.text(), min_size=1, max_size=8))
def test_tokens_are_those_of_the_tokenizer_and_end_of_text(texts):
    docs = pa.record_batch({"text": pa.array(texts, pa.large_string())})
    found = OPENED.columns(docs).arrays

    expected = [[*PLAIN.encode(text).ids, END] for text in texts]
    assert tokens_of(pa.table(dict(found))) == expected
    assert found["token_count"].to_pylist() == [len(tokens) for tokens in expected]
    assert [PLAIN.decode(tokens[:-1]) for tokens in expected] == texts


def test_what_a_page_writes_of_special_tokens_are_letters():
    applied = dp.apply([TOKENIZE], ["one<|endoftext|>two"])

    (tokens,) = tokens_of(applied.docs)
    assert tokens.count(END) == 1
    assert tokens[-1] == END


@pytest.mark.parametrize("text", ["", "short", "文字とことば", "long " * 10_000])
def test_more_threads_give_the_same_tokens(text):
    one = dp.apply([TOKENIZE], [text] * 3)
    more = dp.apply([TOKENIZE.model_copy(update={"needs": Needs(cpu=2)})], [text] * 3)

    assert one.docs.equals(more.docs)


def test_an_empty_text_is_end_of_text_alone():
    assert tokens_of(dp.apply([TOKENIZE], [""]).docs) == [[END]]


def test_a_document_without_a_text_fails():
    applied = dp.apply([TOKENIZE], pa.table({"text": pa.array(["one", None], pa.large_string())}))

    assert applied.docs.num_rows == 1
    assert applied.rejects["reason"].to_pylist() == ["no text"]


def test_four_bytes_hold_the_same_tokens():
    narrow, wide = dp.apply([TOKENIZE], ["one two"]), dp.apply([Tokenize(tokenizer=DEMO, dtype="uint32")], ["one two"])

    assert tokens_of(wide.docs, "<u4") == tokens_of(narrow.docs)


def test_tokens_are_counted_in_the_tally_by_pool():
    docs = pa.table(
        {"text": pa.array(["one", "two three"], pa.large_string()), "pool": pa.array(["web", "code"], pa.string())}
    )
    applied = dp.apply([TOKENIZE], docs)
    first, second = applied.docs["token_count"].to_pylist()

    sums = {"token_count": first + second, "token_count by web": first, "token_count by code": second}
    assert dict(applied.tally.steps[0].sums) == sums


def test_a_tokenizer_without_the_special_token_is_refused():
    with pytest.raises(RecipeError, match=r"has no token '</s>'.*<\|endoftext\|>"):
        dp.apply([Tokenize(tokenizer=DEMO, end_of_text="</s>")], ["one"])


def test_more_tokens_than_two_bytes_name_are_refused(tmp_path):
    values = json.loads(PLAIN.to_str())
    values["added_tokens"][0] |= {"id": 70_000}
    values["model"]["vocab"]["<|endoftext|>"] = 70_000
    place = tmp_path / "large.json"
    place.write_text(json.dumps(values))

    with pytest.raises(RecipeError, match="dtype: uint32"):
        dp.apply([Tokenize(tokenizer=str(place))], ["one"])
    assert tokens_of(dp.apply([Tokenize(tokenizer=str(place), dtype="uint32")], [""]).docs, "<u4") == [[70_000]]


def test_what_is_no_tokenizer_is_refused(tmp_path):
    place = tmp_path / "other.json"
    place.write_text("{}")

    with pytest.raises(RecipeError, match="is no tokenizer"):
        dp.apply([Tokenize(tokenizer=str(place))], ["one"])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("EleutherAI/gpt-neox-20b", "hf://EleutherAI/gpt-neox-20b@main/tokenizer.json"),
        ("a/b@v1#sha256=00", "hf://a/b@v1/tokenizer.json#sha256=00"),
        ("folder/tokenizer.json", "folder/tokenizer.json"),
        ("tokenizer.json", "tokenizer.json"),
        ("./a/b", "./a/b"),
        ("https://host/tokenizer.json#sha256=00", "https://host/tokenizer.json#sha256=00"),
    ],
)
def test_an_id_of_the_hub_is_the_place_of_its_file(written, meant):
    assert Tokenize(tokenizer=written).tokenizer == meant


def unigrams() -> Tokenizer:
    """Return a tokenizer as those of T5 and XLM-R are: its pieces have a `</s>` among them."""
    pieces = [("<unk>", 0.0), ("</s>", 0.0), *((letter, -5.0) for letter in "▁abcdefghijklmnopqrstuvwxyz</>")]
    made = Tokenizer(models.Unigram(pieces, unk_id=0))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.add_special_tokens(["</s>"])
    return made


def words() -> Tokenizer:
    """Return a tokenizer of whole words."""
    made = Tokenizer(models.WordLevel({"[UNK]": 0, "</s>": 1}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.add_special_tokens(["</s>"])
    return made


def added() -> Tokenizer:
    """Return a tokenizer whose end-of-text is a token that it looks for in texts."""
    made = Tokenizer(models.BPE({"a": 0, "</s>": 1}, []))
    made.add_tokens([AddedToken("</s>", special=False)])
    return made


@pytest.mark.parametrize("tokenizer", [unigrams(), words(), added()])
def test_a_page_that_a_tokenizer_would_end_is_a_reject(tokenizer, tmp_path):
    place = tmp_path / "tokenizer.json"
    tokenizer.save(str(place))
    applied = dp.apply([Tokenize(tokenizer=str(place), end_of_text="</s>")], ["a", "a </s> a", "", "a </s>"])

    assert applied.rejects["reason"].to_pylist() == ["end-of-text within"] * 2
    assert [tokens.count(1) for tokens in tokens_of(applied.docs)] == [1, 1]
