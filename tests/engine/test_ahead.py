"""Kernels are there before documents are; each case in a process of its own, since modules stay loaded."""

import json
import subprocess
import sys

import pytest

from dclm_pipeline.engine.child.nurseries import Nurseries
from dclm_pipeline.recipe.shipped import shipped_recipes
from tests.engine.crawls import EXTRACT, run_inline

LOADED = """
import sys
def loaded():
    return sorted(name.rpartition(".")[2] for name in sys.modules if name.startswith("dclm_pipeline.kernels."))
"""

OF_STEPS = """
from dclm_pipeline.engine.child.ahead import kernels_of, load_kernels
from dclm_pipeline.stages.between import Between
from dclm_pipeline.stages.repetition import Repetition
"""

OF_A_RUN = """
from pathlib import Path
from dclm_pipeline.api import run
from dclm_pipeline.engine.child import programs
from dclm_pipeline.recipe import load_recipe
recipe, crawl, out = sys.argv[1:]
# What reading and the engine itself compute with is no step's.
run(load_recipe(Path(out, "nothing.yaml")), crawl, Path(out, "first"), executor="inline", guard=False)
before = set(loaded())
ahead = set()
load = programs.load_kernels
def watched(kernels):
    load(kernels)
    ahead.update(loaded())
programs.load_kernels = watched
run(recipe, crawl, Path(out, "second"), executor="inline", guard=False)
print(json.dumps(sorted(set(loaded()) - before - ahead)))
"""


# Recipes that read pages, and need no model that is not in the package.
RUNNABLE = sorted({*shipped_recipes()} - {"dclm-baseline", "dclm-baseline-bff", "trainset", "trainset-dclm-mix"})


def said(program: str, *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", "import json" + LOADED + program, *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(answer, list)
    return answer


def test_what_a_step_computes_with_is_loaded_and_no_more():
    program = OF_STEPS + "load_kernels(kernels_of([Repetition()]))\nprint(json.dumps(loaded()))"
    loaded = said(program)

    assert {"repetition", "segmentation", "characters"} <= set(loaded)
    assert not {"bloom", "blocks", "minhash"} & set(loaded)


def test_of_a_package_only_the_modules_that_are_named_are_followed():
    """`extract` imports modules of the package of all kinds, whose own text names everything."""
    program = """
from dclm_pipeline.stages.extract import Extract
load_kernels(kernels_of([Extract()]))
print(json.dumps(loaded()))
"""
    assert not {"bloom", "minhash", "folded", "contamination"} & set(said(OF_STEPS + program))


def test_a_step_without_kernels_loads_none():
    assert said(OF_STEPS + "load_kernels(kernels_of([Between(column='n', low=1)]))\nprint(json.dumps(loaded()))") == [
        "warm"
    ]


def test_all_are_loaded_for_a_step_whose_text_cannot_be_had():
    program = """
class Mine(Between):
    pass
load_kernels(kernels_of([Mine(column='n', low=1)]))
print(json.dumps(loaded()))
"""
    assert {"repetition", "bloom", "blocks", "minhash"} <= set(said(OF_STEPS + program))


def test_tables_of_characters_are_made_before_children_are():
    program = """
from dclm_pipeline.barriers.minhash_dedup import MinhashDedup
load_kernels(kernels_of([MinhashDedup()]))
from dclm_pipeline.kernels.characters import character_table
from dclm_pipeline.kernels.words.shingles import small_letters
print(json.dumps([table.__name__ for table in (character_table, small_letters) if table.cache_info().currsize]))
"""
    assert said(OF_STEPS + program) == ["character_table", "small_letters"]


def test_what_wants_a_library_that_is_not_installed_is_passed_over():
    program = """
sys.modules["torch"] = None
from dclm_pipeline.stages.transformer_score import TransformerScore
load_kernels(kernels_of([TransformerScore.model_construct(), Repetition()]))
print(json.dumps(loaded()))
"""
    assert "repetition" in said(OF_STEPS + program)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*RUNNABLE, "bench/recipes/dclm-heuristics.yaml"])
def test_a_shipped_recipe_loads_nothing_once_it_is_open(name, crawl, tmp_path):
    (tmp_path / "nothing.yaml").write_text("name: nothing\nsource: {kind: warc}\nsteps: [{kind: sample, share: 1.0}]\n")

    assert said(OF_A_RUN, name, str(crawl), str(tmp_path)) == []


def test_the_next_run_of_a_process_has_the_same_nursery(crawl, tmp_path, monkeypatch):
    started = []
    living = Nurseries.living
    monkeypatch.setattr(Nurseries, "living", lambda self: started.append(living(self)) or started[-1])

    run_inline(EXTRACT, crawl, tmp_path / "one")
    run_inline(EXTRACT, crawl, tmp_path / "two")
    monkeypatch.setenv("NUMBA_OPT", "2")
    run_inline(EXTRACT, crawl, tmp_path / "three")

    assert len(set(map(id, started))) == 2
    assert started[0] is not started[-1]
    assert not started[0].lives
