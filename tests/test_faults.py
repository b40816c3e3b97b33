"""Client with real sockets: forked, interrupted, closed after failures."""

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
from hcloud.testing import ConnectionBroken, FakeCloud, ManualClock, RealClock, Request, Response, serve
from tests.stub import Stub, error

START = """
import os, signal, sys, threading
from hcloud import Client

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started the tests in its background
client = Client("t", api_endpoint=sys.argv[1])
"""
FORK_WHILE_BUSY = """
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
FORK_WITH_OWN_CONNECTIONS = """
import requests
from requests.adapters import BaseAdapter, HTTPAdapter

class Wrapper(BaseAdapter):
    def __init__(self):
        self.inner = HTTPAdapter()

    def send(self, *args, **options):
        return self.inner.send(*args, **options)

    def close(self):
        self.inner.close()

class Unclosable(BaseAdapter):
    def send(self, request, **options):
        with requests.Session() as session:
            return session.send(request, stream=False)

class OtherSession:
    # No adapters: it has connections of its own.
    def __init__(self):
        self.inner = requests.Session()

    def request(self, **options):
        return self.inner.request(**options)

    def close(self):
        self.inner = requests.Session()

class Hidden(BaseAdapter):
    def __init__(self):
        self.all = {"https": HTTPAdapter(), "http": HTTPAdapter()}

    def send(self, request, **options):
        return self.all[request.url.partition(":")[0]].send(request, **options)

    def close(self):
        for adapter in self.all.values():
            adapter.close()

adapter = {"adapter": HTTPAdapter, "wrapper": Wrapper, "hidden": Hidden, "unclosable": Unclosable}.get(sys.argv[2])
client = Client("t", api_endpoint=sys.argv[1], adapter=adapter and adapter())
session = {"session": requests.Session, "other session": OtherSession}.get(sys.argv[2])
if session:
    client._client._session = session()
names = {location.id: location.name for location in client.locations.get_all()}
child = os.fork()
for _ in range(40):
    for number in sorted(names, reverse=not child):
        location = client.locations.get_by_id(number)
        if (location.id, location.name) != (number, names[number]):
            os._exit(1)
if not child:
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
FORK_DURING_THE_FIRST_REQUEST = """
import signal

imports, forks = threading.Event(), threading.Event()

class Pause:
    # Lets the main thread fork while the other thread imports the module.
    def find_spec(self, name, path, target=None):
        if name == sys.argv[2] and threading.current_thread() is not threading.main_thread():
            imports.set()
            forks.wait()

sys.meta_path.insert(0, Pause())
os.register_at_fork(before=forks.set)
other = threading.Thread(target=lambda: client.locations.get_all())
other.start()
imports.wait()
child = os.fork()
if not child:
    signal.alarm(20)  # ends a child that hangs
    os._exit(len(client.locations.get_all()) == 0)
other.join()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
FORK_WITH_HEADERS = """
client._client._session.headers["X-Team"] = "web"
client.close()
client.locations.get_all()
child = os.fork()
client.locations.get_all()
if not child:
    os._exit(client._client._session.headers["X-Team"] != "web")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
LISTING = """
client.servers.get_all(per_page=1)
"""
WAITING = """
client.actions.wait_for([client.actions.get_by_id(int(sys.argv[2]))])
"""


class WatchedCloud(FakeCloud):
    """Fake cloud in real time that sets an event when a certain request arrives, and may never respond to it."""

    def __init__(self, reached: Callable[[Request], bool], stalls: bool) -> None:
        super().__init__(clock=RealClock(), any_token=True, action_seconds=3600)
        self._reached, self._stalls = reached, stalls
        self.was_reached = threading.Event()

    def handle(self, request: Request) -> Response:
        """Handle a request, or let it time out."""
        if self._reached(request):
            self.was_reached.set()
            if self._stalls:
                raise ConnectionBroken("timeout")
        return super().handle(request)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_while_another_thread_sends_requests() -> None:
    with serve() as address:
        subprocess.run([sys.executable, "-c", START + FORK_WHILE_BUSY, address], check=True, timeout=60)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("own", ["adapter", "wrapper", "hidden", "unclosable", "session", "other session"])
def test_a_fork_with_the_users_own_adapter_or_session(own: str) -> None:
    with serve() as address:
        command = [sys.executable, "-c", START + FORK_WITH_OWN_CONNECTIONS, address, own]
        completed = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True)
    assert completed.stderr == ""  # an exception in a hook of the fork is only printed


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("module", ["hcloud.core.transport", "requests", "hcloud.locations.client"])
def test_fork_during_the_first_request_of_another_thread(module: str) -> None:
    with serve() as address:
        script = START + FORK_DURING_THE_FIRST_REQUEST
        subprocess.run([sys.executable, "-c", script, address, module], check=True, timeout=60)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_headers_of_the_session_survive_closing_and_a_fork() -> None:
    with serve() as address:
        subprocess.run([sys.executable, "-c", START + FORK_WITH_HEADERS, address], check=True, timeout=60)


def test_library_can_be_imported_where_processes_do_not_fork() -> None:
    program = "import os; del os.register_at_fork; import hcloud.core.session"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
@pytest.mark.parametrize("doing", ["listing", "waiting"])
def test_ctrl_c_ends_the_program(doing: str) -> None:
    """The responses that it waits for never arrive, or not within an hour."""
    if doing == "listing":
        cloud = WatchedCloud(lambda request: ("page", "2") in request.query, stalls=True)
    else:
        cloud = WatchedCloud(lambda request: "id" in dict(request.query) or "/actions/" in request.path, stalls=False)
    servers = [cloud.client().servers.create(f"s{n}", server_type="cx23", image="debian-13") for n in range(9)]
    cloud.was_reached.clear()
    program = {"listing": LISTING, "waiting": WAITING}[doing]
    with (
        serve(cloud) as address,
        subprocess.Popen(
            [sys.executable, "-c", START + program, address, str(servers[0].action.id)],
            stderr=subprocess.PIPE,
            text=True,
        ) as running,
    ):
        try:
            assert cloud.was_reached.wait(30)
            running.send_signal(signal.SIGINT)
            _, errors = running.communicate(timeout=20)
        finally:
            running.kill()
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert running.returncode == -signal.SIGINT


@pytest.mark.skipif(not open_files(), reason="this system does not list open files")
def test_a_closed_client_leaves_no_socket_open_after_failures() -> None:
    cloud = FakeCloud(clock=ManualClock())
    before = open_files()
    with serve(cloud) as address:
        client = Client(cloud.project.token, api_endpoint=address, clock=cloud.clock)
        cloud.fail_next(2, 502)
        client.locations.get_list()
        cloud.truncate_next(6)
        with pytest.raises(InvalidResponseError) as failure:
            client.locations.get_list()
        assert open_files() > before
        client.close()
        assert failure.traceback, "it holds frames, and must not keep the socket open"
    assert open_files() == before


@pytest.mark.parametrize(("collection", "subject"), [("servers", Server(id=1)), ("load_balancers", LoadBalancer(id=1))])
def test_a_delete_whose_first_attempt_succeeded_returns_a_finished_action(collection: str, subject: object) -> None:
    stub = Stub(requests.ConnectionError("reset"), (404, error("not_found")))
    deleted = getattr(stub.client(), collection).delete(subject)
    action = getattr(deleted, "action", deleted)
    action.wait_until_finished()
    assert (action.status, action.progress, len(stub.sent)) == ("success", 100, 2)


@pytest.mark.parametrize("body", [{}, {"something": "else"}])
def test_a_response_without_the_documented_keys(body: dict[str, str]) -> None:
    client = Stub((201, body)).client()
    for call in (
        lambda: client.placement_groups.create("x", "spread"),
        lambda: client.servers.create_image(Server(id=1)),
        lambda: client.servers.enable_rescue(Server(id=1)),
    ):
        with pytest.raises(InvalidResponseError, match="no '"):
            call()
