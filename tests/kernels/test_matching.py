import time

import pyarrow as pa
import pytest

from dclm_pipeline.kernels.strings import views
from dclm_pipeline.kernels.words.matching import count_terms, find_terms, make_matcher


def found(terms, text, **settings):
    matcher = make_matcher(terms, **{"ignore_case": True, "whole_words": False, **settings})
    matches = find_terms(matcher, views(pa.array([text], pa.large_string())))
    return [text.encode()[start:end].decode() for start, end in zip(matches.starts, matches.ends, strict=True)]


def test_the_longest_term_at_the_leftmost_place_is_found():
    assert found(["ab", "abcd", "bcdef"], "xabcdef abc") == ["abcd", "ab"]


def test_a_longer_term_that_is_no_whole_word_leaves_a_shorter_one():
    assert found(["new", "new york"], "New Yorker, NEW YORK, news", whole_words=True) == ["New", "NEW YORK"]


def test_terms_may_begin_and_end_with_what_is_of_no_word():
    assert found(["c++", ".net"], "c++, c++x a.net .net", whole_words=True) == ["c++", ".net"]


def test_letters_of_any_script_are_found_in_any_case():
    assert found(["straße", "ПРИВЕТ", "漢字"], "STRAẞE привет 漢字") == ["STRAẞE", "привет", "漢字"]


def test_of_terms_that_differ_in_case_the_first_stands_for_all():
    assert make_matcher(["One", "ONE"], ignore_case=True, whole_words=False).terms == ("One",)
    assert set(make_matcher(["One", "ONE"], ignore_case=False, whole_words=False).terms) == {"One", "ONE"}


def test_an_empty_term_is_refused():
    with pytest.raises(ValueError, match="found everywhere"):
        make_matcher(["a", ""], ignore_case=True, whole_words=False)


def test_no_terms_are_found_nowhere():
    assert found([], "text") == []


def test_no_rows_have_no_matches():
    counts = count_terms(
        make_matcher(["a"], ignore_case=True, whole_words=False), views(pa.array([], pa.large_string()))
    )

    assert [counts.matches.tolist(), counts.different.tolist(), counts.first.tolist()] == [[], [], []]


def test_many_terms_are_all_found():
    terms = [f"term {number} of many" for number in range(30_000)]
    matcher = make_matcher(terms, ignore_case=True, whole_words=True)
    counts = count_terms(matcher, views(pa.array(terms, pa.large_string())))

    assert [matcher.terms[term] for term in counts.first.tolist()] == terms
    assert counts.matches.tolist() == [1] * len(terms)


def test_texts_made_to_be_slow_are_not():
    """A term that begins again at every character, and is broken off at its end."""
    matcher = make_matcher(["a" * 1000 + "b", "a", "b" + "a" * 1000], ignore_case=True, whole_words=False)
    strings = views(pa.array(["a" * 1_000_000], pa.large_string()))
    begun = time.process_time()

    assert count_terms(matcher, strings).matches.tolist() == [1_000_000]
    assert time.process_time() - begun < 1
