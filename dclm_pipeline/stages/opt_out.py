"""Domains that have asked to be left out, each from a date on.

Knows a list and the addresses of pages; not how a domain asked. What was captured before it asked may stay: that is the
list's meaning, not a judgement. An address without a host, or with an IP address for one, is in no domain.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.comparing import known_of, places_among, read_seconds, seconds_of, sort_of
from dclm_pipeline.step import UNICODE, Assets, Batch, Filter, Place

# Hosts have no more labels than that by far; whoever has more is known by its last ones.
MOST_LABELS = 12
_DOMAIN = re.compile(r"[^\s/:@]+\.[^\s/:@.]+\Z")


class OptOut(Filter):
    """Drops pages of domains that have opted out, if they were captured on that day or later.

    The list has a domain and a date on each line, parted by a tab or a comma: `example.org,2024-05-18`; without a date
    the domain has opted out for ever. Hosts below a domain belong to it. Lines that begin with `#` are passed by. A page
    whose date is unknown is dropped as if captured today, one whose address is unknown stays.
    """

    revision = 2
    libraries: ClassVar[tuple[str, ...]] = (UNICODE,)

    kind: Literal["opt_out"] = "opt_out"
    list: Place = Field(min_length=1, description="The list of domains and dates.")

    def reads(self) -> frozenset[str]:
        """Return the address and the date."""
        return frozenset({"url", "date"})

    def misfit(self, documents: pa.Schema) -> str:
        """Say that an address is no text, or a date no date."""
        for name, sort in (("url", "text"), ("date", "date")):
            if sort_of(documents.field(name)) != sort:
                return f"reads {name!r} as {sort}, and it is {documents.field(name).type}"
        return ""

    def open(self, assets: Assets) -> "_Opened":
        """Read the list."""
        return _Opened(read_list(assets.path(self.list), self.list))


class _Opened:
    """Domains in the form of `read_hosts`, and since when each is out, in seconds since 1970."""

    def __init__(self, since: dict[str, int]) -> None:
        out: dict[str, int] = {}
        for domain, seconds in zip(_as_hosts(list(since)), since.values(), strict=True):
            out[domain] = min(seconds, out.get(domain, seconds))
        if "" in out:
            listed = next(name for name in since if _as_hosts([name]) == [""])
            raise RecipeError(f"{listed[:80]!r} cannot be a host; a domain has at most 255 characters")
        self._domains = list(out)
        self._since = np.array([*out.values(), np.iinfo(np.int64).max], np.int64)

    def keep(self, docs: Batch) -> pa.BooleanArray:
        """Tell which pages are of no domain on the list, or older than its opting out."""
        from dclm_pipeline.kernels.strings import array_of, views
        from dclm_pipeline.kernels.urls.hosts import read_hosts

        hosts = array_of(read_hosts(views(docs["url"].cast(pa.large_string()))))
        # Hosts with more labels than are looked at are cut to their last ones.
        hosts = pc.replace_substring_regex(hosts, rf"^.*?((?:[^.]*\.){{{MOST_LABELS - 1}}}[^.]*)$", r"\1")
        since = np.full(docs.num_rows, self._since[-1])
        for _ in range(MOST_LABELS - 1):
            since = np.minimum(since, self._since[places_among(hosts, self._domains)])
            hosts = pc.replace_substring_regex(hosts, r"^[^.]*\.", "")
        seconds, known = seconds_of(docs["date"])
        out = (since < self._since[-1]) & (~known | (seconds >= since)) & known_of(docs["url"])
        return pa.array(~out, pa.bool_())


def _as_hosts(domains: Sequence[str]) -> list[str]:
    """Return domains as hosts of addresses are read: in small letters, other scripts as `xn--`."""
    from dclm_pipeline.kernels.strings import array_of, views
    from dclm_pipeline.kernels.urls.hosts import read_hosts

    written = pa.array([f"//{domain}" for domain in domains], pa.large_string())
    return list(map(str, array_of(read_hosts(views(written))).to_pylist()))


def read_list(path: Path, place: str) -> dict[str, int]:
    """Read a list of domains, each with the time from which on it is out; `place` is what the recipe calls it."""
    since: dict[str, int] = {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecipeError(f"{place}: a list must be UTF-8, and this one is not; write it anew as UTF-8") from error
    for number, line in enumerate(text.splitlines(), 1):
        words = [word.strip() for word in re.split(r"[\t,;]", line.partition("#")[0])]
        if not words[0]:
            continue
        domain = words[0].lower().lstrip("*.").rstrip(".")
        if not _DOMAIN.match(domain):
            if number == 1 and words[0].lower() in ("domain", "host", "site"):
                continue
            raise RecipeError(f"{place}:{number}: {words[0][:80]!r} is no domain; write example.org,2024-05-18")
        seconds = read_seconds(words[1]) if len(words) > 1 and words[1] else _FOR_EVER
        if seconds is None:
            raise RecipeError(f"{place}:{number}: {words[1][:80]!r} is no date; write it like 2024-05-18")
        since[domain] = min(seconds, since.get(domain, seconds))
    if not since:
        raise RecipeError(f"{place}: names no domain; write lines such as example.org,2024-05-18")
    return since


_FOR_EVER = int(datetime(1, 1, 2, tzinfo=UTC).timestamp())
