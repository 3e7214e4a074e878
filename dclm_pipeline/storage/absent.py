"""Writing an object unless there is one, on stores that can do so at once, and on stores that cannot.

What a store makes of `If-None-Match` is found out by trying: a write is overtaken by another one of the same object
while it is under way. Some stores look when they write; of two at once, one wins. Some look when a request comes in, so
that two at once are both told that they wrote; some never look. There, whoever has written waits until rivals that were
under way have ended, and then looks whose mark the object bears: one wins, if a request takes the store less than
`SETTLE_SECONDS`. Where it takes longer, two may be told that they wrote; what lies there is whole, and one of theirs.

Known gap: a front that holds requests back until it has all of them hides how the store behind it looks.
"""

import io
import secrets
import time
from collections.abc import Callable
from enum import Enum
from typing import Any

from dclm_pipeline.errors import ShardError, TaskError, TransientError
from dclm_pipeline.storage.access import S3Client
from dclm_pipeline.storage.patience import Patience
from dclm_pipeline.storage.refusals import ConflictError, ThereError
from dclm_pipeline.storage.writing import MARK, Ask, delete, md5, metadata

SETTLE_SECONDS = 2.0


class Heed(Enum):
    """When a store looks whether there is an object that it is to write only if there is none."""

    WRITING = "when it writes"
    BEGINNING = "when the request comes in"
    NEVER = "never, or it refuses such requests"


class Overtaken(io.BytesIO):
    """What a request sends, with something else done before the last of it; `begin` is called when it is sent."""

    def __init__(self, data: bytes, meanwhile: Callable[[], None]) -> None:
        """Hold the data, of two bytes or more."""
        super().__init__(data)
        self._meanwhile = meanwhile
        self._begun = False

    def begin(self) -> None:
        """Say that what is read from now on is sent; before, it is read to be signed."""
        self._begun = True

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the first byte, and the rest when the other thing is done."""
        if not self._begun:
            return super().read(size)
        if self.tell() == 0:
            return super().read(1)
        self._begun = False
        self._meanwhile()
        return super().read(size)


def put_if_absent(ask: Ask, bucket: str, key: str, data: bytes, heed: Heed) -> bool:
    """Write an object unless there is one; say whether it was written."""
    mark = secrets.token_hex(8)
    asked = 0

    def put(s3: S3Client) -> Any:
        nonlocal asked
        asked += 1
        condition = {} if heed is Heed.NEVER else {"IfNoneMatch": "*"}
        return s3.put_object(
            Bucket=bucket, Key=key, Body=data, ContentMD5=md5(data), Metadata={MARK: mark}, **condition
        )

    if heed is Heed.NEVER and metadata(ask, bucket, key) is not None:
        return False
    try:
        ask("put", key, put)
    except ThereError:
        if asked == 1:
            return False
        # A request before this one may have written it, and its answer was lost on the way.
    else:
        if heed is Heed.WRITING:
            return True
    if heed is not Heed.WRITING:
        time.sleep(SETTLE_SECONDS)
    return (metadata(ask, bucket, key) or {}).get(MARK) == mark


def find_heed(ask: Ask, once: Ask, bucket: str, root: str) -> Heed:
    """Find out when a store looks, by objects below a place that are gone afterwards; `once` asks without patience."""
    patience = Patience()
    keys: list[str] = []
    while True:
        # A key for each attempt: what an earlier one left, its answer lost, would answer for this one.
        keys.append(f"{root}probe-{secrets.token_hex(8)}")
        try:
            heed = _heed_at(once, bucket, keys[-1])
            break
        except TransientError as error:
            patience.spend(error)
    for key in keys:
        delete(ask, bucket, key)
    return heed


def _heed_at(once: Ask, bucket: str, key: str) -> Heed:
    """Find out when a store looks, by one object."""
    troubles: list[TaskError] = []

    def put(body: Any) -> None:
        once("put", key, lambda s3: s3.put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*"))

    def overtake() -> None:
        try:
            put(b"second")
        except TaskError as error:
            troubles.append(error)

    try:
        put(Overtaken(b"first", overtake))
        refused = False
    except (ThereError, ConflictError):
        refused = True
    except ShardError:
        return Heed.NEVER
    for trouble in troubles:
        if not isinstance(trouble, (ThereError, ConflictError)):
            raise trouble
    if refused or troubles:
        return Heed.WRITING
    try:
        put(b"third")
    except ThereError:
        return Heed.BEGINNING
    return Heed.NEVER
