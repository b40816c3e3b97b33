"""Volumes in the fake cloud."""

from __future__ import annotations

from typing import Any

import pytest

from hcloud.testing import FakeCloud
from tests.testing.api import API


@pytest.fixture
def volume(api: API) -> Any:
    made = api.post("/volumes", name="data", size=10, location="fsn1")
    api.cloud.finish_actions()
    return made["volume"]


def test_create(cloud: FakeCloud, api: API) -> None:
    made = api.post("/volumes", name="data", size=42, location="hel1", format="ext4", labels={"a": "b"})
    volume = made["volume"]
    assert (volume["status"], volume["size"], volume["format"], volume["server"]) == ("creating", 42, "ext4", None)
    assert volume["linux_device"].endswith(str(volume["id"]))
    assert made["next_actions"] == []
    assert api.get("/volumes", status="available")["volumes"] == []
    assert api.delete(f"/volumes/{volume['id']}").code == "locked"

    cloud.finish_actions()
    assert [each["name"] for each in api.get("/volumes", status="available", name="data")["volumes"]] == ["data"]
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
    wanted = {"name": "data", "size": 10, "server": server["id"]}
    assert api.post("/volumes", **wanted, location="fsn1").fields == ["location"]
    made = api.post("/volumes", **wanted, automount=True, format="xfs")
    assert [each["command"] for each in made["next_actions"]] == ["attach_volume"]
    assert (made["volume"]["server"], made["volume"]["location"]["name"]) == (None, "hel1")

    cloud.finish_actions()
    assert cloud.volumes["data"]["server"] == server["id"]
    assert cloud.servers["web"]["volumes"] == [made["volume"]["id"]]


def test_attaching(cloud: FakeCloud, api: API, volume: Any) -> None:
    path = f"/volumes/{volume['id']}"
    server, far = api.server(location="fsn1"), api.server("far", location="hel1")
    assert api.post(f"{path}/actions/detach").code == "invalid_input"
    assert api.post(f"{path}/actions/attach", server=far["id"]).fields == ["server"]

    begun = api.post(f"{path}/actions/attach", server=server["id"], automount=False)
    assert api.get(path)["volume"]["server"] is None
    assert api.post(f"/servers/{server['id']}/actions/poweroff").code == "locked"
    assert api.done(begun)["resources"] == [
        {"id": volume["id"], "type": "volume"},
        {"id": server["id"], "type": "server"},
    ]
    assert api.get(path)["volume"]["server"] == server["id"]
    assert api.post(f"{path}/actions/attach", server=server["id"]).code == "volume_already_attached"
    refused = api.delete(path)
    assert refused.code == "resource_in_use"
    assert "in use" in refused.body["error"]["message"]

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


def test_failing_to_attach(api: API, volume: Any) -> None:
    server = api.server(location="fsn1")
    api.cloud.fail_action("attach_volume")
    assert api.done(api.post(f"/volumes/{volume['id']}/actions/attach", server=server["id"]))["status"] == "error"
    assert api.get(f"/volumes/{volume['id']}")["volume"]["server"] is None


def test_servers_with_volumes(cloud: FakeCloud, api: API) -> None:
    far = api.post("/volumes", name="far", size=10, location="hel1")["volume"]["id"]
    wanted = {"name": "web", "server_type": "cx23", "image": "debian-12"}
    assert api.post("/servers", **wanted, volumes=[far]).code == "locked"
    cloud.finish_actions()
    assert api.post("/servers", **wanted, location="fsn1", volumes=[far]).fields == ["server"]
    assert api.post("/servers", **wanted, volumes=[far, far]).fields == ["volumes"]

    made = api.post("/servers", **wanted, volumes=[far], automount=True)
    assert [each["command"] for each in made["next_actions"]] == ["attach_volume", "start_server"]
    cloud.finish_actions()
    server = cloud.servers["web"]
    assert (server["location"]["name"], server["volumes"]) == ("hel1", [far])
    assert api.post("/servers", **{**wanted, "name": "two"}, volumes=[far]).code == "volume_already_attached"

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
