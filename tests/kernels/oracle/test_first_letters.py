import re

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.strings import views
from dclm_pipeline.kernels.words.first_letters import count_first_letters

TEXTS = st.lists(
    st.text(
        st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(' \n\t\r\v\f\0\x1c\x85\u3000a1²é漢"(_'))
    )
)


@given(TEXTS, st.integers(0, 2))
def test_words_with_a_first_letter_agree_with_python(texts, first):
    array = pa.array(texts, pa.large_string()).slice(first)

    assert count_first_letters(views(array)).tolist() == [
        sum(word[0].isalnum() for word in re.split("[ \t-\r\0]+", text) if word) for text in texts[first:]
    ]
