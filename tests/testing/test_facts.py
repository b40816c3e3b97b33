"""Facts about the API on which other people's programs and Hetzner's own integration tests rely."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from hcloud.testing import FakeCloud
from tests.testing.api import API, ParsedResponse

CLOUD = {"type": "cloud", "network_zone": "eu-central"}


def names(listed: Any) -> set[str]:
    return {record["name"] for record in listed}


# Label selectors


@pytest.mark.parametrize("selector", ["env!=prod", "env notin (prod)", "env notin (prod, stage)"])
def test_negated_selectors_match_only_objects_that_have_the_key(api: API, selector: str) -> None:
    lab = api.server("lab", labels={"env": "dev"})
    api.server("web", labels={"env": "prod"})
    api.server("bare")
    on_labels = {"type": "label_selector", "label_selector": {"selector": selector}}

    assert names(api.get("/servers", label_selector=selector)["servers"]) == {"lab"}
    firewall = api.post("/firewalls", name="wall", apply_to=[on_labels])["firewall"]
    selected = {"type": "server", "server": {"id": lab["id"]}}
    assert firewall["applied_to"][0]["applied_to_resources"] == [selected]
    balancer = {"name": "lb", "load_balancer_type": "lb11", "location": "fsn1", "targets": [on_labels]}
    (target,) = api.post("/load_balancers", **balancer)["load_balancer"]["targets"]
    assert [leaf["server"]["id"] for leaf in target["targets"]] == [lab["id"]]


def test_a_negated_selector_matches_no_soa_or_ns_rrset(api: API) -> None:
    rrset = {"name": "www", "type": "A", "records": [{"value": "192.0.2.1"}], "labels": {"env": "dev"}}
    api.post("/zones", name="example.com", mode="primary", rrsets=[rrset])
    for selector in ("env!=prod", "env notin (prod)"):
        rrsets = api.get("/zones/example.com/rrsets", label_selector=selector)["rrsets"]
        assert [rrset["id"] for rrset in rrsets] == ["www/A"]


@pytest.mark.parametrize(
    "selector",
    [
        "," * 100_000,
        "," * 32_000,
        "a=b," * 100_000,
        "a=b," * 8_000,
        "a in (" * 5_000,
        "a in (" + "b," * 15_000 + ")",
        "(" * 32_000,
        "a" + " " * 32_000,
        "a in (b" + " " * 32_000,
        "a." * 16_000,
        "a-" * 16_000 + "/b",
    ],
    ids=lambda selector: f"{selector[:8]}{len(selector)}",
)
def test_a_hostile_selector_is_rejected_quickly(cloud: FakeCloud, api: API, selector: str) -> None:
    api.server()
    start = time.process_time()
    response = api.get("/servers", label_selector=selector)
    assert time.process_time() - start < 10
    assert response.status == 200 or response.fields == ["label_selector"]


def test_a_long_selector_is_evaluated_quickly(cloud: FakeCloud, api: API) -> None:
    api.server(labels={"a": "b"})
    start = time.process_time()
    selector = "a," * (16 * 1024 - 1) + "aa"
    assert names(api.get("/servers", label_selector=selector[:-1])["servers"]) == {"web"}
    assert api.get("/servers", label_selector=selector)["servers"] == []
    assert api.get("/servers", label_selector=selector + "a").fields == ["label_selector"]
    assert time.process_time() - start < 10


# Floating IPs


def test_an_assigned_floating_ip_moves_to_another_server(cloud: FakeCloud, api: API) -> None:
    first, second = api.server("first"), api.server("second")
    floating_ip = api.post("/floating_ips", type="ipv4", server=first["id"])["floating_ip"]
    cloud.finish_actions()
    at = f"/floating_ips/{floating_ip['id']}"

    action = api.post(f"{at}/actions/assign", server=second["id"])["action"]
    resources = [{"id": floating_ip["id"], "type": "floating_ip"}, {"id": second["id"], "type": "server"}]
    assert (action["command"], action["resources"]) == ("assign_floating_ip", resources)
    cloud.finish_actions()
    assert api.get(at)["floating_ip"]["server"] == second["id"]
    assert cloud.servers["first"]["public_net"]["floating_ips"] == []
    assert cloud.servers["second"]["public_net"]["floating_ips"] == [floating_ip["id"]]
    assert api.post(f"{at}/actions/assign", server=second["id"]).code == "floating_ip_assigned"


def test_a_floating_ip_returns_if_its_move_fails(cloud: FakeCloud, api: API) -> None:
    first, second = api.server("first"), api.server("second")
    floating_ip = api.post("/floating_ips", type="ipv4", server=first["id"])["floating_ip"]
    cloud.finish_actions()
    cloud.fail_action("assign_floating_ip", 2)
    assign = f"/floating_ips/{floating_ip['id']}/actions/assign"
    api.done(api.post(assign, server=second["id"]))
    assert cloud.floating_ips[floating_ip["id"]]["server"] == first["id"]
    assert cloud.servers["first"]["public_net"]["floating_ips"] == [floating_ip["id"]]
    assert cloud.servers["second"]["public_net"]["floating_ips"] == []

    moving = api.post(assign, server=second["id"])
    assert api.delete(f"/servers/{first['id']}").status == 200
    assert api.done(moving)["status"] == "error"
    assert cloud.floating_ips[floating_ip["id"]]["server"] is None
    assert cloud.servers["second"]["public_net"]["floating_ips"] == []


def test_a_floating_ip_stays_where_it_is_assigned_while_it_is_being_unassigned(cloud: FakeCloud, api: API) -> None:
    first, second = api.server("first"), api.server("second")
    floating_ip = api.post("/floating_ips", type="ipv4", server=first["id"])["floating_ip"]
    cloud.finish_actions()
    at = f"/floating_ips/{floating_ip['id']}/actions"
    assert api.post(f"{at}/unassign")["action"]["status"] == "running"
    assert api.post(f"{at}/assign", server=second["id"]).status == 201
    cloud.finish_actions()
    assert cloud.floating_ips[floating_ip["id"]]["server"] == second["id"]
    assert cloud.servers["second"]["public_net"]["floating_ips"] == [floating_ip["id"]]
    api.done(api.post(f"{at}/unassign"))
    assert cloud.floating_ips[floating_ip["id"]]["server"] is None


@pytest.mark.parametrize("body", [{"home_location": "moon"}, {"home_location": 99}, {}])
def test_a_floating_ip_without_server_or_known_location_names_both_fields(api: API, body: dict[str, object]) -> None:
    response = api.post("/floating_ips", type="ipv4", **body)
    assert (response.status, response.code) == (422, "invalid_input")
    assert response.body["error"]["message"] == "invalid input in fields 'server', 'home_location'"
    assert response.fields == ["server", "home_location"]


def test_a_floating_ip_for_a_server_rejects_an_unknown_home_location(api: API) -> None:
    server = api.server(location="hel1")
    assert api.post("/floating_ips", type="ipv4", server=server["id"], home_location="moon").fields == ["home_location"]
    body = {"type": "ipv4", "server": server["id"], "home_location": "2"}
    assert api.post("/floating_ips", **body)["floating_ip"]["home_location"]["name"] == "nbg1"


# Servers without public addresses

HIDDEN = {"enable_ipv4": False, "enable_ipv6": False}


def test_a_server_without_addresses_is_created_stopped_and_started_in_a_network(cloud: FakeCloud, api: API) -> None:
    arguments = {"name": "web", "server_type": "cx23", "image": "debian-12", "public_net": HIDDEN}
    assert api.post("/servers", **arguments).code == "invalid_input"
    server = api.server(public_net=HIDDEN, start_after_create=False)
    at = f"/servers/{server['id']}/actions"
    assert server["status"] == "off"
    for action in ("poweron", "reset"):
        assert api.post(f"{at}/{action}").code == "invalid_input"

    network = api.post("/networks", name="net", ip_range="10.0.0.0/16", subnets=[CLOUD])["network"]
    assert api.done(api.post(f"{at}/attach_to_network", network=network["id"]))["status"] == "success"
    assert api.done(api.post(f"{at}/poweron"))["status"] == "success"
    assert cloud.servers["web"]["status"] == "running"


def test_a_server_that_cannot_be_started_stays_off_after_changes(cloud: FakeCloud, api: API) -> None:
    server = api.server(public_net=HIDDEN, start_after_create=False)
    at = f"/servers/{server['id']}/actions"
    api.done(api.post(f"{at}/change_type", server_type="cx33", upgrade_disk=False))
    assert (cloud.servers["web"]["status"], cloud.servers["web"]["server_type"]["name"]) == ("off", "cx33")
    api.done(api.post(f"{at}/rebuild", image="debian-13"))
    assert (cloud.servers["web"]["status"], cloud.servers["web"]["image"]["name"]) == ("off", "debian-13")


# DNS zones


def test_a_zone_with_a_protected_rrset_cannot_be_deleted(cloud: FakeCloud, api: API) -> None:
    rrset = {"name": "www", "type": "A", "records": [{"value": "192.0.2.1"}]}
    api.post("/zones", name="example.com", mode="primary", rrsets=[rrset])
    protection = "/zones/example.com/rrsets/www/A/actions/change_protection"
    api.done(api.post(protection, change=True))
    response = api.delete("/zones/example.com")
    assert (response.status, response.code) == (423, "protected")
    assert "example.com" in cloud.zones

    api.done(api.post(protection, change=False))
    assert api.delete("/zones/example.com").status == 201
    nameservers = [{"address": "192.0.2.1"}]
    api.post("/zones", name="example.org", mode="secondary", primary_nameservers=nameservers)
    assert api.delete("/zones/example.org").status == 201


def test_a_new_zone_is_not_delegated(cloud: FakeCloud, api: API) -> None:
    api.done(api.post("/zones", name="example.com", mode="primary"))
    zone = api.get("/zones/example.com")["zone"]
    assert zone["authoritative_nameservers"] == {
        "assigned": ["hydrogen.ns.hetzner.com.", "oxygen.ns.hetzner.com.", "helium.ns.hetzner.de."],
        "delegated": [],
        "delegation_last_check": None,
        "delegation_status": "unknown",
    }
    assert (zone["registrar"], zone["status"]) == ("other", "ok")


# Load balancers


def test_defaults_of_http_services(api: API) -> None:
    body = {"name": "lb", "load_balancer_type": "lb11", "location": "fsn1", "services": [{"protocol": "http"}]}
    (service,) = api.post("/load_balancers", **body)["load_balancer"]["services"]
    assert service["http"] == {
        "certificates": [],
        "cookie_lifetime": 300,
        "cookie_name": "HCLBSTICKY",
        "redirect_http": False,
        "sticky_sessions": False,
        "timeout_idle": 50,
    }


def test_a_health_check_sends_no_host_header_if_its_domain_is_null(cloud: FakeCloud, api: API) -> None:
    def service(**http: Any) -> dict[str, Any]:
        return {"health_check": {"protocol": "http", "port": 80, "http": http}}

    path = make_load_balancer(api, services=[{"protocol": "http", **service(domain="example.com", path="/up")}])
    for changes, domain in (({"path": "/"}, "example.com"), ({"domain": None}, None), ({"domain": ""}, "")):
        api.done(api.post(f"{path}/actions/update_service", listen_port=80, **service(**changes)))
        (updated,) = api.get(path)["load_balancer"]["services"]
        assert (updated["health_check"]["http"]["domain"], updated["health_check"]["http"]["path"]) == (domain, "/")
    wrong = service(domain="a b", path="/a b")
    response = api.post(f"{path}/actions/update_service", listen_port=80, **wrong)
    assert response.fields == ["health_check.http.domain", "health_check.http.path"]


def test_a_tcp_service_without_ports_names_both(api: API) -> None:
    path = make_load_balancer(api)
    response = api.post(f"{path}/actions/add_service", protocol="tcp")
    assert response.body["error"]["message"] == "invalid input in fields 'listen_port', 'destination_port'"
    body = {"name": "lb2", "load_balancer_type": "lb11", "location": "fsn1", "services": [{"protocol": "tcp"}]}
    assert api.post("/load_balancers", **body).fields == ["services.listen_port", "services.destination_port"]


def make_load_balancer(api: API, **fields: Any) -> str:
    """Create a load balancer and return its path."""
    body = {"name": "lb", "load_balancer_type": "lb11", "location": "fsn1", **fields}
    return f"/load_balancers/{api.post('/load_balancers', **body)['load_balancer']['id']}"


def test_load_balancers_take_several_targets_without_waiting(cloud: FakeCloud, api: API) -> None:
    servers = [api.server(name)["id"] for name in ("a", "b", "c")]
    path = make_load_balancer(api)
    bodies = [{"type": "server", "server": {"id": number}} for number in servers]
    added = [api.post(f"{path}/actions/add_target", **body) for body in bodies]
    assert [response["action"]["status"] for response in added] == ["running"] * 3
    assert api.post(f"{path}/actions/add_target", **bodies[0]).code == "target_already_defined"
    removed = api.post(f"{path}/actions/remove_target", **bodies[0])
    assert removed["action"]["status"] == "running"

    cloud.finish_actions()
    targets = api.get(path)["load_balancer"]["targets"]
    assert [target["server"]["id"] for target in targets] == servers[1:]
    assert [cloud.servers[name]["load_balancers"] for name in "abc"] == [[], *[[cloud.load_balancers["lb"]["id"]]] * 2]


def test_targets_and_services_that_are_being_added_count_for_the_limits(cloud: FakeCloud, api: API) -> None:
    path = make_load_balancer(api)
    ips = [{"type": "ip", "ip": {"ip": f"203.0.113.{number}"}} for number in range(26)]
    ports = [{"protocol": "tcp", "listen_port": port, "destination_port": port} for port in range(1, 7)]
    for bodies, command in ((ips, "add_target"), (ports, "add_service")):
        *accepted, rejected = [api.post(f"{path}/actions/{command}", **body) for body in bodies]
        assert {response.status for response in accepted} == {201}
        assert (rejected.status, rejected.code) == (403, "resource_limit_exceeded")
        assert rejected.body["error"]["details"] == {"limits": [{"name": f"load_balancer_{command[4:]}_limit"}]}
    cloud.finish_actions()
    load_balancer = api.get(path)["load_balancer"]
    assert (len(load_balancer["targets"]), len(load_balancer["services"])) == (25, 5)


def test_services_change_without_waiting(cloud: FakeCloud, api: API) -> None:
    path = make_load_balancer(api, services=[{"protocol": "http"}])
    http = {"protocol": "tcp", "listen_port": 80, "destination_port": 1}
    ssh = {"protocol": "tcp", "listen_port": 22, "destination_port": 22}
    assert api.post(f"{path}/actions/add_service", **http).code == "source_port_already_used"
    assert api.post(f"{path}/actions/add_service", **ssh).status == 201
    assert api.post(f"{path}/actions/add_service", **ssh).code == "source_port_already_used"
    for change in ({"proxyprotocol": True}, {"destination_port": 2222}):
        assert api.post(f"{path}/actions/update_service", listen_port=22, **change).status == 201
    assert api.post(f"{path}/actions/delete_service", listen_port=80).status == 201
    assert api.post(f"{path}/actions/delete_service", listen_port=80).code == "not_found"

    cloud.finish_actions()
    (service,) = api.get(path)["load_balancer"]["services"]
    assert (service["listen_port"], service["proxyprotocol"], service["destination_port"]) == (22, True, 2222)
    cloud.fail_action("delete_service")
    api.done(api.post(f"{path}/actions/delete_service", listen_port=22))
    assert api.get(path)["load_balancer"]["services"] == [service]
    assert api.post(f"{path}/actions/add_service", **ssh).code == "source_port_already_used"


def test_a_load_balancer_is_attached_to_one_network_without_waiting(cloud: FakeCloud, api: API) -> None:
    path = make_load_balancer(api)
    networks = [
        api.post("/networks", name=name, ip_range=f"10.{number}.0.0/16", subnets=[CLOUD])["network"]["id"]
        for number, name in enumerate("ab")
    ]
    assert api.post(f"{path}/actions/attach_to_network", network=networks[0]).status == 201
    assert api.post(f"{path}/actions/attach_to_network", network=networks[1]).code == "load_balancer_already_attached"
    assert api.delete(path).code == "locked"
    cloud.finish_actions()
    cloud.fail_action("detach_from_network", 2)
    for _ in range(2):
        assert api.post(f"{path}/actions/detach_from_network", network=networks[0]).status == 201
    cloud.finish_actions()
    (member,) = api.get(f"/networks/{networks[0]}/members")["members"]
    assert member["status"] == "ok"
    assert api.delete(path).status == 201


# The catalogue


def test_server_type_1_is_deprecated_and_unavailable(api: API) -> None:
    server_type = api.get("/server_types/1")["server_type"]
    deprecation = {"announced": "2024-06-06T08:00:00+00:00", "unavailable_after": "2024-09-06T00:00:00+00:00"}
    assert (server_type["name"], server_type["deprecated"], server_type["deprecation"]) == ("cx11", True, deprecation)
    assert {location["name"]: location["deprecation"] for location in server_type["locations"]} == {
        "fsn1": deprecation,
        "nbg1": deprecation,
        "hel1": deprecation,
    }
    arguments = {"name": "web", "server_type": "cx11", "image": "debian-12"}
    for location in ({}, {"location": "fsn1"}):
        response = api.post("/servers", **arguments, **location)
        assert (response.status, response.code) == (412, "resource_unavailable")


@pytest.mark.parametrize(
    ("collection", "name", "method", "body"),
    [
        ("server_types", "cx33", "/servers", {"name": "x", "server_type": "cx33", "image": "debian-12"}),
        ("images", "debian-12", "/servers", {"name": "x", "server_type": "cx23", "image": "debian-12"}),
        ("images", "debian-13", "/servers/{server}/actions/rebuild", {"image": "debian-13"}),
        ("isos", "netboot.xyz.iso", "/servers/{server}/actions/attach_iso", {"iso": "netboot.xyz.iso"}),
        (
            *("load_balancer_types", "lb21", "/load_balancers"),
            {"name": "x", "load_balancer_type": "lb21", "location": "fsn1"},
        ),
        (
            *("load_balancer_types", "lb21", "/load_balancers/{load_balancer}/actions/change_type"),
            {"load_balancer_type": "lb21"},
        ),
        (
            *("storage_box_types", "bx21", "/storage_boxes"),
            {"name": "x", "storage_box_type": "bx21", "location": "fsn1", "password": "Secret-1234567"},
        ),
        (
            *("storage_box_types", "bx21", "/storage_boxes/{storage_box}/actions/change_type"),
            {"storage_box_type": "bx21"},
        ),
    ],
)
def test_what_is_no_longer_available_is_rejected(
    cloud: FakeCloud, api: API, collection: str, name: str, method: str, body: dict[str, Any]
) -> None:
    box = {"name": "box", "storage_box_type": "bx11", "location": "fsn1", "password": "Secret-1234567"}
    path = method.format(
        server=api.server("used", image="ubuntu-24.04")["id"],
        load_balancer=make_load_balancer(api).rpartition("/")[2],
        storage_box=api.post("/storage_boxes", **box)["storage_box"]["id"],
    )
    cloud.finish_actions()
    before = cloud.snapshot()
    deprecation = {"announced": "2026-01-01T00:00:00+00:00", "unavailable_after": "2026-12-01T00:00:00+00:00"}
    for record in cloud.project[collection]:
        if record["name"] == name:
            record["deprecation"] = deprecation
    cloud.advance(30 * 86_400)
    assert api.post(path, **body).status == 201  # until then
    cloud.finish_actions()
    cloud.restore(before)
    for record in cloud.project[collection]:
        if record["name"] == name:
            record["deprecation"] = deprecation
    cloud.advance(60 * 86_400)
    response = api.post(path, **body)
    assert (response.status, response.code) == (412, "resource_unavailable")


@pytest.mark.parametrize("collection", ["images", "isos"])
def test_two_architectures_mean_either(api: API, collection: str) -> None:
    def architectures(*values: str) -> set[str]:
        listed = api.get(f"/{collection}", architecture=list(values), per_page=50)[collection]
        return {record["architecture"] for record in listed}

    assert architectures("x86", "arm") == architectures("arm", "x86") == {"x86", "arm"}
    assert architectures("x86", "x86") == {"x86"}
    assert api.get(f"/{collection}", architecture=["x86", "mips"]).fields == ["architecture"]


def test_two_modes_of_zones_mean_either(api: API) -> None:
    api.post("/zones", name="example.com", mode="primary")
    nameservers = [{"address": "192.0.2.1"}]
    api.post("/zones", name="example.org", mode="secondary", primary_nameservers=nameservers)
    both = api.get("/zones", mode=["primary", "secondary"])["zones"]
    assert names(both) == names(api.get("/zones", mode=["secondary", "primary"])["zones"])
    assert names(both) == {"example.com", "example.org"}
    assert names(api.get("/zones", mode=["secondary"])["zones"]) == {"example.org"}


# Limits: exactly the limit passes, one more fails


def assert_limit(response: ParsedResponse, name: str) -> None:
    assert (response.status, response.code) == (403, "resource_limit_exceeded")
    assert response.body["error"]["details"] == {"limits": [{"name": name}]}


def assert_invalid(response: ParsedResponse, field: str) -> None:
    assert (response.status, response.code, response.fields) == (422, "invalid_input", [field])


def test_a_network_has_100_servers(cloud: FakeCloud, api: API) -> None:
    network = api.post("/networks", name="net", ip_range="10.0.0.0/16", subnets=[CLOUD])["network"]
    arguments = {"server_type": "cx23", "image": "debian-12", "networks": [network["id"]], "public_net": HIDDEN}
    for number in range(99):
        assert api.post("/servers", name=f"n{number}", **arguments).status == 201
    outside = [api.server(name)["id"] for name in ("outside", "further")]
    attach = [f"/servers/{number}/actions/attach_to_network" for number in outside]
    assert api.post(attach[0], network=network["id"]).status == 201
    assert_limit(api.post(attach[1], network=network["id"]), "network_server_limit")
    assert_limit(api.post("/servers", name="n100", **arguments), "network_server_limit")
    assert "n100" not in cloud.servers

    body = {"name": "lb", "load_balancer_type": "lb11", "location": "fsn1", "network": network["id"]}
    assert api.post("/load_balancers", **body).status == 201
    cloud.finish_actions()
    api.done(api.post(f"/servers/{outside[0]}/actions/detach_from_network", network=network["id"]))
    assert api.post(attach[1], network=network["id"]).status == 201


def test_a_network_has_50_subnets(cloud: FakeCloud, api: API) -> None:
    network = api.post("/networks", name="net", ip_range="10.0.0.0/16", subnets=[CLOUD] * 49)["network"]
    add = f"/networks/{network['id']}/actions/add_subnet"
    assert api.done(api.post(add, **CLOUD))["status"] == "success"
    assert_limit(api.post(add, **CLOUD), "network_subnet_limit")
    assert len(cloud.networks["net"]["subnets"]) == 50
    body = {"name": "more", "ip_range": "10.0.0.0/16", "subnets": [CLOUD] * 51}
    assert_limit(api.post("/networks", **body), "network_subnet_limit")


def test_a_network_has_100_routes(cloud: FakeCloud, api: API) -> None:
    routes = [{"destination": f"192.168.{number}.0/24", "gateway": "10.0.0.2"} for number in range(101)]
    network = api.post("/networks", name="net", ip_range="10.0.0.0/16", routes=routes[:99])["network"]
    add = f"/networks/{network['id']}/actions/add_route"
    assert api.done(api.post(add, **routes[99]))["status"] == "success"
    assert_limit(api.post(add, **routes[100]), "network_route_limit")
    assert len(cloud.networks["net"]["routes"]) == 100
    assert_limit(api.post("/networks", name="more", ip_range="10.0.0.0/16", routes=routes), "network_route_limit")


@pytest.mark.parametrize("character", ["x", "\u00fc"])
def test_user_data_has_32_kib_in_bytes(api: API, character: str) -> None:
    size = len(character.encode())
    full = character * (32 * 1024 // size) + "x" * (32 * 1024 % size)
    server = api.server(user_data=full)
    arguments = {"server_type": "cx23", "image": "debian-12"}
    assert_invalid(api.post("/servers", name="more", **arguments, user_data=full + "x"), "user_data")
    rebuild = f"/servers/{server['id']}/actions/rebuild"
    assert_invalid(api.post(rebuild, image="debian-12", user_data=full + "x"), "user_data")
    assert api.done(api.post(rebuild, image="debian-12", user_data=full))["status"] == "success"


@pytest.mark.parametrize("collection", ["floating_ips", "primary_ips"])
def test_an_ipv6_has_100_reverse_dns_entries(cloud: FakeCloud, api: API, collection: str) -> None:
    location = {"home_location": "fsn1"} if collection == "floating_ips" else {"location": "fsn1"}
    record = api.post(f"/{collection}", name="six", type="ipv6", **location)[collection[:-1]]
    change = f"/{collection}/{record['id']}/actions/change_dns_ptr"
    prefix = record["ip"].removesuffix("/64")
    for number in range(100):
        assert api.post(change, ip=f"{prefix}{number:x}", dns_ptr=f"h{number}.example.com").status == 201
    assert_limit(api.post(change, ip=f"{prefix}{100:x}", dns_ptr="h100.example.com"), "rdns_entry_limit")
    assert api.post(change, ip=f"{prefix}7", dns_ptr="other.example.com").status == 201
    assert api.post(change, ip=f"{prefix}8", dns_ptr=None).status == 201
    assert api.post(change, ip=f"{prefix}{100:x}", dns_ptr="h100.example.com").status == 201
    assert len(cloud.project[collection]["six"]["dns_ptr"]) == 100


@pytest.mark.parametrize("dns_ptr", ["a b.example.com", "example.com.", "-a.example.com", "a..b", "", "x" * 64, 7])
def test_a_reverse_dns_entry_is_a_host_name(cloud: FakeCloud, api: API, dns_ptr: object) -> None:
    server = api.server()
    floating_ip = api.post("/floating_ips", type="ipv4", home_location="fsn1")["floating_ip"]
    path = make_load_balancer(api)
    address = server["public_net"]["ipv4"]
    for at, ip in (
        (f"/servers/{server['id']}", address["ip"]),
        (f"/primary_ips/{address['id']}", address["ip"]),
        (f"/floating_ips/{floating_ip['id']}", floating_ip["ip"]),
        (path, cloud.load_balancers["lb"]["public_net"]["ipv4"]["ip"]),
    ):
        assert_invalid(api.post(f"{at}/actions/change_dns_ptr", ip=ip, dns_ptr=dns_ptr), "dns_ptr")
        assert api.post(f"{at}/actions/change_dns_ptr", ip=ip, dns_ptr="Web-1.example.com").status == 201
        cloud.finish_actions()


@cache
def certificate() -> tuple[str, str]:
    """Return a certificate and its private key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example.com")])
    start = datetime(2026, 10, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, start, start + timedelta(days=90))
    pem = builder.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()
    return pem, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_a_certificate_is_a_chain_of_5_and_30000_bytes_with_a_key_of_5000(api: API) -> None:
    chain, key = certificate()
    full = {"certificate": chain * 5 + "\n" * (30_000 - 5 * len(chain)), "private_key": key + "\n" * (5_000 - len(key))}
    assert [len(text) for text in full.values()] == [30_000, 5_000]
    assert api.post("/certificates", name="full", **full).status == 201
    assert_invalid(api.post("/certificates", name="x", certificate=chain * 6, private_key=key), "certificate")
    for field in full:
        assert_invalid(api.post("/certificates", name="x", **{**full, field: full[field] + "\n"}), field)


def test_a_firewall_has_500_effective_rules(cloud: FakeCloud, api: API) -> None:
    ips = [f"192.0.2.{number}/32" for number in range(100)]
    full = [{"direction": "in", "protocol": "icmp", "source_ips": ips}] * 4
    full.append({"direction": "out", "protocol": "icmp", "destination_ips": ips})
    more = [*full, {"direction": "in", "protocol": "icmp", "source_ips": ips[:1]}]
    firewall = api.post("/firewalls", name="wall", rules=full)["firewall"]
    assert_invalid(api.post("/firewalls", name="x", rules=more), "rules")
    assert_invalid(api.post(f"/firewalls/{firewall['id']}/actions/set_rules", rules=more), "rules")
    assert api.post(f"/firewalls/{firewall['id']}/actions/set_rules", rules=full).status == 201


def test_a_server_has_5_firewalls(cloud: FakeCloud, api: API) -> None:
    firewalls = [api.post("/firewalls", name=f"wall{number}")["firewall"]["id"] for number in range(6)]
    applied = [{"firewall": number} for number in firewalls]
    arguments = {"server_type": "cx23", "image": "debian-12"}
    assert_limit(api.post("/servers", name="x", **arguments, firewalls=applied), "server_firewall_limit")
    server = api.server(firewalls=applied[:4])
    resource = {"type": "server", "server": {"id": server["id"]}}
    apply = "/firewalls/{}/actions/apply_to_resources"
    assert api.post(apply.format(firewalls[4]), apply_to=[resource]).status == 201
    assert_limit(api.post(apply.format(firewalls[5]), apply_to=[resource]), "server_firewall_limit")
    assert_limit(api.post("/firewalls", name="more", apply_to=[resource]), "server_firewall_limit")
    assert "more" not in cloud.firewalls


# Renewal of certificates

DAY = 86_400


def issued_certificate(api: API) -> str:
    """Have a certificate issued, and return its path."""
    response = api.post("/certificates", name="mine", type="managed", domain_names=["example.com"])
    assert api.done(response)["status"] == "success"
    return f"/certificates/{response['certificate']['id']}"


def test_a_managed_certificate_is_renewed_30_days_before_it_ends(cloud: FakeCloud, api: API) -> None:
    path = issued_certificate(api)
    issued = api.get(path)["certificate"]
    assert issued["not_valid_after"] == "2027-01-13T12:00:30+00:00"
    assert issued["status"] == {"issuance": "completed", "renewal": "scheduled", "error": None}
    cloud.advance(60 * DAY - 1)
    assert api.get(path)["certificate"] == issued

    cloud.advance(1)
    renewed = api.get(path)["certificate"]
    assert (renewed["not_valid_before"], renewed["not_valid_after"]) == (
        "2026-12-14T12:00:30+00:00",
        "2027-03-14T12:00:30+00:00",
    )
    assert renewed["fingerprint"] != issued["fingerprint"]
    assert renewed["certificate"] != issued["certificate"]
    assert renewed["status"] == issued["status"]
    assert len(api.get(f"{path}/actions")["actions"]) == 1

    cloud.advance(150 * DAY)
    assert api.get(path)["certificate"]["not_valid_after"] == "2027-07-12T12:00:30+00:00"


def test_a_failed_renewal_can_be_retried(cloud: FakeCloud, api: API) -> None:
    path = issued_certificate(api)
    issued = api.get(path)["certificate"]
    assert api.post(f"{path}/actions/retry").code == "unsupported_error"
    cloud.fail_action("issue_certificate", 2, code="dns_zone_not_found", message="DNS zone not found")
    cloud.advance(100 * DAY)
    error = {"code": "dns_zone_not_found", "message": "DNS zone not found"}
    failed = {**issued, "status": {"issuance": "completed", "renewal": "failed", "error": error}}
    assert api.get(path)["certificate"] == failed
    retry = api.post(f"{path}/actions/retry")
    assert api.get(path)["certificate"]["status"] == {"issuance": "completed", "renewal": "pending", "error": None}
    assert api.done(retry)["status"] == "error"
    assert api.get(path)["certificate"] == failed

    assert api.done(api.post(f"{path}/actions/retry"))["command"] == "issue_certificate"
    renewed = api.get(path)["certificate"]
    assert renewed["status"] == issued["status"]
    assert renewed["not_valid_before"] == "2027-01-23T12:01:30+00:00"


def test_an_uploaded_certificate_is_not_renewed(cloud: FakeCloud, api: API) -> None:
    chain, key = certificate()
    uploaded = api.post("/certificates", name="mine", certificate=chain, private_key=key)["certificate"]
    cloud.advance(365 * DAY)
    assert api.get(f"/certificates/{uploaded['id']}")["certificate"] == uploaded
