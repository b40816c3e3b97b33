"""The asynchronous client: listing, waiting, refreshing, hooks, retries, rate limit, and misuse."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import hcloud
from hcloud import (
    AmbiguousNameError,
    APIException,
    InvalidArgumentError,
    NetworkError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitExceededError,
    WaitTimeoutError,
)
from hcloud.actions import ActionException
from hcloud.aio import Client, Response
from hcloud.aio._event_loop import EventLoopClock, TaskLock
from hcloud.core.clock import system_clock
from hcloud.testing import FakeCloud, FakeDigitalOcean, ManualClock
from hcloud.testing.aio import FakeTransport


async def web(client: Client, name: str = "web") -> Any:
    response = await client.servers.create(name, "cx23", "ubuntu-24.04", location="fsn1")
    await response.wait()
    return response.server


@pytest.mark.asyncio
async def test_the_example_of_the_guide(cloud: FakeCloud) -> None:
    async with cloud.async_client() as client:
        server = await web(client)
        image = (await (await server.create_image("before upgrade")).wait()).image
        assert image.status == "available"
        await (await image.change_protection(delete=True)).wait()
        assert image.protection["delete"] is True
        assert [image.description async for image in client.images.iter(type=["snapshot"])] == ["before upgrade"]
        for number in range(4):
            await web(client, f"web{number}")
            await (await client.servers.create_image(await client.servers.get(f"web{number}"))).wait()
        images = await client.images.get_all(type=["snapshot"])
        count = len(cloud.requests)
        await client.load(images, "created_from.location")
        assert [request.path for request in cloud.requests[count:]] == ["/servers"]
        assert {image.created_from.location.name for image in images if image.created_from} == {"fsn1"}


@pytest.mark.asyncio
async def test_a_wait_refreshes_with_few_requests(cloud: FakeCloud) -> None:
    client = cloud.async_client()
    servers = [await web(client, f"web{number}") for number in range(6)]
    actions = [await server.power_off() for server in servers]
    cloud.clock.advance(100)
    count = len(cloud.requests)
    await client.actions.wait_for(actions)
    assert [request.path for request in cloud.requests[count:]] == ["/actions", "/servers"]
    assert {server.status for server in servers} == {"off"}
    assert all(server.complete for server in servers)


@pytest.mark.asyncio
async def test_waits_at_the_same_time_see_their_own_effect(cloud: FakeCloud) -> None:
    client = cloud.async_client()
    server = await web(client)

    async def change(**protection: bool) -> Any:
        await (await server.change_protection(**protection)).wait()
        return dict(server.protection)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(change(delete=True, rebuild=True)) for _ in range(5)]
    assert [task.result() for task in tasks] == [{"delete": True, "rebuild": True}] * 5


@pytest.mark.asyncio
async def test_objects_can_be_read_while_they_are_refreshed(cloud: FakeCloud) -> None:
    client = cloud.async_client()
    server = await web(client)
    action = await server.power_off()
    waiting = asyncio.create_task(action.wait())
    seen = set()
    while not waiting.done():
        seen.add(server.status)
        await asyncio.sleep(0)
    assert await waiting is action
    assert seen <= {"running", "off", "stopping"}
    assert server.status == "off"


@pytest.mark.asyncio
async def test_a_refresh_that_fails_leaves_the_last_known_state(cloud: FakeCloud) -> None:
    client = cloud.async_client(retries=0)
    server = await web(client)
    action = await server.power_off()
    cloud.clock.advance(100)
    cloud.fail_next(status=500, path="/servers/*")
    with pytest.raises(APIException):
        await action.wait()
    assert server.status == "running"
    assert not server.is_fetched("status")
    assert (await server.load()).status == "off"


@pytest.mark.asyncio
async def test_listing_and_lookup(cloud: FakeCloud) -> None:
    client = cloud.async_client()
    for number in range(7):
        await client.placement_groups.create(f"group{number}", "spread")
    client.placement_groups.max_per_page = 2
    names = [f"group{number}" for number in range(7)]
    assert [group.name for group in await client.placement_groups.get_all()] == names
    assert [group.name async for group in client.placement_groups.iter()] == names
    page = await client.placement_groups.get_list(page=2, per_page=3)
    assert [group.name for group in page.placement_groups] == names[3:6]
    group = await client.placement_groups.get_by_name("group3")
    assert group
    assert (await client.placement_groups.get(group.id)) == group == await client.placement_groups.get("group3")
    assert await client.placement_groups.get_by_name("missing") is None
    with pytest.raises(NotFoundError, match=r"client\.placement_groups has no entry with the name 'missing'"):
        await client.placement_groups.get("missing")
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        client.placement_groups.iter(colour="red")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        await client.placement_groups.get_all(colour="red")  # type: ignore[call-arg]


@pytest.mark.asyncio
async def test_many_calls_at_once(cloud: FakeCloud) -> None:
    client = cloud.async_client()
    server = await web(client)
    results = await asyncio.gather(*(client.servers.get_by_id(server.id) for _ in range(200)))
    assert len(results) == 200
    assert client._client._shared.budget._bucket.in_flight == 0


@pytest.mark.asyncio
async def test_a_batch_is_fetched_once_by_many_tasks(cloud: FakeCloud) -> None:
    client = cloud.async_client()
    for number in range(6):
        server = await web(client, f"web{number}")
        await (await server.create_image("image")).wait()
    images = await client.images.get_all(type=["snapshot"])
    count = len(cloud.requests)
    await asyncio.gather(*(image.created_from.load() for image in images if image.created_from))
    assert [request.path for request in cloud.requests[count:]] == ["/servers"]


@pytest.mark.asyncio
async def test_waiting_for_a_condition(cloud: FakeCloud) -> None:
    client = cloud.async_client()
    response = await client.servers.create("web", "cx23", "ubuntu-24.04")
    server = await response.server.wait_for(lambda server: server.status == "running")
    assert server is response.server
    with pytest.raises(WaitTimeoutError):
        await server.wait_for(lambda server: server.status == "off", timeout=5)
    cloud.fail_action("create_image")
    with pytest.raises(ActionException):
        await (await server.create_image("image")).wait()


@pytest.mark.asyncio
async def test_a_condition_may_return_any_awaitable(cloud: FakeCloud) -> None:
    """A task is true, as all objects are: its result counts."""
    client = cloud.async_client()
    response = await client.servers.create("web", "cx23", "ubuntu-24.04")

    async def is_running() -> bool:
        return (await client.servers.get_by_id(response.server.id)).status == "running"

    server = await response.server.wait_for(lambda server: asyncio.create_task(is_running()))
    assert server.status == "running"
    assert (await client.servers.get_by_id(server.id)).status == "running"
    with pytest.raises(InvalidArgumentError, match=r"condition must be a function of the object, .*, not 'off'"):
        await server.wait_for("off")  # type: ignore[arg-type]


@pytest.mark.asyncio
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
async def test_loading_without_await(cloud: FakeCloud) -> None:
    client = cloud.async_client()
    server = await web(client)
    task = asyncio.create_task(client.servers.get_all())
    for objects, message in (
        (client.servers.get_all(), "not a coroutine: await it, and pass its result$"),
        (task, "not a Task: await it, and pass its result$"),
        ([client.servers.get_by_id(server.id)], "not a coroutine: await it, and pass its result$"),
        (client.servers.iter(), r"not an asynchronous iterator: pass \[x async for x in iterator\], or what get_all"),
        (server, r"not BoundServer\(.*\): pass \[x\], or call its load\(\)$"),
    ):
        with pytest.raises(InvalidArgumentError, match=message):
            await client.load(objects)  # type: ignore[arg-type]
    await client.load(await task)
    await client.load([server async for server in client.servers.iter()])


@pytest.mark.asyncio
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
async def test_a_query_without_await(cloud: FakeCloud) -> None:
    """Its text would match nothing."""
    client = cloud.async_client()
    server = await web(client)
    count = len(cloud.requests)
    wrong = "can't be sent in a query; "
    with pytest.raises(InvalidArgumentError, match=f"name=<coroutine .*> {wrong}await it first; nothing was sent"):
        await client.servers.get_all(name=client.servers.get("web"))  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match=f"label_selector=<async_generator .*> {wrong}nothing was sent"):
        await client.servers.get_all(label_selector=client.servers.iter())  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match=rf"name=BoundServer\(.*\) {wrong}nothing was sent"):
        await client.request("GET", "/servers", params={"name": server})
    task = asyncio.create_task(client.servers.get_all())
    with pytest.raises(InvalidArgumentError, match=f"name=<Task .*> {wrong}await it first; nothing was sent"):
        await client.request("GET", "/servers", params={"name": task})
    assert len(cloud.requests) == count
    await task


@pytest.mark.asyncio
async def test_methods_that_call_others(cloud: FakeCloud) -> None:
    """They call them by super(), or have a wrapper around a coroutine method."""
    client = cloud.async_client()
    server = await web(client)
    actions = await server.get_actions()
    assert [action.id for action in await client.actions.get_all(id=[actions[0].id])] == [actions[0].id]
    with (
        pytest.warns(DeprecationWarning, match=r"client\.actions\.get_list' method without 'id'"),
        pytest.raises(APIException),  # the API does not list them any more
    ):
        await client.actions.get_list()
    zone = (await client.zones.create(name="example.com", mode="primary")).zone
    record = hcloud.zones.ZoneRecord("127.0.0.1")
    await (await zone.create_rrset(name="www", type="A", records=[record])).wait()
    await (await zone.set_rrset_records(hcloud.zones.ZoneRRSet(name="www", type="A"), [record])).wait()
    rrset = await zone.get_rrset("www", "A")
    await (await rrset.change_rrset_ttl(600)).wait()
    assert rrset.ttl == 600
    assert [rrset.name for rrset in await zone.get_rrset_all(type=["A"])] == ["www"]


@pytest.mark.asyncio
async def test_a_warning_of_a_call_that_is_a_task(cloud: FakeCloud) -> None:
    client = cloud.async_client()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        await asyncio.create_task(client.images.get_by_name("debian-12"))
    assert "/asyncio/" not in caught[0].filename


@pytest.mark.asyncio
async def test_hooks(cloud: FakeCloud) -> None:
    calls: list[str] = []

    async def on_request(request: Any) -> None:
        await asyncio.sleep(0)
        calls.append(f"{request.method} {request.path}")

    def on_response(request: Any, status: int, headers: Any) -> None:
        calls.append(str(status))

    async def on_retry(request: Any, error: Exception, retries: int, delay: float) -> None:
        await asyncio.sleep(0)
        calls.append(type(error).__name__)

    client = cloud.async_client(on_request=on_request, on_response=on_response, on_retry=on_retry)
    cloud.fail_next(status=503)
    await client.locations.get_all()
    assert calls == ["GET /locations", "503", "UnavailableError", "GET /locations", "200"]


@pytest.mark.asyncio
async def test_a_hook_may_use_the_client(cloud: FakeCloud) -> None:
    """The lock of a batch is reentrant, as that of blocking clients."""
    linked: list[Any] = []

    async def on_request(request: Any) -> None:
        if linked:
            await linked.pop().load()

    client = cloud.async_client(on_request=on_request)
    server = await web(client)
    await (await server.create_image("image")).wait()
    image = (await client.images.get_all(type=["snapshot"]))[0]
    linked.append(image.created_from)
    await image.created_from.load()  # type: ignore[union-attr]
    assert image.created_from
    assert image.created_from.complete


@pytest.mark.asyncio
async def test_faults(cloud: FakeCloud) -> None:
    client = cloud.async_client()
    cloud.break_next()
    assert await client.locations.get_all()
    cloud.break_next()
    with pytest.raises(OutcomeUnknownError) as caught:
        await client.placement_groups.create("group", "spread")
    assert isinstance(caught.value, NetworkError)
    cloud.break_next(kind="connect")
    assert (await client.placement_groups.create("other", "spread")).placement_group.name == "other"


@pytest.mark.asyncio
async def test_the_rate_limit_is_waited_for(cloud: FakeCloud) -> None:
    client = cloud.async_client()
    assert client.rate_limit is None
    await client.locations.get_all()
    limit = client.rate_limit
    assert limit
    budget = client._client._shared.budget
    budget._bucket.remaining = 0
    before = cloud.clock.monotonic()
    await asyncio.gather(*(client.locations.get_list() for _ in range(3)))
    assert cloud.clock.monotonic() > before
    assert (budget._bucket.waiting, budget._bucket.in_flight) == (0, 0)
    budget._bucket.blocked_until = cloud.clock.monotonic() + 1000
    with pytest.raises(RateLimitExceededError, match="nothing was sent"):
        await client.locations.get_all()


@pytest.mark.asyncio
async def test_options(cloud: FakeCloud) -> None:
    client = cloud.async_client(parallel_pages=3)
    other = client.with_options(retries=0, timeout=3, poll_interval=2, poll_max_retries=1, parallel_pages=1)
    assert type(other) is type(client) is Client
    assert other._client._shared is client._client._shared
    assert (other.servers._workers, client.servers._workers) == (1, 3)
    with pytest.raises(InvalidArgumentError, match="retries must be an integer"):
        client.with_options(retries=-1)
    with pytest.raises(TypeError, match=r"with_options\(\) got an unexpected keyword argument 'lazy'"):
        client.with_options(lazy=True)  # type: ignore[call-arg]
    for name in ("lazy", "adapter", "warn_on_fetch"):
        with pytest.raises(TypeError, match=rf"Client\(\) got an unexpected keyword argument '{name}'"):
            Client("token", **{name: True})
    with pytest.raises(InvalidArgumentError, match=r"AiohttpTransport\(session\)"):
        Client("token", transport=object())  # type: ignore[arg-type]


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HCLOUD_TOKEN", "secret")
    monkeypatch.setenv("HCLOUD_ENDPOINT", "https://cloud.example/v1")
    assert repr(Client.from_env(retries=1)) == "<Client of https://cloud.example/v1>"
    monkeypatch.setenv("DIGITALOCEAN_ACCESS_TOKEN", "secret")
    monkeypatch.setenv("DIGITALOCEAN_API_URL", "https://do.example")
    assert repr(hcloud.digitalocean.aio.Client.from_env()) == "<Client of https://do.example/v2>"


@pytest.mark.asyncio
async def test_requests_without_a_method(cloud: FakeCloud) -> None:
    client = cloud.async_client()
    payload = await client.request("GET", "/locations", params={"name": "fsn1"}, headers={"X-Test": "1"}, timeout=5)
    assert [location["name"] for location in payload["locations"]] == ["fsn1"]
    created = await client.request("POST", "/placement_groups", json={"name": "group", "type": "spread"})
    assert created["placement_group"]["name"] == "group"
    with pytest.raises(InvalidArgumentError, match="can't be encoded as JSON"):
        await client.request("POST", "/placement_groups", json={"name": float("nan")})
    with pytest.raises(InvalidArgumentError, match="timeout"):
        await client.request("GET", "/locations", timeout=-1)


@pytest.mark.asyncio
async def test_digitalocean() -> None:
    cloud = FakeDigitalOcean()
    async with cloud.async_client() as client:
        response = await client.droplets.create("web", size="s-1vcpu-1gb", image="ubuntu-24-04-x64", region="fra1")
        await response.wait()
        droplet = await client.droplets.get("web")
        action = await (await droplet.snapshot("before")).wait()
        with pytest.raises(hcloud.NotFetchedError, match=r"`await x\.get_image\(\)`"):
            _ = action.image
        image = await action.get_image()
        assert image.name == "before"
        await image.assign_tag("keep")
        assert image.tags == ["keep"]
        assert [image.name async for image in client.images.iter(private=True)] == ["before"]
        assert "snapshot" in [action.type async for action in droplet.iter_actions()]
        assert (await client.images.wait_until_available([image])) == [image]
        await (await droplet.snapshot("before")).wait()
        with pytest.raises(AmbiguousNameError):
            await client.snapshots.get("before")


# Misuse


def test_a_second_event_loop(cloud: FakeCloud) -> None:
    client = cloud.async_client()
    asyncio.run(call(client.locations.get_all))
    with pytest.raises(RuntimeError, match="was used in another event loop before: create one client for each loop"):
        asyncio.run(call(client.locations.get_all))


def test_a_closed_client_opens_new_connections(cloud: FakeCloud) -> None:
    """That is the rule of blocking clients."""
    client = cloud.async_client()

    async def main() -> None:
        async with client:
            await client.locations.get_all()
        await client.locations.get_all()
        await client.aclose()

    asyncio.run(main())
    asyncio.run(main())


async def call(method: Callable[..., Any]) -> Any:
    return await method()


def test_no_event_loop(cloud: FakeCloud) -> None:
    coroutine = cloud.async_client().locations.get_all()
    with pytest.raises(RuntimeError, match=r"needs a running event loop of asyncio: call it in asyncio\.run\(main"):
        coroutine.send(None)


def test_blocking_forms(cloud: FakeCloud) -> None:
    client: Any = cloud.async_client()
    with pytest.raises(TypeError, match="needs `async with`, not `with`"), client:
        pass
    with pytest.raises(TypeError, match=r"closed by `await client\.aclose\(\)`"):
        client.close()
    with pytest.raises(TypeError, match=r"closed by `await client\.aclose\(\)`"):
        client._client._shared.close()
    with pytest.raises(TypeError, match="'async_generator' object is not iterable"):
        list(client.images.iter())


@pytest.mark.asyncio
async def test_a_session_can_be_replaced(cloud: FakeCloud) -> None:
    class Session:
        async def request(self, **arguments: Any) -> Response:
            return Response(200, "OK", {}, b'{"locations": [], "meta": {"pagination": null}}')

    client = cloud.async_client()
    client._client._session = Session()
    assert await client.locations.get_all() == []


# What belongs to the event loop


@pytest.mark.asyncio
async def test_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    await EventLoopClock(system_clock).sleep(5)
    assert slept == [5]
    manual = ManualClock()
    clock, before = EventLoopClock(manual), manual.time()
    await clock.sleep(7)
    assert manual.time() == before + 7 == clock.time() == clock.monotonic()
    assert slept == [5, 0]


@pytest.mark.asyncio
async def test_locks() -> None:
    lock, order = TaskLock(), []

    async def work(name: str) -> None:
        async with lock:
            async with lock:  # the same task may take it again
                order.append(name)
                await asyncio.sleep(0)
            order.append(name)

    await asyncio.gather(*map(work, "abc"))
    assert order == list("aabbcc")


def test_a_lock_of_another_loop() -> None:
    lock = TaskLock()

    async def work() -> None:
        async with lock:
            await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(work(), work())

    asyncio.run(main())
    asyncio.run(main())


@pytest.mark.asyncio
async def test_a_response_that_is_too_large(cloud: FakeCloud) -> None:
    client = cloud.async_client(max_response_size=100)
    with pytest.raises(NetworkError, match="larger than 100 bytes"):
        await client.locations.get_all()


@pytest.mark.asyncio
async def test_a_header_that_cannot_be_sent(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*args: Any, **kwargs: Any) -> Response:
        "\u20ac".encode("latin-1")
        raise AssertionError

    monkeypatch.setattr(FakeTransport, "send", fail)
    with pytest.raises(InvalidArgumentError, match="can't be encoded"):
        await cloud.async_client().locations.get_all()


@pytest.mark.asyncio
async def test_no_thread_is_started(cloud: FakeCloud) -> None:
    client = cloud.async_client()
    client.isos.max_per_page = 1
    before = threading.active_count()
    await client.isos.get_all()
    assert threading.active_count() == before
