"""Pages as nobody wrote them: stretches of real pages, spliced, cut short and changed where it may hurt a parser."""

import re
from collections.abc import Callable, Iterator, Sequence
from random import Random

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,20})[^>]{0,300}>")
_CLASS = re.compile(r"""((?:class|id)=["'])[^"']{0,200}""")
_ELEMENTS = (
    "a abbr address applet area article aside audio b base blockquote body br button canvas caption center code col colgroup "
    "dd details dialog dir div dl dt em embed fieldset figcaption figure font footer foreignObject form frame frameset h1 h2 "
    "h3 h4 h6 head header hr html i iframe image img input keygen label legend li link listing main marquee math menu meta mi "
    "nav nobr noembed noframes noscript object ol optgroup option p param plaintext pre rb rp rt rtc ruby s script search "
    "section select small source span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead "
    "time title tr track tt u ul var video wbr xmp x-y annotation-xml desc mtext"
)
NAMES = _ELEMENTS.split()
_GIVEN = (
    "hidden aria-hidden=true aria-expanded='false' rel=next rel='main' role=main role=\"navigation\" role=alert data-ad "
    "itemprop=author style='display:none' class='article-body' class='post-content' class=nav class=sidebar id=footer "
    "class='social comments' id='content page' class=hidden class='logo' class=ad type=hidden alt='a picture' href='/x' "
    "value=v placeholder=w class class='' id='' CLASS=Logo class=a&amp;b class='a&#32;b' encoding=text/html color=red"
)
_ATTRIBUTES = re.findall(r"""[^\s=]+(?:='[^']*'|="[^"]*"|=\S+)?""", _GIVEN)
_MARKS = (
    "< & > <! <!- <!-- --> --!> <!--> <!---> <? </ </> </a/ <a< <![CDATA[ ]]> <!doctype &amp &amp; &#0; &#x80; &#xD800; "
    "&#1114112; &notit; &nbsp; &lt; &lt &#13; &#11; \ufeff \ue012 ¶ é 日本 \U0001f600 = ' \" / `"
)
_ODDITIES = [*_MARKS.split(), *"\0\r\n\t\f\v\xa0\u2029 ", "\r\n", "<!doctype html>", "<!DOCTYPE html PUBLIC>"]


def _tag(luck: Random) -> str:
    name = luck.choice(NAMES)
    if luck.random() < 0.4:
        return f"</{name}>"
    given = "".join(f" {each}" for each in luck.choices(_ATTRIBUTES, k=luck.choice((0, 0, 1, 2))))
    return f"<{name}{given}{luck.choice(('', '', '', '/', ' '))}>"


def _stretch(page: str, luck: Random, longest: int) -> str:
    """Return part of a page, mostly from the beginning of a tag to that of another."""
    start = luck.randrange(len(page) + 1)
    stop = start + int(longest * luck.random() ** 2)
    if luck.random() < 0.8:
        start = max(page.find("<", start), 0)
        stop = max(page.find("<", stop), stop)
    return page[start : min(stop, start + longest)]


def _rename(text: str, luck: Random) -> str:
    tags = [each for each in _TAG.finditer(text) if each.group(2)]
    if not tags:
        return text + _tag(luck)
    tag = luck.choice(tags)
    return text[: tag.start(2)] + luck.choice(NAMES) + text[tag.end(2) :]


def _drop_tag(text: str, luck: Random) -> str:
    tags = list(_TAG.finditer(text))
    if not tags:
        return text
    tag = luck.choice(tags)
    return text[: tag.start()] + text[tag.end() :]


def _add_attribute(text: str, luck: Random) -> str:
    tags = [each for each in _TAG.finditer(text) if not each.group(1)]
    if not tags:
        return text
    place = luck.choice(tags).end(2)
    return f"{text[:place]} {luck.choice(_ATTRIBUTES)}{text[place:]}"


def _reclass(text: str, luck: Random) -> str:
    classes = list(_CLASS.finditer(text))
    if not classes:
        return _add_attribute(text, luck)
    one, other = luck.choice(classes), luck.choice(_ATTRIBUTES).partition("=")[2].strip("\"'")
    return text[: one.end(1)] + other + text[one.end() :]


def _insert(text: str, luck: Random) -> str:
    place = luck.randrange(len(text) + 1)
    return text[:place] + luck.choice((_tag(luck), luck.choice(_ODDITIES))) + text[place:]


def _remove(text: str, luck: Random) -> str:
    place = luck.randrange(len(text) + 1)
    return text[:place] + text[place + luck.choice((1, 1, 3, 30, 300)) :]


def _repeat(text: str, luck: Random) -> str:
    place = luck.randrange(len(text) + 1)
    size = luck.choice((3, 30, 300))
    return text[: place + size] + text[place : place + size] * luck.choice((1, 1, 2, 9)) + text[place + size :]


def _move(text: str, luck: Random) -> str:
    one, two, three = sorted(luck.randrange(len(text) + 1) for _ in range(3))
    return text[:one] + text[two:three] + text[one:two] + text[three:]


_CHANGES: tuple[Callable[[str, Random], str], ...] = (
    _rename,
    _rename,
    _drop_tag,
    _drop_tag,
    _add_attribute,
    _reclass,
    _insert,
    _insert,
    _insert,
    _remove,
    _repeat,
    _move,
)


def mangled(pages: Sequence[str], luck: Random, longest: int = 4000) -> str:
    """Return a page of up to about so many characters made from real ones, all decided by `luck`."""
    text = "".join(_stretch(luck.choice(pages), luck, longest // 2) for _ in range(luck.randint(1, 3)))
    if luck.random() < 0.3:
        text = luck.choice(("<!doctype html>", "<html><body>", "<body class=page>", "<table>", "<svg>")) + text
    for _ in range(luck.choice((0, 1, 2, 4, 8, 16))):
        text = luck.choice(_CHANGES)(text, luck)
    return text[: luck.randrange(len(text) + 1)] if luck.random() < 0.1 else text


def shrunk(text: str, fails: Callable[[str], bool]) -> str:
    """Return a small text that still fails, by leaving out ever smaller parts."""
    size = len(text) // 2
    while size:
        for shorter in _without(text, size):
            if fails(shorter):
                text = shorter
                break
        else:
            size //= 2
    return text


def _without(text: str, size: int) -> Iterator[str]:
    for place in range(0, len(text), size):
        yield text[:place] + text[place + size :]
