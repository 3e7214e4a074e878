"""Recipes that come with the package, by their names: in a checkout `pipelines/`, in an installed one a folder of it."""

import re
from pathlib import Path

_NAME = re.compile(r"[a-z][a-z0-9-]*\Z")
_PACKAGE = Path(__file__).parent.parent
_FOLDERS = (_PACKAGE / "recipes", _PACKAGE.parent / "pipelines")


def shipped_recipes() -> dict[str, Path]:
    """Return the recipes that come with the package."""
    return {path.stem: path for folder in _FOLDERS for path in sorted(folder.glob("*.yaml"))}


def located(path: Path) -> Path:
    """Return where a recipe lies: a bare name stands for one that comes with the package, unless a file has it."""
    if _NAME.match(str(path)) and not path.exists():
        return shipped_recipes().get(str(path), path)
    return path


def folder_of(path: Path) -> str:
    """Return the folder that relative places in a recipe begin at."""
    return str(located(path).parent)
