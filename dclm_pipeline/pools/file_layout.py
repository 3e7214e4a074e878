"""How the columns of a shard lie in its file: what a field's metadata says of it, and what else is usual.

Most columns are compressed, with a dictionary and statistics. Those of files that only pass from one task to the next
are compressed in a hurry and have neither, except the statistics by which readers pass over what they do not want; what
is not to be compressed in the end is not on the way. A column marked with `STORED` is neither indexed nor cut into
pages, so that its values lie behind each other and can be mapped into memory. Knows nothing of what they mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pyarrow as pa

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.schema import GROUP_ROWS, STORED

# Columns by whose least and greatest values in a row group readers choose among row groups.
_LOOKED_UP = frozenset({"shard"})
# A row group that closes by rows may have any number of bytes.
MOST_BYTES = 2**62
# Above what a row group holds: pages end with it.
_ONE_PAGE = 2**31 - 1
Way: TypeAlias = Literal["gzip", "brotli", "lz4", "zstd", "snappy", "none"]  # as the stubs have it


@dataclass(frozen=True)
class FileLayout:
    """What a Parquet writer is told of columns."""

    compression: Way | dict[str, Way]
    indexed: bool | list[str]  # has a dictionary
    page_bytes: int | None
    told: bool | list[str]  # has statistics
    page_rows: int | None = None
    passing: bool = False

    def levels(self, level: int) -> int | dict[str, int] | None:
        """Return the level for what is compressed."""
        if self.passing:
            return None
        if isinstance(self.compression, str):
            return level
        return {name: level for name, way in self.compression.items() if way != "none"}


def layout_of(schema: pa.Schema) -> FileLayout:
    """Return how the columns of a schema are to lie."""
    marked = {
        field.name: _way(field.name, field.metadata) for field in schema if field.metadata and STORED in field.metadata
    }
    if not marked:
        return FileLayout("zstd", True, None, told=True)
    paths = {field.name: _leaves(field.name, field.type) for field in schema}
    compression: dict[str, Way] = {path: marked.get(name, "zstd") for name, inner in paths.items() for path in inner}
    indexed = [path for name, inner in paths.items() if name not in marked for path in inner]
    # Beyond 20,000 rows some versions of pyarrow begin another page, whatever its size, and rows could not be mapped.
    page_rows = _ONE_PAGE if wished_rows(schema) and "none" in marked.values() else None
    return FileLayout(compression, indexed, _ONE_PAGE, told=indexed, page_rows=page_rows)


def passing_layout(schema: pa.Schema) -> FileLayout:
    """Return how the columns of a file lie that is read once or twice, and then deleted."""
    looked_up = [name for name in schema.names if name in _LOOKED_UP]
    plain = [field.name for field in schema if field.metadata and field.metadata.get(STORED) == b"none"]
    compression: Way | dict[str, Way] = "lz4"
    if plain:
        paths = {field.name: _leaves(field.name, field.type) for field in schema}
        compression = {path: "none" if name in plain else "lz4" for name, inner in paths.items() for path in inner}
    return FileLayout(compression, indexed=False, page_bytes=None, told=looked_up or False, passing=True)


def loose_columns(schema: pa.Schema) -> frozenset[str]:
    """Return the flat columns of which a writer makes the same bytes in whatever pieces they come."""
    marked = (field for field in schema if field.metadata is not None and STORED in field.metadata)
    return frozenset(field.name for field in marked if not pa.types.is_nested(field.type))


def wished_rows(schema: pa.Schema) -> int:
    """Return at how many rows a row group closes, where a field says so; 0 where none does."""
    for field in schema:
        if field.metadata is not None and GROUP_ROWS in field.metadata:
            return int(field.metadata[GROUP_ROWS])
    return 0


def _way(name: str, metadata: Mapping[bytes, bytes]) -> Way:
    way = metadata[STORED].decode()
    if way == "none":
        return "none"
    if way == "zstd":
        return "zstd"
    raise RecipeError(f"column {name!r}: is marked to be stored as {way!r}; it can be none or zstd")


def _leaves(path: str, kind: pa.DataType) -> list[str]:
    """Return what Parquet calls the columns of values within a column."""
    if pa.types.is_struct(kind):
        return [leaf for field in kind.fields for leaf in _leaves(f"{path}.{field.name}", field.type)]
    if pa.types.is_map(kind):
        inner = (("key", kind.key_type), ("value", kind.item_type))
        return [leaf for name, type_ in inner for leaf in _leaves(f"{path}.key_value.{name}", type_)]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _leaves(f"{path}.list.element", kind.value_type)
    return [path]
