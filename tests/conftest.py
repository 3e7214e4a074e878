"""What every test may ask for, and how Hypothesis looks for counterexamples."""

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from dclm_pipeline.storage.budget import Lease

# The same examples every time and on every machine: a failure is a fact about the change, not about luck. How fast a
# machine makes examples says nothing about the code. `--hypothesis-profile=search` looks further, with other examples.
settings.register_profile(
    "same",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("search", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Return the folder of reference data that DCLM_TEST_DATA names."""
    named = os.environ.get("DCLM_TEST_DATA", "")
    if not named:
        pytest.skip("DCLM_TEST_DATA is not set")
    return Path(named)


@pytest.fixture(scope="session")
def store() -> Iterator[str]:
    """Return the URL of an S3 store on loopback."""
    from stand_ins.stores import running_store

    with running_store() as url:
        yield url


@pytest.fixture(scope="session")
def swift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of OpenStack Swift on loopback, which speaks S3."""
    from stand_ins.stores import running_swift

    if sys.platform != "linux" or find_spec("swift") is None:
        pytest.skip("swift is not installed, or not for this system")
    folder = tmp_path_factory.mktemp("swift")
    try:
        os.setxattr(folder, "user.tried", bytes(1000))
    except OSError as error:
        pytest.skip(f"{folder} has no extended attributes, in which swift keeps what it knows of objects ({error})")
    with running_swift(folder) as url:
        yield url


@pytest.fixture(scope="session")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small made-up crawl in three files; nobody may write there."""
    from dclm_pipeline.madeup import write_crawl

    folder = tmp_path_factory.mktemp("crawl")
    write_crawl(folder, 120, seed=1, shards=3, mean_bytes=9_000)
    return folder


@pytest.fixture(autouse=True)
def _unhurried() -> None:
    """Let no server slow this process down for having refused something, in this test or another."""
    from dclm_pipeline.storage.budget import deal_with

    deal_with(Unlimited())


class Unlimited:
    """A keeper of no budget."""

    def ask(self, host: str, made: int) -> "Lease":
        """Allow it, and all that follow for a while."""
        from dclm_pipeline.storage.budget import Lease

        del host, made
        return Lease(0.0, free=60.0)

    def refused(self, host: str, seconds: float, age: float, made: int) -> None:
        """Do nothing."""

    def gave(self, host: str) -> None:
        """Do nothing."""

    def doubted(self, host: str, name: str) -> bool:
        """Say that nobody asks too often."""
        del host, name
        return False

    def spend(self, size: int) -> float:
        """Let it pass."""
        del size
        return 0.0
