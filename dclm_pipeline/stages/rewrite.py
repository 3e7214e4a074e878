"""Texts made tidier: wrong and unseen characters, web addresses, citations, blanks, line feeds."""

from itertools import chain
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from dclm_pipeline.arrow import Array, from_numpy
from dclm_pipeline.stages.lists import read_entries, shipped, shipped_list
from dclm_pipeline.step import UNICODE, Assets, Batch, Place, Rewrite

if TYPE_CHECKING:
    from dclm_pipeline.kernels.lines.links import Domains
    from dclm_pipeline.kernels.lines.phrases import Phrases
    from dclm_pipeline.kernels.lines.rewriting import Passes

TOP_LEVEL = "top_level_domains.txt"
# Longer lines are no text; ftfy itself cuts there.
_MOST_LINE = 1_000_000


class RewriteText(Rewrite):
    """Makes texts tidier, in the order of the settings; a text of which nothing is left is dropped.

    `urls: mended` cuts out what begins with `http://`, `https://`, `ftp://` or `www.`, and a host with a known top-level
    domain and a path; e-mail addresses, `main.py` and version numbers stay. `urls: dclm` does what the reference does:
    hosts are cut out only of pages that begin with the name of a top-level domain (as "The" begins with `th`), there
    with e-mail addresses and names of files; what looks like an IPv4 address always.
    """

    libraries: ClassVar[tuple[str, ...]] = ("ftfy", "pyarrow", UNICODE)

    kind: Literal["rewrite"] = "rewrite"
    mojibake: bool = Field(
        default=False, description="Repair UTF-8 that was read as another charset (`Ã©`), with ftfy."
    )
    normalize: bool = Field(default=False, description="Bring characters into Unicode's normal form C.")
    unseen: bool = Field(
        default=False,
        description="Drop controls, soft hyphens and blanks without width (not joiners); end lines by line feeds alone.",
    )
    urls: Literal["keep", "dclm", "mended"] = Field(default="keep", description="Cut out web addresses.")
    domains: Place = Field(
        default="",
        description="A list of top-level domains, one a line; default: the 1,591 that come with the package.",
    )
    citations: bool = Field(default=False, description="Cut out `[1]`, `[]`, `[edit]` and `[citation needed]`.")
    blanks: bool = Field(default=False, description="Make runs of blanks within a line one; drop those at its ends.")
    newlines: int | None = Field(default=None, ge=1, description="The longest run of line feeds that stays as it is.")

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        asked = (self.mojibake, self.normalize, self.unseen, self.citations, self.blanks, self.newlines is not None)
        if not any(asked) and self.urls == "keep":
            raise ValueError("rewrite has nothing to do: set urls, newlines, citations, blanks, unseen or another")
        return self

    def made_with(self) -> tuple[str, ...]:
        """Return the libraries, and the list of the package where it is looked at."""
        ours = self.urls != "keep" and not self.domains
        return (*self.libraries, shipped(TOP_LEVEL)) if ours else self.libraries

    def open(self, assets: Assets) -> "OpenedRewrite":
        """Read the list of domains."""
        names = read_entries(self.domains, assets) if self.domains else shipped_list(TOP_LEVEL)
        return OpenedRewrite(self, names if self.urls != "keep" else [])


class OpenedRewrite:
    """The passes as the kernel takes them, and the domains."""

    def __init__(self, settings: RewriteText, domains: list[str]) -> None:
        """Build the tables."""
        from dclm_pipeline.kernels.lines.links import domain_tree

        self._settings = settings
        self._passes = _passes(settings)
        self._domains: Domains = domain_tree(domains)
        self._names = _folded(domains)

    def text(self, docs: Batch) -> Array:
        """Return the rewritten text of each row; null of one that is unknown, or of which nothing is left."""
        from dclm_pipeline.kernels.lines.rewriting import rewrite_texts
        from dclm_pipeline.kernels.strings import array_of, valid_rows, views

        text = _repaired(docs["text"].cast(pa.large_string()), self._settings.mojibake, self._settings.normalize)
        new = rewrite_texts(views(text), self._passes, self._domains, self._names)
        return array_of((new.offsets, new.data), valid_rows(text) & (np.diff(new.offsets) > 0))


def _repaired(text: Array, mojibake: bool, normalize: bool) -> Array:
    """Return texts with misread UTF-8 repaired and in normal form C; only those that may need it are touched."""
    from dclm_pipeline.kernels.lines.rewriting import suspects
    from dclm_pipeline.kernels.strings import valid_rows, views

    if mojibake:
        rows = suspects(views(text))[:, 0] & valid_rows(text)
        if rows.any():
            mended = [_mended(each) for each in text.filter(from_numpy(rows)).to_pylist() if each is not None]
            text = pc.replace_with_mask(text, pa.array(rows, pa.bool_()), pa.array(mended, pa.large_string()))
    if normalize:
        rows = suspects(views(text))[:, 1] & valid_rows(text)
        if rows.any():
            normal = pc.call_function("utf8_normalize", [text.filter(from_numpy(rows))], pc.Utf8NormalizeOptions("NFC"))
            text = pc.replace_with_mask(text, pa.array(rows, pa.bool_()), normal)
    return text


def _mended(text: str) -> str:
    """Repair each line for itself: what is wrong with one says nothing of the next."""
    from ftfy import fix_encoding

    return "\n".join(fix_encoding(line) if len(line) <= _MOST_LINE else line for line in text.split("\n"))


def _passes(settings: RewriteText) -> "Passes":
    from dclm_pipeline.kernels.lines.rewriting import AS_DCLM, KEPT, MENDED, Passes

    addresses = {"keep": KEPT, "dclm": AS_DCLM, "mended": MENDED}[settings.urls]
    return Passes(settings.unseen, addresses, settings.citations, settings.blanks, settings.newlines or 0)


def _folded(names: list[str]) -> "Phrases":
    from dclm_pipeline.kernels.characters import folded_codes
    from dclm_pipeline.kernels.lines.phrases import Phrases, fold_phrase

    codes = sorted(fold_phrase(name, "", folded_codes()) for name in names if name)
    return Phrases(
        np.array(list(chain.from_iterable(codes)), np.int32), np.cumsum([0, *map(len, codes)], dtype=np.int64)
    )
