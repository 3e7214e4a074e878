"""The columns that documents have, and how columns are named, joined and told apart.

Knows names and types; not who writes a column.
"""

import pyarrow as pa

from dclm_pipeline.arrow import Field, schema_of
from dclm_pipeline.ids import ID

DATE = pa.timestamp("s", "UTC")

# Who a document is, and where it comes from; `record_id` is the id that it has elsewhere.
_ORIGIN: tuple[Field, ...] = (
    pa.field("id", ID, nullable=False),
    pa.field("record_id", pa.string()),
    pa.field("source", pa.string()),
    pa.field("offset", pa.int64()),
    pa.field("url", pa.string()),
    pa.field("site", pa.string()),
    pa.field("date", DATE),
)

# What a source of web pages hands over. `http_rights` is what
# the HTTP head says of the use of a page, a line a field; `body` is the page as bytes, its encodings undone.
PAGE = schema_of(
    *_ORIGIN,
    pa.field("content_type", pa.string()),
    pa.field("http_charset", pa.string()),
    pa.field("truncated", pa.string()),
    pa.field("http_rights", pa.string()),
    pa.field("body", pa.large_binary()),
)

# What a source of texts hands over.
TEXT = schema_of(*_ORIGIN, pa.field("text", pa.large_string()))

# Material that later steps read and no pool keeps unless its recipe names it.
WORKING = frozenset({"body", "content_type", "http_charset", "http_rights", "html"})

# The known columns in the order in which a pool shows them; others follow in the order in which steps write them.
POOL_ORDER = (
    "id",
    "record_id",
    "source",
    "offset",
    "url",
    "site",
    "date",
    "html",
    "charset",
    "charset_by",
    "truncated",
    "text",
    "title",
    "page_language",
    "language",
    "language_score",
    "word_count",
    "quality",
    "cluster",
    "cluster_size",
)

REJECT = schema_of(
    pa.field("id", ID),  # null: a record so broken that it is no document
    pa.field("source", pa.string()),
    pa.field("offset", pa.int64()),
    pa.field("url", pa.string()),
    pa.field("step", pa.string(), nullable=False),
    pa.field("outcome", pa.string(), nullable=False),  # failed | dropped
    pa.field("reason", pa.string(), nullable=False),
    pa.field("detail", pa.string()),
    pa.field("text", pa.large_string()),
)


# Marks in a field's metadata that the writer of shards obeys: the values lie in the file as they are (`none`) or
# compressed (`zstd`), without dictionary or statistics and a page a row group; a row group closes at so many rows.
STORED, GROUP_ROWS = b"stored", b"group_rows"


def with_columns(schema: pa.Schema, added: pa.Schema) -> pa.Schema:
    """Return `schema` with the fields of `added` replacing those of the same name, new ones at the end."""
    for field in added:
        place = schema.get_field_index(field.name)
        schema = schema.append(field) if place < 0 else schema.set(place, field)
    return schema


def without(schema: pa.Schema, names: frozenset[str]) -> pa.Schema:
    """Return `schema` less the named fields."""
    return pa.schema([field for field in schema if field.name not in names])


def in_pool_order(schema: pa.Schema) -> pa.Schema:
    """Return the fields as a pool shows them: the known ones first, in `POOL_ORDER`."""
    known = [schema.field(name) for name in POOL_ORDER if name in schema.names]
    return pa.schema(known + [field for field in schema if field.name not in POOL_ORDER])


def is_number(field: Field) -> bool:
    """Tell whether a column holds numbers: what `signals/` keeps of every document."""
    kind = field.type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))
