"""A tokenizer of one's own: byte-level byte-pair encoding, learnt from texts; and finding that of a training set.

For work without a network, and for languages that a published tokenizer cuts into bytes. The same texts in the same
order give the same file, for one version of `tokenizers`. Holds each different word of the texts in memory.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dclm_pipeline.engine.assets import assets_below
from dclm_pipeline.engine.assets.cache import cache_here, sha256_of
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.pools.manifest import Manifest

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BYTES = 256


@dataclass(frozen=True)
class Learnt:
    """A tokenizer that was made: where it lies, and how many tokens it has."""

    path: Path
    tokens: int


def learn(texts: Iterable[str], out: Path, size: int, special: tuple[str, ...]) -> Learnt:
    """Learn a tokenizer of at most `size` tokens from texts, and write it; the special tokens come first."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    if size < BYTES + len(special):
        raise RecipeError(f"{size} tokens are too few: there are {BYTES} bytes and {len(special)} special tokens")
    if "" in special:
        raise RecipeError("a special token is empty; give one that texts can hold, such as <|endoftext|>")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(special),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    unfinished = out.with_name(f".{out.name}.unfinished")
    unfinished.write_text(tokenizer.to_str(pretty=False) + "\n", encoding="utf-8")
    unfinished.replace(out)
    return Learnt(out, tokenizer.get_vocab_size())


def find_tokenizer(manifest: Manifest, place: str = "", folder: str = ".") -> tuple["Tokenizer", str]:
    """Return the tokenizer of a training set, and its SHA-256; refuse another one than its manifest names.

    Without a place it is looked for, by its digest, among the assets of this machine.
    """
    from tokenizers import Tokenizer

    steps: list[dict[str, Any]] = manifest.recipe.get("steps", [])
    said = next((str(step["tokenizer"]) for step in steps if step.get("kind") == "tokenize"), "")
    wanted = said.removeprefix("sha256:")
    if place:
        path: Path | None = assets_below(folder).path(place)
    elif wanted:
        path = cache_here().find(wanted)
    else:
        raise RecipeError("the training set does not say what made its tokens; name the tokenizer with --tokenizer")
    if path is None:
        raise RecipeError(f"its tokenizer, sha256:{wanted}, is not on this machine; name it with --tokenizer")
    found = sha256_of(path)
    if wanted and found != wanted:
        raise RecipeError(f"{place}: is sha256:{found}, and the tokens were made by sha256:{wanted}")
    try:
        return Tokenizer.from_file(str(path)), found
    except Exception as error:
        raise RecipeError(f"{path}: is no tokenizer that `tokenizers` reads: {error}") from error
