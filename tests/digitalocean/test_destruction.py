"""Destruction of droplets with their associated resources, and droplets on the same host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hcloud._exceptions import ConflictError, InvalidArgumentError, LockedError, NotFoundError
from hcloud.digitalocean import Client
from hcloud.digitalocean.droplets import AssociatedResource, BoundDroplet, Droplet, DropletNeighbors, DropletSnapshot
from hcloud.digitalocean.images import Image
from hcloud.digitalocean.snapshots import Snapshot
from hcloud.testing import FakeDigitalOcean


@pytest.fixture
def snapshots(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> list[int]:
    """The IDs of two snapshots of the droplet; the requests that created them are not in the log."""
    for name in ("first", "second"):
        droplet.snapshot(name).wait_until_finished()
    ids = [image.id or 0 for image in client.images.get_all(private=True)]
    cloud.requests.clear()
    return ids


def test_associated_resources(droplet: BoundDroplet, snapshots: list[int]) -> None:
    resources = droplet.get_associated_resources()
    assert resources.snapshots == [
        AssociatedResource(id=str(snapshots[0]), name="first", cost="0.14"),
        AssociatedResource(id=str(snapshots[1]), name="second", cost="0.14"),
    ]
    assert resources.volumes == resources.reserved_ips == resources.volume_snapshots == []


REFERENCES: list[Callable[[int], Any]] = [
    int,
    str,
    lambda number: Image(id=number),
    lambda number: AssociatedResource(id=str(number)),
    lambda number: DropletSnapshot(id=number),
    lambda number: Snapshot(id=str(number)),
]


@pytest.mark.parametrize(
    "reference", REFERENCES, ids=["int", "str", "image", "resource", "droplet snapshot", "snapshot"]
)
def test_destroy_with_resources(
    cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet, snapshots: list[int], reference: Any
) -> None:
    kept, destroyed = snapshots
    assert droplet.destroy_with_resources(snapshots=[reference(destroyed)]) is True
    assert cloud.requests[-1].body == {"snapshots": [str(destroyed)]}
    assert droplet.get_destruction_status().completed_at is None
    cloud.finish_actions()
    status = droplet.get_destruction_status()
    assert status.completed_at is not None
    assert status.failures == 0
    assert status.droplet is not None
    assert status.droplet.destroyed_at == status.completed_at
    assert status.resources is not None
    assert status.resources.snapshots is not None
    assert [snapshot.name for snapshot in status.resources.snapshots] == ["second"]
    assert [image.id for image in client.images.get_all(private=True)] == [kept]
    with pytest.raises(NotFoundError):
        droplet.reload()


def test_destroy_without_a_selection_keeps_all_resources(
    cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet, snapshots: list[int]
) -> None:
    droplet.destroy_with_resources()
    cloud.finish_actions()
    assert [image.id for image in client.images.get_all(private=True)] == snapshots
    assert client.droplets.get_all() == []


@pytest.mark.parametrize("snapshots", ["123", [None], [Image(name="x")]])
def test_rejects_what_has_no_id(cloud: FakeDigitalOcean, client: Client, snapshots: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="snapshots must be a list of resources"):
        client.droplets.destroy_with_resources(Droplet(id=1), snapshots=snapshots)
    assert cloud.requests == []


def test_destroy_with_all_resources(
    cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet, snapshots: list[int]
) -> None:
    assert client.droplets.destroy_with_all_resources(Droplet(id=droplet.id)) is True
    with pytest.raises(ConflictError):
        droplet.retry_destruction()
    with pytest.raises(LockedError):
        droplet.delete()
    cloud.finish_actions()
    assert (len(cloud.droplets), cloud.images.own) == (0, [])


@pytest.mark.parametrize(("seconds", "second_status"), [(0, 404), (600, 409)])
def test_a_lost_response_does_not_fail_the_destruction(
    cloud: FakeDigitalOcean, droplet: BoundDroplet, seconds: int, second_status: int
) -> None:
    cloud._action_seconds = {"destroy": seconds}
    cloud.break_next(when="after", method="DELETE")
    assert droplet.destroy_with_all_resources() is True
    assert [request.status for request in cloud.requests] == [None, second_status]


def test_a_second_destruction_is_a_conflict(droplet: BoundDroplet) -> None:
    droplet.destroy_with_all_resources()
    with pytest.raises(ConflictError):
        droplet.destroy_with_resources()


def test_failed_destruction_is_retried(
    cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet, snapshots: list[int]
) -> None:
    cloud.fail_destruction("in use")
    droplet.destroy_with_all_resources()
    cloud.finish_actions()
    status = droplet.get_destruction_status()
    assert status.failures == 1
    assert status.resources is not None
    assert status.resources.snapshots is not None
    assert [snapshot.error_message for snapshot in status.resources.snapshots] == ["in use", None]
    assert droplet.retry_destruction() is True
    cloud.finish_actions()
    assert droplet.get_destruction_status().failures == 0
    assert client.droplets.get_all() == []


def test_no_destruction(droplet: BoundDroplet) -> None:
    with pytest.raises(NotFoundError):
        droplet.get_destruction_status()


def test_neighbors(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    for name, region in (("db", "fra1"), ("far", "nyc3"), ("a", "lon1"), ("b", "lon1")):
        client.droplets.create(name, "s-1vcpu-1gb", "debian-12-x64", region).wait()
    cloud.requests.clear()
    report = client.droplets.get_neighbors_report()
    assert report.neighbor_ids == [[cloud.droplets[name]["id"] for name in names] for names in (["web", "db"], "ab")]
    assert [[neighbor.name for neighbor in group] for group in report.groups] == [["web", "db"], ["a", "b"]]
    assert [request.path for request in cloud.requests] == ["/reports/droplet_neighbors_ids", "/droplets"]
    assert [neighbor.name for neighbor in droplet.get_neighbors()] == ["db"]


def test_neighbors_without_a_client() -> None:
    assert DropletNeighbors(neighbor_ids=[[1, 2]]).groups == [[Droplet(id=1), Droplet(id=2)]]
    assert DropletNeighbors().groups == []
