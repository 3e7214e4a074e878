"""The most frequent of very many values, in bounded memory.

So many values are kept at most; when there are more, all counts lose what the first one too many has (Misra and Gries
1982; Agarwal et al. 2012 for joined counts). A count is too small by at most its share of all, so whatever makes up a
share well above one in `most` is found, and next to exactly counted.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dclm_pipeline.arrow import Array, from_numpy

MOST = 1 << 16


class Frequent:
    """Counts of texts; `total` is how many were counted, those among them that were forgotten too."""

    def __init__(self, most: int = MOST) -> None:
        """Keep so many values."""
        self.total = 0
        self._most = most
        self._tables = [pa.table({"value": pa.array([], pa.large_string()), "count": pa.array([], pa.int64())})]
        self._rows = 0

    def add(self, values: Array, total: int) -> None:
        """Count texts; `total` is how many there were before those that cannot matter were left out."""
        counted = pc.value_counts(values.cast(pa.large_string()))
        self.add_counts(counted.field("values"), counted.field("counts"), total)

    def add_counts(self, values: Array, counts: Array, total: int) -> None:
        """Count texts that somebody has counted, each once."""
        self.total += total
        self._tables.append(pa.table({"value": values, "count": counts.cast(pa.int64())}))
        self._rows += len(values)
        if self._rows > self._most:
            self._tables = [self._joined()]
            self._rows = 0

    def ranking(self, least: float) -> list[tuple[str, int]]:
        """Return the texts that were counted so often, the most frequent first, of equal ones the smaller."""
        table = self._joined()
        counts = np.asarray(table["count"].combine_chunks().to_numpy(zero_copy_only=False), np.int64)
        often = counts >= least
        values = table["value"].combine_chunks().filter(from_numpy(often)).to_pylist()
        pairs = zip(map(str, values), counts[often].tolist(), strict=True)
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))

    def _joined(self) -> pa.Table:
        """Return each text once, and as many as are kept."""
        table = pa.concat_tables(self._tables).group_by("value", use_threads=False).aggregate([("count", "sum")])
        counts = np.asarray(table["count_sum"].combine_chunks().to_numpy(zero_copy_only=False), np.int64)
        if len(counts) > self._most:
            counts = counts - np.partition(counts, len(counts) - self._most - 1)[len(counts) - self._most - 1]
        kept = counts > 0
        values = table["value"].combine_chunks().filter(from_numpy(kept))
        return pa.table({"value": values, "count": from_numpy(counts[kept])})
