"""A small web server on loopback that behaves as it is told: parts, versions, and every fault that servers have."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote


@dataclass
class Served:
    """What a server has, what it is to do wrong, and what it was asked.

    Each of `faults` is for one GET: a status, `("cut", n)` to stop after n bytes, `("reset", n)` to break off there,
    `("to", url)` to send elsewhere, `("says", status, headers, text)` to refuse in these words, or None for a good answer.
    """

    objects: dict[str, bytes]
    faults: list[Any] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    ranges: bool = True
    tags: bool = True  # whether answers name their version
    versions: bool = True  # whether `If-Match` is heeded
    refusing: int = 0  # a status for every request
    private: set[str] = field(default_factory=set)  # objects that nobody may have
    url: str = ""


@contextmanager
def serving(objects: dict[str, bytes], fault_now: Callable[[], Any] = lambda: None) -> Iterator[Served]:
    """Serve objects by their paths until the end of the block; `fault_now` is asked where no fault is due by number."""
    served = Served(objects)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # heads and bodies are sent apart, and would wait 40 ms for each other

        def log_message(self, *parts: object) -> None:
            del parts

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            served.asked.append((self.command, self.path, self.headers.get("Range", "")))
            served.agents.add(self.headers.get("User-Agent", ""))
            served.secrets.add(self.headers.get("Authorization", ""))
            fault = served.faults.pop(0) if body and served.faults else fault_now() if body else None
            data = served.objects.get(unquote(self.path).lstrip("/"))
            if isinstance(fault, int):
                return self._say(fault, {"Content-Length": "0", "Retry-After": "0"})
            if isinstance(fault, tuple) and fault[0] == "to":
                return self._say(302, {"Content-Length": "0", "Location": fault[1]})
            if isinstance(fault, tuple) and fault[0] == "says":
                self._say(fault[1], fault[2] | {"Content-Length": str(len(fault[3]))})
                self.wfile.write(fault[3])
                return None
            if unquote(self.path).lstrip("/") in served.private:
                return self._say(403, {"Content-Length": "0"})
            if served.refusing:
                return self._say(served.refusing, {"Content-Length": "0"})
            if data is None:
                return self._say(404, {"Content-Length": "0"})
            tag = f'"{hash(data)}"'
            if served.versions and self.headers.get("If-Match") not in (None, tag):
                return self._say(412, {"Content-Length": "0"})
            start, stop = 0, len(data)
            asked = self.headers.get("Range", "")
            headers = {"Accept-Ranges": "bytes"} | ({"ETag": tag} if served.tags else {})
            if asked and served.ranges:
                first, _, last = asked.removeprefix("bytes=").partition("-")
                start, stop = int(first), min(len(data), int(last) + 1) if last else len(data)
                if start >= len(data):
                    return self._say(416, {"Content-Length": "0", "Content-Range": f"bytes */{len(data)}"})
                headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
            self._say(206 if "Content-Range" in headers else 200, headers | {"Content-Length": str(stop - start)})
            if not body:
                return None
            kind, most = fault if isinstance(fault, tuple) else ("", stop - start)
            self.wfile.write(data[start : min(stop, start + most)])
            if kind:
                self.wfile.flush()
                if kind == "reset":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
            return None

        def _say(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def handle(self) -> None:
            with suppress(OSError, ValueError):  # the client has gone, or we have
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
