"""Every broken or odd file of the reference data, through source, guard and chain: what must come out does, nothing else.

One guard serves all files, as a worker's does, so a page that takes its child down shows up in the next file too.
"""

import json
from pathlib import Path

import pytest

from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.engine.child.guard import Guard
from dclm_pipeline.engine.child.programs import ChainProgram
from dclm_pipeline.engine.child.work import ChildLimits, Lost
from dclm_pipeline.engine.jobs.documents import documents_of_reading
from dclm_pipeline.engine.segments import cut_chain
from dclm_pipeline.errors import ShardError
from dclm_pipeline.recipe import named
from dclm_pipeline.sources import Reject
from dclm_pipeline.sources.warc import Warc
from dclm_pipeline.stages.decode import Decode
from dclm_pipeline.stages.extract import Extract
from dclm_pipeline.storage import open_storage
from dclm_pipeline.tally import total

LIMITS = ChildLimits(cpu_seconds=10, wall_seconds=60, memory=512 * 2**20)


@pytest.fixture(scope="module")
def guard():
    """Return a guarded chain that decodes and extracts."""
    (segment,) = cut_chain(Warc().document_schema(), named([Decode(), Extract()]), None, 0.0, 0)
    with Guard(ChainProgram.of(segment.layout, FetchedAssets()), LIMITS) as shared:
        yield shared


class Came:
    """What came of a file: texts by address, rejects, losses, and what its reader reported."""

    def __init__(self, guard: Guard, path: Path) -> None:
        self.texts: dict[str, str] = {}
        self.charsets: dict[str, str] = {}
        self.rejects: list[Reject] = []
        self.lost: list[Lost] = []
        self.refused = ""
        self.reported = False
        storage = open_storage(str(path))
        tallies = []
        for shard in Warc(split=None).shards(storage):
            reading = Warc(split=None).read(storage, shard, 16, 16 * 2**20)
            try:
                for answer in guard.run(documents_of_reading(reading, self.rejects.append)):
                    if isinstance(answer, Lost):
                        self.lost.append(answer)
                        continue
                    for row in answer.tables["docs"].to_pylist():
                        self.texts[row["url"]] = row["text"]
                        self.charsets[row["url"]] = row["charset"]
                tallies.append(reading.facts.tally)
            except ShardError as error:
                self.refused = str(error)
        self.tally = total([]).source
        for tally in tallies:
            self.tally = self.tally + tally
        self.reported = bool(self.refused or self.tally.damage or self.tally.failed)


def rows() -> list[dict[str, object]]:
    """Return the rows of the manifest, or one that skips."""
    import os

    named_folder = os.environ.get("DCLM_TEST_DATA")
    if not named_folder:
        return []
    lines = Path(named_folder, "broken", "manifest.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.slow
@pytest.mark.parametrize("row", rows() or [None], ids=lambda row: row["name"] if row else "no data")
def test_what_must_come_out_does_and_nothing_else(guard, test_data, row):
    expect = row["expect"]
    came = Came(guard, test_data / "broken" / row["name"])
    out = set(came.texts)

    assert set(expect.get("readable", [])) <= out
    assert out <= {*expect.get("readable", []), *expect.get("optional", [])}
    assert not out & set(expect.get("forbidden", []))
    for url, about in (expect.get("text") or {}).items():
        text = came.texts.get(url)
        if text is not None:
            assert [phrase for phrase in about.get("contains", []) if phrase not in text] == [], url
            assert [phrase for phrase in about.get("lacks", []) if phrase in text] == [], url
    assert not any("\0" in text for text in came.texts.values())
    assert len(came.rejects) == sum(came.tally.failed.values()) or came.refused
    if expect.get("report") is not None:
        assert came.reported == expect["report"]
    assert [(lost.reason, lost.detail) for lost in came.lost] == [], "stopped by a limit that is not deterministic"


@pytest.mark.slow
def test_all_pages_of_the_reference_crawl_are_read(guard, test_data):
    texts: dict[str, str] = {}
    for path in sorted((test_data / "dev").glob("*.warc.gz")):
        came = Came(guard, path)
        texts |= came.texts
        assert (came.rejects, came.lost, came.tally.damage) == ([], [], {})

    assert len(texts) == 1635
