"""Numbers of payment cards and bank accounts (IBAN), as parts of the kernel in `found`: both carry a checksum.

Cards are 14, 15, 16 or 19 digits with the prefix of a network in use and a sound Luhn digit, in one piece or in the
groups that cards show. Of other numbers of 16 digits, one in forty would pass: none in pieces of other lengths does.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import Bytes, at, part
from dclm_pipeline.kernels.marks import is_alphanumeric, is_digit

# Countries by the characters of their account numbers: the registry of IBAN formats (SWIFT, release 99).
IBAN_LENGTHS = {
    15: "NO",
    16: "BE",
    18: "DK FI FK FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}


def iban_lengths() -> NDArray[np.int64]:
    """Return the lengths by country, at 26 times the first letter and the second; 0 where there are none."""
    table = np.zeros(26 * 26, np.int64)
    for length, countries in IBAN_LENGTHS.items():
        for country in countries.split():
            table[(ord(country[0]) - 65) * 26 + ord(country[1]) - 65] = length
    return table


@part
def _run(data: Bytes, i: int, stop: int) -> int:
    """Return how many digits stand from `i` on, 20 at most."""
    j = i
    while j < stop and j - i < 20 and is_digit(at(data, j)):
        j += 1
    return j - i


@part
def _is_issued(head: int, count: int) -> bool:
    """Tell whether cards of so many digits begin with these four."""
    if count == 15:
        return head // 100 == 34 or head // 100 == 37
    if count == 14:
        return head // 100 == 36 or head // 100 == 38 or head // 100 == 39 or 3000 <= head < 3060
    if count == 19:
        return head // 100 == 62
    return (
        head // 1000 == 4
        or 5100 <= head < 5600
        or 2221 <= head <= 2720
        or head == 6011
        or 6440 <= head < 6600
        or 3528 <= head < 3590
        or head // 100 == 62
    )


@part
def card_end(data: Bytes, i: int, left: int, stop: int) -> int:
    """Return where the card number that begins at `i` ends, -1 where none does."""
    if i > left:
        byte = at(data, i - 1)
        # No card behind `#`, `&`, `+`, `-`, `.`, `/`, `=`, `_` or another digit or letter.
        if (
            byte == 35
            or byte == 38
            or byte == 43
            or 45 <= byte <= 47
            or byte == 61
            or byte == 95
            or is_alphanumeric(byte)
        ):
            return -1
    first = _run(data, i, stop)
    end, gap = i + first, 0
    if first == 4 and end < stop and (at(data, end) == 32 or at(data, end) == 45):
        gap = at(data, end)
        second = _run(data, end + 1, stop)
        end += 1 + second
        if end >= stop or at(data, end) != gap:
            return -1
        third = _run(data, end + 1, stop)
        end += 1 + third
        if second == 4 and third == 4:
            if end >= stop or at(data, end) != gap or _run(data, end + 1, stop) != 4:
                return -1
            end += 5
        elif second != 6 or (third != 4 and third != 5):
            return -1
    elif first != 14 and first != 15 and first != 16 and first != 19:
        return -1
    if end < stop:
        byte = at(data, end)
        if byte == 95 or byte == 64 or is_alphanumeric(byte):
            return -1
        if (45 <= byte <= 47 or byte == 58) and end + 1 < stop and is_digit(at(data, end + 1)):
            return -1
    head, count, total = 0, 0, 0
    j = end - 1
    while j >= i:
        byte = at(data, j)
        if is_digit(byte):
            digit = byte - 48
            if count % 2 == 1:
                digit = 2 * digit - 9 if digit > 4 else 2 * digit
            total += digit
            count += 1
        j -= 1
    for place in range(4):
        head = head * 10 + at(data, i + place) - 48
    return end if total % 10 == 0 and _is_issued(head, count) else -1


@part
def iban_end(data: Bytes, i: int, left: int, stop: int, lengths: NDArray[np.int64]) -> int:
    """Return where the account number whose country stands at `i` ends, -1 where none does."""
    if i < left or i + 4 > stop or (i > left and (at(data, i - 1) == 95 or is_alphanumeric(at(data, i - 1)))):
        return -1
    one, other = at(data, i), at(data, i + 1)
    if not (65 <= one <= 90 and 65 <= other <= 90 and is_digit(at(data, i + 2)) and is_digit(at(data, i + 3))):
        return -1
    length = lengths[(one - 65) * 26 + other - 65]
    j, count, rest = i + 4, 4, 0
    grouped = j < stop and at(data, j) == 32
    while count < length:
        if grouped and count % 4 == 0:
            if j >= stop or at(data, j) != 32:
                return -1
            j += 1
        if j >= stop:
            return -1
        byte = at(data, j)
        if is_digit(byte):
            rest = (rest * 10 + byte - 48) % 97
        elif 65 <= byte <= 90:
            rest = (rest * 100 + byte - 55) % 97
        else:
            return -1
        j += 1
        count += 1
    if length == 0 or (j < stop and (at(data, j) == 95 or is_alphanumeric(at(data, j)))):
        return -1
    rest = (rest * 100 + one - 55) % 97
    rest = (rest * 100 + other - 55) % 97
    rest = (rest * 100 + (at(data, i + 2) - 48) * 10 + at(data, i + 3) - 48) % 97
    return j if rest == 1 else -1
