"""What a server is asked for, and what it sends: the protocols between stores and the files made of them."""

from typing import Protocol, runtime_checkable


class Answer(Protocol):
    """The bytes that a server sends: of an object of `size` bytes in all, in the version that `tag` names."""

    size: int
    tag: str

    def read(self, most: int) -> bytes:
        """Return some bytes; none at the end, or where the server stopped early. Trouble is a `TransientError`."""
        ...

    def close(self) -> None:
        """Give the connection back, or up."""
        ...


class Fetch(Protocol):
    """Asks for the bytes of an object from `start` to `end` (or to its end), of the version `tag` where one is named."""

    def __call__(self, start: int, end: int | None, tag: str) -> Answer:
        """Return the answer; a missing object is a `FileNotFoundError`, trouble that may pass a `TransientError`."""
        ...


@runtime_checkable
class Remote(Protocol):
    """A storage whose objects lie on a server."""

    def fetch_of(self, path: str) -> Fetch:
        """Return what asks for parts of an object, one request at a time."""
        ...
