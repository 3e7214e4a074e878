"""Documents as tokens, by any tokenizer that the library `tokenizers` reads from its JSON.

A document ends in end-of-text, so that whoever packs documents need not know the tokenizer. What a page writes of
special tokens are letters like others: a page cannot end a document. Knows nothing of rows, pools or mixtures.
"""

import os
import re
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field, field_validator

from dclm_pipeline.arrow import Array, from_numpy, schema_of
from dclm_pipeline.arrow import Field as ArrowField
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.schema import STORED
from dclm_pipeline.step import Annotate, Assets, Batch, Columns, Place

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Width = Literal["uint16", "uint32"]
Tokens: TypeAlias = NDArray[np.uint16] | NDArray[np.uint32]
DTYPES: Mapping[str, np.dtype[np.unsignedinteger]] = {"uint16": np.dtype("<u2"), "uint32": np.dtype("<u4")}
NO_TEXT, END_WITHIN = "no text", "end-of-text within"
# Metadata of a column of tokens: how NumPy reads it.
DTYPE = b"dtype"

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+(?:@[\w.%-]+)?\Z")


class Tokenize(Annotate):
    """Adds the tokens of each text, end-of-text behind them, and their number.

    Tokens are little-endian numbers one after another, two bytes each (`uint16`) or four. Special tokens are taken from
    the tokenizer, and a tokenizer that has no such token, or more tokens than two bytes can name, is refused. A page
    that writes `<|endoftext|>` has written letters; a document is a reject where a tokenizer makes end-of-text of them
    all the same. Texts of a batch are encoded side by side on the cores that `needs.cpu` reserves.
    """

    # 2: end-of-text within a document makes it a reject.
    revision: ClassVar[int] = 2
    libraries: ClassVar[tuple[str, ...]] = ("tokenizers",)

    kind: Literal["tokenize"] = "tokenize"
    tokenizer: Place = Field(
        description="A `tokenizer.json`: a path, an address, `asset:` and a name, or `owner/name` on the Hugging Face hub, "
        "such as `EleutherAI/gpt-neox-20b`, whose file is then `tokenizer.json`."
    )
    end_of_text: str = Field(default="<|endoftext|>", description="The token that ends a document.")
    dtype: Width = Field(
        default="uint16", description="How a token is stored; `uint32` where there are more than 65,536."
    )

    @field_validator("tokenizer")
    @classmethod
    def _on_the_hub(cls, place: str) -> str:
        """Write an id of the hub as the place of its file."""
        where, mark, digest = place.partition("#")
        if not _HUB_ID.match(where) or where.endswith(".json"):
            return place
        revised = where if "@" in where else f"{where}@main"
        return f"hf://{revised}/tokenizer.json{mark}{digest}"

    def reads(self) -> frozenset[str]:
        """Return the text."""
        return frozenset({"text"})

    def may_read(self) -> frozenset[str]:
        """Return what tells pools of a mixture apart."""
        return frozenset({"pool"})

    def writes(self) -> pa.Schema:
        """Return the tokens and their number."""
        return schema_of(tokens_field(self.dtype), pa.field("token_count", pa.int32()))

    def sums(self) -> Mapping[str, str]:
        """Return that tokens are counted, by pool."""
        return {"token_count": "pool"}

    def open(self, assets: Assets) -> "Tokenizing":
        """Read the tokenizer."""
        return Tokenizing(open_tokenizer(assets.path(self.tokenizer), self), self)


class Tokenizing:
    """A tokenizer, read."""

    def __init__(self, tokenizer: "Tokenizer", settings: Tokenize) -> None:
        """Take the tokenizer and what end-of-text is to it."""
        self._tokenizer = tokenizer
        self._dtype = DTYPES[settings.dtype]
        self._threads = max(1, int(settings.needs.cpu))
        self._end = id_of(tokenizer, settings.end_of_text, settings.tokenizer)

    def columns(self, docs: Batch) -> Columns:
        """Return tokens and their number; a row without a text fails."""
        # Read by the library at its first call in a process that has more than one core for it.
        os.environ["RAYON_NUM_THREADS"] = str(self._threads)
        os.environ["TOKENIZERS_PARALLELISM"] = "true" if self._threads > 1 else "false"
        texts = docs["text"].to_pylist()
        missing = [row for row, text in enumerate(texts) if text is None]
        encoded = self._tokenizer.encode_batch_fast([text or "" for text in texts], add_special_tokens=False)
        ids = [encoding.ids for encoding in encoded]
        counts = np.fromiter(map(len, ids), np.int64, len(ids)) + 1
        ends = np.cumsum(counts)
        tokens = self._tokens(ids, ends)
        # Whatever reads letters may know end-of-text as a word like others, as models of unigrams do.
        within = np.setdiff1d(np.flatnonzero(tokens == self._end), ends - 1)
        failed = dict.fromkeys(np.searchsorted(ends, within, "right").tolist(), END_WITHIN)
        arrays = {"tokens": self._binary(tokens, ends), "token_count": from_numpy(counts.astype(np.int32))}
        return Columns(arrays, failed=failed | dict.fromkeys(missing, NO_TEXT))

    def _tokens(self, ids: Sequence[list[int]], ends: NDArray[np.int64]) -> NDArray[np.unsignedinteger]:
        """Return the tokens of all rows in one piece of memory, end-of-text behind each row's."""
        total = int(ends[-1]) if len(ends) else 0
        tokens = np.empty(total, self._dtype)
        last = np.zeros(total, np.bool_)
        last[ends - 1] = True
        tokens[~last] = np.fromiter(chain.from_iterable(ids), self._dtype, total - len(ends))
        tokens[last] = self._end
        return tokens

    def _binary(self, tokens: NDArray[np.unsignedinteger], ends: NDArray[np.int64]) -> Array:
        """Return tokens row by row; `ends` says where those of each end."""
        offsets = np.concatenate([np.zeros(1, np.int64), ends]) * self._dtype.itemsize
        buffers = [None, from_numpy(offsets).buffers()[1], from_numpy(tokens).buffers()[1]]
        array: Array = pa.Array.from_buffers(pa.large_binary(), len(ends), buffers)
        return array


def tokens_field(dtype: Width) -> ArrowField:
    """Return the column of tokens of documents."""
    return pa.field("tokens", pa.large_binary(), metadata={DTYPE: DTYPES[dtype].str.encode(), STORED: b"none"})


def open_tokenizer(path: "os.PathLike[str]", settings: Tokenize) -> "Tokenizer":
    """Read a tokenizer, less what it does to the length of texts; refuse one that the settings do not fit."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:
        raise RecipeError(f"{settings.tokenizer}: is no tokenizer that `tokenizers` reads: {error}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    most = max(tokenizer.get_vocab(with_added_tokens=True).values(), default=0)
    if most > np.iinfo(DTYPES[settings.dtype]).max:
        raise RecipeError(
            f"{settings.tokenizer}: has tokens up to {most:,}, and {settings.dtype} holds "
            f"{np.iinfo(DTYPES[settings.dtype]).max:,}; say dtype: uint32 for `tokenize` and `pack`"
        )
    id_of(tokenizer, settings.end_of_text, settings.tokenizer)
    return tokenizer


def id_of(tokenizer: "Tokenizer", token: str, place: str) -> int:
    """Return the number of a special token; refuse a tokenizer that does not have it."""
    found = tokenizer.token_to_id(token)
    if found is None:
        added = sorted(token.content for token in tokenizer.get_added_tokens_decoder().values() if token.special)
        known = ", ".join(added) or "none"
        raise RecipeError(f"{place}: has no token {token!r}; set `end_of_text` to one of its special tokens: {known}")
    return found
