"""What characters are, by the running Python's Unicode tables: of words or not, alike but for case, alike in host names.

The first two as Python's `re` has them: `\\w` without flags, and `re.IGNORECASE`. Knows single characters, not texts.
"""

import unicodedata
from functools import cache

import numpy as np
from numpy.typing import NDArray

CODES = 0x110000
# Beyond the first there are no cases, beyond the second no letters and no digits; a test looks at all of Unicode.
_CASED = 0x20000
_LETTERED = 0x40000
_FULL_STOPS = "\u3002\uff0e\uff61"  # which part host names as the dot does: RFC 3490, 3.1


@cache
def folded_codes() -> NDArray[np.int32]:
    """Return for each code point the one that stands for all that differ from it in case alone."""
    table = np.arange(CODES, dtype=np.int32)
    first: dict[str, int] = {}
    for code in range(_CASED):
        small = chr(code).lower()
        # The capital I with a dot is the one letter whose small form is two characters: a plain i, and the dot.
        small = small[0] if len(small) > 1 else small
        table[code] = first.setdefault(small.upper(), ord(small))
    table.flags.writeable = False
    return table


@cache
def word_codes() -> NDArray[np.bool_]:
    """Return for each code point whether it is a character of words: `str.isalnum`, or the underscore."""
    table = np.zeros(CODES, np.bool_)
    table[:_LETTERED] = np.fromiter(map(str.isalnum, map(chr, range(_LETTERED))), np.bool_, _LETTERED)
    table[ord("_")] = True
    table.flags.writeable = False
    return table


@cache
def host_codes() -> NDArray[np.int32]:
    """Return for each code point the one that stands for it in names of hosts: small, in its plain form (NFKC)."""
    table = np.arange(CODES, dtype=np.int32)
    for code in range(_LETTERED):
        plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", chr(code)).lower())
        if len(plain) == 1:
            table[code] = ord(plain)
    table[list(map(ord, _FULL_STOPS))] = ord(".")
    table.flags.writeable = False
    return table
