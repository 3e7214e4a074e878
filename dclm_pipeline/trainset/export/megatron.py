"""Megatron's indexed dataset, `.bin` and `.idx`: a sequence and a document for each row, without its padding.

Megatron lays sequences one after another and cuts them anew, to its own length and in its own order. Of rows packed
`greedy` that gives back the documents as they follow each other, end-of-text between them. It knows no unsigned tokens
of four bytes; those are written as signed ones.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.trainset.export.parts import WHOLE, Part, Rows
from dclm_pipeline.trainset.shard import Geometry

MAGIC = b"MMIDIDX\x00\x00"
VERSION = 1
# Megatron's numbers for types of two and four bytes.
UINT16, INT32 = 8, 4
_WRITTEN = 2**20


@dataclass(frozen=True)
class Megatron:
    """Files `tokens-00000.bin` and `.idx`, by default one pair."""

    part_rows: int = WHOLE

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the tokens and how many count."""
        return ("tokens", "token_count")

    def facts(self) -> Mapping[str, str | int]:
        """Return what it is."""
        return {"format": "megatron", "revision": 1}

    def write(self, part: Part, geometry: Geometry, rows: Iterator[Rows], folder: Path) -> Sequence[str]:
        """Write tokens as they come, and behind them the index."""
        name = f"tokens-{part.number:05d}"
        wide = geometry.dtype.itemsize == 4
        counts = np.zeros(part.rows, np.int32)
        place = 0
        with (folder / f"{name}.bin").open("wb") as file:
            for some in rows:
                tokens = some.counted()
                if wide and len(tokens) and int(tokens.max()) > np.iinfo(np.int32).max:
                    raise RecipeError(f"a token is {int(tokens.max())}, and Megatron's largest is {2**31 - 1}")
                file.write(np.ascontiguousarray(tokens).data)
                counts[place : place + len(some.tokens)] = some.counts
                place += len(some.tokens)
        with (folder / f"{name}.idx").open("wb") as file:
            file.write(MAGIC + struct.pack("<QB", VERSION, INT32 if wide else UINT16))
            file.write(struct.pack("<QQ", part.rows, part.rows + 1))
            file.write(counts.astype("<i4", copy=False).data)
            end = 0
            for first in range(0, part.rows, _WRITTEN):
                ends = end + np.cumsum(counts[first : first + _WRITTEN], dtype=np.int64)
                begins = np.concatenate([np.array([end]), ends[:-1]]) * geometry.dtype.itemsize
                file.write(begins.astype("<i8", copy=False).data)
                end = int(ends[-1])
            for first in range(0, part.rows + 1, _WRITTEN):
                file.write(np.arange(first, min(first + _WRITTEN, part.rows + 1), dtype="<i8").data)
        return [f"{name}.bin", f"{name}.idx"]

    def closing(self, parts: Sequence[Part]) -> Mapping[str, bytes]:
        """Return nothing: the pairs tell all."""
        del parts
        return {}
