"""`dclm trainset`: what a training set is, and the same rows in other forms."""

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from dclm_pipeline.cli.funnel import counted
from dclm_pipeline.cli.listing import Listing
from dclm_pipeline.cli.progress import Counting
from dclm_pipeline.cli.rows import padding_share
from dclm_pipeline.cli.stopping import GOES_ON, stopping_once
from dclm_pipeline.errors import RecipeError

if TYPE_CHECKING:
    from dclm_pipeline.trainset.export import Format
    from dclm_pipeline.trainset.packed import PackedPool

FORMATS = ("megatron", "npy", "webdataset", "jsonl")


@click.group(cls=Listing)
def trainset() -> None:
    """Look at training sets, and export them for other readers."""


@trainset.command()
@click.argument("pool")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def info(pool: str, as_json: bool) -> None:
    """Show how the rows of the training set POOL lie, and what an epoch of them is; reads one footer."""
    from dclm_pipeline.trainset.packed import PackedPool

    packed = PackedPool(pool)
    manifest, geometry = packed.manifest, packed.geometry
    steps = manifest.recipe.get("steps", [])
    sums = [step.sums["token_count"] for step in manifest.tally.steps if "token_count" in step.sums]
    facts = {
        "name": manifest.recipe["name"],
        "content": packed.content,
        "rows": manifest.rows,
        "sequence_length": geometry.sequence_length,
        "dtype": geometry.dtype.str,
        "stored": packed.stored,
        "tokens": sums[-1] if sums else None,
        "padding": padding_share(manifest),
        "tokenizer": next((step["tokenizer"] for step in steps if step["kind"] == "tokenize"), None),
        "shards": len(manifest.shards),
        "bytes": sum(shard.bytes for shard in manifest.shards),
        "group_rows": geometry.group_rows,
        "block_rows": packed.block_rows,
    }
    if as_json:
        click.echo(json.dumps(facts))
        return
    places = manifest.rows * geometry.sequence_length
    click.echo(
        f"{facts['name']}: {counted(manifest.rows, 'row')} of {geometry.sequence_length:,} tokens "
        f"({places:,} in all), {facts['bytes'] / 1e6:,.1f} MB in {counted(len(manifest.shards), 'shard')}"
    )
    if sums:
        click.echo(f"tokens that count: {sums[-1]:,}")
    click.echo(f"tokens are {geometry.dtype.str}, stored as {packed.stored}; tokenizer: {facts['tokenizer'] or '-'}")
    click.echo(f"read in blocks of {packed.block_rows:,} rows, of row groups of {geometry.group_rows:,}")
    click.echo(f"content: {packed.content}")


@trainset.command()
@click.argument("pool")
@click.argument("out")
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="What the rows become.")
@click.option(
    "--part-rows", type=click.IntRange(1), default=None, metavar="N", help="Rows a part; default: by the format."
)
@click.option("--tokenizer", default="", metavar="PLACE", help="For jsonl: what the tokens are of, if not found here.")
@click.option("--scratch", default="", metavar="FOLDER", help="Make files here; default: beside where they are to lie.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def export(pool: str, out: str, form: str, part_rows: int | None, tokenizer: str, scratch: str, as_json: bool) -> None:
    """Write the rows of POOL into OUT in another form, in the order in which they lie.

    An export that broke off goes on where it stopped: give the same command again. OUT/export.json, written last, names
    every file with its SHA-256.
    """
    from dclm_pipeline.storage import open_storage
    from dclm_pipeline.trainset.export import export as make
    from dclm_pipeline.trainset.export.making import MADE
    from dclm_pipeline.trainset.packed import PackedPool

    packed = PackedPool(pool)
    begun = time.perf_counter()
    with stopping_once(GOES_ON), Counting("rows", packed.manifest.rows, quiet=as_json) as counting:
        # Written last, and refused where it tells of another export.
        whole_before = any(entry.path == MADE for entry in open_storage(out).entries(MADE))
        made = make(packed, out, _format(form, packed, part_rows, tokenizer), counting.advance_to, scratch)
    if as_json:
        click.echo(json.dumps(asdict(made) | {"whole_before": whole_before}))
        return
    if whole_before:
        click.echo(
            f"{out} is whole already, {counted(made.rows, 'row')} as {form} in {counted(len(made.files), 'file')}; "
            "nothing was done"
        )
        return
    click.echo(
        f"{counted(made.rows, 'row')} as {form} in {counted(len(made.files), 'file')}, {made.bytes / 1e6:,.1f} MB, "
        f"in {time.perf_counter() - begun:.1f} s: {out}"
    )


def _format(form: str, packed: "PackedPool", part_rows: int | None, tokenizer: str) -> "Format":
    from dclm_pipeline.trainset.export import Flat, JsonLines, Megatron, WebDataset
    from dclm_pipeline.trainset.vocabulary import find_tokenizer

    if tokenizer and form != "jsonl":
        raise RecipeError("--tokenizer is for --format jsonl: the other forms keep tokens as they are")
    if form == "jsonl":
        if part_rows is not None:
            raise RecipeError("--part-rows is not for --format jsonl, which makes a file of each shard")
        return JsonLines(*find_tokenizer(packed.manifest, tokenizer))
    kinds: dict[str, type[Flat] | type[Megatron] | type[WebDataset]] = {
        "megatron": Megatron,
        "npy": Flat,
        "webdataset": WebDataset,
    }
    kind = kinds[form]
    return kind() if part_rows is None else kind(part_rows)
