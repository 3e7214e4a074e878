"""`dclm show`, `dclm verify`, `dclm clean`: looking after pools."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from dclm_pipeline.cli.assets import catalogue_option
from dclm_pipeline.cli.funnel import counted, funnel
from dclm_pipeline.cli.progress import Counting
from dclm_pipeline.cli.rows import counted_rows, padding, padding_share, print_row, show_pages, token_sums
from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.tally import tally_to_json


@click.command()
@click.argument("pool")
@click.option("--rows", type=click.IntRange(0), default=0, help="Show so many documents.")
@click.option("--row", default=None, metavar="ID", help="Show one document whole, by its id or the beginning of it.")
@click.option(
    "--source", default="", metavar="PLACE", help="With --row of a training set: where the texts lie that it is of."
)
@click.option("--rejects", is_flag=True, help="Show what was rejected, by step and reason, with examples.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text; one object a line for documents.")
def show(pool: str, rows: int, row: str | None, source: str, rejects: bool, as_json: bool) -> None:
    """Show what POOL holds, and what became of every record on the way.

    Of a row of a training set, --row shows the pages that its tokens are of.
    """
    from dclm_pipeline.engine.looking import find_row, first_rows, rejects_by_reason
    from dclm_pipeline.engine.opening_pools import whole_pool
    from dclm_pipeline.trainset.lineage import is_packed

    if sum((rows > 0, row is not None, rejects)) > 1:
        raise RecipeError("--rows, --row and --rejects show different things; give one of them")
    storage, manifest = whole_pool(pool)
    if row is not None and is_packed(manifest):
        show_pages(pool, row, source, as_json)
    elif row is not None:
        found = find_row(storage, manifest, row)
        if found is None:
            raise RecipeError(f"{pool}: holds no document whose id begins with {row}")
        print_row(found, as_json, whole=True)
    elif rows:
        for one in first_rows(storage, manifest, rows):
            print_row(one, as_json, whole=False)
    elif rejects:
        for reason in rejects_by_reason(storage, manifest):
            if as_json:
                click.echo(json.dumps(asdict(reason)))
                continue
            click.echo(f"{reason.count:>8,}  {reason.outcome} by {reason.step}: {reason.reason}")
            for example in reason.examples:
                click.echo(f"          {example}")
        if not as_json:
            click.echo("(all that failed; of what was dropped, the sample that `limits.dropped_sample` asks for)")
    elif as_json:
        facts = {
            "name": manifest.recipe["name"],
            "key": manifest.key,
            "rows": manifest.rows,
            "content": manifest.content,
            "columns": dict(manifest.columns),
            "shards": [shard.path for shard in manifest.shards],
            "bytes": sum(shard.bytes for shard in manifest.shards),
            "inputs": len(manifest.inputs),
            "libraries": dict(manifest.libraries),
            "recipe": dict(manifest.recipe),
            "tally": tally_to_json(manifest.tally),
            "padding": padding_share(manifest),
        }
        click.echo(json.dumps(facts))
    else:
        size = sum(shard.bytes for shard in manifest.shards) / 1e6
        text = sum(shard.text_bytes for shard in manifest.shards) / 1e6
        click.echo(
            f"{manifest.recipe['name']}: {counted_rows(manifest)}, {text:,.1f} MB of text, "
            f"{size:,.1f} MB in {counted(len(manifest.shards), 'shard')}"
        )
        click.echo("columns: " + ", ".join(f"{name} ({kind})" for name, kind in manifest.columns))
        click.echo(f"content: {manifest.content}")
        for line in (*token_sums(manifest.tally), *padding(manifest)):
            click.echo(line)
        click.echo(funnel(manifest.tally))


@click.command()
@click.argument("pool")
@click.option("--source", default="", metavar="PLACE", help="Hold the input as it lies there against what was read.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def verify(pool: str, source: str, as_json: bool) -> None:
    """Read all of POOL again and hold every byte and every count against its manifest and receipts."""
    from dclm_pipeline.engine.opening_pools import whole_pool
    from dclm_pipeline.engine.verify import verify as verify_pool

    _, manifest = whole_pool(pool)
    with Counting("files", len(manifest.files), quiet=as_json) as counting:
        verified = verify_pool(pool, source, counting.advance_to)
    if as_json:
        click.echo(json.dumps(asdict(verified)))
    if verified.wrong:
        listed = "\n  ".join(verified.wrong)
        raise IntegrityError(
            f"{pool}: {counted(len(verified.wrong), 'contradiction')}:\n  {listed}\n{_advice(verified.wrong)}"
        )
    if not as_json:
        inputs = f" and {counted(verified.inputs, 'input')}" if source else ""
        files, rows = counted(verified.files, "file"), counted_rows(manifest)
        click.echo(f"{pool}: good. {files}{inputs}, {verified.bytes / 1e6:,.1f} MB, {rows}")


def _advice(wrong: Sequence[str]) -> str:
    """Say what to do about contradictions: the pool's own files can be made anew, its input cannot."""
    inputs = sum(line.startswith("input ") for line in wrong)
    advice = []
    if inputs < len(wrong):
        advice.append("Delete the files named (or what there is of them) and run the recipe again: it makes them anew.")
    if inputs:
        advice.append("The input is not what the pool was made from: give the --source that it was, or run the recipe.")
    return "\n".join(advice)


@click.command()
@click.argument("recipes", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RECIPE...")
@click.option("--source", default="", metavar="PLACE", help="The source of the recipes, as `run` was told.")
@click.option("--out", "outs", multiple=True, required=True, metavar="PLACE", help="The pool of each recipe, in order.")
@click.option("--saved", default="", metavar="PLACE", help="The shelf of saved prefixes, as `run` was told.")
@catalogue_option
@click.option("--allow-custom-code", is_flag=True, help="Import the modules that the recipes' `uses` name.")
@click.option("--set", "overrides", multiple=True, metavar="NAME.FIELD=VALUE", help="As `run` was told.")
@click.option("--yes", is_flag=True, help="Remove; without it, only say what would go.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def clean(
    recipes: tuple[Path, ...],
    source: str,
    outs: tuple[str, ...],
    saved: str,
    catalogue: str,
    allow_custom_code: bool,
    overrides: tuple[str, ...],
    yes: bool,
    as_json: bool,
) -> None:
    """Remove what none of the named RECIPES reaches: other recipes' saved prefixes, and what whole pools need no more.

    Name every recipe whose saved prefixes are to stay. Nothing goes without --yes.
    """
    from dclm_pipeline.engine.clean import remove, superfluous, sweep
    from dclm_pipeline.engine.run import Settings, job_of
    from dclm_pipeline.recipe import folder_of, load_recipe

    if len(outs) != len(recipes):
        raise RecipeError(f"{len(recipes)} recipes and {len(outs)} --out: give one --out for each recipe, in order")
    jobs = [
        job_of(
            load_recipe(path, source=source or None, overrides=overrides, allow_custom_code=allow_custom_code),
            source,
            out,
            Settings(saved=saved),
            folder_of(path),
            catalogue,
        )
        for path, out in zip(recipes, outs, strict=True)
    ]
    cleanings = superfluous(jobs)
    if yes:
        for cleaning in cleanings:
            remove(cleaning)
    swept = sweep(jobs) if yes else 0
    if as_json:
        facts = [{"place": c.place, "why": c.why, "files": len(c.entries), "bytes": c.bytes} for c in cleanings]
        click.echo(json.dumps({"removed": yes, "unfinished": swept, "cleanings": facts}))
        return
    for cleaning in cleanings:
        size = f"{len(cleaning.entries)} files, {cleaning.bytes / 1e6:,.1f} MB"
        click.echo(f"{'removed' if yes else 'would remove'} {size} in {cleaning.place}: {cleaning.why}")
    if swept:
        click.echo(f"removed {counted(swept, 'object')} that writers left unfinished more than a day ago")
    if not cleanings:
        click.echo("nothing to remove")
    elif not yes:
        click.echo("nothing was removed; say --yes to remove it")
