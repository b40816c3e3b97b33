"""Snapshots of many servers at once, with a progress line.

Runs against the fake cloud of the library, with a hundred servers. With ``--live`` it uses the real API and the token
in ``HCLOUD_TOKEN``, and asks before it creates anything that costs money.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from hcloud import HCloudException, progress
from hcloud.actions import ActionsException
from hcloud.aio import Client
from hcloud.aio.resources import BoundServer, CreateImageResponse

DESCRIPTION = "snapshot-many-servers"


async def fake_client(count: int) -> Client:
    """Return a client of a fake cloud with ``count`` servers."""
    from hcloud.testing import FakeCloud

    cloud = FakeCloud(limits={"servers": count})
    client = cloud.async_client()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(client.servers.create(f"node-{number}", "cx23", "debian-13"))
    cloud.finish_actions()
    return client


async def take_snapshot(server: BoundServer) -> CreateImageResponse | None:
    """Start a snapshot; a server that rejects it does not keep the others from theirs."""
    try:
        return await server.create_image(DESCRIPTION, labels={"example": DESCRIPTION})
    except HCloudException as error:
        print(f"{server.name}: {error}", file=sys.stderr)
        return None


async def take_snapshots(servers: list[BoundServer], client: Client) -> bool:
    """Take a snapshot of each server, show what became of them, and return True if all servers have one."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(take_snapshot(server)) for server in servers]
    started = [response for task in tasks if (response := task.result()) is not None]
    try:
        await client.actions.wait_for([response.action for response in started], on_progress=progress(file=sys.stdout))
    except ActionsException as error:
        print(error, file=sys.stderr)
    images = [response.image for response in started if response.action.status == "success"]
    size = sum(image.image_size for image in images if image.image_size)
    print(f"{len(images)} of {len(servers)} servers have a snapshot; together they take {size:.1f} GB.")
    return len(images) == len(servers)


def confirm(servers: list[BoundServer]) -> bool:
    print(f"This takes a snapshot of {len(servers)} servers: {', '.join(server.name for server in servers)}.")
    try:
        return input("Snapshots cost money for as long as they exist. Type 'yes' to continue: ").strip() == "yes"
    except EOFError:
        print()
        return False


async def run(live: bool, count: int, label_selector: str | None) -> int:
    client = Client.from_env(application_name=DESCRIPTION) if live else await fake_client(count)
    async with client:
        servers = await client.servers.get_all(label_selector=label_selector)
        if live and not confirm(servers):
            return 1
        return 0 if await take_snapshots(servers, client) else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--live", action="store_true", help="use the real API, with the token in HCLOUD_TOKEN")
    parser.add_argument("--servers", type=int, default=100, help="number of servers of the fake: %(default)s")
    parser.add_argument("--label-selector", help="only take snapshots of servers with these labels, such as env=prod")
    options = parser.parse_args()
    try:
        return asyncio.run(run(options.live, options.servers, options.label_selector))
    except* HCloudException as errors:
        for error in errors.exceptions:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
    except* KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
