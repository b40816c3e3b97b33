"""Cancellation: nothing of a call remains, and a request that may take effect is reported."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from hcloud import NetworkError, OutcomeUnknownError
from hcloud.aio import Client, Response
from hcloud.aio.transport import UNKNOWN_FOR_NOW, Failure
from hcloud.testing import FakeCloud
from hcloud.testing.aio import AsyncClock, FakeTransport


class SlowTransport(FakeTransport):
    """Transport whose requests hang while ``hangs`` is set, and which counts those in flight."""

    def __init__(self, cloud: FakeCloud) -> None:
        super().__init__(cloud)
        self.hangs = False
        self.in_flight = self.sent = 0
        self.started = asyncio.Event()

    async def send(
        self, method: str, url: str, body: bytes | None, *, headers: Mapping[str, str], timeout: Any
    ) -> Response:
        self.in_flight += 1
        self.sent += 1
        self.started.set()
        try:
            if self.hangs:
                await asyncio.Event().wait()
            return await super().send(method, url, body, headers=headers, timeout=timeout)
        finally:
            self.in_flight -= 1

    def failure_of(self, error: Exception) -> Failure | None:
        return UNKNOWN_FOR_NOW if isinstance(error, ConnectionError) else super().failure_of(error)


@pytest.fixture
def transport(cloud: FakeCloud) -> SlowTransport:
    return SlowTransport(cloud)


def connected(cloud: FakeCloud, transport: SlowTransport) -> Client:
    return Client(cloud.project.token, transport=transport, clock=AsyncClock(cloud.clock))


@pytest_asyncio.fixture
async def slow(cloud: FakeCloud, transport: SlowTransport) -> AsyncIterator[Client]:
    async with connected(cloud, transport) as client:
        yield client
        assert transport.in_flight == 0
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "hcloud-page"]
        for connection in (client._client, client._client_hetzner):
            bucket = connection._shared.budget._bucket
            assert (bucket.in_flight, bucket.waiting) == (0, 0)


async def cancelled(task: asyncio.Task[Any], transport: SlowTransport) -> asyncio.CancelledError:
    await transport.started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    return caught.value


NOTE = "POST https://api.hetzner.cloud/v1/ssh_keys was interrupted: it may have taken effect, or may take effect yet"


@pytest.mark.asyncio
async def test_a_cancelled_post_says_that_its_outcome_is_unknown(
    slow: Client, transport: SlowTransport, caplog: pytest.LogCaptureFixture
) -> None:
    transport.hangs = True
    error = await cancelled(asyncio.create_task(slow.ssh_keys.create("key", "ssh-ed25519 AAAA")), transport)
    assert error.__notes__ == [NOTE]
    assert [(record.levelno, record.message) for record in caplog.records] == [(logging.WARNING, NOTE)]


@pytest.mark.asyncio
@pytest.mark.parametrize("hook", ["on_response", "on_retry"])
async def test_a_post_that_is_cancelled_after_its_response(
    cloud: FakeCloud, transport: SlowTransport, hook: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller does not get the result, so that the outcome is unknown to it."""

    async def hang(*_: Any) -> None:
        hanging.set()
        await asyncio.Event().wait()

    hanging = asyncio.Event()
    options: Any = {hook: hang, "retry_unsafe": True}
    if hook == "on_retry":
        cloud.break_next(kind="timeout")
    client = Client(cloud.project.token, transport=transport, clock=AsyncClock(cloud.clock), **options)
    task = asyncio.create_task(client.ssh_keys.create("key", "ssh-ed25519 AAAA"))
    await hanging.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert caught.value.__notes__ == [NOTE]
    assert [record.message for record in caplog.records] == [NOTE]


@pytest.mark.asyncio
async def test_a_cancelled_get_needs_no_note(
    slow: Client, transport: SlowTransport, caplog: pytest.LogCaptureFixture
) -> None:
    transport.hangs = True
    error = await cancelled(asyncio.create_task(slow.ssh_keys.get_all()), transport)
    assert not hasattr(error, "__notes__")
    assert caplog.records == []


@pytest.mark.asyncio
async def test_a_post_that_waits_for_the_rate_limit_was_not_sent(
    cloud: FakeCloud, slow: Client, transport: SlowTransport
) -> None:
    asleep = asyncio.Event()

    async def sleep(seconds: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    slow._client._clock.sleep = sleep  # type: ignore[method-assign]
    slow._client._shared.budget._bucket.blocked_until = cloud.clock.monotonic() + 10
    task = asyncio.create_task(slow.ssh_keys.create("key", "ssh-ed25519 AAAA"))
    await asleep.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert not hasattr(caught.value, "__notes__")
    assert transport.sent == 0


@pytest.mark.asyncio
async def test_a_retry_that_is_cancelled_after_an_unknown_outcome(
    slow: Client, transport: SlowTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first attempt may have taken effect, although the second one is only waited for."""

    async def fail(*args: Any, **kwargs: Any) -> Response:
        raise ConnectionError("reset")

    async def sleep(seconds: float) -> None:
        transport.started.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(transport, "send", fail)
    monkeypatch.setattr(slow._client._clock, "sleep", sleep)
    client = slow.with_options(retry_unsafe=True)
    error = await cancelled(asyncio.create_task(client.ssh_keys.create("key", "ssh-ed25519 AAAA")), transport)
    assert error.__notes__ == [NOTE]


@pytest.mark.asyncio
async def test_a_timeout_around_a_call(slow: Client, transport: SlowTransport) -> None:
    transport.hangs = True
    with pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(0.01):
            await slow.ssh_keys.create("key", "ssh-ed25519 AAAA")
    assert not isinstance(caught.value, OutcomeUnknownError)
    assert caught.value.__cause__ is not None
    assert caught.value.__cause__.__notes__ == [NOTE]


@pytest.mark.asyncio
async def test_the_total_timeout_of_a_post(slow: Client, transport: SlowTransport) -> None:
    transport.hangs = True
    with pytest.raises(OutcomeUnknownError, match=r"longer than 0\.01 seconds") as caught:
        await slow.with_options(total_timeout=0.01).ssh_keys.create("key", "ssh-ed25519 AAAA")
    assert isinstance(caught.value, NetworkError)
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.collection == "/ssh_keys"
    assert transport.sent == 1


@pytest.mark.asyncio
async def test_the_total_timeout_of_a_get(slow: Client, transport: SlowTransport) -> None:
    transport.hangs = True
    with pytest.raises(NetworkError, match=r"longer than 0\.01 seconds") as caught:
        await slow.with_options(total_timeout=0.01, retries=2).ssh_keys.get_all()
    assert not isinstance(caught.value, OutcomeUnknownError)
    assert transport.sent == 3


@pytest.mark.asyncio
async def test_a_timeout_of_the_transport_is_not_that_of_the_client(
    slow: Client, transport: SlowTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*args: Any, **kwargs: Any) -> Response:
        raise TimeoutError("of the transport")

    monkeypatch.setattr(transport, "send", fail)
    with pytest.raises(TimeoutError, match="of the transport") as caught:
        await slow.with_options(total_timeout=100).ssh_keys.get_all()
    assert type(caught.value) is TimeoutError


@pytest.mark.asyncio
async def test_a_failing_task_of_a_group_cancels_the_others(slow: Client, transport: SlowTransport) -> None:
    transport.hangs = True

    async def fail() -> None:
        await transport.started.wait()
        raise LookupError("failed")

    tasks: list[asyncio.Task[Any]] = []

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            tasks.extend(group.create_task(slow.servers.get_all()) for _ in range(5))
            group.create_task(fail())

    with pytest.raises(ExceptionGroup) as caught:
        await run()
    assert [type(error) for error in caught.value.exceptions] == [LookupError]
    assert all(task.cancelled() for task in tasks)


def add_groups(cloud: FakeCloud, count: int) -> None:
    client = cloud.client()
    for number in range(count):
        client.placement_groups.create(f"group{number}", "spread")


@pytest.mark.asyncio
async def test_an_iteration_that_ends_early(cloud: FakeCloud, slow: Client, transport: SlowTransport) -> None:
    add_groups(cloud, 7)
    slow.placement_groups.max_per_page = 2
    groups = slow.placement_groups.iter()
    async for group in groups:
        assert group.name == "group0"
        break
    transport.hangs = True
    await groups.aclose()
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.asyncio
async def test_an_iteration_that_is_forgotten(cloud: FakeCloud, slow: Client) -> None:
    add_groups(cloud, 7)
    slow.placement_groups.max_per_page = 2
    async for _ in slow.placement_groups.iter():
        break
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.asyncio
async def test_a_cancelled_listing_ends_all_tasks(cloud: FakeCloud, slow: Client, transport: SlowTransport) -> None:
    add_groups(cloud, 9)
    slow.placement_groups.max_per_page = 1
    task = asyncio.create_task(slow.placement_groups.get_all())
    while transport.sent < 3:
        await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) > 3
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.asyncio
async def test_the_first_failure_of_a_listing_ends_all_tasks(
    cloud: FakeCloud, slow: Client, transport: SlowTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_groups(cloud, 30)
    slow.placement_groups.max_per_page = 1
    send = transport.send

    async def fail(method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        if "page=5" in url:
            raise ConnectionError("reset")
        return await send(method, url, *args, **kwargs)

    monkeypatch.setattr(transport, "send", fail)
    with pytest.raises(NetworkError, match="reset"):
        await slow.with_options(retries=0).placement_groups.get_all(per_page=1)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    sent = transport.sent
    await asyncio.sleep(0.01)
    assert transport.sent == sent < 30


@pytest.mark.asyncio
async def test_a_batch_goes_on_after_its_loader_was_cancelled(
    cloud: FakeCloud, slow: Client, transport: SlowTransport
) -> None:
    add_groups(cloud, 1)
    group = (await slow.placement_groups.get_all())[0]
    partial = type(group)(slow.placement_groups, {"id": group.id}, complete=False)
    transport.hangs = True
    transport.started.clear()
    first, second = asyncio.create_task(partial.load()), asyncio.create_task(partial.load())
    await transport.started.wait()
    transport.hangs = False
    first.cancel()
    assert (await second).name == "group0"
    with pytest.raises(asyncio.CancelledError):
        await first


@pytest.mark.asyncio
async def test_a_second_wait_fetches_what_the_first_one_did_not(
    cloud: FakeCloud, slow: Client, transport: SlowTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first wait is cancelled while it fetches the image that its action has changed."""
    server = (await (await slow.servers.create("web", "cx23", "debian-13")).wait()).server
    response = await server.create_image("before upgrade")
    send, is_fetching = transport.send, asyncio.Event()

    async def hang(method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        if f"/images/{response.image.id}" in url:
            is_fetching.set()
            await asyncio.Event().wait()
        return await send(method, url, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(transport, "send", hang)
        task = asyncio.create_task(response.wait())
        await is_fetching.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await response.wait()
    assert response.image.status == "available"
    sent = transport.sent
    await response.wait()
    assert transport.sent == sent


@pytest.mark.asyncio
async def test_two_waits_for_the_same_action(slow: Client) -> None:
    server = (await (await slow.servers.create("web", "cx23", "debian-13")).wait()).server
    response = await server.create_image("before upgrade")

    async def status() -> str | None:
        return (await response.wait()).image.status

    assert await asyncio.gather(status(), status()) == ["available", "available"]


def test_ctrl_c(cloud: FakeCloud, caplog: pytest.LogCaptureFixture) -> None:
    """asyncio.run() cancels the main task, and raises KeyboardInterrupt once that has ended."""
    transport = SlowTransport(cloud)

    async def main() -> None:
        transport.hangs = True
        async with connected(cloud, transport) as client:
            asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)
            await client.ssh_keys.create("key", "ssh-ed25519 AAAA")

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    assert transport.in_flight == 0
    assert [record.message for record in caplog.records] == [NOTE]
