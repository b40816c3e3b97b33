"""Tests of servers from one of several types and locations, and of the warnings about deprecated ones."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from hcloud import Client, InvalidArgumentError, OutcomeUnknownError, ResourceUnavailableError, UniquenessError
from hcloud.images import Image
from hcloud.locations import Location
from hcloud.server_types import ServerType
from hcloud.servers import Server
from hcloud.testing import FakeCloud
from tests.stub import Stub, error

DEPRECATION = {"announced": "2026-09-01T00:00:00Z", "unavailable_after": "2027-01-01T00:00:00Z"}


def sell_out(cloud: FakeCloud, server_type: str, *locations: str) -> None:
    for offer in cloud.server_types[server_type]["locations"]:
        if not locations or offer["name"] in locations:
            offer["available"] = False


def attempts(cloud: FakeCloud) -> list[tuple[Any, Any]]:
    return [
        (request.body["server_type"], request.body.get("location"))
        for request in cloud.requests
        if request.method == "POST"
    ]


def create(client: Client, server_type: Any, location: Any = None, **options: Any) -> Any:
    return client.servers.create("web", server_type, "ubuntu-24.04", location=location, **options)


def test_takes_each_type_in_each_location(cloud: FakeCloud, client: Client) -> None:
    sell_out(cloud, "cx23")
    sell_out(cloud, "cx33", "fsn1")
    response = create(client, ["cx23", "cx33"], ["fsn1", "nbg1", "hel1"])
    assert attempts(cloud) == [
        *(("cx23", "fsn1"), ("cx23", "nbg1"), ("cx23", "hel1")),
        *(("cx33", "fsn1"), ("cx33", "nbg1")),
    ]
    assert (response.server.server_type.name, response.server.location.name) == ("cx33", "nbg1")
    assert len(client.servers.get_all()) == 1


def test_the_first_that_is_available_is_taken(cloud: FakeCloud, client: Client) -> None:
    assert create(client, ["cx23", "cx33"], ["fsn1", "nbg1"]).server.server_type.name == "cx23"
    assert attempts(cloud) == [("cx23", "fsn1")]


@pytest.mark.parametrize(
    ("server_type", "location", "expected"),
    [
        (["cx23", "cx33"], None, [("cx23", None), ("cx33", None)]),
        ("cx23", ["fsn1", "nbg1"], [("cx23", "fsn1"), ("cx23", "nbg1")]),
        (("cx23", "cx33"), "nbg1", [("cx23", "nbg1"), ("cx33", "nbg1")]),
        (
            [ServerType(name="cx23"), ServerType(name="cx33")],
            [Location(name="fsn1")],
            [("cx23", "fsn1"), ("cx33", "fsn1")],
        ),
        (["cx23"], None, [("cx23", None)]),
    ],
    ids=str,
)
def test_forms_of_alternatives(
    cloud: FakeCloud, client: Client, server_type: Any, location: Any, expected: list[Any]
) -> None:
    sell_out(cloud, "cx23")
    if len(expected) > 1 and expected[-1][0] == "cx33":
        assert create(client, server_type, location).server.server_type.name == "cx33"
    else:
        with pytest.raises(ResourceUnavailableError):
            create(client, server_type, location)
    assert attempts(cloud) == expected


def test_a_single_one_is_sent_as_before(cloud: FakeCloud, client: Client) -> None:
    sell_out(cloud, "cx23", "fsn1")
    with pytest.raises(ResourceUnavailableError) as raised:
        create(client, "cx23", "fsn1")
    assert attempts(cloud) == [("cx23", "fsn1")]
    assert not hasattr(raised.value, "__notes__")


def test_a_location_that_does_not_offer_the_type_is_passed_over(cloud: FakeCloud, client: Client) -> None:
    assert "ash" not in [offer["name"] for offer in cloud.server_types["cx23"]["locations"]]
    response = create(client, ["cx23", "cpx11"], ["ash"])
    assert (response.server.server_type.name, response.server.location.name) == ("cpx11", "ash")


def test_nothing_is_available(cloud: FakeCloud, client: Client) -> None:
    sell_out(cloud, "cx23")
    sell_out(cloud, "cx33")
    with pytest.raises(ResourceUnavailableError) as raised:
        create(client, ["cx23", "cx33"], ["fsn1", Location(name="nbg1")])
    assert raised.value.__notes__ == [
        "There was no server of server type cx23 in location fsn1.",
        "There was no server of server type cx23 in location nbg1.",
        "There was no server of server type cx33 in location fsn1.",
        "There was no server of server type cx33 in location nbg1.",
    ]
    assert client.servers.get_all() == []


@pytest.mark.parametrize("code", ["resource_unavailable", "placement_error"])
def test_errors_that_are_followed_by_the_next(stub: Stub, code: str) -> None:
    stub.responses = [(412, error(code)), (201, {"server": {"id": 1}, "action": {"id": 2}, "next_actions": []})]
    assert create(stub.client(), ["a", "b"]).server.id == 1
    assert [(sent.json or {})["server_type"] for sent in stub.sent] == ["a", "b"]


def test_other_errors_are_raised(cloud: FakeCloud, client: Client) -> None:
    create(client, "cx23")
    cloud.requests.clear()
    with pytest.raises(UniquenessError):
        create(client, ["cx23", "cx33"])
    assert attempts(cloud) == [("cx23", None)]


@pytest.mark.parametrize("retry_unsafe", [False, True])
def test_nothing_is_created_twice(stub: Stub, retry_unsafe: bool) -> None:
    """After a response that was lost, a rejection proves nothing: the first attempt may have created the server."""
    stub.responses = [(500, error("server_error")), (412, error("resource_unavailable")), (201, {})]
    with pytest.raises(OutcomeUnknownError):
        create(stub.client(retry_unsafe=retry_unsafe), ["a", "b"])
    assert {(sent.json or {})["server_type"] for sent in stub.sent} == {"a"}


@pytest.mark.parametrize(
    ("server_type", "location"),
    [([], None), ("cx23", []), (["cx23", None], None), (["cx23", ""], None), (["cx23", 1.5], "fsn1"), ("cx23", [None])],
    ids=str,
)
def test_rejects_before_anything_is_sent(cloud: FakeCloud, client: Client, server_type: Any, location: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="nothing was sent"):
        create(client, server_type, location)
    assert cloud.requests == []


def test_arguments_that_do_not_fit(client: Client) -> None:
    with pytest.raises(TypeError):
        client.servers.create("web", ["cx23"])  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        client.servers.create("web", ["cx23"], "ubuntu-24.04", colour="red")  # type: ignore[call-arg]


# Deprecations


def test_a_deprecated_type(cloud: FakeCloud, client: Client) -> None:
    cloud.server_types["cx23"]["deprecation"] = DEPRECATION
    with pytest.warns(
        DeprecationWarning, match=r"^The server type cx23 is deprecated: .* after 2027-01-01\.$"
    ) as caught:
        create(client, "cx23")
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert [request.method for request in cloud.requests] == ["POST"]


def test_a_type_that_is_deprecated_in_the_location(cloud: FakeCloud, client: Client) -> None:
    next(o for o in cloud.server_types["cx23"]["locations"] if o["name"] == "fsn1")["deprecation"] = DEPRECATION
    with pytest.warns(DeprecationWarning, match=r"server type cx23 is deprecated in fsn1: .* after 2027-01-01"):
        create(client, "cx23", "fsn1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client.servers.create("other", "cx23", "ubuntu-24.04", location="nbg1")


def test_a_deprecated_image(cloud: FakeCloud, client: Client) -> None:
    for image in cloud.images:
        if image["name"] == "ubuntu-24.04":
            image["deprecation"] = DEPRECATION
    with pytest.warns(DeprecationWarning, match=r"^The image ubuntu-24\.04 is deprecated: .* after 2027-01-01"):
        response = create(client, ["cx23", "cx33"])
    server = response.wait().server
    image = client.images.get("ubuntu-24.04", architecture="x86")
    with pytest.warns(DeprecationWarning, match="The image ubuntu-24.04 is deprecated"):
        server.rebuild(image)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing is known about it
        cloud.finish_actions()
        server.rebuild("ubuntu-24.04")
        cloud.finish_actions()
        server.rebuild(Image(id=image.id))


def test_a_deprecated_iso_and_a_change_of_type(cloud: FakeCloud, client: Client) -> None:
    server = create(client, "cx23").wait().server
    iso = client.isos.get_all(architecture=["x86"])[0]
    cloud.isos[iso.id]["deprecation"] = DEPRECATION
    cloud.server_types["cx33"]["deprecation"] = DEPRECATION
    with pytest.warns(DeprecationWarning, match=rf"^The ISO {iso.name} is deprecated: .* after 2027-01-01"):
        server.attach_iso(client.isos.get_by_id(iso.id)).wait()
    server.power_off().wait()
    with pytest.warns(DeprecationWarning, match="The server type cx33 is deprecated"):
        server.change_type(client.server_types.get("cx33"), upgrade_disk=False)


def test_a_warning_that_is_an_error_names_the_server(cloud: FakeCloud, client: Client) -> None:
    cloud.server_types["cx23"]["deprecation"] = DEPRECATION
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DeprecationWarning) as raised:
            create(client, "cx23")
    [server] = client.servers.get_all()
    assert raised.value.__notes__ == [f"The server {server.id} was created nevertheless."]


@pytest.mark.parametrize("server_types", [1, 2])
def test_what_is_known_to_be_deprecated_is_an_error_before_the_creation(
    cloud: FakeCloud, client: Client, server_types: int
) -> None:
    cloud.server_types["cx23"]["deprecation"] = DEPRECATION
    server_type = client.server_types.get("cx23")
    choice: Any = [server_type, "cx33"] if server_types > 1 else server_type
    cloud.requests.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DeprecationWarning, match="The server type cx23 is deprecated"):
            create(client, choice)
    assert cloud.requests == []
    with pytest.warns(DeprecationWarning, match="cx23") as caught:
        create(client, choice)
    assert [warning.filename for warning in caught] == [__file__]


def test_a_type_that_is_known_to_be_deprecated_in_the_location(cloud: FakeCloud, client: Client) -> None:
    next(o for o in cloud.server_types["cx23"]["locations"] if o["name"] == "fsn1")["deprecation"] = DEPRECATION
    server_type = client.server_types.get("cx23")
    cloud.requests.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for location in ("fsn1", Location(name="fsn1")):
            with pytest.raises(DeprecationWarning, match="deprecated in fsn1"):
                create(client, server_type, location)
        assert cloud.requests == []
        create(client, server_type, "nbg1")


def test_current_ones_cause_no_warning(client: Client) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(create(client, "cx23").wait().server, Server)
