import os
from pathlib import Path

import pyarrow as pa
import pytest
from resiliparse.extract.html2text import extract_plain_text

from dclm_pipeline.stages.decode import Decode
from dclm_pipeline.stages.extract import Extract

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data():
    folder = os.environ.get("DCLM_TEST_DATA")
    if folder is None:
        pytest.skip("DCLM_TEST_DATA is not set")
    return Path(folder)


def pages(path):
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True):
            yield record.headers.get("WARC-Target-URI"), record.reader.read(), record.http_charset


def extracted(found):
    """Return decoded pages, their texts, and the reasons of those that failed."""
    bodies, labels = [body for _, body, _ in found], [label for _, _, label in found]
    columns = [pa.array(bodies, pa.large_binary()), pa.array(labels, pa.string())]
    html = Decode().columns(pa.RecordBatch.from_arrays(columns, names=["body", "http_charset"])).arrays["html"]
    result = Extract().columns(pa.RecordBatch.from_arrays([html], names=["html"]))
    return html.to_pylist(), result.arrays["text"].to_pylist(), result.failed


@pytest.mark.parametrize("shard", range(4))
def test_no_real_page_is_stopped_and_texts_are_those_of_the_library(data, shard):
    html, texts, failed = extracted(list(pages(data / "dev" / f"dev-{shard:05}.warc.gz")))

    assert failed == {}
    assert texts == [extract_plain_text(page, main_content=True) for page in html]


@pytest.mark.parametrize(
    ("name", "stopped"),
    [
        ("deep-nesting", {"deep-nesting/deep.html": "too deep"}),
        ("deep-nesting-2", {"deep-nesting-2/tables.html": "too deep", "deep-nesting-2/spans-open.html": "too deep"}),
        ("binary-as-html", {"binary-as-html/random.html": "not text", "binary-as-html/png.html": "not text"}),
        ("misnested", {}),
        ("huge-attributes", {}),
        ("many-siblings", {}),
        ("never-closed", {}),
        ("very-large-page", {}),
        ("hard-for-filters", {}),
        ("control-characters", {}),
    ],
)
def test_hostile_pages_are_stopped_or_survived_and_their_neighbours_come_out(data, name, stopped):
    found = list(pages(data / "broken" / f"{name}.warc.gz"))
    html, texts, failed = extracted(found)
    addresses = [address.removeprefix("https://odd.example.com/") for address, _, _ in found]
    passed = [row for row in range(len(found)) if row not in failed]

    assert {addresses[row]: reason for row, reason in failed.items()} == stopped
    assert [texts[row] for row in passed] == [extract_plain_text(html[row], main_content=True) for row in passed]
