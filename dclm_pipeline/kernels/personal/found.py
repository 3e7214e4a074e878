"""What is personal in a text: e-mail addresses, telephone numbers, addresses of machines, cards, accounts.

One scan from left to right; it stops at each `@` and at each number, and what is looked at there is bounded, so a text
costs its length whatever is in it. What counts as what is told in `emails`, `phones`, `internet` and `payments`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numba import types
from numpy.typing import NDArray

from dclm_pipeline.kernels import marks
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, Bytes, Numbers, at, borrowed, kernel, stamp
from dclm_pipeline.kernels.marks import hashes, is_alphanumeric, is_digit
from dclm_pipeline.kernels.personal import calling, emails, internet, payments, phones
from dclm_pipeline.kernels.personal.emails import email_begin, email_end
from dclm_pipeline.kernels.personal.internet import ipv4_end, ipv6_end
from dclm_pipeline.kernels.personal.payments import card_end, iban_end
from dclm_pipeline.kernels.personal.phones import phone_span
from dclm_pipeline.kernels.replacing import Spans
from dclm_pipeline.kernels.strings import Strings

KINDS = ("email", "phone", "ip", "card", "iban")
_EMAIL, _PHONE, _IP, _CARD, _IBAN = range(len(KINDS))
_RESERVED = len(KINDS)

Words: TypeAlias = NDArray[np.uint64]
_WORDS = types.Array(types.uint64, 1, "C", readonly=True)
_WANTED = types.Array(types.boolean, 1, "C", readonly=True)
_NUMBERS = types.int64[::1]
_SCAN = types.int64(
    OFFSETS,
    BYTES,
    _WANTED,
    _WORDS,
    _WORDS,
    _WORDS,
    _WORDS,
    _WORDS,
    OFFSETS,
    OFFSETS,
    _NUMBERS,
    _NUMBERS,
    _NUMBERS,
    _NUMBERS,
    _NUMBERS,
)
_Scan: TypeAlias = Callable[
    [
        Numbers,
        Bytes,
        NDArray[np.bool_],
        Words,
        Words,
        Words,
        Words,
        Words,
        Numbers,
        Numbers,
        Numbers,
        Numbers,
        Numbers,
        Numbers,
        Numbers,
    ],
    int,
]


def _make(parts: int) -> _Scan:
    @kernel(_SCAN)
    def scan_rows(
        offsets: Numbers,
        data: Bytes,
        wanted: NDArray[np.bool_],
        domains: Words,
        versions: Words,
        phone: Words,
        other: Words,
        linking: Words,
        accounts: Numbers,
        callings: Numbers,
        room: Numbers,
        begins: Numbers,
        ends: Numbers,
        kinds: Numbers,
        rows: Numbers,
    ) -> int:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return 0
        data, domains, versions = borrowed(data), borrowed(domains), borrowed(versions)
        phone, other, linking = borrowed(phone), borrowed(other), borrowed(linking)
        accounts, callings, room = borrowed(accounts), borrowed(callings), borrowed(room)
        found = 0
        for row in range(rows.size - 1):
            rows[row] = found
            left, stop = offsets[row], offsets[row + 1]
            i = left
            while i < stop:
                byte = at(data, i)
                begin, end, kind = i, -1, 0
                if byte == 64:
                    if wanted[_EMAIL]:
                        begin = email_begin(data, i, left)
                        if begin >= 0:
                            end = email_end(data, i, stop, domains)
                            kind = _EMAIL
                elif is_digit(byte):
                    if wanted[_IBAN] and i - 2 >= left and 65 <= at(data, i - 1) <= 90:
                        end = iban_end(data, i - 2, left, stop, accounts)
                        begin, kind = i - 2, _IBAN
                    elif i == left or not is_alphanumeric(at(data, i - 1)):
                        if wanted[_IP]:
                            kind = _IP
                            end = ipv6_end(data, i, left, stop, wanted[_RESERVED])
                            if end < 0:
                                end = ipv4_end(data, i, left, stop, wanted[_RESERVED], versions)
                        if end < 0 and wanted[_CARD]:
                            kind = _CARD
                            end = card_end(data, i, left, stop)
                        if end < 0 and wanted[_PHONE]:
                            kind = _PHONE
                            begin, end = phone_span(data, i, left, stop, callings, phone, other, linking, room)
                if end < 0:
                    i += 1
                    continue
                if found < begins.size:
                    begins[found], ends[found], kinds[found] = begin, end, kind
                found += 1
                left = i = end
        rows[rows.size - 1] = found
        return found

    return scan_rows


_scan_rows = _make(stamp(calling, emails, internet, marks, payments, phones))


@dataclass(frozen=True)
class Wanted:
    """What is looked for, and whether addresses count that no other network can reach."""

    kinds: frozenset[str]
    reserved: bool = False


@cache
def _tables() -> tuple[Words, Words, Words, Words, Numbers, Numbers]:
    words = (internet.VERSION_WORDS, calling.PHONE_WORDS, calling.OTHER_WORDS, calling.LINKING_WORDS)
    versions, phone, other, linking = (hashes(each.split()) for each in words)
    return versions, phone, other, linking, payments.iban_lengths(), calling.national_lengths().reshape(-1)


def find_personal(strings: Strings, wanted: Wanted, domains: Words) -> Spans:
    """Return where each row has what is wanted, the kind as its place in `KINDS`.

    `domains` are the sorted hashes (`marks.hashes`) of top-level domains.
    """
    offsets, data = strings
    flags = np.array([*(kind in wanted.kinds for kind in KINDS), wanted.reserved], np.bool_)
    rows = np.zeros(len(offsets), np.int64)
    most = 4 * len(offsets)
    while True:
        begins, ends, kinds = (np.zeros(most, np.int64) for _ in range(3))
        room = np.zeros(phones.ROOM, np.int64)
        found = _scan_rows(offsets, data, flags, domains, *_tables(), room, begins, ends, kinds, rows)
        if found <= most:
            return Spans(begins[:found], ends[:found], kinds[:found], rows)
        most = found
