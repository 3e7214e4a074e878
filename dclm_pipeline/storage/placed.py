"""What open objects of a known size have in common: a place in them, which is gone to without reading anything."""

import io


class PlacedFile(io.RawIOBase):
    """A file of `size` bytes, read from wherever its place is."""

    def __init__(self, name: str, size: int) -> None:
        """Stand at the beginning."""
        self._name = name
        self._size = size
        self._place = 0

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def seekable(self) -> bool:
        """Say that this can be sought in."""
        return True

    def tell(self) -> int:
        """Return the place that is read next."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place; costs nothing until something is read there."""
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        if begin + offset < 0:
            raise ValueError(f"{self._name}: there is nothing before its first byte")
        self._place = begin + offset
        return self._place
