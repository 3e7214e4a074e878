"""The engine `resiliparse` of `extract` by our own pass: the library's text, byte for byte, in a fifth of its time.

The pass reproduces one version of the library. What it does not cover is done by the library itself: another version,
settings that few use, and of all others the pages that it hands back.
"""

from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dclm_pipeline.arrow import Array, from_numpy
from dclm_pipeline.stages.extract_limits import beyond_limits, is_plain_text
from dclm_pipeline.stages.extract_settings import ExtractSettings
from dclm_pipeline.step import Batch, Columns

if TYPE_CHECKING:
    from dclm_pipeline.kernels.document.options import Options
    from dclm_pipeline.kernels.strings import Strings

REPRODUCED = "2.0.1"


@cache
def _installed() -> str:
    return version("resiliparse")


def asked(settings: ExtractSettings) -> dict[str, Any]:
    """Return the settings that the library and our own pass have in common, by the library's names."""
    from dclm_pipeline.kernels.document.options import Options

    return {name: getattr(settings, name) for name in Options._fields}


def options_of(settings: ExtractSettings) -> "Options | None":
    """Return what our own pass is asked for; nothing where the library has to do it."""
    from dclm_pipeline.kernels.document.options import Options

    marked_up = not isinstance(settings.preserve_formatting, bool)
    if settings.library or settings.skip_elements or marked_up or _installed() != REPRODUCED:
        return None
    return Options(**asked(settings))


def extract_pages(
    docs: Batch, settings: ExtractSettings, options: "Options", by_library: Callable[[Batch], Columns]
) -> Columns:
    """Return the columns of every page that is within the limits; the library does those that are handed back."""
    from dclm_pipeline.kernels.document.plain_text import plain_texts
    from dclm_pipeline.kernels.document.tree_rows import HANDED_BACK
    from dclm_pipeline.kernels.strings import array_of, views

    html = docs["html"].cast(pa.large_string())
    plain = is_plain_text(docs)
    failed, details = beyond_limits(html, plain, settings)
    own = from_numpy(np.array(plain, np.bool_))
    passed_by = np.array(plain, np.bool_)
    passed_by[list(failed)] = True
    pages = pc.if_else(from_numpy(passed_by), "", html) if passed_by.any() else html
    found = plain_texts(views(pages), options)
    arrays: dict[str, Array] = {
        "text": pc.if_else(own, html, array_of(found.texts)) if any(plain) else array_of(found.texts),
        "title": _said(found.titles),
        "page_language": _said(found.languages),
    }
    left = np.flatnonzero(found.status == HANDED_BACK)
    if len(left):
        done = by_library(docs.take(left))
        given_back = from_numpy(found.status == HANDED_BACK)
        arrays = {name: pc.replace_with_mask(array, given_back, done.arrays[name]) for name, array in arrays.items()}
        failed |= {int(left[row]): reason for row, reason in done.failed.items()}
        details |= {int(left[row]): detail for row, detail in done.details.items()}
    return Columns(arrays, failed, details)


def _said(strings: "Strings") -> Array:
    """Return what pages say of themselves; nothing where that is empty."""
    from dclm_pipeline.kernels.strings import array_of

    return array_of(strings, np.diff(strings[0]) > 0).cast(pa.string())
