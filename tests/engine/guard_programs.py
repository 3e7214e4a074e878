"""Programs for testing the guard: what documents say, happens."""

import ctypes
import os
import time
from dataclasses import dataclass

import pyarrow as pa

from dclm_pipeline.engine.child.work import Output


@dataclass(frozen=True)
class Obeys:
    """A program whose worker does what a document's text says; it counts what it has seen in a task."""

    stateful: bool = False
    kernels: tuple[str, ...] = ()
    fails_to_open: bool = False

    def open(self) -> "Obedient":
        if self.fails_to_open:
            raise FileNotFoundError("model.bin is not there")
        return Obedient()


class Obedient:
    """Does as it is told."""

    def __init__(self) -> None:
        self._seen = 0
        self._opening = b""

    def begin(self, opening: bytes) -> None:
        self._seen, self._opening = 0, opening

    def work(self, batch: pa.RecordBatch) -> Output:
        for text in batch["text"].to_pylist():
            _obey(text)
        self._seen += batch.num_rows
        return Output({"docs": batch}, {"rows": batch.num_rows})

    def finish(self) -> Output:
        return Output({}, {"seen": self._seen, "opening": self._opening.decode()})


def _obey(text: str) -> None:
    match text:
        case "segfault":
            ctypes.string_at(0)
        case "loop":
            while True:
                pass
        case "sleep":
            time.sleep(60)
        case "eat":
            hoard = []
            while True:
                hoard.append(bytearray(2**22))
        case "exit":
            os._exit(3)
        case "raise":
            raise RuntimeError("this is a bug")
        case "pid":
            raise RuntimeError(f"pid {os.getpid()}")
