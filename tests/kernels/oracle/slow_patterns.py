"""The patterns of `pattern_words` by the regular expressions of Python, and strings that match them, or nearly."""

import re
from collections.abc import Iterator
from random import Random

from dclm_pipeline.kernels.document.pattern_words import PATTERNS, Pattern

_MEANINGS = {
    "(": "(?:",
    "[": "(?:",
    "]": ")?",
    " ": "|",
    "^": r"\A",
    "$": r"\Z",
    ".": r"\s",
    ",": r"\s*",
    "=": "[_-]",
    "~": "[_-]?",
    "*": "[_-]*",
    "#": "[a-fA-F0-9]+",
}
BLANKS = " \t\n\v\f\r"
# What is taken for the blanks, letters and joints of ASCII elsewhere, and what may stand around words.
ODD = "ſK\xa0\u2003\u2009\x1c\x1f\x85\u200b‐–-_-_  .;:é日x0\0"


def expression(pattern: Pattern) -> re.Pattern[bytes]:
    """Return a regular expression over bytes, whose blanks and cases are those of ASCII."""
    text = "".join(
        f"(?:{''.join(_MEANINGS.get(mark, mark) for mark in part)})"
        for part in (pattern.before, pattern.words, pattern.behind)
    )
    return re.compile(text.encode(), re.IGNORECASE if pattern.either_case else 0)


EXPRESSIONS = {name: expression(pattern) for name, pattern in PATTERNS.items()}


def matching(text: str) -> set[str]:
    """Return the names of the patterns that match somewhere."""
    return {name for name, wanted in EXPRESSIONS.items() if wanted.search(text.encode())}


def vocabulary() -> list[str]:
    """Return the runs of letters and literal joints that patterns are made of."""
    return sorted({run for pattern in PATTERNS.values() for run in re.findall(r"[\w:;-]+", " ".join(pattern[:3]))})


def member(pattern: Pattern, luck: Random) -> str:
    """Return a string that the pattern matches from end to end, unless an end of the string is asked for in its midst."""
    text = "".join(_chosen(part, luck) for part in (pattern.before, pattern.words, pattern.behind))
    return "".join(each.upper() if pattern.either_case and luck.random() < 0.1 else each for each in text)


def _chosen(text: str, luck: Random) -> str:
    """Return one of the strings that an expression stands for."""
    ways, around = [[]], []
    for mark in text:
        if mark in "([":
            around.append(ways)
            ways = [[]]
        elif mark == " ":
            ways.append([])
        elif mark in ")]":
            outer = around.pop()
            outer[-1].append("" if mark == "]" and luck.random() < 0.5 else "".join(luck.choice(ways)))
            ways = outer
        else:
            ways[-1].append(_one(mark, luck))
    return "".join(luck.choice(ways))


def _one(mark: str, luck: Random) -> str:
    if mark in "^$":
        return ""
    if mark in ".,":
        return luck.choice(BLANKS) if mark == "." else "".join(luck.choices(BLANKS, k=luck.randrange(3)))
    if mark in "=~*":
        return "".join(luck.choices("-_", k={"=": 1, "~": luck.randrange(2), "*": luck.randrange(4)}[mark]))
    return "".join(luck.choices("0123456789abcdefABCDEF", k=luck.randint(1, 3))) if mark == "#" else mark


def tried(pattern: Pattern, seed: int, times: int) -> Iterator[str]:
    """Yield strings that a pattern matches, each followed by some that it nearly matches, or matches among others."""
    luck = Random(seed)
    words = vocabulary()
    for _ in range(times):
        text = member(pattern, luck)
        place, behind = luck.randrange(len(text)), luck.choice(ODD)
        yield text
        yield text[:place] + text[place + 1 :]
        yield text[:place] + behind + text[place:]
        yield text[:place] + behind + text[place + 1 :]
        yield text.strip(BLANKS + "-_")
        yield text + luck.choice(ODD)
        yield luck.choice(ODD) + text
        yield luck.choice(words) + luck.choice(("", " ", "-", "_")) + text
        yield text.translate({ord("s"): "ſ", ord("k"): "K"})
