"""Firewalls in the fake cloud."""

from __future__ import annotations

from typing import Any

import pytest

from hcloud.testing import FakeCloud
from tests.testing.api import API

SSH = {"direction": "in", "protocol": "tcp", "port": "22", "source_ips": ["0.0.0.0/0", "::/0"]}


def on_server(number: int) -> dict[str, Any]:
    return {"type": "server", "server": {"id": number}}


def on_labels(selector: str) -> dict[str, Any]:
    return {"type": "label_selector", "label_selector": {"selector": selector}}


@pytest.fixture
def firewall(api: API) -> Any:
    return api.post("/firewalls", name="wall")["firewall"]


def act(api: API, firewall: Any, command: str, **body: Any) -> Any:
    """Run an action on a firewall to its end and return the firewall."""
    assert api.post(f"/firewalls/{firewall['id']}/actions/{command}", **body)["actions"]
    api.cloud.finish_actions()
    return api.get(f"/firewalls/{firewall['id']}")["firewall"]


def error_of(api: API, firewall: Any, command: str, **body: Any) -> tuple[int, str]:
    response = api.post(f"/firewalls/{firewall['id']}/actions/{command}", **body)
    return response.status, response.code


def test_create_and_update(api: API) -> None:
    created = api.post("/firewalls", name="wall", rules=[{**SSH, "description": "me"}], labels={"a": "b"})
    firewall = created["firewall"]
    assert firewall["rules"] == [{**SSH, "destination_ips": [], "description": "me"}]
    assert firewall["applied_to"] == []
    assert [action["command"] for action in created["actions"]] == ["set_firewall_rules"]
    assert api.post("/firewalls", name="wall").code == "uniqueness_error"
    assert api.put(f"/firewalls/{firewall['id']}", name="new", labels={})["firewall"]["name"] == "new"
    assert [listed["id"] for listed in api.get("/firewalls", name="new")["firewalls"]] == [firewall["id"]]
    assert api.delete(f"/firewalls/{firewall['id']}").status == 204


def test_all_invalid_parts_of_rules_are_named(api: API) -> None:
    rules = [
        {"direction": "in", "protocol": "tcp", "source_ips": ["10.0.0.1/8", "all", "10.0.0.1/8"]},
        {"direction": "out", "protocol": "icmp", "port": "80"},
    ]
    response = api.post("/firewalls", name="x", rules=rules)
    assert {field["name"]: len(field["messages"]) for field in response.body["error"]["details"]["fields"]} == {
        "rules.source_ips": 2,
        "rules.port": 2,
        "rules.destination_ips": 1,
    }


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"direction": "up"}, "rules.direction"),
        ({"protocol": "http"}, "rules.protocol"),
        ({"port": None}, "rules.port"),
        ({"port": "0"}, "rules.port"),
        ({"port": "65536"}, "rules.port"),
        ({"port": "90-80"}, "rules.port"),
        ({"port": "http"}, "rules.port"),
        ({"protocol": "icmp"}, "rules.port"),
        ({"source_ips": []}, "rules.source_ips"),
        ({"source_ips": ["10.0.0.1/8"]}, "rules.source_ips"),
        ({"source_ips": ["10.0.0.1"]}, "rules.source_ips"),
        ({"source_ips": ["10.0.0.1/32"] * 101}, "rules.source_ips"),
        ({"direction": "out"}, "rules.destination_ips"),
        ({"destination_ips": ["10.0.0.0/8"]}, "rules.destination_ips"),
        ({"description": "x" * 256}, "rules.description"),
    ],
)
def test_bad_rules(api: API, wrong: dict[str, Any], field: str) -> None:
    assert api.post("/firewalls", name="wall", rules=[{**SSH, **wrong}]).fields == [field]


def test_rules(api: API, firewall: Any) -> None:
    out = {"direction": "out", "protocol": "icmp", "destination_ips": ["10.0.0.0/8"]}
    span = {**SSH, "port": "1024-5000"}
    assert [rule["port"] for rule in act(api, firewall, "set_rules", rules=[out, span])["rules"]] == [None, "1024-5000"]
    assert act(api, firewall, "set_rules", rules=[])["rules"] == []
    assert error_of(api, firewall, "set_rules", rules=[SSH] * 51) == (422, "invalid_input")
    assert error_of(api, firewall, "set_rules") == (422, "invalid_input")


def test_applying_to_a_server(cloud: FakeCloud, api: API, firewall: Any) -> None:
    server = api.server()
    started = api.post(f"/firewalls/{firewall['id']}/actions/apply_to_resources", apply_to=[on_server(server["id"])])
    assert [action["command"] for action in started["actions"]] == ["apply_firewall"]
    assert cloud.servers["web"]["public_net"]["firewalls"] == [{"id": firewall["id"], "status": "pending"}]
    assert api.post(f"/servers/{server['id']}/actions/poweroff").status == 201
    cloud.finish_actions()
    assert cloud.servers["web"]["public_net"]["firewalls"] == [{"id": firewall["id"], "status": "applied"}]
    assert cloud.firewalls["wall"]["applied_to"] == [on_server(server["id"])]

    again = error_of(api, firewall, "apply_to_resources", apply_to=[on_server(server["id"])])
    assert again == (422, "firewall_already_applied")
    in_use = api.delete(f"/firewalls/{firewall['id']}")
    assert (in_use.status, in_use.code) == (422, "resource_in_use")
    assert "in use" in in_use.body["error"]["message"]
    assert len(api.post(f"/firewalls/{firewall['id']}/actions/set_rules", rules=[SSH])["actions"]) == 2

    started = api.post(
        f"/firewalls/{firewall['id']}/actions/remove_from_resources", remove_from=[on_server(server["id"])]
    )
    assert api.delete(f"/firewalls/{firewall['id']}").code == "resource_in_use"
    api.post(f"/firewalls/{firewall['id']}/actions/remove_from_resources", remove_from=[on_server(server["id"])])
    cloud.finish_actions()
    assert cloud.servers["web"]["public_net"]["firewalls"] == []
    deleted = error_of(api, firewall, "remove_from_resources", remove_from=[on_server(server["id"])])
    assert deleted == (404, "firewall_resource_not_found")
    assert api.delete(f"/firewalls/{firewall['id']}").status == 204


def test_label_selectors_are_kept_up_to_date(cloud: FakeCloud, api: API, firewall: Any) -> None:
    web = api.server("web", labels={"tier": "web"})
    db = api.server("db")
    applied = act(api, firewall, "apply_to_resources", apply_to=[on_labels("tier=web")])["applied_to"]
    assert applied == [{**on_labels("tier=web"), "applied_to_resources": [on_server(web["id"])]}]

    def firewalls(name: str) -> list[str]:
        return [firewall["status"] for firewall in cloud.servers[name]["public_net"]["firewalls"]]

    assert (firewalls("web"), firewalls("db")) == (["applied"], [])
    api.put(f"/servers/{db['id']}", labels={"tier": "web"})
    api.put(f"/servers/{web['id']}", labels={})
    assert (firewalls("web"), firewalls("db")) == ([], ["applied"])
    managed = error_of(api, firewall, "remove_from_resources", remove_from=[on_server(db["id"])])
    assert managed == (422, "firewall_managed_by_label_selector")

    api.server("new", labels={"tier": "web"})
    assert firewalls("new") == ["applied"]
    api.delete(f"/servers/{db['id']}")
    listed = cloud.firewalls["wall"]["applied_to"][0]["applied_to_resources"]
    assert listed == [on_server(cloud.servers["new"]["id"])]

    assert act(api, firewall, "remove_from_resources", remove_from=[on_labels("tier=web")])["applied_to"] == []
    assert firewalls("new") == []


def test_a_server_covered_twice(cloud: FakeCloud, api: API, firewall: Any) -> None:
    server = api.server(labels={"a": ""})
    act(api, firewall, "apply_to_resources", apply_to=[on_labels("a"), on_server(server["id"])])
    assert len(cloud.servers["web"]["public_net"]["firewalls"]) == 1
    act(api, firewall, "remove_from_resources", remove_from=[on_server(server["id"])])
    assert len(cloud.servers["web"]["public_net"]["firewalls"]) == 1
    act(api, firewall, "remove_from_resources", remove_from=[on_labels("a")])
    assert cloud.servers["web"]["public_net"]["firewalls"] == []


def test_failed_application(cloud: FakeCloud, api: API, firewall: Any) -> None:
    server = api.server()
    cloud.fail_action("apply_firewall")
    assert act(api, firewall, "apply_to_resources", apply_to=[on_server(server["id"])])["applied_to"] == []
    assert cloud.servers["web"]["public_net"]["firewalls"] == []


def test_invalid_resources(api: API, firewall: Any) -> None:
    network = api.post(
        "/networks", name="lan", ip_range="10.0.0.0/16", subnets=[{"type": "cloud", "network_zone": "eu-central"}]
    )["network"]
    private = {"networks": [network["id"]], "public_net": {"enable_ipv4": False, "enable_ipv6": False}}
    hidden = api.server("hidden", **private)

    def code(*targets: Any) -> tuple[int, str]:
        return error_of(api, firewall, "apply_to_resources", apply_to=list(targets))

    assert code(on_server(1)) == (404, "firewall_resource_not_found")
    assert code(on_server(hidden["id"])) == (422, "private_net_only_server")
    assert code() == code({"type": "server"}) == code({"type": "label_selector"}) == (422, "invalid_input")
    assert code(on_labels("not a selector")) == (422, "invalid_input")
    assert error_of(api, firewall, "remove_from_resources", remove_from=[on_labels("a")])[0] == 404

    server = api.server()
    twice = api.post("/firewalls", name="new", apply_to=[on_server(server["id"])] * 2)
    assert twice.code == "server_already_added"
    missing = api.post("/firewalls", name="new", apply_to=[on_server(1)])
    assert (missing.status, missing.code) == (422, "firewall_resource_not_found")
    assert "new" not in api.cloud.firewalls
    arguments = {"name": "x", "server_type": "cx23", "image": "debian-12", "firewalls": [{"firewall": firewall["id"]}]}
    assert api.post("/servers", **arguments, **private).code == "private_net_only_server"


def test_servers_with_firewalls(cloud: FakeCloud, api: API, firewall: Any) -> None:
    arguments = {"name": "web", "server_type": "cx23", "image": "debian-12"}
    named = {"firewall": firewall["id"]}
    assert api.post("/servers", **arguments, firewalls=[named, named]).fields == ["firewalls"]
    assert api.post("/servers", **arguments, firewalls=[{"firewall": 1}]).fields == ["firewalls.firewall"]

    created = api.post("/servers", **arguments, firewalls=[named])
    assert [action["command"] for action in created["next_actions"]] == ["apply_firewall", "start_server"]
    assert created["server"]["public_net"]["firewalls"] == [{"id": firewall["id"], "status": "pending"}]
    cloud.finish_actions()
    api.delete(f"/servers/{created['server']['id']}")
    assert cloud.firewalls["wall"]["applied_to"] == []


def test_five_firewalls_at_most(cloud: FakeCloud, api: API, firewall: Any) -> None:
    server = api.server(labels={"a": ""})
    targets = [on_server(server["id"])]
    many = [api.post("/firewalls", name=f"wall{number}", apply_to=targets)["firewall"]["id"] for number in range(5)]
    assert error_of(api, firewall, "apply_to_resources", apply_to=targets) == (403, "resource_limit_exceeded")
    act(api, firewall, "apply_to_resources", apply_to=[on_labels("a")])
    assert [firewall["id"] for firewall in cloud.servers["web"]["public_net"]["firewalls"]] == many
    arguments = {"name": "x", "server_type": "cx23", "image": "debian-12"}
    too_many = [{"firewall": number} for number in [*many, firewall["id"]]]
    assert api.post("/servers", **arguments, firewalls=too_many).code == "resource_limit_exceeded"


def test_servers_without_public_addresses_are_not_selected(cloud: FakeCloud, api: API, firewall: Any) -> None:
    network = api.post("/networks", name="lan", ip_range="10.0.0.0/16")["network"]
    api.post(f"/networks/{network['id']}/actions/add_subnet", type="cloud", network_zone="eu-central")
    cloud.finish_actions()
    server = api.server(
        labels={"a": ""}, start_after_create=False, networks=[network["id"]], public_net={"enable_ipv6": False}
    )
    act(api, firewall, "apply_to_resources", apply_to=[on_labels("a")])
    four = server["public_net"]["ipv4"]["id"]
    api.done(api.post(f"/primary_ips/{four}/actions/unassign"))
    assert cloud.firewalls["wall"]["applied_to"][0]["applied_to_resources"] == []
    assert cloud.servers["web"]["public_net"]["firewalls"] == []
    assigned = {"assignee_type": "server", "assignee_id": server["id"]}
    api.done(api.post(f"/primary_ips/{four}/actions/assign", **assigned))
    assert cloud.firewalls["wall"]["applied_to"][0]["applied_to_resources"] == [on_server(server["id"])]
    assert cloud.servers["web"]["public_net"]["firewalls"] == [{"id": firewall["id"], "status": "applied"}]


def test_a_firewall_applied_by_a_selector_is_not_pending(cloud: FakeCloud, api: API, firewall: Any) -> None:
    server = api.server()
    act(api, firewall, "apply_to_resources", apply_to=[on_labels("a")])
    cloud.fail_action("apply_firewall")
    api.post(f"/firewalls/{firewall['id']}/actions/apply_to_resources", apply_to=[on_server(server["id"])])
    api.put(f"/servers/{server['id']}", labels={"a": ""})
    assert cloud.servers["web"]["public_net"]["firewalls"] == [{"id": firewall["id"], "status": "pending"}]
    cloud.finish_actions()
    assert cloud.servers["web"]["public_net"]["firewalls"] == [{"id": firewall["id"], "status": "applied"}]
