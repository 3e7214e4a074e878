"""Hosts of addresses, each in one form: small letters, no port, no user, no dot at its end, no escapes, other scripts as xn--.

Where the host stands is told as `urllib.parse.urlsplit` tells it: behind `//`, with or without a scheme before that; a
path alone has none. What differs between two spellings of a host that browsers take for one is made equal: capitals,
percent escapes, full stops of other scripts, Unicode against Punycode (RFC 3492).

What cannot be a host, above all what is longer than 255 characters, is empty. Known gap: characters whose plain form is
several (ligatures, squared letters) stay as they are.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numba import types
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import host_codes
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, Integer, kernel, part, stamp
from dclm_pipeline.kernels.strings import Strings
from dclm_pipeline.kernels.urls import escapes
from dclm_pipeline.kernels.urls.escapes import hexadecimal
from dclm_pipeline.kernels.words.automaton import INTS

_Bytes = NDArray[np.uint8]
_Codes = NDArray[np.int32]
_PutHosts: TypeAlias = Callable[[NDArray[np.int64], _Bytes, _Codes, NDArray[np.int64], _Bytes], Integer]

LONGEST = 255
_LONGEST_LABEL = 63
_DOT = 46
# RFC 3492, section 5.
_BASE, _LEAST, _MOST, _SKEW, _DAMP, _BIAS, _FIRST = 36, 1, 26, 38, 700, 72, 0x80


@part
def _is_dropped(byte: Integer) -> bool:
    return byte == 9 or byte == 10 or byte == 13


@part
def _is_of_scheme(byte: Integer) -> bool:
    return bool(97 <= (byte | 32) <= 122 or 48 <= byte <= 57 or byte == 43 or byte == 45 or byte == 46)


@part
def _netloc(data: _Bytes, start: Integer, stop: Integer) -> tuple[Integer, Integer]:
    """Return where user, host and port stand; an empty place for none."""
    while start < stop and data[start] <= 32:
        start += 1
    i = start
    if i < stop and 97 <= (data[i] | 32) <= 122:
        while i < stop and (_is_of_scheme(data[i]) or _is_dropped(data[i])):
            i += 1
        i = i + 1 if i < stop and data[i] == 58 else start
    for _ in range(2):
        while i < stop and _is_dropped(data[i]):
            i += 1
        if i >= stop or data[i] != 47:
            return start, start
        i += 1
    end = i
    while end < stop and data[end] != 47 and data[end] != 63 and data[end] != 35:
        end += 1
    return i, end


@part
def _host(data: _Bytes, start: Integer, stop: Integer) -> tuple[Integer, Integer]:
    """Return where the host stands in user, host and port."""
    for i in range(start, stop):
        if data[i] == 64:
            start = i + 1
    for i in range(start, stop):
        if data[i] == 91:
            end = i + 1
            while end < stop and data[end] != 93:
                end += 1
            return i + 1, end
    for i in range(start, stop):
        if data[i] == 58:
            return start, i
    return start, stop


@part
def _unescape(data: _Bytes, start: Integer, stop: Integer, plain: _Bytes) -> Integer:
    """Copy a host without its escapes; return its length, or one too many where it is too long."""
    size, i = 0, start
    while i < stop:
        byte: Integer = np.int64(data[i])
        i += 1
        if _is_dropped(byte):
            continue
        if byte == 37 and i + 1 < stop:
            high, low = hexadecimal(np.int64(data[i])), hexadecimal(np.int64(data[i + 1]))
            if high >= 0 and low >= 0:
                byte = high * 16 + low
                i += 2
        if size == plain.size:
            return plain.size + 1
        plain[size] = byte
        size += 1
    return size


@part
def _decode(plain: _Bytes, size: Integer, table: _Codes, codes: _Codes) -> Integer:
    """Decode UTF-8 into the characters that hosts are told apart by; what is no UTF-8 becomes U+FFFD, byte by byte."""
    count, i = 0, 0
    while i < size:
        code: Integer = np.int64(plain[i])
        i += 1
        if code >= 0x80:
            more = 1 if 0xC2 <= code < 0xE0 else 2 if 0xE0 <= code < 0xF0 else 3 if 0xF0 <= code < 0xF5 else 0
            value = code & (0x3F >> more)
            whole = more > 0 and i + more <= size
            if whole:
                for j in range(i, i + more):
                    whole &= plain[j] & 0xC0 == 0x80
                    value = value << 6 | (np.int64(plain[j]) & 0x3F)
            whole &= not (more == 2 and (value < 0x800 or 0xD800 <= value < 0xE000))
            whole &= not (more == 3 and not 0x10000 <= value < 0x110000)
            code = value if whole else 0xFFFD
            i += more if whole else 0
        codes[count] = table[code]
        count += 1
    return count


@part
def _put(out: _Bytes, end: Integer, limit: Integer, byte: Integer) -> Integer:
    """Write a byte; return the end, which stays behind the limit once that has been met."""
    if end < limit:
        out[end] = byte
        return end + 1
    return limit + 1


@part
def _put_label(codes: _Codes, first: Integer, last: Integer, out: _Bytes, end: Integer, limit: Integer) -> Integer:
    """Write a label, in Punycode where it is not ASCII; return the end, behind the limit where there is no room."""
    basic = 0
    for i in range(first, last):
        basic += codes[i] < 0x80
    length = last - first
    if basic == length:
        for i in range(first, last):
            end = _put(out, end, limit, codes[i])
        return end
    if length > _LONGEST_LABEL:
        return limit + 1
    for byte in (120, 110, 45, 45):  # xn--
        end = _put(out, end, limit, byte)
    for i in range(first, last):
        if codes[i] < 0x80:
            end = _put(out, end, limit, codes[i])
    if basic > 0:
        end = _put(out, end, limit, 45)
    done, code, delta, bias = basic, np.int64(_FIRST), np.int64(0), np.int64(_BIAS)
    while done < length:
        next_code = np.int64(0x110000)
        for i in range(first, last):
            if codes[i] >= code:
                next_code = min(next_code, np.int64(codes[i]))
        delta += (next_code - code) * (done + 1)
        code = next_code
        for i in range(first, last):
            delta += codes[i] < code
            if codes[i] != code:
                continue
            left, digit_base = delta, np.int64(_BASE)
            while True:
                threshold = max(np.int64(_LEAST), min(np.int64(_MOST), digit_base - bias))
                if left < threshold:
                    break
                digit = threshold + (left - threshold) % (_BASE - threshold)
                end = _put(out, end, limit, digit + 97 if digit < 26 else digit + 22)
                left = (left - threshold) // (_BASE - threshold)
                digit_base += _BASE
            end = _put(out, end, limit, left + 97 if left < 26 else left + 22)
            delta = delta // _DAMP if done == basic else delta // 2
            delta += delta // (done + 1)
            bias = np.int64(0)
            while delta > ((_BASE - _LEAST) * _MOST) // 2:
                delta //= _BASE - _LEAST
                bias += _BASE
            bias += (_BASE - _LEAST + 1) * delta // (delta + _SKEW)
            delta = np.int64(0)
            done += 1
        delta += 1
        code += 1
    return end


@part
def _put_hard_host(
    data: _Bytes, start: Integer, stop: Integer, table: _Codes, plain: _Bytes, codes: _Codes, out: _Bytes, at: Integer
) -> Integer:
    """Write a host that has escapes, dropped characters or other scripts; return its end."""
    size = _unescape(data, start, stop, plain)
    if size > plain.size:
        return at
    count = _decode(plain, size, table, codes)
    limit, end, first = at + LONGEST, at, 0
    for i in range(count + 1):
        if i == count or codes[i] == _DOT:
            end = _put_label(codes, first, i, out, end, limit)
            if i < count:
                end = _put(out, end, limit, _DOT)
            first = i + 1
    return at if end > limit else end


def _make(parts: int) -> _PutHosts:
    @kernel(types.int64(OFFSETS, BYTES, INTS, types.int64[::1], types.uint8[::1]))
    def put_hosts(
        offsets: NDArray[np.int64], data: _Bytes, table: _Codes, hosts: NDArray[np.int64], out: _Bytes
    ) -> Integer:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return 0
        plain, codes = np.empty(4 * LONGEST, np.uint8), np.empty(4 * LONGEST, np.int32)
        end: Integer = 0
        for row in range(hosts.size - 1):
            hosts[row] = end
            start, stop = _netloc(data, offsets[row], offsets[row + 1])
            start, stop = _host(data, start, stop)
            hard = False
            for i in range(start, stop):
                byte = data[i]
                hard |= byte >= 0x80 or byte == 37 or _is_dropped(byte)
            begin = end
            if hard:
                end = _put_hard_host(data, start, stop, table, plain, codes, out, end)
            elif stop - start <= LONGEST:
                for i in range(start, stop):
                    byte = data[i]
                    out[end] = byte + 32 if 65 <= byte <= 90 else byte
                    end += 1
            while end > begin and out[end - 1] == _DOT:
                end -= 1
        hosts[hosts.size - 1] = end
        return end

    return put_hosts


_put_hosts = _make(stamp(escapes))


def read_hosts(strings: Strings) -> Strings:
    """Return the host of each address, empty for none."""
    offsets, data = strings
    hosts = np.empty(len(offsets), np.int64)
    out = np.empty((len(offsets) - 1) * LONGEST, np.uint8)
    end = _put_hosts(offsets, data, host_codes(), hosts, out)
    return hosts, out[:end]


@kernel(types.int64(OFFSETS, BYTES, types.int64[::1], types.uint8[::1]))
def _put_netlocs(offsets: NDArray[np.int64], data: _Bytes, netlocs: NDArray[np.int64], out: _Bytes) -> Integer:
    end = 0
    for row in range(netlocs.size - 1):
        netlocs[row] = end
        start, stop = _netloc(data, offsets[row], offsets[row + 1])
        for i in range(start, stop):
            if not _is_dropped(data[i]):
                out[end] = data[i]
                end += 1
    netlocs[netlocs.size - 1] = end
    return end


def read_netlocs(strings: Strings) -> Strings:
    """Return what stands between `//` and the path, as it is written: user, host and port."""
    offsets, data = strings
    netlocs = np.empty(len(offsets), np.int64)
    out = np.empty(int(offsets[-1] - offsets[0]), np.uint8)
    end = _put_netlocs(offsets, data, netlocs, out)
    return netlocs, out[:end]
