"""From a row of a training set to the pages that its tokens are of.

A row names its documents by their ids; the pools of texts that the set was made from say where each document was found.
The manifest knows what those pools are, by the digests of their shards; where they lie is told by the caller, or by the
story of the run that made the set.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dclm_pipeline.engine.looking import find_row
from dclm_pipeline.engine.opening_pools import whole_pool
from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.pools.manifest import Manifest
from dclm_pipeline.pools.reading import read_shard
from dclm_pipeline.storage import Storage, open_storage


@dataclass(frozen=True)
class Piece:
    """So many tokens of a row, from `start` on: those of a document behind its first `offset`; and its page."""

    document: bytes
    start: int
    tokens: int
    offset: int
    page: dict[str, Any]


def is_packed(manifest: Manifest) -> bool:
    """Tell whether a pool holds rows of a training set."""
    return {"tokens", "doc_ids", "starts", "offsets"} <= {name for name, _ in manifest.columns}


def find_pages(place: str, prefix: str, source: str = "") -> list[Piece] | None:
    """Return what a row is made of, by its id or the beginning of it; nothing where there is no such row.

    `source` is the place that the training set was made from, by default the one that its last run names.
    """
    storage, manifest = whole_pool(place)
    if not is_packed(manifest):
        raise RecipeError(f"{place}: holds documents, not rows of a training set, which lead to several")
    row = find_row(storage, manifest, prefix)
    if row is None:
        return None
    texts = open_storage(source or _place_of_source(storage, manifest))
    # What lies behind the tokens that count, beyond a budget, is of no page that anything is trained on.
    ends = [min(end, row["token_count"]) for end in (*row["starts"][1:], row["token_count"])]
    parts = zip(row["doc_ids"], row["starts"], ends, row["offsets"], strict=True)
    counting = [part for part in parts if part[1] < part[2]]
    wanted = [document for document, *_ in counting]
    pages = _pages(texts, manifest, set(wanted))
    missing = [document.hex() for document in wanted if document not in pages]
    if missing:
        raise IntegrityError(
            f"{texts.url}: does not hold the documents {', '.join(missing[:3])}, which the row is made of: it is not what "
            "the training set was made from, or has been changed since"
        )
    return [Piece(document, start, end - start, offset, pages[document]) for document, start, end, offset in counting]


def _pages(texts: Storage, manifest: Manifest, wanted: set[bytes]) -> dict[bytes, dict[str, Any]]:
    """Return documents by their ids, of the shards that a training set was made from."""
    found: dict[bytes, dict[str, Any]] = {}
    for name in dict.fromkeys(facts.name for facts in manifest.inputs):
        places = list(_places(texts, name, wanted - set(found)))
        if places:
            found |= {row["id"]: row for row in _rows_at(texts, name, places)}
        if wanted <= set(found):
            break
    return found


def _places(texts: Storage, name: str, wanted: set[bytes]) -> Iterator[int]:
    place = 0
    for batch in read_shard(texts, name, columns=["id"], rows=65_536):
        for offset, one in enumerate(batch["id"].to_pylist()):
            if one in wanted:
                yield place + offset
        place += batch.num_rows


def _rows_at(texts: Storage, name: str, places: Sequence[int]) -> Iterator[dict[str, Any]]:
    start = 0
    for batch in read_shard(texts, name):
        here = [place - start for place in places if start <= place < start + batch.num_rows]
        yield from batch.take(here).to_pylist() if here else ()
        start += batch.num_rows


def _place_of_source(storage: Storage, manifest: Manifest) -> str:
    """Return the place that the last whole run of a training set read from."""
    stories = sorted(
        (entry.path for entry in storage.entries("runs/") if entry.path.endswith("/run.json")), reverse=True
    )
    for path in stories:
        try:
            story = json.loads(storage.read(path))
            if story["outcome"] == "whole":
                return str(story["places"]["source"])
        except (ValueError, KeyError, TypeError):
            continue  # a story is never an input: what one does not tell, another may
    raise RecipeError(
        f"{storage.url}: no run in runs/ says where {manifest.recipe['name']} was made from; give that place as --source"
    )
