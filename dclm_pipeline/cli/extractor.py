"""`dclm extractor`: make the model of the engine `blocks`, and see what extractors are worth."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dclm_pipeline.cli.listing import Listing
from dclm_pipeline.cli.progress import Line
from dclm_pipeline.cli.writing import require_folder_of
from dclm_pipeline.errors import RecipeError

if TYPE_CHECKING:
    from dclm_pipeline.extractor.evaluation import Figures
    from dclm_pipeline.extractor.labels import Page

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_HEAD = ("pages", "F1", "precision", "recall", "wanted found", "unwanted absent")


@click.group(cls=Listing)
def extractor() -> None:
    """Make the model of the extractor `blocks` of labelled pages, and judge extractors by such pages.

    LABELS is a folder of WARC files with expected.jsonl.gz; docs/extraction.md says what is in it.
    """


@extractor.command()
@click.argument("labels", type=FOLDER)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Write the model here.")
def train(labels: Path, out: Path) -> None:
    """Make a model of LABELS; the same pages give the same bytes."""
    from dclm_pipeline.extractor.labels import read_labels
    from dclm_pipeline.extractor.material import examples_of
    from dclm_pipeline.extractor.training import train as make
    from dclm_pipeline.kernels.main_content.judging import digest, packed

    require_folder_of(out)
    click.echo(f"reading the pages of {labels}", err=True)
    examples = examples_of(read_labels(labels))
    click.echo(f"learning from {len(examples)} pages", err=True)
    model = make(examples, lambda line: click.echo(line, err=True))
    out.write_bytes(packed(model))
    click.echo(f"wrote {out}, {out.stat().st_size:,} bytes, sha256:{digest(model)}")


@extractor.command()
@click.argument("labels", type=FOLDER)
@click.option("--model", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Judge this model.")
@click.option("--cross-validate", is_flag=True, help="Judge models made of LABELS, each by domains it has not seen.")
@click.option("--lean", type=click.FloatRange(0.01, 100), default=0.8, show_default=True, help="As of `extract`.")
@click.option("--worst", type=click.Path(path_type=Path, dir_okay=False), help="Write the worst pages side by side.")
@click.option("--count", type=click.IntRange(1), default=50, show_default=True, help="How many of the worst pages.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def evaluate(
    labels: Path, model: Path | None, cross_validate: bool, lean: float, worst: Path | None, count: int, as_json: bool
) -> None:
    """Print what the extractors `blocks` and `resiliparse` are worth on LABELS.

    Without --model or --cross-validate the model of this package is judged, which has seen the pages it was made of.
    """
    from dclm_pipeline.extractor.evaluation import figures_of, judge, texts_of_step, worst_of
    from dclm_pipeline.extractor.labels import read_labels
    from dclm_pipeline.extractor.side_by_side import side_by_side
    from dclm_pipeline.stages.extract import Extract

    if model and cross_validate:
        raise RecipeError("--model and --cross-validate are two ways to come by a model; leave one out")
    require_folder_of(worst)
    begun = time.process_time()
    line = Line(quiet=as_json)
    line.begin(f"reading the pages of {labels}")
    pages = read_labels(labels)
    line.begin(f"extracting {len(pages):,} pages, by each extractor")
    texts = {"blocks": _own_texts(labels, pages, model, cross_validate, lean)}
    texts["resiliparse"] = texts_of_step(pages, Extract(list_bullets=False))
    verdicts = {
        name: [judge(page, text) for page, text in zip(pages, found, strict=True)] for name, found in texts.items()
    }
    line.clear()
    figures = {name: figures_of(own) for name, own in verdicts.items()}
    if worst:
        worst.write_text(side_by_side("blocks", worst_of(verdicts["blocks"], count)), encoding="utf-8")
    if as_json:
        click.echo(json.dumps({name: [asdict(each) for each in own] for name, own in figures.items()}))
        return
    click.echo("\n".join(_table(figures)))
    click.echo(f"{time.process_time() - begun:.0f} CPU seconds" + (f"; wrote {worst}" if worst else ""), err=True)


def _own_texts(
    labels: Path, pages: "Sequence[Page]", model: Path | None, cross_validate: bool, lean: float
) -> list[str]:
    """Return what the engine `blocks` makes of each page."""
    from dclm_pipeline.extractor.evaluation import texts_of_scores
    from dclm_pipeline.extractor.material import examples_of
    from dclm_pipeline.extractor.training import cross_validate as judged_apart
    from dclm_pipeline.kernels.main_content.judging import NotAModelError, builtin_model, score, unpacked

    examples = examples_of(pages)
    if cross_validate:
        scores = judged_apart(examples, lambda line: click.echo(line, err=True))
    else:
        try:
            chosen = unpacked(model.read_bytes()) if model else builtin_model()
        except NotAModelError as error:
            raise RecipeError(f"{model} {error}; make one with `dclm extractor train {labels}`") from error
        scores = [score(example.blocks, chosen) for example in examples]
    texts = dict(zip((id(example.page) for example in examples), texts_of_scores(examples, scores, lean), strict=True))
    return [texts.get(id(page), "") for page in pages]


def _table(figures: "Mapping[str, Sequence[Figures]]") -> list[str]:
    """Return one line a group and extractor."""
    width = max(len(each.group) for own in figures.values() for each in own) + 2
    lines = [" " * (width + 13) + "".join(f"{name:>16}" for name in _HEAD)]
    for place, first in enumerate(next(iter(figures.values()))):
        for name, own in figures.items():
            each = own[place]
            shares = (each.f1, each.precision, each.recall, each.wanted_found, each.unwanted_absent)
            cells = [str(each.pages), *("-" if share is None else f"{share:.3f}" for share in shares)]
            group = first.group if name == next(iter(figures)) else ""
            lines.append(f"{group:<{width}}{name:<13}" + "".join(f"{cell:>16}" for cell in cells))
    return lines
