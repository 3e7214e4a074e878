import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dclm_pipeline.madeup import CrawlFacts, write_crawl


@dataclass(frozen=True)
class Written:
    folder: Path
    facts: CrawlFacts
    truth: list[dict[str, Any]]


def write_and_read(folder: Path, *arguments: Any, **settings: Any) -> Written:
    facts = write_crawl(folder, *arguments, **settings)
    lines = (folder / "truth.jsonl").read_text("utf-8").splitlines()
    return Written(folder, facts, [json.loads(line) for line in lines])


@pytest.fixture(scope="session")
def written():
    return write_and_read


@pytest.fixture(scope="session")
def crawl(tmp_path_factory):
    return write_and_read(tmp_path_factory.mktemp("crawl"), 400, seed=0)
