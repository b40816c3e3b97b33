from __future__ import annotations

import gc
import threading
import weakref
from typing import Any
from unittest.mock import MagicMock

import pytest
import requests

from hcloud import Client
from hcloud._exceptions import APIException, InvalidResponseError, NotFoundError
from hcloud.core.paging import in_parallel
from hcloud.servers import ServersClient
from tests.stub import Sent, Stub, error, serving


def numbered(count: int) -> list[dict[str, Any]]:
    return [{"id": number, "name": f"server-{number}"} for number in range(1, count + 1)]


def pages(stub: Stub) -> list[int]:
    return sorted(int(sent.query["page"][0]) for sent in stub.sent)


def started() -> list[threading.Event]:
    """What those who start threads wait for."""
    return [vars(thread)["_started"] for thread in threading.enumerate()]


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "hcloud-page"]


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 100, 101, 1234])
@pytest.mark.parametrize("parallel", [1, 2, 8])
def test_all_in_order(count: int, parallel: int) -> None:
    stub = Stub(serving(servers=numbered(count)))
    client = stub.client(parallel_pages=parallel)
    assert [server.id for server in client.servers.get_all()] == list(range(1, count + 1))
    assert pages(stub) == list(range(1, max(1, -(-count // 50)) + 1)), "no page more than there are"
    stub.sent.clear()
    assert [server.id for server in client.servers.iter()] == list(range(1, count + 1))
    assert pages(stub) == list(range(1, max(1, -(-count // 50)) + 1))


@pytest.mark.parametrize("following", [1, 0, -1, 2, "3", "x", [2], 1.5])
@pytest.mark.parametrize("method", ["get_all", "iter"])
def test_a_listing_that_would_never_end(following: Any, method: str) -> None:
    pagination = {"page": 1, "per_page": 1, "next_page": following, "last_page": None}
    stub = Stub((200, {"servers": [{"id": 1}], "meta": {"pagination": pagination}}))
    with pytest.raises(InvalidResponseError, match=r"page [12] of the listing has the next_page "):
        list(getattr(stub.client().servers, method)())
    assert len(stub.sent) <= 2


def test_more_pages_than_there_can_be() -> None:
    first = {"page": 1, "per_page": 1, "next_page": 2, "last_page": 10**30}
    stub = Stub((200, {"servers": [{"id": 1}], "meta": {"pagination": first}}), (200, {"servers": [{"id": 2}]}))
    assert [server.id for server in stub.client().servers.get_all()] == [1, 2]


@pytest.mark.parametrize("method", ["get_all", "iter"])
def test_a_mock_in_place_of_the_client(method: str) -> None:
    parent = MagicMock()
    listed = serving(servers=numbered(150))
    parent._client.request.side_effect = lambda **given: listed(
        Sent(
            requests.Request(given["method"], f"https://example.com/v1{given['url']}", params=given["params"]).prepare()
        )
    )[1]
    servers = getattr(ServersClient(parent), method)()
    assert [server.id for server in servers] == list(range(1, 151))


@pytest.mark.parametrize("method", ["get_all", "iter"])
def test_what_every_page_is_asked_for(method: str) -> None:
    stub = Stub(serving(servers=numbered(25)))
    list(getattr(stub.client().servers, method)(label_selector="a", sort=["name"], per_page=10))
    for number, sent in enumerate(sorted(stub.sent, key=lambda sent: sent.query["page"]), 1):
        assert sent.query == {"label_selector": ["a"], "sort": ["name"], "per_page": ["10"], "page": [str(number)]}
    assert len(stub.sent) == 3


def test_pages_are_fetched_at_once() -> None:
    listed = serving(servers=numbered(450))
    together = threading.Barrier(4, timeout=10)

    def answer(sent: Sent) -> Any:
        if sent.query["page"] != ["1"]:
            together.wait()  # passes only if four are here at once
        return listed(sent)

    stub = Stub(answer)
    assert len(stub.client(parallel_pages=4).servers.get_all()) == 450
    assert threads() == []


def test_no_more_at_once_than_told() -> None:
    listed = serving(servers=numbered(1000))
    under_way, most, lock = 0, 0, threading.Lock()

    def answer(sent: Sent) -> Any:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        try:
            return listed(sent)
        finally:
            with lock:
                under_way -= 1

    Stub(answer).client(parallel_pages=3).servers.get_all()
    assert 1 <= most <= 3


def test_what_shifts_between_pages_comes_once() -> None:
    def answer(sent: Sent) -> Any:
        page = int(sent.query["page"][0])
        # One is created in front while the first page is read: all others move on by one.
        everything = numbered(120) if page == 1 else [{"id": 999}, *numbered(120)]
        return serving(servers=everything)(sent)

    for parallel in (1, 8):
        client = Stub(answer).client(parallel_pages=parallel)
        assert [server.id for server in client.servers.get_all()] == list(range(1, 121))
        assert [server.id for server in client.servers.iter()] == list(range(1, 121))


def test_a_later_copy_of_an_entry_is_newer() -> None:
    def answer(sent: Sent) -> Any:
        page = int(sent.query["page"][0])
        body = {"id": 1, "status": "off" if page == 1 else "running"}
        meta = {"pagination": {"page": page, "per_page": 1, "next_page": 2 if page == 1 else None, "last_page": 2}}
        return 200, {"servers": [body], "meta": meta}

    (server,) = Stub(answer).client().servers.get_all()
    assert server.status == "running"


def test_a_listing_that_grows_meanwhile() -> None:
    def answer(sent: Sent) -> Any:
        return serving(servers=numbered(150 if sent.query["page"] == ["1"] else 260))(sent)

    stub = Stub(answer)
    assert len(stub.client().servers.get_all()) == 260
    assert pages(stub) == [1, 2, 3, 4, 5, 6]


def test_a_listing_that_shrinks_meanwhile() -> None:
    def answer(sent: Sent) -> Any:
        return serving(servers=numbered(260 if sent.query["page"] == ["1"] else 120))(sent)

    assert len(Stub(answer).client().servers.get_all()) == 120


@pytest.mark.parametrize("known", [{"last_page": None}, {"last_page": None, "total_entries": None}, {"last_page": 0}])
def test_without_a_count_one_after_another(known: dict[str, Any]) -> None:
    listed = serving(servers=numbered(160))

    def answer(sent: Sent) -> Any:
        status, body = listed(sent)  # type: ignore[misc]
        body["meta"]["pagination"].update(known)
        return status, body

    stub = Stub(answer)
    assert len(stub.client().servers.get_all()) == 160
    assert [int(sent.query["page"][0]) for sent in stub.sent] == [1, 2, 3, 4]


@pytest.mark.parametrize("meta", [{}, {"pagination": None}, {"pagination": {"page": 1, "per_page": 25}}, None])
def test_without_pages(meta: Any) -> None:
    stub = Stub((200, {"servers": numbered(3), "meta": meta}))
    assert len(stub.client().servers.get_all()) == 3
    assert len(list(stub.client().servers.iter())) == 3
    assert len(stub.sent) == 2


@pytest.mark.parametrize("method", ["get_all", "iter"])
def test_a_page_that_fails(method: str) -> None:
    listed = serving(servers=numbered(500))

    def answer(sent: Sent) -> Any:
        return (404, error("not_found", "page three")) if sent.query["page"] == ["3"] else listed(sent)

    stub = Stub(answer)
    with pytest.raises(NotFoundError, match="page three"):
        list(getattr(stub.client().servers, method)())
    assert threads() == []
    if method == "iter":
        assert max(pages(stub)) == 3


def test_a_failure_stops_the_rest() -> None:
    listed = serving(servers=numbered(5000))

    def answer(sent: Sent) -> Any:
        return listed(sent) if sent.query["page"] == ["1"] else (403, error("forbidden"))

    stub = Stub(answer)
    with pytest.raises(APIException):
        stub.client(parallel_pages=2).servers.get_all()
    assert len(stub.sent) <= 1 + 2 * 2


@pytest.mark.parametrize("method", ["get_all", "iter"])
def test_every_page_is_asked_for_with_all_of_a_filter(method: str) -> None:
    stub = Stub(serving(servers=numbered(120)))
    statuses: Any = (each for each in ("running", "off"))
    assert len(list(getattr(stub.client().servers, method)(status=statuses))) == 120
    assert [sent.query["status"] for sent in stub.sent] == [["running", "off"]] * 3


def test_a_failure_is_raised_while_other_pages_are_under_way() -> None:
    released = threading.Event()

    def work(number: int) -> int:
        if number == 3:
            raise ValueError("at once")
        assert released.wait(30)
        return number

    with pytest.raises(ValueError, match="at once"):
        in_parallel(work, range(2, 9), 4)
    released.set()


@pytest.mark.parametrize("method", ["get_all", "iter"])
def test_where_no_thread_can_start(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    stub = Stub(serving(servers=numbered(230)))
    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert [server.id for server in getattr(stub.client().servers, method)()] == list(range(1, 231))


def test_an_interrupt_is_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while pages are fetched: raised at once, and no further page is asked for."""
    listed = serving(servers=numbered(1000))
    under_way, go = threading.Event(), threading.Event()

    def answer(sent: Sent) -> Any:
        if sent.query["page"] != ["1"]:
            under_way.set()
            assert go.wait(10)
        return listed(sent)

    stub = Stub(answer)
    wait = threading.Event.wait

    def interrupted(event: threading.Event, timeout: float | None = None) -> bool:
        if timeout is None and threading.current_thread() is threading.main_thread() and event not in started():
            assert wait(under_way, 10)
            raise KeyboardInterrupt
        return wait(event, timeout)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Event, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            stub.client(parallel_pages=4).servers.get_all()
    left = [thread for thread in threading.enumerate() if thread.name == "hcloud-page"]
    assert all(thread.daemon for thread in left), "they do not keep the program alive"
    go.set()
    for thread in left:
        thread.join(10)
    assert len(stub.sent) <= 5
    assert threads() == []


# Streaming


def test_nothing_is_asked_for_before_it_is_needed() -> None:
    stub = Stub(serving(servers=numbered(500)))
    stream = stub.client(parallel_pages=1).servers.iter()
    assert stub.sent == []
    assert [next(stream).id for _ in range(50)] == list(range(1, 51))
    assert pages(stub) == [1]
    next(stream)
    assert pages(stub) == [1, 2]


def test_the_next_page_is_fetched_meanwhile() -> None:
    listed = serving(servers=numbered(500))
    second = threading.Event()

    def answer(sent: Sent) -> Any:
        if sent.query["page"] == ["2"]:
            second.set()
        return listed(sent)

    stub = Stub(answer)
    stream = stub.client().servers.iter()
    next(stream)
    assert second.wait(10), "it is under way while the first page is read"
    assert 3 not in pages(stub)
    stream.close()  # type: ignore[attr-defined]


def test_one_page_is_held() -> None:
    stub = Stub(serving(servers=numbered(500)))
    stream = stub.client(parallel_pages=1).servers.iter()
    alive = []
    for server in stream:
        alive.append(weakref.ref(server))
        del server
    gc.collect()
    assert [each for each in alive if each() is not None] == []

    stream = stub.client(parallel_pages=1).servers.iter()
    alive = [weakref.ref(next(stream)) for _ in range(300)]
    gc.collect()
    assert len([each for each in alive if each() is not None]) <= 50


def test_giving_up_early_leaves_nothing() -> None:
    stub = Stub(serving(servers=numbered(500)))
    stream = stub.client().servers.iter()
    for _ in range(60):
        next(stream)
    stream.close()  # type: ignore[attr-defined]
    for thread in threading.enumerate():
        if thread.name == "hcloud-page":
            thread.join(10)
    assert max(pages(stub)) <= 3


def test_arguments_are_checked_at_once(client: Client) -> None:
    stream: Any = client.servers.iter
    with pytest.raises(TypeError, match="page"):
        stream(page=2)
    everything: Any = client.servers.get_all
    with pytest.raises(TypeError, match="page"):
        everything(page=2)


def test_what_a_user_lists_in_ways_of_their_own(client: Client) -> None:
    asked: list[dict[str, Any]] = []

    def get_list(**query: Any) -> Any:
        asked.append(query)
        return (["a", "b"] if query["page"] == 1 else ["b", "c"]), None

    assert client.servers._iter_pages(get_list, name="x", status=None) == ["a", "b"]
    assert asked == [{"name": "x", "page": 1, "per_page": 50}]
