"""Reading YAML that may have been written by anybody: plain values, and the line each stands on.

A small part of YAML: one document of mappings, lists and scalars as YAML 1.2's core schema has them (`no` is a string,
`010` is ten). No anchors, aliases, tags or duplicate keys, and bounds on size, depth and length of numbers.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from dclm_pipeline.errors import RecipeError

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
Path: TypeAlias = tuple[str | int, ...]

MOST_BYTES = 2**20
MOST_DEPTH = 20
MOST_DIGITS = 30
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS: Mapping[str, "bool | float | None"] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}


@dataclass(frozen=True)
class Loaded:
    """Plain values, and for each path into them the line it stands on."""

    values: Plain
    lines: Mapping[Path, int]
    name: str

    def where(self, path: Path) -> str:
        """Return `file:line` of a path, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.name}:{self.lines.get(path, 1)}"


def load_yaml(data: bytes, name: str) -> Loaded:
    """Read one document."""
    if len(data) > MOST_BYTES:
        raise RecipeError(f"{name}: {len(data):,} bytes; a recipe has {MOST_BYTES:,} at most")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise RecipeError(f"{name}:{line}: not UTF-8; save the file as UTF-8") from error
    try:
        _check_events(text, name)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise RecipeError(_yaml_message(error, name)) from error
    lines: dict[Path, int] = {}
    return Loaded(None if node is None else _plain(node, (), lines, name), lines, name)


def load_scalar(text: str, name: str) -> Plain:
    """Read a value given on the command line, as a recipe would."""
    return load_yaml(text.encode("utf-8", "surrogateescape"), name).values


def _check_events(text: str, name: str) -> None:
    """Refuse what a recipe has no use for, before anything is built from it."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        mark = event.start_mark
        where = f"{name}:{mark.line + 1}" if mark is not None else name
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise RecipeError(f"{where}: a second document begins here; a recipe is one document")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise RecipeError(
                f"{where}: anchors and aliases (& and *) cannot be used; write the value out, or quote it"
            )
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            raise RecipeError(f"{where}: the tag {tag!r} cannot be used; recipes hold plain values alone")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_DEPTH:
                raise RecipeError(f"{where}: nested more than {MOST_DEPTH} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int], name: str) -> Plain:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, name)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, place), lines, name) for place, item in enumerate(node.value)]
    values: dict[str, Plain] = {}
    for key_node, value_node in node.value:
        where = f"{name}:{key_node.start_mark.line + 1}"
        if not isinstance(key_node, yaml.ScalarNode):
            raise RecipeError(f"{where}: a key must be a word")
        key = str(key_node.value)
        if key in values:
            raise RecipeError(f"{where}: {key!r} stands here a second time; which one is meant?")
        values[key] = _plain(value_node, (*path, key), lines, name)
        lines[(*path, key)] = key_node.start_mark.line + 1
    return values


def _scalar(node: yaml.ScalarNode, name: str) -> Plain:
    text = str(node.value)
    if node.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        if len(text) > MOST_DIGITS:
            raise RecipeError(f"{name}:{node.start_mark.line + 1}: a number of {len(text)} digits")
        return int(text)
    return float(text) if _FLOAT.match(text) else text


def _yaml_message(error: yaml.YAMLError, name: str) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"{name}:{mark.line + 1}" if mark is not None else name
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
    if "'\\t'" in problem:
        return f"{where}: a tab stands here; indent with blanks"
    return f"{where}: not YAML: {problem}"
