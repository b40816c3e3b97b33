"""HTTP server of a fake cloud, for clients in any language."""

from __future__ import annotations

import json
import logging
import math
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from http.client import responses
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from .cloud import FakeAPI, FakeCloud
from .error_responses import ErrorResponse
from .extra import MissingLibraryError, needed_for
from .http import MAX_BODY, ConnectionBroken, Request, Response
from .status_page import CONTENT_SECURITY_POLICY, status_page

with needed_for("serving the fake cloud", "werkzeug"):
    from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
    from werkzeug.serving import DechunkedInput, ThreadedWSGIServer, WSGIRequestHandler
    from werkzeug.wsgi import get_input_stream

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["App", "serve"]

_logger = logging.getLogger(__name__)
_STOP_TIMEOUT = 5.0
_MAX_CONNECTIONS = 500  # each has a thread
_MAX_DRAINED, _DRAIN_SECONDS = 16 * MAX_BODY, 2.0
_MAX_CHUNK_HEADER = 1024
_HOST = re.compile(r"(?:\[([^\]]+)\]|([^\s:/?#@,\[\]]+))(?::\d*)?")
"""Value of a ``Host`` header: an IPv6 address in brackets or another name, and perhaps a port."""
# Browsers ask for these by themselves.
_ICONS = {"/favicon.ico", "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png"}


@contextmanager
def serve(
    cloud: FakeAPI | None = None, *, host: str = "127.0.0.1", port: int = 0, allowed_hosts: Collection[str] = ()
) -> Iterator[str]:
    """Serve a cloud until the block ends, and yield the URL of its API: ``http://127.0.0.1:PORT/v1``.

    A status page is at ``/``. Requests in flight at the end of the block are completed. A request whose ``Host`` header
    names neither this machine's loopback interface nor an allowed host is rejected, because web pages of others can
    send it (DNS rebinding).

    :param cloud: Cloud to serve, default a new one. While it is served, it accepts any token unless it was created with
        a ``token`` or ``any_token``, and its time goes by itself unless it was created with a ``clock``.
    :param host: Address to listen on; by default only this machine can connect
    :param port: Port to listen on; default a free one
    :param allowed_hosts: Further names by which clients address the server, such as that of its container
    :raises ImportError: if werkzeug is not installed; the extra ``hcloud[testing]`` installs it
    :raises OSError: if the port is in use
    :raises ValueError: if the host is empty, which would mean all interfaces
    """
    if not host:
        raise ValueError("host must not be empty; 0.0.0.0 and :: are the addresses of all interfaces")
    cloud = cloud if cloud is not None else FakeCloud()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener, cloud.served():
        server = _Server(host, port, App(cloud, {host, *allowed_hosts}), _Handler, fd=listener.fileno())
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="hcloud.testing", daemon=True)
        thread.start()
        try:
            yield f"http://{f'[{host}]' if ':' in host else host}:{server.port}{cloud.prefix}"
        finally:
            server.stop()
            thread.join(_STOP_TIMEOUT)


class App:
    """A WSGI application that serves a cloud.

    :param cloud: Cloud to serve
    :param hosts: Names by which clients may address it, besides those of the loopback interface. With the name of all
        interfaces, ``0.0.0.0`` or ``::``, any address will do.
    """

    def __init__(self, cloud: FakeAPI, hosts: Collection[str] = ()) -> None:
        self.cloud = cloud
        self._hosts = {host.lower() for host in hosts}
        self._any_address = not self._hosts.isdisjoint(("0.0.0.0", "::"))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Process a request.

        :raises ConnectionBroken: if a fault breaks the connection
        """
        try:
            response = self._respond(environ)
        except ConnectionBroken:
            raise
        except ErrorResponse as error:
            response = self._error(error)
        except Exception as error:
            _logger.exception("%s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            cause = str(error) if isinstance(error, MissingLibraryError) else type(error).__name__
            response = self._error(ErrorResponse("server_error", f"a mistake in the fake cloud: {cause}"))
        headers = {**response.headers}
        if response.status != 204:
            headers["Content-Length"] = str(len(response.body))
        start_response(f"{response.status} {responses.get(response.status, '')}", list(headers.items()))
        return [response.body]

    def _error(self, error: ErrorResponse) -> Response:
        status, content = self.cloud.serialize_error(error)
        headers = {"Content-Type": "application/json"}
        if isinstance(error, _UnreadBody):
            headers["Connection"] = "close"
        return Response(status, headers, json.dumps(content).encode())

    def _respond(self, environ: WSGIEnvironment) -> Response:
        # Always read the body: an unread rest would be parsed as the next request of the connection.
        body = _read_body(environ)
        self._check_host(environ.get("HTTP_HOST", ""))
        if environ["PATH_INFO"] == "/":
            if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
                raise ErrorResponse("method_not_allowed", "the status page can only be read")
            return self._status_page()
        return Response(404) if environ["PATH_INFO"] in _ICONS else self._handle(environ, body)

    def _check_host(self, header: str) -> None:
        """Check the ``Host`` header of a request; an empty one is not from a browser.

        :raises ErrorResponse: ``forbidden``
        """
        match = _HOST.fullmatch(header)
        host = (match[1] or match[2]).lower().rstrip(".") if match else ""
        if header and not self._is_allowed(host):
            raise ErrorResponse("forbidden", f"the Host header names '{header}', which was not given as --host")

    def _is_allowed(self, host: str) -> bool:
        if host == "localhost" or host.endswith(".localhost") or host in self._hosts:
            return True
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return address.is_loopback or self._any_address

    def _status_page(self) -> Response:
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(200, headers, status_page(self.cloud).encode())

    def _handle(self, environ: WSGIEnvironment, body: bytes) -> Response:
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        request = Request(
            environ["REQUEST_METHOD"],
            _path(environ["REQUEST_URI"]),
            parse_qsl(environ["QUERY_STRING"], keep_blank_values=True),
            headers,
            body,
            f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST') or environ['SERVER_NAME']}{self.cloud.prefix}",
        )
        response = self.cloud.handle(request)
        if response.delay:
            self.cloud.clock.sleep(response.delay)
        return response


class _UnreadBody(ErrorResponse):
    """A body that is not read to its end; the connection must be closed."""


def _read_body(environ: WSGIEnvironment) -> bytes:
    """Read the body of a request.

    :raises ErrorResponse: if it is too long or malformed
    """
    if (
        environ.get("HTTP_TRANSFER_ENCODING", "identity").lower() != "identity"
        and "wsgi.input_terminated" not in environ
    ):
        raise _UnreadBody("bad_request", "the only supported Transfer-Encoding is chunked", status=501)
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal()):
        raise _UnreadBody("bad_request", "the Content-Length header must be a number", status=400)
    try:
        # The number may have more digits than int() accepts.
        if len(length) > len(str(MAX_BODY)):
            raise RequestEntityTooLarge
        body: bytes = get_input_stream(environ, max_content_length=MAX_BODY + 1).read()
        if len(body) > MAX_BODY:
            raise RequestEntityTooLarge
    except RequestEntityTooLarge:
        message = f"the body must have at most {MAX_BODY} bytes"
        raise _UnreadBody("request_entity_too_large", message) from None
    except (ClientDisconnected, OSError):
        raise _UnreadBody("bad_request", "the body is incomplete or malformed", status=400) from None
    return body


def _path(target: str) -> str:
    """Return the path of a request target, still percent-encoded because a name may contain a slash."""
    path = target.partition("?")[0]
    # Clients send the whole URL to a proxy.
    return path if path.startswith("/") else urlsplit(path).path


class _ChunkedStream:
    """A stream of chunks for werkzeug, whose reader has no limit for a line and takes a missing end for the end.

    Its methods raise :class:`OSError` for what is malformed, as those of the reader do.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        """Read a number of bytes."""
        data: bytes = self._stream.read(size)
        if len(data) < size:
            raise OSError("the chunk is incomplete")
        return data

    def readline(self, size: int = _MAX_CHUNK_HEADER) -> bytes:
        """Read a line."""
        line: bytes = self._stream.readline(size)
        if not line.endswith(b"\n"):
            raise OSError("the line is incomplete or too long")
        return line


class _Handler(WSGIRequestHandler):
    """Handler of a connection: processes its requests one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # send a response in one piece
    time_limit: ClassVar[float] = 60.0
    """Seconds until an idle connection ends, until a request must have arrived, and until a response must be read."""

    @property
    def _server(self) -> _Server:
        assert isinstance(self.server, _Server)
        return self.server

    def setup(self) -> None:
        """Set the time within which the client must read a response. The server ends slow requests a bit earlier."""
        super().setup()
        self.connection.settimeout(self.time_limit + 5)

    def handle_one_request(self) -> None:
        """Wait for a request and process it."""
        self._server.expect_request(self.connection, self.time_limit)
        super().handle_one_request()

    def handle_expect_100(self) -> bool:
        """Ask for the body at once."""
        result = super().handle_expect_100()
        self.wfile.flush()
        return result

    def make_environ(self) -> WSGIEnvironment:
        """Return the environment of a request."""
        environ = super().make_environ()
        if "wsgi.input_terminated" in environ:
            environ["wsgi.input"] = DechunkedInput(_ChunkedStream(self.rfile))  # type: ignore[arg-type]
        elif len(lengths := {*self.headers.get_all("Content-Length", ())}) > 1:
            environ["CONTENT_LENGTH"] = ", ".join(sorted(lengths))  # werkzeug takes one of them
        return environ

    def run_wsgi(self) -> None:
        """Process one request and keep the connection open; the handler of werkzeug closes it."""
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = [int(status[:3]), headers]

        try:
            environ = self.make_environ()
        except ValueError:  # a URL that cannot be split
            self.send_error(400)
            return
        try:
            body = b"".join(self.server.app(environ, start_response))
        except ConnectionBroken as broken:
            self._break(broken)
            return
        status, headers = started
        if self._server.is_overdue(self.connection):  # nothing more can be read from it
            headers.append(("Connection", "close"))
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        if ("Connection", "close") in headers:
            self._drain()

    def _drain(self) -> None:
        """Read on for a while: if a connection with unread data is closed, the client does not get the response."""
        self.wfile.flush()
        self.connection.settimeout(_DRAIN_SECONDS)
        until, unread = time.monotonic() + _DRAIN_SECONDS, _MAX_DRAINED
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            while unread > 0 and time.monotonic() < until and (data := self.connection.recv(MAX_BODY)):
                unread -= len(data)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log a request."""
        _logger.debug("%r %s", self.requestline, code)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Log to the logger of this module."""
        _logger.log(logging.ERROR if type == "error" else logging.DEBUG, message, *args)

    def _break(self, broken: ConnectionBroken) -> None:
        self.close_connection = True
        if broken.kind == "timeout":
            # Send nothing until the client closes the connection or the server stops.
            self._server.expect_request(self.connection, math.inf)
            self.connection.settimeout(None)
            while self.connection.recv(1024):
                pass
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(self.connection.detach())


class _Server(ThreadedWSGIServer):
    """Server with one thread per connection."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        # Open connections, with the time at which the request must have arrived.
        self._open: dict[Any, float] = {}
        self.time_limit = _Handler.time_limit
        self._closed = threading.Condition()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Return True if there are not too many connections for another one."""
        return len(self._open) < _MAX_CONNECTIONS

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start the thread of a new connection."""
        self.expect_request(request, self.time_limit)
        super().process_request(request, client_address)

    def expect_request(self, connection: Any, seconds: float) -> None:
        """Set the time within which the next request must arrive."""
        with self._closed:
            self._open[connection] = time.monotonic() + seconds

    def is_overdue(self, connection: Any) -> bool:
        """Return True if the time of a connection is over."""
        return self._open.get(connection, math.inf) <= time.monotonic()

    def service_actions(self) -> None:
        """End connections that are idle, or whose request arrives too slowly. Responses are still sent."""
        with self._closed:
            for connection in filter(self.is_overdue, self._open):
                with suppress(OSError):  # the client has already closed it
                    connection.shutdown(socket.SHUT_RD)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        super().shutdown_request(request)
        with self._closed:
            self._open.pop(request, None)
            self._closed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a failure of a connection; that a client closed it early is none."""
        error = sys.exception()
        level = logging.DEBUG if isinstance(error, OSError) else logging.ERROR
        _logger.log(level, "connection from %s failed", client_address, exc_info=error)

    def stop(self) -> None:
        """Accept no more connections, and wait until the open ones have completed their requests."""
        self.shutdown()
        with self._closed:
            for connection in self._open:
                with suppress(OSError):  # the client has already closed it
                    connection.shutdown(socket.SHUT_RD)
            self._closed.wait_for(lambda: not self._open, _STOP_TIMEOUT)
