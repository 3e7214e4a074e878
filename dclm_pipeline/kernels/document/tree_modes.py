"""What a token does outside of the body and in tables, by the insertion mode, as parts of kernels.

`prepare` opens and closes what a token does not say but means, and tells what is left to be done with it: the body's
rules, or to open its element. Framesets are not known: their pages are handed back.
"""

from dclm_pipeline.kernels.compiled import Integer, Numbers, part, routine
from dclm_pipeline.kernels.document import tree_elements
from dclm_pipeline.kernels.document.tree_elements import (
    AFTER_AFTER_BODY,
    AFTER_BODY,
    AFTER_HEAD,
    BEFORE_HEAD,
    BEFORE_HTML,
    BODY,
    BR,
    CAPTION,
    CELL,
    COL,
    COLGROUP,
    FORM,
    FRAMESET,
    FRAMING,
    GROUP,
    HEAD,
    HEADS,
    HTML,
    IN_BODY,
    IN_CAPTION,
    IN_CELL,
    IN_COLUMN_GROUP,
    IN_HEAD,
    IN_HEAD_NOSCRIPT,
    IN_ROW,
    IN_TABLE,
    IN_TABLE_BODY,
    IN_TEMPLATE,
    INITIAL,
    NAMES,
    NOFRAMES,
    NOSCRIPT,
    PART,
    SCRIPT,
    STYLE,
    TABLE,
    TBODY,
    TD,
    TEMPLATE,
    TFOOT,
    TH,
    THEAD,
    TR,
)
from dclm_pipeline.kernels.document.tree_rows import (
    BODY_NODE,
    CODE,
    FORM_NODE,
    FOSTER,
    HANDED_BACK,
    HEAD_NODE,
    MODE,
    QUIRKS,
    STATUS,
    TEMPLATE_MODE,
    TEMPLATES,
    TOP,
    WORK,
    Table,
    clear_to_marker,
    close_to,
    find,
    open_row,
)
from dclm_pipeline.kernels.html import tags

# What a token is.
LETTERS, START, END, FINISH = range(4)
# What is left to be done: nothing; what the body's rules say; open the element; put it where it is, empty; give its
# attributes to an element that is open already.
NOTHING, AS_BODY, AS_PART, AS_LEAF, MERGE = range(5)

LINK, META, BASEFONT, BGSOUND = map(tags.kind, ("link", "meta", "basefont", "bgsound"))
_BITS, _LEADS = tree_elements.BITS, tree_elements.LEADS
_UNKNOWN = -2


@part
def reset_mode(stacks: Table, facts: Numbers) -> None:
    """Go back to the mode that what is open asks for."""
    mode, i = -1, facts[TOP] - 1
    while mode < 0:
        here = stacks[i, CODE]
        if here == TEMPLATE:
            mode = stacks[facts[TEMPLATES] - 1, TEMPLATE_MODE]
        elif here == HTML or i == 0:
            mode = AFTER_HEAD if facts[HEAD_NODE] >= 0 else BEFORE_HEAD
        elif 0 <= here <= NAMES:
            mode = _LEADS[here]
        i -= 1
    facts[MODE] = mode
    facts[WORK] += facts[TOP] - i


@part
def find_in_table(stacks: Table, facts: Numbers, here: Integer, bits: Integer) -> int:
    """Return the place of the innermost element of a kind, or with one of the bits, in the innermost table, or -1."""
    place = facts[TOP] - 1
    while place > 0:
        code = stacks[place, CODE]
        if code == here or (0 <= code <= NAMES and _BITS[code] & bits):
            break
        if code in (HTML, TABLE, TEMPLATE):
            place = -1
        else:
            place -= 1
    facts[WORK] += facts[TOP] - place
    return int(place) if place > 0 else -1


@part
def end_template(nodes: Table, stacks: Table, facts: Numbers) -> None:
    """Close the innermost template."""
    place = find(stacks, facts, TEMPLATE, 0, _UNKNOWN, _UNKNOWN)
    if place > 0:
        close_to(nodes, stacks, facts, place)
        clear_to_marker(nodes, stacks, facts)
        facts[TEMPLATES] -= 1
        reset_mode(stacks, facts)
    else:
        facts[TEMPLATES] = 0


@part
def _in_head(sort: Integer, here: Integer, mode: int, facts: Numbers) -> tuple[int, int, int]:
    """Return what to do with a token before the body, what opens unsaid before it, and the mode then; -1 is nothing."""
    bits = _BITS[here]
    if mode == INITIAL:
        facts[QUIRKS] = 1
        return -1, -1, BEFORE_HTML
    if sort == START and here == HTML:
        return AS_PART if mode == BEFORE_HTML else MERGE, -1, mode
    if sort == END and mode != IN_HEAD_NOSCRIPT and not bits & FRAMING and here != TEMPLATE:
        return NOTHING, -1, mode
    if mode in (BEFORE_HTML, BEFORE_HEAD):
        if sort == END and here == TEMPLATE:
            return NOTHING, -1, mode
        if mode == BEFORE_HEAD and sort == START and here == HEAD:
            return AS_PART, -1, mode
        return -1, HTML if mode == BEFORE_HTML else HEAD, mode
    if mode == IN_HEAD_NOSCRIPT:
        if sort == END and here == NOSCRIPT:
            return -1, -1, IN_HEAD
        if sort == END and here != BR:
            return NOTHING, -1, mode
        if sort == START:
            if here in (BASEFONT, BGSOUND, LINK, META, NOFRAMES, STYLE):
                return AS_PART, -1, mode
            if here in (HEAD, NOSCRIPT):
                return NOTHING, -1, mode
        return -1, -1, IN_HEAD
    if (sort == START and bits & HEADS) or here == TEMPLATE:
        return AS_BODY, -1, mode
    if sort == START and here == HEAD:
        return NOTHING, -1, mode
    if mode == IN_HEAD:
        if sort == START and here == NOSCRIPT:
            return AS_PART, -1, mode
        return -1, -1, AFTER_HEAD
    if sort == START and here == BODY:
        return AS_PART, -1, mode
    if sort == START and here == FRAMESET:
        facts[STATUS] = HANDED_BACK
        return NOTHING, -1, mode
    if sort == END and here == HEAD:
        return NOTHING, -1, mode
    return -1, BODY, mode


@part
def _in_table(
    sort: Integer, here: Integer, mode: Integer, nodes: Table, stacks: Table, facts: Numbers
) -> tuple[int, int]:
    """Return what to do with a token in a table outside of its cells, and what opens unsaid before it; -1 is nothing."""
    bits = _BITS[here]
    start, end = sort == START, sort == END
    if start and here == TABLE:
        mode = IN_TABLE
    if end and (here in (BODY, HTML, CAPTION, COL, COLGROUP) or (bits & CELL) or (here == TR and mode != IN_ROW)):
        return NOTHING, -1
    # What is closed before the token is looked at again: the row, the group of rows, the table.
    wanted, group = TABLE, 0
    closes = here == TABLE and (start or end)
    if mode == IN_ROW:
        wanted = TR
        closes = (start and bits & PART and not bits & CELL) or (end and (here in (TABLE, TR) or bits & GROUP))
    elif mode == IN_TABLE_BODY:
        wanted, group = _UNKNOWN, GROUP
        closes = (start and bits & PART and not bits & CELL and here != TR) or (end and (here == TABLE or bits & GROUP))
    elif end and bits & GROUP:
        return NOTHING, -1
    if closes:
        if end and bits & GROUP and find_in_table(stacks, facts, here, 0) < 0:
            return NOTHING, -1
        place = find_in_table(stacks, facts, wanted, group)
        if place < 0:
            return NOTHING, -1
        close_to(nodes, stacks, facts, place)
        if mode == IN_TABLE:
            reset_mode(stacks, facts)
            return NOTHING if end else -1, -1
        facts[MODE] = IN_TABLE_BODY if mode == IN_ROW else IN_TABLE
        return NOTHING if end and (here == TR or (bits & GROUP and mode == IN_TABLE_BODY)) else -1, -1
    if start and bits & PART:
        place = facts[TOP] - 1
        while place > 1:
            code = stacks[place, CODE]
            if code in (TEMPLATE, HTML) or (code == wanted) or (0 <= code <= NAMES and _BITS[code] & group):
                break
            place -= 1
        facts[WORK] += facts[TOP] - place
        close_to(nodes, stacks, facts, place + 1)
        if mode == IN_ROW or (mode == IN_TABLE_BODY and here == TR):
            return AS_PART, -1
        if mode == IN_TABLE_BODY:
            return -1, TR
        if here == COL:
            return -1, COLGROUP
        return (-1, TBODY) if bits & CELL or here == TR else (AS_PART, -1)
    if (start and here in (STYLE, SCRIPT)) or (here == TEMPLATE and (start or end)) or sort == FINISH:
        return AS_BODY, -1
    if start and here == FORM:
        return NOTHING if facts[FORM_NODE] >= 0 or facts[TEMPLATES] else AS_LEAF, -1
    facts[FOSTER] = 1
    return AS_BODY, -1


@routine
def prepare(sort: Integer, here: Integer, is_hidden: bool, nodes: Table, stacks: Table, facts: Numbers) -> int:
    """Return what is to be done with a token, after all that has to be opened and closed before it."""
    done, unsaid = -1, -1
    while done < 0:
        mode = int(facts[MODE])
        unsaid = -1
        bits = _BITS[here]
        if mode == IN_BODY:
            done = AS_BODY
        elif mode <= AFTER_HEAD:
            done, unsaid, after = _in_head(sort, here, mode, facts)
            if after != mode:
                if mode >= IN_HEAD:
                    close_to(nodes, stacks, facts, facts[TOP] - 1)
                facts[MODE] = after
                if sort == END and (
                    (mode == IN_HEAD and here == HEAD) or (mode == IN_HEAD_NOSCRIPT and here == NOSCRIPT)
                ):
                    done = NOTHING
        elif mode <= IN_ROW:
            if is_hidden:
                done = AS_PART
            else:
                done, unsaid = _in_table(sort, here, mode, nodes, stacks, facts)
        elif mode in (IN_CELL, IN_CAPTION):
            wanted, bit, behind = (_UNKNOWN, CELL, IN_ROW) if mode == IN_CELL else (CAPTION, 0, IN_TABLE)
            own = sort == END and (bits & CELL if mode == IN_CELL else here == CAPTION)
            outer = sort == END and (here == TABLE or (mode == IN_CELL and (here == TR or bits & GROUP)))
            if own or outer or (sort == START and bits & PART):
                place = find_in_table(stacks, facts, wanted, bit)
                if own and mode == IN_CELL:
                    place = find_in_table(stacks, facts, here, 0)
                if place < 0 or (outer and mode == IN_CELL and find_in_table(stacks, facts, here, 0) < 0):
                    done = NOTHING
                else:
                    close_to(nodes, stacks, facts, place)
                    clear_to_marker(nodes, stacks, facts)
                    facts[MODE] = behind
                    if own:
                        done = NOTHING
            elif sort == END and (bits & PART or here in (BODY, HTML)):
                done = NOTHING
            else:
                done = AS_BODY
        elif mode == IN_COLUMN_GROUP:
            if sort == START and here == HTML:
                done = MERGE
            elif sort == START and here == COL:
                done = AS_PART
            elif ((sort in (END, START)) and here == TEMPLATE) or sort == FINISH:
                done = AS_BODY
            elif (sort == END and here == COL) or stacks[facts[TOP] - 1, CODE] != COLGROUP:
                done = NOTHING
            else:
                close_to(nodes, stacks, facts, facts[TOP] - 1)
                facts[MODE] = IN_TABLE
                if sort == END and here == COLGROUP:
                    done = NOTHING
        elif mode == IN_TEMPLATE:
            if sort == LETTERS or here == TEMPLATE or (sort == START and bits & HEADS):
                done = AS_BODY
            elif sort == END:
                done = NOTHING
            elif sort == FINISH:
                if facts[TEMPLATES] == 0:
                    done = NOTHING
                else:
                    end_template(nodes, stacks, facts)
            else:
                after = IN_BODY
                if here in (CAPTION, COLGROUP, TBODY, TFOOT, THEAD):
                    after = IN_TABLE
                elif here == COL:
                    after = IN_COLUMN_GROUP
                elif here == TR:
                    after = IN_TABLE_BODY
                elif here in (TD, TH):
                    after = IN_ROW
                stacks[facts[TEMPLATES] - 1, TEMPLATE_MODE] = after
                facts[MODE] = after
        elif sort == FINISH:
            done = NOTHING
        elif sort == START and here == HTML:
            done = MERGE
        elif mode == AFTER_BODY and sort == END and here == HTML:
            facts[MODE] = AFTER_AFTER_BODY
            done = NOTHING
        else:
            facts[MODE] = IN_BODY
        if unsaid >= 0:
            node = open_row(nodes, stacks, facts, unsaid, 0, False, False)
            facts[MODE] = _LEADS[unsaid]
            if unsaid == HEAD:
                facts[HEAD_NODE] = node
            elif unsaid == BODY:
                facts[BODY_NODE] = node
    return done
