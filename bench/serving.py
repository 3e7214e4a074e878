"""A server of files for measurements: what it costs itself is spent in a process of its own, and is little.

`python -m bench.serving FOLDER [--latency SECONDS]` prints its address and serves until its input ends. It answers GET, with
`Range` and `If-Match`, and HEAD, by the last name of a path: as a web server does, and as a store does for which that is
a key in some bucket; whether and how requests are signed is nobody's business. With a latency it lets each request
wait before the first byte of its answer.
"""

import argparse
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Files(ThreadingHTTPServer):
    """The server of the files of a folder."""

    daemon_threads = True

    def __init__(self, folder: Path, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.folder = folder
        self.latency = latency


class Answering(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Files

    def log_message(self, *parts: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Say how long a file is."""
        self._answer(body=False)

    def do_GET(self) -> None:
        """Send a file, or a part of it."""
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        time.sleep(self.server.latency)
        path = self.server.folder / self.path.partition("?")[0].rpartition("/")[2]
        if not path.is_file():
            return self._say(404, {"Content-Length": "0"})
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            tag = f'"{size}-{os.fstat(file.fileno()).st_mtime_ns}"'
            if self.headers.get("If-Match", tag) != tag:
                return self._say(412, {"Content-Length": "0"})
            first, last, status, headers = 0, size - 1, 200, {"ETag": tag, "Accept-Ranges": "bytes"}
            begin, _, end = self.headers.get("Range", "").removeprefix("bytes=").partition("-")
            if begin:
                first, last = int(begin), min(last, int(end)) if end else last
                status = 206 if first <= last else 416
                headers["Content-Range"] = f"bytes {first}-{last}/{size}" if status == 206 else f"bytes */{size}"
            self._say(status, headers | {"Content-Length": str(max(0, last - first + 1))})
            if body and first <= last:
                self.wfile.flush()
                self.connection.sendfile(file, first, last - first + 1)
        return None

    def _say(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def handle(self) -> None:
        """Answer until the client goes, in the middle of an answer too."""
        with suppress(ConnectionError):
            super().handle()


@contextmanager
def serving(folder: Path, latency: float = 0.0) -> Iterator[str]:
    """Serve the files of a folder from another process; yield its address."""
    command = [sys.executable, "-m", "bench.serving", str(folder), "--latency", str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate()


def main() -> None:
    """Serve until the input ends."""
    parser = argparse.ArgumentParser(prog="python -m bench.serving", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--latency", type=float, default=0.0)
    chosen = parser.parse_args()
    server = Files(chosen.folder, chosen.latency)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
