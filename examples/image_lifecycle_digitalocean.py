"""Life cycle of an image on DigitalOcean: create, wait, read, tag, copy, use, import, delete.

Runs against the fake API of the library. With ``--live`` and ``DIGITALOCEAN_TOKEN``, it uses the real API instead. It
asks for confirmation first, because the resources that it creates cost money.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import suppress

from hcloud import HCloudException
from hcloud.digitalocean import Client
from hcloud.digitalocean.actions import BoundAction
from hcloud.digitalocean.droplets import BoundDroplet
from hcloud.digitalocean.images import BoundImage

TAG = "image-lifecycle"
DISK = "https://cloud.debian.org/images/cloud/trixie/latest/debian-13-genericcloud-amd64.qcow2"


class Counter:
    """Counter of a client's requests, in total and since the last call of :meth:`since`."""

    def __init__(self) -> None:
        self.total = self._last = 0

    def __call__(self, request: object) -> None:
        self.total += 1

    def since(self) -> int:
        requests, self._last = self.total - self._last, self.total
        return requests


def connect(live: bool, counter: Counter) -> tuple[Client, Callable[[BoundDroplet], object] | None]:
    """Return a client, and a function that creates a backup immediately, which only the fake can do."""
    if live:
        return Client.from_env(application_name=TAG, on_request=counter), None
    from hcloud.testing import FakeDigitalOcean

    cloud = FakeDigitalOcean()
    return cloud.client(on_request=counter), lambda droplet: cloud.back_up(droplet.id)


def step(text: str) -> None:
    print(f"\n● {text}")


def show_progress(actions: list[BoundAction]) -> None:
    # DigitalOcean's actions have no progress in percent.
    finished = sum(action.status != "in-progress" for action in actions)
    if finished == len(actions) or sys.stdout.isatty():
        print(f"\r  {finished} of {len(actions)} done", end="\n" if finished == len(actions) else "", flush=True)


def show_import(image: BoundImage) -> None:
    if sys.stdout.isatty():
        print(f"\r  {image.status:<10}", end="", flush=True)


def run(client: Client, counter: Counter, back_up: Callable[[BoundDroplet], object] | None) -> None:
    try:
        step("Create a droplet, and wait for it")
        response = client.droplets.create(TAG, "s-1vcpu-1gb", "debian-13-x64", "fra1", backups=True, tags=[TAG])
        response.wait(on_progress=show_progress)
        droplet = response.droplet.wait_for(lambda droplet: droplet.status == "active", timeout=120)
        print(f"  {droplet} is {droplet.status}")

        step("Take a snapshot")
        droplet.snapshot("before upgrade").wait(on_progress=show_progress)

        step("Read the properties of the image")
        image = droplet.snapshots[0]
        counter.since()
        for name in ("id", "name", "type", "status", "distribution", "regions", "min_disk_size", "size_gigabytes"):
            print(f"  {name:14} {getattr(image, name)}")
        print(f"  {'created_at':14} {image.created_at:%Y-%m-%d %H:%M}")
        print(f"  (requests: {counter.since()})")

        step("Tag the image, and copy it to another region")
        image.assign_tag(TAG)
        action = image.transfer("nyc3").wait(on_progress=show_progress)
        print(f"  tags {image.tags}, regions {image.regions}; {action.type} of {action.resource}")

        step("Try to copy it to the same region again")
        try:
            image.transfer("nyc3")
        except HCloudException as error:
            print(f"  {type(error).__name__}: {error}")

        step("Convert a backup to a snapshot, which outlives its droplet")
        if back_up is not None:
            back_up(droplet)
        droplet.reload()
        if not droplet.backups:
            print("  there are no backups yet")
        for backup in droplet.backups:
            backup.convert().wait()
            backup.update(name="nightly, kept")
            backup.assign_tag(TAG)
            print(f"  {backup} is now a {backup.type}")

        step("Rebuild the droplet from the image")
        droplet.rebuild(image).wait(on_progress=show_progress)
        print(f"  {droplet.name} runs {droplet.image.name if droplet.image else None!r}")

        step("Import a custom image")
        custom = client.images.create("mine", DISK, "nyc3", "Debian", description="from a URL", tags=[TAG])
        print(f"  {custom} is {custom.status}")
        custom.wait_until_available(interval=5, on_progress=show_import)
        print(f"\r  {custom} is {custom.status}")
    finally:
        step("Delete all resources")
        clean_up(client)
    print(f"\nDone after {counter.total} requests.")


def is_idle(resource: BoundDroplet | BoundImage) -> bool:
    return all(action.status != "in-progress" for action in resource.get_actions())


def delete(resource: BoundDroplet | BoundImage) -> None:
    try:
        resource.wait_for(is_idle, timeout=300)
        resource.delete()
        print(f"  deleted {resource}")
    except HCloudException as error:  # go on: the other resources cost money, too
        print(f"  NOT deleted {resource}: {error}", file=sys.stderr)


def clean_up(client: Client) -> None:
    droplets = client.droplets.get_all(tag_name=TAG)
    images = {image.id: image for image in client.images.get_all(tag_name=TAG, private=True)}
    for droplet in droplets:
        with suppress(HCloudException):
            # After an interruption, a running action may still create an image, which has no tag.
            droplet.wait_for(is_idle, timeout=300).reload()
            images = {image.id: image for image in droplet.snapshots or []} | images
    for image in images.values():
        delete(image)
    for droplet in droplets:
        delete(droplet)
    for tag in client.tags.iter():
        if tag.name == TAG:
            tag.delete()


def confirm() -> bool:
    try:
        return input("This creates a droplet and images, which cost a few cents. Continue? [y/N] ").strip() == "y"
    except EOFError:
        print()
        return False


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--live", action="store_true", help="use the real API, with the token in DIGITALOCEAN_TOKEN")
    options = parser.parse_args()
    counter = Counter()
    try:
        client, back_up = connect(options.live, counter)
        with client:
            if options.live and not confirm():
                return 1
            run(client, counter, back_up)
    except HCloudException as error:
        print(f"\n{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
