"""Requests as they arrive: those of both transports must be the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hcloud import InvalidArgumentError
from hcloud.aio._aiohttp_transport import AiohttpTransport
from hcloud.core.encoding import encode_request
from hcloud.core.transport import Session
from tests.aio.wire import HEADERS, ByteServer, Sent, http, send, sends, serving

COMPARED = ("authorization", "user-agent", "accept", "accept-encoding", "content-type", "content-length", "host")


class Pair:
    """Both transports, which send the same requests to a server."""

    def __init__(self, server: ByteServer) -> None:
        self.server = server
        self.loop = asyncio.new_event_loop()
        self.session = Session(None)
        self.transport = AiohttpTransport()

    def send(self, method: str, path: str, params: Any, json: Any) -> tuple[Sent, Sent]:
        url = f"http://127.0.0.1:{self.server.port}/v1{path}"
        self.session.request(method, url, params=params, json=json, headers=HEADERS)
        self.loop.run_until_complete(send(self.transport, method, url, params=params, json=json))
        first, second = self.server.requests[-2:]
        return _compared(first), _compared(second)

    def close(self) -> None:
        self.session.close()
        self.loop.run_until_complete(self.transport.close())
        self.loop.close()


def _compared(request: Sent) -> Sent:
    line = request.line.replace("? HTTP/", " HTTP/")  # aiohttp leaves out the mark of an empty query
    return request._replace(line=line, headers={name: request.headers.get(name, "") for name in COMPARED})


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with serving(sends(http())) as server:
        pair = Pair(server)
        yield pair
        pair.close()


TEXT = st.text(max_size=8)
PATHS = st.text(st.characters(codec="utf-8"), max_size=12) | st.text(
    alphabet="%aF2 /?#&=[]~:@!'\"<>^`{|}\\é", max_size=12
)
VALUES = TEXT | st.integers() | st.floats() | st.lists(TEXT, max_size=3)
BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(TEXT, values, max_size=3),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]),
    PATHS,
    st.none() | st.dictionaries(TEXT, VALUES, max_size=3),
    BODIES,
)
def test_requests_are_equal_on_the_wire(pair: Pair, method: str, path: str, params: Any, json: Any) -> None:
    blocking, asynchronous = pair.send(method, f"/{path}", params, json)
    assert asynchronous == blocking


@pytest.mark.parametrize(
    ("path", "params", "target"),
    [
        ("/servers", None, "/v1/servers"),
        ("/servers", {"name": "a b/ü&c"}, "/v1/servers?name=a+b%2F%C3%BC%26c"),
        ("/servers?page=2", {"sort": ["id", "name:desc"]}, "/v1/servers?page=2&sort=id&sort=name%3Adesc"),
        ("/servers/ü x", None, "/v1/servers/%C3%BC%20x"),
        ("/zones/a%2fb", None, "/v1/zones/a%2Fb"),
        ("/zones/100%", None, "/v1/zones/100%25"),
        ("/zones/[x]", None, "/v1/zones/%5Bx%5D"),
        ("/zones/x#part", None, "/v1/zones/x"),
        ("/../x//y", None, "/v1/../x//y"),
    ],
)
def test_targets(pair: Pair, path: str, params: Any, target: str) -> None:
    for request in pair.send("GET", path, params, None):
        assert request.line == f"GET {target} HTTP/1.1"


def test_headers(pair: Pair) -> None:
    without, with_body = pair.send("POST", "/x", None, None)[1], pair.send("POST", "/x", None, {"a": "ü"})[1]
    assert (without.headers["content-type"], without.headers["content-length"], without.body) == ("", "0", b"")
    assert (with_body.headers["content-type"], with_body.body) == ("application/json", b'{"a": "\\u00fc"}')
    assert pair.send("GET", "/x", None, None)[1].headers["content-length"] == ""


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}, b"bytes"])
def test_what_json_cannot_hold(value: Any) -> None:
    for encode in (
        lambda: encode_request("POST", "http://127.0.0.1/x", None, {"key": value}),
        lambda: Session(None).request("POST", "http://127.0.0.1/x", json={"key": value}),
    ):
        with pytest.raises(
            InvalidArgumentError, match=r"^POST http://127\.0\.0\.1/x: the body can't be encoded as JSON"
        ):
            encode()


def test_a_header_that_cannot_be_sent() -> None:
    async def run() -> None:
        transport = AiohttpTransport()
        with pytest.raises(UnicodeEncodeError):  # the client makes an InvalidArgumentError of it
            await transport.send("GET", "http://127.0.0.1:1/x", None, headers={"X-Name": "€"}, timeout=1)
        await transport.close()

    asyncio.run(run())
