"""The life of an image: taken of a server, waited for, read, labelled, protected, used, deleted.

Runs against the fake cloud that comes with the library. With ``--live`` and ``HCLOUD_TOKEN`` set it talks to the real
API instead, and asks before it creates what costs money.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress

from hcloud import Client, HCloudException
from hcloud.actions import BoundAction
from hcloud.images import BoundImage, Image
from hcloud.server_types import ServerType
from hcloud.servers import BoundServer


class Counter:
    """How many requests a client sent, and how many of them since somebody asked."""

    def __init__(self) -> None:
        self.total = self._before = 0

    def __call__(self, request: object) -> None:
        self.total += 1

    def since(self) -> int:
        sent, self._before = self.total - self._before, self.total
        return sent


def connect(live: bool, counter: Counter) -> Client:
    if live:
        return Client.from_env(application_name="image-lifecycle", on_request=counter)
    from hcloud.testing import FakeCloud

    return FakeCloud().client(on_request=counter)


def step(text: str) -> None:
    print(f"\n● {text}")


def show_progress(actions: list[BoundAction]) -> None:
    done = sum(action.progress or 0 for action in actions) // len(actions)
    if done == 100 or sys.stdout.isatty():
        print(f"\r  {'━' * (done // 4):<25} {done:3d} %", end="\n" if done == 100 else "", flush=True)


def run(client: Client, counter: Counter) -> None:
    created: list[BoundServer] = []
    images: list[BoundImage] = []
    try:
        step("Create a server, and wait for it")
        response = client.servers.create(
            "image-lifecycle", ServerType(name="cx23"), Image(name="debian-13"), labels={"example": "image-lifecycle"}
        )
        server = response.server
        created.append(server)
        response.wait(on_progress=show_progress)
        server.wait_for(lambda server: server.status == "running", timeout=120)
        print(f"  {server} is {server.status}")

        step("Take a snapshot of it")
        snapshot = server.create_image("before upgrade", labels={"example": "image-lifecycle"})
        images.append(snapshot.image)
        snapshot.wait(on_progress=show_progress)

        step("Read its properties")
        image = client.images.get_by_id(snapshot.image.id or 0)
        for name in ("id", "type", "status", "description", "disk_size", "image_size", "os_flavor", "os_version"):
            print(f"  {name:12} {getattr(image, name)}")
        print(f"  {'created':12} {image.created:%Y-%m-%d %H:%M}")
        counter.since()
        origin = image.created_from
        assert origin is not None
        print(f"  {'created_from':12} {origin.name} (requests sent for its name: {counter.since()})")
        print(f"  {'':12} {origin.status} (requests sent for its status: {counter.since()})")

        step("Label and protect it")
        image.update(labels={**(image.labels or {}), "keep": "yes"})
        image.change_protection(delete=True).wait_until_finished()
        image.reload()
        print(f"  labels {image.labels}, protection {image.protection}")

        step("Try to delete it nevertheless")
        try:
            image.delete()
        except HCloudException as error:
            print(f"  {type(error).__name__}: {error}")

        step("Take a backup, and convert it to a snapshot that survives its server")
        server.enable_backup().wait_until_finished()
        backup = server.create_image("nightly", type="backup")
        images.append(backup.image)
        backup.wait(on_progress=show_progress)
        kept = backup.image.update(type="snapshot", description="nightly, kept")
        print(f"  {kept} is a {kept.type} now, bound to {kept.bound_to}")

        step("Rebuild the server from the image")
        server.rebuild(image).wait(on_progress=show_progress)
        server.reload()
        print(f"  {server} runs {server.image.description if server.image else None!r}")
    finally:
        step("Delete all that was made")
        clean_up(created, images)
    print(f"\nDone, with {counter.total} requests.")


def clean_up(servers: list[BoundServer], images: list[BoundImage]) -> None:
    for server in servers:
        with suppress(HCloudException):
            # If this was interrupted, something runs, and locks the server and its image.
            server.wait_for(lambda server: not server.get_actions(status=["running"]), timeout=300)
    for image in images:
        delete(image)
    for server in servers:
        delete(server)


def delete(made: BoundServer | BoundImage) -> None:
    try:
        made.reload()
        if made.protection and made.protection["delete"]:
            made.change_protection(delete=False).wait_until_finished()
        deletion = made.delete()
        if isinstance(deletion, BoundAction):
            deletion.wait_until_finished()
        print(f"  deleted {made}")
    except HCloudException as error:  # the others cost money, too
        print(f"  NOT deleted {made}: {error}", file=sys.stderr)


def agreed() -> bool:
    print("This creates a server of type cx23, a snapshot and a backup in your project, which cost some cents.")
    try:
        return input("Type 'yes' to go on: ").strip() == "yes"
    except EOFError:
        print()
        return False


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--live", action="store_true", help="use the real API, with the token in HCLOUD_TOKEN")
    live = parser.parse_args().live
    counter = Counter()
    try:
        with connect(live, counter) as client:
            if live and not agreed():
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
