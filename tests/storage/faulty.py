"""A server on loopback between a client and a store: it hands requests on, and spoils those that it is told to."""

import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

REFUSAL = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{}</Code><Message>Not now.</Message></Error>'
# What is said between two neighbours and not handed on, or is said anew.
BETWEEN_NEIGHBOURS = frozenset({"connection", "keep-alive", "transfer-encoding", "expect", "content-length"})


class Fault(Enum):
    """What can happen to a request."""

    BUSY = "the answer is 503 Slow Down; the store hears nothing"
    CONFLICT = "the answer is 409 Conditional Request Conflict; the store hears nothing"
    REFUSED = "the answer is 501 Not Implemented; the store hears nothing"
    HEEDLESS = "the store does what it is asked, under no condition"
    FORGOTTEN = "the answer is 404 No Such Upload; the store hears nothing"
    UNHEARD = "the connection is reset; the store hears nothing"
    UNANSWERED = "the store does what it is asked; the connection is reset instead of an answer"
    CUT = "the connection ends in the middle of the answer's body"
    UNFRAMED = "like CUT, and the answer does not say how long it is, so its end cannot be told from a cut"


CONDITION = "If-None-Match"
REFUSALS = {
    Fault.BUSY: (503, "SlowDown"),
    Fault.CONFLICT: (409, "ConditionalRequestConflict"),
    Fault.FORGOTTEN: (404, "NoSuchUpload"),
    Fault.REFUSED: (501, "NotImplemented"),
}


@dataclass(frozen=True)
class Request:
    """What a client asked for: how many requests there were before it, the path with its query, whether it is to be done
    only under a condition, and which part of the object it is for."""

    number: int
    method: str
    path: str
    conditional: bool = False
    part: str = ""


Script = Callable[[Request], Fault | None]


def nothing(request: Request) -> None:
    """Spoil no request."""
    del request


def in_turn(*faults: Fault | None) -> Script:
    """Spoil the next requests, one by each fault; None lets one through."""
    left = list(faults)
    return lambda request: left.pop(0) if left else None


def in_bursts(fault: Fault | None, times: int) -> Script:
    """Spoil whatever is asked for, that often in a row, before it is let through.

    Parts of an object that are asked for side by side are counted apart: in one count some would be let through early,
    and others never.
    """
    seen: Counter[tuple[str, str, str]] = Counter()

    def script(request: Request) -> Fault | None:
        asked = request.method, request.path, request.part
        seen[asked] += 1
        return fault if seen[asked] % (times + 1) else None

    return script


@dataclass
class Faulty:
    """The server's address, what it is to spoil, what it was asked, and what it spoiled of that."""

    url: str
    script: Script = nothing
    asked: list[Request] = field(default_factory=list)
    spoiled: list[Request] = field(default_factory=list)

    def begin(self, script: Script = nothing) -> None:
        """Forget what was asked, and follow a script from now on."""
        self.asked.clear()
        self.spoiled.clear()
        self.script = script

    def count(self) -> Counter[str]:
        """Return how many requests there were, by their method."""
        return Counter(request.method for request in self.asked)


@contextmanager
def faults_before(store: str) -> Iterator[Faulty]:
    """Stand before the store at a URL until the end of the block."""
    behind = urlsplit(store)
    faulty = Faulty("")
    turn = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *parts: object) -> None:
            del parts

        def handle_expect_100(self) -> bool:
            return True  # said where the body is read: who is too busy does not ask for it

        def handle(self) -> None:
            with suppress(OSError, ValueError):  # the client has gone, or we have
                super().handle()

        def do_GET(self) -> None:
            with turn:
                request = Request(
                    len(faulty.asked), self.command, self.path, CONDITION in self.headers, self.headers.get("Range", "")
                )
                faulty.asked.append(request)
                fault = faulty.script(request)
            expects = self.headers.get("Expect", "").lower() == "100-continue"
            if expects and fault not in REFUSALS:
                self.send_response_only(100)
                self.end_headers()
            if fault is Fault.UNHEARD:
                return self._reset(request)
            body = b"" if expects and fault in REFUSALS else self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if fault in REFUSALS:
                return self._refuse(request, *REFUSALS[fault])
            answer, data = self._handed_on(body, {CONDITION.lower()} if fault is Fault.HEEDLESS else set())
            if fault is Fault.UNANSWERED:
                return self._reset(request)
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in BETWEEN_NEIGHBOURS}
            if self.command == "HEAD":
                headers["Content-Length"] = answer.getheader("Content-Length", "0")
            elif fault not in (Fault.CUT, Fault.UNFRAMED) or len(data) < 2:
                headers["Content-Length"] = str(len(data))
            else:
                faulty.spoiled.append(request)
                headers |= {"Connection": "close"} | ({"Content-Length": str(len(data))} if fault is Fault.CUT else {})
                data = data[: len(data) // 2]
                self.close_connection = True
            return self._say(answer.status, headers, data)

        do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - names that the library looks for

        def _handed_on(self, body: bytes, withheld: set[str]) -> tuple[HTTPResponse, bytes]:
            """Ask the store in the client's words, its name for the host too, which is signed."""
            connection = HTTPConnection(behind.hostname or "", behind.port, timeout=60)
            try:
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() not in BETWEEN_NEIGHBOURS | withheld:
                        connection.putheader(name, value)
                connection.putheader("Content-Length", str(len(body)))
                connection.endheaders(body)
                answer = connection.getresponse()
                return answer, answer.read()
            finally:
                connection.close()

        def _say(self, status: int, headers: dict[str, str], data: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def _refuse(self, request: Request, status: int, code: str) -> None:
            faulty.spoiled.append(request)
            data = REFUSAL.format(code).encode()
            self._say(status, {"Content-Type": "application/xml", "Content-Length": str(len(data))}, data)

        def _reset(self, request: Request) -> None:
            faulty.spoiled.append(request)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    faulty.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield faulty
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
