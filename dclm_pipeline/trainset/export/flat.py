"""Flat arrays that NumPy maps: all tokens of rows, padding included, and beside them how many of each row count."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dclm_pipeline.trainset.export.parts import WHOLE, Part, Rows
from dclm_pipeline.trainset.shard import Geometry


@dataclass(frozen=True)
class Flat:
    """Files `tokens-00000.npy`, rows by their length, and `counts-00000.npy`; by default one of each."""

    part_rows: int = WHOLE

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the tokens and how many count."""
        return ("tokens", "token_count")

    def facts(self) -> Mapping[str, str | int]:
        """Return what it is."""
        return {"format": "npy", "revision": 1}

    def write(self, part: Part, geometry: Geometry, rows: Iterator[Rows], folder: Path) -> Sequence[str]:
        """Write both at once."""
        names = [f"{what}-{part.number:05d}.npy" for what in ("tokens", "counts")]
        shapes: list[tuple[int, ...]] = [(part.rows, geometry.sequence_length), (part.rows,)]
        with (folder / names[0]).open("wb") as tokens, (folder / names[1]).open("wb") as counts:
            for file, shape, kind in zip((tokens, counts), shapes, (geometry.dtype.str, "<i4"), strict=True):
                header = {"descr": kind, "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
            for some in rows:
                tokens.write(np.ascontiguousarray(some.tokens).data)
                counts.write(np.ascontiguousarray(some.counts, "<i4").data)
        return names

    def closing(self, parts: Sequence[Part]) -> Mapping[str, bytes]:
        """Return nothing: the arrays tell all."""
        del parts
        return {}
