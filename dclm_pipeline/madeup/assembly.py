"""From content to bytes: a site's template around it, filler inside it, a charset, and what can go wrong with those.

Knows nothing of plans or copies.
"""

from dataclasses import dataclass

from dclm_pipeline.madeup import oddities
from dclm_pipeline.madeup.blocks import Content, render
from dclm_pipeline.madeup.luck import Luck
from dclm_pipeline.madeup.material import data, drawings, scripts, styles
from dclm_pipeline.madeup.sites import BOTH, META, NOWHERE, Site

WRONG = "wrong"

_TRUNCATED = 0.012
_MISLABELLED = 0.015
_MARKED = 0.01
_WRONG_LABELS = ("utf-8", "iso-8859-1", "windows-1251", "gb2312", "shift_jis", "utf-16", "x-user-defined", "none")
_ODD_TYPES = ("application/xhtml+xml", "text/HTML", 'text/html; Charset="{charset}"', "text/html;charset={charset}")


@dataclass(frozen=True)
class Body:
    """A page's bytes and what is said and true about them; `labelled` as in `Page`."""

    data: bytes
    content_type: str
    labelled: str
    truncated: bool


def encode(text: str, site: Site, luck: Luck, spoilt: bool) -> Body:
    """Return a page in its site's charset; `spoilt` pages are, rarely, cut short or labelled wrongly."""
    body = text.encode(site.charset, "xmlcharrefreplace")
    labelled = site.declared
    charset = site.charset
    truncated = False
    if spoilt:
        if luck.chance(_TRUNCATED):
            truncated = True
            body = body[: len(body) * luck.between(20, 90) // 100]
        if luck.chance(_MISLABELLED):
            labelled = WRONG
            charset = luck.pick([label for label in _WRONG_LABELS if label != site.charset])
        elif charset == "utf-8" and luck.chance(_MARKED):
            body = b"\xef\xbb\xbf" + body
    if labelled in (META, NOWHERE):
        return Body(body, "text/html", labelled, truncated)
    pattern = luck.pick(_ODD_TYPES) if luck.chance(0.1) else "text/html; charset={charset}"
    if "{charset}" not in pattern and labelled != BOTH:
        pattern = "text/html; charset={charset}"
    if "{charset}" not in pattern:
        labelled = META
    return Body(body, pattern.format(charset=charset.upper() if luck.chance(0.5) else charset), labelled, truncated)


def page_of_words(site: Site, content: Content, kind: str, luck: Luck, seed: int, filler: float) -> str:
    """Return the HTML of a page that says something."""
    words = render(content.blocks, site.markup)
    if kind == "deep":
        words = oddities.deep(words, luck)
    before, after = site.chrome.heading
    inner = f"{before}{content.title}{after}{words}"
    page = _around(site, content.title, inner, luck, seed, filler)
    return oddities.broken(page, luck) if kind == "broken" else page


def page_of_no_words(site: Site, kind: str, luck: Luck, seed: int, filler: float) -> str:
    """Return the HTML of a page that has everything but content; `missing` pages say so."""
    language = site.voice.language
    if kind == "link-farm":
        inner = oddities.link_farm(site.voice.titles(luck, luck.between(60, 250)), luck)
    elif kind == "script-shell":
        inner = oddities.shell(data().cut(luck, luck.between(2_000, 40_000)), language.notices[3], luck)
    elif kind == "missing":
        inner = f"<h1>404</h1><p>{language.missing}</p>\n"
    else:
        inner = ""
    return _around(site, luck.pick(language.labels), inner, luck, seed, filler)


def _around(site: Site, title: str, inner: str, luck: Luck, seed: int, filler: float) -> str:
    chrome = site.chrome
    before, after = chrome.container
    # Half of the filler is the same on all pages of a site, so it comes from the site's luck.
    shared = Luck(seed, "filler", site.number)
    own = round(filler * 0.46 * luck.heavy())
    common = round(filler * 0.46 * site.weight)
    teasers = luck.below(len(chrome.teasers) - 8)
    return "".join(
        (
            chrome.before_title,
            title,
            chrome.after_title,
            _wrapped("style", styles().cut(shared, common * 3 // 10)),
            _wrapped("script", scripts().cut(shared, common * 7 // 10)),
            "</head>\n",
            chrome.top,
            _drawn(drawings().cut(luck, own * 3 // 10)),
            before,
            inner,
            after,
            '<div class="related"><ul>\n',
            *chrome.teasers[teasers : teasers + luck.between(2, 8)],
            "</ul></div>\n",
            _listed(data().cut(luck, own * 5 // 10)),
            _wrapped("script", scripts().cut(luck, own * 2 // 10)),
            chrome.bottom,
        )
    )


def _wrapped(tag: str, text: str) -> str:
    return f"<{tag}>\n{text}</{tag}>\n" if text else ""


def _drawn(paths: str) -> str:
    return f'<svg viewBox="0 0 24 24" class="icons" aria-hidden="true">\n{paths}</svg>\n' if paths else ""


def _listed(objects: str) -> str:
    return f'<script type="application/json">[{objects}{{}}]</script>\n' if objects else ""
