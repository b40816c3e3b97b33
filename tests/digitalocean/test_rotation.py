"""Rotation of snapshots of droplets."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest

from hcloud import HCloudExceptionGroup, InvalidArgumentError, Keep, NotFoundError
from hcloud.digitalocean import Client
from hcloud.digitalocean.actions import ActionFailedException
from hcloud.digitalocean.droplets import BoundDroplet, Droplet
from hcloud.digitalocean.images import BoundImage
from hcloud.images.rotation import Rotation
from hcloud.servers import Server
from hcloud.testing.digitalocean import FakeDigitalOcean


@pytest.fixture
def droplets(client: Client) -> list[BoundDroplet]:
    """Two running droplets."""
    return client.droplets.create(["web-0", "web-1"], "s-1vcpu-1gb", "debian-13-x64", "fra1").wait().droplets


def rotate(client: Client, droplets: Any, **arguments: Any) -> Rotation[BoundImage]:
    return client.images.rotate(droplets, **{"keep": 2, "name": "nightly", **arguments})


def ids(images: list[BoundImage]) -> list[int]:
    return [image.id for image in images]


def snapshots(client: Client) -> list[int]:
    return ids(client.images.get_all(private=True))


def test_takes_one_and_keeps_the_newest(cloud: FakeDigitalOcean, client: Client, droplets: list[BoundDroplet]) -> None:
    taken: list[list[int]] = []
    for _ in range(4):
        rotation = rotate(client, droplets)
        taken.append(ids(rotation.created))
        for image, droplet in zip(rotation.created, droplets, strict=True):
            assert image.tags == ["hcloud-rotation:nightly"]
            assert image.name is not None
            assert image.name.startswith("nightly 20")
            assert image.name.endswith(f" {droplet.name}")
        assert sorted(ids(rotation.kept)) == sorted(chain(*taken[-2:]))
        assert sorted(ids(rotation.deleted)) == sorted(chain(*taken[-3:-2]))
        assert sorted(snapshots(client)) == sorted(chain(*taken[-2:]))
        cloud.clock.sleep(3600)


def test_only_counts_snapshots_of_the_rotation_and_the_droplet(client: Client, droplets: list[BoundDroplet]) -> None:
    droplets[0].snapshot("nightly 2020-01-01 00:00:00 web-0").wait()
    droplets[0].snapshot("by hand").wait()
    client.images.get("by hand").assign_tag("hcloud-rotation:nightly")  # the name does not begin with the rotation's
    rotate(client, droplets[:1], name="weekly")
    rotate(client, droplets[1:])
    capitalized = rotate(client, droplets[:1], name="Nightly").created[0]  # tags ignore the case, but names do not
    assert capitalized.tags == ["hcloud-rotation:nightly"]
    before = snapshots(client)
    for _ in range(3):
        rotation = rotate(client, droplets[:1], keep=1)
    assert snapshots(client) == [*before, *ids(rotation.created)]


def test_a_droplet_of_the_same_name_is_another_one(client: Client, droplets: list[BoundDroplet]) -> None:
    old = rotate(client, ["web-0"]).created[0]
    droplets[0].delete()
    client.droplets.create("web-0", "s-1vcpu-1gb", "debian-13-x64", "fra1").wait()
    rotation = rotate(client, ["web-0"], keep=1)
    assert snapshots(client) == [old.id, rotation.created[0].id]


def test_droplets_by_id_name_and_record(client: Client, droplets: list[BoundDroplet]) -> None:
    forms = [droplets[0].id, str(droplets[0].id), "web-1", Droplet(id=droplets[1].id), *droplets]
    assert len(rotate(client, forms).created) == 2, "each once"


def test_a_dry_run_changes_nothing(cloud: FakeDigitalOcean, client: Client, droplets: list[BoundDroplet]) -> None:
    assert rotate(client, droplets, dry_run=True).deleted == []
    rotate(client, droplets, keep=Keep(last=3))
    rotate(client, droplets, keep=Keep(last=3))
    before = snapshots(client)
    cloud.requests.clear()
    rotation = rotate(client, droplets, dry_run=True)
    assert {request.method for request in cloud.requests} == {"GET"}
    assert (rotation.created, snapshots(client)) == ([], before)
    assert ids(rotation.deleted) == ids(rotate(client, droplets).deleted) != []


def test_a_failure_of_one_droplet_does_not_stop_the_others(
    cloud: FakeDigitalOcean, client: Client, droplets: list[BoundDroplet]
) -> None:
    first = rotate(client, droplets, keep=1)
    cloud.fail_action("snapshot")
    with pytest.raises(HCloudExceptionGroup) as raised:
        rotate(client, ["missing", *droplets], keep=1)
    missing, failed = raised.value.exceptions
    assert isinstance(missing, NotFoundError)
    assert isinstance(failed, ActionFailedException)
    assert str(raised.value).startswith("rotate() failed for 2 of 3 droplets: missing: ")
    result = raised.value.result
    assert ids(result.deleted) == [first.created[1].id]
    assert snapshots(client) == [first.created[0].id, result.created[0].id]


def test_nothing_is_deleted_if_the_new_ones_get_no_tag(
    cloud: FakeDigitalOcean, client: Client, droplets: list[BoundDroplet]
) -> None:
    rotate(client, droplets, keep=1)
    cloud.fail_next(1, method="POST", path="/tags", status=403)
    with pytest.raises(HCloudExceptionGroup) as raised:
        rotate(client, droplets, keep=1)
    assert str(raised.value).startswith("rotate() failed for 2 of 2 droplets: web-0, web-1: ")
    assert len(snapshots(client)) == 4


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"keep": 0}, "keep must be"),
        ({"name": "a.b"}, "name must have 1 to 63"),
        ({"name": "a b"}, "name must have 1 to 63"),
        ({"name": ""}, "name must have 1 to 63"),
        ({"name": None}, "name must have 1 to 63"),
        ({"name": "x" * 64}, "name must have 1 to 63"),
        ({"droplets": []}, "droplets must not be empty"),
        ({"droplets": "web-0"}, "droplets must be a list"),
        ({"droplets": [Server(id=1)]}, "droplets must be a Droplet"),
    ],
)
def test_invalid_arguments(cloud: FakeDigitalOcean, client: Client, arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidArgumentError, match=text):
        rotate(client, **{"droplets": [1], **arguments})
    assert list(cloud.requests) == []
