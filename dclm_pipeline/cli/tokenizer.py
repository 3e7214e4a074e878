"""`dclm tokenizer`: making a tokenizer from a pool of texts."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from dclm_pipeline.cli.listing import Listing
from dclm_pipeline.cli.progress import Counting
from dclm_pipeline.cli.writing import require_folder_of
from dclm_pipeline.errors import RecipeError


@click.group(cls=Listing)
def tokenizer() -> None:
    """Make tokenizers: byte-level byte-pair encoding, for work without a network."""


@tokenizer.command()
@click.argument("pool")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Write the tokenizer here.")
@click.option("--size", type=click.IntRange(257), default=8192, show_default=True, help="Tokens that it has at most.")
@click.option(
    "--special",
    multiple=True,
    default=("<|endoftext|>",),
    show_default=True,
    metavar="TOKEN",
    help="Special tokens, the one that ends a document among them.",
)
@click.option(
    "--most-bytes", type=click.IntRange(1), default=10**9, show_default=True, help="Bytes of text to learn of."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def train(pool: str, out: Path, size: int, special: tuple[str, ...], most_bytes: int, as_json: bool) -> None:
    """Make a tokenizer of the texts of POOL; the same texts give the same file."""
    from dclm_pipeline.engine.assets.cache import sha256_of
    from dclm_pipeline.engine.opening_pools import whole_pool
    from dclm_pipeline.pools.reading import read_promised
    from dclm_pipeline.trainset.vocabulary import learn

    storage, manifest = whole_pool(pool)
    if dict(manifest.columns).get("text") not in ("string", "large_string"):
        raise RecipeError(f"{pool}: has no column 'text'; its columns are {', '.join(dict(manifest.columns))}")
    require_folder_of(out)
    read = documents = 0

    def texts(counting: Counting) -> Iterator[str]:
        nonlocal read, documents
        for shard in manifest.shards:
            for batch in read_promised(storage, shard.path, columns=["text"]):
                for text in batch["text"].to_pylist():
                    if text is not None and read < most_bytes:
                        read += len(text.encode())
                        yield text
                documents += batch.num_rows
                counting.advance_to(documents)
                if read >= most_bytes:
                    return

    def all_texts(counting: Counting) -> Iterator[str]:
        yield from texts(counting)
        counting.begin(f"{documents:,} documents read; joining pairs of bytes until there are {size:,} tokens")

    with Counting("documents", manifest.rows, quiet=as_json) as counting:
        learnt = learn(all_texts(counting), out, size, special)
    facts = {"path": str(learnt.path), "tokens": learnt.tokens, "sha256": sha256_of(out), "text_bytes": read}
    if as_json:
        click.echo(json.dumps(facts))
        return
    click.echo(
        f"wrote {out}, {learnt.tokens:,} tokens of {read / 1e6:,.1f} MB of text, {out.stat().st_size:,} bytes, "
        f"sha256:{facts['sha256']}"
    )
