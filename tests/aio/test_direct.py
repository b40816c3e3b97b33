"""Requests that go past the session of aiohttp, and those that must not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from functools import partialmethod
from typing import Any

import aiohttp
import pytest
from aiohttp.client_proto import ResponseHandler

from hcloud.aio import _direct
from hcloud.aio._aiohttp_transport import AiohttpTransport
from hcloud.aio._direct import DirectSender
from hcloud.aio.transport import Response
from hcloud.core.secrets import HiddenText
from tests.aio.wire import HEADERS, ByteServer, http, sends, serving

TIMEOUT = (2.0, 2.0)


@pytest.fixture
def server() -> Iterator[ByteServer]:
    with serving(sends(http())) as server:
        yield server


@pytest.fixture
def through_session(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Methods of the requests that the session has sent; patching its methods would divert all requests to it."""
    methods = []
    original: Any = AiohttpTransport._send_through

    async def record(self: Any, session: Any, method: str, *args: Any) -> Response:
        methods.append(method)
        response: Response = await original(self, session, method, *args)
        return response

    monkeypatch.setattr(AiohttpTransport, "_send_through", record)
    return methods


def exchange(
    server: ByteServer,
    method: str = "GET",
    body: bytes | None = None,
    *,
    path: str = "/v1/x",
    headers: Mapping[str, str] = HEADERS,
) -> Response:
    async def main() -> Response:
        transport = AiohttpTransport()
        try:
            url = f"http://127.0.0.1:{server.port}{path}"
            return await transport.send(method, url, body, headers=headers, timeout=TIMEOUT)
        finally:
            await transport.close()

    return asyncio.run(main())


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_requests_without_a_body_are_sent_directly(server: ByteServer, through_session: list[str], method: str) -> None:
    assert exchange(server, method)[:2] == (200, "OK")
    assert through_session == []


def test_requests_with_a_body_are_not(server: ByteServer, through_session: list[str]) -> None:
    assert exchange(server, "POST", b"{}").status_code == 200
    assert (through_session, server.requests[0].body) == (["POST"], b"{}")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "headers", [{}, {"accept-encoding": "identity"}, {"authorization": "other"}, {"Host": "other"}, {"X-One": " a\tb"}]
)
def test_both_ways_send_the_same(
    server: ByteServer, monkeypatch: pytest.MonkeyPatch, method: str, headers: dict[str, str]
) -> None:
    path = "/v1/x%20y/~a?name=a%2Fb&label_selector=a%3Db,!c"
    exchange(server, method, path=path, headers={**HEADERS, **headers})
    monkeypatch.setattr(DirectSender, "head", lambda *args: None)
    exchange(server, method, path=path, headers={**HEADERS, **headers})
    direct, through_session = server.requests
    assert direct == through_session
    assert direct.line == f"{method} {path} HTTP/1.1"


def test_a_replaced_request_of_the_session_sees_all_requests(
    server: ByteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    original: Any = aiohttp.ClientSession._request

    async def spy(self: Any, method: str, *args: Any, **options: Any) -> Any:
        seen.append(method)
        return await original(self, method, *args, **options)

    async def main() -> None:
        transport, url = AiohttpTransport(), f"http://127.0.0.1:{server.port}/v1/x"
        for patched in (False, True, False):
            with monkeypatch.context() as patch:
                if patched:
                    patch.setattr(aiohttp.ClientSession, "_request", spy)
                await transport.send("GET", url, None, headers=HEADERS, timeout=TIMEOUT)
        await transport.close()

    asyncio.run(main())
    assert (seen, len(server.requests)) == (["GET"], 3)


@pytest.mark.parametrize(("owner", "name"), [(aiohttp.ClientSession, "request"), (aiohttp.ClientRequest, "send")])
def test_other_parts_may_be_replaced_too(
    server: ByteServer, monkeypatch: pytest.MonkeyPatch, through_session: list[str], owner: Any, name: str
) -> None:
    original = getattr(owner, name)
    monkeypatch.setattr(owner, name, partialmethod(original))
    assert exchange(server).status_code == 200
    assert through_session == ["GET"]


def test_a_tracer_that_is_added_to_every_session_sees_the_requests(
    server: ByteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    original: Any = aiohttp.ClientSession.__init__

    async def on_start(session: Any, context: Any, parameters: Any) -> None:
        seen.append(parameters.method)

    def initialize(self: Any, *args: Any, **options: Any) -> None:
        config = aiohttp.TraceConfig()
        config.on_request_start.append(on_start)
        original(self, *args, **options, trace_configs=[config])

    monkeypatch.setattr(aiohttp.ClientSession, "__init__", initialize)
    assert exchange(server).status_code == 200
    assert seen == ["GET"]


def test_a_session_of_the_caller_sends_all_requests(server: ByteServer, through_session: list[str]) -> None:
    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            transport, url = AiohttpTransport(session), f"http://127.0.0.1:{server.port}/v1/x"
            await transport.send("GET", url, None, headers=HEADERS, timeout=TIMEOUT)

    asyncio.run(main())
    assert through_session == ["GET"]


def test_a_connector_or_a_session_of_another_class_is_used_as_it_is(
    server: ByteServer, monkeypatch: pytest.MonkeyPatch, through_session: list[str]
) -> None:
    class Connector(aiohttp.TCPConnector):
        pass

    monkeypatch.setattr(aiohttp, "TCPConnector", Connector)
    assert exchange(server).status_code == 200
    assert through_session == ["GET"]


@pytest.mark.parametrize("part", ["a parameter", "a method", "the request"])
def test_another_version_of_aiohttp(
    server: ByteServer, monkeypatch: pytest.MonkeyPatch, through_session: list[str], part: str
) -> None:
    if part == "a parameter":
        monkeypatch.setitem(_direct._PARAMETERS, "unknown", 1)
    elif part == "a method":
        monkeypatch.setattr(_direct, "ResponseHandler", type("Other", (), {"read": ResponseHandler.read}))
    else:
        monkeypatch.setattr(_direct, "_Template", lambda method, url: None)
    assert exchange(server).status_code == 200
    assert through_session == ["GET"]


def test_interim_responses_are_skipped() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    with serving(sends(interim + interim, http(b'{"number": 1}'))) as server:
        assert exchange(server).content == b'{"number": 1}'


def test_changed_headers_are_sent(server: ByteServer, through_session: list[str]) -> None:
    async def main() -> None:
        transport, headers = AiohttpTransport(), dict(HEADERS)
        for number in range(250):
            headers["X-Number"] = str(number)
            url = f"http://127.0.0.1:{server.port}/v1/x"
            await transport.send("GET", url, None, headers=headers, timeout=TIMEOUT)
        assert transport._direct is not None
        assert len(transport._direct._heads) <= 100
        await transport.close()

    asyncio.run(main())
    assert [request.headers["x-number"] for request in server.requests] == [str(number) for number in range(250)]
    assert through_session == []


def test_no_repr_shows_the_token(server: ByteServer) -> None:
    async def main() -> None:
        transport, url = AiohttpTransport(), f"http://127.0.0.1:{server.port}/v1/x"
        headers = {"Authorization": HiddenText("Bearer the-token")}
        await transport.send("GET", url, None, headers=headers, timeout=TIMEOUT)
        assert transport._direct is not None
        assert "the-token" not in repr([*vars(transport._direct).values(), *transport._direct._heads.items()])
        await transport.close()

    asyncio.run(main())
    assert server.requests[0].headers["authorization"] == "Bearer the-token"


def test_a_malformed_response() -> None:
    with serving(sends(b"HTTP/1.1 OK\r\n\r\n")) as server, pytest.raises(aiohttp.ClientResponseError) as caught:
        exchange(server, path="/v1/x?page=1")
    assert str(caught.value.request_info.real_url) == f"http://127.0.0.1:{server.port}/v1/x?page=1"
    assert (caught.value.was_sent, len(caught.value.request_info.headers)) == (True, 0)  # type: ignore[attr-defined]


def test_a_header_can_not_add_another(server: ByteServer) -> None:
    with pytest.raises(ValueError, match="header"):
        exchange(server, headers={"X-One": "a\r\nX-Other: b"})
    assert server.requests == []
