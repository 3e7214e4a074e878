"""Reading YAML that may have been written by anybody: plain values, and the line each stands on.

A small part of YAML: one document of mappings, lists and scalars as YAML 1.2's core schema has them (`no` is a string,
`010` is ten). No anchors, aliases, tags or duplicate keys, no value that is not a number, and bounds on size, depth,
count of values and length of numbers.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.mistakes import Path

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"

MOST_BYTES = 2**20
MOST_DEPTH = 20
MOST_DIGITS = 30
# A parser in Python takes some 15 seconds for a mebibyte of the shortest values.
MOST_VALUES = 20_000
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_BASED = re.compile(r"0(?:o[0-7]+|x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS: Mapping[str, "bool | float | None"] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_NOT_NUMBERS = frozenset({".nan", ".NaN", ".NAN"})


@dataclass(frozen=True)
class Loaded:
    """Plain values, for each path into them the line it stands on, and what is wrong without hiding the rest.

    `repeated` are keys that stand in one mapping twice, by their line; the first value of each is among the values.
    """

    values: Plain
    lines: Mapping[Path, int]
    name: str
    repeated: tuple[tuple[int, str], ...] = ()

    def line(self, path: Path) -> int:
        """Return the line of a path, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


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
        raise RecipeError(_yaml_message(error, text, name)) from error
    lines: dict[Path, int] = {}
    repeated: list[tuple[int, str]] = []
    values = None if node is None else _plain(node, (), lines, repeated, name)
    return Loaded(values, lines, name, tuple(repeated))


def load_scalar(text: str, name: str) -> Plain:
    """Read a value given on the command line, as a recipe would."""
    try:
        loaded = load_yaml(text.encode("utf-8"), name)
    except UnicodeEncodeError as error:
        raise RecipeError(f"{name}: not UTF-8") from error
    if loaded.repeated:
        raise RecipeError(f"{name}: {loaded.repeated[0][1]}")
    return loaded.values


def read_word(text: str) -> "bool | int | float | str | None":
    """Return what a word without quotes means; a `ValueError` says why it cannot mean anything."""
    if text in _WORDS:
        return _WORDS[text]
    if text in _NOT_NUMBERS:
        raise ValueError("what is not a number cannot be a setting")
    if _INTEGER.match(text) or _BASED.match(text):
        if len(text) > MOST_DIGITS:
            raise ValueError(f"a number of {len(text)} digits")
        return int(text, 10) if _INTEGER.match(text) else int(text, 0)
    return float(text) if _FLOAT.match(text) else text


def _check_events(text: str, name: str) -> None:
    """Refuse what a recipe has no use for, before anything is built from it."""
    depth = documents = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
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
        if count > MOST_VALUES:
            raise RecipeError(f"{where}: more than {MOST_VALUES:,} values; no recipe is that long")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_DEPTH:
                raise RecipeError(f"{where}: nested more than {MOST_DEPTH} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int], repeated: list[tuple[int, str]], name: str) -> Plain:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, name)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, place), lines, repeated, name) for place, item in enumerate(node.value)]
    values: dict[str, Plain] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise RecipeError(f"{name}:{line}: a key must be a word")
        key = _text(key_node, name)
        if key in values:
            first = lines[(*path, key)]
            repeated.append((line, f"{key!r} stands here a second time, after line {first}; which one is meant?"))
            continue
        values[key] = _plain(value_node, (*path, key), lines, repeated, name)
        lines[(*path, key)] = line
    return values


def _scalar(node: yaml.ScalarNode, name: str) -> Plain:
    text = _text(node, name)
    if node.style is not None:
        return text
    try:
        return read_word(text)
    except ValueError as error:
        raise RecipeError(f"{name}:{node.start_mark.line + 1}: {error}") from error


def _text(node: yaml.ScalarNode, name: str) -> str:
    """Return a scalar's text, with what two escapes stand for in one, as in JSON."""
    text = str(node.value)
    if text.isascii():
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as error:
        where = f"{name}:{node.start_mark.line + 1}"
        raise RecipeError(f"{where}: an escape stands for half a character; write the character itself") from error


def _yaml_message(error: yaml.YAMLError, text: str, name: str) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
    if mark is None:
        # What cannot stand in YAML at all, such as a NUL, is told by its place in the text.
        place = getattr(error, "position", None)
        where = f"{name}:{text.count(chr(10), 0, place) + 1}" if isinstance(place, int) else name
    else:
        where = f"{name}:{mark.line + 1}"
    if "'\\t'" in problem:
        return f"{where}: a tab stands here; indent with blanks"
    return f"{where}: not YAML: {problem}"
