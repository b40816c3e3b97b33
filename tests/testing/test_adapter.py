"""The fake cloud as a transport adapter of ``requests``."""

from __future__ import annotations

import io
from typing import Any

import pytest
import requests

from hcloud.testing import FakeAdapter, FakeCloud

URL = "https://api.hetzner.cloud/v1"


@pytest.fixture
def session(cloud: FakeCloud) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", FakeAdapter(cloud))
    session.headers["Authorization"] = f"Bearer {cloud.project.token}"
    return session


def test_requests_and_responses(session: requests.Session, cloud: FakeCloud) -> None:
    created = session.post(f"{URL}/servers", json={"name": "web", "server_type": "cx23", "image": "debian-12"})
    assert created.status_code == 201
    assert created.reason == "Created"
    server = created.json()["server"]

    cloud.finish_actions()
    listed = session.get(f"{URL}/servers", params={"status": ["running", "off"], "label_selector": "!env"})
    assert listed.json()["servers"] == [cloud.servers["web"]]
    assert listed.headers["content-type"] == "application/json"
    assert listed.links["last"]["url"].startswith(f"{URL}/servers?status=running&status=off")
    assert session.delete(f"{URL}/servers/{server['id']}").ok
    with pytest.raises(requests.HTTPError, match="404 Client Error: Not Found"):
        session.get(f"{URL}/servers/{server['id']}").raise_for_status()


@pytest.mark.parametrize(
    ("kind", "error", "seconds"),
    [
        ("reset", requests.ConnectionError, 0),
        ("connect", requests.ConnectTimeout, 2),
        ("timeout", requests.ReadTimeout, 30),
    ],
)
def test_broken_connections(
    session: requests.Session, cloud: FakeCloud, kind: str, error: type[Exception], seconds: float
) -> None:
    start = cloud.clock.time()
    cloud.break_next(2, kind=kind)  # type: ignore[arg-type]
    with pytest.raises(error):
        session.get(f"{URL}/servers", timeout=(2, 30))
    with pytest.raises(error):
        session.get(f"{URL}/servers")
    assert cloud.clock.time() == start + seconds


def test_delayed_responses(session: requests.Session, cloud: FakeCloud) -> None:
    start = cloud.clock.time()
    cloud.slow_down(7)
    assert session.get(f"{URL}/servers", timeout=10).ok
    assert cloud.clock.time() == start + 7
    with pytest.raises(requests.ReadTimeout):
        session.get(f"{URL}/servers", timeout=(1, 2))
    assert cloud.clock.time() == start + 9


def test_streamed_responses(session: requests.Session) -> None:
    content = session.get(f"{URL}/servers").content
    with session.get(f"{URL}/servers", stream=True) as response:
        assert b"".join(response.iter_content(10)) == content
    with session.get(f"{URL}/servers", stream=True) as response:
        assert response.raw.read() == content
    assert (response.raw.status, response.raw.headers["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": 1}',
        '{"name":1}',
        bytearray(b'{"name":1}'),
        io.BytesIO(b'{"name":1}'),
        iter([b'{"name"', ":1}"]),
        None,
    ],
)
def test_bodies(session: requests.Session, cloud: FakeCloud, body: Any) -> None:
    assert session.post(f"{URL}/servers", data=body).status_code == 422
    assert cloud.requests[-1].body == ({"name": 1} if body else None)
