"""The names of HTML's elements and what an HTML parser does about each: the tables behind `markup`.

After "The rules for parsing tokens in HTML content" of the HTML standard (13.2.6), as far as they decide what is open
at a place. Names of up to 16 letters are told apart by two 64-bit words; longer ones are no element known here.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

VOID = 1  # has no content
SPECIAL = 2  # ends the search of an end tag that has no rule of its own
SCOPE = 4  # what lies outside cannot be closed from inside
CLOSES_P = 8  # its start ends an open paragraph
FORMATTING = 16  # is opened again after a block that ended above it
MARKER = 32  # formatting from outside is not opened again inside
RAW = 64  # holds text, never elements
BREAKOUT = 128  # its start ends SVG and MathML
SVG_GATE = 256  # if of SVG, holds HTML again
BLOCK_END = 512  # its end tag closes whatever is open inside
IGNORED = 1024  # opens nothing: there is always exactly one
TABLE_PART = 2048
HEADING = 4096
RUBY_PART = 8192
TRICKY = 32768  # its start always asks for care
MATH_GATE = 16384  # if of MathML, holds HTML again

_NAMES = {
    VOID: "area base basefont bgsound br col embed hr image img input keygen link meta param source track wbr frame",
    SPECIAL: (
        "address applet area article aside base basefont bgsound blockquote body br button caption center col colgroup dd "
        "details dir div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header "
        "hgroup hr html iframe img input keygen li link listing main marquee menu meta nav noembed noframes noscript "
        "object ol p param plaintext pre script search section select source style summary table tbody td template "
        "textarea tfoot th thead title tr track ul wbr xmp #gate #annotation"
    ),
    SCOPE: "applet caption html table td th marquee object select template #gate #annotation",
    CLOSES_P: (
        "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer header "
        "hgroup main menu nav ol p search section summary ul h1 h2 h3 h4 h5 h6 pre listing form li dd dt plaintext hr xmp"
    ),
    FORMATTING: "a b big code em font i nobr s small strike strong tt u",
    MARKER: "applet object marquee template td th caption",
    RAW: "script style xmp iframe noembed noframes textarea title plaintext",
    BREAKOUT: (
        "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta "
        "nobr ol p pre ruby s small span strong strike sub sup table tt u ul var"
    ),
    SVG_GATE: "foreignobject desc title",
    TRICKY: (
        "html head body frameset caption colgroup tbody tfoot thead tr td th rb rt rp rtc applet object marquee template dd "
        "dt hr input table button select option optgroup form nobr svg math plaintext xmp"
    ),
    MATH_GATE: "mi mo mn ms mtext",
    BLOCK_END: (
        "address applet article aside blockquote button center details dialog dir div dl fieldset figcaption figure "
        "footer header hgroup listing main marquee menu nav object ol pre search section select summary ul dd dt"
    ),
    IGNORED: "html head body frameset",
    TABLE_PART: "caption colgroup tbody tfoot thead tr td th",
    HEADING: "h1 h2 h3 h4 h5 h6",
    RUBY_PART: "rb rt rp rtc",
    # Whatever is inside SVG and MathML goes by one of three names that no tag can have.
    0: "svg math annotation-xml ruby option optgroup button form #foreign #gate #annotation",
}

# Names that only rules on a whole tree ask for. Their numbers follow those of the others, which are parts of features.
_PLAIN_NAMES = (
    "abbr acronym audio bdi bdo blink canvas cite data datalist del desc dfn foreignobject ins isindex kbd label legend "
    "malignmark map mark meter mglyph mi mn mo ms mtext multicol nextid noscript output path picture progress q samp "
    "selectedcontent slot spacer time video"
)

OTHER = 0
_MODELLED = ("", *sorted({name for names in _NAMES.values() for name in names.split()}))
_ORDER = (*_MODELLED, *sorted({*_PLAIN_NAMES.split()} - {*_MODELLED}))


def kind(name: str) -> int:
    """Return the number of a known element."""
    return _ORDER.index(name)


def flags() -> NDArray[np.int64]:
    """Return the bits above for each kind; `OTHER` has none."""
    table = np.zeros(len(_ORDER), np.int64)
    for bit, names in _NAMES.items():
        for name in names.split():
            table[kind(name)] |= bit
    return table


SLOTS = 512
MULTIPLIER = 0x9E3779B97F4A7C15


def slot(first: int, second: int) -> int:
    """Return where in the table of names the search for a name begins."""
    return (((first ^ (second * 31)) * MULTIPLIER) % 2**64) >> 55


@cache
def lookup() -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return an open hash table: two words of a name in each slot, and the kind there (-1: empty)."""
    return _lookup(_MODELLED)


@cache
def lookup_all() -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the same table of all names, those too that only rules on a whole tree ask for."""
    return _lookup(_ORDER)


def _lookup(names: tuple[str, ...]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    words = np.zeros((SLOTS, 2), np.uint64)
    kinds = np.full(SLOTS, -1, np.int64)
    for name in names[1:]:
        padded = name.encode().ljust(16, b"\0")
        first, second = int.from_bytes(padded[:8], "little"), int.from_bytes(padded[8:], "little")
        place = slot(first, second)
        while kinds[place] >= 0:
            place = (place + 1) % SLOTS
        words[place] = first, second
        kinds[place] = kind(name)
    return words, kinds
