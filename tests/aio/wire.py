"""Servers that send prepared bytes, and the outcomes that both transports report."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple

import requests
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hcloud.aio._aiohttp_transport import AiohttpTransport
from hcloud.aio.transport import Response
from hcloud.core.encoding import encode_request
from hcloud.core.retry import Failure, _classify_network_error
from hcloud.core.transport import Session

HEADERS = {"Authorization": "Bearer the-token", "User-Agent": "tests", "Accept": "application/json"}
TIMEOUT = (0.4, 0.4)

Script = Callable[[socket.socket], object]


class Sent(NamedTuple):
    """A request as it arrived."""

    line: str
    headers: dict[str, str]
    body: bytes


class ByteServer:
    """Server that runs a script for each request; a connection ends when the script returns something.

    :param script: Function of the connection that responds to a request
    :param context: TLS context of all connections
    :param before: Function that is called with a new connection, before anything is read
    """

    def __init__(self, script: Script, context: ssl.SSLContext | None = None, before: Script | None = None) -> None:
        self.requests: list[Sent] = []
        self.connections = 0
        self.closed = threading.Event()
        """Set when a connection has ended."""
        self._script, self._context, self._before = script, context, before
        self._listener = socket.create_server(("0.0.0.0", 0), backlog=50)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # the listener was closed
                return
            self.connections += 1
            threading.Thread(target=self._run, args=[connection], daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        try:
            self._serve(connection)
        finally:
            self.closed.set()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError), connection:  # the client may hang up
            if self._before is not None and self._before(connection) is not None:
                return
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as lines:
                while (first := lines.readline()) not in (b"", b"\r\n"):
                    headers = {}
                    while (line := lines.readline()) not in (b"", b"\r\n"):
                        name, _, value = line.decode("latin-1").partition(":")
                        headers[name.lower()] = value.strip()
                    body = lines.read(int(headers.get("content-length", 0)))
                    self.requests.append(Sent(first.decode().strip(), headers, body))
                    if self._script(connection) is not None:
                        return

    def close(self) -> None:
        """Accept no more connections."""
        with suppress(OSError):  # it is closed already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def serving(script: Script, **options: Any) -> Iterator[ByteServer]:
    server = ByteServer(script, **options)
    try:
        yield server
    finally:
        server.close()


def sends(*parts: bytes, then: Script = lambda connection: None) -> Script:
    """Return a script that sends bytes, and then does something else."""

    def script(connection: socket.socket) -> object:
        for part in parts:
            connection.sendall(part)
        return then(connection)

    return script


def closes(connection: socket.socket) -> object:
    return "closed"


def resets(connection: socket.socket) -> object:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    return "reset"


def stalls(connection: socket.socket) -> object:
    connection.settimeout(5)
    with suppress(OSError):
        connection.recv(1)  # until the client gives up
    return "stalled"


def http(content: bytes = b'{"ok": true}', *headers: str, status: str = "200 OK", length: str | None = None) -> bytes:
    lengths = [] if length == "" else [f"Content-Length: {len(content) if length is None else length}"]
    return "\r\n".join([f"HTTP/1.1 {status}", *lengths, *headers, "", ""]).encode("latin-1") + content


def blocking_outcome(
    method: str, url: str, *, json: Any = None, timeout: Any = TIMEOUT, max_response_size: int | None = None
) -> tuple[int, bytes] | Failure:
    """Return status and body of a response to the blocking transport, or the meaning of its failure."""
    with Session(None, max_response_size) as session:
        try:
            response = session.request(method, url, json=json, headers=HEADERS, timeout=timeout)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, HTTPException) as error:
            return _classify_network_error(error)
        return response.status_code, response.content


def async_outcome(
    method: str, url: str, *, json: Any = None, timeout: Any = TIMEOUT, max_response_size: int | None = None
) -> tuple[int, bytes] | Failure:
    """Return the same of the asynchronous transport."""

    async def run() -> tuple[int, bytes] | Failure:
        transport = AiohttpTransport(max_response_size=max_response_size)
        try:
            response = await send(transport, method, url, json=json, timeout=timeout)
        except Exception as error:
            failure = transport.failure_of(error)
            if failure is None:
                raise
            return failure
        finally:
            await transport.close()
        return response.status_code, response.content

    return asyncio.run(run())


async def send(
    transport: AiohttpTransport,
    method: str,
    url: str,
    *,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    timeout: Any = TIMEOUT,
) -> Response:
    url, body = encode_request(method, url, params, json)
    headers = HEADERS if body is None else {**HEADERS, "Content-Type": "application/json"}
    return await transport.send(method, url, body, headers=headers, timeout=timeout)


def make_certificate(directory: Path) -> tuple[Path, Path]:
    """Write a self-signed certificate of this machine, and its key; return both paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    addresses = [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("0.0.0.0")]
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), *map(x509.IPAddress, addresses)]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = directory / "certificate.pem", directory / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
