"""From the notation of `pattern_words` to one deterministic automaton over bytes that looks for all patterns at once.

First an automaton that may go several ways for each pattern (Thompson 1968), then the sets of places that can be reached
together, as states. A state says which patterns have just matched, and which do if the string ends there; who runs it
gathers the bits.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.document.pattern_words import Pattern

BLANKS = frozenset(b" \t\n\v\f\r")
_JOINTS = frozenset(b"-_")
_HEXADECIMAL = frozenset(b"0123456789abcdefABCDEF")
_START, _END = "start", "end"

Bytes = frozenset[int]
States = frozenset[int]


@dataclass(frozen=True)
class Automaton:
    """`ways[state, sort of a byte]` is the next state; state 0 is the start of a string.

    `found` are the bits of what has matched when a state is reached, `found_at_end` of what matches if the string ends.
    """

    sorts: NDArray[np.uint8]
    ways: NDArray[np.uint16]
    found: NDArray[np.int32]
    found_at_end: NDArray[np.int32]


@dataclass
class _Places:
    """An automaton that may go several ways; between its places are bytes, or what holds at an end, or nothing."""

    free: list[list[tuple[str, int]]] = field(default_factory=list)
    taking: list[list[tuple[Bytes, int]]] = field(default_factory=list)

    def add(self) -> int:
        self.free.append([])
        self.taking.append([])
        return len(self.free) - 1

    def join(self, here: int, there: int, where: str = "") -> None:
        self.free[here].append((where, there))

    def take(self, here: int, wanted: Bytes) -> int:
        there = self.add()
        self.taking[here].append((wanted, there))
        return there

    def reached(self, places: Iterable[int], end: str) -> States:
        """Return the places that are reached without taking a byte, at an end or (empty) at none."""
        seen: set[int] = set()
        waiting = list(places)
        while waiting:
            place = waiting.pop()
            if place not in seen:
                seen.add(place)
                waiting.extend(there for only, there in self.free[place] if only in ("", end))
        return frozenset(seen)


class _Reader:
    """Reads one expression into places."""

    def __init__(self, places: _Places, text: str, either_case: bool) -> None:
        self.places = places
        self.text = text
        self.either_case = either_case
        self.at = 0

    def read(self, here: int, closing: str) -> int:
        """Read what blanks part up to a closing bracket; return the place behind all."""
        behind = self.places.add()
        place = here
        while self.text[self.at] != closing:
            mark = self.text[self.at]
            self.at += 1
            if mark == " ":
                self.places.join(place, behind)
                place = here
            else:
                place = self._step(place, mark)
        self.at += 1
        self.places.join(place, behind)
        return behind

    def _step(self, here: int, mark: str) -> int:
        if mark == "(":
            return self.read(here, ")")
        if mark == "[":
            behind = self.read(here, "]")
            self.places.join(here, behind)
            return behind
        if mark in "^$":
            behind = self.places.add()
            self.places.join(here, behind, _START if mark == "^" else _END)
            return behind
        if mark in "*,":
            # Where it goes round has no way in but this.
            again = self.places.add()
            self.places.join(here, again)
            self.places.join(self.places.take(again, _JOINTS if mark == "*" else BLANKS), again)
            return again
        if mark == "#":
            behind = self.places.take(here, _HEXADECIMAL)
            self.places.join(self.places.take(behind, _HEXADECIMAL), behind)
            return behind
        behind = self.places.take(here, self._wanted(mark))
        if mark == "~":
            self.places.join(here, behind)
        return behind

    def _wanted(self, mark: str) -> Bytes:
        if mark == ".":
            return BLANKS
        if mark in "=~":
            return _JOINTS
        return frozenset((mark.lower() + mark.upper()).encode() if self.either_case else mark.encode())


def build(patterns: Mapping[str, Pattern]) -> Automaton:
    """Return an automaton that finds patterns, the first one's bit the lowest."""
    places = _Places()
    first = places.add()
    bits: dict[int, int] = {}
    for number, (before, words, behind, either_case) in enumerate(patterns.values()):
        place = first
        for text in (before, words, behind):
            place = _Reader(places, f"{text})", either_case).read(place, ")")
        bits[place] = 1 << number
    sorts, examples = _sorts(places)
    # A match may begin anywhere, so these places are part of every state; a state is what it has beside them.
    always = places.reached((first,), "")
    states = {places.reached((first,), _START) - always: 0}
    ways = np.array(list(_ways(places, states, always, examples)), np.uint16)
    found = [_bits(bits, state) for state in states]
    found_at_end = [_bits(bits, places.reached(state, _END)) for state in states]
    return Automaton(sorts, ways, np.array(found, np.int32), np.array(found_at_end, np.int32))


def _sorts(places: _Places) -> tuple[NDArray[np.uint8], list[int]]:
    """Return the sort of each byte, and one byte of each sort; bytes that no place tells apart are of one sort."""
    asked = {wanted for steps in places.taking for wanted, _ in steps}
    sorts, examples = np.zeros(256, np.uint8), list[int]()
    numbers: dict[frozenset[Bytes], int] = {}
    for byte in range(256):
        answers = frozenset(wanted for wanted in asked if byte in wanted)
        sorts[byte] = numbers.setdefault(answers, len(numbers))
        if len(numbers) > len(examples):
            examples.append(byte)
    return sorts, examples


def _ways(places: _Places, states: dict[States, int], always: States, examples: list[int]) -> Iterator[list[int]]:
    """Yield the next states of each state, and put those that are new behind the others."""
    steps = [
        [
            (sort, places.reached((there,), "") - always)
            for wanted, there in steps
            for sort, byte in enumerate(examples)
            if byte in wanted
        ]
        for steps in places.taking
    ]
    anew = [frozenset[int]()] * len(examples)
    for place in always:
        for sort, reached in steps[place]:
            anew[sort] |= reached
    waiting = list(states)
    for state in waiting:
        row = anew.copy()
        for place in state:
            for sort, reached in steps[place]:
                row[sort] |= reached
        for following in row:
            if following not in states:
                states[following] = len(states)
                waiting.append(following)
        yield [states[following] for following in row]


def _bits(bits: Mapping[int, int], state: States) -> int:
    return sum(bits.get(place, 0) for place in state)
