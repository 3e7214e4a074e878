"""The pages say what is true: examples run, what is generated is fresh, and what there is, is documented."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from dclm_pipeline.cli.catalogue import pages
from dclm_pipeline.cli.commands import app
from dclm_pipeline.errors import ExitCode
from dclm_pipeline.recipe import load_recipe

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("path", sorted(pages()))
def test_generated_pages_are_fresh(path):
    assert (ROOT / path).read_text() == pages()[path], "run `make docs`"


def blocks(language: str) -> list[tuple[str, str]]:
    """Return the code blocks of all pages in a language, with the name of their page."""
    pattern = re.compile(rf"```{language}\n(.*?)```", re.DOTALL)
    return [(page.name, block) for page in PAGES for block in pattern.findall(page.read_text())]


@pytest.mark.parametrize(("page", "block"), blocks("yaml"))
def test_recipes_on_pages_load(page, block, tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(block)

    assert load_recipe(path).steps


@pytest.mark.parametrize(("page", "block"), [*blocks("yaml classifier"), *blocks("yaml distillation")])
def test_configurations_of_classifiers_on_pages_load(page, block, tmp_path):
    from dclm_pipeline.classifier.configuration import load_distillation, load_training

    path = tmp_path / "classifier.yaml"
    path.write_text(block)

    assert (load_training if "positives" in block else load_distillation)(path).name


@pytest.mark.slow
def test_python_on_pages_runs_as_it_stands(crawl, tmp_path):
    command = [sys.executable, "-m", "dclm_pipeline.cli", "run", str(ROOT / "pipelines" / "quickstart.yaml")]
    places = ["--source", str(crawl), "--out", str(tmp_path / "pool"), "--executor", "inline"]
    subprocess.run([*command, *places], check=True, capture_output=True, timeout=120)
    for page, block in blocks("python"):
        script = tmp_path / "block.py"
        script.write_text(block)
        done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=60)

        assert done.returncode == 0, f"{page}:\n{block}\n{done.stderr}"


def test_every_command_and_every_option_on_the_pages_exists():
    told = [line for _, block in blocks("console") for line in block.splitlines() if line.startswith("$ dclm ")]

    assert told
    for line in told:
        name, *words = line.removeprefix("$ dclm ").split()
        command = app.commands[name]
        while isinstance(command, click.Group) and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known, line


def test_every_command_is_documented():
    text = "\n".join(page.read_text() for page in PAGES)

    assert [name for name, command in app.commands.items() if not command.hidden and f"dclm {name}" not in text] == []


def test_every_exit_code_is_documented():
    text = (ROOT / "docs" / "running.md").read_text()

    assert [code for code in ExitCode if f"| {int(code)} |" not in text] == []
