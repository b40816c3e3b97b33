"""Images in the fake cloud, from creation to deletion."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hcloud import Client
from hcloud._exceptions import InvalidInputError, NotFoundError, ProtectedError
from hcloud.actions import ActionFailedException
from hcloud.images import BoundImage, CreateImageResponse, Image
from hcloud.server_types import ServerType
from hcloud.servers import BoundServer
from hcloud.testing import FakeCloud

# A complete image, as the API sends it.
SENT: dict[str, Any] = {
    "id": 42,
    "type": "snapshot",
    "status": "available",
    "name": None,
    "description": "before the update",
    "image_size": 2.3,
    "disk_size": 10,
    "created": "2026-10-15T12:00:00Z",
    "created_from": {"id": 1, "name": "web"},
    "bound_to": None,
    "os_flavor": "ubuntu",
    "os_version": "24.04",
    "rapid_deploy": False,
    "protection": {"delete": False},
    "deprecation": {"announced": "2026-09-01T00:00:00Z", "unavailable_after": "2026-12-01T00:00:00Z"},
    "deleted": None,
    "labels": {"env": "prod"},
    "architecture": "x86",
}


@pytest.fixture
def server(client: Client) -> BoundServer:
    created = client.servers.create("web", ServerType(name="cx23"), Image(name="debian-12"))
    return created.wait().server


@pytest.fixture
def snapshot(server: BoundServer) -> BoundImage:
    image = server.create_image(description="before").wait().image
    image.reload()
    return image


def test_every_property(client: Client) -> None:
    image = BoundImage(client.images, SENT)
    read = {name: getattr(image, name) for name in SENT}
    assert read == {
        **SENT,
        "created": datetime(2026, 10, 15, 12, tzinfo=UTC),
        "created_from": BoundServer(client.servers, {"id": 1}, complete=False),
        "deprecation": image.deprecation,
    }
    assert image.deprecation is not None
    assert image.deprecation.unavailable_after == datetime(2026, 12, 1, tzinfo=UTC)
    assert {name for name in image.__api_properties__ if name != "deprecated"} == SENT.keys()
    assert image.to_dict() == SENT


def test_listing(client: Client, snapshot: BoundImage) -> None:
    assert client.images.get_list(type=["snapshot"]).images == [snapshot]
    assert client.images.get_all(type=["snapshot"]) == [snapshot]
    assert client.images.get_all(type=["snapshot"], status=["creating"]) == []
    assert [image.id for image in client.images.iter(type=["snapshot"])] == [snapshot.id]
    images = client.images.get_all(include_deprecated=True, per_page=5)
    assert len(images) == len({image.id for image in images}) > 5
    assert {image.type for image in client.images.get_all()} == {"system", "app", "snapshot"}


def test_by_name_and_architecture(client: Client) -> None:
    arm = client.images.get_by_name_and_architecture("debian-12", "arm")
    assert arm is not None
    assert (arm.name, arm.architecture) == ("debian-12", "arm")
    assert client.images.get_by_name_and_architecture("no-such-image", "x86") is None
    assert client.images.get_by_name_and_architecture("ubuntu-20.04", "x86") is None
    old = client.images.get_by_name_and_architecture("ubuntu-20.04", "x86", include_deprecated=True)
    assert old is not None
    assert old.deprecation is not None


def test_taking_a_snapshot(server: BoundServer, client: Client) -> None:
    response = server.create_image(description="before", labels={"a": "b"})
    assert type(response) is CreateImageResponse
    assert (response.image.status, response.action.status) == ("creating", "running")
    response.action.wait_until_finished()
    response.image.reload()
    assert response.image.status == "available"
    assert response.image.created_from == server
    assert response.image.labels == {"a": "b"}
    assert response.image.image_size is not None


def test_a_snapshot_that_fails(cloud: FakeCloud, server: BoundServer) -> None:
    cloud.fail_action("create_image", code="disk_full", message="no room")
    with pytest.raises(ActionFailedException, match=r"no room \(disk_full, \d+\)"):
        server.create_image().action.wait_until_finished()


def test_updating(client: Client, snapshot: BoundImage) -> None:
    changed = snapshot.update(description="after", labels={"a": "b"})
    assert (changed.description, changed.labels) == ("after", {"a": "b"})
    assert (snapshot.description, snapshot.labels) == ("after", {"a": "b"})
    assert snapshot.labels is not None
    snapshot.labels["c"] = "d"
    snapshot.update(labels=snapshot.labels)
    assert client.images.get_by_id(snapshot.id or 0).labels == {"a": "b", "c": "d"}


def test_protection(cloud: FakeCloud, client: Client, snapshot: BoundImage) -> None:
    snapshot.change_protection(delete=True).wait_until_finished()
    with pytest.raises(ProtectedError) as caught:
        snapshot.delete()
    assert caught.value.http_status == 423
    snapshot.change_protection(delete=False).wait_until_finished()
    assert snapshot.delete() is True
    with pytest.raises(NotFoundError):
        snapshot.reload()
    assert cloud.images.own == []


def test_a_backup_becomes_a_snapshot(server: BoundServer) -> None:
    server.enable_backup().wait_until_finished()
    backup = server.create_image(type="backup").wait().image
    backup.reload()
    assert backup.bound_to == server
    backup.update(type="snapshot")
    assert (backup.type, backup.bound_to) == ("snapshot", None)


def test_a_system_image_cannot_be_deleted(client: Client) -> None:
    image = client.images.get_by_name_and_architecture("debian-12", "x86")
    assert image is not None
    with pytest.raises(InvalidInputError):
        image.delete()


def test_actions(client: Client, snapshot: BoundImage) -> None:
    commands = [action.command for action in snapshot.get_actions()]
    assert commands == ["create_image"]
    assert [action.command for action in snapshot.get_actions_list(["success"]).actions] == commands
    (action,) = client.images.get_actions(snapshot, sort=["id:desc"])
    assert client.images.actions.get_by_id(action.id) == action
    assert snapshot.get_action(action.id) == action
    assert action in client.images.actions.get_all()


def test_server_of_an_image_is_fetched_on_access(
    cloud: FakeCloud, client: Client, server: BoundServer, snapshot: BoundImage
) -> None:
    image = client.images.get_by_id(snapshot.id or 0)
    sent = len(cloud.requests)
    assert image.created_from is not None
    assert image.created_from.name == "web"
    assert len(cloud.requests) == sent
    assert image.created_from.status == "running"
    assert image.created_from.server_type is not None
    assert len(cloud.requests) == sent + 1
