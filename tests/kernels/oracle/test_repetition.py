import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from dclm_pipeline.kernels.interning import stretch_hash
from dclm_pipeline.kernels.strings import views
from dclm_pipeline.kernels.words.repetition import DATATROVE, DCLM, DOLMA, SHARES, find_repetition
from tests.kernels.oracle.test_segmentation import breaks, kind, kind_to_uniseg

# Few words, so that they meet again; some of one length that differ late, and in more than eight bytes.
WORDS = st.sampled_from(
    [
        "a",
        "b",
        "b",
        "an",
        "the",
        "it's",
        "it",
        "s",
        "\u05d0\u05d1",
        "12",
        "ä",
        "漢字",
        "longerword1",
        "longerword2",
        "eightlet",
        "...",
        "-",
        "(x",
        "",
        "\u3000",
    ]
)
TEXTS = st.lists(
    st.lists(st.tuples(WORDS, st.sampled_from([" ", " ", "\n", "\n\n", "\n \n", "\t"]))).map(
        lambda parts: "".join(map("".join, parts))
    )
)


def runs(words, n):
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def segments(text, kind=kind):
    places = [0, *(i for i in range(1, len(text)) if breaks(text, i, kind)), len(text)]
    return [text[i:j] for i, j in pairwise(places) if j > i]


def share(some, whole):
    return some / whole if whole else 0.0


def dclm_pieces(text, separator):
    pieces = [piece.strip() for piece in text.split(separator) if piece.strip()]
    if not pieces:
        return np.nan, np.nan
    counts = Counter(pieces)
    copies = [piece for piece in pieces if counts[piece] > 1]
    return share(len(copies), len(pieces)), share(sum(map(len, copies)), sum(map(len, pieces)))


def dclm(text):
    lines, paragraphs = dclm_pieces(text, "\n"), dclm_pieces(text, "\n\n")
    words = [word for word in segments(text, kind_to_uniseg) if word[0].isalnum()]
    whole = sum(map(len, words))
    tops, duplicates = [], []
    for n in range(2, 5):
        counts = Counter(runs(words, n))
        most = max(counts.values(), default=0)
        sizes = [sum(map(len, run)) for run, count in counts.items() if count == most]
        tops.append(share(most * max(sizes), whole) if most > 1 else 0.0)
    for n in range(5, 11):
        counts = Counter(runs(words, n))
        covered = {j for i, run in enumerate(runs(words, n)) if counts[run] > 1 for j in range(i, i + n)}
        duplicates.append(share(sum(len(words[j]) for j in covered), whole))
    return [lines[0], paragraphs[0], lines[1], paragraphs[1], *tops, *duplicates]


def later_copies(pieces):
    return [piece for i, piece in enumerate(pieces) if piece in pieces[:i]]


def datatrove(text):
    lines, paragraphs = re.split(r"\n+", text), re.split(r"\n{2,}", text.strip())
    words = [word for word in segments(text) if not word[0].isspace()]
    shares = [share(len(later_copies(pieces)), len(pieces)) for pieces in (lines, paragraphs)]
    shares += [share(sum(map(len, later_copies(pieces))), len(text)) for pieces in (lines, paragraphs)]
    for n in range(2, 5):
        top = Counter(runs(words, n)).most_common(1)
        shares.append(share(sum(len(" ".join(run)) * count for run, count in top), len(text)))
    for n in range(5, 11):
        seen, i, size = set(), 0, 0
        while i < len(words) - n + 1:
            run = tuple(words[i : i + n])
            if run in seen:
                size += len("".join(run))
                i += n
            else:
                seen.add(run)
                i += 1
        shares.append(share(size, len(text)))
    return shares


def dolma(text):
    lines, words = [line for line in text.split("\n") if line.strip()], text.split()
    if not lines:
        return [np.nan] * 4 + [0.0] * 9
    counts, held = Counter(lines), sum(map(len, words))
    copies = [line for line in lines if counts[line] > 1]
    shares = [len(copies) / len(lines), np.nan, sum(map(len, copies)) / held, np.nan]
    for n in range(2, 5):
        top = Counter(runs(words, n)).most_common(1)
        shares.append(sum(len("".join(run)) * count for run, count in top) / held)
    for n in range(5, 11):
        counts = Counter(runs(words, n))
        sizes = {run: len("".join(run)) * count for run, count in counts.items()}
        shares.append(share(sum(size for run, size in sizes.items() if counts[run] > 1), sum(sizes.values())))
    return shares


def both(reading, twin, texts):
    fast = find_repetition(views(pa.array(texts, pa.large_string())), reading)
    return fast, np.array([twin(text) for text in texts]).reshape(-1, SHARES)


@given(TEXTS)
@example(["one two three four five six seven\n" * 3, "", " \n ", "a b a b a b a b a b"])
def test_dclm_reading_is_that_of_the_definition(texts):
    np.testing.assert_array_equal(*both(DCLM, dclm, texts))


@given(TEXTS)
@example(["one two three four five six seven\n" * 3, "", " \n ", "a b a b a b a b a b"])
def test_datatrove_reading_is_that_of_the_definition(texts):
    np.testing.assert_array_equal(*both(DATATROVE, datatrove, texts))


def test_words_and_runs_that_occur_very_often_are_not_forgotten():
    texts = ["a " * 256, "a " * 257, "a b " * 256 + "c d", "longerword1\n" * 512, "a b c\n\n" * 256]

    np.testing.assert_array_equal(*both(DCLM, dclm, texts))


@given(st.binary(max_size=40), st.binary(max_size=12))
def test_a_hash_depends_on_the_stretch_alone(before, stretch):
    alone, within = (np.frombuffer(data, np.uint8) for data in (stretch, before + stretch + before))

    assert stretch_hash(alone, 0, len(stretch)) == stretch_hash(within, len(before), len(before) + len(stretch))


@given(TEXTS)
@example(["one two three four five six seven\n" * 3, "", " \n ", "a b a b a b a b a b", "a\n\n \na\n b"])
def test_dolma_reading_is_that_of_the_definition(texts):
    np.testing.assert_array_equal(*both(DOLMA, dolma, texts))
