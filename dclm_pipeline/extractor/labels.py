"""Pages whose main content is known: a folder of WARC files with `expected.jsonl.gz`.

One line a page: `record_id`, `domain`, `page_type`, `html_lang`, `source`, `gt_kind` (full: `text` is the whole main
content; reference: a weaker standard; snippets: only the phrases in `with` and `without`), `coverage` (share of the
words of `text` that the page holds at all).
"""

import gzip
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from dclm_pipeline.errors import RecipeError

EXPECTED = "expected.jsonl.gz"
LEAST_COVERAGE = 0.5
_READ_ROWS = 64
_READ_BYTES = 64 << 20

# Of scripts without blanks between words every character is one.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return _WORD.findall(text.lower())


def single_blanks(text: str) -> str:
    """Return a text in which every run of blanks is one space."""
    return " ".join(text.split())


@dataclass(frozen=True)
class Page:
    """A page, and what should come out of it."""

    html: str
    url: str
    domain: str
    type: str
    language: str
    source: str
    kind: str
    text: str
    wanted: tuple[str, ...]
    unwanted: tuple[str, ...]

    @property
    def full(self) -> bool:
        """Tell whether the whole text is known."""
        return self.kind == "full"


def read_labels(folder: Path) -> list[Page]:
    """Return the pages of a folder of which anything is known, in the order of the file."""
    expected = folder / EXPECTED
    if not expected.is_file():
        raise RecipeError(f"{folder}: holds no {EXPECTED}; name a folder with that file and the WARC files beside it")
    with gzip.open(expected, "rt", encoding="utf-8") as lines:
        facts = {line["record_id"]: line for line in map(json.loads, lines)}
    html = read_pages(folder)
    pages = [_page(line, html[record]) for record, line in facts.items() if record in html]
    known = [page for page in pages if page.kind]
    if not known:
        raise RecipeError(f"{folder}: {EXPECTED} and the WARC files have no page in common of which anything is known")
    return known


def _page(line: Mapping[str, Any], html: str) -> Page:
    kind = str(line["gt_kind"])
    text = str(line.get("text") or "")
    covered = float(line.get("coverage") or 0) >= LEAST_COVERAGE
    if kind not in ("full", "reference", "snippets") or (kind != "snippets" and not (covered and text.strip())):
        kind = ""
    return Page(
        html,
        str(line.get("url") or ""),
        str(line.get("domain") or ""),
        str(line.get("page_type") or "unknown"),
        (str(line.get("html_lang") or line.get("lang") or "") or "unknown").partition("-")[0].lower(),
        str(line.get("source") or "unknown"),
        kind,
        text,
        _phrases(line.get("with")),
        _phrases(line.get("without")),
    )


def _phrases(phrases: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(filter(None, map(single_blanks, phrases or ())))


def read_pages(folder: Path) -> dict[str, str]:
    """Return the decoded pages of the WARC files by the ids of their records."""
    from dclm_pipeline.sources.warc import Warc
    from dclm_pipeline.stages.decode import Decode
    from dclm_pipeline.storage import open_storage

    source, storage, decode = Warc(), open_storage(str(folder)), Decode()
    pages: dict[str, str] = {}
    for shard in source.shards(storage):
        for found in source.read(storage, shard, _READ_ROWS, _READ_BYTES):
            if isinstance(found, pa.RecordBatch):
                html = decode.columns(found).arrays["html"].to_pylist()
                ids = found["record_id"].to_pylist()
                pages |= {str(record): str(page) for record, page in zip(ids, html, strict=True) if page is not None}
    return pages
