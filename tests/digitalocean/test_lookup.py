"""Tests of ``get`` and ``get_by_name`` of DigitalOcean's resources, with the number of requests that they take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hcloud._exceptions import AmbiguousNameError, InvalidArgumentError, NotFoundError
from hcloud.digitalocean import Client
from hcloud.digitalocean.droplets import BoundDroplet
from hcloud.testing import FakeDigitalOcean


@pytest.fixture
def snapshot(cloud: FakeDigitalOcean, droplet: BoundDroplet) -> BoundDroplet:
    """A droplet with a snapshot named ``nightly 1``."""
    droplet.snapshot("nightly 1").wait_until_finished()
    cloud.requests.clear()
    return droplet


@pytest.mark.parametrize(
    ("get", "result", "requests"),
    [
        (lambda client: client.droplets.get("web").name, "web", 1),
        (lambda client: client.droplets.get(client.droplets.get_by_name("web").id).name, "web", 2),
        (lambda client: client.droplets.get(str(client.droplets.get("web").id)).name, "web", 2),
        (lambda client: client.droplets.get_by_name("Web"), None, 1),
        (lambda client: client.images.get("debian-12-x64").slug, "debian-12-x64", 1),
        (lambda client: client.images.get("nightly 1").name, "nightly 1", 1),
        (lambda client: client.images.get(client.images.get_by_name("nightly 1").id).name, "nightly 1", 2),
        (lambda client: client.images.get_by_name("debian-12-x64"), None, 1),
        (lambda client: client.snapshots.get("nightly 1").name, "nightly 1", 1),
        (lambda client: client.snapshots.get(client.snapshots.get_by_name("nightly 1").id).name, "nightly 1", 2),
        (lambda client: client.snapshots.get_by_name("other"), None, 1),
        (lambda client: client.regions.get("nyc3").name, "New York 3", 1),
        (lambda client: client.regions.get("New York 3").slug, "nyc3", 1),
        (lambda client: client.regions.get_by_name("New York 3").slug, "nyc3", 1),
        (lambda client: client.regions.get_by_name("nyc3"), None, 1),
        (lambda client: client.sizes.get("s-1vcpu-1gb").vcpus, 1, 1),
        (lambda client: client.sizes.get_by_name("s-1vcpu-1gb").vcpus, 1, 1),
        (lambda client: client.sizes.get_by_name("other"), None, 1),
        (lambda client: client.tags.create("2024") == client.tags.get("2024"), True, 2),
        (lambda client: client.tags.create("2024") == client.tags.get_by_name("2024"), True, 2),
        (lambda client: client.tags.get_by_name("2025"), None, 1),
    ],
    ids=map(str, range(21)),
)
def test_get(
    get: Callable[[Any], Any],
    result: Any,
    requests: int,
    client: Client,
    cloud: FakeDigitalOcean,
    snapshot: BoundDroplet,
) -> None:
    assert get(client) == result
    assert len(cloud.requests) == requests


@pytest.mark.parametrize(
    ("get", "message"),
    [
        (lambda client: client.droplets.get("db"), "client.droplets has no entry with the name 'db' (not_found)"),
        (lambda client: client.droplets.get("WEB"), "client.droplets has no entry with the name 'WEB'"),
        (lambda client: client.droplets.get(7), "client.droplets has no entry with the ID 7: "),
        (lambda client: client.images.get("debian-4-x64"), "client.images has no entry with the name 'debian-4-x64'"),
        (lambda client: client.images.get("8"), "client.images has no entry with the ID 8: "),
        (lambda client: client.snapshots.get("x"), "client.snapshots has no entry with the name 'x'"),
        (lambda client: client.regions.get("moon1"), "client.regions has no entry with the slug or name 'moon1'"),
        (lambda client: client.sizes.get("xxl"), "client.sizes has no entry with the slug 'xxl'"),
        (lambda client: client.tags.get("x"), "client.tags has no entry with the name 'x'"),
    ],
    ids=map(str, range(9)),
)
def test_not_found(get: Callable[[Any], Any], message: str, client: Client, droplet: BoundDroplet) -> None:
    with pytest.raises(NotFoundError) as caught:
        get(client)
    assert str(caught.value).startswith(message)


def test_several_droplets_of_a_name(client: Client, cloud: FakeDigitalOcean, droplet: BoundDroplet) -> None:
    second = client.droplets.create("web", "s-1vcpu-1gb", "debian-12-x64").wait().droplet
    for get in (client.droplets.get, client.droplets.get_by_name):
        with pytest.raises(AmbiguousNameError, match="Pass the ID to choose one") as caught:
            get("web")
        assert {match.id for match in caught.value.matches} == {droplet.id, second.id}
        assert f"id={second.id}, created_at=2026-" in str(caught.value)


def test_a_volume_snapshot_is_fetched_by_its_uuid(client: Client, cloud: FakeDigitalOcean) -> None:
    with pytest.raises(NotFoundError):
        client.snapshots.get("7b0e2b8e-1f3c-11ee-be56-0242ac120002")
    assert cloud.requests[0].path == "/snapshots/7b0e2b8e-1f3c-11ee-be56-0242ac120002"


@pytest.mark.parametrize("value", [None, True, 1.5, "", 0, -3], ids=repr)
def test_invalid_values(value: Any, client: Client, cloud: FakeDigitalOcean) -> None:
    for collection in (client.droplets, client.images, client.snapshots, client.regions, client.sizes):
        with pytest.raises(InvalidArgumentError, match="nothing was sent"):
            collection.get(value)  # type: ignore[attr-defined]
        with pytest.raises(InvalidArgumentError, match="nothing was sent"):
            collection.get_by_name(value)  # type: ignore[attr-defined]
    assert len(cloud.requests) == 0
