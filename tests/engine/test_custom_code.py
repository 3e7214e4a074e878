"""Steps of a user's own: the same validation, tallies, rejects and resume as ours."""

import subprocess
import sys
from pathlib import Path

import pytest

import dclm_pipeline as dp
from tests.engine.crawls import bytes_of

MODULE = """
import dclm_pipeline as dp


@dp.filter
def has_vowel(text: str, *, vowels: str = "aeiou") -> bool:
    if "zebra" in text:
        raise ValueError("no zebras")
    return any(vowel in text for vowel in vowels)


@dp.annotate
def commas(text: str) -> int:
    return text.count(",")


@dp.rewrite
def first_lines(text: str, *, most: int = 3) -> str | None:
    return "\\n".join(text.splitlines()[:most]) or None
"""

RECIPE = """
name: own
source: {kind: warc}
uses: [own_stages_in_a_test]
steps:
  - extract
  - has_vowel
  - commas
  - {kind: first_lines, most: 2}
"""


def run(crawl: Path, folder: Path, executor: str, module: str = MODULE) -> subprocess.CompletedProcess[str]:
    """Run the recipe by its command."""
    folder.mkdir(exist_ok=True)
    (folder / "own_stages_in_a_test.py").write_text(module)
    (folder / "own.yaml").write_text(RECIPE)
    command = [sys.executable, "-m", "dclm_pipeline.cli", "run", str(folder / "own.yaml"), "--source", str(crawl)]
    words = ["--out", str(folder / "pool"), "--executor", executor, "--allow-custom-code"]
    return subprocess.run([*command, *words], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("executor", ["inline", pytest.param("ray", marks=pytest.mark.slow)])
def test_a_users_module_runs_in_workers_and_its_cost_is_told(crawl, tmp_path, executor):
    done = run(crawl, tmp_path, executor)

    assert done.returncode == 0, done.stderr
    assert "has_vowel calls Python once a document" in done.stdout
    table = dp.open(tmp_path / "pool").to_table(columns=["text", "commas"])
    assert all(len(text.splitlines()) <= 2 for text in table["text"].to_pylist())


@pytest.mark.slow
def test_a_change_of_the_code_does_its_steps_again_and_nothing_before(crawl, tmp_path):
    run(crawl, tmp_path, "inline")
    before = bytes_of(tmp_path / "saved")
    done = run(crawl, tmp_path, "inline", MODULE.replace('text.count(",")', 'text.count(";")'))

    assert done.returncode == 0, done.stderr
    assert "all 3 tasks done before" in done.stderr
    assert {path: digest for path, digest in bytes_of(tmp_path / "saved").items() if path in before} == before
