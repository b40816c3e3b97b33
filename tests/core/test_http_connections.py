"""Responses that are not what they seem, sent byte by byte by a server on this machine."""

from __future__ import annotations

import gzip
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from unittest import mock

import pytest
import requests
import urllib3

from hcloud import APIException, Client, InvalidArgumentError, NetworkError, OutcomeUnknownError
from hcloud.core.retry import constant_backoff_function
from hcloud.core.transport import _Deadline
from hcloud.images import Image
from hcloud.servers import Server

Script = Callable[[socket.socket, int], object]


class RawServer:
    """A server that answers each request with the bytes that a script sends, and counts connections."""

    def __init__(self) -> None:
        self.script: Script = lambda connection, number: connection.sendall(http(200, {"images": []}))
        self.greeting = b""
        """Bytes that are sent in response to the first byte of a connection, whatever they are."""
        self.requests: list[str] = []
        self.head = b""
        """Headers of the latest request."""
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=20)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # the listener was closed
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError), connection, connection.makefile("rb") as lines:  # the client may hang up
            if self.greeting:
                connection.recv(1)
                connection.sendall(self.greeting)
            while (first := lines.readline()) not in (b"", b"\r\n"):
                length, self.head = 0, b""
                while (line := lines.readline()) not in (b"", b"\r\n"):
                    self.head += line
                    name, _, value = line.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                lines.read(length)
                self.requests.append(first.decode().rpartition(" ")[0])
                if self.script(connection, len(self.requests)) is not None:
                    return

    def close(self) -> None:
        with suppress(OSError):  # it is closed already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def http(status: int, body: Any, *headers: str, length: int | str | None = None) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    length = len(content) if length is None else length
    head = [f"HTTP/1.1 {status} Something", f"Content-Length: {length}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + content


ONE = http(200, {"image": {"id": 1, "name": "one"}})
TWO = http(200, {"image": {"id": 2, "name": "two"}})
ACTION = http(201, {"action": {"id": 7, "status": "running"}})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RawServer]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = RawServer()
    yield server
    server.close()


@pytest.fixture
def connect(server: RawServer) -> Iterator[Callable[..., Client]]:
    clients: list[Client] = []

    def connect(scheme: str = "http", **options: Any) -> Client:
        client = Client("the-token", api_endpoint=f"{scheme}://127.0.0.1:{server.port}/v1", **options)
        client._client._retry_interval_func = constant_backoff_function(0)
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()


def play(*responses: bytes, then_close: bool = False) -> Script:
    """Return a script that sends the responses one after another, the last one for all further requests."""

    def script(connection: socket.socket, number: int) -> object:
        connection.sendall(responses[min(number, len(responses)) - 1])
        return "close" if then_close else None

    return script


# Interim and surplus responses


@pytest.mark.parametrize(
    "interim",
    [
        b"HTTP/1.1 102 Processing\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n",
    ],
    ids=["102", "103", "100, 102, 103"],
)
def test_interim_responses_are_skipped(server: RawServer, connect: Any, interim: bytes) -> None:
    server.script = play(interim + ONE, interim + TWO, interim + ACTION)
    client = connect()
    assert client.images.get_by_id(1).name == "one"
    assert client.images.get_by_id(2).name == "two"
    assert client.servers.power_on(Server(id=1)).id == 7
    assert server.connections == 1


def test_endless_interim_responses(server: RawServer, connect: Any) -> None:
    server.script = play(b"HTTP/1.1 102 Processing\r\n\r\n" * 1000)
    with pytest.raises(NetworkError):
        connect(retries=1).images.get_by_id(1)
    assert len(server.requests) == 2
    with pytest.raises(OutcomeUnknownError):
        connect().servers.power_on(Server(id=1))
    assert len(server.requests) == 3


def test_a_connection_with_a_surplus_response_is_not_used_again(server: RawServer, connect: Any) -> None:
    server.script = play(ONE + ONE, TWO)
    client = connect()
    assert client.images.get_by_id(1).name == "one"
    assert client.images.get_by_id(2).name == "two"
    assert server.connections == 2


def test_surplus_bytes_of_a_response_without_a_body(server: RawServer, connect: Any) -> None:
    server.script = play(b"HTTP/1.1 204 No Content\r\n\r\n" + ONE, TWO)
    client = connect()
    assert client.images.delete(Image(id=1)) is True
    assert client.images.get_by_id(2).name == "two"
    assert server.connections == 2


def test_a_response_needs_no_system_calls_beyond_its_own(
    server: RawServer, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.script = play(ONE)
    client = connect()
    client.images.get_by_id(1)
    timeouts: list[float | None] = []
    settimeout = socket.socket.settimeout

    def note(self: socket.socket, seconds: float | None) -> None:
        timeouts.append(seconds)
        settimeout(self, seconds)

    monkeypatch.setattr(socket.socket, "settimeout", note)
    client.images.get_by_id(1)
    assert 0 not in timeouts


# Malformed heads


def test_each_request_has_its_own_headers(server: RawServer, connect: Any) -> None:
    client = connect()
    for number in (1, 2, 1):
        client.request("GET", "/images", headers={"X-Number": str(number), "X-Count": number})
        for name in (b"X-Number", b"X-Count"):
            assert server.head.count(name + b": %d\r\n" % number) == server.head.count(name) == 1
        for name in (b"Authorization", b"User-Agent", b"Host"):
            assert server.head.count(name + b": ") == 1
    assert server.connections == 1
    for _ in range(2):
        with pytest.raises(ValueError, match="Invalid header value"):
            client.request("GET", "/images", headers={"X-Number": "1\r\nX-Other: 2"})


@pytest.mark.parametrize("length", ["abc", "-5", "1e3", "١٢", "5, 6", ""])
def test_a_malformed_content_length(server: RawServer, connect: Any, length: str) -> None:
    malformed = http(201, {"action": {"id": 1}}, length="@").replace(b"@", length.encode(), 1)
    server.script = play(malformed, then_close=True)
    with pytest.raises(OutcomeUnknownError):
        connect().servers.power_on(Server(id=1))
    assert len(server.requests) == 1
    with pytest.raises(NetworkError):
        connect(retries=2).images.get_by_id(1)
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 204 No Content\r\n", b"HTTP/1.1 20", b"", b"<html>\r\n\r\n"]
)
def test_a_truncated_head(server: RawServer, connect: Any, head: bytes) -> None:
    server.script = play(head, then_close=True)
    with pytest.raises(NetworkError):
        connect(retries=1).images.delete(Image(id=1))
    with pytest.raises(OutcomeUnknownError):
        connect().servers.power_on(Server(id=1))
    assert server.requests == ["DELETE /v1/images/1"] * 2 + ["POST /v1/servers/1/actions/poweron"]


def test_a_truncated_body(server: RawServer, connect: Any) -> None:
    server.script = play(http(200, b'{"image": {"id": 1', length=500), then_close=True)
    with pytest.raises(NetworkError):
        connect(retries=1).images.get_by_id(1)
    with pytest.raises(OutcomeUnknownError):
        connect().servers.power_on(Server(id=1))
    assert len(server.requests) == 3


# Size and time


def test_a_gzip_bomb(server: RawServer, connect: Any) -> None:
    server.script = play(http(200, gzip.compress(b" " * 100_000_000, 9), "Content-Encoding: gzip"))
    with pytest.raises(NetworkError, match=r"larger than 67108864 bytes \(max_response_size\)") as caught:
        connect().images.get_by_id(1)
    assert len(server.requests) == 1, "the next attempt would bring the same"
    assert len(caught.value.response.content) < 100_000  # type: ignore[attr-defined]
    with pytest.raises(OutcomeUnknownError):
        connect().servers.power_on(Server(id=1))


@pytest.mark.parametrize(("limit", "fits"), [(len(ONE), True), (20, False), (None, True)])
def test_max_response_size(server: RawServer, connect: Any, limit: int | None, fits: bool) -> None:
    server.script = play(ONE)
    client = connect(max_response_size=limit)
    if fits:
        assert client.images.get_by_id(1).name == "one"
    else:
        with pytest.raises(NetworkError):
            client.images.get_by_id(1)


@pytest.mark.parametrize("value", [0, -1, 1.5, "1", True])
@pytest.mark.parametrize("name", ["max_response_size", "total_timeout"])
def test_limits_that_are_invalid(connect: Any, name: str, value: Any) -> None:
    if name == "total_timeout" and value == 1.5:
        return
    with pytest.raises(InvalidArgumentError, match=f"{name} must be"):
        connect(**{name: value})


@pytest.mark.parametrize(
    "prefix", [b"", b"HTTP/1.1 200 OK\r\nX: ", http(200, b"{", length=10**6)], ids=["status", "headers", "body"]
)
@pytest.mark.parametrize("close", [False, True], ids=["kept", "closed"])
def test_a_response_that_drips(server: RawServer, connect: Any, prefix: bytes, close: bool) -> None:
    hung_up = threading.Event()

    def drip(connection: socket.socket, number: int) -> object:
        connection.sendall(prefix.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) if close else prefix)
        while not hung_up.wait(0.005):
            connection.sendall(b" ")
        return "close"

    server.script = drip
    try:
        with pytest.raises(NetworkError, match="total_timeout"):
            connect(total_timeout=0.2, retries=0).images.get_by_id(1)
        with pytest.raises(OutcomeUnknownError, match="total_timeout"):
            connect().with_options(total_timeout=0.2).servers.power_on(Server(id=1))
    finally:
        hung_up.set()
    assert len(server.requests) == 2


def test_total_timeout_of_a_fast_response(server: RawServer, connect: Any) -> None:
    server.script = play(ONE)
    client = connect(total_timeout=60)
    assert [client.images.get_by_id(1).name for _ in range(3)] == ["one"] * 3
    assert server.connections == 1
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    assert all(timer.finished.is_set() for timer in timers)


# Bytes that went out, or did not


def test_a_post_to_a_closed_port_is_not_of_unknown_outcome(server: RawServer, connect: Any) -> None:
    server.close()
    with pytest.raises(NetworkError) as caught:
        connect(retries=0).servers.power_on(Server(id=1))
    assert not isinstance(caught.value, OutcomeUnknownError)


def test_a_peer_that_speaks_no_tls(server: RawServer, connect: Any) -> None:
    server.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    with pytest.raises(NetworkError) as caught:
        connect("https").servers.power_on(Server(id=1))
    assert not isinstance(caught.value, OutcomeUnknownError)
    assert server.connections == 1


@pytest.mark.parametrize("failure", [ValueError("odd"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "odd")])
def test_a_value_error_after_the_request_was_sent(
    server: RawServer, connect: Any, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise failure

    monkeypatch.setattr("hcloud.core.transport.Adapter.build_response", fail)
    with pytest.raises(OutcomeUnknownError):
        connect().servers.power_on(Server(id=1))
    with pytest.raises(NetworkError):
        connect(retries=1).images.get_by_id(1)
    assert len(server.requests) == 3


# Replaced transports


def test_a_post_is_not_repeated_if_the_adapter_is_patched(connect: Any) -> None:
    with (
        mock.patch("requests.adapters.HTTPAdapter.send", side_effect=requests.ReadTimeout()) as send,
        pytest.raises(OutcomeUnknownError),
    ):
        connect().servers.power_on(Server(id=1))
    assert send.call_count == 1


def test_a_post_is_not_repeated_if_urllib3_is_patched(connect: Any) -> None:
    error = urllib3.exceptions.ProtocolError("broken")
    with (
        mock.patch("urllib3.connectionpool.HTTPConnectionPool.urlopen", side_effect=error) as urlopen,
        pytest.raises(OutcomeUnknownError),
    ):
        connect().servers.power_on(Server(id=1))
    assert urlopen.call_count == 1


def test_a_replaced_connection_class_is_used(server: RawServer, connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Replacement(urllib3.connection.HTTPConnection):
        def connect(self) -> None:
            opened.append(self.host)
            super().connect()

    opened: list[str] = []
    monkeypatch.setattr(urllib3.HTTPConnectionPool, "ConnectionCls", Replacement)
    server.script = play(ONE, b"", then_close=True)
    client = connect()
    assert client.images.get_by_id(1).name == "one"
    assert opened == ["127.0.0.1"]
    with pytest.raises(OutcomeUnknownError):
        client.servers.power_on(Server(id=1))


def test_a_tool_that_records_requests_gets_plain_texts(
    server: RawServer, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Recorder(urllib3.connection.HTTPConnection):
        def request(self, method: str, url: str, body: Any = None, headers: Any = None, **kwargs: Any) -> None:
            recorded.append(headers)
            super().request(method, url, body, headers, **kwargs)

    recorded: list[Any] = []
    monkeypatch.setattr(urllib3.HTTPConnectionPool, "ConnectionCls", Recorder)
    server.script = play(ONE)
    connect().images.get_by_id(1)
    assert {type(text) for headers in recorded for item in headers.items() for text in item} == {str}
    assert [headers["Authorization"] for headers in recorded] == ["Bearer the-token"]


def test_messages_name_the_classes_of_urllib3(connect: Any, server: RawServer) -> None:
    server.close()
    with pytest.raises(NetworkError) as caught:
        connect(retries=0).images.get_by_id(1)
    assert re.search(r"\bHTTPConnection\b", str(caught.value.args[0]))
    assert "Tracked" not in str(caught.value.args[0])


@pytest.mark.parametrize("value", [float("inf"), 1e300])
def test_a_total_timeout_that_no_timer_can_have(connect: Any, value: float) -> None:
    with pytest.raises(InvalidArgumentError, match="total_timeout must be"):
        connect(total_timeout=value)


def test_a_total_timeout_without_a_thread(server: RawServer, connect: Any) -> None:
    server.script = play(ONE)
    client = connect(total_timeout=60)
    with mock.patch("threading.Timer.start", side_effect=RuntimeError("can't start new thread")):
        assert client.images.get_by_id(1).name == "one"


def test_a_late_timer_leaves_the_connection_alone() -> None:
    class Wrapper:
        def __init__(self, inner: Any) -> None:
            self.socket = inner

    ours, theirs = socket.socketpair()
    with ours, theirs:
        late = _Deadline(60)
        with late:
            late.watch(Wrapper(ours))
        late._shut_down()
        ours.sendall(b"x")
        deadline = _Deadline(60)
        deadline.watch(Wrapper(ours))
        deadline._shut_down()
        with pytest.raises(BrokenPipeError):
            ours.sendall(b"x")


# Redirects, statuses and encodings


def test_a_redirect_to_a_host_without_a_path(server: RawServer, connect: Any) -> None:
    server.script = play(http(301, b"", f"Location: http://127.0.0.1:{server.port}"), ONE)
    assert connect().images.get_by_id(1).name == "one"
    assert server.requests == ["GET /v1/images/1", "GET /"]


def test_a_redirect_that_drops_the_query(server: RawServer, connect: Any) -> None:
    server.script = play(http(301, b"", "Location: /v2/images"), http(200, {"images": [{"id": 2, "name": "two"}]}))
    with pytest.raises(APIException):
        connect().images.get_list(name="one")
    assert len(server.requests) == 1


def test_status_101_is_not_a_success(server: RawServer, connect: Any) -> None:
    server.script = play(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", then_close=True)
    with pytest.raises(APIException):
        connect(retries=0).images.delete(Image(id=1))


def test_a_compressed_body_that_ends_within_its_header(server: RawServer, connect: Any) -> None:
    server.script = play(http(200, b"\x1f\x8b\x08", "Content-Encoding: gzip"))
    with pytest.raises(NetworkError):
        connect(retries=1).images.delete(Image(id=1))
    assert len(server.requests) == 2
    with pytest.raises(OutcomeUnknownError):
        connect().servers.power_on(Server(id=1))


# Sessions with hooks


@pytest.fixture
def connect_with_hook(connect: Any) -> Callable[..., Client]:
    def connect_with_hook(hook: Callable[..., object], **options: Any) -> Client:
        client: Client = connect(**options)
        client._client._session.hooks["response"].append(hook)
        return client

    return connect_with_hook


def test_max_response_size_of_a_session_with_a_hook(server: RawServer, connect_with_hook: Any) -> None:
    server.script = play(ONE)
    with pytest.raises(NetworkError, match="max_response_size"):
        connect_with_hook(lambda *args, **kwargs: None, max_response_size=20).images.get_by_id(1)
    assert connect_with_hook(lambda *args, **kwargs: None).images.get_by_id(1).name == "one"


@pytest.mark.parametrize("error", [UnicodeError("broken"), ValueError("broken")])
def test_an_error_of_a_hook_after_a_post(server: RawServer, connect_with_hook: Any, error: Exception) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    server.script = play(ACTION)
    with pytest.raises(OutcomeUnknownError):
        connect_with_hook(fail).servers.power_on(Server(id=1))
    assert len(server.requests) == 1


def test_a_truncated_body_of_a_session_with_a_hook(server: RawServer, connect_with_hook: Any) -> None:
    server.script = play(http(200, b"{", length=500), then_close=True)
    with pytest.raises(OutcomeUnknownError):
        connect_with_hook(lambda *args, **kwargs: None).servers.power_on(Server(id=1))
    assert len(server.requests) == 1


def test_a_hook_whose_own_request_is_not_sent(server: RawServer, connect_with_hook: Any) -> None:
    server.script = play(ACTION)
    client = None

    def ask_a_closed_port(response: Any, *_: Any, **__: Any) -> None:
        client._client._session.get("http://127.0.0.1:1/")  # type: ignore[attr-defined]

    client = connect_with_hook(ask_a_closed_port)
    with pytest.raises(OutcomeUnknownError):
        client.servers.power_on(Server(id=1))
    assert len(server.requests) == 1
