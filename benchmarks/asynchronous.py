"""Asynchronous clients beside blocking ones and bare ``aiohttp``: one request, many at once, a long listing.

``python asynchronous.py SIDE ADDRESS`` measures one side against the server of ``canned.py``.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Figures = dict[str, float]

WORKS = {
    "warm": "a GET on an open connection, µs CPU",
    "many": "1,000 GETs at once, 30 ms each, µs CPU a request",
    "wall": "the same, seconds in all",
    "listing": "10,000 servers listed, ms CPU",
}
SIDES = {"blocking": "blocking, 100 threads", "async": "async", "bare": "bare aiohttp"}
AT_ONCE, DELAY, SERVERS = 1000, 30, 10_000


def table(rounds: int = 5, *, quick: bool = False) -> str:
    """Measure all sides in turn, and return their medians and the ratios as a table.

    :param rounds: Number of measurements of each side
    :param quick: If true, send few requests, which only shows that everything runs
    """
    measured: dict[str, list[Figures]] = {side: [] for side in SIDES}
    with _server() as address:
        for _ in range(rounds):
            for side in SIDES:
                command = [sys.executable, __file__, side, address, *(["quick"] if quick else [])]
                output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                measured[side].append(json.loads(output))
    lines = [f"| | {' | '.join(SIDES.values())} | async to bare |", f"| --- |{' ---: |' * (len(SIDES) + 1)}"]
    for work, label in WORKS.items():
        medians = [statistics.median(figures[work] for figures in measured[side]) for side in SIDES]
        ratio = statistics.median(
            ours[work] / bare[work] for ours, bare in zip(measured["async"], measured["bare"], strict=True)
        )
        lines.append(f"| {label} | {' | '.join(f'{median:.3g}' for median in medians)} | {ratio:.2f} |")
    return "\n".join(lines)


@contextmanager
def _server() -> Iterator[str]:
    command = [sys.executable, str(Path(__file__).with_name("canned.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{json.loads(server.stdout.readline())['http']}"
        server.communicate()


def measure_blocking(address: str, times: int, at_once: int) -> Figures:
    """Measure the blocking client; requests at once are made by 100 threads."""
    from hcloud import Client

    def connect(path: str) -> Any:
        return Client("x" * 64, api_endpoint=f"{address}/{path}/v1", budget=None)

    servers = connect("0/50").servers
    for _ in range(20):
        servers.get_by_id(4)
    cpu = time.process_time()
    for _ in range(times):
        assert servers.get_by_id(4).name
    warm = (time.process_time() - cpu) / times
    servers = connect(f"{DELAY}/{AT_ONCE}").servers
    numbers = iter([*range(100), *range(at_once)])

    def work(count: int) -> None:
        for _ in range(count):
            assert servers.get_by_id(next(numbers) + 1).name

    def run(count: int) -> None:
        threads = [threading.Thread(target=work, args=[count]) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    run(1)
    cpu, began = time.process_time(), time.perf_counter()
    run(at_once // 100)
    many, wall = time.process_time() - cpu, time.perf_counter() - began
    servers = connect(f"0/{SERVERS}").servers
    cpu = time.process_time()
    assert len({server.name for server in servers.get_all()}) == SERVERS
    return _figures(warm, many / at_once, wall, time.process_time() - cpu)


async def measure_async(address: str, times: int, at_once: int) -> Figures:
    """Measure the asynchronous client."""
    from hcloud.aio import Client

    def connect(path: str) -> Client:
        return Client("x" * 64, api_endpoint=f"{address}/{path}/v1", budget=None)

    async def list_servers(client: Client) -> None:
        assert len({server.name for server in await client.servers.get_all()}) == SERVERS

    async with connect("0/50") as first, connect(f"{DELAY}/{AT_ONCE}") as second, connect(f"0/{SERVERS}") as third:
        return await _measure(
            lambda: first.servers.get_by_id(4), second.servers.get_by_id, lambda: list_servers(third), times, at_once
        )


async def measure_bare(address: str, times: int, at_once: int) -> Figures:
    """Measure ``aiohttp`` by itself, without cookies, with the decoding of the JSON."""
    import aiohttp

    headers = {"Authorization": f"Bearer {'x' * 64}"}
    async with aiohttp.ClientSession(headers=headers, cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def get(path: str) -> Any:
            async with session.get(f"{address}/{path}") as response:
                return json.loads(await response.read())

        async def list_servers() -> None:
            names = set()
            for page in range(1, SERVERS // 50 + 1):
                payload = await get(f"0/{SERVERS}/v1/servers?page={page}&per_page=50")
                names |= {server["name"] for server in payload["servers"]}
            assert len(names) == SERVERS

        return await _measure(
            lambda: get("0/50/v1/servers/4"),
            lambda number: get(f"{DELAY}/{AT_ONCE}/v1/servers/{number}"),
            list_servers,
            times,
            at_once,
        )


async def _measure(
    once: Callable[[], Awaitable[Any]],
    delayed: Callable[[int], Awaitable[Any]],
    listing: Callable[[], Awaitable[None]],
    times: int,
    at_once: int,
) -> Figures:
    for _ in range(20):
        await once()
    cpu = time.process_time()
    for _ in range(times):
        await once()
    warm = (time.process_time() - cpu) / times
    await asyncio.gather(*(delayed(number + 1) for number in range(100)))  # opens the connections
    cpu, began = time.process_time(), time.perf_counter()
    await asyncio.gather(*(delayed(number + 1) for number in range(at_once)))
    many, wall = time.process_time() - cpu, time.perf_counter() - began
    cpu = time.process_time()
    await listing()
    return _figures(warm, many / at_once, wall, time.process_time() - cpu)


def _figures(warm: float, many: float, wall: float, listing: float) -> Figures:
    return {"warm": warm * 1e6, "many": many * 1e6, "wall": wall, "listing": listing * 1e3}


def main(side: str, address: str, *quick: str) -> None:
    """Measure one side and print its figures as JSON."""
    times, at_once = (20, 100) if quick else (1000, AT_ONCE)
    if side == "blocking":
        figures = measure_blocking(address, times, at_once)
    else:
        figures = asyncio.run({"async": measure_async, "bare": measure_bare}[side](address, times, at_once))
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
