"""Actions that fail have no effect, and a cloud can be saved while any action runs."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import pytest

from hcloud.testing import FakeCloud
from hcloud.testing.router import router
from hcloud.testing.saved import dumps, loads
from tests.testing.api import API

ERROR = {"code": "action_failed", "message": "Action failed"}
PASSWORD = "Correct-Horse-9"
CLOUD = {"type": "cloud", "network_zone": "eu-central"}
ROUTE = {"destination": "10.9.0.0/24", "gateway": "10.0.1.7"}
RULE = {"direction": "in", "protocol": "icmp", "source_ips": ["0.0.0.0/0"]}
WWW = "/zones/{zone}/rrsets/www/A"


def server(name: str) -> dict[str, Any]:
    return {"type": "server", "server": {"id": f"{{{name}}}"}}


# Path and body of a request for every operation that starts an action on an existing resource.
CASES: list[tuple[str, dict[str, Any]]] = [
    ("/certificates/{certificate}/actions/retry", {}),
    ("/firewalls/{firewall}/actions/set_rules", {"rules": [RULE]}),
    ("/firewalls/{firewall}/actions/apply_to_resources", {"apply_to": [server("off")]}),
    ("/firewalls/{firewall}/actions/remove_from_resources", {"remove_from": [server("web")]}),
    ("/floating_ips/{free_ip}/actions/assign", {"server": "{web}"}),
    ("/floating_ips/{floating_ip}/actions/assign", {"server": "{off}"}),
    ("/floating_ips/{floating_ip}/actions/unassign", {}),
    ("/floating_ips/{floating_ip}/actions/change_dns_ptr", {"ip": "{floating_address}", "dns_ptr": "a.example.com"}),
    ("/floating_ips/{floating_ip}/actions/change_protection", {"delete": True}),
    ("/images/{image}/actions/change_protection", {"delete": True}),
    ("/load_balancers/{balancer}/actions/add_service", {"protocol": "tcp", "listen_port": 22, "destination_port": 22}),
    ("/load_balancers/{balancer}/actions/update_service", {"listen_port": 80, "proxyprotocol": True}),
    ("/load_balancers/{balancer}/actions/delete_service", {"listen_port": 80}),
    ("/load_balancers/{balancer}/actions/add_target", server("off")),
    ("/load_balancers/{balancer}/actions/remove_target", server("web")),
    ("/load_balancers/{idle}/actions/attach_to_network", {"network": "{network}"}),
    ("/load_balancers/{balancer}/actions/detach_from_network", {"network": "{network}"}),
    ("/load_balancers/{private}/actions/enable_public_interface", {}),
    ("/load_balancers/{balancer}/actions/disable_public_interface", {}),
    ("/load_balancers/{balancer}/actions/change_dns_ptr", {"ip": "{balancer_address}", "dns_ptr": "a.example.com"}),
    ("/load_balancers/{balancer}/actions/change_algorithm", {"type": "least_connections"}),
    ("/load_balancers/{balancer}/actions/change_type", {"load_balancer_type": "lb21"}),
    ("/load_balancers/{balancer}/actions/change_protection", {"delete": True}),
    ("/networks/{network}/actions/add_subnet", CLOUD),
    ("/networks/{network}/actions/delete_subnet", {"ip_range": "10.0.2.0/24"}),
    ("/networks/{network}/actions/add_route", {**ROUTE, "destination": "10.8.0.0/24"}),
    ("/networks/{network}/actions/delete_route", ROUTE),
    ("/networks/{network}/actions/change_ip_range", {"ip_range": "10.0.0.0/15"}),
    ("/networks/{network}/actions/change_protection", {"delete": True}),
    ("/primary_ips/{free_primary_ip}/actions/assign", {"assignee_type": "server", "assignee_id": "{off}"}),
    ("/primary_ips/{primary_ip}/actions/unassign", {}),
    ("/primary_ips/{primary_ip}/actions/change_dns_ptr", {"ip": "{primary_address}", "dns_ptr": "a.example.com"}),
    ("/primary_ips/{free_primary_ip}/actions/change_protection", {"delete": True}),
    ("/servers/{off}/actions/poweron", {}),
    ("/servers/{web}/actions/poweroff", {}),
    ("/servers/{web}/actions/shutdown", {}),
    ("/servers/{web}/actions/reboot", {}),
    ("/servers/{web}/actions/reset", {}),
    ("/servers/{web}/actions/reset_password", {}),
    ("/servers/{web}/actions/request_console", {}),
    ("/servers/{web}/actions/create_image", {"type": "backup"}),
    ("/servers/{web}/actions/rebuild", {"image": "debian-13", "user_data": "#!"}),
    ("/servers/{off}/actions/enable_backup", {}),
    ("/servers/{web}/actions/disable_backup", {}),
    ("/servers/{off}/actions/change_type", {"server_type": "cx33", "upgrade_disk": True}),
    ("/servers/{web}/actions/enable_rescue", {}),
    ("/servers/{off}/actions/disable_rescue", {}),
    ("/servers/{web}/actions/attach_iso", {"iso": "systemrescue-12.02-amd64.iso"}),
    ("/servers/{off}/actions/detach_iso", {}),
    ("/servers/{web}/actions/change_dns_ptr", {"ip": "{web_address}", "dns_ptr": "a.example.com"}),
    ("/servers/{web}/actions/change_protection", {"delete": True, "rebuild": True}),
    ("/servers/{off}/actions/add_to_placement_group", {"placement_group": "{group}"}),
    ("/servers/{web}/actions/remove_from_placement_group", {}),
    ("/servers/{off}/actions/attach_to_network", {"network": "{network}", "alias_ips": ["10.0.1.99"]}),
    ("/servers/{web}/actions/detach_from_network", {"network": "{network}"}),
    ("/servers/{web}/actions/change_alias_ips", {"network": "{network}", "alias_ips": ["10.0.1.77"]}),
    ("/storage_boxes/{box}/actions/change_protection", {"delete": True}),
    ("/storage_boxes/{box}/actions/change_type", {"storage_box_type": "bx21"}),
    ("/storage_boxes/{box}/actions/reset_password", {"password": PASSWORD}),
    ("/storage_boxes/{box}/actions/update_access_settings", {"ssh_enabled": True}),
    ("/storage_boxes/{box}/actions/rollback_snapshot", {"snapshot": "{old_snapshot}"}),
    ("/storage_boxes/{box}/actions/enable_snapshot_plan", {"max_snapshots": 3, "minute": 0, "hour": 4}),
    ("/storage_boxes/{planned_box}/actions/disable_snapshot_plan", {}),
    ("/storage_boxes/{box}/snapshots", {}),
    ("/storage_boxes/{box}/subaccounts", {"home_directory": "new", "password": PASSWORD}),
    ("/storage_boxes/{box}/subaccounts/{account}/actions/change_home_directory", {"home_directory": "new"}),
    ("/storage_boxes/{box}/subaccounts/{account}/actions/reset_subaccount_password", {"password": PASSWORD}),
    ("/storage_boxes/{box}/subaccounts/{account}/actions/update_access_settings", {"readonly": True}),
    ("/volumes/{free_volume}/actions/attach", {"server": "{web}"}),
    ("/volumes/{volume}/actions/detach", {}),
    ("/volumes/{volume}/actions/resize", {"size": 20}),
    ("/volumes/{volume}/actions/change_protection", {"delete": True}),
    ("/zones/{zone}/actions/import_zonefile", {"zonefile": "{zonefile}"}),
    ("/zones/{secondary}/actions/change_primary_nameservers", {"primary_nameservers": [{"address": "192.0.2.9"}]}),
    ("/zones/{zone}/actions/change_protection", {"delete": True}),
    ("/zones/{zone}/actions/change_ttl", {"ttl": 77}),
    ("/zones/{zone}/rrsets", {"name": "new", "type": "A", "records": [{"value": "192.0.2.7"}]}),
    (f"{WWW}/actions/change_protection", {"change": True}),
    (f"{WWW}/actions/change_ttl", {"ttl": 77}),
    (f"{WWW}/actions/set_records", {"records": [{"value": "192.0.2.7"}]}),
    (f"{WWW}/actions/add_records", {"records": [{"value": "192.0.2.7"}]}),
    (f"{WWW}/actions/remove_records", {"records": [{"value": "192.0.2.1"}]}),
    (f"{WWW}/actions/update_records", {"records": [{"value": "192.0.2.1", "comment": "new"}]}),
]
DELETED = ["/storage_boxes/{box}/snapshots/{old_snapshot}", "/storage_boxes/{box}/subaccounts/{account}", WWW]
# Creation of resources that are removed when the action fails. Others stay, with a status of their own.
CREATED: list[tuple[str, dict[str, Any]]] = [
    ("/storage_boxes", {"name": "x", "storage_box_type": "bx11", "location": "fsn1", "password": PASSWORD}),
    ("/volumes", {"name": "x", "size": 10, "server": "{web}"}),
]
# Other requests that start actions, so that all of them are here.
RRSET = {"name": "www", "type": "A", "records": [{"value": "192.0.2.1"}]}
SERVER = {"name": "x", "server_type": "cx23", "image": "debian-13", "location": "fsn1"}
LOAD_BALANCER = {"name": "x", "load_balancer_type": "lb11", "location": "fsn1"}
PRIMARY_IP = {"name": "x", "type": "ipv6", "assignee_type": "server", "assignee_id": "{off}"}
MANAGED = {"name": "x", "type": "managed", "domain_names": ["example.com"]}
FIREWALL = [{"firewall": "{firewall}"}]
OTHERS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/certificates", MANAGED),
    ("POST", "/firewalls", {"name": "x", "rules": [RULE], "apply_to": [server("web")]}),
    ("POST", "/floating_ips", {"type": "ipv4", "server": "{web}"}),
    ("POST", "/load_balancers", LOAD_BALANCER),
    ("POST", "/primary_ips", PRIMARY_IP),
    ("POST", "/servers", {**SERVER, "networks": ["{network}"], "volumes": ["{free_volume}"], "firewalls": FIREWALL}),
    ("POST", "/zones", {"name": "x.example.com", "mode": "primary", "rrsets": [RRSET]}),
    ("DELETE", "/load_balancers/{balancer}", {}),
    ("DELETE", "/servers/{web}", {}),
    ("DELETE", "/storage_boxes/{box}", {}),
    ("DELETE", "/zones/{zone}", {}),
]
REQUESTS = [("POST", *case) for case in CASES + CREATED] + [("DELETE", path, {}) for path in DELETED]
IDS = [f"{method} {path}" for method, path, _ in REQUESTS]


@cache
def world() -> tuple[bytes, dict[str, Any]]:
    """Return the snapshot of a cloud that has every resource, and IDs and addresses by name."""
    cloud = FakeCloud()
    api = API(cloud, cloud.project.token)
    ids: dict[str, Any] = {}

    def create(collection: str, **body: Any) -> Any:
        response = api.post(f"/{collection}", **body)
        cloud.finish_actions()
        return response[cloud.project[collection].singular]

    def act(path: str, **body: Any) -> Any:
        response = api.post(path.format(**ids), **body)
        assert response.status == 201, response.body
        cloud.finish_actions()
        return response

    subnets = [{**CLOUD, "ip_range": "10.0.1.0/24"}, {**CLOUD, "ip_range": "10.0.2.0/24"}]
    ids["network"] = create("networks", name="net", ip_range="10.0.0.0/16", subnets=subnets, routes=[ROUTE])["id"]
    ids["group"] = create("placement_groups", name="group", type="spread")["id"]
    web = api.server("web", location="fsn1", networks=[ids["network"]], placement_group=ids["group"])
    off = api.server("off", location="fsn1", start_after_create=False, public_net={"enable_ipv6": False})
    ids.update(web=web["id"], off=off["id"], web_address=web["public_net"]["ipv4"]["ip"])
    ids.update(primary_ip=off["public_net"]["ipv4"]["id"], primary_address=off["public_net"]["ipv4"]["ip"])
    act("/servers/{off}/actions/attach_iso", iso="systemrescue-12.02-amd64.iso")
    act("/servers/{off}/actions/enable_rescue")
    act("/servers/{web}/actions/enable_backup")
    for _ in range(7):
        act("/servers/{web}/actions/create_image", type="backup")
    ids["image"] = act("/servers/{web}/actions/create_image")["image"]["id"]
    ids["free_primary_ip"] = create("primary_ips", name="six", type="ipv6", location="fsn1")["id"]
    floating = create("floating_ips", type="ipv4", server=web["id"])
    ids.update(floating_ip=floating["id"], floating_address=floating["ip"])
    ids["free_ip"] = create("floating_ips", type="ipv4", home_location="fsn1")["id"]
    ids["volume"] = create("volumes", name="data", size=10, server=web["id"])["id"]
    ids["free_volume"] = create("volumes", name="spare", size=10, location="fsn1")["id"]
    ids["firewall"] = create("firewalls", name="fw", apply_to=[{"type": "server", "server": {"id": web["id"]}}])["id"]
    cloud.fail_action("create_certificate")
    ids["certificate"] = create("certificates", name="cert", type="managed", domain_names=["example.com"])["id"]
    arguments = {"load_balancer_type": "lb11", "location": "fsn1", "network": ids["network"]}
    target = {"type": "server", "server": {"id": web["id"]}, "use_private_ip": True}
    balancer = create("load_balancers", name="lb", **arguments, services=[{"protocol": "http"}], targets=[target])
    ids.update(balancer=balancer["id"], balancer_address=balancer["public_net"]["ipv4"]["ip"])
    ids["private"] = create("load_balancers", name="private", **arguments, public_interface=False)["id"]
    ids["idle"] = create("load_balancers", name="idle", load_balancer_type="lb11", location="fsn1")["id"]
    for name in ("box", "planned_box"):
        body = {"name": name, "storage_box_type": "bx11", "location": "fsn1", "password": PASSWORD}
        ids[name] = create("storage_boxes", **body)["id"]
    act("/storage_boxes/{planned_box}/actions/enable_snapshot_plan", max_snapshots=3, minute=0, hour=4)
    ids["old_snapshot"] = act("/storage_boxes/{box}/snapshots")["snapshot"]["id"]
    act("/storage_boxes/{box}/snapshots")
    account = act("/storage_boxes/{box}/subaccounts", home_directory="old", password=PASSWORD)
    ids["account"] = account["subaccount"]["id"]
    rrsets = [{"name": "www", "type": "A", "records": [{"value": "192.0.2.1"}, {"value": "192.0.2.2"}]}]
    ids["zone"] = create("zones", name="example.com", mode="primary", rrsets=rrsets)["id"]
    ids["zonefile"] = api.get("/zones/example.com/zonefile")["zonefile"].replace("192.0.2.1", "192.0.2.8")
    nameservers = [{"address": "192.0.2.1"}]
    secondary = create("zones", name="example.org", mode="secondary", primary_nameservers=nameservers)
    ids["secondary"] = secondary["id"]
    cloud.advance(600)
    return cloud.snapshot(), ids


def filled_in(value: Any) -> Any:
    """Fill the IDs and addresses into a path or body."""
    if isinstance(value, dict):
        return {name: filled_in(item) for name, item in value.items()}
    if isinstance(value, list):
        return list(map(filled_in, value))
    if not isinstance(value, str):
        return value
    ids = world()[1]
    return ids[value[1:-1]] if value[:1] + value[-1:] == "{}" else value.format(**ids)


def state(cloud: FakeCloud) -> Any:
    """Return the state of a cloud, without actions and without counters of attempts."""
    collections = {
        name: deepcopy(({record["id"]: record for record in resource.own}, resource.hidden))
        for name, resource in cloud.project.resources.items()
        if name != "actions"
    }
    for records, hidden in collections.values():
        for number, private in hidden.items():
            for counter in ("secrets", "planned", "numbered"):
                private.pop(counter, None)
            if "rrsets" in private:
                records[number]["status"] = "ok"
                private["rrsets"].pop("@/SOA", None)
    return collections


@pytest.fixture
def state_before(cloud: FakeCloud, api: API, method: str, path: str, body: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Start an action that is going to fail, and return the state before."""
    cloud.restore(world()[0])
    monkeypatch.setattr(cloud, "failure_of", lambda command: dict(ERROR))
    before = state(cloud)
    response = api(method, filled_in(path), filled_in(body))
    assert response.status in (200, 201), response.body
    return before


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS, ids=IDS)
def test_a_failed_action_has_no_effect(cloud: FakeCloud, state_before: Any) -> None:
    cloud.finish_actions()
    last = list(cloud.actions)[-1]
    assert (last["status"], last["error"]["code"]) == ("error", "action_failed")
    assert state(cloud) == state_before


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS, ids=IDS)
def test_a_cloud_can_be_saved_while_an_action_runs(cloud: FakeCloud, state_before: Any) -> None:
    loaded = FakeCloud()
    loads(loaded, dumps(cloud))
    assert bool(dumps(loaded) == dumps(cloud))


def test_all_actions_are_tested() -> None:
    matches = [router().find(filled_in(path)) for path, _ in CASES]
    routes = [match[0] for match in matches if match is not None]
    tested = [operation for route in routes for operation in route.operations.values()]
    actions = [
        operation for operation in router().operations if operation.method == "POST" and "/actions/" in operation.path
    ]
    assert [operation.path for operation in actions if operation not in tested] == [], "add a line to CASES for each"


def test_operations_start_the_actions_that_they_declare(cloud: FakeCloud, api: API) -> None:
    started: dict[str, set[str]] = {}
    declared: dict[str, set[str]] = {}
    for operation in router().operations:
        if operation.starts:
            declared[f"{operation.method} {operation.path}"] = {*operation.starts}
    for method, path, body in REQUESTS + OTHERS:
        cloud.restore(world()[0])
        known = {action["id"] for action in cloud.actions}
        response = api(method, filled_in(path), filled_in(body))
        assert response.status < 300, (path, response.body)
        match = router().find(filled_in(path))
        assert match is not None
        operation = match[0].operations[method]
        commands = {action["command"] for action in cloud.actions if action["id"] not in known}
        started.setdefault(f"{method} {operation.path}", set()).update(commands)
    assert started == declared
    assert cloud.commands == sorted(set().union(*declared.values()))


def test_dependent_actions_fail_too(cloud: FakeCloud, api: API) -> None:
    network = api.post("/networks", name="net", ip_range="10.0.0.0/16", subnets=[CLOUD])["network"]
    volume = api.post("/volumes", name="vol", size=10, location="fsn1")["volume"]
    cloud.finish_actions()
    cloud.fail_action("create_server", code="no_host", message="no host is free")
    server = api.server(location="fsn1", networks=[network["id"]], volumes=[volume["id"]])

    assert (server["status"], server["private_net"], server["volumes"]) == ("unknown", [], [])
    assert cloud.volumes["vol"]["server"] is None
    errors = {action["command"]: action["error"] for action in api.get(f"/servers/{server['id']}/actions")["actions"]}
    assert errors.pop("create_server") == {"code": "no_host", "message": "no host is free"}
    after = {"code": "no_host", "message": "create_server, which must come first, failed"}
    assert errors == dict.fromkeys(("attach_to_network", "attach_volume", "start_server"), after)
    assert api.delete(f"/servers/{server['id']}").status == 200


def test_primary_ip_stays_unassigned_if_the_assignment_fails(cloud: FakeCloud, api: API) -> None:
    server = api.server(start_after_create=False, public_net={"enable_ipv4": False})
    cloud.fail_action("assign_primary_ip")
    arguments = {"name": "four", "type": "ipv4", "assignee_type": "server", "assignee_id": server["id"]}
    assert api.post("/primary_ips", **arguments)["primary_ip"]["assignee_id"] == server["id"]
    cloud.finish_actions()
    assert cloud.primary_ips["four"]["assignee_id"] is None
    assert cloud.servers["web"]["public_net"]["ipv4"] is None


def test_effects_are_methods_of_resources(cloud: FakeCloud, api: API) -> None:
    server = cloud.servers[api.server()["id"]]
    with pytest.raises(TypeError, match="is not a method of a resource"):
        cloud.servers.start_action(server, "stop_server", server.clear)
    with pytest.raises(TypeError, match="is not a method of a resource"):
        cloud.servers.start_action(server, "stop_server", otherwise=lambda: server.update(status="off"))
    assert cloud.project.actions.running == []
