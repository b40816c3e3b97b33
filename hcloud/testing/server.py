"""Serving a cloud over HTTP, for clients in any language."""

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
from .cloud import FakeCloud
from .error_responses import ErrorResponse
from .http import ConnectionBroken, Request, Response
from .status_page import status_page

try:
    from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
    from werkzeug.wsgi import get_input_stream
except ModuleNotFoundError as _missing:
    raise ImportError("serving the fake cloud needs werkzeug: pip install 'hcloud[testing]'") from _missing

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["App", "serve"]

_logger = logging.getLogger(__name__)
_PATIENCE = 5.0


@contextmanager
def serve(cloud: FakeCloud | None = None, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve a cloud until the block ends; gives the address of its API: ``http://127.0.0.1:PORT/v1``.

    A status page for people is at ``/``. Requests that are being answered when the block ends are answered.

    :param cloud: default a new one that lives in real time and takes every token. One on a
        :class:`~hcloud.testing.ManualClock` stands still while it is served, until it is advanced.
    :param host: the address to listen on; default only this machine can connect.
    :param port: default one that is free.
    :raises ImportError: werkzeug is missing; the extra ``hcloud[testing]`` brings it.
    :raises OSError: the port is taken.
    """
    cloud = cloud if cloud is not None else FakeCloud(clock=RealClock(), any_token=True)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listening:
        server = _Server(host, port, App(cloud), _Handler, fd=listening.fileno())
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="hcloud.testing", daemon=True)
        thread.start()
        try:
            yield f"http://{f'[{host}]' if ':' in host else host}:{server.port}{cloud.prefix}"
        finally:
            server.stop()
            thread.join(_PATIENCE)


class App:
    """A cloud as a WSGI application.

    :param cloud: what answers.
    """

    def __init__(self, cloud: FakeCloud) -> None:
        self.cloud = cloud

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request.

        :raises ConnectionBroken: when a failure on demand says so.
        """
        # Read in any case, so that what is left of it is not taken for the connection's next request.
        body = get_input_stream(environ).read()
        try:
            answer = self._page() if environ["PATH_INFO"] == "/" else self._answer(environ, body)
        except ConnectionBroken:
            raise
        except Exception as error:
            _logger.exception("%s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            refusal = ErrorResponse("server_error", f"a mistake in the fake cloud: {type(error).__name__}")
            status, said = self.cloud.serialize_error(refusal)
            answer = Response(status, {"Content-Type": "application/json"}, json.dumps(said).encode())
        headers = {**answer.headers}
        if answer.status != 204:
            headers["Content-Length"] = str(len(answer.body))
        start_response(f"{answer.status} {responses.get(answer.status, '')}", list(headers.items()))
        return [answer.body]

    def _page(self) -> Response:
        page = status_page(self.cloud).encode()
        return Response(200, {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}, page)

    def _answer(self, environ: WSGIEnvironment, body: bytes) -> Response:
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
        answer = self.cloud.handle(request)
        if answer.delay:
            self.cloud.clock.sleep(answer.delay)
        return answer


def _path(target: str) -> str:
    """The path of a request line's target as it was sent, because a name may have a slash in it."""
    path = target.partition("?")[0]
    # A proxy is sent the whole address.
    return path if path.startswith("/") else urlsplit(path).path


class _Handler(WSGIRequestHandler):
    """Answers one connection's requests, one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer is one write

    def handle_expect_100(self) -> bool:
        """Ask for the body at once."""
        asked = super().handle_expect_100()
        self.wfile.flush()
        return asked

    def run_wsgi(self) -> None:
        """Answer one request and keep the connection, which werkzeug's own handler closes."""
        begun: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            begun[:] = [int(status[:3]), headers]

        try:
            body = b"".join(self.server.app(self.make_environ(), start_response))
        except ConnectionBroken as broken:
            self._break(broken)
            return
        status, headers = begun
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Log where the box logs."""
        _logger.log(logging.ERROR if type == "error" else logging.DEBUG, message, *args)

    def _break(self, broken: ConnectionBroken) -> None:
        self.close_connection = True
        if broken.kind == "timeout":
            # Silence, until the client goes away or the server stops.
            while self.connection.recv(1024):
                pass
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(self.connection.detach())


class _Server(ThreadedWSGIServer):
    """A thread for each connection."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._open: set[Any] = set()
        self._closed = threading.Condition()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a new connection."""
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
        """Take no more connections, and let those that are open come to an end."""
        self.shutdown()
        with self._closed:
            for each in self._open:
                with suppress(OSError):  # the client was faster
                    each.shutdown(socket.SHUT_RD)
            self._closed.wait_for(lambda: not self._open, _PATIENCE)
