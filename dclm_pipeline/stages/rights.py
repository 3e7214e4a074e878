"""What a page and its server say of its use: directives to robots, rights reserved, licences.

Reads the page before its HTML is dropped, and the few fields of the HTTP head that speak of rights. Says what is said
and decides nothing: that is for `drop_if` and `keep_if` behind it.

Not: robots.txt and /.well-known/tdmrep.json, which are about whole sites and are no part of a page's record.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from dclm_pipeline.arrow import Array, schema_of
from dclm_pipeline.step import Annotate, Batch, Columns


class Rights(Annotate):
    """Adds what a page says of its own use, in meta elements, links and fields of its HTTP head.

    `rights_robots`: directives to all robots or to `agents`, such as `noai, noindex`, in one order; empty if none.
    `rights_tdm_reserved`: whether text and data mining is reserved by TDMRep, null where nothing is said; where one place
    says so and another does not, it is. `licence`: the Creative Commons licence that the page links to, such as
    `cc-by-sa-4.0`; `licence_place`, the strongest first: `header` (HTTP Link), `head` (link or meta), `rel` (a link marked
    as licence), `footer` or `body` (any link; often the licence of a picture); `licence_count`: different licences.
    """

    kind: Literal["rights"] = "rights"
    agents: tuple[str, ...] = Field(
        default=("ccbot",),
        description="Robots to whom directives matter, beside those to all; CCBot fetched the pages.",
    )
    headers: bool = Field(default=True, description="Read the HTTP head too; false for HTML that comes without.")

    def reads(self) -> frozenset[str]:
        """Return the page, and what its server said of rights."""
        return frozenset({"html", "http_rights"} if self.headers else {"html"})

    def writes(self) -> pa.Schema:
        """Return what is said of robots, mining and licences."""
        return schema_of(
            pa.field("rights_robots", pa.string()),
            pa.field("rights_tdm_reserved", pa.bool_()),
            pa.field("licence", pa.string()),
            pa.field("licence_place", pa.string()),
            pa.field("licence_count", pa.int32()),
        )

    def columns(self, docs: Batch) -> Columns:
        """Scan; of an unknown page nothing is known but what its head says of robots and mining."""
        from dclm_pipeline.kernels.html.claim_attributes import DIRECTIVES, LICENCES
        from dclm_pipeline.kernels.html.claims import PLACES, scan_claims
        from dclm_pipeline.kernels.strings import valid_rows, views

        html = docs["html"].cast(pa.large_string())
        pages = html.fill_null("").cast(pa.large_string()) if html.null_count else html
        said = docs["http_rights"] if self.headers else pa.nulls(docs.num_rows, pa.string())
        heads = said.fill_null("").cast(pa.large_string())
        claims = scan_claims(views(pages), views(heads), [agent.lower() for agent in self.agents])
        unknown = ~valid_rows(html)
        none = claims.licence < 0
        sets, which = np.unique(claims.directives, return_inverse=True)
        names = [", ".join(word for bit, word in enumerate(DIRECTIVES) if bits >> bit & 1) for bits in sets.tolist()]
        arrays = {
            "rights_robots": _chosen(names, which, unknown & (claims.directives == 0)),
            "rights_tdm_reserved": pa.array(claims.reserved > 0, pa.bool_(), mask=claims.reserved < 0),
            "licence": _chosen(LICENCES, claims.licence, none),
            "licence_place": _chosen(PLACES, claims.place, none),
            "licence_count": pa.array(claims.licences, pa.int32(), mask=unknown & none),
        }
        return Columns(arrays)


def _chosen(texts: Sequence[str], places: NDArray[np.int64], missing: NDArray[np.bool_]) -> Array:
    """Return for each row the text at its place, null where it is missing."""
    chosen = pa.array(np.where(missing, 0, places), pa.int32(), mask=missing)
    return pa.DictionaryArray.from_arrays(chosen, pa.array(texts, pa.string())).cast(pa.string())
