"""Page `i` of a made-up web: a pure function of (seed, i, mean size), made without looking at any other page but the
one it copies.

Knows nothing of WARCs, shards or files.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dclm_pipeline.madeup import oddities
from dclm_pipeline.madeup.assembly import encode, page_of_no_words, page_of_words
from dclm_pipeline.madeup.blocks import Content
from dclm_pipeline.madeup.content import WRITERS
from dclm_pipeline.madeup.copies import near_copy, shared_grams
from dclm_pipeline.madeup.luck import Luck
from dclm_pipeline.madeup.material import slug
from dclm_pipeline.madeup.plan import EXACT, NEAR, SITES, Plan, plan_of
from dclm_pipeline.madeup.sites import Site, site_in_same_language, site_of

# What a page weighs before it is filled up, on average over all kinds, and the share of the filler that arrives:
# measured over ten seeds of 1,000 pages, at 15,000 and 100,000 bytes.
_BARE_BYTES = 7_400
_FILLED_SHARE = 0.975
LEAST_MEAN_BYTES = 9_000
_MENUS = 0.08
LEAST_ALIKE = 0.2

_PATHS = {
    "product": "/shop/{slug}/p{n}",
    "forum": "/forum/viewtopic.php?t={n}&start=0",
    "documentation": "/docs/{slug}/{n}/",
    "listing": "/category/{slug}/page/{n}",
    "plain": "/{n}/robots.txt",
    "article": "/{year}/{month:02d}/{slug}-{n}.html",
    "blog": "/blog/{year}/{slug}-{n}",
}


@dataclass(frozen=True)
class Page:
    """One page as a server gives it, and the truth about it.

    `labelled` is where the charset is declared: both, header, meta, nowhere, or wrong (the header names another one).
    `text` is empty and `language` null where the page has no content; a truncated page's text is what it had before.
    `jaccard` is that of the word 13-grams of a copy's text and its original's. `identified` is the media type that
    the bytes have, whatever the server calls them.
    """

    number: int
    site: Site
    kind: str
    url: str
    body: bytes
    status: str = "200 OK"
    content_type: str = ""
    location: str = ""
    identified: str = "text/html"
    language: str | None = None
    charset: str | None = None
    labelled: str | None = None
    truncated: bool = False
    text: str = ""
    duplicate_of: str | None = None
    duplicate_kind: str | None = None
    jaccard: float | None = None


def pages(seed: int, start: int, stop: int, mean_bytes: int) -> Iterator[Page]:
    """Yield the pages from `start` to before `stop`."""
    for number in range(start, stop):
        yield page_of(seed, number, mean_bytes)


def page_of(seed: int, number: int, mean_bytes: int) -> Page:
    """Return one page."""
    plan = plan_of(seed, number)
    if plan.original is None:
        return _first_hand(seed, plan, mean_bytes)
    if plan.copy == EXACT:
        return _exact_copy(seed, plan, plan.original, mean_bytes)
    return _near_copy(seed, plan, plan.original, mean_bytes)


def _first_hand(seed: int, plan: Plan, mean_bytes: int) -> Page:
    site = _site(seed, plan.site, mean_bytes)
    luck = Luck(seed, "page", plan.number)
    if plan.kind in WRITERS:
        return _of_words(seed, plan, site, _content(seed, plan, site), luck, mean_bytes)
    return _of_no_words(seed, plan, site, luck, mean_bytes)


def _exact_copy(seed: int, plan: Plan, original: int, mean_bytes: int) -> Page:
    """Return the original's body under another address: a mirror's, a print view's, a campaign's."""
    page = page_of(seed, original, mean_bytes)
    address = page.url[len(page.site.origin) :]
    joint = "&" if "?" in address else "?"
    url = Luck(seed, "copy", plan.number).pick(
        (
            f"http://mirror-{page.site.number % 40}.example{address}{joint}sid={plan.number}",
            f"{page.site.origin}/print/{plan.number}{address}",
            f"{page.url}{joint}utm_source=feed&utm_id={plan.number}",
        )
    )
    return replace(page, number=plan.number, url=url, duplicate_of=page.url, duplicate_kind=EXACT, jaccard=1.0)


def _near_copy(seed: int, plan: Plan, original: int, mean_bytes: int) -> Page:
    """Return the original's words, a few of them changed, on another site.

    Pages of few words may lose nearly all their 13-grams to a few changes; those are copied unchanged instead.
    """
    first_plan = plan_of(seed, original)
    first_site = _site(seed, first_plan.site, mean_bytes)
    luck = Luck(seed, "copy", plan.number)
    site = _site(seed, site_in_same_language(first_plan.site, luck, SITES), mean_bytes)
    before = _content(seed, first_plan, first_site)
    after = near_copy(before, luck, site.voice)
    alike = shared_grams(before.text, after.text, site.voice.language.space)
    if alike < LEAST_ALIKE:
        after, alike = before, 1.0
    return replace(
        _of_words(seed, plan, site, after, luck, mean_bytes),
        duplicate_of=_url(seed, first_plan, first_site),
        duplicate_kind=NEAR,
        jaccard=round(alike, 4),
    )


def _of_words(seed: int, plan: Plan, site: Site, content: Content, luck: Luck, mean_bytes: int) -> Page:
    html = page_of_words(site, content, plan.kind, luck, seed, _filler(mean_bytes))
    body = encode(html, site, luck, spoilt=True)
    return Page(
        number=plan.number,
        site=site,
        kind=plan.kind,
        url=_url(seed, plan, site),
        body=body.data,
        content_type=body.content_type,
        language=content.language,
        charset=site.charset,
        labelled=body.labelled,
        truncated=body.truncated,
        text=content.text,
    )


def _of_no_words(seed: int, plan: Plan, site: Site, luck: Luck, mean_bytes: int) -> Page:
    url = _url(seed, plan, site)
    bare = Page(number=plan.number, site=site, kind=plan.kind, url=url, body=b"", content_type="text/html")
    match plan.kind:
        case "empty":
            return replace(bare, identified="application/octet-stream")
        case "redirect":
            target = f"{site.origin}/moved/{slug(luck, 2)}-{plan.number}"
            body = oddities.moved(target).encode()
            return replace(bare, status="301 Moved Permanently", location=target, body=body, charset="us-ascii")
        case "plain":
            rules = oddities.robots(luck).encode()
            return replace(bare, content_type="text/plain", identified="text/plain", body=rules, charset="us-ascii")
        case "binary":
            return replace(bare, identified="application/pdf", body=oddities.binary(luck))
    html = page_of_no_words(site, plan.kind, luck, seed, _filler(mean_bytes))
    encoded = encode(html, site, luck, spoilt=False)
    return replace(
        bare,
        status="404 Not Found" if plan.kind == "missing" else bare.status,
        body=encoded.data,
        content_type=encoded.content_type,
        charset=site.charset,
        labelled=encoded.labelled,
    )


def _content(seed: int, plan: Plan, site: Site) -> Content:
    return WRITERS[plan.kind](Luck(seed, "content", plan.number), site.voice)


def _url(seed: int, plan: Plan, site: Site) -> str:
    luck = Luck(seed, "address", plan.number)
    path = _PATHS.get(plan.kind, "/{slug}-{n}").format(
        slug=slug(luck, luck.between(1, 4)), n=plan.number, year=luck.between(2008, 2024), month=luck.between(1, 12)
    )
    return site.origin + path


def _filler(mean_bytes: int) -> float:
    return (mean_bytes - _BARE_BYTES) / _FILLED_SHARE


def _site(seed: int, number: int, mean_bytes: int) -> Site:
    return site_of(seed, number, round(_MENUS * _filler(mean_bytes)))
