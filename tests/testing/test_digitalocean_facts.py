"""Facts about the real API that the fake DigitalOcean agrees with, by direct requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any
from uuid import UUID

import pytest

from hcloud.testing import FakeDigitalOcean, Request
from hcloud.testing.saved import dumps, loads
from tests.api.validation import record_faults
from tests.testing.api import ParsedResponse
from tests.testing.test_digitalocean import API

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9dG4kjRhQtTWVTzd2t27+t0DEHBPW7iOD23TUiYLio"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAC3NzaC1lZDI1NTE5 me@home"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDigitalOcean]:
    cloud = FakeDigitalOcean()
    faults = record_faults(cloud, "digitalocean", monkeypatch)
    yield cloud
    assert sorted(set(faults)) == [], "the fake differs from the table of the API, tests/api/digitalocean.json"


@pytest.fixture
def api(cloud: FakeDigitalOcean) -> API:
    return API(cloud)


def snapshot_of(api: API, droplet: dict[str, Any], name: str = "golden") -> int:
    """Create a snapshot of a droplet and return its ID."""
    assert api.post(f"/droplets/{droplet['id']}/actions", type="snapshot", name=name).status == 201
    api.cloud.finish_actions()
    return int(api.get(f"/droplets/{droplet['id']}")["droplet"]["snapshot_ids"][-1])


def import_image(api: API, **fields: Any) -> dict[str, Any]:
    """Start an import and return the new image."""
    body = {"name": "mine", "url": "https://example.com/x.raw", "region": "nyc3", **fields}
    image: dict[str, Any] = api.post("/images", **body)["image"]
    return image


# Images


def test_an_image_is_transferred_to_several_regions_at_once(cloud: FakeDigitalOcean, api: API) -> None:
    image = snapshot_of(api, api.droplet())
    path = f"/images/{image}/actions"
    transfers = [api.post(path, type="transfer", region=region) for region in ("nyc3", "lon1", "sgp1")]
    assert [transfer["action"]["status"] for transfer in transfers] == ["in-progress"] * 3
    again = api.post(path, type="transfer", region="lon1")
    assert (again.status, again.body["message"]) == (422, "Image already has a pending event.")
    assert api("DELETE", f"/images/{image}").status == 422
    cloud.finish_actions()
    assert cloud.images[image]["regions"] == ["fra1", "nyc3", "lon1", "sgp1"]
    assert api("DELETE", f"/images/{image}").status == 204


def test_a_backup_is_not_converted_while_it_is_transferred(cloud: FakeDigitalOcean, api: API) -> None:
    droplet = api.droplet(backups=True)
    path = f"/images/{cloud.back_up(droplet['id'])['id']}/actions"
    assert api.post(path, type="convert").status == 201
    assert api.post(path, type="transfer", region="nyc3").status == 422
    cloud.finish_actions()
    assert api.post(path, type="transfer", region="nyc3").status == 201


@pytest.mark.parametrize(("distribution", "shown"), [("AlmaLinux", "Unknown"), ("Debian", "Debian"), (None, "Unknown")])
def test_an_unknown_distribution_is_taken_and_shown_as_unknown(api: API, distribution: str | None, shown: str) -> None:
    image = import_image(api, **({"distribution": distribution} if distribution else {}))
    assert image["distribution"] == shown
    update = api("PUT", f"/images/{image['id']}", {"distribution": distribution or "Plan 9"})
    assert update["image"]["distribution"] == shown


def test_a_failed_import_leaves_the_listing(cloud: FakeDigitalOcean, api: API) -> None:
    cloud.fail_import("not a disk image")
    image = import_image(api)
    assert [listed["id"] for listed in api.get("/images", private="true")["images"]] == [image["id"]]
    cloud.finish_actions()
    assert api.get("/images", private="true")["images"] == []
    failed = api.get(f"/images/{image['id']}")["image"]
    assert (failed["status"], failed["error_message"]) == ("deleted", "not a disk image")


@pytest.mark.parametrize("seconds", [0, 15])
@pytest.mark.parametrize("fails", [False, True])
def test_an_image_stays_deleted_when_its_import_ends(
    cloud: FakeDigitalOcean, api: API, seconds: float, fails: bool
) -> None:
    if fails:
        cloud.fail_import("not a disk image")
    image = import_image(api)
    cloud.advance(seconds)
    assert api("DELETE", f"/images/{image['id']}").status == 204
    cloud.finish_actions()
    deleted = api.get(f"/images/{image['id']}")["image"]
    assert (deleted["status"], deleted["error_message"], deleted["regions"]) == ("deleted", "", [])
    assert api.get("/images", private="true")["images"] == []


def test_a_deleted_image_shows_deleted_and_is_not_deleted_twice(cloud: FakeDigitalOcean, api: API) -> None:
    image = import_image(api, tags=["base"])
    cloud.finish_actions()
    path = f"/images/{image['id']}"
    assert api("DELETE", path).status == 204
    assert api.get(path)["image"]["status"] == "deleted"
    again = api("DELETE", path)
    assert (again.status, again.body["id"]) == (422, "unprocessable_entity")
    assert again.body["message"] == "Image Can not delete an already deleted image."
    assert api.get("/images", tag_name="base")["images"] == []
    assert api.get("/tags/base")["tag"]["resources"]["images"]["count"] == 0
    assert api("PUT", path, {"name": "x"}).status == 404
    assert api.post(f"{path}/actions", type="transfer", region="fra1").status == 404
    reference = {"resource_id": str(image["id"]), "resource_type": "image"}
    assert api.post("/tags/base/resources", resources=[reference]).status == 404
    assert (len(cloud.images.own), image["id"] in cloud.images) == (0, False)
    assert len(cloud.images) == len(FakeDigitalOcean().images)


def test_deleted_images_take_no_room(cloud: FakeDigitalOcean, api: API) -> None:
    cloud.limits["images"] = 1
    for _ in range(3):
        image = import_image(api)
        assert api.post("/images", name="x", url="https://example.com/x", region="nyc3").status == 403
        assert api("DELETE", f"/images/{image['id']}").status == 204


# Snapshots


def test_what_is_no_snapshot_is_rejected(cloud: FakeDigitalOcean, api: API) -> None:
    image = import_image(api)
    for method in ("GET", "DELETE"):
        for identity in (image["id"], 195932981):
            rejected = api(method, f"/snapshots/{identity}")
            assert (rejected.status, rejected.body["message"]) == (400, "the resource is not a snapshot")
        assert api(method, "/snapshots/7").status == 404
    snapshot = snapshot_of(api, api.droplet())
    assert api.get(f"/snapshots/{snapshot}")["snapshot"]["id"] == str(snapshot)
    assert api("DELETE", f"/snapshots/{snapshot}").status == 204
    assert api.get(f"/snapshots/{snapshot}").status == 404
    assert api.get(f"/images/{snapshot}")["image"]["status"] == "deleted"


# Droplets


def test_a_pending_event_is_named(cloud: FakeDigitalOcean, api: API) -> None:
    droplet = api.droplet()
    path = f"/droplets/{droplet['id']}"
    api.post(f"{path}/actions", type="shutdown")
    for rejected in (api.post(f"{path}/actions", type="snapshot"), api("DELETE", path)):
        assert (rejected.status, rejected.body["id"]) == (422, "unprocessable_entity")
        assert rejected.body["message"] == "Droplet already has a pending event."


def test_a_pending_event_of_a_tagged_droplet_is_named(cloud: FakeDigitalOcean, api: API) -> None:
    idle, busy = api.droplet(name="idle", tags=["prod"]), api.droplet(name="busy", tags=["prod"])
    api.post(f"/droplets/{busy['id']}/actions", type="shutdown")
    for rejected in (
        api("POST", "/droplets/actions", {"type": "shutdown"}, tag_name="prod"),
        api("DELETE", "/droplets", tag_name="prod"),
    ):
        assert (rejected.status, rejected.body["message"]) == (422, "Droplet already has a pending event.")
    assert [listed["id"] for listed in api.get("/droplets")["droplets"]] == [idle["id"], busy["id"]]
    cloud.finish_actions()
    assert api("DELETE", "/droplets", tag_name="prod").status == 204
    assert len(cloud.droplets) == 0


def test_a_droplet_is_not_restored_from_a_deleted_image(api: API) -> None:
    droplet = api.droplet()
    image = snapshot_of(api, droplet)
    assert api("DELETE", f"/images/{image}").status == 204
    for action_type in ("restore", "rebuild"):
        rejected = api.post(f"/droplets/{droplet['id']}/actions", type=action_type, image=image)
        assert (rejected.status, rejected.body["message"]) == (422, "The image is not available")


def test_an_invalid_image_is_named(cloud: FakeDigitalOcean, api: API) -> None:
    body = {"name": "x", "size": "s-1vcpu-1gb", "region": "nyc3"}
    deleted, unfinished = import_image(api)["id"], import_image(api)["id"]
    api("DELETE", f"/images/{deleted}")
    for image in ("windows", 7, deleted, unfinished):
        rejected = api.post("/droplets", **body, image=image)
        assert (rejected.status, rejected.body["id"]) == (422, "unprocessable_entity")
        assert rejected.body["message"] == "You specified an invalid image for Droplet creation."
    assert len(cloud.droplets) == 0
    assert api.post("/droplets", **body, image="195932981").status == 202


def test_the_name_filter_ignores_case_and_excludes_a_tag(api: API) -> None:
    droplet = api.droplet(name="Web-1", tags=["prod"])
    api.droplet(name="web-10")
    assert [listed["id"] for listed in api.get("/droplets", name="wEB-1")["droplets"]] == [droplet["id"]]
    assert api.get("/droplets", name="web")["droplets"] == []
    assert api.get("/droplets", name="web-1", tag_name="prod").status == 422


def test_a_droplet_does_not_have_the_address_of_its_gateway(cloud: FakeDigitalOcean, api: API) -> None:
    api.cloud._addresses = 4094 - 3  # the next addresses are the last ones of a network of 255.255.240.0
    addresses = set()
    for number in range(8):
        droplet = api.droplet(name=f"web{number}", ipv6=True)
        networks = api.get(f"/droplets/{droplet['id']}")["droplet"]["networks"]
        for version in ("v4", "v6"):
            (network,) = networks[version]
            address, gateway = ip_address(network["ip_address"]), ip_address(network["gateway"])
            subnet = ip_network(f"{address}/{network['netmask']}", strict=False)
            assert address != gateway
            assert gateway in subnet
            assert address not in (subnet[0], subnet[-1])
            addresses |= {address, gateway}
    assert len(addresses) == 8 * 3 + 2  # the gateways of two IPv4 networks


def test_first_droplet_of_an_account_does_not_have_the_address_of_its_gateway(api: API) -> None:
    (network,) = api.get(f"/droplets/{api.droplet()['id']}")["droplet"]["networks"]["v4"]
    assert (network["ip_address"], network["gateway"]) == ("198.18.0.2", "198.18.0.1")


# Tags


def test_tags_keep_their_first_capitalization(cloud: FakeDigitalOcean, api: API) -> None:
    assert api.post("/tags", name="PROD")["tag"]["name"] == "PROD"
    assert api.post("/tags", name="prod")["tag"]["name"] == "PROD"
    assert import_image(api, tags=["Prod", "Dev", "dev"])["tags"] == ["PROD", "Dev"]
    assert api.get("/tags/prod").status == 404
    assert [tag["name"] for tag in cloud.tags] == ["PROD", "Dev"]


# Requests


def test_a_path_may_end_in_a_slash() -> None:
    api = API(FakeDigitalOcean())
    droplet = api.droplet()
    assert api.get("/droplets/")["droplets"][0]["id"] == droplet["id"]
    assert api.get(f"/droplets/{droplet['id']}/")["droplet"]["id"] == droplet["id"]
    assert api.post("/tags/", name="x").status == 201
    assert api.get("/regions/", per_page=5)["links"]["pages"]["next"].endswith("/regions/?page=2&per_page=5")
    assert len(api.cloud.requests.to("GET", "/droplets")) == 1
    for path in ("//droplets", "/droplets//", "/"):
        assert api.get(path).status == 404


def test_request_ids_are_uuids(api: API) -> None:
    responses = [api.get("/droplets"), api.get("/images/1"), api.get("/nothing")]
    identities = [response.headers["x-request-id"] for response in responses]
    assert [str(UUID(identity)) for identity in identities] == identities
    assert UUID(identities[0]).version == 4
    assert len({*identities}) == 3
    assert [response.body["request_id"] for response in responses[1:]] == identities[1:]


# Time


@pytest.mark.parametrize(("command", "before", "after"), [("shutdown", "active", "off"), ("power_on", "off", "active")])
def test_an_action_is_completed_before_the_droplet_shows_its_status(command: str, before: str, after: str) -> None:
    cloud = FakeDigitalOcean(status_lag=30, action_seconds=5)
    api = API(cloud)
    droplet = api.droplet()
    cloud.droplets["web"]["status"] = before
    action = api.post(f"/droplets/{droplet['id']}/actions", type=command)["action"]

    def state() -> tuple[str, str]:
        return (
            api.get(f"/actions/{action['id']}")["action"]["status"],
            api.get(f"/droplets/{droplet['id']}")["droplet"]["status"],
        )

    assert state() == ("in-progress", before)
    cloud.advance(5)
    assert state() == ("completed", before)
    cloud.advance(29)
    assert state() == ("completed", before)
    assert not api.get(f"/droplets/{droplet['id']}")["droplet"]["locked"]
    cloud.advance(1)
    assert state() == ("completed", after)
    assert [listed["type"] for listed in api.get("/actions")["actions"]] == [command, "create"]


def test_the_last_action_decides_about_a_status_that_shows_later() -> None:
    cloud = FakeDigitalOcean(status_lag=30, action_seconds=5)
    api = API(cloud)
    path = f"/droplets/{api.droplet()['id']}"
    for arguments in ({"type": "shutdown"}, {"type": "rebuild", "image": "ubuntu-24-04-x64"}):
        assert api.post(f"{path}/actions", **arguments).status == 201
        cloud.advance(5)
    cloud.finish_actions()
    droplet = api.get(path)["droplet"]
    assert (droplet["status"], droplet["image"]["slug"]) == ("active", "ubuntu-24-04-x64")


def test_a_failed_action_does_not_change_the_status_later() -> None:
    cloud = FakeDigitalOcean(status_lag=30)
    api = API(cloud)
    droplet = api.droplet()
    cloud.fail_action("shutdown")
    api.post(f"/droplets/{droplet['id']}/actions", type="shutdown")
    cloud.finish_actions()
    assert cloud.droplets["web"]["status"] == "active"


def test_status_lag_must_be_a_duration() -> None:
    with pytest.raises(ValueError, match="status_lag must be 0 seconds or more"):
        FakeDigitalOcean(status_lag=-1)


def test_actions_can_take_tens_of_minutes() -> None:
    cloud = FakeDigitalOcean(action_seconds=FakeDigitalOcean.SLOW_ACTIONS)
    api = API(cloud)
    droplet, image, start = api.droplet(), import_image(api), cloud.clock.time()
    action = api.post(f"/droplets/{droplet['id']}/actions", type="snapshot")["action"]
    cloud.advance(2399)
    assert api.get(f"/actions/{action['id']}")["action"]["status"] == "in-progress"
    cloud.advance(1)
    assert api.get(f"/actions/{action['id']}")["action"]["status"] == "completed"
    assert api.get(f"/images/{image['id']}")["image"]["status"] == "pending"
    cloud.finish_actions()
    assert api.get(f"/images/{image['id']}")["image"]["status"] == "available"
    assert cloud.clock.time() - start == 3600


# Account and SSH keys


def test_account(cloud: FakeDigitalOcean, api: API) -> None:
    account = api.get("/account")["account"]
    assert (account["status"], account["droplet_limit"], account["email_verified"]) == ("active", 25, True)
    cloud.limits["droplets"] = 3
    assert api.get("/account")["account"] == {**account, "droplet_limit": 3}
    other = API(cloud, cloud.add_project("other").token).get("/account")["account"]
    assert other["uuid"] != account["uuid"]
    assert api.get("/account/7").status == 404


def test_ssh_keys_by_id_or_fingerprint(cloud: FakeDigitalOcean, api: API) -> None:
    key = api.post("/account/keys", name="laptop", public_key=f"{KEY}\n")["ssh_key"]
    assert key["public_key"] == KEY
    assert key["fingerprint"] == cloud.ssh_keys["laptop"]["fingerprint"]
    assert len(key["fingerprint"].split(":")) == 16
    for identifier in (key["id"], key["fingerprint"], key["fingerprint"].replace(":", "%3A")):
        assert api.get(f"/account/keys/{identifier}")["ssh_key"] == key
    renamed = api("PUT", f"/account/keys/{key['fingerprint']}", {"name": "desktop"})["ssh_key"]
    assert renamed == {**key, "name": "desktop"}
    assert api.get("/account/keys")["ssh_keys"] == [renamed]
    assert api("DELETE", f"/account/keys/{key['fingerprint']}").status == 204
    assert api.get(f"/account/keys/{key['id']}").status == 404
    assert api.post("/account/keys", name="laptop", public_key=KEY).status == 201


def test_rejected_ssh_keys(api: API) -> None:
    api.post("/account/keys", name="laptop", public_key=KEY)
    again = api.post("/account/keys", name="other", public_key=f"{KEY} with a comment")
    assert (again.status, again.body["message"]) == (422, "SSH Key is already in use on your account")
    invalid = api.post("/account/keys", name="x", public_key="ssh-rsa AAAA")
    assert (invalid.status, "Key invalid" in invalid.body["message"]) == (422, True)
    assert api.post("/account/keys", name=" ", public_key=OTHER_KEY).status == 422
    assert len(api.get("/account/keys")["ssh_keys"]) == 1


def test_droplets_take_ssh_keys_by_id_or_fingerprint(cloud: FakeDigitalOcean, api: API) -> None:
    first, second = (
        api.post("/account/keys", name="x", public_key=public_key)["ssh_key"] for public_key in (KEY, OTHER_KEY)
    )
    droplet = api.droplet(ssh_keys=[first["fingerprint"], second["id"], str(first["id"])])
    assert cloud.ssh_keys_of(droplet["id"]) == [first["id"], second["id"]]
    body = {"name": "web2", "size": "s-1vcpu-1gb", "image": "debian-12-x64", "region": "fra1"}
    for unknown, named in ((7, "7"), ("laptop", "laptop"), ("00:11", "00:11")):
        rejected = api.post("/droplets", **body, ssh_keys=[first["id"], unknown])
        assert (rejected.status, rejected.body["id"]) == (422, "unprocessable_entity")
        assert rejected.body["message"] == f"{named} are invalid key identifiers for Droplet creation."
    assert len(cloud.droplets) == 1


# Destroying a droplet with what belongs to it

EMPTY: dict[str, list[dict[str, str]]] = {
    "reserved_ips": [],
    "floating_ips": [],
    "snapshots": [],
    "volumes": [],
    "volume_snapshots": [],
}


def destroy(api: API, droplet: dict[str, Any], *, header: str | None = "true") -> ParsedResponse:
    """Destroy a droplet with all associated resources."""
    path = f"/v2/droplets/{droplet['id']}/destroy_with_associated_resources/dangerous"
    headers = {"Authorization": f"Bearer {api.token}", **({"x-dangerous": header} if header else {})}
    response = api.cloud.handle(Request("DELETE", path, [], headers))
    return ParsedResponse(response.status, response.headers, json.loads(response.body) if response.body else None)


def test_associated_resources(cloud: FakeDigitalOcean, api: API) -> None:
    droplet = api.droplet(backups=True)
    cloud.back_up(droplet["id"])
    path = f"/droplets/{droplet['id']}/destroy_with_associated_resources"
    assert api.get(path).body == EMPTY
    image = snapshot_of(api, droplet)
    assert api.get(path).body == {**EMPTY, "snapshots": [{"id": str(image), "name": "golden", "cost": "0.14"}]}
    assert api.get(f"{path}/status").status == 404
    assert api.post(f"{path}/retry").status == 404


def test_selective_destruction(cloud: FakeDigitalOcean, api: API) -> None:
    droplet = api.droplet()
    kept, deleted = snapshot_of(api, droplet, "kept"), snapshot_of(api, droplet, "deleted")
    path = f"/droplets/{droplet['id']}/destroy_with_associated_resources"
    assert api("DELETE", f"{path}/selective", {"snapshots": ["7"]}).status == 404
    assert api("DELETE", f"{path}/selective", {"volumes": [str(kept)]}).status == 404
    accepted = api("DELETE", f"{path}/selective", {"snapshots": [str(deleted)]})
    assert (accepted.status, accepted.body) == (202, None)
    status = api.get(f"{path}/status").body
    assert status == {
        "droplet": {"id": str(droplet["id"]), "name": "web"},
        "resources": {**EMPTY, "snapshots": [{"id": str(deleted), "name": "deleted"}]},
        "failures": 0,
    }
    for conflict in (destroy(api, droplet), api("DELETE", f"{path}/selective", {}), api.post(f"{path}/retry")):
        assert (conflict.status, conflict.body["id"]) == (409, "conflict")
    cloud.finish_actions()
    status = api.get(f"{path}/status").body
    assert status["droplet"]["destroyed_at"] == status["completed_at"] == "2026-10-15T12:03:50Z"
    assert status["resources"]["snapshots"][0]["destroyed_at"] == status["completed_at"]
    assert api.get(f"/droplets/{droplet['id']}").status == 404
    assert [image["id"] for image in api.get("/images", private="true")["images"]] == [kept]


def test_dangerous_destruction_requires_its_header(cloud: FakeDigitalOcean, api: API) -> None:
    droplet = api.droplet()
    snapshot_of(api, droplet)
    for header in (None, "false", ""):
        rejected = destroy(api, droplet, header=header)
        assert (rejected.status, rejected.body["id"]) == (400, "bad_request")
    assert destroy(api, droplet).status == 202
    cloud.finish_actions()
    assert (len(cloud.droplets), len(cloud.images.own)) == (0, 0)
    assert destroy(api, droplet).status == 404


def test_failed_destruction_is_retried(cloud: FakeDigitalOcean, api: API) -> None:
    droplet = api.droplet()
    images = [snapshot_of(api, droplet, name) for name in ("first", "second")]
    path = f"/droplets/{droplet['id']}/destroy_with_associated_resources"
    cloud.fail_destruction("in use by a transfer")
    assert destroy(api, droplet).status == 202
    cloud.finish_actions()
    status = api.get(f"{path}/status").body
    first, second = status["resources"]["snapshots"]
    assert (status["failures"], first["error_message"]) == (1, "in use by a transfer")
    assert ("destroyed_at" in first, "destroyed_at" in second, "destroyed_at" in status["droplet"]) == (
        False,
        True,
        False,
    )
    assert [image["id"] for image in cloud.images.own] == images[:1]
    retry = api.post(f"{path}/retry")
    assert (retry.status, retry.body) == (202, None)
    assert "completed_at" not in api.get(f"{path}/status").body
    cloud.finish_actions()
    status = api.get(f"{path}/status").body
    assert (status["failures"], "completed_at" in status, len(cloud.droplets)) == (0, True, 0)
    assert not any("error_message" in entry for entry in status["resources"]["snapshots"])
    assert api.post(f"{path}/retry").status == 202  # nothing is left to do


def test_destruction_of_a_busy_droplet_is_rejected(cloud: FakeDigitalOcean, api: API) -> None:
    droplet = api.droplet()
    api.post(f"/droplets/{droplet['id']}/actions", type="reboot")
    assert destroy(api, droplet).body["message"] == "Droplet already has a pending event."


def test_failed_destruction_of_the_droplet_itself(cloud: FakeDigitalOcean, api: API) -> None:
    droplet = api.droplet()
    cloud.fail_action("_destroy", message="try later")
    destroy(api, droplet)
    cloud.finish_actions()
    path = f"/droplets/{droplet['id']}/destroy_with_associated_resources"
    assert api.get(f"{path}/status").body["droplet"]["error_message"] == "try later"
    api.post(f"{path}/retry")
    cloud.finish_actions()
    assert "error_message" not in api.get(f"{path}/status").body["droplet"]
    assert len(cloud.droplets) == 0


def test_destruction_is_saved(cloud: FakeDigitalOcean, api: API) -> None:
    droplet = api.droplet()
    snapshot_of(api, droplet)
    destroy(api, droplet)
    loaded = FakeDigitalOcean()
    loads(loaded, dumps(cloud))
    loaded.finish_actions()
    path = f"/droplets/{droplet['id']}/destroy_with_associated_resources/status"
    assert API(loaded).get(path)["failures"] == 0
    assert (len(loaded.droplets), len(loaded.images.own)) == (0, 0)


def test_duration_of_a_destruction() -> None:
    cloud = FakeDigitalOcean(action_seconds={"destroy": 600})
    droplet = API(cloud).droplet()
    destroy(API(cloud), droplet)
    cloud.advance(599)
    assert len(cloud.droplets) == 1
    cloud.advance(1)
    assert len(cloud.droplets) == 0


def test_neighbors_report(api: API) -> None:
    regions = ("fra1", "nyc3", "fra1", "fra1")
    droplets = [api.droplet(name=f"web{number}", region=region)["id"] for number, region in enumerate(regions)]
    assert api.get("/reports/droplet_neighbors_ids")["neighbor_ids"] == [[droplets[0], droplets[2]]]
    assert [listed["id"] for listed in api.get(f"/droplets/{droplets[0]}/neighbors")["droplets"]] == [droplets[2]]
    assert api.get(f"/droplets/{droplets[1]}/neighbors")["droplets"] == []
    assert api.get("/reports").status == 404
