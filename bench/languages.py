"""`python -m bench.languages`: how many pages with a main text `fineweb2` drops, by language.

Needs DCLM_TEST_DATA. Pages are those on which people have settled the main text, or phrases of it; the text is the
extracted one. The second table judges each half of the pages by a profile made from the other half's trusted texts.
"""

import os
import sys
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

import dclm_pipeline as dp
from bench.__main__ import table
from bench.trusted_texts import lines_of, trusted_texts
from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.ids import document_id
from dclm_pipeline.recipe import load_recipe
from dclm_pipeline.stages.language import Language
from dclm_pipeline.stages.profiling import ProfileSettings, Profiling

RECIPE = Path(__file__).parents[1] / "pipelines" / "fineweb2.yaml"
LEAST_PAGES = 9


def half(url: str) -> int:
    """Return in which half of the pages one is; pages of one host are in one half."""
    return zlib.crc32(url.partition("//")[2].partition("/")[0].encode()) % 2


def judged_pages(folder: Path) -> list[dict[str, Any]]:
    """Return the pages with a main text, each with the language that it declares."""
    declared = {
        page["record_id"]: (page["html_lang"] or "")[:2].lower()
        for page in lines_of(folder / "dev" / "expected.jsonl.gz")
        if page["gt_kind"] in ("full", "snippets")
    }
    rows = lines_of(folder / "oracle" / "dclm.jsonl.gz")
    return [{**row, "language": declared[row["record_id"]]} for row in rows if declared.get(row["record_id"])]


def dropped(pages: Sequence[dict[str, Any]], folder: Path) -> Counter[str]:
    """Return how many pages of each language the recipe drops behind extraction, with the profile in a folder."""
    steps = load_recipe(RECIPE).steps
    behind = [step.kind for step in steps].index("extract") + 1
    texts = pa.table({"text": pa.array([page["text"] for page in pages], pa.large_string())})
    rules = dp.apply(steps[behind:], texts, folder=str(folder)).signals["by"].to_pylist()
    return Counter(page["language"] for page, rule in zip(pages, rules, strict=True) if rule is not None)


def profile_of(texts: Sequence[dict[str, str]]) -> str:
    """Return the profile of trusted texts, as JSON."""
    assets = FetchedAssets()
    column = pa.array([text["text"] for text in texts], pa.large_string())
    ids = pa.array([document_id("texts", text["id"]) for text in texts], pa.binary(16))
    told = Language(prefix=0).open(assets).columns(pa.RecordBatch.from_arrays([column], names=["text"])).arrays
    docs = pa.RecordBatch.from_arrays([ids, told["language"], column], names=["id", "language", "text"])
    profiling = Profiling(ProfileSettings())
    profiling.add_words(docs)
    profiling.begin_numbers(assets)
    profiling.add_numbers(docs)
    return profiling.profile().model_dump_json(exclude_none=True)


def shares(every: Counter[str], gone: Counter[str]) -> list[tuple[str, ...]]:
    """Return the lines of a table."""
    named = [(name, count) for name, count in every.most_common() if count >= LEAST_PAGES or name == "ja"]
    return [(name, f"{count:,}", f"{gone[name] / count:.1%}") for name, count in named]


def main() -> int:
    """Count and print."""
    if not os.environ.get("DCLM_TEST_DATA"):
        print("bench.languages: set DCLM_TEST_DATA to the folder of reference data", file=sys.stderr)
        return 2
    data = Path(os.environ["DCLM_TEST_DATA"])
    pages = judged_pages(data)
    every = Counter(page["language"] for page in pages)
    print(table([("language", "pages", "dropped"), *shares(every, dropped(pages, RECIPE.parent))]))
    trusted, gone = list(trusted_texts(data)), Counter[str]()
    for side in (0, 1):
        with TemporaryDirectory(prefix="dclm-bench-") as folder:
            others = [text for text in trusted if half(text["url"]) != side]
            Path(folder, "languages.json").write_text(profile_of(others), encoding="utf-8")
            gone += dropped([page for page in pages if half(page["url"]) == side], Path(folder))
    print("\nbands and stop words from the other half of the pages:")
    print(table([("language", "pages", "dropped"), *shares(every, gone)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
