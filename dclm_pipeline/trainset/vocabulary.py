"""A tokenizer of one's own: byte-level byte-pair encoding, learnt from texts.

For work without a network, and for languages that a published tokenizer cuts into bytes. The same texts in the same
order give the same file, for one version of `tokenizers`. Holds each different word of the texts in memory.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dclm_pipeline.errors import RecipeError

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
