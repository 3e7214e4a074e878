"""Text again: a line for each document that rows have, as JSON, its tokens decoded.

Pieces of a document that rows cut apart are put together where one follows the other at once, as they do in rows packed
`greedy`. What stands elsewhere is a line of its own; `offset` says how many tokens of the document come before it. A
character whose bytes were cut apart is then shown as a mark. Special tokens, end-of-text among them, are left out.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dclm_pipeline.trainset.export.parts import BY_SHARD, Part, Rows
from dclm_pipeline.trainset.rows import Tokens
from dclm_pipeline.trainset.shard import Geometry

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Documents are decoded so many tokens at a time, together: the library does it on all cores.
_DECODED = 2**20


@dataclass
class _Document:
    """A document as far as it was read."""

    id: bytes
    offset: int
    parts: list[Tokens]
    tokens: int


@dataclass(frozen=True)
class JsonLines:
    """Files `text-00000.jsonl`, one for each shard of the pool, as no document is in two of them."""

    tokenizer: "Tokenizer"
    sha256: str
    part_rows: int = field(default=BY_SHARD, init=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the tokens and the documents."""
        return ("tokens", "token_count", "doc_ids", "starts", "offsets")

    def facts(self) -> Mapping[str, str | int]:
        """Return what it is, and of which tokenizer."""
        return {"format": "jsonl", "revision": 1, "tokenizer": self.sha256}

    def write(self, part: Part, geometry: Geometry, rows: Iterator[Rows], folder: Path) -> Sequence[str]:
        """Write the lines of one shard."""
        del geometry
        name = f"text-{part.number:05d}.jsonl"
        with (folder / name).open("w", encoding="utf-8", newline="\n") as file:
            for documents in _gathered(_documents(rows)):
                ids = [np.concatenate(document.parts).tolist() for document in documents]
                texts = self.tokenizer.decode_batch(ids, skip_special_tokens=True)
                for document, text in zip(documents, texts, strict=True):
                    line = {"id": document.id.hex(), "offset": document.offset, "tokens": document.tokens, "text": text}
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
        return [name]

    def closing(self, parts: Sequence[Part]) -> Mapping[str, bytes]:
        """Return nothing: the lines tell all."""
        del parts
        return {}


def _documents(rows: Iterator[Rows]) -> Iterator[_Document]:
    """Yield documents, pieces that follow each other put together."""
    open_: _Document | None = None
    for some in rows:
        columns = (some.columns[name].to_pylist() for name in ("doc_ids", "starts", "offsets"))
        for tokens, count, ids, starts, offsets in zip(some.tokens, some.counts.tolist(), *columns, strict=True):
            ends = [*starts[1:], count]
            for id, start, end, offset in zip(ids, starts, ends, offsets, strict=True):
                piece = tokens[start : min(end, count)].copy()
                if not len(piece):
                    continue  # behind what a budget of tokens has left of the row
                if open_ is not None and (open_.id, open_.offset + open_.tokens) == (id, offset):
                    open_.parts.append(piece)
                    open_.tokens += len(piece)
                    continue
                if open_ is not None:
                    yield open_
                open_ = _Document(id, offset, [piece], len(piece))
    if open_ is not None:
        yield open_


def _gathered(documents: Iterator[_Document]) -> Iterator[list[_Document]]:
    """Yield documents in lists of about as many tokens."""
    held: list[_Document] = []
    tokens = 0
    for document in documents:
        held.append(document)
        tokens += document.tokens
        if tokens >= _DECODED:
            yield held
            held, tokens = [], 0
    if held:
        yield held
