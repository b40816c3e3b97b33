"""Number of requests to read what the records of a listing link to."""

from __future__ import annotations

import pytest

from hcloud.digitalocean import Client
from hcloud.digitalocean.droplets import BoundDroplet
from hcloud.testing import FakeDigitalOcean


@pytest.fixture
def backed_up(cloud: FakeDigitalOcean, droplet: BoundDroplet) -> BoundDroplet:
    """A droplet with 30 snapshots and 30 backups."""
    cloud._action_seconds = 0
    droplet.enable_backups().wait()
    for number in range(30):
        droplet.snapshot(f"snapshot {number}").wait()
        cloud.back_up(droplet.id or 0)
    droplet.reload()
    cloud.requests.clear()
    return droplet


def paths(cloud: FakeDigitalOcean) -> list[str]:
    return [request.path for request in cloud.requests]


def test_images_of_snapshots_and_backups(cloud: FakeDigitalOcean, backed_up: BoundDroplet) -> None:
    for listing, name in ((backed_up.get_snapshots, "snapshots"), (backed_up.get_backups, "backups")):
        assert [snapshot.image.status for snapshot in listing()] == ["available"] * 30
        assert paths(cloud) == [f"/droplets/{backed_up.id}/{name}", "/images"]
        cloud.requests.clear()


def test_images_of_several_pages(cloud: FakeDigitalOcean, backed_up: BoundDroplet) -> None:
    images = [snapshot.image for snapshot in backed_up.get_snapshots(per_page=10)]
    assert [image.status for image in images] == ["available"] * 30
    assert paths(cloud) == [f"/droplets/{backed_up.id}/snapshots"] * 3 + ["/images"]


def test_images_are_those_of_the_account(cloud: FakeDigitalOcean, backed_up: BoundDroplet) -> None:
    # The account has a few images of its own among hundreds of public ones.
    snapshots = backed_up.get_snapshots_list(per_page=5).snapshots
    assert [snapshot.image.status for snapshot in snapshots] == ["available"] * 5
    assert [dict(request.query) for request in cloud.requests][1:] == [
        {"page": "1", "per_page": "200", "private": "true"}
    ]


def test_droplets_of_backup_policies(cloud: FakeDigitalOcean, client: Client) -> None:
    for page in range(3):
        client.droplets.create([f"web-{page}-{number}" for number in range(10)], "s-1vcpu-1gb", "debian-12-x64").wait()
    cloud.requests.clear()
    policies = client.droplets.get_backup_policies()
    assert [policy.droplet and policy.droplet.name for policy in policies] == [
        f"web-{page}-{number}" for page in range(3) for number in range(10)
    ]
    assert paths(cloud) == ["/droplets/backups/policies", "/droplets"]
    cloud.requests.clear()
    policies = client.droplets.get_backup_policies(per_page=10)
    assert len({policy.droplet.name for policy in policies if policy.droplet}) == 30
    assert paths(cloud) == ["/droplets/backups/policies"] * 3 + ["/droplets"]
