"""Type assertions for the asynchronous client of DigitalOcean, as in ``user_async.py``."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import assert_type

import hcloud.aio
import hcloud.digitalocean
from hcloud import progress
from hcloud.digitalocean.aio import Client
from hcloud.digitalocean.aio.resources import BoundAction, BoundDroplet, BoundImage, BoundTag, CreateDropletResponse
from hcloud.digitalocean.images import Image
from hcloud.testing import FakeDigitalOcean


async def operations(client: Client, other: hcloud.digitalocean.Client) -> None:
    assert_type(FakeDigitalOcean().async_client(), Client)
    assert_type(Client.from_env(), Client)
    async with Client("token") as context:
        assert_type(context, Client)
    droplet = await client.droplets.get(1)
    assert_type(droplet, BoundDroplet)
    assert_type(droplet.image, BoundImage)
    created = await client.droplets.create("web", "s-1vcpu-1gb", "debian-13-x64", "nyc3")
    assert_type(created, CreateDropletResponse)
    assert_type((await created.wait()).droplet, BoundDroplet)
    action = await (await droplet.snapshot("before upgrade")).wait(on_progress=progress())
    assert_type(action, BoundAction)
    image = await action.get_image()
    assert_type(image, BoundImage)
    assert_type(await image.wait_until_available(on_progress=progress()), BoundImage)
    assert_type(client.images.iter(private=True), AsyncGenerator[BoundImage, None])
    assert_type(client.tags.iter(), AsyncGenerator[BoundTag, None])
    assert_type([image.display_name for image in await client.images.get_all(private=True)], list[str])
    await client.images.delete(Image(id=1))
    await client.load([image], "regions")

    image.delete()  # type: ignore[unused-coroutine]
    for _ in client.images.iter():  # type: ignore[attr-defined]
        pass
    await client.images.delete(other.images.get_by_id(1))  # type: ignore[arg-type]
    await client.images.wait_until_available(other.images.get_all())  # type: ignore[arg-type]
    await client.images.get_all(page=2)  # type: ignore[call-arg]
    takes_hetzner_client(client)  # type: ignore[arg-type]


def takes_hetzner_client(client: hcloud.aio.Client) -> None: ...
