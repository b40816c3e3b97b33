"""Tests of ``get(id_or_name)``: what it sends, what it returns, and what it raises."""

from __future__ import annotations

import inspect
import pickle
import warnings
from typing import Any

import pytest

from hcloud import Client, HCloudException
from hcloud._exceptions import AmbiguousNameError, DeprecatedApiEndpointError, InvalidArgumentError, NotFoundError
from hcloud.core import HasNames
from hcloud.testing import FakeCloud
from tests.library import RESOURCES
from tests.stub import Stub

NAMED = sorted(set(RESOURCES) - {"actions", "pricing", "zones", "datacenters"})
"""Resources with a ``get`` by ID or name; pricing and zones have a ``get`` of their own."""


@pytest.mark.parametrize("resource", NAMED)
def test_every_resource_with_names_has_get(resource: str) -> None:
    record = resource.removesuffix("es" if resource.endswith("xes") else "s")
    stub = Stub((200, {record: {"id": 7, "name": "x y"}, resource: [{"id": 7, "name": "x y"}], "meta": None}))
    collection: Any = getattr(stub.client(), resource)
    assert isinstance(collection, HasNames)
    by_id, by_text, by_name = collection.get(7), collection.get("7"), collection.get("x y")
    assert type(by_id) is type(by_name) is type(collection.get_by_id(7))
    assert by_id == by_text == by_name
    assert [repr(sent) for sent in stub.sent[:3]] == [f"GET /{resource}/7", f"GET /{resource}/7", f"GET /{resource}"]
    query = {"include_deprecated": ["true"]} if resource == "images" else {}
    assert stub.sent[2].query == {"name": ["x y"], **query}


@pytest.mark.parametrize("resource", NAMED)
def test_the_annotation_is_the_bound_model(resource: str, client: Client) -> None:
    collection = getattr(client, resource)
    returned = inspect.signature(collection.get).return_annotation
    assert returned == inspect.signature(collection.get_by_id).return_annotation
    assert inspect.getdoc(collection.get)


def test_others_keep_their_get(client: Client) -> None:
    assert list(inspect.signature(client.zones.get).parameters) == ["id_or_name"]
    assert list(inspect.signature(client.pricing.get).parameters) == []
    assert not hasattr(client.actions, "get")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        datacenters = client.datacenters
    with pytest.raises(DeprecatedApiEndpointError):
        datacenters.get("fsn1-dc14")


def test_not_found_says_what_was_looked_for(client: Client, cloud: FakeCloud) -> None:
    with pytest.raises(
        NotFoundError, match=r"client\.servers has no entry with the name 'web' \(not_found\)"
    ) as caught:
        client.servers.get("web")
    assert caught.value.code == "not_found"
    assert caught.value.details == {"criteria": {"name": "web"}}
    with pytest.raises(NotFoundError, match=r"client\.volumes has no entry with the ID 42: .*42.*not_found") as caught:
        client.volumes.get("42")
    assert caught.value.http_status == 404
    assert caught.value.correlation_id
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert client.servers.get_by_name("web") is None
    assert len(cloud.requests) == 3


def test_images_of_several_architectures(client: Client, cloud: FakeCloud) -> None:
    with pytest.raises(AmbiguousNameError) as caught:
        client.images.get("debian-12")
    error = caught.value
    x86, arm = sorted(error.matches, key=lambda image: image.architecture or "", reverse=True)
    assert str(error) == (
        f"client.images has 2 entries with the name 'debian-12': id={x86.id}, architecture=x86; id={arm.id}, "
        "architecture=arm. Pass architecture= or the ID to choose one"
    )
    assert isinstance(error, HCloudException)
    assert isinstance(error, LookupError)
    assert not isinstance(error, InvalidArgumentError)
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.matches) == (str(error), error.matches)
    assert client.images.get("debian-12", architecture="arm") == arm
    assert client.images.get(x86.id or 0, architecture="arm") == x86, "an ID needs no choice"
    assert len(cloud.requests) == 3


def test_deprecated_images_are_found(client: Client, cloud: FakeCloud) -> None:
    record = next(image for image in cloud.images if image["name"] == "debian-13" and image["architecture"] == "arm")
    record["deprecation"] = {"announced": "2026-10-15T12:00:00Z", "unavailable_after": "2027-01-15T12:00:00Z"}
    assert client.images.get_by_name_and_architecture("debian-13", "arm") is None
    assert client.images.get("debian-13", architecture="arm").id == record["id"]


def test_isos_of_several_architectures() -> None:
    isos = [{"id": 1, "name": "x", "architecture": "x86"}, {"id": 2, "name": "x", "architecture": None}]
    stub = Stub((200, {"isos": isos}))
    with pytest.raises(AmbiguousNameError, match=r"architecture=x86; id=2, architecture=None. Pass architecture= or"):
        stub.client().isos.get("x")
    with pytest.raises(AmbiguousNameError, match=r"the name 'x' and the architecture 'x86': .*Pass the ID to choose"):
        stub.client().isos.get("x", architecture="x86")
    assert stub.sent[1].query == {"name": ["x"], "architecture": ["x86"]}


def test_parts_of_storage_boxes(client: Client, cloud: FakeCloud) -> None:
    created = client.storage_boxes.create(
        name="box", password="Use-Your-0wn!", location="fsn1", storage_box_type="bx11"
    )
    box = created.wait().storage_box
    snapshot = box.create_snapshot().wait().snapshot
    snapshot.reload()
    subaccount = box.create_subaccount(name="ann", home_directory="ann", password="Use-Your-0wn!").wait().subaccount
    cloud.requests.clear()
    assert box.get_snapshot(str(snapshot.name)) == box.get_snapshot(snapshot.id) == snapshot
    assert client.storage_boxes.get_snapshot(box.id, str(snapshot.id)) == snapshot
    assert box.get_subaccount("ann").id == box.get_subaccount(subaccount.id).id == subaccount.id
    assert len(cloud.requests) == 5
    with pytest.raises(NotFoundError, match=r"get_snapshot_list\(\) of the storage box has no entry with the name 'x'"):
        box.get_snapshot("x")
    with pytest.raises(NotFoundError, match=r"get_subaccount_list\(\) of the storage box has no entry with the ID 7: "):
        box.get_subaccount(7)
    with pytest.raises(InvalidArgumentError, match="nothing was sent"):
        box.get_snapshot("")


def test_many_matches_are_cut() -> None:
    stub = Stub((200, {"servers": [{"id": number, "name": "x"} for number in range(1, 9)]}))
    with pytest.raises(
        AmbiguousNameError, match=r"has 8 entries .*: id=1; id=2; id=3; id=4; id=5; and 3 others. Pass the"
    ):
        stub.client().servers.get("x")


def test_names_are_escaped() -> None:
    stub = Stub((200, {"servers": [{"id": 1, "name": "a&b=c/../d"}]}))
    stub.client().servers.get("a&b=c/../d")
    assert stub.sent[0].query == {"name": ["a&b=c/../d"]}
    assert stub.sent[0].path == "/servers"


def test_a_name_in_digits_is_found_by_get_by_name(client: Client) -> None:
    group = client.placement_groups.create("2026", "spread").placement_group
    with pytest.raises(NotFoundError, match="the ID 2026"):
        client.placement_groups.get("2026")
    assert client.placement_groups.get_by_name("2026") == group
