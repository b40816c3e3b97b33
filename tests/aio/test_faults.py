"""Faults of the network: both transports must report the same."""

from __future__ import annotations

import gzip
import pickle
import socket
import ssl
import zlib
from pathlib import Path
from typing import Any

import pytest

from hcloud import NetworkError, aio
from hcloud.core.retry import REJECTED, REJECTED_FOR_NOW, UNKNOWN, UNKNOWN_FOR_NOW
from tests.aio.wire import Script, async_outcome, blocking_outcome, closes, http, resets, sends, serving, stalls

JSON = b'{"ok": true}'
OK = (200, JSON)
COMPRESSED = gzip.compress(JSON)
TRUNCATED = zlib.decompressobj(31).decompress(COMPRESSED[:-10])
RAW_DEFLATE = zlib.compress(JSON)[2:-4]


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n", headers: tuple[str, ...] = ()) -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return http(body + end, "Transfer-Encoding: chunked", *headers, length="")


RESPONSES: dict[str, tuple[Script, object]] = {
    "a response": (sends(http()), OK),
    "an error": (sends(http(b"{}", status="503 Busy")), (503, b"{}")),
    "no content": (sends(http(b"", status="204 No Content", length="")), (204, b"")),
    "an unknown status": (sends(http(status="299 Odd")), (299, JSON)),
    "no reason": (sends(http(status="200")), OK),
    "a redirect": (sends(http(b"", "Location: /v1/other", status="302 Found")), (302, b"")),
    "until the end of the connection": (sends(http(length=""), then=closes), OK),
    "HTTP/1.0": (sends(http().replace(b"HTTP/1.1", b"HTTP/1.0"), then=closes), OK),
    "chunked": (sends(chunked(JSON[:3], JSON[3:])), OK),
    "byte by byte": (sends(*(http()[index : index + 1] for index in range(len(http())))), OK),
    "interim responses": (
        sends(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n", http()),
        OK,
    ),
    "a long header": (sends(http(JSON, f"X-Long: {'x' * 20_000}")), OK),
    "gzip": (sends(http(COMPRESSED, "Content-Encoding: gzip")), OK),
    "gzip in chunks": (sends(chunked(COMPRESSED[:5], COMPRESSED[5:], headers=("Content-Encoding: gzip",))), OK),
    "gzip of two members": (
        sends(http(gzip.compress(b"[1,") + gzip.compress(b"2]"), "Content-Encoding: gzip")),
        (200, b"[1,2]"),
    ),
    "gzip twice": (sends(http(gzip.compress(COMPRESSED), "Content-Encoding: gzip, gzip")), OK),
    "deflate": (sends(http(zlib.compress(JSON), "Content-Encoding: deflate")), OK),
    "raw deflate": (sends(http(RAW_DEFLATE, "Content-Encoding: deflate")), OK),
    "an empty body, compressed": (sends(http(b"", "Content-Encoding: gzip")), (200, b"")),
    "an unknown encoding": (sends(http(JSON, "Content-Encoding: odd")), OK),
    "a truncated gzip": (sends(http(COMPRESSED[:-10], "Content-Encoding: gzip")), (200, TRUNCATED)),
    "a truncated gzip of nothing": (sends(http(COMPRESSED[:9], "Content-Encoding: gzip")), UNKNOWN_FOR_NOW),
    "no gzip": (sends(http(JSON, "Content-Encoding: gzip")), UNKNOWN_FOR_NOW),
    "hung up": (closes, UNKNOWN_FOR_NOW),
    "reset": (resets, UNKNOWN_FOR_NOW),
    "stalled": (stalls, UNKNOWN_FOR_NOW),
    "stalled within the head": (sends(http()[:20], then=stalls), UNKNOWN_FOR_NOW),
    "stalled within the body": (sends(http()[:-5], then=stalls), UNKNOWN_FOR_NOW),
    "cut off within the head": (sends(http()[:20], then=closes), UNKNOWN_FOR_NOW),
    "cut off within the body": (sends(http()[:-5], then=closes), UNKNOWN_FOR_NOW),
    "reset within the body": (sends(http()[:-5], then=resets), UNKNOWN_FOR_NOW),
    "cut off within a chunk": (sends(chunked(JSON, end=b"5\r\nab"), then=closes), UNKNOWN_FOR_NOW),
    "cut off before the last chunk": (sends(chunked(JSON, end=b""), then=closes), UNKNOWN_FOR_NOW),
    "a malformed chunk": (sends(chunked(JSON, end=b"zz\r\n\r\n")), UNKNOWN_FOR_NOW),
    "a malformed length": (sends(http(length="many"), then=closes), UNKNOWN_FOR_NOW),
    "a negative length": (sends(http(length="-1"), then=closes), UNKNOWN_FOR_NOW),
    "a malformed header": (sends(http(JSON, "no colon"), then=closes), UNKNOWN_FOR_NOW),
    "no HTTP": (sends(b"SSH-2.0-OpenSSH_9.6\r\n", then=closes), UNKNOWN_FOR_NOW),
    "too large": (sends(http(b"[" + b"1," * 60_000 + b"1]")), UNKNOWN),
    "too large once decompressed": (sends(http(gzip.compress(b" " * 200_000), "Content-Encoding: gzip")), UNKNOWN),
    "too large, of unknown length": (sends(http(b" " * 200_000, length=""), then=closes), UNKNOWN),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", RESPONSES)
def test_responses(name: str, method: str) -> None:
    script, expected = RESPONSES[name]
    json = {"name": "x"} if method == "POST" else None
    with serving(script) as server:
        url = f"http://127.0.0.1:{server.port}/v1/x"
        outcomes = [
            outcome(method, url, json=json, max_response_size=100_000) for outcome in (blocking_outcome, async_outcome)
        ]
    assert outcomes == [expected, expected]
    assert [request.line for request in server.requests] == [f"{method} /v1/x HTTP/1.1"] * 2  # nothing is repeated


def outcomes(url: str, **options: Any) -> list[object]:
    return [outcome("POST", url, json={}, **options) for outcome in (blocking_outcome, async_outcome)]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_a_closed_port() -> None:
    assert outcomes(f"http://127.0.0.1:{free_port()}/v1/x") == [REJECTED_FOR_NOW] * 2
    assert outcomes(f"https://127.0.0.1:{free_port()}/v1/x") == [REJECTED_FOR_NOW] * 2


def test_an_unknown_host() -> None:
    assert outcomes("https://unknown.invalid/v1/x") == [REJECTED_FOR_NOW] * 2


def test_a_connection_that_takes_too_long() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        waiting = []
        try:
            for _ in range(5):  # until the queue is full
                waiting.append(socket.socket())
                waiting[-1].setblocking(False)
                waiting[-1].connect_ex(listener.getsockname())
            assert outcomes(f"http://127.0.0.1:{listener.getsockname()[1]}/v1/x") == [REJECTED_FOR_NOW] * 2
        finally:
            for connection in waiting:
                connection.close()


def test_an_untrusted_certificate(tls: ssl.SSLContext) -> None:
    with serving(sends(http()), context=tls) as server:
        assert outcomes(f"https://127.0.0.1:{server.port}/v1/x") == [REJECTED] * 2
    assert server.requests == []


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_certificate_of_the_environment(
    variable: str, tls: ssl.SSLContext, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(certificate[0]))
    with serving(sends(http()), context=tls) as server:
        assert outcomes(f"https://127.0.0.1:{server.port}/v1/x") == [OK] * 2
        assert outcomes(f"https://localhost:{server.port}/v1/x") == [OK] * 2


def test_a_certificate_of_another_host(
    tls: ssl.SSLContext, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    with serving(sends(http()), context=tls) as server:
        assert outcomes(f"https://127.0.0.2:{server.port}/v1/x") == [REJECTED] * 2


HANDSHAKES: dict[str, tuple[Script, object]] = {
    "plain http": (sends(b"HTTP/1.1 400 Bad Request\r\n\r\n", then=closes), REJECTED),
    "hung up": (closes, REJECTED_FOR_NOW),
    "reset": (resets, REJECTED_FOR_NOW),
    "stalled": (stalls, REJECTED_FOR_NOW),
    "an alert": (sends(bytes([21, 3, 3, 0, 2, 2, 40]), then=closes), REJECTED),
}


@pytest.mark.parametrize("name", HANDSHAKES)
def test_handshakes(name: str) -> None:
    script, expected = HANDSHAKES[name]

    def before(connection: socket.socket) -> object:
        connection.recv(1)  # of the client's greeting
        return script(connection)

    with serving(sends(), before=before) as server:
        assert outcomes(f"https://127.0.0.1:{server.port}/v1/x") == [expected] * 2


def speaks_no_tls(connection: socket.socket) -> object:
    connection.recv(1)
    connection.sendall(http(status="400 Bad Request"))
    return "closed"


PROXIES: dict[str, tuple[Script, object]] = {
    "forbidden": (sends(http(b"", status="403 Forbidden"), then=closes), REJECTED),
    "without its password": (sends(http(b"", status="407 Proxy Authentication Required"), then=closes), REJECTED),
    "busy": (sends(http(b"", status="502 Bad Gateway"), then=closes), REJECTED_FOR_NOW),
    "hung up": (closes, REJECTED_FOR_NOW),
    "reset": (resets, REJECTED_FOR_NOW),
    "stalled": (stalls, REJECTED_FOR_NOW),
    "no HTTP": (sends(b"SSH-2.0-OpenSSH_9.6\r\n", then=closes), REJECTED_FOR_NOW),
    "no TLS behind it": (sends(http(b"", length="", status="200 OK"), then=speaks_no_tls), REJECTED),
}


@pytest.mark.parametrize("name", PROXIES)
def test_tunnels(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script, expected = PROXIES[name]
    with serving(script) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        assert outcomes("https://api.example.com/v1/x") == [expected] * 2
    assert {request.line.rpartition(" ")[0] for request in proxy.requests} == {"CONNECT api.example.com:443"}


def test_a_closed_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", f"http://127.0.0.1:{free_port()}")
    assert outcomes("https://api.example.com/v1/x") == [REJECTED_FOR_NOW] * 2
    assert outcomes("http://api.example.com/v1/x") == [REJECTED_FOR_NOW] * 2


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "ftp://127.0.0.1:1"])
def test_an_unusable_proxy(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    assert outcomes("https://api.example.com/v1/x") == [REJECTED] * 2


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/v1/x", "http://a..b/v1/x", "http:///v1/x"])
def test_an_invalid_address(url: str) -> None:
    assert outcomes(url) == [REJECTED] * 2


@pytest.mark.asyncio
async def test_a_rejected_connection_names_the_reason() -> None:
    async with aio.Client("x" * 64, api_endpoint="http://127.0.0.1:1/v1", retries=0) as client:
        with pytest.raises(NetworkError, match="Connect call failed") as caught:
            await client.servers.get_by_id(1)
    duplicate = pickle.loads(pickle.dumps(caught.value))
    assert str(duplicate) == str(caught.value)
