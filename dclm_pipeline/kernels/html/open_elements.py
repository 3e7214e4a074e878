"""The stack of open elements behind `opening`: what is on it, and how one is found and closed, as parts of kernels."""

from dclm_pipeline.kernels.compiled import part
from dclm_pipeline.kernels.html import elements
from dclm_pipeline.kernels.html.elements import SPECIAL, element
from dclm_pipeline.kernels.html.flow import COUNTS, HEIGHT, INNERMOST, OPENED, Numbers

# Columns of the stack.
KIND, NAME, SAYS, WRITTEN = range(4)
OPEN_FIELDS = 4

_SORTS = elements.sorts()
_TABLE, _TEMPLATE = element("table"), element("template")


@part
def pop(stack: Numbers, state: Numbers, height: int) -> None:
    """Close everything above a height."""
    for i in range(height, state[HEIGHT]):
        state[COUNTS + stack[i, KIND]] -= 1
    state[HEIGHT] = height
    state[OPENED], state[INNERMOST] = stack[height - 1, SAYS], stack[height - 1, WRITTEN]


@part
def find(stack: Numbers, state: Numbers, kind: int, name: int, walls: int) -> int:
    """Return where the innermost open element of a kind lies; 0 where there is none on this side of a wall."""
    if state[COUNTS + kind] == 0:
        return 0
    for i in range(state[HEIGHT] - 1, 0, -1):
        if stack[i, KIND] == kind and stack[i, NAME] == name:
            return i
        if _SORTS[stack[i, KIND]] & walls:
            return 0
    return 0


@part
def find_item(stack: Numbers, state: Numbers, one: int, other: int) -> int:
    """Return where the item lies that a new one ends."""
    if state[COUNTS + one] + state[COUNTS + other] == 0:
        return 0
    for i in range(state[HEIGHT] - 1, 0, -1):
        kind = stack[i, KIND]
        if kind in (one, other):
            return i
        if _SORTS[kind] & SPECIAL:
            return 0
    return 0


@part
def find_in_table(stack: Numbers, state: Numbers, sorts: int, kind: int) -> int:
    """Return where the outermost cell, row or group of rows lies that a part of a table ends."""
    place = 0
    for i in range(state[HEIGHT] - 1, 0, -1):
        if stack[i, KIND] == _TABLE or stack[i, KIND] == _TEMPLATE:
            break
        if _SORTS[stack[i, KIND]] & sorts or stack[i, KIND] == kind:
            place = i
    return place
