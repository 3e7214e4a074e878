"""Pages go by what stands in their address: banned domains, and banned words.

Knows lists, and how a term of one is looked for; ships none. A recipe has one step for each list, so that every page that
goes is counted under the name of one. A page whose address is not known, or has no host, stays: lists only say whom they ban.

DCLM's own lists are looked for by `host` (with `www` ignored, so that a banned host is not found behind `www.`),
`substring` and `word`, all with `decoded: false`. Terms are plain text and hold blanks and dots as they are.
Known gaps: paths of single pages (`example.org/~someone`) cannot be listed; a capital I with a dot counts as a plain i.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field, model_validator

from dclm_pipeline.arrow import Array
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.lists import terms_of
from dclm_pipeline.step import UNICODE, Assets, Batch, Filter, Place

if TYPE_CHECKING:
    from dclm_pipeline.kernels.strings import Strings

# Of this many names at once hosts are read: 255 bytes are set aside for each.
_NAMES = 1 << 16
# An address rather than a domain, or a line of a list that holds more than a name.
_NO_DOMAIN = r"[\s/?#@\\]|^[^\[]*:"


class UrlFilter(Filter):
    """Drops pages whose address is listed: by its domain or host, or by terms that stand in it."""

    libraries: ClassVar[tuple[str, ...]] = ("pyarrow", UNICODE)

    kind: Literal["url_filter"] = "url_filter"
    by: Literal["domain", "host", "substring", "word"] = Field(
        description="What is listed. domain: it, and all hosts below it, with or without `www.`. host: what stands between "
        "`//` and the path, as it is written. substring: what stands anywhere. word: what stands between `\\b`."
    )
    terms: tuple[str, ...] = Field(default=(), description="Listed here.")
    lists: tuple[Place, ...] = Field(
        default=(), description="Files that list more, one a line; of domains, lines that begin with `#` do not count."
    )
    optional: bool = Field(
        default=False,
        description="That neither terms nor lists are given is meant, and every page stays; a list that is named must "
        "list something all the same.",
    )
    least: int = Field(default=1, ge=1, description="How many different terms an address must hold to go.")
    ignored: tuple[str, ...] = Field(
        default=(),
        description="Deleted from addresses, one after the other, before terms are looked for; not from terms.",
    )
    ignore_case: bool = Field(default=True, description="Take capitals for small letters. Domains have no case.")
    decoded: bool = Field(default=True, description="Undo percent escapes before substrings and words are looked for.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not (any(map(str.strip, self.terms)) or self.lists or (self.optional and not self.terms)):
            raise ValueError("nothing is listed; give terms, lists or both, or say `optional: true` if that is meant")
        if self.least > 1 and self.by in ("domain", "host"):
            raise ValueError(f"an address has one {self.by}, so least: {self.least} would drop nothing; leave it out")
        if self.ignored and self.by == "domain":
            raise ValueError("ignored is for host, substring and word; a domain needs none: `www.` is below it")
        if "" in self.ignored:
            raise ValueError("ignored holds an empty text, which stands everywhere; leave it out")
        return self

    def reads(self) -> frozenset[str]:
        """Return the address."""
        return frozenset({"url"})

    def open(self, assets: Assets) -> "OpenUrlFilter":
        """Read the lists, and build what finds their terms."""
        if not (self.terms or self.lists):
            return OpenUrlFilter(lambda urls: np.zeros(len(urls[0]) - 1, np.bool_))
        if self.by == "domain":
            return OpenUrlFilter(_by_domain(terms_of(self.terms, self.lists, assets, _checked)))
        terms = terms_of(self.terms, self.lists, assets)
        if self.by == "host":
            return OpenUrlFilter(_by_host(terms, self))
        return OpenUrlFilter(_by_term(terms, self))


Finds = Callable[["Strings"], NDArray[np.bool_]]


@dataclass(frozen=True)
class OpenUrlFilter:
    """What an opened step knows: how to tell which addresses are banned."""

    banned: Finds

    def keep(self, docs: Batch) -> pa.BooleanArray:
        """Tell which rows are not banned."""
        from dclm_pipeline.kernels.strings import valid_rows, views

        urls = docs["url"].cast(pa.large_string())
        return pa.array(~(self.banned(views(urls)) & valid_rows(urls)), pa.bool_())


def _by_domain(terms: Iterable[Array]) -> Finds:
    """Return what finds hosts that are listed, or below a listed domain."""
    from dclm_pipeline.kernels.strings import array_of, views
    from dclm_pipeline.kernels.urls.domains import holds_domain, name_set
    from dclm_pipeline.kernels.urls.hosts import read_hosts

    def names(listed: Array) -> Iterator[Array]:
        for begin in range(0, len(listed), _NAMES):
            some = listed.slice(begin, _NAMES)
            bare = pc.utf8_ltrim(some, "*.")
            hosts = array_of(read_hosts(views(pc.replace_substring_regex(bare, "^", "//", max_replacements=1))))
            _refuse(some.filter(pc.equal(hosts, pa.scalar("", hosts.type))))
            yield hosts

    domains = name_set(views(_joined(name for piece in terms for name in names(piece))))
    return lambda urls: holds_domain(domains, read_hosts(urls))


def _checked(terms: Array) -> Array:
    """Return the lines of a list of domains that are no comments; refuse those that are no domains."""
    listed = terms.filter(pc.invert(pc.starts_with(terms, "#")))
    _refuse(listed.filter(pc.match_substring_regex(listed, _NO_DOMAIN)))
    return listed


def _refuse(strange: Array) -> None:
    """Say of the first of some terms, if there is one, that it is no domain."""
    if len(strange):
        raise RecipeError(
            f"{str(strange[0])[:80]!r} cannot be a domain; list it as `example.org`, one a line, without scheme, port, path "
            "or blanks, 255 characters at most"
        )


def _joined(pieces: Iterable[Array]) -> Array:
    return pa.concat_arrays([pa.array([], pa.large_string()), *pieces])


def _by_host(terms: Iterable[Array], settings: UrlFilter) -> Finds:
    """Return what finds hosts that are listed as they are written."""
    from dclm_pipeline.kernels.strings import views
    from dclm_pipeline.kernels.urls.domains import holds_name, name_set
    from dclm_pipeline.kernels.urls.hosts import read_netlocs

    names = name_set(views(_joined(pc.utf8_lower(piece) if settings.ignore_case else piece for piece in terms)))
    return lambda urls: holds_name(names, _without(settings.ignored, read_netlocs(urls), settings.ignore_case))


def _by_term(terms: Iterable[Array], settings: UrlFilter) -> Finds:
    """Return what finds addresses in which enough of the terms stand."""
    from dclm_pipeline.kernels.urls.escapes import undo_escapes
    from dclm_pipeline.kernels.words.matching import count_terms, make_matcher

    matcher = make_matcher(
        list(map(str, _joined(terms).to_pylist())), ignore_case=settings.ignore_case, whole_words=settings.by == "word"
    )
    lower = settings.ignore_case and bool(settings.ignored)

    def banned(urls: "Strings") -> NDArray[np.bool_]:
        plain = undo_escapes(urls) if settings.decoded else urls
        found = count_terms(matcher, _without(settings.ignored, plain, lower))
        return np.asarray(found.different >= settings.least, np.bool_)

    return banned


def _without(ignored: Sequence[str], strings: "Strings", lower: bool) -> "Strings":
    """Return texts in small letters, if `lower`, and without what is ignored."""
    from dclm_pipeline.kernels.strings import array_of, views

    if not (lower or ignored):
        return strings
    array: Array = array_of(strings)
    if lower:
        array = pc.utf8_lower(array)
    for each in ignored:
        array = pc.replace_substring(array, each, "")
    return views(array)
