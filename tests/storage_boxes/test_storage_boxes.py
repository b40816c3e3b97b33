"""Storage boxes, with their snapshots and subaccounts."""

from __future__ import annotations

from typing import Any

import pytest

from hcloud import InvalidArgumentError, NotFoundError
from hcloud.locations import Location
from hcloud.ssh_keys import SSHKey
from hcloud.storage_box_types import StorageBoxType
from hcloud.storage_boxes import (
    BoundStorageBox,
    BoundStorageBoxSnapshot,
    BoundStorageBoxSubaccount,
    StorageBox,
    StorageBoxAccessSettings,
    StorageBoxSnapshot,
    StorageBoxSnapshotPlan,
    StorageBoxSubaccount,
    StorageBoxSubaccountAccessSettings,
)
from tests.stub import Stub, error

ACTION = {"id": 1, "command": "x", "status": "success", "progress": 100, "resources": [], "error": None}
NEW: dict[str, Any] = {
    "name": "backups",
    "password": "a-password",
    "location": Location(name="fsn1"),
    "storage_box_type": StorageBoxType(name="bx11"),
}


@pytest.fixture
def box(stub: Stub) -> BoundStorageBox:
    return BoundStorageBox(stub.client().storage_boxes, {"id": 7})


def test_create_sends_public_keys(stub: Stub) -> None:
    stub.responses = [(201, {"storage_box": {"id": 7}, "action": ACTION})]
    keys = ["ssh-ed25519 one", SSHKey(id=5, public_key="ssh-ed25519 two")]
    stub.client().storage_boxes.create(**NEW, ssh_keys=keys)
    assert stub.sent[0].url.startswith("https://api.hetzner.com/")
    assert stub.sent[0].json == {
        "name": "backups",
        "password": "a-password",
        "location": "fsn1",
        "storage_box_type": "bx11",
        "ssh_keys": ["ssh-ed25519 one", "ssh-ed25519 two"],
    }


def test_rejects_an_ssh_key_without_a_public_key(stub: Stub) -> None:
    with pytest.raises(InvalidArgumentError, match="has no public_key"):
        stub.client().storage_boxes.create(**NEW, ssh_keys=[SSHKey(id=5)])
    assert stub.sent == []


def test_snapshot_plan_is_sent_with_null_values_but_settings_are_not(stub: Stub, box: BoundStorageBox) -> None:
    stub.responses = [(201, {"action": ACTION})]
    box.enable_snapshot_plan(StorageBoxSnapshotPlan(max_snapshots=3, hour=4, minute=30, day_of_week=1))
    box.update_access_settings(StorageBoxAccessSettings(ssh_enabled=True, zfs_enabled=False))
    assert [sent.json for sent in stub.sent] == [
        {"max_snapshots": 3, "hour": 4, "minute": 30, "day_of_week": 1, "day_of_month": None},
        {"ssh_enabled": True, "zfs_enabled": False},
    ]


@pytest.mark.parametrize(("snapshot", "sent"), [({"id": 3, "name": "x"}, 3), ({"name": "x"}, "x")])
def test_rollback_to_a_snapshot_by_id_or_name(
    stub: Stub, box: BoundStorageBox, snapshot: dict[str, Any], sent: int | str
) -> None:
    stub.responses = [(201, {"action": ACTION})]
    box.rollback_snapshot(StorageBoxSnapshot(**snapshot))
    assert stub.sent[0].json == {"snapshot": sent}


# Snapshots and subaccounts


def test_new_snapshot_is_fetched_on_access(stub: Stub, box: BoundStorageBox) -> None:
    stub.responses = [
        (201, {"snapshot": {"id": 3, "storage_box": 7}, "action": ACTION}),
        (200, {"snapshot": {"id": 3, "storage_box": 7, "stats": {"size": 5, "size_filesystem": 9}}}),
    ]
    snapshot = box.create_snapshot(description="before").snapshot
    assert isinstance(snapshot, BoundStorageBoxSnapshot)
    assert (snapshot.id, snapshot.storage_box and snapshot.storage_box.id, len(stub.sent)) == (3, 7, 1)
    assert snapshot.stats is not None
    assert snapshot.stats.size == 5
    assert stub.sent[1].path == "/storage_boxes/7/snapshots/3"


def test_subaccount_is_addressed_through_its_storage_box(stub: Stub, box: BoundStorageBox) -> None:
    client = box._client
    stub.responses = [
        (200, {"subaccount": {"id": 4, "storage_box": 7, "name": "web"}}),
        (200, {"subaccount": {"id": 4, "storage_box": 7, "name": "new"}}),
        (201, {"action": ACTION}),
    ]
    account = BoundStorageBoxSubaccount(client, {"id": 4, "storage_box": 7}, complete=False)
    assert account.name == "web"
    account.update(name="new")
    assert account.name == "new", "update() refreshes the object"
    account.change_home_directory("/web")
    account.reset_password("a-password")
    account.update_access_settings(StorageBoxSubaccountAccessSettings(readonly=True))
    account.delete()
    assert [(sent.method, sent.path, sent.json) for sent in stub.sent] == [
        ("GET", "/storage_boxes/7/subaccounts/4", None),
        ("PUT", "/storage_boxes/7/subaccounts/4", {"name": "new"}),
        ("POST", "/storage_boxes/7/subaccounts/4/actions/change_home_directory", {"home_directory": "/web"}),
        ("POST", "/storage_boxes/7/subaccounts/4/actions/reset_subaccount_password", {"password": "a-password"}),
        ("POST", "/storage_boxes/7/subaccounts/4/actions/update_access_settings", {"readonly": True}),
        ("DELETE", "/storage_boxes/7/subaccounts/4", None),
    ]


def test_rejects_an_object_without_a_storage_box(stub: Stub) -> None:
    client = stub.client().storage_boxes
    with pytest.raises(InvalidArgumentError, match=r"snapshot=.* has no storage_box\.id"):
        client.delete_snapshot(StorageBoxSnapshot(id=3))
    with pytest.raises(InvalidArgumentError, match="storage_box"):
        assert BoundStorageBoxSubaccount(client, {"id": 4}, complete=False).name
    assert stub.sent == []


def test_missing_snapshot_raises_not_found(stub: Stub) -> None:
    stub.responses = [(404, error("not_found"))]
    snapshot = BoundStorageBoxSnapshot(stub.client().storage_boxes, {"id": 3, "storage_box": 7}, complete=False)
    for _ in range(2):
        with pytest.raises(NotFoundError):
            assert snapshot.name
    assert len(stub.sent) == 1


def test_listings_without_pagination(stub: Stub, box: BoundStorageBox) -> None:
    stub.responses = [(200, {"snapshots": [{"id": 3, "storage_box": 7}, {"id": 5, "storage_box": 7}]})]
    page = box.get_snapshot_list(is_automatic=False)
    assert page.meta.pagination is None
    assert box.get_snapshot_all(is_automatic=False) == page.snapshots
    assert [sent.query for sent in stub.sent] == [{"is_automatic": ["false"]}] * 2
    assert page.snapshots[0].storage_box is page.snapshots[1].storage_box


def test_get_subaccount_by_username_or_name(stub: Stub, box: BoundStorageBox) -> None:
    stub.responses = [(200, {"subaccounts": [{"id": 4, "storage_box": 7, "name": "web"}]}), (200, {"subaccounts": []})]
    subaccount = box.get_subaccount_by_username("u1-sub1")
    assert subaccount == StorageBoxSubaccount(id=4, name="web", storage_box=StorageBox(id=7))
    assert box.get_subaccount_by_name("web") is None
    assert [sent.query for sent in stub.sent] == [{"username": ["u1-sub1"]}, {"name": ["web"]}]
