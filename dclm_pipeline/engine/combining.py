"""Evidence that is counts, on its way: what can be added is added before it is stored, and again before it is looked at.

Rows come out in the order of all their columns, so that the same counts are the same bytes, however they were added.
"""

from collections.abc import Callable

import pyarrow as pa

from dclm_pipeline.arrow import one_batch
from dclm_pipeline.engine.assets import PlannedAssets
from dclm_pipeline.engine.gathered import ORDER
from dclm_pipeline.engine.steps.contract import ContractError
from dclm_pipeline.step import Barrier, Batch, Combines, Opened, Step


def combining(step: Step, round: int, assets: PlannedAssets) -> Callable[[pa.Table], Batch] | None:
    """Return what combines the evidence of a round; nothing where it is about documents."""
    if not isinstance(step, Barrier) or not step.combines(round):
        return None
    return combined_by(step, step.open(assets.at_hand()))


def combined_by(barrier: Barrier, opened: Opened) -> Callable[[pa.Table], Batch]:
    """Return what combines rows and puts them in order, by the verb of what a barrier opened."""
    if not isinstance(opened, Combines):
        raise ContractError(f"{barrier.name}: says that evidence is combined, and what it opened has no `combine`")
    combine = opened.combine

    def combined(rows: pa.Table) -> Batch:
        given = combine(one_batch(rows))
        if given.schema.names != rows.schema.names or given.schema.types != rows.schema.types or not given.num_rows:
            raise ContractError(
                f"{barrier.name}: combined rows of {rows.schema.names} to {given.num_rows} of {given.schema.names}; "
                "the columns and their types must stay, and some row"
            )
        names = [name for name in ("hash", ORDER) if name in given.schema.names]
        names += [name for name in given.schema.names if name not in names]
        return one_batch(pa.Table.from_batches([given]).sort_by([(name, "ascending") for name in names]))

    return combined
