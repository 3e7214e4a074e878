"""Addresses made alike, so that those of one page are the same.

`DCLM` does what the reference does to compare addresses: `http://` or `https://` goes, then `www.`, then everything
from the first `?utm_`, `?ref` or `?feed` on, then slashes at the end. `PLAIN` knows what an address is: scheme, `www.`,
the usual port and a point behind the host go, the host is in small letters, names of campaigns and visitors leave the
query wherever they stand, the fragment goes unless a `!` makes a page of it, and slashes at the end of the path go.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import copying
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, kernel, part, stamp
from dclm_pipeline.kernels.copying import copy_bytes
from dclm_pipeline.kernels.strings import Strings

DCLM, PLAIN = range(2)

_Keys: TypeAlias = Callable[[NDArray[np.int64], NDArray[np.uint8], int, NDArray[np.uint8], NDArray[np.int64]], None]

# What follows a question mark where an address is cut, in the reading of the reference.
_CUTS = (b"utm_", b"ref", b"feed")
# Of parameters with these names nothing of a page depends; `utm_` begins a name, the others are whole.
_PREFIXES = (b"utm_",)
_NAMES = (
    b"fbclid",
    b"gclid",
    b"dclid",
    b"gbraid",
    b"wbraid",
    b"msclkid",
    b"yclid",
    b"igshid",
    b"mc_cid",
    b"mc_eid",
    b"_ga",
    b"_gl",
    b"_hsenc",
    b"_hsmi",
    b"mkt_tok",
    b"phpsessid",
    b"jsessionid",
)
_SCHEMES = (b"http://", b"https://")
_WWW = b"www."
_PORTS = (b":80", b":443")
_SLASH, _QUESTION, _HASH, _AND, _EQUALS, _POINT, _BANG, _AT = map(ord, "/?#&=.!@")


def _table(words: tuple[bytes, ...]) -> NDArray[np.uint8]:
    """Return words as rows: the length, then the bytes."""
    table = np.zeros((len(words), 1 + max(map(len, words))), np.uint8)
    for row, word in enumerate(words):
        table[row, : 1 + len(word)] = [len(word), *word]
    return table


_CUT_TABLE, _PREFIX_TABLE, _NAME_TABLE = _table(_CUTS), _table(_PREFIXES), _table(_NAMES)
_SCHEME_TABLE, _WWW_TABLE, _PORT_TABLE = _table(_SCHEMES), _table((_WWW,)), _table(_PORTS)


@part
def _small(byte: int) -> int:
    return byte + 32 if 65 <= byte <= 90 else byte


@part
def _match(data: NDArray[np.uint8], i: int, stop: int, words: NDArray[np.uint8], exactly: bool) -> int:
    """Return the length of the first of some words that stands at a place; 0 where none does."""
    for word in range(words.shape[0]):
        size = int(words[word, 0])
        if i + size > stop:
            continue
        same = True
        for j in range(size):
            byte = int(data[i + j])
            same &= (byte if exactly else _small(byte)) == words[word, 1 + j]
        if same:
            return size
    return 0


@part
def _end_without(data: NDArray[np.uint8], i: int, end: int, byte: int) -> int:
    while end > i and data[end - 1] == byte:
        end -= 1
    return end


@part
def _dclm(data: NDArray[np.uint8], i: int, stop: int, out: NDArray[np.uint8], n: int) -> int:
    i += _match(data, i, stop, _SCHEME_TABLE, True)
    i += _match(data, i, stop, _WWW_TABLE, True)
    for j in range(i, stop):
        if data[j] == _QUESTION and _match(data, j + 1, stop, _CUT_TABLE, True):
            stop = j
            break
    return copy_bytes(data, i, _end_without(data, i, stop, _SLASH), out, n)


@part
def _plain(data: NDArray[np.uint8], i: int, stop: int, out: NDArray[np.uint8], n: int) -> int:
    i += _match(data, i, stop, _SCHEME_TABLE, False)
    host = i
    while host < stop and data[host] not in (_SLASH, _QUESTION, _HASH):
        host += 1
    for j in range(i, host):
        if data[j] == _AT:
            i = j + 1
    i += _match(data, i, host, _WWW_TABLE, False)
    end = host
    for word in range(_PORT_TABLE.shape[0]):
        size = int(_PORT_TABLE[word, 0])
        if end - size >= i and _match(data, end - size, end, _PORT_TABLE[word : word + 1], True):
            end -= size
            break
    end = _end_without(data, i, end, _POINT)
    for j in range(i, end):
        out[n] = _small(int(data[j]))
        n += 1
    path = host
    while path < stop and data[path] != _QUESTION and data[path] != _HASH:
        path += 1
    n = copy_bytes(data, host, _end_without(data, host, path, _SLASH), out, n)
    query, first = path, True
    while query < stop and data[query] != _HASH:
        # From a mark to the next: a parameter.
        query += 1
        end = query
        name = -1
        while end < stop and data[end] != _AND and data[end] != _HASH:
            if data[end] == _EQUALS and name < 0:
                name = end
            end += 1
        name = end if name < 0 else name
        size = _match(data, query, name, _NAME_TABLE, False)
        if end > query and not _match(data, query, name, _PREFIX_TABLE, False) and size != name - query:
            out[n] = _QUESTION if first else _AND
            n = copy_bytes(data, query, end, out, n + 1)
            first = False
        query = end
    if query + 1 < stop and data[query + 1] == _BANG:
        n = copy_bytes(data, query, stop, out, n)
    return n


def _make(parts: int) -> _Keys:
    @kernel(void(OFFSETS, BYTES, types.int64, types.uint8[::1], types.int64[::1]))
    def url_keys(
        offsets: NDArray[np.int64],
        data: NDArray[np.uint8],
        how: int,
        out: NDArray[np.uint8],
        out_offsets: NDArray[np.int64],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        n = 0
        out_offsets[0] = 0
        for row in range(offsets.size - 1):
            if how == DCLM:
                n = _dclm(data, offsets[row], offsets[row + 1], out, n)
            else:
                n = _plain(data, offsets[row], offsets[row + 1], out, n)
            out_offsets[row + 1] = n

    return url_keys


_url_keys = _make(stamp(copying))


def url_keys(strings: Strings, how: int) -> Strings:
    """Return each address made alike."""
    offsets, data = strings
    # One mark more than there is may be written before a parameter is known to be the first.
    out, out_offsets = np.empty(int(offsets[-1] - offsets[0]) + 1, np.uint8), np.empty(len(offsets), np.int64)
    _url_keys(offsets, data, how, out, out_offsets)
    return out_offsets, out[: out_offsets[-1]]
