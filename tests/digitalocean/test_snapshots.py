"""From a snapshot to its image, and the image that an action has made."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from hcloud import AmbiguousNameError, InvalidArgumentError, NotFetchedError, NotFoundError, UnboundError
from hcloud.core.coroutines import run
from hcloud.digitalocean import Client
from hcloud.digitalocean.actions import NoImageError
from hcloud.digitalocean.actions.snapshot_recognition import snapshot_of
from hcloud.digitalocean.droplets import BoundDroplet
from hcloud.digitalocean.snapshots import BoundSnapshot, Snapshot
from hcloud.testing import FakeDigitalOcean

UUID = "7b0e2b8e-1f3c-11ee-be56-0242ac120002"


def paths(cloud: FakeDigitalOcean) -> list[str]:
    return [request.path for request in cloud.requests]


# The image of an action


def test_image_of_an_action(cloud: FakeDigitalOcean, droplet: BoundDroplet) -> None:
    droplet.snapshot("before upgrade").wait()
    cloud.advance(30 * 86400)
    action = droplet.snapshot("before upgrade").wait()
    image = action.image
    assert image.id == max(image["id"] for image in cloud.images.own)
    cloud.requests.clear()
    assert action.image is image
    assert cloud.requests == []
    assert (image.name, image.type, image.status) == ("before upgrade", "snapshot", "available")
    assert paths(cloud) == [f"/images/{image.id}"]
    assert pickle.loads(pickle.dumps(action)).image.id == image.id


def test_snapshots_of_one_name_that_are_taken_at_once(client: Client) -> None:
    droplets = client.droplets.create(["a", "b"], "s-1vcpu-1gb", "debian-12-x64", tags=["web"]).wait().droplets
    actions = client.actions.wait_for(client.droplets.act_by_tag("web", "snapshot", "nightly"))
    assert {action.started_at for action in actions} == {actions[0].started_at}
    for action, droplet in zip(actions, droplets, strict=True):
        assert [snapshot.id for snapshot in droplet.get_snapshots()] == [action.image.id]


@pytest.mark.parametrize("seconds", [0, 90])
def test_snapshots_that_follow_each_other_at_once(
    cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet, seconds: float
) -> None:
    cloud._action_seconds = seconds
    exact = cloud.client(poll_interval=10)
    actions = [exact.droplets.snapshot(droplet, "nightly").wait() for _ in range(4)]
    images = [image["id"] for image in cloud.images.own]
    assert [exact.actions.get_by_id(action.id).image.id for action in actions] == images
    client.images.delete(images[3])
    with pytest.raises(AmbiguousNameError, match="or was deleted: choose by ID") as raised:
        exact.actions.get_by_id(actions[3].id).get_image()
    assert [image.id for image in raised.value.matches] == [images[2]]


def test_deleted_image_of_an_action(cloud: FakeDigitalOcean, droplet: BoundDroplet) -> None:
    droplet.snapshot("before upgrade").wait()
    cloud.advance(3600)
    action = droplet.snapshot("before upgrade").wait()
    droplet.get_snapshots()[-1].image.delete()
    with pytest.raises(
        NotFoundError, match=rf"no snapshot of droplet {droplet.id} that action {action.id} made: it was"
    ):
        action.get_image()


def test_image_of_a_deleted_droplet(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    other = client.droplets.create("other", "s-1vcpu-1gb", "debian-12-x64", "fra1").wait().droplet
    actions = [droplet.snapshot("x"), other.snapshot("x")]
    client.actions.wait_for(actions)
    droplet.delete()
    first, second = (image["id"] for image in cloud.images.own)
    assert [action.image.id for action in actions] == [first, second]


def test_actions_without_an_image(cloud: FakeDigitalOcean, droplet: BoundDroplet) -> None:
    action = droplet.snapshot("x")
    with pytest.raises(NoImageError, match=r"has made no image; wait\(\) for it first"):
        _ = action.image
    assert not hasattr(action, "image")
    action.wait()
    assert hasattr(action, "image")
    assert not hasattr(droplet.reboot().wait(), "image")
    cloud.fail_action("snapshot")
    failed = droplet.snapshot("x")
    cloud.advance(600)
    failed.reload()
    with pytest.raises(NoImageError, match=r"has made no image$"):
        failed.get_image()


def test_unpickled_objects(droplet: BoundDroplet) -> None:
    action = droplet.snapshot("x").wait()
    with pytest.raises(UnboundError):
        pickle.loads(pickle.dumps(action)).get_image()
    with pytest.raises(UnboundError):
        pickle.loads(pickle.dumps(droplet)).assign_tag("prod")
    with pytest.raises(UnboundError):
        pickle.loads(pickle.dumps(action.image)).wait_until_available()


def test_image_of_a_transfer(droplet: BoundDroplet) -> None:
    image = droplet.snapshot("x").wait().image
    assert image.transfer("nyc3").wait().image.regions == ["fra1", "nyc3"]


def test_without_fetching_on_read(cloud: FakeDigitalOcean, droplet: BoundDroplet) -> None:
    action = cloud.client(lazy=False).droplets.snapshot(droplet, "x").wait()
    with pytest.raises(NotFetchedError, match=r"call its get_image\(\)"):
        _ = action.image
    image = action.get_image()
    assert (image.id, action.image) == (cloud.images.own[0]["id"], image)


START = datetime(2026, 1, 1, tzinfo=UTC)


def chosen(windows: list[tuple[int, int]], created: list[int], position: int) -> Any:
    """Return the number of the snapshot that is taken for that of an action, or the class of the error."""
    actions = [
        SimpleNamespace(
            id=number,
            type="snapshot",
            resource_id=1,
            started_at=START + timedelta(seconds=begin),
            completed_at=START + timedelta(seconds=end),
        )
        for number, (begin, end) in enumerate(windows)
    ]
    snapshots = [
        SimpleNamespace(id=number, name="x", created_at=START + timedelta(seconds=second), image=number)
        for number, second in enumerate(created)
    ]
    droplets = SimpleNamespace(get_snapshots=lambda id: snapshots[::-1], get_actions=lambda id: actions[::-1])
    try:
        return run(snapshot_of(actions[position], SimpleNamespace(droplets=droplets)))
    except (AmbiguousNameError, NotFoundError) as error:
        return type(error)


BACK_TO_BACK = [(0, 90), (90, 180), (180, 270)]


@pytest.mark.parametrize("offsets", [(0, 90, 180), (90, 180, 270), (0, 180, 180), (5, 100, 185)])
def test_times_of_creation_at_the_start_and_at_the_end(offsets: tuple[int, ...]) -> None:
    assert [chosen(BACK_TO_BACK, list(offsets), position) for position in range(3)] == [0, 1, 2]


def test_no_snapshot_is_taken_for_that_of_another_action() -> None:
    # Whichever snapshots are deleted, the result is right, or an error.
    for created in ((0, 90, 180), (90, 180, 270), (5, 100, 185)):
        for kept in product([True, False], repeat=3):
            remaining = [position for position in range(3) if kept[position]]
            for position in range(3):
                result = chosen(BACK_TO_BACK, [created[index] for index in remaining], position)
                assert result in (AmbiguousNameError, NotFoundError) or remaining[result] == position


def test_clocks_that_differ() -> None:
    assert chosen([(100, 190)], [92], 0) == 0
    assert chosen([(100, 190)], [200], 0) == 0
    assert chosen([(100, 190)], [30], 0) is NotFoundError
    assert chosen([(0, 90), (100, 190)], [45, 192], 1) == 1
    assert chosen([(0, 90), (100, 190)], [88], 1) is NotFoundError
    assert chosen([(100, 190)], [92, 195], 0) is AmbiguousNameError


# Snapshots as images


@pytest.fixture
def snapshot(client: Client, droplet: BoundDroplet) -> BoundSnapshot:
    droplet.snapshot("golden").wait()
    return client.snapshots.get("golden")


def test_snapshot_and_image(cloud: FakeDigitalOcean, client: Client, snapshot: BoundSnapshot) -> None:
    image = snapshot.image
    assert image is not None
    assert snapshot.id == image.id == cloud.images.own[0]["id"]
    assert client.snapshots.get_by_id(image.id) == snapshot
    assert (snapshot.raw["id"], snapshot.to_dict()["id"]) == (str(image.id), str(image.id))
    assert image.status == "available"
    assert {snapshot, client.snapshots.get(image.id), client.snapshots.get(str(image.id))} == {snapshot}
    assert Snapshot(id=str(image.id)).id == image.id


def test_snapshot_of_a_volume(client: Client) -> None:
    volume = BoundSnapshot(client.snapshots, {"id": UUID, "name": "data", "resource_type": "volume"})
    assert (volume.id, volume.image, volume.to_dict()["id"]) == (UUID, None, UUID)
    with pytest.raises(InvalidArgumentError, match="is not the snapshot of a droplet; nothing was sent"):
        volume.transfer("nyc3")
    assert volume._reference().resource_type == "volume_snapshot"


def test_transfer_of_a_snapshot(cloud: FakeDigitalOcean, snapshot: BoundSnapshot) -> None:
    assert snapshot.transfer("nyc3").wait().image == snapshot.image
    assert snapshot.regions == ["fra1", "nyc3"]
    assert snapshot.image is not None
    assert snapshot.image.regions == ["fra1", "nyc3"]


def test_stale_snapshots_are_fetched_together(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    for number in range(6):
        droplet.snapshot(f"golden {number}").wait()
    snapshots = client.snapshots.get_all()
    client.actions.wait_for([snapshot.transfer("nyc3") for snapshot in snapshots])
    cloud.requests.clear()
    assert [snapshot.regions for snapshot in snapshots] == [["fra1", "nyc3"]] * 6
    assert paths(cloud) == ["/snapshots"]


def test_images_of_listed_snapshots(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    for number in range(6):
        droplet.snapshot(f"golden {number}").wait()
    cloud.requests.clear()
    assert [snapshot.image and snapshot.image.status for snapshot in client.snapshots.iter()] == ["available"] * 6
    assert paths(cloud) == ["/snapshots", "/images"]


def test_tags_of_a_snapshot(client: Client, snapshot: BoundSnapshot) -> None:
    assert snapshot.assign_tag("prod")
    assert snapshot.tags == ["prod"]
    assert snapshot.image is not None
    assert snapshot.image.tags == ["prod"]
    assert client.images.get_all(tag_name="prod") == [snapshot.image]
    assert snapshot.unassign_tag("prod")
    assert snapshot.image.tags == []
    assert (snapshot.tags, client.snapshots.get_by_id(snapshot.id).tags) == ([], [])


def test_tags_are_fresh_whatever_assigns_them(client: Client, droplet: BoundDroplet, snapshot: BoundSnapshot) -> None:
    tag = client.tags.create("prod")
    image = client.images.get(snapshot.id)
    assert (image.tags, droplet.tags) == ([], [])
    tag.assign_resources([image, droplet])
    assert (image.tags, droplet.tags) == (["prod"], ["prod"])
    client.tags.unassign_resources("prod", [image])
    assert (image.tags, client.images.get(snapshot.id).tags) == ([], [])
    client.tags.assign_resources(resources=(image,), tag="prod")
    assert image.tags == ["prod"]
