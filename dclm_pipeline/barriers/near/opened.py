"""Near deduplication at work: which round does what, and what comes of it."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, from_numpy
from dclm_pipeline.barriers.near import audit, bands, labels, older, sets, stars
from dclm_pipeline.barriers.near.rows import chosen
from dclm_pipeline.barriers.near.schemas import Round
from dclm_pipeline.barriers.near.settings import NearSettings
from dclm_pipeline.barriers.telling import BRIDGE, IN_OLDER
from dclm_pipeline.step import Batch, Columns


class NearDuplicates:
    """What hears and finds; knows its settings and nothing else."""

    def __init__(self, settings: NearSettings, pools: Sequence[str] = ()) -> None:
        self._settings = settings
        self._pools = pools  # the digests of older ones
        self._rounds = settings.plan()

    def evidence(self, docs: Batch, round: int, found: Batch | None) -> Batch:
        """Return what a round wants to know of documents."""
        if self._rounds[round] == Round.BANDS or found is None:
            return bands.evidence(self._settings, docs)
        if self._rounds[round] == Round.SETS:
            return sets.evidence(self._settings, docs, found)
        if self._rounds[round] == Round.STARS:
            return stars.evidence(found)
        return audit.evidence(self._settings, docs, found)

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

    def remembered(self, docs: Batch, table: str, found: Batch) -> Batch:
        """Return bands and signatures of documents, and who joined whom."""
        runs, present = bands.runs_of(self._settings, docs["text"])
        return older.remembered(self._settings, docs, table, found, runs, present)

    def recalled(self, kept: Batch, pool: int, round: int) -> Batch:
        """Return bands or signatures that an older pool has kept."""
        if self._rounds[round] == Round.BANDS:
            return older.recalled_bands(self._settings, kept, pool)
        return older.recalled_signatures(kept, pool)

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
        if keep.all():
            return Columns(arrays)
        remarks = audit.details(docs, found, self._pools)
        return Columns(arrays, reasons=_reasons(found, alike) if self._pools else None, remarks=remarks)


def _reasons(found: Batch, places: NDArray[np.int64]) -> Array:
    """Return why documents go that are like one of an older pool; nothing for others."""
    why = pc.if_else(found["bridge"].fill_null(False), BRIDGE, IN_OLDER)
    why = pc.if_else(found["pool"].is_valid(), why, pa.scalar(None, pa.string()))
    return chosen(why, places, places >= 0)
