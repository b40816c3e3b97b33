"""Networks in the fake cloud."""

from __future__ import annotations

from typing import Any

import pytest

from hcloud.testing import FakeCloud
from tests.testing.api import API

SUBNET = {"type": "cloud", "network_zone": "eu-central"}


@pytest.fixture
def network(api: API) -> Any:
    subnet = {**SUBNET, "ip_range": "10.0.1.0/24"}
    return api.post("/networks", name="lan", ip_range="10.0.0.0/16", subnets=[subnet])["network"]


def attach(api: API, server: Any, network: Any, **fields: Any) -> Any:
    """Attach a server and return its attachment to the network."""
    api.done(api.post(f"/servers/{server['id']}/actions/attach_to_network", network=network["id"], **fields))
    return api.get(f"/servers/{server['id']}")["server"]["private_net"][-1]


def error_code(api: API, server: Any, network: Any, **fields: Any) -> str:
    return api.post(f"/servers/{server['id']}/actions/attach_to_network", network=network["id"], **fields).code


def test_create_with_subnets_and_routes(api: API) -> None:
    route = {"destination": "10.100.1.0/24", "gateway": "10.0.0.2"}
    created = api.post(
        "/networks",
        name="lan",
        ip_range="10.0.0.0/16",
        labels={"a": "b"},
        subnets=[SUBNET, {"type": "vswitch", "network_zone": "eu-central", "vswitch_id": 7}],
        routes=[route],
        expose_routes_to_vswitch=True,
    )
    network = created["network"]
    assert [(subnet["ip_range"], subnet["gateway"]) for subnet in network["subnets"]] == [
        ("10.0.0.0/24", "10.0.0.1"),
        ("10.0.1.0/24", "10.0.1.1"),
    ]
    assert (network["routes"], network["expose_routes_to_vswitch"]) == ([route], True)
    assert (network["servers"], network["load_balancers"], network["labels"]) == ([], [], {"a": "b"})


def test_create_and_update(api: API, network: Any) -> None:
    path = f"/networks/{network['id']}"
    assert network["subnets"] == [{**SUBNET, "ip_range": "10.0.1.0/24", "gateway": "10.0.0.1", "vswitch_id": None}]
    changed = api.put(path, name="wan", labels={"x": ""}, expose_routes_to_vswitch=True)["network"]
    assert (changed["name"], changed["labels"], changed["expose_routes_to_vswitch"]) == ("wan", {"x": ""}, True)
    assert api.post("/networks", name="wan", ip_range="10.0.0.0/16").code == "uniqueness_error"
    api.post(f"{path}/actions/change_protection", delete=True)
    assert api.delete(path).code == "protected"
    api.post(f"{path}/actions/change_protection", delete=False)
    assert api.delete(path).status == 204


@pytest.mark.parametrize("ip_range", ["8.8.0.0/16", "10.0.0.0/25", "10.0.0.1/16", "10.0.0.0/7", "fd00::/64", "lan", ""])
def test_bad_ranges(api: API, ip_range: str) -> None:
    assert api.post("/networks", name="lan", ip_range=ip_range).fields == ["ip_range"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"ip_range": "10.0.1.128/25"}, "ip_range"),
        ({"ip_range": "10.1.0.0/24"}, "ip_range"),
        ({"ip_range": "10.0.2.0/31"}, "ip_range"),
        ({"ip_range": "10.0.9.0/24"}, "ip_range"),
        ({"network_zone": "mars"}, "network_zone"),
        ({"type": "tunnel"}, "type"),
        ({"type": "vswitch"}, "vswitch_id"),
        ({"vswitch_id": 7}, "vswitch_id"),
    ],
)
def test_bad_subnets(api: API, network: Any, wrong: dict[str, Any], field: str) -> None:
    path = f"/networks/{network['id']}/actions"
    api.done(api.post(f"{path}/add_route", destination="10.0.9.0/25", gateway="10.0.1.2"))
    assert api.post(f"{path}/add_subnet", **{**SUBNET, **wrong}).fields == [field]


def test_subnets(api: API, network: Any) -> None:
    path = f"/networks/{network['id']}"
    started = api.post(f"{path}/actions/add_subnet", **SUBNET)
    assert api.post(f"{path}/actions/add_subnet", **SUBNET).code == "conflict"
    assert api.delete(path).code == "conflict"
    assert api.done(started)["command"] == "add_subnet"
    assert [subnet["ip_range"] for subnet in api.get(path)["network"]["subnets"]] == ["10.0.1.0/24", "10.0.0.0/24"]

    api.done(api.post(f"{path}/actions/delete_subnet", ip_range="10.0.1.0/24"))
    assert [subnet["ip_range"] for subnet in api.get(path)["network"]["subnets"]] == ["10.0.0.0/24"]
    assert api.post(f"{path}/actions/delete_subnet", ip_range="10.0.1.0/24").code == "not_found"


def test_no_attachment_to_a_subnet_that_is_being_deleted(cloud: FakeCloud, api: API, network: Any) -> None:
    path, server = f"/networks/{network['id']}", api.server()
    started = api.post(f"{path}/actions/delete_subnet", ip_range="10.0.1.0/24")
    assert error_code(api, server, network) == "no_subnet_available"
    arguments = {"server_type": "cx23", "image": "debian-12", "networks": [network["id"]]}
    assert api.post("/servers", name="new", **arguments).code == "no_subnet_available"
    api.done(started)

    api.done(api.post(f"{path}/actions/add_subnet", **SUBNET, ip_range="10.0.1.0/24"))
    cloud.fail_action("delete_subnet")
    api.done(api.post(f"{path}/actions/delete_subnet", ip_range="10.0.1.0/24"))
    assert attach(api, server, network)["ip"] == "10.0.1.1"


def test_no_update_during_a_change(cloud: FakeCloud, api: API, network: Any) -> None:
    path = f"/networks/{network['id']}"
    started = api.post(f"{path}/actions/add_subnet", **SUBNET)
    busy = api.put(path, name="wan")
    assert (busy.status, busy.code) == (409, "conflict")
    api.done(started)
    assert api.put(path, name="wan")["network"]["name"] == "wan"


def test_duplicate_addresses(api: API, network: Any) -> None:
    server = api.server()
    assert error_code(api, server, network, alias_ips=["10.0.1.9", "10.0.1.9"]) == "invalid_input"
    assert error_code(api, server, network, ip="10.0.1.9", alias_ips=["10.0.1.9"]) == "invalid_input"
    assert attach(api, server, network, alias_ips=["10.0.1.9"])["alias_ips"] == ["10.0.1.9"]
    path = f"/servers/{server['id']}/actions/change_alias_ips"
    again = api.post(path, network=network["id"], alias_ips=["10.0.1.9", "10.0.1.9"])
    assert again.fields == ["alias_ips"]


def test_no_free_range_for_a_subnet(api: API) -> None:
    network = api.post("/networks", name="lan", ip_range="10.0.0.0/24", subnets=[SUBNET])["network"]
    assert network["subnets"][0]["ip_range"] == "10.0.0.0/24"
    assert api.post(f"/networks/{network['id']}/actions/add_subnet", **SUBNET).fields == ["ip_range"]


@pytest.mark.parametrize(
    ("destination", "gateway", "field"),
    [
        ("10.0.1.0/25", "10.0.1.2", "destination"),
        ("10.200.0.128/25", "10.0.1.2", "destination"),
        ("10.200.0.0/24", "10.0.1.2", "destination"),
        ("172.31.0.0/16", "10.0.1.2", "destination"),
        ("8.8.8.0/24", "10.0.1.2", "destination"),
        ("somewhere", "10.0.1.2", "destination"),
        ("10.201.0.0/24", "10.0.0.1", "gateway"),
        ("10.201.0.0/24", "172.31.1.1", "gateway"),
        ("10.201.0.0/24", "10.1.0.2", "gateway"),
        ("10.201.0.0/24", "10.0.7.2", "gateway"),
        ("10.201.0.0/24", "me", "gateway"),
    ],
)
def test_bad_routes(api: API, network: Any, destination: str, gateway: str, field: str) -> None:
    path = f"/networks/{network['id']}/actions"
    vswitch = {"type": "vswitch", "network_zone": "eu-central", "vswitch_id": 7, "ip_range": "10.0.7.0/24"}
    api.done(api.post(f"{path}/add_subnet", **vswitch))
    api.done(api.post(f"{path}/add_route", destination="10.200.0.0/24", gateway="10.0.1.2"))
    assert api.post(f"{path}/add_route", destination=destination, gateway=gateway).fields == [field]


def test_all_malformed_addresses_are_named(api: API, network: Any) -> None:
    wrong = {"destination": "10.0.0.1/8", "gateway": "me"}
    assert api.post(f"/networks/{network['id']}/actions/add_route", **wrong).fields == ["destination", "gateway"]
    response = api.post("/networks", name="x", ip_range="all", subnets=[{**SUBNET, "ip_range": "some"}], routes=[wrong])
    assert response.fields == ["ip_range", "subnets.ip_range", "routes.destination", "routes.gateway"]


def test_routes(api: API, network: Any) -> None:
    path = f"/networks/{network['id']}"
    everywhere = {"destination": "0.0.0.0/0", "gateway": "10.0.1.2"}
    api.done(api.post(f"{path}/actions/add_route", **everywhere))
    assert api.get(path)["network"]["routes"] == [everywhere]
    assert api.post(f"{path}/actions/add_route", **everywhere).fields == ["destination"]
    api.done(api.post(f"{path}/actions/add_route", destination="10.200.0.0/24", gateway="10.0.1.2"))
    api.done(api.post(f"{path}/actions/delete_route", **everywhere))
    assert [route["destination"] for route in api.get(path)["network"]["routes"]] == ["10.200.0.0/24"]
    assert api.post(f"{path}/actions/delete_route", **everywhere).code == "not_found"


def test_extending_the_range(api: API, network: Any) -> None:
    path = f"/networks/{network['id']}"
    for wrong in ("10.0.0.0/17", "10.2.0.0/15", "11.0.0.0/8"):
        assert api.post(f"{path}/actions/change_ip_range", ip_range=wrong).fields == ["ip_range"]
    api.done(api.post(f"{path}/actions/change_ip_range", ip_range="10.0.0.0/12"))
    assert api.get(path)["network"]["ip_range"] == "10.0.0.0/12"


def test_attaching(cloud: FakeCloud, api: API, network: Any) -> None:
    web, db = api.server("web"), api.server("db")
    started = api.post(f"/servers/{web['id']}/actions/attach_to_network", network=network["id"])
    assert started["action"]["resources"] == [
        {"id": web["id"], "type": "server"},
        {"id": network["id"], "type": "network"},
    ]
    assert api.get(f"/networks/{network['id']}/members")["members"] == [
        {
            "id": web["id"],
            "type": "server",
            "ip": "10.0.1.1",
            "alias_ips": [],
            "subnet": "10.0.1.0/24",
            "status": "attaching",
        }
    ]
    assert cloud.servers["web"]["private_net"] == []
    api.done(started)
    shown = cloud.servers["web"]["private_net"]
    assert shown == [{"network": network["id"], "ip": "10.0.1.1", "alias_ips": [], "mac_address": "86:00:0a:00:01:01"}]
    assert attach(api, db, network, ip="10.0.1.7", alias_ips=["10.0.1.8"])["alias_ips"] == ["10.0.1.8"]
    assert cloud.networks["lan"]["servers"] == [web["id"], db["id"]]

    def members(**query: Any) -> list[int]:
        return [member["id"] for member in api.get(f"/networks/{network['id']}/members", **query)["members"]]

    assert members(sort="ip:desc") == [db["id"], web["id"]]
    assert members(type="load_balancer") == members(status="attaching") == members(subnet="10.0.2.0/24") == []
    assert members(type="server", status=["ok", "error"], subnet="10.0.1.0/24", per_page=1, page=2) == [db["id"]]


def test_unavailable_addresses(api: API) -> None:
    subnets = [{**SUBNET, "ip_range": "10.0.0.0/30"}, {**SUBNET, "ip_range": "10.0.1.0/24", "network_zone": "us-east"}]
    network = api.post("/networks", name="lan", ip_range="10.0.0.0/16", subnets=subnets)["network"]
    server, far, late = api.server(), api.server("far", server_type="ccx13", location="sin"), api.server("late")

    assert [error_code(api, server, network, ip=f"10.0.0.{last}") for last in (0, 1, 3, 9)] == ["ip_not_available"] * 4
    assert error_code(api, server, network, ip="10.0.1.5") == "ip_not_available"
    assert error_code(api, server, network, ip="me") == "invalid_input"
    assert error_code(api, server, network, ip_range="10.0.1.0/24") == "no_subnet_available"
    assert error_code(api, far, network) == "no_subnet_available"
    assert attach(api, server, network)["ip"] == "10.0.0.2"
    assert error_code(api, server, network) == "server_already_attached"
    assert error_code(api, late, network) == "no_subnet_available"
    assert error_code(api, late, network, ip="10.0.0.2") == "ip_not_available"


def test_the_public_gateway_is_reserved(api: API) -> None:
    subnet = {**SUBNET, "ip_range": "172.31.1.0/24"}
    network = api.post("/networks", name="lan", ip_range="172.31.0.0/16", subnets=[subnet])["network"]
    assert error_code(api, api.server(), network, ip="172.31.1.1") == "ip_not_available"
    assert attach(api, api.server("two"), network)["ip"] == "172.31.1.2"


def test_overlapping_networks(api: API, network: Any) -> None:
    other = api.post("/networks", name="other", ip_range="10.0.0.0/8", subnets=[SUBNET])["network"]
    server = api.server(networks=[network["id"]])
    assert error_code(api, server, other) == "networks_overlap"
    arguments = {"name": "two", "server_type": "cx23", "image": "debian-12"}
    assert api.post("/servers", **arguments, networks=[network["id"], other["id"]]).code == "networks_overlap"
    assert "two" not in api.cloud.servers


def test_servers_in_networks(cloud: FakeCloud, api: API, network: Any) -> None:
    created = api.post(
        "/servers",
        name="web",
        server_type="cx23",
        image="debian-12",
        networks=[network["id"]],
        public_net={"enable_ipv4": False, "enable_ipv6": False},
    )
    assert [action["command"] for action in created["next_actions"]] == ["attach_to_network", "start_server"]
    cloud.finish_actions()
    assert cloud.servers["web"]["private_net"][0]["ip"] == "10.0.1.1"

    far = {"name": "far", "server_type": "ccx13", "location": "ash", "image": "debian-12", "networks": [network["id"]]}
    assert api.post("/servers", **far).code == "no_subnet_available"
    api.delete(f"/servers/{created['server']['id']}")
    assert api.get(f"/networks/{network['id']}/members")["members"] == []
    assert cloud.networks["lan"]["servers"] == []


def test_detaching(cloud: FakeCloud, api: API, network: Any) -> None:
    server = api.server(networks=[network["id"]])
    stuck = api.post(f"/networks/{network['id']}/actions/delete_subnet", ip_range="10.0.1.0/24")
    assert stuck.code == "service_error"
    assert "in use" in stuck.body["error"]["message"]

    path = f"/servers/{server['id']}/actions/detach_from_network"
    started = api.post(path, network=network["id"])
    assert api.get(f"/networks/{network['id']}/members", status="detaching")["members"]
    api.done(started)
    assert cloud.servers["web"]["private_net"] == []
    assert api.post(path, network=network["id"]).fields == ["network"]
    assert attach(api, server, network)["ip"] == "10.0.1.1"

    assert api.delete(f"/networks/{network['id']}").status == 204
    assert cloud.servers["web"]["private_net"] == []


def test_failed_attachment_and_detachment(cloud: FakeCloud, api: API, network: Any) -> None:
    server = api.server()
    cloud.fail_action("attach_to_network")
    cloud.fail_action("detach_from_network")
    path = f"/servers/{server['id']}/actions"
    assert api.done(api.post(f"{path}/attach_to_network", network=network["id"]))["status"] == "error"
    assert api.get(f"/networks/{network['id']}/members")["members"] == []
    attach(api, server, network)
    assert api.done(api.post(f"{path}/detach_from_network", network=network["id"]))["status"] == "error"
    assert [member["status"] for member in api.get(f"/networks/{network['id']}/members")["members"]] == ["ok"]


def test_a_network_deleted_while_attaching(cloud: FakeCloud, api: API, network: Any) -> None:
    server = api.server()
    api.post(f"/servers/{server['id']}/actions/attach_to_network", network=network["id"])
    api.delete(f"/networks/{network['id']}")
    cloud.finish_actions()
    assert cloud.servers["web"]["private_net"] == []


def test_alias_ips(cloud: FakeCloud, api: API, network: Any) -> None:
    server, other = api.server(networks=[network["id"]]), api.server("other")
    path = f"/servers/{server['id']}/actions/change_alias_ips"

    def aliases(*ips: str) -> Any:
        api.done(api.post(path, network=network["id"], alias_ips=list(ips)))
        return cloud.servers["web"]["private_net"][0]["alias_ips"]

    assert aliases("10.0.1.5", "10.0.1.6") == ["10.0.1.5", "10.0.1.6"]
    assert error_code(api, other, network, ip="10.0.1.5") == "ip_not_available"
    assert api.post(path, network=network["id"], alias_ips=["10.0.1.1"]).code == "ip_not_available"
    assert api.post(path, network=network["id"], alias_ips=["10.0.2.1"]).fields == ["alias_ips"]
    cloud.fail_action("change_alias_ips")
    assert aliases("10.0.1.7") == ["10.0.1.5", "10.0.1.6"]
    assert aliases("10.0.1.6") == ["10.0.1.6"]
    assert attach(api, other, network, ip="10.0.1.5", alias_ips=["10.0.1.7"])["ip"] == "10.0.1.5"
    assert api.post(f"/servers/{other['id']}/actions/change_alias_ips", network=1, alias_ips=[]).fields == ["network"]


def test_a_snapshot_contains_running_actions(cloud: FakeCloud, api: API, network: Any) -> None:
    server = api.server()
    api.post(f"/servers/{server['id']}/actions/attach_to_network", network=network["id"])
    api.post(f"/networks/{network['id']}/actions/add_subnet", **SUBNET)
    before = cloud.snapshot()
    cloud.restore(before)
    cloud.finish_actions()
    assert cloud.networks["lan"]["servers"] == [server["id"]]
    assert len(cloud.networks["lan"]["subnets"]) == 2
