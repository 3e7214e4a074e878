"""By which elements and texts of a page Resiliparse 2.0.1 goes past to its main content.

An element is judged by its name, its depth below the body, what its attributes say, words in its class and id, and by how
much of its text is links. A rule that asks more of an element comes behind those that ask less; where the library asks in
another order, the answer is the same.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import Bytes, Integer, Numbers, at, eight_at, low_zeros, part
from dclm_pipeline.kernels.document import sorts
from dclm_pipeline.kernels.document.blanks import before_gaps, past_gaps
from dclm_pipeline.kernels.document.link_clusters import FOOTER_STOP, Lengths, is_link_cluster
from dclm_pipeline.kernels.document.options import Options
from dclm_pipeline.kernels.document.patterns import START, Tables, bits, ended, look_at, look_through
from dclm_pipeline.kernels.document.slices import value_of
from dclm_pipeline.kernels.document.tree_flat import (
    ARIA_EXPANDED,
    ARIA_HIDDEN,
    CLASS,
    DATA_AD,
    DATA_ADVERTISEMENT,
    DATA_TEXT_AD,
    HIDDEN,
    ID,
    ITEMPROP,
    REL,
    ROLE,
    STYLE,
    Tree,
)
from dclm_pipeline.kernels.document.tree_rows import TEXT
from dclm_pipeline.kernels.document.words import (
    ASIDE_PROPERTY,
    ASIDE_REL,
    ASIDE_ROLE,
    FALSE,
    LONGEST_CLASS,
    MAIN_REL,
    SHORTEST_CLASS,
    TRUE,
    content_class,
    meanings_of,
)
from dclm_pipeline.kernels.html import tags
from dclm_pipeline.kernels.html.tokens import is_blank

# Which patterns say that an element is no content: in the classes of any, and of one that is not high up; in classes and
# id of one that may be skipped, of any, and of a block before and behind the question whether it is an article.
IN_CLASS, IN_DEEP_CLASS, IN_SKIPPABLE, IN_NAMES, IN_BLOCK, IN_OTHER_BLOCK = range(6)

_STYLE, _ARTICLE, _LANDMARK = bits("display_style"), bits("article"), bits("landmark")
_BODY = tags.kind("body")
_PILCROW = 0xB6C2
_SPACE = 32
_BEHIND_SPACE, _HIGHEST = np.uint64(0x2121212121212121), np.uint64(0x8080808080808080)
_NOTHING = np.uint64(0)
_FIRST_PRIVATE, _LAST_PRIVATE = 0x8080EE, 0xBFA3EF
_HIGH_UP = 2
# Shares of text that links make up, and lengths of text up to which they count.
_FEW_LINKS, _MANY_LINKS = 0.2, 0.6
_NO, _YES, _WHATEVER, _TEASER, _BARE, _NAMED = -2, -1, 0, 500, 800, 1500


@cache
def masks_of(options: Options) -> NDArray[np.int64]:
    """Return the bits of patterns for given options, in the order above."""
    hidden = () if options.hidden_elements else ("display_class",)
    meta = () if options.post_meta else ("post_meta",)
    comments = () if options.comments else ("comments",)
    names = (
        (*hidden, "other_junk"),
        (*hidden, *meta, "other_junk", "sign_in", "social"),
        ("skip_link",),
        ("logo", "advertisement"),
        comments,
        ("header", "footer", "navigation", "recommended", "search", "sidebar", "modal", "gallery", "print"),
    )
    return np.array([bits(*each) for each in names], np.int64)


class Rules(NamedTuple):
    """What the rules look up."""

    masks: Numbers
    patterns: Tables


@part
def is_glyph(chars: Bytes, i: int, stop: int) -> bool:
    """Tell whether a text is a pilcrow, or three bytes that are one character for private use, or compare as if they were."""
    i = past_gaps(chars, i, stop)
    stop = before_gaps(chars, i, stop)
    if stop - i < 2 or stop - i > 3:
        return False
    value = at(chars, i) + (at(chars, i + 1) << 8)
    if stop - i == 2:
        return value == _PILCROW
    return _FIRST_PRIVATE <= value + (at(chars, i + 2) << 16) <= _LAST_PRIVATE


@part
def _has_more_behind(tree: Tree, i: Integer) -> bool:
    """Tell whether a child of the body holds more behind an element than one text behind it and all around it."""
    while tree.parent[i] >= 0 and tree.tag[tree.parent[i]] != _BODY:
        around = tree.parent[i]
        behind = tree.stop[i]
        if behind < tree.stop[around] and (tree.tag[behind] != TEXT or tree.stop[behind] < tree.stop[around]):
            return True
        i = around
    return False


@part
def _found(tree: Tree, k: Integer, state: int, found: int, rules: Rules) -> tuple[int, int]:
    """Look for patterns in an attribute, from a state on (k < 0: in nothing)."""
    if k < 0:
        return state, found
    begin, end = value_of(tree, k)
    return look_through(tree.chars, begin, end, state, found, rules.patterns)


@part
def _judge(tree: Tree, i: Integer, depth: int, says: int, rules: Rules) -> int:
    """Tell by its attributes whether an element is content: `_NO`, `_YES`, or if it is no link cluster of some length."""
    chars, masks = tree.chars, rules.masks
    names, identity, style = -1, -1, -1
    advertises, main = False, False
    role = 0
    for k in range(tree.attribute_start[i], tree.attribute_stop[i]):
        name = tree.attribute_name[k]
        begin, end = value_of(tree, k)
        if name == HIDDEN:
            return _NO
        if name in (DATA_AD, DATA_ADVERTISEMENT, DATA_TEXT_AD):
            advertises = True
        elif begin == end:
            continue
        elif name == CLASS:
            names = k
        elif name == ID:
            identity = k
        elif name == STYLE:
            style = k
        elif name in (REL, ITEMPROP, ARIA_HIDDEN, ARIA_EXPANDED, ROLE):
            meanings = meanings_of(chars, begin, end)
            if name == ROLE:
                role = meanings & ASIDE_ROLE
            elif name == REL:
                main = meanings & MAIN_REL != 0
                if meanings & ASIDE_REL:
                    return _NO
            elif (
                (name == ITEMPROP and meanings & ASIDE_PROPERTY)
                or (name == ARIA_HIDDEN and meanings & TRUE)
                or (name == ARIA_EXPANDED and meanings & FALSE)
            ):
                return _NO
    if style >= 0:
        state, found = _found(tree, style, START, 0, rules)
        if ended(state, found, rules.patterns) & _STYLE:
            return _NO
    if names < 0 and identity < 0:
        return _BARE if says & sorts.DIVISION and depth > 5 else _YES
    state, found = _found(tree, names, START, 0, rules)
    if names >= 0 and ended(state, found, rules.patterns) & masks[IN_DEEP_CLASS if depth > _HIGH_UP else IN_CLASS]:
        return _NO
    if names >= 0:
        # Behind classes there is a space even where no id follows: what must be at the end is not.
        state, found = look_at(_SPACE, state, found, rules.patterns)
    state, found = _found(tree, identity, state, found, rules)
    whole = ended(state, found, rules.patterns)
    if whole & masks[IN_NAMES] or advertises or (says & sorts.SKIPPABLE and whole & masks[IN_SKIPPABLE]):
        return _NO
    if not says & sorts.JUDGED or main:
        return _YES
    if role or whole & masks[IN_BLOCK]:
        return _NO
    if says & sorts.ARTICLE or whole & _ARTICLE:
        return _YES
    if whole & masks[IN_OTHER_BLOCK]:
        return _NO
    if identity >= 0:
        state, found = _found(tree, identity, START, 0, rules)
        if ended(state, found, rules.patterns) & _LANDMARK:
            return _NO
    return _NAMED if says & sorts.DIVISION and depth > _HIGH_UP else _YES


@part
def is_content(tree: Tree, i: Integer, depth: int, says: int, rules: Rules, lengths: Lengths) -> bool:
    """Tell whether an element, of which `sorts` say this, is main content as far as it shows itself."""
    if says & sorts.ALWAYS:
        return True
    if says & sorts.NEVER or (says & sorts.UNORDERED and depth < 4):
        return False
    longest = _YES
    if says & sorts.FOOTER:
        # One in another need not look for what is behind that: pages may nest them without end.
        inside = i < lengths.state[FOOTER_STOP]
        longest = _NO if depth <= _HIGH_UP or not (inside or _has_more_behind(tree, i)) else _WHATEVER
        if longest == _WHATEVER and not inside:
            lengths.state[FOOTER_STOP] = tree.stop[i]
    elif tree.attribute_start[i] < tree.attribute_stop[i] or says & sorts.DIVISION:
        longest = _judge(tree, i, depth, says, rules)
    if longest == _YES and says & sorts.UNORDERED:
        longest = _WHATEVER
    elif longest == _YES and says & sorts.ARTICLE and depth > _HIGH_UP:
        longest = _TEASER
    if longest < 0:
        return longest == _YES
    most = _MANY_LINKS if says & sorts.DIVISION else _FEW_LINKS
    return not is_link_cluster(tree, i, most, longest, lengths)


@part
def _name_end(chars: Bytes, i: int, stop: int) -> int:
    """Return where the name of a class ends."""
    while i < stop:
        if i + 8 <= chars.size:
            word = eight_at(chars, i)
            # Of what seems to be a control or a space the first one is.
            low = (word - _BEHIND_SPACE) & ~word & _HIGHEST
            i += low_zeros(low) >> 3 if low != _NOTHING else 8
            if low == _NOTHING:
                continue
        if i >= stop or is_blank(at(chars, i)):
            break
        i += 1
    return min(i, stop)


@part
def _content_classes(chars: Bytes, i: int, stop: int, quirks: bool) -> int:
    """Return how many of the classes that stand for content an attribute holds."""
    found, count = 0, 0
    while i < stop:
        end = _name_end(chars, i, stop)
        if SHORTEST_CLASS <= end - i <= LONGEST_CLASS:
            one = content_class(chars, i, end, quirks)
            if one and not found & one:
                found |= one
                count += 1
        i = end + 1
    return count


@part
def content_root(tree: Tree, body: int, quirks: bool) -> int:
    """Return the only element below the body that a class or its role says to be the content, or else the body."""
    count, root = 0, body
    for i in range(body + 1, tree.stop[body]):
        for k in range(tree.attribute_start[i], tree.attribute_stop[i]):
            name = tree.attribute_name[k]
            begin, end = value_of(tree, k)
            here = 0
            if name == CLASS and end - begin >= SHORTEST_CLASS:
                here = _content_classes(tree.chars, begin, end, quirks)
            elif name == ROLE and end - begin == 4:
                here = int(meanings_of(tree.chars, begin, end) & MAIN_REL != 0)
            if here:
                count += here
                root = i
        if count > 1:
            return body
    return root
