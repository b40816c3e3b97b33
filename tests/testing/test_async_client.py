"""Asynchronous clients of the fakes: faults, time, and fixtures."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hcloud import HCloudException
from hcloud.aio import Client
from hcloud.digitalocean.aio import Client as DigitalOceanClient
from hcloud.testing import FakeCloud, FakeDigitalOcean, ManualClock, RealClock, serve
from hcloud.testing.aio import AsyncClock, FakeTransport

ROOT = Path(__file__).parents[2]

FAULTS: dict[str, Callable[[FakeCloud], None]] = {
    "none": lambda cloud: None,
    "502": lambda cloud: cloud.fail_next(1, 502),
    "423, for good": lambda cloud: cloud.fail_next(10, 423, code="locked"),
    "429": lambda cloud: cloud.fail_next(1, 429, headers={"Retry-After": "7"}),
    "reset before": lambda cloud: cloud.break_next(1, "before"),
    "reset after": lambda cloud: cloud.break_next(1, "after"),
    "connect": lambda cloud: cloud.break_next(1, kind="connect"),
    "connect, for good": lambda cloud: cloud.break_next(10, kind="connect"),
    "timeout before": lambda cloud: cloud.break_next(1, "before", "timeout"),
    "timeout after": lambda cloud: cloud.break_next(1, "after", "timeout"),
    "truncated": lambda cloud: cloud.truncate_next(1),
    "slow": lambda cloud: cloud.slow_down(3.0),
    "too slow": lambda cloud: cloud.slow_down(61.0),
    "no requests left": lambda cloud: cloud.leave_requests(0),
}


def outcome_of(error: Exception | None, cloud: FakeCloud, began: float) -> object:
    """Return what a call led to: the class of its error, the failed request, the requests sent, the time it took."""
    name = None if error is None else type(error).__mro__[1].__name__ if "Network" in repr(error) else str(error)
    sent = [(request.method, request.path, request.status) for request in cloud.requests]
    return name, sent, round(cloud.clock.time() - began, 3), len(list(cloud.placement_groups))


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: high)


@pytest.mark.parametrize("method", ["get", "create"])
@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_those_of_blocking_clients(fault: str, method: str) -> None:
    def blocking(cloud: FakeCloud) -> None:
        groups = cloud.client(retries=2).placement_groups
        groups.get_all() if method == "get" else groups.create(name="x", type="spread")

    def asynchronous(cloud: FakeCloud) -> None:
        groups = cloud.async_client(retries=2).placement_groups
        asyncio.run(groups.get_all() if method == "get" else groups.create(name="x", type="spread"))

    outcomes = []
    for call in (blocking, asynchronous):
        cloud = FakeCloud()
        FAULTS[fault](cloud)
        began, caught = cloud.clock.time(), None
        try:
            call(cloud)
        except HCloudException as error:
            caught = error
        outcomes.append(outcome_of(caught, cloud, began))
    assert outcomes[0] == outcomes[1]


def test_other_tasks_run_at_each_request() -> None:
    async def main() -> list[str]:
        order = []

        async def work(name: str) -> None:
            async with FakeCloud().async_client() as client:
                for _ in range(2):
                    await client.images.get_list()
                    order.append(name)

        await asyncio.gather(work("a"), work("b"))
        return order

    assert asyncio.run(main()) == ["a", "b", "a", "b"]


def test_waiting_moves_the_clock_of_the_cloud() -> None:
    async def main() -> float:
        cloud = FakeCloud(action_seconds=40)
        client = cloud.async_client()
        server = (await (await client.servers.create("web", "cx23", "debian-13")).wait()).server
        began = cloud.clock.time()
        await (await server.power_off()).wait()
        return cloud.clock.time() - began

    assert 40 <= asyncio.run(main()) < 60


def test_clients_of_projects_and_tokens() -> None:
    async def main() -> None:
        cloud = FakeCloud()
        project = cloud.add_project("other")
        await project.async_client().placement_groups.create("x", "spread")
        assert [group.name for group in await cloud.async_client().placement_groups.get_all()] == []
        assert [group.name for group in await cloud.async_client(project.token).placement_groups.get_all()] == ["x"]
        with pytest.raises(HCloudException, match="token may only read"):
            await project.async_client(read_only=True).placement_groups.create("y", "spread")
        digitalocean = FakeDigitalOcean().async_client(retries=0)
        assert isinstance(digitalocean, DigitalOceanClient)
        assert (await digitalocean.account.get()).email

    asyncio.run(main())


def test_a_served_cloud_over_sockets() -> None:
    async def main(address: str) -> int:
        async with Client("any", api_endpoint=address) as client:
            return len(await client.server_types.get_all())

    cloud = FakeCloud()
    with serve(cloud) as address:
        assert asyncio.run(main(address)) == len(list(cloud.server_types))


def test_without_an_event_loop_of_asyncio() -> None:
    """That of trio is none."""
    call = FakeCloud().async_client().images.get_list()
    with pytest.raises(RuntimeError, match="needs a running event loop of asyncio"):
        call.send(None)  # type: ignore[attr-defined]


# Clocks


class CountingClock(ManualClock):
    """A clock of one's own, whose sleep is that of a blocking program."""

    slept = 0.0

    def sleep(self, seconds: float, /) -> None:
        self.slept += seconds


def test_clocks() -> None:
    class Foreign:
        def time(self) -> float:
            return 7.0

        monotonic = time

        def sleep(self, seconds: float, /) -> None:
            threads.append(threading.current_thread())

    threads: list[threading.Thread] = []

    async def main() -> None:
        manual, counting = ManualClock(100.0), CountingClock()
        await AsyncClock(manual).sleep(5)
        await AsyncClock(counting).sleep(5)
        assert (manual.time(), AsyncClock(manual).monotonic(), counting.slept) == (105.0, 105.0, 5.0)
        await AsyncClock(RealClock()).sleep(0)
        foreign = AsyncClock(Foreign())
        await foreign.sleep(3600)
        assert foreign.time() == 7.0

    asyncio.run(main())
    assert threads != [threading.current_thread()]


def test_failures_of_others() -> None:
    assert FakeTransport(FakeCloud()).failure_of(ValueError()) is None


# Fixtures

TESTS = """
import pytest
{imports}

{mark}
async def test_hetzner(hcloud_async_client, hcloud_cloud):
    assert [image async for image in hcloud_async_client.images.iter(name="debian-13", architecture="x86")]
    assert [request.path for request in hcloud_cloud.requests] == ["/images"]

{mark}
async def test_digitalocean(hcloud_digitalocean_async_client, hcloud_digitalocean_cloud):
    async with hcloud_digitalocean_async_client as client:
        assert await client.regions.get_all()
    assert [request.path for request in hcloud_digitalocean_cloud.requests] == ["/regions"]
"""


@pytest.mark.parametrize(
    ("imports", "mark", "options"),
    [
        ("", "@pytest.mark.asyncio", ["-o", "asyncio_mode=strict"]),
        ("", "", ["-o", "asyncio_mode=auto"]),
        ("", "@pytest.mark.anyio", ["-o", "asyncio_mode=strict"]),
    ],
    ids=["strict", "auto", "anyio"],
)
def test_fixtures(imports: str, mark: str, options: list[str], tmp_path: Path) -> None:
    content = TESTS.format(imports=imports, mark=mark)
    if "anyio" in mark:
        content += "\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"
    (tmp_path / "test_fixtures.py").write_text(content)
    plugin = ["-p", "hcloud.testing.pytest_plugin"]
    code = f"import sys, pytest; sys.path.insert(0, {str(ROOT)!r}); sys.exit(pytest.main(sys.argv[1:]))"
    installed = (
        "import importlib.metadata as m; print(any(e.name == 'hcloud' for e in m.entry_points(group='pytest11')))"
    )
    if "True" in subprocess.run([sys.executable, "-c", installed], capture_output=True, text=True, check=True).stdout:
        plugin = []
    command: list[Any] = [sys.executable, "-c", code, "-q", *plugin, *options, str(tmp_path)]
    process = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert "2 passed" in process.stdout, process.stdout + process.stderr
