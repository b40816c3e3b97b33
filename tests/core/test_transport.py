"""What goes over the wire, by which way, and over which connections."""

from __future__ import annotations

import gzip
import json
import logging
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import requests
import responses
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.adapters import BaseAdapter
from responses import matchers

from hcloud import Client
from hcloud._exceptions import APIException, HCloudException, InvalidArgumentError, NetworkError, OutcomeUnknownError
from hcloud.core.transport import Adapter, Session
from hcloud.images import Image
from hcloud.servers import Server

URL = "https://api.hetzner.cloud/v1"


class Noted(BaseAdapter):
    """Notes what it is given to send."""

    def __init__(self, *statuses: int) -> None:
        super().__init__()
        self.prepared: list[requests.PreparedRequest] = []
        self.settings: list[dict[str, Any]] = []

    def send(self, request: requests.PreparedRequest, **settings: Any) -> requests.Response:  # type: ignore[override]
        self.prepared.append(request)
        self.settings.append(settings)
        response = requests.Response()
        response.status_code, response.url, response.request = 200, str(request.url), request
        response._content = b'{"images": []}'
        return response

    def close(self) -> None: ...


class Loopback:
    """A server on this machine: it tells how it was asked, and counts connections."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answer: Any = lambda: (200, b'{"images": []}', {})
        self.open = 0
        self.closed = threading.Condition()
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                with loopback.closed:
                    loopback.connections += 1
                    loopback.open += 1

            def finish(self) -> None:
                super().finish()
                with loopback.closed:
                    loopback.open -= 1
                    loopback.closed.notify_all()

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                loopback.requests.append((self.command, self.path, dict(self.headers), body))
                status, content, headers = loopback.answer()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_PUT = do_DELETE = do_GET

            def log_message(self, *_: Any) -> None: ...

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 100

        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True)
        self.thread.start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.url = f"{self.origin}/v1"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = Loopback()
    yield server
    server.stop()


@pytest.fixture
def client(loopback: Loopback) -> Iterator[Client]:
    with Client("the-token", api_endpoint=loopback.url) as client:
        yield client


# The same as requests sends


PAIR = (Session(Noted()), requests.Session())


def both(method: str, url: str, **given: Any) -> tuple[requests.PreparedRequest, requests.PreparedRequest]:
    """A request as the short way makes it, and as requests does."""
    sent = []
    for session in PAIR:
        adapter = Noted()
        session.mount("https://", adapter)
        session.request(method=method, url=url, headers={"Authorization": "Bearer x"}, timeout=1, **given)
        sent.append(adapter.prepared[0])
    return sent[0], sent[1]


texts = st.text(st.characters(codec="utf-8"), max_size=12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


@given(
    st.sampled_from(["GET", "DELETE", "POST", "PUT"]),
    st.dictionaries(
        texts.filter(bool), texts | st.integers() | st.lists(texts | st.integers(), max_size=3), max_size=3
    ),
    st.none() | st.dictionaries(texts, json_values, min_size=1, max_size=3),
)
@settings(max_examples=100, deadline=None)
def test_sends_what_requests_would(method: str, params: dict[str, Any], body: Any) -> None:
    ours, theirs = both(method, f"{URL}/images", params=params, json=body)
    assert (ours.method, ours.url, ours.body) == (theirs.method, theirs.url, theirs.body)
    assert dict(ours.headers) == dict(theirs.headers)


@pytest.mark.parametrize(
    "path", ["/images", "/zones/a%2Fb%20c", "/zones/é", "/a b", "/images?x=1", "/zones/%C3%A9/rrsets/@/A"]
)
def test_quotes_a_path_as_requests_does(path: str) -> None:
    ours, theirs = both("GET", f"{URL}{path}", params={"a": "b c"})
    assert ours.url == theirs.url


def test_a_body_that_is_no_json_is_refused(loopback: Loopback, client: Client) -> None:
    for body in ({"a": object()}, {"a": float("nan")}, {"a": {1, 2}}):
        with pytest.raises(InvalidArgumentError, match="JSON"):
            client.request("POST", "/images", json=body)
    assert loopback.requests == []


def test_headers_of_the_session_are_sent(loopback: Loopback, client: Client) -> None:
    client.images.get_list()
    client._client._session.headers["X-Mine"] = "yes"
    client.images.get_list()
    client._client._session.headers["X-Mine"] = "no"
    client.images.get_list()
    assert [headers.get("X-Mine") for _, _, headers, _ in loopback.requests] == [None, "yes", "no"]


# Who stands in for the network


@responses.activate
def test_works_under_responses() -> None:
    responses.get(
        f"{URL}/images",
        json={"images": [{"id": 1}]},
        match=[
            matchers.query_param_matcher({"name": "a b", "type": ["system", "app"], "include_deprecated": "true"}),
            matchers.header_matcher({"Authorization": "Bearer the-token"}),
        ],
    )
    responses.put(
        f"{URL}/images/1", json={"image": {"id": 1}}, match=[matchers.json_params_matcher({"description": "é"})]
    )
    client = Client("the-token")
    assert client.images.get_list(name="a b", type=["system", "app"], include_deprecated=True).images[0].id == 1
    client.images.update(Image(id=1), description="é")
    assert len(responses.calls) == 2


@responses.activate
def test_an_unexpected_request_under_responses() -> None:
    with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
        Client("the-token").with_options(retries=0).images.get_list()


def test_works_where_sending_is_patched(monkeypatch: pytest.MonkeyPatch) -> None:
    """requests-mock and tracers put something in place of ``requests.Session.send``."""
    adapter = Noted()
    send = requests.Session.send

    def patched(session: requests.Session, request: requests.PreparedRequest, **given: Any) -> requests.Response:
        session.get_adapter = lambda url: adapter  # type: ignore[method-assign]
        return send(session, request, **given)

    client = Client("the-token")
    assert client._client._session
    monkeypatch.setattr(requests.Session, "send", patched)
    assert client.images.get_list(name="a b").images == []
    assert adapter.prepared[0].url == f"{URL}/images?name=a+b"
    assert adapter.prepared[0].headers["Authorization"] == "Bearer the-token"


@pytest.mark.parametrize("target", ["send", "request"])
@pytest.mark.parametrize("where", ["class", "session"])
def test_works_where_a_mock_stands_in(target: str, where: str, loopback: Loopback, client: Client) -> None:
    answer = requests.Response()
    answer.status_code, answer._content = 200, b'{"images": []}'
    session = client._client._session
    with mock.patch.object(requests.Session if where == "class" else session, target, return_value=answer) as stand_in:
        assert client.images.get_list(name="a b").images == []
        client.request("POST", "/images", json={"a": 1})
    assert loopback.requests == []
    first, second = stand_in.call_args_list
    if target == "send":
        assert (first.args[0].url, second.args[0].body) == (f"{loopback.url}/images?name=a+b", b'{"a": 1}')
    else:
        assert (first.kwargs["method"], first.kwargs["params"]) == ("GET", {"name": "a b"})
        assert (second.kwargs["url"], second.kwargs["json"]) == (f"{loopback.url}/images", {"a": 1})


@pytest.mark.parametrize(
    "change",
    [
        lambda session: session.hooks["response"].append(lambda response, **_: response),
        lambda session: session.params.update({"debug": "1"}),
        lambda session: session.proxies.update({"ftp": "http://127.0.0.1:9"}),
        lambda session: setattr(session, "verify", "/etc/ssl/own.pem"),
        lambda session: setattr(session, "cert", "/etc/ssl/own.pem"),
        lambda session: setattr(session, "verify", False),
        lambda session: session.cookies.set("a", "b"),
        lambda session: setattr(session, "trust_env", False),
        lambda session: setattr(session, "auth", ("me", "hunter2")),
    ],
    ids=["hooks", "params", "proxies", "verify", "cert", "unverified", "cookies", "trust_env", "auth"],
)
def test_what_a_program_sets_on_the_session_holds(change: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    seen = []
    for session in (Session(Noted()), requests.Session()):
        adapter = Noted()
        session.mount("https://", adapter)
        change(session)
        headers = {"Authorization": "Bearer x"}
        session.request(method="GET", url=f"{URL}/images", params={"a": "b"}, headers=headers, timeout=1)
        (prepared,), (given,) = adapter.prepared, adapter.settings
        settings = {name: given.get(name) for name in ("timeout", "verify", "cert")}
        seen.append((prepared.url, dict(prepared.headers), settings, dict(given.get("proxies") or {})))
    assert seen[0] == seen[1]


# Secrets of the machine


def test_the_token_wins_over_a_netrc_entry(
    loopback: Loopback, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password hunter2\ndefault login someone password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    client.images.get_list()
    client._client._session.hooks["response"].append(lambda response, **_: response)  # the way of requests
    client.images.get_list()
    assert [headers["Authorization"] for _, _, headers, _ in loopback.requests] == ["Bearer the-token"] * 2


def test_a_redirect_to_another_host_takes_no_token(loopback: Loopback, client: Client) -> None:
    other = Loopback()
    try:
        loopback.answer = lambda: (302, b"", {"Location": f"http://localhost:{other.server.server_port}/v1/images"})
        client.images.get_list()
        ((_, path, headers, _),) = other.requests
    finally:
        other.stop()
    assert path == "/v1/images"
    assert "Authorization" not in headers


def test_a_redirect_is_followed_within_the_host(loopback: Loopback, client: Client) -> None:
    moved, found = (301, b"", {"Location": "/v2/images"}), (200, b'{"images": [{"id": 1}]}', {})
    loopback.answer = lambda: moved if loopback.requests[-1][1] == "/v1/images?name=x" else found
    assert client.images.get_list(name="x").images[0].id == 1
    assert {path for _, path, _, _ in loopback.requests} == {"/v1/images?name=x", "/v2/images"}
    assert loopback.requests[-1][2]["Authorization"] == "Bearer the-token"


def test_a_redirected_post_is_an_error(loopback: Loopback, client: Client) -> None:
    loopback.answer = lambda: (307, b"", {"Location": "/elsewhere"})
    with pytest.raises(APIException) as caught:
        client.servers.power_on(Server(id=1))
    assert caught.value.http_status == 307
    assert len(loopback.requests) == 1


# The environment may change


def test_proxies_that_change(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Loopback()
    url = loopback.url.replace("127.0.0.1", "0.0.0.0")  # reaches this machine, too, but by the proxies
    client = Client("the-token", api_endpoint=url, allow_http=True)
    try:
        client.images.get_list()
        monkeypatch.setenv("http_proxy", proxy.origin)
        client.images.get_list(name="x")
        monkeypatch.setenv("no_proxy", "0.0.0.0")
        client.images.get_list()
        monkeypatch.delenv("no_proxy")
        client.images.get_list()
        monkeypatch.delenv("http_proxy")
        client.images.get_list()
    finally:
        client.close()
        proxy.stop()
    assert len(loopback.requests) == 3
    assert [path for _, path, _, _ in proxy.requests] == [f"{url}/images?name=x", f"{url}/images"]


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_proxies_of_the_environment_do_not_get_requests_to_this_machine(
    variable: str, host: str, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Loopback()
    try:
        monkeypatch.setenv(variable, proxy.origin)
        with Client("the-token", api_endpoint=loopback.url.replace("127.0.0.1", host)) as client:
            client.images.get_list()
            client._client._session.hooks["response"].append(lambda response, **_: response)  # the path of requests
            client.images.get_list()
    finally:
        proxy.stop()
    assert len(loopback.requests) == 2
    assert proxy.requests == []


def test_a_proxy_of_the_session_gets_requests_to_this_machine(
    loopback: Loopback, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Loopback()
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    client._client._session.proxies["http"] = proxy.origin
    try:
        client.images.get_list()
    finally:
        proxy.stop()
    assert [path for _, path, _, _ in proxy.requests] == [f"{loopback.url}/images"]
    assert loopback.requests == []


def test_authorities_that_change(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    adapter = Noted()
    client = Client("the-token", adapter=adapter)
    client.images.get_list()
    monkeypatch.setenv("CURL_CA_BUNDLE", "/etc/ssl/curl.pem")
    client.images.get_list()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/own.pem")
    client.images.get_list()
    client._client._session.trust_env = False
    client.images.get_list()
    assert [each["verify"] for each in adapter.settings] == [True, "/etc/ssl/curl.pem", "/etc/ssl/own.pem", True]


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_authorities_that_cannot_be_loaded(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "own.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    client = Client("the-token", api_endpoint="https://127.0.0.1:9/v1")
    with pytest.raises(HCloudException, match=r"own\.pem, which REQUESTS_CA_BUNDLE .* can't be loaded") as caught:
        client.servers.create_image(Server(id=1))
    assert isinstance(caught.value, ValueError)
    assert not isinstance(caught.value, OutcomeUnknownError)


def test_authorities_are_loaded_by_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    adapter, made = Adapter(), []

    def make() -> ssl.SSLContext:
        assert adapter._lock.locked(), "others wait for this one, and take it"
        made.append(ssl.create_default_context())
        return made[-1]

    monkeypatch.setattr("hcloud.core.transport.create_urllib3_context", make)
    assert adapter._context(True) is adapter._context(True) is made[0]
    assert len(made) == 1


# Connections


def test_a_connection_is_kept(loopback: Loopback, client: Client) -> None:
    for _ in range(5):
        client.images.get_list()
    loopback.answer = lambda: (404, b'{"error": {"code": "not_found", "message": ""}}', {})
    with pytest.raises(APIException):
        client.images.get_by_id(1)
    loopback.answer = lambda: (200, b"not json", {})
    with pytest.raises(APIException):
        client.images.get_by_id(1)
    assert loopback.connections == 1


def test_a_burst_of_threads(loopback: Loopback, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    together = threading.Barrier(30)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(3):
                together.wait(10)
                client.images.get_list()
        except BaseException as failure:  # noqa: BLE001  # looked at below
            failures.append(failure)

    with caplog.at_level(logging.WARNING):
        threads = [threading.Thread(target=work) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    assert len(loopback.requests) == 90
    assert loopback.connections <= 30
    assert caplog.records == []


def test_closing_closes_every_connection(loopback: Loopback, client: Client) -> None:
    client.images.get_list()
    client.with_options(retries=1).images.get_list()
    client.close()
    with loopback.closed:
        assert loopback.closed.wait_for(lambda: loopback.open == 0, timeout=10)
    client.images.get_list()
    assert loopback.connections == 2


def test_a_stranger_that_hangs_up(loopback: Loopback) -> None:
    loopback.stop()
    with pytest.raises(NetworkError, match="refused") as caught:
        Client("the-token", api_endpoint=loopback.url).with_options(retries=0).images.get_list()
    assert isinstance(caught.value, requests.ConnectionError)


def test_compressed_answers(loopback: Loopback, client: Client) -> None:
    content = gzip.compress(json.dumps({"images": [{"id": 1, "name": "é"}]}).encode())
    loopback.answer = lambda: (200, content, {"Content-Encoding": "gzip", "Content-Type": "application/json"})
    assert client.images.get_list().images[0].name == "é"
    assert "gzip" in loopback.requests[0][2]["Accept-Encoding"]


def test_a_broken_answer_is_a_failure_of_the_network(loopback: Loopback, client: Client) -> None:
    loopback.answer = lambda: (200, b'{"images"', {"Content-Length": "1000", "Connection": "close"})
    with pytest.raises(NetworkError):
        client.with_options(retries=0, timeout=5).images.get_list()


def test_a_cookie_is_no_obstacle(loopback: Loopback, client: Client) -> None:
    loopback.answer = lambda: (200, b'{"images": []}', {"Set-Cookie": "a=b"})
    for _ in range(2):
        assert client.images.get_list().images == []


FORKING = """
import os, sys
from hcloud import Client

client = Client("the-token", api_endpoint=sys.argv[1])
client.images.get_list()
child = os.fork()
if not child:
    client.images.get_list()
    client.images.get_list()
    os._exit(0)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
client.images.get_list()
sys.exit(status)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_before_and_after_a_fork(loopback: Loopback) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", FORKING, loopback.url], check=True, timeout=30)
    assert len(loopback.requests) == 4
    assert loopback.connections == 2, "the child has a connection of its own"
