import pyarrow as pa

from dclm_pipeline.kernels.strings import views
from dclm_pipeline.kernels.words.counts import count_text


def words(*texts):
    return count_text(views(pa.array(texts, pa.large_string()))).words.tolist()


def test_words_are_parted_by_any_blank():
    assert words("one two", "one\u3000two\u2028three", " one ", "", "\t\n") == [2, 3, 1, 0, 0]


def test_a_blank_that_python_does_not_split_at_parts_nothing():
    assert words("one\u200btwo", "one\ufefftwo") == [1, 1]


def test_rows_do_not_run_into_each_other():
    assert words("one", "two", "three four") == [1, 1, 2]
