"""Sentences that look like a language: a small grammar, unfolded once into frames and filled by luck.

A grammar's rules are lines `symbol = token token ...`, where a token is `<symbol>`, `{word class}`, one of the signs
`, . ? ! :` (which cling to the word before), or a word that stands for itself; `_` in a word is a space. Words of a
class are drawn with frequencies that fall with their rank, as Zipf's law has it, and a page's topic makes it come
back to some of them. Knows nothing of pages or HTML. The sentences parse; they mean nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.madeup.luck import Luck

_SIGNS = {",": 1, ".": 2, "?": 3, "!": 4, ":": 5}
_FORMS = 2 * (len(_SIGNS) + 1)
_SLOTS = 2048
_TOPIC = 48
_SENTENCE_FRAMES = 700
_TITLE_FRAMES = 200


@dataclass(frozen=True, eq=False)
class Language:
    """What it takes to write in a language: rules, words by class, and what sites say around their content.

    `labels` are short texts of links, `notices` whole sentences of banners and footers, `missing` what a page says
    that is not there. `signs` are comma, full stop, question mark, exclamation mark and colon; `space` is empty where
    words stand without.
    """

    code: str
    rules: str
    words: Mapping[str, tuple[str, ...]] = field(repr=False)
    labels: tuple[str, ...]
    notices: tuple[str, ...]
    missing: str
    space: str = " "
    signs: tuple[str, str, str, str, str] = (",", ".", "?", "!", ":")


@dataclass(frozen=True)
class Frames:
    """Sentences with holes, laid end to end: frame `i` has the holes from `begins[i]` on, `lengths[i]` of them.

    A hole draws from the `mask + 1` entries of the voice's table at `start`, and prints the entry's form `form`.
    """

    begins: NDArray[np.int64]
    lengths: NDArray[np.int64]
    start: NDArray[np.int64]
    mask: NDArray[np.int64]
    form: NDArray[np.int64]


@dataclass(frozen=True)
class Voice:
    """A language that can speak."""

    language: Language
    table: NDArray[np.int64]
    printed: NDArray[np.object_]
    sentence_frames: Frames
    title_frames: Frames

    def sentences(self, luck: Luck, count: int) -> list[str]:
        """Return this many sentences about one topic."""
        return self._speak(self.sentence_frames, luck, count)

    def titles(self, luck: Luck, count: int) -> list[str]:
        """Return this many headlines."""
        return self._speak(self.title_frames, luck, count)

    def paragraphs(self, luck: Luck, count: int) -> list[str]:
        """Return this many sentences as paragraphs of two to six."""
        sentences = self.sentences(luck, count)
        space = self.language.space
        found = []
        at = 0
        while at < count:
            end = at + luck.between(2, 6)
            found.append(space.join(sentences[at:end]))
            at = end
        return found

    def _speak(self, frames: Frames, luck: Luck, count: int) -> list[str]:
        if count < 1:
            return []
        chosen = (luck.numbers(count) % np.uint64(frames.lengths.size)).astype(np.int64)
        lengths = frames.lengths[chosen]
        ends = lengths.cumsum()
        total = int(ends[-1])
        holes = np.repeat(frames.begins[chosen] - ends + lengths, lengths) + np.arange(total)
        numbers = luck.numbers(total)
        draws = (numbers & np.uint64(_SLOTS - 1)).astype(np.int64)
        # One word in four is the page's own: drawn from a narrow window of each class.
        window = luck.below(_SLOTS) + (draws % _TOPIC)
        draws = np.where(numbers >> np.uint64(62) == 0, window, draws)
        entries = self.table[frames.start[holes] + (draws & frames.mask[holes])]
        pieces = self.printed[entries + frames.form[holes]].tolist()
        joined = []
        at = 0
        space = self.language.space
        for end in ends.tolist():
            joined.append(space.join(pieces[at:end]))
            at = end
        return joined


@lru_cache(maxsize=64)
def voice_of(language: Language) -> Voice:
    """Unfold a language's rules; done once in a process."""
    rules = _parse(language.rules)
    entries: list[str] = []
    places: dict[str, tuple[int, int]] = {}
    table: list[NDArray[np.int64]] = []
    filled = 0
    unfolded = {
        "sentence": _unfold(rules, "sentence", Luck(0, f"frames/{language.code}"), _SENTENCE_FRAMES),
        "title": _unfold(rules, "title", Luck(0, f"titles/{language.code}"), _TITLE_FRAMES),
    }
    for token in sorted({token for frames in unfolded.values() for frame in frames for token, _ in frame}):
        words = language.words[token[1:-1]] if token.startswith("{") else (token,)
        row = _by_rank(len(words)) + len(entries)
        entries.extend(word.replace("_", language.space) for word in words)
        places[token] = (filled, row.size - 1)
        table.append(row * _FORMS)
        filled += row.size
    printed = np.array([form for entry in entries for form in _forms(entry, language.signs)], dtype=object)
    return Voice(
        language,
        np.concatenate(table),
        printed,
        _lay_out(unfolded["sentence"], places),
        _lay_out(unfolded["title"], places),
    )


def _parse(rules: str) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for line in rules.strip().splitlines():
        symbol, _, tokens = line.partition("=")
        found.setdefault(symbol.strip(), []).append(tokens.split())
    return found


def _unfold(rules: Mapping[str, list[list[str]]], start: str, luck: Luck, count: int) -> list[list[tuple[str, int]]]:
    """Return frames as (token, sign that clings to it)."""
    frames = []
    for i in range(count):
        # Rules of the start symbol take turns, so that none is missing by bad luck.
        tokens = list(rules[start][i % len(rules[start])])
        while any(token.startswith("<") for token in tokens):
            tokens = [
                part
                for token in tokens
                for part in (luck.pick(rules[token[1:-1]]) if token.startswith("<") else [token])
            ]
        frame: list[tuple[str, int]] = []
        for token in tokens:
            if token in _SIGNS:
                frame[-1] = (frame[-1][0], _SIGNS[token])
            else:
                frame.append((token, 0))
        frames.append(frame)
    return frames


def _by_rank(words: int) -> NDArray[np.int64]:
    """Return the places of words in a row of slots, the first ones oftener: about 1 / (rank + 4)."""
    if words == 1:
        return np.zeros(1, np.int64)
    weights = 1.0 / (np.arange(words) + 5.0)
    bounds = np.rint(weights.cumsum() / weights.sum() * _SLOTS).astype(np.int64)
    return np.searchsorted(bounds, np.arange(_SLOTS), side="right").astype(np.int64)


def _forms(entry: str, signs: tuple[str, ...]) -> list[str]:
    capital = entry[:1].upper() + entry[1:]
    endings = ("", *signs)
    return [entry + ending for ending in endings] + [capital + ending for ending in endings]


def _lay_out(frames: list[list[tuple[str, int]]], places: Mapping[str, tuple[int, int]]) -> Frames:
    lengths = np.array([len(frame) for frame in frames], np.int64)
    capital = len(_SIGNS) + 1
    holes = [
        (*places[token], sign + (capital if at == 0 else 0))
        for frame in frames
        for at, (token, sign) in enumerate(frame)
    ]
    start, mask, form = np.array(holes, np.int64).T.copy()
    return Frames(lengths.cumsum() - lengths, lengths, start, mask, form)
