"""SVG and MathML in a page's tree: which tokens belong to them, and what tags do there, as parts of kernels."""

from dclm_pipeline.kernels.compiled import Bytes, Integer, Numbers, part, routine
from dclm_pipeline.kernels.document import tree_elements
from dclm_pipeline.kernels.document.tree_elements import (
    ANNOTATION,
    BR,
    BREAKOUT,
    FONT,
    HTML_GATE,
    MALIGNMARK,
    MATH,
    MGLYPH,
    NAMES,
    SVG,
    SVG_ROOT,
    TEXT_GATE,
    P,
)
from dclm_pipeline.kernels.document.tree_modes import END, LETTERS, START
from dclm_pipeline.kernels.document.tree_rows import (
    BITS_HERE,
    CODE,
    NAME,
    NAME_END,
    NODE,
    STOP,
    TOP,
    WORK,
    Table,
    close_to,
    open_row,
)
from dclm_pipeline.kernels.document.tree_rows import START as NAME_PLACE
from dclm_pipeline.kernels.html.stack import same_text

_BITS = tree_elements.BITS


@part
def is_foreign(stacks: Table, facts: Numbers, sort: Integer, here: Integer) -> bool:
    """Tell whether a token belongs to SVG or MathML."""
    code, bits = stacks[facts[TOP] - 1, CODE], stacks[facts[TOP] - 1, BITS_HERE]
    if code <= NAMES:
        return False
    if bits & TEXT_GATE and (sort == LETTERS or (sort == START and here != MGLYPH and here != MALIGNMARK)):
        return False
    if code == MATH + ANNOTATION and sort == START and here == SVG_ROOT:
        return False
    return not (bits & HTML_GATE and sort != END)


@routine
def tag_in_foreign(
    chars: Bytes, nodes: Table, stacks: Table, facts: Numbers, sort: Integer, here: Integer, closed: bool, told: bool
) -> bool:
    """Open or close what a tag does in SVG or MathML; tell whether the rules of HTML are asked too.

    A font is told to be of HTML by its attributes, and an annotation to hold it.
    """
    place = facts[TOP] - 1
    breaks = _BITS[here] & BREAKOUT != 0 or (here == FONT and told)
    if (sort == END and (here in (P, BR))) or (sort == START and breaks):
        while stacks[place, CODE] > NAMES and not stacks[place, BITS_HERE] & (TEXT_GATE | HTML_GATE):
            place -= 1
        close_to(nodes, stacks, facts, place + 1)
        return True
    if sort == START:
        open_row(nodes, stacks, facts, here, SVG if stacks[place, CODE] & SVG else MATH, True, closed)
        if told and not closed and stacks[place + 1, CODE] == MATH + ANNOTATION:
            stacks[place + 1, BITS_HERE] |= HTML_GATE
        return False
    while place > 1:
        node = stacks[place, NODE]
        if stacks[place, CODE] & NAMES == here and (
            here > 0 or same_text(chars, facts[NAME], facts[NAME_END], nodes[node, NAME_PLACE], nodes[node, STOP])
        ):
            close_to(nodes, stacks, facts, place)
            return False
        place -= 1
        facts[WORK] += 1
        if stacks[place, CODE] <= NAMES:
            break
    return True
