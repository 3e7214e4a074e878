"""What comparisons start from: the page whose run is taken off as start-up goes through every recipe of theirs."""

from contextlib import ExitStack

import pytest

from bench.comparisons import COMPARISONS, START_HEURISTICS
from bench.ground import Ground
from bench.measure import measure


@pytest.mark.slow
def test_the_one_page_is_kept_by_the_recipe_whose_start_is_measured_with_it(tmp_path):
    with ExitStack() as stack:
        ground = Ground("made up", tmp_path, (), tmp_path, stack)
        measured = measure(START_HEURISTICS.command(ground, tmp_path), output=tmp_path / "output.txt")

    assert START_HEURISTICS in COMPARISONS
    assert measured.code == 0, (tmp_path / "output.txt").read_text()
