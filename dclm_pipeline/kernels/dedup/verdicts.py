"""What goes of a text of which runs of tokens were seen before: the rules of each mode, as parts of the kernel in `bloom`.

Whatever stays is put into the filter, by the rule of its mode: paragraph by paragraph, or once the text is judged.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import fetch_ahead, part
from dclm_pipeline.kernels.dedup.blocked import block_of, holds, put

PARAGRAPH, DOCUMENT, BOTH, SUBSTRING, OLD_BOTH = range(5)
# What is told of each text.
RUNS, SEEN, REMOVED, GONE = range(4)
FACTS = 4
# What rules hold, as numbers.
AT_BLOCKS, AT_PROBES, AT_LENGTH, AT_SHORTEST, AT_MODE, AT_LEAST = range(6)
_AHEAD = 24  # runs between asking the memory for a line and looking at it

Words: TypeAlias = NDArray[np.uint64]
Places: TypeAlias = NDArray[np.int32]
Marks: TypeAlias = NDArray[np.uint8]
Numbers: TypeAlias = NDArray[np.int64]


@part
def _count_seen(words: Words, how: Numbers, hashes: Words, begin: int, end: int, seen: Marks) -> int:
    """Look up runs, whose marks say afterwards which were seen; return how many."""
    blocks, probes = how[AT_BLOCKS], how[AT_PROBES]
    count = 0
    for k in range(begin, min(begin + _AHEAD, end)):
        fetch_ahead(words, np.intp(block_of(hashes[k], blocks)))
    for k in range(begin, end):
        if k + _AHEAD < end:
            fetch_ahead(words, np.intp(block_of(hashes[k + _AHEAD], blocks)))
        seen[k] = holds(words, blocks, probes, hashes[k])
        count += seen[k]
    return count


@part
def _put_all(words: Words, how: Numbers, hashes: Words, begin: int, end: int) -> int:
    added = 0
    for k in range(begin, end):
        added += put(words, how[AT_BLOCKS], how[AT_PROBES], hashes[k])
    return added


@part
def is_seen(mode: int, seen: int, runs: int, share: float) -> bool:
    """Tell whether so many of the runs of a unit were seen that it goes; one without runs stays."""
    if runs == 0:
        return False
    return seen / runs > share if mode == OLD_BOTH else seen / runs >= share


@part
def by_paragraph(
    words: Words,
    how: Numbers,
    share: float,
    hashes: Words,
    seen: Marks,
    parts: Places,
    count: int,
    wholes: Words,
    gone: Marks,
    told: Numbers,
) -> int:
    """Mark the paragraphs that go, and put what the others hold into the filter, one after the other."""
    length, mode, added = how[AT_LENGTH], how[AT_MODE], 0
    for p in range(count):
        begin, end = int(parts[1, p]), int(parts[1, p + 1])
        tokens = end - begin
        known, runs = 0, 0
        if tokens >= length:
            runs = tokens - length + 1
            known = _count_seen(words, how, hashes, begin, begin + runs, seen)
        elif tokens >= how[AT_SHORTEST]:
            runs = 1
            known = int(holds(words, how[AT_BLOCKS], how[AT_PROBES], wholes[p]))
        told[RUNS] += runs
        told[SEEN] += known
        gone[p] = is_seen(mode, known, runs, share)
        told[REMOVED] += gone[p]
        if gone[p] or runs == 0:
            continue
        if tokens >= length:
            added += _put_all(words, how, hashes, begin, begin + runs)
        else:
            added += put(words, how[AT_BLOCKS], how[AT_PROBES], wholes[p])
    return added


@part
def by_document(
    words: Words,
    how: Numbers,
    share: float,
    hashes: Words,
    tokens: int,
    seen: Marks,
    parts: Places,
    count: int,
    wholes: Words,
    gone: Marks,
    told: Numbers,
) -> int:
    """Mark a text that goes; where it stays, put what it holds into the filter, or go through its paragraphs."""
    length = how[AT_LENGTH]
    runs, known = max(0, tokens - length + 1), 0
    if runs > 0:
        known = _count_seen(words, how, hashes, 0, runs, seen)
    elif tokens >= how[AT_SHORTEST]:
        runs = 1
        known = int(holds(words, how[AT_BLOCKS], how[AT_PROBES], wholes[count]))
    told[RUNS], told[SEEN] = runs, known
    if is_seen(how[AT_MODE], known, runs, share):
        told[GONE] = 1
        return 0
    added = 0
    if how[AT_MODE] == BOTH:
        added += by_paragraph(words, how, share, hashes, seen, parts, count, wholes, gone, told)
        told[RUNS], told[SEEN] = runs, known
        # Runs that begin in one paragraph and end in another, where all that they touch has stayed.
        last = -1  # of the paragraphs that went, the last that a run may touch
        final, p = 0, 0
        for k in range(tokens - length + 1):
            while k >= parts[1, p + 1]:
                p += 1
            while final < count and k + length > parts[1, final]:
                if gone[final] and parts[1, final + 1] > parts[1, final]:
                    last = final
                final += 1
            if last < p and k + length > parts[1, p + 1]:
                added += put(words, how[AT_BLOCKS], how[AT_PROBES], hashes[k])
        if tokens < length and runs == 1 and told[REMOVED] == 0:
            added += put(words, how[AT_BLOCKS], how[AT_PROBES], wholes[count])
        return added
    if tokens >= length:
        return added + _put_all(words, how, hashes, 0, runs)
    if runs == 1:
        added += put(words, how[AT_BLOCKS], how[AT_PROBES], wholes[count])
    return added


@part
def by_substring(
    words: Words,
    how: Numbers,
    share: float,
    hashes: Words,
    tokens: int,
    seen: Marks,
    spans: Places,
    told: Numbers,
) -> tuple[int, int]:
    """Write down which stretches of tokens go; return how many, and by how much the filter grew."""
    length, added = how[AT_LENGTH], 0
    runs = max(0, tokens - length + 1)
    known = _count_seen(words, how, hashes, 0, runs, seen)
    told[RUNS], told[SEEN] = runs, known
    # Spans: begin, end, and how many of the tokens between lie in runs that were seen.
    n = 0
    for k in range(runs):
        if not seen[k]:
            continue
        if n > 0 and k <= spans[1, n - 1]:
            spans[2, n - 1] += k + length - spans[1, n - 1]
            spans[1, n - 1] = k + length
        else:
            spans[0, n], spans[1, n], spans[2, n] = k, k + length, length
            n += 1
    # Joined forward, then backward, as long as enough of what is joined was seen.
    kept = 0
    for s in range(n):
        if kept > 0 and spans[2, kept - 1] + spans[2, s] >= share * (spans[1, s] - spans[0, kept - 1]):
            spans[1, kept - 1] = spans[1, s]
            spans[2, kept - 1] += spans[2, s]
        else:
            spans[0, kept], spans[1, kept], spans[2, kept] = spans[0, s], spans[1, s], spans[2, s]
            kept += 1
    first = kept
    for s in range(kept - 1, -1, -1):
        if first < kept and spans[2, first] + spans[2, s] >= share * (spans[1, first] - spans[0, s]):
            spans[0, first] = spans[0, s]
            spans[2, first] += spans[2, s]
        else:
            first -= 1
            spans[0, first], spans[1, first], spans[2, first] = spans[0, s], spans[1, s], spans[2, s]
    n = 0
    for s in range(first, kept):
        if spans[1, s] - spans[0, s] >= how[AT_LEAST]:
            spans[0, n], spans[1, n] = spans[0, s], spans[1, s]
            n += 1
    told[REMOVED] = n
    # Runs that lie in what stays, whole.
    following = 0
    k = 0
    while k < runs:
        if following < n and k + length > spans[0, following]:
            k = int(spans[1, following])
            following += 1
            continue
        added += put(words, how[AT_BLOCKS], how[AT_PROBES], hashes[k])
        k += 1
    return n, added
