import importlib
import sys

import pytest

from dclm_pipeline.engine.keys import describe_step
from dclm_pipeline.stages.sample import Sample

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
