"""WebDataset tars as DCLM's own tools write and its trainer reads them (Li et al. 2024): for those who have such a loop.

A member for each row, a JSON list of all its tokens, padding included, gzipped; 8,192 rows a tar, and a
`manifest.jsonl` that says how many each has. Members are named by the ids of rows, where DCLM draws lots. The padding is
the pool's, end-of-text, where DCLM takes a token of its own; DCLM's trainer asks the model for either.
"""

import gzip
import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dclm_pipeline.trainset.export.parts import Part, Rows
from dclm_pipeline.trainset.shard import Geometry

DCLM_ROWS = 8192
_LEVEL = 6


@dataclass(frozen=True)
class WebDataset:
    """Files `shard_00000000.tar` and `manifest.jsonl`."""

    part_rows: int = DCLM_ROWS

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the tokens and the ids of rows."""
        return ("id", "tokens", "token_count")

    def facts(self) -> Mapping[str, str | int]:
        """Return what it is."""
        return {"format": "webdataset", "revision": 1}

    def write(self, part: Part, geometry: Geometry, rows: Iterator[Rows], folder: Path) -> Sequence[str]:
        """Write one tar; no clock and no user is in it, so that the same rows make the same bytes."""
        del geometry
        name = f"{_stem(part)}.tar"
        with tarfile.open(folder / name, "w", format=tarfile.USTAR_FORMAT) as tar:
            for some in rows:
                for id, tokens in zip(some.columns["id"].to_pylist(), some.tokens.tolist(), strict=True):
                    data = gzip.compress(json.dumps(tokens).encode(), _LEVEL, mtime=0)
                    member = tarfile.TarInfo(f"{(id or b'').hex()}.json.gz")
                    member.size = len(data)
                    tar.addfile(member, io.BytesIO(data))
        return [name]

    def closing(self, parts: Sequence[Part]) -> Mapping[str, bytes]:
        """Return the manifest that DCLM's trainer reads."""
        lines = (json.dumps({"shard": _stem(part), "num_sequences": part.rows}) for part in parts)
        return {"manifest.jsonl": "".join(f"{line}\n" for line in lines).encode()}


def _stem(part: Part) -> str:
    return f"shard_{part.number:08d}"
