"""What a mixture says is what stands in a training set: any factors, weights and pools."""

from collections import Counter
from math import floor

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dclm_pipeline as dp
from dclm_pipeline.barriers.shuffle import Shuffle
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.ids import document_id
from dclm_pipeline.pools.manifest import read_manifest
from dclm_pipeline.sources.mixture import MOST_TIMES, Mixture, Part
from dclm_pipeline.stages.pack import Pack
from dclm_pipeline.stages.repeat import Repeat
from dclm_pipeline.storage import open_storage
from tests.laws.test_trainset import write_pool

NAMES = ("web", "code", "books")
FACTORS = st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0, 2.5, 7.0])
POOLS = st.dictionaries(
    st.sampled_from(NAMES), st.tuples(FACTORS, st.lists(st.integers(0, 25), max_size=8)), min_size=1
)


def documents_of(pools: dict[str, tuple[float, list[int]]]) -> pa.Table:
    """Return tokenized documents; those at one place of several pools have one id, and tokens of their own."""
    rows = [
        {
            "id": document_id("pool", str(place)),
            "pool": name,
            "times": times,
            "tokens": np.array(
                [1 + 1000 * NAMES.index(name) + place % 40] * max(0, size - 1) + [0] * (size > 0), "<u2"
            ).tobytes(),
            "token_count": size,
        }
        for name, (times, sizes) in pools.items()
        for place, size in enumerate(sizes)
    ]
    fields = [("id", pa.binary(16)), ("pool", pa.string()), ("times", pa.float64())]
    schema = pa.schema([*fields, ("tokens", pa.large_binary()), ("token_count", pa.int32())])
    return pa.Table.from_pylist(rows, schema=schema)


def pieces_of(packed: pa.Table) -> Counter[tuple[bytes, int, int]]:
    """Count the tokens of rows by document, first token and offset, padding left out."""
    found: Counter[tuple[bytes, int, int]] = Counter()
    for row in packed.to_pylist():
        tokens = np.frombuffer(row["tokens"], "<u2").tolist()
        ends = [*row["starts"][1:], row["token_count"]]
        for id, start, end, offset in zip(row["doc_ids"], row["starts"], ends, row["offsets"], strict=True):
            found.update((id, tokens[start + place], offset + place) for place in range(end - start))
    return found


@pytest.mark.parametrize("fit", ["greedy", "best"])
@given(POOLS, st.sampled_from([0.5, 1.0, 2.0]), st.integers(0, 2))
@settings(max_examples=25)
def test_every_token_stands_there_as_often_as_the_factors_say(fit, pools, times, seed):
    docs = documents_of(pools)
    steps = [Repeat(column="times", times=times, seed=seed), Shuffle(seed=seed), Pack(sequence_length=8, fit=fit)]
    found = pieces_of(dp.apply(steps, docs).docs)

    for row in docs.to_pylist():
        tokens = np.frombuffer(row["tokens"], "<u2").tolist()
        # Documents of one token are end-of-text alone, and cannot be told from those of another pool.
        if len(tokens) < 2:
            continue
        counts = {found[row["id"], token, place] for place, token in enumerate(tokens[:-1])}
        factor = row["times"] * times
        assert len(counts) == 1
        assert counts <= {floor(factor), floor(factor) + (factor > floor(factor))}


@given(st.integers(0, 5), st.sampled_from([0.1, 0.5, 2.25]))
@settings(max_examples=10)
def test_fractions_come_to_what_they_say(seed, factor):
    docs = documents_of({"web": (factor, [2] * 2000)})
    copies = dp.apply([Repeat(column="times", seed=seed)], docs).docs.num_rows

    part = factor % 1
    assert abs(copies - 2000 * factor) < 5 * (2000 * part * (1 - part)) ** 0.5


@pytest.fixture(scope="module")
def pools(tmp_path_factory):
    """Return a folder of three pools of texts."""
    folder = tmp_path_factory.mktemp("pools")
    for number, name in enumerate(NAMES):
        write_pool(folder, name, 5 + 20 * number, 1)
    return folder


@given(
    st.dictionaries(st.sampled_from(NAMES), st.floats(0.001, 1000), min_size=1),
    st.none() | st.lists(st.integers(1, 10**12), min_size=3, max_size=3),
)
@settings(max_examples=20)
def test_pools_keep_the_size_that_they_have_together_and_share_it_by_weight(pools, weights, tokens):
    storage = open_storage(str(pools))
    parts = {name: Part(weight=weight, tokens=tokens and tokens[NAMES.index(name)]) for name, weight in weights.items()}
    source = Mixture(pools=parts)
    own = {
        name: tokens[NAMES.index(name)] if tokens else sum(file.text_bytes for file in shards)
        for name in weights
        for shards in [read_manifest(open_storage(str(pools / name))).shards]
    }
    factors = [weights[name] / sum(weights.values()) * sum(own.values()) / own[name] for name in weights]
    if max(factors) > MOST_TIMES:
        with pytest.raises(RecipeError, match="10,000 times at most"):
            list(source.shards(storage))
        return
    times = {
        batch["pool"][0].as_py(): batch["times"][0].as_py()
        for shard in source.shards(storage)
        for batch in source.read(storage, shard, 10, 10**6)
    }

    assert {name: times[name] * own[name] for name in weights} == pytest.approx(
        {name: weight / sum(weights.values()) * sum(own.values()) for name, weight in weights.items()}
    )
