"""`dclm language-profile`: what is usual in each language, from a pool of texts that are trusted."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from dclm_pipeline.cli.funnel import counted
from dclm_pipeline.cli.progress import Counting
from dclm_pipeline.cli.writing import require_folder_of
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.mistakes import nearest, problems_of

_TEXTS = ("string", "large_string")


@click.command("language-profile")
@click.argument("pool")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write, as JSON."
)
@click.option("--by", default="language", show_default=True, metavar="COLUMN", help="The column of languages.")
@click.option("--low", type=float, default=0.01, show_default=True, help="The quantile below which a number is odd.")
@click.option("--high", type=float, default=0.99, show_default=True, help="The quantile above which a number is odd.")
@click.option("--least", type=int, default=100, show_default=True, help="Documents that a language's bands need.")
@click.option("--most", type=int, default=20_000, show_default=True, help="Documents whose numbers are looked at.")
@click.option("--share", type=float, default=0.008, show_default=True, help="Words with this share are stop words.")
@click.option("--words", type=int, default=8, show_default=True, help="Stop words that a language has at least.")
@click.option("--least-words", type=int, default=5_000, show_default=True, help="Words that stop words need.")
@click.option("--least-texts", type=int, default=10, show_default=True, help="Documents that stop words need.")
@click.option("--origin", default="", metavar="TEXT", help="Whose texts these are; stands in the file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def language_profile(
    pool: str,
    out: Path,
    by: str,
    low: float,
    high: float,
    least: int,
    most: int,
    share: float,
    words: int,
    least_words: int,
    least_texts: int,
    origin: str,
    as_json: bool,
) -> None:
    """Write the stop words of each language in POOL, and bands of the numbers that rules look at.

    POOL holds trusted texts, with their language in a column. `between` reads the bands as `by: {file: FILE}`, `signals`
    the stop words as `stop_words_by: {file: FILE}`.
    """
    import pyarrow as pa
    from pydantic import ValidationError

    from dclm_pipeline.engine.assets import FetchedAssets
    from dclm_pipeline.engine.opening_pools import whole_pool
    from dclm_pipeline.pools.reading import read_promised
    from dclm_pipeline.stages.profiling import ProfileSettings, Profiling

    try:
        settings = ProfileSettings(
            by=by,
            low=low,
            high=high,
            least=least,
            most=most,
            share=share,
            words=words,
            least_words=least_words,
            least_texts=least_texts,
        )
    except ValidationError as error:
        path, said = problems_of(error, ProfileSettings, (), "settings")[0]
        option = "".join(f"--{name}: " for name in path).replace("_", "-")
        raise RecipeError(f"{option}{said.removeprefix('settings: ')}") from error
    require_folder_of(out)
    storage, manifest = whole_pool(pool)
    kinds = dict(manifest.columns)
    for name in (by, "text"):
        if kinds.get(name) not in _TEXTS:
            texts = [column for column, type_ in kinds.items() if type_ in _TEXTS]
            raise RecipeError(
                f"{pool}: has no column {name!r} of texts{nearest(name, texts)} It has {', '.join(texts)}"
            )
    profiling = Profiling(settings)

    def batches(counting: Counting, before: int) -> Iterator[pa.RecordBatch]:
        for place, shard in enumerate(manifest.shards, 1):
            yield from read_promised(storage, shard.path, columns=["id", by, "text"])
            counting.advance_to(before + place)

    with Counting("shards", 2 * len(manifest.shards), quiet=as_json) as counting:
        for batch in batches(counting, 0):
            profiling.add_words(batch)
        profiling.begin_numbers(FetchedAssets())
        for batch in batches(counting, len(manifest.shards)):
            profiling.add_numbers(batch)
    profile = profiling.profile(origin)
    unfinished = out.with_name(f".{out.name}.unfinished")
    text = json.dumps(profile.model_dump(exclude_none=True), sort_keys=True, ensure_ascii=False, indent=1)
    unfinished.write_text(text + "\n", encoding="utf-8")
    unfinished.replace(out)
    banded = {name for bands in profile.bands.values() for name in bands}
    if as_json:
        facts = {"bands": sorted(banded), "stop_words": sorted(profile.stop_words), "left_out": profiling.left_out()}
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for name, documents in profile.documents.items():
        listed = profile.stop_words.get(name, ())
        bands = "bands" if name in banded else "no bands"
        click.echo(
            f"{name}: {counted(documents, 'document')}, {bands}, {counted(len(listed), 'stop word')}: {' '.join(listed[:8])}"
        )
    for name, missing in profiling.left_out().items():
        click.echo(f"{name}: {missing}", err=True)
