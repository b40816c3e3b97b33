"""Images in the fake cloud."""

from __future__ import annotations

from typing import Any

import pytest

from hcloud.testing import FakeCloud
from tests.testing.api import API


@pytest.fixture
def server(api: API) -> Any:
    return api.server()


def create_image(api: API, server: Any, **body: Any) -> Any:
    response = api.post(f"/servers/{server['id']}/actions/create_image", **body)
    api.done(response)
    return api.get(f"/images/{response['image']['id']}")["image"]


def test_creating_a_snapshot(cloud: FakeCloud, api: API, server: Any) -> None:
    response = api.post(f"/servers/{server['id']}/actions/create_image", description="before", labels={"a": "b"})
    image, action = response["image"], response["action"]
    assert (image["status"], image["image_size"], image["name"]) == ("creating", None, None)
    assert {resource["type"] for resource in action["resources"]} == {"server", "image"}
    assert api.delete(f"/images/{image['id']}").code == "locked"
    assert api.get(f"/images/{image['id']}/actions")["actions"] == [action]

    cloud.finish_actions()
    image = api.get(f"/images/{image['id']}")["image"]
    assert image["status"] == "available"
    assert image["image_size"] > 0
    assert (image["type"], image["description"], image["labels"]) == ("snapshot", "before", {"a": "b"})
    assert image["created_from"] == {"id": server["id"], "name": "web"}
    assert (image["bound_to"], image["os_flavor"], image["disk_size"]) == (None, "debian", 40)


def test_filters(api: API, server: Any) -> None:
    api.post(f"/servers/{server['id']}/actions/enable_backup")
    api.cloud.finish_actions()
    snapshot = create_image(api, server, labels={"a": "b"})
    backup = create_image(api, server, type="backup")

    def ids(**query: Any) -> list[int]:
        return [image["id"] for image in api.get("/images", **query)["images"]]

    assert ids(type=["snapshot", "backup"]) == [snapshot["id"], backup["id"]]
    assert ids(type="backup") == ids(bound_to=server["id"]) == [backup["id"]]
    assert ids(bound_to="1") == []
    assert ids(label_selector="a=b") == [snapshot["id"]]
    assert ids(status="creating") == []
    assert 114690389 in ids(name="debian-12", architecture="arm")
    assert len(ids(name="debian-12")) == 2
    assert ids(type="app", name="docker-ce") == [40093247]
    assert api.get("/images", type="disk").fields == ["type"]
    assert ids(type="snapshot", sort="created:desc") == [snapshot["id"]]


def test_deprecated_images_are_hidden(api: API) -> None:
    assert api.get("/images", name="ubuntu-20.04")["images"] == []
    (old,) = api.get("/images", name="ubuntu-20.04", architecture="x86", include_deprecated=True)["images"]
    assert set(old["deprecation"]) == {"announced", "unavailable_after"}
    assert "deprecated" not in old
    assert api.get(f"/images/{old['id']}")["image"] == old


def test_update(api: API, server: Any) -> None:
    image = create_image(api, server)
    changed = api.put(f"/images/{image['id']}", description="new", labels={"x": "y"})["image"]
    assert (changed["description"], changed["labels"]) == ("new", {"x": "y"})
    assert api.put(f"/images/{image['id']}", type="backup").fields == ["type"]
    assert api.put("/images/114690389", description="mine").code == "invalid_input"


def test_backup_becomes_a_snapshot_and_survives_its_server(api: API, server: Any) -> None:
    assert api.post(f"/servers/{server['id']}/actions/create_image", type="backup").status == 422
    api.done(api.post(f"/servers/{server['id']}/actions/enable_backup"))
    kept, lost = create_image(api, server, type="backup"), create_image(api, server, type="backup")
    assert kept["bound_to"] == server["id"]

    kept = api.put(f"/images/{kept['id']}", type="snapshot")["image"]
    assert (kept["type"], kept["bound_to"]) == ("snapshot", None)
    api.delete(f"/servers/{server['id']}")
    assert api.get(f"/images/{lost['id']}").code == "not_found"
    assert api.get(f"/images/{kept['id']}").status == 200


def test_seven_backups_are_kept(cloud: FakeCloud, api: API, server: Any) -> None:
    api.done(api.post(f"/servers/{server['id']}/actions/enable_backup"))
    created = [create_image(api, server, type="backup")["id"] for _ in range(8)]
    assert [image["id"] for image in cloud.images.own] == created[1:]

    api.done(api.post(f"/servers/{server['id']}/actions/disable_backup"))
    assert cloud.images.own == []


def test_protection(api: API, server: Any) -> None:
    image = create_image(api, server)
    action = api.done(api.post(f"/images/{image['id']}/actions/change_protection", delete=True))
    assert (action["command"], action["status"]) == ("change_protection", "success")
    response = api.delete(f"/images/{image['id']}")
    assert (response.status, response.code) == (423, "protected")

    api.done(api.post(f"/images/{image['id']}/actions/change_protection", delete=False))
    assert api.delete(f"/images/{image['id']}").status == 204
    assert api.get(f"/images/{image['id']}").code == "not_found"


def test_creating_an_image_locks_only_the_server(api: API, server: Any) -> None:
    image = api.post(f"/servers/{server['id']}/actions/create_image", description="x")["image"]
    assert api.get(f"/images/{image['id']}")["image"]["status"] == "creating"
    assert api.post(f"/images/{image['id']}/actions/change_protection", delete=True).status == 201
    assert api.get(f"/images/{image['id']}")["image"]["protection"] == {"delete": True}
    assert api.post(f"/servers/{server['id']}/actions/poweroff").code == "locked"


def test_images_that_cannot_be_protected_or_deleted(api: API, server: Any) -> None:
    api.done(api.post(f"/servers/{server['id']}/actions/enable_backup"))
    backup = create_image(api, server, type="backup")
    assert api.post(f"/images/{backup['id']}/actions/change_protection", delete=True).code == "unsupported_error"
    assert api.delete("/images/114690389").status == 422


def test_a_server_shows_its_deleted_image(cloud: FakeCloud, api: API, server: Any) -> None:
    image = create_image(api, server)
    created = api.server("copy", image=image["id"])
    assert created["image"]["id"] == image["id"]
    assert created["image"]["deleted"] is None

    api.delete(f"/images/{image['id']}")
    assert api.get(f"/servers/{created['id']}")["server"]["image"]["deleted"] is not None
