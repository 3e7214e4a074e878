"""A Bloom filter that looks at one cache line a question: blocks of 512 bits, all of a key's bits in one of them.

A plain filter spreads a key's bits over all of its memory and waits for the memory once a bit; this one waits once a
key, and needs about a tenth more bits for the same rate of false positives (Putze, Sanders and Singler 2009). Keys are
64-bit hashes. Parts of kernels, and the arithmetic of sizes.
"""

from dataclasses import dataclass
from functools import cache
from math import ceil, log

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import part
from dclm_pipeline.kernels.interning import mixed

BLOCK_BITS = 512
BLOCK_BYTES = BLOCK_BITS // 8
WORDS = BLOCK_BITS // 64
MOST_PROBES = 21  # two more mixtures of a key, at seven places in a block each
MOST_BLOCKS = 2**32 - 1
LEAST_RATE, MOST_RATE = 1e-6, 0.5

_PLACE = np.uint64(BLOCK_BITS - 1)
_NEXT_PLACE = np.uint64(9)
_WORD = np.uint64(6)
_BIT = np.uint64(63)
_BLOCK_WORDS = np.uint64(WORDS)
_HALF = np.uint64(32)
_ONE = np.uint64(1)
_AGAIN = np.uint64(0xA0761D6478BD642F)
_PLACES = 7  # of nine bits each, in 64


@dataclass(frozen=True)
class Size:
    """How large a filter is: its blocks, and how many bits of a block each key sets."""

    blocks: int
    probes: int

    @property
    def bytes(self) -> int:
        """Return the memory it takes."""
        return self.blocks * BLOCK_BYTES


def false_positives(keys_a_block: float, probes: int) -> float:
    """Return the share of unknown keys taken for known ones, where blocks hold so many keys on average."""
    held = np.arange(int(keys_a_block + 12 * keys_a_block**0.5) + 12)
    # The share of blocks that hold so many keys (Poisson), times the chance that all of another key's bits are set there.
    ways = np.concatenate([[0.0], np.cumsum(np.log(held[1:]))])
    likely = np.exp(held * log(keys_a_block) - keys_a_block - ways)
    return float(likely @ (1 - (1 - 1 / BLOCK_BITS) ** (probes * held)) ** probes)


@cache
def keys_a_block(rate: float) -> tuple[float, int]:
    """Return how many keys a block may hold on average at a rate of false positives, and by how many bits each."""
    best = (0.0, 1)
    for probes in range(1, MOST_PROBES + 1):
        low, high = 0.01, 2.0 * BLOCK_BITS
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if false_positives(middle, probes) <= rate else (low, middle)
        best = max(best, (low, probes))
    return best


def size_for(keys: int, rate: float) -> Size:
    """Return the size of the smallest filter for so many keys."""
    held, probes = keys_a_block(rate)
    return Size(max(1, ceil(keys / held)), probes)


@part
def block_of(key: np.uint64, blocks: int) -> np.uint64:
    """Return the place of the first word of a key's block."""
    return ((key >> _HALF) * np.uint64(blocks) >> _HALF) * _BLOCK_WORDS


@part
def holds(words: NDArray[np.uint64], blocks: int, probes: int, key: np.uint64) -> bool:
    """Tell whether a key was put into a filter, or seems to have been."""
    base = block_of(key, blocks)
    places = mixed(key + _AGAIN)
    missing = np.uint64(0)
    for probe in range(probes):
        if probe > 0 and probe % _PLACES == 0:
            places = mixed(key + np.uint64(probe) * _AGAIN)
        bit = places & _PLACE
        missing |= ~(words[np.uintp(base + (bit >> _WORD))] >> (bit & _BIT)) & _ONE
        places >>= _NEXT_PLACE
    return bool(missing == np.uint64(0))


@part
def put(words: NDArray[np.uint64], blocks: int, probes: int, key: np.uint64) -> int:
    """Put a key into a filter; return 1 where that changes it."""
    base = block_of(key, blocks)
    places = mixed(key + _AGAIN)
    changed = np.uint64(0)
    for probe in range(probes):
        if probe > 0 and probe % _PLACES == 0:
            places = mixed(key + np.uint64(probe) * _AGAIN)
        bit = places & _PLACE
        place = np.uintp(base + (bit >> _WORD))
        before = words[place]
        after = before | _ONE << (bit & _BIT)
        changed |= before ^ after
        words[place] = after
        places >>= _NEXT_PLACE
    return int(changed != np.uint64(0))
