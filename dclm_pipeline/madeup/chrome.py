"""What a site puts around its content: head, header, menus, sidebars, banners, footer.

Made once a site; a page is the pieces with its own content between them. Knows nothing of addresses or charsets but
the name that the meta element shall give.
"""

from dataclasses import dataclass
from html import escape

from dclm_pipeline.madeup.luck import Luck
from dclm_pipeline.madeup.material import slug
from dclm_pipeline.madeup.voice import Voice

_DOCTYPES = (
    "<!DOCTYPE html>\n",
    "<!DOCTYPE html>\n",
    "<!doctype html>",
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n',
    "",
)
_METAS = (
    '<meta charset="{charset}">\n',
    '<meta charset="{charset}">\n',
    '<meta http-equiv="Content-Type" content="text/html; charset={charset}" />\n',
    "<META HTTP-EQUIV=content-type CONTENT='text/html;charset={charset}'>\n",
)
_CONTAINERS = (
    ("<main><article>\n", "</article></main>\n"),
    ('<div id="content"><div class="entry-content">\n', "</div></div>\n"),
    ('<div class="row"><div class="col-md-8 article-body">\n', "</div></div>\n"),
    ('<section class="page"><div class="wrap">\n', "</div></section>\n"),
    ('<table width="100%" cellpadding="4"><tr><td valign="top" width="640">\n', "</td></tr></table>\n"),
    ('<div id="main" role="main">\n', "</div>\n"),
    ("", ""),
)
_TITLES = (("<h1>", "</h1>\n"), ('<h1 class="entry-title">', "</h1>\n"), ('<div class="headline"><b>', "</b></div>\n"))
_SEPARATORS = (" - ", " | ", " – ", " « ", " :: ")


@dataclass(frozen=True)
class Chrome:
    """The pieces in their order; a page puts title, inline material and content between them.

    `teasers` are links to other pages, of which each page shows some.
    """

    before_title: str
    after_title: str
    top: str
    heading: tuple[str, str]
    container: tuple[str, str]
    teasers: tuple[str, ...]
    bottom: str


def chrome_of(luck: Luck, voice: Voice, name: str, charset: str, menu_bytes: int) -> Chrome:
    """Return the template of a site called `name`, which gives its charset in a meta element unless it is empty."""
    language = voice.language
    titles = voice.titles(luck, 30)
    sentences = voice.sentences(luck, 6)
    meta = luck.pick(_METAS).format(charset=charset) if charset else ""
    sidebar = _sidebar(luck, language.labels, titles)
    left = luck.chance(0.4)
    return Chrome(
        before_title=f'{luck.pick(_DOCTYPES)}<html lang="{language.code}">\n<head>\n{meta}<title>',
        after_title=(
            f"{luck.pick(_SEPARATORS)}{name}</title>\n"
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f'<meta property="og:site_name" content="{name}">\n'
            f'<link rel="stylesheet" href="/assets/{slug(luck, 2)}.css?v={luck.below(99)}">\n'
            f'<script async src="/js/{slug(luck, 1)}.js"></script>\n'
        ),
        top=(
            f'<body class="{slug(luck, 1)} {slug(luck, 2)}">\n'
            + _header(luck, name, sentences[0])
            + _menu(luck, language.labels)
            + _more_links(voice, luck, menu_bytes)
            + (sidebar if left else "")
        ),
        heading=luck.pick(_TITLES),
        container=luck.pick(_CONTAINERS),
        teasers=tuple(f'<li><a href="/{slug(luck, 2)}-{i}">{title}</a></li>\n' for i, title in enumerate(titles)),
        bottom=("" if left else sidebar) + _footer(luck, language.labels, language.notices, name, sentences),
    )


def _header(luck: Luck, name: str, motto: str) -> str:
    picture = f'<img src="/img/{slug(luck, 1)}.png" alt="{name}" width="{luck.between(80, 300)}">'
    return luck.pick(
        (
            f'<header><a href="/">{picture}</a><p class="tagline">{motto}</p></header>\n',
            f'<div id="header"><h1><a href="/">{name}</a></h1><span>{motto}</span></div>\n',
            f'<div class="top-bar">{picture}<form action="/search"><input name="q"><button>OK</button></form></div>\n',
        )
    )


def _menu(luck: Luck, labels: tuple[str, ...]) -> str:
    start = luck.below(len(labels))
    shown = (labels + labels)[start : start + luck.between(5, 14)]
    if luck.chance(0.25):
        return (
            '<div class="menu">'
            + " | ".join(f'<a href="/{slug(luck, 1)}/">{label}</a>' for label in shown)
            + "</div>\n"
        )
    links = "".join(f'<li class="menu-item"><a href="/{slug(luck, 1)}/">{label}</a></li>\n' for label in shown)
    return f'<nav class="{slug(luck, 1)}-nav" role="navigation"><ul>\n{links}</ul></nav>\n'


def _more_links(voice: Voice, luck: Luck, size: int) -> str:
    """Return the menu of menus that big sites have on every page."""
    titles = voice.titles(luck, size // 110)
    if not titles:
        return ""
    links = "".join(
        f'<li class="mega-menu__item level-{i % 3}"><a class="mega-menu__link" href="/{i}/{title[:2].encode().hex()}">'
        f"{title}</a></li>\n"
        for i, title in enumerate(titles)
    )
    return f'<div class="mega-menu" aria-hidden="true"><ul>\n{links}</ul></div>\n'


def _sidebar(luck: Luck, labels: tuple[str, ...], titles: list[str]) -> str:
    links = "".join(f'<li><a href="/t/{i}">{title}</a></li>' for i, title in enumerate(titles[: luck.between(0, 12)]))
    banner = (
        f'<div class="ad" id="slot-{luck.below(9)}" data-size="{luck.pick(("300x250", "728x90"))}">'
        f'<script>window.slots=(window.slots||[]);slots.push("{luck.hexadecimal(8)}");</script></div>\n'
    )
    return f'<aside class="sidebar">\n<h3>{luck.pick(labels)}</h3><ul>{links}</ul>\n{banner}</aside>\n'


def _footer(luck: Luck, labels: tuple[str, ...], notices: tuple[str, ...], name: str, sentences: list[str]) -> str:
    cookies = (
        f'<div id="cookie-banner" class="consent" role="dialog"><p>{notices[0]} {notices[1]}</p>'
        f"<button>OK</button></div>\n"
    )
    form = f'<form class="newsletter"><label>{notices[4]}</label><input type="email"><input type="submit"></form>\n'
    about = (
        f'<div class="about"><h4>{luck.pick(labels)}</h4><p>{" ".join(sentences[1 : luck.between(2, 6)])}</p></div>\n'
    )
    links = " · ".join(f'<a href="/{slug(luck, 1)}">{luck.pick(labels)}</a>' for _ in range(luck.between(3, 9)))
    return (
        (form if luck.chance(0.5) else "")
        + (about if luck.chance(0.5) else "")
        + f'<footer id="footer"><p>{links}</p><p>© {luck.between(2009, 2025)} {escape(name)}. {notices[2]}</p></footer>\n'
        + (cookies if luck.chance(0.6) else "")
        + "</body>\n</html>\n"
    )
