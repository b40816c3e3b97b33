"""Faults of the network: both transports must report the same."""

from __future__ import annotations

import asyncio
import gzip
import pickle
import re
import socket
import ssl
import traceback
import zlib
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests

from hcloud import Client, NetworkError, aio
from hcloud.core.retry import REJECTED, REJECTED_FOR_NOW, UNKNOWN, UNKNOWN_FOR_NOW
from tests.aio.wire import (
    TIMEOUT,
    Script,
    async_outcome,
    blocking_outcome,
    closes,
    http,
    resets,
    sends,
    serving,
    stalls,
)

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


# Messages


def failures(url: str, **options: Any) -> list[NetworkError]:
    """Return the exceptions of a blocking and of an asynchronous client for the same request."""
    settings: Any = {"api_endpoint": url, "retries": 0, "timeout": TIMEOUT, "allow_http": True, **options}
    with pytest.raises(NetworkError) as blocking, Client("the-token", **settings) as client:
        client.servers.get_by_id(1)

    async def run() -> None:
        async with aio.Client("the-token", **settings) as client:
            await client.servers.get_by_id(1)

    with pytest.raises(NetworkError) as asynchronous:
        asyncio.run(run())
    for failure in (blocking.value, asynchronous.value):
        duplicate = pickle.loads(pickle.dumps(failure))
        assert (type(duplicate), str(duplicate)) == (type(failure), str(failure))
        assert failure.__cause__ is not None
        assert failure.args == failure.__cause__.args
    assert isinstance(blocking.value, requests.RequestException)
    assert isinstance(asynchronous.value, aiohttp.ClientError)
    return [blocking.value, asynchronous.value]


def messages(url: str, **options: Any) -> list[str]:
    return [str(failure) for failure in failures(url, **options)]


def test_message_of_a_rejected_connection() -> None:
    port = free_port()
    for scheme in ("http", "https"):
        expected = f"can't connect to 127.0.0.1:{port}: Connection refused"
        assert messages(f"{scheme}://127.0.0.1:{port}/v1") == [expected] * 2
    for host in ("[::1]", "[0:0::1]"):
        assert all(text.startswith(f"can't connect to [::1]:{port}: ") for text in messages(f"http://{host}:{port}/v1"))


@pytest.mark.parametrize("host", ["unknown.invalid", "unknown.invalid.", "Unknown.Invalid"])
def test_message_of_an_unknown_host(host: str) -> None:
    blocking, asynchronous = messages(f"https://{host}/v1")
    pattern = r"can't connect to unknown\.invalid:443: the name of the host is unknown \(.+\)"
    assert re.fullmatch(pattern, blocking)
    assert asynchronous == blocking


def test_message_of_a_connection_that_takes_too_long() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as stack:
        port = listener.getsockname()[1]
        for _ in range(5):  # until the queue is full
            connection = stack.enter_context(socket.socket())
            connection.setblocking(False)
            connection.connect_ex(listener.getsockname())
        expected = f"can't connect to 127.0.0.1:{port} within 0.3 seconds (timeout)"
        assert messages(f"http://127.0.0.1:{port}/v1", timeout=(0.3, 5)) == [expected] * 2


BROKEN: dict[str, tuple[Script, str]] = {
    "stalled": (stalls, "{peer} sent nothing within 0.3 seconds (timeout)"),
    "stalled within the body": (sends(http()[:-5], then=stalls), "{peer} sent nothing within 0.3 seconds (timeout)"),
    "hung up": (closes, "the connection to {peer} broke: closed before the end of the response"),
    "reset": (resets, "the connection to {peer} broke: Connection reset by peer"),
    "cut off within the body": (
        sends(http()[:-5], then=closes),
        "the connection to {peer} broke: closed before the end of the response",
    ),
    "cut off within a chunk": (
        sends(chunked(JSON, end=b"5\r\nab"), then=closes),
        "the connection to {peer} broke: closed before the end of the response",
    ),
    "no HTTP": (sends(b"SSH-2.0-OpenSSH_9.2\r\n", then=closes), "the response of {peer} is not valid HTTP"),
    "no number of a chunk": (
        sends(chunked(JSON, end=b"zz\r\n"), then=closes),
        "the response of {peer} is not valid HTTP",
    ),
    "not compressed": (
        sends(http(b"no gzip", "Content-Encoding: gzip")),
        "the body of the response of {peer} can't be decompressed",
    ),
    "too large": (
        sends(http(b"[" + b"1," * 60_000 + b"1]")),
        "the body of the response is larger than 1000 bytes (max_response_size)",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_message_of_a_broken_connection(name: str) -> None:
    script, expected = BROKEN[name]
    with serving(script) as server:
        url = f"http://127.0.0.1:{server.port}/v1"
        settings: Any = {"api_endpoint": url, "retries": 0, "timeout": (5, 0.3), "max_response_size": 1000}
        with pytest.raises(NetworkError) as blocking:
            Client("the-token", **settings).servers.get_by_id(1)
        with pytest.raises(NetworkError) as asynchronous:
            asyncio.run(get_once(settings))
    expected = expected.format(peer=f"127.0.0.1:{server.port}")
    assert [str(blocking.value), str(asynchronous.value)] == [expected] * 2


def test_message_of_the_total_timeout() -> None:
    with serving(stalls) as server:
        expected = "the response took longer than 0.2 seconds (total_timeout)"
        settings: Any = {"api_endpoint": f"http://127.0.0.1:{server.port}/v1", "retries": 0, "total_timeout": 0.2}
        with pytest.raises(NetworkError) as blocking:
            Client("the-token", **settings).servers.get_by_id(1)
        with pytest.raises(NetworkError) as asynchronous:
            asyncio.run(get_once(settings))
    assert [str(blocking.value), str(asynchronous.value)] == [expected] * 2


async def get_once(settings: Any) -> None:
    async with aio.Client("the-token", **settings) as client:
        await client.servers.get_by_id(1)


def test_message_of_an_untrusted_certificate(tls: ssl.SSLContext) -> None:
    with serving(sends(http()), context=tls) as server:
        expected = (
            f"the certificate of 127.0.0.1:{server.port} is not valid: self-signed certificate; to trust its "
            "authority, set REQUESTS_CA_BUNDLE"
        )
        both = messages(f"https://127.0.0.1:{server.port}")
    assert [text.replace("self signed", "self-signed") for text in both] == [expected] * 2


def test_message_of_a_certificate_of_another_host(
    tls: ssl.SSLContext, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    with serving(sends(http()), context=tls) as server:
        blocking, asynchronous = messages(f"https://127.0.0.2:{server.port}/v1")
    pattern = rf"the certificate of 127\.0\.0\.2:{server.port} is not valid: .*not valid for '127\.0\.0\.2'\."
    assert re.fullmatch(pattern, blocking)
    assert asynchronous == blocking


def test_message_of_a_server_without_tls() -> None:
    with serving(sends(), before=speaks_no_tls) as server:
        blocking, asynchronous = messages(f"https://127.0.0.1:{server.port}/v1")
    assert re.fullmatch(rf"can't connect to 127\.0\.0\.1:{server.port} by TLS: [\w ]+", blocking)
    assert asynchronous == blocking


HINT = "; check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"


@pytest.mark.parametrize("url", ["https://api.example.com/v1", "http://api.example.com/v1"])
def test_message_of_a_closed_proxy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("all_proxy", f"http://operator:hunter2@127.0.0.1:{port}")
    both = failures(url)
    assert list(map(str, both)) == [f"can't connect to the proxy 127.0.0.1:{port}: Connection refused{HINT}"] * 2
    assert "hunter2" not in "".join("".join(traceback.format_exception(failure)) for failure in both)


def test_message_of_an_unknown_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.invalid:3128")
    both = messages("https://api.example.com/v1")
    pattern = rf"can't connect to the proxy proxy\.invalid:3128: the name of the host is unknown \(.+\){HINT}"
    assert all(re.fullmatch(pattern, message) for message in both)


def test_message_of_a_proxy_with_an_untrusted_certificate(tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(sends(http()), context=tls) as proxy:
        monkeypatch.setenv("https_proxy", f"https://127.0.0.1:{proxy.port}")
        both = messages("https://api.example.com/v1")
    pattern = rf"the certificate of the proxy( 127\.0\.0\.1:{proxy.port})? is not valid: self-signed certificate; .*"
    assert all(re.fullmatch(pattern, message) for message in both)


@pytest.mark.parametrize("status", ["403 Forbidden", "407 Proxy Authentication Required", "502 Bad Gateway"])
def test_message_of_a_proxy_that_does_not_connect(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(sends(http(b"", status=status), then=closes)) as proxy:
        monkeypatch.setenv("https_proxy", f"http://operator:hunter2@127.0.0.1:{proxy.port}")
        both = messages("https://api.example.com/v1")
    assert both == [f"the proxy does not connect to api.example.com:443: {status}{HINT}"] * 2


def test_the_log_and_the_attempts_have_the_same_message(caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    both = messages(f"http://127.0.0.1:{port}/v1", retries=2)
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    pattern = rf"can't connect to 127\.0\.0\.1:{port}: Connection refused; tried {{}} times in [\d.]+ s"
    assert len(warnings) == 2
    for message, warning in zip(both, warnings, strict=True):
        assert re.fullmatch(pattern.format(3), message)
        assert re.search(pattern.format(2), warning)
