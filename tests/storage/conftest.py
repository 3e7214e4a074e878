"""A store behind a server that spoils requests, and the way past it."""

from collections.abc import Iterator

import pytest

from dclm_pipeline.storage import Storage, open_storage, patience
from stand_ins.stores import new_bucket
from tests.storage.faulty import Faulty, faults_before


@pytest.fixture(scope="session")
def server(store: str) -> Iterator[Faulty]:
    """Return the server; `faulty` is how to use it."""
    with faults_before(store) as faulty:
        yield faulty


@pytest.fixture
def faulty(server: Faulty, monkeypatch: pytest.MonkeyPatch) -> Faulty:
    """Return the server, which spoils nothing yet; nobody waits before trying again."""
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.0)
    server.begin()
    return server


@pytest.fixture
def troubled(faulty: Faulty) -> Storage:
    """Return an empty storage behind the server; it has found out how its store writes."""
    storage = open_storage(new_bucket(faulty.url))
    storage.put_if_absent("first", b"")
    storage.delete("first")
    faulty.begin()
    return storage


@pytest.fixture
def rival(troubled: Storage, faulty: Faulty, store: str) -> Storage:
    """Return the same storage, reached past the server; it has found that out too."""
    storage = open_storage(troubled.url.replace(faulty.url.rpartition(":")[2], store.rpartition(":")[2]))
    storage.put_if_absent("first", b"")
    storage.delete("first")
    return storage
