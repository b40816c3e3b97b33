"""One piece of work to measure: ``python work.py SIDE WORK PARAMETERS`` prints its figures as JSON.

``SIDE`` is ``ours`` or ``peer``, which are whatever ``import hcloud`` finds, or ``bare``, which does without.
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
    """A client of the side's library."""
    from hcloud import Client

    return Client(TOKEN, api_endpoint=base, **options)


def session() -> Any:
    """What does without a library use."""
    import requests

    made = requests.Session()
    made.headers["Authorization"] = f"Bearer {TOKEN}"
    return made


def read_every(server: Any) -> None:
    """Read all that there is of a server."""
    for path, read in EVERY:
        subject = server
        for name in path:
            subject = getattr(subject, name)
        read(subject)


def median_cpu(work: Callable[[], object], times: int) -> float:
    """Seconds of CPU that ``work`` takes."""
    work()
    taken = []
    for _ in range(times):
        gc.collect()
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def objects(base: str, times: int) -> Figures:
    """From the bytes of a page to objects, and to what is read of them: microseconds of CPU for each server."""
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
    """How long an expression takes."""
    return min(timeit.repeat(expression, globals={"subject": subject}, number=20_000, repeat=5)) / 20_000 * 1e9


def slot(base: str) -> Figures:
    """How long reading a slot takes: nothing in Python is faster."""

    class Slotted:
        __slots__ = ("name",)

        def __init__(self) -> None:
            self.name = "x"

    return {"again": nanoseconds("subject.name", Slotted())}


def request(base: str, times: int) -> Figures:
    """One request on a connection that is open: microseconds."""
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
    taken = []
    cpu = time.process_time()
    for _ in range(times):
        began = time.perf_counter()
        once()
        taken.append(time.perf_counter() - began)
    return {"p50": statistics.median(taken) * 1e6, "cpu": (time.process_time() - cpu) / times * 1e6}


def bare_pages(base: str) -> Iterable[list[dict[str, Any]]]:
    """A listing's pages, one after the other."""
    connection, page = session(), 1
    while page:
        read = connection.get(f"{base}/servers", params={"page": page, "per_page": 50}).json()
        yield read["servers"]
        page = read["meta"]["pagination"]["next_page"]


def listing(base: str, streams: bool = False, traces: bool = False) -> Figures:
    """List all servers and read two fields of each: seconds, MiB."""
    servers = None if SIDE == "bare" else client(base).servers
    if servers is not None:
        servers.get_by_id(1)  # what is imported or opened once is no part of it
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
            server.id, server.name  # noqa: B018
    figures = {"wall": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    return {"peak": tracemalloc.get_traced_memory()[1] / 2**20} if traces else figures


def read_links(base: str, which: str) -> Figures:
    """Read what 100 objects link to; whoever serves counts the requests."""
    here = client(base)
    if which == "images":
        names = [image.bound_to.name for image in here.images.get_all(type=["backup"])]
    else:
        names = [server.private_net[0].network.name for server in here.servers.get_all()]
    assert len(names) == 100
    assert all(names)
    return {}


def wait(base: str, actions: list[dict[str, Any]]) -> Figures:
    """Wait for actions; whoever serves counts the requests."""
    from hcloud.actions import BoundAction

    here = client(base, poll_interval=0.25)
    running = [BoundAction(here.actions, action) for action in actions]
    began = time.perf_counter()
    if SIDE == "ours":
        here.actions.wait_for(running)
    else:
        for action in running:
            action.wait_until_finished()
    assert all(action.status == "success" for action in running)
    return {"wall": time.perf_counter() - began}


class Counter(logging.Handler):
    """Counts the warnings of urllib3."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Count it."""
        self.count += 1


def bursts(base: str, threads: int) -> Figures:
    """Five bursts of requests by many threads: connections opened, warnings of a full pool."""
    from urllib3.connection import HTTPConnection

    warnings, opened = Counter(logging.WARNING), []
    logging.getLogger("urllib3").addHandler(warnings)
    connect = HTTPConnection.connect

    def counted(self: HTTPConnection) -> None:
        opened.append(self)
        connect(self)

    HTTPConnection.connect = counted  # type: ignore[method-assign]
    here = client(base)
    for _ in range(5):
        burst = [threading.Thread(target=here.servers.get_by_id, args=[number + 1]) for number in range(threads)]
        for thread in burst:
            thread.start()
        for thread in burst:
            thread.join()
    return {"connections": len(opened), "warnings": warnings.count}


def throughput(base: str, threads: int, times: int) -> Figures:
    """Threads that share a client: milliseconds for each request, all together."""
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
    """A new connection by TLS for each request: milliseconds of CPU."""
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
