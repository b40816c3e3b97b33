"""Reading of plain responses: those that servers of APIs usually send, with an unambiguous end.

The readers return None for any other. What was received is kept, so that ``urllib3`` can read it by all of its rules.
"""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

from .http_connections import HEADER, MAX_LINES, DirectAttempt

__all__ = ["PlainResponse", "read_plain_response"]

_HEAD = re.compile(rb"HTTP/1\.1 ([2-5]\d\d) ([ -~]*+)\r\n((?:[!-9;-~]++:[ -~\t]*+\r\n)*+)\r\n")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,6})\r\n")
_MAX_SIZE_LINE_LENGTH = 8
"""Length of the line with the size of a chunk: six digits and the line break."""
_UNUSUAL_HEADERS = frozenset({"set-cookie", "upgrade", "trailer"})
_NOT_MODIFIED, _NO_CONTENT = 304, 204
_MAX_BODY_SIZE = 1_048_576
"""Size in bytes of a body, both before and after decompression."""
_RECEIVE_SIZE = 65_536
"""Bytes that are received at once: more than a TLS record, so that none of it stays where poll() does not see it."""


class PlainResponse(NamedTuple):
    """A response that was read as a whole."""

    status: int
    reason: str
    headers: dict[str, tuple[str, str]]
    """Names, as they were sent, and values by the names in lower case."""
    content: bytes


def read_plain_response(attempt: DirectAttempt) -> PlainResponse | None:
    """Return the response to a request that was sent; None if it is not plain, or receiving fails."""
    data = attempt.receive(_RECEIVE_SIZE)
    head = _HEAD.match(data)
    if head is None:
        return None
    status = int(head[1])
    lines = HEADER.findall(head[3].decode())
    headers = {pair[0].lower(): pair for pair in lines}
    if (
        len(headers) != len(lines)
        or len(lines) >= MAX_LINES
        or status == _NOT_MODIFIED
        or not _UNUSUAL_HEADERS.isdisjoint(headers)
        or headers.get("connection", ("", "keep-alive"))[1].lower() != "keep-alive"
    ):
        return None
    content = _read_body(attempt, data[head.end() :], status, headers)
    if content is not None and "content-encoding" in headers:
        content = _decompress(content, headers["content-encoding"][1])
    return None if content is None else PlainResponse(status, head[2].decode().strip(), headers, content)


def _read_body(attempt: DirectAttempt, data: bytes, status: int, headers: dict[str, tuple[str, str]]) -> bytes | None:
    """Return the body of a response as it was sent.

    :param data: Bytes behind the head that were received already
    """
    length = headers["content-length"][1] if "content-length" in headers else None
    if "transfer-encoding" in headers:
        is_chunked = length is None and headers["transfer-encoding"][1].lower() == "chunked" and status != _NO_CONTENT
        return _read_chunks(attempt, bytearray(data)) if is_chunked else None
    if status == _NO_CONTENT and length is None:
        return None if data else b""
    if status == _NO_CONTENT or length is None or not (length.isdecimal() and len(length) <= 7):
        return None
    return _read_length(attempt, data, int(length))


def _read_length(attempt: DirectAttempt, data: bytes, length: int) -> bytes | None:
    """Return a body of known length."""
    missing = length - len(data)
    if missing == 0:
        return data
    if missing < 0 or length > _MAX_BODY_SIZE:
        return None
    parts = [data]
    while missing > 0:
        data = attempt.receive(_RECEIVE_SIZE)
        if not data:
            return None
        parts.append(data)
        missing -= len(data)
    return b"".join(parts) if missing == 0 else None


def _read_chunks(attempt: DirectAttempt, data: bytearray) -> bytes | None:
    """Return a body that is sent in chunks without extensions and trailers."""
    content = bytearray()
    while True:
        size_line = _CHUNK_SIZE.match(data)
        if size_line is None:
            if len(data) >= _MAX_SIZE_LINE_LENGTH or not _receive_more(attempt, data):
                return None
            continue
        size = int(size_line[1], 16)
        start, end = size_line.end(), size_line.end() + size
        if len(content) + size > _MAX_BODY_SIZE:
            return None
        del size_line  # data can't grow while it refers to it
        while len(data) < end + 2:
            if not _receive_more(attempt, data):
                return None
        if data[end : end + 2] != b"\r\n":
            return None
        if size == 0:
            return bytes(content) if len(data) == end + 2 else None
        content += data[start:end]
        del data[: end + 2]


def _receive_more(attempt: DirectAttempt, data: bytearray) -> bool:
    """Append what arrives next to ``data``; return False if nothing does."""
    chunk = attempt.receive(_RECEIVE_SIZE)
    data += chunk
    return bool(chunk)


def _decompress(content: bytes, encoding: str) -> bytes | None:
    """Return the content of a body that is exactly one complete gzip stream, and not empty."""
    if encoding.lower() != "gzip":
        return None
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        decompressed = stream.decompress(content, _MAX_BODY_SIZE)
    except zlib.error:
        return None
    return decompressed if decompressed and stream.eof and not stream.unused_data else None
