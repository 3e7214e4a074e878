"""Objects in S3 and in stores that speak its language.

`s3://bucket/folder`, with settings where they are needed: `?endpoint=http://host:port&region=…&profile=…&unsigned=true`.
Retries are ours, so that requests can be counted and every call has the same patience; small objects go up by one PUT,
large ones in parts that nobody sees until the last is there.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import urllib3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from dclm_pipeline.errors import RecipeError, TransientError
from dclm_pipeline.storage import Entry
from dclm_pipeline.storage.absent import Heed, find_heed, put_if_absent
from dclm_pipeline.storage.access import OPTIONS, Access, S3Client, access_of, client_of
from dclm_pipeline.storage.answers import Fetch
from dclm_pipeline.storage.budget import within_budget
from dclm_pipeline.storage.paths import check_path, check_prefix
from dclm_pipeline.storage.patience import patiently
from dclm_pipeline.storage.refusals import BeyondError, meaning_of
from dclm_pipeline.storage.remote import open_remote, read_remote, requests, waiting
from dclm_pipeline.storage.trouble import naming
from dclm_pipeline.storage.writing import begin_upload, delete, give_up_uploads, put_in_parts, put_whole

# Above this size an object goes up in parts of this size.
PART_BYTES = 64 * 1024 * 1024
PAGE_KEYS = 1000  # the most that stores list at once
_FILE = re.compile(r"\.[A-Za-z0-9]{1,8}\Z")
Result = TypeVar("Result")


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
        unknown = sorted(options.keys() - set(OPTIONS))
        if not parts.netloc or parts.fragment or "@" in parts.netloc or unknown:
            raise RecipeError(
                f"s3://{parts.netloc.rpartition('@')[2]}: write it like s3://bucket/folder?endpoint=…; options: {', '.join(OPTIONS)}"
            )
        access = access_of(parts.netloc, options)
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
        path = quote(self._root + (self._only or "")).rstrip("/")
        return f"s3://{self._bucket}" + (f"/{path}" if path else "") + self._access.query

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
        return self.version(path)[0]

    def version(self, path: str) -> tuple[int, str]:
        """Return an object's size, and its ETag."""
        key = self._key(path)
        with waiting.counted():
            found = self._try("head", key, lambda s3: s3.head_object(Bucket=self._bucket, Key=key))
        return self._length(found, key), str(found["ETag"])

    def read(self, path: str, start: int = 0, length: int | None = None) -> bytes:
        """Return an object's bytes from `start`, at most `length` of them."""
        return read_remote(self.fetch_of(path), self._name(self._key(path)), start, length)

    def open(self, path: str) -> BinaryIO:
        """Open an object for reading."""
        return open_remote(self.fetch_of(path), self._name(self._key(path)), self.size(path))

    def fetch_of(self, path: str) -> Fetch:
        """Return what asks for parts of an object, one request at a time."""
        return partial(self._fetch, self._key(path))

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

    def begin(self, path: str) -> None:
        """Begin an upload in parts and leave it at that, as a writer that is killed does."""
        begin_upload(self._try, self._bucket, self._key(path))

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
        except BeyondError as error:
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
        return patiently(lambda: self._once(kind, key, ask))

    def _once(self, kind: str, key: str, ask: Callable[[S3Client], Result]) -> Result:
        """Make one request; raise what a refusal means."""
        name = self._name(key)
        requests[f"s3 {kind}"] += 1
        try:
            with within_budget(self._access.endpoint or f"s3://{self._bucket}", name):
                return self._answered(name, ask)
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

    def _answered(self, name: str, ask: Callable[[S3Client], Result]) -> Result:
        try:
            return ask(client_of(self._access))
        except ClientError as error:
            raise meaning_of(error.response, name) from error


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


def _is_path(path: str) -> bool:
    try:
        check_path(path)
    except RecipeError:
        return False
    return True
