"""Primary IPs in the fake cloud."""

from __future__ import annotations

from hcloud.testing import FakeCloud
from tests.testing.api import API


def test_life_cycle(cloud: FakeCloud, api: API) -> None:
    created = api.post("/primary_ips", name="mine", type="ipv4", location="fsn1")
    ip = created["primary_ip"]
    assert "action" not in created.body
    assert (ip["assignee_id"], ip["assignee_type"]) == (None, "unassigned")
    server = api.server(location="fsn1", public_net={"enable_ipv4": False}, start_after_create=False)

    api.done(api.post(f"/primary_ips/{ip['id']}/actions/assign", assignee_id=server["id"], assignee_type="server"))
    assert cloud.servers["web"]["public_net"]["ipv4"]["ip"] == ip["ip"]
    assert api.delete(f"/primary_ips/{ip['id']}").code == "must_be_unassigned"
    api.done(api.post(f"/primary_ips/{ip['id']}/actions/change_dns_ptr", ip=ip["ip"], dns_ptr="a.example.com"))
    assert cloud.servers["web"]["public_net"]["ipv4"]["dns_ptr"] == "a.example.com"

    api.done(api.post(f"/primary_ips/{ip['id']}/actions/unassign"))
    assert cloud.servers["web"]["public_net"]["ipv4"] is None
    api.done(api.post(f"/primary_ips/{ip['id']}/actions/change_protection", delete=True))
    assert api.delete(f"/primary_ips/{ip['id']}").code == "protected"
    assert api.put(f"/primary_ips/{ip['id']}", auto_delete=True).code == "invalid_input"
    api.done(api.post(f"/primary_ips/{ip['id']}/actions/change_protection", delete=False))
    assert api.delete(f"/primary_ips/{ip['id']}").status == 204


def test_rejected_assignments(api: API) -> None:
    running = api.server()
    stopped = api.server("off", start_after_create=False)
    ip = api.post("/primary_ips", name="mine", type="ipv6", location="hel1")["primary_ip"]

    def assign(number: int, assignee_type: str = "server") -> str:
        return api.post(f"/primary_ips/{ip['id']}/actions/assign", assignee_id=number, assignee_type=assignee_type).code

    assert assign(1) == "not_found"
    assert assign(stopped["id"]) == "invalid_input"
    assert api.post("/primary_ips", name="x", type="ipv4").fields == ["location"]
    fields = {"name": "x", "type": "ipv4", "assignee_type": "server"}
    assert api.post("/primary_ips", **fields, assignee_id=running["id"]).code == "server_has_ipv4"
    assigned = running["public_net"]["ipv4"]["id"]
    assert api.post(f"/primary_ips/{assigned}/actions/unassign").code == "server_not_stopped"
    assert api.post(f"/primary_ips/{ip['id']}/actions/unassign").code == "primary_ip_not_assigned"


def test_created_for_a_server(cloud: FakeCloud, api: API) -> None:
    server = api.server(public_net={"enable_ipv4": False}, start_after_create=False)
    created = api.post("/primary_ips", name="x", type="ipv4", assignee_type="server", assignee_id=server["id"])
    assert created["action"]["command"] == "assign_primary_ip"
    assert created["primary_ip"]["assignee_id"] == server["id"]
    assert cloud.servers["web"]["public_net"]["ipv4"]["id"] == created["primary_ip"]["id"]
    assert api.get("/primary_ips", ip=created["primary_ip"]["ip"])["primary_ips"] == [created["primary_ip"]]


def test_locked_servers(cloud: FakeCloud, api: API) -> None:
    server = api.server(public_net={"enable_ipv6": False}, start_after_create=False)
    ip = api.post("/primary_ips", name="mine", type="ipv6", location="fsn1")["primary_ip"]
    started = api.post(f"/servers/{server['id']}/actions/create_image")
    assigned = {"assignee_id": server["id"], "assignee_type": "server"}
    for busy in (
        api.post(f"/primary_ips/{ip['id']}/actions/assign", **assigned),
        api.post("/primary_ips", name="new", type="ipv6", **assigned),
        api.post(f"/primary_ips/{server['public_net']['ipv4']['id']}/actions/unassign"),
    ):
        assert (busy.status, busy.code) == (423, "locked")
    assert len(cloud.primary_ips) == 2
    api.done(started)
    assert api.post(f"/primary_ips/{ip['id']}/actions/assign", **assigned).status == 201


def test_no_start_without_an_interface(api: API) -> None:
    server = api.server(public_net={"enable_ipv6": False}, start_after_create=False)
    four = server["public_net"]["ipv4"]["id"]
    api.done(api.post(f"/primary_ips/{four}/actions/unassign"))
    for command in ("poweron", "reset"):
        assert api.post(f"/servers/{server['id']}/actions/{command}").code == "invalid_input"
    api.done(api.post(f"/primary_ips/{four}/actions/assign", assignee_id=server["id"], assignee_type="server"))
    assert api.done(api.post(f"/servers/{server['id']}/actions/poweron"))["status"] == "success"
