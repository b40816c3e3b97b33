from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
import requests

from hcloud import Client
from hcloud._exceptions import APIException, InvalidResponseError, NotFoundError
from hcloud.core import paging
from hcloud.core.cancellation import Cancelled, call_ended, pause
from hcloud.core.clock import before, current_deadline
from hcloud.core.coroutines import run
from hcloud.servers import ServersClient
from hcloud.testing import ManualClock
from tests.stub import Sent, Stub, error, serving


def numbered(count: int) -> list[dict[str, Any]]:
    return [{"id": number, "name": f"server-{number}"} for number in range(1, count + 1)]


def pages(stub: Stub) -> list[int]:
    return sorted(int(sent.query["page"][0]) for sent in stub.sent)


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "hcloud-page"]


def join_threads() -> None:
    for thread in threads():
        thread.join(10)
    assert threads() == []


class BlockingClock:
    """Clock whose sleepers wait until the test releases them."""

    def __init__(self) -> None:
        self.slept = threading.Semaphore(0)
        self.released = threading.Event()

    def time(self) -> float:
        return 0.0

    monotonic = time

    def sleep(self, seconds: float, /) -> None:
        self.slept.release()
        assert self.released.wait(30)


def interrupt_waiting(patch: pytest.MonkeyPatch, in_flight: Callable[[], object]) -> None:
    """Raise KeyboardInterrupt where the main thread waits for a page, after ``in_flight`` returned."""
    wait = threading.Condition.wait

    def interrupted(condition: threading.Condition, timeout: float | None = None) -> bool:
        caller = sys._getframe(1).f_code.co_filename
        if threading.current_thread() is threading.main_thread() and caller == paging.__file__:
            condition.release()  # as waiting does
            in_flight()
            condition.acquire()
            raise KeyboardInterrupt
        return wait(condition, timeout)

    patch.setattr(threading.Condition, "wait", interrupted)


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 100, 101, 1234])
@pytest.mark.parametrize("parallel", [1, 2, 8])
def test_all_entries_in_order(count: int, parallel: int) -> None:
    stub = Stub(serving(servers=numbered(count)))
    client = stub.client(parallel_pages=parallel)
    assert [server.id for server in client.servers.get_all()] == list(range(1, count + 1))
    assert pages(stub) == list(range(1, max(1, -(-count // 50)) + 1)), "no page beyond the last"
    stub.sent.clear()
    assert [server.id for server in client.servers.iter()] == list(range(1, count + 1))
    assert pages(stub) == list(range(1, max(1, -(-count // 50)) + 1))


@pytest.mark.parametrize("following", [1, 0, -1, 2, "3", "x", [2], 1.5])
@pytest.mark.parametrize("method", ["get_all", "iter"])
def test_a_next_page_that_does_not_follow(following: Any, method: str) -> None:
    pagination = {"page": 1, "per_page": 1, "next_page": following, "last_page": None}
    stub = Stub((200, {"servers": [{"id": 1}], "meta": {"pagination": pagination}}))
    with pytest.raises(InvalidResponseError, match=r"page [12] of the listing has the next_page "):
        list(getattr(stub.client().servers, method)())
    assert len(stub.sent) <= 2


def test_an_implausible_last_page() -> None:
    first = {"page": 1, "per_page": 1, "next_page": 2, "last_page": 10**30}
    stub = Stub((200, {"servers": [{"id": 1}], "meta": {"pagination": first}}), (200, {"servers": [{"id": 2}]}))
    assert [server.id for server in stub.client().servers.get_all()] == [1, 2]


@pytest.mark.parametrize("method", ["get_all", "iter"])
def test_a_mock_as_the_client(method: str) -> None:
    parent = MagicMock()
    listed = serving(servers=numbered(150))
    parent._client.request.side_effect = lambda **request: listed(
        Sent(
            requests.Request(
                request["method"], f"https://example.com/v1{request['url']}", params=request["params"]
            ).prepare()
        )
    )[1]
    servers = getattr(ServersClient(parent), method)()
    assert [server.id for server in servers] == list(range(1, 151))


@pytest.mark.parametrize("method", ["get_all", "iter"])
def test_the_query_of_every_page(method: str) -> None:
    stub = Stub(serving(servers=numbered(25)))
    list(getattr(stub.client().servers, method)(label_selector="a", sort=["name"], per_page=10))
    for number, sent in enumerate(sorted(stub.sent, key=lambda sent: sent.query["page"]), 1):
        assert sent.query == {"label_selector": ["a"], "sort": ["name"], "per_page": ["10"], "page": [str(number)]}
    assert len(stub.sent) == 3


def test_pages_are_fetched_in_parallel() -> None:
    listed = serving(servers=numbered(450))
    barrier = threading.Barrier(4, timeout=10)

    def respond(sent: Sent) -> Any:
        if sent.query["page"] != ["1"]:
            barrier.wait()  # passes only if four are here at once
        return listed(sent)

    stub = Stub(respond)
    assert len(stub.client(parallel_pages=4).servers.get_all()) == 450
    assert threads() == []


def test_parallel_pages_is_a_maximum() -> None:
    listed = serving(servers=numbered(1000))
    in_flight, maximum, lock = 0, 0, threading.Lock()

    def respond(sent: Sent) -> Any:
        nonlocal in_flight, maximum
        with lock:
            in_flight += 1
            maximum = max(maximum, in_flight)
        try:
            return listed(sent)
        finally:
            with lock:
                in_flight -= 1

    Stub(respond).client(parallel_pages=3).servers.get_all()
    assert 1 <= maximum <= 3


def test_an_entry_that_moves_to_the_next_page_is_returned_once() -> None:
    def respond(sent: Sent) -> Any:
        page = int(sent.query["page"][0])
        # A server is created while the first page is read, and all others move by one place.
        everything = numbered(120) if page == 1 else [{"id": 999}, *numbered(120)]
        return serving(servers=everything)(sent)

    for parallel in (1, 8):
        client = Stub(respond).client(parallel_pages=parallel)
        assert [server.id for server in client.servers.get_all()] == list(range(1, 121))
        assert [server.id for server in client.servers.iter()] == list(range(1, 121))


def test_the_last_of_two_versions_of_an_entry_is_returned() -> None:
    def respond(sent: Sent) -> Any:
        page = int(sent.query["page"][0])
        body = {"id": 1, "status": "off" if page == 1 else "running"}
        meta = {"pagination": {"page": page, "per_page": 1, "next_page": 2 if page == 1 else None, "last_page": 2}}
        return 200, {"servers": [body], "meta": meta}

    (server,) = Stub(respond).client().servers.get_all()
    assert server.status == "running"


def test_a_listing_that_grows_while_it_is_read() -> None:
    def respond(sent: Sent) -> Any:
        return serving(servers=numbered(150 if sent.query["page"] == ["1"] else 260))(sent)

    stub = Stub(respond)
    assert len(stub.client().servers.get_all()) == 260
    assert pages(stub) == [1, 2, 3, 4, 5, 6]


def test_a_listing_that_shrinks_while_it_is_read() -> None:
    def respond(sent: Sent) -> Any:
        return serving(servers=numbered(260 if sent.query["page"] == ["1"] else 120))(sent)

    assert len(Stub(respond).client().servers.get_all()) == 120


@pytest.mark.parametrize("known", [{"last_page": None}, {"last_page": None, "total_entries": None}, {"last_page": 0}])
def test_pages_are_fetched_one_by_one_if_the_last_is_unknown(known: dict[str, Any]) -> None:
    listed = serving(servers=numbered(160))

    def respond(sent: Sent) -> Any:
        status, body = listed(sent)  # type: ignore[misc]
        body["meta"]["pagination"].update(known)
        return status, body

    stub = Stub(respond)
    assert len(stub.client().servers.get_all()) == 160
    assert [int(sent.query["page"][0]) for sent in stub.sent] == [1, 2, 3, 4]


@pytest.mark.parametrize("meta", [{}, {"pagination": None}, {"pagination": {"page": 1, "per_page": 25}}, None])
def test_a_response_without_pagination(meta: Any) -> None:
    stub = Stub((200, {"servers": numbered(3), "meta": meta}))
    assert len(stub.client().servers.get_all()) == 3
    assert len(list(stub.client().servers.iter())) == 3
    assert len(stub.sent) == 2


@pytest.mark.parametrize("method", ["get_all", "iter"])
def test_a_page_that_fails(method: str) -> None:
    listed = serving(servers=numbered(500))

    def respond(sent: Sent) -> Any:
        return (404, error("not_found", "page three")) if sent.query["page"] == ["3"] else listed(sent)

    stub = Stub(respond)
    with pytest.raises(NotFoundError, match="page three"):
        list(getattr(stub.client().servers, method)())
    assert threads() == []
    if method == "iter":
        assert max(pages(stub)) == 3


def test_a_failure_stops_the_rest() -> None:
    listed = serving(servers=numbered(5000))

    def respond(sent: Sent) -> Any:
        return listed(sent) if sent.query["page"] == ["1"] else (403, error("forbidden"))

    stub = Stub(respond)
    with pytest.raises(APIException):
        stub.client(parallel_pages=2).servers.get_all()
    assert len(stub.sent) <= 1 + 2 * 2


@pytest.mark.parametrize("method", ["get_all", "iter"])
def test_an_iterator_as_a_filter(method: str) -> None:
    stub = Stub(serving(servers=numbered(120)))
    statuses: Any = iter(["running", "off"])
    assert len(list(getattr(stub.client().servers, method)(status=statuses))) == 120
    assert [sent.query["status"] for sent in stub.sent] == [["running", "off"]] * 3


def test_a_failure_is_raised_while_other_requests_are_in_flight() -> None:
    listed = serving(servers=numbered(500))
    released = threading.Event()

    def respond(sent: Sent) -> Any:
        if sent.query["page"] == ["3"]:
            return 403, error("forbidden", "at once")
        if sent.query["page"] != ["1"]:
            assert released.wait(30)
        return listed(sent)

    with pytest.raises(APIException, match="at once"):
        Stub(respond).client(parallel_pages=4).servers.get_all()
    released.set()
    join_threads()


@pytest.mark.parametrize("method", ["get_all", "iter"])
def test_where_no_thread_can_start(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(thread: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    stub = Stub(serving(servers=numbered(230)))
    monkeypatch.setattr(threading.Thread, "start", fail)
    assert [server.id for server in getattr(stub.client().servers, method)()] == list(range(1, 231))


def test_an_interrupt_is_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """KeyboardInterrupt while pages are fetched: raised at once, and no further page is requested."""
    listed = serving(servers=numbered(1000))
    in_flight, go = threading.Semaphore(0), threading.Event()

    def respond(sent: Sent) -> Any:
        if sent.query["page"] != ["1"]:
            in_flight.release()
            assert go.wait(10)
        return listed(sent)

    stub = Stub(respond)
    with monkeypatch.context() as patch:
        interrupt_waiting(patch, lambda: [in_flight.acquire(timeout=10) for _ in range(4)])
        with pytest.raises(KeyboardInterrupt):
            stub.client(parallel_pages=4).servers.get_all()
    assert all(thread.daemon for thread in threads()), "they must not keep the process alive"
    go.set()
    join_threads()
    assert len(stub.sent) == 5


trace: ContextVar[str] = ContextVar("trace", default="")


@pytest.mark.parametrize("method", ["get_all", "iter"])
def test_threads_see_the_context_variables_of_the_caller(method: str) -> None:
    listed = serving(servers=numbered(500))
    contexts: list[tuple[float, str]] = []

    def respond(sent: Sent) -> Any:
        contexts.append((current_deadline(), trace.get()))
        return listed(sent)

    client = Stub(respond).client()
    token = trace.set("a trace")
    try:
        with before(1e12):
            assert len(list(getattr(client.servers, method)())) == 500
    finally:
        trace.reset(token)
    assert contexts == [(1e12, "a trace")] * 10


FORK_WHILE_ITERATING = """
import os, sys, threading
from hcloud.core.cancellation import call_ended
from tests.stub import Stub, serving

listed = serving(servers=[{"id": number} for number in range(1, 121)])
reading, forked = threading.Event(), threading.Event()
main, parent = threading.current_thread(), os.getpid()

def respond(sent):
    if threading.current_thread() is not main and os.getpid() == parent:
        with call_ended.get()._cond:  # as a pause may hold it
            reading.set()
            forked.wait()
    return listed(sent)

servers = Stub(respond).client().servers.iter()
ids = [next(servers).id]
reading.wait()
child = os.fork()
if not child and sys.argv[1] == "close":
    servers.close()
    os._exit(0)
if child:
    forked.set()
ids += [server.id for server in servers]
is_complete = ids == list(range(1, 121))
if not child:
    os._exit(not is_complete)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) or not is_complete)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("action", ["iterate", "close"])
def test_an_iterator_in_a_forked_child(action: str) -> None:
    command = [sys.executable, "-c", FORK_WHILE_ITERATING, action]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], start_new_session=True) as process:
        try:
            assert process.wait(timeout=30) == 0
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)  # the child, too


# After the call has ended


@pytest.mark.parametrize("ending", ["failure", "interrupt"])
def test_no_page_is_requested_again_after_the_call(ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The threads are about to retry when another page fails, or the user presses Ctrl-C."""
    listed = serving(servers=numbered(5000))
    clock = BlockingClock()

    def all_others_sleep() -> None:
        threads = 8 if ending == "interrupt" else 7  # all but that of page two
        assert all(clock.slept.acquire(timeout=10) for _ in range(threads))

    def respond(sent: Sent) -> Any:
        page = int(sent.query["page"][0])
        if page == 1:
            return listed(sent)
        if page == 2 and ending == "failure":
            all_others_sleep()
            return 403, error("forbidden", "page two")
        return requests.ConnectionError("reset")

    retries: list[Any] = []
    stub = Stub(respond)
    client = Client("t", adapter=stub, clock=clock, on_retry=lambda *retry: retries.append(retry))
    with monkeypatch.context() as patch:
        if ending == "interrupt":
            interrupt_waiting(patch, all_others_sleep)
        with pytest.raises(APIException if ending == "failure" else KeyboardInterrupt):
            client.servers.get_all()
    sent, announced = len(stub.sent), len(retries)
    clock.released.set()
    join_threads()
    assert (len(stub.sent), len(retries)) == (sent, announced)


def test_no_page_is_requested_after_a_wait_for_the_rate_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The requests that the threads reserved in the rate limit are given back."""
    listed = serving(servers=numbered(5000))
    headers = {"RateLimit-Limit": "3600", "RateLimit-Remaining": "0", "RateLimit-Reset": "3600"}
    clock = BlockingClock()

    def respond(sent: Sent) -> Any:
        status, body = listed(sent)  # type: ignore[misc]
        return status, body, headers

    stub = Stub(respond)
    client = Client("t", adapter=stub, clock=clock, parallel_pages=4)
    with monkeypatch.context() as patch:
        interrupt_waiting(patch, lambda: [clock.slept.acquire(timeout=10) for _ in range(4)])
        with pytest.raises(KeyboardInterrupt):
            client.servers.get_all()
    clock.released.set()
    join_threads()
    assert pages(stub) == [1]
    budget = client._client._shared.budget
    assert (budget._bucket.waiting, budget._bucket.remaining) == (0, 0)


def test_no_page_is_requested_again_after_the_iterator_was_closed() -> None:
    listed = serving(servers=numbered(500))
    clock = BlockingClock()
    stub = Stub(lambda sent: listed(sent) if sent.query["page"] == ["1"] else requests.ConnectionError("reset"))
    stream: Any = Client("t", adapter=stub, clock=clock).servers.iter()
    next(stream)
    assert clock.slept.acquire(timeout=10)
    stream.close()
    clock.released.set()
    join_threads()
    assert pages(stub) == [1, 2]


def test_a_pause_ends_with_the_call() -> None:
    ended = threading.Event()
    token = call_ended.set(ended)
    try:
        run(pause(time, 0))
        ended.set()
        with pytest.raises(Cancelled):
            run(pause(time, 3600))
        with pytest.raises(Cancelled):
            run(pause(ManualClock(), 3600))
    finally:
        call_ended.reset(token)


# Endless listings


@pytest.mark.parametrize("method", ["get_all", "iter"])
@pytest.mark.parametrize("parallel", [1, 8])
@pytest.mark.parametrize("last", [None, 10**6, 10**30])
@pytest.mark.parametrize("entries", [[], [{"id": 1}]])
def test_a_listing_that_holds_nothing_new(entries: list[Any], last: int | None, parallel: int, method: str) -> None:
    def respond(sent: Sent) -> Any:
        page = int(sent.query["page"][0])
        pagination = {"page": page, "per_page": 1, "next_page": page + 1, "last_page": last}
        return 200, {"servers": entries, "meta": {"pagination": pagination}}

    stub = Stub(respond)
    with pytest.raises(InvalidResponseError, match="pages in a row held no new entry"):
        list(getattr(stub.client(parallel_pages=parallel).servers, method)())
    join_threads()
    if parallel == 1:
        assert 100 <= len(stub.sent) <= 110


@pytest.mark.parametrize("method", ["get_all", "iter"])
@pytest.mark.parametrize("step", [lambda page: page + 1, lambda page: page * 2], ids=["linear", "exponential"])
@pytest.mark.parametrize("grows", [False, True])
def test_a_listing_that_grows_without_end(
    grows: bool, step: Callable[[int], int], method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MAX_PAGES", 300)

    def respond(sent: Sent) -> Any:
        page = int(sent.query["page"][0])
        pagination = {"page": page, "per_page": 1, "next_page": step(page), "last_page": step(page) if grows else None}
        return 200, {"servers": [{"id": page}], "meta": {"pagination": pagination}}

    stub = Stub(respond)
    with pytest.raises(InvalidResponseError, match=r"ends after 3\d\d pages at most"):
        list(getattr(stub.client().servers, method)())
    assert len(stub.sent) <= 309


def test_a_long_listing_is_not_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MAX_PAGES", 2)
    stub = Stub(serving(servers=numbered(5000)))
    assert len(stub.client().servers.get_all()) == len(list(stub.client().servers.iter())) == 5000


# Iterating


def test_pages_are_fetched_when_they_are_needed() -> None:
    stub = Stub(serving(servers=numbered(500)))
    stream = stub.client(parallel_pages=1).servers.iter()
    assert stub.sent == []
    assert [next(stream).id for _ in range(50)] == list(range(1, 51))
    assert pages(stub) == [1]
    next(stream)
    assert pages(stub) == [1, 2]


def test_the_next_page_is_fetched_in_advance() -> None:
    listed = serving(servers=numbered(500))
    second = threading.Event()

    def respond(sent: Sent) -> Any:
        if sent.query["page"] == ["2"]:
            second.set()
        return listed(sent)

    stub = Stub(respond)
    stream = stub.client().servers.iter()
    next(stream)
    assert second.wait(10), "it is fetched while the first page is read"
    assert 3 not in pages(stub)
    stream.close()  # type: ignore[attr-defined]


def test_one_page_is_kept_in_memory() -> None:
    stub = Stub(serving(servers=numbered(500)))
    stream = stub.client(parallel_pages=1).servers.iter()
    references = []
    for server in stream:
        references.append(weakref.ref(server))
        del server
    gc.collect()
    assert [reference for reference in references if reference() is not None] == []

    stream = stub.client(parallel_pages=1).servers.iter()
    references = [weakref.ref(next(stream)) for _ in range(300)]
    gc.collect()
    assert len([reference for reference in references if reference() is not None]) <= 50


def test_a_closed_iterator_fetches_no_more_pages() -> None:
    stub = Stub(serving(servers=numbered(500)))
    stream = stub.client().servers.iter()
    for _ in range(60):
        next(stream)
    stream.close()  # type: ignore[attr-defined]
    join_threads()
    assert max(pages(stub)) <= 3


def test_arguments_are_checked_before_the_first_request(client: Client) -> None:
    stream: Any = client.servers.iter
    with pytest.raises(TypeError, match="page"):
        stream(page=2)
    everything: Any = client.servers.get_all
    with pytest.raises(TypeError, match="page"):
        everything(page=2)


def test_iter_pages_with_a_users_own_function(client: Client) -> None:
    queries: list[dict[str, Any]] = []

    def get_list(**query: Any) -> Any:
        queries.append(query)
        return (["a", "b"] if query["page"] == 1 else ["b", "c"]), None

    assert client.servers._iter_pages(get_list, name="x", status=None) == ["a", "b"]
    assert queries == [{"name": "x", "page": 1, "per_page": 50}]
