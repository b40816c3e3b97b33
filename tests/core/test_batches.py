"""Number of requests to read the missing fields of linked objects."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hcloud import Client
from hcloud._exceptions import MalformedFieldError, NotFoundError
from hcloud.core.batches import Batch
from hcloud.images import BoundImage
from tests.stub import Sent, Stub, ThreadGroup, serving


def servers(count: int) -> list[dict[str, Any]]:
    return [{"id": number, "name": f"server-{number}"} for number in range(1, count + 1)]


def backups(ids: list[int]) -> list[dict[str, Any]]:
    return [{"id": 1000 + number, "bound_to": identity} for number, identity in enumerate(ids)]


def project(server_count: int, ids: list[int]) -> tuple[Stub, Client]:
    stub = Stub(serving(servers=servers(server_count), images=backups(ids)))
    return stub, stub.client()


def names(images: list[BoundImage]) -> list[str | None]:
    return [image.bound_to and image.bound_to.name for image in images]


def test_a_hundred_servers_are_listed() -> None:
    stub, client = project(100, list(range(1, 101)))
    assert names(client.images.get_all()) == [f"server-{number}" for number in range(1, 101)]
    assert len(stub.sent) == 4


def test_a_network_that_a_hundred_servers_link_to() -> None:
    listed = [{"id": number, "private_net": [{"network": 7, "ip": "10.0.0.2"}]} for number in range(1, 101)]
    stub = Stub(serving(servers=listed, networks=[{"id": 7, "name": "lan"}]))
    listed_servers = stub.client().servers.get_all()
    assert {server.private_net[0].network.name for server in listed_servers if server.private_net} == {"lan"}
    assert len(stub.sent) <= 4


def test_three_missing_servers_are_fetched_one_by_one() -> None:
    stub, client = project(10_000, [17, 4321, 9999])
    images = client.images.get_list().images
    stub.sent.clear()
    assert names(images) == ["server-17", "server-4321", "server-9999"]
    assert [repr(sent) for sent in stub.sent] == [f"GET /servers/{number}" for number in (17, 4321, 9999)]


def test_fifty_missing_servers_cost_one_request_extra_at_most() -> None:
    ids = list(range(5, 10_000, 200))
    stub, client = project(10_000, ids)
    images = client.images.get_list(per_page=50).images
    stub.sent.clear()
    assert names(images) == [f"server-{number}" for number in ids]
    assert len(stub.sent) <= len(ids) + 1


def test_a_single_missing_object_is_fetched_by_id() -> None:
    stub, client = project(3, [2])
    assert names(client.images.get_list().images) == ["server-2"]
    assert repr(stub.sent[-1]) == "GET /servers/2"


@given(st.integers(1, 400), st.sets(st.integers(1, 450), min_size=1, max_size=50), st.randoms())
@settings(max_examples=80, deadline=None)
def test_at_most_one_request_more_than_one_by_one(count: int, ids: set[int], random: Any) -> None:
    wanted = sorted(ids)
    stub, client = project(count, wanted)
    images = client.images.get_list(per_page=50).images
    stub.sent.clear()
    random.shuffle(images)
    for image in images:
        assert image.bound_to is not None
        if image.bound_to.id > count:
            with pytest.raises(NotFoundError):
                image.bound_to.name  # noqa: B018
        else:
            assert image.bound_to.name == f"server-{image.bound_to.id}"
    assert len(stub.sent) <= len(ids) + 1
    pages = -(-count // 50)
    deleted = sum(identity > count for identity in ids)
    if len(ids) > 3 and pages == 1:
        assert len(stub.sent) <= 1 + deleted, "one page contains all that exist"


def test_a_deleted_object_raises_at_each_read() -> None:
    _, client = project(3, [9])
    (image,) = client.images.get_list().images
    raised = []
    for _ in range(2):
        with pytest.raises(NotFoundError) as caught:
            names([image])
        raised.append(caught.value)
    assert str(raised[0]) == str(raised[1])
    assert raised[0] is not raised[1], "each thread has a traceback of its own"


@pytest.mark.parametrize("malformed", [{"id": [1]}, {"id": {}}, {"id": 1.5}, [1], True, 2.5])
def test_malformed_ids(malformed: object) -> None:
    images = [{"id": number, "created_from": {"id": number}} for number in range(1, 6)]
    response = {"images": [*images, {"id": 6, "created_from": malformed, "new_field": {"id": [1]}}]}
    listed = serving(servers=servers(5))
    client = Stub(lambda sent: (200, response) if sent.path == "/images" else listed(sent)).client()
    *sound, broken = client.images.get_list().images
    with pytest.raises(MalformedFieldError, match="Image 6: the field 'created_from' should be"):
        broken.created_from  # noqa: B018
    assert [image.created_from.name for image in sound if image.created_from] == [f"server-{n}" for n in range(1, 6)]


def test_one_object_stands_for_one_id() -> None:
    stub, client = project(5, [2, 2, 3])
    first, second, third = client.images.get_list().images
    assert first.bound_to is second.bound_to
    assert first.bound_to is not third.bound_to
    assert names([first, second, third]) == ["server-2", "server-2", "server-3"]
    assert len(stub.sent) == 3


def test_all_pages_share_a_batch() -> None:
    stub, client = project(60, [1] * 60)
    images = client.images.get_all()
    assert len({id(image.bound_to) for image in images}) == 1
    assert names(images) == ["server-1"] * 60
    assert len(stub.sent) == 3


def test_an_iterator_shares_a_batch() -> None:
    stub, client = project(100, list(range(1, 101)))
    for number, image in enumerate(client.images.iter(), 1):
        assert image.bound_to is not None
        assert image.bound_to.name == f"server-{number}"
    assert len(stub.sent) <= 5


def test_two_pages_do_not_share_objects() -> None:
    _, client = project(3, [1])
    (first,), (second,) = (client.images.get_list().images for _ in range(2))
    assert first.bound_to is not second.bound_to
    assert first.bound_to == second.bound_to


def test_a_deleted_object_does_not_affect_others() -> None:
    stub, client = project(30, [1, 99, 2, 3, 4])
    images = client.images.get_list().images
    deleted = images[1].bound_to
    assert deleted is not None
    for _ in range(3):
        with pytest.raises(NotFoundError):
            deleted.name  # noqa: B018
    assert names([images[0], *images[2:]]) == ["server-1", "server-2", "server-3", "server-4"]
    assert len(stub.sent) == 2, "images, and the servers: their listing is whole"
    with pytest.raises(MalformedFieldError, match="'created' is missing"):
        images[1].created  # noqa: B018


def test_a_whole_listing_proves_what_is_missing() -> None:
    stub, client = project(120, list(range(1, 151)))
    images = client.images.get_all()
    stub.sent.clear()
    assert names(images[:120]) == [f"server-{number}" for number in range(1, 121)]
    for image in images[120:]:
        with pytest.raises(NotFoundError, match=r"listing of servers does not contain 1[2-5]") as caught:
            names([image])
        assert (caught.value.code, caught.value.http_status) == ("not_found", 404)
    assert len(stub.sent) == 3


def test_a_listing_that_is_not_whole_proves_nothing() -> None:
    stub, client = project(10_000, list(range(20_001, 20_041)))
    images = client.images.get_list(per_page=50).images
    stub.sent.clear()
    for image in images:
        with pytest.raises(NotFoundError):
            names([image])
    assert len(stub.sent) == 41


def test_an_object_that_is_linked_after_the_listing_is_fetched() -> None:
    stub, client = project(30, list(range(1, 41)))
    images = client.images.get_list(per_page=50).images
    assert names(images[:1]) == ["server-1"]
    assert images[0]._batch is not None
    late = BoundImage(client.images, {"id": 2000, "bound_to": 45})
    late._join(images[0]._batch)
    stub.sent.clear()
    with pytest.raises(NotFoundError):
        names([late])
    assert [repr(sent) for sent in stub.sent] == ["GET /servers/45"]


def test_links_to_deleted_objects_do_not_search_the_batch_again(monkeypatch: pytest.MonkeyPatch) -> None:
    _, client = project(10_000, [*range(50_000, 50_100), *range(1, 900)])
    images = client.images.get_all()
    searched: list[str] = []
    collect = BoundImage._collect_partial_ids.__func__  # type: ignore[attr-defined]
    monkeypatch.setattr(
        BoundImage, "_collect_partial_ids", classmethod(lambda cls, *args: searched.append("") or collect(cls, *args))
    )
    for image in images[:100]:
        with pytest.raises(NotFoundError):
            names([image])
    assert len(searched) <= 2 * len(images)


def test_listings_of_a_client_are_completed_together() -> None:
    stub, client = project(200, list(range(1, 101)))
    images = client.images.get_list(page=1, per_page=50).images + client.images.get_list(page=2, per_page=50).images
    assert names(images) == [f"server-{number}" for number in range(1, 101)]
    assert len(stub.sent) == 4
    assert images[0]._batch is not images[99]._batch


def test_a_listing_is_read_no_further_than_the_objects_that_are_read_need() -> None:
    stub, client = project(200, list(range(1, 101)))
    first = client.images.get_list(page=1, per_page=50).images
    second = client.images.get_list(page=2, per_page=50).images
    stub.sent.clear()
    assert names(first) == [f"server-{number}" for number in range(1, 51)]
    assert len(stub.sent) == 1
    assert names(second) == [f"server-{number}" for number in range(51, 101)]
    assert len(stub.sent) == 2


def test_batches_that_share_a_listing_share_no_object() -> None:
    _, client = project(60, [5, 6, 7, 8])
    first, second = (client.images.get_list().images for _ in range(2))
    assert names(first) == names(second)
    assert first[0].bound_to is not None
    assert second[0].bound_to is not None
    first[0].bound_to.name = "changed"
    assert second[0].bound_to.name == "server-5"


def test_a_listing_whose_objects_are_gone_is_not_completed() -> None:
    stub, client = project(10_000, [3, 4000, 8000, 2000, 6000])
    client.images.get_list()
    gc.collect()
    stub.sent.clear()
    stub.responses = [serving(servers=servers(10_000), images=backups([9_999]))]
    assert names(client.images.get_list().images) == ["server-9999"]
    assert [repr(sent) for sent in stub.sent] == ["GET /images", "GET /servers/9999"]


def test_the_traceback_of_a_repeated_error_does_not_grow() -> None:
    _, client = project(1, [99])
    (image,) = client.images.get_list().images
    deleted = image.bound_to
    depths = []
    for _ in range(5):
        with pytest.raises(NotFoundError) as caught:
            deleted.name  # type: ignore[union-attr]  # noqa: B018
        traceback, depth = caught.value.__traceback__, 0
        while traceback is not None:
            traceback, depth = traceback.tb_next, depth + 1
        depths.append(depth)
    assert depths[1:] == [depths[1]] * 4


def test_collected_objects_are_not_fetched() -> None:
    stub, client = project(10_000, list(range(1, 41)))
    images = client.images.get_list(per_page=50).images
    last = images.pop()
    images.clear()
    gc.collect()
    assert last.bound_to is not None
    assert last.bound_to.name == "server-40"
    assert repr(stub.sent[-1]) == "GET /servers/40"


def test_an_object_that_was_listed_before_its_link_was_read() -> None:
    stub, client = project(10, list(range(1, 11)))
    images = client.images.get_list().images
    assert names(images[:1]) == ["server-1"]
    stub.sent.clear()
    assert [image.bound_to.complete for image in images[1:] if image.bound_to] == [True] * 9
    assert names(images[1:]) == [f"server-{number}" for number in range(2, 11)]
    assert stub.sent == []


def test_deprecated_images_are_listed_too() -> None:
    stub = Stub(serving(images=[{"id": number, "name": f"image-{number}"} for number in range(1, 6)]))
    client, batch = stub.client(), Batch()
    images = [batch.partial(BoundImage, client.images, {"id": number}) for number in range(1, 6)]
    assert [image.name for image in images] == [f"image-{number}" for number in range(1, 6)]
    assert [sent.query["include_deprecated"] for sent in stub.sent] == [["true"]]


def test_threads_list_once() -> None:
    listed = serving(servers=servers(20), images=backups(list(range(1, 21))))
    stub = Stub(listed)
    images = stub.client().images.get_list().images
    read: list[str | None] = []
    group = ThreadGroup([lambda image=image: read.extend(names([image])) for image in images])  # type: ignore[misc]

    def respond(sent: Sent) -> Any:
        group.wait_until_fetching()
        return listed(sent)

    stub.responses = [respond]
    group.run()
    assert sorted(map(str, read)) == sorted(f"server-{number}" for number in range(1, 21))
    assert [repr(sent) for sent in stub.sent] == ["GET /images", "GET /servers"]


def test_a_reload_is_one_request() -> None:
    stub, client = project(10, list(range(1, 11)))
    images = client.images.get_list().images
    assert images[0].bound_to is not None
    images[0].bound_to.reload()
    assert [repr(sent) for sent in stub.sent] == ["GET /images", "GET /servers/1"]


def test_a_failed_listing_is_repeated_at_the_next_read() -> None:
    stub, client = project(10, list(range(1, 11)))
    images = client.images.get_list().images
    listed = stub.responses[0]
    stub.responses = [403, listed]
    assert images[0].bound_to is not None
    with pytest.raises(Exception, match="403"):
        images[0].bound_to.name  # noqa: B018
    assert names(images) == [f"server-{number}" for number in range(1, 11)]


def test_a_server_deleted_between_two_pages() -> None:
    """Servers that move to a page read before are fetched alone."""
    stub, client = project(200, list(range(2, 201)))
    listed = stub.responses[0]

    def respond(sent: Sent) -> Any:
        response = listed(sent)  # type: ignore[operator]
        if (sent.path, sent.query.get("page")) == ("/servers", ["1"]):
            remaining = servers(200)[1:]
            stub.responses[0] = serving(servers=remaining, images=backups(list(range(2, 201))))
        return response

    stub.responses[0] = respond
    assert names(client.images.get_all()) == [f"server-{number}" for number in range(2, 201)]


@pytest.mark.parametrize("moved", [51, 101])
def test_a_server_that_moves_to_a_page_read_before_is_not_taken_for_deleted(moved: int) -> None:
    """While a listing is read, a server is deleted and another one created, so that their number remains the same."""
    ids = [*range(1, 151), 160]
    stub = Stub(serving(servers=servers(150), images=backups(ids)))
    listed = stub.responses[0]

    def respond(sent: Sent) -> Any:
        response = listed(sent)  # type: ignore[operator]
        if (sent.path, sent.query.get("page")) == ("/servers", [str(moved // 50)]):
            others = [server for server in servers(151) if server["id"] != 7]
            stub.responses[0] = serving(servers=others, images=backups(ids))
        return response

    stub.responses[0] = respond
    images = stub.client().images.get_all()
    assert names(images[:10]) == [f"server-{number}" for number in range(1, 11)]
    assert names([images[moved - 1]]) == [f"server-{moved}"]
    sent = len(stub.sent)
    with pytest.raises(NotFoundError):
        names(images[150:])
    assert len(stub.sent) == sent, "the last page proves it"


def _reverse_servers(response: Any) -> Any:
    status, body = response
    body.get("servers", []).reverse()
    return status, body


@pytest.mark.parametrize(("last", "requests"), [(40, 0), (100, 1)])
def test_several_pages_that_are_not_sorted_by_id_prove_nothing(last: int, requests: int) -> None:
    existing = [server for server in servers(last) if server["id"] != 20]
    listed = serving(servers=existing, images=backups(list(range(1, last + 1))))
    stub = Stub(lambda sent: _reverse_servers(listed(sent)))
    images = stub.client().images.get_all()
    assert names(images[:19]) == [f"server-{number}" for number in range(1, 20)]
    sent = len(stub.sent)
    with pytest.raises(NotFoundError):
        names(images[19:20])
    assert len(stub.sent) == sent + requests


@pytest.mark.parametrize("malformed", ["9", [], {}, 1.5])
def test_a_malformed_last_page(malformed: object) -> None:
    stub, client = project(150, list(range(1, 151)))
    listed = stub.responses[0]

    def respond(sent: Sent) -> Any:
        status, body = listed(sent)  # type: ignore[operator]
        body["meta"]["pagination"]["last_page"] = malformed
        return status, body

    stub.responses[0] = respond
    assert names(client.images.get_all()) == [f"server-{number}" for number in range(1, 151)]
    assert len(stub.sent) == 6


def _listed(number: int, **fields: Any) -> dict[str, Any]:
    image = {"id": 9, "name": "debian", "labels": {"a": "b"}, "disk_size": 5}
    return {"id": number, "name": f"server-{number}", "image": image, **fields}


def test_pages_of_a_client_share_equal_linked_resources() -> None:
    stub = Stub(serving(servers=[_listed(number) for number in range(1, 101)]))
    listed = stub.client().servers.get_all()
    assert len({id(server._raw["image"]) for server in listed}) <= 2  # rarely, an equal value is not found
    assert listed[0].image is not listed[99].image


@pytest.mark.parametrize("other", [5.0, 5.5, "5", None])
def test_values_that_are_not_the_same_are_not_shared(other: object) -> None:
    images = [{"id": 9, "disk_size": 5}, {"id": 9, "disk_size": other}, {"id": 9, "disk_size": 5}]
    stub = Stub(serving(servers=[_listed(number, image=image) for number, image in enumerate(images)]))
    sizes = [server.raw["image"]["disk_size"] for server in stub.client().servers.get_list().servers]
    assert [(size, type(size)) for size in sizes] == [(5, int), (other, type(other)), (5, int)]


def test_a_change_of_a_shared_linked_resource_stays_in_one_object() -> None:
    fresh = {"id": 9, "name": "renamed", "labels": {}, "disk_size": 6}
    stub = Stub(serving(servers=[_listed(1), _listed(2), _listed(3)], images=[fresh]))
    first, second, third = stub.client().servers.get_list().servers
    assert first.image is not None
    assert second.image is not None
    assert third.image is not None
    first.image.name = "assigned"
    first.image.labels["a"] = "changed"
    assert (second.image.name, second.image.labels) == ("debian", {"a": "b"})
    second.image.reload()
    assert second.image.name == "renamed"
    assert (third.image.name, third.image.labels) == ("debian", {"a": "b"})
    first.image = None
    assert third.image.disk_size == 5
    assert first.raw["image"] == {"id": 9, "name": "debian", "labels": {"a": "b"}, "disk_size": 5}
