"""What numbers about texts must know of a character beyond `characters`, in the upper half of one table.

Sentence terminals are those of Unicode 17.0 (the property Sentence_Terminal). Which signs stand apart from a word, and
which count as noise, follows the tokenizer and the filters of datatrove 0.10 (spaCy's blank English rules), by class
where its lists follow a class.
"""

import unicodedata
from collections.abc import Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import CODES, character_table

# A sign that is a token of its own before a word, behind a word.
BEFORE, BEHIND = 1 << 16, 1 << 17
DASH, QUOTE, CURRENCY, ICON = 1 << 18, 1 << 19, 1 << 20, 1 << 21
# Ends a sentence; may follow what ends one.
TERMINAL, CLOSER = 1 << 22, 1 << 23
BREAK = 1 << 24  # ends a line for `str.splitlines`
NOISE = 1 << 25  # a token of nothing else is no word
CJK = 1 << 26  # Han, Kana, Bopomofo, Hangul
GAP = 1 << 27  # parts words for fastText
HASH, ELLIPSIS = 1 << 28, 1 << 29
PLAIN = 1 << 30  # a letter or digit of ASCII
NARROW = 1 << 31  # a terminal that needs a blank behind it to end a sentence

_TERMINALS = """
21 2E 3F 589 61D-61F 6D4 700-702 7F9 837 839 83D-83E 964-965 104A-104B 1362 1367-1368 166E 1735-1736 17D4-17D5 1803 1809
1944-1945 1AA8-1AAB 1B4E-1B4F 1B5A-1B5B 1B5E-1B5F 1B7D-1B7F 1C3B-1C3C 1C7E-1C7F 2024 203C-203D 2047-2049 2CF9-2CFB 2E2E
2E3C 2E53-2E54 2E60-2E61 3002 A4FF A60E-A60F A6F3 A6F7 A876-A877 A8CE-A8CF A92F A9C8-A9C9 AA5D-AA5F AAF0-AAF1 ABEB FE12
FE15-FE16 FE52 FE56-FE57 FF01 FF0E FF1F FF61 10A56-10A57 10F55-10F59 10F86-10F89 11047-11048 110BE-110C1 11141-11143
111C5-111C6 111CD 111DE-111DF 11238-11239 1123B-1123C 112A9 113D4-113D5 1144B-1144C 115C2-115C3 115C9-115D7 11641-11642
1173C-1173E 11944 11946 11A42-11A43 11A9B-11A9C 11C41-11C42 11EF7-11EF8 11F43-11F44 16A6E-16A6F 16AF5 16B37-16B38 16B44
16D6E-16D6F 16E98 1BC9F 1DA88
"""
_CJK = """
1100-11FF 2E80-2FDF 3005-3007 3021-3029 3031-318F 31A0-31BF 31F0-31FF 3400-4DBF 4E00-9FFF A960-A97F AC00-D7FF F900-FAFF
FF66-FFDC 1AFF0-1B16F 20000-3FFFF
"""
_POINTS = "…,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪"
_QUOTES = "'\"”“`‘´’‚„»«「」『』（）〔〕【】《》〈〉〈〉⟦⟧"
_DASHES = "–—"
_NOISE = "!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_.\"}►»"
_BREAKS = "\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"
_GAPS = " \n\r\t\v\f\0"
_WIDE = 0x2E80


def terminals() -> list[int]:
    """Return the code points that end sentences."""
    return _ranges(_TERMINALS)


@cache
def text_table() -> NDArray[np.uint32]:
    """Return for each code point the bits of `characters` and those above."""
    table = character_table().astype(np.uint32)
    kinds = np.array(list(map(unicodedata.category, map(chr, range(CODES)))))
    currency, icons, controls = (np.flatnonzero(kinds == kind).tolist() for kind in ("Sc", "So", "Cc"))
    closers = np.flatnonzero((kinds == "Pe") | (kinds == "Pf")).tolist()
    signs = [*map(ord, _POINTS + _QUOTES + _DASHES), *icons]
    for bit, codes in (
        (BEFORE, [*signs, *currency, *map(ord, "§%=+")]),
        (BEHIND, signs),
        (DASH, map(ord, _DASHES + "-~")),
        (QUOTE, map(ord, _QUOTES)),
        (CURRENCY, currency),
        (ICON, icons),
        (TERMINAL, terminals()),
        (NARROW, [code for code in terminals() if code < _WIDE]),
        (CLOSER, [*closers, ord('"'), ord("'")]),
        (BREAK, map(ord, _BREAKS)),
        (NOISE, [*map(ord, _NOISE), *(code for code in controls if code not in (9, 10))]),
        (CJK, _ranges(_CJK)),
        (GAP, map(ord, _GAPS)),
        (HASH, [ord("#")]),
        (ELLIPSIS, [ord("…")]),
        (PLAIN, [code for code in range(128) if chr(code).isalnum()]),
    ):
        _mark(table, bit, codes)
    table.flags.writeable = False
    return table


def _mark(table: NDArray[np.uint32], bit: int, codes: Iterable[int]) -> None:
    table[list(codes)] |= np.uint32(bit)


def _ranges(written: str) -> list[int]:
    """Return the code points of ranges written in hexadecimal."""
    bounds = [each.partition("-") for each in written.split()]
    return [code for first, _, last in bounds for code in range(int(first, 16), int(last or first, 16) + 1)]
