"""Servers in the fake cloud."""

from __future__ import annotations

from typing import Any

import pytest

from hcloud import Client
from hcloud.testing import FakeCloud
from tests.testing.api import API

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9dG4kjRhQTtWTVzd2t27+t0DEHBPW7iOD23TUiYLio me@here"


@pytest.fixture
def server(api: API) -> Any:
    return api.server()


def act(api: API, server: Any, command: str, **body: Any) -> Any:
    """Run an action on a server to its end and return the server."""
    done = api.done(api.post(f"/servers/{server['id']}/actions/{command}", **body))
    assert done["status"] == "success"
    return api.get(f"/servers/{server['id']}")["server"]


def test_create(cloud: FakeCloud, api: API) -> None:
    created = api.post(
        "/servers",
        name="web",
        server_type="cpx22",
        image="ubuntu-24.04",
        location="hel1",
        labels={"a": "b"},
        user_data="#!",
    )
    server = created["server"]

    assert (created.status, server["status"], server["locked"]) == (201, "initializing", True)
    assert created["action"]["command"] == "create_server"
    assert [action["command"] for action in created["next_actions"]] == ["start_server"]
    assert len(created["root_password"]) == 20
    assert (server["server_type"]["id"], server["location"]["id"], server["labels"]) == (109, 3, {"a": "b"})
    assert server["image"]["name"] == "ubuntu-24.04"
    assert server["primary_disk_size"] == server["server_type"]["disk"]
    assert server["public_net"]["ipv4"]["ip"] == "198.18.0.1"
    assert server["public_net"]["ipv6"]["ip"].endswith("/64")
    assert "datacenter" not in server
    assert {primary_ip["assignee_id"] for primary_ip in cloud.primary_ips} == {server["id"]}


def test_create_by_ids_as_strings(api: API) -> None:
    server = api.server(server_type="109", image="114690387", location=3)
    assert (server["server_type"]["id"], server["image"]["id"], server["location"]["id"]) == (109, 114690387, 3)


def test_images_of_the_right_architecture(api: API) -> None:
    assert api.server(server_type="cax11")["image"]["id"] == 114690389
    for only_x86 in (40093247, 114690387):
        response = api.post("/servers", name="x", server_type="cax11", image=only_x86)
        assert response.fields == ["image"]
        assert response.body["error"]["message"] == "image has incompatible architecture"


def test_create_without_starting(api: API) -> None:
    created = api.post("/servers", name="web", server_type="cx23", image="debian-12", start_after_create=False)
    assert created["next_actions"] == []
    api.done(created)
    assert api.get(f"/servers/{created['server']['id']}")["server"]["status"] == "off"


def test_no_password_with_a_key(api: API) -> None:
    api.post("/ssh_keys", name="mine", public_key=KEY)
    created = api.post("/servers", name="web", server_type="cx23", image="debian-12", ssh_keys=["mine"])
    assert created["root_password"] is None
    response = api.post("/servers", name="w", server_type="cx23", image="debian-12", ssh_keys=["yours"])
    assert response.body["error"]["message"] == "ssh key 'yours' not found"


def test_unavailable_server_types(api: API) -> None:
    response = api.post("/servers", name="x", server_type="cx23", image="debian-12", location="ash")
    assert (response.code, response.body["error"]["message"]) == (
        "invalid_input",
        "unsupported location for server type",
    )
    response = api.post("/servers", name="x", server_type=1, image="debian-12", location="fsn1")
    assert (response.status, response.code) == (412, "resource_unavailable")
    assert api.post("/servers", name="x", server_type=1, image="debian-12").code == "resource_unavailable"


def test_incompatible_images(cloud: FakeCloud, api: API) -> None:
    big = api.server(server_type="cpx32")
    image = api.post(f"/servers/{big['id']}/actions/create_image")["image"]
    assert api.post("/servers", name="x", server_type="cpx32", image=image["id"]).code == "resource_unavailable"
    cloud.finish_actions()
    assert api.post("/servers", name="x", server_type="cx23", image=image["id"]).fields == ["image"]


def test_public_net(cloud: FakeCloud, api: API) -> None:
    mine = api.post("/primary_ips", name="mine", type="ipv4", location="fsn1")["primary_ip"]
    server = api.server(public_net={"ipv4": mine["id"], "enable_ipv6": False})
    assert (server["public_net"]["ipv4"]["ip"], server["public_net"]["ipv6"]) == (mine["ip"], None)

    def error_code(**public_net: Any) -> str:
        return api.post("/servers", name="x", server_type="cx23", image="debian-12", public_net=public_net).code

    assert error_code(ipv4=mine["id"]) == "primary_ip_assigned"
    assert error_code(ipv6=mine["id"]) == "primary_ip_version_mismatch"
    assert error_code(ipv4=1) == "invalid_input"
    assert error_code(ipv4=mine["id"], enable_ipv4=False) == "invalid_input"
    assert error_code(enable_ipv4=False, enable_ipv6=False) == "invalid_input"
    other = api.post("/primary_ips", name="other", type="ipv4", location="hel1")["primary_ip"]
    far = api.post(
        "/servers", name="x", server_type="cx23", image="debian-12", location="fsn1", public_net={"ipv4": other["id"]}
    )
    assert far.code == "primary_ip_datacenter_mismatch"

    api.delete(f"/servers/{server['id']}")
    assert cloud.primary_ips["mine"]["assignee_id"] is None
    assert len(cloud.primary_ips) == 2


def test_servers_respect_the_limit_of_primary_ips(cloud: FakeCloud, api: API) -> None:
    mine = api.post("/primary_ips", name="mine", type="ipv4", location="fsn1")["primary_ip"]
    arguments = {"name": "web", "server_type": "cx23", "image": "debian-12", "location": "fsn1"}
    cloud.limits["primary_ips"] = 2
    response = api.post("/servers", **arguments)
    assert (response.code, response.body["error"]["details"]) == (
        "resource_limit_exceeded",
        {"limits": [{"name": "primary_ip_limit"}]},
    )
    assert (len(cloud.servers), len(cloud.primary_ips)) == (0, 1)
    assert api.post("/servers", **arguments, public_net={"ipv4": mine["id"]}).status == 201
    cloud.limits["primary_ips"] = 0
    network = api.post("/networks", name="net", ip_range="10.0.0.0/16")["network"]
    api.post(f"/networks/{network['id']}/actions/add_subnet", type="cloud", network_zone="eu-central")
    cloud.finish_actions()
    hidden = {"enable_ipv4": False, "enable_ipv6": False}
    assert (
        api.post("/servers", **{**arguments, "name": "db"}, networks=[network["id"]], public_net=hidden).status == 201
    )


def test_filters_and_update(api: API, server: Any) -> None:
    api.server("db", start_after_create=False)
    assert [server["name"] for server in api.get("/servers", name="db")["servers"]] == ["db"]
    assert [server["name"] for server in api.get("/servers", status=["running", "starting"])["servers"]] == ["web"]
    changed = api.put(f"/servers/{server['id']}", name="www", labels={"x": ""})["server"]
    assert (changed["name"], changed["labels"]) == ("www", {"x": ""})


def test_delete_releases_addresses(cloud: FakeCloud, api: API, server: Any) -> None:
    deleted = api.delete(f"/servers/{server['id']}")
    assert (deleted.status, deleted["action"]["command"]) == (200, "delete_server")
    assert api.get(f"/servers/{server['id']}").code == "not_found"
    assert len(cloud.primary_ips) == 0
    assert api.server("web")["public_net"]["ipv4"]["ip"] != server["public_net"]["ipv4"]["ip"]
    cloud.finish_actions()
    assert api.get(f"/actions/{deleted['action']['id']}")["action"]["status"] == "success"


@pytest.mark.parametrize(
    ("operation", "command", "body", "before", "meanwhile"),
    [
        ("poweron", "start_server", {}, "off", "starting"),
        ("shutdown", "shutdown_server", {}, "running", "stopping"),
        ("rebuild", "rebuild_server", {"image": "debian-13"}, "running", "rebuilding"),
        ("change_type", "change_server_type", {"server_type": "cx33", "upgrade_disk": False}, "off", "migrating"),
    ],
)
def test_a_failed_action_restores_the_status(
    api: API, server: Any, operation: str, command: str, body: dict[str, Any], before: str, meanwhile: str
) -> None:
    if before == "off":
        act(api, server, "poweroff")
    api.cloud.fail_action(command)
    api.post(f"/servers/{server['id']}/actions/{operation}", **body)
    assert api.get(f"/servers/{server['id']}")["server"]["status"] == meanwhile
    api.cloud.finish_actions()
    assert api.get(f"/servers/{server['id']}")["server"]["status"] == before


def test_power(api: API, server: Any) -> None:
    assert act(api, server, "poweroff")["status"] == "off"
    assert api.post(f"/servers/{server['id']}/actions/reboot").code == "server_not_running"
    assert api.post(f"/servers/{server['id']}/actions/reset_password").code == "server_not_running"
    api.post(f"/servers/{server['id']}/actions/poweron")
    assert api.get(f"/servers/{server['id']}")["server"]["status"] == "starting"
    api.cloud.finish_actions()
    assert act(api, server, "reboot")["status"] == "running"
    assert act(api, server, "shutdown")["status"] == "off"
    assert act(api, server, "reset")["status"] == "running"
    assert len(api.post(f"/servers/{server['id']}/actions/reset_password")["root_password"]) == 20


def test_rescue_lasts_until_the_next_boot(api: API, server: Any) -> None:
    first = api.post(f"/servers/{server['id']}/actions/enable_rescue", type="linux64")["root_password"]
    api.cloud.finish_actions()
    assert api.get(f"/servers/{server['id']}")["server"]["rescue_enabled"]
    assert not act(api, server, "reboot")["rescue_enabled"]
    assert api.post(f"/servers/{server['id']}/actions/enable_rescue")["root_password"] != first
    api.cloud.finish_actions()
    assert not act(api, server, "disable_rescue")["rescue_enabled"]
    assert api.post(f"/servers/{server['id']}/actions/enable_rescue", type="freebsd64").fields == ["type"]


def test_unused_rescue_mode_expires(cloud: FakeCloud, api: API, server: Any) -> None:
    act(api, server, "enable_rescue")
    cloud.advance(3599)
    assert cloud.servers["web"]["rescue_enabled"]
    cloud.advance(1)
    assert not cloud.servers["web"]["rescue_enabled"]


def test_records_changed_by_hand_are_kept(cloud: FakeCloud, server: Any) -> None:
    cloud.servers["web"].update(rescue_enabled=True, backup_window="22-02")
    cloud.advance(3600)
    cloud.advance(86_400)
    assert cloud.servers["web"]["rescue_enabled"]
    assert len(cloud.images.own) == 1


def test_daily_backups(cloud: FakeCloud, api: API, server: Any) -> None:
    def backup_times() -> list[str]:
        backups = api.get("/images", type="backup", sort="created")["images"]
        assert {backup["status"] for backup in backups} <= {"available"}
        return [backup["created"][:16] for backup in backups]

    act(api, server, "enable_backup")
    assert backup_times() == []
    cloud.advance(86_400)
    assert backup_times() == ["2026-10-15T22:00"]
    act(api, server, "enable_backup")
    cloud.advance(9 * 86_400)
    assert backup_times() == [f"2026-10-{day}T22:00" for day in range(18, 25)]
    cloud.limits["images"] = 7
    cloud.advance(86_400)
    assert backup_times()[-1] == "2026-10-24T22:00"
    act(api, server, "disable_backup")
    cloud.advance(86_400)
    assert backup_times() == []


def test_expired_server_types(cloud: FakeCloud, api: API) -> None:
    off = api.server(start_after_create=False)
    arguments = {"server_type": "cx32", "image": "debian-12"}
    assert api.server("before", **arguments)["server_type"]["name"] == "cx32"
    cloud.advance(100 * 86_400)
    for place in ({}, {"location": "fsn1"}):
        assert api.post("/servers", name="after", **arguments, **place).code == "resource_unavailable"
    changing = api.post(f"/servers/{off['id']}/actions/change_type", server_type="cx32", upgrade_disk=False)
    assert changing.code == "invalid_server_type"


def test_rebuild(api: API, server: Any) -> None:
    response = api.post(f"/servers/{server['id']}/actions/rebuild", image="ubuntu-24.04")
    assert response["root_password"]
    assert api.get(f"/servers/{server['id']}")["server"]["status"] == "rebuilding"
    api.cloud.finish_actions()
    rebuilt = api.get(f"/servers/{server['id']}")["server"]
    assert (rebuilt["status"], rebuilt["image"]["name"]) == ("running", "ubuntu-24.04")


def test_change_type(api: API, server: Any) -> None:
    path = f"/servers/{server['id']}/actions/change_type"
    assert api.post(path, server_type="cx33", upgrade_disk=False).code == "server_not_stopped"
    act(api, server, "poweroff")
    assert api.post(path, server_type="cax11", upgrade_disk=False).code == "invalid_server_type"
    assert api.post(path, server_type="cx23", upgrade_disk=False).code == "invalid_server_type"
    assert api.post(path, server_type="cx33").fields == ["upgrade_disk"]

    grown = act(api, server, "change_type", server_type="cx33", upgrade_disk=True)
    assert (grown["server_type"]["name"], grown["primary_disk_size"], grown["status"]) == ("cx33", 80, "running")
    act(api, server, "poweroff")
    assert api.post(path, server_type="cx23", upgrade_disk=False).code == "invalid_server_type"


def test_iso(api: API, server: Any) -> None:
    assert act(api, server, "attach_iso", iso="systemrescue-12.02-amd64.iso")["iso"]["id"] == 122898
    assert api.post(f"/servers/{server['id']}/actions/attach_iso", iso=110515).fields == ["iso"]
    assert act(api, server, "detach_iso")["iso"] is None
    assert api.post(f"/servers/{server['id']}/actions/detach_iso")["action"]["status"] == "success"


def test_reverse_dns(cloud: FakeCloud, api: API, server: Any) -> None:
    ipv4, ipv6 = server["public_net"]["ipv4"]["ip"], server["public_net"]["ipv6"]["ip"].replace("/64", "1")
    named = act(api, server, "change_dns_ptr", ip=ipv4, dns_ptr="web.example.com")
    assert named["public_net"]["ipv4"]["dns_ptr"] == "web.example.com"
    named = act(api, server, "change_dns_ptr", ip=ipv6, dns_ptr="six.example.com")
    assert named["public_net"]["ipv6"]["dns_ptr"] == [{"ip": ipv6, "dns_ptr": "six.example.com"}]
    assert cloud.primary_ips[named["public_net"]["ipv6"]["id"]]["dns_ptr"] == named["public_net"]["ipv6"]["dns_ptr"]

    assert act(api, server, "change_dns_ptr", ip=ipv6, dns_ptr=None)["public_net"]["ipv6"]["dns_ptr"] == []
    reset = act(api, server, "change_dns_ptr", ip=ipv4, dns_ptr=None)
    assert reset["public_net"]["ipv4"]["dns_ptr"] == "static.1.0.18.198.clients.your-server.de"
    assert api.post(f"/servers/{server['id']}/actions/change_dns_ptr", ip="192.0.2.1", dns_ptr="x").fields == ["ip"]
    assert api.post(f"/servers/{server['id']}/actions/change_dns_ptr", ip=ipv4).fields == ["dns_ptr"]


def test_protection(api: API, server: Any) -> None:
    path = f"/servers/{server['id']}/actions/change_protection"
    assert api.post(path, delete=True).status == 422
    assert act(api, server, "change_protection", delete=True, rebuild=True)["protection"]["delete"]
    assert api.delete(f"/servers/{server['id']}").code == "protected"
    assert api.post(f"/servers/{server['id']}/actions/rebuild", image="debian-12").code == "protected"
    act(api, server, "change_protection", delete=False, rebuild=False)
    assert api.delete(f"/servers/{server['id']}").status == 200


def test_backups_and_console(api: API, server: Any) -> None:
    assert act(api, server, "enable_backup")["backup_window"] == "22-02"
    assert act(api, server, "disable_backup")["backup_window"] is None
    console = api.post(f"/servers/{server['id']}/actions/request_console")
    assert console["wss_url"].startswith("wss://")
    assert console["password"]


@pytest.mark.parametrize("types", [["cpu", "disk"], "cpu,disk"])
def test_metrics(api: API, server: Any, types: Any) -> None:
    query = {"start": "2026-10-15T11:00:00Z", "end": "2026-10-15T12:00:00+00:00"}
    metrics = api.get(f"/servers/{server['id']}/metrics", type=types, step=60, **query)["metrics"]
    assert metrics["step"] == 60
    assert set(metrics["time_series"]) >= {"cpu", "disk.0.iops.read"}
    values = metrics["time_series"]["cpu"]["values"]
    assert len(values) == 61
    assert values[1][0] - values[0][0] == 60
    assert (
        len(api.get(f"/servers/{server['id']}/metrics", type="cpu", **query)["metrics"]["time_series"]["cpu"]["values"])
        <= 201
    )
    assert (
        len(
            api.get(f"/servers/{server['id']}/metrics", type="cpu", step=1, **query)["metrics"]["time_series"]["cpu"][
                "values"
            ]
        )
        <= 501
    )


def test_bad_metrics(api: API, server: Any) -> None:
    path = f"/servers/{server['id']}/metrics"
    assert set(api.get(path).fields) == {"type", "start", "end"}
    assert api.get(path, type="cpu", start="soon", end="later").fields == ["start"]
    times = {"start": "2026-10-15T11:00:00Z", "end": "2026-10-15T10:00:00Z"}
    assert api.get(path, type="cpu", **times).fields == ["end"]
    assert api.get(path, type="heat", **times).fields == ["type"]
    for wrong in ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"):
        assert api.get(path, type="cpu", **{**times, "start": wrong}).fields == ["start"]


def test_rescue_mode_is_visible_to_tests(cloud: FakeCloud, client: Client) -> None:
    server = client.servers.create("web", "cx23", "debian-13").wait().server
    key = client.ssh_keys.create(
        "mine", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
    )
    server.enable_rescue(ssh_keys=[key]).wait()
    assert not cloud.servers.in_rescue_mode(server.id)
    assert cloud.servers.rescue_keys(server.id) == []
    server.reset().wait()
    assert cloud.servers.in_rescue_mode(server.id)
    assert cloud.servers.rescue_keys(server.id) == [key.public_key]
    cloud.restore(cloud.snapshot())
    assert cloud.servers.in_rescue_mode(server.id)
    server.power_off().wait()
    assert not cloud.servers.in_rescue_mode(server.id)
    server.power_on().wait()
    assert not cloud.servers.in_rescue_mode(server.id)
    with pytest.raises(KeyError):
        cloud.servers.in_rescue_mode(1)
