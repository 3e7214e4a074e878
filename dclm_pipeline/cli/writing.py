"""Where commands write single files."""

from pathlib import Path

from dclm_pipeline.errors import RecipeError


def require_folder_of(path: Path | None) -> None:
    """Refuse a file whose folder is not there, before any work is done for it."""
    if path is not None and not path.parent.is_dir():
        raise RecipeError(f"{path}: there is no folder {path.parent}; make it first")
