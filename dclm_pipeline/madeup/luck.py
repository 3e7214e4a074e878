"""Luck that is a function of (seed, name, number): the only randomness of the made-up web.

A stream begins at a SHA-256 and goes on by counting, so it is the same on every machine and under every version of
Python and numpy. Knows nothing of pages.
"""

import hashlib
import statistics
from collections.abc import Sequence
from math import exp
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Thing = TypeVar("Thing")

_GOLDEN = 0x9E3779B97F4A7C15  # splitmix64, Steele et al. 2014
_MULTIPLIER_1 = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLIER_2 = np.uint64(0x94D049BB133111EB)
_STEPS = np.arange(1, 4097, dtype=np.uint64) * np.uint64(_GOLDEN)
_AT_ONCE = 48
_BITS = 40


def _heavy_tail(sigma: float) -> tuple[float, ...]:
    # Rounded, so that the last bit of another machine's exp() changes nothing.
    normal = statistics.NormalDist()
    factors = [exp(sigma * normal.inv_cdf((i + 0.5) / 256)) for i in range(256)]
    mean = sum(factors) / len(factors)
    return tuple(round(factor / mean, 4) for factor in factors)


_HEAVY_TAIL = _heavy_tail(1.0)


class Luck:
    """A stream of numbers that depends on where it begins and on nothing else."""

    __slots__ = ("_ready", "_state")

    def __init__(self, seed: int, name: str, number: int = 0) -> None:
        digest = hashlib.sha256(f"{seed}/{name}/{number}".encode()).digest()
        self._state = int.from_bytes(digest[:8], "little")
        # What is left of the digest serves the many streams that are asked for a few numbers only.
        self._ready: list[int] = [int.from_bytes(digest[i : i + 5], "little") for i in (8, 13, 18, 23)]

    def numbers(self, n: int) -> NDArray[np.uint64]:
        """Return the next `n` numbers of 64 bits."""
        steps = _STEPS[:n] if n <= _STEPS.size else np.arange(1, n + 1, dtype=np.uint64) * np.uint64(_GOLDEN)
        values = steps + np.uint64(self._state)
        self._state = (self._state + n * _GOLDEN) % 2**64
        values ^= values >> np.uint64(30)
        values *= _MULTIPLIER_1
        values ^= values >> np.uint64(27)
        values *= _MULTIPLIER_2
        values ^= values >> np.uint64(31)
        return values

    def below(self, n: int) -> int:
        """Return a whole number from 0 to `n` - 1; `n` is far less than 2^40."""
        if not self._ready:
            # Taken many at a time: a numpy call costs as much as forty numbers.
            self._ready = (self.numbers(_AT_ONCE) >> np.uint64(64 - _BITS)).tolist()
        return self._ready.pop() % n

    def between(self, least: int, most: int) -> int:
        """Return a whole number from `least` to `most`, both included."""
        return least + self.below(most - least + 1)

    def share(self) -> float:
        """Return a number in [0, 1)."""
        return self.below(2**_BITS) * 2.0**-_BITS

    def chance(self, share: float) -> bool:
        """Return true in this share of cases."""
        return self.share() < share

    def pick(self, things: Sequence[Thing]) -> Thing:
        """Return one of the things."""
        return things[self.below(len(things))]

    def heavy(self) -> float:
        """Return a factor with mean 1 and a heavy tail (log-normal, sigma 1, from 0.04 to 10)."""
        return _HEAVY_TAIL[self.below(256)]

    def hexadecimal(self, digits: int) -> str:
        """Return this many hexadecimal digits, at most 32."""
        return f"{self.below(2**_BITS):010x}{self.below(2**_BITS):010x}{self.below(2**_BITS):010x}00"[:digits]
