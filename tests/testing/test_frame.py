"""What the frame does for every resource: the order of checks, lists, pages, labels, actions, locks."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from hcloud.testing import FakeCloud, Request
from hcloud.testing.router import router
from tests.api.table import load, route_shape
from tests.testing.api import API


def test_checks_come_in_the_apis_order(cloud: FakeCloud, api: API) -> None:
    nobody, stranger = API(cloud, ""), API(cloud, "somebody else's")
    reader = API(cloud, cloud.project.read_only_token)

    assert nobody.get("/nothing/here").code == "not_found"
    assert nobody("PATCH", "/servers").body["error"] == {
        "code": "unauthorized",
        "message": "token is required",
        "details": None,
    }
    assert stranger.get("/servers").body["error"]["message"] == "the token you have provided is invalid"
    refused = reader("PATCH", "/servers")
    assert (refused.status, refused.code) == (405, "method_not_allowed")
    assert reader("POST", "/servers", raw=b"{").code == "token_readonly"
    assert reader.get("/servers")["servers"] == []
    assert api("POST", "/servers", raw=b"{").code == "json_error"
    assert api("POST", "/servers", raw=b"[]").code == "invalid_input"
    assert api("PUT", "/servers/1", raw=b'{"name": 5}').code == "invalid_input"
    assert api.put("/servers/1", name="x").code == "not_found"


def test_every_wrong_field_is_named(api: API) -> None:
    refused = api.post("/servers", name="no spaces", labels=[], image=True, public_net={"enable_ipv4": "yes"})

    assert refused.status == 422
    assert set(refused.fields) == {"name", "server_type", "labels", "image", "public_net.enable_ipv4"}


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b'{"size": NaN}', b'{"name": "\\ud800"}', b"[" * 100_000, b'{"a":' * 100_000]
)
def test_what_is_not_json(cloud: FakeCloud, api: API, body: bytes) -> None:
    refused = api("POST", "/volumes", raw=body)

    assert (refused.status, refused.code) == (400, "json_error")
    assert isinstance(cloud.requests[-1].body, str)


@pytest.mark.parametrize(
    "number", ["9" * 30, "9" * 5000, "\N{SUPERSCRIPT TWO}", "\N{ARABIC-INDIC DIGIT THREE}", "-1", "1.0"]
)
def test_what_is_not_a_number(api: API, number: str) -> None:
    assert api.get("/servers", page=number).fields == ["page"]
    assert api.get("/servers", per_page=number).fields == ["per_page"]
    assert api.get("/actions", id=number).fields == ["id"]
    assert api.get(f"/servers/{quote(number)}").code == "not_found"
    assert api.get(f"/servers/actions/{quote(number)}").code == "not_found"
    assert api.get(f"/zones/{quote(number)}").code == "not_found"
    assert api.post("/servers", name="web", server_type=number, image="debian-12").fields == ["server_type"]


def test_reference_to_nothing_says_what_is_missing(api: API) -> None:
    refused = api.post("/servers", name="web", server_type="cx23", image="windows")

    assert refused.fields == ["image"]
    assert refused.body["error"]["message"] == "image 'windows' not found"


@pytest.mark.parametrize("path", ["/datacenters", "/datacenters/1"])
def test_datacenters_are_gone(api: API, path: str) -> None:
    gone = api.get(path)

    assert (gone.status, gone.code) == (410, "deprecated_api_endpoint")
    assert gone.body["error"]["details"]["announcement"]


def test_rate_limit(cloud: FakeCloud, api: API) -> None:
    first = api.get("/locations")
    assert first.headers["RateLimit-Limit"] == "3600"
    assert first.headers["RateLimit-Remaining"] == "3599"

    cloud.leave_requests(1)
    assert api.get("/locations").status == 200
    refused = api.get("/locations")
    assert (refused.status, refused.code) == (429, "rate_limit_exceeded")
    assert int(refused.headers["RateLimit-Reset"]) == cloud.clock.time() + 3600

    cloud.advance(1)
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


def test_a_page_far_beyond_the_last(api: API) -> None:
    page = api.get("/locations", page=10**18 - 1)

    assert page["locations"] == []
    assert page["meta"]["pagination"]["page"] == 10**18 - 1


def test_sorting(api: API) -> None:
    def names(**query: object) -> list[str]:
        return [each["name"] for each in api.get("/locations", **query)["locations"]]

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
    found = api.get("/servers/actions", sort=["status", "id:desc"])["actions"]

    assert [each["status"] for each in found] == ["running"] * 2 + ["success"] * 4
    assert [each["id"] for each in found[2:]] == sorted((each["id"] for each in found[2:]), reverse=True)


def test_label_selectors(api: API) -> None:
    api.server("web", labels={"env": "prod", "tier": "web"})
    api.server("old", labels={"env": "prod", "example.com/old": ""})
    api.server("lab", labels={"env": "dev"})

    def selected(selector: str) -> set[str]:
        return {each["name"] for each in api.get("/servers", label_selector=selector)["servers"]}

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
def test_bad_labels(api: API, labels: dict[str, object]) -> None:
    assert api.post("/servers", name="x", server_type="cx23", image="debian-12", labels=labels).fields == ["labels"]


def test_names_are_unique(api: API) -> None:
    web, other = api.server("web"), api.server("other")

    again = api.post("/servers", name="web", server_type="cx23", image="debian-12")
    assert (again.status, again.code, again.fields) == (409, "uniqueness_error", ["name"])
    assert api.put(f"/servers/{other['id']}", name="web").code == "uniqueness_error"
    assert api.put(f"/servers/{web['id']}", name="web").status == 200
    api.put(f"/servers/{web['id']}", name="new")
    assert api.put(f"/servers/{other['id']}", name="web").status == 200


def test_limits(cloud: FakeCloud, api: API) -> None:
    cloud.limits["servers"] = 1
    api.server()

    refused = api.post("/servers", name="other", server_type="cx23", image="debian-12")
    assert (refused.status, refused.code) == (403, "resource_limit_exceeded")
    assert refused.body["error"]["details"] == {"limits": [{"name": "server_limit"}]}
    assert len(cloud.primary_ips) == 2


def test_locked_while_an_action_runs(cloud: FakeCloud, api: API) -> None:
    server = api.server()
    assert not server["locked"]
    assert api.post(f"/servers/{server['id']}/actions/poweroff").status == 201

    assert api.get(f"/servers/{server['id']}")["server"]["locked"]
    refused = api.post(f"/servers/{server['id']}/actions/poweron")
    assert (refused.status, refused.code) == (423, "locked")
    assert api.delete(f"/servers/{server['id']}").code == "locked"
    assert api.put(f"/servers/{server['id']}", name="renamed").status == 200

    cloud.finish_actions()
    assert api.post(f"/servers/{server['id']}/actions/poweron").status == 201


@pytest.mark.parametrize("body", [b"", b"{}", b" \n"])
def test_actions_take_an_empty_body(api: API, body: bytes) -> None:
    server = api.server()
    assert api("POST", f"/servers/{server['id']}/actions/poweroff", raw=body).status == 201


def test_empty_answers_say_nothing(cloud: FakeCloud, api: API) -> None:
    api.server()
    image = api.post(f"/servers/{cloud.servers['web']['id']}/actions/create_image")["image"]
    cloud.finish_actions()
    gone = api.delete(f"/images/{image['id']}")

    assert (gone.status, gone.body) == (204, None)
    assert "Content-Type" not in gone.headers


def test_query_booleans_in_any_case(api: API) -> None:
    counts = {
        text: len(api.get("/images", include_deprecated=text, per_page=50)["images"]) for text in ("True", "true")
    }
    assert counts["True"] == counts["true"] > len(api.get("/images", include_deprecated="False", per_page=50)["images"])
    assert api.get("/images", include_deprecated="perhaps").fields == ["include_deprecated"]


def test_projects_do_not_see_each_other(cloud: FakeCloud, api: API) -> None:
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


def test_looking_into_the_cloud(cloud: FakeCloud, api: API) -> None:
    server = api.server("web")

    assert cloud.servers["web"] is cloud.servers[server["id"]] is cloud.servers[str(server["id"])]
    assert "web" in cloud.servers
    assert "db" not in cloud.servers
    assert [each["name"] for each in cloud.servers] == ["web"]
    assert repr(cloud.servers) == "<1 servers>"
    with pytest.raises(KeyError) as missing:
        cloud.servers["db"]
    assert str(missing.value) == f"no server 'db' in the fake cloud; there: {server['id']} web"
    with pytest.raises(AttributeError, match=r"no 'serverz'; its collections: .*servers"):
        _ = cloud.serverz


def test_requests_are_logged(cloud: FakeCloud, api: API) -> None:
    api.get("/servers", name="web")
    api.post("/ssh_keys", name="x")

    assert [(each.method, each.path, each.status) for each in cloud.requests] == [
        ("GET", "/servers", 200),
        ("POST", "/ssh_keys", 422),
    ]
    assert cloud.requests[0].query == [("name", "web")]
    assert cloud.requests.to("POST", "/ssh_keys")[0].body == {"name": "x"}
    assert str(cloud.requests) == 'GET /servers?name=web -> 200\nPOST /ssh_keys {"name": "x"} -> 422'


def test_the_log_keeps_the_last() -> None:
    cloud = FakeCloud(keep_requests=2)
    api = API(cloud, cloud.project.token)
    for path in ("/locations", "/isos", "/servers"):
        api.get(path)
    assert [each.path for each in cloud.requests] == ["/isos", "/servers"]


def test_the_same_every_time() -> None:
    def run() -> bytes:
        cloud = FakeCloud()
        created = {"name": "web", "server_type": "cx23", "image": "debian-12"}
        headers = {"authorization": f"Bearer {cloud.project.token}"}
        return cloud.handle(Request("POST", "/v1/servers", (), headers, json.dumps(created).encode())).body

    assert run() == run()


def test_all_requests_go_below_v1(cloud: FakeCloud) -> None:
    headers = {"Authorization": f"Bearer {cloud.project.token}"}
    assert cloud.handle(Request("GET", "/v2/servers", (), headers)).status == 404
    assert cloud.handle(Request("GET", "/v1", (), headers)).status == 404


def test_the_operations_are_the_apis() -> None:
    table = {route_shape(name) for name in load("hetzner").operations}
    assert {route_shape(f"{operation.method} {operation.path}") for operation in router().operations} == table
