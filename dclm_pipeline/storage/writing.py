"""Writing to S3, whole or in parts, where any answer may be lost.

Knows requests, not how they are made: whoever calls it brings a way to ask a store, again and again where need be. A
request that is made again meets what the first one did. So what takes several bears a mark, and whoever is refused
looks whether the mark is its own.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, BinaryIO, Protocol

from dclm_pipeline.errors import TaskError, TransientError
from dclm_pipeline.storage.access import S3Client

# Under this name the objects' metadata hold the mark of whoever wrote them.
MARK = "writer"


class Ask(Protocol):
    """Asks a store; the first word is what is counted, the second the object that errors name."""

    def __call__(self, kind: str, key: str, ask: Callable[[S3Client], Any], /) -> Any:
        """Return the answer; a missing object is a `FileNotFoundError`, one that is there a `ThereError`."""
        ...


def put_whole(ask: Ask, bucket: str, key: str, data: bytes) -> None:
    """Write an object by one request, in place of any other."""
    ask("put", key, lambda s3: s3.put_object(Bucket=bucket, Key=key, Body=data, ContentMD5=md5(data)))


def put_in_parts(ask: Ask, bucket: str, key: str, file: BinaryIO, part_bytes: int) -> None:
    """Write an object in parts that nobody sees until the last is there, in place of any other."""
    mark = secrets.token_hex(8)
    upload = begin_upload(ask, bucket, key, mark)
    try:
        parts: list[Any] = []
        while data := file.read(part_bytes):
            number = len(parts) + 1
            part = ask("put", key, _part(bucket, key, upload, number, data))
            parts.append({"PartNumber": number, "ETag": part["ETag"]})
        whole = {"Bucket": bucket, "Key": key, "UploadId": upload, "MultipartUpload": {"Parts": parts}}
        ask("put", key, lambda s3: s3.complete_multipart_upload(**whole))
    except FileNotFoundError as error:
        # Stores forget an upload when it ends, and the answer to that may have been lost on the way.
        if (metadata(ask, bucket, key) or {}).get(MARK) != mark:
            raise TransientError(f"{error}: its upload was given up by others while it went on") from error
    except BaseException:
        with suppress(TaskError):  # what cannot be given up now is swept later
            _give_up(ask, bucket, key, upload)
        raise


def begin_upload(ask: Ask, bucket: str, key: str, mark: str = "") -> str:
    """Begin an upload in parts; return its id."""
    begun = ask("put", key, lambda s3: s3.create_multipart_upload(Bucket=bucket, Key=key, Metadata={MARK: mark}))
    return str(begun["UploadId"])


def give_up_uploads(ask: Ask, bucket: str, root: str, before: datetime, most: int) -> int:
    """Give up the uploads in parts below a place that were begun before some time; return how many they were.

    They are listed in pages of `most`.
    """
    asked: dict[str, Any] = {"Bucket": bucket, "Prefix": root, "MaxUploads": most}
    found: list[Any] = []
    while True:
        page = ask("list", root, _uploads(asked))
        found += [upload for upload in page.get("Uploads", []) if upload["Initiated"] <= before]
        if not page.get("IsTruncated"):
            break
        asked |= {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    for upload in found:
        _give_up(ask, bucket, upload["Key"], upload["UploadId"])
    return len(found)


def delete(ask: Ask, bucket: str, key: str) -> None:
    """Remove an object; it is no error if there is none."""
    with suppress(FileNotFoundError):
        ask("delete", key, lambda s3: s3.delete_object(Bucket=bucket, Key=key))


def metadata(ask: Ask, bucket: str, key: str) -> Mapping[str, str] | None:
    """Return what was written beside an object, its names in small letters; None where there is no object."""
    try:
        found = ask("head", key, lambda s3: s3.head_object(Bucket=bucket, Key=key))
    except FileNotFoundError:
        return None
    return {name.lower(): told for name, told in found.get("Metadata", {}).items()}  # some stores say `Writer`


def md5(data: bytes) -> str:
    """Return the digest that stores compare what they received with."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _part(bucket: str, key: str, upload: str, number: int, data: bytes) -> Callable[[S3Client], Any]:
    return lambda s3: s3.upload_part(
        Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=data, ContentMD5=md5(data)
    )


def _uploads(asked: dict[str, Any]) -> Callable[[S3Client], Any]:
    return lambda s3: s3.list_multipart_uploads(**asked)


def _give_up(ask: Ask, bucket: str, key: str, upload: str) -> None:
    with suppress(FileNotFoundError):
        ask("delete", key, lambda s3: s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload))
