"""Storage boxes and their types in the fake cloud."""

from __future__ import annotations

from typing import Any

import pytest

from hcloud.testing import FakeCloud
from tests.testing.api import API

PASSWORD = "Correct-Horse-9"


@pytest.fixture
def box(api: API) -> Any:
    response = api.post("/storage_boxes", name="backups", storage_box_type="bx11", location="fsn1", password=PASSWORD)
    api.done(response)
    return api.get(f"/storage_boxes/{response['storage_box']['id']}")["storage_box"]


def test_descriptions_of_snapshots(api: API, box: Any) -> None:
    path = f"/storage_boxes/{box['id']}/snapshots"
    for wrong in ("é", "a;b", "a\nb", "x" * 1001):
        assert api.post(path, description=wrong).fields == ["description"]
    created = api.post(path, description="before #7, [a-z] <now> {or} later!")
    api.done(created)
    assert api.put(f"{path}/{created['snapshot']['id']}", description="$").fields == ["description"]


def test_types(api: API) -> None:
    assert [(box_type["id"], box_type["name"]) for box_type in api.get("/storage_box_types")["storage_box_types"]] == [
        (1333, "bx11"),
        (1334, "bx21"),
        (1335, "bx31"),
        (1336, "bx41"),
    ]
    bx11 = api.get("/storage_box_types/1333")["storage_box_type"]
    assert (bx11["size"], bx11["snapshot_limit"], bx11["subaccounts_limit"]) == (1024**4, 10, 100)
    assert len(api.get("/storage_box_types", sort="id:asc")["storage_box_types"]) == 4, "a sort that nobody offers"
    assert api.get("/storage_box_types", name="bx21")["storage_box_types"][0]["id"] == 1334


def test_create(api: API) -> None:
    settings = {"ssh_enabled": True}
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAC3NzaC1lZDI1NTE5 me@home"
    response = api.post(
        "/storage_boxes",
        name="backups",
        storage_box_type=1333,
        location="hel1",
        password=PASSWORD,
        ssh_keys=[key],
        access_settings=settings,
        labels={"a": "b"},
    )
    created = response["storage_box"]
    assert (created["status"], created["username"], created["server"], created["system"]) == (
        "initializing",
        None,
        None,
        None,
    )
    assert created["access_settings"] == {
        "reachable_externally": False,
        "samba_enabled": False,
        "ssh_enabled": True,
        "webdav_enabled": False,
        "zfs_enabled": False,
    }
    action = api.done(response)
    assert (action["command"], action["resources"]) == ("create", [{"id": created["id"], "type": "storage_box"}])
    created = api.get(f"/storage_boxes/{created['id']}")["storage_box"]
    assert (created["status"], created["username"], created["server"]) == (
        "active",
        "u500001",
        "u500001.your-storagebox.de",
    )
    assert created["system"].startswith("HEL1-BX")
    assert created["location"]["name"] == "hel1"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"password": "Short-1"}, "password"),
        ({"password": "no-upper-case-9"}, "password"),
        ({"password": "NO-LOWER-CASE-9"}, "password"),
        ({"password": "No-Digit-At-All"}, "password"),
        ({"password": "NoSpecialChar99"}, "password"),
        ({"password": f"{PASSWORD}<>"}, "password"),
        ({"location": "ash"}, "location"),
        ({"storage_box_type": "bx12"}, "storage_box_type"),
        ({"ssh_keys": ["no key"]}, "ssh_keys"),
        ({"ssh_keys": [7]}, "ssh_keys"),
    ],
)
def test_invalid_arguments(api: API, wrong: dict[str, Any], field: str) -> None:
    body = {"name": "x", "storage_box_type": "bx11", "location": "fsn1", "password": PASSWORD}
    assert api.post("/storage_boxes", **{**body, **wrong}).fields == [field]


def test_list_update_delete(api: API, box: Any) -> None:
    at = f"/storage_boxes/{box['id']}"
    assert api.put(at, name="new", labels={"a": "b"})["storage_box"]["name"] == "new"
    for sort in ("id", "name:desc", "created", "stats.size", "stats.size_filesystem:desc"):
        assert [listed["id"] for listed in api.get("/storage_boxes", sort=sort)["storage_boxes"]] == [box["id"]]
    assert api.get("/storage_boxes", name="backups")["storage_boxes"] == []
    assert len(api.get("/storage_boxes", label_selector="a=b")["storage_boxes"]) == 1

    api.done(api.post(f"{at}/actions/change_protection", delete=True))
    assert api.delete(at).code == "protected"
    api.done(api.post(f"{at}/actions/change_protection", delete=False))
    deleted = api.delete(at)
    assert (deleted.status, deleted["action"]["command"]) == (201, "delete")
    assert api.get(at).code == "not_found"


def test_actions(cloud: FakeCloud, api: API, box: Any) -> None:
    at = f"/storage_boxes/{box['id']}"
    changing = api.post(f"{at}/actions/change_type", storage_box_type="bx21")
    assert api.post(f"{at}/actions/reset_password", password=PASSWORD).code == "locked"
    assert api.post(f"{at}/snapshots").code == "locked"
    api.done(changing)
    assert cloud.storage_boxes["backups"]["storage_box_type"]["name"] == "bx21"
    assert api.post(f"{at}/actions/change_type", storage_box_type="bx21").fields == ["storage_box_type"]
    cloud.storage_boxes["backups"]["stats"]["size"] = 2 * 1024**4
    assert api.post(f"{at}/actions/change_type", storage_box_type="bx11").fields == ["storage_box_type"]

    assert api.post(f"{at}/actions/reset_password", password="x").fields == ["password"]
    assert api.done(api.post(f"{at}/actions/reset_password", password=PASSWORD))["command"] == "reset_password"
    api.done(api.post(f"{at}/actions/update_access_settings", samba_enabled=True, zfs_enabled=True))
    settings = cloud.storage_boxes["backups"]["access_settings"]
    assert [name for name, enabled in settings.items() if enabled] == ["samba_enabled", "zfs_enabled"]
    commands = [action["command"] for action in api.get(f"{at}/actions")["actions"]]
    assert commands == ["create", "change_type", "reset_password", "update_access_settings"]
    assert api.get("/storage_boxes/actions")["meta"]["pagination"]["total_entries"] == 4


def test_snapshots(cloud: FakeCloud, api: API, box: Any) -> None:
    at = f"/storage_boxes/{box['id']}/snapshots"
    first = api.post(at, description="before", labels={"a": "b"})
    assert first["snapshot"] == {"id": first["snapshot"]["id"], "storage_box": box["id"]}
    assert [resource["type"] for resource in api.done(first)["resources"]] == ["storage_box", "storage_box_snapshot"]
    again = api.post(at)
    api.done(again)
    snapshot = api.get(f"{at}/{first['snapshot']['id']}")["snapshot"]
    assert (snapshot["name"], snapshot["description"], snapshot["is_automatic"]) == (
        "2026-10-15T12-00-10",
        "before",
        False,
    )

    def ids(**query: Any) -> list[int]:
        return [snapshot["id"] for snapshot in api.get(at, **query)["snapshots"]]

    both = [first["snapshot"]["id"], again["snapshot"]["id"]]
    assert ids() == both
    assert ids(sort="created:desc") == both[::-1]
    assert ids(label_selector="a") == ids(name=snapshot["name"]) == both[:1]
    assert ids(is_automatic="true") == []

    assert api.put(f"{at}/{both[0]}", description="new", labels={})["snapshot"]["description"] == "new"
    api.done(api.post(f"/storage_boxes/{box['id']}/actions/rollback_snapshot", snapshot=snapshot["name"]))
    assert ids() == both[:1]
    rollback = f"/storage_boxes/{box['id']}/actions/rollback_snapshot"
    assert api.post(rollback, snapshot=both[1]).fields == ["snapshot"]
    deleted = api.delete(f"{at}/{both[0]}")
    assert (deleted.status, deleted["action"]["command"]) == (201, "delete_snapshot")
    cloud.finish_actions()
    assert api.get(f"{at}/{both[0]}").code == api.delete(f"{at}/{both[0]}").code == "not_found"


def test_snapshot_limit_and_failure(cloud: FakeCloud, api: API, box: Any) -> None:
    at = f"/storage_boxes/{box['id']}/snapshots"
    cloud.fail_action("create_snapshot")
    failed = api.post(at)
    api.done(failed)
    assert api.get(f"{at}/{failed['snapshot']['id']}").code == "not_found"
    for _ in range(10):
        api.done(api.post(at))
    assert api.post(at).code == "resource_limit_exceeded"
    assert len({snapshot["name"] for snapshot in api.get(at)["snapshots"]}) == 10


def test_snapshots_of_one_second_differ(api: API, box: Any) -> None:
    api.cloud._action_seconds = 0
    at = f"/storage_boxes/{box['id']}/snapshots"
    for _ in range(3):
        assert api.post(at).status == 201
    assert len({snapshot["name"] for snapshot in api.get(at)["snapshots"]}) == 3


def test_snapshot_plan(cloud: FakeCloud, api: API, box: Any) -> None:
    at = f"/storage_boxes/{box['id']}"
    plan = {"max_snapshots": 3, "minute": 30, "hour": 3, "day_of_week": 5, "day_of_month": None}
    api.done(api.post(f"{at}/actions/enable_snapshot_plan", **plan))
    assert api.get(at)["storage_box"]["snapshot_plan"] == plan
    cloud.advance(86_400)  # from Thursday 15 October to Friday
    (snapshot,) = api.get(f"{at}/snapshots")["snapshots"]
    assert (snapshot["name"], snapshot["created"]) == (
        "snapshot-daily--2026-10-16T03-30-00",
        "2026-10-16T03:30:00+00:00",
    )
    assert snapshot["is_automatic"]

    cloud.advance(60 * 86_400)
    created = [snapshot["created"][:10] for snapshot in api.get(f"{at}/snapshots", is_automatic="True")["snapshots"]]
    assert created == ["2026-11-27", "2026-12-04", "2026-12-11"]
    api.done(api.post(f"{at}/actions/disable_snapshot_plan"))
    cloud.advance(60 * 86_400)
    assert len(api.get(f"{at}/snapshots")["snapshots"]) == 3
    assert api.get(at)["storage_box"]["snapshot_plan"] is None
    assert api.post(f"{at}/actions/enable_snapshot_plan", max_snapshots=99, minute=0, hour=3).fields == [
        "max_snapshots"
    ]
    assert api.post(f"{at}/actions/enable_snapshot_plan", max_snapshots=1, hour=24).fields == ["minute", "hour"]


def test_subaccounts(cloud: FakeCloud, api: API, box: Any) -> None:
    at = f"/storage_boxes/{box['id']}/subaccounts"
    settings = {"readonly": True}
    created = api.post(at, home_directory="hosts/web", password=PASSWORD, name="web", access_settings=settings)
    assert [resource["type"] for resource in api.done(created)["resources"]] == [
        "storage_box",
        "storage_box_subaccount",
    ]
    other = api.post(at, home_directory="photos", password=PASSWORD, labels={"a": "b"})
    api.done(other)
    mine = f"{at}/{created['subaccount']['id']}"
    subaccount = api.get(mine)["subaccount"]
    assert (subaccount["username"], subaccount["server"]) == ("u500001-sub1", "u500001-sub1.your-storagebox.de")
    assert (subaccount["name"], subaccount["home_directory"], subaccount["access_settings"]["readonly"]) == (
        "web",
        "hosts/web",
        True,
    )

    def names(**query: Any) -> list[str]:
        return [subaccount["name"] for subaccount in api.get(at, **query)["subaccounts"]]

    assert names() == ["web", "u500001-sub2"]
    assert names(sort="id:desc") == ["u500001-sub2", "web"]
    assert names(username="u500001-sub2") == names(label_selector="a=b") == ["u500001-sub2"]
    assert names(name="web") == ["web"]
    assert api.put(mine, name="new", description="d", labels={"x": ""})["subaccount"]["name"] == "new"

    api.done(api.post(f"{mine}/actions/change_home_directory", home_directory="hosts/new"))
    api.done(api.post(f"{mine}/actions/reset_subaccount_password", password=PASSWORD))
    api.done(api.post(f"{mine}/actions/update_access_settings", readonly=False, samba_enabled=True))
    subaccount = api.get(mine)["subaccount"]
    assert subaccount["home_directory"] == "hosts/new"
    assert [name for name, enabled in subaccount["access_settings"].items() if enabled] == ["samba_enabled"]
    assert api.post(f"{mine}/actions/change_home_directory", home_directory="a*").fields == ["home_directory"]
    assert api.post(f"{mine}/actions/reset_subaccount_password", password="x").fields == ["password"]

    assert api.done(api.delete(mine))["command"] == "delete_subaccount"
    assert api.get(mine).code == "not_found"
    assert api.post(at, home_directory="x", password=PASSWORD)["subaccount"]["storage_box"] == box["id"]


def test_subaccount_limit_and_failure(cloud: FakeCloud, api: API, box: Any) -> None:
    at = f"/storage_boxes/{box['id']}/subaccounts"
    cloud.storage_boxes["backups"]["storage_box_type"]["subaccounts_limit"] = 1
    cloud.fail_action("create_subaccount")
    api.done(api.post(at, home_directory="x", password=PASSWORD))
    assert api.get(at)["subaccounts"] == []
    api.done(api.post(at, home_directory="x", password=PASSWORD))
    assert api.post(at, home_directory="x", password=PASSWORD).code == "resource_limit_exceeded"


def test_folders(api: API, box: Any) -> None:
    at = f"/storage_boxes/{box['id']}"
    assert api.get(f"{at}/folders")["folders"] == []
    for home in ("hosts/web", "hosts/db", "photos"):
        api.done(api.post(f"{at}/subaccounts", home_directory=home, password=PASSWORD))
    assert api.get(f"{at}/folders")["folders"] == ["hosts", "photos"]
    assert api.get(f"{at}/folders", path="./hosts/")["folders"] == ["db", "web"]
    assert api.get(f"{at}/folders", path="none").fields == ["path"]
