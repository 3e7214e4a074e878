"""Reading a training set from an S3 store, over a line that is bad."""

import pytest

import dclm_pipeline as dp
from stand_ins.stores import new_bucket
from tests.storage.faulty import Fault, in_bursts
from tests.trainset.packs import write_pack
from tests.trainset.test_reading import SHARDS, SMALL, names


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """Return the rows on disk, in the order in which they are read."""
    return read(write_pack(tmp_path_factory.mktemp("pack") / "pool", SHARDS))


@pytest.fixture
def bucket(faulty):
    """Return the same training set in a store behind a server that spoils what it is told to."""
    place = write_pack(new_bucket(faulty.url), SHARDS)
    faulty.begin()
    return place


def read(place, **more):
    return names(dp.read_tokens(place, rows=2, seed=4, **more, **SMALL))


def test_a_block_is_one_request(bucket, faulty, expected):
    assert read(bucket, documents=False, ahead=1) == expected
    once = faulty.count()["GET"]
    faulty.begin()
    assert read(bucket, documents=False, ahead=1, epochs=2)[:58] == expected
    twice = faulty.count()["GET"]

    assert twice - once == sum(-(-rows // 4) for rows in SHARDS)


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.CUT, Fault.UNHEARD], ids=lambda fault: fault.name)
def test_rows_are_the_same_whatever_happens_to_requests(bucket, faulty, expected, fault):
    faulty.begin(in_bursts(fault, 2))

    assert read(bucket) == expected
    assert faulty.spoiled


def test_reading_goes_on_on_other_ranks_where_it_stood(bucket, expected):
    reader = dp.read_tokens(bucket, rows=4, seed=4, **SMALL)
    first = names([batch for _, batch in zip(range(3), reader, strict=False)])
    state = reader.state_dict()
    rest = [
        names(dp.read_tokens(bucket, rows=1, rank=rank, ranks=3, state=state, keep_last=True, **SMALL))
        for rank in range(3)
    ]

    assert first == expected[:12]
    assert [rest[place % 3][place // 3] for place in range(46)] == expected[12:]
