"""The sites of the made-up web: name, language, charset, server and habits, each a function of (seed, number).

All names are reserved ones (RFC 2606, RFC 6761) and all addresses documentation ones (RFC 5737, RFC 3849), so nothing
here can be a real site's.
"""

from dataclasses import dataclass
from functools import lru_cache

from dclm_pipeline.madeup.blocks import Markup, markup_of
from dclm_pipeline.madeup.chrome import Chrome, chrome_of
from dclm_pipeline.madeup.languages import BY_SITE
from dclm_pipeline.madeup.luck import Luck
from dclm_pipeline.madeup.voice import Voice, voice_of
from dclm_pipeline.madeup.words import words

BOTH = "both"
HEADER = "header"
META = "meta"
NOWHERE = "nowhere"

_HOSTS = (
    "{label}.example",
    "www.{label}.example",
    "www.{label}.test",
    "{label}.test",
    "{label}.example.com",
    "{label}.example.org",
    "{label}.example.net",
    "blog.{label}.example",
)
_FIRST = words(
    "amber brisk calm dark early fair glad high iron jolly kind late mild new open plain quiet red silver tall"
)
_SECOND = words(
    "acre bay creek dale edge ford glen hill isle junction knoll lane moor nook oak pond quay ridge shore trail vale"
    " wharf yard mill field press post journal gazette works studio store guide notes"
)
_NETWORKS = ("192.0.2.{n}", "198.51.100.{n}", "203.0.113.{n}", "2001:db8:{n:x}::{n}")
_SERVERS = ("nginx", "nginx/1.24.0", "Apache", "Apache/2.4.57 (Debian)", "Microsoft-IIS/10.0", "LiteSpeed", "openresty")
_DECLARED = (BOTH,) * 8 + (HEADER,) * 5 + (META,) * 5 + (NOWHERE,) * 2

# In twentieths, by language; sites not named here are UTF-8.
_WESTERN = ("utf-8",) * 16 + ("iso-8859-1",) * 2 + ("windows-1252",) * 2
_CHARSETS = {
    "en": _WESTERN,
    "de": _WESTERN,
    "fr": ("utf-8",) * 15 + ("iso-8859-1",) * 2 + ("windows-1252",) * 2 + ("iso-8859-15",),
    "es": _WESTERN,
    "it": _WESTERN,
    "pl": ("utf-8",) * 15 + ("iso-8859-2",) * 3 + ("windows-1250",) * 2,
    "ru": ("utf-8",) * 13 + ("windows-1251",) * 5 + ("koi8-r",) * 2,
    "ja": ("utf-8",) * 13 + ("shift_jis",) * 4 + ("euc-jp",) * 3,
}


@dataclass(frozen=True, eq=False)
class Site:
    """One site; `declared` is where it says its charset, `weight` how heavy its pages are (1 on average)."""

    number: int
    origin: str
    host: str
    voice: Voice
    charset: str
    declared: str
    server: str
    address: str
    small_names: bool
    weight: float
    markup: Markup
    chrome: Chrome


# Room for every site of one crawl: some ten kilobytes each, and a hundred times a page's cost to make again.
@lru_cache(maxsize=2048)
def site_of(seed: int, number: int, menu_bytes: int) -> Site:
    """Return a site whose menus hold about `menu_bytes` more than a small site's."""
    luck = Luck(seed, "site", number)
    voice = voice_of(BY_SITE[number % len(BY_SITE)])
    first, second = luck.pick(_FIRST), luck.pick(_SECOND)
    host = luck.pick(_HOSTS).format(label=f"{first}-{second}-{number}")
    charset = luck.pick(_CHARSETS[voice.language.code])
    declared = luck.pick(_DECLARED)
    weight = luck.heavy()
    name = f"{first.title()} {second.title()}"
    return Site(
        number=number,
        origin=f"{'https' if luck.chance(0.85) else 'http'}://{host}",
        host=host,
        voice=voice,
        charset=charset,
        declared=declared,
        server=luck.pick(_SERVERS),
        address=luck.pick(_NETWORKS).format(n=luck.between(1, 254)),
        small_names=luck.chance(0.4),
        weight=weight,
        markup=markup_of(luck),
        chrome=chrome_of(luck, voice, name, charset if declared in (BOTH, META) else "", round(menu_bytes * weight)),
    )


def site_in_same_language(number: int, luck: Luck, sites: int) -> int:
    """Return the number of another site that writes the language of this one."""
    row = len(BY_SITE)
    code = BY_SITE[number % row].code
    columns = [column for column in range(row) if BY_SITE[column].code == code]
    found = luck.below(sites // row) * row + luck.pick(columns)
    return found if found != number else (number + row) % sites
