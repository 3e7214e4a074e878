"""What Resiliparse does about elements by their names, as bits for each kind, for given options."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.document.options import Options
from dclm_pipeline.kernels.html.tags import flags, kind

# How text is set.
BLOCK = 1  # begins a line, and what is behind it another
BIG = 2  # and lies between empty lines
APART = 4  # text in it and behind it is set by itself
CELL = 8
ROW = 16
LIST = 32
ORDERED = 64
ITEM = 128
LITERAL = 256  # keeps its blanks
BREAK = 512  # adds to what is left free before it
# What stands for text.
LINK = 1024
PICTURE = 2048
BRACKETED = 4096
INPUT = 8192
SPEAKS = LINK | PICTURE | BRACKETED | INPUT
# What the rules of main content ask for.
SKIPPED = 1 << 14  # never shown, with all inside
ALWAYS = 1 << 15
NEVER = 1 << 16
FOOTER = 1 << 17
UNORDERED = 1 << 18
ARTICLE = 1 << 19
DIVISION = 1 << 20
SKIPPABLE = 1 << 21  # a class may say that it leads past something
JUDGED = 1 << 22  # classes of blocks count, too

_NAMES = {
    BLOCK | APART | JUDGED: (
        "address article aside blockquote br center details dd dt div dl fieldset figcaption figure footer form h1 h2 h3 "
        "h4 h5 h6 header hgroup hr li main nav ol p pre section table tr ul"
    ),
    BIG: "p h1 h2 h3 h4",
    APART: "td th textarea",
    CELL: "td th",
    ROW: "tr",
    LIST: "ul ol",
    ORDERED: "ol",
    ITEM: "li",
    LITERAL: "pre textarea",
    ALWAYS: "body main h1",
    NEVER: "nav aside audio video time",
    FOOTER: "footer",
    UNORDERED: "ul",
    ARTICLE: "article",
    DIVISION: "div",
    SKIPPABLE: "a div li",
    JUDGED: "td",
    SKIPPED: "script style iframe frame template",
}


@cache
def sorts_of(options: Options) -> NDArray[np.int64]:
    """Return the bits above for each kind of element."""
    named = list(_NAMES.items())
    if options.preserve_formatting:
        named.append((BREAK, "br"))
    if options.links:
        named.append((LINK | APART, "a"))
    if options.alt_texts:
        named.append((PICTURE, "img area"))
    else:
        named.append((SKIPPED, "object video audio embed img area svg figcaption figure"))
    if not options.noscript:
        named.append((SKIPPED, "noscript"))
    if options.form_fields:
        named += [(BRACKETED, "textarea button"), (INPUT, "input")]
    else:
        named.append((SKIPPED, "textarea input button select option label"))
    table = np.zeros(len(flags()), np.int64)
    for bits, names in named:
        for name in names.split():
            table[kind(name)] |= bits
    return table
