"""Having fastText taught by a file of lines, in a process of its own.

With one thread the same file gives the same model, byte for byte.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from dclm_pipeline.classifier.settings import Teaching
from dclm_pipeline.errors import PipelineError, RecipeError

TEACHER = Path(__file__).with_name("teaching.py")
# With fewer than ten threads fastText fills a part of its matrix, and learns on from whatever lies in memory where the
# rest is: NaN now and then, and another model each time. With this the C library hands out zeros, as the system does
# for large ones.
_ZEROED = {"MALLOC_PERTURB_": "255"}
_PROGRESS = re.compile(rb"Progress:\s*([0-9.]+)%")
_MOST_SAID = 2000


class TeachingError(PipelineError):
    """fastText gave up."""


def arguments_of(teaching: Teaching, lines: Path, seed: int) -> dict[str, object]:
    """Return the settings as fastText's own call has them."""
    return {
        "input": str(lines),
        "lr": teaching.rate,
        "dim": teaching.dimensions,
        "ws": teaching.window,
        "epoch": teaching.epochs,
        "minCount": teaching.least_count,
        "wordNgrams": teaching.ngrams,
        "minn": teaching.shortest_piece,
        "maxn": teaching.longest_piece,
        "bucket": teaching.buckets,
        "loss": teaching.loss,
        "thread": teaching.threads or os.cpu_count() or 1,
        "seed": seed % 2**31,
        "verbose": 2,
    }


def require_fasttext() -> None:
    """Refuse to begin what could not be ended."""
    if find_spec("fasttext") is None:
        raise RecipeError("training needs the library fasttext, which this Python has none of; use Python 3.11 to 3.13")


def teach(teaching: Teaching, lines: Path, model: Path, seed: int, advanced: Callable[[float], None]) -> None:
    """Write a model of lines; `advanced` hears how far it is, from 0 to 1."""
    require_fasttext()
    order = json.dumps({"arguments": arguments_of(teaching, lines, seed), "model": str(model)})
    command = [sys.executable, str(TEACHER), order]
    # A session of its own: an interrupt from the terminal is for us, who end it and tidy up.
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=os.environ | _ZEROED,
        start_new_session=True,
    ) as process:
        try:
            said = _listen(process, advanced)
            code = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
    if code != 0:
        told = said.decode(errors="replace").strip().splitlines()
        raise TeachingError(
            f"fastText ended with {code}: {told[-1] if told else 'it said nothing'}; give a lower `rate` where it met NaN, and where "
            "memory is short, fewer `buckets` or `dimensions`"
        )


def _listen(process: "subprocess.Popen[bytes]", advanced: Callable[[float], None]) -> bytes:
    """Hear what fastText says until it is done; return the end of it."""
    said = b""
    assert process.stderr is not None
    while piece := os.read(process.stderr.fileno(), 65_536):
        said = (said + piece)[-_MOST_SAID:]
        told = _PROGRESS.findall(said)
        if told:
            advanced(float(told[-1]) / 100)
    return said
