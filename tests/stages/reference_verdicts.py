"""What the reference mappers made of real pages: read once, from the folder of reference data."""

import gzip
import json
from functools import cache
from pathlib import Path


@cache
def verdicts(folder: Path, name: str) -> list[dict]:
    """Return the rows of a file of verdicts."""
    with gzip.open(folder / "oracle" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as rows:
        return [json.loads(row) for row in rows]


def expected(row: dict, step: str) -> str | None:
    """Return the text that a mapper, applied alone, leaves of a page; nothing where it drops the page."""
    verdict = row["steps"][step]
    return {"keep": row["text"], "drop": None}.get(verdict, row.get("rewrites", {}).get(step))
