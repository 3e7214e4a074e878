"""What a page says about itself in its head: the fields, where each may stand, and which place is believed first.

Tables and parts for the kernel in `blocks`, which notes where the best value of each field lies.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import at, part
from dclm_pipeline.kernels.html import attributes

FIELDS = ("title", "author", "date", "page_language", "canonical")
TITLE, AUTHOR, DATE, LANGUAGE, CANONICAL = range(len(FIELDS))

# Best first. The rank of a name is its place in the row.
_META = {
    AUTHOR: "author article:author dc.creator dc.creator.personalname parsely-author sailthru.author byl citation_author "
    "dcterms.creator twitter:creator",
    DATE: "article:published_time datepublished og:published_time citation_publication_date dc.date.issued dcterms.created "
    "dc.date dcterms.date publish-date publish_date pubdate parsely-pub-date sailthru.date article:published date",
    TITLE: "og:title twitter:title dc.title citation_title title",
    CANONICAL: "og:url",
    LANGUAGE: "content-language og:locale dc.language language",
}
# Ranks of what is not a meta element.
FROM_ELEMENT = 0  # html lang, link canonical
FROM_SCRIPT = 1  # JSON-LD
TITLE_RANK = 3
TIME_RANK = 40

# Scripts with linked data that are looked at, noted behind the fields.
MOST_SCRIPTS = 4
_JSON = np.frombuffer(b"application/ld+json", np.uint8)

_PRIME = 0x100000001B3
_BASIS = 0xCBF29CE484222325


def _hash(name: str) -> int:
    hashed = _BASIS
    for byte in name.encode():
        hashed = (hashed ^ byte) * _PRIME % 2**64
    return hashed


_RANKED = sorted(
    (_hash(name), field, 2 + 2 * rank) for field, names in _META.items() for rank, name in enumerate(names.split())
)
META_HASHES = np.array([hashed for hashed, _, _ in _RANKED], np.uint64)
META_FIELDS = np.array([field for _, field, _ in _RANKED], np.int64)
META_RANKS = np.array([rank for _, _, rank in _RANKED], np.int64)
_U_PRIME, _U_BASIS = np.uint64(_PRIME), np.uint64(_BASIS)
_LONGEST = 40


@part
def meta_place(data: NDArray[np.uint8], i: int, stop: int) -> int:
    """Return the place in the tables of the name of a meta element, -1 for one that says nothing of use."""
    if stop - i > _LONGEST:
        return -1
    hashed = _U_BASIS
    for j in range(i, stop):
        byte = at(data, j)
        if 65 <= byte <= 90:
            byte |= 32
        hashed = (hashed ^ np.uint64(byte)) * _U_PRIME
    low, high = 0, META_HASHES.size
    while low < high:
        middle = (low + high) >> 1
        if META_HASHES[middle] < hashed:
            low = middle + 1
        else:
            high = middle
    return low if low < META_HASHES.size and META_HASHES[low] == hashed else -1


@part
def note_value(meta: NDArray[np.int64], field: int, rank: int, begin: int, end: int) -> None:
    """Note where a value lies, unless a better one is known; empty ones say nothing."""
    if begin < end and (meta[field, 0] < 0 or rank < meta[field, 0]):
        meta[field, 0], meta[field, 1], meta[field, 2] = rank, begin, end


@part
def note_script(meta: NDArray[np.int64], begin: int, end: int) -> None:
    """Note where a script with linked data lies, as long as there is room."""
    for field in range(len(FIELDS), len(FIELDS) + MOST_SCRIPTS):
        if meta[field, 0] < 0:
            meta[field, 0], meta[field, 1], meta[field, 2] = 0, begin, end
            break


@part
def is_linked_data(data: NDArray[np.uint8], found: NDArray[np.int64]) -> bool:
    """Tell whether the type of a script is that of linked data."""
    return attributes.is_text(data, found[attributes.TYPE, 0], found[attributes.TYPE, 1], _JSON)


@part
def note_meta(data: NDArray[np.uint8], seen: int, found: NDArray[np.int64], meta: NDArray[np.int64]) -> None:
    """Note what a meta element says."""
    if not seen >> attributes.CONTENT & 1:
        return
    for named in (attributes.PROPERTY, attributes.NAME, attributes.ITEMPROP, attributes.EQUIV):
        if seen >> named & 1:
            place = meta_place(data, found[named, 0], found[named, 1])
            if place >= 0:
                note_value(
                    meta,
                    META_FIELDS[place],
                    META_RANKS[place],
                    found[attributes.CONTENT, 0],
                    found[attributes.CONTENT, 1],
                )
                return


_CANONICAL = np.frombuffer(b"canonical", np.uint8)


@part
def note_link(data: NDArray[np.uint8], seen: int, found: NDArray[np.int64], meta: NDArray[np.int64]) -> None:
    """Note where a page says that it really lies."""
    if (
        seen >> attributes.REL & 1
        and seen >> attributes.HREF & 1
        and attributes.is_text(data, found[attributes.REL, 0], found[attributes.REL, 1], _CANONICAL)
    ):
        note_value(meta, CANONICAL, FROM_ELEMENT, found[attributes.HREF, 0], found[attributes.HREF, 1])
