"""Where commands write single files."""

import os
from pathlib import Path

from dclm_pipeline.errors import RecipeError


def require_folder_of(path: Path | None) -> None:
    """Refuse a file whose folder is not there, or may not be written to, before any work is done for it."""
    if path is None:
        return
    if not path.parent.is_dir():
        raise RecipeError(f"{path}: there is no folder {path.parent}; make it first")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise RecipeError(f"{path}: may not be written by you; name another place")
