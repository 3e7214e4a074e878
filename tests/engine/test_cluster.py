"""A Ray cluster that somebody else started: the same bytes, and nobody without its token gets in."""

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.crawls import EVERYTHING, bytes_of, recipe, run_inline

RAY = str(Path(sys.executable).with_name("ray"))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Start a cluster of one node, with a token; return its address and the environment that knows the token."""
    token = tmp_path_factory.mktemp("token") / "token"
    token.write_text(secrets.token_hex(32))
    token.chmod(0o600)
    environment = os.environ | {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token),
        "RAY_USAGE_STATS_ENABLED": "0",
        "PYTHONPATH": str(Path.cwd()),
    }
    words = ["--head", "--port=0", "--num-cpus=2", "--include-dashboard=false", "--object-store-memory=90000000"]
    started = subprocess.run([RAY, "start", *words], env=environment, capture_output=True, text=True, timeout=120)
    assert started.returncode == 0, started.stderr
    found = re.search(r"--address='([^']+)'", started.stdout)
    assert found, started.stdout
    yield found[1], environment
    subprocess.run([RAY, "stop"], env=environment, capture_output=True, timeout=60, check=False)


def command(crawl: Path, pool: Path, address: str) -> list[str]:
    """Return the command line of a run on the cluster."""
    recipe(EVERYTHING, pool.parent)
    words = ["--source", str(crawl), "--out", str(pool), "--address", address]
    return [sys.executable, "-m", "dclm_pipeline.cli", "run", str(pool.parent / "recipe.yaml"), *words]


@pytest.mark.slow
def test_a_cluster_gives_the_bytes_of_inline(crawl, cluster, tmp_path):
    address, environment = cluster
    run_inline(EVERYTHING, crawl, tmp_path / "inline" / "pool")
    done = subprocess.run(
        command(crawl, tmp_path / "pool", address), env=environment, capture_output=True, text=True, timeout=180
    )

    assert done.returncode == 0, done.stderr
    assert bytes_of(tmp_path / "pool") == bytes_of(tmp_path / "inline" / "pool")


@pytest.mark.slow
def test_nobody_gets_in_without_the_token(crawl, cluster, tmp_path):
    address, environment = cluster
    other = tmp_path / "other"
    other.write_text(secrets.token_hex(32))
    done = subprocess.run(
        command(crawl, tmp_path / "pool", address),
        env=environment | {"RAY_AUTH_TOKEN_PATH": str(other)},
        capture_output=True,
        text=True,
        timeout=180,
    )

    assert done.returncode != 0
    assert not (tmp_path / "pool" / "manifest.json").exists()
