"""The names of HTML's elements and what they do to the text of a page: the tables behind `blocks`.

Knows which elements part a text into blocks, which hold text that nobody reads, and which end others without a word.
How tangled they may be for a parser is another question; that one `tags` answers.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.html.tags import SLOTS, slot

OTHER = 0
CUSTOM = 1  # any name with a dash in it
_NAMES = str.split(
    "a abbr address article aside audio b blockquote body br button canvas caption center code datalist dd details dialog dir "
    "div dl dt em fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img "
    "input label legend li link listing main map math menu meta nav noembed noframes noscript object ol optgroup option p "
    "plaintext pre q s samp script search section select small span strong style sub summary sup svg table tbody td template "
    "textarea tfoot th thead time title tr tt u ul var video xmp annotation annotation-xml foreignobject desc mi mo mn ms "
    "mtext col colgroup area base basefont bgsound embed frame frameset keygen param source track wbr image applet marquee "
    "big strike nobr cite kbd dfn mark data output progress meter ruby rb rt rp rtc picture slot del ins"
)

VOID = 1  # has no content
BLOCK = 2  # parts the text where it begins and where it ends
RAW = 4  # holds text, never elements
UNSEEN = 8  # what is inside is not shown as text
CLOSES_P = 16  # its start ends an open paragraph
SCOPE = 32  # what lies outside cannot be closed from inside
SPECIAL = 64  # ends the search for an item that a new one closes
HEADING = 128
CELL = 256
ROWS = 512  # holds rows
BREAKOUT = 1024  # its start ends SVG and MathML
PASSED = 2048  # opens nothing here: there is one, or nothing depends on it
INLINE = 4096  # lies within a line

_SORTS = {
    VOID: ("area base basefont bgsound br col embed frame hr image img input keygen link meta param source track wbr"),
    BLOCK: (
        "address article aside blockquote button caption center datalist dd details dialog dir div dl dt fieldset "
        "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li listing main menu nav "
        "object ol optgroup option p plaintext pre search section select summary table tbody td template tfoot th thead "
        "tr ul video audio canvas xmp body title textarea iframe applet marquee"
    ),
    RAW: "iframe noembed noframes plaintext script style textarea title xmp",
    UNSEEN: (
        "audio canvas datalist head iframe noembed noframes script select style svg template textarea title video "
        "annotation annotation-xml"
    ),
    CLOSES_P: (
        "address article aside blockquote center dd details dialog dir div dl dt fieldset figcaption figure footer form "
        "h1 h2 h3 h4 h5 h6 header hgroup hr li listing main menu nav ol p plaintext pre search section summary table ul "
        "xmp"
    ),
    SCOPE: "applet caption html marquee object table td template th foreignobject",
    SPECIAL: (
        "article aside blockquote body button caption center details dialog dir dl fieldset figcaption figure footer "
        "form h1 h2 h3 h4 h5 h6 header hgroup li main menu nav object ol pre search section select summary table tbody "
        "td template tfoot th thead tr ul dd dt applet marquee foreignobject svg math"
    ),
    HEADING: "h1 h2 h3 h4 h5 h6",
    CELL: "td th",
    ROWS: "tbody tfoot thead",
    BREAKOUT: (
        "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta "
        "nobr ol p pre ruby s small span strong strike sub sup table tt u ul var"
    ),
    PASSED: "html head body col colgroup frameset frame",
    INLINE: (
        "a abbr b big cite code data del dfn em font i ins kbd label map mark meter nobr output picture progress q rb rp "
        "rt rtc ruby s samp slot small span strike strong sub sup time tt u var mi mo mn ms mtext desc"
    ),
}
_ORDER = ("", "-", *_NAMES)
KINDS = len(_ORDER)


def element(name: str) -> int:
    """Return the number of a known element."""
    return _ORDER.index(name)


def sorts() -> NDArray[np.int64]:
    """Return the bits above for each element; unknown ones lie within a line."""
    table = np.zeros(KINDS, np.int64)
    table[OTHER] = INLINE
    for bit, names in _SORTS.items():
        for name in names.split():
            table[element(name)] |= bit
    return table


@cache
def names() -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return an open hash table: two words of a name in each slot, and the element there (-1: empty)."""
    words = np.zeros((SLOTS, 2), np.uint64)
    kinds = np.full(SLOTS, -1, np.int64)
    for name in _NAMES:
        padded = name.encode().ljust(16, b"\0")
        first, second = int.from_bytes(padded[:8], "little"), int.from_bytes(padded[8:], "little")
        place = slot(first, second)
        while kinds[place] >= 0:
            place = (place + 1) % SLOTS
        words[place] = first, second
        kinds[place] = element(name)
    return words, kinds
