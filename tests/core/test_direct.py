"""Requests that are sent directly: the same outcome as by urllib3, whatever the server sends."""

from __future__ import annotations

import gzip
import http.client
import logging
import re
import select
import signal
import socket
import ssl
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest
import requests
import urllib3
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

from hcloud.core import direct, transport
from hcloud.core.http_connections import DirectAttempt
from hcloud.core.plain_response import PlainResponse
from hcloud.core.retry import _classify_network_error
from hcloud.core.transport import Session
from tests.aio.wire import HEADERS, ByteServer, Script, Sent, closes, resets, sends, serving, stalls
from tests.aio.wire import http as response

pytestmark = pytest.mark.usefixtures("no_proxies")

PLAIN = response()
BODY = b'{"ok": true}'


class Outcome(NamedTuple):
    """All that a caller and the server can see of a request, and of the next one."""

    status: int | None
    reason: str | None
    headers: list[tuple[str, str]]
    content: bytes
    failure: object
    errors: list[str]
    was_sent: object
    requests: list[Sent]
    connections: int


@pytest.fixture
def tls(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    return context


@contextmanager
def by_urllib3() -> Iterator[None]:
    """Let no request be sent directly."""
    with mock.patch.object(transport, "send_directly", return_value=None):
        yield


@contextmanager
def recording() -> Iterator[list[object]]:
    """Record the results of direct attempts: responses, and attempts that urllib3 continues."""
    results: list[object] = []
    send_directly = direct.send_directly

    def record(*args: Any) -> Any:
        results.append(send_directly(*args))
        return results[-1]

    with mock.patch.object(transport, "send_directly", record):
        yield results


def in_turn(*scripts: Script) -> Script:
    """Return a script that runs others in turn, and then sends plain responses."""
    remaining = list(scripts)

    def script(connection: socket.socket) -> object:
        return (remaining.pop(0) if remaining else sends(PLAIN))(connection)

    return script


def errors_in(error: BaseException | None) -> list[str]:
    """Return the classes and messages of an exception and of those that it was raised from."""
    texts = []
    while error is not None:
        text = re.sub(r"0x\w+|\d+| +", " ", f"{type(error).__name__}: {error}")
        texts.append(text)
        error = error.__cause__ or error.__context__
    return texts


def outcome(
    script: Script,
    method: str = "GET",
    *,
    context: ssl.SSLContext | None = None,
    timeout: Any = (2, 2),
    max_response_size: int | None = None,
    path: str = "/v1/images/1",
    headers: Any = HEADERS,
    arrives: bool = True,
    **arguments: Any,
) -> Outcome:
    """Return the outcome of a request over a connection that is open already."""
    has_returned = threading.Event()
    is_closing: list[bool] = []

    def run(connection: socket.socket) -> object:
        is_closing.append(True)  # also if the client has hung up, and the script fails
        try:
            result = script(connection)
            is_closing[0] = result is not None
        finally:
            has_returned.set()
        return result

    with serving(in_turn(sends(PLAIN), run), context=context) as server:
        with Session(None, max_response_size) as session:
            origin = f"{'http' if context is None else 'https'}://127.0.0.1:{server.port}"
            send = partial(session.request, headers=headers)
            assert send("GET", f"{origin}/v1/images", timeout=5).content == BODY
            received, error = None, None
            try:
                received = send(method, f"{origin}{path}", timeout=timeout, **arguments)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, http.client.HTTPException) as e:
                error = e
            if arrives:
                assert has_returned.wait(10)
                # Otherwise the next request could meet a connection that is just being closed.
                assert not is_closing[0] or server.closed.wait(10)
            assert send("GET", f"{origin}/v1/images", timeout=5).content == BODY
        return Outcome(
            received.status_code if received is not None else None,
            received.reason if received is not None else None,
            list(received.headers.items()) if received is not None else [],
            received.content if received is not None else b"",
            _classify_network_error(error) if error is not None else None,
            errors_in(error),
            getattr(error, "was_sent", None),
            [Sent(sent.line, {**sent.headers, "host": ""}, sent.body) for sent in server.requests],
            server.connections,
        )


def compare(script: Callable[[], Script], *args: Any, errors: int | None = None, **options: Any) -> Outcome:
    """Assert that both ways have the same outcome, and return it.

    :param errors: Number of errors of a chain to compare; the time decides about the others
    """
    with recording() as results:
        ours = outcome(script(), *args, **options)
    assert len(results) == 2, "both requests after the first one are tried directly"
    with by_urllib3():
        theirs = outcome(script(), *args, **options)
    assert ours._replace(errors=ours.errors[:errors]) == theirs._replace(errors=theirs.errors[:errors])
    return ours


def pieces(content: bytes, *cuts: int) -> Script:
    """Return a script that sends bytes in pieces, which arrive one by one."""
    bounds = [0, *sorted(cuts), len(content)]
    parts = [content[start:end] for start, end in pairwise(bounds) if start < end]

    def script(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
            if part is not parts[-1]:
                time.sleep(0.002)

    return script


def then(script: Script, last: Script) -> Script:
    def both(connection: socket.socket) -> object:
        script(connection)
        return last(connection)

    return both


def chunked(*chunks: bytes, trailer: bytes = b"") -> bytes:
    return (
        b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b"")[:-1]) + b"0\r\n" + trailer + b"\r\n"
    )


OK = b"HTTP/1.1 200 OK\r\n"
MANY = b"".join(b"X-%d: y\r\n" % number for number in range(99))
ZIPPED = gzip.compress(BODY)
RESPONSES = {
    "plain": PLAIN,
    "error": response(b'{"error": {}}', status="404 Not Found"),
    "server error": response(b"busy", "Retry-After: 1", status="503 Service Unavailable"),
    "redirect": response(b"", "Location: /elsewhere", status="302 Found"),
    "empty": response(b""),
    "kept": response(BODY, "Connection: keep-alive"),
    "kept, capitalized": response(BODY, "Connection: Keep-Alive", "Keep-Alive: timeout=60"),
    "kept and more": response(BODY, "Connection: keep-alive, Upgrade"),
    "closed": response(BODY, "Connection: close"),
    "close in a list": response(BODY, "Connection: foo, Close"),
    "no reason": b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}",
    "no space": b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}",
    "odd reason": b"HTTP/1.1 200   Very  well \r\nContent-Length: 2\r\n\r\n{}",
    "reason in latin-1": b"HTTP/1.1 200 \xdcber\r\nContent-Length: 2\r\n\r\n{}",
    "tabs": b"HTTP/1.1 200\tOK\r\nContent-Length: 2\r\n\r\n{}",
    "1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "1.0, kept": b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}",
    "1.2": b"HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "2": b"HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "0.9": b"<html>\r\n\r\n",
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
    "status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\n{}",
    "status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n{}",
    "status 199": b"HTTP/1.1 199 OK\r\nContent-Length: 2\r\n\r\n" + PLAIN,
    "status 600": b"HTTP/1.1 600 OK\r\nContent-Length: 2\r\n\r\n{}",
    "status of other digits": "HTTP/1.1 \u0662\u0660\u0660 OK\r\nContent-Length: 2\r\n\r\n{}".encode(),
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "no content with length": b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
    "no content with surplus": b"HTTP/1.1 204 No Content\r\n\r\n" + PLAIN,
    "reset content": b"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "switching": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "interim": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + PLAIN,
    "surplus response": PLAIN + PLAIN,
    "surplus byte": PLAIN + b"x",
    "large surplus": PLAIN + bytes(100_000),
    "twice the same length": response(BODY, f"Content-Length: {len(BODY)}"),
    "two lengths": response(BODY, "Content-Length: 3"),
    "length with spaces": response(BODY, length=f"  {len(BODY)} \t"),
    "length with a sign": response(BODY, length=f"+{len(BODY)}"),
    "length with zeros": response(BODY, length=f"0000000000{len(BODY)}"),
    "negative length": response(BODY, length="-1"),
    "no number": response(BODY, length="12a"),
    "empty length": response(BODY, length="").replace(b"OK\r\n", b"OK\r\nContent-Length:\r\n"),
    "name in capitals": PLAIN.replace(b"Content-Length", b"CONTENT-LENGTH"),
    "length and chunked": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(BODY),
    "chunked": OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(BODY[:5], BODY[5:]),
    "chunked with trailer": OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(BODY, trailer=b"X: y\r\n"),
    "chunked with surplus": OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(BODY) + PLAIN,
    "chunks with extensions": OK
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + chunked(BODY).replace(b"c\r\n", b"c;x=y\r\n"),
    "chunk with a sign": OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"+" + chunked(BODY),
    "chunk with zeros": OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"0000000" + chunked(BODY),
    "chunk that is too long": OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(BODY).replace(b"c\r\n", b"b\r\n", 1),
    "chunk without end": OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(BODY).replace(b"}\r\n", b"}xx", 1),
    "chunks of one byte": OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(*[b"x"] * 200),
    "large chunks": OK + b"Transfer-Encoding: CHUNKED\r\n\r\n" + chunked(b"x" * 100_000, b"y" * 70_000),
    "very large chunks": OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(*[b"x" * 400_000] * 3),
    "no chunks": OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(),
    "no content, chunked": b"HTTP/1.1 204 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(BODY),
    "chunked gzip": OK
    + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    + chunked(ZIPPED[:9], ZIPPED[9:]),
    "chunked gzip, cut": OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(ZIPPED[:-9]),
    "malformed chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "other encoding": OK + b"Transfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "gzip": response(ZIPPED, "Content-Encoding: gzip"),
    "gzip, cut": response(ZIPPED[:-10], "Content-Encoding: gzip"),
    "gzip in capitals": response(ZIPPED, "Content-Encoding: GZIP"),
    "gzip twice": response(ZIPPED + ZIPPED, "Content-Encoding: gzip"),
    "gzip and more": response(ZIPPED + b"more", "Content-Encoding: gzip"),
    "gzip with a wrong checksum": response(ZIPPED[:-8] + bytes(8), "Content-Encoding: gzip"),
    "empty gzip": response(b"", "Content-Encoding: gzip"),
    "gzip of nothing": response(gzip.compress(b""), "Content-Encoding: gzip"),
    "large gzip": response(gzip.compress(b"x" * 1_048_576), "Content-Encoding: gzip"),
    "very large gzip": response(gzip.compress(b"x" * 1_048_577), "Content-Encoding: gzip"),
    "deflate": response(zlib.compress(BODY), "Content-Encoding: deflate"),
    "no gzip": response(BODY, "Content-Encoding: gzip"),
    "identity": response(BODY, "Content-Encoding: identity"),
    "cookie": response(BODY, "Set-Cookie: a=b; Path=/"),
    "two cookies": response(BODY, "Set-Cookie: a=b", "Set-Cookie: c=d"),
    "two of a name": response(BODY, "X-A: 1", "x-a: 2"),
    "continued line": response(BODY, "X-A: 1\r\n  2"),
    "no colon": response(BODY, "X-A"),
    "space before the colon": response(BODY, "X-A : 1"),
    "empty name": response(BODY, ": 1"),
    "no value": response(BODY, "X-A:"),
    "spaces around a value": response(BODY, "X-A: \t 1 \t"),
    "value in latin-1": response(BODY, "X-A: \xfc"),
    "zero byte": response(BODY, "X-A: \0"),
    "carriage return": response(BODY, "X-A: 1\r2"),
    "most headers": OK + MANY + b"Content-Length: 2\r\n\r\n{}",
    "too many headers": OK + MANY + b"X: y\r\nContent-Length: 2\r\n\r\n{}",
    "long header": response(BODY, f"X-A: {'y' * 60_000}"),
    "too long a header": response(BODY, f"X-A: {'y' * 70_000}"),
    "large body": response(b" " * 300_000),
    "very large body": response(b" " * 1_100_000),
    "until the end": b"HTTP/1.1 200 OK\r\n\r\n{}",
    "HTML": response(b"<html>", "Content-Type: text/html", status="502 Bad Gateway"),
}


@pytest.mark.parametrize("name", RESPONSES)
def test_every_response(name: str) -> None:
    content = RESPONSES[name]
    compare(lambda: then(sends(content), closes))
    if name != "until the end":
        compare(lambda: sends(content))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("name", ["plain", "no content", "chunked", "surplus response", "no number", "interim"])
def test_every_method(name: str, method: str) -> None:
    compare(lambda: then(sends(RESPONSES[name]), closes), method, json={"a": 1} if method != "DELETE" else None)


@pytest.mark.parametrize("name", ["plain", "interim", "chunked", "gzip", "surplus byte", "large body", "cookie"])
def test_tls(name: str, tls: ssl.SSLContext) -> None:
    compare(lambda: sends(RESPONSES[name]), context=tls)
    result = compare(lambda: then(sends(RESPONSES[name][:-5]), closes), context=tls)
    assert result.was_sent is True or name == "surplus byte"


@pytest.mark.parametrize("name", ["plain", "chunked", "gzip", "chunked gzip", "interim", "no content"])
@pytest.mark.parametrize("last", [closes, resets], ids=["closed", "reset"])
def test_truncation_at_each_byte(name: str, last: Script) -> None:
    content = RESPONSES[name]
    for length in range(len(content)):
        script = partial(then, sends(content[:length]), last)
        result = compare(script, errors=None if last is closes else 0)
        assert result.was_sent is True or result.content == BODY  # urllib3 does not need the end of the last chunk
        assert result.connections == 2


@pytest.mark.parametrize("name", ["plain", "chunked", "surplus byte", "interim"])
def test_a_response_that_stalls(name: str) -> None:
    content = RESPONSES[name]
    for length in {0, 1, 12, content.index(b"\r\n\r\n") + 2, content.index(b"\r\n\r\n") + 4, len(PLAIN) - 1}:
        result = compare(partial(then, sends(content[:length]), stalls), timeout=(1, 0.05))
        assert "Read timed out" in result.errors[0]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_response_in_any_pieces(data: st.DataObject) -> None:
    content = RESPONSES[data.draw(st.sampled_from([name for name in RESPONSES if len(RESPONSES[name]) < 2_000]))]
    cuts = data.draw(st.lists(st.integers(0, len(content)), max_size=4))
    end = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    compare(lambda: then(pieces(content[:end], *cuts), closes), data.draw(st.sampled_from(["GET", "POST"])))


@given(
    st.sampled_from([b"HTTP/1.1 200 OK", b"HTTP/1.1 201 Created", b"HTTP/1.1 204 No Content", b"HTTP/1.0 200 OK"]),
    st.lists(
        st.sampled_from(
            [
                *(b"Content-Length: 12", b"Content-Length: 11", b"Content-Length: 13", b"content-length:12"),
                *(
                    b"Transfer-Encoding: chunked",
                    b"Connection: close",
                    b"Connection: keep-alive",
                    b"Content-Encoding: gzip",
                ),
                *(
                    b"Set-Cookie: a=b",
                    b"X: y",
                    b"X:z",
                    b" folded",
                    b"broken",
                    b"Date: now",
                    b"Upgrade: h2c",
                    b"\xff: 1",
                ),
            ]
        ),
        max_size=6,
    ),
    st.sampled_from([BODY, b"", chunked(BODY), ZIPPED]),
    st.sampled_from([b"\r\n", b"\n"]),
)
@settings(max_examples=150, deadline=None)
def test_any_head(status: bytes, lines: list[bytes], body: bytes, newline: bytes) -> None:
    # Lengths that differ are in the list above; urllib3 leaves the socket of such a response to the garbage collector.
    assume(len({line[-2:] for line in lines if line.lower().startswith(b"content-length")}) < 2)
    content = newline.join([status, *lines, b"", b""]) + body
    compare(lambda: then(sends(content), closes))


def test_a_plain_response_is_read_directly() -> None:
    plain = ("plain", "error", "server error", "redirect", "empty", "kept", "large body", "spaces around a value")
    other = ("no content", "chunked", "no chunks", "large chunks", "gzip", "chunked gzip", "large gzip")
    for name in plain + other:
        with recording() as results:
            outcome(sends(RESPONSES[name]))
        assert [type(result) for result in results] == [PlainResponse] * 2, name


# Requests


@pytest.mark.parametrize(
    "path", ["/", "/a?b=c&d=%3A+e", "/a%2Fb/@/x,y", "/a%2fb", "/a%zz", "/ü", "/a b", "/a#b", "/a;b"]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_requests_are_the_same(path: str, scheme: str, tls: ssl.SSLContext) -> None:
    context = tls if scheme == "https" else None
    for headers in (HEADERS, {**HEADERS, "X-Number": 1, "X-Text": "ü"}, {"Host": "example.com", "X": b"y"}):
        result = compare(lambda: sends(PLAIN), "POST", path=path, headers=headers, json={"a": "ü"}, context=context)
        assert result.connections == 1
        compare(lambda: sends(PLAIN), "DELETE", path=path, headers=headers, context=context)


def test_the_host_of_a_request() -> None:
    for line in ({"Host": "example.com"}, {}):
        hosts = []
        for way in (recording, by_urllib3):
            with way(), serving(sends(PLAIN)) as server, Session(None) as session:
                for _ in range(3):
                    session.request("GET", f"http://localhost:{server.port}/", headers={**HEADERS, **line})
            hosts.append(
                [(sent.headers["host"] == f"localhost:{server.port}", [*sent.headers]) for sent in server.requests]
            )
        assert hosts[0] == hosts[1]


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\nb"])
def test_an_invalid_header(value: str) -> None:
    for way in (recording, by_urllib3):
        with way(), serving(sends(PLAIN)) as server, Session(None) as session:
            session.request("GET", f"http://127.0.0.1:{server.port}/", headers=HEADERS)
            with pytest.raises(ValueError, match="Invalid header value") as caught:
                session.request("GET", f"http://127.0.0.1:{server.port}/", headers={"X": value})
        assert caught.value.was_sent is None  # type: ignore[attr-defined]
        assert len(server.requests) == 1


def test_a_header_that_is_no_text() -> None:
    messages = []
    for way in (recording, by_urllib3):
        with way(), warm() as (server, _, get):
            with pytest.raises(TypeError) as caught:
                get(headers={"X": ["y"]})
            messages.append(str(caught.value))
            assert get().content == BODY
            assert len(server.requests) == 2
    assert messages[0] == messages[1]


@pytest.mark.parametrize("timeout", [None, 5, 0.5, (None, 5), (5, None), urllib3.Timeout(5), urllib3.Timeout(1, 2)])
def test_timeouts(timeout: Any) -> None:
    """The limits of the socket while sending, and while receiving."""
    original = socket.socket.settimeout
    results = []
    for way in (recording, by_urllib3):
        limits: list[Any] = []

        def settimeout(sock: socket.socket, limit: Any, limits: list[Any] = limits) -> None:
            limits.append(limit)
            original(sock, limit)

        with way(), warm() as (_, _, get), mock.patch.object(socket.socket, "settimeout", settimeout):
            get(timeout=timeout)
        results.append(limits)
    assert results[0] == pytest.approx(results[1], abs=0.1)
    assert len(results[0]) == 2


@pytest.mark.parametrize("timeout", [0, -1, True, (1, 0), (1, 2, 3), "5", float("inf"), float("nan")])
def test_invalid_timeouts(timeout: Any) -> None:
    errors = []
    for way in (recording, by_urllib3):
        with way(), serving(sends(PLAIN)) as server, Session(None) as session:
            session.request("GET", f"http://127.0.0.1:{server.port}/", headers=HEADERS)
            with pytest.raises(Exception) as caught:  # noqa: PT011  # compared below
                session.request("GET", f"http://127.0.0.1:{server.port}/", headers=HEADERS, timeout=timeout)
            errors.append((type(caught.value), caught.value.was_sent, len(server.requests)))  # type: ignore[attr-defined]
    assert errors[0] == errors[1]


@pytest.mark.parametrize(
    "error", [BrokenPipeError(32, "x"), ConnectionResetError(104, "x"), TimeoutError("x"), OSError(5, "x")]
)
@pytest.mark.parametrize("is_answered", [False, True])
def test_a_request_that_cannot_be_sent(error: OSError, is_answered: bool) -> None:
    """As if the server had closed the connection since it was taken out of the pool, maybe after a response."""
    original = socket.socket.sendall

    def sendall(sock: socket.socket, data: bytes) -> None:
        if data.startswith(b"GET /v1/images/1"):
            if is_answered:
                original(sock, data)
                select.select([sock], [], [], 2)
            raise error
        original(sock, data)

    with mock.patch.object(socket.socket, "sendall", sendall):
        result = compare(lambda: sends(PLAIN), timeout=(1, 0.05), arrives=is_answered)
    assert result.was_sent is True or result.content == BODY


def test_a_connection_that_the_server_has_closed() -> None:
    for way in (recording, by_urllib3):
        with way(), serving(then(sends(PLAIN), closes)) as server, Session(None) as session:
            for number in range(1, 4):
                server.closed.clear()
                assert session.request("POST", f"http://127.0.0.1:{server.port}/", headers=HEADERS).content == BODY
                assert server.closed.wait(5)
                assert (server.connections, len(server.requests)) == (number, number)


def test_surplus_bytes_that_arrive_later() -> None:
    arrived = threading.Event()

    def send_more(connection: socket.socket) -> None:
        connection.sendall(PLAIN)
        arrived.wait(5)
        connection.sendall(RESPONSES["error"])

    for way in (recording, by_urllib3):
        arrived.clear()
        with way(), serving(in_turn(sends(PLAIN), send_more)) as server, Session(None) as session:
            get = partial(session.request, "GET", f"http://127.0.0.1:{server.port}/", headers=HEADERS)
            assert [get().status_code for _ in range(2)] == [200, 200]
            arrived.set()
            time.sleep(0.05)
            assert get().status_code == 200
            assert server.connections == 2


@pytest.mark.parametrize("size", [12, 40_000])
@pytest.mark.parametrize("name", ["plain", "error", "gzip", "large body"])
def test_max_response_size(name: str, size: int) -> None:
    results = []
    for way in (recording, by_urllib3):
        with way():
            results.append(outcome(sends(RESPONSES[name]), max_response_size=size))
    # A large body of known length is read as a whole in any case, so that its connection can be used again.
    assert results[0]._replace(connections=0) == results[1]._replace(connections=0)


@pytest.mark.parametrize("prefix", [b"", b"HTTP/1.1 200 OK\r\nX: ", response(b"", length="1000000")])
def test_a_response_that_drips(prefix: bytes) -> None:
    def drip(connection: socket.socket) -> object:
        connection.sendall(prefix)
        while True:  # until the client hangs up
            connection.sendall(b" ")
            time.sleep(0.005)

    result = compare(lambda: drip, total_timeout=0.1, errors=1)
    assert "total_timeout" in result.errors[0]
    assert result.was_sent is True


# Interruptions, and other threads


@contextmanager
def warm(*scripts: Script) -> Iterator[tuple[ByteServer, Session, Callable[..., requests.Response]]]:
    """Yield a server, and a session with an open connection to it; the scripts are for the requests that follow."""
    with serving(in_turn(sends(PLAIN), *scripts)) as server, Session(None) as session:
        get = partial(session.request, "GET", f"http://127.0.0.1:{server.port}/v1", headers=HEADERS, timeout=5)
        get()
        yield server, session, get


@pytest.mark.parametrize("part", [b"", PLAIN[:30], PLAIN[:-1]], ids=["nothing", "head", "body"])
def test_an_interrupted_request(part: bytes) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with warm(then(sends(part), stalls)) as (server, session, get):
        handler = signal.signal(signal.SIGALRM, interrupt)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with pytest.raises(KeyboardInterrupt):
                get()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, handler)
        assert get().content == BODY
        assert server.connections == 2
        pool = next(iter(session.get_adapter("http://x/")._pools.values()))  # type: ignore[attr-defined]
        assert pool.pool.full()


def test_a_request_within_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """As by a signal handler, after a direct attempt and before urllib3 continues it."""
    original = transport.Adapter.get_connection_with_tls_context
    inner: list[bytes] = []

    def ask_first(adapter: Any, *args: Any, **options: Any) -> Any:
        if not inner:
            inner.append(b"")
            inner.append(get().content)
        return original(adapter, *args, **options)

    with warm(sends(RESPONSES["cookie"]), sends(response(b"[]"))) as (server, _, get):
        monkeypatch.setattr(transport.Adapter, "get_connection_with_tls_context", ask_first)
        assert get().content == BODY
        assert inner == [b"", b"[]"]
        assert (len(server.requests), server.connections) == (3, 2)


@pytest.mark.parametrize("name", ["plain", "cookie", "no number"])
def test_a_session_that_is_closed_by_another_thread(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    receive = DirectAttempt.receive

    def close_first(attempt: DirectAttempt, size: int) -> bytes:
        monkeypatch.setattr(DirectAttempt, "receive", receive)
        session.close()
        return receive(attempt, size)

    with warm(sends(RESPONSES[name])) as (server, session, get):
        monkeypatch.setattr(DirectAttempt, "receive", close_first)
        if name == "no number":
            with pytest.raises(requests.ConnectionError):
                get()
        else:
            assert get().content == BODY
        assert len(server.requests) == 2
        assert server.closed.wait(5)
        assert get().content == BODY
        assert server.connections == 2


def test_a_pool_that_was_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    with warm() as (server, session, get):
        for pool in session.get_adapter("http://x/")._pools.values():  # type: ignore[attr-defined]
            pool.close()
        with pytest.raises(requests.ConnectionError, match="Pool is closed") as caught:
            get()
        assert caught.value.was_sent is None  # type: ignore[attr-defined]
        assert len(server.requests) == 1


def test_a_failure_before_urllib3_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with warm(sends(RESPONSES["cookie"])) as (server, _, get):
        with monkeypatch.context() as patch:
            patch.setattr(transport.Adapter, "cert_verify", mock.Mock(side_effect=OSError("x")))
            with pytest.raises(OSError, match="x") as caught:
                get()
        assert caught.value.was_sent is True  # type: ignore[attr-defined]
        assert get().content == BODY
        assert server.connections == 2


def test_more_threads_than_connections() -> None:
    results: list[bytes] = []
    with warm() as (server, _, get):

        def work() -> None:
            results.extend(get().content for _ in range(20))

        threads = [threading.Thread(target=work) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [BODY] * 240
        assert server.connections <= 12


# Tools that look at requests


class Equal:
    """A wrapper that is equal to the function that it wraps, as those of wrapt are."""

    def __init__(self, function: Any, calls: list[str]) -> None:
        self._function, self._calls = function, calls
        self.__globals__ = function.__globals__

    def __eq__(self, other: object) -> bool:
        return bool(other == self._function)

    def __hash__(self) -> int:
        return hash(self._function)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        return lambda *args, **options: self(instance, *args, **options)

    def __call__(self, *args: Any, **options: Any) -> Any:
        self._calls.append(self._function.__name__)
        return self._function(*args, **options)


PASSED_OVER = [
    *((HTTPAdapter, name) for name in ("send", "add_headers")),
    *((urllib3.HTTPConnectionPool, name) for name in ("urlopen", "_make_request", "_validate_conn")),
    *((HTTPConnection, name) for name in ("request", "putrequest", "putheader", "endheaders", "send", "getresponse")),
    *((http.client.HTTPConnection, name) for name in ("putrequest", "putheader", "endheaders", "send", "getresponse")),
    *((urllib3.HTTPResponse, name) for name in ("stream", "read")),
    (http.client.HTTPResponse, "read"),
]


@pytest.mark.parametrize("wrapper", ["function", "equal"])
@pytest.mark.parametrize(("owner", "name"), PASSED_OVER, ids=str)
def test_a_replaced_method_is_called(owner: Any, name: str, wrapper: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    original = getattr(owner, name)

    def replacement(*args: Any, **options: Any) -> Any:
        calls.append(name)
        return original(*args, **options)

    with warm() as (_, _, get):
        get()
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, replacement if wrapper == "function" else Equal(original, calls))
            for number in (1, 2):
                calls.clear()
                # A header that no connection knows.
                get(headers={**HEADERS, "X-Number": f"{wrapper}-{number}"})
                assert calls, f"{owner}.{name} is not called by request {number}"
        with recording() as results:
            get()
        assert isinstance(results[0], PlainResponse)


def test_every_bypassed_method_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, names in direct._BypassedMethods._CLASSES:
        for name in names:
            assert direct._bypassed.are_original()
            with monkeypatch.context() as patch:
                patch.setattr(owner, name, lambda *_: None)
                assert not direct._bypassed.are_original()


def test_a_version_of_urllib3_without_a_method(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(urllib3.HTTPConnectionPool, "_validate_conn")
    assert not direct._bypassed.are_original()


def test_a_connection_class_of_a_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    class Recorder(HTTPConnection):
        def getresponse(self) -> Any:
            seen.append("response")
            return super().getresponse()

    seen: list[str] = []
    monkeypatch.setattr(urllib3.HTTPConnectionPool, "ConnectionCls", Recorder)
    with warm() as (_, _, get):
        get()
        get()
    assert len(seen) == 3


def test_the_log_of_urllib3(caplog: pytest.LogCaptureFixture) -> None:
    with warm() as (server, _, get), caplog.at_level(logging.DEBUG, "urllib3"):
        get()
        assert f'http://127.0.0.1:{server.port} "GET /v1 HTTP/1.1" 200 12' in caplog.messages


def test_the_debug_level_of_http_client(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with warm() as (_, _, get):
        monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
        get()
    assert "reply: 'HTTP/1.1 200 OK" in capsys.readouterr().out


def test_an_audit_hook_sees_the_request() -> None:
    events: list[bytes] = []
    is_active = True

    def audit(event: str, arguments: Any) -> None:
        if is_active and event == "http.client.send":
            events.append(bytes(arguments[1]))

    sys.addaudithook(audit)
    try:
        with warm() as (_, _, get):
            get()
    finally:
        is_active = False
    assert [event.partition(b"\r\n")[0] for event in events] == [b"GET /v1 HTTP/1.1"] * 2


def test_retries_of_the_adapter() -> None:
    with warm(sends(RESPONSES["server error"])) as (server, session, get):
        retries = urllib3.Retry(2, status_forcelist=[503], respect_retry_after_header=False)
        session.get_adapter("http://x/").max_retries = retries  # type: ignore[attr-defined]
        assert get().content == BODY
        assert len(server.requests) == 3


@pytest.mark.parametrize("variable", ["NO_PROXY", "ftp_proxy"])
def test_variables_of_other_proxies(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "example.com")
    with warm() as (_, _, get), recording() as results:
        get()
        assert isinstance(results[0], PlainResponse)
