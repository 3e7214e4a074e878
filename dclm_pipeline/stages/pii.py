"""Personal data in a text, masked and counted: e-mail and IP addresses, telephone, card and account numbers.

Each is replaced by a text of its own, the same everywhere, so that equal documents stay equal and nothing can be told
from a mask. Precision comes first: what may as well be a version, a date, an order number or an ISBN is left alone. What
counts is told in `kernels.personal.emails`, `phones`, `internet` and `payments`.

Not: names, postal addresses, numbers of identity documents, addresses spelled out (`name at example dot org`).
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field as Setting
from pydantic import model_validator

from dclm_pipeline.arrow import Array, Field, from_numpy
from dclm_pipeline.step import Annotate, Assets, Batch, Columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dclm_pipeline.kernels.strings import Strings


class Pii(Annotate):
    """Puts masks in place of personal data, and counts it: a column for each sort, such as `pii_email_count`.

    A sort whose mask is null is neither looked for nor counted. To drop documents instead, count with `mask: false` and
    let a `drop_if` or `between` look at the counts. IP addresses of the same machines as datatrove's `PIIFormatter`
    (FineWeb) are masked, less versions, sections and multicast, with IPv6 beside IPv4; e-mail addresses more narrowly,
    by the list of top-level domains, and also in capitals.
    """

    kind: Literal["pii"] = "pii"
    email: str | None = Setting(default="<EMAIL>", description="What stands for an e-mail address.")
    phone: str | None = Setting(default="<PHONE>", description="What stands for a telephone number.")
    ip: str | None = Setting(default="<IP>", description="What stands for an IP address, v4 or v6.")
    card: str | None = Setting(default="<CARD>", description="What stands for the number of a payment card.")
    iban: str | None = Setting(default="<IBAN>", description="What stands for an international bank account number.")
    reserved_ips: bool = Setting(
        default=False, description="Also IP addresses of private networks, documentation and the like."
    )
    mask: bool = Setting(
        default=True, description="Put masks in place; false: count only, and leave the text as it is."
    )

    # The top-level domains.
    libraries: ClassVar[tuple[str, ...]] = ("publicsuffixlist",)

    @model_validator(mode="after")
    def _looks_for_something(self) -> Self:
        if not self.masks():
            raise ValueError("all masks are null, so there is nothing to look for; leave the step out")
        return self

    def masks(self) -> dict[str, str]:
        """Return what stands for each sort that is looked for."""
        masks = {"email": self.email, "phone": self.phone, "ip": self.ip, "card": self.card, "iban": self.iban}
        return {sort: mask for sort, mask in masks.items() if mask is not None}

    def reads(self) -> frozenset[str]:
        """Return the text."""
        return frozenset({"text"})

    def writes(self) -> pa.Schema:
        """Return the text, where it is masked, and a count for each sort."""
        fields: list[Field] = [pa.field("text", pa.large_string())] if self.mask else []
        return pa.schema([*fields, *(pa.field(f"pii_{sort}_count", pa.int32()) for sort in self.masks())])

    def open(self, assets: Assets) -> "Pii":
        """Read the list of top-level domains."""
        del assets
        _domains()
        return self

    def columns(self, docs: Batch) -> Columns:
        """Mask and count; of an unknown text nothing is known."""
        from dclm_pipeline.kernels.personal.found import KINDS, Wanted, find_personal
        from dclm_pipeline.kernels.replacing import replaced
        from dclm_pipeline.kernels.strings import valid_rows, views

        text = docs["text"].cast(pa.large_string())
        strings = views(text)
        masks = self.masks()
        spans = find_personal(strings, Wanted(frozenset(masks), self.reserved_ips), _domains())
        counts = spans.counts(len(KINDS))
        unknown = ~valid_rows(text)
        arrays: dict[str, Array] = {
            f"pii_{sort}_count": pa.array(counts[:, KINDS.index(sort)], pa.int32(), mask=unknown) for sort in masks
        }
        if self.mask:
            if len(spans.kinds):
                masked = _as_text(replaced(strings, spans, [masks.get(kind, "") for kind in KINDS]))
                text = masked if not unknown.any() else pc.if_else(text.is_valid(), masked, pa.scalar(None, text.type))
            arrays["text"] = text
        return Columns(arrays)


def _as_text(strings: "Strings") -> Array:
    """Return offsets and bytes as text."""
    offsets, data = strings
    buffers = [None, from_numpy(offsets).buffers()[1], from_numpy(data).buffers()[1]]
    return pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, buffers)


@cache
def _domains() -> "NDArray[np.uint64]":
    from dclm_pipeline.kernels.marks import hashes

    return hashes(top_level_domains())


def top_level_domains() -> frozenset[str]:
    """Return the top-level domains in use, those outside ASCII in both spellings."""
    from publicsuffixlist import PSLFILE

    names = set()
    for line in Path(PSLFILE).read_text(encoding="utf-8").splitlines():
        if "===END ICANN DOMAINS===" in line:
            break
        if line and not line.startswith("//"):
            name = line.split()[0].rpartition(".")[2]
            names |= {name, name.encode("idna").decode()}
    return frozenset(names)
