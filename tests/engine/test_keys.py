import hashlib
import importlib
import sys
import unicodedata
from pathlib import Path

import pytest

import dclm_pipeline as dp
from dclm_pipeline.engine import versions
from dclm_pipeline.engine.assets.bundled import find_bundled
from dclm_pipeline.engine.keys import describe_step, segment_key
from dclm_pipeline.engine.segments import cut_chain
from dclm_pipeline.engine.versions import libraries_of, library_version
from dclm_pipeline.recipe import Limits
from dclm_pipeline.recipe.model import named
from dclm_pipeline.schema import PAGE, without
from dclm_pipeline.sources.warc import Warc
from dclm_pipeline.stages import BUILTIN
from dclm_pipeline.stages.bad_words import BadWords
from dclm_pipeline.stages.decode import Decode
from dclm_pipeline.stages.extract import Extract
from dclm_pipeline.stages.rewrite import RewriteText
from dclm_pipeline.stages.rights import Rights
from dclm_pipeline.stages.sample import Sample
from dclm_pipeline.stages.transformer_score import TransformerScore
from dclm_pipeline.step import BUNDLED, Needs
from tests.engine.crawls import run_inline
from tests.sources.writing import http, info, page, record

MODULE = """
from typing import Literal
from dclm_pipeline.stages.sample import Sample

class Mine(Sample):
    kind: Literal["mine"] = "mine"

    def keep(self, docs):
        return {answer}
"""


@pytest.fixture
def described(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def describe(answer):
        (tmp_path / "mine_in_a_test.py").write_text(MODULE.format(answer=answer))
        sys.modules.pop("mine_in_a_test", None)
        importlib.invalidate_caches()
        module = importlib.import_module("mine_in_a_test")
        return describe_step(module.Mine(share=0.5), str, {})

    yield describe
    sys.modules.pop("mine_in_a_test", None)


def test_a_class_of_a_users_own_is_known_by_its_code(described):
    import linecache

    first = described("docs")
    linecache.clearcache()
    second = described("not docs")

    assert first["code"] != second["code"]


def test_our_own_steps_are_known_by_their_revision():
    assert "code" not in describe_step(Sample(share=0.5), str, {})


def test_what_a_step_asks_of_the_machine_is_in_no_key():
    more = Needs(cpu=4, memory=2**30, gpu=1)

    assert describe_step(Sample(share=0.5, needs=more), str, {}) == describe_step(Sample(share=0.5), str, {})


def test_on_what_a_transformer_computes_is_in_its_key():
    def described(**needs):
        files = {"config": "c", "weights": "w", "tokenizer": "t"}
        return describe_step(TransformerScore(**files, needs=Needs(**needs)), str, {}).get("computed_on")

    assert [described(), described(cpu=0.5), described(memory=1)] == [None] * 3
    assert [described(cpu=4), described(cpu=4, gpu=0.5), described(gpu=1)] == ["4 cores", "gpu", "gpu"]


def test_material_of_the_source_that_nobody_looks_at_is_not_in_the_key():
    def key(schema, *steps):
        (segment,) = cut_chain(schema, named([Decode(), *steps]), ("url", *steps[0].writes().names), 0.0, 0)
        return segment_key(segment, Warc(), Limits(), {}, str)

    without_rights = without(PAGE, frozenset({"http_rights"}))
    extract, rights = Extract(save=False), Rights()

    assert key(PAGE, extract) == key(without_rights, extract)
    assert key(PAGE, extract) != key(PAGE, rights)


def test_what_servers_say_of_rights_reaches_the_step_that_reads_it(tmp_path):
    pages = [http(page("x"), "X-Robots-Tag: noai"), http(page("y"))]
    records = [record("response", f"https://example.com/{i}", block) for i, block in enumerate(pages)]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.warc").write_bytes(b"".join([info(), *records]))
    where = "{column: rights_robots, equals: noai}"
    recipe = f"name: a\nsource: warc\nsteps: [rights, extract, {{kind: drop_if, where: {where}}}]\n"
    ran = run_inline(recipe, tmp_path / "in", tmp_path / "out" / "pool")
    table = dp.open(tmp_path / "out" / "pool").to_table()

    assert ran.manifest.rows == 1
    assert table["url"].to_pylist() == ["https://example.com/1"]
    assert {"html", "http_rights"} & set(table.schema.names) == set()


@pytest.mark.parametrize(
    "step",
    [
        {"kind": "bad_words"},
        {"kind": "count_words"},
        {"kind": "line_filter", "rules": [{"rule": "uppercase", "most": 0.5}]},
        {"kind": "line_matches", "rules": [{"rule": "uppercase", "most": 0.5}]},
        {"kind": "repetition"},
        {"kind": "rewrite", "unseen": True},
        {"kind": "signals"},
        {"kind": "url_filter", "by": "word", "terms": ["a"]},
        {"kind": "words_removed"},
    ],
    ids=lambda step: step["kind"],
)
def test_what_goes_by_the_characters_of_python_is_keyed_by_its_tables_of_unicode(step, monkeypatch):
    kinds = {kind.model_fields["kind"].default: kind for kind in BUILTIN}
    steps = [kinds[step["kind"]](**step)]
    library_version.cache_clear()
    now = libraries_of(None, steps)
    monkeypatch.setattr(unicodedata, "unidata_version", "99.0.0")
    library_version.cache_clear()
    then = libraries_of(None, steps)
    library_version.cache_clear()

    assert now["unicode"] != "99.0.0"
    assert then == now | {"unicode": "99.0.0"}


BUNDLED_BY = [
    (BadWords(), "stages/shipped_lists/bad_words_en.txt"),
    (BadWords(lists={}, words=("x",)), "kernels/word_break.txt"),
    (RewriteText(urls="mended"), "stages/shipped_lists/top_level_domains.txt"),
    (Extract(engine="blocks"), "kernels/main_content/extractor-4.npz"),
    (Extract(engine="blocks", model="mine.npz"), "kernels/word_break.txt"),
]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return the folder from which files of the package are read: a copy of them that a test may change."""
    for _, name in BUNDLED_BY:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(Path(dp.__file__).parent.joinpath(name).read_bytes())
    monkeypatch.setattr(versions, "_PACKAGE", tmp_path)
    library_version.cache_clear()
    yield tmp_path
    library_version.cache_clear()


def key_of_text(step):
    steps = [
        Decode(),
        *([] if step.kind == "extract" else [Extract(save=False)]),
        step.model_copy(update={"save": False}),
    ]
    (segment,) = cut_chain(PAGE, named(steps), ("url", "text"), 0.0, 0)
    return segment_key(segment, Warc(), Limits(), {}, str)


@pytest.mark.parametrize(("step", "name"), BUNDLED_BY, ids=[f"{step.kind} {name}" for step, name in BUNDLED_BY])
def test_a_file_of_the_package_that_changed_changes_the_key(package, step, name):
    library_version.cache_clear()
    before = key_of_text(step)
    versions = libraries_of(None, [step])
    package.joinpath(name).write_bytes(b"changed")
    library_version.cache_clear()

    assert key_of_text(step) != before
    assert libraries_of(None, [step]) == versions | {f"{BUNDLED}{name}": hashlib.sha256(b"changed").hexdigest()}


@pytest.mark.parametrize(
    "step", [BadWords(lists={"de": "x"}), RewriteText(newlines=2), RewriteText(urls="dclm", domains="x"), Extract()]
)
def test_a_list_or_model_that_is_not_looked_at_is_not_in_the_key(step):
    assert {name for name in libraries_of(None, [step]) if name.startswith(BUNDLED)} <= {
        f"{BUNDLED}kernels/word_break.txt"
    }


def test_every_file_of_the_package_that_decides_something_is_known_by_its_digest():
    root = Path(dp.__file__).parent
    there = [
        path for path in root.rglob("*") if path.is_file() and path.suffix in (".txt", ".npz", ".ftz", ".bin", ".json")
    ]
    known = {name for step, _ in BUNDLED_BY for name in libraries_of(None, [step])}

    assert [
        path.relative_to(root).as_posix()
        for path in there
        if f"{BUNDLED}{path.relative_to(root).as_posix()}" not in known
        and find_bundled(hashlib.sha256(path.read_bytes()).hexdigest()) != path
    ] == []
