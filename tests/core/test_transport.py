"""Tests of the transport: prepared requests, mocks, credentials, the environment, and connections."""

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
from hcloud._exceptions import (
    APIException,
    HCloudException,
    InvalidArgumentError,
    InvalidResponseError,
    NetworkError,
    OutcomeUnknownError,
)
from hcloud.core.transport import Adapter, Session
from hcloud.images import Image
from hcloud.servers import Server

URL = "https://api.hetzner.cloud/v1"


class RecordingAdapter(BaseAdapter):
    """Adapter that records requests and their options, and responds with an empty list of images."""

    def __init__(self) -> None:
        super().__init__()
        self.prepared: list[requests.PreparedRequest] = []
        self.options: list[dict[str, Any]] = []

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        self.prepared.append(request)
        self.options.append(options)
        response = requests.Response()
        response.status_code, response.url, response.request = 200, str(request.url), request
        response._content = b'{"images": []}'
        return response

    def close(self) -> None: ...


class Loopback:
    """Local HTTP server that records requests and counts connections."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.respond: Any = lambda: (200, b'{"images": []}', {})
        self.open_connections = 0
        self.connection_closed = threading.Condition()
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                with loopback.connection_closed:
                    loopback.connections += 1
                    loopback.open_connections += 1

            def finish(self) -> None:
                super().finish()
                with loopback.connection_closed:
                    loopback.open_connections -= 1
                    loopback.connection_closed.notify_all()

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                loopback.requests.append((self.command, self.path, dict(self.headers), body))
                status, content, headers = loopback.respond()
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


# Comparison with requests


SESSIONS = (Session(RecordingAdapter()), requests.Session())


def prepare_with_both(
    method: str, url: str, **arguments: Any
) -> tuple[requests.PreparedRequest, requests.PreparedRequest]:
    """Return a request as prepared by the session of this library, and as prepared by requests."""
    prepared = []
    for session in SESSIONS:
        adapter = RecordingAdapter()
        session.mount("https://", adapter)
        session.request(method=method, url=url, headers={"Authorization": "Bearer x"}, timeout=1, **arguments)
        prepared.append(adapter.prepared[0])
    return prepared[0], prepared[1]


texts = st.text(st.characters(codec="utf-8"), max_size=12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(texts, values, max_size=3),
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
def test_prepared_requests_equal_those_of_requests(method: str, params: dict[str, Any], body: Any) -> None:
    ours, theirs = prepare_with_both(method, f"{URL}/images", params=params, json=body)
    assert (ours.method, ours.url, ours.body) == (theirs.method, theirs.url, theirs.body)
    assert dict(ours.headers) == dict(theirs.headers)


@pytest.mark.parametrize(
    "path", ["/images", "/zones/a%2Fb%20c", "/zones/é", "/a b", "/images?x=1", "/zones/%C3%A9/rrsets/@/A"]
)
def test_paths_are_quoted_as_by_requests(path: str) -> None:
    ours, theirs = prepare_with_both("GET", f"{URL}{path}", params={"a": "b c"})
    assert ours.url == theirs.url


def test_a_body_that_is_not_json_is_rejected(loopback: Loopback, client: Client) -> None:
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


# Mocks and customized sessions


@responses.activate
def test_requests_can_be_mocked_by_responses() -> None:
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
def test_unexpected_requests_are_rejected_by_responses() -> None:
    with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
        Client("the-token").with_options(retries=0).images.get_list()


def test_a_patched_session_send_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tools like requests-mock, and tracers, replace ``requests.Session.send``."""
    adapter = RecordingAdapter()
    send = requests.Session.send

    def patched(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        session.get_adapter = lambda url: adapter  # type: ignore[method-assign]
        return send(session, request, **options)

    client = Client("the-token")
    assert client._client._session
    monkeypatch.setattr(requests.Session, "send", patched)
    assert client.images.get_list(name="a b").images == []
    assert adapter.prepared[0].url == f"{URL}/images?name=a+b"
    assert adapter.prepared[0].headers["Authorization"] == "Bearer the-token"


@pytest.mark.parametrize("method", ["send", "request"])
@pytest.mark.parametrize("owner", ["class", "session"])
def test_a_mocked_session_method_is_used(method: str, owner: str, loopback: Loopback, client: Client) -> None:
    response = requests.Response()
    response.status_code, response._content = 200, b'{"images": []}'
    session = client._client._session
    patched = requests.Session if owner == "class" else session
    with mock.patch.object(patched, method, return_value=response) as mocked:
        assert client.images.get_list(name="a b").images == []
        client.request("POST", "/images", json={"a": 1})
    assert loopback.requests == []
    first, second = mocked.call_args_list
    if method == "send":
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
        lambda session: setattr(session, "auth", ("user", "hunter2")),
    ],
    ids=["hooks", "params", "proxies", "verify", "cert", "unverified", "cookies", "trust_env", "auth"],
)
def test_session_settings_have_the_same_effect_as_in_requests(change: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    results = []
    for session in (Session(RecordingAdapter()), requests.Session()):
        adapter = RecordingAdapter()
        session.mount("https://", adapter)
        change(session)
        headers = {"Authorization": "Bearer x"}
        session.request(method="GET", url=f"{URL}/images", params={"a": "b"}, headers=headers, timeout=1)
        (prepared,), (options,) = adapter.prepared, adapter.options
        compared = {name: options.get(name) for name in ("timeout", "verify", "cert")}
        results.append((prepared.url, dict(prepared.headers), compared, dict(options.get("proxies") or {})))
    assert results[0] == results[1]


# Credentials


def test_the_token_takes_precedence_over_a_netrc_entry(
    loopback: Loopback, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password hunter2\ndefault login someone password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    client.images.get_list()
    # A hook makes the session fall back to the code of requests.
    client._client._session.hooks["response"].append(lambda response, **_: response)
    client.images.get_list()
    assert [headers["Authorization"] for _, _, headers, _ in loopback.requests] == ["Bearer the-token"] * 2


def test_a_redirect_to_another_host_is_not_followed(loopback: Loopback, client: Client) -> None:
    other = Loopback()
    try:
        loopback.respond = lambda: (302, b"", {"Location": f"http://localhost:{other.server.server_port}/v1/images"})
        with pytest.raises(InvalidResponseError) as caught:
            client.images.get_list()
    finally:
        other.stop()
    assert caught.value.http_status == 302
    assert len(loopback.requests) == 1
    assert other.requests == []


def test_redirects_are_bounded_and_count_as_requests(loopback: Loopback, client: Client) -> None:
    loopback.respond = lambda: (307, b"", {"Location": loopback.requests[-1][1]})
    sent: list[str] = []
    counting = Client("the-token", api_endpoint=loopback.url, on_request=lambda request: sent.append(request.url))
    with pytest.raises(InvalidResponseError):
        counting.images.get_list()
    assert len(loopback.requests) == len(sent) == 4


def test_a_redirect_within_the_host_is_followed_with_the_token(loopback: Loopback, client: Client) -> None:
    redirect, success = (301, b"", {"Location": "/v2/images?name=x"}), (200, b'{"images": [{"id": 1}]}', {})
    loopback.respond = lambda: redirect if loopback.requests[-1][1] == "/v1/images?name=x" else success
    assert client.images.get_list(name="x").images[0].id == 1
    assert {path for _, path, _, _ in loopback.requests} == {"/v1/images?name=x", "/v2/images?name=x"}
    assert loopback.requests[-1][2]["Authorization"] == "Bearer the-token"


def test_a_redirected_post_raises(loopback: Loopback, client: Client) -> None:
    loopback.respond = lambda: (307, b"", {"Location": "/elsewhere"})
    with pytest.raises(APIException) as caught:
        client.servers.power_on(Server(id=1))
    assert caught.value.http_status == 307
    assert len(loopback.requests) == 1


# Changes of the environment


def test_changes_of_the_proxy_variables_take_effect(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_loopback_endpoints_bypass_proxies_of_the_environment(
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


def test_loopback_endpoints_use_proxies_of_the_session(
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


def test_changes_of_the_ca_bundle_variables_take_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    adapter = RecordingAdapter()
    client = Client("the-token", adapter=adapter)
    client.images.get_list()
    monkeypatch.setenv("CURL_CA_BUNDLE", "/etc/ssl/curl.pem")
    client.images.get_list()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/own.pem")
    client.images.get_list()
    client._client._session.trust_env = False
    client.images.get_list()
    assert [options["verify"] for options in adapter.options] == [True, "/etc/ssl/curl.pem", "/etc/ssl/own.pem", True]


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_invalid_ca_bundle_raises(content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "own.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    client = Client("the-token", api_endpoint="https://127.0.0.1:9/v1")
    with pytest.raises(HCloudException, match=r"own\.pem, which REQUESTS_CA_BUNDLE .* can't be loaded") as caught:
        client.servers.create_image(Server(id=1))
    assert isinstance(caught.value, ValueError)
    assert not isinstance(caught.value, OutcomeUnknownError)


def test_the_tls_context_is_created_once_while_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    adapter, contexts = Adapter(), []

    def create_context() -> ssl.SSLContext:
        assert adapter._lock.locked(), "other threads wait for this context"
        contexts.append(ssl.create_default_context())
        return contexts[-1]

    monkeypatch.setattr("hcloud.core.transport.create_urllib3_context", create_context)
    assert adapter._context(True) is adapter._context(True) is contexts[0]
    assert len(contexts) == 1


# Connections


def test_a_connection_is_reused(loopback: Loopback, client: Client) -> None:
    for _ in range(5):
        client.images.get_list()
    loopback.respond = lambda: (404, b'{"error": {"code": "not_found", "message": ""}}', {})
    with pytest.raises(APIException):
        client.images.get_by_id(1)
    loopback.respond = lambda: (200, b"not json", {})
    with pytest.raises(APIException):
        client.with_options(retries=0).images.get_by_id(1)
    assert loopback.connections == 1


def test_concurrent_threads_open_at_most_one_connection_each(
    loopback: Loopback, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    barrier = threading.Barrier(30)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(3):
                barrier.wait(10)
                client.images.get_list()
        except BaseException as failure:  # noqa: BLE001  # asserted below
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


def test_close_closes_all_connections(loopback: Loopback, client: Client) -> None:
    client.images.get_list()
    client.with_options(retries=1).images.get_list()
    client.close()
    with loopback.connection_closed:
        assert loopback.connection_closed.wait_for(lambda: loopback.open_connections == 0, timeout=10)
    client.images.get_list()
    assert loopback.connections == 2


def test_a_refused_connection_raises_a_network_error(loopback: Loopback) -> None:
    loopback.stop()
    with pytest.raises(NetworkError, match="refused") as caught:
        Client("the-token", api_endpoint=loopback.url).with_options(retries=0).images.get_list()
    assert isinstance(caught.value, requests.ConnectionError)


def test_compressed_responses_are_decoded(loopback: Loopback, client: Client) -> None:
    content = gzip.compress(json.dumps({"images": [{"id": 1, "name": "é"}]}).encode())
    loopback.respond = lambda: (200, content, {"Content-Encoding": "gzip", "Content-Type": "application/json"})
    assert client.images.get_list().images[0].name == "é"
    assert "gzip" in loopback.requests[0][2]["Accept-Encoding"]


def test_a_truncated_response_raises_a_network_error(loopback: Loopback, client: Client) -> None:
    loopback.respond = lambda: (200, b'{"images"', {"Content-Length": "1000", "Connection": "close"})
    with pytest.raises(NetworkError):
        client.with_options(retries=0, timeout=5).images.get_list()


def test_cookies_do_not_break_later_requests(loopback: Loopback, client: Client) -> None:
    loopback.respond = lambda: (200, b'{"images": []}', {"Set-Cookie": "a=b"})
    for _ in range(2):
        assert client.images.get_list().images == []


FORK_SCRIPT = """
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
def test_a_forked_child_opens_its_own_connection(loopback: Loopback) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", FORK_SCRIPT, loopback.url], check=True, timeout=30)
    assert len(loopback.requests) == 4
    assert loopback.connections == 2, "the child opens a connection of its own"


def test_an_old_urllib3_is_named() -> None:
    script = "import urllib3._version; urllib3._version.__version__ = '1.26.20'; import hcloud.core.transport"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 1
    assert "ImportError: hcloud needs urllib3 2 or newer, but 1.26.20 is installed" in result.stderr
