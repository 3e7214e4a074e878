"""A set of names that fits millions: 16 bytes a name beside its letters, and never wrong.

A hash table whose slots hold half of a hash and the place of a name; where the halves agree, the letters are compared.
Hashes run from the last letter to the first, so that one pass over a host tells of all the domains that it is below.
Not for lists of an enemy, who could make names collide; addresses of an enemy cost no more than others.
"""

from dataclasses import dataclass

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, Integer, kernel, part
from dclm_pipeline.kernels.strings import Strings

_Bytes = NDArray[np.uint8]
_Slots = NDArray[np.uint64]

_SLOTS = types.Array(types.uint64, 1, "C", readonly=True)
_DOT = 46
# FNV-1a, 64 bits.
_BASIS, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_FULL = 0.6


@dataclass(frozen=True)
class NameSet:
    """Names, and the hash table over them."""

    names: Strings
    slots: NDArray[np.uint64]

    @property
    def nbytes(self) -> int:
        """Return the memory that it takes."""
        return int(self.names[0].nbytes + self.names[1].nbytes + self.slots.nbytes)


@part
def _mixed(value: np.uint64) -> np.uint64:
    value ^= value >> _HALF
    value *= _MIX
    return value ^ (value >> _HALF)


@part
def _slot_of(value: np.uint64, slots: _Slots) -> Integer:
    return np.int64(((value >> _HALF) * np.uint64(slots.size)) >> _HALF)


@part
def _holds(
    data: _Bytes,
    start: Integer,
    stop: Integer,
    value: np.uint64,
    offsets: NDArray[np.int64],
    names: _Bytes,
    slots: _Slots,
) -> bool:
    value = _mixed(value)
    slot = _slot_of(value, slots)
    while slots[slot] != 0:
        if (slots[slot] ^ value) & _LOW == 0:
            name = np.int64(slots[slot] >> _HALF) - 1
            begin = offsets[name]
            if offsets[name + 1] - begin == stop - start:
                i = 0
                while i < stop - start and data[start + i] == names[begin + i]:
                    i += 1
                if i == stop - start:
                    return True
        slot = slot + 1 if slot + 1 < slots.size else 0
    return False


@kernel(void(OFFSETS, BYTES, types.uint64[::1]))
def _fill(offsets: NDArray[np.int64], names: _Bytes, slots: _Slots) -> None:
    for name in range(offsets.size - 1):
        if offsets[name] == offsets[name + 1]:
            continue
        value = _BASIS
        for i in range(offsets[name + 1] - 1, offsets[name] - 1, -1):
            value = (value ^ np.uint64(names[i])) * _PRIME
        value = _mixed(value)
        slot = _slot_of(value, slots)
        while slots[slot] != 0:
            slot = slot + 1 if slot + 1 < slots.size else 0
        slots[slot] = np.uint64(name + 1) << _HALF | value & _LOW


@kernel(void(OFFSETS, BYTES, OFFSETS, BYTES, _SLOTS, types.boolean, types.boolean[::1]))
def _look_up(
    offsets: NDArray[np.int64],
    data: _Bytes,
    name_offsets: NDArray[np.int64],
    names: _Bytes,
    slots: _Slots,
    parents: bool,
    found: NDArray[np.bool_],
) -> None:
    for row in range(found.size):
        start, stop = offsets[row], offsets[row + 1]
        value, held = _BASIS, False
        for i in range(stop - 1, start - 1, -1):
            byte = data[i]
            if parents and byte == _DOT and not held:
                held = _holds(data, i + 1, stop, value, name_offsets, names, slots)
            value = (value ^ np.uint64(byte)) * _PRIME
        found[row] = held or _holds(data, start, stop, value, name_offsets, names, slots)


def name_set(names: Strings) -> NameSet:
    """Return the set of these names, less the empty one; keeps the arrays."""
    offsets, data = names
    slots = np.zeros(int((len(offsets) - 1) / _FULL) + 2, np.uint64)
    _fill(offsets, data, slots)
    return NameSet(names, slots)


def _found(names: NameSet, strings: Strings, parents: bool) -> NDArray[np.bool_]:
    found = np.empty(len(strings[0]) - 1, np.bool_)
    _look_up(*strings, *names.names, names.slots, parents, found)
    return found


def holds_name(names: NameSet, strings: Strings) -> NDArray[np.bool_]:
    """Tell which rows are in the set."""
    return _found(names, strings, parents=False)


def holds_domain(names: NameSet, hosts: Strings) -> NDArray[np.bool_]:
    """Tell which hosts are in the set, or are below a domain that is."""
    return _found(names, hosts, parents=True)
