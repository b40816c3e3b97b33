"""Asynchronous classes: what waits is a coroutine method, and nothing else differs."""

from __future__ import annotations

import asyncio
import copy
import importlib
import inspect
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import hcloud
import hcloud.aio.resources
import hcloud.digitalocean.aio.resources
from hcloud import NotFetchedError, UnboundError
from hcloud.aio import Client
from hcloud.aio._twins import twin_of
from hcloud.core import BaseDomain, BoundModelBase, ResourceClientBase
from hcloud.core.coroutines import blocking_only
from hcloud.core.fields import Nested
from hcloud.core.provider import ProviderBase, resource_clients
from hcloud.firewalls import FirewallResource
from hcloud.testing import FakeCloud

PROVIDERS = [(hcloud.Client, hcloud.aio), (hcloud.digitalocean.Client, hcloud.digitalocean.aio)]
RESOURCES = [hcloud.aio.resources, hcloud.digitalocean.aio.resources]


def classes() -> Iterator[type[Any]]:
    """Yield the blocking classes of both providers."""
    for client, _ in PROVIDERS:
        for folder in resource_clients(client):
            package = importlib.import_module(f"{client._package}.{folder}")
            yield from (value for name in package.__all__ if isinstance(value := getattr(package, name), type))


CLASSES = list(dict.fromkeys(classes()))
TWINS = [(cls, twin) for cls in CLASSES if not issubclass(cls, BaseException) and (twin := twin_of(cls)) is not cls]


@pytest.mark.parametrize(("blocking", "package"), PROVIDERS, ids=["hetzner", "digitalocean"])
def test_both_clients_have_the_same_resources(blocking: type[ProviderBase], package: Any) -> None:
    assert resource_clients(package.Client) == resource_clients(blocking)


def is_async(method: object) -> bool:
    return inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method)


def waits(method: Any) -> bool:
    return hasattr(method, "__coroutine__")


def test_all_that_waits_is_a_coroutine_method() -> None:
    methods = 0
    for cls, twin in TWINS:
        for name, method in inspect.getmembers(cls, inspect.isfunction):
            if waits(method) and not inspect.isasyncgenfunction(method.__coroutine__):
                methods += 1
                assert inspect.iscoroutinefunction(getattr(twin, name)), f"{cls.__name__}.{name}"
    assert methods > 700


def test_all_public_methods_of_resource_clients_wait() -> None:
    for cls, twin in TWINS:
        if issubclass(cls, ResourceClientBase):
            for name, method in inspect.getmembers(cls, inspect.isfunction):
                is_iterator = "Iterator[" in method.__annotations__["return"]
                if not (name.startswith("_") or is_iterator or hasattr(method, "__blocking_only__")):
                    assert inspect.iscoroutinefunction(getattr(twin, name)), f"{cls.__name__}.{name}"
                    assert inspect.signature(getattr(twin, name)) == inspect.signature(method)
                    assert getattr(twin, name).__doc__ == method.__doc__


def test_nothing_of_a_bound_object_returns_a_coroutine_unseen() -> None:
    """A method that is no coroutine method calls none that is, except iterators."""
    for cls, twin in TWINS:
        if issubclass(cls, BoundModelBase):
            for name, method in inspect.getmembers(twin, inspect.isfunction):
                if not name.startswith("_") and not is_async(method):
                    is_iterator = "Iterator[" in str(method.__annotations__.get("return"))
                    assert is_iterator or not waits(getattr(cls, name, None)), f"{cls.__name__}.{name}"


def test_records_within_records_never_wait() -> None:
    """They are created without a look at the side of the client."""
    for cls in CLASSES:
        if issubclass(cls, BaseDomain):
            for field in cls._fields.values():
                assert not isinstance(field, Nested) or twin_of(field.record_class) is field.record_class


@pytest.mark.parametrize(("cls", "twin"), TWINS, ids=[f"{cls.__module__}.{cls.__name__}" for cls, _ in TWINS])
def test_a_twin_looks_like_its_class(cls: type[Any], twin: type[Any]) -> None:
    assert issubclass(twin, cls)
    assert (twin.__name__, twin.__qualname__, twin.__doc__) == (cls.__name__, cls.__qualname__, cls.__doc__)
    assert twin.__module__ in (module.__name__ for module in RESOURCES)
    assert getattr(importlib.import_module(twin.__module__), cls.__name__) is twin
    if issubclass(cls, BaseDomain):
        assert (twin._is_closed, twin._is_abstract) == (cls._is_closed, cls._is_abstract)
        assert (twin._fields, twin._record_class) == (cls._fields, cls._record_class)


@pytest.mark.parametrize("module", RESOURCES, ids=lambda module: module.__name__)
def test_the_module_of_the_resources(module: Any) -> None:
    assert set(module.__all__) <= set(dir(module))
    assert {"BoundImage", "ImagesClient", "Image", "ActionFailedException"} <= set(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None
    assert module.Image is importlib.import_module(module.__name__.replace(".aio.resources", ".images")).Image
    assert module.ActionFailedException is not module.BoundAction
    with pytest.raises(AttributeError, match="resources' has no attribute 'Missing'"):
        _ = module.Missing
    namespace: dict[str, Any] = {}
    exec(f"from {module.__name__} import *", namespace)
    assert namespace["BoundImage"]._is_async


def test_no_field_is_hidden_by_a_method() -> None:
    for cls in CLASSES:
        if issubclass(cls, BoundModelBase) and issubclass(cls, BaseDomain):
            assert cls._fields.keys().isdisjoint(vars(BoundModelBase)), cls


class Extended(ResourceClientBase):
    @blocking_only
    def only(self) -> int:
        """Return a number, in a blocking client."""
        return 1


def test_what_asynchronous_clients_lack() -> None:
    twin = twin_of(Extended)
    with pytest.raises(AttributeError, match=r"^Extended\.only\(\) exists for blocking clients only$"):
        _ = twin.only
    assert not hasattr(twin, "only")
    assert hasattr(Extended, "only")


async def web(client: Client) -> Any:
    response = await client.servers.create("web", "cx23", "ubuntu-24.04")
    await response.wait()
    return response.server


@pytest.mark.asyncio
async def test_pickling_and_copying(cloud: FakeCloud) -> None:
    client = cloud.async_client()
    server = await web(client)
    unpickled = pickle.loads(pickle.dumps(server))
    assert type(unpickled) is type(server) is hcloud.aio.resources.BoundServer
    assert unpickled == server == cloud.client().servers.get("web")
    assert unpickled.name == "web"
    with pytest.raises(UnboundError):
        await unpickled.reload()
    for duplicate in (copy.copy(server), copy.deepcopy(server)):
        await duplicate.reload()
        assert duplicate == server
    assert copy.copy(client) is not client
    response = await server.create_image("image")
    assert pickle.loads(pickle.dumps(response)) == response


@pytest.mark.asyncio
async def test_responses_and_links_are_of_the_same_kind(cloud: FakeCloud) -> None:
    client = cloud.async_client()
    server = await web(client)
    image = (await (await server.create_image("image")).wait()).image
    assert type(image) is hcloud.aio.resources.BoundImage
    assert type(image.created_from) is type(server)
    assert type(server.image) is type(image)
    assert type((await client.images.get_list()).images[0]) is type(image)
    assert type(client.servers.actions) is hcloud.aio.resources.ResourceActionsClient
    (action, *_) = await server.get_actions()
    assert type(action) is type(await client.actions.get_by_id(action.id)) is hcloud.aio.resources.BoundAction


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        (
            lambda client, server: client.servers.power_off(server),
            "is of a blocking client, and this is an asynchronou",
        ),
        (lambda client, server: client.servers.create("x", "cx23", volumes=[server]), "is of a blocking client"),
        (
            lambda client, server: client.firewalls.create("x", resources=[FirewallResource("server", server=server)]),
            r"FirewallsClient.create\(\): BoundServer.* is of a blocking client",
        ),
        (lambda client, server: client.load([server]), r"load\(\): .*is of a blocking client"),
        (lambda client, server: client.actions.wait_for(server.get_actions()), r"wait_for\(\): .* of a blocking"),
    ],
    ids=["method", "list", "record", "load", "wait_for"],
)
def test_objects_of_a_blocking_client(cloud: FakeCloud, misuse: Callable[[Any, Any], Any], message: str) -> None:
    async def main() -> None:
        client = cloud.async_client()
        await web(client)
        server = cloud.client().servers.get("web")
        with pytest.raises(hcloud.InvalidArgumentError, match=message):
            await misuse(client, server)
        assert cloud.requests[-1].method == "GET"

    asyncio.run(main())


def test_asynchronous_objects_in_a_blocking_client(cloud: FakeCloud) -> None:
    server = asyncio.run(web(cloud.async_client()))
    client = cloud.client()
    with pytest.raises(hcloud.InvalidArgumentError, match="is of an asynchronous client, and this is a blocking one"):
        client.servers.power_off(server)
    with pytest.raises(hcloud.InvalidArgumentError, match=r"load\(\): .* is of an asynchronous client"):
        client.load([server])
    assert client.servers.power_off(server.id).command == "stop_server"


@pytest.mark.asyncio
async def test_what_was_not_fetched(cloud: FakeCloud) -> None:
    client = cloud.async_client()
    server = await web(client)
    image = (await (await server.create_image("image")).wait()).image
    linked = (await client.images.get_by_id(image.id)).created_from
    with pytest.raises(NotFetchedError) as caught:
        _ = linked.status
    assert "'status' of <partial BoundServer" in str(caught.value)
    assert "`await x.load()`" in str(caught.value)
    assert '`await client.load(objects, "field.path")`' in str(caught.value)
    assert not hasattr(linked, "status")
    assert linked.name == "web"
    assert (await linked.load()).status == "running"
