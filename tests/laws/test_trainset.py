"""Training sets: the same bytes for any batches, every document as often as the mixture says, rows back to pages."""

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner
from tokenizers import Tokenizer

import dclm_pipeline as dp
from dclm_pipeline.barriers.shuffle import Shuffle
from dclm_pipeline.barriers.token_budget import TokenBudget
from dclm_pipeline.cli.commands import app
from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.errors import IntegrityError, PipelineError, RecipeError
from dclm_pipeline.recipe import Recipe
from dclm_pipeline.sources.jsonl import Jsonl
from dclm_pipeline.sources.mixture import Mixture, Part
from dclm_pipeline.sources.tables import Pool
from dclm_pipeline.stages.pack import Pack
from dclm_pipeline.stages.repeat import Repeat
from dclm_pipeline.stages.sample import Sample
from dclm_pipeline.stages.tokenize import Tokenize
from dclm_pipeline.step import Step
from dclm_pipeline.trainset import open_shard
from dclm_pipeline.trainset.lineage import Piece, find_pages
from tests.engine.crawls import bytes_of

DEMO = "asset:demo-tokenizer"
LENGTH = 65
WORDS = ("the", "old", "町", "river", "Brücke", "and", "seven", "boats", "\n\n", "море")


def write_pool(folder: Path, name: str, documents: int, files: int) -> Path:
    """Make a pool of texts of a few lengths."""
    texts = folder / f"{name}-texts"
    texts.mkdir()
    for file in range(files):
        lines = []
        for row in range(file, documents, files):
            text = " ".join(WORDS[(row * 7 + word * word) % len(WORDS)] for word in range(row % 90))
            lines.append(
                f'{{"text": "{name} {row} {text}", "url": "https://{name}.example/{row}"}}'.replace("\n", "\\n")
            )
        (texts / f"part-{file}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    recipe = Recipe(name=name, source=Jsonl(), steps=[Sample(share=1.0)])
    dp.run(recipe, texts, folder / name, executor="inline", guard=False)
    return folder / name


@pytest.fixture(scope="module")
def pools(tmp_path_factory) -> Path:
    """Return a folder with two pools, web and code; nobody may write there."""
    folder = tmp_path_factory.mktemp("pools")
    write_pool(folder, "web", 120, 3)
    write_pool(folder, "code", 40, 2)
    return folder


def chain(*steps: Step) -> list[Step]:
    return [Tokenize(tokenizer=DEMO), *steps]


PLAIN = chain(Shuffle(seed=5), Pack(sequence_length=LENGTH))


def plain(**limits: object) -> Recipe:
    return Recipe(name="plain", source=Pool(), steps=PLAIN, limits=limits)


def tokens_of(pool: Path) -> list[list[int]]:
    """Return the documents of a training set, in their order: tokens up to end-of-text."""
    rows = [row for path in sorted((pool / "shards").glob("*")) for row in pq.read_table(path).to_pylist()]
    found: dict[tuple[bytes, int], dict[int, int]] = {}
    seen: Counter[bytes] = Counter()
    for row in rows:
        tokens = np.frombuffer(row["tokens"], "<u2").tolist()
        ends = [*row["starts"][1:], row["token_count"]]
        for id, start, end, offset in zip(row["doc_ids"], row["starts"], ends, row["offsets"], strict=True):
            seen[id] += offset == 0
            known = found.setdefault((id, seen[id]), {})
            known |= {offset + place: tokens[start + place] for place in range(end - start)}
    return [[known[place] for place in range(len(known))] for known in found.values()]


def texts_of(pool: Path) -> list[str]:
    tokenizer = Tokenizer.from_file(str(FetchedAssets().path(DEMO)))
    return [tokenizer.decode(tokens[:-1]) for tokens in tokens_of(pool)]


def test_every_document_stands_in_a_training_set_once(pools, tmp_path):
    dp.run(plain(), pools / "web", tmp_path / "out", executor="inline", guard=False)
    found = texts_of(tmp_path / "out")
    texts = dp.open(pools / "web").to_table()["text"].to_pylist()

    assert sorted(found) == sorted(texts)
    assert found != texts


def test_it_is_the_same_behind_a_guard_and_in_any_batches(pools, tmp_path):
    for name, guard, rows in (("a", False, 1), ("b", True, 64)):
        dp.run(
            plain(shard_bytes=6000),
            pools / "web",
            tmp_path / name / "pool",
            executor="inline",
            guard=guard,
            batch_rows=rows,
        )

    assert bytes_of(tmp_path / "a" / "pool") == bytes_of(tmp_path / "b" / "pool")


def test_only_the_last_row_of_a_shard_is_padded(pools, tmp_path):
    dp.run(plain(shard_bytes=6000), pools / "web", tmp_path / "out", executor="inline", guard=False)
    shards = [pq.read_table(path)["token_count"].to_pylist() for path in sorted((tmp_path / "out/shards").glob("*"))]

    assert {count for counts in shards for count in counts[:-1]} == {LENGTH}


def test_a_shard_is_seen_where_it_lies(pools, tmp_path):
    for way in ("none", "zstd"):
        steps = chain(Shuffle(seed=5), Pack(sequence_length=LENGTH, compression=way))
        recipe = Recipe(name="plain", source=Pool(), steps=steps)
        dp.run(recipe, pools / "web", tmp_path / way, executor="inline", guard=False)
        (path,) = (tmp_path / way / "shards").glob("*")
        shard = open_shard(path)
        expected = [np.frombuffer(value, "<u2").tolist() for value in pq.read_table(path)["tokens"].to_pylist()]

        assert (shard.rows, shard.sequence_length, shard.dtype) == (len(expected), LENGTH, np.dtype("<u2"))
        assert [row.tolist() for block in shard.blocks() for row in block] == expected
        assert shard.row(shard.rows - 1).tolist() == expected[-1]
        assert shard.documents().num_rows == shard.rows
        assert (shard.groups[0].begin >= 0) == (way == "none")


def test_many_short_rows_are_seen_where_they_lie(pools, tmp_path):
    steps = chain(Repeat(times=20), Shuffle(seed=5), Pack(sequence_length=2))
    recipe = Recipe(name="short", source=Pool(), steps=steps)
    dp.run(recipe, pools / "web", tmp_path / "out", executor="inline", guard=False)
    (path,) = (tmp_path / "out" / "shards").glob("*")
    shard = open_shard(path)
    expected = np.frombuffer(b"".join(pq.read_table(path)["tokens"].to_pylist()), "<u2").reshape(-1, 2)

    assert shard.rows > 20_000  # of which some versions of pyarrow make a page
    assert np.array_equal(np.concatenate(list(shard.blocks())), expected)


def test_tokens_in_several_pages_are_refused(tmp_path):
    schema = Pack(sequence_length=2).writes()
    rows = {"id": [bytes(16)] * 20_001, "tokens": [bytes(4)] * 20_001, "token_count": [2] * 20_001}
    rows |= {name: [[]] * 20_001 for name in ("doc_ids", "starts", "offsets")}
    pq.write_table(pa.table(rows, schema=schema), tmp_path / "a.parquet", compression="none", use_dictionary=False)

    with pytest.raises(IntegrityError, match="are not in one page"):
        open_shard(tmp_path / "a.parquet")


def test_what_is_no_shard_of_a_training_set_is_refused(pools):
    with pytest.raises(RecipeError, match="no shard of a training set"):
        open_shard(next((pools / "web" / "shards").glob("*")))


def mixed(*steps: Step, **parts: Part) -> Recipe:
    steps = (Repeat(column="times"), Shuffle(seed=2), Pack(sequence_length=LENGTH), *steps)
    return Recipe(name="mixed", source=Mixture(pools=parts), steps=chain(*steps))


def test_documents_stand_as_often_as_the_mixture_says(pools, tmp_path):
    recipe = mixed(web=Part(times=1), code=Part(times=3))
    ran = dp.run(recipe, pools, tmp_path / "out", executor="inline", guard=False)
    found = Counter(texts_of(tmp_path / "out"))
    repeat = next(step for step in ran.manifest.tally.steps if step.kind == "repeat")
    tokens = [len(tokens) for tokens in tokens_of(tmp_path / "out")]

    assert {count for text, count in found.items() if text.startswith("web")} == {1}
    assert {count for text, count in found.items() if text.startswith("code")} == {3}
    assert len(found) == 160
    assert repeat.sums["token_count"] == sum(tokens)
    assert repeat.sums["token_count"] == repeat.sums["token_count by web"] + repeat.sums["token_count by code"]


def test_copies_are_never_neighbours(pools, tmp_path):
    dp.run(mixed(web=Part(times=3)), pools, tmp_path / "out", executor="inline", guard=False)
    found = tokens_of(tmp_path / "out")

    assert all(one != other for one, other in pairwise(found))


def test_weights_share_the_size_that_pools_have_together(pools):
    recipe = mixed(web=Part(weight=1, tokens=300), code=Part(weight=3, tokens=100))
    docs = pa.Table.from_batches(
        [
            batch
            for shard in recipe.source.shards(_storage(pools))
            for batch in recipe.source.read(_storage(pools), shard, 100, 10**6)
        ]
    )

    times = dict(zip(docs["pool"].to_pylist(), docs["times"].to_pylist(), strict=True))
    assert times == pytest.approx({"web": 0.25 * 400 / 300, "code": 0.75 * 400 / 100})


@pytest.mark.parametrize(
    ("weights", "tokens", "said"),
    [
        ((1.0, 1.0), (1, 19_999), ""),
        (
            (1.0, 1.0),
            (1, 20_000),
            r"weight 1 of the pool 'web' comes to 10,000.5 times its 1 tokens.* have 20,001 and weigh 2",
        ),
        ((1e308, 1e308), (10, 10), r"weight 1e\+308 of the pool 'code' comes to 0 times its 10 tokens.* weigh inf"),
    ],
)
def test_weights_that_ask_for_more_than_ten_thousand_times_a_pool_are_refused(pools, tmp_path, weights, tokens, said):
    parts = {
        name: {"weight": weight, "tokens": count}
        for name, weight, count in zip(("web", "code"), weights, tokens, strict=True)
    }
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        yaml.safe_dump({"name": "mix", "source": {"kind": "mixture", "pools": parts}, "steps": [{"kind": "shuffle"}]})
    )
    checked = CliRunner().invoke(app, ["check", str(recipe), "--source", str(pools)])

    assert isinstance(checked.exception, RecipeError) == bool(said)
    assert re.search(said, str(checked.exception))


def _storage(place: Path):
    from dclm_pipeline.storage import open_storage

    return open_storage(str(place))


def test_a_mixture_names_whole_pools(pools, tmp_path):
    with pytest.raises(RecipeError, match="no whole pool to mix"):
        dp.run(mixed(other=Part()), pools, tmp_path / "out", executor="inline", guard=False)


def test_a_budget_is_kept_exactly_and_refused_with_the_figures(pools, tmp_path):
    recipe = mixed(TokenBudget(tokens=1000), web=Part(times=1))
    ran = dp.run(recipe, pools, tmp_path / "out", executor="inline", guard=False)
    counts = [n for path in (tmp_path / "out/shards").glob("*") for n in pq.read_table(path)["token_count"].to_pylist()]

    assert sum(count - 1 for count in counts) == 1000
    assert ran.manifest.rows == len(counts)
    recipe = mixed(TokenBudget(tokens=1_000_000), web=Part(times=1))
    with pytest.raises(PipelineError, match="1,000,000 tokens, and there are"):
        dp.run(recipe, pools, tmp_path / "more", executor="inline", guard=False)


def test_a_row_leads_to_the_pages_that_its_tokens_are_of(pools, tmp_path):
    dp.run(mixed(web=Part(), code=Part(times=2)), pools, tmp_path / "out", executor="inline", guard=False)
    row = dp.open(tmp_path / "out").to_table().to_pylist()[3]
    pieces = find_pages(str(tmp_path / "out"), row["id"].hex(), str(pools))
    found = find_pages(str(tmp_path / "out"), row["id"].hex())

    assert [(piece.document, piece.start, piece.offset) for piece in pieces] == list(
        zip(row["doc_ids"], row["starts"], row["offsets"], strict=True)
    )
    assert found == pieces
    tokenizer = Tokenizer.from_file(str(FetchedAssets().path(DEMO)))
    tokens = np.frombuffer(row["tokens"], "<u2").tolist()
    for piece in pieces:
        assert isinstance(piece, Piece)
        page = [*tokenizer.encode(piece.page["text"]).ids, 0]
        assert page[piece.offset : piece.offset + piece.tokens] == tokens[piece.start : piece.start + piece.tokens]
        assert piece.page["url"].startswith("https://")


def test_a_row_in_which_the_budget_ends_leads_to_what_counts_alone(pools, tmp_path):
    dp.run(mixed(TokenBudget(tokens=1000), web=Part()), pools, tmp_path / "out", executor="inline", guard=False)
    rows = dp.open(tmp_path / "out").to_table().to_pylist()
    for row in rows:
        pieces = find_pages(str(tmp_path / "out"), row["id"].hex())

        assert sum(piece.tokens for piece in pieces) == row["token_count"]
        assert [piece.start for piece in pieces] == [start for start in row["starts"] if start < row["token_count"]]
        assert all(piece.tokens > 0 for piece in pieces)
    assert any(row["starts"][-1] >= row["token_count"] for row in rows)
