"""HTTP connections of ``urllib3`` that are strict about responses, and know whether a request was sent.

``http.client`` takes an interim response such as 103 for the final one, a header block that breaks off for a complete
one, and a malformed ``Content-Length`` for none. All of them would make a request end with the response of another, or
with none: here they are skipped or are errors.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from functools import cache
from http.client import (
    NO_CONTENT,
    NOT_MODIFIED,
    HTTPException,
    HTTPMessage,
    HTTPResponse,
    UnknownProtocol,
    parse_headers,
)
from io import DEFAULT_BUFFER_SIZE, BufferedReader, BytesIO, RawIOBase
from typing import Any

from .secrets import HiddenText

__all__ = ["HEADER", "MAX_LINES", "DirectAttempt", "exchange", "tracked_connection", "tracked_pools"]

_MAX_INTERIM_RESPONSES = 20
MAX_LINES = 101
"""Number of lines of a head: without the status line, with the blank line at the end."""
_MAX_LINE_LENGTH = 65_536
_MAX_DIGITS = 18
"""Number of digits of a ``Content-Length``."""
_BLANK_LINES = (b"\r\n", b"\n")
_SWITCHING_PROTOCOLS = 101
HEADER = re.compile(r"([!-9;-~]+):[ \t]*([ -~\t]*)\r\n")
_PLAIN_HEADERS = re.compile(rb"(?:[!-9;-~]+:[ -~\t]*\r\n)*\r\n")


class _Exchange(threading.local):
    """The request that this thread is sending."""

    was_sent: bool | None = None
    """True as soon as its first bytes were handed to a connection, False while one is opened, None if unknown."""
    response: Any = None
    """Its response, as soon as the head of that has arrived."""
    deadline: Any = None
    """Watcher of the connections that this thread uses, if their time is limited."""
    attempt: DirectAttempt | None = None
    """The attempt that urllib3 is to continue."""


exchange: _Exchange = _Exchange()


class DirectAttempt:
    """An attempt to send a request directly over a connection of a pool, which urllib3 can continue.

    It keeps what was received, or the failure, so that urllib3 reads the response from its beginning.
    """

    __slots__ = ("chunks", "connection", "has_ended", "is_sent", "pool", "receive_error", "send_error")

    def __init__(self, pool: Any, connection: Any) -> None:
        self.pool: Any = pool
        self.connection: Any = connection
        self.is_sent: bool = False
        """True if the request was sent, or sending it has failed."""
        self.send_error: OSError | None = None
        """Failure of sending the request."""
        self.chunks: list[bytes] = []
        """Bytes of the response that were received."""
        self.receive_error: OSError | None = None
        """Failure of receiving the response."""
        self.has_ended: bool = False
        """True if the server has closed the connection."""

    def receive(self, size: int) -> bytes:
        """Return up to ``size`` bytes of the response, none if it has ended or receiving has failed."""
        try:
            chunk: bytes = self.connection.sock.recv(size)
        except OSError as error:
            self.receive_error = error
            return b""
        if chunk:
            self.chunks.append(chunk)
        else:
            self.has_ended = True
        return chunk

    def abandon(self) -> None:
        """Close the connection, and free its place in the pool."""
        self.connection.close()
        self.pool._put_conn(None)


class _Replay(RawIOBase):
    """File of a connection that first repeats what an attempt received, and then raises the failure if it had one."""

    def __init__(self, attempt: DirectAttempt, raw: Any) -> None:
        self._received = b"".join(attempt.chunks)
        self._error, self._has_ended = attempt.receive_error, attempt.has_ended
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        received = self._received[: len(buffer)]
        if received:
            self._received = self._received[len(received) :]
            buffer[: len(received)] = received
            return len(received)
        if self._error is not None:
            raise self._error
        return 0 if self._has_ended else self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _PlainHeaders(HTTPMessage):
    """Headers that need no policy of the ``email`` package when they are read."""

    def items(self) -> list[tuple[str, str]]:
        return list(self._headers)  # type: ignore[attr-defined]

    def get(self, name: str, failobj: Any = None) -> Any:
        return self.get_all(name, (failobj,))[0]

    def get_all(self, name: str, failobj: Any = None) -> Any:
        name = name.lower()
        return [value for key, value in self._headers if key.lower() == name] or failobj  # type: ignore[attr-defined]


def _parse(head: bytes) -> HTTPMessage:
    """Parse a block of headers.

    ``http.client`` takes the parser of emails, which is much slower. Here it only parses what is not plain: continued
    lines, and malformed ones.
    """
    if _PLAIN_HEADERS.fullmatch(head) is None:
        return parse_headers(BytesIO(head))
    message = _PlainHeaders()
    message._headers = HEADER.findall(head.decode("ascii"))  # type: ignore[attr-defined]
    message._payload = ""  # type: ignore[attr-defined]
    return message


def _read_nothing(buffer: Any) -> int:
    return 0


class _Response(HTTPResponse):
    """A response that skips interim ones, and notices surplus bytes behind its body."""

    has_surplus = False
    """True if the server sent more than this response; the connection must not be used again."""

    def replay(self, attempt: DirectAttempt) -> None:
        """Let the response begin with what the attempt received."""
        raw = self.fp.detach()
        # As large as all of it, since surplus bytes are looked for in the buffer only.
        size = max(DEFAULT_BUFFER_SIZE, sum(map(len, attempt.chunks)))
        self.fp = BufferedReader(_Replay(attempt, raw), size)

    def begin(self) -> None:
        headers: HTTPMessage | None = self.headers
        if headers is not None:
            return
        version, self.status, reason = self._read_status()
        self.code, self.reason = self.status, reason.strip()
        if not version.startswith(("HTTP/0.9", "HTTP/1.")):
            raise UnknownProtocol(version)
        self.version = 10 if version in ("HTTP/0.9", "HTTP/1.0") else 11
        self.headers = self.msg = _parse(self._read_head())
        if self.debuglevel > 0:
            for name, value in self.headers.items():
                print("header:", f"{name}:", value)  # noqa: T201  # as http.client does
        if self.headers.defects:  # such as a line without a colon, which would hide those after it
            raise HTTPException("the response has a malformed header")
        self.chunked = self.headers.get("Transfer-Encoding", "").lower() == "chunked"
        self.chunk_left = None
        self.will_close = self._check_close()  # type: ignore[attr-defined]
        self.length = None if self.chunked else self._content_length()
        if self.status in (NO_CONTENT, NOT_MODIFIED, _SWITCHING_PROTOCOLS) or self._method == "HEAD":  # type: ignore[attr-defined]
            self.length = 0
        if self.length is None and not self.chunked:
            self.will_close = True

    def _read_head(self) -> bytes:
        """Read up to the blank line that ends the headers."""
        plain = _PLAIN_HEADERS.match(self.fp.peek())  # as they usually arrive, all at once
        if plain is not None and plain[0].count(b"\n") <= MAX_LINES:
            return self.fp.read(plain.end())
        lines: list[bytes] = []
        while not lines or lines[-1] not in _BLANK_LINES:
            line = self.fp.readline(_MAX_LINE_LENGTH + 1)
            if not line:
                raise HTTPException("the connection ended within the headers of the response")
            if len(line) > _MAX_LINE_LENGTH or len(lines) == MAX_LINES:
                raise HTTPException("the headers of the response are too long")
            lines.append(line)
        return b"".join(lines)

    def _content_length(self) -> int | None:
        lengths = [text.strip() for text in self.headers.get_all("Content-Length", ())]
        for length in lengths:
            if not (length.isascii() and length.isdecimal() and len(length) <= _MAX_DIGITS):
                # Without its value, which may echo the token.
                raise HTTPException("the response has a malformed Content-Length")
        return int(lengths[0]) if lengths else None

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_MAX_INTERIM_RESPONSES):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200 or status == _SWITCHING_PROTOCOLS:
                return version, status, reason
            self._read_head()
        raise HTTPException(f"more than {_MAX_INTERIM_RESPONSES} interim responses")

    def _close_conn(self) -> None:
        if not self.will_close:  # it is "UNKNOWN" before the headers were read
            self.has_surplus = self._peek()
        super()._close_conn()  # type: ignore[misc]

    def _peek(self) -> bool:
        """Return True if bytes are buffered that do not belong to this response.

        Those that have not been read from the socket yet are noticed by urllib3 before it uses the connection again.
        """
        file: Any = self.fp
        file.raw.readinto = _read_nothing  # so that peek() only looks at the buffer
        return bool(file.peek(1))


class _Tracked:
    """Mixin of connections that notes when a request is sent, and rules out reuse after surplus bytes."""

    _is_connecting = False
    _latest_response: _Response | None = None
    _attempt: DirectAttempt | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.heads: dict[tuple[Any, ...], bytes] = {}
        """Encoded header lines by method and headers."""

    def resume(self, attempt: DirectAttempt) -> None:
        """Do not send the next request, which the attempt has sent; read its response from the beginning."""
        self._attempt = attempt

    def response_class(self, *args: Any, **kwargs: Any) -> _Response:
        response = _Response(*args, **kwargs)
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            response.replay(attempt)
        return response

    def connect(self) -> None:
        if exchange.was_sent is None:
            exchange.was_sent = False
        self._is_connecting = True
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._is_connecting = False

    def send(self, data: Any) -> None:
        if self._attempt is not None:
            if self._attempt.send_error is not None:
                raise self._attempt.send_error
            return
        if self.sock is None:  # type: ignore[attr-defined]
            self.connect()
        if not self._is_connecting:  # while it connects, only the CONNECT of a proxy is sent
            exchange.was_sent = True
            if exchange.deadline is not None:
                exchange.deadline.watch(self.sock)  # type: ignore[attr-defined]
        super().send(data)  # type: ignore[misc]

    def getresponse(self) -> Any:
        response = super().getresponse()  # type: ignore[misc]
        self._latest_response = response._original_response
        return response

    @property
    def is_connected(self) -> bool:
        if self._latest_response is not None and self._latest_response.has_surplus:
            return False
        return bool(super().is_connected)  # type: ignore[misc]


@cache
def tracked_connection(cls: Any) -> Any:
    """Return a tracked subclass of a connection class of urllib3; any other, such as that of vcrpy, as it is."""
    if cls.__module__.partition(".")[0] != "urllib3":
        return cls
    return type(cls.__name__, (_Tracked, cls), {})


class _TrackedPool:
    """Mixin of connection pools whose connections are tracked, also if their class is replaced later."""

    @property
    def ConnectionCls(self) -> Any:
        return tracked_connection(super().ConnectionCls)  # type: ignore[misc]

    def urlopen(self, method: str, url: str, body: Any = None, headers: Any = None, *args: Any, **kwargs: Any) -> Any:
        cls: Any = self.ConnectionCls
        if headers is not None and not (isinstance(cls, type) and issubclass(cls, _Tracked)):
            # A tool that records requests, such as vcrpy, can't save values of other types.
            headers = {name: str(value) if isinstance(value, HiddenText) else value for name, value in headers.items()}
        return super().urlopen(method, url, body, headers, *args, **kwargs)  # type: ignore[misc]

    def _get_conn(self, timeout: Any = None) -> Any:
        attempt = exchange.attempt
        if attempt is None:
            return super()._get_conn(timeout)  # type: ignore[misc]
        exchange.attempt = None
        if attempt.is_sent:
            attempt.connection.resume(attempt)
        return attempt.connection


@cache
def _tracked_pool(cls: Any) -> Any:
    return cls if issubclass(cls, _TrackedPool) else type(cls.__name__, (_TrackedPool, cls), {})


def tracked_pools(classes: Mapping[str, Any]) -> dict[str, Any]:
    """Return pool classes by scheme, with connections that are strict and tracked."""
    return {scheme: _tracked_pool(cls) for scheme, cls in classes.items()}
