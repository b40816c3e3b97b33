"""Load balancers in the fake cloud."""

from __future__ import annotations

from typing import Any

import pytest

from hcloud.testing import FakeCloud
from tests.testing.api import API

HTTP = {"protocol": "http"}
TCP = {"protocol": "tcp", "listen_port": 22, "destination_port": 2222, "proxyprotocol": True}
HIDDEN = {"enable_ipv4": False, "enable_ipv6": False}


def on_server(number: int, **fields: Any) -> dict[str, Any]:
    return {"type": "server", "server": {"id": number}, **fields}


def on_labels(selector: str, **fields: Any) -> dict[str, Any]:
    return {"type": "label_selector", "label_selector": {"selector": selector}, **fields}


def make(api: API, name: str = "lb", **fields: Any) -> Any:
    """Create a load balancer and return its record in the cloud."""
    api.post("/load_balancers", **{"name": name, "load_balancer_type": "lb11", "location": "fsn1", **fields})
    api.cloud.finish_actions()
    return api.cloud.load_balancers[name]


def act(api: API, load_balancer: Any, command: str, **body: Any) -> Any:
    """Run an action on a load balancer to its end and return the load balancer."""
    done = api.done(api.post(f"/load_balancers/{load_balancer['id']}/actions/{command}", **body))
    assert done["status"] == "success"
    return api.get(f"/load_balancers/{load_balancer['id']}")["load_balancer"]


def error_code(api: API, load_balancer: Any, command: str, **body: Any) -> str:
    return api.post(f"/load_balancers/{load_balancer['id']}/actions/{command}", **body).code


def health(api: API, load_balancer: Any) -> list[str]:
    current = api.get(f"/load_balancers/{load_balancer['id']}")["load_balancer"]
    leaves = [leaf for target in current["targets"] for leaf in target.get("targets", [target])]
    return [check["status"] for leaf in leaves for check in leaf["health_status"]]


@pytest.fixture
def network(api: API) -> Any:
    subnet = {"type": "cloud", "network_zone": "eu-central", "ip_range": "10.0.1.0/24"}
    return api.post("/networks", name="lan", ip_range="10.0.0.0/16", subnets=[subnet])["network"]


@pytest.fixture
def certificate(api: API) -> Any:
    created = api.post("/certificates", name="mine", type="managed", domain_names=["example.com"])
    api.cloud.finish_actions()
    return created["certificate"]


def test_life_cycle(api: API) -> None:
    created = api.post(
        "/load_balancers", name="lb", load_balancer_type="lb11", network_zone="us-east", labels={"a": "b"}
    )
    load_balancer, action = created["load_balancer"], created["action"]
    path = f"/load_balancers/{load_balancer['id']}"
    assert (action["command"], action["status"]) == ("create_load_balancer", "running")
    assert (load_balancer["location"]["name"], load_balancer["load_balancer_type"]["id"]) == ("ash", 1)
    assert load_balancer["algorithm"] == {"type": "round_robin"}
    assert load_balancer["public_net"]["enabled"]
    assert load_balancer["public_net"]["ipv6"]["ip"].endswith("::1")
    assert (load_balancer["services"], load_balancer["targets"], load_balancer["private_net"]) == ([], [], [])
    assert api.delete(path).code == "locked"

    api.cloud.finish_actions()
    changed = act(api, load_balancer, "change_algorithm", type="least_connections")
    assert changed["algorithm"] == {"type": "least_connections"}
    assert api.put(path, name="new", labels={})["load_balancer"]["name"] == "new"
    assert len(api.get("/load_balancers", name="new", sort="created:desc")["load_balancers"]) == 1
    act(api, load_balancer, "change_protection", delete=True)
    assert api.delete(path).code == "protected"
    act(api, load_balancer, "change_protection", delete=False)

    deleted = api.delete(path)
    assert (deleted.status, deleted["action"]["command"]) == (201, "delete_load_balancer")
    assert api.get(path).code == "not_found"
    assert api.done(deleted)["status"] == "success"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"location": None}, "location"),
        ({"network_zone": "eu-central"}, "location"),
        ({"load_balancer_type": "lb99"}, "load_balancer_type"),
        ({"algorithm": {"type": "random"}}, "algorithm.type"),
        ({"services": [{"protocol": "tcp", "destination_port": 22}]}, "services.listen_port"),
        ({"services": [{"protocol": "udp"}]}, "services.protocol"),
        ({"services": [{**TCP, "http": {"redirect_http": True}}]}, "services.http"),
        ({"services": [{**HTTP, "http": {"redirect_http": True}}]}, "services.http.redirect_http"),
        ({"services": [{**HTTP, "http": {"timeout_idle": 29}}]}, "services.http.timeout_idle"),
        ({"services": [{"protocol": "https"}]}, "services.http.certificates"),
        ({"services": [{**HTTP, "listen_port": 65536}]}, "services.listen_port"),
        ({"targets": [{"type": "server"}]}, "server"),
        ({"targets": [on_server(1)]}, "targets.server.id"),
        ({"targets": [{"type": "ip", "ip": {"ip": "me"}}]}, "ip.ip"),
        ({"targets": [{"type": "ip", "ip": {"ip": "192.0.2.1"}, "use_private_ip": True}]}, "use_private_ip"),
        ({"targets": [on_labels("not a selector")]}, "label_selector.selector"),
        ({"network": 1}, "network"),
        ({"public_net": {"ipv4": 1}}, "public_net.ipv4"),
    ],
)
def test_bad_input(api: API, wrong: dict[str, Any], field: str) -> None:
    arguments = {"name": "lb", "load_balancer_type": "lb11", "location": "fsn1", **wrong}
    assert api.post("/load_balancers", **arguments).fields == [field]
    assert len(api.cloud.load_balancers) == 0


def test_services(api: API) -> None:
    load_balancer = make(api, services=[HTTP])
    (service,) = load_balancer["services"]
    assert (service["listen_port"], service["destination_port"], service["proxyprotocol"]) == (80, 80, False)
    assert service["http"]["cookie_name"] == "HCLBSTICKY"
    assert service["health_check"]["http"]["status_codes"] == ["2??", "3??"]

    added = act(api, load_balancer, "add_service", **TCP)["services"][1]
    assert "http" not in added
    assert added["health_check"] == {"protocol": "tcp", "port": 2222, "interval": 15, "timeout": 10, "retries": 3}
    assert error_code(api, load_balancer, "add_service", **TCP) == "source_port_already_used"
    twice = {"name": "two", "load_balancer_type": "lb11", "location": "fsn1", "services": [HTTP, HTTP]}
    assert api.post("/load_balancers", **twice).code == "source_port_already_used"

    check = {"protocol": "http", "interval": 5, "http": {"path": "/health", "tls": True}}
    changed = act(api, load_balancer, "update_service", listen_port=22, proxyprotocol=False, health_check=check)
    assert [service["listen_port"] for service in changed["services"]] == [80, 22]
    service = changed["services"][1]
    assert (service["proxyprotocol"], service["destination_port"]) == (False, 2222)
    assert (service["health_check"]["interval"], service["health_check"]["retries"]) == (5, 3)
    assert (service["health_check"]["http"]["path"], service["health_check"]["http"]["response"]) == ("/health", "")
    again = act(api, load_balancer, "update_service", listen_port=22, health_check={"http": {"response": "ok"}})
    assert again["services"][1]["health_check"]["http"]["path"] == "/health"

    assert len(act(api, load_balancer, "delete_service", listen_port=22)["services"]) == 1
    assert error_code(api, load_balancer, "delete_service", listen_port=22) == "not_found"
    assert error_code(api, load_balancer, "update_service", listen_port=22) == "not_found"


def test_five_services_at_most(api: API) -> None:
    ports = [{**HTTP, "listen_port": port} for port in range(80, 86)]
    arguments = {"name": "lb", "load_balancer_type": "lb11", "location": "fsn1"}
    assert api.post("/load_balancers", **arguments, services=ports).code == "invalid_load_balancer_type"
    load_balancer = make(api, services=ports[:5])
    assert error_code(api, load_balancer, "add_service", **ports[5]) == "resource_limit_exceeded"


def test_certificates_are_in_use(cloud: FakeCloud, api: API, certificate: Any) -> None:
    https = {"protocol": "https", "http": {"certificates": [certificate["id"]], "redirect_http": True}}
    load_balancer = make(api, services=[https])
    assert load_balancer["services"][0]["http"]["certificates"] == [certificate["id"]]
    assert (load_balancer["services"][0]["listen_port"], load_balancer["services"][0]["destination_port"]) == (443, 80)
    assert cloud.certificates["mine"]["used_by"] == [{"id": load_balancer["id"], "type": "load_balancer"}]
    assert api.delete(f"/certificates/{certificate['id']}").code == "resource_in_use"
    changed = act(api, load_balancer, "update_service", listen_port=443, http={"sticky_sessions": True})
    assert changed["services"][0]["http"]["certificates"] == [certificate["id"]]
    changed = act(api, load_balancer, "update_service", listen_port=443, protocol="http")
    assert (changed["services"][0]["http"]["certificates"], cloud.certificates["mine"]["used_by"]) == ([], [])
    changed = act(api, load_balancer, "update_service", listen_port=443, **https)
    with_http = {**HTTP, "http": {"certificates": [certificate["id"]]}}
    assert error_code(api, load_balancer, "add_service", **with_http) == "invalid_input"

    act(api, load_balancer, "delete_service", listen_port=443)
    assert cloud.certificates["mine"]["used_by"] == []
    act(api, load_balancer, "add_service", **https)
    api.delete(f"/load_balancers/{load_balancer['id']}")
    assert api.delete(f"/certificates/{certificate['id']}").status == 204


def test_certificates_are_in_use_while_services_change(cloud: FakeCloud, api: API, certificate: Any) -> None:
    https = {"protocol": "https", "http": {"certificates": [certificate["id"]]}}
    load_balancer = make(api, targets=[on_labels("a")])
    at = f"/load_balancers/{load_balancer['id']}/actions"

    cloud.fail_action("add_service")
    api.post(f"{at}/add_service", **https)
    api.post("/servers", name="web", server_type="cx23", image="debian-12", labels={"a": ""})
    assert len(load_balancer["targets"][0]["targets"]) == 1
    assert api.delete(f"/certificates/{certificate['id']}").code == "resource_in_use"
    cloud.finish_actions()
    assert cloud.certificates["mine"]["used_by"] == []

    act(api, load_balancer, "add_service", **https)
    api.post(f"{at}/delete_service", listen_port=443)
    assert api.delete(f"/certificates/{certificate['id']}").code == "resource_in_use"
    cloud.finish_actions()
    assert api.delete(f"/certificates/{certificate['id']}").status == 204


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"health_check": {"http": {"status_codes": ["200", "9??"]}}}, "health_check.http.status_codes"),
        ({"health_check": {"http": {"status_codes": ["ok"]}}}, "health_check.http.status_codes"),
        ({"health_check": {"http": {"status_codes": ["20"]}}}, "health_check.http.status_codes"),
        ({"http": {"cookie_lifetime": 0}}, "http.cookie_lifetime"),
        ({"http": {"cookie_name": ""}}, "http.cookie_name"),
        ({"http": {"cookie_name": "a;b"}}, "http.cookie_name"),
    ],
)
def test_invalid_services(api: API, wrong: dict[str, Any], field: str) -> None:
    load_balancer = make(api)
    path = f"/load_balancers/{load_balancer['id']}/actions/add_service"
    assert api.post(path, **HTTP, **wrong).fields == [field]
    patterns = ["200", "2??", "3*", "*"]
    act(api, load_balancer, "add_service", **HTTP, health_check={"http": {"status_codes": patterns}})
    assert load_balancer["services"][0]["health_check"]["http"]["status_codes"] == patterns


def test_ten_certificates_at_most(api: API) -> None:
    names = [f"www{number}.example.com" for number in range(11)]
    created = [api.post("/certificates", name=name, type="managed", domain_names=[name]) for name in names]
    api.cloud.finish_actions()
    numbers = [response["certificate"]["id"] for response in created]
    load_balancer = make(api, services=[{"protocol": "https", "http": {"certificates": numbers[:10]}}])
    one_more = {"protocol": "https", "listen_port": 444, "http": {"certificates": numbers[10:]}}
    assert error_code(api, load_balancer, "add_service", **one_more) == "resource_limit_exceeded"


def test_health_follows_the_clock(cloud: FakeCloud, api: API) -> None:
    server = api.server()
    load_balancer = make(api, services=[HTTP], targets=[on_server(server["id"])])
    cloud.advance(11)
    assert health(api, load_balancer) == ["unknown"]
    cloud.advance(1)
    assert load_balancer["targets"][0]["health_status"] == [
        {"listen_port": 80, "status": "healthy", "detail": None, "http_status_code": 200}
    ]

    api.done(api.post(f"/servers/{server['id']}/actions/poweroff"))
    cloud.advance(44)
    assert health(api, load_balancer) == ["healthy"]
    cloud.advance(1)
    assert load_balancer["targets"][0]["health_status"] == [
        {"listen_port": 80, "status": "unhealthy", "detail": "layer4_timeout", "http_status_code": None}
    ]
    act(api, load_balancer, "add_service", **TCP)
    assert health(api, load_balancer) == ["unhealthy", "unknown"]
    api.done(api.post(f"/servers/{server['id']}/actions/poweron"))
    cloud.advance(45)
    assert health(api, load_balancer) == ["healthy", "healthy"]


def test_fail_checks(cloud: FakeCloud, api: API) -> None:
    server = api.server()
    targets = [on_server(server["id"]), {"type": "ip", "ip": {"ip": "192.0.2.7"}}]
    load_balancer = make(api, services=[HTTP], targets=targets)
    cloud.project["load_balancers"].fail_checks("web", "unexpected_http_status", 503)  # type: ignore[attr-defined]
    cloud.advance(60)
    first, second = (target["health_status"][0] for target in load_balancer["targets"])
    assert (first["status"], first["detail"], first["http_status_code"]) == ("unhealthy", "unexpected_http_status", 503)
    assert second["status"] == "healthy"

    cloud.project["load_balancers"].fail_checks("web", None)  # type: ignore[attr-defined]
    cloud.project["load_balancers"].fail_checks("192.0.2.7")  # type: ignore[attr-defined]
    cloud.restore(cloud.snapshot())
    cloud.advance(45)
    assert health(api, load_balancer) == ["healthy", "unhealthy"]


def test_targets(cloud: FakeCloud, api: API) -> None:
    server = api.server()
    load_balancer = make(api)
    target = on_server(server["id"])
    assert api.delete(f"/load_balancers/{load_balancer['id']}").status == 201
    load_balancer = make(api)

    started = api.post(f"/load_balancers/{load_balancer['id']}/actions/add_target", **target)
    assert cloud.servers["web"]["load_balancers"] == []
    api.done(started)
    assert load_balancer["targets"] == [{**target, "use_private_ip": False, "health_status": []}]
    assert cloud.servers["web"]["load_balancers"] == [load_balancer["id"]]
    assert error_code(api, load_balancer, "add_target", **target) == "target_already_defined"
    assert act(api, load_balancer, "remove_target", **target)["targets"] == []
    assert cloud.servers["web"]["load_balancers"] == []
    assert error_code(api, load_balancer, "remove_target", **target) == "not_found"

    act(api, load_balancer, "add_target", **target)
    api.delete(f"/servers/{server['id']}")
    assert load_balancer["targets"] == []


def test_servers_deleted_while_targets_change(cloud: FakeCloud, api: API) -> None:
    first, second, third = (api.server(name) for name in ("first", "second", "third"))
    load_balancer = make(api, services=[HTTP], targets=[on_server(first["id"]), on_server(second["id"])])

    api.post(f"/load_balancers/{load_balancer['id']}/actions/add_target", **on_server(third["id"]))
    api.delete(f"/servers/{third['id']}")
    cloud.advance(60)
    api.post(f"/load_balancers/{load_balancer['id']}/actions/remove_target", **on_server(first["id"]))
    api.delete(f"/servers/{second['id']}")
    cloud.advance(60)

    assert load_balancer["targets"] == []
    assert cloud.servers["first"]["load_balancers"] == []
    assert {action["status"] for action in api.get("/load_balancers/actions")["actions"]} == {"success"}


def test_invalid_targets(cloud: FakeCloud, api: API, network: Any) -> None:
    web, hidden = api.server(), api.server("hidden", networks=[network["id"]], public_net=HIDDEN)
    floating = api.post("/floating_ips", type="ipv6", home_location="fsn1")["floating_ip"]["ip"]
    load_balancer = make(api)

    def code(**target: Any) -> str:
        return error_code(api, load_balancer, "add_target", **target)

    assert code(**on_server(hidden["id"])) == "missing_ipv4"
    assert code(**on_server(hidden["id"], use_private_ip=True)) == "load_balancer_not_attached_to_network"
    for ip in (web["public_net"]["ipv4"]["ip"], floating.replace("/64", "5")):
        assert code(type="ip", ip={"ip": ip}) == "cloud_resource_ip_not_allowed"
    assert error_code(api, load_balancer, "disable_public_interface") == "load_balancer_not_attached_to_network"

    act(api, load_balancer, "attach_to_network", network=network["id"])
    assert code(**on_server(web["id"], use_private_ip=True)) == "server_not_attached_to_network"
    act(api, load_balancer, "add_target", **on_server(web["id"]))
    assert error_code(api, load_balancer, "disable_public_interface") == "targets_without_use_private_ip"
    act(api, load_balancer, "remove_target", **on_server(web["id"]))
    assert not act(api, load_balancer, "disable_public_interface")["public_net"]["enabled"]
    assert code(**on_server(web["id"])) == "load_balancer_public_interface_disabled"
    assert act(api, load_balancer, "add_target", **on_server(hidden["id"], use_private_ip=True))["targets"]
    assert act(api, load_balancer, "enable_public_interface")["public_net"]["enabled"]


def test_twenty_five_targets_at_most(api: API) -> None:
    ips = [{"type": "ip", "ip": {"ip": f"192.0.2.{number}"}} for number in range(26)]
    load_balancer = make(api, targets=ips[:25])
    assert error_code(api, load_balancer, "add_target", **ips[25]) == "resource_limit_exceeded"
    assert error_code(api, load_balancer, "change_type", load_balancer_type="lb11") == "invalid_load_balancer_type"
    assert act(api, load_balancer, "change_type", load_balancer_type="lb21")["load_balancer_type"]["id"] == 2
    act(api, load_balancer, "add_target", **ips[25])
    assert error_code(api, load_balancer, "change_type", load_balancer_type=1) == "invalid_load_balancer_type"


def test_label_selectors_are_kept_up_to_date(cloud: FakeCloud, api: API) -> None:
    web = api.server("web", labels={"tier": "web"})
    db = api.server("db")
    load_balancer = make(api, services=[HTTP], targets=[on_labels("tier=web")])

    def servers() -> list[int]:
        return [target["server"]["id"] for target in load_balancer["targets"][0]["targets"]]

    assert servers() == [web["id"]]
    assert (health(api, load_balancer), cloud.servers["web"]["load_balancers"]) == (["unknown"], [load_balancer["id"]])
    api.put(f"/servers/{db['id']}", labels={"tier": "web"})
    api.put(f"/servers/{web['id']}", labels={})
    assert servers() == [db["id"]]
    assert (cloud.servers["web"]["load_balancers"], cloud.servers["db"]["load_balancers"]) == (
        [],
        [load_balancer["id"]],
    )
    new = api.server("new", labels={"tier": "web"})
    api.delete(f"/servers/{db['id']}")
    assert servers() == [new["id"]]
    assert act(api, load_balancer, "remove_target", **on_labels("tier=web"))["targets"] == []
    assert cloud.servers["new"]["load_balancers"] == []


def test_label_selectors_are_kept_up_to_date_in_a_network(cloud: FakeCloud, api: API, network: Any) -> None:
    server = api.server(labels={"a": ""}, networks=[network["id"]])
    load_balancer = make(api, network=network["id"], services=[HTTP], targets=[on_labels("a", use_private_ip=True)])
    assert load_balancer["private_net"] == [{"network": network["id"], "ip": "10.0.1.2"}]
    assert cloud.networks["lan"]["load_balancers"] == [load_balancer["id"]]
    assert len(load_balancer["targets"][0]["targets"]) == 1
    api.done(api.post(f"/servers/{server['id']}/actions/detach_from_network", network=network["id"]))
    assert load_balancer["targets"][0]["targets"] == []
    api.done(api.post(f"/servers/{server['id']}/actions/attach_to_network", network=network["id"]))
    assert len(load_balancer["targets"][0]["targets"]) == 1

    act(api, load_balancer, "detach_from_network", network=network["id"])
    assert (load_balancer["private_net"], load_balancer["targets"][0]["targets"]) == ([], [])
    act(api, load_balancer, "attach_to_network", network=network["id"], ip="10.0.1.9")
    assert load_balancer["private_net"][0]["ip"] == "10.0.1.9"
    assert (
        error_code(api, load_balancer, "attach_to_network", network=network["id"]) == "load_balancer_already_attached"
    )
    members = api.get(f"/networks/{network['id']}/members", type="load_balancer")["members"]
    assert [member["id"] for member in members] == [load_balancer["id"]]
    api.delete(f"/load_balancers/{load_balancer['id']}")
    assert cloud.networks["lan"]["load_balancers"] == []


def test_selectors_follow_primary_ips(cloud: FakeCloud, api: API, network: Any) -> None:
    server = api.server(labels={"a": ""}, start_after_create=False, networks=[network["id"]])
    load_balancer = make(api, targets=[on_labels("a")])
    four = server["public_net"]["ipv4"]["id"]
    api.done(api.post(f"/primary_ips/{four}/actions/unassign"))
    assert load_balancer["targets"][0]["targets"] == []
    assert cloud.servers["web"]["load_balancers"] == []
    assigned = {"assignee_type": "server", "assignee_id": server["id"]}
    api.done(api.post(f"/primary_ips/{four}/actions/assign", **assigned))
    assert [target["server"]["id"] for target in load_balancer["targets"][0]["targets"]] == [server["id"]]


def test_addresses_of_targets_cannot_be_unassigned(cloud: FakeCloud, api: API, network: Any) -> None:
    server = api.server(start_after_create=False, networks=[network["id"]])
    load_balancer = make(api, network=network["id"], targets=[on_server(server["id"], use_private_ip=True)])
    unassign = f"/primary_ips/{server['public_net']['ipv4']['id']}/actions/unassign"
    public = make(api, "public", services=[HTTP], targets=[on_server(server["id"])])
    assert api.post(unassign).code == "server_is_load_balancer_target"
    api.done(api.post(f"/primary_ips/{server['public_net']['ipv6']['id']}/actions/unassign"))
    act(api, public, "remove_target", **on_server(server["id"]))

    api.post(f"/load_balancers/{public['id']}/actions/add_target", **on_server(server["id"]))
    assert api.done(api.post(unassign))["status"] == "success"
    api.done(api.post(f"/servers/{server['id']}/actions/poweron"))
    cloud.advance(60)
    assert public["targets"][0]["health_status"][0]["detail"] == "layer4_no_connection"
    assert len(load_balancer["targets"]) == 1


def test_unreachable_private_targets(cloud: FakeCloud, api: API, network: Any) -> None:
    server = api.server(networks=[network["id"]])
    target = on_server(server["id"], use_private_ip=True)
    load_balancer = make(api, network=network["id"], services=[HTTP], targets=[target])
    api.done(api.post(f"/servers/{server['id']}/actions/detach_from_network", network=network["id"]))
    cloud.advance(60)
    assert load_balancer["targets"][0]["health_status"][0]["detail"] == "layer4_no_connection"


def test_primary_ips(cloud: FakeCloud, api: API) -> None:
    four = api.post("/primary_ips", name="four", type="ipv4", location="fsn1")["primary_ip"]
    six = api.post("/primary_ips", name="six", type="ipv6", location="fsn1", auto_delete=True)["primary_ip"]
    load_balancer = make(api, public_net={"ipv4": four["id"], "ipv6": six["id"]})
    public_net = load_balancer["public_net"]
    assert public_net["ipv4"] == {"ip": four["ip"], "dns_ptr": four["dns_ptr"][0]["dns_ptr"]}
    assert public_net["ipv6"] == {"ip": six["ip"].replace("/64", "1"), "dns_ptr": None}
    shown = api.get(f"/primary_ips/{four['id']}")["primary_ip"]
    assert (shown["assignee_type"], shown["assignee_id"]) == ("load_balancer", load_balancer["id"])

    arguments = {"name": "two", "load_balancer_type": "lb11", "location": "fsn1"}
    assert api.post("/load_balancers", **arguments, public_net={"ipv4": four["id"]}).code == "primary_ip_assigned"
    other = api.post("/primary_ips", name="other", type="ipv4", location="fsn1")["primary_ip"]
    assignee = {"assignee_type": "load_balancer", "assignee_id": load_balancer["id"]}
    assert api.post(f"/primary_ips/{other['id']}/actions/assign", **assignee).code == "invalid_input"

    act(api, load_balancer, "change_dns_ptr", ip=public_net["ipv6"]["ip"], dns_ptr="six.example.com")
    assert cloud.primary_ips["six"]["dns_ptr"][0]["dns_ptr"] == "six.example.com"
    api.done(api.post(f"/primary_ips/{four['id']}/actions/change_dns_ptr", ip=four["ip"], dns_ptr="four.example.com"))
    assert load_balancer["public_net"]["ipv4"]["dns_ptr"] == "four.example.com"
    assert load_balancer["public_net"]["ipv6"]["dns_ptr"] == "six.example.com"

    api.done(api.post(f"/primary_ips/{four['id']}/actions/unassign"))
    assert load_balancer["public_net"]["ipv4"]["ip"] not in (None, four["ip"])
    api.done(api.post(f"/primary_ips/{other['id']}/actions/assign", **assignee))
    assert load_balancer["public_net"]["ipv4"]["ip"] == other["ip"]
    api.delete(f"/load_balancers/{load_balancer['id']}")
    assert cloud.primary_ips["other"]["assignee_type"] == "unassigned"
    assert "six" not in cloud.primary_ips


def test_reverse_dns(api: API) -> None:
    load_balancer = make(api)
    ip = load_balancer["public_net"]["ipv4"]["ip"]
    usual = load_balancer["public_net"]["ipv4"]["dns_ptr"]
    named = act(api, load_balancer, "change_dns_ptr", ip=ip, dns_ptr="lb.example.com")
    assert named["public_net"]["ipv4"]["dns_ptr"] == "lb.example.com"
    assert act(api, load_balancer, "change_dns_ptr", ip=ip, dns_ptr=None)["public_net"]["ipv4"]["dns_ptr"] == usual
    assert error_code(api, load_balancer, "change_dns_ptr", ip="192.0.2.1", dns_ptr="x") == "invalid_input"


def test_failed_attachment(cloud: FakeCloud, api: API, network: Any) -> None:
    load_balancer = make(api)
    cloud.fail_action("attach_to_network")
    api.done(api.post(f"/load_balancers/{load_balancer['id']}/actions/attach_to_network", network=network["id"]))
    assert load_balancer["private_net"] == []
    assert api.get(f"/networks/{network['id']}/members")["members"] == []


def test_metrics(api: API) -> None:
    path = f"/load_balancers/{make(api)['id']}/metrics"
    times = {"start": "2026-10-15T11:00:00Z", "end": "2026-10-15T12:00:00Z"}
    metrics = api.get(path, type="bandwidth,requests_per_second", step=60, **times)["metrics"]
    assert set(metrics["time_series"]) == {"bandwidth.in", "bandwidth.out", "requests_per_second"}
    assert metrics["step"] == 60
    both = api.get(path, type=["open_connections", "connections_per_second"], **times)["metrics"]["time_series"]
    assert set(both) == {"open_connections", "connections_per_second"}
    assert api.get(path, type="heat", **times).fields == ["type"]
