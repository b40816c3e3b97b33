"""Plain requests that are sent over an open connection of ``urllib3`` directly.

``urllib3`` and ``http.client`` take 190 µs CPU for a request and its response, nearly all of it for cases that requests
to an API do not have. Here the same bytes are sent, and a plain response is read, in 45 µs.

Everything else is left to ``urllib3``: new connections, unusual responses, and all requests while a tool replaces one
of the bypassed methods. If a request was already sent, ``urllib3`` continues on the same connection, and reads the
response again from its first byte. So the rules for unusual responses, and their errors, stand in one place.
"""

from __future__ import annotations

import logging
import re
import socket
import ssl
import sys
from http import client as http_client
from operator import is_not
from types import FunctionType
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from .http_connections import DirectAttempt, exchange, tracked_connection
from .plain_response import PlainResponse, read_plain_response
from .secrets import HiddenText

__all__ = ["PlainRequest", "send_directly"]

_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH"})
_TARGET = re.compile(r"/(?:[\w/.~?&=+,@:-]++|%[0-9A-F]{2})*+", re.ASCII)
_MAX_HEADS = 20
_STEPS = ("putrequest", "putheader", "endheaders", "send", "getresponse")
_TEXTS = (str, HiddenText)
_SOCKETS = (socket.socket, ssl.SSLSocket)
_CONNECTIONS = tuple(map(tracked_connection, (HTTPConnection, HTTPSConnection)))

_log = logging.getLogger("urllib3.connectionpool")


class PlainRequest(requests.PreparedRequest):
    """A request of the library's own session, whose response nobody else reads."""

    body: Any


class _BypassedMethods:
    """The methods that a direct request does not call. Tools replace them to observe requests."""

    _CLASSES = (
        (HTTPAdapter, ("send", "add_headers", "build_response")),
        (urllib3.HTTPConnectionPool, ("urlopen", "_make_request", "_validate_conn")),
        (urllib3.HTTPSConnectionPool, ("urlopen", "_make_request", "_validate_conn")),
        (HTTPConnection, ("request", *_STEPS)),
        (HTTPSConnection, ("request", *_STEPS)),
        (http_client.HTTPConnection, _STEPS),
        (http_client.HTTPResponse, ("read",)),
        (urllib3.HTTPResponse, ("stream", "read")),
    )

    def __init__(self) -> None:
        pairs = [(cls, name) for cls, names in self._CLASSES for name in names]
        self._owners, self._names = zip(*pairs, strict=True)
        self._originals: list[Any] = [None] * len(pairs)

    def are_original(self) -> bool:
        """Return True if none of them is replaced."""
        try:
            methods = list(map(getattr, self._owners, self._names))
        except AttributeError:  # another version of urllib3
            return False
        # Not compared by ==, since wrappers may be equal to what they wrap.
        if any(map(is_not, methods, self._originals)):
            if not all(map(_is_original, methods)):
                return False
            self._originals = methods
        return True


def _is_original(method: Any) -> bool:
    if type(method) is not FunctionType:
        return False
    module: str = method.__globals__.get("__name__", "")
    return module.partition(".")[0] in ("requests", "urllib3") or module == "http.client"


_bypassed = _BypassedMethods()


def send_directly(pool: Any, request: PlainRequest, timeout: Any) -> PlainResponse | DirectAttempt | None:
    """Send a request over an open connection of ``pool``, and return its response.

    :return: The response if it is plain; otherwise the attempt for urllib3 to continue, or None if there was none
    """
    seconds = _seconds(timeout)
    if seconds is None or not _bypassed.are_original() or _log.isEnabledFor(logging.DEBUG):
        return None
    try:
        connection = pool._get_conn()
    except urllib3.exceptions.HTTPError:  # another thread has closed the pool
        return None
    attempt = DirectAttempt(pool, connection)
    try:
        head = _encode_head(connection, request) if _is_usable(connection) else None
        if head is None:
            return attempt
        response = _exchange(attempt, head if request.body is None else head + request.body, *seconds)
    except BaseException:  # such as KeyboardInterrupt; other bytes may be on their way
        attempt.abandon()
        raise
    if response is None:
        return attempt
    pool.num_requests += 1
    pool._put_conn(connection)
    return response


def _seconds(timeout: Any) -> tuple[float | None, float | None] | None:
    """Return the limits for sending and for receiving; None if ``timeout`` has another form, or is invalid."""
    seconds = timeout if timeout.__class__ is tuple else (timeout, timeout)
    if len(seconds) != 2:
        return None
    for limit in seconds:
        if limit is not None and (limit.__class__ not in (int, float) or not limit > 0):
            return None
    return seconds


def _is_usable(connection: Any) -> bool:
    """Return True if a connection is open, idle, and as urllib3 makes it."""
    return (
        connection.__class__ in _CONNECTIONS
        and connection.sock.__class__ in _SOCKETS
        and (connection.__class__ is _CONNECTIONS[0] or connection.is_verified)  # of others urllib3 warns
        and not connection.debuglevel
        and getattr(connection, "_HTTPConnection__state", None) == "Idle"
    )


def _encode_head(connection: Any, request: requests.PreparedRequest) -> bytes | None:
    """Return the head of a request, None if it has to be checked or escaped."""
    url, method = request.url or "", request.method or ""
    target = url[url.index("/", 8) :]
    if method not in _METHODS or _TARGET.fullmatch(target) is None:
        return None
    key: Any = (method, *request.headers._store.values())  # type: ignore[attr-defined]
    try:
        lines = connection.heads.get(key)
    except TypeError:  # a header that is neither text nor bytes
        return None
    if lines is None:
        lines = _header_lines(connection, request)
        if lines is None:
            return None
        if len(connection.heads) == _MAX_HEADS:
            connection.heads.clear()
        connection.heads[key] = lines
    return b"%b %b HTTP/1.1\r\n%b" % (method.encode(), target.encode(), lines)


def _header_lines(connection: Any, request: requests.PreparedRequest) -> bytes | None:
    """Return the header lines as urllib3 sends them, with the blank line; None if it rejects them."""
    if not all(name.__class__ is str and value.__class__ in _TEXTS for name, value in request.headers.items()):
        return None
    sent: list[bytes] = []
    recorder = connection.__class__(connection.host, connection.port)
    recorder.send = sent.append
    try:
        recorder.request(request.method, "/", headers=request.headers, body=request.body)
    except ValueError:
        return None
    return sent[0].partition(b"\r\n")[2]


def _exchange(
    attempt: DirectAttempt, data: bytes, send_limit: float | None, receive_limit: float | None
) -> PlainResponse | None:
    """Send a request and read its response; None if that is not plain, or fails."""
    sock = attempt.connection.sock
    sock.settimeout(send_limit)
    attempt.is_sent = exchange.was_sent = True
    if exchange.deadline is not None:
        exchange.deadline.watch(sock)
    sys.audit("http.client.send", attempt.connection, data)
    try:
        sock.sendall(data)
    except OSError as error:
        attempt.send_error = error
        return None
    sock.settimeout(receive_limit)
    return read_plain_response(attempt)
