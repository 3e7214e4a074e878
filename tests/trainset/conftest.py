"""A store behind a server that spoils requests, as the tests of storages have it."""

from tests.storage.conftest import faulty, server

__all__ = ["faulty", "server"]
