"""Loading of objects and of what they link to: few requests, and errors before any of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hcloud import APIException, Client, FetchWarning, InvalidArgumentError, NotFetchedError, NotFoundError
from hcloud.images import Image
from hcloud.networks import NetworkSubnet
from hcloud.testing import FakeCloud
from tests.stub import Stub, error

SERVERS = 6


@pytest.fixture
def client(cloud: FakeCloud) -> Client:
    """Client that does not fetch on read, of a project with an image of each of six servers."""
    client = cloud.client(lazy=False)
    for number in range(SERVERS):
        response = client.servers.create(f"web{number}", "cx23", "ubuntu-24.04", location="fsn1")
        response.wait()
        response.server.create_image(f"image{number}").wait()
    return client


def requests_since(cloud: FakeCloud, count: int) -> list[str]:
    return [f"{request.method} {request.path}" for request in cloud.requests[count:]]


def test_what_many_objects_link_to_is_one_listing(cloud: FakeCloud, client: Client) -> None:
    images = client.images.get_all(type=["snapshot"])
    count = len(cloud.requests)
    client.load(images, "created_from")
    assert requests_since(cloud, count) == ["GET /servers"]
    assert {image.created_from.status for image in images if image.created_from} == {"running"}
    client.load(images, "created_from", "created_from.location")
    assert len(requests_since(cloud, count)) == 1


def test_objects_of_several_responses_are_loaded_together(cloud: FakeCloud, client: Client) -> None:
    images = [client.images.get_by_id(image.id) for image in client.images.get_all(type=["snapshot"])]
    count = len(cloud.requests)
    client.load(images, "created_from.status")
    assert requests_since(cloud, count) == ["GET /servers"]
    assert [image.created_from.status for image in images if image.created_from] == ["running"] * SERVERS


def test_a_list_of_links_is_one_listing(cloud: FakeCloud, client: Client) -> None:
    network = client.networks.create("net", "10.0.0.0/8")
    network.add_subnet(NetworkSubnet(type="cloud", ip_range="10.0.1.0/24", network_zone="eu-central")).wait()
    for server in client.servers.get_all():
        server.attach_to_network(network).wait()
    networks = client.networks.get_all()
    count = len(cloud.requests)
    client.load(networks, "servers")
    assert requests_since(cloud, count) == ["GET /servers"]
    assert {server.name for server in networks[0].servers} == {f"web{number}" for number in range(SERVERS)}


def test_a_path_leads_through_several_collections(cloud: FakeCloud, client: Client) -> None:
    images = client.images.get_all(type=["snapshot"])
    count = len(cloud.requests)
    client.load(images, "created_from.image")
    assert requests_since(cloud, count) == ["GET /servers"]
    assert images[0].created_from
    assert images[0].created_from.image
    assert images[0].created_from.image.name == "ubuntu-24.04"


def test_an_object_loads_itself(cloud: FakeCloud, client: Client) -> None:
    linked = client.images.get_all(type=["snapshot"])[0].created_from
    assert linked
    with pytest.raises(NotFetchedError, match=r"call its load\(\).*client\.load\(objects, \"field\.path\"\)"):
        _ = linked.status
    assert linked.load() is linked
    assert linked.status == "running"
    count = len(cloud.requests)
    linked.load()
    assert requests_since(cloud, count) == []


def test_objects_themselves_are_loaded(cloud: FakeCloud, client: Client) -> None:
    linked = [image.created_from for image in client.images.get_all(type=["snapshot"]) if image.created_from]
    count = len(cloud.requests)
    client.load(linked)
    assert requests_since(cloud, count) == ["GET /servers"]
    assert all(server.complete for server in linked)
    client.load([])
    client.load([], "created_from")
    assert len(requests_since(cloud, count)) == 1


def test_what_was_deleted_is_left_as_it_is(cloud: FakeCloud, client: Client) -> None:
    client.servers.get("web1").delete().wait()
    images = client.images.get_all(type=["snapshot"])
    client.load(images, "created_from.location")
    gone, *others = sorted(
        (image.created_from for image in images if image.created_from), key=lambda server: server.name != "web1"
    )
    assert gone.name == "web1"
    with pytest.raises(NotFoundError):
        _ = gone.status
    assert {server.status for server in others} == {"running"}
    with pytest.raises(NotFoundError):
        gone.load()


def test_other_failures_are_raised() -> None:
    stub = Stub(
        (200, {"images": [{"id": 1, "created_from": {"id": 7}}], "meta": {"pagination": None}}), (404, error(404))
    )
    client = stub.client()
    images = client.images.get_all()
    with pytest.raises(APIException):
        client.load(images, "created_from")


def test_loading_is_no_read(cloud: FakeCloud) -> None:
    client = cloud.client(warn_on_fetch=True)
    response = client.servers.create("web", "cx23", "ubuntu-24.04")
    response.wait()
    response.server.create_image("image").wait()
    images = client.images.get_all(type=["snapshot"])
    client.load(images, "created_from")
    image = client.images.get_all(type=["snapshot"])[0]
    assert image.created_from
    with pytest.warns(FetchWarning):
        _ = image.created_from.status


@pytest.mark.parametrize(
    ("objects", "fields", "message"),
    [
        (1, (), r"load\(\) takes a list of objects, not 1"),
        ("ab", (), r"load\(\) takes a list of objects, not 'ab'"),
        ([1], (), r"load\(\) takes objects that a client returned, not 1"),
        ([Image(id=1)], (), r"load\(\) takes objects that a client returned, not Image"),
        ("images", (1,), r"load\(\): a path is a name of a field, or several with dots, not 1"),
        ("images", ("",), "not ''"),
        ("images", ("created_from..id",), "not 'created_from..id'"),
        ("images", ("made_from",), r"load\(\): BoundImage has no field 'made_from'; it has id, name, "),
        ("images", ("created_from.size",), r"load\(\): BoundServer has no field 'size'; it has "),
        ("images", ("name.length",), r"load\(\): 'name' of BoundImage links to nothing, so 'name.length' has no end"),
    ],
    ids=lambda value: str(value)[:40].replace("\\", ""),
)
def test_invalid_arguments(
    cloud: FakeCloud, client: Client, objects: object, fields: tuple[str, ...], message: str
) -> None:
    argument = client.images.get_all(type=["snapshot"]) if objects == "images" else objects
    count = len(cloud.requests)
    with pytest.raises(InvalidArgumentError, match=message):
        client.load(argument, *fields)  # type: ignore[arg-type]
    assert requests_since(cloud, count) == []


@pytest.mark.parametrize(
    ("pass_in_place_of_a_list", "message"),
    [
        (
            lambda servers: servers[0],
            r"takes a list of objects, not BoundServer\(.*\): pass \[x\], or call its load\(\)$",
        ),
        (lambda servers: "servers", "not 'servers': get the objects first; names of fields follow them$"),
        (lambda servers: {server: server.id for server in servers}, "not a mapping: pass its values$"),
        (lambda servers: [servers], "not a list: pass one flat list of objects$"),
        (lambda servers: servers[0]._client.get_list(), "not a list: pass one flat list of objects$"),
    ],
    ids=["an object", "a text", "a mapping", "a list of lists", "a page"],
)
def test_what_is_no_list_of_objects(
    cloud: FakeCloud, client: Client, pass_in_place_of_a_list: Callable[[list[Any]], Any], message: str
) -> None:
    argument = pass_in_place_of_a_list(client.servers.get_all())
    count = len(cloud.requests)
    with pytest.raises(InvalidArgumentError, match=message):
        client.load(argument)
    assert requests_since(cloud, count) == []


def test_any_iterable_of_objects_is_loaded(cloud: FakeCloud, client: Client) -> None:
    for collect in (set, tuple, iter):
        images = client.images.get_all(type=["snapshot"])
        count = len(cloud.requests)
        client.load(collect(images), "created_from")
        assert requests_since(cloud, count) == ["GET /servers"]


def test_an_object_without_identity(client: Client) -> None:
    server = type(client.servers.get("web1"))(client.servers, {"name": "web1"}, complete=False)
    with pytest.raises(InvalidArgumentError, match="a BoundServer without id cannot be fetched"):
        server.load()
