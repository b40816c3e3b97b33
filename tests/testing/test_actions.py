"""Actions in the fake cloud."""

from __future__ import annotations

import pytest

from hcloud.testing import FakeCloud
from tests.testing.api import API


def test_by_ids(api: API) -> None:
    server = api.server()
    ids = [action["id"] for action in api.get("/servers/actions")["actions"]]
    response = api.get("/actions", id=[*ids, 1, ids[0]])

    assert [action["id"] for action in response["actions"]] == ids
    assert set(response.body) == {"actions"}
    assert all(action["resources"] == [{"id": server["id"], "type": "server"}] for action in response["actions"])


def test_ids_are_required(api: API) -> None:
    assert api.get("/actions").status == 422
    assert api.get("/actions", id="x").fields == ["id"]


def test_of_a_resource(cloud: FakeCloud, api: API) -> None:
    web, other = api.server("web"), api.server("db")
    api.post(f"/servers/{web['id']}/actions/poweroff")

    assert len(api.get("/servers/actions")["actions"]) == 5
    mine = api.get(f"/servers/{web['id']}/actions")["actions"]
    assert [action["command"] for action in mine] == ["create_server", "start_server", "stop_server"]
    running = api.get(f"/servers/{web['id']}/actions", status="running")["actions"]
    assert running == [mine[2]]
    assert [action["id"] for action in api.get("/servers/actions", id=mine[0]["id"])["actions"]] == [mine[0]["id"]]
    assert api.get("/servers/actions", status="done").fields == ["status"]

    assert api.get(f"/servers/actions/{mine[0]['id']}")["action"] == mine[0]
    assert api.get(f"/servers/{web['id']}/actions/{mine[0]['id']}")["action"] == mine[0]
    assert api.get(f"/servers/{other['id']}/actions/{mine[0]['id']}").code == "not_found"
    assert api.get(f"/images/actions/{mine[0]['id']}").code == "not_found"
    assert api.get(f"/actions/{web['id']}").code == "not_found"
    assert api.get("/servers/actions/abc").code == "not_found"


def test_an_exception_in_an_effect_fails_only_its_action(
    cloud: FakeCloud, api: API, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server = api.server()
    monkeypatch.setattr(type(cloud.servers), "_stop", lambda self, server: {}["nothing"])
    started = api.post(f"/servers/{server['id']}/actions/poweroff")["action"]
    other = api.post("/volumes", name="vol", size=10, location="fsn1")
    cloud.advance(60)

    assert api.get("/locations").status == 200
    assert api.get(f"/volumes/{other['volume']['id']}")["volume"]["status"] == "available"
    failed = api.get(f"/actions/{started['id']}")["action"]
    assert failed["error"] == {"code": "server_error", "message": "a mistake in the fake cloud: KeyError"}
    assert failed["status"] == "error"
    assert [record.getMessage() for record in caplog.records] == [f"effect of stop_server {started['id']} failed"]
    caplog.clear()
