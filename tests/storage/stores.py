"""An S3 store on loopback, for as long as the tests run."""

import os
import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

SERVER = """
import logging, sys
logging.getLogger("werkzeug").setLevel(logging.ERROR)
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


def running_store() -> Iterator[str]:
    """Yield the URL of a store; its keys are in the environment."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "AKIDTESTTESTTEST", "AWS_SECRET_ACCESS_KEY": "secret-of-the-tests"}
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    process.stdin.close()
    process.stdout.close()
    process.wait(timeout=20)


def new_bucket(store: str) -> str:
    """Make a bucket; return its place."""
    name = f"bucket-{uuid4().hex}"
    from dclm_pipeline.storage.access import Access, client_of

    client_of(Access(endpoint=store, region="us-east-1")).create_bucket(Bucket=name)
    return f"s3://{name}?endpoint={store}&region=us-east-1"
