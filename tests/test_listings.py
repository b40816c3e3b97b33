"""Listings of a collection that changes while it is read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hcloud.testing import FakeCloud, FakeDigitalOcean, Request, Response
from tests.stub import Sent, Stub, serving

METHODS = pytest.mark.parametrize("method", ["get_all", "iter"])
PARALLEL = pytest.mark.parametrize("parallel", [1, 8])


class ChangingCloud(FakeCloud):
    """Fake cloud in which somebody else changes the project before certain listings."""

    def __init__(self, *changes: tuple[int, Callable[[FakeCloud], object]]) -> None:
        super().__init__()
        self._changes = dict(changes)
        self.pages: list[int] = []

    def handle(self, request: Request) -> Response:
        """Change the project, then handle the request."""
        if request.method == "GET" and not self._is_changing:
            self.pages.append(int(dict(request.query)["page"]))
            change = self._changes.pop(len(self.pages), None)
            if change is not None:
                self._is_changing = True
                change(self)
                self._is_changing = False
        return super().handle(request)

    _is_changing = False


class Changing:
    """A collection of servers that is served by pages, and changed by a function before each response.

    :param change: function that is called with the servers and the number of requests so far
    """

    def __init__(self, count: int, change: Callable[[list[int], int], object]) -> None:
        self.ids, self._change = list(range(1, count + 1)), change
        self.requests = 0
        self._lock = threading.Lock()
        self.stub = Stub(self._respond)

    def _respond(self, sent: Sent) -> Any:
        with self._lock:
            self.requests += 1
            self._change(self.ids, self.requests)
            return serving(servers=[{"id": number} for number in self.ids])(sent)

    def list(self, method: str, parallel: int, **options: Any) -> list[int]:
        """Return the IDs that a listing returns."""
        servers = self.stub.client(parallel_pages=parallel).servers
        return [server.id for server in getattr(servers, method)(**options)]


def create_groups(cloud: FakeCloud, count: int) -> list[int]:
    client = cloud.client()
    return [client.placement_groups.create(f"g{n:04}", "spread").placement_group.id for n in range(count)]


def delete_group(name: str) -> Callable[[FakeCloud], object]:
    def delete(cloud: FakeCloud) -> None:
        group = cloud.client().placement_groups.get_by_name(name)
        assert group is not None
        group.delete()

    return delete


# Entries deleted while the listing is read


@PARALLEL
@pytest.mark.parametrize("per_page", [None, 1, 7, 50])
def test_every_entry_is_deleted_while_iterating(parallel: int, per_page: int | None) -> None:
    cloud = FakeCloud()
    create_groups(cloud, 300 if per_page != 1 else 60)
    client = cloud.client(parallel_pages=parallel)
    for group in client.placement_groups.iter(per_page=per_page):
        group.delete()
    assert client.placement_groups.get_all() == []


@PARALLEL
@pytest.mark.parametrize("sort", ["id:asc", "id:desc", "name:desc"])
def test_every_other_entry_is_deleted_while_iterating(parallel: int, sort: Any) -> None:
    cloud = FakeCloud()
    ids = create_groups(cloud, 230)
    client, listed = cloud.client(parallel_pages=parallel), []
    for group in client.placement_groups.iter(sort=[sort]):
        listed.append(group.id)
        if group.id % 2:
            group.delete()
    assert sorted(listed) == ids
    assert [group.id for group in client.placement_groups.get_all()] == [number for number in ids if not number % 2]


def test_every_tag_of_digitalocean_is_deleted_while_iterating() -> None:
    cloud = FakeDigitalOcean()
    client = cloud.client()
    for number in range(60):
        client.tags.create(f"t{number:03}")
    for tag in client.tags.iter(per_page=10):
        tag.delete()
    assert client.tags.get_all() == []


@METHODS
@PARALLEL
@pytest.mark.parametrize("moment", [2, 3, 6])
def test_somebody_else_deletes_an_entry(moment: int, parallel: int, method: str) -> None:
    cloud = ChangingCloud((moment, delete_group("g0003")))
    ids = create_groups(cloud, 260)
    listed = getattr(cloud.client(parallel_pages=parallel).placement_groups, method)()
    assert {group.id for group in listed} >= {*ids} - {ids[3]}


@METHODS
def test_the_page_before_is_read_again(method: str) -> None:
    cloud = ChangingCloud((3, delete_group("g0003")))
    ids = create_groups(cloud, 260)
    listed = [group.id for group in getattr(cloud.client(parallel_pages=1).placement_groups, method)()]
    assert listed == ids, "the deleted one was listed before; all are in the order of the API"
    assert cloud.pages == [1, 2, 3, 2, 3, 4, 5, 6]


@METHODS
def test_pages_are_read_again_up_to_one_that_overlaps(method: str) -> None:
    """Three pages are deleted between two requests."""

    def change(ids: list[int], request: int) -> None:
        if request == 6:
            del ids[20:170]

    changing = Changing(500, change)
    assert changing.list(method, 1) == list(range(1, 501))
    pages = [int(sent.query["page"][0]) for sent in changing.stub.sent]
    assert pages == [1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 3, 4, 5, 6, 7], "page 2 overlaps; 6 to 8 moved to 3 to 5"


@METHODS
def test_a_page_is_read_again_until_nothing_changes(method: str) -> None:
    """An entry of the first page is deleted before each of the first requests."""

    def change(ids: list[int], request: int) -> None:
        if 1 < request <= 20:
            del ids[0]

    changing = Changing(400, change)
    assert changing.list(method, 1) == list(range(1, 401))


@METHODS
def test_nearly_all_entries_are_deleted(method: str) -> None:
    def change(ids: list[int], request: int) -> None:
        if request == 40:
            ids[:] = [*ids[:5], ids[2100]]

    changing = Changing(2200, change)
    listed = changing.list(method, 1)
    assert 2101 in listed
    assert changing.requests <= 45, "pages that do not exist any more are skipped"


@METHODS
@pytest.mark.parametrize("known", [{"total_entries": None}, {"total_entries": None, "last_page": None}])
def test_a_page_that_vanishes_where_the_total_is_unknown(known: dict[str, None], method: str) -> None:
    ids = list(range(1, 102))

    def respond(sent: Sent) -> Any:
        if sent.query["page"] == ["3"]:
            ids.remove(1) if 1 in ids else None
        status, body = serving(servers=[{"id": number} for number in ids])(sent)  # type: ignore[misc]
        body["meta"]["pagination"].update(known)
        return status, body

    servers = getattr(Stub(respond).client(parallel_pages=1).servers, method)()
    assert [server.id for server in servers] == list(range(1, 102))


@METHODS
@PARALLEL
@settings(max_examples=150, deadline=None)
@given(
    count=st.integers(1, 60),
    per_page=st.integers(1, 9),
    deletions=st.lists(st.tuples(st.integers(1, 25), st.integers(0, 59), st.integers(1, 30)), max_size=8),
)
@example(count=11, per_page=1, deletions=[(8, 0, 5), (15, 0, 1)])  # the second while going back to the first six pages
def test_deletions_hide_no_entry(
    count: int, per_page: int, deletions: list[tuple[int, int, int]], parallel: int, method: str
) -> None:
    """Before certain requests, certain numbers of successive entries are deleted."""

    def change(ids: list[int], request: int) -> None:
        for moment, start, number in deletions:
            if moment == request:
                del ids[start : start + number]

    changing = Changing(count, change)
    listed = changing.list(method, parallel, per_page=per_page)
    assert {*changing.ids} <= {*listed}
    assert len({*listed}) == len(listed)


@settings(max_examples=300, deadline=None)
@given(
    count=st.integers(1, 60),
    per_page=st.integers(1, 9),
    parallel=st.sampled_from([1, 8]),
    changes=st.lists(
        st.tuples(st.integers(1, 15), st.integers(0, 3), st.lists(st.integers(0, 59), max_size=3)), max_size=4
    ),
)
def test_newest_first_hides_nothing(
    count: int, per_page: int, parallel: int, changes: list[tuple[int, int, list[int]]]
) -> None:
    """Before certain requests, entries are created in front and others are deleted: the total may stay the same."""
    unused = iter(range(1000, 2000))

    def change(ids: list[int], request: int) -> None:
        for moment, creations, deletions in changes:
            if moment == request:
                ids[:0] = [next(unused) for _ in range(creations)]
                for position in deletions:
                    del ids[position : position + 1]

    changing = Changing(count, change)
    listed = changing.list("iter", parallel, per_page=per_page)
    assert {*range(1, count + 1)} & {*changing.ids} <= {*listed}


# Entries created while the listing is read


@METHODS
@PARALLEL
@settings(max_examples=150, deadline=None)
@given(
    count=st.integers(1, 60),
    per_page=st.integers(1, 9),
    creations=st.lists(st.tuples(st.integers(1, 15), st.integers(0, 59), st.integers(1, 12)), max_size=6),
)
def test_creations_hide_no_entry(
    count: int, per_page: int, creations: list[tuple[int, int, int]], parallel: int, method: str
) -> None:
    """Before certain requests, entries are created at certain positions."""
    unused = iter(range(1000, 10_000))

    def change(ids: list[int], request: int) -> None:
        for moment, start, number in creations:
            if moment == request:
                ids[start:start] = [next(unused) for _ in range(number)]

    listed = Changing(count, change).list(method, parallel, per_page=per_page)
    assert {*range(1, count + 1)} <= {*listed}
    assert len({*listed}) == len(listed)


def test_an_entry_that_moves_over_a_page_read_early() -> None:
    """Page 3 arrives before page 2; between them an entry is created in front, and one moves from page 2 to page 3."""
    ids, third = list(range(1, 131)), threading.Event()

    def respond(sent: Sent) -> Any:
        if sent.query["page"] == ["2"] and not third.is_set():
            assert third.wait(10)
            ids.insert(60, 999)
        response = serving(servers=[{"id": number} for number in ids])(sent)
        if sent.query["page"] == ["3"]:
            third.set()
        return response

    stub = Stub(respond)
    listed = [server.id for server in stub.client(parallel_pages=2).servers.get_all()]
    assert {*range(1, 131)} <= {*listed}


# Bounds


@PARALLEL
@METHODS
@pytest.mark.parametrize("churn", ["totals", "entries"])
def test_endless_changes(churn: str, method: str, parallel: int) -> None:
    """The collection is another at each request; the listing ends nevertheless."""
    unused = iter(range(1000, 1_000_000))

    def change(ids: list[int], request: int) -> None:
        if churn == "entries":
            ids[:] = [next(unused) for _ in range(200 - request % 40)]
        elif request % 2:
            ids.append(next(unused))
        else:
            del ids[request % len(ids)]

    changing = Changing(200, change)
    assert changing.list(method, parallel, per_page=10)
    assert changing.requests < 600


@METHODS
def test_a_total_that_depends_on_the_page(method: str) -> None:
    """Pages that are read again do not help; the listing goes on."""

    def respond(sent: Sent) -> Any:
        status, body = serving(servers=[{"id": number} for number in range(1, 501)])(sent)  # type: ignore[misc]
        body["meta"]["pagination"]["total_entries"] -= 50 * body["meta"]["pagination"]["page"]
        return status, body

    stub = Stub(respond)
    listed = getattr(stub.client().servers, method)()
    assert [server.id for server in listed] == list(range(1, 501))
    assert len(stub.sent) <= 10 * 14


@METHODS
@pytest.mark.parametrize("malformed", ["9", -1, 1.5, True, [], {}])
@pytest.mark.parametrize("field", ["total_entries", "last_page"])
def test_malformed_numbers_of_entries_and_pages(field: str, malformed: object, method: str) -> None:
    def respond(sent: Sent) -> Any:
        status, body = serving(servers=[{"id": number} for number in range(1, 161)])(sent)  # type: ignore[misc]
        body["meta"]["pagination"][field] = malformed
        return status, body

    stub = Stub(respond)
    listed = getattr(stub.client().servers, method)()
    assert [server.id for server in listed] == list(range(1, 161))
    assert len(stub.sent) == 4


@METHODS
@PARALLEL
@pytest.mark.parametrize("count", [0, 1, 50, 51, 260])
def test_an_undisturbed_listing_reads_each_page_once(count: int, parallel: int, method: str) -> None:
    cloud = ChangingCloud()
    ids = create_groups(cloud, count)
    listed = getattr(cloud.client(parallel_pages=parallel).placement_groups, method)()
    assert [group.id for group in listed] == ids
    assert sorted(cloud.pages) == list(range(1, max(1, -(-count // 50)) + 1))
