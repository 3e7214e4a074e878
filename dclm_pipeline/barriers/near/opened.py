"""Near deduplication at work: which round does what, and what comes of it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from dclm_pipeline.arrow import Array, from_numpy
from dclm_pipeline.barriers.near import audit, bands, labels, sets, stars
from dclm_pipeline.barriers.near.rows import chosen
from dclm_pipeline.barriers.near.schemas import Round
from dclm_pipeline.step import Batch, Columns

if TYPE_CHECKING:
    from dclm_pipeline.barriers.minhash_dedup import MinhashDedup


class NearDuplicates:
    """What hears and finds; knows its settings and nothing else."""

    def __init__(self, settings: "MinhashDedup") -> None:
        self._settings = settings
        self._rounds = settings.plan()

    def evidence(self, docs: Batch, round: int, found: Batch | None) -> Batch:
        """Return what a round wants to know of documents."""
        if self._rounds[round] == Round.BANDS or found is None:
            return bands.evidence(self._settings, docs)
        if self._rounds[round] == Round.SETS:
            return sets.evidence(self._settings, docs, found)
        if self._rounds[round] == Round.STARS:
            return stars.evidence(found)
        return audit.evidence(docs, found)

    def findings(self, rows: Iterator[Batch], round: int) -> Iterator[Batch]:
        """Return what a round finds."""
        if self._rounds[round] == Round.BANDS:
            return bands.findings(self._settings, rows)
        if self._rounds[round] == Round.SETS:
            return sets.findings(self._settings, rows)
        if self._rounds[round] == Round.STARS:
            return stars.findings(self._settings, rows)
        return audit.findings(self._settings, rows)

    def settle(self, rows: Iterator[Batch], round: int) -> Iterator[Batch]:
        """Go on with what a round has handed on: edges, documents to be decided on, sums."""
        if self._rounds[round] == Round.STARS:
            return stars.findings(self._settings, rows)
        if self._rounds[round] == Round.AUDIT:
            return audit.settle(self._settings, rows)
        return labels.settle(rows)

    def columns(self, docs: Batch, found: Batch) -> Columns:
        """Drop what joined another document; of a document that no other is like the cluster is itself."""
        keep, sizes = np.ones(docs.num_rows, np.bool_), np.ones(docs.num_rows, np.int64)
        rows = found["row"].to_numpy()
        keep[rows] = found["keep"].to_numpy(zero_copy_only=False)
        sizes[rows] = found["cluster_size"].to_numpy()
        places = np.arange(docs.num_rows)
        places[rows] = docs.num_rows + np.arange(found.num_rows)
        clusters: Array = pa.concat_arrays([docs["id"], found["cluster"].cast(docs["id"].type)])
        alike = np.full(docs.num_rows, -1, np.int64)
        alike[rows] = np.arange(found.num_rows)
        known = np.asarray(docs["text"].is_valid())
        arrays = {
            "keep": from_numpy(keep),
            "cluster": chosen(clusters, places, known),
            "cluster_size": chosen(from_numpy(sizes), np.arange(docs.num_rows), known),
            "cluster_similarity": chosen(found["similarity"], alike, alike >= 0),
        }
        return Columns(arrays, remarks=None if keep.all() else audit.details(docs, found))
