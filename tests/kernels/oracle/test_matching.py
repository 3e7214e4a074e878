import itertools
import re
import sys

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.characters import folded_codes, word_codes
from dclm_pipeline.kernels.strings import views
from dclm_pipeline.kernels.words import automaton
from dclm_pipeline.kernels.words.matching import count_terms, find_terms, make_matcher

LETTERS = st.sampled_from("aaabbBAcC&. _1éÉßẞſsSıiİIκΚKkµμςσΣ漢😀\u0345")
ANYTHING = st.characters(exclude_categories=["Cs"])
TERMS = st.lists(st.text(st.one_of(LETTERS, ANYTHING), min_size=1, max_size=5), max_size=12)
TEXTS = st.lists(st.text(st.one_of(LETTERS, LETTERS, ANYTHING)), max_size=6)


def slow_matches(terms, text, ignore_case, whole_words):
    flags = re.IGNORECASE if ignore_case else 0
    longest_first = sorted(map(re.escape, dict.fromkeys(terms)), key=lambda term: len(re.sub(r"\\(.)", r"\1", term)))[
        ::-1
    ]
    if not longest_first:
        return []
    either = "|".join(longest_first)
    pattern = re.compile(rf"\b(?:{either})\b" if whole_words else either, flags | re.DOTALL)
    return [(*match.span(), the_term(terms, match[0], flags)) for match in pattern.finditer(text)]


def the_term(terms, found, flags):
    return next(term for term in terms if re.fullmatch(re.escape(term), found, flags))


def fast_matches(matcher, text, found, row):
    places = [len(text[:end].encode()) for end in range(len(text) + 1)]
    return [
        (places.index(found.starts[i]), places.index(found.ends[i]), matcher.terms[found.terms[i]])
        for i in range(found.offsets[row], found.offsets[row + 1])
    ]


@pytest.mark.parametrize("dense", [automaton.DENSE, 0])
@given(TERMS, TEXTS, st.booleans(), st.booleans())
def test_matches_are_those_of_a_regular_expression(dense, terms, texts, ignore_case, whole_words):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(automaton, "DENSE", dense)
        matcher = make_matcher(terms, ignore_case=ignore_case, whole_words=whole_words)
    strings = views(pa.array(["", *texts], pa.large_string()).slice(1))
    found, counts = find_terms(matcher, strings), count_terms(matcher, strings)
    expected = [slow_matches(terms, text, ignore_case, whole_words) for text in texts]

    assert [fast_matches(matcher, text, found, row) for row, text in enumerate(texts)] == expected
    assert counts.matches.tolist() == [len(row) for row in expected]
    assert counts.different.tolist() == [len({term for *_, term in row}) for row in expected]
    assert [matcher.terms[term] if term >= 0 else "" for term in counts.first.tolist()] == [
        row[0][2] if row else "" for row in expected
    ]


def test_characters_of_words_are_those_of_regular_expressions():
    words = {match.start() for match in re.finditer(r"\w", "".join(map(chr, range(sys.maxunicode + 1))))}

    assert set(word_codes().nonzero()[0].tolist()) == words


@pytest.mark.slow
def test_what_differs_in_case_alone_is_what_regular_expressions_take_for_equal():
    folded = folded_codes().tolist()
    alike = {}
    for code, stands in enumerate(folded):
        alike.setdefault(stands, []).append(code)
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    cased = re.compile("|".join(re.escape(chr(stands)) for stands, codes in alike.items() if len(codes) > 1), re.I)

    assert {match.start() for match in cased.finditer(everything)} == {
        code for codes in alike.values() if len(codes) > 1 for code in codes
    }
    for codes in alike.values():
        for one, other in itertools.combinations(map(chr, codes), 2):
            assert re.fullmatch(re.escape(one), other, re.IGNORECASE), (one, other)
