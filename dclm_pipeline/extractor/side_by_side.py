"""The pages on which an extractor did worst, as one HTML page: expected text to the left, extracted text to the right."""

from collections.abc import Sequence
from html import escape

from dclm_pipeline.extractor.evaluation import Verdict

_SHOWN = 6000  # characters of each text
_HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Worst pages</title>
<style>
body { font: 14px/1.4 sans-serif; margin: 1em }
table { border-collapse: collapse; width: 100%; table-layout: fixed }
td, th { border: 1px solid #aaa; padding: .5em; vertical-align: top; text-align: left }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; max-height: 30em; overflow-y: auto }
</style>
<h1>Worst pages</h1>
"""


def side_by_side(extractor: str, verdicts: Sequence[Verdict]) -> str:
    """Return the page; nothing in it is taken for markup."""
    return _HEAD + "".join(_section(extractor, verdict) for verdict in verdicts) + "</html>\n"


def _section(extractor: str, verdict: Verdict) -> str:
    page = verdict.page
    figures = f"F1 {verdict.f1:.3f}, precision {verdict.precision:.3f}, recall {verdict.recall:.3f}"
    return (
        f"<h2>{escape(page.url)}</h2><p>{escape(page.type)}, {escape(page.language)}: {figures}</p>\n"
        f"<table><tr><th>expected<th>{escape(extractor)}\n"
        f"<tr><td><pre>{escape(page.text[:_SHOWN])}</pre><td><pre>{escape(verdict.text[:_SHOWN])}</pre></table>\n"
    )
