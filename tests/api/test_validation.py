"""The validator must find the faults that it is there for, and the fixtures of the fakes must use it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from hcloud.testing import FakeCloud, FakeDigitalOcean, Request, Response
from tests.api.table import Field, Fields, Operation, Table
from tests.api.validation import Validator, record_faults, validator

JSON = {"Content-Type": "application/json; charset=utf-8"}


def image_response() -> dict[str, Any]:
    """Return what the fake sends for an image."""
    cloud = FakeCloud()
    request = Request("GET", "/v1/images", headers={"Authorization": f"Bearer {cloud.project.token}"})
    return {"image": json.loads(cloud.handle(request).body)["images"][0]}


def response_faults(
    method: str, path: str, body: object, status: int = 200, headers: dict[str, str] | None = None
) -> list[str]:
    content = b"" if body is None else json.dumps(body).encode()
    response = Response(status, JSON if headers is None else headers, content)
    return list(validator("hetzner").response_faults(Request(method, f"/v1{path}"), response))


def test_accepts_a_valid_response() -> None:
    assert response_faults("GET", "/images/1", image_response()) == []


FAULTS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "missing field": (lambda image: image.pop("status"), "$.image.status is missing"),
    "missing nested field": (lambda image: image["protection"].clear(), "$.image.protection.delete is missing"),
    "unknown field": (lambda image: image.update(color="red"), "$.image.color is not in the table"),
    "unknown nested field": (
        lambda image: image["protection"].update(rebuild=True),
        "$.image.protection.rebuild is not in the table",
    ),
    "null": (lambda image: image.update(status=None), "$.image.status is null"),
    "string for integer": (lambda image: image.update(id="1"), "$.image.id: '1' is not of type integer"),
    "boolean for integer": (lambda image: image.update(id=True), "$.image.id: True is not of type integer"),
    "integer for boolean": (
        lambda image: image.update(rapid_deploy=1),
        "$.image.rapid_deploy: 1 is not of type boolean",
    ),
    "float for integer": (lambda image: image.update(bound_to=1.5), "$.image.bound_to: 1.5 is not of type integer"),
    "wrong value": (
        lambda image: image.update(status="lost"),
        "$.image.status: 'lost' is not one of available, creating, unavailable",
    ),
    "time without a zone": (
        lambda image: image.update(created="2026-10-01T12:00:00"),
        "$.image.created: '2026-10-01T12:00:00' is not of type date-time",
    ),
    "no time": (lambda image: image.update(created="today"), "$.image.created: 'today' is not of type date-time"),
    "array for map": (lambda image: image.update(labels=[]), "$.image.labels: [] is not an object"),
    "wrong value of a map": (
        lambda image: image.update(labels={"env": 1}),
        "$.image.labels.env: 1 is not of type string",
    ),
    "string for record": (
        lambda image: image.update(created_from="server"),
        "$.image.created_from: 'server' is not an object",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_finds_what_is_wrong_with_a_body(fault: str) -> None:
    change, message = FAULTS[fault]
    body = copy.deepcopy(image_response())
    change(body["image"])
    assert response_faults("GET", "/images/1", body) == [message]


def test_checks_each_item_of_an_array() -> None:
    image = image_response()["image"]
    body = {"images": [image, {**image, "name": 7}]}
    assert response_faults("GET", "/images", body) == ["$.meta is missing", "$.images[1].name: 7 is not of type string"]
    assert response_faults("GET", "/images", [image]) == [f"$: [{image!r}] is not an object"]
    assert response_faults("GET", "/actions", {"actions": {}}) == ["$.actions: {} is not an array"]


def test_checks_maps_of_objects() -> None:
    series = {"cpu": {"values": [[1435781470.6, "42"], [True, "42"]]}, "disk": {}}
    metrics = {"start": "2026-10-01T12:00:00Z", "end": "2026-10-01T13:00:00Z", "step": 60, "time_series": series}
    assert response_faults("GET", "/servers/1/metrics", {"metrics": metrics}) == [
        "$.metrics.time_series.cpu.values[1][0]: True is not of type number|string",
        "$.metrics.time_series.disk.values is missing",
    ]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/images/1", 201),
        ("GET", "/images/1", 204),
        ("POST", "/servers", 200),
        ("DELETE", "/images/1", 200),
        ("GET", "/images/1/nothing", 200),
        ("PATCH", "/images/1", 200),
        ("GET", "/datacenters", 200),
    ],
)
def test_finds_a_wrong_status(method: str, path: str, status: int) -> None:
    assert response_faults(method, path, {}, status) == [f"status {status} is not in the table"]


def test_finds_a_wrong_content_type() -> None:
    for headers, content_type in (({}, None), ({"Content-Type": "text/html"}, "text/html")):
        assert response_faults("GET", "/images/1", image_response(), headers=headers) == [
            f"the content type is {content_type}"
        ]


def test_finds_a_body_where_there_must_be_none() -> None:
    message = "the response has a body or a content type"
    assert response_faults("DELETE", "/images/1", None, 204, {}) == []
    assert response_faults("DELETE", "/images/1", None, 204) == [message]
    assert response_faults("DELETE", "/images/1", {}, 204, {}) == [message]


def test_validates_error_responses() -> None:
    error = {"code": "not_found", "message": "image not found", "details": {"name": ["free-form"]}}
    for path in ("/images/1", "/nothing", "/datacenters"):
        assert response_faults("GET", path, {"error": error}, 404) == []
        assert response_faults("GET", path, {"error": {**error, "details": None}}, 404) == []
        assert response_faults("GET", path, {"error": {"code": 404, "details": []}}, 404) == [
            "$.error.message is missing",
            "$.error.code: 404 is not of type string",
            "$.error.details: [] is not an object",
        ]


def test_prefers_a_fixed_segment_to_a_parameter() -> None:
    """`/servers/actions` is not the server with the ID `actions`."""
    assert response_faults("GET", "/servers/actions", {}) == ["$.actions is missing", "$.meta is missing"]


def test_validates_records_within_records() -> None:
    """A record that holds its own type is validated at any depth."""
    child = Fields({"child": Field("child", "@node"), "size": Field("size", "integer", required=True)})
    top = Fields({"node": Field("node", "@node", required=True)})
    operation = Operation("GET", "/node", "cloud", Fields(), Fields(), Fields(), {200: top})
    table = Table({"GET /node": operation}, {"node": child}, Fields())
    body = {"node": {"size": 1, "child": {"size": 2, "child": {"size": "3"}}}}
    response = Response(200, JSON, json.dumps(body).encode())
    assert list(Validator(table).response_faults(Request("GET", "/node"), response)) == [
        "$.node.child.child.size: '3' is not of type integer"
    ]


def request_faults(method: str, path: str, body: object = None, **query: str) -> list[str]:
    content = b"" if body is None else json.dumps(body).encode()
    request = Request(method, f"/v2{path}", list(query.items()), body=content)
    return list(validator("digitalocean").request_faults(request))


def test_accepts_valid_requests() -> None:
    assert request_faults("GET", "/images", private="true", page="2", per_page="5") == []
    assert request_faults("GET", "/images/1/actions", page="2") == []  # a link of the API leads there
    assert request_faults("DELETE", "/images/1") == []
    assert request_faults("POST", "/images/1/actions", {"type": "transfer", "region": "fra1"}) == []
    assert request_faults("POST", "/droplets/1/actions", {"type": "resize", "size": "s-1vcpu-1gb", "disk": True}) == []


def test_finds_what_is_wrong_with_a_query() -> None:
    assert request_faults("GET", "/images", private="yes", per_page="all", type="base", sort="id") == [
        "query.private: 'yes' is not of type boolean",
        "query.per_page: 'all' is not of type integer",
        "query.type: 'base' is not one of application, distribution",
        "query.sort is not in the table",
    ]
    assert request_faults("DELETE", "/droplets") == ["query.tag_name is missing"]
    assert request_faults("GET", "/nothing") == ["there is no such operation"]


def test_finds_what_is_wrong_with_a_request_body() -> None:
    assert request_faults("DELETE", "/images/1", {}) == ["the request has a body"]
    assert request_faults("POST", "/images") == ["the request has no body"]
    assert request_faults("POST", "/images", []) == ["$: [] is not an object"]
    assert request_faults("POST", "/images", {"url": 1, "region": "fra1", "size": 1}) == [
        "$.name is missing",
        "$.url: 1 is not of type string",
        "$.size is not in the table",
    ]


def test_checks_the_fields_of_the_type() -> None:
    path = "/images/1/actions"
    assert request_faults("POST", path, {"type": "transfer"}) == ["$.region is missing"]
    assert request_faults("POST", path, {"type": "convert", "region": "fra1"}) == ["$.region is not in the table"]
    assert request_faults("POST", path, {"type": "grow"}) == ["$.type: 'grow' is not one of convert, transfer"]
    policy = {"type": "change_backup_policy", "backup_policy": {"plan": "hourly"}}
    assert request_faults("POST", "/droplets/1/actions", policy) == [
        "$.backup_policy.plan: 'hourly' is not one of daily, weekly"
    ]


# Fixtures of the fakes


def test_records_the_faults_of_a_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = FakeCloud()
    faults = record_faults(cloud, "hetzner", monkeypatch)
    request = Request("GET", "/v1/locations/1", headers={"Authorization": f"Bearer {cloud.project.token}"})
    cloud.handle(request)
    assert faults == []
    cloud.locations[1]["city"] = 7
    del cloud.locations[1]["country"]
    assert json.loads(cloud.handle(request).body)["location"]["city"] == 7
    assert faults == [
        "GET /v1/locations/1 -> 200: $.location.country is missing",
        "GET /v1/locations/1 -> 200: $.location.city: 7 is not of type string",
    ]


def test_records_the_faults_of_accepted_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = FakeDigitalOcean()
    faults = record_faults(cloud, "digitalocean", monkeypatch, check_requests=True)
    headers = {"Authorization": f"Bearer {cloud.project.token}"}
    assert cloud.handle(Request("GET", "/v2/regions", [("sort", "name")], headers)).status == 200
    assert cloud.handle(Request("GET", "/v2/nothing", [("sort", "name")], headers)).status == 404
    assert faults == ["GET /v2/regions -> 200: query.sort is not in the table"]
