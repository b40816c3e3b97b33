"""A client over real sockets: forked, interrupted, closed after failures."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest
import requests

from benchmarks.soak import open_files
from hcloud import Client, InvalidResponseError
from hcloud.load_balancers import LoadBalancer
from hcloud.servers import Server
from hcloud.testing import ConnectionBroken, FakeCloud, RealClock, Request, Response, serve
from tests.stub import Stub, error

START = """
import os, sys, threading
from hcloud import Client

client = Client("t", api_endpoint=sys.argv[1])
"""
BUSY_WHILE_FORKING = """
def read(name, times):
    wanted = client.locations.get_by_name(name).id
    for _ in range(times):
        assert client.locations.get_by_id(wanted).name == name

other = threading.Thread(target=read, args=("hel1", 60))
other.start()
read("fsn1", 5)
child = os.fork()
if not child:
    try:
        read("nbg1", 30)
    except BaseException:
        os._exit(1)
    os._exit(0)
read("fsn1", 30)
other.join()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
SWAPPED_AFTER_FORKING = """
import requests
from requests.adapters import HTTPAdapter

client = Client("t", api_endpoint=sys.argv[1], adapter=HTTPAdapter() if sys.argv[2] == "adapter" else None)
if sys.argv[2] == "session":
    client._client._session = requests.Session()
names = {each.id: each.name for each in client.locations.get_all()}
child = os.fork()
for _ in range(40):
    for number in sorted(names, reverse=not child):
        found = client.locations.get_by_id(number)
        if (found.id, found.name) != (number, names[number]):
            os._exit(1)
if not child:
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
LISTING = """
client.servers.get_all(per_page=1)
"""
WAITING = """
client.actions.wait_for([client.actions.get_by_id(int(sys.argv[2]))])
"""


class Watched(FakeCloud):
    """A cloud in real time that tells when a request comes, and may leave it without an answer."""

    def __init__(self, reached: Callable[[Request], bool], stalls: bool) -> None:
        super().__init__(clock=RealClock(), any_token=True, action_seconds=3600)
        self._reached, self._stalls = reached, stalls
        self.was_reached = threading.Event()

    def handle(self, request: Request) -> Response:
        """Answer a request, or don't."""
        if self._reached(request):
            self.was_reached.set()
            if self._stalls:
                raise ConnectionBroken("timeout")
        return super().handle(request)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_while_another_thread_is_busy() -> None:
    with serve() as address:
        subprocess.run([sys.executable, "-c", START + BUSY_WHILE_FORKING, address], check=True, timeout=60)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("own", ["adapter", "session"])
def test_a_fork_with_connections_of_the_users_own(own: str) -> None:
    with serve() as address:
        subprocess.run([sys.executable, "-c", START + SWAPPED_AFTER_FORKING, address, own], check=True, timeout=60)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is something else there")
@pytest.mark.parametrize("doing", ["listing", "waiting"])
def test_ctrl_c_ends_the_program(doing: str) -> None:
    """The answers that it waits for never come, or not within the hour."""
    if doing == "listing":
        cloud = Watched(lambda request: ("page", "2") in request.query, stalls=True)
    else:
        cloud = Watched(lambda request: "id" in dict(request.query) or "/actions/" in request.path, stalls=False)
    made = [cloud.client().servers.create(f"s{n}", server_type="cx23", image="debian-13") for n in range(9)]
    cloud.was_reached.clear()
    program = {"listing": LISTING, "waiting": WAITING}[doing]
    with (
        serve(cloud) as address,
        subprocess.Popen(
            [sys.executable, "-c", START + program, address, str(made[0].action.id)], stderr=subprocess.PIPE, text=True
        ) as running,
    ):
        try:
            assert cloud.was_reached.wait(30)
            running.send_signal(signal.SIGINT)
            _, complaint = running.communicate(timeout=20)
        finally:
            running.kill()
    assert complaint.rstrip().endswith("KeyboardInterrupt")
    assert running.returncode == -signal.SIGINT


@pytest.mark.skipif(not open_files(), reason="this system does not list them")
def test_a_closed_client_leaves_no_socket_open_whatever_failed() -> None:
    cloud = FakeCloud()
    before = open_files()
    with serve(cloud) as address:
        client = Client(cloud.project.token, api_endpoint=address, clock=cloud.clock)
        cloud.fail_next(2, 502)
        client.locations.get_list()
        cloud.truncate_next()
        with pytest.raises(InvalidResponseError) as failure:
            client.locations.get_list()
        assert open_files() > before
        client.close()
        assert failure.traceback, "holds what it passed through, not the socket"
    assert open_files() == before


@pytest.mark.parametrize(("collection", "subject"), [("servers", Server(id=1)), ("load_balancers", LoadBalancer(id=1))])
def test_a_delete_with_an_action_that_took_effect_the_first_time(collection: str, subject: object) -> None:
    stub = Stub(requests.ConnectionError("reset"), (404, error("not_found")))
    deleted = getattr(stub.client(), collection).delete(subject)
    action = getattr(deleted, "action", deleted)
    action.wait_until_finished()
    assert (action.status, action.progress, len(stub.sent)) == ("success", 100, 2)


@pytest.mark.parametrize("body", [{}, {"something": "else"}])
def test_a_create_that_was_answered_with_something_else(body: dict[str, str]) -> None:
    client = Stub((201, body)).client()
    for call in (
        lambda: client.placement_groups.create("x", "spread"),
        lambda: client.servers.create_image(Server(id=1)),
        lambda: client.servers.enable_rescue(Server(id=1)),
    ):
        with pytest.raises(InvalidResponseError, match="no '"):
            call()
