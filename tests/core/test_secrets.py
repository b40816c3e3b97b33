"""Tokens, passwords, keys and user data appear in no log, no repr and no message of an exception."""

from __future__ import annotations

import gzip
import json
import logging
import os
import pickle
import re
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any
from unittest.mock import patch

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPHeaderDict

from hcloud import APIException, Client, HCloudException, digitalocean
from hcloud._client import ClientBase
from hcloud._exceptions import InvalidArgumentError, MalformedFieldError
from hcloud.core import BaseDomain, Secret
from hcloud.core.secrets import Token, mask
from hcloud.images import Image
from hcloud.server_types import ServerType
from hcloud.servers import ResetPasswordResponse, Server
from hcloud.testing import FakeCloud
from hcloud.zones import Zone
from tests.library import every_record
from tests.stub import Stub, StubResponse, error

SECRET = "hunter2-hunter2"
ACTION = {"id": 1, "command": "reset_password", "status": "running"}


def create(client: Client) -> Any:
    return client.servers.create("web", ServerType(id=1), Image(id=1), user_data=f"#cloud-config\n{SECRET}")


def reset(client: Client) -> Any:
    return client.servers.reset_password(Server(id=1))


RESPONSES: dict[str, StubResponse] = {
    "rejected": (422, error("invalid_input", "invalid", {"fields": [{"name": "name"}]})),
    "unknown outcome": 504,
    "broken": requests.ConnectionError("Connection aborted."),
    "no action": (201, {"root_password": SECRET}),
    "action is no object": (201, {"root_password": SECRET, "server": [], "action": []}),
    "truncated": (201, b'{"root_password": "' + SECRET.encode() + b'", "action": {"id"'),
    "truncated within the secret": (201, b'{"root_password":"' + SECRET.encode()),
    "truncated, escaped": (201, b'{"root_password": "\\"' + SECRET.encode() + b'\\""'),
    "an HTML page": (502, b'<html>{"private_key": "' + SECRET.encode() + b'"}'),
    "valid": (201, {"root_password": SECRET, "action": ACTION, "server": {"id": 1}, "next_actions": []}),
}


@pytest.mark.parametrize("call", [create, reset])
@pytest.mark.parametrize("name", RESPONSES)
def test_secrets_are_not_shown(call: Callable[[Client], Any], name: str, caplog: pytest.LogCaptureFixture) -> None:
    stub = Stub(RESPONSES[name])
    client = stub.client()
    shown = [repr(client), repr(client.servers), repr(client._client), str(vars(client.servers))]
    with caplog.at_level(logging.DEBUG):
        try:
            result = call(client)
        except HCloudException as failure:
            shown += [str(failure), repr(failure), repr(failure.request), *traceback.format_exception(failure)]
        else:
            shown += [repr(result), str(result), repr(result.raw)] if name == "valid" else []
            assert result.root_password == SECRET
    for text in [*shown, caplog.text]:
        assert SECRET not in text
        assert "the-token" not in text


def test_no_token_in_pickles() -> None:
    stub = Stub((200, {"server": {"id": 1}, "servers": [{"id": 1}], "action": ACTION}))
    client = stub.client()
    objects = [client.servers.get_by_id(1), client.servers.get_list(), client.servers.power_on(Server(id=1))]
    stub.responses = [requests.ReadTimeout("too slow")]
    with pytest.raises(HCloudException) as caught:
        client.with_options(retries=0).servers.get_list()
    for value in [*objects, caught.value]:
        assert b"the-token" not in pickle.dumps(value)


def test_no_token_in_errors() -> None:
    stub = Stub(requests.ReadTimeout("too slow"))
    with pytest.raises(HCloudException) as caught:
        stub.client().with_options(retries=0).servers.get_list()
    assert "the-token" not in str(vars(caught.value))
    assert not hasattr(caught.value.request, "headers")


@every_record
def test_fields_with_names_of_secrets_are_secret(cls: type[BaseDomain]) -> None:
    for name, field in cls._fields.items():
        if re.search(r"password|private_key|secret|token|wss_url", name):
            assert isinstance(field, Secret), f"{cls.__qualname__}.{name} is shown by its repr"


def test_a_malformed_secret_is_not_shown() -> None:
    response = ResetPasswordResponse.from_dict({"action": [SECRET], "root_password": SECRET})
    with pytest.raises(HCloudException) as caught:
        response.action  # noqa: B018
    assert "root_password" not in str(caught.value)


def test_no_tsig_key_in_the_error_for_a_truncated_response() -> None:
    body = b'{"zone": {"id": 1, "primary_nameservers": [{"address": "198.18.0.1", "tsig_key": "HUSH"}]'
    with pytest.raises(APIException) as caught:
        Stub((200, body)).client().zones.get("example.com")
    assert "HUSH" not in str(caught.value)
    assert "tsig_key" in str(caught.value)


def test_no_content_in_the_error_for_a_malformed_list() -> None:
    zone = Zone.from_dict({"id": 1, "primary_nameservers": {"tsig_key": "HUSH"}})
    with pytest.raises(MalformedFieldError, match="should be a list, but holds an object") as caught:
        zone.primary_nameservers  # noqa: B018
    assert "HUSH" not in str(caught.value)


def test_a_token_as_the_endpoint_is_not_shown() -> None:
    with pytest.raises(InvalidArgumentError, match="is not an endpoint") as caught:
        Client("https://api.hetzner.cloud/v1", "HUSH" * 16)
    assert "HUSH" not in str(caught.value)


# The token


TOKEN = "s3cr3t" * 10 + "abcd"
ECHO = f"Authorization: Bearer {TOKEN}"
Reply = Callable[[bytes], bytes]


def response(status: str, body: bytes | str, *headers: str) -> bytes:
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + content


class Peer:
    """A server on this machine that reads one request of each connection, and sends ``reply`` as it is."""

    def __init__(self, reply: bytes | None) -> None:
        self.reply = reply
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self.requests.append(connection.recv(65_536))
                if self.reply is None:  # close() with unread data or SO_LINGER resets the connection
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                else:
                    connection.sendall(self.reply)

    def close(self) -> None:
        self._listener.close()


REPLIES: dict[str, bytes | None] = {
    "reset": None,
    "no response": b"",
    "garbage": ECHO.encode() + b"\r\n\r\n",
    "status is garbage": f"HTTP/1.1 {ECHO}\r\n\r\n".encode(),
    "reason": response(f"500 {ECHO}", ""),
    "error": response("401 Unauthorized", json.dumps({"error": {"code": "unauthorized", "message": ECHO}})),
    "details": response(
        "422 No", json.dumps({"error": {"code": "x", "message": "", "details": {"sent": [{ECHO: ECHO}]}}})
    ),
    "code": response("422 No", json.dumps({"error": {"code": ECHO, "message": ""}})),
    "error of DigitalOcean": response("401 No", json.dumps({"id": "x", "message": ECHO, "request_id": ECHO})),
    "error of tags": response("401 No", json.dumps({"error": ECHO, "messages": [ECHO], "root_causes": [ECHO]})),
    "page": response("502 Bad Gateway", f"<html>{ECHO}</html>"),
    "page with the token where the excerpt ends": response("502 Bad Gateway", "x" * 180 + ECHO),
    "page that ends within the token": response("502 Bad Gateway", ECHO[:-5]),
    "compressed page": response("502 No", gzip.compress(ECHO.encode()), "Content-Encoding: gzip"),
    "headers": response("500 No", "", f"X-Echo: {ECHO}", f"X-Correlation-Id: {TOKEN}", f"X-Request-Id: {TOKEN}"),
    "text": response("200 OK", json.dumps(ECHO)),
    "object": response("200 OK", json.dumps({"headers": {"Authorization": f"Bearer {TOKEN}", TOKEN: [TOKEN]}})),
    "text in place of a list": response("200 OK", json.dumps({"images": ECHO, "server": ECHO, "action": ECHO})),
    "entries": response("200 OK", json.dumps({"images": [ECHO], "server": [ECHO], "action": [ECHO]})),
    "cut off": f"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{ECHO}".encode(),
    "no chunk": f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{ECHO}\r\n{ECHO}".encode(),
    "not compressed": response("200 OK", ECHO, "Content-Encoding: gzip"),
    "lengths": f"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2, {TOKEN}\r\n\r\n{ECHO}".encode(),
    "redirects": response("302 Found", ECHO, f"Location: /v1/images?{TOKEN}"),
    "redirect to another host": response("302 Found", ECHO, f"Location: http://127.0.0.1:1/v1?{TOKEN}"),
}

CALLS: dict[str, Callable[[str], object]] = {
    "GET": lambda url: Client(TOKEN, url).with_options(retries=0).images.get_list(),
    "POST": lambda url: Client(TOKEN, url).with_options(retries=0).servers.power_on(Server(id=1)),
    "DigitalOcean": lambda url: digitalocean.Client(TOKEN, url, retries=0).images.get_list(),
}


@pytest.fixture
def peer(request: pytest.FixtureRequest) -> Iterator[Peer]:
    server = Peer(request.param)
    yield server
    server.close()


def reachable(error: BaseException) -> Iterator[tuple[str, object]]:
    """Yield a description and the value of everything that a program or a debugger can get from an exception."""
    done: set[int] = set()
    values: list[tuple[str, Any]] = [("error", error)]
    while values:
        path, value = values.pop()
        if id(value) in done:
            continue
        if not isinstance(value, (str, bytes)):
            done.add(id(value))
        yield path, value
        if isinstance(value, BaseException):
            names = ("__cause__", "__context__", "args", "__dict__", "request", "response")
            values += [(f"{path}.{name}", getattr(value, name, None)) for name in names]
            values += [(f"{path}: {text}", text) for text in (str(value), repr(value))]
            values += variables(path, value.__traceback__)
        elif isinstance(value, Mapping):
            values += [(f"{path}[{name!r}]", part) for name, part in value.items()]
            values += [(f"{path}: a key", name) for name in value]
        elif isinstance(value, (list, tuple, set)):
            values += [(f"{path}[]", part) for part in value]
        elif isinstance(value, (requests.Response, requests.PreparedRequest, requests.Request)):
            values.append((f"{path}.__dict__", {**vars(value), "connection": None}))
        elif hasattr(value, "__dict__") and type(value).__module__.startswith(("urllib3", "http", "hcloud._exc")):
            values.append((f"{path}.__dict__", vars(value)))


def variables(path: str, traceback: TracebackType | None) -> Iterator[tuple[str, str]]:
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename != __file__:
            for name, value in traceback.tb_frame.f_locals.items():
                with suppress(AttributeError):  # an object that is not complete, since its constructor failed
                    yield f"{path}: {name} in {code.co_qualname} of {code.co_filename}", repr(value)
        traceback = traceback.tb_next


def assert_hides_token(error: BaseException) -> None:
    for path, value in reachable(error):
        if isinstance(value, (str, bytes)):
            text = value if isinstance(value, str) else value.decode("latin-1")
            assert TOKEN[:8] not in text, f"{path} holds {text!r}"
    if isinstance(error, HCloudException):
        pickled = pickle.dumps(error)
        assert TOKEN[:8].encode() not in pickled
        assert str(pickle.loads(pickled)) == str(error)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("peer", REPLIES.values(), ids=REPLIES, indirect=True)
def test_no_failure_shows_the_token(
    call: Callable[[str], object], peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "hcloud"), pytest.raises(HCloudException) as caught:
        call(peer.url)
    assert f"Bearer {TOKEN}".encode() in peer.requests[0]
    assert_hides_token(caught.value)
    assert TOKEN[:8] not in caplog.text


def large_post(client: Client) -> object:
    return client.request("POST", "/servers", json={"user_data": "x" * 10_000_000})


@pytest.mark.parametrize("call", [large_post, lambda client: client.images.get_list()])
@pytest.mark.parametrize(
    "endpoint",
    ["http://127.0.0.1:{port}/v1", "https://127.0.0.1:{port}/v1", "http://127.0.0.1:1", "http://a.invalid"],
    ids=["reset", "no TLS", "refused", "unknown host"],
)
def test_no_failure_to_send_shows_the_token(call: Callable[[Client], object], endpoint: str) -> None:
    peer = Peer(None)
    try:
        client = Client(TOKEN, endpoint.format(port=peer.port), allow_http=True, retries=0, timeout=5)
        with pytest.raises(HCloudException) as caught:
            call(client)
    finally:
        peer.close()
    assert_hides_token(caught.value)
    assert isinstance(caught.value.__cause__, requests.ConnectionError)
    assert caught.value.__cause__.request is not None, "it is of use to those who debug"
    assert caught.value.__cause__.request.headers["Authorization"] == "***"


def test_a_timeout_does_not_show_the_token() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = Client(TOKEN, f"http://127.0.0.1:{silent.getsockname()[1]}", retries=0, timeout=0.1)
        with pytest.raises(requests.ReadTimeout) as caught:
            client.images.get_list()
    assert_hides_token(caught.value)


class Broken(Stub):
    """Adapter that has the token in its variables."""

    def send(self, request: requests.PreparedRequest, timeout: Any = None, **options: Any) -> requests.Response:  # type: ignore[override]
        header = str(request.headers["Authorization"])
        lines = [header.encode(), {"header": (header, bytearray(header, "ascii"))}]
        assert lines
        return super().send(request, timeout, **options)


@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError, requests.ReadTimeout])
def test_variables_of_others_are_dropped(failure: type[BaseException]) -> None:
    stub = Broken(lambda sent: raise_(failure(f"{sent.headers['Authorization']!s}!")))
    with pytest.raises(failure) as caught:
        Client(TOKEN, adapter=stub, retries=0).images.get_list()
    assert_hides_token(caught.value)
    assert str(caught.value) == "Bearer ***!"
    assert stub.sent[0].headers["Authorization"] == f"Bearer {TOKEN}", "what was sent stays as it is"


def raise_(error: BaseException) -> Any:
    raise error


@pytest.mark.parametrize("hook", ["on_request", "on_response", "on_retry"])
def test_a_failing_hook_does_not_show_the_token(hook: str) -> None:
    stub = Stub((503, None, {"X-Echo": ECHO}))

    def fail(*_: object) -> None:
        raise RuntimeError("hook")

    options: Any = {hook: fail}
    with pytest.raises(RuntimeError, match="hook") as caught:
        Client(TOKEN, adapter=stub, **options).images.get_list()
    assert_hides_token(caught.value)


def test_data_of_the_caller_is_left_alone() -> None:
    config: dict[str, Any] = {"token": TOKEN, "nested": [{TOKEN: [TOKEN]}]}
    config["itself"] = config
    tokens, failure = [TOKEN], RuntimeError()
    failure.args = (tokens,)
    failure.config = config  # type: ignore[attr-defined]
    with pytest.raises(RuntimeError) as caught:
        Client(TOKEN, adapter=Stub(), on_request=lambda _: raise_(failure)).images.get_list()
    assert tokens == [TOKEN]
    assert config["token"] == TOKEN
    assert config["nested"] == [{TOKEN: [TOKEN]}]
    shown: Any = caught.value
    assert shown.args == (["***"],)
    assert shown.config["nested"] == [{"***": ["***"]}]
    assert shown.config["itself"] is shown.config


def test_exceptions_of_the_caller_are_left_alone() -> None:
    def fail() -> None:
        credentials = {"token": TOKEN}
        raise LookupError(credentials["token"])

    client = Client(TOKEN, adapter=Stub(500), retries=0)
    with pytest.raises(LookupError) as outer:
        fail()
    try:
        raise outer.value
    except LookupError:
        with pytest.raises(HCloudException):
            client.images.get_list()
    assert outer.value.args == (TOKEN,)
    assert [entry.locals.get("credentials") for entry in outer.traceback][-1] == {"token": TOKEN}


def test_faults_of_the_fake_do_not_show_the_token() -> None:
    cloud = FakeCloud(token=TOKEN)
    cloud.break_next()
    with pytest.raises(HCloudException) as caught:
        cloud.client(retries=0).images.get_list()
    assert_hides_token(caught.value)


def test_a_traceback_keeps_its_frames() -> None:
    with pytest.raises(HCloudException) as caught:
        Client(TOKEN, "http://127.0.0.1:1", retries=0).images.get_list()
    shown = "".join(traceback.format_exception(caught.value))
    for function in ("urlopen", "endheaders", "_send_output", "create_connection"):
        assert f"in {function}\n" in shown


@pytest.mark.parametrize(
    ("cls", "arguments", "options"),
    [
        *((cls, (token,), {}) for cls in (Client, digitalocean.Client) for token in (f"{TOKEN}\n", TOKEN.encode())),
        *((cls, (TOKEN, "no endpoint"), {}) for cls in (Client, digitalocean.Client)),
        *((cls, (TOKEN,), {"retries": -1}) for cls in (Client, digitalocean.Client)),
        *((cls, (TOKEN,), {"no_option": 1}) for cls in (Client, digitalocean.Client)),
        (Client, (TOKEN, "https://example.com", "a\n"), {}),
        (ClientBase, (f"{TOKEN} ",), {"endpoint": "https://example.com"}),
        (ClientBase, (TOKEN,), {"endpoint": "example.com"}),
    ],
)
def test_no_failure_of_a_constructor_shows_the_token(
    cls: Any, arguments: tuple[Any, ...], options: dict[str, Any]
) -> None:
    with pytest.raises((InvalidArgumentError, TypeError)) as caught:
        cls(*arguments, **options)
    assert_hides_token(caught.value)


PROGRAM = """
from hcloud import Client

client = Client.from_env(retries=0)

def test_images():
    assert client.images.get_list() == []

def test_servers():
    client.request("POST", "/servers", json={"user_data": "x"})
"""


def test_pytest_does_not_print_the_token(tmp_path: Path) -> None:
    peer = Peer(None)
    (tmp_path / "test_program.py").write_text(PROGRAM)
    environment = {**os.environ, "HCLOUD_TOKEN": TOKEN, "HCLOUD_ENDPOINT": peer.url}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--showlocals", "-vv", "--full-trace"]
    try:
        done = subprocess.run([*command, str(tmp_path)], env=environment, capture_output=True, text=True, check=False)
    finally:
        peer.close()
    assert "2 failed" in done.stdout
    assert "'Authorization': '***'" in done.stdout
    assert TOKEN[:8] not in done.stdout + done.stderr


def test_an_error_with_a_large_body_is_not_searched() -> None:
    body = json.dumps({"rows": [[str(number)] for number in range(100_000)]})
    error = {"error": {"code": "not_found", "message": "no"}, "rows": [[str(number)] for number in range(100_000)]}
    for reply in (body.encode(), error):
        client = Client(TOKEN, adapter=Stub((404, reply)), retries=0)
        with patch("hcloud.core.secrets.mask", wraps=mask) as masks, pytest.raises(HCloudException):
            client.images.get_list()
        assert 0 < masks.call_count < 1_000


def test_a_failing_hook_with_many_variables_loses_them() -> None:
    def fail(*_: object) -> None:
        rows = [[str(number)] for number in range(100_000)]
        assert not rows, "hook"

    client = Client(TOKEN, adapter=Stub(), on_request=fail)
    with patch("hcloud.core.secrets.mask", wraps=mask) as masks, pytest.raises(AssertionError, match="hook"):
        client.images.get_list()
    assert masks.call_count < 20_000


class Unreadable(dict[str, str]):
    """A container of another library that can't be iterated, such as a lazy one."""

    def __iter__(self) -> Iterator[str]:
        raise LookupError("not loaded")


@pytest.mark.parametrize(
    "make", [lambda: HTTPHeaderDict.__new__(HTTPHeaderDict), Unreadable], ids=["half made", "lazy"]
)
@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError, requests.ReadTimeout])
def test_a_container_that_cannot_be_read_hides_no_failure(
    make: Callable[[], object], failure: type[BaseException]
) -> None:
    """Ctrl-C may come while a container is being created, before it has its attributes."""

    def fail(request: object) -> StubResponse:
        token, headers = f"{TOKEN}", make()
        assert headers is not None
        assert token
        raise failure

    with pytest.raises(failure) as caught:
        Client(TOKEN, adapter=Stub(fail), retries=0).images.get_list()
    assert_hides_token(caught.value)


def test_errors_do_not_look_at_the_tokens_of_other_clients() -> None:
    client = Client(TOKEN, adapter=Stub(404), retries=0)
    with patch("hcloud.core.secrets._living_replacements") as living, pytest.raises(HCloudException) as caught:
        client.images.get_list()
    living.assert_not_called()
    assert_hides_token(caught.value)


LATE_ECHOES: dict[str, tuple[StubResponse, Callable[[Client], object]]] = {
    "message of an action": (
        (200, {"action": {**ACTION, "status": "error", "error": {"code": "x", "message": ECHO}}}),
        lambda client: client.actions.get_by_id(1).wait_until_finished(),
    ),
    "message of several actions": (
        (200, {"action": {**ACTION, "status": "error", "error": {"code": ECHO, "message": ""}}}),
        lambda client: client.actions.wait_for([client.actions.get_by_id(1)]),
    ),
    "next page": (
        (200, {"images": [], "meta": {"pagination": {"page": 1, "next_page": ECHO}}}),
        lambda client: client.images.get_all(),
    ),
    "name of what was waited for": (
        (200, {"image": {"id": 1, "name": ECHO}}),
        lambda client: client.images.get_by_id(1).wait_for(lambda _: False, timeout=0),
    ),
}


@pytest.mark.parametrize(("reply", "call"), LATE_ECHOES.values(), ids=LATE_ECHOES)
def test_no_message_after_the_request_shows_the_token(reply: StubResponse, call: Callable[[Client], object]) -> None:
    with pytest.raises(HCloudException) as caught:
        call(Client(TOKEN, adapter=Stub(reply)))
    assert TOKEN[:8] not in str(caught.value)
    assert "***" in str(caught.value)


def test_exceptions_in_groups_and_lists_do_not_show_the_token() -> None:
    def fail(sent: Any) -> Any:
        failure = RuntimeError([LookupError(TOKEN)])
        failure.others = {"first": (LookupError(TOKEN),)}  # type: ignore[attr-defined]
        raise ExceptionGroup("several", [failure, OSError(TOKEN)])

    with pytest.raises(ExceptionGroup) as caught:
        Client(TOKEN, adapter=Stub(fail)).images.get_list()
    assert_hides_token(caught.value)
    first, second = caught.value.exceptions
    assert_hides_token(second)
    assert_hides_token(first)


# Masking


@pytest.mark.parametrize(
    ("token", "text", "masked"),
    [
        ("s3cr3t-token", "a s3cr3t-token, s3cr3t-token", "a ***, ***"),
        ("t0k3n", "t0k3n", "***"),
        ("token", "the token, Bearer token", "the token, Bearer ***"),
        ("x", "Bearer x is the next", "Bearer *** is the next"),
        ("", "Bearer nothing", "Bearer nothing"),
    ],
)
def test_mask(token: str, text: str, masked: str) -> None:
    living = Token(token)
    assert mask(text) == masked
    assert mask(text.encode()) == masked.encode()
    assert repr(living) == "'***'"


def test_tokens_are_masked_as_long_as_a_client_has_them() -> None:
    first, second = Client("t0k3n-of-two"), Client("t0k3n-of-two")
    del first
    assert mask("t0k3n-of-two") == "***"
    del second
    assert mask("t0k3n-of-two") == "t0k3n-of-two"


@given(st.binary(max_size=200), st.integers(8, len(TOKEN)))
def test_a_token_that_is_cut_off_is_masked(content: bytes, length: int) -> None:
    token = Token(TOKEN)
    assert TOKEN[:8].encode() not in mask(content + token[:length].encode())


def test_nothing_is_shown_by_a_mapping_of_headers() -> None:
    headers = Client(TOKEN)._client._headers
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in repr(headers) + repr(list(headers.values()))


def test_a_malformed_field_does_not_show_the_token() -> None:
    client = Client(TOKEN, adapter=Stub((200, {"image": {"id": 1, "created": ECHO}})))
    image = client.images.get_by_id(1)
    with pytest.raises(MalformedFieldError, match=r"'Authorization: Bearer \*\*\*'") as caught:
        image.created  # noqa: B018
    assert TOKEN not in str(caught.value)
