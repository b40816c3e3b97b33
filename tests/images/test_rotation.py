"""Rotation of snapshots of servers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hcloud import Client, HCloudExceptionGroup, InvalidArgumentError, Keep, LockedError, NotFoundError
from hcloud.actions import ActionFailedException, ActionTimeoutException
from hcloud.images import BoundImage, Image
from hcloud.images.rotation import Rotation
from hcloud.servers import BoundServer, Server
from hcloud.testing import FakeCloud


@pytest.fixture
def servers(client: Client) -> list[BoundServer]:
    """Three running servers."""
    return [
        client.servers.create(f"web-{number}", "cx23", Image(name="debian-13")).wait().server for number in range(3)
    ]


def rotate(client: Client, servers: Any, **arguments: Any) -> Rotation[BoundImage]:
    return client.images.rotate(servers, **{"keep": 2, "name": "nightly", **arguments})


def snapshots(client: Client, server: BoundServer | None = None) -> list[int]:
    images = client.images.get_all(type=["snapshot"])
    return [image.id for image in images if server is None or image.created_from == server]


def ids(images: list[BoundImage]) -> list[int]:
    return [image.id for image in images]


def sent(cloud: FakeCloud, method: str) -> list[str]:
    return [request.path for request in cloud.requests if request.method == method]


def test_takes_one_and_keeps_the_newest(cloud: FakeCloud, client: Client, servers: list[BoundServer]) -> None:
    taken: list[int] = []
    for number in range(5):
        rotation = rotate(client, servers[:1])
        (new,) = rotation.created
        taken.append(new.id)
        assert (new.status, new.labels) == ("available", {"hcloud-rotation": "nightly"})
        assert (new.description, new.created_from) == ("web-0 (nightly)", servers[0])
        assert ids(rotation.kept) == taken[: -3 if number else -2 : -1][:2]
        assert ids(rotation.deleted) == taken[-3:-2]
        assert (rotation.protected, rotation.dry_run) == ([], False)
        assert snapshots(client) == taken[-2:]
        cloud.clock.sleep(3600)
    assert repr(rotation) == "<Rotation: 1 created, 1 deleted, 2 kept, 0 protected>"


def test_waits_for_all_together_and_deletes_afterwards(
    cloud: FakeCloud, client: Client, servers: list[BoundServer]
) -> None:
    rotate(client, servers, keep=1)
    cloud.requests.clear()
    rotation = rotate(client, servers, keep=1)
    methods = [request.method for request in cloud.requests]
    assert methods[:3] == ["POST"] * 3
    assert methods[-3:] == ["DELETE"] * 3
    assert set(methods[3:-3]) == {"GET"}
    assert {request.path for request in cloud.requests if request.method == "GET"} == {"/actions", "/images"}
    assert len(rotation.created) == len(rotation.deleted) == 3
    assert snapshots(client) == ids(rotation.created)


def test_only_counts_snapshots_of_the_rotation_and_the_server(client: Client, servers: list[BoundServer]) -> None:
    by_hand = servers[0].create_image("web-0 (nightly)", labels={"env": "prod"}).wait().image
    weekly = rotate(client, servers[:1], name="weekly").created[0]
    other = rotate(client, servers[1:2]).created[0]
    longer = rotate(client, servers[:1], name="nightly-2").created[0]
    backup = servers[0].enable_backup().wait() and servers[0].create_image(type="backup").wait().image
    backup.update(labels={"hcloud-rotation": "nightly"})
    for _ in range(3):
        rotation = rotate(client, servers[:1], keep=1)
    assert {by_hand.id, weekly.id, other.id, longer.id, backup.id, rotation.created[0].id} == {
        image.id for image in client.images.get_all(type=["snapshot", "backup"])
    }


def test_a_server_of_the_same_name_is_another_one(client: Client, servers: list[BoundServer]) -> None:
    old = rotate(client, ["web-0"]).created[0]
    servers[0].delete().wait()
    client.servers.create("web-0", "cx23", Image(name="debian-13")).wait()
    rotation = rotate(client, ["web-0"], keep=1)
    assert ids(rotation.kept) == ids(rotation.created)
    assert snapshots(client) == [old.id, rotation.created[0].id]


def test_servers_by_id_name_and_record(cloud: FakeCloud, client: Client, servers: list[BoundServer]) -> None:
    forms: list[Any] = [
        servers[0].id,
        str(servers[0].id),
        "web-1",
        Server(id=servers[1].id),
        Server(name="web-2"),
        servers[2],
        client.servers.get_by_id(servers[2].id),
    ]
    rotation = rotate(client, forms)
    assert [image.created_from for image in rotation.created] == servers, "each once"
    assert [image.description for image in rotation.created] == [
        "web-0 (nightly)",
        "web-1 (nightly)",
        "web-2 (nightly)",
    ]
    assert rotate(client, tuple(servers)).kept
    cloud.requests.clear()
    rotate(client, iter(servers))
    assert not [path for path in sent(cloud, "GET") if "servers" in path], "known servers are not fetched"


def test_rules(cloud: FakeCloud, client: Client, servers: list[BoundServer]) -> None:
    created = []
    for _ in range(20):
        cloud.clock.sleep(12 * 3600)
        created += rotate(client, servers[:1], keep=Keep(last=1, daily=3, weekly=2)).created
    remaining = client.images.get_all(type=["snapshot"])
    expected = [
        image
        for image, is_kept in zip(
            created, Keep(last=1, daily=3, weekly=2).select([i.created for i in created]), strict=True
        )
        if is_kept
    ]
    assert ids(remaining) == ids(expected)
    assert len({image.created.date() for image in remaining}) == len(remaining) >= 4


def test_a_dry_run_changes_nothing(cloud: FakeCloud, client: Client, servers: list[BoundServer]) -> None:
    for _ in range(3):
        rotate(client, servers[:2], keep=3)
    before = snapshots(client)
    cloud.requests.clear()
    rotation = rotate(client, servers, keep=2, dry_run=True)
    assert {request.method for request in cloud.requests} == {"GET"}
    assert (rotation.dry_run, rotation.created, snapshots(client)) == (True, [], before)
    would_be = rotate(client, servers, keep=2)
    assert ids(rotation.deleted) == ids(would_be.deleted)
    assert len(rotation.deleted) == 4
    assert set(ids(rotation.kept)) == set(ids(would_be.kept)) - set(ids(would_be.created))
    assert repr(rotation).endswith(" (dry run)>")


def test_protected_snapshots_stay(cloud: FakeCloud, client: Client, servers: list[BoundServer]) -> None:
    old = rotate(client, servers[:1], keep=1).created[0]
    old.change_protection(delete=True).wait()
    cloud.requests.clear()
    for dry_run in (True, False):
        rotation = rotate(client, servers[:1], keep=1, dry_run=dry_run)
        assert (ids(rotation.protected), rotation.deleted) == ([old.id], [])
    assert sent(cloud, "DELETE") == []
    cloud.fail_next(1, method="DELETE", path="/images", status=423, code="protected")
    rotation = rotate(client, servers[:1], keep=1)
    assert len(rotation.protected) == 2, "one was protected meanwhile"


def test_a_snapshot_that_is_deleted_meanwhile(cloud: FakeCloud, client: Client, servers: list[BoundServer]) -> None:
    rotate(client, servers[:1], keep=1)
    cloud.fail_next(1, method="DELETE", path="/images", status=404, code="not_found")
    assert len(rotate(client, servers[:1], keep=1).deleted) == 1


@pytest.mark.parametrize(
    ("failure", "cls"),
    [({"status": 423, "code": "locked"}, LockedError), ({"status": 404, "code": "not_found"}, NotFoundError)],
)
def test_a_failure_of_one_server_does_not_stop_the_others(
    cloud: FakeCloud, client: Client, servers: list[BoundServer], failure: Any, cls: type[Exception]
) -> None:
    first = rotate(client, servers, keep=1)
    cloud.fail_next(1, method="POST", path=f"/servers/{servers[1].id}/actions/create_image", **failure)
    with pytest.raises(HCloudExceptionGroup) as raised:
        rotate(client, servers, keep=1)
    (error,) = raised.value.exceptions
    assert isinstance(error, cls)
    assert str(raised.value).startswith("rotate() failed for 1 of 3 servers: web-1: ")
    result = raised.value.result
    assert [image.created_from for image in result.created] == [servers[0], servers[2]]
    assert ids(result.deleted) == [first.created[0].id, first.created[2].id]
    assert snapshots(client, servers[1]) == [first.created[1].id], "nothing is deleted without a new one"


def test_a_snapshot_that_fails(cloud: FakeCloud, client: Client, servers: list[BoundServer]) -> None:
    first = rotate(client, servers, keep=1)
    cloud.fail_action("create_image")
    with pytest.raises(HCloudExceptionGroup) as raised:
        rotate(client, [servers[0], "missing", servers[2]], keep=1)
    missing, failed = raised.value.exceptions
    assert isinstance(missing, NotFoundError)
    assert isinstance(failed, ActionFailedException)
    assert "2 of 3 servers: missing: " in str(raised.value)
    assert "; web-0: " in str(raised.value)
    assert snapshots(client, servers[0])[0] == first.created[0].id
    assert snapshots(client, servers[2]) == ids(raised.value.result.created)


def test_a_timeout(client: Client, servers: list[BoundServer]) -> None:
    with pytest.raises(HCloudExceptionGroup) as raised:
        rotate(client, servers, keep=1, timeout=0.1)
    assert [type(error) for error in raised.value.exceptions] == [ActionTimeoutException] * 3
    assert (raised.value.result.created, raised.value.result.deleted) == ([], [])


def test_failures_of_other_requests(cloud: FakeCloud, client: Client, servers: list[BoundServer]) -> None:
    rotate(client, servers[:2], keep=1)
    cloud.fail_next(1, method="GET", path="/images", status=403, code="forbidden")
    with pytest.raises(HCloudExceptionGroup) as raised:
        rotate(client, servers[:2], keep=1)
    assert str(raised.value).startswith("rotate() failed for 2 of 2 servers: web-0, web-1: ")
    assert len(raised.value.exceptions) == 1
    assert len(snapshots(client)) == 4
    cloud.fail_next(1, method="DELETE", path="/images", status=423, code="locked")
    with pytest.raises(HCloudExceptionGroup) as raised:
        rotate(client, servers[:2], keep=1)
    assert str(raised.value).startswith("rotate() failed for 1 of 2 servers: web-0: ")
    assert len(raised.value.result.deleted) == 3
    assert len(snapshots(client)) == 3


def test_a_new_snapshot_that_is_not_available(
    cloud: FakeCloud, client: Client, servers: list[BoundServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = rotate(client, servers[:1], keep=1).created[0]
    listed = [client.images.get_by_id(old.id)]
    monkeypatch.setattr(client.images, "get_all", lambda **_: listed)
    cloud.requests.clear()
    with pytest.raises(HCloudExceptionGroup) as raised:
        rotate(client, servers[:1], keep=1)
    assert "is not available; no other one was deleted" in str(raised.value)
    assert sent(cloud, "DELETE") == []


def test_snapshots_that_are_not_finished_do_not_count(
    cloud: FakeCloud, client: Client, servers: list[BoundServer]
) -> None:
    old = rotate(client, servers[:1]).created[0]
    unfinished = rotate(client, servers[:1]).created[0]
    cloud.images[unfinished.id]["status"] = "unavailable"
    rotation = rotate(client, servers[:1])
    assert ids(rotation.kept) == [rotation.created[0].id, old.id]
    assert snapshots(client) == [old.id, unfinished.id, rotation.created[0].id]


def test_progress(client: Client, servers: list[BoundServer]) -> None:
    calls: list[list[str]] = []
    rotate(client, servers, on_progress=lambda actions: calls.append([action.command for action in actions]))
    assert calls[-1] == ["create_image"] * 3


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"keep": 0}, "keep must be"),
        ({"keep": -1}, "keep must be"),
        ({"keep": True}, "keep must be"),
        ({"keep": None}, "keep must be"),
        ({"name": ""}, "name must have 1 to 63"),
        ({"name": None}, "name must have 1 to 63"),
        ({"name": "a b"}, "name must have 1 to 63"),
        ({"name": "-a"}, "name must have 1 to 63"),
        ({"name": "a,b=c"}, "name must have 1 to 63"),
        ({"name": "a\n"}, "name must have 1 to 63"),
        ({"name": "x" * 64}, "name must have 1 to 63"),
        ({"servers": []}, "servers must not be empty"),
        ({"servers": "web-0"}, "servers must be a list"),
        ({"servers": None}, "servers must be a list"),
        ({"servers": Server(id=1)}, "servers must be a list"),
        ({"servers": [Image(id=1)]}, "servers must be a Server"),
        ({"servers": [0]}, "servers must be a Server, an ID or a name"),
        ({"servers": [None]}, "servers must be a Server, an ID or a name"),
        ({"servers": [""]}, "servers must be a Server, an ID or a name"),
        ({"timeout": "1"}, "timeout must be"),
        ({"timeout": timedelta(1)}, "timeout must be"),
        ({"on_progress": 5}, "on_progress must be"),
    ],
)
def test_invalid_arguments(cloud: FakeCloud, client: Client, arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidArgumentError, match=text):
        rotate(client, **{"servers": [1], **arguments})
    assert list(cloud.requests) == []
