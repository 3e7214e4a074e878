"""What the refusals of an S3 store mean for who asked: missing, busy, forbidden, there already, or behind the end.

Knows answers as boto3 takes them apart, and not boto3.
"""

from collections.abc import Mapping
from typing import Any

from dclm_pipeline.errors import ShardError
from dclm_pipeline.storage.doubts import says_too_often
from dclm_pipeline.storage.patience import BusyError, seconds_of

_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504})


class ThereError(ShardError):
    """The object is there, or another version than the one asked for."""


class ConflictError(BusyError):
    """Somebody else is writing the object."""


class BeyondError(ShardError):
    """The part asked for begins behind the object's end."""

    def __init__(self, message: str, size: int) -> None:
        super().__init__(message)
        self.size = size


def meaning_of(response: Mapping[str, Any], name: str) -> Exception:
    """Return what an answer of the store means for who asked."""
    facts = response.get("ResponseMetadata", {})
    status = int(facts.get("HTTPStatusCode", 0))
    told = response.get("Error", {})
    code = str(told.get("Code", ""))
    if status == 404 or code in ("NoSuchKey", "404"):
        return FileNotFoundError(f"{name}: no such {'bucket' if code == 'NoSuchBucket' else 'object'}")
    if status == 412:
        return ThereError(f"{name}: was replaced while it was read; run again")
    if status == 416:
        size = str(told.get("ActualObjectSize", ""))
        return BeyondError(f"{name}: ends before the part that was asked for", int(size) if size.isdigit() else 0)
    wait = seconds_of(facts.get("HTTPHeaders", {}).get("retry-after", ""))
    too_often = status in (429, 503) or wait > 0 or says_too_often(code)
    if status in _BUSY or code == "RequestTimeout" or too_often:
        busy = ConflictError if status == 409 else BusyError
        return busy(f"{name}: the store is busy ({status} {code})", wait, throttled=too_often)
    if status in (401, 403):
        return ShardError(f"{name}: the store refuses ({status} {code}): look at the keys and what they may do")
    return ShardError(f"{name}: the store answers {status} {code}: {told.get('Message', '')}")
