"""The floor: what reading, decoding and extracting every page costs with nothing around it.

A bare loop over fast libraries, in one process: FastWARC reads, Resiliparse detects the charset, decodes and extracts the
main content. It writes nothing, checks nothing and survives nothing. `python -m bench.floor WARC...` prints what it met.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import bytes_to_str, detect_encoding


@dataclass(frozen=True)
class Met:
    """What went through the loop: documents, bytes of their bodies, characters of their texts."""

    documents: int
    body_bytes: int
    text_characters: int


def extract_all(warcs: Sequence[str]) -> Met:
    """Read, decode and extract every response of these WARC files."""
    documents = body_bytes = text_characters = 0
    for warc in warcs:
        for record in ArchiveIterator(warc, record_types=WarcRecordType.response, parse_http=True):
            body = record.reader.read()
            text = extract_plain_text(bytes_to_str(body, detect_encoding(body) or "utf-8"), main_content=True)
            documents += 1
            body_bytes += len(body)
            text_characters += len(text)
    return Met(documents, body_bytes, text_characters)


if __name__ == "__main__":
    warcs = sys.argv[1:]
    if warcs[0] == "--two":
        # Two loops at once, each over every other file: what two cores give without any system around them.
        halves = [[sys.executable, "-m", "bench.floor", *warcs[start::2]] for start in (1, 2)]
        sys.exit(max(process.wait() for process in [subprocess.Popen(half) for half in halves]))
    print(json.dumps(asdict(extract_all(warcs))))
