"""What the builder of a page's tree knows of each element: bits, and the insertion mode that its start leads to.

After "The rules for parsing tokens in HTML content" of the HTML standard (13.2.6), as Lexbor follows them. What is known
of names already is in `html.tags`; here is what only a whole tree asks for.
"""

import numpy as np

from dclm_pipeline.kernels.html import tags
from dclm_pipeline.kernels.html.tags import kind

# Insertion modes. Up to the fifth the body is not open yet; from `IN_TABLE` to `IN_ROW` text may not lie where it is.
INITIAL, BEFORE_HTML, BEFORE_HEAD, IN_HEAD, IN_HEAD_NOSCRIPT, AFTER_HEAD = range(6)
IN_BODY, IN_TABLE, IN_TABLE_BODY, IN_ROW, IN_CELL, IN_CAPTION, IN_COLUMN_GROUP, IN_TEMPLATE = range(6, 14)
AFTER_BODY, AFTER_AFTER_BODY = 14, 15

VOID, SPECIAL, SCOPE, CLOSES_P, FORMATTING = tags.VOID, tags.SPECIAL, tags.SCOPE, tags.CLOSES_P, tags.FORMATTING
MARKER, RAW, BREAKOUT, BLOCK_END, HEADING = tags.MARKER, tags.RAW, tags.BREAKOUT, tags.BLOCK_END, tags.HEADING
QUIET = 1 << 16  # its start does not open formatting again
HEADS = 1 << 17  # belongs in the head, and is opened where it stands
IMPLIED = 1 << 18  # its end may be left out
FOSTERS = 1 << 19  # text and the like in it goes before the table
CARED = 1 << 20  # its start may close something
PART = 1 << 21  # of a table
GROUP = 1 << 22  # of rows
CELL = 1 << 23
DROPPED = 1 << 24  # not opened where a body is expected
PLAIN_END = 1 << 25  # its end tag closes it where it is the innermost element
TEXT_GATE = 1 << 26  # if of MathML, its text is of HTML
HTML_GATE = 1 << 27  # not of HTML, but what is in it is
SKIPS_LINE = 1 << 28  # a newline at its very begin is none
FRAMING = 1 << 29  # one of html, head, body and br, whose ends count before there is a body

# Lexbor knows no better of it.
_STAYS_INSIDE = ("sup",)
_BITS = {
    CLOSES_P: "table",  # but not in quirks mode
    QUIET: (
        "address article aside base basefont bgsound blockquote body caption center col colgroup dd details dialog dir div "
        "dl dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html iframe "
        "li link listing main menu meta nav noembed noframes ol p param plaintext pre rb rp rt rtc script search section "
        "source style summary table tbody td template textarea tfoot th thead title tr track ul"
    ),
    HEADS: "base basefont bgsound link meta noframes script style template title",
    IMPLIED: "dd dt li optgroup option p rb rp rt rtc",
    FOSTERS: "table tbody tfoot thead tr",
    CARED: "li dd dt form a nobr button select input option optgroup rb rt rtc rp",
    PART: "caption col colgroup tbody td tfoot th thead tr",
    GROUP: "tbody tfoot thead",
    CELL: "td th",
    DROPPED: "caption col colgroup frame head tbody td tfoot th thead tr body html frameset",
    PLAIN_END: (
        "address article aside blockquote button center dd details dialog dir div dl dt fieldset figcaption figure footer "
        "h1 h2 h3 h4 h5 h6 header hgroup label li listing main menu nav noscript ol optgroup option p picture pre search "
        "section select span sub summary sup ul time abbr cite ins del video audio canvas map q var ruby rt rp rb"
    ),
    SKIPS_LINE: "pre listing textarea",
    FRAMING: "html head body br",
}
_LEADS = {
    "html": BEFORE_HEAD,
    "head": IN_HEAD,
    "body": IN_BODY,
    "table": IN_TABLE,
    "caption": IN_CAPTION,
    "colgroup": IN_COLUMN_GROUP,
    "tbody": IN_TABLE_BODY,
    "tfoot": IN_TABLE_BODY,
    "thead": IN_TABLE_BODY,
    "tr": IN_ROW,
    "td": IN_CELL,
    "th": IN_CELL,
    "template": IN_TEMPLATE,
}


def _bits() -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
    table = tags.flags().astype(np.int32) & ((1 << 16) - 1)
    for bit, names in _BITS.items():
        for name in names.split():
            table[kind(name)] |= bit
    table[list(map(kind, _STAYS_INSIDE))] &= ~BREAKOUT
    # What is open behind it is text of the body, to the end.
    table[kind("plaintext")] &= ~RAW
    return table


BITS = _bits()
LEADS = np.full(BITS.size, -1, np.int32)
for _name, _mode in _LEADS.items():
    LEADS[kind(_name)] = _mode

# Elements of SVG and MathML: what bits are theirs on the stack.
SVG, MATH = 1 << 10, 1 << 11  # added to the number of a name
NAMES = SVG - 1
_GATE = SPECIAL | SCOPE
SVG_BITS = np.zeros(BITS.size, np.int32)
MATH_BITS = np.zeros(BITS.size, np.int32)
for _name in ("foreignobject", "desc", "title"):
    SVG_BITS[kind(_name)] = _GATE | HTML_GATE
for _name in ("mi", "mo", "mn", "ms", "mtext"):
    MATH_BITS[kind(_name)] = _GATE | TEXT_GATE
MATH_BITS[kind("annotation-xml")] = _GATE

A, NOBR, P, LI, DD, DT, BR = map(kind, ("a", "nobr", "p", "li", "dd", "dt", "br"))
HTML, HEAD, BODY, TITLE, NOSCRIPT = map(kind, ("html", "head", "body", "title", "noscript"))
ADDRESS, DIV, HR, OL, UL = map(kind, ("address", "div", "hr", "ol", "ul"))
BUTTON, FORM, INPUT, SELECT, OPTION, OPTGROUP = map(kind, ("button", "form", "input", "select", "option", "optgroup"))
RUBY, RTC, RT, RP, TABLE, TEMPLATE = map(kind, ("ruby", "rtc", "rt", "rp", "table", "template"))
TR, TD, TH, CAPTION, COL, COLGROUP = map(kind, ("tr", "td", "th", "caption", "col", "colgroup"))
TBODY, THEAD, TFOOT, SCRIPT, STYLE = map(kind, ("tbody", "thead", "tfoot", "script", "style"))
SVG_ROOT, MATH_ROOT, ANNOTATION, FONT, IMAGE, IMG = map(kind, ("svg", "math", "annotation-xml", "font", "image", "img"))
MGLYPH, MALIGNMARK, FRAMESET, SELECTED = map(kind, ("mglyph", "malignmark", "frameset", "selectedcontent"))
PLAINTEXT, TEXTAREA, NOFRAMES, PRE, LISTING = map(kind, ("plaintext", "textarea", "noframes", "pre", "listing"))
APPLET, MARQUEE, OBJECT = map(kind, ("applet", "marquee", "object"))
