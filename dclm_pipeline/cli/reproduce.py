"""`dclm reproduce`: our pool beside a published one."""

import json
from typing import Any

import click

from dclm_pipeline.cli.figures import shown_share
from dclm_pipeline.cli.rows import printable
from dclm_pipeline.errors import IncompleteError

LAYOUTS = ("dclm-baseline", "refinedweb", "fineweb", "fineweb-edu", "plain")


@click.command()
@click.argument("pool")
@click.option(
    "--published", "places", multiple=True, required=True, metavar="FILES", help="JSON lines or Parquet; repeatable."
)
@click.option("--layout", type=click.Choice(LAYOUTS), help="How their rows are laid out; default: by their columns.")
@click.option(
    "--by", type=click.Choice(("record_id", "url")), help="What joins rows; default: record ids, if both have some."
)
@click.option("--our-score", default="", metavar="COLUMN", help="The column of our scores; default: quality, if there.")
@click.option("--their-score", default="", metavar="COLUMN", help="The column of theirs; default: by the layout.")
@click.option("--examples", type=click.IntRange(0, 1000), default=5, show_default=True, help="So many of each sort.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def reproduce(
    pool: str,
    places: tuple[str, ...],
    layout: str | None,
    by: str | None,
    our_score: str,
    their_score: str,
    examples: int,
    as_json: bool,
) -> None:
    """Compare POOL with shards of a published one: DCLM-BASELINE, RefinedWeb, FineWeb, or any with text and url.

    Tells which documents both have, only we, and only they (and which of our rules was the first to drop those), how far
    texts differ, and scores. Take the same input: a published shard and the WARC files it was made of.
    """
    from dclm_pipeline.cli.progress import Line
    from dclm_pipeline.cli.stopping import stopping_once
    from dclm_pipeline.reproduction.comparing import reproduce as compare

    line = Line(quiet=as_json)
    with stopping_once():
        try:
            found = compare(
                pool,
                places,
                layout=layout or "",
                by=by or "",
                our_score=our_score,
                their_score=their_score,
                examples=examples,
                told=line.show,
            )
        finally:
            line.clear()
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else printable("\n".join(_shown(found))))
    if not found["both"]:
        other = "url" if found["by"] == "record_id" else "record_id"
        raise IncompleteError(
            f"no document of {pool} is one of theirs, joined by {found['by']}: nothing was compared. Take a pool and "
            f"published files of the same input, or try --by {other}"
        )


def _shown(found: dict[str, Any]) -> list[str]:
    ours, theirs, texts, scores = found["ours"], found["theirs"], found["texts"], found["scores"]
    lines = [f"{', '.join(found['layouts'])}, joined by {found['by']}"]
    for name, side in (("ours", ours), ("theirs", theirs)):
        more = [
            f"{side[what]:,} {said}"
            for what, said in (("repeated", "repeated"), ("without_key", f"without {found['by']}"))
            if side[what]
        ]
        more += [f"{count:,} failed ({reason})" for reason, count in side.get("failed", {}).items()]
        lines.append(f"  {name:<13}{side['documents']:>12,} documents" + "".join(f", {each}" for each in more))
    lines.append(
        f"  {'both':<13}{found['both']:>12,} ({shown_share(found['share_of_theirs'])} of theirs, {shown_share(found['share_of_ours'])} of ours)"
    )
    lines.append(f"  {'only ours':<13}{found['only_ours']:>12,}")
    lines.append(f"  {'only theirs':<13}{found['only_theirs']:>12,}")
    lines += [f"    {count:>12,}  {rule}" for rule, count in found["first_rules"].items()]
    if found["first_rules"] and found["dropped_sample"] not in (None, 1, 1.0):
        lines.append(
            f"    (rejects/ keeps {found['dropped_sample']:.0%} of what steps drop; all of it with --set limits.dropped_sample=1)"
        )
    if found["both"]:
        lines.append(
            f"texts of both: {texts['equal']:,} equal, {texts['equal_but_blanks']:,} but for blanks, {texts['differ']:,} differ; "
            f"mean edit distance {shown_share(texts['mean_distance'])} of the longer text"
            + (f", {texts['too_long']:,} too long to be measured" if texts["too_long"] else "")
        )
        lines += [f"    {count:>12,}  differ by {band}" for band, count in texts["bands"].items() if count]
    if scores:
        lines.append(
            f"scores of {scores['documents']:,}: ours are higher by {scores['mean_difference']:+.6f} on average, "
            f"{scores['mean_distance']:.6f} apart, half of them within {scores['quantiles']['0.5']:.6f}"
        )
    for name, said in (("only_ours", "only ours"), ("only_theirs", "only theirs")):
        lines += [f"  {said}: {url}" for url in found["examples"][name]]
    lines += [f"  least alike: {row['distance']:.1%} {row['url']}" for row in found["examples"]["least_alike"]]
    return lines
