"""A cache of their own for tests of assets, and a server that has some."""

import hashlib

import pytest

from dclm_pipeline.storage import patience
from tests.storage.serving import serving

WORDS = b"the and of to".ljust(700_000)


def digest(data: bytes) -> str:
    """Return a SHA-256 as recipes write it."""
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Return the folder of an empty cache."""
    for name in ("DCLM_ASSETS", "DCLM_ASSET_MIRROR", "HF_TOKEN", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DCLM_ASSET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.0)
    return tmp_path / "cache"


@pytest.fixture
def served():
    """Return a server that has a list of words."""
    with serving({"lists/words.txt": WORDS}) as server:
        yield server


@pytest.fixture
def place(served):
    """Return the place of the words in a recipe."""
    return f"{served.url}lists/words.txt#sha256={digest(WORDS)}"
