"""Who a document is, and all the randomness there is.

An id is a hash of where the document stood in the input, so it is the same for any number of workers and any way to
split a file. Every random choice is a hash of (seed, id): the same document meets the same luck in every run.
"""

import hashlib

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array

ID_BYTES = 16
ID = pa.binary(ID_BYTES)

_MULTIPLIER_1 = np.uint64(0xBF58476D1CE4E5B9)  # splitmix64, Steele et al. 2014
_MULTIPLIER_2 = np.uint64(0x94D049BB133111EB)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def document_id(shard: str, place: str) -> bytes:
    """Return the id of the document at `place` (a byte offset or row number) of an input shard's name."""
    return hashlib.sha256(f"{shard}\0{place}".encode("utf-8", "surrogatepass")).digest()[:ID_BYTES]


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scatter 64-bit values, one to one (splitmix64's finalizer)."""
    values = (values ^ (values >> np.uint64(30))) * _MULTIPLIER_1
    values = (values ^ (values >> np.uint64(27))) * _MULTIPLIER_2
    return values ^ (values >> np.uint64(31))


def halves(ids: Array) -> NDArray[np.uint64]:
    """Return each id as two big-endian numbers: comparing the pairs compares the ids."""
    data = ids.buffers()[1]
    if len(ids) == 0 or data is None:
        return np.empty((0, 2), np.uint64)
    pairs = np.frombuffer(memoryview(data), ">u8").reshape(-1, 2)[ids.offset : ids.offset + len(ids)]
    plain: NDArray[np.uint64] = pairs.astype(np.uint64)
    return plain


def scatter(seed: int, ids: Array) -> NDArray[np.uint64]:
    """Return 64 evenly spread bits for each id, other ones for each seed."""
    pairs = halves(ids)
    start = _mix(np.array([seed % 2**64], np.uint64) + _GOLDEN)
    return _mix(_mix(pairs[:, 0] ^ start) ^ pairs[:, 1])


def uniform(seed: int, ids: Array) -> NDArray[np.float64]:
    """Return a number in [0, 1) for each id, by (seed, id) alone."""
    return (scatter(seed, ids) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def shuffled(count: int, *seeds: int) -> NDArray[np.int64]:
    """Return the numbers below `count` in an order that comes of the seeds alone."""
    start = np.zeros(1, np.uint64)
    for seed in seeds:
        start = _mix((start ^ np.array([seed % 2**64], np.uint64)) + _GOLDEN)
    order: NDArray[np.int64] = np.argsort(_mix(_mix(np.arange(count, dtype=np.uint64)) ^ start), kind="stable")
    return order


def part_ids(ids: Array, parts: NDArray[np.uint64]) -> Array:
    """Return an id for a part of each document, by the document's id and the number of the part."""
    pairs = halves(ids)
    salts = _mix(parts + _GOLDEN)
    high = _mix(_mix(pairs[:, 0] ^ salts) ^ pairs[:, 1])
    low = _mix(_mix(pairs[:, 1] ^ _mix(salts)) ^ pairs[:, 0])
    data = np.stack([high, low], axis=1).astype(">u8")
    made: Array = pa.Array.from_buffers(ID, len(pairs), [None, pa.py_buffer(data.tobytes())])
    return made


def salts(names: Array) -> NDArray[np.uint64]:
    """Return a number for each of some texts, few of them different; 0 for null."""
    coded = names.dictionary_encode()
    known = [int.from_bytes(hashlib.sha256(str(name).encode()).digest()[:8]) for name in coded.dictionary.to_pylist()]
    table = np.array([0, *known], np.uint64)
    places = np.asarray(coded.indices.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)
    found: NDArray[np.uint64] = table[places + 1]
    return found
