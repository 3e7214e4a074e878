"""The two sides of a comparison on their way: rows on local disk, and of each row in memory only who it is.

32 bytes a document stay in memory: two hashes, of its record id (or address) and of its address.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, nulls, schema_of
from dclm_pipeline.kernels.hashing import hash_rows
from dclm_pipeline.kernels.strings import valid_rows, views

ROWS = schema_of(
    pa.field("url", pa.string()),
    pa.field("record_id", pa.string()),
    pa.field("score", pa.float64()),
    pa.field("text", pa.large_string()),
)
Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class Side:
    """Rows in a file, and the keys of each: two halves of a hash, zeros where it has none."""

    path: Path
    rows: int
    urls: Keys
    records: Keys
    scored: int

    def keys(self, by: str) -> Keys:
        """Return the keys by record id or by address."""
        return self.records if by == "record_id" else self.urls


def store(path: Path, batches: Iterable[pa.RecordBatch]) -> Side:
    """Write rows to a file; return what is known of them."""
    urls: list[Keys] = [np.empty((0, 2), np.uint64)]
    records: list[Keys] = [np.empty((0, 2), np.uint64)]
    scored = 0
    with ExitStack() as stack:
        sink = stack.enter_context(pa.OSFile(str(path), "wb"))
        writer = stack.enter_context(pa.ipc.new_file(sink, ROWS))
        for docs in batches:
            rows = _rows(docs)
            writer.write_batch(rows)
            urls.append(hashed(rows["url"]))
            records.append(hashed(_plain_ids(rows["record_id"])))
            scored += rows.num_rows - rows["score"].null_count
    joined = np.concatenate(urls)
    return Side(path, len(joined), joined, np.concatenate(records), scored)


def hashed(texts: Array) -> Keys:
    """Return the hash of each text as two halves; zeros for null and for an empty one."""
    large = texts.cast(pa.large_string())
    keys = np.stack(hash_rows(*views(large)), 1)
    keys[~valid_rows(large) | (np.diff(views(large)[0]) == 0)] = 0
    return keys


def _plain_ids(ids: Array) -> Array:
    """Return record ids without what some writers put around them."""
    return pc.utf8_lower(pc.replace_substring_regex(ids.cast(pa.large_string()), r"^<?(urn:uuid:)?([^<>]*)>?$", r"\2"))


def _rows(docs: pa.RecordBatch) -> pa.RecordBatch:
    arrays = [
        docs[field.name].cast(field.type) if field.name in docs.schema.names else nulls(docs.num_rows, field.type)
        for field in ROWS
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=ROWS)
