"""Which tags open and close what: a model of an HTML parser's stack, as parts of the kernel in `markup`.

Follows the HTML standard where that decides how deep things nest: implied ends, scopes, formatting that is opened again
after a block (at most three alike), foreign content. Where it is simpler, it mostly nests deeper than a parser would;
a form that has ended is the exception. Does not know framesets, nor all the names of quirks mode. Most tags are easy
ones: `easy` deals with those.
"""

from dclm_pipeline.kernels.compiled import Bytes, Numbers, part
from dclm_pipeline.kernels.html import tags
from dclm_pipeline.kernels.html.stack import (
    ANNOTATION,
    ATTRIBUTES_A_STEP,
    FLAGS,
    FOREIGN,
    FOREIGN_KIND,
    FORM,
    GATE,
    KIND,
    LETTERS_A_STEP,
    LISTED,
    MATH,
    NAME,
    NAME_END,
    NOTHING,
    SIBLINGS_A_STEP,
    STANDARD,
    STATE,
    STEPS,
    SVG,
    TAG_END,
    WAITING,
    Stack,
    adopt,
    clear,
    count_siblings,
    drop,
    find,
    is_foreign,
    note_leaf,
    pop,
    push,
    remove,
    reopen,
    same_text,
)
from dclm_pipeline.kernels.html.tags import kind

# How many equal formatting elements are opened again.
_ALIKE = 3

A, NOBR, P, LI, DD, DT = kind("a"), kind("nobr"), kind("p"), kind("li"), kind("dd"), kind("dt")
ADDRESS, DIV, BR, HR, OL, UL = kind("address"), kind("div"), kind("br"), kind("hr"), kind("ol"), kind("ul")
BUTTON, FORM_KIND, INPUT, SELECT, OPTION = kind("button"), kind("form"), kind("input"), kind("select"), kind("option")
OPTGROUP, RUBY, TABLE, TEMPLATE = kind("optgroup"), kind("ruby"), kind("table"), kind("template")
TR, TD, TH, CAPTION = kind("tr"), kind("td"), kind("th"), kind("caption")
TBODY, THEAD, TFOOT = kind("tbody"), kind("thead"), kind("tfoot")
SVG_KIND, MATH_KIND, ANNOTATION_XML = kind("svg"), kind("math"), kind("annotation-xml")

_VOID, _SPECIAL, _SCOPE, _MARKER = tags.VOID, tags.SPECIAL, tags.SCOPE, tags.MARKER
_CLOSES_P, _FORMATTING, _RAW, _BREAKOUT = tags.CLOSES_P, tags.FORMATTING, tags.RAW, tags.BREAKOUT
_SVG_GATE, _MATH_GATE, _BLOCK_END, _IGNORED = tags.SVG_GATE, tags.MATH_GATE, tags.BLOCK_END, tags.IGNORED
_TABLE_PART, _HEADING, _RUBY_PART, _TRICKY = tags.TABLE_PART, tags.HEADING, tags.RUBY_PART, tags.TRICKY


@part
def breaks_out(here: int) -> bool:
    """Tell whether a start tag ends SVG and MathML rather than being of them."""
    return bool(FLAGS[here] & _BREAKOUT)


@part
def is_foreign_root(here: int) -> bool:
    """Tell whether a start tag begins SVG or MathML."""
    return here in (SVG_KIND, MATH_KIND)


@part
def _ends_unsaid(here: int) -> bool:
    return here in (P, LI, DD, DT, OPTION) or FLAGS[here] & _RUBY_PART != 0


@part
def _close_p(stack: Stack, top: int, facts: Numbers) -> int:
    place = find(stack, top, P, _SCOPE, BUTTON, NOTHING)
    return pop(stack, top, place, facts) if place >= 0 else top


@part
def _unlist_fourth(
    data: Bytes, stack: Stack, top: int, here: int, name: int, tag_end: int, count: int, facts: Numbers
) -> None:
    """Of formatting elements that are all alike, opened again are three."""
    alike = 0
    for i in range(top - 1, -1, -1):
        if FLAGS[stack[i, KIND]] & _MARKER:
            return
        if stack[i, KIND] != here or stack[i, STATE] & LISTED == 0:
            continue
        facts[STEPS] += 1 + count * count // ATTRIBUTES_A_STEP + (tag_end - name) // LETTERS_A_STEP
        if same_text(data, name, tag_end, stack[i, NAME], stack[i, TAG_END]):
            alike += 1
            if alike == _ALIKE:
                stack[i, STATE] &= ~LISTED
                return


@part
def _table_part(stack: Stack, top: int, here: int, facts: Numbers) -> int:
    """Return where a cell, row or group goes, -1 for nowhere."""
    for i in range(top - 1, -1, -1):
        around = stack[i, KIND]
        if around == TEMPLATE:
            place = top
            while FLAGS[stack[place - 1, KIND]] & _TABLE_PART:
                place -= 1
            return drop(stack, top, place, facts)
        in_row = around == TR and (here in (TD, TH))
        in_group = (around in (TBODY, THEAD, TFOOT)) and (here in (TD, TH, TR))
        if in_row or in_group or around == TABLE:
            if i + 1 < top:
                top = clear(stack, top, i + 1, facts)
            if around == TABLE and here in (TD, TH, TR):
                top = push(stack, top, TBODY, 0, 0, 0, 0, facts)
            if here in (TD, TH) and not in_row:
                top = push(stack, top, TR, 0, 0, 0, 0, facts)
            return top
    return -1


@part
def _break_out(stack: Stack, top: int, facts: Numbers) -> int:
    place = top
    while is_foreign(stack, place) and stack[place - 1, KIND] != ANNOTATION:
        place -= 1
    return drop(stack, top, place, facts)


@part
def _end_listed(stack: Stack, top: int, here: int, facts: Numbers, walls: int) -> int:
    """End the innermost formatting element of a kind, if one is open or waits."""
    for i in range(top + facts[WAITING] - 1, -1, -1):
        if FLAGS[stack[i, KIND]] & walls:
            return top
        if stack[i, KIND] == here and stack[i, STATE] & LISTED:
            if i < top:
                return adopt(stack, top, i, facts)
            remove(stack, top, i, facts)
            facts[WAITING] -= 1
            return top
    return top


@part
def _is_listed(stack: Stack, top: int, here: int, facts: Numbers) -> bool:
    for i in range(top + facts[WAITING] - 1, -1, -1):
        if FLAGS[stack[i, KIND]] & _MARKER:
            return False
        if stack[i, KIND] == here and stack[i, STATE] & LISTED:
            return True
    return False


@part
def _waits_for_no_text(flag: int, here: int) -> bool:
    """Tell whether an element begins without opening what waits."""
    return flag & (_CLOSES_P | _TABLE_PART | _RAW | _IGNORED | _RUBY_PART) != 0 or here in (TABLE, TEMPLATE)


@part
def _end_table(stack: Stack, top: int, facts: Numbers) -> int:
    """End a table that a table begins in, unless that is in a cell."""
    for i in range(top - 1, -1, -1):
        around = stack[i, KIND]
        if around in (TD, TH, CAPTION, TEMPLATE):
            break
        if around == TABLE:
            return pop(stack, top, i, facts)
    return top


@part
def _end_option(stack: Stack, top: int, here: int, facts: Numbers) -> int:
    """End an option, or a group of them, that another begins in."""
    inside = find(stack, top, SELECT, _SCOPE, NOTHING, NOTHING) >= 0
    place = top
    while place > 0:
        around = stack[place - 1, KIND]
        group = here == OPTGROUP and around == OPTGROUP
        if around != OPTION and not (inside and (group or _ends_unsaid(around))):
            break
        place -= 1
    return drop(stack, top, place, facts)


@part
def start(
    data: Bytes,
    stack: Stack,
    top: int,
    here: int,
    name: int,
    name_end: int,
    tag_end: int,
    count: int,
    facts: Numbers,
) -> int:
    """Open an element that is none of SVG or MathML (those begin here too); return the new height of the stack."""
    flag = FLAGS[here]
    if flag & _BREAKOUT:
        top = _break_out(stack, top, facts)
    if flag & _IGNORED:
        return top
    if flag & _TABLE_PART:
        place = _table_part(stack, top, here, facts)
        return top if place < 0 else push(stack, place, here, name, name_end, tag_end, 0, facts)
    if here == FORM_KIND:
        if facts[FORM] and find(stack, top, TEMPLATE, 0, NOTHING, NOTHING) < 0:
            return top
        facts[FORM] = name + 1
    if here in (LI, DD, DT):
        for i in range(top - 1, -1, -1):
            around = stack[i, KIND]
            if around == here or (here != LI and (around in (DD, DT))):
                top = pop(stack, top, i, facts)
                break
            if FLAGS[around] & _SPECIAL and around != ADDRESS and around != DIV and around != P:
                break
    if flag & _CLOSES_P or (here == TABLE and facts[STANDARD]):
        top = _close_p(stack, top, facts)
    if flag & _HEADING and top > 0 and FLAGS[stack[top - 1, KIND]] & _HEADING:
        top = drop(stack, top, top - 1, facts)
    elif here in (A, NOBR):
        top = _end_listed(stack, top, here, facts, _MARKER if here == A else _SCOPE)
    elif here == TABLE:
        top = _end_table(stack, top, facts)
    elif here in (BUTTON, SELECT, INPUT):
        place = find(stack, top, BUTTON if here == BUTTON else SELECT, _SCOPE, NOTHING, NOTHING)
        if place >= 0:
            top = pop(stack, top, place, facts)
            if here == SELECT:
                return top
    elif here in (OPTION, OPTGROUP):
        top = _end_option(stack, top, here, facts)
    elif flag & _RUBY_PART and find(stack, top, RUBY, _SCOPE, NOTHING, NOTHING) >= 0:
        place = top
        while _ends_unsaid(stack[place - 1, KIND]):
            place -= 1
        top = drop(stack, top, place, facts)
    if not _waits_for_no_text(flag, here):
        top = reopen(stack, top, facts)
    if flag & (_VOID | _RAW):
        note_leaf(stack, top, facts)
        return top
    if flag & _FORMATTING:
        _unlist_fourth(data, stack, top, here, name, tag_end, count, facts)
        return push(stack, top, here, name, name_end, tag_end, LISTED, facts)
    if here in (SVG_KIND, MATH_KIND):
        state = SVG if here == SVG_KIND else MATH
        return push(stack, top, FOREIGN_KIND, name, name_end, tag_end, state, facts)
    if here in (UL, OL):
        facts[STEPS] += count_siblings(stack, top, facts) // SIBLINGS_A_STEP
    return push(stack, top, here, name, name_end, tag_end, 0, facts)


@part
def start_foreign(stack: Stack, top: int, here: int, name: int, name_end: int, tag_end: int, facts: Numbers) -> int:
    """Open an element of SVG or MathML inside another."""
    state, flag = stack[top - 1, STATE] & FOREIGN, FLAGS[here]
    gate = (state == SVG and flag & _SVG_GATE) or (state == MATH and flag & _MATH_GATE)
    called = GATE if gate else ANNOTATION if here == ANNOTATION_XML else FOREIGN_KIND
    return push(stack, top, called, name, name_end, tag_end, state, facts)


@part
def _end_by_name(data: Bytes, stack: Stack, top: int, here: int, name: int, name_end: int, facts: Numbers) -> int:
    for i in range(top - 1, -1, -1):
        around = stack[i, KIND]
        if around == here and (here or same_text(data, name, name_end, stack[i, NAME], stack[i, NAME_END])):
            return pop(stack, top, i, facts)
        if FLAGS[around] & _SPECIAL:
            return top
    return top


@part
def end(data: Bytes, stack: Stack, top: int, here: int, name: int, name_end: int, facts: Numbers) -> int:
    """Close what an end tag closes; return the new height of the stack."""
    flag = FLAGS[here]
    if here in (P, BR):
        top = _break_out(stack, top, facts)
    for i in range(top - 1, -1, -1):
        if stack[i, STATE] & FOREIGN == 0:
            break
        if same_text(data, name, name_end, stack[i, NAME], stack[i, NAME_END]):
            return drop(stack, top, i, facts)
    if here == BR:
        # This one is taken for a start tag.
        top = reopen(stack, top, facts)
        note_leaf(stack, top, facts)
    if flag & (_VOID | _RAW | _IGNORED):
        return top
    place = -1
    if here == P:
        if find(stack, top, P, _SCOPE, BUTTON, NOTHING) < 0:
            note_leaf(stack, top, facts)
        return _close_p(stack, top, facts)
    if here == LI:
        place = find(stack, top, LI, _SCOPE, OL, UL)
    elif here == TABLE:
        place = find(stack, top, TABLE, 0, TEMPLATE, NOTHING)
    elif here == TEMPLATE:
        for i in range(top):
            if stack[i, KIND] == TEMPLATE:
                place = i
    elif flag & _TABLE_PART:
        place = find(stack, top, here, 0, TABLE, TEMPLATE)
    elif here == FORM_KIND:
        named, facts[FORM] = facts[FORM] - 1, 0
        for i in range(top - 1, -1, -1):
            if stack[i, KIND] == FORM_KIND and stack[i, NAME] == named:
                return remove(stack, top, i, facts)
            if FLAGS[stack[i, KIND]] & _SCOPE:
                break
        return top
    elif flag & _HEADING:
        for i in range(top - 1, -1, -1):
            around = FLAGS[stack[i, KIND]]
            if around & _HEADING:
                place = i
                break
            if around & _SCOPE:
                break
    elif flag & _BLOCK_END:
        place = find(stack, top, here, _SCOPE, NOTHING, NOTHING)
    elif flag & _FORMATTING:
        if top > 0 and stack[top - 1, KIND] == here and stack[top - 1, STATE] & LISTED == 0:
            return drop(stack, top, top - 1, facts)
        if _is_listed(stack, top, here, facts):
            return _end_listed(stack, top, here, facts, _SCOPE)
        return _end_by_name(data, stack, top, here, name, name_end, facts)
    else:
        return _end_by_name(data, stack, top, here, name, name_end, facts)
    return pop(stack, top, place, facts) if place >= 0 else top
