"""Volumes in the fake cloud."""

from __future__ import annotations

from typing import Any

import pytest

from hcloud.testing import FakeCloud
from tests.testing.api import API


@pytest.fixture
def volume(api: API) -> Any:
    created = api.post("/volumes", name="data", size=10, location="fsn1")
    api.cloud.finish_actions()
    return created["volume"]


def test_create(cloud: FakeCloud, api: API) -> None:
    created = api.post("/volumes", name="data", size=42, location="hel1", format="ext4", labels={"a": "b"})
    volume = created["volume"]
    assert (volume["status"], volume["size"], volume["format"], volume["server"]) == ("creating", 42, "ext4", None)
    assert volume["linux_device"].endswith(str(volume["id"]))
    assert created["next_actions"] == []
    assert api.get("/volumes", status="available")["volumes"] == []
    assert api.delete(f"/volumes/{volume['id']}").code == "locked"

    cloud.finish_actions()
    assert [volume["name"] for volume in api.get("/volumes", status="available", name="data")["volumes"]] == ["data"]
    assert api.put(f"/volumes/{volume['id']}", name="new")["volume"]["name"] == "new"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "-data"}, "name"),
        ({"name": "a" * 65}, "name"),
        ({"size": 9}, "size"),
        ({"size": 10241}, "size"),
        ({"location": None}, "location"),
        ({"format": "ntfs"}, "format"),
        ({"automount": True}, "automount"),
    ],
)
def test_bad_input(api: API, wrong: dict[str, Any], field: str) -> None:
    assert api.post("/volumes", **{"name": "data", "size": 10, "location": "fsn1", **wrong}).fields == [field]


def test_create_for_a_server(cloud: FakeCloud, api: API) -> None:
    server = api.server(location="hel1")
    arguments = {"name": "data", "size": 10, "server": server["id"]}
    assert api.post("/volumes", **arguments, location="fsn1").fields == ["location"]
    created = api.post("/volumes", **arguments, automount=True, format="xfs")
    assert [action["command"] for action in created["next_actions"]] == ["attach_volume"]
    assert (created["volume"]["server"], created["volume"]["location"]["name"]) == (None, "hel1")

    cloud.finish_actions()
    assert cloud.volumes["data"]["server"] == server["id"]
    assert cloud.servers["web"]["volumes"] == [created["volume"]["id"]]


def test_attaching(cloud: FakeCloud, api: API, volume: Any) -> None:
    path = f"/volumes/{volume['id']}"
    server, far = api.server(location="fsn1"), api.server("far", location="hel1")
    assert api.post(f"{path}/actions/detach").code == "invalid_input"
    assert api.post(f"{path}/actions/attach", server=far["id"]).fields == ["server"]

    started = api.post(f"{path}/actions/attach", server=server["id"], automount=False)
    assert api.get(path)["volume"]["server"] is None
    assert api.post(f"/servers/{server['id']}/actions/poweroff").code == "locked"
    assert api.done(started)["resources"] == [
        {"id": volume["id"], "type": "volume"},
        {"id": server["id"], "type": "server"},
    ]
    assert api.get(path)["volume"]["server"] == server["id"]
    assert api.post(f"{path}/actions/attach", server=server["id"]).code == "volume_already_attached"
    response = api.delete(path)
    assert response.code == "resource_in_use"
    assert "in use" in response.body["error"]["message"]

    api.done(api.post(f"{path}/actions/detach"))
    assert (cloud.volumes["data"]["server"], cloud.servers["web"]["volumes"]) == (None, [])
    assert api.delete(path).status == 204


def test_attaching_to_a_locked_server(api: API, volume: Any) -> None:
    server = api.server(location="fsn1")
    api.post(f"/servers/{server['id']}/actions/poweroff")
    assert api.post(f"/volumes/{volume['id']}/actions/attach", server=server["id"]).code == "locked"


def test_sixteen_volumes_at_most(api: API, volume: Any) -> None:
    server = api.server(location="fsn1")
    for number in range(16):
        api.post("/volumes", name=f"data{number}", size=10, server=server["id"])
        api.cloud.finish_actions()
    assert api.post(f"/volumes/{volume['id']}/actions/attach", server=server["id"]).code == "limit_exceeded_error"


def test_failed_attachment(api: API, volume: Any) -> None:
    server = api.server(location="fsn1")
    api.cloud.fail_action("attach_volume")
    assert api.done(api.post(f"/volumes/{volume['id']}/actions/attach", server=server["id"]))["status"] == "error"
    assert api.get(f"/volumes/{volume['id']}")["volume"]["server"] is None


def test_servers_with_volumes(cloud: FakeCloud, api: API) -> None:
    far = api.post("/volumes", name="far", size=10, location="hel1")["volume"]["id"]
    arguments = {"name": "web", "server_type": "cx23", "image": "debian-12"}
    assert api.post("/servers", **arguments, volumes=[far]).code == "locked"
    cloud.finish_actions()
    assert api.post("/servers", **arguments, location="fsn1", volumes=[far]).fields == ["server"]
    assert api.post("/servers", **arguments, volumes=[far, far]).fields == ["volumes"]

    created = api.post("/servers", **arguments, volumes=[far], automount=True)
    assert [action["command"] for action in created["next_actions"]] == ["attach_volume", "start_server"]
    cloud.finish_actions()
    server = cloud.servers["web"]
    assert (server["location"]["name"], server["volumes"]) == ("hel1", [far])
    assert api.post("/servers", **{**arguments, "name": "two"}, volumes=[far]).code == "volume_already_attached"

    api.delete(f"/servers/{server['id']}")
    assert cloud.volumes["far"]["server"] is None


def test_resize_and_protection(api: API, volume: Any) -> None:
    path = f"/volumes/{volume['id']}"
    assert api.post(f"{path}/actions/resize", size=10).fields == ["size"]
    assert api.done(api.post(f"{path}/actions/resize", size=11))["command"] == "resize_volume"
    assert api.get(path)["volume"]["size"] == 11
    api.post(f"{path}/actions/change_protection", delete=True)
    assert api.delete(path).code == "protected"
    api.post(f"{path}/actions/change_protection", delete=False)
    assert api.delete(path).status == 204
