from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.madeup.content import write_article
from dclm_pipeline.madeup.copies import near_copy, shared_grams
from dclm_pipeline.madeup.languages import ENGLISH
from dclm_pipeline.madeup.luck import Luck
from dclm_pipeline.madeup.voice import voice_of

TWENTY = " ".join(f"w{i}" for i in range(20))


def test_one_changed_word_costs_the_grams_that_hold_it():
    changed = TWENTY.replace("w19", "other")

    assert shared_grams(TWENTY, changed, " ") == 7 / 9


def test_a_short_text_is_one_gram():
    assert shared_grams("one two", "one two", " ") == 1
    assert shared_grams("one two", "one three", " ") == 0
    assert shared_grams("", "", " ") == 1


def test_without_spaces_every_character_is_a_word():
    assert shared_grams("古" * 5 + "今東西南北春夏秋冬上", "古" * 5 + "今東西南北春夏秋冬下", "") == 2 / 4


@given(st.lists(st.sampled_from("abc"), max_size=40), st.lists(st.sampled_from("abc"), max_size=40))
def test_sharing_is_symmetric_and_a_share(one, other):
    first, second = " ".join(one), " ".join(other)

    assert 0 <= shared_grams(first, second, " ") == shared_grams(second, first, " ") <= 1


def test_copies_range_from_equal_to_half_changed():
    voice = voice_of(ENGLISH)
    articles = [write_article(Luck(0, "article", i), voice) for i in range(60)]
    alike = [
        shared_grams(article.text, near_copy(article, Luck(0, "copy", i), voice).text, " ")
        for i, article in enumerate(articles)
    ]

    assert max(alike) == 1
    assert min(alike) < 0.7
    assert sum(0.7 < one < 1 for one in alike) > 20
