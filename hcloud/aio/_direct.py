"""Requests on the connections of an ``aiohttp`` session that bypass the session itself.

``ClientSession.request`` takes 50 of the 165 µs of CPU of a request for what the library does not use: cookies,
redirects, proxies, traces, and headers and addresses that are the same each time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
from aiohttp import client, client_reqrep
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict
from yarl import URL

from ..core.secrets import HiddenText
from .transport import Response

if TYPE_CHECKING:
    import ssl

    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.streams import StreamReader
    from aiohttp.tracing import Trace

__all__ = ["MAX_LINE", "NO_TYPE", "DirectSender", "Sending", "StaleConnection", "open_connector"]

MAX_LINE = 65_536
"""Maximum length of a line in the head of a response, that of ``http.client``."""
NO_TYPE = ("Content-Type",)
"""Header that ``aiohttp`` is not to add."""
_METHODS = ("GET", "POST", "PUT", "DELETE")
_MAX_HEADS = 100
"""Number of heads that are kept."""

Reader = Callable[[Mapping[str, str], "StreamReader"], Awaitable[bytes]]


class Sending:
    """A request that is being sent."""

    __slots__ = ("was_sent",)

    def __init__(self, was_sent: bool | None) -> None:
        self.was_sent = was_sent
        """True as soon as its first bytes may have been handed to a connection, None if that can't be known."""


class StaleConnection(aiohttp.ServerDisconnectedError):
    """A connection that holds bytes without a request; nothing was sent on it."""


class _Template(aiohttp.ClientRequest):
    """Request that connections are opened for, and that has the headers of all others of its kind."""

    @cached_property
    def connection_key(self) -> ConnectionKey:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Key of the connections in the pool, which the base class builds at each access."""
        return super().connection_key


class Head(NamedTuple):
    """Head of a request."""

    template: _Template
    method: str
    origin: str
    """URL up to its path."""
    lines: HiddenText
    """Encoded headers, with the empty line after them."""


_SESSION, _CONNECTOR = aiohttp.ClientSession, aiohttp.TCPConnector
_REQUEST, _INNER_REQUEST, _SEND = _SESSION.request, _SESSION._request, aiohttp.ClientRequest.send
_IS_ORIGINAL = all(
    type(function) is FunctionType and function.__globals__ is vars(module)  # not so for a wrapper around it
    for function, module in ((_REQUEST, client), (_INNER_REQUEST, client), (_SEND, client_reqrep))
)
_PARAMETERS: dict[str, Any] = {
    "read_until_eof": True,
    "auto_decompress": False,
    "max_line_size": MAX_LINE,
    "max_field_size": MAX_LINE,
}


class _Connector(aiohttp.TCPConnector):
    """Connector that limits the time for the connection through a proxy, whose response to CONNECT has no timeout."""

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        # Called with a place in the pool, so the time of waiting for one does not count.
        async with asyncio.timeout(timeout.sock_connect if req.proxy else None):
            return await super()._create_connection(req, traces, timeout)


def open_connector(connections: int) -> aiohttp.TCPConnector:
    """Return a new connector; one of another class if a tool has replaced that of ``aiohttp``."""
    return (_Connector if aiohttp.TCPConnector is _CONNECTOR else aiohttp.TCPConnector)(limit=connections)


class DirectSender:
    """Sender of the requests without a body of one session.

    The connector and the connections stay those of ``aiohttp``, with its pool, TLS and parser.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._connector: Any = session.connector
        self._heads: dict[tuple[Any, ...], Head | None] = {}

    @classmethod
    def of(cls, session: aiohttp.ClientSession) -> DirectSender | None:
        """Return the sender of a session; None if its requests must go through the session.

        Tracers and mocks observe or replace requests there, and another version of ``aiohttp`` may differ.
        """
        is_plain = (
            type(session) is _SESSION
            and type(session.connector) is _Connector
            and not session.trace_configs
            and not getattr(session, "_middlewares", ())
        )
        prepare = getattr(ResponseHandler, "set_response_params", None)
        parameters = getattr(prepare, "__kwdefaults__", None) or {}
        is_known = {"read_timeout", *_PARAMETERS} <= parameters.keys() and all(
            hasattr(ResponseHandler, name) for name in ("read", "should_close", "start_timeout")
        )
        return cls(session) if is_plain and is_known else None

    def head(self, method: str, origin: str, headers: Mapping[str, str], context: ssl.SSLContext | bool) -> Head | None:
        """Return the head of a request; None if it must go through the session.

        :param origin: URL up to its path
        :param context: TLS settings of all requests to this origin
        """
        if not (
            _IS_ORIGINAL  # compared again, since a mock or a tracer may be installed at any time
            and _SESSION._request is _INNER_REQUEST
            and _SESSION.request is _REQUEST
            and aiohttp.ClientRequest.send is _SEND
        ):
            return None
        key = (method, origin, *headers.items())
        try:
            return self._heads[key]
        except KeyError:
            if len(self._heads) >= _MAX_HEADS:
                self._heads.clear()
            head = self._heads[key] = self._build(method, origin, headers, context)
            return head

    def _build(
        self, method: str, origin: str, headers: Mapping[str, str], context: ssl.SSLContext | bool
    ) -> Head | None:
        url = URL(origin, encoded=True)
        if method not in _METHODS or url.scheme not in ("http", "https") or not url.raw_host or url.user is not None:
            return None
        merged = CIMultiDict(self._session.headers)
        for name, value in headers.items():
            merged[name] = value
        try:
            template = _Template(
                method,
                url,
                headers=merged,
                skip_auto_headers=NO_TYPE if method != "GET" else None,
                loop=self._connector._loop,
                session=self._session,
                ssl=context,
            )
        except TypeError:  # another version of aiohttp
            return None
        lines = [f"{name}: {value}" for name, value in template.headers.items()]
        if not all(line.isascii() and line.isprintable() for line in lines):
            return None
        return Head(template, method, origin, HiddenText("\r\n".join([*lines, "", ""])))

    async def send(
        self, head: Head, target: str, limits: aiohttp.ClientTimeout, sending: Sending, read: Reader
    ) -> Response:
        """Send a request and return its response.

        :param target: Path and query, encoded
        :param read: Function of the headers and the stream of a response that returns its body
        """
        try:
            connection = await self._connector.connect(head.template, [], limits)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError(f"Connection timeout to host {head.origin}{target}") from error
        try:
            protocol = connection.protocol
            if protocol.should_close:
                raise StaleConnection("the server sent more than the response")
            protocol.set_response_params(read_timeout=limits.sock_read, **_PARAMETERS)
            transport = protocol.transport
            if transport is None or transport.is_closing():
                raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")
            sending.was_sent = True
            transport.write(f"{head.method} {target} HTTP/1.1\r\n{head.lines}".encode())
            protocol.start_timeout()
            message, stream = await protocol.read()
            while 100 <= message.code < 200 and message.code != 101:
                message, stream = await protocol.read()
            content = await read(message.headers, stream)
        except HttpProcessingError as error:
            connection.close()
            url = URL(head.origin + target, encoded=True)
            request = head.template.request_info._replace(url=url, real_url=url)
            raise aiohttp.ClientResponseError(
                request, (), status=error.code, message=error.message, headers=error.headers
            ) from error
        except BaseException:
            connection.close()
            raise
        connection.release()
        return Response(message.code, message.reason, message.headers, content)
