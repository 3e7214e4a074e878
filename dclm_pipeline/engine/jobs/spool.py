"""A spool: small batches kept on local disk until it is their turn to be written."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import pyarrow as pa


class Spool:
    """Batches in an Arrow file; written first, then read once."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._schema = schema
        self._file: pa.OSFile | None = None
        self._writer: pa.ipc.RecordBatchStreamWriter | None = None

    def __enter__(self) -> "Spool":
        """Begin the spool; the file is made with the first batch."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open."""
        self._close()

    def write(self, batch: pa.RecordBatch) -> None:
        """Keep a batch."""
        if batch.num_rows == 0:
            return
        if self._writer is None:
            self._file = pa.OSFile(str(self._path), "wb")
            self._writer = pa.ipc.new_stream(self._file, self._schema)
        self._writer.write_batch(batch)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield what was kept, in order."""
        if self._writer is None:
            return
        self._close()
        with pa.OSFile(str(self._path), "rb") as file:
            yield from pa.ipc.open_stream(file)

    def _close(self) -> None:
        if self._writer is not None and self._file is not None and not self._file.closed:
            self._writer.close()
            self._file.close()
