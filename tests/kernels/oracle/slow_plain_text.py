"""The text that Resiliparse makes of a page, in plain Python over a tree of nodes: slow, and short enough to be believed."""

import re
from dataclasses import dataclass, field

from resiliparse.parse.html import HTMLTree, NodeType

from tests.kernels.oracle.slow_patterns import EXPRESSIONS

BLANKS = b" \t\n\r\v\f"
BLOCKS = frozenset(
    b"address article aside blockquote br center details dd dt div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 "
    b"h6 header hgroup hr li main nav ol p pre section table tr ul".decode().split()
)
ASIDE = b"header footer navigation recommended search sidebar modal gallery print".decode().split()
BIG = frozenset(["p", "h1", "h2", "h3", "h4"])
ROOTS = b"article-body articleBody contentBody article-text main-content postcontent post-content single-post".split()
ROLES = frozenset(
    b"alert banner checkbox comment complementary contentinfo dialog img menu menubar menuitem navigation presentation radio "
    b"search searchbox separator tab toolbar tooltip".split()
)
NO_FIELDS = frozenset(b"checkbox color file hidden radio reset".split())
ALWAYS_SKIPPED = "script style iframe frame template"
PICTURES = "object video audio embed img area svg figcaption figure"
FIELDS = "textarea input button select option label"


@dataclass(eq=False)
class Node:
    """An element, a text (which has no name) or something else (which has neither)."""

    name: str = ""
    text: bytes | None = None
    attributes: dict[str, bytes] = field(default_factory=dict)
    parent: "Node | None" = None
    children: list["Node"] = field(default_factory=list)

    def inside(self):
        """Yield all nodes below, in the order of the page."""
        waiting = self.children[::-1]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.children[::-1]

    def next(self):
        """Return the next sibling, or None."""
        around = self.parent.children if self.parent else [self]
        return next(iter(around[around.index(self) + 1 :]), None)

    def text_content(self):
        """Return all text inside."""
        return b"".join(each.text for each in (self, *self.inside()) if each.text is not None)

    def get(self, name):
        """Return an attribute, empty where there is none."""
        return self.attributes.get(name, b"")


@dataclass
class Page:
    """What a parser makes of a page."""

    document: Node
    body: Node | None
    quirks: bool


def parsed(html):
    """Return the page that the library's parser builds."""
    tree = HTMLTree.parse(html)
    body, found = tree.body, None
    document = Node()
    waiting = [(document, tree.document.first_child)]
    while waiting:
        parent, node = waiting.pop()
        if node is None:
            continue
        made = Node(parent=parent)
        parent.children.append(made)
        if node.type == NodeType.TEXT:
            made.text = (node.value or "").encode()
        elif node.type == NodeType.ELEMENT:
            made.name = node.local_name
            made.attributes = {name: (node.getattr(name) or "").encode() for name in node.attrs}
            found = made if made.name == "body" and node == body else found
        waiting += [(parent, node.next), (made, node.first_child)]
    return Page(document, found, body is not None and _is_quirky(tree))


def _is_quirky(tree):
    """Tell whether classes are compared in either case; leaves a mark in the tree."""
    mark = tree.create_element("i")
    mark.set_attribute("class", "QUIRKY-MARK")
    tree.body.append(mark)
    return tree.body.query_selector(".quirky-mark") is not None


def matches(name, text):
    """Tell whether a pattern matches somewhere in a text; in an empty one nothing does."""
    return text != b"" and EXPRESSIONS[name].search(text) is not None


def collapsed(text):
    """Return a text with one space in the place of each run of blanks."""
    return re.sub(rb"\s+", b" ", text)


def is_link_cluster(node, most, longest):
    """Tell whether the texts of links make up more than a share of a text."""
    whole = len(collapsed(node.text_content()))
    if whole == 0 or 0 < longest < whole:
        return False
    linked = sum(len(collapsed(each.text_content())) for each in node.inside() if each.name == "a")
    return linked > 0 and linked / whole > most


def is_glyph(text):
    """Tell whether a text is a paragraph sign, or three bytes that begin like a character for private use."""
    stripped = text.strip(BLANKS)
    if stripped == "\N{PILCROW SIGN}".encode():
        return True
    return len(stripped) == 3 and 0x8080EE <= int.from_bytes(stripped, "little") <= 0xBFA3EF


def has_something_behind(node):
    """Tell whether an element is not the last of all that a child of the body holds."""
    while node.parent is not None and node.parent.name != "body":
        behind = node.next()
        if behind is not None and (behind.text is None or behind.next() is not None):
            return True
        node = node.parent
    return False


def is_main_content(node, depth, options):
    """Tell whether a node is part of a page's main content, as far as that shows in the node itself."""
    if node.text is not None:
        return not is_glyph(node.text)
    name = node.name
    if name in ("body", "main", "h1"):
        return True
    if name == "footer":
        return depth >= 3 and not is_link_cluster(node, 0.2, 0) and has_something_behind(node)
    if name == "ul" and (depth < 4 or is_link_cluster(node, 0.2, 0)):
        return False
    if name == "article" and depth >= 3 and is_link_cluster(node, 0.2, 500):
        return False
    if name in ("nav", "aside", "audio", "video", "time") or "hidden" in node.attributes:
        return False
    trimmed = {key: node.get(key).strip(BLANKS) for key in ("rel", "itemprop", "aria-hidden", "aria-expanded", "role")}
    if trimmed["rel"] in b"author icon search prev next tag".split():
        return False
    if trimmed["itemprop"] in b"datePublished author url".split():
        return False
    if trimmed["aria-hidden"] == b"true" or trimmed["aria-expanded"] == b"false":
        return False
    classes, identity = node.get("class"), node.get("id")
    if not options.hidden_elements and matches("display_class", classes):
        return False
    if matches("display_style", node.get("style")):
        return False
    if not classes and not identity:
        return not (name == "div" and depth >= 6 and is_link_cluster(node, 0.6, 800))
    both = classes + b" " * bool(classes) + identity
    if name in ("a", "div", "li") and matches("skip_link", both):
        return False
    if depth > 2 and (
        matches("sign_in", classes)
        or (not options.post_meta and matches("post_meta", classes))
        or matches("social", classes)
    ):
        return False
    if matches("logo", both) or matches("advertisement", both):
        return False
    if {"data-ad", "data-advertisement", "data-text-ad"} & node.attributes.keys() or matches("other_junk", classes):
        return False
    if name not in BLOCKS and name != "td":
        return True
    if trimmed["rel"] == b"main":
        return True
    if trimmed["role"] in ROLES or (not options.comments and matches("comments", both)):
        return False
    if name == "article" or matches("article", both):
        return True
    if matches("landmark", identity):
        return False
    if any(matches(pattern, both) for pattern in ASIDE):
        return False
    return not (depth > 2 and name == "div" and is_link_cluster(node, 0.6, 1500))


def root_of(page, options):
    """Return the element that the text is taken from: the only one with a name of main content, or else the body."""
    if not options.main_content:
        return page.body

    def cased(text):
        return text.lower() if page.quirks else text

    # An element with two such names counts twice.
    found = [
        node
        for name in ROOTS
        for node in page.body.inside()
        if cased(name) in cased(node.get("class").replace(b"\v", b"_")).split()
    ]
    found += [node for node in page.body.inside() if node.get("role") == b"main"]
    return found[0] if len(found) == 1 else page.body


@dataclass
class Piece:
    """Text with what is known of the element that it begins behind."""

    name: str
    depth: int
    literal: int
    block: bool
    big: bool
    is_end: bool
    collapses: bool = True
    text: bytes | None = None


def pieces_of(page, options):
    """Return the pieces of a text, in order."""
    root = root_of(page, options)
    skipped = set(ALWAYS_SKIPPED.split())
    skipped |= set() if options.alt_texts else set(PICTURES.split())
    skipped |= set() if options.noscript else {"noscript"}
    skipped |= set() if options.form_fields else set(FIELDS.split())
    above, node = 0, root
    while node is not None and node.name != "body":
        node = node.parent
        above += node is not None
    pieces: list[Piece] = []
    node, depth, is_end = root, 0, False
    while True:
        left_out = (
            (node.text is None and not node.name)
            or (node is not root and node.name in skipped)
            or (options.main_content and not is_main_content(node, depth + above, options))
        )
        if not left_out:
            _add(pieces, node, depth, is_end, options)
            if not is_end and node.children:
                node, depth = node.children[0], depth + 1
                continue
        if node is root:
            return pieces
        behind = node.next()
        is_end = behind is None
        node, depth = (node.parent, max(0, depth - 1)) if behind is None else (behind, depth)


def _add(pieces, node, depth, is_end, options):
    name = node.name
    block = name in BLOCKS
    apart = block or name in ("td", "th", "textarea") or (options.links and name == "a")
    if not pieces or apart or depth < pieces[-1].depth:
        literal = pieces[-1].literal if pieces else 0
        if name in ("pre", "textarea"):
            literal = max(0, literal - 1) if is_end else literal + 1
        pieces.append(Piece(name, depth, literal, block, name in BIG, is_end))
    piece = pieces[-1]
    added = None
    if node.text is not None:
        added = node.text
    elif name == "br" and options.preserve_formatting:
        piece.collapses, added = False, b""
    elif name == "a" and options.links:
        piece.block, added = False, b" (" + node.get("href").strip(BLANKS) + b")" if is_end else b""
    elif name in ("img", "area") and options.alt_texts:
        added = node.get("alt")
    elif name in ("textarea", "button") and options.form_fields:
        added = b" ] " if is_end else b"[ "
    elif name == "input" and options.form_fields and node.get("type").strip(BLANKS) not in NO_FIELDS:
        said = node.get("value").strip(BLANKS) or node.get("placeholder").strip(BLANKS)
        added = b"[ " + said + b" ] " if said else None
    if added is not None:
        piece.text = (piece.text or b"") + added


def set_text(pieces, options):
    """Return the text of pieces."""
    out, prefix = b"", b""
    formatted, bullets = options.preserve_formatting, options.list_bullets
    margin, level, fresh = 0, 0, False
    numbers: list[int] = []
    rows: list[bool] = []

    def with_margin(literal):
        stripped = out.rstrip(BLANKS) if margin and not (literal and formatted) else out
        return stripped + (b"\n" * margin if formatted else b" ") if margin and stripped else stripped

    for piece in pieces:
        if piece.name == "tr":
            if not piece.is_end:
                rows.append(False)
            elif rows:
                rows.pop()
        if piece.name in ("td", "th"):
            if piece.is_end:
                continue
            out, margin = with_margin(piece.literal), 0
            if rows:
                if rows[-1] and formatted:
                    out += b"\t\t"
                elif rows[-1] and out and out[-1] not in BLANKS:
                    out += b" "
                rows[-1] = True
        if formatted:
            if piece.name in ("ul", "ol") or (piece.name == "li" and level == 0):
                if piece.is_end:
                    level, fresh, prefix = max(0, level - 1), False, b""
                    numbers = numbers[:-1]
                else:
                    level += 1
                    numbers.append(int(piece.name == "ol"))
            if piece.name == "li" and bullets:
                if not numbers:
                    raise IndexError("the library gives up here")
                prefix = b"%d. " % numbers[-1] if numbers[-1] else "\N{BULLET} ".encode()
                numbers[-1] += bool(numbers[-1]) and not piece.is_end
                fresh = not piece.is_end
        if piece.block:
            big = piece.big and not (piece.collapses and piece.literal)
            margin = max(margin, 1 + big) if piece.collapses else margin + 1 + big
        if piece.text is None:
            continue
        text = piece.text
        if not (piece.literal and formatted):
            text = collapsed(text)
            if piece.block or (out and out[-1] in BLANKS):
                text = text.lstrip(BLANKS)
        if not text:
            continue
        out, margin = with_margin(piece.literal), 0
        if formatted and level:
            out += b"  " * (level + (bullets and not fresh))
            fresh = False
        out += prefix + text
        prefix = b""
    return out.rstrip(BLANKS)


def plain_text(page, options):
    """Return the text of a page."""
    if page.body is None:
        return ""
    return set_text(pieces_of(page, options), options).decode()
