"""Rotation of snapshots with asynchronous clients of both providers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hcloud import HCloudExceptionGroup, InvalidArgumentError, Keep
from hcloud.testing import FakeCloud, FakeDigitalOcean

pytestmark = pytest.mark.asyncio


NAMES = ["web-0", "web-1"]


@pytest.fixture(params=["hetzner", "digitalocean"])
def cloud(request: pytest.FixtureRequest) -> FakeCloud | FakeDigitalOcean:
    """Fake cloud of each provider, with two running servers, whose names are web-0 and web-1."""
    if request.param == "hetzner":
        cloud = FakeCloud()
        for name in NAMES:
            cloud.client().servers.create(name, "cx23", "debian-13").wait()
        return cloud
    droplets = FakeDigitalOcean()
    droplets.client().droplets.create(NAMES, "s-1vcpu-1gb", "debian-13-x64", "fra1").wait()
    return droplets


@pytest.fixture
def async_client(cloud: Any) -> Any:
    """Asynchronous client of the fake cloud."""
    return cloud.async_client()


def servers_of(client: Any) -> Any:
    return getattr(client, "servers", None) or client.droplets


def ids(images: list[Any]) -> list[int]:
    return sorted(image.id for image in images)


def snapshots(cloud: Any) -> list[int]:
    """Return the IDs of all snapshots."""
    query: dict[str, Any] = {"type": ["snapshot"]} if isinstance(cloud, FakeCloud) else {"private": True}
    return [image.id for image in cloud.client().images.get_all(**query)]


async def test_takes_one_of_each_server_and_keeps_the_newest(cloud: Any, async_client: Any) -> None:
    servers = await servers_of(async_client).get_all()
    taken: list[list[int]] = []
    for _ in range(4):
        rotation = await async_client.images.rotate(servers, keep=2, name="nightly")
        assert {image.status for image in rotation.created} == {"available"}
        taken.append(ids(rotation.created))
        cloud.clock.sleep(3600)
    assert ids(rotation.kept) == sorted(taken[-1] + taken[-2])
    assert ids(rotation.deleted) == taken[-3]
    assert sorted(snapshots(cloud)) == sorted(taken[-1] + taken[-2])


async def test_dry_run(cloud: Any, async_client: Any) -> None:
    rotation = await async_client.images.rotate(NAMES, keep=Keep(last=1), name="nightly")
    cloud.requests.clear()
    dry = await async_client.images.rotate(NAMES, keep=1, name="nightly", dry_run=True)
    assert {request.method for request in cloud.requests} == {"GET"}
    assert (dry.created, ids(dry.deleted)) == ([], ids(rotation.created))


async def test_a_failure_of_one_server(cloud: Any, async_client: Any) -> None:
    with pytest.raises(HCloudExceptionGroup) as caught:
        await async_client.images.rotate([*NAMES, "gone"], keep=1, name="nightly")
    assert caught.value.exceptions[0].__notes__ == ["gone"]
    rotation = caught.value.result
    assert rotation is not None
    assert ids(rotation.created) == sorted(snapshots(cloud))
    assert len(rotation.created) == 2


async def test_a_cancelled_rotation_deletes_nothing(cloud: Any, async_client: Any) -> None:
    before = await async_client.images.rotate(NAMES, keep=1, name="nightly")

    async def cancel(actions: Any) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await async_client.images.rotate(NAMES, keep=1, name="nightly", on_progress=cancel)
    cloud.clock.sleep(3600)
    assert set(ids(before.created)) < set(snapshots(cloud))


async def test_servers_of_a_blocking_client(cloud: Any, async_client: Any) -> None:
    servers = servers_of(cloud.client()).get_all()
    cloud.requests.clear()
    with pytest.raises(InvalidArgumentError, match=r"rotate\(\): .* is of a blocking client"):
        await async_client.images.rotate(servers, keep=1, name="nightly")
    assert len(cloud.requests) == 0
