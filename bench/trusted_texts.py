"""`python -m bench.trusted_texts OUT`: the texts from which the package's profile of languages was made, as JSON lines.

Of the pages in $DCLM_TEST_DATA/dev: the main text where people have settled it (nearly all English), and of pages in
other languages, of which people have settled phrases at most, the text that is extracted. `whose` says which it is.
"""

import gzip
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LEAST_COVERAGE = 0.5


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a packed file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def trusted_texts(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the texts, each with its id, address, and whose work it is."""
    extracted = {row["record_id"]: row["text"] for row in lines_of(folder / "oracle" / "dclm.jsonl.gz")}
    for page in lines_of(folder / "dev" / "expected.jsonl.gz"):
        known = {"id": page["record_id"], "url": page["url"]}
        if page["gt_kind"] == "full":
            if page.get("text") and page.get("coverage", 1.0) >= LEAST_COVERAGE:
                yield {**known, "whose": "people", "text": page["text"]}
        elif (page["html_lang"] or "")[:2].lower() != "en" and page["record_id"] in extracted:
            yield {**known, "whose": "extraction", "text": extracted[page["record_id"]]}


def main() -> int:
    """Write the texts."""
    if len(sys.argv) != 2 or not os.environ.get("DCLM_TEST_DATA"):
        print("usage: DCLM_TEST_DATA=FOLDER python -m bench.trusted_texts OUT", file=sys.stderr)
        return 2
    with Path(sys.argv[1]).open("w", encoding="utf-8") as file:
        for text in trusted_texts(Path(os.environ["DCLM_TEST_DATA"])):
            file.write(json.dumps(text, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
