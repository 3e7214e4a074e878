"""What of known texts stands in documents, against plain Python: lists of words, sets of runs, all pairs of places."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dclm_pipeline.kernels.dedup.contamination import COLLISION, JACCARD, OVERLAP, Rule, Searcher
from dclm_pipeline.kernels.dedup.known_runs import known_runs
from dclm_pipeline.kernels.strings import array_of, views
from tests.kernels.oracle.test_segmentation import slow_words

# Few words, so that they meet again.
WORDS = st.sampled_from(["a", "b", "B", "c", "Ä", "ä", "Σ", "ς", "漢字", ".", "12", "\n", "d"])
TEXT = st.lists(WORDS, max_size=25).map(" ".join)
ANY = st.text(st.characters(exclude_categories=["Cs"]))
DOCUMENTS = st.lists(st.one_of(TEXT, TEXT, ANY), max_size=4)
ITEMS = st.lists(st.lists(TEXT, min_size=1, max_size=2), min_size=1, max_size=4)


def small(word):
    return "".join("σ" if letter.lower()[0] == "ς" else letter.lower()[0] for letter in word)


def words_of(text):
    return list(map(small, slow_words(text)))


def runs_of(words, n):
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


class Slow:
    """Known items, and the runs that count: those that do not stand in too many places."""

    def __init__(self, items, n, shortest, most):
        self.n = n
        chunks = [(item, words_of(text)) for item, texts in enumerate(items) for text in texts]
        places = []
        for chunk, (item, words) in enumerate(chunks):
            length = n if len(words) >= n else len(words) if len(words) >= shortest else 0
            if length:
                places += [(run, item, chunk, at) for at, run in enumerate(runs_of(words, length))]
        stands = [run for run, *_ in places]
        self.places = [place for place in places if stands.count(place[0]) <= most]
        self.own = [{run for run, item, *_ in self.places if item == one} for one in range(len(items))]
        self.lengths = {len(run) for run in stands}

    def look(self, text, rule):
        words = words_of(text)
        there = {run for length in self.lengths for run in runs_of(words, length)}
        different = len(set(runs_of(words, self.n)))
        judged = []
        for item, own in enumerate(self.own):
            shared = own & there
            if not shared:
                continue
            share = len(shared) / len(own)
            if rule.method == JACCARD:
                share = len(shared) / max(different + len(own) - len(shared), 1)
            stretch = self.stretch(words, item)
            bad = rule.method == COLLISION or share >= rule.share
            bad = bad or (rule.method == OVERLAP and stretch >= rule.longest)
            judged.append((not bad, -share, -stretch, item))
        if not judged:
            return (-1, 0, 0, 0.0), self.left(text, words, set(), rule)
        _, share, stretch, item = min(judged)
        held = {one for good, _, _, one in judged if not good}
        return (item, -stretch, len(held), -share), self.left(text, words, held, rule)

    def stretch(self, words, item):
        """Return the longest run of words in common, made of runs that count and follow each other in both."""
        best = 0
        mine = {(chunk, at): run for run, one, chunk, at in self.places if one == item}
        for (chunk, at), first in mine.items():
            for i in range(len(words)):
                k = 0
                while (run := mine.get((chunk, at + k))) and tuple(words[i + k : i + k + len(run)]) == run:
                    k += 1
                best = max(best, len(first) + k - 1 if k else 0)
        return best

    def left(self, text, words, held, rule):
        if not rule.cut:
            return ""
        spans, place = [], 0
        for word in slow_words(text):
            begin = self.find(text, word, place)
            spans.append((begin, begin + len(word)))
            place = begin + len(word)
        bad = set().union(*(self.own[item] for item in held)) if held else set()
        gone = set()
        for length in self.lengths:
            for i, run in enumerate(runs_of(words, length)):
                if run in bad:
                    gone |= set(range(i - rule.around, i + length + rule.around))
        left, place = "", 0
        for k, (begin, _) in enumerate(spans):
            if k in gone and k - 1 not in gone:
                left += text[place:begin]
            if k not in gone and k - 1 in gone:
                place = begin
        return left if spans and len(spans) - 1 in gone else left + text[place:]

    def find(self, text, word, place):
        # Words are found in their order; what is between them begins with neither letter nor digit.
        return text.index(word, place)


def fast(items, documents, n, shortest, most, rule):
    texts = pa.array([text for item in items for text in item], pa.large_string())
    item_of = np.repeat(np.arange(len(items)), [len(item) for item in items]).astype(np.int64)
    searcher = Searcher(known_runs(views(texts), item_of, n, shortest, most))
    told = []
    for document in documents:  # one by one, as batches of one: what is remembered must not matter
        found = searcher.search(views(pa.array([document, document], pa.large_string())), rule, n)
        left = array_of(found.texts).to_pylist()
        pair = [
            ((*facts, share), text) for facts, share, text in zip(found.facts.tolist(), found.shares, left, strict=True)
        ]
        assert pair[0] == pair[1]
        told.append(pair[0])
    return told


@pytest.mark.parametrize("method", [COLLISION, OVERLAP, JACCARD])
@given(
    ITEMS,
    DOCUMENTS,
    st.integers(2, 4),
    st.integers(0, 2),
    st.sampled_from([1, 2, 60]),
    st.sampled_from([0.2, 0.5, 1.0]),
    st.booleans(),
    st.integers(0, 2),
)
@example([["a b c d"], ["b c d a"]], ["x a b c d a y", "a b c", "d a b c d a b c d"], 2, 0, 60, 0.5, True, 1)
@example([["a a a a a a"]], ["a " * 30], 3, 0, 60, 0.5, True, 0)
def test_documents_are_judged_as_when_read_slowly(method, items, documents, n, shorter, most, share, cut, around):
    shortest = max(2, n - shorter)
    rule = Rule(method, share, 5, cut, around)
    slow = Slow(items, n, shortest, most)

    assert fast(items, documents, n, shortest, most, rule) == [slow.look(text, rule) for text in documents]


def test_runs_of_equal_hashes_are_told_apart_by_their_words(monkeypatch):
    from dclm_pipeline.kernels.dedup import known_runs as module

    # Two texts whose words have, by force, the same hashes.
    def colliding(strings):
        found = real(strings)
        found.hashes[:] = 7
        return found

    real = module.small_words_of
    monkeypatch.setattr(module, "small_words_of", colliding)
    known = known_runs(views(pa.array(["a b c", "d e f"], pa.large_string())), np.array([0, 1]), 3, 3, 60)

    assert (len(known.hashes), known.totals.tolist()) == (1, [1, 0])
