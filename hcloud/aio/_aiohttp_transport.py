"""Transport of asynchronous clients over ``aiohttp``: the extra ``hcloud[async]``."""

from __future__ import annotations

import asyncio
import io
import ssl
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from .._exceptions import InvalidArgumentError
from ..core.forking import import_lock
from ..core.retry import REJECTED, REJECTED_FOR_NOW, UNKNOWN, UNKNOWN_FOR_NOW, Failure, is_wrong_setting
from ..core.settings import DEFAULT_MAX_RESPONSE_SIZE
from .transport import Response, ResponseTooLarge

with import_lock:
    try:
        import aiohttp
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "asynchronous clients need aiohttp: pip install 'hcloud[async]'", name=error.name
        ) from error
    from multidict import CIMultiDict, CIMultiDictProxy
    from urllib3 import HTTPResponse
    from urllib3.exceptions import HTTPError
    from yarl import URL

    from ._direct import MAX_LINE, NO_TYPE, DirectSender, Sending, StaleConnection, open_connector

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ClientResponse
    from aiohttp.connector import Connection

__all__ = ["CONNECTIONS", "AiohttpTransport"]

CONNECTIONS = 100
"""Maximum number of connections that are open at the same time; other requests wait for one of them."""
_CHUNK = 16_384
"""Bytes of a body that are decompressed at once."""
_sending: ContextVar[Sending] = ContextVar("hcloud_sending")


class _Request(aiohttp.ClientRequest):
    """A request that notes when it is sent, and is not sent on a connection that holds bytes of no response."""

    async def send(self, conn: Connection) -> ClientResponse:
        """Send the request."""
        if conn.protocol is not None and conn.protocol.should_close:
            raise StaleConnection("the server sent more than the response")
        _sending.get().was_sent = True
        return await super().send(conn)


class _Route(NamedTuple):
    """Settings of the environment for the requests to one host."""

    proxy: URL | None
    proxy_headers: dict[str, str] | None
    context: ssl.SSLContext | bool


_DIRECT = _Route(None, None, True)


class AiohttpTransport:
    """Transport that sends requests by ``aiohttp``, in the event loop of its first request.

    Proxies (``HTTPS_PROXY``, ``NO_PROXY`` and so on) and certificate authorities (``REQUESTS_CA_BUNDLE``,
    ``CURL_CA_BUNDLE``) of the environment apply as for blocking clients; they are read at the first request to a host.

    :param session: Session to use, with its own settings of proxies and certificates. It is not closed. By default, the
        transport opens one at its first request.
    :param connections: Maximum number of connections of the transport's own session; further requests wait
    :param max_response_size: Maximum size of the body of a response after decompression, in bytes; None for no maximum
    """

    def __init__(
        self,
        session: aiohttp.ClientSession | None = None,
        *,
        connections: int = CONNECTIONS,
        max_response_size: int | None = DEFAULT_MAX_RESPONSE_SIZE,
    ) -> None:
        # Another class with the same methods may wrap a session, to retry requests for instance.
        is_session = hasattr(session, "request") and hasattr(session, "__aenter__") and not isinstance(session, type)
        if session is not None and not is_session:
            raise InvalidArgumentError(f"session must be a ClientSession of aiohttp, not {session!r}")
        self.max_response_size = max_response_size
        self._connections = connections
        self._session = session
        self._is_own = session is None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._routes: dict[str, _Route] = {}
        self._direct: DirectSender | None = None

    async def send(
        self, method: str, url: str, body: bytes | None, *, headers: Mapping[str, str], timeout: Any
    ) -> Response:
        """Send a request and return its response; see :meth:`Transport.send`."""
        session = self._open()
        origin = url[: url.index("/", 8)]
        route = self._routes.get(origin) or self._read_route(origin, url)
        direct = None if body is not None or route.proxy is not None else self._direct
        head = direct and direct.head(method, origin, headers, route.context)
        if head is None:
            for value in headers.values():
                if not value.isascii():
                    value.encode("latin-1")  # raises the same error as the blocking transport
        limits = _limits(*_seconds(timeout))
        sending = Sending(False if self._is_own else None)
        try:
            for _ in range(self._connections + 1):
                try:
                    if direct and head:
                        return await direct.send(head, url[len(origin) :], limits, sending, self._read)
                    return await self._send_through(session, method, url, body, headers, limits, sending, route)
                except StaleConnection:  # it was closed by that
                    continue
                except UnicodeError as error:
                    raise aiohttp.InvalidURL(url, "the host is no valid name") from error
            raise aiohttp.ServerDisconnectedError("the server sends responses without a request")
        except BaseException as error:
            error.was_sent = sending.was_sent  # type: ignore[attr-defined]
            _conceal(error)
            raise

    async def _send_through(
        self,
        session: aiohttp.ClientSession,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        limits: aiohttp.ClientTimeout,
        sending: Sending,
        route: _Route,
    ) -> Response:
        """Send a request through the session."""
        reset = _sending.set(sending)
        try:
            async with session.request(
                method,
                URL(url, encoded=True),
                data=body,
                headers=headers,
                skip_auto_headers=NO_TYPE if body is None and method != "GET" else None,
                allow_redirects=False,
                auto_decompress=False,
                timeout=limits,
                proxy=route.proxy,
                proxy_headers=route.proxy_headers,
                ssl=route.context,
            ) as response:
                sending.was_sent = True
                content = await self._read(response.headers, response.content)
            return Response(response.status, response.reason, response.headers, content)
        finally:
            _sending.reset(reset)

    def failure_of(self, error: Exception) -> Failure | None:
        """Return the meaning of an exception; see :meth:`Transport.failure_of`."""
        if isinstance(error, ResponseTooLarge):
            return UNKNOWN
        if not isinstance(error, aiohttp.ClientError | OSError):  # TimeoutError is an OSError
            return None
        was_sent = getattr(error, "was_sent", None)
        if was_sent is not True and _is_wrong_setting(error):
            return REJECTED
        if was_sent is None:
            was_sent = not isinstance(
                error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.ClientHttpProxyError
            )
        return UNKNOWN_FOR_NOW if was_sent else REJECTED_FOR_NOW

    async def close(self) -> None:
        """Close the connections, unless the session is the caller's; a later request opens new ones."""
        if self._is_own:
            session, self._session, self._direct, self._loop = self._session, None, None, None
            if session is not None:
                await session.close()

    def _open(self) -> aiohttp.ClientSession:
        """Return the session; open it if there is none.

        :raises RuntimeError: if it belongs to another event loop, or none runs
        """
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
            if self._session is None:
                with import_lock:
                    from requests.utils import DEFAULT_ACCEPT_ENCODING
                self._session = aiohttp.ClientSession(
                    connector=open_connector(self._connections),
                    cookie_jar=aiohttp.DummyCookieJar(),
                    headers={"Accept-Encoding": DEFAULT_ACCEPT_ENCODING},
                    request_class=_Request,
                    max_line_size=MAX_LINE,
                    max_field_size=MAX_LINE,
                )
                self._direct = DirectSender.of(self._session)
                self._session._retry_connection = False  # retries are those of the client, which counts and logs them
        elif self._loop is not loop:
            raise RuntimeError(
                "the transport was used in another event loop; close it there, or create one for each event loop"
            )
        assert self._session is not None
        return self._session

    def _read_route(self, origin: str, url: str) -> _Route:
        try:
            _ = URL(url, encoded=True).port
        except ValueError as error:
            raise aiohttp.InvalidURL(url, str(error)) from error
        route = self._routes[origin] = _read_environment(url) if self._is_own else _DIRECT
        return route

    async def _read(self, headers: Mapping[str, str], stream: aiohttp.StreamReader) -> bytes:
        """Read the whole body of a response.

        :raises ResponseTooLarge: if it is larger than ``max_response_size`` after decompression
        """
        encoding = headers.get("Content-Encoding")
        if stream.is_eof():  # as nearly all are that fit into one segment
            content = stream.read_nowait()
            self._check_size(len(content))
        else:
            parts, size = [], 0
            async for part in stream.iter_any():
                parts.append(part)
                size += len(part)
                self._check_size(size)
            content = b"".join(parts)
        return self._decompress(content, encoding) if content and encoding else content

    def _decompress(self, content: bytes, encoding: str) -> bytes:
        """Decompress a body as ``urllib3`` does for blocking clients."""
        body = HTTPResponse(io.BytesIO(content), {"Content-Encoding": encoding}, preload_content=False)
        chunks, size = [], 0
        try:
            for chunk in body.stream(_CHUNK, decode_content=True):
                chunks.append(chunk)
                size += len(chunk)
                self._check_size(size)
        except HTTPError as error:
            raise aiohttp.ClientPayloadError(f"the body of the response can't be decompressed: {error}") from error
        if not size:
            raise aiohttp.ClientPayloadError("the compressed body of the response is incomplete")
        return b"".join(chunks)

    def _check_size(self, size: int) -> None:
        if self.max_response_size is not None and size > self.max_response_size:
            raise ResponseTooLarge(
                f"the body of the response is larger than {self.max_response_size} bytes (max_response_size)"
            )


def _seconds(timeout: Any) -> tuple[Any, Any]:
    """Return the timeouts of connecting and of reading; either is None if there is none."""
    if isinstance(timeout, tuple):
        return timeout
    if hasattr(timeout, "start_connect"):  # urllib3's Timeout
        timeout = timeout.clone()
        timeout.start_connect()  # what is left of its total is read from it
        return _number(timeout.connect_timeout), _number(timeout.read_timeout)
    return timeout, timeout


def _number(seconds: Any) -> float | None:
    return seconds if isinstance(seconds, (int, float)) and seconds > 0 else None  # it may be a sentinel


@lru_cache(100)
def _limits(connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)


def _read_environment(url: str) -> _Route:
    """Return the proxy and the certificate authorities that blocking clients take from the environment."""
    with import_lock:
        from requests.utils import prepend_scheme_if_needed, select_proxy, urldefragauth

        from ..core.proxies import validate_proxy
        from ..core.transport import Adapter, Session, tls_context

    with Session(None) as session:
        settings = session.merge_environment_settings(url, {}, None, None, None)
    context = tls_context(settings["verify"]) if url.startswith("https:") else True
    address = select_proxy(url, settings["proxies"])
    if not address:
        return _Route(None, None, context)
    validate_proxy(url, settings["proxies"], {}, ("http", "https"))
    address = prepend_scheme_if_needed(address, "http")  # type: ignore[no-untyped-call]
    proxy = URL(urldefragauth(address))
    credentials = Adapter().proxy_headers(address).get("Proxy-Authorization")
    return _Route(proxy, {"Authorization": credentials} if credentials else None, context)


def _is_wrong_setting(error: Exception) -> bool:
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return error.status in (403, 407)
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None)
    return isinstance(error, aiohttp.ServerFingerprintMismatch) or is_wrong_setting(error, cause)


def _conceal(error: BaseException) -> None:
    """Remove the headers of the request, which hold the token, from an exception."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        if isinstance(current, aiohttp.ClientResponseError):
            current.request_info = current.request_info._replace(headers=CIMultiDictProxy(CIMultiDict()))
            current.args = (current.request_info, *current.args[1:])
        current = current.__cause__ or current.__context__
