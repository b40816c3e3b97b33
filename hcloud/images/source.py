"""Sources of uploads: a local file, a file object or a URL, whose format is recognized by its content."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self, get_args
from urllib.parse import urlsplit

from .._exceptions import InvalidArgumentError, NetworkError
from ..core.secrets import HiddenText
from .compression import Compression, decompress_head, detect_compression, stated_size
from .disk_formats import HEAD_SIZE, DiskFormat, describe_unusable
from .qcow2 import Qcow2Header

if TYPE_CHECKING:
    from requests import Response

__all__ = ["Source"]

CHUNK_SIZE = 1 << 20
_COMPRESSED_HEAD_SIZE = (1 << 20) + HEAD_SIZE
"""Number of bytes of compressed data that are read to decompress the beginning: more than a block of bzip2."""
_FOOTER_SIZE = 512
_TIMEOUT = (10.0, 60.0)
_REDIRECTS = 10


class Source:
    """A disk image to upload. Iteration yields its bytes from the beginning on, in chunks, as they are: compressed.

    A local file can be iterated again. A URL is fetched again for each iteration, since a server of the web closes a
    connection that rests while the server of the upload boots. Other sources can be iterated once. As a context manager
    it closes what it opened.
    """

    format: DiskFormat
    """Format of the disk image: ``raw`` or ``qcow2``."""
    compression: Compression | None = None
    """Compression: ``gzip``, ``bzip2``, ``xz`` or ``zstd``; None if it is not compressed."""
    size: int | None = None
    """Size of the disk in bytes that the source states; None if it states none.

    It can be wrong: trust what is decompressed.
    """
    length: int | None = None
    """Number of bytes of the source as it is; None if that is unknown."""
    path: Path | None = None
    """Path of a local file that can be read again; None for pipes and other sources."""
    url: str | None = None
    """URL to fetch the source from, which may hold secrets; None for other sources."""
    name: str
    """Name for messages, without secrets and control characters."""

    def __init__(self, name: str) -> None:
        """
        :param name: Name for messages; use :meth:`open` to create a source
        """
        self.name = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)
        self._head = b""
        self._start: int | None = None
        """Position of the beginning in a seekable file."""
        self._file: Any = None
        self._response: Response | None = None
        self._is_own = False
        """True if the file is closed with the source."""
        self._is_consumed = False

    @classmethod
    def open(cls, source: str | os.PathLike[str] | BinaryIO, format: DiskFormat | None = None) -> Source:
        """Open a source, and recognize its format; bytes that are read for that are part of the iteration.

        :param source: Path of a local file, a file object in binary mode, which is read from its position on and is
            not closed, or a URL that begins with ``https://``
        :param format: Format of the disk image, ``raw`` or ``qcow2``; by default, it is recognized by the content.
            With ``raw``, any content is accepted
        :raises InvalidArgumentError: if the source can't be read, or is not an image of a disk with partitions
        """
        if format is not None and format not in get_args(DiskFormat):
            raise InvalidArgumentError(f"format must be 'raw' or 'qcow2', not {format!r}")
        opened = cls._open(source)
        try:
            opened._recognize(format)
        except BaseException:
            opened.close()
            raise
        return opened

    @classmethod
    def _open(cls, source: object) -> Self:
        if isinstance(source, str) and "://" in source:
            return cls._open_url(source)
        if isinstance(source, (str, os.PathLike)) and not hasattr(source, "read"):
            return cls._open_path(source)
        if not callable(getattr(source, "read", None)) or isinstance(source, io.TextIOBase):
            hint = "; wrap it in io.BytesIO" if isinstance(source, (bytes, bytearray)) else ""
            shown = f"of type {type(source).__name__}" if hint else repr(source)
            raise InvalidArgumentError(f"source must be a path, a URL or a file in binary mode, not {shown}{hint}")
        name = getattr(source, "name", None)
        opened = cls(name if isinstance(name, str) else "the file object")
        opened._set_file(source)
        return opened

    @classmethod
    def _open_path(cls, source: str | os.PathLike[str]) -> Self:
        opened = cls(os.fspath(source))
        if not opened.name:
            raise InvalidArgumentError("source must be a path, a URL or a file in binary mode, not an empty string")
        opened.path = Path(source)
        try:
            opened._file = opened.path.open("rb")
        except (OSError, ValueError) as error:
            raise InvalidArgumentError(f"{opened.name} can't be read: {_reason(error)}") from None
        opened._is_own = True
        opened._set_file(opened._file)
        if opened._start is None:  # a named pipe, which can't be opened again
            opened.path = None
        return opened

    def _set_file(self, file: Any) -> None:
        self._file = file
        try:
            if file.seekable():
                self._start = file.tell()
                self.length = max(0, file.seek(0, os.SEEK_END) - self._start)
                file.seek(self._start)
        except (OSError, ValueError, AttributeError):  # a pipe, or an object that can only read
            self._start = self.length = None

    @classmethod
    def _open_url(cls, url: str) -> Self:
        parts = _split(url)
        opened = cls(f"https://{parts.netloc.rpartition('@')[2]}{parts.path}")
        opened.url = HiddenText(_quoted(parts._replace(fragment="").geturl()))
        opened._response = _get(opened.url, opened.name)
        opened.length = _length_of(opened._response)
        return opened

    def _recognize(self, format: DiskFormat | None) -> None:
        try:
            self._head = self._read_up_to(_COMPRESSED_HEAD_SIZE)
            if not self._head:
                raise InvalidArgumentError(f"{self.name} is empty")
            self.compression = detect_compression(self._head)
            head = self._decompressed_head(format)
            problem = self._recognize_disk(head, format)
        except OSError as error:
            raise InvalidArgumentError(f"{self.name} can't be read: {error.strerror or error}") from error
        except InvalidArgumentError:
            raise
        except ValueError as error:
            raise InvalidArgumentError(f"{self.name} can't be used: {error}") from None
        if problem:
            compressed = f", after decompression by {self.compression}," if self.compression else ""
            raise InvalidArgumentError(f"{self.name}{compressed} {problem}")

    def _recognize_disk(self, head: bytes, format: DiskFormat | None) -> str | None:
        """Set format and size; return a text if the source is not what it should be.

        :param head: Beginning of the disk image; empty if it is unknown
        :raises ValueError: if it is a qcow2 image that can't be converted
        """
        is_qcow2 = head.startswith(Qcow2Header.MAGIC) and not head.startswith(b"\0\0\0\1", 4)
        self.format = format or ("qcow2" if is_qcow2 else "raw")
        if self.format == "raw":
            if not self.compression:
                self.size = self.length
            return describe_unusable(head[:HEAD_SIZE], self._footer()) if format is None else None
        if not is_qcow2:
            return "is not a qcow2 image"
        header = Qcow2Header(head)
        self.size = header.virtual_size
        if self.compression is None and self.length is not None and header.table_at >= self.length:
            raise ValueError("it ends early")
        disk = header.disk_head(lambda position, size: self._read_at(head, position, size), HEAD_SIZE)
        if format is not None or disk is None:
            return None
        problem = describe_unusable(disk, format="qcow2")
        return problem and f"has a disk in it that {problem}"

    def _decompressed_head(self, format: DiskFormat | None) -> bytes:
        """Return the beginning of the disk image; empty if it can't be decompressed and is specified as raw.

        :raises ValueError: if it can't be decompressed
        """
        if self.compression is None:
            return self._head
        try:
            file = self._file if self._start is not None else None
            self.size = stated_size(self.compression, self._head, file, self._start or 0)
            head = decompress_head(self.compression, self._head, _COMPRESSED_HEAD_SIZE)
        except ValueError as error:
            raise ValueError(f"it is compressed by {self.compression}, but {error}") from None
        if head is None:
            if format != "raw":  # the size of the disk in a qcow2 image is in its header
                raise ValueError(
                    "it is compressed by zstd, which takes Python 3.14 or the program zstd to look into; "
                    'pass format="raw" if it is a raw disk'
                )
            return b""
        if not head:
            raise ValueError(f"it is compressed by {self.compression}, but there is nothing in it")
        if format != "raw" and detect_compression(head):
            raise ValueError("it is compressed twice; decompress it once")
        return head

    def _read_at(self, head: bytes, position: int, size: int) -> bytes:
        """Return bytes at a position of the disk image, fewer if they are out of reach."""
        if self.compression is not None or self._start is None or position + size <= len(head):
            return head[position : position + size]
        self._file.seek(self._start + position)
        return self._read_up_to(size)

    def _footer(self) -> bytes:
        """Return the last 512 bytes; nothing if they are out of reach."""
        if self.compression is not None or self.length is None or self.length <= _FOOTER_SIZE:
            return b""
        start = self.length - _FOOTER_SIZE
        return self._read_at(b"", start, _FOOTER_SIZE) if self.url is None else _read_end(self.url, self.name, start)

    def __iter__(self) -> Iterator[bytes]:
        if self.url is not None:
            yield from self._fetch(self.url)
            return
        if self._start is not None:
            self._file.seek(self._start)
        elif self._is_consumed:
            raise InvalidArgumentError(f"{self.name} was read already, and can't be read again")
        else:
            self._is_consumed = True
            yield self._head
        while chunk := self._read(CHUNK_SIZE):
            yield chunk

    def _fetch(self, url: str) -> Iterator[bytes]:
        """Yield the content of a URL, from the beginning on.

        :raises NetworkError: if it can't be fetched again, or is another one than before
        """
        self.close()
        try:
            self._response = _get(url, self.name)
        except InvalidArgumentError as error:
            raise NetworkError(str(error)) from None
        head = self._read_up_to(len(self._head))
        if head != self._head or _length_of(self._response) != self.length:
            raise NetworkError(f"{self.name} has changed since it was fetched first")
        yield head
        total = len(head)
        while chunk := self._read(CHUNK_SIZE):
            total += len(chunk)
            yield chunk
        if self.length is not None and total != self.length:
            raise NetworkError(f"{self.name} ended after {total} of {self.length} bytes")

    def _read_up_to(self, size: int) -> bytes:
        parts, missing = [], size
        while missing > 0 and (part := self._read(missing)):  # an object may return more
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _read(self, size: int) -> bytes:
        data = _read_body(self._response, size, self.name) if self._response is not None else self._file.read(size)
        if not isinstance(data, bytes):
            raise InvalidArgumentError(f"{self.name} must be a file in binary mode that blocks until there is data")
        return data

    def close(self) -> None:
        """Close what :meth:`open` opened; a file object of the caller stays open."""
        if self._response is not None:
            self._response.close()
        elif self._is_own and self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Source {self.name!r}>"


def _split(url: str) -> Any:
    """Return the parts of a URL.

    :raises InvalidArgumentError: if the URL is invalid, or has another scheme than ``https``
    """
    scheme = url.partition("://")[0].lower()
    if scheme != "https":
        hint = "pass the path instead" if scheme == "file" else "download it first"
        shown = ascii(scheme) if scheme.isascii() and scheme.isalnum() else "another one"
        raise InvalidArgumentError(f"a URL as source must begin with https://, not with {shown}; {hint}")
    try:
        parts = urlsplit(url)
        if parts.hostname and parts.port != 0 and url.isprintable() and " " not in url:
            return parts
    except ValueError:  # its message may have secrets
        pass
    raise InvalidArgumentError("the URL of the source is invalid")


def _quoted(url: str) -> str:
    """Return a URL in ASCII, which each program takes.

    :raises InvalidArgumentError: if that is impossible
    """
    import requests

    try:
        return requests.Request("GET", url).prepare().url or url
    except (requests.RequestException, ValueError):  # their messages have the URL
        raise InvalidArgumentError("the URL of the source is invalid") from None


def _get(url: str, name: str, start: int = 0) -> Response:
    """Return the response to a request for a URL, whose body is not read.

    :param start: Position of the first byte; if it is not 0, a server that does not send parts is an error
    :raises InvalidArgumentError: if it can't be fetched
    """
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    import requests

    with requests.Session() as session:
        session.max_redirects = _REDIRECTS
        session.adapters.pop("http://")  # also for redirects
        try:
            response = session.get(url, headers=headers, stream=True, timeout=_TIMEOUT)
        except requests.exceptions.InvalidSchema:
            raise InvalidArgumentError(f"{name} redirects to a URL that does not begin with https://") from None
        except (requests.RequestException, ValueError) as error:  # their messages have the URL
            raise InvalidArgumentError(f"{name} can't be fetched: {_reason(error)}") from None
    if response.status_code != (206 if start else 200):
        response.close()
        raise InvalidArgumentError(f"{name} can't be fetched: the server responds with status {response.status_code}")
    return response


def _read_end(url: str, name: str, start: int) -> bytes:
    """Return the bytes of a URL from a position on; nothing if the server does not send parts, or fails to."""
    try:
        with _get(url, name, start) as response:
            return _read_body(response, _FOOTER_SIZE, name)
    except (InvalidArgumentError, NetworkError):
        return b""


def _length_of(response: Response) -> int | None:
    """Return the number of bytes that a response states; None if it states none."""
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdecimal() else None


def _read_body(response: Response, size: int, name: str) -> bytes:
    """Return the next bytes of a response as they are, also if they have an encoding."""
    from urllib3.exceptions import HTTPError

    try:
        data: bytes = response.raw.read(size, decode_content=False)
    except (HTTPError, OSError) as error:
        raise NetworkError(f"{name} can't be read to its end: {_reason(error)}") from None
    return data


def _reason(error: BaseException) -> str:
    """Return the reason of the innermost error of the system; messages of other errors may have the URL."""
    errors: list[BaseException] = [error]
    for current in errors:  # grows
        errors += [
            inner
            for inner in (current.__cause__, current.__context__, getattr(current, "reason", None), *current.args)
            if isinstance(inner, BaseException) and inner not in errors
        ]
    reasons = [inner.strerror for inner in errors if isinstance(inner, OSError) and inner.strerror]  # of no URL
    return reasons[-1] if reasons else type(errors[-1]).__name__
