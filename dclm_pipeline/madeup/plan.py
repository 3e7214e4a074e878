"""Which kind of page each page is, and whose copy: a function of (seed, number), whatever the size of the crawl.

Kinds come in exact shares: every 200 neighbouring pages hold each kind as often as `KINDS` says, in their own order,
so even a small crawl has some of everything (but copies: a page whose luck finds nothing to copy is an article).
A copy's original always has a smaller number and is no copy itself, so clusters are known without being stored.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import gcd

from dclm_pipeline.madeup.luck import Luck

EXACT = "exact"
NEAR = "near"

KINDS: dict[str, int] = {
    "article": 54,
    "blog": 20,
    "documentation": 10,
    "product": 16,
    "forum": 12,
    "listing": 12,
    "short": 8,
    "spam": 9,
    "gambling": 4,
    "link-farm": 3,
    "boilerplate-only": 6,
    "placeholder": 2,
    "script-shell": 3,
    "braces": 3,
    "broken": 4,
    "deep": 1,
    "empty": 2,
    "redirect": 2,
    "missing": 2,
    "plain": 1,
    "binary": 1,
    EXACT: 9,
    NEAR: 16,
}
# What is worth copying: pages with text of their own.
COPIED = frozenset({"article", "blog", "documentation", "product", "forum"})

SITES = 2000
_ROW = tuple(kind for kind, times in KINDS.items() for _ in range(times))
_STRETCH = 50
_IN_CLUSTERS = 0.5


@dataclass(frozen=True)
class Plan:
    """What page `number` shall be; for a copy, `original` is whose and `kind` is that one's kind."""

    number: int
    kind: str
    site: int
    original: int | None = None
    copy: str | None = None


def plan_of(seed: int, number: int) -> Plan:
    """Return what a page shall be."""
    luck = Luck(seed, "plan", number)
    # Squared: a few sites have many pages, many have few.
    site = int(SITES * luck.share() ** 2)
    kind = _drawn_kind(seed, number)
    if kind not in (EXACT, NEAR):
        return Plan(number, kind, site)
    original = _find_original(seed, number, luck)
    if original is None:
        return Plan(number, "article", site)
    return Plan(number, _drawn_kind(seed, original), site, original, kind)


def _drawn_kind(seed: int, number: int) -> str:
    step, start = _order(seed, number // len(_ROW))
    return _ROW[(number * step + start) % len(_ROW)]


@lru_cache(maxsize=4096)
def _order(seed: int, block: int) -> tuple[int, int]:
    luck = Luck(seed, "kinds", block)
    step = luck.below(len(_ROW))
    while gcd(step, len(_ROW)) != 1:
        step = luck.below(len(_ROW))
    return step, luck.below(len(_ROW))


def _find_original(seed: int, number: int, luck: Luck) -> int | None:
    """Return a page to copy: half the time a popular one, of which each stretch of fifty pages has one.

    Popular pages are copied 50 * 0.0625 * ln(pages / number) times: up to thirty or so in a crawl of a million.
    """
    start = int(number * luck.share())
    if luck.chance(_IN_CLUSTERS):
        start -= start % _STRETCH
    for candidate in range(start, min(number, start + 4 * _STRETCH)):
        if _drawn_kind(seed, candidate) in COPIED:
            return candidate
    return None
