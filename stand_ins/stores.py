"""S3 stores on loopback, for as long as somebody needs them: one made for tests, and one that others run for real."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

KEY, SECRET = "tests:writer", "secret-of-the-tests"
SWIFT = Path(__file__).with_name("swift_program.py")
SERVER = """
import logging, sys
logging.getLogger("werkzeug").setLevel(logging.ERROR)
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@contextmanager
def running_store() -> Iterator[str]:
    """Yield the URL of a store that lies in memory; its keys are in the environment."""
    with _running("-c", SERVER) as url:
        yield url


@contextmanager
def running_swift(folder: Path) -> Iterator[str]:
    """Yield the URL of OpenStack Swift, which speaks S3 and writes into an empty folder; its keys are the same."""
    with _running("-P", str(SWIFT), str(folder), KEY, SECRET) as url:
        yield url


@contextmanager
def _running(*arguments: str) -> Iterator[str]:
    os.environ |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = process.stdout.readline().strip()
        assert port.isdigit(), f"no store came up; see why: {[sys.executable, *arguments]}"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=20)


def new_bucket(store: str) -> str:
    """Make a bucket; return its place."""
    name = f"bucket-{uuid4().hex}"
    from dclm_pipeline.storage.access import Access, client_of

    client_of(Access(endpoint=store, region="us-east-1")).create_bucket(Bucket=name)
    return f"s3://{name}?endpoint={store}&region=us-east-1"
