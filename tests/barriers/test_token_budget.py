import pytest

import dclm_pipeline as dp
from dclm_pipeline.barriers.token_budget import TokenBudget
from dclm_pipeline.errors import PipelineError, RecipeError
from dclm_pipeline.stages.pack import Pack
from tests.stages.test_pack import tokenized

PACK = Pack(sequence_length=9)


@pytest.mark.parametrize(
    ("tokens", "counts"), [(1, [2]), (8, [9]), (9, [9, 2]), (16, [9, 9]), (17, [9, 9, 2]), (19, [9, 9, 4])]
)
def test_rows_are_cut_after_exactly_so_many_tokens(tokens, counts):
    docs = dp.apply([PACK, TokenBudget(tokens=tokens)], tokenized([22])).docs

    assert docs["token_count"].to_pylist() == counts
    assert sum(count - 1 for count in counts) == tokens


def test_stored_tokens_can_be_counted_instead():
    docs = dp.apply([PACK, TokenBudget(tokens=10, counted="stored")], tokenized([22])).docs

    assert docs["token_count"].to_pylist() == [9, 1]


def test_too_few_tokens_are_refused_with_the_figures():
    with pytest.raises(PipelineError, match="asks for 20 tokens, and there are 19, 1 too few"):
        dp.apply([PACK, TokenBudget(tokens=20)], tokenized([22]))


def test_documents_that_have_no_rows_are_refused():
    with pytest.raises(RecipeError, match="put `pack` before it"):
        dp.apply([TokenBudget(tokens=1)], tokenized([22]))
