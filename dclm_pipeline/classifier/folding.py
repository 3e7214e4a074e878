"""Folding a model, and saying what became of it."""

from pathlib import Path
from typing import Any

from dclm_pipeline.classifier.files import replacing, sha256_of_file
from dclm_pipeline.errors import RecipeError


def fold(model: Path, out: Path) -> dict[str, Any]:
    """Write a folded model; return its facts: the same model gives the same bytes."""
    from dclm_pipeline.kernels.fasttext.folded import fold_model
    from dclm_pipeline.kernels.fasttext.folded_file import folded_bytes, is_folded

    if is_folded(model):
        raise RecipeError(f"{model}: is folded already; use it as it is")
    if out.exists() and out.samefile(model):
        raise RecipeError(f"{out}: is the model itself; name another file with --out")
    folded = fold_model(model)
    with replacing(out) as unfinished:
        unfinished.write_bytes(folded_bytes(folded))
    return {
        "file": out.name,
        "bytes": out.stat().st_size,
        "sha256": sha256_of_file(out),
        "parent": folded.parent,
        "labels": list(folded.labels),
    }
