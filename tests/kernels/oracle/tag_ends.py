"""Where tags and their attributes end, and which words are in these: the slow twin of what looks at eight bytes together."""

import re

BUCKETS, LONGEST_WORD = 1 << 14, 24
BLANKS = b" \t\n\f\r"


def name_end(page: bytes, i: int) -> int:
    """Return where a tag name ends."""
    while i < len(page) and page[i] not in b">/" + BLANKS:
        i += 1
    return i


def scan_tag(page: bytes, i: int) -> tuple[int, dict[bytes, bytes]]:
    """Return where a tag ends (-1: never) and the first value of each attribute."""
    found: dict[bytes, bytes] = {}
    while i < len(page):
        if page[i] == ord(">"):
            return i + 1, found
        if page[i] in b"/" + BLANKS:
            i += 1
            continue
        begin = i
        i += 1
        while i < len(page) and page[i] not in b"=>/" + BLANKS:
            i += 1
        name, value = page[begin:i].lower(), b""
        while i < len(page) and page[i] in BLANKS:
            i += 1
        if i < len(page) and page[i] == ord("="):
            i += 1
            while i < len(page) and page[i] in BLANKS:
                i += 1
            if i == len(page):
                return -1, found
            quote = page[i : i + 1]
            begin = i + (quote in (b'"', b"'"))
            i = begin
            while i < len(page) and (
                page[i : i + 1] != quote if quote in (b'"', b"'") else page[i] not in b">" + BLANKS
            ):
                i += 1
            value = page[begin:i]
            i += quote in (b'"', b"'")
        found.setdefault(name, value)
    return -1, found


def words(value: bytes, seed: int) -> list[int]:
    """Return the numbers of the words in an attribute."""
    looked = re.sub(rb"\xc2\xad|\xe2\x80\x8b|\xe2\x81\xa0|\xef\xbb\xbf", b"", value)
    runs = re.findall(rb"[A-Za-z\x80-\xff]+", looked)
    parts = [part for run in runs for part in re.split(rb"(?<=[^A-Z])(?=[A-Z])", run)]
    return [_number(part, seed) for part in parts if 2 <= len(part) <= LONGEST_WORD]


def _number(word: bytes, seed: int) -> int:
    for byte in word:
        seed = (seed * 31 + (byte | 32)) % 2**32
    return ((seed ^ seed >> 17) * 40503 >> 8) % BUCKETS
