"""Soak: many threads share a client while its server resets connections, stalls, and sends wrong responses."""

from __future__ import annotations

import io
import json
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
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
from hcloud.images import BoundImage, Image
from hcloud.placement_groups import BoundPlacementGroup
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
}
HTML = b"<html><body>The server is busy</body></html>"
UNSOLICITED_BODY = (
    b'{"server":{"id":1,"name":"unsolicited"},"placement_group":{"id":1,"name":"unsolicited"},"action":{"id":1}}'
)
UNSOLICITED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(UNSOLICITED_BODY),
    UNSOLICITED_BODY,
)


class FastClock:
    """Clock that runs ``speed`` times as fast as real time."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._began = time.time()

    def time(self) -> float:
        """Return the seconds since 1970, which pass faster since the clock was created."""
        return self._began + self.monotonic()

    def monotonic(self) -> float:
        """Return the seconds of this clock."""
        return time.monotonic() * self._speed

    def sleep(self, seconds: float, /) -> None:
        """Sleep for ``seconds`` of this clock."""
        time.sleep(seconds / self._speed)


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
        if mishap in ("cut off", "hung up"):
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
    sent: int = 0
    received: int = 0
    """Requests that reached the server."""
    retries: int = 0
    mishaps: Counter[str] = field(default_factory=Counter)
    creates: Counter[str] = field(default_factory=Counter)
    """Calls that create something, by outcome and number of objects the server created."""
    threads_left: int = 0
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
            f"creates: {counted(self.creates)}",
            f"left over: {self.threads_left} threads, {self.files_left} file descriptors",
            f"problems: {len(self.problems)}",
            *self.problems[:20],
        ]
        return "\n".join(lines)


class Worker:
    """Calls of one thread, and what it knows about their outcome."""

    def __init__(self, number: int, client: Client, seed: int, servers: list[BoundServer]) -> None:
        self._number, self._client, self._servers = number, client, servers
        self._server = servers[number % len(servers)]
        self._random = random.Random(f"{seed} {number}")
        self._alive: dict[int | None, BoundPlacementGroup] = {}
        self.labels: dict[int | None, set[str]] = defaultdict(set)
        """Possible labels of each group: that of the last update that returned, and those of later ones that raised."""
        self.gone: set[int | None] = set()
        self.outcomes: dict[str, str] = {}
        """Outcome of each call that creates something, by name."""
        self._may_be_locked = False
        """True while a snapshot of its server may be running."""
        self.raised: Counter[str] = Counter()
        self.calls = 0
        self.problems: list[str] = []

    @property
    def alive(self) -> set[int | None]:
        """IDs of the groups that must exist in the end."""
        return set(self._alive)

    def run(self, calls: int) -> None:
        """Make calls.

        :param calls: Number of calls
        """
        operations: list[tuple[Callable[[str], None], int]] = [
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
                call(name)
            except HCloudException as error:
                self.raised[_class_name(error)] += 1
                is_explained = _is_explained(error) or (isinstance(error, LockedError) and self._may_be_locked)
                self._check(is_explained, f"{name}: {error!r}")
            except Exception as error:  # noqa: BLE001  # reported as a problem
                self.problems.append(f"{name}: not an HCloudException: {error!r}")
            self.calls += 1

    def _check(self, holds: bool, problem: str) -> None:
        if not holds:
            self.problems.append(problem)

    def _read(self, name: str) -> None:
        wanted = self._random.choice(self._servers)
        server = self._client.servers.get_by_id(wanted.id or 0)
        self._check((server.id, server.name) == (wanted.id, wanted.name), f"{name}: wrong response, {server!r}")

    def _find(self, name: str) -> None:
        wanted = self._random.choice(self._servers)
        server = self._client.servers.get_by_name(str(wanted.name))
        self._check(server is not None and server.id == wanted.id, f"{name}: wrong response, {server!r}")

    def _create(self, name: str) -> None:
        self.outcomes[name] = "raised"
        try:
            group = self._client.placement_groups.create(name=name, type="spread").placement_group
        except HCloudException as error:
            self.outcomes[name] = _class_name(error)
            raise
        self.outcomes[name] = "returned"
        self._check(group.name == name, f"{name}: wrong response, {group!r}")
        self._alive[group.id] = group

    def _update(self, name: str) -> None:
        if not self._alive:
            return self._create(name)
        group = self._random.choice(list(self._alive.values()))
        self.labels[group.id].add(name)
        updated = group.update(labels={"by": name})
        self.labels[group.id] = {name}
        self._check(updated.labels == {"by": name}, f"{name}: wrong response, {updated!r}")
        return None

    def _delete(self, name: str) -> None:
        if not self._alive:
            return self._create(name)
        group = self._alive.pop(self._random.choice(list(self._alive)))
        group.delete()
        self.gone.add(group.id)
        return None

    def _snapshot(self, name: str) -> None:
        self.outcomes[name] = "raised"
        try:
            response = self._server.create_image(description=name, type="snapshot")
        except HCloudException as error:
            self.outcomes[name] = _class_name(error)
            self._may_be_locked = True
            raise
        self.outcomes[name] = "returned"
        self._check(response.image.description == name, f"{name}: wrong response, {response.image!r}")
        self._may_be_locked = True
        self._client.actions.wait_for([response.action])
        self._check(response.action.status == "success", f"{name}: {response.action!r}")
        self._may_be_locked = False

    def _list(self, name: str) -> None:
        listing = self._client.servers
        servers = list(self._random.choice((listing.get_all, listing.iter))(label_selector="fleet", per_page=5))
        names = [server.name for server in servers]
        self._check(names == [server.name for server in self._servers], f"{name}: listed {names}")

    def _read_links(self, name: str) -> None:
        images: list[BoundImage] = self._client.images.get_all(label_selector="fleet")
        states = [image.created_from.status for image in images if isinstance(image.created_from, BoundServer)]
        self._check(states == ["running"] * len(self._servers), f"{name}: read {states}")


def soak(threads: int = 16, calls: int = 2000, *, seed: int = 1, patience: float = 1.0, limit: float = 120.0) -> Report:
    """Let threads make calls of a shared client.

    :param threads: Number of threads
    :param calls: Number of calls of each thread
    :param patience: Timeout of the client, in seconds
    :param limit: Maximum duration, in seconds
    """
    report = Report()
    before, files = set(threading.enumerate()), open_files()
    clock = FastClock(speed=50)
    cloud = UnrulyCloud(clock, seed)
    sent, retries = Counter[None](), Counter[None]()
    counting = threading.Lock()

    def count(counter: Counter[None]) -> None:
        with counting:
            counter[None] += 1

    began = time.monotonic()
    with (
        served(cloud) as address,
        Client(
            cloud.project.token,
            api_endpoint=address,
            timeout=patience,
            clock=clock,
            on_request=lambda *_: count(sent),
            on_retry=lambda *_: count(retries),
        ) as client,
    ):
        fleet = _fleet(client)
        workers = [Worker(number, client, seed, fleet) for number in range(threads)]
        cloud.is_calm = False
        running = [threading.Thread(target=worker.run, args=[calls], daemon=True) for worker in workers]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join(max(0.0, began + limit - time.monotonic()))
            if thread.is_alive():
                report.problems.append(f"{thread.name} was not done after {limit:g} s")
        cloud.is_calm = True
    report.seconds = time.monotonic() - began
    report.sent, report.retries, report.received, report.mishaps = (
        sent[None],
        retries[None],
        cloud.received,
        cloud.mishaps,
    )
    for worker in workers:
        report.calls += worker.calls
        report.raised += worker.raised
        report.problems += worker.problems
        _compare(worker, cloud, report)
    if report.calls != threads * calls:
        report.problems.append(f"{threads * calls - report.calls} calls were lost")
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    report.threads_left = len(set(threading.enumerate()) - before)
    report.files_left = open_files() - files
    if report.threads_left or report.files_left:
        report.problems.append("threads or file descriptors were left over")
    return report


def _fleet(client: Client) -> list[BoundServer]:
    """Create servers, and a snapshot of each."""
    server_type, image, labels = ServerType(name="cx23"), Image(name="debian-13"), {"fleet": ""}
    responses = [
        client.servers.create(name=f"fleet-{number}", server_type=server_type, image=image, labels=labels)
        for number in range(FLEET)
    ]
    client.actions.wait_for([action for response in responses for action in (response.action, *response.next_actions)])
    servers = [response.server for response in responses]
    client.actions.wait_for([server.create_image("of the fleet", labels=labels).action for server in servers])
    return client.servers.get_all(label_selector="fleet")


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
    return isinstance(error, APIException) and error.http_status in (429, 502, 504)


def open_files() -> int:
    """Return the number of open file descriptors of this process; 0 if the system does not tell."""
    folder = Path("/dev/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0
