"""Undoing what HTTP did to a body on its way: chunks, and content encodings.

Knows bytes, not pages. What unpacks is unpacked up to a limit, piece by piece, so that a few bytes never become
gigabytes. Labels lie: a body that is not in the encoding its label names is used as it is.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

import brotli

from dclm_pipeline.sources.frames import Frame
from dclm_pipeline.sources.mime import looks_like_markup
from dclm_pipeline.sources.window import Window

# Each chunk costs a turn of a loop. Servers send some kilobytes a chunk.
MOST_CHUNKS = 200_000
MOST_LAYERS = 2

_MOST_PIECE = 256 * 1024
_MOST_SIZE_LINE = 1024
_MOST_WINDOW = 8 * 1024 * 1024  # RFC 9659: what a zstd content encoding may ask for
_GZIP = b"\x1f\x8b"
_MAGIC = {"gzip": _GZIP, "zstd": b"\x28\xb5\x2f\xfd"}
_HEX = frozenset(b"0123456789abcdefABCDEF")
_KNOWN = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate", "br": "br", "zstd": "zstd"}


@dataclass(frozen=True, slots=True)
class Undone:
    """A body as it was before it was sent; `trouble` says, in a few words, why it cannot be used.

    `cut` says that its end is missing.
    """

    body: bytes
    trouble: str = ""
    cut: bool = False


def undo(body: bytes, chunked: bool, encodings: Sequence[str], most: int) -> Undone:
    """Undo chunks and encodings (in the order in which they were applied) up to a body of `most` bytes."""
    if chunked:
        joined = join_chunks(body)
        if joined is None:
            return Undone(b"", "too many chunks")
        body = joined
    layers = [_KNOWN[name] for name in encodings if name in _KNOWN]
    if len(layers) > MOST_LAYERS:
        return Undone(b"", "too many encodings")
    cut = False
    for layer in reversed(layers):
        undone = _undo_layer(body, layer, most)
        if undone.trouble:
            return undone
        body, cut = undone.body, cut or undone.cut
    return Undone(body, "", cut)


def join_chunks(body: bytes) -> bytes | None:
    """Join the chunks of a body; nothing for more chunks than anybody sends.

    A body whose first chunk is none is returned as it is; after a later one that is none, what follows as it is. The
    last chunk may be cut, or missing.
    """
    parts: list[memoryview] = []
    view = memoryview(body)
    place = 0
    for _ in range(MOST_CHUNKS):
        begin = body.find(b"\n", place, place + _MOST_SIZE_LINE) + 1
        size = _chunk_size(body[place:begin])
        if size is None:
            if not parts:
                return body
            rest = view[place:]
            is_size = len(rest) <= _MOST_SIZE_LINE and _HEX.issuperset(bytes(rest).strip())
            return b"".join(parts if is_size else [*parts, rest])
        if size == 0:
            return b"".join(parts)
        end = begin + size
        if end >= len(body):
            return b"".join([*parts, view[begin:]])
        place = end + (2 if body.startswith(b"\r\n", end) else 1 if body.startswith(b"\n", end) else 0)
        if place == end and not parts:
            return body
        parts.append(view[begin:end])
    return None


def _chunk_size(line: bytes) -> int | None:
    digits = line.partition(b";")[0].strip()
    if not 0 < len(digits) <= 8 or not _HEX.issuperset(digits):
        return None
    return int(digits, 16)


def _undo_layer(body: bytes, layer: str, most: int) -> Undone:
    magic = _MAGIC.get(layer)
    if looks_like_markup(body) if magic is None else not body.startswith(magic):
        return Undone(body)
    parts: list[bytes] = []
    length = 0
    for piece in _PIECES[layer](body):
        if not piece and not parts:
            # Not one byte of it is in this encoding. What begins like a compressed body is of no use as it is.
            return Undone(body) if magic is None else Undone(b"", "bad encoding")
        if not piece:
            return Undone(b"".join(parts), "", True)
        parts.append(piece)
        length += len(piece)
        if length > most:
            return Undone(b"", "body too large")
    return Undone(b"".join(parts))


# Each yields what is unpacked, and an empty piece where the body is damaged or cut.


def _gunzip(body: bytes) -> Iterator[bytes]:
    return _inflate(body, 31)


def _inflate_either(body: bytes) -> Iterator[bytes]:
    """Inflate with or without zlib's frame about it: servers send both under one name."""
    framed = len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0
    return _inflate(body, 15 if framed else -15)


def _inflate(body: bytes, bits: int) -> Iterator[bytes]:
    view = memoryview(body)
    place = 0
    while place < len(body):
        inflater = zlib.decompressobj(bits)
        pending: bytes | memoryview = b""
        while not inflater.eof:
            if not pending:
                pending = view[place : place + _MOST_PIECE]
                place += len(pending)
            try:
                piece = inflater.decompress(pending, _MOST_PIECE)
            except zlib.error:
                piece, place = b"", len(body)
            if piece:
                yield piece
            elif not inflater.eof and place >= len(body):
                yield b""
                return
            pending = inflater.unconsumed_tail
        place -= len(inflater.unused_data)
        if bits != 31 or not body.startswith(_GZIP, place):
            return  # what follows is no more of it


def _unbrotli(body: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    pending = body
    try:
        while not stream.is_finished():
            piece: bytes = stream.process(pending, output_buffer_limit=_MOST_PIECE)
            pending = b""
            if piece:
                yield piece
            elif not stream.is_finished():
                yield b""
                return
    except brotli.error:
        yield b""


def _unzstd(body: bytes) -> Iterator[bytes]:
    window = Window(BytesIO(body), 0, 0)
    offset = 0
    while (frame := Frame.at(window, offset, None, _MOST_WINDOW)) is not None:
        while piece := frame.read():
            yield piece
        if frame.trouble:
            yield b""
            return
        offset = frame.end


_PIECES = {"gzip": _gunzip, "deflate": _inflate_either, "br": _unbrotli, "zstd": _unzstd}
