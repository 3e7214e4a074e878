"""Opening the steps that name files once, before any task begins: what is wrong is told at once, and nothing has run.

That is done in a child of the nursery: models of gigabytes, and what a damaged one does to the process that reads it, are
not the driver's. Costs what opening costs, and a nursery, which a run in this process then has. What is neither on this
machine nor to be had without fetching cannot be looked at here; of older pools, whose files may be large and far away,
only manifests are.
"""

import signal
from collections.abc import Sequence

from dclm_pipeline.engine.ahead import kernels_of
from dclm_pipeline.engine.assets import FetchedAssets, PlannedAssets
from dclm_pipeline.engine.nurseries import Nurseries
from dclm_pipeline.engine.opening_steps import problems_of_opening
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe.places import places_of
from dclm_pipeline.recipe.shipping import pack
from dclm_pipeline.remembering import OF_POOL
from dclm_pipeline.step import Step


def rehearse(steps: Sequence[Step], assets: FetchedAssets, *, guard: bool = True) -> list[str]:
    """Refuse steps whose files and models cannot be opened; return the settings whose assets are not here to be opened.

    Without `guard` they are opened in this process, where a debugger sees them.
    """
    assets.look_at(steps)
    naming = [step for step in steps if any(not place.startswith(OF_POOL) for _, place in places_of(step))]
    absent = assets.absent(naming)
    ready = [step for step in naming if not assets.absent([step])]
    if ready:
        planned = assets.needed_by(ready).at_hand()
        problems = _elsewhere(ready, planned) if guard else problems_of_opening(ready, planned)
        if problems:
            raise RecipeError("\n".join(problems))
    return absent


def _elsewhere(steps: Sequence[Step], assets: PlannedAssets) -> list[str]:
    nurseries = Nurseries()
    try:
        problems, code, last = nurseries.living().rehearse(pack(steps), assets, kernels_of(steps))
    finally:
        nurseries.close()
    if code == 0:
        return problems
    names = ", ".join(step.name or step.kind for step in steps)
    why = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
    return [
        f"{names}: the process that opened them {why} ({last or 'and said nothing'}); leave steps out to find which"
    ]
