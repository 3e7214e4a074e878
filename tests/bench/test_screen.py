import itertools
from pathlib import Path

import pytest

from bench.heuristics import PIPELINES
from bench.screen import RECIPE, Page, thinned, write_crawl
from dclm_pipeline.recipe import load_recipe
from dclm_pipeline.step import Barrier

PAGES = [Page(Path("one.warc.gz"), place, 1, place % 3 > 0, place * 0.61803 % 1) for place in range(900)]


@pytest.mark.parametrize(("share", "pages", "english"), [(0.3, 429, 129), (0.45, 545, 245), (1.0, 600, 600)])
def test_pages_are_thinned_to_a_share_of_english_ones(share, pages, english):
    kept = thinned(PAGES, share)

    assert (len(kept), sum(page.english for page in kept)) == (pages, english)


def test_what_is_measured_is_the_shipped_recipe_up_to_its_first_barrier():
    steps = load_recipe(PIPELINES / "dclm-baseline.yaml").steps
    single = list(itertools.takewhile(lambda step: not isinstance(step, Barrier), steps))

    assert [*load_recipe(RECIPE).steps] == single


def test_pages_that_are_thinned_keep_their_order():
    kept = thinned(PAGES, 0.45)

    assert kept == sorted(kept, key=lambda page: page.offset)


def test_a_crawl_holds_the_records_of_its_pages_as_often_as_there_are_copies(tmp_path):
    (tmp_path / "some.warc.gz").write_bytes(b"onetwothree")
    pages = [Page(tmp_path / "some.warc.gz", place, 3, True, 0.0) for place in (0, 3)]

    assert write_crawl(tmp_path / "once", pages).read_bytes() == b"onetwo"
    assert write_crawl(tmp_path / "twice", pages, 2).read_bytes() == b"onetwoonetwo"
