"""Life of an image: upload, snapshot of a server, labels, protection, conversion of a backup, rebuild, deletion.

Runs against the fake cloud of the library; the upload only where an SSH server can be started. With ``--live`` it uses
the real API and the token in ``HCLOUD_TOKEN``, uploads nothing, and asks before it creates anything that costs money.
"""

from __future__ import annotations

import argparse
import io
import shutil
import struct
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import suppress

from hcloud import Client, HCloudException, RequestInfo, progress
from hcloud.actions import BoundAction
from hcloud.images import BoundImage
from hcloud.servers import BoundServer

LABEL = "example=image-lifecycle"


class Counter:
    """Counter of the requests that a client sends."""

    def __init__(self) -> None:
        self.total = self.changes = self.polls = self._last = 0

    def __call__(self, request: RequestInfo) -> None:
        self.total += 1
        self.changes += request.method != "GET"
        self.polls += (request.path or "").startswith("/actions")

    def since_last(self) -> int:
        """Return the number of requests since the last call of this method."""
        count, self._last = self.total - self._last, self.total
        return count


def connect(live: bool, counter: Counter) -> tuple[Client, Callable[[], float]]:
    """Return the client, and the clock of its cloud."""
    if live:
        return Client.from_env(application_name="image-lifecycle", on_request=counter), time.monotonic
    from hcloud.testing import FakeCloud

    cloud = FakeCloud()
    return cloud.client(on_request=counter), cloud.clock.monotonic


def step(text: str) -> None:
    print()
    show(text, "* ")


def show(text: str, start: str = "  ") -> None:
    """Print a paragraph that fits into the terminal."""
    width = max(20, shutil.get_terminal_size().columns - 1)
    print(
        textwrap.fill(text, width, initial_indent=start, subsequent_indent="    ", break_on_hyphens=False), flush=True
    )


def upload() -> None:
    """Upload a disk to a fake cloud whose rescue system is an SSH server on this machine."""
    from hcloud.testing import FakeCloud, rescue_systems

    step("Upload a disk image, which an SSH server on this machine writes")
    disk = bytearray(8 << 20)
    disk[446:512] = struct.pack("<B3xB3xII48xH", 0x80, 0x83, 2048, 14336, 0xAA55)  # a table with one partition
    cloud = FakeCloud()
    try:
        with rescue_systems(cloud, disk_size=16 << 20), cloud.client() as client:
            show_progress = progress(file=sys.stdout)
            image = client.images.upload(io.BytesIO(disk), description="uploaded", on_progress=show_progress)
            show(f"the {image.type} {image.description!r} is {image.status}")
    except (OSError, HCloudException) as error:
        show(f"left out: {error}")


def run(client: Client, counter: Counter, clock: Callable[[], float]) -> None:
    start = clock()
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
        show(f"{server.name} is {server.status}: {server.server_type.cores} cores in {server.location.city}")

        step("Take a snapshot of it")
        snapshot = server.create_image("before upgrade", labels={"example": "image-lifecycle"})
        images.append(snapshot.image)
        snapshot.wait(on_progress=show_progress)

        step("Read its properties")
        image = client.images.get_by_id(snapshot.image.id)
        for name in ("id", "type", "status", "description", "disk_size", "image_size", "os_flavor"):
            show(f"{name:12} {getattr(image, name)}")
        counter.since_last()
        if origin := image.created_from:
            show(f"of           {origin.name} (name: {counter.since_last()} requests)")
            show(f"which is     {origin.status} (status: {counter.since_last()} request)")

        step("Label and protect it")
        image.update(labels={**image.labels, "keep": "yes"})
        image.change_protection(delete=True).wait()
        show(f"labels {', '.join(image.labels)}; protected: {image.protection['delete']}")

        step("Try to delete it in spite of that")
        try:
            image.delete()
        except HCloudException as error:
            show(f"{type(error).__name__}: {error}")

        step("Take a backup, and convert it to a snapshot that survives its server")
        server.enable_backup().wait()
        backup = server.create_image("nightly", type="backup")
        images.append(backup.image)
        backup.wait(on_progress=show_progress)
        kept = backup.image.update(type="snapshot", description="nightly, kept")
        show(f"the {kept.type} {kept.description!r} is bound to {kept.bound_to}")

        step("Rebuild the server from the image")
        server.rebuild(image).wait(on_progress=show_progress)
        show(f"{server.name} runs {server.image.description if server.image else None!r}")
        cost = client.pricing.cost([server, *images])
    finally:
        step("Delete everything again")
        clean_up(created, images)

    step("Done")
    minutes, seconds = divmod(round(clock() - start), 60)
    show(f"{minutes}:{seconds:02} minutes of the cloud's time")
    show(f"{counter.changes} changes, waited for with {counter.polls} polls")
    show(f"{counter.total} requests; a project may send 3600 in an hour")
    show(f"{cost.monthly.gross:.2f} {cost.currency} a month is saved by the deletion")
    left = client.servers.get_all(label_selector=LABEL) + client.images.get_all(label_selector=LABEL)
    show(f"{len(left)} resources are left")


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
        show(f"deleted {kind} {resource.id}")
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
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a message may not fit into the encoding of the terminal
    counter = Counter()
    try:
        if not live:
            upload()
        client, clock = connect(live, counter)
        with client:
            if live and not confirm():
                return 1
            run(client, counter, clock)
    except HCloudException as error:
        print(f"\n{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
