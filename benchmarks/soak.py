"""Soak: many threads or tasks share a client while its server resets connections, stalls, and sends wrong responses."""

from __future__ import annotations

import asyncio
import io
import json
import random
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from hcloud import (
    APIException,
    Client,
    HCloudException,
    InvalidResponseError,
    LockedError,
    NetworkError,
    OutcomeUnknownError,
)
from hcloud.aio import Client as AsyncClient
from hcloud.core.coroutines import is_async, result_of, run
from hcloud.images import BoundImage, Image
from hcloud.server_types import ServerType
from hcloud.servers import BoundServer
from hcloud.testing import ConnectionBroken, FakeCloud, Request, Response, serve
from hcloud.testing import server as serving

FLEET = 24
MISHAPS = {
    # Number in a thousand requests.
    "429": 8,
    "502, not done": 4,
    "502, done": 4,
    "504, not done": 4,
    "504, done": 4,
    "503, not done": 4,
    "503, done": 4,
    "500, not done": 3,
    "500, done": 3,
    "408, not done": 3,
    "408, done": 3,
    "522, done": 3,
    "reset, not done": 6,
    "reset, done": 6,
    "stall, not done": 2,
    "stall, done": 2,
    "slow": 6,
    "half of the JSON": 5,
    "not JSON": 3,
    "an empty object": 3,
    "cut off": 6,
    "hung up": 6,
    "unsolicited": 6,
    "interim": 6,
    "malformed length": 4,
    "truncated head": 4,
}
HTML = b"<html><body>The server is busy</body></html>"
UNSOLICITED_BODY = (
    b'{"server":{"id":1,"name":"unsolicited"},"placement_group":{"id":1,"name":"unsolicited"},"action":{"id":1}}'
)
UNSOLICITED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(UNSOLICITED_BODY),
    UNSOLICITED_BODY,
)

INTERIM = b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"


class FastClock:
    """Clock that runs ``speed`` times as fast as real time."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._began = time.time()

    def time(self) -> float:
        """Return the seconds since 1970, which pass faster since the clock was created."""
        return self._began + self.monotonic()

    def monotonic(self) -> float:
        """Return the seconds of this clock."""
        return time.monotonic() * self.speed

    def sleep(self, seconds: float, /) -> None:
        """Sleep for ``seconds`` of this clock."""
        time.sleep(seconds / self.speed)


class FastAsyncClock(FastClock):
    """The same clock for asynchronous clients."""

    async def sleep(self, seconds: float, /) -> None:  # type: ignore[override]
        """Let other tasks run for ``seconds`` of this clock."""
        await asyncio.sleep(seconds / self.speed)


class UnrulyCloud(FakeCloud):
    """Fake cloud with random mishaps that counts what it creates."""

    def __init__(self, clock: FastClock, seed: int) -> None:
        super().__init__(clock=clock, action_seconds=2.0, rate_limit=10**9)
        self.is_calm = True
        self.mishaps: Counter[str] = Counter()
        self.created: Counter[str] = Counter()
        self.received = 0
        self.local = threading.local()
        """``mishap`` of the response that the thread of a connection writes next."""
        self._random = random.Random(seed)

    def handle(self, request: Request) -> Response:
        """Respond to a request, or have a mishap."""
        with self.lock:
            self.received += 1
            mishap = "" if self.is_calm else self._draw()
            if mishap == "an empty object" and request.method == "DELETE":
                mishap = ""  # a valid response to a DELETE: no client could tell
            self.local.mishap = mishap
            if mishap:
                self.mishaps[mishap] += 1
            if mishap.endswith("not done") or mishap in ("429", "not JSON", "an empty object"):
                return self._fail(mishap)
            response = super().handle(request)
            name = self._name_of(request)
            if name and response.status == 201:
                self.created[name] += 1
        if mishap.endswith("done"):
            return self._fail(mishap)
        if mishap == "slow":
            response.delay = 2.0
        if mishap == "half of the JSON":
            response.body = response.body[: len(response.body) // 2]
        return response

    def _draw(self) -> str:
        drawn = self._random.randrange(1000)
        for mishap, share in MISHAPS.items():
            drawn -= share
            if drawn < 0:
                return mishap
        return ""

    def _fail(self, mishap: str) -> Response:
        cause = mishap.partition(",")[0]
        if cause == "reset":
            raise ConnectionBroken("reset")
        if cause == "stall":
            raise ConnectionBroken("timeout")
        if cause == "429":
            body = b'{"error":{"code":"rate_limit_exceeded","message":"too many","details":null}}'
            return Response(429, {"Retry-After": "1"}, body)
        if mishap == "an empty object":
            return Response(200, {}, b"{}")
        return Response(200 if mishap == "not JSON" else int(cause), {"Content-Type": "text/html"}, HTML)

    def _name_of(self, request: Request) -> str:
        """Return the name or description in a request that creates something."""
        if request.method != "POST" or not request.body:
            return ""
        body = json.loads(request.body)
        return str(body.get("name") or body.get("description") or "")


class UnrulyHandler(serving._Handler):
    """Handler that cuts off, appends to or withholds some responses."""

    def run_wsgi(self) -> None:
        """Respond to one request."""
        socket, self.wfile = self.wfile, io.BytesIO()
        try:
            super().run_wsgi()
            data = self.wfile.getvalue()
        finally:
            self.wfile = socket
        app = self.server.app
        assert isinstance(app, serving.App)
        assert isinstance(app.cloud, UnrulyCloud)
        mishap = app.cloud.local.mishap
        if mishap == "cut off":
            data = data[: -max(1, len(data) // 4)]
        elif mishap == "unsolicited":
            data += UNSOLICITED
        elif mishap == "interim":
            data = INTERIM + data
        elif mishap == "malformed length":
            data = re.sub(rb"(?i)content-length: *\d+", b"Content-Length: many", data, count=1)
        elif mishap == "truncated head":
            data = data[: data.index(b"\r\n\r\n") // 2]
        if mishap in ("cut off", "hung up", "malformed length", "truncated head"):
            self.close_connection = True
        socket.write(data)


@contextmanager
def served(cloud: UnrulyCloud) -> Iterator[str]:
    """Serve the cloud with the unruly handler."""
    with mock.patch.object(serving, "_Handler", UnrulyHandler), serve(cloud) as address:
        yield address


@dataclass
class Report:
    """Result of a soak."""

    seconds: float = 0.0
    calls: int = 0
    """Calls that returned or raised."""
    raised: Counter[str] = field(default_factory=Counter)
    """Calls that raised, by class of the exception."""
    given_up: int = 0
    """Calls that raised although their request was safe to repeat."""
    sent: int = 0
    received: int = 0
    """Requests that reached the server."""
    retries: int = 0
    mishaps: Counter[str] = field(default_factory=Counter)
    creates: Counter[str] = field(default_factory=Counter)
    """Calls that create something, by outcome and number of objects the server created."""
    threads_left: int = 0
    tasks_left: int = 0
    files_left: int = 0
    problems: list[str] = field(default_factory=list)
    """Violations of what the client promises."""

    def __str__(self) -> str:
        def counted(counter: Counter[str]) -> str:
            return ", ".join(f"{count} x {name}" for name, count in sorted(counter.items()))

        lines = [
            f"{self.calls:,} calls in {self.seconds:.1f} s",
            f"requests: {self.sent:,} sent, {self.retries:,} of them retries; {self.received:,} received",
            f"mishaps: {counted(self.mishaps)}",
            f"calls that raised: {counted(self.raised)}",
            f"safe calls given up: {self.given_up}",
            f"creates: {counted(self.creates)}",
            f"left over: {self.threads_left} threads, {self.tasks_left} tasks, {self.files_left} file descriptors",
            f"problems: {len(self.problems)}",
            *self.problems[:20],
        ]
        return "\n".join(lines)


class Worker:
    """Calls of one thread or task, and what it knows about their outcome.

    :param number: Number of the worker
    :param client: Blocking or asynchronous client
    :param shares_server: If true, other workers take snapshots of its server, too
    """

    def __init__(
        self, number: int, client: Any, seed: int, servers: list[BoundServer], *, shares_server: bool = False
    ) -> None:
        self._shares_server = shares_server
        self._number, self._client, self._servers = number, client, servers
        self._server = servers[number % len(servers)]
        self._random = random.Random(f"{seed} {number}")
        self._alive: dict[int | None, Any] = {}
        self.labels: dict[int | None, set[str]] = defaultdict(set)
        """Possible labels of each group: that of the last update that returned, and those of later ones that raised."""
        self.gone: set[int | None] = set()
        self.outcomes: dict[str, str] = {}
        """Outcome of each call that creates something, by name."""
        self._may_be_locked = False
        """True while a snapshot of its server may be running."""
        self.raised: Counter[str] = Counter()
        self.given_up = 0
        self.calls = 0
        self.problems: list[str] = []

    @property
    def alive(self) -> set[int | None]:
        """IDs of the groups that must exist in the end."""
        return set(self._alive)

    async def run(self, calls: int) -> None:
        """Make calls.

        :param calls: Number of calls
        """
        operations: list[tuple[Callable[[str], Awaitable[None]], int]] = [
            (self._read, 36),
            (self._find, 14),
            (self._create, 14),
            (self._update, 14),
            (self._delete, 10),
            (self._snapshot, 4),
            (self._list, 4),
            (self._read_links, 4),
        ]
        for number in range(calls):
            (call,) = self._random.choices([call for call, _ in operations], [share for _, share in operations])
            name = f"call-{self._number}-{number}"
            try:
                await call(name)
            except HCloudException as error:
                self.raised[_class_name(error)] += 1
                self.given_up += error.request is not None and error.request.method != "POST"
                is_explained = _is_explained(error) or (
                    isinstance(error, LockedError) and (self._may_be_locked or self._shares_server)
                )
                self._check(is_explained, f"{name}: {error!r}")
            except Exception as error:  # noqa: BLE001  # reported as a problem
                self.problems.append(f"{name}: not an HCloudException: {error!r}")
            self.calls += 1

    def _check(self, holds: bool, problem: str) -> None:
        if not holds:
            self.problems.append(problem)

    async def _read(self, name: str) -> None:
        wanted = self._random.choice(self._servers)
        server = await result_of(self._client.servers.get_by_id(wanted.id))
        self._check((server.id, server.name) == (wanted.id, wanted.name), f"{name}: wrong response, {server!r}")

    async def _find(self, name: str) -> None:
        wanted = self._random.choice(self._servers)
        server = await result_of(self._client.servers.get_by_name(wanted.name))
        self._check(server is not None and server.id == wanted.id, f"{name}: wrong response, {server!r}")

    async def _create(self, name: str) -> None:
        self.outcomes[name] = "raised"
        try:
            response = await result_of(self._client.placement_groups.create(name=name, type="spread"))
        except HCloudException as error:
            self.outcomes[name] = _class_name(error)
            raise
        self.outcomes[name] = "returned"
        group = response.placement_group
        self._check(group.name == name, f"{name}: wrong response, {group!r}")
        self._alive[group.id] = group

    async def _update(self, name: str) -> None:
        if not self._alive:
            return await self._create(name)
        group = self._random.choice(list(self._alive.values()))
        self.labels[group.id].add(name)
        updated = await result_of(group.update(labels={"by": name}))
        self.labels[group.id] = {name}
        self._check(updated.labels == {"by": name}, f"{name}: wrong response, {updated!r}")
        return None

    async def _delete(self, name: str) -> None:
        if not self._alive:
            return await self._create(name)
        group = self._alive.pop(self._random.choice(list(self._alive)))
        await result_of(group.delete())
        self.gone.add(group.id)
        return None

    async def _snapshot(self, name: str) -> None:
        self.outcomes[name] = "raised"
        try:
            response = await result_of(self._server.create_image(description=name, type="snapshot"))
        except HCloudException as error:
            self.outcomes[name] = _class_name(error)
            self._may_be_locked = True
            raise
        self.outcomes[name] = "returned"
        self._check(response.image.description == name, f"{name}: wrong response, {response.image!r}")
        self._may_be_locked = True
        await result_of(self._client.actions.wait_for([response.action]))
        self._check(response.action.status == "success", f"{name}: {response.action!r}")
        self._may_be_locked = False

    async def _list(self, name: str) -> None:
        listing = self._client.servers
        list_servers = self._random.choice((listing.get_all, listing.iter))
        servers = await _entries(list_servers(label_selector="fleet", per_page=5))
        names = [server.name for server in servers]
        self._check(names == [server.name for server in self._servers], f"{name}: listed {names}")

    async def _read_links(self, name: str) -> None:
        images: list[BoundImage] = await result_of(self._client.images.get_all(label_selector="fleet"))
        if is_async(self._client):
            await self._client.load(images, "created_from")
        states = [image.created_from.status for image in images if isinstance(image.created_from, BoundServer)]
        self._check(states == ["running"] * len(self._servers), f"{name}: read {states}")


async def _entries(listing: Any) -> list[Any]:
    """Return the entries of a listing: a list, an iterator, or what an asynchronous client returns for them."""
    if hasattr(listing, "__aiter__"):
        return [entry async for entry in listing]
    return list(await result_of(listing))


def soak(threads: int = 16, calls: int = 2000, *, seed: int = 1, patience: float = 1.0, limit: float = 120.0) -> Report:
    """Let threads make calls of a shared client.

    :param threads: Number of threads
    :param calls: Number of calls of each thread
    :param patience: Timeout of the client, in seconds
    :param limit: Maximum duration, in seconds
    """
    before, files = set(threading.enumerate()), open_files()
    soaking = _Soak(FastClock(speed=50), seed)
    with soaking.served() as address, Client(**soaking.options(address, patience)) as client:
        fleet = client.servers.get_all(label_selector="fleet")
        workers = [Worker(number, client, seed, fleet) for number in range(threads)]
        soaking.cloud.is_calm = False
        running = [
            threading.Thread(target=lambda worker: run(worker.run(calls)), args=[worker], daemon=True)
            for worker in workers
        ]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join(max(0.0, soaking.began + limit - time.monotonic()))
            if thread.is_alive():
                soaking.report.problems.append(f"{thread.name} was not done after {limit:g} s")
    return soaking.end(workers, calls, before, files)


def soak_async(
    tasks: int = 200, calls: int = 200, *, seed: int = 1, patience: float = 5.0, limit: float = 600.0
) -> Report:
    """Let tasks make calls of a shared asynchronous client, with the mishaps of :func:`soak`.

    :param tasks: Number of tasks
    :param calls: Number of calls of each task
    :param patience: Timeout of the client, in seconds
    :param limit: Maximum duration, in seconds
    """
    before, files = set(threading.enumerate()), open_files()
    soaking = _Soak(FastAsyncClock(speed=10), seed)

    async def work(address: str) -> list[Worker]:
        async with AsyncClient(**soaking.options(address, patience)) as client:
            fleet = await client.servers.get_all(label_selector="fleet")
            shares = tasks > len(fleet)
            workers = [Worker(number, client, seed, fleet, shares_server=shares) for number in range(tasks)]
            soaking.cloud.is_calm = False
            try:
                async with asyncio.timeout(limit), asyncio.TaskGroup() as group:
                    for worker in workers:
                        group.create_task(worker.run(calls))
            except TimeoutError:
                soaking.report.problems.append(f"the tasks were not done after {limit:g} s")
            soaking.cloud.is_calm = True
        await asyncio.sleep(0.1)  # until the transports have noticed that they are closed
        soaking.report.tasks_left = len(asyncio.all_tasks()) - 1
        return workers

    with soaking.served() as address:
        workers = asyncio.run(work(address))
    return soaking.end(workers, calls, before, files)


class _Soak:
    """A cloud with a fleet, and the report.

    :param clock: Clock of the client and of the cloud
    """

    def __init__(self, clock: FastClock, seed: int) -> None:
        self.report = Report()
        self.cloud = UnrulyCloud(FastClock(clock.speed), seed)
        self.began = time.monotonic()
        self._clock = clock
        self._sent, self._retries = Counter[None](), Counter[None]()
        self._counting = threading.Lock()

    def options(self, address: str, patience: float) -> dict[str, Any]:
        """Return the arguments of a client."""
        return {
            "token": self.cloud.project.token,
            "api_endpoint": address,
            "timeout": patience,
            "clock": self._clock,
            "on_request": lambda *_: self._count(self._sent),
            "on_retry": lambda *_: self._count(self._retries),
        }

    def _count(self, counter: Counter[None]) -> None:
        with self._counting:
            counter[None] += 1

    @contextmanager
    def served(self) -> Iterator[str]:
        """Create the fleet, and serve the cloud."""
        with served(self.cloud) as address:
            with Client(self.cloud.project.token, api_endpoint=address, clock=FastClock(self._clock.speed)) as client:
                _create_fleet(client)
            self.cloud.received = 0
            yield address
            self.cloud.is_calm = True

    def end(self, workers: list[Worker], calls: int, before: set[threading.Thread], files: int) -> Report:
        """Complete the report.

        :param before: Threads that existed before
        :param files: Number of files that were open before
        """
        report, cloud = self.report, self.cloud
        report.seconds = time.monotonic() - self.began
        report.sent, report.retries = self._sent[None], self._retries[None]
        report.received, report.mishaps = cloud.received, cloud.mishaps
        for worker in workers:
            report.calls += worker.calls
            report.raised += worker.raised
            report.given_up += worker.given_up
            report.problems += worker.problems
            _compare(worker, cloud, report)
        if report.calls != len(workers) * calls:
            report.problems.append(f"{len(workers) * calls - report.calls} calls were lost")
        for thread in set(threading.enumerate()) - before:
            thread.join(5)
        report.threads_left = len(set(threading.enumerate()) - before)
        report.files_left = max(open_files() - files, 0)  # less: something from before has ended meanwhile
        if report.threads_left or report.files_left or report.tasks_left:
            report.problems.append("threads, tasks or file descriptors were left over")
        return report


def _create_fleet(client: Client) -> None:
    """Create servers, and a snapshot of each."""
    server_type, image, labels = ServerType(name="cx23"), Image(name="debian-13"), {"fleet": ""}
    responses = [
        client.servers.create(name=f"fleet-{number}", server_type=server_type, image=image, labels=labels)
        for number in range(FLEET)
    ]
    client.actions.wait_for([action for response in responses for action in (response.action, *response.next_actions)])
    servers = [response.server for response in responses]
    client.actions.wait_for([server.create_image("of the fleet", labels=labels).action for server in servers])


def _compare(worker: Worker, cloud: UnrulyCloud, report: Report) -> None:
    """Compare what a worker knows with what the server created."""
    for name, outcome in worker.outcomes.items():
        count = cloud.created[name]
        report.creates[f"{outcome} and done {count} times"] += 1
        # After a truncated or an empty response, and if the outcome is unknown, both are possible.
        expected = {"returned": {1}, "OutcomeUnknownError": {0, 1}, "InvalidResponseError": {0, 1}}.get(outcome, {0})
        if count not in expected:
            report.problems.append(f"{name}: {outcome}, but the server created {count}")
    groups = {record["id"]: record for record in cloud.placement_groups}
    if worker.alive - groups.keys():
        report.problems.append(f"lost groups: {worker.alive - groups.keys()}")
    if worker.gone & groups.keys():
        report.problems.append(f"deleted groups exist: {worker.gone & groups.keys()}")
    for id, labels in worker.labels.items():
        if id in worker.alive and groups.get(id, {}).get("labels", {}).get("by") not in {*labels, None}:
            report.problems.append(f"group {id} is {groups[id]['labels']}, not one of {labels}")


def _class_name(error: HCloudException) -> str:
    """Return the name of an error's class, not of a subclass that is an exception of ``requests``, too."""
    if isinstance(error, OutcomeUnknownError):
        return "OutcomeUnknownError"
    return "NetworkError" if isinstance(error, NetworkError) else type(error).__name__


def _is_explained(error: HCloudException) -> bool:
    """Return True if a mishap can cause the error."""
    if isinstance(error, (InvalidResponseError, NetworkError, OutcomeUnknownError)):
        return True
    if not isinstance(error, APIException):
        return False
    is_cut_off = error.http_status in (404, 423) and error.code == error.http_status  # half of an error's JSON
    return is_cut_off or error.http_status in (429, 502, 504)


def open_files() -> int:
    """Return the number of open file descriptors of this process; 0 if the system does not tell."""
    folder = Path("/dev/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0
