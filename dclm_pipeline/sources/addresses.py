"""Addresses of pages as their records have them, and the site that each belongs to.

An address stays as it is written, blanks and angle brackets included (line ends and other
control characters alone are escaped): it is what other indexes of the same records know
the page by. It must be one that a web address can be made of.

Knows addresses alone. Known gap: names outside ASCII stay as they are written, so one host can have two spellings.
"""

import contextlib
import ipaddress
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

MOST_ADDRESS = 8 * 1024

_WEB = re.compile(r"https?:", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_BLANK = re.compile(r"[\x00-\x20\x7f\x85\xa0\u2028\u2029]")
# Nearly all are of this form, of which no more need be known.
_PLAIN = re.compile(r"https?://([a-z0-9.-]+)(?::[0-9]*)?(?:[/?#]|\Z)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """A web address and its site, or, in `trouble`, why there is none; `skip` says that this is as it should be."""

    url: str
    site: str
    trouble: str = ""
    skip: bool = False


def read_address(written: str | None) -> Address:
    """Read an address as a record gives it."""
    if written is None:
        return Address("", "", "no address")
    url = written.strip().removeprefix("<").removesuffix(">").strip()
    if not _WEB.match(url):
        return Address(url, "", "scheme", skip=True)
    if len(url) > MOST_ADDRESS or len(url.encode()) > MOST_ADDRESS:
        return Address(url[:MOST_ADDRESS], "", "address too long")
    plain = _PLAIN.match(url)
    host = _host_of(url) if plain is None else plain[1].lower()
    if not host:
        return Address(url, "", "bad address")
    return Address(_CONTROL.sub(_percent, written.strip()), site_of(host))


def _host_of(url: str) -> str | None:
    try:
        return urlsplit(_BLANK.sub("", url)).hostname
    except ValueError:
        return None


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


@lru_cache(maxsize=65536)
def site_of(host: str) -> str:
    """Return a host's registered domain; the host itself where it has none, as IP addresses have."""
    if host[-1:].isdigit() or ":" in host:
        with contextlib.suppress(ValueError):
            return str(ipaddress.ip_address(host))
    found: str | None = _suffixes().privatesuffix(host.rstrip("."))
    return found or host


@cache
def _suffixes() -> PublicSuffixList:
    """Return what registries sell names below: a blog host's customers are one site. Read where it is first needed."""
    return PublicSuffixList(only_icann=True)
