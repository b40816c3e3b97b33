"""Behaviour that all resources share: order of checks, lists, pages, labels, actions, locks."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from hcloud.testing import FakeCloud, Request
from hcloud.testing.router import router
from tests.api.table import load, route_shape
from tests.testing.api import API


def test_order_of_checks(cloud: FakeCloud, api: API) -> None:
    anonymous, stranger = API(cloud, ""), API(cloud, "somebody else's")
    reader = API(cloud, cloud.project.read_only_token)

    assert anonymous.get("/nothing/here").code == "not_found"
    assert anonymous("PATCH", "/servers").body["error"] == {
        "code": "unauthorized",
        "message": "token is required",
        "details": None,
    }
    assert stranger.get("/servers").body["error"]["message"] == "the token you have provided is invalid"
    response = reader("PATCH", "/servers")
    assert (response.status, response.code) == (405, "method_not_allowed")
    assert reader("POST", "/servers", raw=b"{").code == "token_readonly"
    assert reader.get("/servers")["servers"] == []
    assert api("POST", "/servers", raw=b"{").code == "json_error"
    assert api("POST", "/servers", raw=b"[]").code == "invalid_input"
    assert api("PUT", "/servers/1", raw=b'{"name": 5}').code == "invalid_input"
    assert api.put("/servers/1", name="x").code == "not_found"


def test_all_invalid_fields_are_reported(api: API) -> None:
    response = api.post("/servers", name="no spaces", labels=[], image=True, public_net={"enable_ipv4": "yes"})

    assert response.status == 422
    assert set(response.fields) == {"name", "server_type", "labels", "image", "public_net.enable_ipv4"}


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b'{"size": NaN}', b'{"name": "\\ud800"}', b"[" * 100_000, b'{"a":' * 100_000]
)
def test_invalid_json(cloud: FakeCloud, api: API, body: bytes) -> None:
    response = api("POST", "/volumes", raw=body)

    assert (response.status, response.code) == (400, "json_error")
    assert isinstance(cloud.requests[-1].body, str)


@pytest.mark.parametrize(
    "number", ["9" * 30, "9" * 5000, "\N{SUPERSCRIPT TWO}", "\N{ARABIC-INDIC DIGIT THREE}", "-1", "1.0"]
)
def test_invalid_numbers(api: API, number: str) -> None:
    assert api.get("/servers", page=number).fields == ["page"]
    assert api.get("/servers", per_page=number).fields == ["per_page"]
    assert api.get("/actions", id=number).fields == ["id"]
    assert api.get(f"/servers/{quote(number)}").code == "not_found"
    assert api.get(f"/servers/actions/{quote(number)}").code == "not_found"
    assert api.get(f"/zones/{quote(number)}").code == "not_found"
    assert api.post("/servers", name="web", server_type=number, image="debian-12").fields == ["server_type"]


def test_reference_to_a_missing_record(api: API) -> None:
    response = api.post("/servers", name="web", server_type="cx23", image="windows")

    assert response.fields == ["image"]
    assert response.body["error"]["message"] == "image 'windows' not found"


@pytest.mark.parametrize("path", ["/datacenters", "/datacenters/1"])
def test_removed_paths(api: API, path: str) -> None:
    response = api.get(path)

    assert (response.status, response.code) == (410, "deprecated_api_endpoint")
    assert response.body["error"]["details"]["announcement"]


def test_rate_limit(cloud: FakeCloud, api: API) -> None:
    first = api.get("/locations")
    assert first.headers["RateLimit-Limit"] == "3600"
    assert first.headers["RateLimit-Remaining"] == "3599"

    cloud.leave_requests(1)
    assert api.get("/locations").status == 200
    response = api.get("/locations")
    assert (response.status, response.code) == (429, "rate_limit_exceeded")
    assert int(response.headers["RateLimit-Reset"]) == cloud.clock.time() + 3600

    cloud.advance(1)
    assert api.get("/locations").status == 200


def test_rate_limit_when_the_clock_is_set_back(cloud: FakeCloud, api: API) -> None:
    cloud.clock.set(cloud.clock.time() - 86_400)  # type: ignore[attr-defined]
    assert api.get("/locations").status == 200


def test_correlation_ids_differ(api: API) -> None:
    assert api.get("/locations").headers["X-Correlation-Id"] != api.get("/locations").headers["X-Correlation-Id"]


def test_pages(api: API) -> None:
    total = len(api.get("/server_types", per_page=50)["server_types"])
    page = api.get("/server_types", page=2, per_page=10)

    assert page["meta"]["pagination"] == {
        "page": 2,
        "per_page": 10,
        "previous_page": 1,
        "next_page": 3,
        "last_page": -(-total // 10),
        "total_entries": total,
    }
    assert "page=3&per_page=10>; rel=next" in page.headers["Link"]
    assert "page=1&per_page=10>; rel=prev" in page.headers["Link"]
    assert api.get("/server_types")["meta"]["pagination"]["per_page"] == 25
    assert api.get("/server_types", per_page=99)["meta"]["pagination"]["per_page"] == 50
    assert api.get("/server_types", page=99)["server_types"] == []
    assert api.get("/server_types", page=0).fields == ["page"]
    assert api.get("/servers")["meta"]["pagination"]["last_page"] == 1


def test_page_far_beyond_the_last(api: API) -> None:
    page = api.get("/locations", page=10**18 - 1)

    assert page["locations"] == []
    assert page["meta"]["pagination"]["page"] == 10**18 - 1


def test_sorting(api: API) -> None:
    def names(**query: object) -> list[str]:
        return [location["name"] for location in api.get("/locations", **query)["locations"]]

    assert names() == ["fsn1", "nbg1", "hel1", "ash", "hil", "sin"]
    assert names(sort="name") == ["ash", "fsn1", "hel1", "hil", "nbg1", "sin"]
    assert names(sort="name:desc") == names(sort="name")[::-1]
    assert names(sort=["name:desc", "name:asc"]) == names(sort="name:desc")
    assert api.get("/locations", sort="city").fields == ["sort"]
    assert api.get("/locations", sort="name:up").fields == ["sort"]


def test_sorting_by_several_fields(cloud: FakeCloud, api: API) -> None:
    for name in ("b", "a"):
        api.server(name)
        cloud.advance(60)
    api.post("/servers", name="c", server_type="cx23", image="debian-12")
    actions = api.get("/servers/actions", sort=["status", "id:desc"])["actions"]

    assert [action["status"] for action in actions] == ["running"] * 2 + ["success"] * 4
    ids = [action["id"] for action in actions[2:]]
    assert ids == sorted(ids, reverse=True)


def test_label_selectors(api: API) -> None:
    api.server("web", labels={"env": "prod", "tier": "web"})
    api.server("old", labels={"env": "prod", "example.com/old": ""})
    api.server("lab", labels={"env": "dev"})

    def selected(selector: str) -> set[str]:
        return {server["name"] for server in api.get("/servers", label_selector=selector)["servers"]}

    assert selected("env=prod") == selected("env==prod") == {"web", "old"}
    assert selected("env!=prod") == {"lab"}
    assert selected("tier") == {"web"}
    assert selected("!tier") == {"old", "lab"}
    assert selected("example.com/old") == {"old"}
    assert selected("env in (dev, test)") == {"lab"}
    assert selected("env notin (dev)") == {"web", "old"}
    assert selected("env=prod, !tier") == {"old"}
    assert api.get("/servers", label_selector="env in dev").fields == ["label_selector"]


@pytest.mark.parametrize(
    "labels", [{"-a": ""}, {"a": "b c"}, {"a": 1}, {"hetzner.cloud/a": ""}, {"a" * 64: ""}, {"A.b/": "x"}, {"a": "é"}]
)
def test_invalid_labels(api: API, labels: dict[str, object]) -> None:
    assert api.post("/servers", name="x", server_type="cx23", image="debian-12", labels=labels).fields == ["labels"]


def test_names_are_unique(api: API) -> None:
    web, other = api.server("web"), api.server("other")

    duplicate = api.post("/servers", name="web", server_type="cx23", image="debian-12")
    assert (duplicate.status, duplicate.code, duplicate.fields) == (409, "uniqueness_error", ["name"])
    assert api.put(f"/servers/{other['id']}", name="web").code == "uniqueness_error"
    assert api.put(f"/servers/{web['id']}", name="web").status == 200
    api.put(f"/servers/{web['id']}", name="new")
    assert api.put(f"/servers/{other['id']}", name="web").status == 200


def test_limits(cloud: FakeCloud, api: API) -> None:
    cloud.limits["servers"] = 1
    api.server()

    response = api.post("/servers", name="other", server_type="cx23", image="debian-12")
    assert (response.status, response.code) == (403, "resource_limit_exceeded")
    assert response.body["error"]["details"] == {"limits": [{"name": "server_limit"}]}
    assert len(cloud.primary_ips) == 2


def test_locked_while_an_action_runs(cloud: FakeCloud, api: API) -> None:
    server = api.server()
    assert not server["locked"]
    assert api.post(f"/servers/{server['id']}/actions/poweroff").status == 201

    assert api.get(f"/servers/{server['id']}")["server"]["locked"]
    response = api.post(f"/servers/{server['id']}/actions/poweron")
    assert (response.status, response.code) == (423, "locked")
    assert api.delete(f"/servers/{server['id']}").code == "locked"
    assert api.put(f"/servers/{server['id']}", name="renamed").status == 200

    cloud.finish_actions()
    assert api.post(f"/servers/{server['id']}/actions/poweron").status == 201


@pytest.mark.parametrize("body", [b"", b"{}", b" \n"])
def test_actions_accept_an_empty_body(api: API, body: bytes) -> None:
    server = api.server()
    assert api("POST", f"/servers/{server['id']}/actions/poweroff", raw=body).status == 201


def test_empty_responses_have_no_content_type(cloud: FakeCloud, api: API) -> None:
    api.server()
    image = api.post(f"/servers/{cloud.servers['web']['id']}/actions/create_image")["image"]
    cloud.finish_actions()
    response = api.delete(f"/images/{image['id']}")

    assert (response.status, response.body) == (204, None)
    assert "Content-Type" not in response.headers


def test_query_booleans_in_any_case(api: API) -> None:
    counts = {
        text: len(api.get("/images", include_deprecated=text, per_page=50)["images"]) for text in ("True", "true")
    }
    assert counts["True"] == counts["true"] > len(api.get("/images", include_deprecated="False", per_page=50)["images"])
    assert api.get("/images", include_deprecated="perhaps").fields == ["include_deprecated"]


def test_projects_are_isolated(cloud: FakeCloud, api: API) -> None:
    other = API(cloud, cloud.add_project("other").token)
    server = api.server()

    assert other.get("/servers")["servers"] == []
    assert other.get(f"/servers/{server['id']}").code == "not_found"
    assert other.server("web")["id"] != server["id"]
    assert len(cloud.projects["other"].servers) == 1
    with pytest.raises(ValueError, match="already a project 'other'"):
        cloud.add_project("other")


def test_any_token() -> None:
    cloud = FakeCloud(any_token=True)
    assert API(cloud, "whatever").get("/servers").status == 200
    assert API(cloud, "").get("/servers").code == "unauthorized"


def test_access_to_records(cloud: FakeCloud, api: API) -> None:
    server = api.server("web")

    assert cloud.servers["web"] is cloud.servers[server["id"]] is cloud.servers[str(server["id"])]
    assert "web" in cloud.servers
    assert "db" not in cloud.servers
    assert [server["name"] for server in cloud.servers] == ["web"]
    assert repr(cloud.servers) == "<1 servers>"
    with pytest.raises(KeyError) as raised:
        cloud.servers["db"]
    assert str(raised.value) == f"no server 'db' in the fake cloud; existing: {server['id']} web"
    with pytest.raises(AttributeError, match=r"no 'serverz'; did you mean 'servers'. Its collections: .*zones"):
        _ = cloud.serverz


def test_requests_are_logged(cloud: FakeCloud, api: API) -> None:
    api.get("/servers", name="web")
    api.post("/ssh_keys", name="x")

    assert [(request.method, request.path, request.status) for request in cloud.requests] == [
        ("GET", "/servers", 200),
        ("POST", "/ssh_keys", 422),
    ]
    assert cloud.requests[0].query == [("name", "web")]
    assert cloud.requests.to("POST", "/ssh_keys")[0].body == {"name": "x"}
    assert str(cloud.requests) == 'GET /servers?name=web -> 200\nPOST /ssh_keys {"name": "x"} -> 422'


def test_request_log_is_limited() -> None:
    cloud = FakeCloud(keep_requests=2)
    api = API(cloud, cloud.project.token)
    for path in ("/locations", "/isos", "/servers"):
        api.get(path)
    assert [request.path for request in cloud.requests] == ["/isos", "/servers"]


def test_results_are_reproducible() -> None:
    def run() -> bytes:
        cloud = FakeCloud()
        created = {"name": "web", "server_type": "cx23", "image": "debian-12"}
        headers = {"authorization": f"Bearer {cloud.project.token}"}
        return cloud.handle(Request("POST", "/v1/servers", (), headers, json.dumps(created).encode())).body

    assert run() == run()


def test_paths_outside_the_prefix(cloud: FakeCloud) -> None:
    headers = {"Authorization": f"Bearer {cloud.project.token}"}
    assert cloud.handle(Request("GET", "/v2/servers", (), headers)).status == 404
    assert cloud.handle(Request("GET", "/v1", (), headers)).status == 404


def test_the_operations_are_the_apis() -> None:
    table = {route_shape(name) for name in load("hetzner").operations}
    fake = {route_shape(f"{operation.method} {operation.path}") for operation in router().operations}
    assert sorted(table - fake) == [], "the fake lacks operations of the API"
    assert sorted(fake - table) == [], "the fake has operations that tests/api/hetzner.json lacks"
