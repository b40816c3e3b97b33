"""Life of an image: upload, snapshot of a server, labels, protection, conversion of a backup, rebuild, deletion.

Runs against the fake cloud of the library; the upload only where an SSH server can be started. With ``--live`` it uses
the real API and the token in ``HCLOUD_TOKEN``, uploads nothing, and asks before it creates anything that costs money.
"""

from __future__ import annotations

import argparse
import io
import struct
import sys
from contextlib import suppress

from hcloud import Client, HCloudException, progress
from hcloud.actions import BoundAction
from hcloud.images import BoundImage
from hcloud.servers import BoundServer


class Counter:
    """Counter of the requests that a client sends."""

    def __init__(self) -> None:
        self.total = self._last = 0

    def __call__(self, request: object) -> None:
        self.total += 1

    def since_last(self) -> int:
        """Return the number of requests since the last call of this method."""
        count, self._last = self.total - self._last, self.total
        return count


def connect(live: bool, counter: Counter) -> Client:
    if live:
        return Client.from_env(application_name="image-lifecycle", on_request=counter)
    from hcloud.testing import FakeCloud

    return FakeCloud().client(on_request=counter)


def step(text: str) -> None:
    print(f"\n* {text}", flush=True)


def upload() -> None:
    """Upload a disk to a fake cloud whose rescue system is an SSH server on this machine."""
    from hcloud.testing import FakeCloud, rescue_systems

    step("Upload a disk image, which an SSH server on this machine writes")
    disk = bytearray(8 << 20)
    disk[446:512] = struct.pack("<B3xB3xII48xH", 0x80, 0x83, 2048, 14336, 0xAA55)  # a table with one partition
    cloud = FakeCloud()
    try:
        with rescue_systems(cloud, disk_size=16 << 20), cloud.client() as client:
            image = client.images.upload(
                io.BytesIO(disk), description="uploaded", on_progress=progress(file=sys.stdout)
            )
            print(f"  {image.description} image {image.id} is {image.status}")
    except (OSError, HCloudException) as error:
        print(f"  Left out: {error}")


def run(client: Client, counter: Counter) -> None:
    created: list[BoundServer] = []
    images: list[BoundImage] = []
    show_progress = progress(file=sys.stdout)
    try:
        step("Create a server, and wait for it")
        response = client.servers.create("image-lifecycle", "cx23", "debian-13", labels={"example": "image-lifecycle"})
        server = response.server
        created.append(server)
        response.wait(on_progress=show_progress)
        server.wait_for(lambda server: server.status == "running", timeout=120)
        print(f"  {server}")

        step("Take a snapshot of it")
        snapshot = server.create_image("before upgrade", labels={"example": "image-lifecycle"})
        images.append(snapshot.image)
        snapshot.wait(on_progress=show_progress)

        step("Read its properties")
        image = client.images.get_by_id(snapshot.image.id)
        for name in ("id", "type", "status", "description", "disk_size", "image_size", "os_flavor", "os_version"):
            print(f"  {name:12} {getattr(image, name)}")
        print(f"  {'created':12} {image.created:%Y-%m-%d %H:%M}")
        counter.since_last()
        if origin := image.created_from:
            print(f"  {'created_from':12} {origin.name} (requests sent for its name: {counter.since_last()})")
            print(f"  {'':12} {origin.status} (requests sent for its status: {counter.since_last()})")

        step("Label and protect it")
        image.update(labels={**image.labels, "keep": "yes"})
        image.change_protection(delete=True).wait()
        print(f"  labels {image.labels}, protection {image.protection}")

        step("Try to delete it in spite of that")
        try:
            image.delete()
        except HCloudException as error:
            print(f"  {type(error).__name__}: {error}")

        step("Take a backup, and convert it to a snapshot that survives its server")
        server.enable_backup().wait()
        backup = server.create_image("nightly", type="backup")
        images.append(backup.image)
        backup.wait(on_progress=show_progress)
        kept = backup.image.update(type="snapshot", description="nightly, kept")
        print(f"  {kept} is bound to {kept.bound_to}")

        step("Rebuild the server from the image")
        server.rebuild(image).wait(on_progress=show_progress)
        print(f"  {server.name} runs {server.image.description if server.image else None!r}")
    finally:
        step("Delete everything again")
        clean_up(created, images)
    print(f"\nDone, with {counter.total} requests.")


def clean_up(servers: list[BoundServer], images: list[BoundImage]) -> None:
    for server in servers:
        with suppress(HCloudException):
            # After an interruption, a running action may lock the server and its image.
            server.wait_for(lambda server: not server.get_actions(status=["running"]), timeout=300)
    for image in images:
        delete(image)
    for server in servers:
        delete(server)


def delete(resource: BoundServer | BoundImage) -> None:
    kind = "server" if isinstance(resource, BoundServer) else resource.type
    try:
        resource.reload()
        if resource.protection["delete"]:
            resource.change_protection(delete=False).wait()
        deletion = resource.delete()
        if isinstance(deletion, BoundAction):
            deletion.wait()
        print(f"  deleted {kind} {resource.id}")
    except HCloudException as error:  # goes on, since the others cost money, too
        print(f"  NOT deleted: {resource}: {error}", file=sys.stderr)


def confirm() -> bool:
    print("This creates a server of type cx23, a snapshot and a backup in your project, which cost some cents.")
    try:
        return input("Type 'yes' to continue: ").strip() == "yes"
    except EOFError:
        print()
        return False


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--live", action="store_true", help="use the real API, with the token in HCLOUD_TOKEN")
    live = parser.parse_args().live
    counter = Counter()
    try:
        if not live:
            upload()
        with connect(live, counter) as client:
            if live and not confirm():
                return 1
            run(client, counter)
    except HCloudException as error:
        print(f"\n{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
