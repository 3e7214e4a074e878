"""Objects behind HTTP and HTTPS: read only, and without listings, for the web has none.

A URL that ends in `/` is a folder, any other one object. Redirects are followed a few times, never to another scheme,
and never from a public host into a private network.
"""

import ipaddress
import os
import re
import socket
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote, urljoin, urlsplit

import urllib3

from dclm_pipeline.errors import RecipeError, ShardError, TransientError
from dclm_pipeline.storage import Entry
from dclm_pipeline.storage.answers import Answer, Fetch
from dclm_pipeline.storage.budget import within_budget
from dclm_pipeline.storage.doubts import says_too_often
from dclm_pipeline.storage.many import AT_ONCE
from dclm_pipeline.storage.paths import check_path, check_prefix
from dclm_pipeline.storage.patience import BusyError, DoubtfulError, patiently, seconds_of
from dclm_pipeline.storage.remote import open_remote, read_remote, requests, waiting

# Whoever serves the files can see whom to ask to slow down.
CONTACT = "DCLM_CONTACT"
_TIMEOUT = urllib3.Timeout(connect=10.0, read=60.0)
_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_THROTTLED = frozenset({429, 503})
_MOST_SAID = 4096
_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)")


class UnknownCallerError(ShardError):
    """A server wants to know who asks."""


class HttpStorage:
    """The objects below a URL; built for one object, that one alone."""

    def __init__(self, root: str, only: str | None = None) -> None:
        """Reach what lies below `root`, which ends in `/`; `only` is the one object that is listed."""
        self._root = root
        self._only = only

    @classmethod
    def at(cls, url: str) -> "HttpStorage":
        """Build the storage for a URL; asks the server nothing."""
        parts = urlsplit(url)
        if not parts.hostname or parts.query or parts.fragment:
            raise RecipeError(f"{url}: is no place on the web; write it like https://host/folder/ or https://host/file")
        if parts.username is not None or parts.password is not None:
            raise RecipeError(
                f"{parts.scheme}://{parts.hostname}: passwords do not belong in URLs, which are written down"
            )
        if parts.path in ("", "/") or url.endswith("/"):
            return cls(url.rstrip("/") + "/")
        folder, _, name = url.rpartition("/")
        return cls(f"{folder}/", check_path(unquote(name)))

    @property
    def url(self) -> str:
        """Return the URL of the folder, or of the one object."""
        return self._root if self._only is None else self._root + quote(self._only)

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """List the one object that the URL names; folders on the web cannot be listed."""
        check_prefix(prefix)
        if self._only is None:
            raise RecipeError(f"{self._root}: the web has no listings; name one file, or a source that knows its files")
        if self._only.startswith(prefix):
            try:
                yield Entry(self._only, self.size(self._only))
            except FileNotFoundError:
                return

    def size(self, path: str) -> int:
        """Return an object's size in bytes."""
        return self.version(path)[0]

    def version(self, path: str) -> tuple[int, str]:
        """Return an object's size, and its strong ETag where it has one."""
        url = self._address(path)
        with waiting.counted():
            return patiently(lambda: self._version(url))

    def read(self, path: str, start: int = 0, length: int | None = None) -> bytes:
        """Return an object's bytes from `start`, at most `length` of them."""
        return read_remote(self.fetch_of(path), self._address(path), start, length)

    def open(self, path: str) -> BinaryIO:
        """Open an object for reading."""
        return open_remote(self.fetch_of(path), self._address(path), self.size(path))

    def fetch_of(self, path: str) -> Fetch:
        """Return what asks for parts of an object, one request at a time."""
        return partial(self._fetch, self._address(path))

    def put(self, path: str, data: bytes) -> None:
        """Refuse: the web is read only."""
        del data
        raise self._read_only(path)

    def put_file(self, path: str, local: Path) -> None:
        """Refuse: the web is read only."""
        del local
        raise self._read_only(path)

    def put_if_absent(self, path: str, data: bytes) -> bool:
        """Refuse: the web is read only."""
        del data
        raise self._read_only(path)

    def delete(self, path: str) -> None:
        """Refuse: the web is read only."""
        raise self._read_only(path)

    def sweep(self, seconds: float) -> int:
        """Find nothing: nobody writes here."""
        del seconds
        return 0

    def _address(self, path: str) -> str:
        return self._root + quote(check_path(path))

    def _version(self, url: str) -> tuple[int, str]:
        response = _ask("HEAD", url, {}, self._secret())
        response.drain_conn()  # it has no body; closed, the connection would be lost
        length = response.headers.get("Content-Length")
        if length is None or not length.isdigit():
            raise ShardError(f"{url}: the server does not say how long it is")
        return int(length), _strong(response)

    def _fetch(self, url: str, start: int, end: int | None, tag: str) -> Answer:
        return _fetch(url, start, end, tag, self._secret())

    def _secret(self) -> str:
        """Return what tells the server who asks: to most we are nobody."""
        return ""

    def _read_only(self, path: str) -> RecipeError:
        return RecipeError(f"{self._root}{quote(check_path(path))}: the web is read only; give a folder or s3:// place")


class _Body:
    """What a server sends."""

    def __init__(self, response: urllib3.BaseHTTPResponse, url: str, size: int, tag: str) -> None:
        self._response = response
        self._url = url
        self.size = size
        self.tag = tag

    def read(self, most: int) -> bytes:
        """Return some bytes."""
        try:
            return self._response.read(most, decode_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise TransientError(f"{self._url}: the connection broke ({error})") from error

    def close(self) -> None:
        """Give the connection up: what it has still to send is not worth waiting for."""
        self._response.close()


def _fetch(url: str, start: int, end: int | None, tag: str, secret: str = "") -> _Body:
    whole = start == 0 and end is None
    headers = {} if whole else {"Range": f"bytes={start}-{'' if end is None else end - 1}"}
    if tag:
        headers["If-Match"] = tag
    response = _ask("GET", url, headers, secret)
    strong = _strong(response)
    placed = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if response.status == 416:
        response.close()
        return _Body(response, url, int(placed[3]) if placed else start, strong)
    if whole and response.status == 200:
        length = response.headers.get("Content-Length", "")
        if length.isdigit():
            return _Body(response, url, int(length), strong)
    elif response.status == 206 and placed is not None and placed[1] == str(start):
        return _Body(response, url, int(placed[3]), strong)
    elif response.status == 200 and start == 0 and response.headers.get("Content-Length", "").isdigit():
        return _Body(response, url, int(response.headers["Content-Length"]), strong)
    response.close()
    raise ShardError(f"{url}: the server does not answer with the part that it is asked for; fetch the file by hand")


def _strong(response: urllib3.BaseHTTPResponse) -> str:
    """Return what names the version that a server sends; nothing where it says that it may name several."""
    found = str(response.headers.get("ETag", ""))
    return found if found.startswith('"') else ""


def _ask(method: str, url: str, headers: Mapping[str, str], secret: str = "") -> urllib3.BaseHTTPResponse:
    """Return the answer to a request, redirects followed; raise what a refusal means.

    A `secret` is told to the server that was asked, and to no other that it may send us to.
    """
    here = url
    for _ in range(_MOST_REDIRECTS + 1):
        told = {"Authorization": f"Bearer {secret}"} if secret and _server_of(here) == _server_of(url) else {}
        with within_budget(urlsplit(here).netloc, _shown(here)):
            response = _once(method, here, {**headers, **told})
            if response.status not in _REDIRECTS:
                _refuse(response, _shown(here))
                return response
        response.close()
        here = _redirected(here, response.headers.get("Location", ""))
    raise ShardError(f"{url}: the server sends us from one place to another, more than {_MOST_REDIRECTS} times")


def _once(method: str, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
    requests[f"http {method}"] += 1
    try:
        return _connections().request(
            method,
            url,
            headers={"Accept-Encoding": "identity", "User-Agent": _agent(), **headers},
            preload_content=False,
            redirect=False,
        )
    except urllib3.exceptions.SSLError as error:
        raise ShardError(f"{_shown(url)}: no connection can be trusted ({error})") from error
    except urllib3.exceptions.HTTPError as error:
        raise TransientError(f"{_shown(url)}: cannot be reached ({error})") from error


def _refuse(response: urllib3.BaseHTTPResponse, url: str) -> None:
    status = response.status
    if status in (200, 206, 416):
        return
    asked = response.headers.get("Retry-After", "0")
    too_often = status in _THROTTLED or asked != "0" or (status == 403 and says_too_often(_said(response)))
    response.close()
    if status in (404, 410):
        raise FileNotFoundError(f"{url}: no such object")
    if status in _BUSY or (status == 403 and too_often):
        raise BusyError(f"{url}: the server is busy ({status})", seconds_of(asked), throttled=too_often)
    if status == 401:
        raise UnknownCallerError(f"{url}: the server answers 401: it is private, or there is nothing of that name")
    if status == 403:
        raise DoubtfulError(f"{url}: the server refuses (403): it is private, or too much was asked lately")
    if status == 412:
        raise ShardError(f"{url}: was replaced while it was read; run again")
    raise ShardError(f"{url}: the server answers {status}")


def _said(response: urllib3.BaseHTTPResponse) -> str:
    """Return the beginning of what a server says with a refusal; nothing where the connection breaks."""
    try:
        return response.read(_MOST_SAID, decode_content=False).decode("latin-1")
    except urllib3.exceptions.HTTPError:
        return ""


def _redirected(here: str, location: str) -> str:
    there = urljoin(here, location)
    before, after = urlsplit(here), urlsplit(there)
    if not location or before.scheme != after.scheme or not after.hostname:
        raise ShardError(f"{_shown(here)}: the server sends us to {_shown(there) or 'nowhere'}, which is not followed")
    if after.hostname != before.hostname and _is_private(after.hostname) and not _is_private(before.hostname or ""):
        raise ShardError(f"{_shown(here)}: the server sends us into a private network, which is not followed")
    return there


def _shown(url: str) -> str:
    """Return a URL as messages may have it: those that servers send us to may hold a key behind `?`."""
    return url.partition("?")[0]


def _server_of(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _is_private(host: str) -> bool:
    """Tell whether a host has an address that is not of the public internet."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False  # the request itself will say so
    return any(not ipaddress.ip_address(str(address[4][0]).partition("%")[0]).is_global for address in found)


@lru_cache(maxsize=1)
def _connections() -> urllib3.PoolManager:
    """Return this process's connections."""
    return urllib3.PoolManager(retries=False, timeout=_TIMEOUT, maxsize=AT_ONCE)


@lru_cache(maxsize=1)
def _agent() -> str:
    """Return what we call ourselves, and whom to ask to slow down."""
    try:
        ours = version("dclm-pipeline")
    except PackageNotFoundError:
        ours = "0"
    contact = os.environ.get(CONTACT, "")
    told = f" ({contact})" if contact and contact.isprintable() and contact.isascii() else ""
    return f"dclm-pipeline/{ours}{told}"
