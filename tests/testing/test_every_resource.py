"""What holds for all kinds of resources, and what every operation refuses."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hcloud.testing import FakeCloud
from hcloud.testing.resource import Operation
from hcloud.testing.router import router
from tests.testing.api import API
from tests.testing.test_certificates import MADE, key_of
from tests.testing.test_ssh_keys import KEY

PASSWORD = "Correct-Horse-9"
WANTED: dict[str, dict[str, Any]] = {
    "certificates": {"name": "x", "certificate": MADE, "private_key": key_of(1)},
    "firewalls": {"name": "x"},
    "floating_ips": {"name": "x", "type": "ipv4", "home_location": "fsn1"},
    "load_balancers": {"name": "x", "load_balancer_type": "lb11", "location": "fsn1"},
    "networks": {"name": "x", "ip_range": "10.0.0.0/16"},
    "placement_groups": {"name": "x", "type": "spread"},
    "primary_ips": {"name": "x", "type": "ipv4", "location": "fsn1"},
    "servers": {"name": "x", "server_type": "cx23", "image": "debian-12"},
    "ssh_keys": {"name": "x", "public_key": KEY},
    "storage_boxes": {"name": "x", "storage_box_type": "bx11", "location": "fsn1", "password": PASSWORD},
    "volumes": {"name": "x", "size": 10, "location": "fsn1"},
    "zones": {"name": "example.com", "mode": "primary"},
}


def at(operation: Operation) -> str:
    """A path of an operation at which there is nothing."""
    return re.sub(r"\{[^}]+\}", "999", operation.path)


@pytest.fixture
def operations() -> list[Operation]:
    return router().operations


def test_nobody_can_do_anything(cloud: FakeCloud, operations: list[Operation]) -> None:
    nobody = API(cloud, "")
    assert {nobody(each.method, at(each)).code for each in operations} == {"unauthorized"}


def test_a_method_that_is_not_there(api: API, operations: list[Operation]) -> None:
    for each in operations:
        refused = api("PATCH", at(each))
        assert refused.code == "method_not_allowed"
        assert each.method in refused.headers["Allow"].split(", ")


def test_a_reading_token_changes_nothing(cloud: FakeCloud, operations: list[Operation]) -> None:
    reader = API(cloud, cloud.project.read_only_token)
    changing = [each for each in operations if each.method != "GET"]
    assert {reader(each.method, at(each), raw=b"{").code for each in changing} == {"token_readonly"}


def test_a_body_that_is_no_object(api: API, operations: list[Operation]) -> None:
    for each in operations:
        if each.in_body:
            assert api(each.method, at(each), raw=b"{").code == "json_error"
            assert api(each.method, at(each), raw=b"[]").code == "invalid_input"


def test_nothing_is_there(api: API, operations: list[Operation]) -> None:
    for each in operations:
        if "{" in each.path:
            expected = {"invalid_input", "not_found"} if each.input.required else {"not_found"}
            assert api(each.method, at(each)).code in expected


def test_what_is_created_is_listed_here(operations: list[Operation]) -> None:
    assert {each.path[1:] for each in operations if each.method == "POST" and each.path.count("/") == 1} == {*WANTED}


@pytest.mark.parametrize("collection", WANTED)
def test_limits_and_names(cloud: FakeCloud, api: API, collection: str) -> None:
    cloud.limits[collection] = 0
    refused = api.post(f"/{collection}", **WANTED[collection])
    limit = {"limits": [{"name": f"{cloud.project[collection].singular}_limit"}]}
    assert (refused.status, refused.body["error"]["details"]) == (403, limit)
    assert not cloud.project[collection].own

    cloud.limits[collection] = 1
    assert api.post(f"/{collection}", **WANTED[collection]).status == 201
    refused = api.post(f"/{collection}", **WANTED[collection])
    assert (refused.status, refused.code, refused.fields) == (409, "uniqueness_error", ["name"])
    assert len(cloud.project[collection].own) == 1


ACTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "firewalls": ("set_rules", {"rules": []}),
    "images": ("change_protection", {"delete": False}),
    **{
        name: ("change_protection", {"delete": False})
        for name in ("floating_ips", "load_balancers", "networks", "primary_ips", "storage_boxes", "volumes", "zones")
    },
    "servers": ("poweroff", {}),
}


@pytest.mark.parametrize("collection", WANTED)
def test_made_listed_changed_and_deleted(cloud: FakeCloud, api: API, collection: str) -> None:
    singular = cloud.project[collection].singular
    at = f"/{collection}/{api.post(f'/{collection}', **WANTED[collection])[singular]['id']}"
    cloud.finish_actions()

    assert api.put(at, labels={"env": "prod"})[singular]["labels"] == {"env": "prod"}
    assert api.get(f"/{collection}", label_selector="env=prod")[collection] == [api.get(at)[singular]]
    assert api.get(f"/{collection}", label_selector="!env")[collection] == []

    assert api.delete(at).status in (200, 201, 204)
    cloud.finish_actions()
    assert api.get(at).code == "not_found"
    assert not cloud.project[collection].own


@pytest.mark.parametrize("collection", ["certificates", *ACTIONS])
def test_the_ways_to_read_actions(cloud: FakeCloud, api: API, collection: str) -> None:
    if collection == "certificates":
        made = api.post("/certificates", name="x", type="managed", domain_names=["example.com"])["certificate"]
    elif collection == "images":
        made = api.post(f"/servers/{api.server()['id']}/actions/create_image", type="snapshot")["image"]
    else:
        made = api.post(f"/{collection}", **WANTED[collection])[cloud.project[collection].singular]
    cloud.finish_actions()
    at = f"/{collection}/{made['id']}"
    if collection in ACTIONS:
        command, body = ACTIONS[collection]
        assert api.post(f"{at}/actions/{command}", **body).status == 201
        cloud.finish_actions()

    done = api.get(f"{at}/actions", sort="id:desc")["actions"]
    last = done[0]
    assert {"id": made["id"], "type": cloud.project[collection].singular} in last["resources"]
    assert api.get(f"/{collection}/actions", sort="id:desc", status="success")["actions"] == done
    for way in (f"{at}/actions", f"/{collection}/actions", "/actions"):
        assert api.get(f"{way}/{last['id']}")["action"] == last
    assert api.get("/actions", id=last["id"])["actions"] == [last]


def test_what_is_in_use_stays(cloud: FakeCloud, api: API) -> None:
    made = {name: api.post(f"/{name}", **WANTED[name]) for name in ("certificates", "firewalls", "networks", "servers")}
    cloud.finish_actions()
    server, network = made["servers"]["server"]["id"], made["networks"]["network"]["id"]
    api.post(f"/networks/{network}/actions/add_subnet", type="cloud", network_zone="eu-central")
    cloud.finish_actions()
    api.post(f"/servers/{server}/actions/attach_to_network", network=network)
    cloud.finish_actions()
    used_by = {"type": "server", "server": {"id": server}}
    certificate, firewall = made["certificates"]["certificate"]["id"], made["firewalls"]["firewall"]["id"]
    https = {"protocol": "https", "http": {"certificates": [certificate]}}
    api.post("/load_balancers", **WANTED["load_balancers"], services=[https])
    api.post(f"/firewalls/{firewall}/actions/apply_to_resources", apply_to=[used_by])
    cloud.finish_actions()
    volume = api.post("/volumes", name="x", size=10, server=server)["volume"]["id"]
    cloud.finish_actions()
    floating = api.post("/floating_ips", type="ipv4", server=server)["floating_ip"]["id"]
    cloud.finish_actions()
    primary = cloud.servers["x"]["public_net"]["ipv4"]["id"]

    for path in (
        f"/certificates/{certificate}",
        f"/firewalls/{firewall}",
        f"/volumes/{volume}",
        f"/floating_ips/{floating}",
        f"/primary_ips/{primary}",
    ):
        refused = api.delete(path)
        assert (refused.status, refused.code) in {(422, "resource_in_use"), (422, "must_be_unassigned")}
        assert "in use" in refused.body["error"]["message"]
        assert api.get(path).status == 200

    subnet = cloud.networks["x"]["subnets"][0]["ip_range"]
    refused = api.post(f"/networks/{network}/actions/delete_subnet", ip_range=subnet)
    assert (refused.code, "in use" in refused.body["error"]["message"]) == ("service_error", True)
