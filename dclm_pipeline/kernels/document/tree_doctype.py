"""Which document types ask for quirks mode, in which a table may lie in a paragraph (13.2.6.4.1 of the HTML standard)."""

import numpy as np

from dclm_pipeline.kernels.compiled import Bytes, at, part
from dclm_pipeline.kernels.html.tokens import is_blank, next_byte

# Beginnings of public identifiers; those after the bar only where there is no system identifier.
_BEGINNINGS = """+//silmaril//dtd html pro v0r11 19970101//
-//as//dtd html 3.0 aswedit + extensions//
-//advasoft ltd//dtd html 3.0 aswedit + extensions//
-//ietf//dtd html 2.0 level 1//
-//ietf//dtd html 2.0 level 2//
-//ietf//dtd html 2.0 strict level 1//
-//ietf//dtd html 2.0 strict level 2//
-//ietf//dtd html 2.0 strict//
-//ietf//dtd html 2.0//
-//ietf//dtd html 2.1e//
-//ietf//dtd html 3.0//
-//ietf//dtd html 3.2 final//
-//ietf//dtd html 3.2//
-//ietf//dtd html 3//
-//ietf//dtd html level 0//
-//ietf//dtd html level 1//
-//ietf//dtd html level 2//
-//ietf//dtd html level 3//
-//ietf//dtd html strict level 0//
-//ietf//dtd html strict level 1//
-//ietf//dtd html strict level 2//
-//ietf//dtd html strict level 3//
-//ietf//dtd html strict//
-//ietf//dtd html//
-//metrius//dtd metrius presentational//
-//microsoft//dtd internet explorer 2.0 html strict//
-//microsoft//dtd internet explorer 2.0 html//
-//microsoft//dtd internet explorer 2.0 tables//
-//microsoft//dtd internet explorer 3.0 html strict//
-//microsoft//dtd internet explorer 3.0 html//
-//microsoft//dtd internet explorer 3.0 tables//
-//netscape comm. corp.//dtd html//
-//netscape comm. corp.//dtd strict html//
-//o'reilly and associates//dtd html 2.0//
-//o'reilly and associates//dtd html extended 1.0//
-//o'reilly and associates//dtd html extended relaxed 1.0//
-//sq//dtd html 2.0 hotmetal + extensions//
-//softquad software//dtd hotmetal pro 6.0::19990601::extensions to html 4.0//
-//softquad//dtd hotmetal pro 4.0::19971010::extensions to html 4.0//
-//spyglass//dtd html 2.0 extended//
-//sun microsystems corp.//dtd hotjava html//
-//sun microsystems corp.//dtd hotjava strict html//
-//w3c//dtd html 3 1995-03-24//
-//w3c//dtd html 3.2 draft//
-//w3c//dtd html 3.2 final//
-//w3c//dtd html 3.2//
-//w3c//dtd html 3.2s draft//
-//w3c//dtd html 4.0 frameset//
-//w3c//dtd html 4.0 transitional//
-//w3c//dtd html experimental 19960712//
-//w3c//dtd html experimental 970421//
-//w3c//dtd w3 html//
-//w3o//dtd w3 html 3.0//
-//webtechs//dtd mozilla html 2.0//
-//webtechs//dtd mozilla html//
"""
_BARE = "-//w3c//dtd html 4.01 frameset//\n-//w3c//dtd html 4.01 transitional//\n"
_WHOLE = "-//w3o//dtd w3 html strict 3.0//en//\n-/w3c/dtd html 4.0 transitional/en\nhtml\n"
_SYSTEM = "http://www.ibm.com/data/dtd/v11/ibmxhtml1-transitional.dtd\n"


def _letters(lines: str) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
    return np.frombuffer(lines.encode(), np.uint8).copy()


_BEGINNING_LINES, _BARE_LINES = _letters(_BEGINNINGS), _letters(_BARE)
_WHOLE_LINES, _SYSTEM_LINES = _letters(_WHOLE), _letters(_SYSTEM)
_HTML_LINES = _letters("html\n")
_PUBLIC_LINES, _SYSTEM_WORD = _letters("public\n"), _letters("system\n")


@part
def _is_line(chars: Bytes, i: int, stop: int, lines: Bytes, whole: bool) -> bool:
    """Tell whether one of some lines, in letters of any case, is what lies here, or how it begins."""
    begin = 0
    while begin < lines.size:
        j, k = i, begin
        while lines[k] != 10 and j < stop:
            letter = chars[j]
            if (letter + 32 if 65 <= letter <= 90 else letter) != lines[k]:
                break
            j += 1
            k += 1
        if lines[k] == 10 and (j == stop or not whole):
            return True
        while lines[k] != 10:
            k += 1
        begin = k + 1
    return False


@part
def _skip_blanks(chars: Bytes, i: int, stop: int) -> int:
    while i < stop and is_blank(chars[i]):
        i += 1
    return i


@part
def _quote_end(chars: Bytes, i: int, stop: int) -> int:
    """Return where an identifier ends that begins with a quote, or the end where it begins with none, or never ends."""
    if i >= stop or (chars[i] != 34 and chars[i] != 39):
        return stop
    return next_byte(chars, i + 1, stop, at(chars, i))


@part
def asks_for_quirks(chars: Bytes, i: int, stop: int) -> bool:
    """Tell whether a document type asks for quirks mode, given the place behind its first word and that of its bracket."""
    i = _skip_blanks(chars, i, stop)
    name = i
    while i < stop and not is_blank(chars[i]):
        i += 1
    if not _is_line(chars, name, i, _HTML_LINES, True):
        return True
    i = _skip_blanks(chars, i, stop)
    if i >= stop:
        return False
    public, public_end, system, system_end = i, i, i, i
    named = _is_line(chars, i, min(i + 6, stop), _PUBLIC_LINES, True)
    if not named and not _is_line(chars, i, min(i + 6, stop), _SYSTEM_WORD, True):
        return True
    i = _skip_blanks(chars, i + 6, stop)
    if named:
        public, public_end = i + 1, _quote_end(chars, i, stop)
        if public_end >= stop:
            return True
        i = _skip_blanks(chars, public_end + 1, stop)
    if i < stop or not named:
        system, system_end = i + 1, _quote_end(chars, i, stop)
        if system_end >= stop:
            return True
    if system_end > system and _is_line(chars, system, system_end, _SYSTEM_LINES, True):
        return True
    return public_end > public and (
        _is_line(chars, public, public_end, _WHOLE_LINES, True)
        or _is_line(chars, public, public_end, _BEGINNING_LINES, False)
        or (system_end <= system and _is_line(chars, public, public_end, _BARE_LINES, False))
    )
