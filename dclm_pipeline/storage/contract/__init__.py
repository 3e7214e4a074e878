"""What every storage promises, in one place: tried by the tests on each kind, and by `dclm storage-check` on any place.

A promise is a function that asks a storage and looks at the answers. Where writing is allowed, each is tried in a
folder of its own, which is removed at the end; elsewhere, what can be asked of one object is.
"""

from dclm_pipeline.storage.contract.promise import Amounts, Need, Promise
from dclm_pipeline.storage.contract.trial import (
    PROMISES,
    PROMISES_OF_READING,
    Outcome,
    fresh_room,
    object_of_url,
    outcome_of,
    try_object,
    try_place,
)

__all__ = [
    "PROMISES",
    "PROMISES_OF_READING",
    "Amounts",
    "Need",
    "Outcome",
    "Promise",
    "fresh_room",
    "object_of_url",
    "outcome_of",
    "try_object",
    "try_place",
]
