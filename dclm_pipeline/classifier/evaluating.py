"""Judging models by labelled texts: one, or two on the same sample."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dclm_pipeline.classifier.figures import Sample, compared, figures_of
from dclm_pipeline.classifier.labelled import Fields, read_labelled
from dclm_pipeline.classifier.scoring import Scorer


def evaluate(
    models: Sequence[Path], places: Sequence[str], fields: Fields, label: str = "", strongest: int = 10
) -> dict[str, Any]:
    """Return the figures of each model, and what tells the first two apart, where there are two."""
    labelled = read_labelled(places, fields)
    samples = []
    figures = []
    for path in models:
        scorer = Scorer(path, label)
        scores = scorer.scores_of(piece for piece in labelled.table["text"].chunks)
        samples.append(Sample(labelled.table, labelled.good, scores))
        figures.append({"model": str(path)} | figures_of(samples[-1], label=scorer.label, strongest=strongest))
    found: dict[str, Any] = {"unlabelled": labelled.unlabelled, "failed": labelled.failed, "models": figures}
    if len(samples) > 1:
        found["compared"] = compared(samples[0], samples[1].scores, strongest=strongest)
    return found
