"""The transport over aiohttp: connections, cancellation, secrets, and the environment."""

from __future__ import annotations

import asyncio
import base64
import copy
import gc
import pickle
import socket
import ssl
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests
from urllib3 import Timeout

from hcloud import InvalidArgumentError, NetworkError
from hcloud.aio import Client
from hcloud.aio._aiohttp_transport import AiohttpTransport
from hcloud.aio.transport import Response, ResponseTooLarge
from hcloud.core.retry import REJECTED, REJECTED_FOR_NOW, UNKNOWN_FOR_NOW
from tests.aio.wire import HEADERS, ByteServer, closes, http, resets, send, sends, serving, stalls

ROOT = Path(__file__).parents[2]
ONE, TWO = http(b'{"number": 1}'), http(b'{"number": 2}')


def run(work: Callable[[AiohttpTransport], Awaitable[Any]], **options: Any) -> Any:
    """Run a coroutine function with a transport in a new event loop."""

    async def main() -> Any:
        transport = AiohttpTransport(**options)
        try:
            return await work(transport)
        finally:
            await transport.close()

    return asyncio.run(main())


def url_of(server: ByteServer, host: str = "127.0.0.1", scheme: str = "http") -> str:
    return f"{scheme}://{host}:{server.port}/v1/x"


# Connections


def test_a_connection_is_used_again() -> None:
    async def work(transport: AiohttpTransport) -> None:
        for _ in range(3):
            await send(transport, "GET", url_of(server))

    with serving(sends(http())) as server:
        run(work)
    assert (len(server.requests), server.connections) == (3, 1)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_the_server_has_closed_is_not_used_again(method: str) -> None:
    async def work(transport: AiohttpTransport) -> list[int]:
        statuses = []
        for _ in range(3):
            statuses.append((await send(transport, method, url_of(server))).status_code)
            while not server.closed.is_set():
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.01)
        return statuses

    with serving(sends(http(), then=closes)) as server:
        assert run(work) == [200, 200, 200]
    assert (len(server.requests), server.connections) == (3, 3)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("pause", [0, 0.05])
def test_a_surplus_response_is_never_taken_for_another(method: str, pause: float) -> None:
    """It may arrive with the response before it, or while the connection is idle."""

    def surplus(connection: socket.socket) -> None:
        time.sleep(pause)
        connection.sendall(TWO)

    async def work(transport: AiohttpTransport) -> list[bytes]:
        contents = []
        for _ in range(3):
            contents.append((await send(transport, method, url_of(server))).content)
            await asyncio.sleep(2 * pause)
        return contents

    with serving(sends(ONE, then=surplus) if pause else sends(ONE + TWO)) as server:
        assert run(work) == [b'{"number": 1}'] * 3
    assert len(server.requests) == 3


def test_the_number_of_connections_is_limited() -> None:
    async def work(transport: AiohttpTransport) -> None:
        await asyncio.gather(*(send(transport, "GET", url_of(server), timeout=10) for _ in range(20)))

    with serving(sends(http(), then=lambda _: time.sleep(0.01))) as server:
        run(work, connections=4)
    assert (len(server.requests), server.connections) == (20, 4)


def test_close_leaves_nothing_open_and_a_later_request_opens_new_connections() -> None:
    async def work(transport: AiohttpTransport) -> None:
        await send(transport, "GET", url_of(server))
        await transport.close()
        while not server.closed.is_set():
            await asyncio.sleep(0.001)
        await transport.close()
        await send(transport, "GET", url_of(server))

    with serving(sends(http())) as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        run(work)
        gc.collect()
    assert server.connections == 2


def test_a_session_of_the_caller_is_used_and_stays_open() -> None:
    async def main() -> None:
        async with aiohttp.ClientSession(headers={"X-Own": "yes"}) as session:
            transport = AiohttpTransport(session)
            assert (await send(transport, "GET", url_of(server))).status_code == 200
            await transport.close()
            assert not session.closed
            assert (await send(transport, "POST", url_of(server), json={})).status_code == 200

    with serving(sends(http())) as server:
        asyncio.run(main())
    assert [request.headers["x-own"] for request in server.requests] == ["yes", "yes"]


@pytest.mark.parametrize(
    "session", ["https://example.com", requests.Session(), aiohttp.ClientSession, 5], ids=map(str, range(4))
)
def test_what_is_no_session_is_rejected(session: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="session must be a ClientSession of aiohttp, not "):
        AiohttpTransport(session)


@pytest.mark.parametrize(
    ("script", "expected"), [(closes, UNKNOWN_FOR_NOW), (resets, UNKNOWN_FOR_NOW), (stalls, UNKNOWN_FOR_NOW)]
)
def test_failures_of_a_session_of_the_caller(script: Any, expected: object) -> None:
    async def main() -> list[object]:
        failures: list[object] = []
        async with aiohttp.ClientSession() as session:
            transport = AiohttpTransport(session)
            for url in (url_of(server), "http://127.0.0.1:1/v1/x", "http://unknown.invalid/v1/x"):
                try:
                    await send(transport, "POST", url, json={})
                except aiohttp.ClientError as error:
                    failures.append(transport.failure_of(error))
        return failures

    with serving(script) as server:
        assert asyncio.run(main()) == [expected, REJECTED_FOR_NOW, REJECTED_FOR_NOW]


def test_another_event_loop_is_rejected() -> None:
    with serving(sends(http())) as server:
        transport = AiohttpTransport()

        async def main() -> Response:
            return await send(transport, "GET", url_of(server))

        with asyncio.Runner() as first:
            first.run(main())
            with asyncio.Runner() as second, pytest.raises(RuntimeError, match="another event loop"):
                second.run(main())
            first.run(transport.close())
        with asyncio.Runner() as third:
            assert third.run(main()).status_code == 200
            third.run(transport.close())


def test_redirects_are_left_to_the_client_and_cookies_are_not_kept() -> None:
    async def work(transport: AiohttpTransport) -> int:
        await send(transport, "GET", url_of(server))
        return (await send(transport, "GET", url_of(server))).status_code

    response = http(b"", "Location: /v1/y", "Set-Cookie: name=value; Path=/", status="302 Found")
    with serving(sends(response)) as server:
        assert run(work) == 302
    assert [(request.line, "cookie" in request.headers) for request in server.requests] == [
        ("GET /v1/x HTTP/1.1", False)
    ] * 2


# Timeouts and cancellation


@pytest.mark.parametrize("timeout", [0.05, (5, 0.05), Timeout(connect=5, read=0.05), Timeout(0.05)])
def test_timeouts(timeout: Any) -> None:
    async def work(transport: AiohttpTransport) -> None:
        with pytest.raises(aiohttp.ServerTimeoutError):
            await send(transport, "GET", url_of(server), timeout=timeout)

    with serving(stalls) as server:
        run(work)


@pytest.mark.parametrize("part", [b"", http()[:20], http()[:-3]])
def test_a_cancelled_request_closes_its_connection(part: bytes) -> None:
    async def work(transport: AiohttpTransport) -> None:
        task = asyncio.create_task(send(transport, "POST", url_of(server), json={}, timeout=None))
        while not server.requests:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert caught.value.was_sent is True  # type: ignore[attr-defined]
        await asyncio.to_thread(server.closed.wait, 5)

    with serving(sends(part, then=stalls)) as server:
        run(work)
        assert server.closed.is_set()


def test_a_request_that_is_cancelled_in_the_queue_was_not_sent() -> None:
    async def work(transport: AiohttpTransport) -> None:
        first = asyncio.create_task(send(transport, "POST", url_of(server), timeout=None))
        while not server.requests:
            await asyncio.sleep(0.001)
        second = asyncio.create_task(send(transport, "POST", url_of(server), timeout=None))
        await asyncio.sleep(0.01)
        for task, was_sent in ((second, False), (first, True)):
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert caught.value.was_sent is was_sent  # type: ignore[attr-defined]

    with serving(stalls) as server:
        run(work, connections=1)
    assert len(server.requests) == 1


def test_no_task_is_left() -> None:
    async def work(transport: AiohttpTransport) -> set[asyncio.Task[Any]]:
        for script in (sends(http()), closes, stalls):
            with serving(script) as server:
                with suppress(aiohttp.ClientError):
                    await send(transport, "POST", url_of(server), json={"a": "b" * 100_000}, timeout=0.1)
                with suppress(asyncio.TimeoutError, aiohttp.ClientError):
                    async with asyncio.timeout(0.05):
                        await send(transport, "POST", url_of(server), json={"a": "b" * 100_000}, timeout=5)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert run(work) == set()


# Size


def test_the_size_of_a_response_is_limited() -> None:
    async def work(transport: AiohttpTransport) -> None:
        with pytest.raises(ResponseTooLarge, match=r"larger than 10 bytes \(max_response_size\)"):
            await send(transport, "GET", url_of(server))

    with serving(sends(http(b"x" * 11))) as server:
        run(work, max_response_size=10)
        response = run(lambda transport: send(transport, "GET", url_of(server)), max_response_size=11)
        assert response.content == b"x" * 11


# Secrets


SECRETS = ("the-token", "the-password", base64.b64encode(b"user:the-password").decode())


@pytest.mark.parametrize("name", ["closed port", "hung up", "no HTTP", "proxy", "closed proxy", "address"])
def test_no_exception_shows_the_token(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = {"no HTTP": sends(b"SSH-2.0-OpenSSH\r\n"), "proxy": sends(http(b"", status="502 Busy"))}
    with serving(scripts.get(name, closes)) as server:
        urls = {"closed port": "http://127.0.0.1:1/v1/x", "address": "http://a..b/v1/x"}
        url = urls.get(name, url_of(server))
        if "proxy" in name:
            port = server.port if name == "proxy" else 1
            monkeypatch.setenv("https_proxy", f"http://user:the-password@127.0.0.1:{port}")
            url = "https://api.example.com/v1/x"

        async def work(transport: AiohttpTransport) -> BaseException:
            with pytest.raises(aiohttp.ClientError) as caught:
                await send(transport, "POST", url, json={})
            return caught.value

        error = run(work)
    while error is not None:
        shown = [repr(error), str(error), repr(error.args), repr(vars(error)), *traceback.format_exception(error)]
        assert not [secret for secret in SECRETS for text in shown if secret in text]
        error = error.__cause__ or error.__context__


# Environment


def test_a_proxy_for_http_gets_the_whole_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(sends(http())) as proxy:
        monkeypatch.setenv("http_proxy", f"http://user:the-password@127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "internal.example.com")
        run(lambda transport: send(transport, "GET", "http://api.example.com/v1/x", params={"a": "b"}))
    (request,) = proxy.requests
    assert request.line == "GET http://api.example.com/v1/x?a=b HTTP/1.1"
    assert request.headers["proxy-authorization"] == f"Basic {base64.b64encode(b'user:the-password').decode()}"


def test_hosts_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(sends(http())) as server, serving(sends(http())) as proxy:
        for variable in ("http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(variable, f"127.0.0.1:{proxy.port}")
        run(lambda transport: send(transport, "GET", url_of(server)))  # never for this machine
        assert (len(server.requests), len(proxy.requests)) == (1, 0)
        run(lambda transport: send(transport, "GET", url_of(server, "0.0.0.0")))
        assert (len(server.requests), len(proxy.requests)) == (1, 1)
        monkeypatch.setenv("no_proxy", "0.0.0.0")
        run(lambda transport: send(transport, "GET", url_of(server, "0.0.0.0")))
        assert (len(server.requests), len(proxy.requests)) == (2, 1)


def test_a_tunnel(monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext, certificate: tuple[Path, Path]) -> None:
    def tunnel(connection: socket.socket) -> object:
        connection.sendall(http(b"", length="", status="200 Connection established"))
        with tls.wrap_socket(connection, server_side=True) as inner:
            received.append(inner.recv(10_000))
            inner.sendall(http())
        return "closed"

    received: list[bytes] = []
    with serving(tunnel) as proxy:
        monkeypatch.setenv("https_proxy", f"http://user:the-password@127.0.0.1:{proxy.port}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
        url = "https://0.0.0.0:1234/v1/x"
        assert run(lambda transport: send(transport, "GET", url)).status_code == 200
    (request,) = proxy.requests
    assert request.line == "CONNECT 0.0.0.0:1234 HTTP/1.1"
    assert request.headers["proxy-authorization"] == f"Basic {base64.b64encode(b'user:the-password').decode()}"
    assert "authorization" not in request.headers
    assert received[0].startswith(b"GET /v1/x HTTP/1.1\r\n")
    assert b"roxy-" not in received[0]


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 Conn"])
def test_a_proxy_that_does_not_respond(beginning: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(transport: AiohttpTransport) -> Exception:
        with pytest.raises(aiohttp.ClientError) as caught:
            await asyncio.wait_for(send(transport, "POST", "https://api.example.com/v1/x", json={}), 5)
        assert transport.failure_of(caught.value) == REJECTED_FOR_NOW
        return caught.value

    with serving(sends(beginning, then=stalls)) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        assert isinstance(run(work), aiohttp.ConnectionTimeoutError)


def test_the_timeout_of_a_tunnel_leaves_out_the_wait_for_a_place_in_the_pool(
    monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext, certificate: tuple[Path, Path]
) -> None:
    def tunnel(connection: socket.socket) -> object:
        connection.sendall(http(b"", length="", status="200 Connection established"))
        with tls.wrap_socket(connection, server_side=True) as inner:
            inner.recv(10_000)
            time.sleep(0.6)
            inner.sendall(http(b"{}"))
        return "closed"

    async def work(transport: AiohttpTransport) -> list[int]:
        urls = [f"https://0.0.0.0:{port}/v1/x" for port in (1234, 1235)]
        responses = [transport.send("GET", url, None, headers=HEADERS, timeout=(0.4, 5)) for url in urls]
        return [response.status_code for response in await asyncio.gather(*responses)]

    with serving(tunnel) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
        assert run(work, connections=1) == [200, 200]
    assert proxy.connections == 2


def test_authorities_that_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    with pytest.raises(InvalidArgumentError, match=r"^/nowhere\.pem, which REQUESTS_CA_BUNDLE"):
        run(lambda transport: send(transport, "GET", "https://127.0.0.1:1/v1/x"))


def test_the_environment_is_read_once_for_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(transport: AiohttpTransport) -> None:
        await send(transport, "GET", url_of(server, "0.0.0.0"))
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        await send(transport, "GET", url_of(server, "0.0.0.0"))

    with serving(sends(http())) as server:
        run(work)
    assert len(server.requests) == 2


def test_netrc_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password the-password\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(sends(http())) as server:
        run(lambda transport: send(transport, "GET", url_of(server)))
    assert server.requests[0].headers["authorization"] == HEADERS["Authorization"]


# Others


def test_exceptions_of_others_are_no_failure_of_the_network() -> None:
    transport = AiohttpTransport()
    assert transport.failure_of(ValueError()) is None
    assert transport.failure_of(aiohttp.InvalidURL("x")) == REJECTED


def test_the_failure_of_a_response_that_ends_in_its_head_can_be_copied() -> None:
    async def work() -> NetworkError:
        async with Client("the-token", f"http://127.0.0.1:{server.port}/v1", retries=0) as client:
            with pytest.raises(NetworkError) as caught:
                await client.servers.get_all()
        return caught.value

    with serving(sends(b"HTTP/1.1 200 OK\r\nContent-Ty", then=closes)) as server:
        error = asyncio.run(work())
    for duplicate in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert (type(duplicate), str(duplicate)) == (type(error), str(error))
        assert isinstance(duplicate, NetworkError)


def test_without_aiohttp() -> None:
    program = """
import sys
sys.modules["aiohttp"] = None
try:
    import hcloud.aio._aiohttp_transport
except ImportError as error:
    print(error)
"""
    process = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    assert process.stdout == "asynchronous clients need aiohttp: pip install 'hcloud[async]'\n"
