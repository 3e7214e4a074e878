"""How fast the steps that change text line by line are, on one core: MB of text a CPU second.

`python -m bench.lines TEXTS` reads a file of JSON lines (gzip or plain) with a column `text`, and prints a line for each
step; `--text` names another column. Beside them stands what it costs to copy the text and split it into lines in Python.
"""

import argparse
import gzip
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa

from dclm_pipeline.stages.bad_words import BadWords
from dclm_pipeline.stages.line_filter import LineFilter
from dclm_pipeline.stages.rewrite import RewriteText
from dclm_pipeline.stages.words_removed import CountWords
from dclm_pipeline.step import Annotates, Keeps, Rewrites, Step

ROUNDS = 5
DCLM = (
    {"rule": "uppercase"},
    {"rule": "digits"},
    {"rule": "counters"},
    {"rule": "words", "least": 2},
    {"rule": "phrases", "phrases": ["items in cart"], "remove": "match", "most_words": 10},
    {
        "rule": "phrases",
        "phrases": ["Read more..."],
        "wildcard": ".",
        "place": "suffix",
        "remove": "match",
        "most_words": 10,
    },
    {"rule": "phrases", "phrases": ["Sign-in"], "place": "prefix", "remove": "match", "most_words": 10},
)
C4 = (
    {"rule": "longest_word"},
    {"rule": "citations"},
    {"rule": "punctuation", "ellipses": False},
    {"rule": "words", "least": 5},
    {"rule": "phrases", "phrases": ["lorem ipsum"], "remove": "page"},
    {"rule": "phrases", "phrases": ["javascript"]},
    {"rule": "phrases", "phrases": ["{"], "remove": "page"},
    {
        "rule": "phrases",
        "phrases": ["terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"],
    },
)
STEPS: Mapping[str, Step] = {
    "line_filter, DCLM": LineFilter.model_validate({"rules": DCLM}),
    "line_filter, C4": LineFilter.model_validate({"rules": C4}),
    "line_filter, repeats": LineFilter.model_validate({"rules": [{"rule": "repeats"}]}),
    "rewrite, urls dclm, newlines": RewriteText(urls="dclm", newlines=2),
    "rewrite, urls mended, newlines": RewriteText(urls="mended", newlines=2),
    "rewrite, all but urls": RewriteText(mojibake=True, normalize=True, unseen=True, citations=True, blanks=True),
    "count_words": CountWords(),
    "bad_words": BadWords(),
}


class NoAssets:
    """Steps of this bench need no files."""

    def path(self, place: str) -> Path:
        """Return the place itself."""
        return Path(place)

    def digest(self, place: str) -> str:
        """Return nothing that anybody asks for."""
        return place


def verb(step: Step) -> Callable[[pa.RecordBatch], object]:
    """Return what an opened step does with a batch."""
    opened = step.open(NoAssets())
    if isinstance(opened, Keeps):
        return opened.keep
    if isinstance(opened, Rewrites):
        return opened.text
    if isinstance(opened, Annotates):
        return opened.columns
    raise TypeError(f"{step.kind} has no verb for one batch")


def in_python(docs: pa.RecordBatch) -> object:
    """Split and join every text, which is the least that a chain in Python must do for each of its rules."""
    return ["\n".join(str(text).split("\n")) for text in docs["text"].to_pylist()]


def best(call: Callable[[pa.RecordBatch], object], docs: pa.RecordBatch) -> float:
    """Return the CPU seconds of the cheapest of some rounds; the first, which compiles, does not count."""
    call(docs)
    seconds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        call(docs)
        seconds.append(time.process_time() - begun)
    return min(seconds)


def main() -> None:
    """Print the speeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--text", default="text")
    options = parser.parse_args()
    opener = gzip.open if options.texts.suffix == ".gz" else open
    with opener(options.texts, "rt", encoding="utf-8") as rows:
        texts = [json.loads(row)[options.text] for row in rows]
    docs = pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.large_string())})
    size = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{len(texts):,} texts, {size:.1f} MB")
    for name, call in {
        "in Python, split and join": in_python,
        **{name: verb(step) for name, step in STEPS.items()},
    }.items():
        print(f"{name:32}{size / best(call, docs):8.0f} MB/s", flush=True)


if __name__ == "__main__":
    main()
