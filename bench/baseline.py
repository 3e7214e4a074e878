"""`python -m bench.baseline`: what is left of real pages after each stage of DCLM's recipes, beside the published yields.

Needs DCLM_TEST_DATA and the library `fasttext`. The published classifier is a file of 2.4 GB on the hub; here stands in
for it the small one of `baselines/dclm-fasttext/small.yaml`, taught by the made-up crawl of `dclm sample-crawl`. With
`--write` what is found is written to `baselines/NAME/expected.json`, which a test holds against the recipe.
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dclm_pipeline as dp
from bench.__main__ import table
from dclm_pipeline.classifier.configuration import load_training
from dclm_pipeline.classifier.files import sha256_of_file
from dclm_pipeline.classifier.making import FOLDED, Surroundings, train
from dclm_pipeline.engine.assets import assets_below
from dclm_pipeline.madeup.crawl import TRUTH, write_crawl
from dclm_pipeline.recipe import load_recipe

HOUSE = Path(__file__).parents[1]
BASELINES = HOUSE / "baselines"
SMALL = BASELINES / "dclm-fasttext" / "small.yaml"
# As many as `dclm sample-crawl` writes unless it is told otherwise.
PAGES = 2000
# The stages of the paper, what is left there in percent (Li et al. 2024, figure 4), and the last step of each here.
STAGES = (
    ("addresses", 99.2, "soft_words"),
    ("English", 48.4, "surely_english"),
    ("heuristics", 19.9, "words_removed"),
    ("duplicates", 13.7, ""),
    ("best tenth", 1.4, "top_share"),
)
# The step that drops duplicates.
RECIPES = {"dclm-baseline": "minhash_dedup", "dclm-baseline-bff": "bloom_dedup"}


def small_classifier(folder: Path) -> Path:
    """Make the small classifier in a folder; return its folded model."""
    write_crawl(folder / "crawl", PAGES)
    truth = folder / "crawl" / TRUTH
    training = load_training(SMALL, [f"{group}.source.path={truth}" for group in ("written", "spam")])
    train(training, folder / "classifier", Surroundings(assets_below(str(folder))))
    return folder / "classifier" / FOLDED


def found(name: str, pages: Path, model: Path, folder: Path) -> dict[str, Any]:
    """Run a recipe over a folder of WARC files; return what `expected.json` holds of it.

    Recipes that are run in one `folder` share what they extract.
    """
    recipe = load_recipe(HOUSE / "pipelines" / f"{name}.yaml", overrides=[f"quality.model={model}"])
    ran = dp.run(recipe, pages, folder / name, executor="inline", saved=folder / "saved")
    tally = ran.manifest.tally
    left = {step.name: step.left for step in tally.steps if step.kind != "guard"}
    ids = "\n".join(sorted(map(str, dp.open(folder / name).to_table(columns=["record_id"])["record_id"].to_pylist())))
    return {
        "recipe": f"pipelines/{name}.yaml",
        "command": f"python -m bench.baseline --write {name}",
        "pages": {part.name: f"sha256:{part.sha256}" for part in ran.manifest.inputs},
        "classifier": {
            "made_by": "baselines/dclm-fasttext/small.yaml",
            "in_place_of": "mlfoundations/fasttext-oh-eli5, which is not fetched here",
            "sha256": sha256_of_file(model),
        },
        "funnel_percent": funnel(left, tally.source.documents, RECIPES[name]),
        "documents": tally.source.documents,
        "failed": tally.failed,
        "left": left,
        "kept_record_ids": f"sha256:{hashlib.sha256(ids.encode()).hexdigest()}",
    }


def funnel(left: Mapping[str, int], documents: int, duplicates: str) -> dict[str, dict[str, float]]:
    """Return what is left after each stage, in percent of all documents: here, and in the paper."""
    return {
        stage: {"here": round(100 * left[step or duplicates] / documents, 1), "published": published}
        for stage, published, step in STAGES
    }


def rows(results: Mapping[str, dict[str, Any]]) -> list[tuple[str, ...]]:
    """Return the table."""
    lines = [("left of all pages, %", "published", *results)]
    for stage, published, _ in STAGES:
        here = (f"{result['funnel_percent'][stage]['here']:.1f}" for result in results.values())
        lines.append((stage, f"{published:.1f}", *here))
    return lines


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, and write where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.baseline", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"recipes: {', '.join(RECIPES)} (default: all)")
    parser.add_argument("--write", action="store_true", help="write baselines/NAME/expected.json")
    given = parser.parse_args(words)
    names = given.names or list(RECIPES)
    if set(names) - set(RECIPES):
        parser.error(f"recipes are {', '.join(RECIPES)}")
    if not os.environ.get("DCLM_TEST_DATA") or find_spec("fasttext") is None:
        print("bench.baseline: needs DCLM_TEST_DATA, a folder with real pages in dev/, and fasttext", file=sys.stderr)
        return 2
    pages = Path(os.environ["DCLM_TEST_DATA"]) / "dev"
    with tempfile.TemporaryDirectory() as folder:
        model = small_classifier(Path(folder))
        results = {name: found(name, pages, model, Path(folder)) for name in names}
    for name, result in results.items():
        if given.write:
            (BASELINES / name).mkdir(exist_ok=True)
            written = json.dumps(result, indent=1) + "\n"
            (BASELINES / name / "expected.json").write_text(written, encoding="utf-8")
    print(table(rows(results)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
