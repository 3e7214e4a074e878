"""Opening steps once, to find out whether that can be done: what is wrong is told with step, settings and places."""

from collections.abc import Sequence

from dclm_pipeline.engine.assets import PlannedAssets
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe.places import places_of
from dclm_pipeline.step import Step

# Of a step's places so many are named.
_MOST_NAMED = 4


def problems_of_opening(steps: Sequence[Step], assets: PlannedAssets) -> list[str]:
    """Open steps one after the other, keeping none; return what is wrong, each with its step, settings and places."""
    problems = []
    for step in steps:
        named = [f"{setting}: {place}" for setting, place in places_of(step)]
        more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
        where = f"{step.name or step.kind} ({', '.join(named[:_MOST_NAMED])}{more})"
        try:
            step.open(assets)
        except RecipeError as error:
            problems.append(f"{where}: {error}")
        except Exception as error:  # noqa: BLE001 - whatever a damaged file makes of a step, its name is what helps
            problems.append(
                f"{where}: cannot be opened: {type(error).__name__}: {error}; look whether the file is whole and of the "
                "sort that the step reads"
            )
    return problems
