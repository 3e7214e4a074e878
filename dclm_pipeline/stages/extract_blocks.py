"""The engine `blocks` of `extract`: our own, from bytes to text without a tree and without a call of Python a page.

A page is cut into blocks in one pass, a model says of each whether it is main content, and the chosen ones are written
down. Time is linear in the bytes, so only the number of blocks needs a limit; pages are taken a megabyte at a time, so
that the numbers about blocks stay small.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, from_numpy

if TYPE_CHECKING:
    from dclm_pipeline.kernels.html.blocks import Blocks
    from dclm_pipeline.kernels.main_content.judging import Model
    from dclm_pipeline.kernels.strings import LargeArray, Strings
    from dclm_pipeline.stages.language import OpenedLanguage

# What the fields of a page are called as columns.
_COLUMNS = {
    "title": "title",
    "author": "author",
    "date": "published",
    "page_language": "page_language",
    "canonical": "canonical_url",
}
WRITES = pa.schema([("text", pa.large_string()), *((name, pa.string()) for name in _COLUMNS.values())])
_TAKEN = 1 << 20
# What says in which language a page is, where that is asked.
_TOLD: tuple[tuple[str, pa.DataType], ...] = (
    ("language", pa.string()),
    ("language_score", pa.float64()),
    ("languages_score", pa.float64()),
)
TOLD = pa.schema(_TOLD)
_LOOKED_AT = 4000  # bytes of the chosen text, and what is left of the block there


@dataclass(frozen=True)
class Wish:
    """What is wanted of a page; without `main_content` everything that is shown.

    `hidden`: hidden text may be main content too, where the model says so. `repeats`: what the page says twice is kept
    twice.
    """

    main_content: bool
    lean: float
    hidden: bool
    noscript: bool
    markdown: bool
    bullets: bool
    most_blocks: int
    repeats: bool


@dataclass(frozen=True)
class Screen:
    """What tells the language of a page by its chosen text; those below the least score are not written down."""

    language: "OpenedLanguage"
    least: float


def extract_blocks(
    html: "LargeArray", wish: Wish, model: "Model", screen: Screen | None
) -> tuple[dict[str, Array], dict[int, str]]:
    """Return the columns of some pages, and of the rows that have too many blocks how many."""
    from dclm_pipeline.kernels.strings import views

    offsets, data = views(html)
    written = writes(screen is not None)
    parts: dict[str, list[Array]] = {name: [] for name in written.names}
    beyond: dict[int, str] = {}
    for begin, end in _pieces(offsets):
        found = _extract((offsets[begin : end + 1], data), wish, model, screen)
        for name, column in found.columns.items():
            parts[name].append(column)
        beyond |= {begin + row: count for row, count in found.beyond.items()}
    if not parts["text"]:
        return {name: pa.array([], written.field(name).type) for name in written.names}, beyond
    arrays = {name: pa.concat_arrays(pieces) for name, pieces in parts.items()}
    # Arrow's functions cost more than what they do for the few pages of a piece.
    return arrays | {name: _said(arrays[name]) for name in _COLUMNS.values()}, beyond


def writes(screened: bool) -> pa.Schema:
    """Return the columns of a page, with those on its language where that is asked."""
    return pa.schema([*WRITES, *TOLD]) if screened else WRITES


def _pieces(offsets: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield rows, from and until, of about a megabyte together: one at least."""
    begin, rows = 0, len(offsets) - 1
    while begin < rows:
        end = int(np.searchsorted(offsets, offsets[begin] + _TAKEN, side="right")) - 1
        end = min(max(end, begin + 1), rows)
        yield begin, end
        begin = end


@dataclass(frozen=True)
class _Extracted:
    """The columns of some pages, all texts that pages say large strings and none null; and rows with too many blocks."""

    columns: dict[str, Array]
    beyond: dict[int, str]


def _extract(html: "Strings", wish: Wish, model: "Model", screen: Screen | None) -> _Extracted:
    from dclm_pipeline.kernels.html.blocks import BLOCK, cut_pages
    from dclm_pipeline.kernels.html.composing import Manner, compose
    from dclm_pipeline.kernels.html.linked import read_metadata
    from dclm_pipeline.kernels.strings import array_of

    pages = cut_pages(html, wish.noscript)
    counts = np.diff(pages.rows[:, BLOCK])
    beyond = {int(row): str(counts[row]) for row in np.flatnonzero(counts > wish.most_blocks)}
    if beyond and len(counts) > 1:
        # Together they are a megabyte of tags: one by one, so that only those beyond the limit are lost.
        return _joined([_extract((html[0][row : row + 2], html[1]), wish, model, screen) for row in range(len(counts))])
    kept = np.zeros(len(pages.blocks), np.bool_) if beyond else _chosen(pages, wish, model)
    told = _told(pages, kept, screen) if screen else {}
    strange = _strange(told["languages_score"], screen.least) if screen else np.zeros(len(counts), np.bool_)
    if strange.any():
        # Nothing more is looked up or written down of these.
        kept &= ~np.repeat(strange, counts)
        pages.meta[strange] = -1
    text = compose(pages, kept, Manner(wish.markdown, wish.bullets))
    columns: dict[str, Array] = {"text": array_of(text, ~strange if strange.any() else None)}
    for field, strings in read_metadata(html, pages).items():
        columns[_COLUMNS[field]] = array_of(strings)
    return _Extracted(columns | told, beyond)


def _told(pages: "Blocks", kept: NDArray[np.bool_], screen: Screen) -> dict[str, Array]:
    """Return what the first chosen blocks of each page say of its language."""
    from dclm_pipeline.kernels.html.blocks import BLOCK
    from dclm_pipeline.kernels.html.composing import Manner, compose
    from dclm_pipeline.kernels.html.flow import FIRST, LAST_BYTE
    from dclm_pipeline.kernels.strings import array_of

    sizes = np.where(kept, pages.blocks[:, LAST_BYTE] - pages.blocks[:, FIRST], 0).astype(np.int64)
    before = np.cumsum(sizes) - sizes
    begins, ends = pages.rows[:-1, BLOCK], pages.rows[1:, BLOCK]
    first = np.zeros(len(begins), np.int64)
    first[ends > begins] = before[begins[ends > begins]]
    looked = kept & (before - np.repeat(first, ends - begins) < _LOOKED_AT)
    text = array_of(compose(pages, looked, Manner(bullets=False)))
    found = screen.language.columns(pa.RecordBatch.from_arrays([text], names=["text"])).arrays
    return {name: found[name] for name in TOLD.names}


def with_plain(
    arrays: dict[str, Array], texts: Array, plain: NDArray[np.bool_], screen: Screen | None
) -> dict[str, Array]:
    """Return the columns with those documents that are plain text, and are their own text."""
    if not plain.any():
        return arrays
    mask = from_numpy(plain)
    merged = arrays | {"text": pc.if_else(mask, texts, arrays["text"])}
    if screen is None:
        return merged
    told = pa.RecordBatch.from_arrays([pc.if_else(mask, texts, "")], names=["text"])
    found = screen.language.columns(told).arrays
    merged |= {name: pc.if_else(mask, found[name], arrays[name]) for name in TOLD.names}
    strange = from_numpy(_strange(merged["languages_score"], screen.least))
    return merged | {"text": pc.if_else(strange, pa.scalar(None, pa.large_string()), merged["text"])}


def _strange(scores: Array, least: float) -> NDArray[np.bool_]:
    """Tell which pages are surely in no wanted language; of those without a word nothing is sure."""
    # A null is no number, and no number is below anything.
    below: NDArray[np.bool_] = np.less(scores.to_numpy(zero_copy_only=False).astype(np.float64), least)
    return below


def _chosen(pages: "Blocks", wish: Wish, model: "Model") -> NDArray[np.bool_]:
    from dclm_pipeline.kernels.html.flow import FLAGS, HIDDEN
    from dclm_pipeline.kernels.main_content.judging import choose, score
    from dclm_pipeline.kernels.main_content.repeats import drop_repeats

    everything = np.ones(len(pages.blocks), np.bool_)
    kept = choose(pages, score(pages, model), wish.lean) if wish.main_content else everything
    if not (wish.hidden and wish.main_content):
        kept &= pages.blocks[:, FLAGS] & HIDDEN == 0
    return drop_repeats(pages, kept) if wish.main_content and not wish.repeats else kept


def _joined(found: Sequence[_Extracted]) -> _Extracted:
    columns = {name: pa.concat_arrays([each.columns[name] for each in found]) for name in found[0].columns}
    return _Extracted(columns, {row: each.beyond[0] for row, each in enumerate(found) if each.beyond})


def _said(texts: Array) -> Array:
    """Return what pages say; null where one says nothing."""
    from dclm_pipeline.kernels.strings import views

    said = from_numpy(np.diff(views(texts)[0]) > 0)
    values: Array = pc.if_else(said, texts.cast(pa.string()), pa.scalar(None, pa.string()))
    return values
