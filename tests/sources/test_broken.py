"""Bad and odd files: what must come out of each, what may, what must not, and what must be said."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from dclm_pipeline.errors import ShardError
from dclm_pipeline.sources import Reject
from dclm_pipeline.sources.addresses import read_address
from dclm_pipeline.sources.warc import Warc
from dclm_pipeline.storage.local import LocalStorage
from dclm_pipeline.tally import SourceTally

FOLDER = Path(os.environ.get("DCLM_TEST_DATA", "")) / "broken"
MANIFEST = FOLDER / "manifest.jsonl"
FILES = [json.loads(line) for line in MANIFEST.read_text().splitlines()] if "DCLM_TEST_DATA" in os.environ else []

# Pages of which bytes are missing, or changed and contradicted by their checksum: half a page is no page.
NOT_WHOLE = {"truncated-member.warc.gz": 1, "damaged-member.warc.gz": 1}


def addresses(urls: list[str]) -> set[str]:
    return {read_address(url).url for url in urls}


@pytest.mark.skipif(not FILES, reason="DCLM_TEST_DATA is not set")
@pytest.mark.parametrize("case", FILES, ids=[case["name"] for case in FILES])
def test_a_bad_file_gives_what_a_sane_reader_gives(case):
    name, expect = case["name"], case["expect"]
    storage = LocalStorage.at(str(FOLDER / name))
    found: set[str] = set()
    rejects = 0
    tally, digest, refused = SourceTally(), case["sha256"], False
    try:
        for shard in Warc().shards(storage):
            reading = Warc().read(storage, shard, 16, 2**22)
            for item in reading:
                if isinstance(item, Reject):
                    rejects += 1
                else:
                    found |= set(item["url"].to_pylist())
            tally, digest = reading.facts.tally, reading.facts.sha256
    except ShardError:
        refused = True
    required = addresses(expect["readable"])
    allowed = required | addresses(expect["optional"])
    trouble = bool(refused or tally.failed or tally.damage)

    assert required <= found <= allowed
    assert not found & addresses(expect["forbidden"])
    assert refused or len(addresses(expect["recoverable"]) - found) == NOT_WHOLE.get(name, 0)
    assert expect["report"] is None or trouble == expect["report"]
    assert sum(tally.failed.values()) == rejects
    assert digest == case["sha256"] == hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
