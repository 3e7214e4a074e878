"""The head of an HTTP message, in every form that crawls have kept.

Knows header fields; not what a body means. A head may have bare line feeds, lines without a colon, folded lines, no
reason phrase, no blank line before the page, or be missing.
"""

import re
from dataclasses import dataclass

MOST_HEAD = 4 * 1024 * 1024

_STATUS = re.compile(rb"HTTP/\d+(?:\.\d+)?[ \t]+(\d{3})(?!\d)")
_HEAD_END = re.compile(rb"\n(?:\r?\n|[ \t]*(?=<))")
_FIELDS = re.compile(
    rb"\n(content-type|content-encoding|transfer-encoding|x-robots-tag|tdm-reservation|link)[ \t]*:([^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*)",
    re.IGNORECASE,
)
_FOLD = re.compile(r"\r?\n[ \t]+")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]{1,127}/[!#$%&'*+.^_`|~0-9a-z-]{1,127}")
_CHARSET = re.compile(r"""(?:^|[;\s])charset\s*=\s*(?:"([^"]*)"?|'([^']*)'?|([^;,\s"']+))""", re.IGNORECASE)
_MOST_LABEL = 100
_MOST_HEADS = 4
_MOST_VALUE = 8 * 1024
_MOST_RIGHTS = 8 * 1024
_LICENCE_LINK = re.compile(
    r"""<([^<>\s]*)>[^<>]*?;\s*rel\s*=\s*["']?[^"',;]*(?<![\w-])license(?![\w-])""", re.IGNORECASE
)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Head:
    """What a head says, and where the body begins.

    `status` is missing where there is no head, `mime` and `charset` where no field names one that can be read. `rights` is
    what is said of the page's use: lines of `x-robots-tag: …`, `tdm-reservation: …` and `license: URL`, if there are any.
    """

    status: int | None
    mime: str | None
    charset: str | None
    chunked: bool
    encodings: tuple[str, ...]
    body: int
    rights: str | None = None


def read_head(block: bytes) -> Head | None:
    """Read the head of a message; nothing where what should be one cannot be read."""
    begin = 0
    for _ in range(_MOST_HEADS):
        if not block.startswith(b"HTTP/", begin):
            return None if begin else Head(None, None, None, False, (), 0)
        status = _STATUS.match(block, begin)
        end = _HEAD_END.search(block, begin, begin + MOST_HEAD)
        if status is None or (end is None and len(block) - begin > MOST_HEAD):
            return None
        body = len(block) if end is None else end.end()
        code = int(status[1])
        if 100 <= code < 200 and block.startswith(b"HTTP/", body):
            begin = body  # an interim answer; the real one follows
            continue
        return _head(code, block[begin : len(block) if end is None else end.start() + 1], body)
    return None


def mime_and_charset(values: list[str]) -> tuple[str | None, str | None]:
    """Return the MIME type and the charset that Content-Type fields name; of several, the last that can be read.

    The charset of an earlier one counts while the type stays the same, as browsers have it.
    """
    mime = charset = None
    for value in values:
        for part in value.split(","):
            found = _TOKEN.match(part.strip(" \t\"'").lower())
            label = _CHARSET.search(part)
            if found is not None and found[0] != "*/*":
                charset = None if found[0] != mime else charset
                mime = found[0]
            if label is not None:
                text = (label[1] or label[2] or label[3] or "").strip()
                charset = text[:_MOST_LABEL] or charset
    return mime, charset


def _head(status: int, head: bytes, body: int) -> Head:
    types: list[str] = []
    content: list[str] = []
    transfer: list[str] = []
    kinds = {b"content-type": types, b"content-encoding": content, b"transfer-encoding": transfer}
    rights: list[str] = []
    for name, value in _FIELDS.findall(head):
        text = _FOLD.sub(" ", value[:_MOST_VALUE].decode("latin-1")).strip()
        known = kinds.get(name.lower())
        if known is None:
            rights += _rights(name.lower().decode(), text)
        else:
            known.append(text)
    mime, charset = mime_and_charset(types)
    codings = [token.strip().lower() for value in transfer for token in value.split(",")]
    encodings = [token.strip().lower() for value in content for token in value.split(",")]
    encodings += [token for token in codings if token != "chunked"]
    said = "\n".join(rights)[:_MOST_RIGHTS] or None
    return Head(status, mime, charset, "chunked" in codings, tuple(encodings), body, said)


def _rights(name: str, value: str) -> list[str]:
    """Return what a field says of rights, as lines."""
    if name == "link":
        return [f"license: {url}" for url in _LICENCE_LINK.findall(value)]
    return [f"{name}: {_CONTROLS.sub(' ', value)}"]
