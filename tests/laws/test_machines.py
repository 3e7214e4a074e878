"""Law 1 across kinds of CPU: kernels compiled for any x86-64 give the bytes of those compiled for this one."""

import os
import subprocess
import sys

import pytest

from tests.engine.crawls import EVERYTHING, bytes_of, recipe, run_inline


@pytest.mark.slow
def test_kernels_for_another_cpu_give_the_same_bytes(crawl, tmp_path):
    run_inline(EVERYTHING, crawl, tmp_path / "this" / "pool")
    recipe(EVERYTHING, tmp_path)
    environment = os.environ | {
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
        "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
    }
    command = [sys.executable, "-m", "dclm_pipeline.cli", "run", str(tmp_path / "recipe.yaml"), "--executor", "inline"]
    places = ["--source", str(crawl), "--out", str(tmp_path / "other" / "pool")]
    subprocess.run([*command, *places], env=environment, check=True, timeout=300)

    assert bytes_of(tmp_path / "other" / "pool") == bytes_of(tmp_path / "this" / "pool")
