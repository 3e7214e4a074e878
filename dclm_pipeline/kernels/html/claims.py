"""What pages say of their own use: directives to robots, reserved rights, links to Creative Commons licences.

One scan over the tags of a page, as the tokenizer of the HTML standard parts them: what stands in comments, scripts,
styles, text fields, templates or values of other attributes says nothing, and of an attribute that stands twice the
first counts. A second, small scan reads the fields of the HTTP head that say the same.

Known gaps: character references inside values are not undone, what scripts write is not seen, and a footer is known by
its element, or by the word in an id, class or role of a `div` or `section`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters, looking, marks
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, Bytes, Numbers, at, borrowed, kernel, part, stamp
from dclm_pipeline.kernels.html import claim_attributes, stack, tags, tokens
from dclm_pipeline.kernels.html.claim_attributes import (
    add_directives,
    find_word,
    hash_trimmed,
    licence_at,
    next_attribute,
    reserved_by,
)
from dclm_pipeline.kernels.html.stack import FLAGS
from dclm_pipeline.kernels.html.tokens import (
    after,
    bogus_end,
    comment_end,
    is_cdata,
    is_letter,
    kind_of,
    name_end,
    next_bracket,
    raw_end,
    scan_attributes,
)
from dclm_pipeline.kernels.marks import hashes, is_among
from dclm_pipeline.kernels.strings import Strings

# Places of a licence, the strongest first.
PLACES = ("header", "head", "rel", "footer", "body")
_HEADER, _HEAD, _REL, _FOOTER, _BODY = range(len(PLACES))
# Columns of what is found: bits of directives, whether rights are reserved (-1: not said), the licence (-1: none), its
# place, and how many different licences there are.
DIRECTIVES, RESERVED, LICENCE, PLACE, LICENCES_FOUND = range(5)
FACTS = 5

_META, _LINK, _A, _FOOTER_KIND = tags.kind("meta"), tags.kind("link"), tags.kind("a"), tags.kind("footer")
_SVG, _MATH, _TEMPLATE = tags.kind("svg"), tags.kind("math"), tags.kind("template")
_SCRIPT, _PLAINTEXT = tags.kind("script"), tags.kind("plaintext")
_DIV, _SECTION = tags.kind("div"), tags.kind("section")
_RAW, _BREAKOUT = tags.RAW, tags.BREAKOUT

_hash = {name: hashes([name])[0] for name in ("name", "property", "content", "rel", "href", "id", "class", "role")}
_NAME, _PROPERTY, _CONTENT, _RELATION = _hash["name"], _hash["property"], _hash["content"], _hash["rel"]
_HREF, _ID, _CLASS, _ROLE = _hash["href"], _hash["id"], _hash["class"], _hash["role"]
_ROBOTS_FIELD, _TDM, _LICENCE_FIELD = (
    hashes(["x-robots-tag"])[0],
    hashes(["tdm-reservation"])[0],
    hashes(["license"])[0],
)

Words: TypeAlias = NDArray[np.uint64]


@part
def _note_licence(facts: Numbers, seen: Numbers, row: int, licence: int, place: int) -> None:
    if licence < 0:
        return
    if seen[licence] != row + 1:
        seen[licence] = row + 1
        facts[LICENCES_FOUND] += 1
    if facts[LICENCE] < 0 or place < facts[PLACE]:
        facts[LICENCE], facts[PLACE] = licence, place


@part
def _scan(
    data: Bytes,
    i: int,
    stop: int,
    row: int,
    words: Words,
    kinds: Numbers,
    agents: Words,
    directives: Words,
    licences: Words,
    seen: Numbers,
    facts: Numbers,
) -> None:
    foreign, template = 0, 0
    footer, open_footers = 0, 0
    while True:
        i = next_bracket(data, i, stop) + 1
        if i >= stop:
            return
        ending = at(data, i) == 47
        i += ending
        if i < stop and is_letter(at(data, i)):
            name = i
            behind = name_end(data, i, stop)
            here = kind_of(data, name, behind, words, kinds)
            block = here in (_DIV, _SECTION)
            if ending or here not in (_META, _LINK, _A, _DIV, _SECTION):
                i, _, closed = scan_attributes(data, behind, stop)
                if i < 0:
                    return
                if here in (_SVG, _MATH):
                    foreign = max(0, foreign - 1) if ending else foreign + (not closed)
                elif here == _TEMPLATE:
                    template = max(0, template - 1) if ending else template + 1
                elif here == footer and footer > 0:
                    open_footers += -1 if ending else 1
                    footer *= open_footers > 0
                elif here == _FOOTER_KIND and not ending and footer == 0:
                    footer, open_footers = here, 1
                if ending:
                    continue
                if FLAGS[here] & _BREAKOUT:
                    foreign = 0
                if here == _PLAINTEXT:
                    return
                if FLAGS[here] & _RAW and foreign == 0:
                    i = raw_end(data, i, stop, name, behind - name, here == _SCRIPT)
                continue
            i = behind
            key, tdm = np.uint64(0), False
            label, label_end, content, content_end, href, href_end = -1, -1, -1, -1, -1, -1
            relation, relation_end, marked, property_seen = -1, -1, False, False
            while True:
                begin, end, value, value_end, i = next_attribute(data, i, stop)
                if i < 0:
                    return
                if begin < 0:
                    break
                attribute = hash_trimmed(data, begin, end)
                if attribute == _NAME and label < 0:
                    label, label_end = value, value_end
                elif attribute == _PROPERTY:
                    property_seen = True
                elif attribute == _CONTENT and content < 0:
                    content, content_end = value, value_end
                elif attribute == _RELATION and relation < 0:
                    relation, relation_end = value, value_end
                elif attribute == _HREF and href < 0:
                    href, href_end = value, value_end
                elif attribute in (_ID, _CLASS, _ROLE):
                    marked |= find_word(data, value, value_end)
            if here in (_META, _DIV):
                foreign = 0
            if block:
                if footer == here:
                    open_footers += 1
                elif marked and footer == 0:
                    footer, open_footers = here, 1
                continue
            if template > 0:
                continue
            if here == _META:
                if label >= 0:
                    key = hash_trimmed(data, label, label_end)
                    tdm = key == _TDM
                if content >= 0 and tdm:
                    facts[RESERVED] = max(facts[RESERVED], reserved_by(data, content, content_end))
                elif content >= 0 and label >= 0 and is_among(agents, key):
                    facts[DIRECTIVES] |= add_directives(data, content, content_end, directives)
                if content >= 0 and (label >= 0 or property_seen):
                    _note_licence(facts, seen, row, licence_at(data, content, content_end, licences), _HEAD)
                continue
            if href < 0:
                continue
            licence = licence_at(data, href, href_end, licences)
            related = relation >= 0 and claim_attributes.has_token(data, relation, relation_end, _LICENCE_FIELD)
            if here == _LINK:
                if related:
                    _note_licence(facts, seen, row, licence, _HEAD)
            else:
                place = _REL if related else _FOOTER if footer > 0 else _BODY
                _note_licence(facts, seen, row, licence, place)
        elif ending:
            i = i + 1 if i < stop and at(data, i) == 62 else bogus_end(data, i, stop)
        elif at(data, i) == 33:
            if i + 2 < stop and at(data, i + 1) == 45 and at(data, i + 2) == 45:
                i = comment_end(data, i + 3, stop)
            elif foreign > 0 and is_cdata(data, i + 1, stop):
                i = after(data, i + 8, stop, 93, 93, 62)
            else:
                i = bogus_end(data, i, stop)
        elif at(data, i) == 63:
            i = bogus_end(data, i, stop)


@part
def _scan_head(
    data: Bytes,
    i: int,
    stop: int,
    row: int,
    agents: Words,
    directives: Words,
    licences: Words,
    seen: Numbers,
    facts: Numbers,
) -> None:
    while i < stop:
        end, colon = i, -1
        while end < stop and at(data, end) != 10:
            if at(data, end) == 58 and colon < 0:
                colon = end
            end += 1
        if colon >= 0:
            name = hash_trimmed(data, i, colon)
            if name == _ROBOTS_FIELD:
                facts[DIRECTIVES] |= claim_attributes.add_header_directives(data, colon + 1, end, agents, directives)
            elif name == _TDM:
                facts[RESERVED] = max(facts[RESERVED], reserved_by(data, colon + 1, end))
            elif name == _LICENCE_FIELD:
                _note_licence(facts, seen, row, licence_at(data, colon + 1, end, licences), _HEADER)
        i = end + 1


_WORDS = types.Array(types.uint64, 1, "C", readonly=True)
_SIGNATURE = void(
    OFFSETS,
    BYTES,
    OFFSETS,
    BYTES,
    types.uint64[:, ::1],
    types.int64[::1],
    _WORDS,
    _WORDS,
    _WORDS,
    types.int64[::1],
    types.int64[:, ::1],
)
_Scan: TypeAlias = Callable[
    [Numbers, Bytes, Numbers, Bytes, NDArray[np.uint64], Numbers, Words, Words, Words, Numbers, Numbers], None
]


def _make(parts: int) -> _Scan:
    @kernel(_SIGNATURE)
    def scan_rows(
        offsets: Numbers,
        data: Bytes,
        head_offsets: Numbers,
        heads: Bytes,
        words: NDArray[np.uint64],
        kinds: Numbers,
        agents: Words,
        directives: Words,
        licences: Words,
        seen: Numbers,
        facts: Numbers,
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data, heads, words, kinds = borrowed(data), borrowed(heads), borrowed(words), borrowed(kinds)
        agents, directives, licences = borrowed(agents), borrowed(directives), borrowed(licences)
        seen, facts = borrowed(seen), borrowed(facts)
        for row in range(facts.shape[0]):
            found = facts[row]
            _scan_head(heads, head_offsets[row], head_offsets[row + 1], row, agents, directives, licences, seen, found)
            _scan(data, offsets[row], offsets[row + 1], row, words, kinds, agents, directives, licences, seen, found)

    return scan_rows


_scan_rows = _make(stamp(characters, claim_attributes, looking, marks, stack, tags, tokens))


@dataclass(frozen=True)
class Claims:
    """What each page says: bits of directives in the order of `claim_attributes.DIRECTIVES`, whether rights are reserved (-1:
    not said), its licence and the place of that (-1: none), and how many different licences it links to."""

    directives: NDArray[np.int64]
    reserved: NDArray[np.int64]
    licence: NDArray[np.int64]
    place: NDArray[np.int64]
    licences: NDArray[np.int64]


@cache
def _licence_order() -> NDArray[np.int64]:
    """Return for each sorted hash of a licence's path which licence it is."""
    order = [hashes([path])[0] for path in claim_attributes.PATHS]
    return np.argsort(np.array(order, np.uint64)).astype(np.int64)


def scan_claims(html: Strings, heads: Strings, agents: Sequence[str]) -> Claims:
    """Return what pages, and the fields of their HTTP heads, say of their use; `agents` are the robots that we are."""
    offsets, data = html
    facts = np.zeros((len(offsets) - 1, FACTS), np.int64)
    facts[:, (RESERVED, LICENCE, PLACE)] = -1
    words, kinds = tags.lookup()
    named, paths = hashes(["robots", *agents]), hashes(claim_attributes.PATHS)
    seen = np.zeros(len(paths), np.int64)
    directives = np.array([hashes([name])[0] for name in claim_attributes.DIRECTIVES], np.uint64)
    _scan_rows(offsets, data, *heads, words, kinds, named, directives, paths, seen, facts)
    licence = np.where(facts[:, LICENCE] < 0, -1, _licence_order()[facts[:, LICENCE]])
    return Claims(facts[:, DIRECTIVES], facts[:, RESERVED], licence, facts[:, PLACE], facts[:, LICENCES_FOUND])
