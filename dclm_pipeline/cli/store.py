"""`dclm storage-check`: whether a place keeps what runs build on, and how soon it answers."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from dclm_pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from dclm_pipeline.storage.contract import Outcome

MARKS = {True: "ok", False: "FAILED", None: "-"}


def _size(context: click.Context, parameter: click.Parameter, value: str) -> int:
    from dclm_pipeline.sizes import read_size

    del context, parameter
    try:
        size = int(str(read_size(value)))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if size < 1:
        raise click.BadParameter("must be 1 or more")
    return size


@click.command("storage-check")
@click.argument("place")
@click.option("--object", "path", default="", metavar="PATH", help="Only read, this object of PLACE: write nothing.")
@click.option("--many", type=click.IntRange(1), default=100, show_default=True, help="List so many objects.")
@click.option("--large", default="100MB", show_default=True, callback=_size, metavar="SIZE", help="Of a large object.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def storage_check(place: str, path: str, many: int, large: int, as_json: bool) -> None:
    """Try out whether PLACE (a folder, s3://, https://) keeps what a run builds on.

    It is tried in a folder of its own below PLACE, which is removed at the end. Where nothing may be written, name an
    object with --object: then only reading is tried.
    """
    from dclm_pipeline.cli.funnel import counted
    from dclm_pipeline.cli.stopping import stopping_once
    from dclm_pipeline.storage.contract import (
        PROMISES,
        PROMISES_OF_READING,
        Amounts,
        object_of_url,
        try_object,
        try_place,
    )

    amounts = Amounts(many=many, large=large)
    path = path or object_of_url(place)
    trial = try_object(place, path, amounts) if path else try_place(place, amounts)
    unasked = [promise.name for promise in PROMISES if path and promise not in PROMISES_OF_READING]
    outcomes = []
    with stopping_once(), closing(trial):
        for outcome in trial:
            outcomes.append(outcome)
            if not as_json:
                click.echo("\n".join(_lines(outcome)))
    figures = _figures(outcomes)
    broken = [outcome.promise.name for outcome in outcomes if outcome.kept is False]
    if as_json:
        click.echo(json.dumps(_facts(place, path, outcomes, unasked, figures)))
    else:
        click.echo("\n".join(_told(figures)))
        if unasked:
            click.echo(f"not tried, for nothing is written where one object is named: {', '.join(unasked)}")
    if broken:
        raise IncompleteError(
            f"{place}: breaks {counted(len(broken), 'promise')} of {len(outcomes)}: {', '.join(broken)}; "
            f"what needs each, and the way out, stands with it above"
        )
    if not as_json:
        kept = sum(outcome.kept is True for outcome in outcomes)
        seconds = sum(outcome.seconds for outcome in outcomes)
        click.echo(f"{place}: keeps {counted(kept, 'promise')} of {len(outcomes)} ({seconds:.1f} s), and breaks none")


def _lines(outcome: "Outcome") -> Iterable[str]:
    """Yield what is said of one promise."""
    promise = outcome.promise
    note = f" ({outcome.note})" if outcome.note else ""
    yield f"{MARKS[outcome.kept]:<7}{outcome.seconds:>8.2f} s  {promise.name}: {promise.text}{note}"
    if outcome.kept is False:
        yield from (
            f"{'':<19}seen: {outcome.seen}",
            f"{'':<19}expected: {outcome.expected}",
            f"{'':<19}needed because {promise.need.what}",
            f"{'':<19}way out: {promise.need.way_out}",
        )


def _figures(outcomes: Sequence["Outcome"]) -> dict[str, float]:
    """Return all figures that were taken, rounded to what they are worth."""
    return {name: float(f"{value:.3g}") for outcome in outcomes for name, value in outcome.figures.items()}


def _told(figures: Mapping[str, float]) -> Iterable[str]:
    """Yield a line for each figure."""
    for way in ("put", "get"):
        if f"{way}_small_ms" in figures:
            yield (
                f"{way} of 1 KB: {figures[f'{way}_small_ms']:,g} ms in the middle, "
                f"{figures[f'{way}_small_slowest_ms']:,g} ms at worst"
            )
        if f"{way}_large_mb_per_s" in figures:
            yield f"{way} of {figures['large_mb']:,g} MB: {figures[f'{way}_large_mb_per_s']:,g} MB/s"


def _facts(
    place: str, path: str, outcomes: Sequence["Outcome"], unasked: Sequence[str], figures: Mapping[str, float]
) -> dict[str, Any]:
    """Return what `--json` prints."""
    return {
        "place": place,
        "object": path,
        "good": all(outcome.kept is not False for outcome in outcomes),
        "promises": [
            {
                "name": outcome.promise.name,
                "text": outcome.promise.text,
                "kept": outcome.kept,
                "seconds": round(outcome.seconds, 3),
                "note": outcome.note,
                "seen": outcome.seen,
                "expected": outcome.expected,
                "needed_because": outcome.promise.need.what,
                "way_out": outcome.promise.need.way_out,
            }
            for outcome in outcomes
        ],
        "not_tried": [*(outcome.promise.name for outcome in outcomes if outcome.kept is None), *unasked],
        "figures": dict(figures),
    }
