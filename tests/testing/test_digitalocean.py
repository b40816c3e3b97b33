"""The fake DigitalOcean, by direct requests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from hcloud.testing import FakeDigitalOcean, ManualClock, Request, serve
from hcloud.testing.digitalocean import Account
from hcloud.testing.router import router
from hcloud.testing.saved import dumps, loads
from tests.api.table import load
from tests.api.validation import record_faults
from tests.testing.api import ParsedResponse

ROOT = "https://api.digitalocean.com/v2"


class API:
    """Sends requests to a cloud."""

    def __init__(self, cloud: FakeDigitalOcean, token: str | None = None) -> None:
        self.cloud, self.token = cloud, cloud.project.token if token is None else token

    def __call__(self, method: str, path: str, json_body: Any = None, **query: Any) -> ParsedResponse:
        body = json.dumps(json_body).encode() if json_body is not None else b""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = Request(
            method, f"/v2{path}", [(name, str(value)) for name, value in query.items()], headers, body, ROOT
        )
        response = self.cloud.handle(request)
        return ParsedResponse(response.status, response.headers, json.loads(response.body) if response.body else None)

    def get(self, path: str, **query: Any) -> ParsedResponse:
        return self("GET", path, **query)

    def post(self, path: str, **body: Any) -> ParsedResponse:
        return self("POST", path, body)

    def droplet(self, **fields: Any) -> Any:
        body = {"name": "web", "size": "s-1vcpu-1gb", "image": "debian-12-x64", "region": "fra1", **fields}
        droplet = self.post("/droplets", **body)["droplet"]
        self.cloud.finish_actions()
        return droplet


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDigitalOcean]:
    cloud = FakeDigitalOcean()
    faults = record_faults(cloud, "digitalocean", monkeypatch)
    yield cloud
    assert sorted(set(faults)) == [], "the fake differs from the table of the API, tests/api/digitalocean.json"


@pytest.fixture
def api(cloud: FakeDigitalOcean) -> API:
    return API(cloud)


def test_operations() -> None:
    table = load("digitalocean").operations.values()
    documented = {f"{operation.method} {operation.route.removeprefix('/v2')}" for operation in table}
    ours = {
        f"{operation.method} {operation.path}" for operation in router(FakeDigitalOcean.resource_classes).operations
    }

    def shapes(operations: set[str]) -> set[str]:
        return {re.sub(r"{\w+}", "{}", operation) for operation in operations}

    assert shapes(ours) == shapes(documented)


def test_error_responses(cloud: FakeDigitalOcean, api: API) -> None:
    unauthorized = API(cloud, "").get("/images")
    assert (unauthorized.status, unauthorized.body["id"]) == (401, "unauthorized")
    missing = api.get("/images/1")
    assert missing.status == 404
    assert missing.body == {
        "id": "not_found",
        "message": "The resource you were accessing could not be found.",
        "request_id": missing.headers["x-request-id"],
    }
    invalid = api.post("/images", name="", url="https://example.com", region="nyc3")
    assert (invalid.status, invalid.body["id"]) == (422, "unprocessable_entity")
    assert (api.post("/tags", name="a b").status, api.post("/tags", name="a b").body["root_causes"]) == (400, [])
    assert api.get("/nothing").status == 404
    assert api("DELETE", "/images/195932981").body["id"] == "forbidden"
    assert API(cloud, cloud.project.read_only_token).post("/tags", name="x").status == 403


def test_injected_faults(cloud: FakeDigitalOcean, api: API) -> None:
    cloud.fail_next(status=503)
    assert api.get("/images").body["id"] == "service_unavailable"
    cloud.fail_next(status=429, headers={"retry-after": "5"})
    rejected = api.get("/images")
    assert (rejected.body["id"], rejected.headers["retry-after"]) == ("too_many_requests", "5")


def test_pages(api: API) -> None:
    page = api.get("/regions", page=2, per_page=5)
    assert page["meta"] == {"total": 12}
    assert page["links"]["pages"] == {
        relation: f"{ROOT}/regions?page={number}&per_page=5"
        for relation, number in {"first": 1, "prev": 1, "next": 3, "last": 3}.items()
    }
    assert api.get("/regions")["links"] == {}
    assert len(api.get("/regions", per_page=5)["regions"]) == 5
    assert set(api.get("/regions", per_page=5)["links"]["pages"]) == {"next", "last"}
    assert set(api.get("/regions", page=3, per_page=5)["links"]["pages"]) == {"first", "prev"}
    assert "id" not in api.get("/regions")["regions"][0]


def test_import(cloud: FakeDigitalOcean, api: API) -> None:
    image = api.post("/images", name="mine", url="https://example.com/x.raw", region="nyc3")["image"]

    def status() -> str:
        return str(api.get(f"/images/{image['id']}")["image"]["status"])

    assert image["status"] == status() == "NEW"
    cloud.advance(10)
    assert status() == "pending"
    cloud.advance(50)
    assert status() == "available"
    assert api.get("/actions")["actions"] == api.get(f"/images/{image['id']}/actions")["actions"] == []


def test_fail_import(cloud: FakeDigitalOcean, api: API) -> None:
    cloud.fail_import("no disk image", count=2)
    ids = [
        api.post("/images", name="mine", url="https://example.com/x.raw", region="nyc3")["image"]["id"]
        for _ in range(3)
    ]
    cloud.finish_actions()
    states = [(cloud.images[id]["status"], cloud.images[id]["error_message"]) for id in ids]
    assert states == [("deleted", "no disk image")] * 2 + [("available", "")]


def test_rate_limits(cloud: FakeDigitalOcean, api: API) -> None:
    first = api.get("/regions")
    reset = str(int(cloud.clock.time()) + 3600)
    assert [first.headers[f"ratelimit-{name}"] for name in ("limit", "remaining", "reset")] == ["5000", "4999", reset]
    for _ in range(249):
        api.get("/regions")
    burst = api.get("/regions")
    assert (burst.status, burst.headers["retry-after"]) == (429, "60")
    cloud.advance(60)
    assert api.get("/regions").status == 200
    cloud.leave_requests(0)
    exhausted = api.get("/regions")
    assert (exhausted.status, exhausted.headers["ratelimit-remaining"]) == (429, "0")
    assert "retry-after" not in exhausted.headers
    cloud.advance(3600)
    assert api.get("/regions").headers["ratelimit-remaining"] == "4999"


def test_running_action_locks_the_droplet(cloud: FakeDigitalOcean, api: API) -> None:
    droplet = api.droplet()
    assert api.post(f"/droplets/{droplet['id']}/actions", type="reboot").status == 201
    assert api.get(f"/droplets/{droplet['id']}")["droplet"]["locked"]
    rejected = api.post(f"/droplets/{droplet['id']}/actions", type="power_off")
    assert (rejected.status, rejected.body["id"]) == (422, "unprocessable_entity")
    assert api("POST", "/droplets/actions", {"type": "power_off"}).status == 422
    cloud.finish_actions()
    assert not api.get(f"/droplets/{droplet['id']}")["droplet"]["locked"]


def test_rejected_droplets(cloud: FakeDigitalOcean, api: API) -> None:
    body = {"name": "x", "size": "s-1vcpu-1gb", "image": "debian-12-x64"}
    assert api.post("/droplets", **{**body, "region": "moon1"}).status == 422
    assert api.post("/droplets", **{**body, "region": "nyc2"}).status == 422  # unavailable
    assert api.post("/droplets", **body, names=["a"]).status == 422
    assert api.post("/droplets", **{**body, "image": "windows"}).status == 422
    assert api.post("/droplets", **{**body, "size": "s-1vcpu-512mb-10gb", "image": "docker-20-04"}).status == 422
    cloud.limits["droplets"] = 0
    assert api.post("/droplets", **body).body["id"] == "forbidden"


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ({"type": "rebuild"}, "'image'"),
        ({"type": "rebuild", "image": "docker-20-04"}, "larger disk"),
        ({"type": "restore", "image": "debian-12-x64"}, "not a backup"),
        ({"type": "resize", "size": "s-1vcpu-512mb-10gb"}, "smaller disk"),
        ({"type": "change_backup_policy", "backup_policy": {"plan": "daily"}}, "not enabled"),
        ({"type": "dance"}, "type"),
    ],
)
def test_rejected_actions(cloud: FakeDigitalOcean, api: API, action: dict[str, Any], message: str) -> None:
    droplet = api.droplet(size="s-1vcpu-512mb-10gb")
    cloud.droplets["web"].update(disk=20, status="off")
    rejected = api.post(f"/droplets/{droplet['id']}/actions", **action)
    assert (rejected.status, message in str(rejected.body)) == (422, True)


def test_failed_creation_removes_the_droplet(cloud: FakeDigitalOcean, api: API) -> None:
    cloud.fail_action("create")
    droplet = api.droplet()
    assert api.get(f"/droplets/{droplet['id']}").status == 404
    assert [action["status"] for action in api.get("/actions")["actions"]] == ["errored"]


def test_rejected_creation_creates_nothing(cloud: FakeDigitalOcean, api: API) -> None:
    cloud.limits.update(droplets=2, tags=1, images=0)
    body = {"size": "s-1vcpu-1gb", "image": "debian-12-x64", "region": "fra1"}
    assert api.post("/droplets", name="web", tags=["good", "bad tag!"], **body).status == 422
    assert api.post("/droplets", name="web", tags=["one", "two"], **body).status == 403
    assert api.post("/droplets", names=["a", "b", "c"], tags=["one"], **body).status == 403
    imported = api.post("/images", name="x", url="https://example.com/x", region="fra1", tags=["one"])
    assert imported.status == 403
    assert [*cloud.droplets, *cloud.tags, *cloud.images.own] == []
    assert len(api.post("/droplets", names=["a", "b"], tags=["one"], **body)["droplets"]) == 2
    assert api.post("/droplets", name="c", tags=["one"], **body).status == 403


def test_public_records_are_read_only(cloud: FakeDigitalOcean, api: API) -> None:
    image = api.get("/images/debian-12-x64")["image"]
    api.post("/tags", name="mine")
    tagged = [{"resource_id": str(image["id"]), "resource_type": "image"}]
    assert api.post("/tags/mine/resources", resources=tagged).status == 404
    assert image["tags"] == []

    cloud.sizes["s-1vcpu-1gb"]["regions"].clear()
    cloud.images["debian-12-x64"]["regions"].clear()
    other = FakeDigitalOcean()
    assert "fra1" in other.sizes["s-1vcpu-1gb"]["regions"]
    assert "fra1" in other.images["debian-12-x64"]["regions"]


def test_rejected_operations_on_images(cloud: FakeDigitalOcean, api: API) -> None:
    droplet = api.droplet()
    image = api.post("/images", name="mine", url="https://example.com/x.raw", region="nyc3")["image"]
    assert api.post("/images", name="mine", url="ftp://example.com/x.raw", region="nyc3").status == 422
    rebuild = api.post(f"/droplets/{droplet['id']}/actions", type="rebuild", image=image["id"])
    assert "not available" in rebuild.body["message"]
    path = f"/images/{image['id']}"
    assert api.post(f"{path}/actions", type="transfer").status == 422
    assert api.post(f"{path}/account_transfer").status == 400
    assert api.post(f"{path}/account_transfer", recipient_email="sam@example.com").status == 400
    assert api.post(f"{path}/account_transfer/cancel", transfer_id=7).status == 404
    volume = {"resources": [{"resource_id": "7", "resource_type": "volume"}]}
    api.post("/tags", name="x")
    assert api("POST", "/tags/x/resources", volume).status == 404


def test_snapshots(cloud: FakeDigitalOcean, api: API) -> None:
    droplet = api.droplet(ipv6=True)
    api.post(f"/droplets/{droplet['id']}/actions", type="snapshot", name="x")
    cloud.finish_actions()
    (snapshot,) = api.get("/snapshots", resource_type="droplet")["snapshots"]
    assert snapshot["resource_id"] == str(droplet["id"])
    assert api.get(f"/images/{snapshot['id']}")["image"]["type"] == "snapshot"
    assert api.get("/snapshots", resource_type="volume")["snapshots"] == []
    assert api("DELETE", f"/snapshots/{snapshot['id']}").status == 204
    assert api.get(f"/snapshots/{snapshot['id']}").status == 404
    assert api.get(f"/droplets/{droplet['id']}")["droplet"]["snapshot_ids"] == []


def test_snapshot_and_restore(cloud: FakeDigitalOcean, api: API) -> None:
    droplet = api.droplet()
    api.post(f"/droplets/{droplet['id']}/actions", type="power_off")
    snapshot = cloud.snapshot()
    cloud.finish_actions()
    assert cloud.droplets["web"]["status"] == "off"
    cloud.restore(snapshot)
    assert cloud.droplets["web"]["status"] == "active"
    cloud.finish_actions()
    assert cloud.droplets["web"]["status"] == "off"
    assert isinstance(cloud.project, Account)


def test_saved_state(cloud: FakeDigitalOcean, api: API) -> None:
    api.post("/droplets", name="web", size="s-1vcpu-1gb", image="debian-12-x64", region="fra1", tags=["prod"])
    api.post("/images", name="x", url="https://example.com/x", region="fra1")
    loaded = FakeDigitalOcean()
    loads(loaded, dumps(cloud))
    assert bool(dumps(loaded) == dumps(cloud))
    loaded.finish_actions()
    assert loaded.droplets["web"]["status"] == "active"


def test_collections(cloud: FakeDigitalOcean) -> None:
    assert cloud.images["debian-12-x64"]["id"] == 195932981
    assert cloud.regions["fra1"]["name"] == "Frankfurt 1"
    assert cloud.sizes["s-1vcpu-1gb"]["disk"] == 25
    with pytest.raises(KeyError):
        cloud.droplets["web"]


def test_serve() -> None:
    cloud = FakeDigitalOcean(clock=ManualClock(), any_token=False)
    with serve(cloud) as address:
        assert address.endswith("/v2")
        headers = {"Authorization": f"Bearer {cloud.project.token}"}
        page = requests.get(f"{address}/regions?per_page=5", headers=headers, timeout=10).json()
        assert page["links"]["pages"]["next"] == f"{address}/regions?page=2&per_page=5"
        assert requests.get(f"{address}/regions", timeout=10).json()["id"] == "unauthorized"
        API(cloud).droplet(name="web-7", tags=["prod"])
        status_page = requests.get(address.removesuffix("v2"), timeout=10)
        assert status_page.ok
        assert "Hetzner" not in status_page.text
        assert "web-7" in status_page.text
        assert "2026-10-15 12:00:00" in status_page.text
