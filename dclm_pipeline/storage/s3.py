"""Objects in S3 and in stores that speak its language.

`s3://bucket/folder`, with settings where they are needed: `?endpoint=http://host:port&region=…&profile=…&unsigned=true`.
Keys come from where boto3 finds them (environment, profile, role), never from a URL. Retries are ours, so that requests
can be counted and every call has the same patience; small objects go up by one PUT, large ones in parts that nobody
sees until the last is there.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import boto3
import urllib3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    ProfileNotFound,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from dclm_pipeline.errors import RecipeError, ShardError, TransientError
from dclm_pipeline.storage import Entry
from dclm_pipeline.storage.absent import Heed, Overtaken, find_heed, put_if_absent
from dclm_pipeline.storage.paths import check_path, check_prefix
from dclm_pipeline.storage.patience import BusyError, Patience
from dclm_pipeline.storage.remote import open_remote, read_remote, requests
from dclm_pipeline.storage.trouble import naming
from dclm_pipeline.storage.writing import (
    ConflictError,
    S3Client,
    ThereError,
    delete,
    give_up_uploads,
    put_in_parts,
    put_whole,
)

# Above this size an object goes up in parts of this size.
PART_BYTES = 64 * 1024 * 1024
PAGE_KEYS = 1000  # the most that stores list at once
_FILE = re.compile(r"\.[A-Za-z0-9]{1,8}\Z")
_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_OPTIONS = frozenset({"endpoint", "region", "profile", "unsigned"})
Result = TypeVar("Result")

# botocore tells its log who asks, with which token; nobody needs that in a file.
for _noisy in ("boto3", "botocore", "s3transfer", "urllib3"):
    logging.getLogger(_noisy).setLevel(logging.INFO)


@dataclass(frozen=True)
class Access:
    """How a store is reached."""

    endpoint: str = ""
    region: str = ""
    profile: str = ""
    unsigned: bool = False


class S3Storage:
    """The objects of a bucket below one path; built for one object, that one alone."""

    def __init__(self, bucket: str, root: str, access: Access, only: str | None = None) -> None:
        """Reach the objects whose keys begin with `root` (empty, or ending in `/`); `only` is the one that is listed."""
        self._bucket = bucket
        self._root = root
        self._access = access
        self._only = only

    @classmethod
    def at(cls, url: str) -> "S3Storage":
        """Build the storage for a URL; where that looks like a file's, asks whether one lies there."""
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        unknown = sorted(options.keys() - _OPTIONS)
        if not parts.netloc or parts.fragment or "@" in parts.netloc or unknown:
            known = ", ".join(sorted(_OPTIONS))
            raise RecipeError(
                f"s3://{parts.netloc.rpartition('@')[2]}: write it like s3://bucket/folder?endpoint=…; options: {known}"
            )
        unsigned = options.pop("unsigned", "false").lower() in ("true", "1", "yes", "")
        access = Access(**options, unsigned=unsigned)
        path = unquote(parts.path).strip("/")
        whole = cls(parts.netloc, f"{check_path(path)}/" if path else "", access)
        folder, _, name = path.rpartition("/")
        if _FILE.search(name) and not parts.path.endswith("/"):
            single = cls(parts.netloc, f"{folder}/" if folder else "", access, name)
            with suppress(FileNotFoundError):
                single.size(name)
                return single
        return whole

    @property
    def url(self) -> str:
        """Return the URL that builds this storage again."""
        access = self._access
        options = {"endpoint": access.endpoint, "region": access.region, "profile": access.profile}
        given = {name: value for name, value in options.items() if value} | (
            {"unsigned": "true"} if access.unsigned else {}
        )
        path = quote(self._root + (self._only or "")).rstrip("/")
        return f"s3://{self._bucket}" + (f"/{path}" if path else "") + (f"?{urlencode(given)}" if given else "")

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """List the objects, a page at a time; folder marks and keys that are no paths of ours are left out."""
        begin = self._root + check_prefix(prefix)
        if self._only is not None:
            if self._only.startswith(prefix):
                with suppress(FileNotFoundError):
                    yield Entry(self._only, self.size(self._only))
            return
        token = ""
        while True:
            page = self._try("list", begin, self._page(begin, token))
            for found in page.get("Contents", []):
                path = found["Key"][len(self._root) :]
                if _is_path(path):
                    yield Entry(path, found["Size"])
            if not page.get("IsTruncated"):
                return
            token = page["NextContinuationToken"]

    def size(self, path: str) -> int:
        """Return an object's size in bytes."""
        key = self._key(path)
        found = self._try("head", key, lambda s3: s3.head_object(Bucket=self._bucket, Key=key))
        return self._length(found, key)

    def read(self, path: str, start: int = 0, length: int | None = None) -> bytes:
        """Return an object's bytes from `start`, at most `length` of them."""
        key = self._key(path)
        return read_remote(lambda *place: self._fetch(key, *place), self._name(key), start, length)

    def open(self, path: str) -> BinaryIO:
        """Open an object for reading."""
        key = self._key(path)
        return open_remote(lambda *place: self._fetch(key, *place), self._name(key), self.size(path))

    def put(self, path: str, data: bytes) -> None:
        """Write a whole object, in place of any other."""
        key = self._key(path)
        put_whole(self._try, self._bucket, key, data)

    def put_file(self, path: str, local: Path) -> None:
        """Write a local file as a whole object, and remove the file."""
        key = self._key(path)
        with naming(str(local)):
            size = local.stat().st_size
            if size <= PART_BYTES:
                self.put(path, local.read_bytes())
            else:
                with local.open("rb") as file:
                    put_in_parts(self._try, self._bucket, key, file, PART_BYTES)
            local.unlink()

    def put_if_absent(self, path: str, data: bytes) -> bool:
        """Write a whole object unless there is one; takes longer where the store cannot do that at once."""
        return put_if_absent(self._try, self._bucket, self._key(path), data, self._heed())

    def delete(self, path: str) -> None:
        """Remove an object; it is no error if there is none."""
        delete(self._try, self._bucket, self._key(path))

    def sweep(self, seconds: float) -> int:
        """Give up uploads in parts that were begun longer ago than that and never ended; they cost money unseen."""
        before = datetime.now(UTC) - timedelta(seconds=seconds)
        return give_up_uploads(self._try, self._bucket, self._root, before, PAGE_KEYS)

    def _page(self, begin: str, token: str) -> Callable[[S3Client], Any]:
        asked: dict[str, Any] = {"Bucket": self._bucket, "Prefix": begin, "MaxKeys": PAGE_KEYS}
        if token:
            asked["ContinuationToken"] = token
        return lambda s3: s3.list_objects_v2(**asked)

    def _heed(self) -> Heed:
        """Find out, once for each bucket, what the store makes of `If-None-Match`."""
        known = _HEEDS.get((self._bucket, self._access))
        if known is None:
            known = _HEEDS[self._bucket, self._access] = find_heed(self._try, self._once, self._bucket, self._root)
        return known

    def _fetch(self, key: str, start: int, end: int | None, tag: str) -> "_Body":
        asked: dict[str, Any] = {} if not tag else {"IfMatch": tag}
        if start or end is not None:
            asked["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
        try:
            found = self._once("get", key, lambda s3: s3.get_object(Bucket=self._bucket, Key=key, **asked))
        except _BeyondError as error:
            return _Body(None, self._name(key), error.size or start, tag)
        placed = found.get("ContentRange", "").rpartition("/")[2]
        size = int(placed) if placed.isdigit() else self._length(found, key)
        return _Body(found["Body"], self._name(key), size, found["ETag"])

    def _length(self, found: Any, key: str) -> int:
        """Return how long an answer is; without that, its end could not be told from a break."""
        if "ContentLength" not in found:
            raise TransientError(f"{self._name(key)}: the store does not say how long it is")
        return int(found["ContentLength"])

    def _key(self, path: str) -> str:
        return self._root + check_path(path)

    def _name(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"

    def _try(self, kind: str, key: str, ask: Callable[[S3Client], Result]) -> Result:
        patience = Patience()
        while True:
            try:
                return self._once(kind, key, ask)
            except TransientError as error:
                patience.spend(error)

    def _once(self, kind: str, key: str, ask: Callable[[S3Client], Result]) -> Result:
        """Make one request; raise what a refusal means."""
        name = self._name(key)
        requests[f"s3 {kind}"] += 1
        try:
            return ask(_client(self._access))
        except ClientError as error:
            raise _meaning(error, name) from error
        except CredentialRetrievalError as error:
            raise TransientError(f"{name}: the keys cannot be had for now ({error})") from error
        except NoCredentialsError as error:
            raise RecipeError(
                f"{name}: no keys were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or ?unsigned=true"
            ) from error
        except (BotoConnectionError, HTTPClientError) as error:
            raise TransientError(f"{name}: cannot be reached ({error})") from error
        except (BotoCoreError, ValueError) as error:
            raise RecipeError(f"{name}: {error}") from error


class _BeyondError(ShardError):
    """The part asked for begins behind the object's end."""

    def __init__(self, message: str, size: int) -> None:
        super().__init__(message)
        self.size = size


class _Body:
    """What a store sends."""

    def __init__(self, body: Any, name: str, size: int, tag: str) -> None:
        self._body = body
        self._name = name
        self.size = size
        self.tag = tag

    def read(self, most: int) -> bytes:
        """Return some bytes."""
        if self._body is None:
            return b""
        try:
            return bytes(self._body.read(most))
        except (BotoCoreError, urllib3.exceptions.HTTPError) as error:
            raise TransientError(f"{self._name}: the connection broke ({error})") from error

    def close(self) -> None:
        """Give the connection up: what it has still to send is not worth waiting for."""
        if self._body is not None:
            self._body.close()


_HEEDS: dict[tuple[str, Access], Heed] = {}


def _meaning(error: ClientError, name: str) -> Exception:
    """Return what an answer of the store means for who asked."""
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    told = error.response.get("Error", {})
    code = str(told.get("Code", ""))
    if status == 404 or code in ("NoSuchKey", "404"):
        return FileNotFoundError(f"{name}: no such {'bucket' if code == 'NoSuchBucket' else 'object'}")
    if status == 412:
        return ThereError(f"{name}: was replaced while it was read; run again")
    if status == 416:
        size = str(told.get("ActualObjectSize", ""))
        return _BeyondError(f"{name}: ends before the part that was asked for", int(size) if size.isdigit() else 0)
    if status in _BUSY or code in ("SlowDown", "Throttling", "RequestTimeout"):
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        wait = headers.get("retry-after", "")
        busy = ConflictError if status == 409 else BusyError
        return busy(f"{name}: the store is busy ({status} {code})", float(wait) if wait.isdigit() else 0.0)
    if status in (401, 403):
        return ShardError(f"{name}: the store refuses ({status} {code}): look at the keys and what they may do")
    return ShardError(f"{name}: the store answers {status} {code}: {told.get('Message', '')}")


def _is_path(path: str) -> bool:
    try:
        check_path(path)
    except RecipeError:
        return False
    return True


@lru_cache(maxsize=16)
def _client(access: Access) -> S3Client:
    """Return this process's client of a store."""
    try:
        session = boto3.session.Session(profile_name=access.profile or None, region_name=access.region or None)
    except ProfileNotFound as error:
        raise RecipeError(str(error)) from error
    config = Config(
        signature_version=UNSIGNED if access.unsigned else None,
        connect_timeout=10,
        read_timeout=60,
        tcp_keepalive=True,
        retries={"total_max_attempts": 1, "mode": "standard"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"} if access.endpoint else None,
    )
    client = session.client("s3", endpoint_url=access.endpoint or None, config=config)
    client.meta.events.register("before-send.s3.PutObject", _begin)
    return client


def _begin(request: Any, **others: object) -> None:
    """Tell what a request sends that it is sent now."""
    del others
    if isinstance(request.body, Overtaken):
        request.body.begin()
