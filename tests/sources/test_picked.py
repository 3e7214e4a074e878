"""Chosen records of a file: each is what the whole file holds there, whatever its length is, or is said to be."""

import hashlib
import itertools
import tracemalloc
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.sources import InputShard, Reading, Reject
from dclm_pipeline.sources.common_crawl_index import CommonCrawlIndex
from dclm_pipeline.sources.picked import FETCHED_AT_ONCE, MOST_FETCHED, joined
from dclm_pipeline.sources.spans import Span, Spans
from dclm_pipeline.sources.warc import Warc
from dclm_pipeline.storage.memory import MemoryStorage
from tests.sources.indexing import CRAWL
from tests.sources.writing import NAME, info, offsets, packed, page, response, stored

MIB = 2**20


@given(st.lists(st.tuples(st.integers(1, 2**22), st.integers(0, 2**21)), max_size=60), st.integers(0, 2**21))
def test_runs_hold_every_span_once_and_are_as_long_as_they_may_be(steps, gap):
    spans, place = [], 0
    for length, skip in steps:
        spans.append((place + skip, length))
        place += skip + length
    runs = list(joined(Spans.of(spans), gap))

    assert [span for run in runs for span in run] == spans
    for run in runs:
        assert len(run) == 1 or sum(run[-1]) - run[0][0] <= MOST_FETCHED
        assert all(after[0] - sum(before) <= gap for before, after in itertools.pairwise(run))
    for run, (following, *_) in itertools.pairwise(runs):
        assert following[0] - sum(run[-1]) > gap or sum(following) - run[0][0] > MOST_FETCHED


def picked(storage: MemoryStorage, spans: Iterable[Span], gap: int = 0, **settings: object) -> Reading:
    """Begin to read records of the file that is stored."""
    shard = InputShard(NAME, storage.size(NAME), "", spans=Spans.of(spans))
    return CommonCrawlIndex(crawl=CRAWL, gap=gap, **settings).read(storage, shard, 64, 2**20)


def contents(reading: Reading) -> tuple[list[dict[str, object]], list[Reject], dict[str, int]]:
    """Return documents, rejects and the tally of what failed."""
    items = list(reading)
    rows = [row for item in items if not isinstance(item, Reject) for row in item.to_pylist()]
    return rows, [item for item in items if isinstance(item, Reject)], dict(reading.facts.tally.failed)


def whole(storage: MemoryStorage, **settings: object) -> Reading:
    """Begin to read the whole file that is stored."""
    source = Warc.model_validate({"split": None, **settings})
    (shard,) = source.shards(storage)
    return source.read(storage, shard, 64, 2**20)


def members_with(*sizes: int) -> list[bytes]:
    """Return members: small pages, and between them pages of such sizes that packing makes no smaller."""
    large = [packed(response(f"large-{size}", page("x", size)), 0) for size in sizes]
    small = [packed(response(f"small-{place}")) for place in range(len(sizes) + 1)]
    return [packed(info()), small[0], *(one for pair in zip(large, small[1:], strict=True) for one in pair)]


@pytest.mark.parametrize("gap", [0, 2**30])
def test_large_records_are_documents_or_rejects_as_whole_files_have_them(gap):
    members = members_with(4 * MIB + MIB // 2, 6 * MIB, 5 * MIB)
    storage = stored(b"".join(members))
    spans = list(zip(offsets(members), map(len, members), strict=True))[1:]

    found = contents(picked(storage, spans, gap, most_body=5 * MIB + MIB // 2))

    assert found == contents(whole(storage, most_body=5 * MIB + MIB // 2))
    assert [len(found[0]), found[2]] == [6, {"body too large": 1}]
    assert found[1][0].url == f"https://example.com/large-{6 * MIB}"


@pytest.mark.parametrize("said", [-20, 20, MOST_FETCHED + 1, 2**31 - 1])
def test_a_length_that_is_a_lie_costs_its_own_record_at_most(said):
    members = members_with(1_000, 2_000)
    storage = stored(b"".join(members))
    spans = list(zip(offsets(members), map(len, members), strict=True))[1:]
    offset, length = spans[-1]
    wrong = length + said if said < MIB else said

    rows, rejects, failed = contents(picked(storage, [*spans[:-1], (offset, wrong)]))
    true = contents(whole(storage))[0]

    assert rows == (true[:-1] if said < 0 else true)
    assert ([reject.reason for reject in rejects], failed) == (
        (["ends early"], {"ends early": 1}) if said < 0 else ([], {})
    )


@pytest.mark.parametrize("beyond", [0, 1, 2**40])
@pytest.mark.parametrize("length", [1, MOST_FETCHED + 1])
def test_a_place_behind_the_file_holds_no_record(beyond, length):
    storage = stored(b"".join(members_with(10)))
    place = storage.size(NAME) + beyond

    rows, (reject,), failed = contents(picked(storage, [(place, length)]))

    assert (rows, reject.reason, reject.offset, failed) == ([], "no record there", place, {"no record there": 1})


class Asked(MemoryStorage):
    """A storage that notes how much is asked for at once."""

    most = 0

    def read(self, path: str, start: int = 0, length: int | None = None) -> bytes:
        """Return some bytes."""
        self.most = max(self.most, self.size(path) if length is None else length)
        return super().read(path, start, length)


def test_a_record_however_large_is_never_held_whole():
    members = members_with(48 * MIB)
    stored(b"".join(members))
    storage = Asked("warc-tests")
    offset, length = offsets(members)[2], len(members[2])
    reading = picked(storage, [(offset, length)], most_body=MIB)
    tracemalloc.start()
    _, (reject,), _ = contents(reading)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert reject.reason == "body too large"
    assert storage.most <= MOST_FETCHED
    assert most < MOST_FETCHED * FETCHED_AT_ONCE / 2


@pytest.mark.parametrize("gap", [0, 2**30])
def test_digest_and_size_are_those_of_the_records(gap):
    members = members_with(10, 5 * MIB, 6 * MIB)
    storage = stored(b"".join(members))
    chosen = [1, 2, 4, 6]
    spans = [(offsets(members)[place], len(members[place])) for place in chosen]
    reading = picked(storage, spans, gap, most_body=5 * MIB)
    list(reading)
    data = b"".join(members[place] for place in chosen)

    assert (reading.facts.sha256, reading.facts.bytes) == (hashlib.sha256(data).hexdigest(), len(data))
