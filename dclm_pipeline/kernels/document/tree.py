"""The tree of an HTML page, exactly as Lexbor builds it (that of Resiliparse 2.0.1, scripting off), in compiled code.

Tokens and tree construction of the HTML standard (13.2.5, 13.2.6), newlines made one sort beforehand. A page is handed
back, to be parsed by the library, where it holds a NUL, a frameset, or what fills a `selectedcontent`; where only a
comparison of attributes tells whether formatting is alike; where a template is in misnested formatting; and where the
work or the nodes pass a bound in proportion to its bytes, or it has more than 256 MiB. Known gap: in SVG and MathML
Lexbor finds `xlink:role` and `xlink:type` by the last part of their names too, as it does `xlink:href`; here they are
others.
"""

from dclm_pipeline.kernels.compiled import Bytes, Numbers, at, part
from dclm_pipeline.kernels.document import tree_elements
from dclm_pipeline.kernels.document.tree_body import end_of_page, tag_in_body
from dclm_pipeline.kernels.document.tree_elements import (
    AFTER_AFTER_BODY,
    AFTER_BODY,
    AFTER_HEAD,
    ANNOTATION,
    BODY,
    BREAKOUT,
    DROPPED,
    FONT,
    FORMATTING,
    FOSTERS,
    FRAMESET,
    HEAD,
    HEADS,
    HTML,
    IMAGE,
    IMG,
    IN_BODY,
    IN_CAPTION,
    IN_HEAD,
    IN_HEAD_NOSCRIPT,
    IN_TABLE,
    IN_TEMPLATE,
    INPUT,
    MATH_ROOT,
    NAMES,
    NOSCRIPT,
    PLAIN_END,
    PLAINTEXT,
    SELECTED,
    SKIPS_LINE,
    SVG_ROOT,
    P,
)
from dclm_pipeline.kernels.document.tree_flat import TYPE, Tree, lay_flat
from dclm_pipeline.kernels.document.tree_foreign import is_foreign, tag_in_foreign
from dclm_pipeline.kernels.document.tree_formatting import is_waiting, reopen
from dclm_pipeline.kernels.document.tree_modes import (
    AS_BODY,
    AS_LEAF,
    END,
    FINISH,
    LETTERS,
    MERGE,
    NOTHING,
    START,
    prepare,
)
from dclm_pipeline.kernels.document.tree_page import (
    COLOURS,
    ENCODING,
    KEPT_BITS,
    KNOWN,
    LEAST_ROOM,
    LINK,
    Ground,
    begin_page,
    merge_attributes,
    name_link,
    note_attributes,
    take_page,
)
from dclm_pipeline.kernels.document.tree_rows import (
    ATTRIBUTE_ROWS,
    BITS_HERE,
    BODY_NODE,
    BUILT,
    CODE,
    FORMAT,
    FORMATS,
    FOSTER,
    HANDED_BACK,
    HEAD_NODE,
    LISTED,
    MODE,
    NAME,
    NAME_END,
    NODE,
    NODES,
    OPEN,
    PARAGRAPHS,
    PENDING,
    RAW_NODE,
    REFERENCES,
    STATE,
    STATUS,
    TEMPLATES,
    TOKEN_ATTRIBUTES,
    TOKEN_ATTRIBUTES_END,
    TOKEN_END,
    TOP,
    VISIBLE,
    WORK,
    Table,
    close_to,
    find_place,
    place_of,
    push,
    put_text,
    remove_open,
)
from dclm_pipeline.kernels.document.tree_text import (
    HIDDEN_WORD,
    HTML_WORD,
    XHTML_WORD,
    blank_end,
    have_text_wait,
    holds_word,
    is_word,
    past_newline,
    put_waiting_text,
    read_declaration,
    read_raw_text,
    text_end,
    trim_text,
)
from dclm_pipeline.kernels.html import attributes, tokens

_BITS = tree_elements.BITS
_WORK_A_BYTE, _LEAST_WORK = 64, 1 << 16
_SLACK = 64


@part
def _end_quickly(nodes: Table, stacks: Table, facts: Numbers, here: int) -> bool:
    """Close the innermost element where a tag is its own, and nothing else is to be looked at; tell whether it was."""
    top = facts[TOP] - 1
    if stacks[top, CODE] != here or facts[MODE] < IN_BODY or facts[MODE] > IN_CAPTION or facts[PENDING] >= 0:
        return False
    bits = _BITS[here]
    if bits & FORMATTING and facts[FORMATS] and stacks[facts[FORMATS] - 1, FORMAT] == stacks[top, NODE]:
        facts[FORMATS] -= 1
    elif not bits & PLAIN_END:
        return False
    nodes[stacks[top, NODE], STATE] &= ~(OPEN | LISTED)
    facts[PARAGRAPHS] -= here == P
    facts[TOP] = top
    return True


@part
def _open_or_close(
    chars: Bytes, nodes: Table, stacks: Table, facts: Numbers, sort: int, here: int, closed: bool, what: int, tree: Tree
) -> None:
    """Do what is left to be done with a tag of HTML."""
    bits = _BITS[here]
    if what == MERGE or (sort == START and what == AS_BODY and bits & DROPPED):
        if here == FRAMESET:
            facts[STATUS] = HANDED_BACK
        elif facts[TEMPLATES] == 0 and here == HTML:
            merge_attributes(nodes, facts, tree, stacks[1, NODE])
        elif facts[TEMPLATES] == 0 and here == BODY and facts[TOP] > 2 and stacks[2, CODE] == BODY:
            merge_attributes(nodes, facts, tree, stacks[2, NODE])
        return
    if sort == END and (here in (BODY, HTML)):
        if end_of_page(stacks, facts, here):
            facts[MODE] = AFTER_BODY if here == BODY else AFTER_AFTER_BODY
        return
    heading = sort == START and facts[MODE] == AFTER_HEAD and bits & HEADS != 0
    if heading:
        push(nodes, stacks, facts, facts[HEAD_NODE], HEAD, int(_BITS[HEAD]))
    tag_in_body(chars, nodes, stacks, facts, sort, here, closed, what != AS_BODY)
    if heading:
        remove_open(nodes, stacks, facts, place_of(stacks, facts, facts[HEAD_NODE]))
    if what == AS_LEAF:
        close_to(nodes, stacks, facts, facts[TOP] - 1)
    elif here == NOSCRIPT and facts[MODE] == IN_HEAD and sort == START:
        facts[MODE] = IN_HEAD_NOSCRIPT
    elif here == HEAD and sort == START:
        facts[HEAD_NODE] = stacks[facts[TOP] - 1, NODE]
    elif here == BODY and sort == START:
        facts[BODY_NODE] = stacks[facts[TOP] - 1, NODE]


@part
def build(data: Bytes, begin: int, end: int, whole: bool, tree: Tree, ground: Ground) -> int:
    """Build the tree of a page, the children of templates too if the whole is asked for; return how that went."""
    nodes, stacks, facts, chars = ground.nodes, ground.stacks, ground.facts, tree.chars
    most = (end - begin) // 4 + LEAST_ROOM
    if most > nodes.shape[0]:
        return HANDED_BACK
    size = take_page(data, begin, end, chars)
    if size < 0:
        return HANDED_BACK
    begin_page(ground, size)
    work = _LEAST_WORK + _WORK_A_BYTE * size
    i = 0
    skips, plain = False, False
    while facts[STATUS] == BUILT:
        # What waits in a table takes as many rows again when it is put.
        waiting = facts[NODES] - facts[PENDING] if facts[PENDING] >= 0 else 0
        if facts[WORK] > work or facts[NODES] + waiting + 2 * facts[FORMATS] + _SLACK > most:
            facts[STATUS] = HANDED_BACK
            break
        sort, here, start, stop, state, closed, seen = LETTERS, 0, i, i, 0, False, 0
        if i >= size:
            sort = FINISH
        elif plain:
            i = stop = size
        elif at(chars, i) == 60 and i + 1 < size:
            second = at(chars, i + 1)
            ending = second == 47 and i + 2 < size
            if tokens.is_letter(at(chars, i + 2) if ending else second):
                sort = END if ending else START
                name = i + 1 + ending
                behind = tokens.name_end(chars, name, size)
                here = tokens.kind_of(chars, name, behind, ground.words, ground.kinds)
                if behind < size and at(chars, behind) == 62:
                    i = behind + 1
                elif ending:
                    i, _, _ = tokens.scan_attributes(chars, behind, size)
                else:
                    i, closed, seen = attributes.scan_named(chars, behind, size, ground.found, KNOWN)
                if i < 0:
                    i = size
                    continue
                if ending and _end_quickly(nodes, stacks, facts, here):
                    skips = False
                    continue
                facts[NAME], facts[NAME_END], facts[TOKEN_END] = name, behind, i
                facts[TOKEN_ATTRIBUTES] = facts[TOKEN_ATTRIBUTES_END] = facts[ATTRIBUTE_ROWS]
                if seen >> LINK and (
                    here in (SVG_ROOT, MATH_ROOT)
                    or (
                        is_foreign(stacks, facts, sort, here)
                        and not _BITS[here] & BREAKOUT
                        and not (here == FONT and seen & COLOURS)
                    )
                ):
                    seen = name_link(ground, seen)
                if seen & KEPT_BITS:
                    note_attributes(ground, tree, seen)
            elif ending and at(chars, i + 2) == 62:
                i += 3
                continue
            elif second == 33 and stacks[facts[TOP] - 1, CODE] > NAMES and tokens.is_cdata(chars, i + 2, size):
                start = i + 9
                i = tokens.after(chars, start, size, 93, 93, 62)
                stop = (
                    i - 3
                    if i - 3 >= start and at(chars, i - 1) == 62 and at(chars, i - 2) == 93 and at(chars, i - 3) == 93
                    else i
                )
                if start >= stop:
                    continue
            elif ending or second == 33 or second == 63:
                skips = False
                if facts[PENDING] >= 0:
                    put_waiting_text(nodes, stacks, facts)
                i = read_declaration(chars, i, size, nodes, stacks, facts)
                continue
        if sort == LETTERS and start == i:
            # A bracket that begins nothing is text.
            i, referring = text_end(chars, i + 1 if at(chars, i) == 60 else i, size)
            stop = i
            state = REFERENCES if referring else 0
        if skips:
            skips = False
            if sort == LETTERS:
                start = past_newline(chars, start, stop, ground.known)
                if start >= stop:
                    continue
        foreign = stacks[facts[TOP] - 1, CODE] > NAMES and sort != FINISH and is_foreign(stacks, facts, sort, here)
        if facts[PENDING] >= 0 and sort != LETTERS:
            put_waiting_text(nodes, stacks, facts)
        if foreign and sort != LETTERS:
            told = here == FONT and seen & COLOURS != 0
            if here == ANNOTATION and seen >> ENCODING & 1:
                at_value, value_end = ground.found[ENCODING, 0], ground.found[ENCODING, 1]
                told = is_word(chars, at_value, value_end, HTML_WORD, facts) or is_word(
                    chars, at_value, value_end, XHTML_WORD, facts
                )
            if not tag_in_foreign(chars, nodes, stacks, facts, sort, here, closed, told):
                continue
            foreign = False
        what = AS_BODY
        mode = facts[MODE]
        if mode != IN_BODY and not foreign:
            if sort == LETTERS:
                start = trim_text(chars, start, stop, nodes, stacks, facts, ground.known)
                if start >= stop:
                    continue
            hidden = False
            if sort == START and here == INPUT and mode >= IN_TABLE and seen >> TYPE & 1:
                hidden = is_word(chars, ground.found[TYPE, 0], ground.found[TYPE, 1], HIDDEN_WORD, facts)
                if not hidden and holds_word(chars, facts[NAME_END], facts[TOKEN_END], HIDDEN_WORD):
                    # Lexbor looks at a second attribute of the name too.
                    facts[STATUS] = HANDED_BACK
            if sort != LETTERS or mode < AFTER_BODY or blank_end(chars, start, stop, ground.known) < stop:
                what = prepare(sort, here, hidden, nodes, stacks, facts)
        if sort == FINISH:
            if facts[TEMPLATES] == 0:
                break
            facts[MODE] = IN_TEMPLATE
            continue
        if what == NOTHING:
            continue
        if sort == LETTERS:
            if facts[FOSTER] and stacks[facts[TOP] - 1, BITS_HERE] & FOSTERS:
                facts[VISIBLE] |= blank_end(chars, start, stop, ground.known) < stop
                have_text_wait(nodes, facts, start, stop, state)
            else:
                if not foreign and facts[FORMATS] and is_waiting(nodes, stacks, facts[FORMATS] - 1):
                    reopen(nodes, stacks, facts)
                find_place(nodes, stacks, facts, facts[TOP] - 1)
                put_text(nodes, facts, start, stop, state)
        elif here == SELECTED:
            facts[STATUS] = HANDED_BACK
        # Lexbor forgets an image of that name where it would go before a table.
        elif here != IMAGE or sort == END or not facts[FOSTER]:
            if here == IMAGE and sort == START:
                here = IMG
            _open_or_close(chars, nodes, stacks, facts, sort, here, closed, what, tree)
            skips = sort == START and _BITS[here] & SKIPS_LINE != 0
            plain = sort == START and here == PLAINTEXT
        if facts[RAW_NODE] >= 0:
            i = read_raw_text(chars, i, size, here, nodes, facts, ground.known)
            skips = False
        facts[FOSTER] = 0
    if facts[STATUS] == BUILT:
        lay_flat(nodes, facts, facts[BODY_NODE], whole, ground.known, tree)
    return int(facts[STATUS])
