"""Work to measure: ``python work.py SIDE WORK PARAMETERS`` prints its figures as JSON.

``SIDE`` is ``ours`` or ``peer``, both with the library that ``import hcloud`` finds, or ``bare``, without one.
"""

from __future__ import annotations

import gc
import json
import logging
import statistics
import sys
import threading
import time
import timeit
import tracemalloc
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any
from urllib.request import urlopen

Figures = dict[str, float]

SIDE = sys.argv[1]
TOKEN = "x" * 64
FIELDS = {
    "server": "id name status created location image server_type public_net private_net labels locked protection "
    "rescue_enabled backup_window iso volumes included_traffic ingoing_traffic outgoing_traffic primary_disk_size "
    "placement_group",
    "server.location": "id name description country city latitude longitude network_zone",
    "server.image": "id name description type status architecture created disk_size image_size os_flavor os_version "
    "rapid_deploy protection labels bound_to created_from deprecation",
    "server.server_type": "id name description category cores memory disk prices storage_type cpu_type architecture "
    "locations",
    "server.public_net": "ipv4 ipv6 primary_ipv4 primary_ipv6 floating_ips firewalls",
    "server.public_net.ipv4": "ip dns_ptr blocked",
    "server.public_net.ipv6": "ip dns_ptr blocked",
}
EVERY = [(path.split(".")[1:], attrgetter(*names.split())) for path, names in FIELDS.items()]


def client(base: str, **options: Any) -> Any:
    """Return a client of the library that is measured."""
    from hcloud import Client

    return Client(TOKEN, api_endpoint=base, **options)


def session() -> Any:
    """Return a session for the side without a library."""
    import requests

    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {TOKEN}"
    return session


def read_every(server: Any) -> None:
    """Read every field of a server."""
    for path, read in EVERY:
        subject = server
        for name in path:
            subject = getattr(subject, name)
        read(subject)


def median_cpu(work: Callable[[], object], times: int) -> float:
    """Return the median of the CPU seconds that ``work`` takes."""
    work()
    durations = []
    for _ in range(times):
        gc.collect()
        began = time.process_time()
        work()
        durations.append(time.process_time() - began)
    return statistics.median(durations)


def objects(base: str, times: int) -> Figures:
    """Parse a page into objects and read their fields: microseconds of CPU for each server."""
    with urlopen(f"{base}/servers?page=1&per_page=50") as response:
        page = response.read()
    count = len(json.loads(page)["servers"])
    if SIDE == "bare":

        def three() -> None:
            for server in json.loads(page)["servers"]:
                server["id"], server["name"], server["status"]

        loads = median_cpu(lambda: json.loads(page), times) / count * 1e6
        return {"three": median_cpu(three, times) / count * 1e6, "every": loads}
    from hcloud.servers import BoundServer

    servers = client(base).servers

    def build(use: Callable[[Any], object]) -> None:
        for raw in json.loads(page)["servers"]:
            use(BoundServer(servers, raw))

    raws = [json.loads(page)["servers"] for _ in range(times + 1)]

    def build_only() -> None:
        for raw in raws.pop():
            BoundServer(servers, raw)

    first = BoundServer(servers, json.loads(page)["servers"][0])
    read_every(first)
    return {
        "build": median_cpu(build_only, times) / count * 1e6,
        "three": median_cpu(lambda: build(attrgetter("id", "name", "status")), times) / count * 1e6,
        "every": median_cpu(lambda: build(read_every), times) / count * 1e6,
        "again": nanoseconds("subject.name", first),
        "again_nested": nanoseconds("subject.public_net.ipv4.ip", first),
    }


def nanoseconds(expression: str, subject: Any) -> float:
    """Return the duration of an expression, the shortest of five runs."""
    return min(timeit.repeat(expression, globals={"subject": subject}, number=20_000, repeat=5)) / 20_000 * 1e9


def slot(base: str) -> Figures:
    """Read a slot, the fastest attribute in Python: nanoseconds."""

    class Slotted:
        __slots__ = ("name",)

        def __init__(self) -> None:
            self.name = "x"

    return {"again": nanoseconds("subject.name", Slotted())}


def request(base: str, times: int) -> Figures:
    """Send requests on an open connection: microseconds for each."""
    if SIDE == "bare":
        connection = session()

        def once() -> object:
            return connection.get(f"{base}/servers/4").json()["server"]["name"]
    else:
        servers = client(base).servers

        def once() -> object:
            return servers.get_by_id(4).name

    for _ in range(20):
        once()
    durations = []
    cpu = time.process_time()
    for _ in range(times):
        began = time.perf_counter()
        once()
        durations.append(time.perf_counter() - began)
    return {"p50": statistics.median(durations) * 1e6, "cpu": (time.process_time() - cpu) / times * 1e6}


def bare_pages(base: str) -> Iterable[list[dict[str, Any]]]:
    """Yield the pages of a listing."""
    connection, page = session(), 1
    while page:
        payload = connection.get(f"{base}/servers", params={"page": page, "per_page": 50}).json()
        yield payload["servers"]
        page = payload["meta"]["pagination"]["next_page"]


def listing(base: str, streams: bool = False, traces: bool = False, every: bool = False) -> Figures:
    """List all servers and read two fields of each, or every field: seconds, or MiB of memory."""
    read = read_every if every else attrgetter("id", "name")
    servers = None if SIDE == "bare" else client(base).servers
    if servers is not None:
        servers.get_by_id(1)  # imports and the connection are not measured
    if traces:
        tracemalloc.start()
    began, cpu = time.perf_counter(), time.process_time()
    if servers is None:
        pages = bare_pages(base)
        entries = (entry for page in pages for entry in page)
        for entry in entries if streams else list(entries):
            entry["id"], entry["name"]
    else:
        for server in servers.iter() if streams and SIDE == "ours" else servers.get_all():
            read(server)
    figures = {"wall": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    return {"peak": tracemalloc.get_traced_memory()[1] / 2**20} if traces else figures


def read_links(base: str, which: str) -> Figures:
    """Read the names of 100 linked objects; the server counts the requests."""
    api = client(base)
    if which == "images":
        names = [image.bound_to.name for image in api.images.get_all(type=["backup"])]
    else:
        names = [server.private_net[0].network.name for server in api.servers.get_all()]
    assert len(names) == 100
    assert all(names)
    return {}


def wait(base: str, actions: list[dict[str, Any]]) -> Figures:
    """Wait for actions: seconds; the server counts the requests."""
    from hcloud.actions import BoundAction

    api = client(base, poll_interval=0.25)
    running = [BoundAction(api.actions, action) for action in actions]
    began = time.perf_counter()
    if SIDE == "ours":
        api.actions.wait_for(running)
    else:
        for action in running:
            action.wait_until_finished()
    assert all(action.status == "success" for action in running)
    return {"wall": time.perf_counter() - began}


class Counter(logging.Handler):
    """Log handler that counts records."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record."""
        self.count += 1


def bursts(base: str, threads: int) -> Figures:
    """Send five bursts of requests from many threads: connections opened, warnings of a full pool."""
    from urllib3.connection import HTTPConnection

    warnings, opened = Counter(logging.WARNING), []
    logging.getLogger("urllib3").addHandler(warnings)
    connect = HTTPConnection.connect

    def count_and_connect(self: HTTPConnection) -> None:
        opened.append(self)
        connect(self)

    HTTPConnection.connect = count_and_connect  # type: ignore[method-assign]
    api = client(base)
    for _ in range(5):
        burst = [threading.Thread(target=api.servers.get_by_id, args=[number + 1]) for number in range(threads)]
        for thread in burst:
            thread.start()
        for thread in burst:
            thread.join()
    return {"connections": len(opened), "warnings": warnings.count}


def throughput(base: str, threads: int, times: int) -> Figures:
    """Send requests from threads that share a client: milliseconds of wall time for each request."""
    if SIDE == "bare":
        from requests.adapters import HTTPAdapter

        connection = session()
        connection.mount("http://", HTTPAdapter(pool_maxsize=threads))

        def once(number: int) -> object:
            return connection.get(f"{base}/servers/{number}").json()["server"]["name"]
    else:
        servers = client(base).servers

        def once(number: int) -> object:
            return servers.get_by_id(number).name

    once(1)

    def run() -> None:
        for number in range(times):
            once(number + 1)

    running = [threading.Thread(target=run) for _ in range(threads)]
    began = time.perf_counter()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return {"wall": (time.perf_counter() - began) / threads / times * 1e3}


def tls(base: str, times: int) -> Figures:
    """Open a TLS connection for each request: milliseconds of CPU."""
    if SIDE == "bare":
        connection = session()

        def once() -> object:
            return connection.get(f"{base}/servers/4").json()
    else:
        servers = client(base).servers

        def once() -> object:
            return servers.get_by_id(4)

    once()
    began = time.process_time()
    for _ in range(times):
        once()
    return {"cpu": (time.process_time() - began) / times * 1e3}


WORKS: dict[str, Callable[..., Figures]] = {
    work.__name__: work for work in (objects, slot, request, listing, read_links, wait, bursts, throughput, tls)
}

if __name__ == "__main__":
    print(json.dumps(WORKS[sys.argv[2]](**json.loads(sys.argv[3]))))
