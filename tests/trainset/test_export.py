"""Exports: read back by other readers, done once, gone on with where they stopped, of any place."""

import gzip
import hashlib
import json
import struct
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.storage import open_storage
from dclm_pipeline.storage.local import LocalStorage
from dclm_pipeline.storage.memory import MemoryStorage
from dclm_pipeline.trainset.export import Exported, Flat, JsonLines, Megatron, WebDataset
from dclm_pipeline.trainset.export import export as export_pool
from dclm_pipeline.trainset.packed import PackedPool
from dclm_pipeline.trainset.vocabulary import find_tokenizer
from stand_ins.stores import new_bucket
from tests.laws.test_trainset import plain, pools  # noqa: F401 - a fixture
from tests.trainset.packs import made_up_rows, rows_of, write_pack

SHARDS = [13, 0, 5, 16]
LENGTH = 9


@pytest.fixture(scope="module")
def pack(tmp_path_factory) -> str:
    """Return a training set of 34 rows; nobody may write there."""
    return str(write_pack(tmp_path_factory.mktemp("pack") / "pool", SHARDS, LENGTH))


def export(place: str, *more, **named) -> Exported:
    return export_pool(PackedPool(place), *more, **named)


def counts() -> list[int]:
    return [row["token_count"] for number, rows in enumerate(SHARDS) for row in made_up_rows(number, rows, 9, "uint16")]


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def read_megatron(stem: Path) -> list[list[int]]:
    """Read sequences by the layout of Megatron's index, as its readers do."""
    index, data = stem.with_suffix(".idx").read_bytes(), stem.with_suffix(".bin").read_bytes()
    magic, version, code, sequences, documents = struct.unpack_from("<9sQBQQ", index)
    assert (magic, version, documents) == (b"MMIDIDX\0\0", 1, sequences + 1)
    sizes = np.frombuffer(index, "<i4", sequences, 34)
    begins = np.frombuffer(index, "<i8", sequences, 34 + 4 * sequences)
    ends = np.frombuffer(index, "<i8", documents, 34 + 12 * sequences)
    assert len(index) == 34 + 12 * sequences + 8 * documents
    assert ends.tolist() == list(range(documents))
    dtype = {8: "<u2", 4: "<i4"}[code]
    return [
        np.frombuffer(data, dtype, size, begin).tolist() for size, begin in zip(sizes, begins.tolist(), strict=True)
    ]


@pytest.mark.parametrize("dtype", ["uint16", "uint32"])
@pytest.mark.parametrize("part_rows", [0, 10])
def test_megatron_reads_rows_without_padding(tmp_path, dtype, part_rows):
    write_pack(tmp_path / "pool", SHARDS, LENGTH, dtype=dtype)
    export(str(tmp_path / "pool"), str(tmp_path / "out"), Megatron(part_rows))
    stems = sorted(path.with_suffix("") for path in (tmp_path / "out").glob("*.bin"))
    found = [row for stem in stems for row in read_megatron(stem)]

    assert found == [row[:count] for row, count in zip(rows_of(SHARDS, LENGTH), counts(), strict=True)]
    assert len(stems) == (4 if part_rows else 1)


def test_a_token_that_megatron_has_no_number_for_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.trainset.packs.made_up_rows", _rows_with(2**31))
    write_pack(tmp_path / "pool", [3], LENGTH, dtype="uint32")
    with pytest.raises(RecipeError, match="a token is 2147483648"):
        export(str(tmp_path / "pool"), str(tmp_path / "out"), Megatron())


def _rows_with(token: int):
    def rows(shard, rows, length, dtype):
        made = made_up_rows(shard, rows, length, dtype)
        return [row | {"tokens": np.full(length, token, dtype).tobytes()} for row in made]

    return rows


@pytest.mark.parametrize("part_rows", [0, 10])
def test_numpy_maps_flat_arrays(pack, tmp_path, part_rows):
    export(pack, str(tmp_path), Flat(part_rows))
    arrays = [np.load(path, mmap_mode="r") for path in sorted(tmp_path.glob("tokens-*.npy"))]
    told = [np.load(path) for path in sorted(tmp_path.glob("counts-*.npy"))]

    assert {array.dtype for array in arrays} == {np.dtype("<u2")}
    assert np.concatenate(arrays).tolist() == rows_of(SHARDS, LENGTH)
    assert np.concatenate(told).tolist() == counts()


def test_tars_are_those_of_dclm(pack, tmp_path):
    export(pack, str(tmp_path), WebDataset(10))
    lines = [json.loads(line) for line in (tmp_path / "manifest.jsonl").read_text().splitlines()]
    rows = []
    for line in lines:
        with tarfile.open(tmp_path / f"{line['shard']}.tar") as tar:
            members = [(member.name, json.loads(gzip.decompress(tar.extractfile(member).read()))) for member in tar]
        assert len(members) == line["num_sequences"]
        rows += members

    assert lines == [{"shard": f"shard_{n:08d}", "num_sequences": size} for n, size in enumerate([10, 10, 10, 4])]
    assert [tokens for _, tokens in rows] == rows_of(SHARDS, LENGTH)
    assert all(name == f"{name[:32]}.json.gz" for name, _ in rows)
    assert len({name for name, _ in rows}) == 34


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it does not close what it opened
def test_the_library_webdataset_reads_the_tars(pack, tmp_path):
    webdataset = pytest.importorskip("webdataset", reason="webdataset is not installed")
    export(pack, str(tmp_path), WebDataset(40))
    dataset = webdataset.WebDataset(str(tmp_path / "shard_00000000.tar"), shardshuffle=False)

    assert [json.loads(gzip.decompress(sample["json.gz"])) for sample in dataset] == rows_of(SHARDS, LENGTH)


def json_lines() -> JsonLines:
    path = FetchedAssets().path("asset:demo-tokenizer")
    return JsonLines(Tokenizer.from_file(str(path)), hashlib.sha256(path.read_bytes()).hexdigest())


def test_lines_have_the_texts_that_the_training_set_was_made_of(pools, tmp_path):  # noqa: F811
    import dclm_pipeline as dp

    dp.run(plain(shard_bytes=6000), pools / "web", tmp_path / "set", executor="inline", guard=False)
    export(str(tmp_path / "set"), str(tmp_path / "out"), json_lines())
    lines = [json.loads(line) for path in (tmp_path / "out").glob("text-*") for line in path.read_text().splitlines()]
    texts = dp.open(pools / "web").to_table(columns=["id", "text"]).to_pylist()

    assert {line["id"]: line["text"] for line in lines} == {row["id"].hex(): row["text"] for row in texts}
    assert len(lines) == len(texts)
    assert {line["offset"] for line in lines} == {0}


def test_a_tokenizer_that_nothing_names_must_be_named(pack):
    manifest = PackedPool(pack).manifest
    absent = replace(manifest, recipe={"steps": [{"kind": "tokenize", "tokenizer": f"sha256:{'0' * 64}"}]})
    for one, wrong in ((manifest, "does not say what made its tokens"), (absent, "is not on this machine")):
        with pytest.raises(RecipeError, match=wrong):
            find_tokenizer(one)


def test_an_export_names_its_files_and_is_made_once(pack, tmp_path):
    told: list[int] = []
    made = export(pack, str(tmp_path), Flat(10), told.append)
    before = files_below(tmp_path)
    again = export(pack, str(tmp_path), Flat(10))

    assert again == made
    assert told[-1] == 34
    assert files_below(tmp_path) == before
    named = {file.path: (file.bytes, file.sha256) for file in made.files}
    assert {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in before.items()} == named | {
        "export.json": (len(before["export.json"]), hashlib.sha256(before["export.json"]).hexdigest())
    }


def test_an_export_that_broke_off_goes_on_and_is_the_same(pack, tmp_path, monkeypatch):
    export(pack, str(tmp_path / "whole"), WebDataset(5))
    put, puts = LocalStorage.put_file, []

    def failing(self, path, local):
        if len(puts) == 3:
            raise KeyboardInterrupt
        puts.append(path)
        put(self, path, local)

    with monkeypatch.context() as patch:
        patch.setattr(LocalStorage, "put_file", failing)
        with pytest.raises(KeyboardInterrupt):
            export(pack, str(tmp_path / "out"), WebDataset(5))
    (tmp_path / "out" / puts[1]).unlink()
    patched = []
    monkeypatch.setattr(LocalStorage, "put_file", lambda *more: (patched.append(more[1]), put(*more)))
    export(pack, str(tmp_path / "out"), WebDataset(5))

    assert patched == [f"shard_{number:08d}.tar" for number in (1, 3, 4, 5, 6)]
    assert files_below(tmp_path / "out") == files_below(tmp_path / "whole")


def test_places_that_hold_something_else_are_left_alone(pack, tmp_path):
    export(pack, str(tmp_path / "tars"), WebDataset())
    for place, form, wrong in (
        (tmp_path / "tars", Flat(), "holds another export"),
        (Path(pack), Flat(), "is not empty"),
        (tmp_path / "begun", Flat(), "was begun here and not finished"),
        (tmp_path / "broken", Flat(), "is no JSON"),
    ):
        open_storage(str(tmp_path / "begun")).put("export-begun.json", b'{"key": "other"}')
        open_storage(str(tmp_path / "broken")).put("export-begun.json", b"{")
        with pytest.raises((RecipeError, IntegrityError), match=wrong):
            export(pack, str(place), form)


def test_a_pool_that_lost_rows_is_not_exported(tmp_path):
    write_pack("memory://lost/pool", [20, 20])
    storage = open_storage("memory://lost/pool")
    path = sorted(entry.path for entry in storage.entries("shards/"))[1]
    write_pack("memory://lost/other", [12])
    other = open_storage("memory://lost/other")
    (short,) = (entry.path for entry in other.entries("shards/"))
    storage.put(path, other.read(short))
    with pytest.raises(IntegrityError):
        export("memory://lost/pool", str(tmp_path), Flat())
    MemoryStorage.forget("lost")

    assert [path.name for path in tmp_path.iterdir()] == ["export-begun.json"]


def test_an_export_goes_from_store_to_store(pack, tmp_path, store):
    bucket = new_bucket(store)
    write_pack(bucket.replace("?", "/pool?"), SHARDS, LENGTH)
    made = export(bucket.replace("?", "/pool?"), bucket.replace("?", "/out?"), Megatron(), scratch=str(tmp_path))
    here = export(pack, str(tmp_path / "here"), Megatron())

    assert made == here
    assert [entry.path for entry in open_storage(bucket.replace("?", "/out?")).entries()] == [
        "export.json",
        "tokens-00000.bin",
        "tokens-00000.idx",
    ]
