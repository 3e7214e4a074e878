"""Steps on their way to another process."""

import subprocess
import sys
from pathlib import Path

import pytest

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe import step_kinds
from dclm_pipeline.recipe.bundles import bundle, register_steps
from dclm_pipeline.recipe.shipping import pack, unpack
from dclm_pipeline.rowwise import filter as row_filter
from dclm_pipeline.step import Step
from tests.recipe.steps import Longer

MARK = "!"


@row_filter
def quiet(text: str, *, most: int = 3) -> bool:
    return text.count(MARK) <= most


def test_built_in_steps_survive():
    kinds = step_kinds()
    steps = (kinds["between"](name="b", column="x", low=1), kinds["extract"](), kinds["exact_dedup"]())

    assert unpack(pack(steps)) == steps


def test_steps_of_functions_survive_with_their_digest():
    @row_filter
    def calm(text: str, *, most: int = 3) -> bool:
        return text.count("!") <= most

    steps = (calm(name="c", most=1), quiet(most=2))
    there = unpack(pack(steps))

    assert [step.model_dump() for step in there] == [step.model_dump() for step in steps]
    assert [type(step).code for step in there if isinstance(step, calm | quiet)] == [calm.code, quiet.code]


def test_no_steps_are_no_steps():
    assert unpack(pack(())) == ()


def test_steps_of_a_bundle_bring_it_along(tmp_path):
    module = "shipped_stages_for_tests"
    source = "import dclm_pipeline as dp\n\n\n@dp.filter\ndef shipped(text: str) -> bool:\n    return bool(text)\n"
    (tmp_path / f"{module}.py").write_text(source)
    code = bundle(module, str(tmp_path))
    (made,) = register_steps(code)
    packed = pack((made(),))
    imported = sys.modules.pop(module)
    (there,) = unpack(packed)

    assert source.encode() in packed
    assert type(there).__module__ == module
    assert sys.modules[module] is not imported


PROGRAM = """
import sys
sys.path = [path for path in sys.path if path not in ("", sys.argv[2])] + [sys.argv[3]]
import pyarrow as pa
from dclm_pipeline.recipe.shipping import unpack
steps = unpack(open(sys.argv[1], "rb").read())
docs = pa.record_batch({"text": pa.array(["a!!", "b"], pa.large_string()), "length": pa.array([1, 9])})
print([step.keep(docs).to_pylist() for step in steps], [type(step).code for step in steps[:1]])
"""


def test_what_no_machine_has_is_sent_as_code(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "shipped_by_value.py").write_text(
        "from dclm_pipeline.rowwise import filter\nimport shipped_beside\nMARK = '!'\n\n\n"
        "def marks(text):\n    return text.count(MARK)\n\n\n"
        "@filter\ndef calm(text: str, *, most: int = 3) -> bool:\n    return marks(text) <= most\n"
    )
    (tmp_path / "here" / "shipped_beside.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path / "here"))
    from importlib import import_module

    calm: type[Step] = import_module("shipped_by_value").calm
    (tmp_path / "steps").write_bytes(pack((calm.model_validate({"kind": "calm", "most": 1}), Longer(least=5))))
    house = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, str(tmp_path / "steps"), str(tmp_path / "here"), house],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )

    assert done.stderr == ""
    assert done.stdout.strip() == f"[[False, True], [False, True]] {[vars(calm)['code'].__get__(None, calm)]}"


def test_code_that_cannot_be_sent_is_told_of():
    lock = __import__("threading").Lock()

    @row_filter
    def locked(text: str) -> bool:
        with lock:
            return bool(text)

    with pytest.raises(RecipeError, match="locked: its code cannot be sent to workers: cannot pickle"):
        pack((locked(),))
