"""`dclm dedup-sweep`: what near deduplication would remove of a pool, by length of runs and threshold; pairs to read."""

import json
import resource
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from html import escape
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import combining, east_asian_width

import click
import pyarrow as pa
from pydantic import ValidationError

from dclm_pipeline.cli.funnel import counted
from dclm_pipeline.cli.progress import Counting
from dclm_pipeline.cli.rows import printable
from dclm_pipeline.cli.writing import require_folder_of
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.mistakes import problems_of

if TYPE_CHECKING:
    from dclm_pipeline.barriers.near.trying import Pair, Tried

_AT_ONCE = 512  # documents whose runs of words are in memory before they are signed
_SHOWN = 6000  # characters of each text on the page
_WIDTH = 56  # characters of each text on a line of the terminal
_LINES = 6
_HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Pairs by similarity</title>
<style>
body { font: 14px/1.4 sans-serif; margin: 1em }
table { border-collapse: collapse; width: 100%; table-layout: fixed }
td, th { border: 1px solid #aaa; padding: .5em; vertical-align: top; text-align: left; overflow-wrap: anywhere }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; max-height: 30em; overflow-y: auto }
</style>
<h1>Pairs by similarity</h1>
"""


@click.command("dedup-sweep")
@click.argument("pool")
@click.option("--ngram", "ngrams", type=click.IntRange(1, 1000), multiple=True, default=(5, 13), show_default=True)
@click.option(
    "--threshold",
    "thresholds",
    type=click.FloatRange(0, 1),
    multiple=True,
    default=(0.5, 0.6, 0.7, 0.8, 0.9),
    show_default=True,
    help="A share of common runs from which on two documents are alike; may be given several times.",
)
@click.option("--sample", type=click.IntRange(1), default=20_000, show_default=True, help="Documents, drawn by --seed.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True, help="Draws sample and pairs.")
@click.option("--bands", type=click.IntRange(1, 127), default=16, show_default=True, help="As in `minhash_dedup`.")
@click.option("--rows", type=click.IntRange(1, 1000), default=8, show_default=True, help="As in `minhash_dedup`.")
@click.option("--pairs", type=click.IntRange(0), default=2, show_default=True, help="Pairs to read of each similarity.")
@click.option("--page", type=click.Path(path_type=Path, dir_okay=False), help="Write the pairs to an HTML page.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def dedup_sweep(
    pool: str,
    ngrams: tuple[int, ...],
    thresholds: tuple[float, ...],
    sample: int,
    seed: int,
    bands: int,
    rows: int,
    pairs: int,
    page: Path | None,
    as_json: bool,
) -> None:
    """Try `minhash_dedup` on a sample of POOL: what each threshold removes, and pairs to read side by side.

    Nothing is written but --page. A sample has fewer duplicates than the pool: of a pair, both have to be in it.
    """
    from dclm_pipeline.arrow import one_batch
    from dclm_pipeline.barriers.minhash_dedup import MinhashDedup
    from dclm_pipeline.barriers.near.trying import candidates_in, in_keep_order, pairs_to_read, tried
    from dclm_pipeline.engine.opening_pools import whole_pool
    from dclm_pipeline.engine.sampled import sample_of

    require_folder_of(page)
    lengths = sorted(set(ngrams))
    try:
        tries = [MinhashDedup(ngram=n, bands=bands, rows=rows, permutations=bands * rows) for n in lengths]
    except ValidationError as error:
        said = "; ".join(message for _, message in problems_of(error, MinhashDedup, (), "minhash_dedup"))
        raise RecipeError(f"{said} (--bands {bands} times --rows {rows})") from error
    storage, manifest = whole_pool(pool)
    names = [name for name, _ in manifest.columns]
    if "text" not in names:
        raise RecipeError(f"{pool}: has no column 'text'; its columns are {', '.join(names)}")
    columns = [name for name in ("id", "url", "text") if name in names]
    with Counting("shards", 2 * len(manifest.shards), quiet=as_json) as counting:
        batches = list(sample_of(storage, manifest, columns, sample, seed, counting.advance_to))
    if not batches:
        raise RecipeError(f"{pool}: has no documents, so there is nothing to try")
    docs = in_keep_order(pa.Table.from_batches(batches)).combine_chunks()
    results: list[Tried] = []
    read: list[Pair] = []
    with Counting("documents", docs.num_rows * len(lengths), quiet=as_json) as counting:
        for place, (ngram, settings) in enumerate(zip(lengths, tries, strict=True)):
            advance = partial(_advance, counting, place * docs.num_rows)
            candidates = candidates_in(settings, docs.to_batches(max_chunksize=_AT_ONCE), advance)
            results += [tried(candidates, ngram, threshold) for threshold in sorted(set(thresholds))]
            read += pairs_to_read(candidates, ngram, one_batch(docs.select(["id"]))["id"], pairs, seed)
    shown = [_shown(pair, docs) for pair in read]
    if page is not None:
        page.write_text(_HEAD + "".join(map(_section, shown)) + "</html>\n", encoding="utf-8", errors="replace")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    if as_json:
        facts = {
            "documents": docs.num_rows,
            "of": manifest.rows,
            "seed": seed,
            "peak_bytes": peak,
            "thresholds": [asdict(one) | {"share": one.share} for one in results],
            "pairs": shown,
        }
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(f"{counted(docs.num_rows, 'document')} of {manifest.rows:,}, drawn by seed {seed}")
    click.echo(_table(results))
    click.echo(f"memory of this process: {peak / 1e6:,.0f} MB")
    for one in shown:
        click.echo(_beside(one))
    if docs.num_rows < manifest.rows:
        share = docs.num_rows / manifest.rows
        click.echo(
            f"(the whole pool has more duplicates: of {share**2:.2%} of its pairs both documents are in this sample)"
        )


def _advance(counting: Counting, before: int, done: int) -> None:
    counting.advance_to(before + done)


def _shown(pair: "Pair", docs: pa.Table) -> dict[str, Any]:
    """Return a pair with its texts and where they are from."""
    sides = {}
    for side, place in (("one", pair.one), ("other", pair.other)):
        row = docs.slice(place, 1).to_pylist()[0]
        sides[side] = {"id": row["id"].hex(), "url": row.get("url"), "text": row["text"]}
    return {"ngram": pair.ngram, "similarity": round(pair.similarity, 4), **sides}


def _table(results: "Sequence[Tried]") -> str:
    """Return a line for each length of runs and threshold."""
    from dclm_pipeline.barriers.near.trying import SIZES

    sizes = "".join(f"{f'{size:,}+':>7}" for size in SIZES)
    head = f"{'n':>4} {'threshold':>9} {'removed':>16} {'candidates':>11} {'verified':>9} {'largest':>8} {'MB':>7}  clusters of"
    lines = [f"{head}{sizes}"]
    for one in results:
        clusters = "".join(f"{count:>7,}" for count in one.sizes.values())
        removed = f"{one.removed:,} ({one.share:.1%})"
        size = (one.band_bytes + one.set_bytes) / 1e6
        lines.append(
            f"{one.ngram:>4} {one.threshold:>9.2f} {removed:>16} {one.candidates:>11,} {one.verified:>9,} "
            f"{one.largest:>8,} {size:>7,.1f}  {'':11}{clusters}"
        )
    return "\n".join(lines)


def _beside(shown: dict[str, Any]) -> str:
    """Return a pair as two columns of text, from where they begin to differ."""
    one, other = (printable(shown[side]["text"]).split("\n") for side in ("one", "other"))
    left, right = (_wrapped(" ".join(" ".join(lines).split())) for lines in (one, other))
    same = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), 0)
    start = max(0, same - 1)
    lines = [f"\nsimilarity {shown['similarity']:.2f} by runs of {shown['ngram']}: {_named(shown)}"]
    beside = list(zip_longest(left, right, fillvalue=""))[start : start + _LINES]
    return "\n".join([*lines, *(f"  {one}{' ' * (_WIDTH - _columns(one))} | {other}" for one, other in beside)])


def _wrapped(text: str) -> list[str]:
    """Cut a text into lines that are no wider than `_WIDTH` on a terminal."""
    lines, line, width = [], "", 0
    for character in text[: _WIDTH * 1000]:
        own = _columns(character)
        if width + own > _WIDTH:
            lines.append(line)
            line, width = "", 0
        line += character
        width += own
    return [*lines, line] if line else lines


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: Chinese, Japanese and Korean letters take two, accents none."""
    return sum(0 if combining(character) else 1 + (east_asian_width(character) in "WF") for character in text)


def _named(shown: dict[str, Any]) -> str:
    return " and ".join(printable(shown[side]["url"] or shown[side]["id"])[:200] for side in ("one", "other"))


def _section(shown: dict[str, Any]) -> str:
    """Return a pair as a part of the page; nothing in it is taken for markup."""
    heads = "".join(f"<th>{escape(shown[side]['url'] or shown[side]['id'])}" for side in ("one", "other"))
    texts = "".join(f"<td><pre>{escape(shown[side]['text'][:_SHOWN])}</pre>" for side in ("one", "other"))
    title = f"similarity {shown['similarity']:.4f} by runs of {shown['ngram']} words"
    return f"<h2>{title}</h2>\n<table><tr>{heads}\n<tr>{texts}</table>\n"
