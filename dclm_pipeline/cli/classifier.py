"""`dclm classifier`: train classifiers of quality, judge them, fold them, distil dear ones."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Unpack

import click

from dclm_pipeline.cli.fetching import Fetching, fetching_options
from dclm_pipeline.cli.listing import Listing
from dclm_pipeline.cli.rows import printable
from dclm_pipeline.cli.writing import require_folder_of

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
_SET = click.option(
    "--set", "overrides", multiple=True, metavar="NAME.FIELD=VALUE", help="Change one setting, as fasttext.epochs=3."
)
_OUT = click.option("--out", type=FOLDER, required=True, help="The folder of the classifier, which appears when whole.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")


@click.group(cls=Listing)
def classifier() -> None:
    """Train classifiers of quality, judge them, and distil dear ones into cheap ones.

    Start with the small one that trains offline, and look at what it is worth:

    \b
      dclm sample-crawl demo/crawl
      dclm classifier train baselines/dclm-fasttext/small.yaml --out demo/classifier
      dclm classifier evaluate demo/classifier/model.bin demo/classifier/held_out.parquet

    docs/quality.md says what a configuration may hold.
    """


@classifier.command()
@click.argument("configuration", type=FILE)
@_OUT
@_SET
@_JSON
@fetching_options
def train(
    configuration: Path, out: Path, overrides: tuple[str, ...], as_json: bool, **fetching: Unpack[Fetching]
) -> None:
    """Train a classifier as CONFIGURATION says: model, card with figures and thresholds, held-out documents.

    With one thread (the default) the same documents give the same model. Run again, what is whole is left as it is.
    """
    from dclm_pipeline.classifier.configuration import load_training
    from dclm_pipeline.classifier.making import train as make

    card = _made(
        lambda around: make(load_training(configuration, overrides), out, around), configuration, as_json, fetching
    )
    _show_card(card, out, as_json)


@classifier.command()
@click.argument("configuration", type=FILE)
@_OUT
@_SET
@_JSON
@fetching_options
def distill(
    configuration: Path, out: Path, overrides: tuple[str, ...], as_json: bool, **fetching: Unpack[Fetching]
) -> None:
    """Teach a cheap classifier what a dear one chose, as CONFIGURATION says, and tell what it keeps of that choice.

    The dear one's scores are a column of the documents; the share with the highest ones are the good documents.
    """
    from dclm_pipeline.classifier.configuration import load_distillation
    from dclm_pipeline.classifier.distilling import distill as make

    card = _made(
        lambda around: make(load_distillation(configuration, overrides), out, around), configuration, as_json, fetching
    )
    _show_card(card, out, as_json)


@classifier.command()
@click.argument("model", type=FILE)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Write the folded model here."
)
@_JSON
def fold(model: Path, out: Path, as_json: bool) -> None:
    """Fold MODEL to one number a row: it says the same in a hundredth of the memory, and faster.

    MODEL is a fastText model for labels, trained with softmax; `train` folds what it makes.
    """
    from dclm_pipeline.classifier.folding import fold as make

    facts = make(model, out)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    whole = model.stat().st_size
    click.echo(f"wrote {out}, {facts['bytes']:,} of {whole:,} bytes, sha256:{facts['sha256']}")


@classifier.command()
@click.argument("model", type=FILE)
@click.argument("labelled", nargs=-1, required=True)
@click.option("--against", type=FILE, help="Another model, judged by the same texts, side by side.")
@click.option("--model-label", default="", help="The model's label of good texts; default: hq, 1, good, …")
@click.option("--text", default="text", show_default=True, help="The field of the text.")
@click.option("--label", default="label", show_default=True, help="The field of the label.")
@click.option("--group", default="group", show_default=True, help="The field that says where a text comes from.")
@click.option("--good", multiple=True, help="A label of good texts, where it is none of 1, true, hq, good; repeatable.")
@click.option("--strongest", type=click.IntRange(0, 1000), default=10, show_default=True, help="So many mistakes.")
@click.option(
    "--review", type=click.Path(path_type=Path, dir_okay=False), help="Write the mistakes to read, as Markdown."
)
@_JSON
def evaluate(
    model: Path,
    labelled: tuple[str, ...],
    against: Path | None,
    model_label: str,
    text: str,
    label: str,
    group: str,
    good: tuple[str, ...],
    strongest: int,
    review: Path | None,
    as_json: bool,
) -> None:
    """Judge MODEL by LABELLED texts: JSON lines or Parquet, with a text and a label each.

    Prints how well scores tell good texts from others, what shares kept hold, whether scores mean what they say, where
    they lean (length, sites), and how far they agree with the labels.
    """
    from dclm_pipeline.classifier.evaluating import evaluate as judge
    from dclm_pipeline.classifier.labelled import Fields
    from dclm_pipeline.cli.figures import review_text, shown_figures
    from dclm_pipeline.cli.progress import Line

    require_folder_of(review)
    models = [model] if against is None else [model, against]
    line = Line(quiet=as_json)
    line.begin(f"judging by the texts of {', '.join(labelled)}")
    try:
        found = judge(models, labelled, Fields(text=text, label=label, group=group, good=good), model_label, strongest)
    finally:
        line.clear()
    if review:
        review.write_text(review_text(found), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    click.echo(printable("\n".join(shown_figures(found))))
    if review:
        click.echo(f"wrote {review}", err=True)


def _made(work: Any, configuration: Path, quiet: bool, fetching: Fetching) -> dict[str, Any]:
    """Do what makes a classifier, showing how far it is; a stop ends it in good order."""
    from dclm_pipeline.classifier.making import Surroundings
    from dclm_pipeline.cli.progress import Line
    from dclm_pipeline.cli.stopping import NOTHING, stopping_once
    from dclm_pipeline.engine.assets import assets_below
    from dclm_pipeline.engine.run import Settings, begin_budget
    from dclm_pipeline.recipe import folder_of
    from dclm_pipeline.storage import Storage, is_remote, open_storage
    from dclm_pipeline.storage.cached import cached

    def opener(place: str) -> Storage:
        storage = open_storage(place)
        return cached(storage, Path(fetching["cache"])) if fetching["cache"] and is_remote(place) else storage

    line = Line(quiet=quiet)
    line.begin(f"looking at what {configuration} names")
    with stopping_once(NOTHING):
        begin_budget(Settings("inline", **fetching))
        try:
            made: dict[str, Any] = work(
                Surroundings(assets_below(folder_of(configuration)), opener, line.show, line.begin)
            )
        finally:
            line.clear()
    return made


def _show_card(card: dict[str, Any], out: Path, as_json: bool) -> None:
    from dclm_pipeline.cli.figures import shown_card

    if as_json:
        click.echo(json.dumps(card, ensure_ascii=False))
        return
    lines: Sequence[str] = shown_card(card)
    click.echo(printable("\n".join(lines)))
    click.echo(f"{out} is whole already; nothing was done" if card.get("whole_before") else f"wrote {out}")
