"""Images of the Hetzner Cloud and of DigitalOcean in one list, and the deletion of old snapshots.

Runs against the fake clouds of the library. With ``--live`` it uses the real APIs and the tokens in ``HCLOUD_TOKEN``
and ``DIGITALOCEAN_TOKEN``, and asks before it deletes anything.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import hcloud
import hcloud.digitalocean
from hcloud import AnyImage, HCloudException, LockedError


def own_images(hetzner: hcloud.Client, digitalocean: hcloud.digitalocean.Client) -> list[AnyImage]:
    """Return the images that cost money."""
    return [*hetzner.images.iter(type=["snapshot", "backup"]), *digitalocean.images.iter(private=True)]


def show(images: Iterable[AnyImage]) -> None:
    for image in images:
        created = f"{image.creation_time:%Y-%m-%d}" if image.creation_time else "unknown"
        size = f"{image.stored_gigabytes:.2f} GB" if image.stored_gigabytes else "unknown"
        facts = f"{image.type:<9} {created:<10}  {size:>9}  {image.operating_system:<8}"
        print(f"  {image.id:<10} {facts} {image.display_name}")


def old_snapshots(images: Iterable[AnyImage], oldest: datetime) -> list[AnyImage]:
    return [
        image
        for image in images
        if image.type == "snapshot" and image.creation_time is not None and image.creation_time < oldest
    ]


def delete(images: Iterable[AnyImage]) -> None:
    for image in images:
        try:
            image.delete()
            print(f"  deleted {image.display_name}")
        except LockedError:
            print(f"  {image.display_name} is in use")


def live_clients() -> tuple[hcloud.Client, hcloud.digitalocean.Client]:
    return hcloud.Client.from_env(), hcloud.digitalocean.Client.from_env()


def fake_clients() -> tuple[hcloud.Client, hcloud.digitalocean.Client]:
    """Return clients of fake clouds that have two snapshots each, one of them old."""
    from hcloud.testing import FakeCloud, FakeDigitalOcean, ManualClock

    clock = ManualClock((datetime.now(UTC) - timedelta(days=100)).timestamp())
    hetzner, digitalocean = FakeCloud(clock=clock).client(), FakeDigitalOcean(clock=clock).client()
    server = hetzner.servers.create("web", "cx23", "debian-13").wait().server
    droplet = digitalocean.droplets.create("web", "s-1vcpu-1gb", "debian-13-x64", "nyc3").wait().droplet
    for description in ("before the upgrade", "after the upgrade"):
        server.create_image(f"server {description}").wait()
        droplet.snapshot(f"droplet {description}").wait()
        clock.sleep(timedelta(days=90).total_seconds())
    return hetzner, digitalocean


def confirm() -> bool:
    try:
        return input("Delete these snapshots? [y/N] ").strip() == "y"
    except EOFError:
        print()
        return False


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--live", action="store_true", help="use the real APIs")
    parser.add_argument("--days", type=int, default=90, help="age of the snapshots to delete, in days: %(default)s")
    options = parser.parse_args()
    try:
        hetzner, digitalocean = live_clients() if options.live else fake_clients()
        images = own_images(hetzner, digitalocean)
        print("● Images")
        show(images)
        old = old_snapshots(images, datetime.now(UTC) - timedelta(days=options.days))
        print(f"\n● Snapshots older than {options.days} days")
        show(old)
        if old and (not options.live or confirm()):
            delete(old)
    except HCloudException as error:
        print(f"\n{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
