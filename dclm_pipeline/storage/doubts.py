"""What it means that a server refuses an object and does not say why: it is private, or the server is asked too often.

Common Crawl answers 403 to whoever asks too often, most servers answer so for what is private. It is taken for too
often where it meets an object that was to be had before, and where several different ones are refused by a server that
gave others. Whoever asks for one private object slows nobody down.
"""

import re
from dataclasses import dataclass, field

# So many different objects, refused within so many seconds.
SEVERAL = 2
TOGETHER_SECONDS = 120.0
# So many objects of a server does a process remember.
MOST_REMEMBERED = 10_000
_TOO_OFTEN = re.compile(
    r"slow[ -]?down|throttl|too[ -]?many[ -]?requests|request[ -]?rate|rate[ -]?(?:limit|exceed)", re.I
)


def says_too_often(told: str) -> bool:
    """Tell whether what a server says with a refusal is that it is asked too often."""
    return _TOO_OFTEN.search(told) is not None


@dataclass
class Doubts:
    """The refusals without a reason of one server, whoever met them, and whether it `gave` anybody anything."""

    gave: bool = False
    refused: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, now: float) -> bool:
        """Take note that an object was refused; tell whether it seems to be for asking too often."""
        self.refused = {other: when for other, when in self.refused.items() if when > now - TOGETHER_SECONDS}
        self.refused[name] = now
        return self.gave and len(self.refused) >= SEVERAL


class Given:
    """What a process was given by one server, as far as it remembers."""

    def __init__(self) -> None:
        """Remember nothing."""
        self._names: dict[str, None] = {}

    def add(self, name: str) -> None:
        """Remember an object, and forget the one that was had longest ago where there are too many."""
        self._names.pop(name, None)
        self._names[name] = None
        if len(self._names) > MOST_REMEMBERED:
            del self._names[next(iter(self._names))]

    def __contains__(self, name: str) -> bool:
        """Tell whether an object was had."""
        return name in self._names
