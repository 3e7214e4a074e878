"""Bytes to text: every page comes out as valid UTF-8, whatever it claims to be.

Knows nothing of HTML beyond where a page names its charset. Pages in UTF-8, nearly all of them, are checked by Arrow
and copied as they are; the others go one by one. Order of trust, as far as it is not the HTML standard's: valid UTF-8
comes before any label, for text in another charset is hardly ever valid UTF-8 while labels often lie.

Not yet: UTF-32 (which the standard refuses) without a mark of UTF-16, and text decoded twice by its author.
"""

from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

import numpy as np
import pyarrow as pa
from pydantic import Field

from dclm_pipeline.step import Annotate, Batch, Columns

if TYPE_CHECKING:
    from pyarrow.lib import LargeStringType

    from dclm_pipeline.kernels.strings import LargeArray
    from dclm_pipeline.stages.charset import Decoded

_HTML = pa.large_string()


class _Page(NamedTuple):
    text: str
    charset: str
    charset_by: str


class Decode(Annotate):
    """Turns bodies into text: by byte order mark, as UTF-8, by the HTTP header, by the page itself, by its looks.

    A label is distrusted, and the next source asked, where it leaves more than `most_broken` of the characters beyond
    ASCII unreadable; if all are, the one that leaves the least wins, the first of equals. Bytes that cannot be read
    become U+FFFD. NUL is left out, as HTML does in text.
    """

    kind: Literal["decode"] = "decode"
    most_broken: float = Field(
        default=0.2, ge=0, le=1, description="Share of the characters beyond ASCII that a label may leave unreadable."
    )
    nearly_utf8: float = Field(
        default=0.05, ge=0, le=1, description="The same share, up to which a page is UTF-8 whatever its labels say."
    )

    libraries: ClassVar[tuple[str, ...]] = ("resiliparse",)

    def reads(self) -> frozenset[str]:
        """Return the body and the charset of the HTTP header."""
        return frozenset({"body", "http_charset"})

    def writes(self) -> pa.Schema:
        """Return the text, its charset, and who named that."""
        return pa.schema([("html", _HTML), ("charset", pa.string()), ("charset_by", pa.string())])

    def columns(self, docs: Batch) -> Columns:
        """Decode a batch; pages in plain UTF-8 are not touched."""
        from dclm_pipeline.kernels.bytes import mark_rows
        from dclm_pipeline.kernels.strings import valid_rows, views

        bodies = docs["body"].cast(pa.large_binary())
        present = valid_rows(bodies)
        parts = _checked(bodies)
        utf8 = parts[0] if len(parts) == 1 else pa.concat_arrays(parts)
        broken = present & ~valid_rows(utf8)
        charsets, sources = ["utf-8"] * len(bodies), ["utf-8"] * len(bodies)
        labels = docs["http_charset"]
        pieces = []
        done = 0
        for row in np.flatnonzero(broken | (present & (mark_rows(views(bodies)) != 0))).tolist():
            page = self._page(bodies[row].as_py(), labels[row].as_py(), not broken[row])
            charsets[row], sources[row] = page.charset, page.charset_by
            pieces += [utf8.slice(done, row - done), pa.array([page.text], _HTML)]
            done = row + 1
        pieces.append(utf8.slice(done))
        html = pieces[0] if len(pieces) == 1 else pa.concat_arrays(pieces)
        arrays = {
            "html": html,
            "charset": pa.array(charsets, pa.string(), mask=~present),
            "charset_by": pa.array(sources, pa.string(), mask=~present),
        }
        return Columns(arrays, dict.fromkeys(np.flatnonzero(~present).tolist(), "no body"))

    def _page(self, body: bytes, label: str | None, valid: bool) -> _Page:
        from dclm_pipeline.stages.charset import (
            declared_charset,
            decode,
            detected_charset,
            known_charset,
            marked_charset,
            wide_charset,
        )

        mark = marked_charset(body)
        if mark:
            return _page(decode(body[mark[1] :], mark[0]), "bom")
        # Headers write charset="utf-8" too, and sources differ in what they take off.
        asked = (("http", known_charset((label or "").strip("\"' "))), ("document", declared_charset(body)))
        if valid:
            # Two charsets hide in bytes that are valid UTF-8: ISO-2022-JP behind ESC, UTF-16 behind NUL.
            for source, charset in asked:
                if charset == "iso-2022-jp" or (source == "http" and charset in ("utf-16le", "utf-16be")):
                    hidden = decode(body, charset)
                    if hidden.broken_share <= self.most_broken:
                        return _page(hidden, source)
            wide = wide_charset(body)
            return _page(decode(body, wide), "detected") if wide else _page(decode(body, "utf-8"), "utf-8")
        tries: list[tuple[Decoded, str]] = [(decode(body, "utf-8"), "utf-8")]
        if tries[0][0].broken_share <= self.nearly_utf8:
            return _page(*tries[0])
        for source, charset in asked:
            if charset:
                tries.append((decode(body, charset), source))
                if tries[-1][0].broken_share <= self.most_broken:
                    return _page(*tries[-1])
        tries.append((decode(body, detected_charset(body)), "detected"))
        if tries[-1][0].broken_share <= self.most_broken:
            return _page(*tries[-1])
        return _page(*min(tries, key=lambda attempt: attempt[0].broken_share))


def _page(decoded: "Decoded", source: str) -> _Page:
    return _Page(decoded.text.replace("\0", ""), decoded.charset, source)


def _checked(bodies: "LargeArray") -> "list[pa.Array[pa.Scalar[LargeStringType]]]":
    """Return the same bytes as text, in pieces: null where they are not valid UTF-8, found by halving."""
    try:
        return [bodies.cast(_HTML)]
    except pa.ArrowInvalid:
        half = len(bodies) // 2
        return _checked(bodies.slice(0, half)) + _checked(bodies.slice(half)) if half else [pa.nulls(1, _HTML)]
