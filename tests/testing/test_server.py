"""Serving a fake cloud over real sockets."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from hcloud import APIException, Client
from hcloud.testing import FakeCloud, FakeDigitalOcean, ManualClock, RealClock, Request, serve, server
from hcloud.testing.http import MAX_BODY
from hcloud.testing.saved import dumps
from tests.api.validation import record_faults

ROOT = Path(__file__).parents[2]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCloud]:
    """A cloud that keeps its clock and its token while it is served; its responses are validated."""
    cloud = FakeCloud(clock=ManualClock(), any_token=False)
    faults = record_faults(cloud, "hetzner", monkeypatch)
    yield cloud
    assert sorted(set(faults)) == []


@pytest.fixture
def address(cloud: FakeCloud) -> Iterator[str]:
    with serve(cloud) as address:
        yield address


@pytest.fixture
def session(cloud: FakeCloud) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {cloud.project.token}"
        yield session


def test_requests_and_responses(cloud: FakeCloud, address: str, session: requests.Session) -> None:
    created = session.post(f"{address}/servers", json={"name": "web", "server_type": "cx23", "image": "debian-12"})
    assert (created.status_code, created.reason) == (201, "Created")
    cloud.finish_actions()

    listed = session.get(f"{address}/servers", params={"status": ["running", "off"]})
    assert listed.json()["servers"] == [cloud.servers["web"]]
    assert listed.links["last"]["url"] == f"{address}/servers?status=running&status=off&page=1&per_page=25"
    assert session.get(f"{address}/servers/1").json()["error"]["code"] == "not_found"
    assert session.get(f"{address}/nothing").status_code == 404
    assert requests.get(f"{address}/servers", timeout=5).status_code == 401


def test_empty_responses_have_no_content_headers(address: str, session: requests.Session) -> None:
    key = session.post(
        f"{address}/ssh_keys", json={"name": "x", "public_key": f"ssh-ed25519 {'AAAAC3NzaC1lZDI1NTE5' * 3}"}
    )
    response = session.delete(f"{address}/ssh_keys/{key.json()['ssh_key']['id']}")
    assert (response.status_code, response.content) == (204, b"")
    assert not {"Content-Type", "Content-Length", "Transfer-Encoding"} & set(response.headers)


def test_connections_stay_open(address: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=5)
    ports = set()
    for method, path in (("GET", "/v1/locations"), ("POST", "/v1/servers"), ("HEAD", "/v1/locations"), ("GET", "/")):
        connection.request(method, path, body=b"{}" if method == "POST" else None)
        connection.getresponse().read()
        assert connection.sock is not None, "the server closed the connection"
        ports.add(connection.sock.getsockname())
    assert len(ports) == 1
    connection.close()


def test_unexpected_bodies_are_read(address: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=5)
    for path, status in (("/", 200), ("/v1/nothing", 404), ("/v1/locations", 401)):
        connection.request("GET", path, b"GET /v1/images HTTP/1.1\r\n\r\n")
        response = connection.getresponse()
        response.read()
        assert response.status == status
    connection.close()


def test_absolute_url_in_the_request_line(cloud: FakeCloud, address: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=5)
    connection.request(
        "GET", f"{address}/zones/a%2Fb?name=x", headers={"Authorization": f"Bearer {cloud.project.token}"}
    )
    assert connection.getresponse().status == 404
    assert [str(request) for request in cloud.requests] == ["GET /zones/a%2Fb?name=x -> 404"]
    connection.close()


def test_chunked_bodies(cloud: FakeCloud, address: str, session: requests.Session) -> None:
    body = json.dumps({"name": "web", "server_type": "cx23", "image": "debian-12"}).encode()
    assert session.post(f"{address}/servers", data=iter([body[:20], body[20:]])).status_code == 201
    assert "web" in cloud.servers


def test_concurrent_requests(cloud: FakeCloud, address: str) -> None:
    def make(name: str) -> None:
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {cloud.project.token}"
            for number in range(5):
                arguments = {"name": f"{name}-{number}", "server_type": "cx23", "image": "debian-12"}
                assert session.post(f"{address}/servers", json=arguments, timeout=10).status_code == 201

    threads = [threading.Thread(target=make, args=(f"web-{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cloud.servers) == 20
    assert len({server["public_net"]["ipv4"]["ip"] for server in cloud.servers}) == 20


@pytest.mark.parametrize("kind", ["reset", "connect"])
def test_broken_connections(cloud: FakeCloud, address: str, session: requests.Session, kind: str) -> None:
    cloud.break_next(kind=kind)  # type: ignore[arg-type]
    with pytest.raises(requests.ConnectionError, match="reset"):
        session.get(f"{address}/locations")
    assert session.get(f"{address}/locations").status_code == 200


def test_response_timeout(cloud: FakeCloud, address: str, session: requests.Session) -> None:
    cloud.break_next(kind="timeout", when="after", method="POST")
    with pytest.raises(requests.ReadTimeout):
        session.post(f"{address}/placement_groups", json={}, timeout=(5, 0.05))
    assert session.get(f"{address}/locations").status_code == 200


def test_delays_use_the_clock_of_the_cloud(cloud: FakeCloud, address: str, session: requests.Session) -> None:
    before = cloud.clock.time()
    cloud.slow_down(3600)
    assert session.get(f"{address}/locations", timeout=5).status_code == 200
    assert cloud.clock.time() == before + 3600


def test_stopping_closes_open_connections(cloud: FakeCloud) -> None:
    with serve(cloud) as address, contextlib.ExitStack() as sockets:
        host, port = urlsplit(address).hostname, urlsplit(address).port
        assert port is not None
        idle, silent = (sockets.enter_context(socket.create_connection((host, port), timeout=5)) for _ in "12")
        cloud.break_next(kind="timeout", path="/servers")
        silent.sendall(b"GET /v1/servers HTTP/1.1\r\nHost: localhost\r\n\r\n")
        idle.sendall(b"GET /v1/locations HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(65536).startswith(b"HTTP/1.1 401 ")
        sockets.pop_all()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((host, port), timeout=5)
    with contextlib.suppress(ConnectionResetError):
        assert silent.recv(1) == b""
    assert idle.recv(1) == b""
    idle.close()
    silent.close()


def test_port_in_use(cloud: FakeCloud, address: str) -> None:
    port = urlsplit(address).port
    assert port is not None
    with pytest.raises(OSError, match="in use"), serve(cloud, port=port):
        pass


# Settings that a served cloud has by default


def test_default_cloud() -> None:
    with serve() as address:
        response = requests.get(f"{address}/locations", headers={"Authorization": "Bearer any"}, timeout=5)
    assert response.status_code == 200


def test_a_served_cloud_accepts_any_token_and_its_time_goes() -> None:
    cloud = FakeCloud(action_seconds=0.3)
    start = cloud.clock.time()
    with serve(cloud) as address, Client("any", api_endpoint=address, poll_interval=0.05) as client:
        created = client.servers.create("web", server_type="cx23", image="debian-12")
        created.action.wait_until_finished()
        assert created.action.status == "success"
        assert cloud.servers["web"]["status"] in ("off", "running")
        before = cloud.clock.time()
        assert before >= start + 0.3
        cloud.advance(3600)
        cloud.finish_actions()
        assert cloud.clock.time() >= before + 3600
    after = cloud.clock.time()
    cloud.clock.sleep(10_000)
    assert cloud.clock.time() == after + 10_000, "it stands still again, and waiting takes no time"
    assert cloud.client("any").locations is not None
    with pytest.raises(APIException, match="invalid"):
        cloud.client("any").locations.get_list()


@pytest.mark.parametrize(
    ("options", "status"),
    [({}, 200), ({"token": "mine"}, 401), ({"any_token": False}, 401), ({"token": "mine", "any_token": True}, 200)],
)
@pytest.mark.parametrize("cloud_class", [FakeCloud, FakeDigitalOcean])
def test_an_explicit_token_is_the_only_one(cloud_class: Any, options: dict[str, Any], status: int) -> None:
    with serve(cloud_class(**options)) as address:
        response = requests.get(f"{address}/images", headers={"Authorization": "Bearer any"}, timeout=5)
        anonymous = requests.get(f"{address}/images", timeout=5)
    assert (response.status_code, anonymous.status_code) == (status, 401)


def test_servers_of_a_cloud_may_end_in_any_order() -> None:
    cloud = FakeCloud()
    with contextlib.ExitStack() as second:
        with serve(cloud):
            address = second.enter_context(serve(cloud))
        began = cloud.clock.time()
        assert requests.get(f"{address}/locations", headers={"Authorization": "Bearer x"}, timeout=5).status_code == 200
        assert cloud.clock.time() > began
    stopped = cloud.clock.time()
    assert (cloud.clock.time(), cloud.any_token) == (stopped, False)


def test_an_explicit_clock_is_kept() -> None:
    clock = ManualClock()
    cloud = FakeCloud(clock=clock)
    before = clock.time()
    with serve(cloud), serve(cloud):
        time.sleep(0.02)
        assert cloud.clock is clock
        assert clock.time() == before


def test_the_default_clock_can_be_set_while_it_goes() -> None:
    cloud = FakeCloud()
    before = cloud.snapshot()
    with serve(cloud), serve(cloud):
        cloud.advance(1000)
        cloud.clock.sleep(0.01)
        cloud.restore(before)
        assert 0 <= cloud.clock.time() - FakeCloud().clock.time() < 900


# Clients that send what they should not


def raw(address: str, data: bytes, *, half_close: bool = False) -> bytes:
    """Send bytes on a new connection, and return everything that is received until it is closed."""
    host, port = urlsplit(address).hostname, urlsplit(address).port
    assert port is not None
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.sendall(data)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while part := connection.recv(65536):
            received += part
    return received


def test_bodies_have_a_limit(cloud: FakeCloud, address: str, session: requests.Session) -> None:
    url = f"{address}/placement_groups"
    for body in (b" " * (MAX_BODY + 1), iter([b" " * MAX_BODY, b" "])):
        response = session.post(url, data=body)
        assert (response.status_code, response.json()["error"]["code"]) == (413, "request_entity_too_large")
        assert response.headers["Connection"] == "close"
    # The limit itself is accepted, and the next request of the session works.
    padded = b'{"name":"x","type":"spread"}'.ljust(MAX_BODY)
    assert session.post(url, data=padded).status_code == 201
    assert [str(request.status) for request in cloud.requests] == ["201"]


def test_limit_of_bodies_without_a_server() -> None:
    cloud = FakeCloud(any_token=True)
    request = Request("POST", "/v1/servers", headers={"Authorization": "Bearer x"}, body=b" " * (MAX_BODY + 1))
    assert cloud.handle(request).status == 413


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        ("Content-Length: many", b"{}", 400),
        ("Content-Length: -5", b"{}", 400),
        ("Content-Length: " + "9" * 5000, b"{}", 413),
        ("Content-Length: 100", b"{}", 400),
        ("Content-Length: 2\r\nContent-Length: 3", b"{} ", 400),
        ("Transfer-Encoding: gzip", b"GET / HTTP/1.1\r\n\r\n", 501),
        ("Transfer-Encoding: chunked", b"zz\r\n{}\r\n", 400),
        ("Transfer-Encoding: chunked", b"2\r\n{}x\r\n", 400),
        ("Transfer-Encoding: chunked", b"1" * 5000, 400),
        ("Transfer-Encoding: chunked", b"fffffffffff\r\n{}", 400),
    ],
)
def test_malformed_bodies(cloud: FakeCloud, address: str, head: str, body: bytes, status: int) -> None:
    start = f"POST /v1/servers HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n".encode()
    received = raw(address, start + body, half_close=True)
    assert received.startswith(f"HTTP/1.1 {status} ".encode())
    assert received.count(b"HTTP/1.1 ") == 1
    assert len(cloud.requests) == 0


def test_clients_that_leave_are_no_error(
    address: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    host, port = urlsplit(address).hostname, urlsplit(address).port
    assert port is not None
    for _ in range(20):
        connection = socket.create_connection((host, port), timeout=10)
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()  # with a reset
    requests.get(f"{address}/locations", timeout=5)
    time.sleep(0.1)
    assert (caplog.records, capsys.readouterr().err) == ([], "")


def test_malformed_urls(address: str, caplog: pytest.LogCaptureFixture) -> None:
    received = raw(address, b"GET http://[ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 400 ")
    caplog.clear()


def test_idle_and_slow_connections_end(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server._Handler, "time_limit", 0.3)
    request = b"POST /v1/servers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n"
    with serve(cloud) as address:
        assert raw(address, b"") == b""
        assert raw(address, request + b"{}").startswith(b"HTTP/1.1 401 "), "it is idle after the response"
        assert raw(address, request + b"{").startswith(b"HTTP/1.1 400 ")
        assert b" 200 " not in raw(address, request[:20])
        # One that sends a byte now and then is ended, too.
        parts = urlsplit(address)
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as slow:
            for byte in request * 100:
                slow.send(bytes([byte]))
                time.sleep(0.01)
                with contextlib.suppress(BlockingIOError):
                    if slow.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) is not None:
                        break
            else:
                pytest.fail("the connection is still open")
    caplog.clear()


def test_connections_have_a_limit(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_MAX_CONNECTIONS", 2)
    get = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    parts = urlsplit(address)
    with contextlib.ExitStack() as sockets:
        for _ in range(2):
            connection = sockets.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=5))
            connection.sendall(get)
            assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        with contextlib.suppress(ConnectionResetError):
            assert raw(address, get) == b""
    for _ in range(500):
        with contextlib.suppress(ConnectionResetError):
            if raw(address, get.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")):
                break
        time.sleep(0.01)
    else:
        pytest.fail("no connection is accepted after the others have ended")


def test_a_response_may_take_longer_than_a_request(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server._Handler, "time_limit", 0.1)
    handle = cloud.handle
    monkeypatch.setattr(cloud, "handle", lambda request: (time.sleep(0.3), handle(request))[1])
    with serve(cloud) as address:
        response = requests.get(f"{address}/locations", timeout=5)
    assert (response.status_code, response.headers["Connection"]) == (401, "close")


@pytest.mark.parametrize(
    ("host", "is_allowed"),
    [
        ("localhost", True),
        ("LocalHost:80", True),
        ("fake.localhost", True),
        ("127.0.0.1:1", True),
        ("127.8.9.10", True),
        ("[::1]:8080", True),
        ("allowed.example:80", True),
        ("attacker.example", False),
        ("allowed.example.attacker.example", False),
        ("localhost.attacker.example", False),
        ("192.0.2.1", False),
        ("[::1", False),
        ("[::1]evil", False),
        ("attacker.example@localhost", False),
        ("localhost:80,attacker.example", False),
        ("localhost:80\r\nHost: attacker.example", False),
        ("localhost/attacker.example", False),
        ("localhost:port", False),
        ("[", False),
        ("", True),
    ],
)
def test_host_header(cloud: FakeCloud, host: str, is_allowed: bool) -> None:
    with serve(cloud, allowed_hosts=["Allowed.example"]) as address:
        for path in ("/", "/v1/locations"):
            head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            received = raw(address, head.encode())
            assert (received.split()[1] == b"403") is not is_allowed
            assert (b"was not given as --host" in received) is not is_allowed


def test_addresses_of_a_server_of_all_interfaces(cloud: FakeCloud) -> None:
    with serve(cloud, host="0.0.0.0") as address:
        for host, status in (("192.0.2.1", b"200"), ("[2001:db8::1]:80", b"200"), ("attacker.example", b"403")):
            head = f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            assert raw(address.replace("0.0.0.0", "127.0.0.1"), head.encode()).split()[1] == status


def test_a_missing_library_is_named(address: str, session: requests.Session, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(sys.modules, "hcloud.testing.x509", raising=False)
        patch.delattr("hcloud.testing.x509", raising=False)
        patch.setitem(sys.modules, "cryptography", None)
        response = session.post(f"{address}/certificates", json={"name": "x"})
    assert "pip install 'hcloud[testing]'" in response.json()["error"]["message"]
    caplog.clear()


def test_internal_errors(
    cloud: FakeCloud,
    address: str,
    session: requests.Session,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(cloud, "handle", lambda request: 1 // 0)
    monkeypatch.setattr(cloud, "advance", lambda seconds: 1 // 0)
    for url in (f"{address}/locations", address.removesuffix("v1")):
        response = session.get(url)
        assert (response.status_code, response.json()["error"]["code"]) == (500, "server_error")
        assert "ZeroDivisionError" in response.json()["error"]["message"]
    assert [record.getMessage() for record in caplog.records] == ["GET /v1/locations", "GET /"]
    caplog.clear()


# The status page


def test_status_page(cloud: FakeCloud, address: str, session: requests.Session) -> None:
    assert session.get(f"{address.removesuffix('v1')}").text.count("None.") == 3
    arguments = {"name": "web", "server_type": "cx23", "image": "debian-12", "labels": {"env": "prod"}}
    session.post(f"{address}/servers", json=arguments)
    session.get(f"{address}/servers", params={"name": "<script>alert(1)</script>"})

    page = session.get(f"{address.removesuffix('v1')}")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    for text in (
        "web",
        "env=prod",
        "cx23",
        cloud.servers["web"]["public_net"]["ipv4"]["ip"],
        "create_server",
        "/servers",
    ):
        assert text in page.text
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    assert cloud.project.token not in page.text
    for path in ("favicon.ico", "apple-touch-icon.png"):
        assert session.get(f"{address.removesuffix('v1')}{path}").status_code == 404
    assert len(cloud.requests) == 2, "requests of the status page and for its icon are not logged"


def test_status_page_can_only_be_read(address: str) -> None:
    page = address.removesuffix("v1")
    assert requests.head(page, timeout=5).status_code == 200
    for method in ("POST", "DELETE", "OPTIONS"):
        assert requests.request(method, page, timeout=5).status_code == 405


def test_status_page_loads_and_runs_nothing_else(address: str) -> None:
    page = requests.get(address.removesuffix("v1"), timeout=5)
    policy = page.headers["Content-Security-Policy"]
    style = page.text.partition("<style>")[2].partition("</style>")[0]
    assert f"style-src 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in policy
    for directive in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"):
        assert directive in policy
    assert 'href="data:,"' in page.text
    assert not re.search(r"<script|style=|\bon\w+=|src=", page.text)
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def test_status_page_fits_into_narrow_windows(address: str) -> None:
    page = requests.get(address.removesuffix("v1"), timeout=5).text
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in page
    # Texts of any length may break everywhere; only texts whose length is known may not.
    assert "main, h1, h2, p, td, th { overflow-wrap: anywhere }" in page
    unbroken = [rule for rule in page.splitlines() if "nowrap" in rule]
    assert unbroken == ["th, .number, .moment, .good, .bad, .busy { white-space: nowrap }"]
    assert "@media (max-width: 85rem) { main { display: block } }" in page
    assert "tr { display: block;" in page.partition("@media (max-width: 48rem)")[2]


# The command


@contextlib.contextmanager
def started(
    *arguments: str, signal_number: signal.Signals = signal.SIGTERM
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    # The tests may run in the background of a shell, where processes ignore SIGINT from their start.
    program = f"import runpy, signal; signal.signal({signal_number:d}, signal.SIG_DFL); "
    program += "runpy.run_module('hcloud.testing', run_name='__main__', alter_sys=True)"
    command = [sys.executable, "-c", program, "--port", "0", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd="/", env=environment) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
            process.send_signal(signal_number)
            assert process.wait(30) == 0
        finally:
            process.kill()


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("provider", ["hetzner", "digitalocean"])
def test_command_saves_its_state(tmp_path: Path, provider: str, signal_number: signal.Signals) -> None:
    state = tmp_path / "state.json"
    headers = {"Authorization": "Bearer mine"}
    common = ("--provider", provider, "--state", str(state))
    with started(*common, "--token", "mine", "--duration", "1000", signal_number=signal_number) as (_, address):
        assert requests.get(f"{address}/images", headers={"Authorization": "Bearer x"}, timeout=5).status_code == 401
        if provider == "hetzner":
            collection, arguments = "servers", {"name": "web", "server_type": "cx23", "image": "debian-12"}
        else:
            collection, arguments = "droplets", {"name": "web", "size": "s-1vcpu-1gb", "image": "debian-12-x64"}
        created = requests.post(f"{address}/{collection}", json=arguments, headers=headers, timeout=5).json()
        assert created[collection.removesuffix("s")]["status"] in ("initializing", "new")
    assert "mine" not in state.read_text()
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]

    state.chmod(0o644)
    with started(*common, "--rate-limit", "7") as (_, address):
        listed = requests.get(f"{address}/{collection}", headers=headers, timeout=5)
    (kept,) = listed.json()[collection]
    assert (kept["id"], kept["name"]) == (created[collection.removesuffix("s")]["id"], "web")
    assert listed.headers["RateLimit-Limit"] == "7"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600

    other = "digitalocean" if provider == "hetzner" else "hetzner"
    command = [sys.executable, "-m", "hcloud.testing", "--port", "0", "--provider", other, "--state", str(state)]
    failed = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, timeout=30)
    assert (failed.returncode, f"it is one of {provider}, not of {other}" in failed.stderr) == (1, True)


def test_the_state_is_never_written_through_a_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from hcloud.testing.__main__ import _save, main

    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("kept")
    link.symlink_to(target)
    with pytest.raises(SystemExit):
        main(["--port", "0", "--state", str(link)])
    assert "link: the state must be a file, not a link or a folder" in capsys.readouterr().err

    _save(FakeCloud(), link)  # the link was made while the server was running
    assert (target.read_text(), link.is_symlink()) == ("kept", False)
    FakeCloud().restore(link.read_bytes())


def test_a_state_that_cannot_be_saved_leaves_the_former_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hcloud.testing import __main__

    state = tmp_path / "state.json"
    state.write_text("former")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        __main__._save(FakeCloud(), state)
    assert state.read_text() == "former"
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--state", "{}/bad.json"], "bad.json: this is not the state of a cloud"),
        (["--state", "{}/no/where.json"], "no/where.json: its folder does not exist"),
        (["--state", "{}"], "the state must be a file, not a link or a folder"),
        (["--port", "{port}"], "cannot listen on 127.0.0.1"),
        (["--port", "65536"], "--port must be from 0 to 65535, not 65536"),
        (["--token", ""], "--token must not be empty"),
        (["--host", ""], "host must not be empty; 0.0.0.0 and :: are the addresses of all interfaces"),
        (["--state", "{}/former"], "it is a snapshot of an older version"),
        (["--rate-limit", "0"], "rate_limit must be at least 1, not 0"),
        *(
            (["--duration", seconds], "the duration of an action must be 0 seconds or more")
            for seconds in ("-1", "nan", "inf")
        ),
    ],
)
def test_command_rejects_invalid_options(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    from hcloud.testing.__main__ import main

    (tmp_path / "bad.json").write_text('{"format": "other"}')
    (tmp_path / "former").write_bytes(b"\x80\x05pickled")
    with pytest.raises(SystemExit) as exited:
        main([argument.format(tmp_path, port=urlsplit(address).port) for argument in arguments])
    assert exited.value.code == 1
    assert message in capsys.readouterr().err


def test_a_folder_that_is_not_writable_is_noticed_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from hcloud.testing.__main__ import main

    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # root may write everywhere
    with pytest.raises(SystemExit):
        main(["--port", "0", "--state", str(tmp_path / "state.json")])
    assert "state.json: its folder is not writable" in capsys.readouterr().err


def test_command_runs_without_a_reader_of_its_output(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "hcloud.testing", "--port", str(port), "--state", str(state)]
    reader, writer = os.pipe()
    os.close(reader)
    with subprocess.Popen(command, stdout=writer, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        os.close(writer)
        until = time.monotonic() + 20
        while time.monotonic() < until and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        time.sleep(0.2)  # the output follows
        process.terminate()
        _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors, state.exists()) == (0, "", True)


def test_missing_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from hcloud.testing.__main__ import main

    for name in [name for name in sys.modules if name.startswith("werkzeug")] + ["hcloud.testing.server"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "werkzeug", None)
    with pytest.raises(ImportError, match=r"pip install 'hcloud\[testing\]'"):
        import_module("hcloud.testing.server")
    with pytest.raises(SystemExit):
        main(["--port", "0"])
    assert "hcloud[testing]" in capsys.readouterr().err


def test_state_excludes_the_token_of_the_first_project() -> None:
    assert "very-secret" not in dumps(FakeCloud(clock=RealClock(), token="very-secret"))
