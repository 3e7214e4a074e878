"""The floor's loop with our own extractor: FastWARC reads, our steps decode and extract, page for page the same work.

Writes nothing. `python -m bench.blocks WARC...` prints pages a second; with `--slowest` also what the page that was
dearest for its size cost, for which each page of the first file is extracted twice more.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
from fastwarc.warc import ArchiveIterator, WarcRecordType

from dclm_pipeline.arrow import nulls
from dclm_pipeline.stages.decode import Decode
from dclm_pipeline.stages.extract import Extract

BATCH = 32
LEAST_BYTES = 20_000  # of a page that is timed alone


@dataclass(frozen=True)
class Met:
    """What went through the loop, and how long it took (start-up left out)."""

    documents: int
    body_bytes: int
    text_bytes: int
    documents_a_second: float
    slowest_ms_a_megabyte: float | None


def extract_all(warcs: Sequence[str], slowest: bool) -> Met:
    """Read, decode and extract every response of these WARC files."""
    extract = Extract(engine="blocks")
    extract.columns(_decoded([b"<p>x"]))
    documents = body_bytes = text_bytes = 0
    begun = time.process_time()
    for bodies in _batches(warcs):
        text = extract.columns(_decoded(bodies)).arrays["text"]
        documents += len(bodies)
        body_bytes += sum(map(len, bodies))
        text_bytes += text.nbytes
    seconds = time.process_time() - begun
    dearest = round(1000 * _slowest(warcs), 2) if slowest else None
    return Met(documents, body_bytes, text_bytes, round(documents / seconds, 1), dearest)


def _slowest(warcs: Sequence[str]) -> float:
    """Return the CPU seconds a megabyte of the dearest page of the first file: the better of two tries at each."""
    extract = Extract(engine="blocks")
    slowest = 0.0
    for bodies in _batches(warcs[:1]):
        for body in bodies:
            if len(body) < LEAST_BYTES:
                continue
            page = _decoded([body])
            tries = []
            for _ in range(2):
                begun = time.process_time()
                extract.columns(page)
                tries.append(time.process_time() - begun)
            slowest = max(slowest, min(tries) / (len(body) / 1e6))
    return slowest


def _batches(warcs: Sequence[str]) -> Iterator[list[bytes]]:
    bodies: list[bytes] = []
    for warc in warcs:
        for record in ArchiveIterator(warc, record_types=WarcRecordType.response, parse_http=True):
            bodies.append(record.reader.read())
            if len(bodies) == BATCH:
                yield bodies
                bodies = []
    if bodies:
        yield bodies


def _decoded(bodies: Sequence[bytes]) -> pa.RecordBatch:
    columns = [pa.array(bodies, pa.large_binary()), nulls(len(bodies), pa.string())]
    html = Decode().columns(pa.RecordBatch.from_arrays(columns, names=["body", "http_charset"])).arrays["html"]
    return pa.RecordBatch.from_arrays([html], names=["html"])


def main() -> None:
    """Print what extracting the named files cost, as one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m bench.blocks", description=__doc__)
    parser.add_argument("warcs", nargs="+", metavar="WARC", help="a WARC file")
    parser.add_argument("--slowest", action="store_true", help="time each page of the first file by itself, too")
    settings = parser.parse_args()
    warcs = settings.warcs
    missing = [warc for warc in warcs if not Path(warc).is_file()]
    if missing:
        parser.error(f"{missing[0]}: there is no such file")
    print(json.dumps(asdict(extract_all(warcs, settings.slowest))))


if __name__ == "__main__":
    main()
