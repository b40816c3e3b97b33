"""Behaviour of every resource, and input that every operation rejects."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hcloud.testing import FakeCloud
from hcloud.testing.resource import Operation
from hcloud.testing.router import router
from tests.testing.api import API
from tests.testing.test_certificates import ISSUED
from tests.testing.test_ssh_keys import KEY

PASSWORD = "Correct-Horse-9"
WANTED: dict[str, dict[str, Any]] = {
    "certificates": {"name": "x", "certificate": ISSUED.chain, "private_key": ISSUED.private_key},
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


def missing_path(operation: Operation) -> str:
    """Return a path of an operation on a record that does not exist."""
    return re.sub(r"\{[^}]+\}", "999", operation.path)


@pytest.fixture
def operations() -> list[Operation]:
    return router().operations


def test_a_token_is_required(cloud: FakeCloud, operations: list[Operation]) -> None:
    anonymous = API(cloud, "")
    assert {anonymous(operation.method, missing_path(operation)).code for operation in operations} == {"unauthorized"}


def test_unknown_method(api: API, operations: list[Operation]) -> None:
    for operation in operations:
        response = api("PATCH", missing_path(operation))
        assert response.code == "method_not_allowed"
        assert operation.method in response.headers["Allow"].split(", ")


def test_a_read_only_token_changes_nothing(cloud: FakeCloud, operations: list[Operation]) -> None:
    reader = API(cloud, cloud.project.read_only_token)
    writing = [operation for operation in operations if operation.method != "GET"]
    assert {reader(operation.method, missing_path(operation), raw=b"{").code for operation in writing} == {
        "token_readonly"
    }


def test_invalid_bodies(api: API, operations: list[Operation]) -> None:
    for operation in operations:
        if operation.in_body:
            assert api(operation.method, missing_path(operation), raw=b"{").code == "json_error"
            assert api(operation.method, missing_path(operation), raw=b"[]").code == "invalid_input"


def test_missing_records(api: API, operations: list[Operation]) -> None:
    for operation in operations:
        if "{" in operation.path:
            expected = {"invalid_input", "not_found"} if operation.input.required else {"not_found"}
            assert api(operation.method, missing_path(operation)).code in expected


def test_all_collections_are_tested(operations: list[Operation]) -> None:
    collections = {
        operation.path[1:] for operation in operations if operation.method == "POST" and operation.path.count("/") == 1
    }
    assert sorted(collections - WANTED.keys()) == [], "add the arguments of their creation to WANTED"
    assert sorted(WANTED.keys() - collections) == [], "the fake does not create these"


@pytest.mark.parametrize("collection", WANTED)
def test_limits_and_unique_names(cloud: FakeCloud, api: API, collection: str) -> None:
    cloud.limits[collection] = 0
    response = api.post(f"/{collection}", **WANTED[collection])
    limit = {"limits": [{"name": f"{cloud.project[collection].singular}_limit"}]}
    assert (response.status, response.body["error"]["details"]) == (403, limit)
    assert not cloud.project[collection].own

    cloud.limits[collection] = 1
    assert api.post(f"/{collection}", **WANTED[collection]).status == 201
    response = api.post(f"/{collection}", **WANTED[collection])
    assert (response.status, response.code, response.fields) == (409, "uniqueness_error", ["name"])
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
def test_create_list_update_and_delete(cloud: FakeCloud, api: API, collection: str) -> None:
    singular = cloud.project[collection].singular
    path = f"/{collection}/{api.post(f'/{collection}', **WANTED[collection])[singular]['id']}"
    cloud.finish_actions()

    assert api.put(path, labels={"env": "prod"})[singular]["labels"] == {"env": "prod"}
    assert api.get(f"/{collection}", label_selector="env=prod")[collection] == [api.get(path)[singular]]
    assert api.get(f"/{collection}", label_selector="!env")[collection] == []

    assert api.delete(path).status in (200, 201, 204)
    cloud.finish_actions()
    assert api.get(path).code == "not_found"
    assert not cloud.project[collection].own


@pytest.mark.parametrize("collection", ["certificates", *ACTIONS])
def test_lists_of_actions(cloud: FakeCloud, api: API, collection: str) -> None:
    if collection == "certificates":
        record = api.post("/certificates", name="x", type="managed", domain_names=["example.com"])["certificate"]
    elif collection == "images":
        record = api.post(f"/servers/{api.server()['id']}/actions/create_image", type="snapshot")["image"]
    else:
        record = api.post(f"/{collection}", **WANTED[collection])[cloud.project[collection].singular]
    cloud.finish_actions()
    path = f"/{collection}/{record['id']}"
    if collection in ACTIONS:
        command, body = ACTIONS[collection]
        assert api.post(f"{path}/actions/{command}", **body).status == 201
        cloud.finish_actions()

    actions = api.get(f"{path}/actions", sort="id:desc")["actions"]
    last = actions[0]
    assert {"id": record["id"], "type": cloud.project[collection].singular} in last["resources"]
    assert api.get(f"/{collection}/actions", sort="id:desc", status="success")["actions"] == actions
    for parent in (f"{path}/actions", f"/{collection}/actions", "/actions"):
        assert api.get(f"{parent}/{last['id']}")["action"] == last
    assert api.get("/actions", id=last["id"])["actions"] == [last]


def test_resources_in_use_cannot_be_deleted(cloud: FakeCloud, api: API) -> None:
    created = {
        name: api.post(f"/{name}", **WANTED[name]) for name in ("certificates", "firewalls", "networks", "servers")
    }
    cloud.finish_actions()
    server, network = created["servers"]["server"]["id"], created["networks"]["network"]["id"]
    api.post(f"/networks/{network}/actions/add_subnet", type="cloud", network_zone="eu-central")
    cloud.finish_actions()
    api.post(f"/servers/{server}/actions/attach_to_network", network=network)
    cloud.finish_actions()
    used_by = {"type": "server", "server": {"id": server}}
    certificate, firewall = created["certificates"]["certificate"]["id"], created["firewalls"]["firewall"]["id"]
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
        response = api.delete(path)
        assert (response.status, response.code) in {(422, "resource_in_use"), (422, "must_be_unassigned")}
        assert "in use" in response.body["error"]["message"]
        assert api.get(path).status == 200

    subnet = cloud.networks["x"]["subnets"][0]["ip_range"]
    response = api.post(f"/networks/{network}/actions/delete_subnet", ip_range=subnet)
    assert (response.code, "in use" in response.body["error"]["message"]) == ("service_error", True)
