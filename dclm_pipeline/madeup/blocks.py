"""What a page says, apart from how it looks: a title and a row of blocks.

A block is a tag and its text. Truth is made of the same blocks as the HTML, so the two cannot disagree.
"""

from dataclasses import dataclass, replace
from html import escape

from dclm_pipeline.madeup.luck import Luck

# p, quote: running text · h2, li · row: table cells between tabs · post: of a thread · pre: code, the only one whose
# text holds characters that HTML must escape
EDITABLE = frozenset({"p", "quote", "post", "li"})


@dataclass(frozen=True)
class Block:
    """One stretch of content."""

    tag: str
    text: str


@dataclass(frozen=True)
class Content:
    """The content of one page, in a language (empty: in none)."""

    title: str
    blocks: tuple[Block, ...]
    language: str

    @property
    def text(self) -> str:
        """Return the words that are the page's content: a line a block, the title left out."""
        return "\n".join(block.text.replace("\t", " ") for block in self.blocks)

    def with_blocks(self, blocks: tuple[Block, ...]) -> "Content":
        """Return the same page saying something else."""
        return replace(self, blocks=blocks)


@dataclass(frozen=True)
class Markup:
    """How a site writes its blocks."""

    paragraph: tuple[str, str]
    heading: tuple[str, str]
    item: tuple[str, str]
    items: tuple[str, str]
    post: tuple[str, str]


_PARAGRAPHS = (
    ("<p>", "</p>\n"),
    ("<p>", "</p>\n"),
    ('<p class="text">', "</p>\n"),
    ('<p style="text-align: justify;">', "</p>\n"),
    ('<div class="paragraph"><span>', "</span></div>\n"),
    ("", "<br><br>\n"),
    ('<P ALIGN="left">', "\n"),
)
_HEADINGS = (
    ("<h2>", "</h2>\n"),
    ("<h3>", "</h3>\n"),
    ('<h2 class="section-title"><span>', "</span></h2>\n"),
    ("<p><strong>", "</strong></p>\n"),
)
_LISTS = (
    (("<li>", "</li>\n"), ("<ul>\n", "</ul>\n")),
    (("<li>", "\n"), ("<ol>\n", "</ol>\n")),
    (('<div class="item">', "</div>\n"), ('<div class="items">\n', "</div>\n")),
    (('<li class="entry"><a href="#">', "</a></li>\n"), ('<ul class="entries">\n', "</ul>\n")),
)
_POSTS = (
    ('<div class="post"><div class="author">user</div><div class="body"><p>', "</p></div></div>\n"),
    ('<article class="reply"><header><b>guest</b></header><p>', "</p></article>\n"),
    ('<table class="msg"><tr><td width="120">member</td><td>', "</td></tr></table>\n"),
)


def markup_of(luck: Luck) -> Markup:
    """Return the habits of a site."""
    item, items = luck.pick(_LISTS)
    return Markup(luck.pick(_PARAGRAPHS), luck.pick(_HEADINGS), item, items, luck.pick(_POSTS))


def render(blocks: tuple[Block, ...], markup: Markup) -> str:
    """Return blocks as HTML."""
    pieces: list[str] = []
    before = ""
    for block in blocks:
        tag = block.tag
        if tag != before:
            pieces.append(_closing(before, markup))
            pieces.append(_opening(tag, markup))
            before = tag
        pieces.append(_element(block, markup))
    pieces.append(_closing(before, markup))
    return "".join(pieces)


def _opening(tag: str, markup: Markup) -> str:
    if tag == "li":
        return markup.items[0]
    return "<table border=1>\n" if tag == "row" else ""


def _closing(tag: str, markup: Markup) -> str:
    if tag == "li":
        return markup.items[1]
    return "</table>\n" if tag == "row" else ""


def _element(block: Block, markup: Markup) -> str:
    if block.tag == "row":
        cells = block.text.replace("\t", "</td><td>")
        return f"<tr><td>{cells}</td></tr>\n"
    if block.tag == "pre":
        return f"<pre><code>{escape(block.text)}</code></pre>\n"
    if block.tag == "quote":
        return f"<blockquote>{block.text}</blockquote>\n"
    before, after = {
        "p": markup.paragraph,
        "h2": markup.heading,
        "li": markup.item,
        "post": markup.post,
    }[block.tag]
    return f"{before}{block.text}{after}"
