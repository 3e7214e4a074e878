"""Documents and rows of training sets as people see them, and how many tokens there are."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from dclm_pipeline.cli.funnel import counted
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.tally import Tally

if TYPE_CHECKING:
    from dclm_pipeline.pools.manifest import Manifest

MOST_CHARACTERS = 200


def token_sums(tally: Tally) -> Iterator[str]:
    """Yield a line for each step that counts tokens."""
    for step in tally.steps:
        if step.sums:
            listed = ", ".join(f"{name} {count:,}" for name, count in sorted(step.sums.items()))
            yield f"{step.name}: {listed}"


def counted_rows(manifest: "Manifest") -> str:
    """Return how many rows a pool holds, and whether they are documents or those of a training set."""
    from dclm_pipeline.trainset.lineage import is_packed

    return counted(manifest.rows, "row" if is_packed(manifest) else "document")


def padding_share(manifest: "Manifest") -> float | None:
    """Return how much of the rows of a training set is padding; nothing for a pool of something else."""
    steps = {step["name"]: step for step in manifest.recipe.get("steps", ()) if step["kind"] == "pack"}
    for step in manifest.tally.steps:
        if step.name in steps and step.left:
            places = step.left * int(steps[step.name]["sequence_length"])
            return 1 - step.sums.get("token_count", 0) / places
    return None


def padding(manifest: "Manifest") -> Iterator[str]:
    """Yield a line that says how much of the rows is padding, where there are rows."""
    share = padding_share(manifest)
    if share is not None:
        yield f"padding: {share:.3%} of what pack wrote"


def show_pages(pool: str, row: str, source: str, as_json: bool) -> None:
    """Print the pages that a row of a training set is of."""
    from dclm_pipeline.trainset.lineage import find_pages

    pieces = find_pages(pool, row, source)
    if pieces is None:
        raise RecipeError(f"{pool}: holds no row whose id begins with {row}")
    for piece in pieces:
        where = {"row_start": piece.start, "row_tokens": piece.tokens, "tokens_before": piece.offset}
        print_row(where | piece.page, as_json, whole=False)


def print_row(row: dict[str, Any], as_json: bool, *, whole: bool) -> None:
    """Print one document; values that are no JSON are shown as text."""
    plain = {name: _plain(value) for name, value in row.items()}
    if as_json:
        click.echo(json.dumps(plain, default=str, ensure_ascii=False))
        return
    for name, value in plain.items():
        text = str(value) if value is not None else "-"
        if not whole and len(text) > MOST_CHARACTERS:
            text = f"{text[:MOST_CHARACTERS]}… ({len(text):,} characters)"
        click.echo(f"{name}: {printable(text)}")
    click.echo("")


def _plain(value: Any) -> Any:
    """Return a value with hexadecimal digits for bytes, those of lists among them: ids can be asked for so."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def printable(text: str) -> str:
    """Return text of pages, which is hostile, with a mark in place of what could steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
