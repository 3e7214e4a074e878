"""Rows with a text on their way to becoming documents: ids, addresses, dates, and the batch that they make.

Knows what a document of text has; not what file its row stood in.
"""

from typing import Any

import pyarrow as pa

from dclm_pipeline.ids import document_id
from dclm_pipeline.sources.addresses import read_address
from dclm_pipeline.sources.columns import Column, fits, read_date, readable


class NoDocumentError(Exception):
    """A row that is no document, for a reason; `detail` says more."""

    def __init__(self, reason: str, detail: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class TextBatch:
    """Documents of one shard, gathered until they are enough for a batch."""

    def __init__(self, source: str, schema: pa.Schema, columns: dict[str, Column], rows: int, size: int) -> None:
        """Gather at most `rows` documents, of about `size` bytes."""
        self._source = source
        self._schema = schema
        self._columns = columns
        self._rows, self._size = max(1, rows), size
        self._values: dict[str, list[Any]] = {name: [] for name in schema.names}
        self._bytes = 0

    def __len__(self) -> int:
        """Return how many documents have been gathered."""
        return len(self._values["id"])

    @property
    def full(self) -> bool:
        """Tell whether it is time to take the batch."""
        return len(self) >= self._rows or self._bytes >= self._size

    def add(self, place: str, offset: int, row: dict[str, Any], more: dict[str, Any]) -> None:
        """Add a document; `row` has its text, url, date and record_id as they were found, `more` its further columns."""
        self.add_known({"id": document_id(self._source, place), "source": self._source, "offset": offset} | row, more)

    def add_known(self, row: dict[str, Any], more: dict[str, Any]) -> None:
        """Add a document whose `row` says who it is and where it comes from, too."""
        text = row.get("text")
        if text is None:
            raise NoDocumentError("no text")
        if not isinstance(text, str):
            raise NoDocumentError("text is no string", type(text).__name__)
        further = {}
        for name, column in self._columns.items():
            try:
                further[name] = fits(more.get(name), column.type)
            except ValueError as error:
                raise NoDocumentError(f"column {name}", str(error)) from error
        written = row.get("url")
        address = read_address(written) if isinstance(written, str) and written else None
        record = row.get("record_id")
        values = {
            "id": row["id"],
            "record_id": None if record is None else readable(str(record)),
            "source": row["source"],
            "offset": row["offset"],
            "url": None if address is None else readable(address.url) or None,
            "site": None if address is None else readable(address.site) or None,
            "date": read_date(row.get("date")),
            "text": readable(text),
        }
        for name, value in (values | further).items():
            self._values[name].append(value)
        self._bytes += len(text)

    def take(self) -> pa.RecordBatch:
        """Return the documents as a batch, and begin another."""
        arrays = [pa.array(self._values[field.name], field.type) for field in self._schema]
        self._values = {name: [] for name in self._schema.names}
        self._bytes = 0
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)
