"""Bodies that are no ordinary page: broken markup, deep nesting, shells of scripts, binaries, rules for robots.

Each is a function of luck (and, where it has one, the page that it spoils).
"""

from dclm_pipeline.madeup.luck import Luck
from dclm_pipeline.madeup.material import slug

_LEAST_DEPTH = 1_500
_MOST_DEPTH = 9_000


def broken(page: str, luck: Luck) -> str:
    """Return a page with its markup spoilt in several places."""
    wounds = (
        ("</p>", ""),
        ("</div>", "</div></span></div>"),
        ("<p>", '<p class="open <b>'),
        ("</li>", "<li></ul>"),
        ("</a>", "<a"),
        (" the ", " <the "),
        ("</h1>", "</h2>"),
        ("</title>", "</title><title>"),
        ("<body", "<body><body"),
        ("</ul>", "<!-- never closed ->"),
        ("</script>", "</scr ipt>"),
        ("&", "&&#x;&#99999999;&nosuch;"),
        (".", ".\0\x0b"),
        ("<aside", "<svg><foreignObject><aside"),
    )
    for _ in range(luck.between(2, 5)):
        whole, hurt = luck.pick(wounds)
        page = page.replace(whole, hurt, luck.between(1, 3))
    return page


def deep(content: str, luck: Luck) -> str:
    """Return content inside thousands of elements, closed or not."""
    depth = luck.between(_LEAST_DEPTH, _MOST_DEPTH)
    tag = luck.pick(("div", "span", "b", "blockquote", "font"))
    return f"<{tag}>" * depth + content + (f"</{tag}>" * depth if luck.chance(0.5) else "")


def shell(data: str, notice: str, luck: Luck) -> str:
    """Return the body of a page whose words are all in a script's data."""
    return (
        f'<div id="{slug(luck, 1)}-root"></div>\n<noscript>{notice}</noscript>\n'
        f"<script>window.__STATE__={{items:[{data}{{}}]}};</script>\n"
    )


def link_farm(titles: list[str], luck: Luck) -> str:
    """Return links to everywhere and nothing else."""
    links = "".join(f'<a href="http://{slug(luck, 2)}-{luck.below(2000)}.example/">{title}</a> ' for title in titles)
    return f'<div class="links">{links}</div>\n'


def robots(luck: Luck) -> str:
    """Return rules for robots, a text/plain document."""
    rules = "".join(f"Disallow: /{slug(luck, 2)}/\n" for _ in range(luck.between(2, 30)))
    return f"User-agent: *\n{rules}Crawl-delay: {luck.between(1, 30)}\n"


def binary(luck: Luck) -> bytes:
    """Return what looks like a PDF from the outside: its signature, then noise."""
    noise = luck.numbers(luck.between(200, 4000)).astype("<u8").tobytes()
    return b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Length " + str(len(noise)).encode() + b" >>\nstream\n" + noise


def moved(address: str) -> str:
    """Return what servers write under a redirect."""
    return (
        "<html><head><title>301 Moved Permanently</title></head><body><h1>Moved Permanently</h1>"
        f'<p>The document has moved <a href="{address}">here</a>.</p></body></html>\n'
    )
