"""A pool of packed rows, wherever it lies, as blocks of neighbouring rows: mapped into memory, or read when asked for.

On this machine, and where tokens are stored as they are, a block is a view of the file. Elsewhere it is one request for
its bytes; where tokens are compressed, a block is a row group, read by pyarrow. Trusts the pool: its checksums are
`dclm verify`'s business. Knows neither order nor ranks.
"""

import mmap
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dclm_pipeline.arrow import one_batch
from dclm_pipeline.engine.opening_pools import whole_pool
from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.pools.reading import distrusting, promised
from dclm_pipeline.storage.many import at_once
from dclm_pipeline.storage.trouble import naming
from dclm_pipeline.trainset.lineage import is_packed
from dclm_pipeline.trainset.rows import Documents, Tokens
from dclm_pipeline.trainset.shard import TOKENS, Geometry, geometry_of

# Of a block that can be read alone: large enough for one request, small enough that many are held.
BLOCK_BYTES = 33 * 2**16  # 512 rows of 2,049 tokens of two bytes
# Row groups whose documents are remembered, of some 200 kB each.
_REMEMBERED = 256
# Files that are mapped at a time: each has a descriptor, of which a process may often have no more than 1,024.
_MAPPED = 256


@dataclass(frozen=True)
class Block:
    """Neighbouring rows: their tokens, and their documents where those were asked for."""

    tokens: Tokens
    documents: Documents | None


class PackedPool:
    """The rows of a whole training set."""

    def __init__(self, place: str, block_bytes: int = BLOCK_BYTES) -> None:
        """Open the pool at a place: reads its manifest, and the footer of one shard."""
        self.storage, self.manifest = whole_pool(place)
        if not is_packed(self.manifest):
            raise RecipeError(f"{place}: holds no rows of tokens; `dclm run pipelines/trainset.yaml` makes some of it")
        self._files = [file for file in self.manifest.shards if file.rows]
        if not self._files:
            raise RecipeError(f"{place}: is whole, and has no rows")
        self._local = self.storage.url.startswith("/")
        self._geometries: dict[int, Geometry] = {}
        self._map = lru_cache(_MAPPED)(self._map_file)
        self._documents = lru_cache(_REMEMBERED)(self._documents_of_group)
        self.geometry = self._geometry(0)
        self.block_rows = _block_rows(self.geometry, block_bytes)
        rows = np.array([file.rows for file in self._files])
        # The number of the first block of each shard, and of the first behind them all.
        self._firsts = np.concatenate([np.zeros(1, np.int64), np.cumsum(-(-rows // self.block_rows))])

    @property
    def content(self) -> str:
        """Return the digest of what the pool holds."""
        return self.manifest.content

    @property
    def stored(self) -> str:
        """Say how tokens are stored."""
        return "zstd" if self.geometry.groups[0].begin < 0 else "none"

    @property
    def block_bytes(self) -> int:
        """Return how many bytes of tokens a block has."""
        return self.block_rows * self.geometry.sequence_length * self.geometry.dtype.itemsize

    def sizes(self) -> NDArray[np.int64]:
        """Return how many rows each block has."""
        sizes = np.full(int(self._firsts[-1]), self.block_rows)
        rows = np.array([file.rows for file in self._files])
        sizes[self._firsts[1:] - 1] = rows - (np.diff(self._firsts) - 1) * self.block_rows
        return sizes

    def blocks(self, numbers: Iterable[int], documents: bool, ahead: int) -> Iterator[Block]:
        """Yield blocks; reads as many ahead as it is told to."""
        if self._mapped_whole:
            for number in self._expected(numbers, ahead):
                yield self.block(number, documents)
            return
        yield from at_once(lambda number: self.block(number, documents), numbers, max(1, ahead))

    def block(self, number: int, documents: bool) -> Block:
        """Return one block."""
        place, first, rows = self._place(number)
        group, within = divmod(first, self.geometry.group_rows)
        tokens = self._tokens(place, group, within, rows)
        return Block(tokens, self._documents(place, group).between(within, within + rows) if documents else None)

    @property
    def _mapped_whole(self) -> bool:
        return self._local and self.stored == "none"

    def _place(self, number: int) -> tuple[int, int, int]:
        """Return in which shard a block lies, its first row there and how many it has."""
        place = int(np.searchsorted(self._firsts, number, "right")) - 1
        first = (number - int(self._firsts[place])) * self.block_rows
        return place, first, min(self.block_rows, self._files[place].rows - first)

    def _expected(self, numbers: Iterable[int], ahead: int) -> Iterator[int]:
        """Yield numbers of blocks, after telling the system to read the next few from the disk."""
        waiting: deque[int] = deque()
        for number in numbers:
            place, first, rows = self._place(number)
            begin, size = self._bytes(place, *divmod(first, self.geometry.group_rows), rows)
            if hasattr(mmap, "MADV_WILLNEED"):
                page = begin // mmap.PAGESIZE * mmap.PAGESIZE
                self._map(place).madvise(mmap.MADV_WILLNEED, page, begin + size - page)
            waiting.append(number)
            if len(waiting) > ahead:
                yield waiting.popleft()
        yield from waiting

    def _bytes(self, place: int, group: int, first: int, rows: int) -> tuple[int, int]:
        """Return where the tokens of rows of a group begin in the file, and how many bytes they have."""
        width = self.geometry.sequence_length * self.geometry.dtype.itemsize
        return self._geometry(place).groups[group].begin + first * width, rows * width

    def _tokens(self, place: int, group: int, first: int, rows: int) -> Tokens:
        shape = (rows, self.geometry.sequence_length)
        path = self._files[place].path
        if self._geometry(place).groups[group].begin < 0:
            column = self._read(path, group, [TOKENS]).column(0)
            data = np.frombuffer(memoryview(column.buffers()[1] or b""), self.geometry.dtype)
            return data.reshape(-1, shape[1])[column.offset + first : column.offset + first + rows]
        begin, size = self._bytes(place, group, first, rows)
        if self._local:
            return np.frombuffer(self._map(place), self.geometry.dtype, rows * shape[1], begin).reshape(shape)
        read = self.storage.read(path, begin, size)
        if len(read) != size:
            raise IntegrityError(f"{self.storage.url}/{path}: ends before the tokens that its footer tells of")
        return np.frombuffer(read, self.geometry.dtype).reshape(shape)

    def _documents_of_group(self, place: int, group: int) -> Documents:
        columns = self._read(self._files[place].path, group, ["token_count", "starts"])
        sizes = pc.list_value_length(columns["starts"]).to_numpy(zero_copy_only=False)
        values = pc.list_flatten(columns["starts"]).to_numpy(zero_copy_only=False)
        counts = columns["token_count"].to_numpy(zero_copy_only=False)
        return Documents(counts, np.cumsum(sizes, dtype=np.int64), values)

    def _read(self, path: str, group: int, columns: list[str]) -> pa.RecordBatch:
        name = f"{self.storage.url}/{path}"
        with promised(name), self.storage.open(path) as stream, distrusting(name):
            file = pq.ParquetFile(stream, page_checksum_verification=True, pre_buffer=False)
            return one_batch(file.read_row_group(group, columns, use_threads=False).select(columns))

    def _geometry(self, place: int) -> Geometry:
        """Return where tokens lie in a shard; its footer is read once, or twice by two threads at a time."""
        found = self._geometries.get(place)
        if found is None:
            found = self._geometries[place] = self._look(place)
        return found

    def _look(self, place: int) -> Geometry:
        """Read where tokens lie in a shard, and hold it against what the manifest and the first shard say."""
        file = self._files[place]
        name = f"{self.storage.url}/{file.path}"
        with promised(name), self.storage.open(file.path) as stream, distrusting(name):
            geometry = geometry_of(pq.read_metadata(stream), name)
        expected = self.geometry if place else geometry
        width = geometry.sequence_length * geometry.dtype.itemsize
        if any(group.begin + group.rows * width > file.bytes for group in geometry.groups):
            raise IntegrityError(f"{name}: its footer tells of tokens beyond the {file.bytes:,} bytes of the file")
        full, rest = divmod(file.rows, expected.group_rows)
        groups = [expected.group_rows] * full + [rest] * (rest > 0)
        if [group.rows for group in geometry.groups] != groups or (
            geometry.sequence_length,
            geometry.dtype,
            geometry.groups[0].begin < 0,
        ) != (expected.sequence_length, expected.dtype, expected.groups[0].begin < 0):
            raise IntegrityError(
                f"{name}: its rows do not lie as the manifest and the pool's first shard say; `dclm verify` tells more"
            )
        return geometry

    def _map_file(self, place: int) -> mmap.mmap:
        file = self._files[place]
        path = Path(self.storage.url, file.path)
        with promised(str(path)), naming(str(path)), path.open("rb") as opened:
            mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        if len(mapped) != file.bytes:
            raise IntegrityError(f"{path}: has {len(mapped):,} bytes, and the manifest says {file.bytes:,}")
        return mapped


def _block_rows(geometry: Geometry, most: int) -> int:
    """Return how many rows are read together: a row group, or what of it can be read alone."""
    if geometry.groups[0].begin < 0:
        return geometry.group_rows
    rows = max(1, most // (geometry.sequence_length * geometry.dtype.itemsize))
    rows = 1 << (rows.bit_length() - 1)
    return rows if rows < geometry.group_rows and geometry.group_rows % rows == 0 else geometry.group_rows
