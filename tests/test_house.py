"""What holds for the house as a whole: sizes, manners, and pages that do not lie about what is there."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[1]
PACKAGE = sorted((HOUSE / "dclm_pipeline").rglob("*.py"))
MODULES = [*PACKAGE, *sorted((HOUSE / "bench").rglob("*.py")), *sorted((HOUSE / "stand_ins").rglob("*.py"))]
MODULES += sorted((HOUSE / "tests").rglob("*.py"))
PAGES = [
    *sorted(HOUSE.glob("*.md")),
    *sorted((HOUSE / "docs").rglob("*.md")),
    *sorted((HOUSE / "baselines").rglob("*.md")),
]
RECIPES = sorted((HOUSE / "pipelines").rglob("*.yaml")) + sorted((HOUSE / "bench").rglob("*.yaml"))
LOCK = HOUSE / "requirements.lock"

MOST_LINES = 400
MOST_IGNORES = 1
IMPORTED_AS = {"pyyaml": "yaml", "fasttext-numpy2": "fasttext"}
# `_typeshed` is there for type checkers alone.
NOT_LIBRARIES = {*sys.stdlib_module_names, "_typeshed", "dclm_pipeline"}
# What must be done before it is committed, and folders of the machine on which it was written.
FOREIGN = re.compile(r"\b(?:TODO|FIXME|XXX)\b|(?<![\w.>}*/:-])/(?:root|home|tmp|work|mnt|opt|Users)/")
HEAVY = ("numba", "pyarrow.dataset", "ray", "resiliparse", "boto3", "click")


def name_of(path: Path) -> str:
    return str(path.relative_to(HOUSE))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def lines_with(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """Return the places, as `file:line: text`, where a pattern is found."""
    return [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_module_is_above_400_lines():
    sizes = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}

    assert {name: size for name, size in sizes.items() if size > MOST_LINES} == {}


def test_every_module_of_the_package_says_what_it_is_for():
    silent = [name_of(path) for path in PACKAGE if not ast.get_docstring(parsed(path))]

    assert silent == []


def test_only_the_command_line_prints():
    printing = [
        f"{name_of(path)}:{node.lineno}"
        for path in PACKAGE
        if path.parent.name != "cli"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Name) and node.id == "print"
    ]

    assert printing == []


def test_types_are_ignored_at_most_once():
    ignored = lines_with(re.compile(r"#\s*type:\s*ignore"), PACKAGE)

    assert len(ignored) <= MOST_IGNORES, ignored


def test_the_package_names_no_folder_of_a_machine_and_leaves_nothing_to_do():
    written = [*PACKAGE, *RECIPES, *PAGES, HOUSE / "Makefile", HOUSE / "pyproject.toml"]

    assert lines_with(FOREIGN, written) == []


def test_the_lock_names_no_place():
    text = LOCK.read_text(encoding="utf-8")

    assert [line for line in text.splitlines() if "://" in line or line.startswith("-")] == []


def test_the_lock_has_every_declared_dependency_and_a_hash_for_all():
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {normal_name(each) for each in [*project["dependencies"], *project["optional-dependencies"]["dev"]]}
    requirements = re.split(r"^(?=\w)", LOCK.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]

    assert declared - {requirement.split("==")[0] for requirement in requirements} == set()
    assert [requirement for requirement in requirements if "--hash=sha256:" not in requirement] == []


def test_the_package_imports_what_is_declared_and_declares_what_it_imports():
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [each for name, extra in project["optional-dependencies"].items() if name != "dev" for each in extra]
    declared = {IMPORTED_AS.get(name, name) for name in map(normal_name, [*project["dependencies"], *extras])}
    imported = {name for path in PACKAGE for name in imports_of(path)} - NOT_LIBRARIES

    assert imported == declared


def imports_of(path: Path) -> Iterator[str]:
    """Yield the top-level packages that a module imports, lazily or not."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0]


def normal_name(requirement: str) -> str:
    """Return the name in a requirement as the lock writes it."""
    found = re.match(r"[\w.-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page):
    assert [link for link in links_of(page) if not leads_somewhere(page, link)] == []


def links_of(page: Path) -> Iterator[str]:
    """Yield what a page links to in this repository, code blocks left out."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"`[^`\n]*`", "", text)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:", link):
            yield link


def leads_somewhere(page: Path, link: str) -> bool:
    place, _, heading = link.partition("#")
    target = (page.parent / place).resolve() if place else page
    if not target.exists():
        return False
    return not heading or target.is_dir() or heading in headings_of(target)


def headings_of(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as code hosts make them."""
    found = re.findall(r"^#+\s+(.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in found}


@pytest.mark.parametrize("path", RECIPES, ids=name_of)
def test_every_recipe_loads(path):
    from dclm_pipeline.recipe import load_recipe

    recipe = load_recipe(path)

    assert recipe.name


def test_decisions_are_numbered_without_a_gap():
    numbers = [int(path.name[:4]) for path in sorted((HOUSE / "docs" / "decisions").glob("[0-9]*.md"))]

    assert numbers == list(range(1, len(numbers) + 1))


def test_the_changelog_has_a_place_for_what_comes_next():
    headings = re.findall(r"^## (.*)$", (HOUSE / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)

    assert headings[:1] == ["Unreleased"]


def test_every_fragment_of_the_changelog_is_of_a_known_sort():
    kinds = {path.suffixes[0] for path in (HOUSE / "changes").glob("*.md") if path.name != "README.md"}

    assert kinds <= {".added", ".changed", ".fixed", ".removed"}


def test_importing_the_package_is_cheap():
    program = f"import sys, dclm_pipeline; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True, env=dict(os.environ)
    )

    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there():
    import dclm_pipeline

    missing = [name for name in dclm_pipeline.__all__ if not hasattr(dclm_pipeline, name)]

    assert missing == []
