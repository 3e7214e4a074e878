"""What tags do in the body of a page, and in SVG and MathML, as parts of kernels."""

from dclm_pipeline.kernels.compiled import Bytes, Integer, Numbers, part, routine
from dclm_pipeline.kernels.document import tree_elements
from dclm_pipeline.kernels.document.tree_elements import (
    ADDRESS,
    APPLET,
    BLOCK_END,
    BODY,
    BR,
    BUTTON,
    CARED,
    CLOSES_P,
    DD,
    DIV,
    DT,
    FORM,
    FORMATTING,
    HEADING,
    HR,
    HTML,
    IMPLIED,
    INPUT,
    LI,
    MARKER,
    MARQUEE,
    MATH,
    MATH_ROOT,
    NAMES,
    NOBR,
    OBJECT,
    OL,
    OPTGROUP,
    OPTION,
    QUIET,
    RAW,
    RP,
    RT,
    RTC,
    RUBY,
    SCOPE,
    SELECT,
    SPECIAL,
    SVG,
    SVG_ROOT,
    TABLE,
    TEMPLATE,
    UL,
    VOID,
    A,
    P,
)
from dclm_pipeline.kernels.document.tree_formatting import adopt, is_waiting, list_formatting, listed_place, reopen
from dclm_pipeline.kernels.document.tree_modes import END, START, end_template
from dclm_pipeline.kernels.document.tree_rows import (
    BITS_HERE,
    CODE,
    FORM_NODE,
    FORMAT,
    FORMATS,
    LISTED,
    MODE,
    NAME,
    NAME_END,
    NODE,
    OPEN,
    PARAGRAPHS,
    QUIRKS,
    RAW_NODE,
    STATE,
    STOP,
    TEMPLATE_MODE,
    TEMPLATES,
    TOP,
    WORK,
    Table,
    clear_to_marker,
    close_to,
    find,
    open_row,
    place_of,
    remove_open,
    unlist,
)
from dclm_pipeline.kernels.document.tree_rows import START as NAME_PLACE
from dclm_pipeline.kernels.html.stack import same_text

_BITS, _LEADS = tree_elements.BITS, tree_elements.LEADS
_UNKNOWN = -2


@part
def _close_implied(nodes: Table, stacks: Table, facts: Numbers, but: Integer) -> None:
    """Close what is innermost as long as its end may be left out, but not elements of one kind."""
    place = facts[TOP]
    # Lexbor asks for names alone, whatever they are of.
    while stacks[place - 1, CODE] != but and _BITS[stacks[place - 1, CODE] & NAMES] & IMPLIED:
        place -= 1
    if place < facts[TOP]:
        close_to(nodes, stacks, facts, place)


@part
def _close_like(nodes: Table, stacks: Table, facts: Numbers, here: Integer) -> None:
    """Close the item of a list that another begins in."""
    place = facts[TOP] - 1
    while place > 0:
        code = stacks[place, CODE]
        if code == here or (here != LI and (code in (DD, DT))):
            close_to(nodes, stacks, facts, place)
            return
        if stacks[place, BITS_HERE] & SPECIAL and code != ADDRESS and code != DIV and code != P:
            return
        place -= 1
        facts[WORK] += 1


@routine
def _close_before(nodes: Table, stacks: Table, facts: Numbers, here: Integer) -> bool:
    """Close what the start of an element closes that has rules of its own; tell whether it is opened."""
    if here in (LI, DD, DT):
        _close_like(nodes, stacks, facts, here)
    elif here == FORM:
        return bool(facts[FORM_NODE] < 0 or facts[TEMPLATES] > 0)
    elif here not in (A, NOBR):
        sought = BUTTON if here == BUTTON else SELECT if here in (INPUT, SELECT, OPTION, OPTGROUP) else RUBY
        place = find(stacks, facts, sought, SCOPE, _UNKNOWN, _UNKNOWN)
        if sought == RUBY:
            if place > 0:
                _close_implied(nodes, stacks, facts, RTC if here in (RT, RP) else _UNKNOWN)
        elif here in (OPTION, OPTGROUP):
            if place > 0:
                _close_implied(nodes, stacks, facts, OPTGROUP if here == OPTION else _UNKNOWN)
            elif stacks[facts[TOP] - 1, CODE] == OPTION:
                close_to(nodes, stacks, facts, facts[TOP] - 1)
        elif place > 0:
            close_to(nodes, stacks, facts, place)
            return here != SELECT
    return True


@routine
def _end_by_name(chars: Bytes, nodes: Table, stacks: Table, facts: Numbers, here: Integer) -> None:
    place = facts[TOP] - 1
    while place > 0:
        node = stacks[place, NODE]
        if stacks[place, CODE] == here and (
            here > 0 or same_text(chars, facts[NAME], facts[NAME_END], nodes[node, NAME_PLACE], nodes[node, STOP])
        ):
            close_to(nodes, stacks, facts, place)
            return
        if stacks[place, BITS_HERE] & SPECIAL:
            return
        place -= 1
        facts[WORK] += 1


@part
def _end_form(nodes: Table, stacks: Table, facts: Numbers) -> None:
    node = facts[FORM_NODE]
    facts[FORM_NODE] = -1
    if node < 0 or not nodes[node, STATE] & OPEN:
        return
    place = place_of(stacks, facts, node)
    for i in range(place + 1, facts[TOP]):
        if stacks[i, BITS_HERE] & SCOPE:
            return
    _close_implied(nodes, stacks, facts, _UNKNOWN)
    remove_open(nodes, stacks, facts, place)


@routine
def end_in_body(chars: Bytes, nodes: Table, stacks: Table, facts: Numbers, here: Integer) -> None:
    """Close what an end tag closes that no mode has a rule for, nor an algorithm for formatting."""
    bits = _BITS[here]
    if here == TEMPLATE:
        end_template(nodes, stacks, facts)
        return
    if here == FORM and facts[TEMPLATES] == 0:
        _end_form(nodes, stacks, facts)
        return
    if bits & HEADING:
        place = facts[TOP] - 1
        while place > 0:
            code = stacks[place, CODE]
            if 0 <= code <= NAMES and _BITS[code] & HEADING:
                close_to(nodes, stacks, facts, place)
                return
            if stacks[place, BITS_HERE] & SCOPE:
                return
            place -= 1
            facts[WORK] += 1
        return
    if here in (P, LI, FORM) or bits & BLOCK_END:
        wall, other = (BUTTON, _UNKNOWN) if here == P else (OL, UL) if here == LI else (_UNKNOWN, _UNKNOWN)
        place = find(stacks, facts, here, SCOPE, wall, other)
        if place > 0:
            close_to(nodes, stacks, facts, place)
            if here in (APPLET, MARQUEE, OBJECT):
                clear_to_marker(nodes, stacks, facts)
        elif here == P:
            open_row(nodes, stacks, facts, P, 0, False, True)
        return
    _end_by_name(chars, nodes, stacks, facts, here)


@part
def tag_in_body(
    chars: Bytes, nodes: Table, stacks: Table, facts: Numbers, sort: Integer, here: Integer, closed: bool, bare: bool
) -> None:
    """Open or close what a tag does; one that is put `bare` closes and opens nothing else."""
    bits = _BITS[here]
    if sort == END and here != BR and not bits & FORMATTING:
        end_in_body(chars, nodes, stacks, facts, here)
        return
    if not bare and bits & (CARED | CLOSES_P | FORMATTING):
        if bits & CARED and sort == START and not _close_before(nodes, stacks, facts, here):
            return
        if bits & CLOSES_P and facts[PARAGRAPHS] and (here != TABLE or not facts[QUIRKS]):
            place = find(stacks, facts, P, SCOPE, BUTTON, _UNKNOWN)
            if place > 0:
                close_to(nodes, stacks, facts, place)
        if (
            bits & HEADING
            and 0 <= stacks[facts[TOP] - 1, CODE] <= NAMES
            and _BITS[stacks[facts[TOP] - 1, CODE]] & HEADING
        ):
            close_to(nodes, stacks, facts, facts[TOP] - 1)
        if here == HR and find(stacks, facts, SELECT, SCOPE, _UNKNOWN, _UNKNOWN) > 0:
            _close_implied(nodes, stacks, facts, _UNKNOWN)
        earlier = -1
        if here == A and sort == START and facts[FORMATS]:
            place = listed_place(nodes, stacks, facts, A)
            if place >= 0:
                earlier = stacks[place, FORMAT]
        elif here == NOBR and sort == START:
            reopen(nodes, stacks, facts)
            if find(stacks, facts, NOBR, SCOPE, _UNKNOWN, _UNKNOWN) > 0:
                earlier = 0
        ending = sort == END and here != BR
        if (earlier >= 0 or ending) and not adopt(nodes, stacks, facts, here):
            _end_by_name(chars, nodes, stacks, facts, here)
        if ending:
            return
        if earlier > 0:
            if nodes[earlier, STATE] & LISTED:
                place = facts[FORMATS] - 1
                while stacks[place, FORMAT] != earlier:
                    place -= 1
                unlist(nodes, stacks, facts, place)
            if nodes[earlier, STATE] & OPEN:
                remove_open(nodes, stacks, facts, place_of(stacks, facts, earlier))
    if not bare and not bits & QUIET and facts[FORMATS] and is_waiting(nodes, stacks, facts[FORMATS] - 1):
        reopen(nodes, stacks, facts)
    if here in (SVG_ROOT, MATH_ROOT):
        open_row(nodes, stacks, facts, here, SVG if here == SVG_ROOT else MATH, True, closed)
        return
    node = open_row(nodes, stacks, facts, here, 0, sort == START, bits & (VOID | RAW) != 0)
    if bits & RAW:
        facts[RAW_NODE] = node
    if bits & FORMATTING:
        list_formatting(chars, nodes, stacks, facts, node)
    if bits & MARKER:
        stacks[facts[FORMATS], FORMAT] = -1
        facts[FORMATS] += 1
    if here == TEMPLATE:
        stacks[facts[TEMPLATES], TEMPLATE_MODE] = _LEADS[TEMPLATE]
        facts[TEMPLATES] += 1
    if _LEADS[here] >= 0:
        facts[MODE] = _LEADS[here]
    if here == FORM and facts[TEMPLATES] == 0:
        facts[FORM_NODE] = node


@part
def end_of_page(stacks: Table, facts: Numbers, here: Integer) -> bool:
    """Tell whether an end tag of the body or the page counts where it stands."""
    return here in (BODY, HTML) and find(stacks, facts, BODY, SCOPE, _UNKNOWN, _UNKNOWN) > 0
