"""E-mail addresses, as a part of the kernel in `found`: found from their `@`, in both directions.

The local part is letters, digits and `._%+'&~-`, 64 bytes at most, and begins with a letter, a digit or `_`. The domain
is labels between dots, and ends with the last label that is a top-level domain: pictures called `logo@2x.png` and
versions such as `tool@1.2.3` are none. Known gaps: quoted local parts, addresses in brackets, `name at example dot org`.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import Bytes, at, part
from dclm_pipeline.kernels.marks import hash_of, is_alphanumeric, is_among, is_named_letter

_LONGEST_LOCAL = 64
_LONGEST_LABEL = 63
_LONGEST_DOMAIN = 253


@part
def _is_inner(byte: int) -> bool:
    """Tell whether a byte may stand inside a local part, but not begin it: `%`, `&`, `'`, `+`, `-`, `.`, `~`."""
    return 37 <= byte <= 39 or byte == 43 or byte == 45 or byte == 46 or byte == 126


@part
def email_begin(data: Bytes, i: int, left: int) -> int:
    """Return where the local part before the `@` at `i` begins, -1 where there is none."""
    j = i
    while j > left and i - j <= _LONGEST_LOCAL:
        byte = at(data, j - 1)
        if byte == 46 and j - 1 > left and at(data, j - 2) == 46:
            break  # dots that lead to it
        if is_alphanumeric(byte) or byte == 95 or _is_inner(byte):
            j -= 1
        elif 0x80 <= byte < 0xC0 and j - 1 > left and is_named_letter(at(data, j - 2), byte):
            j -= 2
        else:
            break
    if i - j > _LONGEST_LOCAL:
        return -1
    while j < i and _is_inner(at(data, j)):
        j += 1
    return j if j < i else -1


@part
def email_end(data: Bytes, i: int, stop: int, domains: NDArray[np.uint64]) -> int:
    """Return where the domain behind the `@` at `i` ends, -1 where there is none."""
    end = -1
    label, labels = i + 1, 0
    while label < stop and label - i <= _LONGEST_DOMAIN:
        j, solid = label, label
        while j < stop and j - label <= _LONGEST_LABEL:
            byte = at(data, j)
            if is_alphanumeric(byte):
                j += 1
                solid = j
            elif byte >= 0xC3 and j + 1 < stop and is_named_letter(byte, at(data, j + 1)):
                j += 2
                solid = j
            elif byte == 45 and j > label:
                j += 1
            else:
                break
        if j == label or j - label > _LONGEST_LABEL:
            break
        labels += 1
        if labels > 1 and is_among(domains, hash_of(data, label, solid)):
            end = solid
        if solid != j or j >= stop or at(data, j) != 46:
            break
        label = j + 1
    return end
