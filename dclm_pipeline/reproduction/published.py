"""The columns of published data sets, and reading them: JSON lines or Parquet, as their publishers hand them out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow.parquet as pq

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.pools.manifest import refuse_pool
from dclm_pipeline.sources import Source
from dclm_pipeline.sources.columns import Column
from dclm_pipeline.sources.jsonl import Jsonl
from dclm_pipeline.sources.lines import Lines, codec_of_lines
from dclm_pipeline.sources.tables import Parquet
from dclm_pipeline.sources.window import Window
from dclm_pipeline.storage import open_storage

_MOST_LINE = 64 * 2**20


@dataclass(frozen=True)
class RowLayout:
    """Where a published row has its text, address, WARC record id and score; empty: nowhere."""

    name: str
    text: str
    url: str
    record_id: str = ""
    score: str = ""
    marks: tuple[str, ...] = ()


# Each is known by the columns that nobody else has.
LAYOUTS = (
    RowLayout(
        "dclm-baseline",
        "text",
        "url",
        "metadata.WARC-Record-ID",
        "fasttext_openhermes_reddit_eli5_vs_rw_v2_bigram_200k_train_prob",
        ("bff_contained_ngram_count_before_dedupe",),
    ),
    RowLayout("refinedweb", "content", "url", marks=("content", "segment")),
    RowLayout("fineweb-edu", "text", "url", "id", "score", ("file_path", "int_score")),
    RowLayout("fineweb", "text", "url", "id", marks=("file_path", "dump")),
)
PLAIN = RowLayout("plain", "text", "url", "record_id", "quality")


@dataclass(frozen=True)
class Published:
    """A place with published rows, the source that reads it, and how its rows are laid out."""

    place: str
    source: Source
    layout: RowLayout


def published_at(place: str, wanted: str = "", score: str = "") -> Published:
    """Find out how the rows at a place are laid out; `wanted` says it by name, `score` names another column."""
    storage = open_storage(place)
    refuse_pool(storage, place)
    parquet = any(entry.path.lower().endswith(".parquet") for entry in storage.entries())
    kind: type[Parquet | Jsonl] = Parquet if parquet else Jsonl
    # Folders of the hub hold pages and settings beside what is published.
    first = next((shard.name for shard in kind(split=None).shards(storage)), None)
    if first is None:
        raise RecipeError(f"{place}: there is nothing to read; name files or a folder of JSON lines or Parquet")
    with storage.open(first) as file:
        if parquet:
            there: Sequence[str] = pq.ParquetFile(file).schema_arrow.names
        else:
            window = Window(file, 0, None)
            there = _keys_of_first(Lines(window, codec_of_lines(window), 0, None, _MOST_LINE), f"{place}: {first}")
    layout = _layout(there, wanted)
    if score:
        layout = replace(layout, score=score)
    if layout.score and layout.score.partition(".")[0] not in there and layout.score not in there:
        if score:
            raise RecipeError(f"{place}: has no column {score!r}; its columns are {', '.join(there)}")
        layout = replace(layout, score="")
    fields = {"text": layout.text, "url": layout.url, "record_id": layout.record_id, "date": ""}
    columns = {"score": Column(type="float", path=layout.score)} if layout.score else {}
    return Published(place, kind.model_validate({**fields, "columns": columns, "split": None}), layout)


def _layout(there: Sequence[str], wanted: str) -> RowLayout:
    known = {layout.name: layout for layout in (*LAYOUTS, PLAIN)}
    if wanted:
        return known[wanted]
    for layout in LAYOUTS:
        if set(layout.marks) <= set(there):
            return layout
    return PLAIN


def _keys_of_first(lines: Lines, name: str) -> list[str]:
    for _, line in lines:
        if isinstance(line, str) or not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise RecipeError(f"{name}: its first line is no JSON ({error}); give JSON lines or Parquet") from error
        if isinstance(row, dict):
            return list(row)
        raise RecipeError(f"{name}: its first line is no JSON object; give one object a line")
    raise RecipeError(f"{name}: holds no line; give JSON lines or Parquet")
