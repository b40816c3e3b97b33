"""The type of the images of all providers, and what they have in common."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import hcloud
from hcloud import digitalocean
from hcloud.images import BoundImage
from hcloud.testing import FakeCloud, FakeDigitalOcean

START = datetime(2026, 10, 15, 12, tzinfo=UTC)


def test_snapshots_of_both_clouds() -> None:
    server = FakeCloud().client().servers.create("web", "cx23", "debian-13").wait().server
    droplet = FakeDigitalOcean().client().droplets.create("web", "s-1vcpu-1gb", "debian-13-x64", "nyc3").wait().droplet
    images: list[hcloud.AnyImage] = [
        server.create_image("before upgrade").wait().image,
        droplet.snapshot("before upgrade").wait().image,
    ]
    for image in images:
        assert isinstance(image, hcloud.AnyImage)
        assert (image.display_name, image.operating_system, image.type) == ("before upgrade", "debian", "snapshot")
        assert image.creation_time is not None
        assert 0 <= (image.creation_time - START).total_seconds() <= 600
        assert image.stored_gigabytes is not None
        assert 2 < image.stored_gigabytes < 3
        with pytest.raises(AttributeError):
            image.display_name = "x"  # type: ignore[misc]
    assert [image.delete() for image in images] == [True, True]
    assert not isinstance(server, hcloud.AnyImage)


@pytest.mark.parametrize(
    ("distribution", "operating_system"),
    [
        ("Debian", "debian"),
        ("Rocky Linux", "rocky"),
        ("AlmaLinux", "alma"),
        ("openSUSE", "opensuse"),
        ("Arch Linux", "arch"),
        ("Unknown", "unknown"),
        ("Linux", "linux"),
        (" ", "unknown"),
        (None, "unknown"),
    ],
)
def test_operating_systems(distribution: str | None, operating_system: str) -> None:
    assert digitalocean.images.Image(distribution=distribution).operating_system == operating_system


def test_operating_systems_of_the_hetzner_cloud() -> None:
    for image in FakeCloud().client().images.get_all(type=["system"]):
        assert image.operating_system == image.os_flavor
        assert (image.display_name, image.stored_gigabytes) == (image.name, None)


def test_images_without_name_and_time() -> None:
    image = digitalocean.images.Image(id=7)
    assert (image.display_name, image.creation_time, image.stored_gigabytes) == ("", None, None)


def test_missing_fields_are_fetched() -> None:
    cloud = FakeCloud()
    client = cloud.client()
    known = client.images.get("debian-13", architecture="arm")
    assert BoundImage(client.images, {"id": known.id}, complete=False).operating_system == "debian"
