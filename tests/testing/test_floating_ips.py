"""Floating IPs in the fake cloud."""

from __future__ import annotations

from hcloud.testing import FakeCloud
from tests.testing.api import API


def test_life_cycle(cloud: FakeCloud, api: API) -> None:
    created = api.post("/floating_ips", type="ipv4", home_location="nbg1", description="web", labels={"a": "b"})
    ip = created["floating_ip"]
    path = f"/floating_ips/{ip['id']}"
    assert "action" not in created.body
    assert (ip["server"], ip["home_location"]["name"], ip["description"]) == (None, "nbg1", "web")
    assert ip["name"]
    server = api.server(location="hel1")

    action = api.done(api.post(f"{path}/actions/assign", server=server["id"]))
    assert (action["command"], action["status"]) == ("assign_floating_ip", "success")
    assert cloud.servers["web"]["public_net"]["floating_ips"] == [ip["id"]]
    assert api.post(f"{path}/actions/assign", server=server["id"]).code == "floating_ip_assigned"
    response = api.delete(path)
    assert (response.status, response.code) == (422, "must_be_unassigned")

    api.done(api.post(f"{path}/actions/unassign"))
    assert cloud.servers["web"]["public_net"]["floating_ips"] == []
    assert api.post(f"{path}/actions/unassign").code == "invalid_input"
    api.post(f"{path}/actions/change_protection", delete=True)
    assert api.delete(path).code == "protected"
    api.post(f"{path}/actions/change_protection", delete=False)
    assert api.delete(path).status == 204


def test_create_for_a_server(cloud: FakeCloud, api: API) -> None:
    assert api.post("/floating_ips", type="ipv6").fields == ["server", "home_location"]
    server = api.server(location="hel1")
    created = api.post("/floating_ips", type="ipv6", server=server["id"], name="mine")
    assert created["action"]["status"] == "running"
    assert (created["floating_ip"]["server"], created["floating_ip"]["home_location"]["name"]) == (server["id"], "hel1")
    assert created["floating_ip"]["ip"].endswith("/64")
    started = api.post(f"/servers/{server['id']}/actions/poweroff")
    assert api.post("/floating_ips", type="ipv6", server=server["id"]).code == "locked"
    assert api.done(started)["status"] == "success"
    assert api.post("/floating_ips", type="ipv6", home_location=1, name="mine").code == "uniqueness_error"

    cloud.finish_actions()
    api.delete(f"/servers/{server['id']}")
    assert cloud.floating_ips["mine"]["server"] is None


def test_failed_assignment(cloud: FakeCloud, api: API) -> None:
    server = api.server()
    cloud.fail_action("assign_floating_ip")
    api.post("/floating_ips", type="ipv4", server=server["id"], name="mine")
    cloud.finish_actions()
    assert cloud.floating_ips["mine"]["server"] is None
    assert cloud.servers["web"]["public_net"]["floating_ips"] == []

    cloud.fail_action("assign_floating_ip")
    api.post(f"/floating_ips/{cloud.floating_ips['mine']['id']}/actions/assign", server=server["id"])
    api.delete(f"/servers/{server['id']}")
    cloud.finish_actions()
    assert cloud.floating_ips["mine"]["server"] is None


def test_update_and_reverse_dns(api: API) -> None:
    ip = api.post("/floating_ips", type="ipv4", home_location="fsn1", name="a")["floating_ip"]
    path = f"/floating_ips/{ip['id']}"
    assert api.put(path, name="b", description="c", labels={"x": ""})["floating_ip"]["description"] == "c"
    assert [
        floating_ip["name"] for floating_ip in api.get("/floating_ips", name="b", sort="created:desc")["floating_ips"]
    ] == ["b"]

    def ptr(**body: object) -> object:
        api.done(api.post(f"{path}/actions/change_dns_ptr", **body))
        return api.get(path)["floating_ip"]["dns_ptr"]

    assert ptr(ip=ip["ip"], dns_ptr="a.example.com") == [{"ip": ip["ip"], "dns_ptr": "a.example.com"}]
    assert ptr(ip=ip["ip"], dns_ptr=None) == ip["dns_ptr"]
    assert api.post(f"{path}/actions/change_dns_ptr", ip="192.0.2.1", dns_ptr="x").fields == ["ip"]
