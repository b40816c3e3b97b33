from __future__ import annotations

import json

import pytest

from tests.api import make_table
from tests.api.table import Field, load


@pytest.mark.parametrize("description", make_table.TABLES)
def test_is_current(description: str) -> None:
    path = make_table.DESCRIPTIONS / description
    if not path.exists():
        pytest.skip("the API's own description is not here")
    table = make_table.dump(make_table.make_table(json.loads(path.read_text())))
    assert table == make_table.TABLES[description].read_text(), "run python tests/api/make_table.py"


@pytest.mark.parametrize(("api", "operations", "routes"), [("hetzner", 220, 173), ("digitalocean", 42, 30)])
def test_is_whole(api: str, operations: int, routes: int) -> None:
    table = load(api)
    assert len(table.operations) == operations
    assert len({operation.route for operation in table.operations.values()}) == routes
    assert all(operation.responses for operation in table.operations.values())


def test_parameters() -> None:
    operation = load("hetzner").operations["GET /images"]
    assert (operation.method, operation.route, operation.host) == ("GET", "/images", "cloud")
    assert operation.query["type"] == Field("type", "[string]", ("system", "app", "snapshot", "backup"))
    assert operation.query["type"].array
    assert operation.query["name"] == Field("name", "string")


def test_host_of_storage_boxes() -> None:
    operations = load("hetzner").operations.values()
    assert {o.host for o in operations if o.route.startswith("/storage_box")} == {"hetzner"}
    assert {o.host for o in operations if not o.route.startswith("/storage_box")} == {"cloud"}


def test_nested_body() -> None:
    body = load("hetzner").operations["POST /servers"].body
    assert body["name"].always
    assert body["public_net"].type == "object"
    assert body["public_net.ipv4"] == Field("public_net.ipv4", "integer", nullable=True)
    rules = load("hetzner").operations["POST /firewalls"].body
    assert rules["rules"].record == "rule"
    assert rules["rules[].port"].name == "port"
    assert rules["rules[].direction"].enum == ("in", "out")


def test_records_unfold() -> None:
    response = load("hetzner").operations["GET /servers"].response
    assert {"servers", "servers[].image.created_from.name", "meta.pagination.next_page"} <= response.keys()
    assert response["servers[].image"].nullable
    metrics = load("hetzner").operations["GET /servers/{id}/metrics"].response
    assert metrics["metrics.time_series{}.values"].scalar == "number|string"
    assert load("hetzner").records["image"]["created_from.id"].type == "integer"


def test_alternatives_stand_side_by_side() -> None:
    body = load("digitalocean").operations["POST /v2/droplets"].body
    assert body["image"].type == "string|integer"
    assert body["size"].always
    # One of the two is needed, so neither always is.
    assert not body["name"].always
    assert not body["names"].always
