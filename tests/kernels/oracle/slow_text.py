"""What `count_text` counts, in plain Python: slow, and short enough to be believed."""

import re
import unicodedata
from itertools import groupby
from statistics import median

from dclm_pipeline.kernels.characters import UNSPACED
from dclm_pipeline.kernels.words import traits
from dclm_pipeline.kernels.words.stop_words import fold
from dclm_pipeline.kernels.words.text_counts import TextCounts

TABLE = traits.text_table()
GAPS = re.compile("[ \n\r\t\v\f\0]+")
POLICIES = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
CONTRACTION = re.compile("(?i:(?<=.)(?:n['’]t|['’](?:ll|ve|re|[sdm])))$", re.DOTALL | re.ASCII)


def has(character, bit):
    return bool(TABLE[ord(character)] & bit)


def ascii_lower(text):
    return "".join(each.lower() if each.isascii() else each for each in text)


def lines_of(text):
    return text.split("\n") if text else []


def is_terminal(character):
    return has(character, traits.TERMINAL)


def sentences(line):
    """Count the sentences of a line."""
    found, spoken, waiting = 0, False, ""
    for place, character in enumerate(line):
        if character.isspace():
            waiting = "blank" if waiting else ""
            continue
        if waiting == "blank":
            if not character.islower():
                found, spoken = found + spoken, False
            waiting = ""
        word = line[:place].split()[-1:] if place and not line[place - 1].isspace() else []
        initial = character == "." and len(word) == 1 and len(word[0]) == 1 and word[0].isalpha()
        if (is_terminal(character) or character == "…") and not initial:
            waiting = "closing" if ord(character) < 0x2E80 else "blank"
        elif character.isalnum() or not (unicodedata.category(character) in ("Pe", "Pf") or character in "\"'"):
            waiting = ""
        spoken = spoken or character.isalnum()
    return found + spoken


def is_pair(word):
    return len(word) == 3 and word[0].isalpha() and word[1] == "." and word[2].isalpha()


def sign_behind(word):
    """Return the length of the sign or contraction that stands apart at the end of a word."""
    last, before = word[-1], word[-2:-1]
    if last.isalpha():
        found = CONTRACTION.search(word)
        return len(found[0]) if found else 0
    if not before:
        return int(has(last, traits.BEHIND))
    if last == ".":
        if before == ".":
            return len(word) - len(word.rstrip("."))
        if before.isalpha() and (len(word) == 2 or is_pair(word[:-1])):
            return 0
        capitals = before.isupper() and word[-3:-2].isupper()
        return int(
            before.islower() or before.isdigit() or capitals or has(before, traits.QUOTE) or has(before, traits.BEFORE)
        )
    if word.endswith("):"):
        return 2
    return int(has(last, traits.BEHIND) or (before.isdigit() and (last in "+%" or unicodedata.category(last) == "Sc")))


def sign_before(word):
    """Return the length of the sign that stands apart at the beginning of a word."""
    if word.startswith(".."):
        return len(word) - len(word.lstrip("."))
    if word[0] == "+" and word[1:2].isdigit():
        return 0
    return int(has(word[0], traits.BEFORE))


def cuts(sign, before, behind):
    one = sign[0]
    if has(one, traits.ICON) or one == "…" or sign.startswith(".."):
        return True
    if has(one, traits.DASH) and (before.isalpha() or before.isdigit()) and behind.isalpha():
        return True
    if sign in ("+", "*", "^", "-"):
        return before.isdigit() and (behind.isdigit() or behind == "-")
    if one == ",":
        return before.isalpha() and behind.isalpha()
    if one in ":/<=>":
        return (before.isalpha() or before.isdigit()) and behind.isalpha()
    if one == ".":
        return (before.islower() or has(before, traits.QUOTE)) and (behind.isupper() or has(behind, traits.QUOTE))
    return False


def inner_pieces(word):
    """Cut what is left of a word without the signs around it."""
    if "://" in word or word.startswith("www.") or ("@" in word and "." in word):
        return [word]
    runs = ["".join(group) for one, group in groupby(word) for group in ([list(group)] if one in ".-" else group)]
    pieces, current = [], runs[0]
    if runs[0][0] in ".-":
        # A word's first character is never a sign to cut at.
        rest = runs[0][1:]
        runs, current = [runs[0][0], *([rest] if rest else []), *runs[1:]], runs[0][0]
    for place in range(1, len(runs)):
        sign, before = runs[place], runs[place - 1][-1]
        kind = unicodedata.category(sign[0])[0]
        if kind in "PS" and place + 1 < len(runs) and cuts(sign, before, runs[place + 1][0]):
            pieces += [current, sign]
            current = ""
        else:
            current += sign
    return [piece for piece in [*pieces, current] if piece]


def pieces(word):
    """Split a word as datatrove would, nearly."""
    before, behind = [], []
    while word and (size := sign_before(word)):
        before.append(word[:size])
        word = word[size:]
    while word and (size := sign_behind(word)):
        behind.append(word[-size:])
        word = word[:-size]
    return [*before, *(inner_pieces(word) if word else []), *reversed(behind)]


def slow_counts(text, listed):
    words, lines, rows = text.split(), lines_of(text), text.splitlines()
    filled = [line for line in lines if line.strip()]
    found = [piece for word in words for piece in pieces(word)]
    solid = [piece for piece in found if not all(has(each, traits.NOISE) for each in piece)]
    folded = [fold(word) for word in words]
    counts = {
        "pieces": len(found),
        "word_pieces": len(solid),
        "word_piece_characters": sum(map(len, solid)),
        "letter_pieces": sum(any(map(str.isalpha, piece)) for piece in found),
        "distinct_stop_pieces": len(set(found) & set(listed)),
        "characters": len(text),
        "letters": sum(map(str.isalpha, text)),
        "digits": sum(map(str.isdigit, text)),
        "alphanumerics": sum(map(str.isalnum, text)),
        "capitals": sum(map(str.isupper, text)),
        "punctuation": sum(unicodedata.category(each)[0] == "P" for each in text),
        "symbols": sum(unicodedata.category(each)[0] == "S" for each in text),
        "blanks": sum(map(str.isspace, text)),
        "unspaced": sum(has(each, UNSPACED) and not each.isspace() for each in text),
        "cjk": sum(has(each, traits.CJK) and not each.isspace() for each in text),
        "replacements": text.count("\ufffd"),
        "words": len(words),
        "word_characters": sum(map(len, words)),
        "longest_word": max(map(len, words), default=0),
        "letterless_words": sum(not any(map(str.isalpha, word)) for word in words),
        "symbol_words": sum("#" in word or "…" in word for word in words),
        "twice_median_word": int(2 * median([min(len(word), 1023) for word in words])) if words else 0,
        "fasttext_words": sum(word[0].isalnum() for word in GAPS.split(text) if word),
        "stop_words": sum(word in map(fold, listed) for word in folded),
        "distinct_stop_words": len(set(folded) & set(map(fold, listed))),
        "exact_stop_words": sum(word in listed for word in words),
        "stop_characters": sum(
            fold(each) in map(fold, listed) for each in text if has(each, UNSPACED) and not each.isspace()
        ),
        "line_feeds": text.count("\n"),
        "lines": len(lines),
        "filled_lines": len(filled),
        "longest_line": max(map(len, lines), default=0),
        "bullet_lines": sum(line.strip()[0] in "●•*-" for line in filled),
        "ellipsis_lines": sum(line.strip().endswith(("...", ". . .", "…")) for line in filled),
        "terminal_lines": sum(is_terminal(line[-1]) for line in filled),
        "short_lines": sum(len(line) <= 30 for line in filled),
        "first_bullet_lines": sum(line.startswith(("*", "-")) for line in lines),
        "last_ellipsis_lines": sum(line.endswith("…") for line in lines),
        "rows": len(rows),
        "bullet_rows": sum(row.lstrip().startswith(("•", "-")) for row in rows),
        "ellipsis_rows": sum(row.rstrip().endswith(("...", "…")) for row in rows),
        "paragraphs": sum(bool(part.strip()) for part in text.split("\n\n")),
        "sentences": sum(map(sentences, lines)),
        "hashes": text.count("#"),
        "dot_triples": text.count("..."),
        "spaced_triples": text.count(". . ."),
        "ellipses": text.count("…"),
        "braces": text.count("{"),
        "lorem_ipsum": ascii_lower(text).count("lorem ipsum"),
        "javascript": sum("javascript" in ascii_lower(word) for word in words),
        "policies": policies(ascii_lower(text)),
    }
    return TextCounts(**counts)


def policies(text):
    """Count phrases by the place of their last word, for one may end where another does."""
    starts = ((phrase, found.start()) for phrase in POLICIES for found in re.finditer(f"(?={phrase})", text))
    return len({start + phrase.rindex(" ") for phrase, start in starts})
