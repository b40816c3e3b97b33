"""Serving a fake cloud over real sockets."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from hcloud.testing import FakeCloud, RealClock, serve
from hcloud.testing.saved import dumps

ROOT = Path(__file__).parents[2]


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
        connection.request("POST" if path == "/" else "GET", path, b"GET /v1/images HTTP/1.1\r\n\r\n")
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
        silent.sendall(b"GET /v1/servers HTTP/1.1\r\nHost: x\r\n\r\n")
        idle.sendall(b"GET /v1/locations HTTP/1.1\r\nHost: x\r\n\r\n")
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


def test_default_cloud() -> None:
    with serve() as address:
        response = requests.get(f"{address}/locations", headers={"Authorization": "Bearer any"}, timeout=5)
    assert response.status_code == 200


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
    assert len(cloud.requests) == 2, "requests of the status page are not logged"


# The command


@contextlib.contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "hcloud.testing", "--port", "0", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd="/", env=environment) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0


def test_command_saves_its_state(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    headers = {"Authorization": "Bearer mine"}
    arguments = {"name": "web", "server_type": "cx23", "image": "debian-12"}
    with started("--state", str(state), "--token", "mine", "--duration", "1000") as (_, address):
        assert requests.get(f"{address}/servers", headers={"Authorization": "Bearer x"}, timeout=5).status_code == 401
        created = requests.post(f"{address}/servers", json=arguments, headers=headers, timeout=5).json()
    assert "mine" not in state.read_text()

    with started("--state", str(state), "--rate-limit", "7") as (_, address):
        listed = requests.get(f"{address}/servers", headers=headers, timeout=5)
    assert listed.json()["servers"] == [created["server"]]
    assert listed.headers["RateLimit-Limit"] == "7"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--state", "{}/bad.json"], "bad.json: this is not the state of a cloud"),
        (["--state", "{}/no/where.json"], "no/where.json does not exist"),
        (["--port", "{port}"], "cannot listen on 127.0.0.1"),
        (["--port", "65536"], "--port must be from 0 to 65535, not 65536"),
        (["--token", ""], "--token must not be empty"),
        (["--rate-limit", "0"], "at least 1 request an hour"),
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
    with pytest.raises(SystemExit) as exited:
        main([argument.format(tmp_path, port=urlsplit(address).port) for argument in arguments])
    assert exited.value.code == 1
    assert message in capsys.readouterr().err


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
