"""The filter's five modes against their definition in plain Python, with a set for a filter."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dclm_pipeline.kernels.dedup.blocked import WORDS, size_for
from dclm_pipeline.kernels.dedup.bloom import Rule, sweep
from dclm_pipeline.kernels.dedup.verdicts import BOTH, DOCUMENT, OLD_BOTH, PARAGRAPH, SUBSTRING
from dclm_pipeline.kernels.strings import array_of, views
from tests.kernels.oracle.test_segmentation import breaks

RATE = 1e-6
# Few tokens, so that they meet again; among them blanks that are none to Unicode, and marks that stick to a blank.
PIECES = st.sampled_from(
    [
        "a",
        "b",
        "c",
        "d",
        ".",
        " ",
        " ",
        " ",
        "\n",
        "\n",
        "\r\n",
        "word ",
        "漢字",
        "\x1c",
        " \u0301",
        "\u3000",
        "ä",
        "🇩🇪",
    ]
)
PLAIN = st.lists(st.lists(PIECES, max_size=60).map("".join), max_size=6)
ANY = st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=6)


def is_white(character):
    return character.isspace() and not 0x1C <= ord(character) <= 0x1F


def tokens_of(text):
    """Return where each token begins and ends, in characters."""
    places = [0, *(i for i in range(1, len(text)) if breaks(text, i)), len(text)]
    return [(i, j) for i, j in pairwise(places) if j > i and not all(map(is_white, text[i:j]))]


class Slow:
    """The modes, read slowly."""

    def __init__(self, rule):
        self.rule = rule
        self.filter = set()

    def runs(self, tokens):
        n = self.rule.length
        if len(tokens) >= n:
            return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
        return [tuple(tokens)] if len(tokens) >= self.rule.shortest else []

    def seen(self, runs):
        return sum(run in self.filter for run in runs)

    def goes(self, seen, runs):
        if not runs:
            return False
        return seen / runs > self.rule.share if self.rule.mode == OLD_BOTH else seen / runs >= self.rule.share

    def text(self, text):
        """Return what is left (None: nothing), and the numbers of runs and of those seen."""
        if self.rule.mode == SUBSTRING:
            return self.cut(text)
        ends = [0, *(i for i, letter in enumerate(text) if letter == "\n"), len(text)]
        paragraphs = [text[i:j] for i, j in pairwise(ends)]
        tokens = [[part[i:j] for i, j in tokens_of(part)] for part in paragraphs]
        joined = [token for part in tokens for token in part]
        runs = self.runs(joined)
        told = len(runs), self.seen(runs)
        if self.rule.mode in (DOCUMENT, BOTH):
            if self.goes(told[1], told[0]):
                return None, *told
            if self.rule.mode == DOCUMENT:
                self.filter.update(runs)
                return text, *told
        kept, total, known = [], 0, 0
        for part in tokens:
            own = self.runs(part)
            seen = self.seen(own)
            total, known = total + len(own), known + seen
            kept.append(not self.goes(seen, len(own)))
            if kept[-1]:
                self.filter.update(own)
        if self.rule.mode == BOTH:
            of = [p for p, part in enumerate(tokens) for _ in part]
            n = self.rule.length
            whole = [all(kept[p] for p in of[i : i + n]) for i in range(len(joined) - n + 1)]
            if len(joined) >= n:
                self.filter.update(run for run, stays in zip(runs, whole, strict=True) if stays)
            elif all(kept):
                self.filter.update(runs)
        else:
            told = total, known
        if self.rule.mode == OLD_BOTH and self.goes(known, total):
            return None, *told
        left = "".join(part for part, stays in zip(paragraphs, kept, strict=True) if stays)
        if not all(kept) and not any(part for part, stays in zip(tokens, kept, strict=True) if stays):
            return None, *told
        if self.rule.mode != OLD_BOTH and not kept[0]:
            left = left[1:]
        return left, *told

    def cut(self, text):
        places, n = tokens_of(text), self.rule.length
        tokens = [text[i:j] for i, j in places]
        runs = [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
        hits = [run in self.filter for run in runs]
        told = len(runs), sum(hits)
        covered = {i + k for i, hit in enumerate(hits) if hit for k in range(n)}
        spans = []
        for i in sorted(covered):
            if spans and spans[-1][1] == i:
                spans[-1][1] = i + 1
            else:
                spans.append([i, i + 1])
        spans = self.joined(spans, covered)
        spans = [[-b, -a] for a, b in self.joined([[-b, -a] for a, b in spans[::-1]], {-1 - i for i in covered})][::-1]
        spans = [span for span in spans if span[1] - span[0] >= self.rule.least]
        gone = {i for a, b in spans for i in range(a, b)}
        self.filter.update(run for i, run in enumerate(runs) if not gone & set(range(i, i + n)))
        if spans and spans == [[0, len(tokens)]]:
            return None, *told
        left, place = "", 0
        for a, b in spans:
            until = places[a][0] if b < len(tokens) or a == 0 else places[a - 1][1]
            left += text[place:until]
            place = places[b][0] if b < len(tokens) else len(text)
        return left + text[place:], *told

    def joined(self, spans, covered):
        joined = []
        for a, b in spans:
            if joined:
                first = joined[-1][0]
                if sum(i in covered for i in range(first, b)) >= self.rule.share * (b - first):
                    joined[-1][1] = b
                    continue
            joined.append([a, b])
        return joined


def fast(texts, rule, keys=20_000):
    size = size_for(keys, RATE)
    words = np.zeros(size.blocks * WORDS, np.uint64)
    swept = sweep(views(pa.array(texts, pa.large_string())), rule, words, size.probes)
    left = array_of(swept.texts).to_pylist()
    return [(None if gone else text, runs, seen) for text, (runs, seen, _, gone) in zip(left, swept.facts, strict=True)]


@pytest.mark.parametrize("mode", [PARAGRAPH, DOCUMENT, BOTH, SUBSTRING, OLD_BOTH])
@given(
    st.one_of(PLAIN, ANY),
    st.integers(1, 4),
    st.integers(0, 2),
    st.sampled_from([0.3, 0.5, 0.8, 1.0]),
    st.integers(1, 6),
)
@example(["a b c d a b c d\na b c d", "a b c d a b c d\na b c d", "x a b c d y a b c d z"], 2, 1, 0.5, 3)
@example(["\n", "", "a", "a", "\na\n\na", "a\nb\nc", "c\nb\na"], 1, 0, 0.8, 1)
def test_each_mode_is_its_definition_read_slowly(mode, texts, length, shorter, share, least):
    rule = Rule(mode, length, max(1, length - shorter), share, least)
    slow = Slow(rule)

    assert fast(texts, rule) == [slow.text(text) for text in texts]
