"""A kernel is known by all that is compiled into it: another part or constant, and it is not found in the cache."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import dclm_pipeline.kernels

PACKAGE = dclm_pipeline.kernels.__name__
# Every kernel is made with it; whoever changes it clears the cache.
EVERYWHERE = {"compiled", "lowering"}
HERE = Path(dclm_pipeline.kernels.__file__).parent
ROOMS = {
    ".".join(path.relative_to(HERE).with_suffix("").parts): ast.parse(path.read_text(encoding="utf-8"))
    for path in HERE.rglob("*.py")
    if path.stem != "__init__"
}


def path_of(room: str) -> Path:
    return HERE / f"{room.replace('.', '/')}.py"


def imported(tree: ast.Module) -> dict[str, tuple[str, str]]:
    """Return what names of other rooms mean here: the room, and the name there; for a room itself no name."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{PACKAGE}."):
            around = f"{node.module}.".removeprefix(f"{PACKAGE}.")
            for alias in node.names:
                inner = around + alias.name
                room, name = (inner, "") if path_of(inner).is_file() else (around[:-1], alias.name)
                names[alias.asname or alias.name] = (room, name)
    return names


def functions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


IMPORTED = {room: imported(tree) for room, tree in ROOMS.items()}
FUNCTIONS = {room: functions(tree) for room, tree in ROOMS.items()}


def used(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Yield the names that a function's statements use, and of what: annotations are no use."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.value.id, node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id, ""
        waiting += [
            inner
            for field, value in ast.iter_fields(node)
            if field not in ("annotation", "returns")
            for inner in (value if isinstance(value, list) else [value])
            if isinstance(inner, ast.AST)
        ]


def rooms_within(room: str, name: str, met: set[tuple[str, str]]) -> set[str]:
    """Return the rooms whose parts and constants are compiled into a function."""
    if (room, name) in met or name not in FUNCTIONS[room]:
        return set()
    met.add((room, name))
    found: set[str] = set()
    for word, attribute in used(FUNCTIONS[room][name]):
        if word in IMPORTED[room]:
            other, there = IMPORTED[room][word]
            there = there or attribute
            if other in ROOMS and there:
                found |= {other} | rooms_within(other, there, met)
        else:
            found |= rooms_within(room, word, met)
    return found


def stamped(room: str) -> set[str]:
    """Return the rooms that a room's kernels are known by."""
    calls = [node for node in ast.walk(ROOMS[room]) if isinstance(node, ast.Call) and ast.unparse(node.func) == "stamp"]
    words = {argument.id for call in calls for argument in call.args if isinstance(argument, ast.Name)}
    return {IMPORTED[room].get(word, (word, ""))[0] for word in words}


KERNELS = [
    (room, name)
    for room in sorted(ROOMS)
    for name, function in FUNCTIONS[room].items()
    if any(ast.unparse(decorator).startswith("kernel(") for decorator in function.decorator_list)
]


@pytest.mark.parametrize(("room", "name"), KERNELS)
def test_a_kernel_is_known_by_all_that_is_compiled_into_it(room, name):
    assert rooms_within(room, name, set()) - {room} - EVERYWHERE - stamped(room) == set()


def test_what_is_compiled_into_a_kernel_is_found():
    assert {"html.tokens", "html.nesting", "html.stack", "html.easy"} <= rooms_within("html.markup", "scan_rows", set())
