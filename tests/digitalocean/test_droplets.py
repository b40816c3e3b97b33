"""Droplets and their links."""

from __future__ import annotations

import pickle

import pytest

from hcloud._exceptions import InvalidInputError, LockedError, NotFetchedError
from hcloud.digitalocean import Client, PendingEventError, UnprocessableEntityError
from hcloud.digitalocean.droplets import BoundDroplet, DropletBackupPolicy
from hcloud.digitalocean.images import BoundImage
from hcloud.testing import FakeDigitalOcean


def test_create(cloud: FakeDigitalOcean, client: Client) -> None:
    response = client.droplets.create("web", "s-1vcpu-1gb", "debian-12-x64", "fra", user_data="#!/bin/sh")
    assert response.droplet.status == "new"
    assert [action.is_fetched("status") for action in response.actions] == [False]
    response.wait()
    assert response.actions[0].resource == response.droplet
    droplet = response.actions[0].resource
    assert isinstance(droplet, BoundDroplet)
    assert (droplet.status, droplet.size_slug) == ("active", "s-1vcpu-1gb")
    assert droplet.region is not None
    assert droplet.region.slug == "fra1"


def test_create_several(cloud: FakeDigitalOcean, client: Client) -> None:
    response = client.droplets.create(["a", "b"], "s-1vcpu-1gb", 195932981)
    assert [droplet.name for droplet in response.droplets] == ["a", "b"]
    assert cloud.requests[0].body == {"names": ["a", "b"], "size": "s-1vcpu-1gb", "image": 195932981}
    response.wait()
    assert {action.status for action in response.actions} == {"completed"}


def test_complete_image_is_not_fetched(cloud: FakeDigitalOcean, droplet: BoundDroplet) -> None:
    image = droplet.image
    assert isinstance(image, BoundImage)
    assert (image.complete, image.name, image.error_message) == (True, "12 x64", "")
    assert cloud.requests == []


def test_incomplete_images_are_fetched_together(
    cloud: FakeDigitalOcean, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        client.images.create(f"mine {number}", "https://example.com/disk.raw", "nyc3")
    ids = [image["id"] for image in cloud.images.own]
    cloud.requests.clear()
    page = {"droplets": [{"id": number, "image": {"id": image}} for number, image in enumerate(ids, 1)]}
    with monkeypatch.context() as patched:
        patched.setattr(client._client, "request", lambda **request: page)
        droplets = client.droplets.get_list().droplets
    names = [droplet.image and droplet.image.name for droplet in droplets]
    assert names == [cloud.images[number]["name"] for number in ids]
    assert [request.path for request in cloud.requests] == ["/images"]


def test_lazy_false(cloud: FakeDigitalOcean) -> None:
    client = cloud.client(lazy=False)
    response = client.droplets.create("web", "s-1vcpu-1gb", "debian-12-x64")
    with pytest.raises(NotFetchedError, match="'status'"):
        _ = response.actions[0].status


def test_snapshots_and_backups(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    droplet.snapshot("before upgrade").wait_until_finished()
    droplet.enable_backups(DropletBackupPolicy(plan="weekly", weekday="SUN", hour=8)).wait_until_finished()
    cloud.back_up("web")
    droplet.reload()
    assert droplet.snapshots is not None
    assert droplet.backups is not None
    assert [image.name for image in droplet.snapshots] == ["before upgrade"]
    assert [image.type for image in droplet.backups] == ["backup"]
    (snapshot,) = droplet.get_snapshots()
    assert (snapshot.type, snapshot.image.name) == ("snapshot", "before upgrade")
    (listed_snapshot,) = client.snapshots.get_all()
    assert (listed_snapshot.id, listed_snapshot.resource) == (snapshot.id, droplet)
    record = droplet.get_backup_policy()
    assert record.backup_policy is not None
    assert (record.backup_policy.weekday, record.backup_policy.retention_period_days) == ("SUN", 28)
    assert record.next_backup_window is not None
    assert record.next_backup_window.start is not None
    assert record.next_backup_window.start.hour == 8
    (listed_policy,) = client.droplets.get_backup_policies()
    assert listed_policy == record
    assert listed_policy.droplet == droplet


def test_rejected_actions(client: Client, droplet: BoundDroplet) -> None:
    with pytest.raises(UnprocessableEntityError, match="powered off"):
        droplet.resize("s-2vcpu-2gb")
    with pytest.raises(UnprocessableEntityError, match="kernel"):
        droplet.change_kernel(7515)


def test_a_pending_event_is_a_locked_error(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    action = droplet.reboot()
    cloud.requests.clear()
    with pytest.raises(LockedError) as locked:
        droplet.power_off()
    assert isinstance(locked.value, UnprocessableEntityError)
    assert isinstance(locked.value, InvalidInputError)
    assert type(locked.value) is PendingEventError
    assert (locked.value.code, locked.value.http_status) == ("unprocessable_entity", 422)
    assert locked.value.message == "Droplet already has a pending event."
    assert str(locked.value).startswith("Droplet already has a pending event. (unprocessable_entity, ")
    assert len(cloud.requests) == 1  # not transient
    copy = pickle.loads(pickle.dumps(locked.value))
    assert (type(copy), str(copy)) == (PendingEventError, str(locked.value))
    action.wait_until_finished()
    with pytest.raises(UnprocessableEntityError) as rejected:
        droplet.change_kernel(7515)
    assert not isinstance(rejected.value, LockedError)


def test_name_filter(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    assert client.droplets.get_all(name="WEB") == [droplet]
    with pytest.raises(UnprocessableEntityError):
        client.droplets.get_all(name="web", tag_name="prod")


def test_ipv6(droplet: BoundDroplet) -> None:
    assert droplet.networks is not None
    assert droplet.networks.v6 == []
    for _ in range(2):
        droplet.enable_ipv6().wait_until_finished()
    droplet.reload()
    assert droplet.networks.v4 is not None
    assert droplet.networks.v6 is not None
    assert [network.netmask for network in (*droplet.networks.v4, *droplet.networks.v6)] == ["255.255.240.0", 64]
    assert "ipv6" in (droplet.features or [])


def test_by_tag(cloud: FakeDigitalOcean, client: Client) -> None:
    client.droplets.create(["a", "b"], "s-1vcpu-1gb", "debian-12-x64", tags=["env:test"]).wait()
    cloud.requests.clear()
    actions = client.droplets.act_by_tag("env:test", "power_off")
    assert cloud.requests[0].query == [("tag_name", "env:test")]
    assert cloud.requests[0].body == {"type": "power_off"}
    client.actions.wait_for(actions)
    assert {droplet.status for droplet in client.droplets.iter(tag_name="env:test")} == {"off"}
    assert client.droplets.delete_by_tag("env:test")
    assert client.droplets.get_all() == []
