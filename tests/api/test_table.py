from __future__ import annotations

import json

import pytest

from tests.api import make_table
from tests.api.table import Field, Fields, load


@pytest.mark.parametrize("name", make_table.TABLES)
def test_is_current(name: str) -> None:
    descriptions = make_table.TABLES[name]
    if not all((make_table.DESCRIPTIONS / description).exists() for description in descriptions):
        pytest.skip(f"the descriptions from which {name} was made are not part of the repository")
    table = make_table.dump(make_table.make_table(*make_table.read(make_table.DESCRIPTIONS, descriptions)))
    assert table == (make_table.HERE / name).read_text(), "run python tests/api/make_table.py"


def content(schema: object) -> dict[str, object]:
    return {"content": {"application/json": {"schema": schema}}}


ERROR = content({"properties": {"error": {"type": "string"}}})
DESCRIPTION = {
    "servers": [{"url": "https://api.hetzner.cloud/v1"}],
    "components": {
        "schemas": {
            "thing": {
                "required": ["id", "rules"],
                "properties": {
                    "id": {"type": "integer"},
                    "name": {"type": "string", "nullable": True},
                    "created": {"type": "string", "format": "date-time"},
                    "color": {"type": "string", "enum": ["red", "blue", None], "nullable": True},
                    "rules": {"type": "array", "items": {"properties": {"port": {"type": "string"}}}},
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                    "details": {"type": "object"},
                    "anything": {},
                    "size": {"oneOf": [{"type": "string"}, {"type": "integer"}], "deprecated": True},
                    "part": {"allOf": [{"$ref": "#/components/schemas/thing"}], "nullable": True},
                    "shape": {"type": "string", "description": "This field is deprecated."},
                },
            },
            "start": {"properties": {"type": {"type": "string", "enum": ["start", "stop"]}}},
            "resize": {
                "allOf": [{"$ref": "#/components/schemas/start"}, {"properties": {"size": {"type": "integer"}}}],
                "required": ["size"],
            },
        }
    },
    "paths": {
        "/things/{id}": {
            "get": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "responses": {
                    "200": content({"properties": {"thing": {"$ref": "#/components/schemas/thing"}}}),
                    "404": content({"properties": {"reason": {"type": "string"}}}),
                    "409": ERROR,
                    "4XX": ERROR,
                },
            }
        },
        "/things/{id}/actions/{action_id}": {
            "get": {"responses": {"204": {}, "4XX": ERROR}},
            "post": {
                "requestBody": content(
                    {
                        "anyOf": [{"$ref": "#/components/schemas/start"}, {"$ref": "#/components/schemas/resize"}],
                        "discriminator": {
                            "mapping": {"start": "#/components/schemas/start", "resize": "#/components/schemas/resize"}
                        },
                    }
                ),
                "responses": {"201": {}},
                "deprecated": True,
            },
        },
    },
}


def test_notation() -> None:
    table = make_table.make_table(DESCRIPTION)
    assert json.loads(make_table.dump(table)) == table
    assert table["records"] == {
        "thing": {
            "id": "integer!",
            "name": "string?",
            "created": "date-time",
            "color": ["string?", "red", "blue"],
            "rules": "[object]!",
            "rules[].port": "string",
            "labels": "{string}",
            "details": "{json}",
            "anything": "json",
            "size": "string|integer~",
            "part": "@thing?",
            "shape": "string~",
        }
    }
    assert table["error"] == {"error": "string"}
    first, second, third = table["operations"].values()
    assert first["path"] == {"id": "integer!"}
    assert first["responses"] == {"200": {"thing": "@thing"}, "404": {"reason": "string"}}
    assert "deprecated" not in first
    assert second["responses"] == {"204": {}}
    assert second["deprecated"]
    assert third["body"] == {"type": ["string", "start", "resize"], "size": "integer"}
    assert third["types"] == {"start": [], "resize": ["size!"]}
    assert third["deprecated"]


OPERATIONS = {"hetzner": 220, "digitalocean": 54}
ROUTES = {"hetzner": 173, "digitalocean": 39}


@pytest.mark.parametrize("api", OPERATIONS)
def test_is_complete(api: str) -> None:
    table = load(api)
    routes = {operation.route for operation in table.operations.values()}
    assert len(table.operations) == OPERATIONS[api], "if an operation was added, change the number in OPERATIONS"
    assert len(routes) == ROUTES[api], "if a route was added, change the number in ROUTES"
    assert all(operation.responses for operation in table.operations.values())


def test_parameters() -> None:
    operation = load("hetzner").operations["GET /images"]
    assert (operation.method, operation.route, operation.host) == ("GET", "/images", "cloud")
    assert operation.query["type"] == Field("type", "[string]", ("system", "app", "snapshot", "backup"))
    assert operation.query["type"].is_array
    assert operation.query["name"] == Field("name", "string")


def test_host_of_storage_boxes() -> None:
    operations = load("hetzner").operations.values()
    assert {o.host for o in operations if o.route.startswith("/storage_box")} == {"hetzner"}
    assert {o.host for o in operations if not o.route.startswith("/storage_box")} == {"cloud"}


def test_nested_body() -> None:
    body = load("hetzner").operations["POST /servers"].body
    assert body["name"].required
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


def test_merges_alternatives() -> None:
    body = load("digitalocean").operations["POST /v2/droplets"].body
    assert body["image"].type == "string|integer"
    assert body["size"].required
    # One of the two is required, so neither of them always is.
    assert not body["name"].required
    assert not body["names"].required


def test_error_responses() -> None:
    assert load("hetzner").error["error.details"] == Field("error.details", "{json}", nullable=True)
    assert load("digitalocean").error.keys() == {"id", "message", "request_id"}
    responses = load("digitalocean").operations["POST /v2/tags"].responses
    assert list(responses) == [201, 400]
    assert responses[400]["root_causes"].required


def test_fields_by_type() -> None:
    operation = load("digitalocean").operations["POST /v2/droplets/{droplet_id}/actions"]
    assert operation.types.keys() == {*operation.body["type"].enum}
    assert operation.types["reboot"].keys() == {"type"}
    policy = operation.types["change_backup_policy"]
    assert policy.keys() == {"type", *(path for path in operation.body if path.startswith("backup_policy"))}
    assert policy["backup_policy"].required
    assert not operation.types["enable_backups"]["backup_policy"].required


def test_deprecated_operations() -> None:
    deprecated = {str(operation) for operation in load("hetzner").operations.values() if operation.deprecated}
    assert len(deprecated) == 11
    assert "GET /servers/{id}/actions/{action_id}" in deprecated
    assert "GET /servers/actions/{id}" not in deprecated
    assert not any(operation.deprecated for operation in load("digitalocean").operations.values())


def test_deprecated_fields() -> None:
    def deprecated(fields: Fields) -> set[str]:
        return {path for path, field in fields.items() if field.deprecated}

    hetzner, digitalocean = load("hetzner"), load("digitalocean")
    assert deprecated(hetzner.records["server_type"]) == {"deprecated", "deprecation"}
    assert deprecated(hetzner.operations["GET /pricing"].response) == {"pricing.floating_ip"}
    assert deprecated(hetzner.records["image"]) == set()
    assert deprecated(digitalocean.records["droplet"]) == {"kernel"}
    assert deprecated(digitalocean.operations["POST /v2/droplets"].body) == {"private_networking"}
