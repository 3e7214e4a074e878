"""Writes `word_break.txt` from the properties that the library `regex` carries: `make tables`."""

from importlib.metadata import version
from pathlib import Path

import regex

import dclm_pipeline.kernels
from dclm_pipeline.kernels.characters import CODES, WORD_BREAKS

FILE = Path(dclm_pipeline.kernels.__file__).parent / "word_break.txt"
# The newest character of each version: the first that is assigned tells which one the library knows.
NEWEST = (("17.0", 0x10940), ("16.0", 0x10D40), ("15.1", 0x2EBF0), ("15.0", 0x10EFD))


def unicode_version():
    return next(version for version, code in NEWEST if regex.match(r"\p{Assigned}", chr(code)))


def ranges(expression):
    text = "".join(chr(code) if not 0xD800 <= code < 0xE000 else "\ufffe" for code in range(CODES))
    for found in regex.finditer(f"{expression}+", text):
        first, last = found.start(), found.end() - 1
        yield f"{first:04X}..{last:04X}" if last > first else f"{first:04X}"


def lines():
    yield f"# Word_Break and Extended_Pictographic of Unicode {unicode_version()}, as regex {version('regex')} has them."
    for name in WORD_BREAKS[1:]:
        yield from (f"{codes} {name}" for codes in ranges(rf"\p{{Word_Break={name}}}"))
    yield from (f"{codes} Extended_Pictographic" for codes in ranges(r"\p{Extended_Pictographic}"))


if __name__ == "__main__":
    FILE.write_text("\n".join(lines()) + "\n", "ascii")
