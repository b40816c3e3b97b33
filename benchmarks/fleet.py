"""Many processes that share the rate limit of one token, by a file or by Redis, in real time against the served fake.

``python -m benchmarks.fleet WORK …`` is one of the processes.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from hcloud import APIException, Client
from hcloud.budgets import FileBudget, LimitScope, RedisBudget
from hcloud.core.coroutines import run
from hcloud.testing import FakeCloud, RealClock, serve

TOKEN = "x" * 64
LIMIT = 36_000
"""Requests an hour: ten times those of the API, so that a short run has enough of them."""
LEFT = 5
"""Requests left at the start."""
FLEETS = [
    ("1 process, file", 1, "file", False),
    ("4 processes, file", 4, "file", False),
    ("16 processes, file", 16, "file", False),
    ("16 processes, Redis", 16, "redis", False),
    ("4, file, and another program", 4, "file", True),
    ("4 processes, each alone", 4, "alone", False),
    ("16 processes, each alone", 16, "alone", False),
]
"""Label, number of processes, what they share, and true if a program in another language spends a third."""


@dataclass
class FleetReport:
    """Result of a run."""

    label: str
    calls: list[int]
    """Calls of each process that succeeded in time."""
    failed: int
    possible: int
    """Requests that the rate limit left to the processes."""
    rejected: int
    """Requests of the processes that got status 429."""

    @property
    def used(self) -> float:
        """Share of the possible requests that were used."""
        return sum(self.calls) / self.possible

    def __str__(self) -> str:
        return (
            f"{self.label}: {self.used:.0%} of {self.possible} possible requests, {self.rejected} rejected (429), "
            f"{self.failed} calls failed, {min(self.calls)} to {max(self.calls)} calls per process"
        )


def fleet(seconds: float = 30) -> Iterator[FleetReport]:
    """Run the fleets, and yield the result of each; those on Redis need ``redis-server``."""
    for label, processes, store, has_other in FLEETS:
        with tempfile.TemporaryDirectory() as folder, _store(store, folder) as argument:
            if argument is None:
                print(f"{label}: redis-server is not installed", file=sys.stderr)
            else:
                yield _measure(label, processes, [store, argument], seconds, has_other)


def _measure(label: str, processes: int, store: list[str], seconds: float, has_other: bool) -> FleetReport:
    cloud = FakeCloud(clock=RealClock(), any_token=True, rate_limit=LIMIT, keep_requests=10**6)
    with serve(cloud) as address:
        workers = [_start("work", address, str(seconds), *store) for _ in range(processes)]
        others = [_start("other", address, str(seconds))] if has_other else []
        cloud.leave_requests(LEFT)
        results = [_finish(worker) for worker in _released(workers + others)]
    spent = sum(int(calls) for calls, _ in results[processes:])
    rejected_others = sum(int(failed) for _, failed in results[processes:])
    return FleetReport(
        label,
        [int(calls) for calls, _ in results[:processes]],
        sum(int(failed) for _, failed in results[:processes]),
        LEFT + int(seconds * LIMIT / 3600) - spent,
        sum(request.status == 429 for request in cloud.requests) - rejected_others,
    )


@contextmanager
def _store(name: str, folder: str) -> Iterator[str | None]:
    """Yield the argument of a worker for a store: a path, or a port; None if it is not installed."""
    if name != "redis":
        yield f"{folder}/budget"
        return
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        yield None
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        for _ in range(1000):
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", int(port)), 1).close()
                break
            time.sleep(0.01)
        yield port
    finally:
        server.kill()
        server.wait()


def _budget(store: str, argument: str) -> Any:
    if store == "redis":
        import redis

        return RedisBudget(redis.Redis(port=int(argument)))
    return FileBudget(argument) if store == "file" else None


# The processes: each says when it is ready, and begins when it is told to


def _start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.fleet", *arguments]
    folder = Path(__file__).parents[1]
    worker = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    worker.stdout.readline()
    return worker


def _released(workers: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    return workers


def _finish(worker: subprocess.Popen[str]) -> list[str]:
    return worker.communicate()[0].split()


def _wait_for_start() -> None:
    print("ready", flush=True)
    sys.stdin.readline()


def work(address: str, seconds: str, store: str, argument: str) -> None:
    """Send as many requests as possible; print the numbers of calls that succeeded in time, and that failed."""
    client = Client(TOKEN, api_endpoint=address, budget=_budget(store, argument))
    client._client._shared.get()
    _wait_for_start()
    end = time.monotonic() + float(seconds)
    calls = failed = 0
    while time.monotonic() < end:
        try:
            client.locations.get_list()
        except APIException:
            failed += 1
        else:
            calls += time.monotonic() < end
    print(calls, failed)


def other(address: str, seconds: str) -> None:
    """Spend a third of the limit without counting, as a program in another language does."""
    request = Request(f"{address}/locations", headers={"Authorization": f"Bearer {TOKEN}"})
    _wait_for_start()
    began, sent, calls = time.monotonic(), 0, 0
    while time.monotonic() < began + float(seconds):
        with suppress(OSError), urlopen(request):  # 429 raises an OSError
            calls += 1
        sent += 1
        time.sleep(max(0.0, began + sent * 3 * 3600 / LIMIT - time.monotonic()))
    print(calls, sent - calls)


def take(seconds: str, store: str, argument: str) -> None:
    """Take places for some seconds; print their number, and the CPU time of all in seconds."""
    budget, scope = _budget(store, argument), LimitScope("0" * 32, None)
    run(_reserve(budget, scope))
    _wait_for_start()
    end, count, began = time.perf_counter() + float(seconds), 0, time.process_time()
    while time.perf_counter() < end:
        run(_reserve(budget, scope))
        count += 1
    print(count, time.process_time() - began)


async def _reserve(budget: Any, scope: LimitScope) -> None:
    reservation = budget.reserve(scope, time.monotonic())
    if hasattr(reservation, "__await__"):
        await reservation


def costs(seconds: float = 5) -> str:
    """Return the cost of a take by file and by Redis, and the number of takes that one Redis carries."""
    lines = []
    for store, processes in (("file", 1), ("redis", 1), ("redis", 4)):
        with tempfile.TemporaryDirectory() as folder, _store(store, folder) as argument:
            if argument is not None:
                workers = [_start("take", str(seconds), store, argument) for _ in range(processes)]
                results = [_finish(worker) for worker in _released(workers)]
                takes = sum(int(count) for count, _ in results)
                cpu = sum(float(cpu) for _, cpu in results) / takes * 1e6
                lines.append(
                    f"takes by {store}, processes: {processes}: {takes / seconds:,.0f} a second, {cpu:.1f} µs CPU each"
                )
    return "\n".join(lines)


def plot(reports: list[FleetReport], target: Path) -> None:
    """Draw the results, in colours that are legible on light and on dark backgrounds and in a size for phones."""
    import matplotlib as mpl  # of the extra "bench"

    mpl.use("svg")
    from matplotlib import pyplot

    grey, shared, alone = "#808080", "#1f7a70", "#a56200"
    mpl.rcParams.update({"text.color": grey, "xtick.color": grey, "svg.fonttype": "none", "font.size": 12})
    figure, axes = pyplot.subplots(figsize=(5, 0.75 * len(reports) + 0.5))
    for height, report in enumerate(reversed(reports)):
        colour = alone if report.label.endswith("alone") else shared
        axes.barh(height, report.used, height=0.45, color=colour)
        axes.text(0, height + 0.26, report.label, va="bottom")
        calls = f"{min(report.calls)} to {max(report.calls)}" if len(report.calls) > 1 else f"{report.calls[0]}"
        text = f"429: {report.rejected}, calls: {calls}"
        axes.text(report.used - 0.02, height, text, va="center", ha="right", color="white")
    axes.set_xlim(0, 1)
    axes.set_yticks([])
    axes.xaxis.set_major_formatter(mpl.ticker.PercentFormatter(1))
    axes.spines[:].set_visible(False)
    figure.savefig(target, bbox_inches="tight", transparent=True, metadata={"Date": None})
    pyplot.close(figure)


if __name__ == "__main__":
    {"work": work, "other": other, "take": take}[sys.argv[1]](*sys.argv[2:])
