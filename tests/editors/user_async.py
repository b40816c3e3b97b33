"""Type assertions for the asynchronous client. mypy and pyright read this program with the wheel; it is never run.

A line that must be an error carries a ``type: ignore``; both checkers report an unused one.
"""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any, assert_type

import hcloud
from hcloud import progress
from hcloud.actions import Action
from hcloud.aio import Client
from hcloud.aio.resources import (
    ActionsClient,
    ActionsPageResult,
    BoundAction,
    BoundImage,
    BoundLocation,
    BoundNetwork,
    BoundServer,
    BoundServerType,
    BoundVolume,
    CreateImageResponse,
    CreateServerResponse,
    ImagesClient,
    ImagesPageResult,
    ResourceActionsClient,
)
from hcloud.core import Meta
from hcloud.core.rate_limit import RateLimit
from hcloud.firewalls import Firewall, FirewallResource
from hcloud.images import Image
from hcloud.networks import Network
from hcloud.servers import Server, ServerStatus
from hcloud.testing import FakeCloud
from hcloud.zones import Zone


async def clients() -> None:
    assert_type(Client("token"), Client)
    assert_type(Client("token", "https://api.hetzner.cloud/v1", "app", "1.0", 1.0, 120, 5), Client)
    Client("token", poll_interval=lambda retries: retries * 2.0, timeout=(1, 2.5), retry_unsafe=True)
    assert_type(Client.from_env(timeout=5), Client)
    assert_type(FakeCloud().async_client(), Client)
    async with Client("token") as client:
        assert_type(client, Client)
        assert_type(client.with_options(timeout=None, retries=0), Client)
        assert_type(client.images, ImagesClient)
        assert_type(client.actions, ActionsClient)
        assert_type(client.images.actions, ResourceActionsClient)
        assert_type(client.rate_limit, RateLimit | None)
        assert_type(await client.request("GET", "/servers", params={"page": 1}), dict[str, Any])
        _ = client.imagse  # type: ignore[attr-defined]
        client.with_options(retires=0)  # type: ignore[call-arg]
        await client.aclose()
    with Client("token"):  # type: ignore[attr-defined]
        pass
    client.close()  # type: ignore[attr-defined]
    takes_blocking_client(client)  # type: ignore[arg-type]


async def images(client: Client) -> None:
    image = await client.images.get_by_id(1)
    assert_type(image, BoundImage)
    assert_type(image.id, int)
    assert_type(image.name, str | None)
    assert_type(image.created, datetime)
    assert_type(image.description, str)
    assert_type(image.labels, dict[str, str])
    assert_type(image.created_from, BoundServer | None)
    if image.created_from is not None:
        assert_type(image.created_from.server_type, BoundServerType)
    assert_type(image.protection["delete"], bool)
    assert_type(image.display_name, str)
    assert_type(image.complete, bool)
    assert_type(image.is_fetched("name"), bool)
    assert_type(image.to_dict(), dict[str, Any])
    assert_type(image.data_model, Image)
    assert_type(image.data_model.description, str | None)
    assert_type(copy.copy(image), BoundImage)
    _ = image.nmae  # type: ignore[attr-defined]
    image.description = 5  # type: ignore[assignment]

    assert_type(await image.wait_for(lambda image: image.status == "available", timeout=5), BoundImage)
    assert_type(await image.update(description="a", labels={"a": "b"}), BoundImage)
    assert_type(await image.delete(), bool)
    assert_type(await image.change_protection(delete=True), BoundAction)
    assert_type(await image.get_actions(status=["running"]), list[BoundAction])
    assert_type(await image.get_actions_list(), ActionsPageResult)
    assert_type(image.iter_actions(), AsyncGenerator[BoundAction, None])
    await image.update(nmae="x")  # type: ignore[call-arg]
    await image.update(type="disk")  # type: ignore[arg-type]

    assert_type(await client.images.update(image, description="a"), BoundImage)
    assert_type(await client.images.update(Image(id=1), "a"), BoundImage)
    assert_type(await client.images.update(42, "a"), BoundImage)
    await client.images.delete(Server(id=1))  # type: ignore[arg-type]


async def lists(client: Client) -> None:
    page = await client.images.get_list("debian-12", "env=prod", ["1"], ["backup"], ["x86"], ["name:asc"], 1, 50)
    assert_type(page, ImagesPageResult)
    assert_type(page.images, list[BoundImage])
    assert_type(page.meta, Meta)
    assert_type(await client.images.get_all(status=["available"], per_page=25), list[BoundImage])
    assert_type(client.images.iter(type=["snapshot"]), AsyncGenerator[BoundImage, None])
    assert_type([server.name async for server in client.servers.iter()], list[str])
    assert_type(await client.images.get_by_name_and_architecture("debian-12", "arm"), BoundImage | None)
    assert_type(await client.servers.actions.get_all(), list[BoundAction])
    assert_type(await client.volumes.get_by_name("data"), BoundVolume | None)
    await client.images.get_all(page=1)  # type: ignore[call-arg]
    client.images.iter(page=1)  # type: ignore[call-arg]
    await client.images.get_list(status=["availible"])  # type: ignore[list-item]


async def servers(client: Client) -> None:
    created = await client.servers.create("web", "cx23", "debian-13", location="fsn1", networks=[1, Network(2)])
    assert_type(created, CreateServerResponse)
    assert_type(await created.wait(timeout=60, on_progress=progress()), CreateServerResponse)
    assert_type(created.server, BoundServer)
    assert_type(created.action, BoundAction)
    assert_type(created.next_actions, list[BoundAction])
    server = created.server
    assert_type(server.location, BoundLocation)
    assert_type(server.status, ServerStatus)
    assert_type(server.private_net[0].network, BoundNetwork)
    assert_type(server.private_net[0].network.name, str)
    assert_type(server.public_net.primary_ipv4 is None, bool)
    assert_type((await (await server.create_image("before upgrade")).wait()).image, BoundImage)
    assert_type((await server.create_image()), CreateImageResponse)
    assert_type(await (await server.power_on()).wait(), BoundAction)
    actions = [await server.power_on(), (await server.create_image()).action]
    assert_type(await client.actions.wait_for(actions, on_progress=progress()), list[BoundAction])
    await client.actions.wait_for([Action(id=1)])
    await client.volumes.attach(1, server)
    await client.firewalls.apply_to_resources(7, [FirewallResource("server", Server(id=1))])
    firewall = await client.firewalls.get("web")
    await firewall.remove_from_resources(firewall.applied_to or [])
    await client.firewalls.delete(Firewall(id=firewall.id))
    await client.zones.change_ttl(Zone(id=7), 60)
    await client.load([server], "image", "image.created_from")
    await client.load([created], "server")


async def missing_awaits(client: Client, image: BoundImage) -> None:
    image.delete()  # type: ignore[unused-coroutine]
    client.images.delete(image)  # type: ignore[unused-coroutine]
    image.reload()  # type: ignore[unused-coroutine]
    client.load([image], "created_from")  # type: ignore[unused-coroutine]
    _ = client.images.get("debian-13").name  # type: ignore[attr-defined]
    _ = client.images.get_list().images  # type: ignore[attr-defined]
    _ = (await image.change_protection(delete=True)).wait().status  # type: ignore[attr-defined]
    await client.images.update(client.images.get("debian-13"), "a")  # type: ignore[arg-type]
    server: BoundServer = client.servers.get("web")  # type: ignore[assignment]
    _ = [image.name for image in client.images.get_all()]  # type: ignore[attr-defined]
    async with asyncio.TaskGroup() as group:
        assert_type(await group.create_task(client.servers.get("web")), BoundServer)
    assert_type(await asyncio.gather(server.power_on(), server.reset()), tuple[BoundAction, BoundAction])


async def plain_loops(client: Client, image: BoundImage) -> None:
    for _ in client.images.iter():  # type: ignore[attr-defined]
        pass
    for _ in image.iter_actions():  # type: ignore[attr-defined]
        pass
    list(client.images.iter())  # type: ignore[call-overload]
    await client.images.iter()  # type: ignore[misc]
    async for _ in client.images.get_all():  # type: ignore[attr-defined]
        pass


async def blocking_objects(client: Client, other: hcloud.Client, image: BoundImage) -> None:
    blocking = other.images.get_by_id(1)
    await client.images.delete(blocking)  # type: ignore[arg-type]
    await client.images.update(blocking, "a")  # type: ignore[arg-type]
    await client.volumes.attach(1, other.servers.get("web"))  # type: ignore[arg-type]
    await client.servers.create("web", "cx23", blocking)  # type: ignore[arg-type]
    await client.servers.create("web", "cx23", 1, ssh_keys=other.ssh_keys.get_all())  # type: ignore[arg-type]
    await client.actions.wait_for([other.actions.get_by_id(1)])  # type: ignore[list-item]
    await client.load([blocking], "created_from")  # type: ignore[list-item]
    takes_image(blocking)  # type: ignore[arg-type]
    takes_blocking_image(image)  # type: ignore[arg-type]
    _ = await blocking.delete()  # type: ignore[misc]


def takes_image(image: BoundImage) -> None:
    takes_record(image)


def takes_blocking_client(client: hcloud.Client) -> None: ...


def takes_blocking_image(image: hcloud.images.BoundImage) -> None: ...


def takes_record(image: Image) -> None:
    assert_type(image.description, str | None)
    if isinstance(image, BoundImage):
        assert_type(image.description, str)
