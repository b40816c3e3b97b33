"""HTTP server of a fake cloud, for clients in any language."""

from __future__ import annotations

import json
import logging
import socket
import struct
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from http.client import responses
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from .clock import RealClock
from .cloud import FakeAPI, FakeCloud
from .error_responses import ErrorResponse
from .http import ConnectionBroken, Request, Response
from .status_page import status_page

try:
    from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
    from werkzeug.wsgi import get_input_stream
except ModuleNotFoundError as _error:
    raise ImportError("serving the fake cloud needs werkzeug: pip install 'hcloud[testing]'") from _error

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["App", "serve"]

_logger = logging.getLogger(__name__)
_STOP_TIMEOUT = 5.0


@contextmanager
def serve(cloud: FakeAPI | None = None, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve a cloud until the block ends, and yield the URL of its API: ``http://127.0.0.1:PORT/v1``.

    A status page is at ``/``. Requests in flight at the end of the block are completed.

    :param cloud: Cloud to serve; default a new one that runs in real time and accepts every token. With a
        :class:`~hcloud.testing.ManualClock` its time stands still until it is advanced.
    :param host: Address to listen on; by default only this machine can connect
    :param port: Port to listen on; default a free one
    :raises ImportError: if werkzeug is not installed; the extra ``hcloud[testing]`` installs it
    :raises OSError: if the port is in use
    """
    cloud = cloud if cloud is not None else FakeCloud(clock=RealClock(), any_token=True)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        server = _Server(host, port, App(cloud), _Handler, fd=listener.fileno())
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
    """

    def __init__(self, cloud: FakeAPI) -> None:
        self.cloud = cloud

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Process a request.

        :raises ConnectionBroken: if a fault breaks the connection
        """
        # Always read the body: an unread rest would be parsed as the next request of the connection.
        body = get_input_stream(environ).read()
        try:
            response = self._status_page() if environ["PATH_INFO"] == "/" else self._handle(environ, body)
        except ConnectionBroken:
            raise
        except Exception as error:
            _logger.exception("%s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            internal_error = ErrorResponse("server_error", f"a mistake in the fake cloud: {type(error).__name__}")
            status, content = self.cloud.serialize_error(internal_error)
            response = Response(status, {"Content-Type": "application/json"}, json.dumps(content).encode())
        headers = {**response.headers}
        if response.status != 204:
            headers["Content-Length"] = str(len(response.body))
        start_response(f"{response.status} {responses.get(response.status, '')}", list(headers.items()))
        return [response.body]

    def _status_page(self) -> Response:
        page = status_page(self.cloud).encode()
        return Response(200, {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}, page)

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


def _path(target: str) -> str:
    """Return the path of a request target, still percent-encoded because a name may contain a slash."""
    path = target.partition("?")[0]
    # Clients send the whole URL to a proxy.
    return path if path.startswith("/") else urlsplit(path).path


class _Handler(WSGIRequestHandler):
    """Handler of a connection: processes its requests one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # send a response in one piece

    def handle_expect_100(self) -> bool:
        """Ask for the body at once."""
        result = super().handle_expect_100()
        self.wfile.flush()
        return result

    def run_wsgi(self) -> None:
        """Process one request and keep the connection open; the handler of werkzeug closes it."""
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = [int(status[:3]), headers]

        try:
            body = b"".join(self.server.app(self.make_environ(), start_response))
        except ConnectionBroken as broken:
            self._break(broken)
            return
        status, headers = started
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Log to the logger of this module."""
        _logger.log(logging.ERROR if type == "error" else logging.DEBUG, message, *args)

    def _break(self, broken: ConnectionBroken) -> None:
        self.close_connection = True
        if broken.kind == "timeout":
            # Send nothing until the client closes the connection or the server stops.
            while self.connection.recv(1024):
                pass
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(self.connection.detach())


class _Server(ThreadedWSGIServer):
    """Server with one thread per connection."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._open: set[Any] = set()
        self._closed = threading.Condition()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start the thread of a new connection."""
        with self._closed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        super().shutdown_request(request)
        with self._closed:
            self._open.discard(request)
            self._closed.notify_all()

    def stop(self) -> None:
        """Accept no more connections, and wait until the open ones have completed their requests."""
        self.shutdown()
        with self._closed:
            for connection in self._open:
                with suppress(OSError):  # the client has already closed it
                    connection.shutdown(socket.SHUT_RD)
            self._closed.wait_for(lambda: not self._open, _STOP_TIMEOUT)
