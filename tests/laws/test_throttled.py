"""A server that throttles: all workers keep one budget, so it is asked little more than it must be."""

import pytest

from dclm_pipeline.madeup import write_crawl
from tests.engine.crawls import bytes_of, run_inline
from tests.storage.serving import Served, serving
from tests.storage.throttle import Throttle

RECIPE = """
name: picked
source: {kind: common_crawl_index, crawl: CC-MAIN-2025-00, gap: 0}
steps: [extract]
"""


def gets(served: Served) -> int:
    """Count the requests for objects."""
    return sum(method == "GET" for method, _, _ in served.asked)


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """Return the files of a crawl, the bytes of the pool made of them, and how many requests it took to be made."""
    folder = tmp_path_factory.mktemp("patient")
    crawl = folder / "crawl"
    write_crawl(crawl, 600, shards=8, listed=True)
    files = {str(path.relative_to(crawl)): path.read_bytes() for path in crawl.rglob("*") if path.is_file()}
    with serving(files) as server:
        run_inline(RECIPE, server.url, folder / "made" / "pool")
        asked = gets(server)
    return files, bytes_of(folder / "made" / "pool"), asked


@pytest.mark.slow
@pytest.mark.parametrize(("executor", "status"), [("inline", 503), ("ray", 503), ("inline", 403), ("ray", 403)])
def test_a_server_that_throttles_is_asked_at_most_a_third_more(patient, tmp_path, executor, status):
    files, reference, asked = patient
    throttle = Throttle(60.0, 15.0, status=status)
    workers = {"workers": 4} if executor == "ray" else {}
    with serving(files, throttle) as impatient:
        ran = run_inline(RECIPE, impatient.url, tmp_path / "throttled" / "pool", executor=executor, **workers)

    assert bytes_of(tmp_path / "throttled" / "pool") == reference
    assert throttle.refused
    assert gets(impatient) <= 1.3 * asked
    assert sum(ran.story.requests.values()) <= gets(impatient)
