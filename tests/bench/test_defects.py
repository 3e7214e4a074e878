from pathlib import Path

import pytest

from bench.defects import markdown, real_pages

PAGE = Path(__file__).parents[2] / "docs" / "defects.md"


@pytest.mark.slow
def test_the_page_of_defects_says_what_the_bench_prints(test_data):
    assert markdown(real_pages(test_data)) in PAGE.read_text(encoding="utf-8")
