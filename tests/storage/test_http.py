"""Objects on the web: read whole and in parts, whatever the server does."""

import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.errors import RecipeError, ShardError, TransientError
from dclm_pipeline.storage import Entry, open_storage, patience, remote
from dclm_pipeline.storage.many import at_once
from tests.storage.serving import serving

DATA = random.Random(5).randbytes(3_000_000)


@pytest.fixture(scope="module")
def server():
    with serving({"folder/a b.bin": DATA, "folder/small": b"0123456789", "folder/empty": b""}) as served:
        yield served


@pytest.fixture
def served(server, monkeypatch):
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.0)
    server.faults.clear()
    server.asked.clear()
    server.ranges = True
    return server


def folder(served):
    return open_storage(f"{served.url}folder/")


def gets(served):
    return [place for method, _, place in served.asked if method == "GET"]


def test_an_object_is_read_by_one_request(served):
    with folder(served).open("a b.bin") as file:
        assert file.read() == DATA
    assert gets(served) == [""]


FAULTS = [503, 429, 500, ("reset", 0), ("reset", 100_000), ("cut", 1_000_000), ("cut", 0)]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_is_got_over_without_reading_anything_twice(served, fault):
    served.faults += [fault, fault]
    with folder(served).open("a b.bin") as file:
        parts = []
        while part := file.read(300_000):
            parts.append(part)

    assert b"".join(parts) == DATA
    starts = [int(place.removeprefix("bytes=").partition("-")[0] or 0) for place in gets(served)]
    assert starts == sorted(starts)
    assert len(starts) <= 3


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_part_is_read_whatever_happens(served, fault):
    served.faults += [fault, None, fault]

    assert folder(served).read("a b.bin", 1_000_000, 1_500_000) == DATA[1_000_000:2_500_000]


def test_patience_ends(served):
    served.faults += [503] * 50

    with pytest.raises(TransientError, match="busy"):
        folder(served).read("small")
    assert len(gets(served)) == patience.ATTEMPTS


def test_a_server_that_goes_on_stopping_early_is_followed_as_long_as_there_is_progress(served):
    served.faults += [("cut", 100_000)] * 40

    with folder(served).open("a b.bin") as file:
        assert file.read() == DATA


def test_what_may_not_be_read_is_told_soon(served):
    served.faults += [403] * 50

    with pytest.raises(ShardError, match="refuses"):
        folder(served).read("small")
    assert len(gets(served)) == 2


def test_an_object_that_is_replaced_meanwhile_is_not_mixed(served):
    served.objects["changing"] = DATA
    with open_storage(served.url).open("changing") as file:
        begin = file.read(1000)
        served.objects["changing"] = DATA[::-1]
        served.faults.append(None)
        file.raw._drop()
        with pytest.raises(ShardError, match="replaced"):
            file.read()
    assert begin == DATA[:1000]


@given(st.lists(st.tuples(st.integers(0, len(DATA) + 10), st.integers(0, 700_000)), max_size=8))
def test_any_way_through_a_file_reads_what_is_there(server, places):
    server.faults.clear()
    with folder(server).open("a b.bin") as file:
        for start, length in places:
            file.seek(start)
            assert file.read(length) == DATA[start : start + length]


def test_looking_at_the_beginning_costs_nothing_more(served):
    with folder(served).open("a b.bin") as file:
        file.read(100_000)
        file.seek(0)
        file.read(500_000)
        file.seek(10)
        assert file.read() == DATA[10:]
    assert len(gets(served)) == 1


def test_a_few_columns_of_a_table_cost_a_few_requests(served, tmp_path):
    table = pa.table(
        {name: random.Random(i).randbytes(8) * 1 and list(range(i, 200_000 + i)) for i, name in enumerate("abcdef")}
    )
    pq.write_table(table, tmp_path / "t.parquet", compression="none", use_dictionary=False)
    served.objects["t.parquet"] = (tmp_path / "t.parquet").read_bytes()
    with open_storage(served.url).open("t.parquet") as file:
        found = pq.ParquetFile(file).read(["c"])

    assert found.column("c").to_pylist() == table.column("c").to_pylist()
    assert len(gets(served)) <= 5


def test_one_object_is_listed_by_its_url(served):
    storage = open_storage(f"{served.url}folder/a%20b.bin")

    assert list(storage.entries()) == [Entry("a b.bin", len(DATA))]
    assert open_storage(storage.url).url == storage.url
    assert storage.read("a b.bin", 5, 5) == DATA[5:10]


def test_a_folder_has_no_listing(served):
    with pytest.raises(RecipeError, match="no listings"):
        list(folder(served).entries())


def test_an_empty_object_is_read(served):
    assert (folder(served).read("empty"), folder(served).read("empty", 0, 5), folder(served).size("empty")) == (
        b"",
        b"",
        0,
    )


def test_writing_is_refused(served, tmp_path):
    storage = folder(served)
    for write in (storage.put, storage.put_if_absent):
        with pytest.raises(RecipeError, match="read only"):
            write("new", b"")
    with pytest.raises(RecipeError, match="read only"):
        storage.delete("small")


def test_a_server_without_parts_is_told(served):
    served.ranges = False

    assert folder(served).read("small", 0, 4) == b"0123"
    with pytest.raises(ShardError, match="part that it is asked for"):
        folder(served).read("small", 3, 4)


def test_redirects_are_followed_on_the_same_host_and_to_no_other_scheme(served):
    served.faults += [("to", "/folder/small")]
    assert open_storage(served.url).read("elsewhere") == b"0123456789"

    served.faults += [("to", "ftp://127.0.0.1/x")]
    with pytest.raises(ShardError, match="not followed"):
        open_storage(served.url).read("elsewhere")

    served.faults += [("to", "/round")] * 9
    with pytest.raises(ShardError, match="more than 3 times"):
        open_storage(served.url).read("round")


def test_a_public_host_cannot_send_us_into_a_private_network(monkeypatch):
    from dclm_pipeline.storage import http

    monkeypatch.setattr(http, "_is_private", lambda host: host != "data.example.org")

    with pytest.raises(ShardError, match="private network"):
        http._redirected("https://data.example.org/a", "https://169.254.169.254/latest")
    assert http._is_private("127.0.0.1")


def test_who_asks_is_told(served, monkeypatch):
    from dclm_pipeline.storage import http

    monkeypatch.setenv(http.CONTACT, "crawl@example.org")
    http._agent.cache_clear()
    served.agents.clear()
    folder(served).size("small")

    assert any("dclm-pipeline/" in agent and "(crawl@example.org)" in agent for agent in served.agents)
    http._agent.cache_clear()


@pytest.mark.parametrize("url", ["https://", "https://user:secret@host/a", "https://host/a?key=1", "http://host/a#b"])
def test_places_that_cannot_be_are_refused_without_their_secrets(url):
    with pytest.raises(RecipeError) as told:
        open_storage(url)
    assert "secret" not in str(told.value)


def test_requests_are_counted(served):
    before = remote.requests["http GET"]
    folder(served).read("small")

    assert remote.requests["http GET"] == before + 1


def test_many_requests_at_once_keep_their_connections_and_say_nothing(served, caplog):
    storage = folder(served)
    list(at_once(lambda _: storage.read("small"), range(200)))

    assert caplog.messages == []


def test_sizes_are_asked_for_through_one_connection(served):
    from dclm_pipeline.storage import http

    storage = folder(served)
    http._connections.cache_clear()
    sizes = {storage.size("small") for _ in range(5)}

    assert (sizes, http._connections().connection_from_url(served.url).num_connections) == ({10}, 1)
