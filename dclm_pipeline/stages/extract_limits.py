"""What is no page, or keeps a parser too busy, told from the bytes before anything is parsed.

What makes pages slow was measured with Resiliparse 2.0.1. Time grows with the number of elements times the blocks
around each, and with the squares of: attributes on one element, options, lists side by side, unclosed formatting before
many paragraphs, text between ignored tags. `kernels.html.markup` estimates all that, for a thirtieth of what extraction costs.
Of pages of 8 MiB that pass the default limits, the slowest that was found takes four seconds; of 1,635 real pages none
came to a tenth of any limit. Text is not cut here.
"""

from typing import TYPE_CHECKING

import numpy as np

from dclm_pipeline.stages.extract_settings import ExtractSettings
from dclm_pipeline.step import Batch

if TYPE_CHECKING:
    from dclm_pipeline.kernels.strings import LargeArray

# How much of a page is searched for control characters.
LOOKED_AT = 16_384


def beyond_limits(
    html: "LargeArray", plain: list[bool], settings: ExtractSettings
) -> tuple[dict[int, str], dict[int, str]]:
    """Return the rows that are not to be parsed, with the reason and the number that passed a limit."""
    from dclm_pipeline.kernels.html.markup import Limits, scan_markup
    from dclm_pipeline.kernels.strings import views

    limits = Limits(settings.most_depth, settings.most_attributes, settings.most_options, settings.most_steps)
    failed, details = unlike_text(html, settings.most_controls)
    markup = scan_markup(views(html), limits)
    past = (
        ("too deep", markup.depth > limits.depth, markup.depth),
        ("too many attributes", markup.attributes > limits.attributes, markup.attributes),
        ("too many options", markup.options > limits.options, markup.options),
        ("too much work", markup.steps > limits.steps, markup.steps),
    )
    for reason, stopped, found in past:
        for row in np.flatnonzero(stopped).tolist():
            if row not in failed and not plain[row]:
                failed[row], details[row] = reason, str(found[row])
    return failed, details


def unlike_text(html: "LargeArray", most_controls: float) -> tuple[dict[int, str], dict[int, str]]:
    """Return the rows that hold no page, with the reason and what was found."""
    from dclm_pipeline.kernels.bytes import count_controls
    from dclm_pipeline.kernels.strings import valid_rows, views

    pages = views(html)
    controls = count_controls(pages, LOOKED_AT)
    sizes = np.minimum(np.diff(pages[0]), LOOKED_AT)
    failed = dict.fromkeys(np.flatnonzero(~valid_rows(html)).tolist(), "no html")
    details = {}
    for row in np.flatnonzero(controls > most_controls * sizes).tolist():
        if row not in failed:
            failed[row] = "not text"
            details[row] = f"{controls[row]} of {sizes[row]} bytes"
    return failed, details


def is_plain_text(docs: Batch) -> list[bool]:
    """Tell of each row whether its server called it plain text."""
    if "content_type" not in docs.schema.names:
        return [False] * docs.num_rows
    types = docs["content_type"].to_pylist()
    return [kind is not None and kind.split(";")[0].strip().lower() == "text/plain" for kind in types]
