"""Labelled texts: JSON lines or Parquet with a text and a label, from people or from a training's held-out part."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array
from dclm_pipeline.classifier.reading import failure
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.pools.manifest import refuse_pool
from dclm_pipeline.sources import Reject, Source
from dclm_pipeline.sources.columns import Column, Type
from dclm_pipeline.sources.jsonl import Jsonl
from dclm_pipeline.sources.tables import Parquet
from dclm_pipeline.storage import open_storage
from dclm_pipeline.storage.paths import last_name

_TYPES: tuple[Type, ...] = ("string", "int", "bool", "float")
# What people write for a good text, and for another.
_GOOD = frozenset({"1", "1.0", "true", "hq", "good", "positive", "high", "yes", "keep"})
_BAD = frozenset({"0", "0.0", "false", "cc", "lq", "bad", "negative", "low", "no", "drop"})
_MOST_SHOWN = 10


@dataclass(frozen=True)
class Fields:
    """Where in a row the text, the label, the group and the address stand; `good` is the label of good texts."""

    text: str = "text"
    label: str = "label"
    group: str = "group"
    url: str = "url"
    good: tuple[str, ...] = ()


@dataclass(frozen=True)
class Labelled:
    """Texts with whether each is good: columns `text`, `group` (the file, where nothing else is said), `site`, `url`."""

    table: pa.Table
    good: NDArray[np.bool_]
    unlabelled: int
    failed: int


def read_labelled(places: Sequence[str], fields: Fields) -> Labelled:
    """Read all labelled texts of some files or folders into memory; those without a label are counted and left out."""
    tables: list[pa.Table] = []
    unlabelled = failed = 0
    for place in places:
        table, without, own = _read(place, fields)
        tables.append(table)
        unlabelled += without
        failed += own
    labelled = pa.concat_tables(tables)
    if labelled.num_rows == 0:
        raise RecipeError(
            f"{', '.join(places)}: no text has a label in the field {fields.label!r}; name it with --label"
        )
    good = _good([str(label) for label in labelled["label"].to_pylist()], fields)
    return Labelled(labelled, good, unlabelled, failed)


def _read(place: str, fields: Fields) -> tuple[pa.Table, int, int]:
    """Read one place: what has a label, how many texts have none, how many failed; labels come out as texts."""
    storage = open_storage(place)
    names = [entry.path for entry in storage.entries()]
    if not names:
        raise RecipeError(f"{place}: there is nothing to read; name files or a folder of JSON lines or Parquet")
    refuse_pool(storage, place)
    parquet = any(name.lower().endswith(".parquet") for name in names)
    mistyped = ""
    for kind in _TYPES:
        columns = {"label": Column(type=kind, path=fields.label), "group": Column(path=fields.group)}
        given = {"text": fields.text, "url": fields.url, "split": None}
        if parquet:
            there = _columns_there(place, names, fields)
            columns = {name: column for name, column in columns.items() if column.path in there}
            if "label" not in columns:
                raise RecipeError(
                    f"{place}: has no column {fields.label!r}; its columns are {', '.join(there)}: name one with --label"
                )
        source: Source = (Parquet if parquet else Jsonl).model_validate(given | {"columns": columns})
        batches, unlabelled, failed, first, mistyped = [], 0, 0, "", ""
        for shard in source.shards(storage):
            reading = source.read(storage, shard, 1024, 8 * 2**20)
            for item in reading:
                if not isinstance(item, Reject):
                    rows = _row_of(item, place)
                    batches.append(rows.filter(pc.is_valid(rows["label"])) if rows["label"].null_count else rows)
                    unlabelled += rows.num_rows - batches[-1].num_rows
                elif item.reason == "column group":
                    raise RecipeError(
                        f"{place}: the field {fields.group!r} of groups holds something that is no text ({item.detail}, "
                        f"{reading.place}); name another with --group"
                    )
                elif item.reason == "column label":
                    mistyped = failure(item, reading.place)
                    break
                else:
                    failed += 1
                    first = first or failure(item, reading.place)
            if mistyped:
                break
        if not mistyped:
            if not batches:
                found = f" ({first})" if first else ""
                raise RecipeError(
                    f"{place}: holds no text in the field {fields.text!r} of JSON lines or Parquet{found}; name it with "
                    "--text"
                )
            return (
                pa.Table.from_batches([rows for rows in batches if rows.num_rows], batches[0].schema),
                unlabelled,
                failed,
            )
    raise RecipeError(
        f"{place}: labels in the field {fields.label!r} are neither texts nor numbers, or mixed ({mistyped}); give one sort"
    )


def _columns_there(place: str, names: Sequence[str], fields: Fields) -> list[str]:
    import pyarrow.parquet as pq

    storage = open_storage(place)
    first = next(name for name in names if name.lower().endswith(".parquet"))
    with storage.open(first) as file:
        try:
            return list(pq.ParquetFile(file).schema_arrow.names)
        except (pa.ArrowException, OSError) as error:
            raise RecipeError(f"{place}: {first} is damaged, or no Parquet file: {error}") from error


def _row_of(docs: pa.RecordBatch, place: str) -> pa.RecordBatch:
    name = last_name(place)
    group: Array = docs["group"] if "group" in docs.schema.names else pa.array([None] * docs.num_rows, pa.string())
    return pa.RecordBatch.from_arrays(
        [
            docs["text"],
            docs["label"].cast(pa.string()),
            group.fill_null(name),
            docs["site"],
            docs["url"],
        ],
        names=["text", "label", "group", "site", "url"],
    )


def _good(labels: Sequence[str], fields: Fields) -> NDArray[np.bool_]:
    known = {label.lower() for label in labels}
    if fields.good:
        wanted = {label.lower() for label in fields.good}
        missing = sorted(wanted - known)
        if missing:
            raise RecipeError(
                f"no text has the label {missing[0]!r}; labels are {', '.join(sorted(known)[:_MOST_SHOWN])}"
            )
    elif known <= _GOOD | _BAD:
        wanted = set(_GOOD)
    else:
        raise RecipeError(
            f"which labels are those of good texts? They are {', '.join(sorted(known)[:_MOST_SHOWN])}; say with --good"
        )
    return np.array([label.lower() in wanted for label in labels], np.bool_)
