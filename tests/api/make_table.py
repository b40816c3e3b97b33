"""Write the tables of the APIs' facts beside this file, from the OpenAPI descriptions of the APIs.

    python tests/api/make_table.py [FOLDER WITH THE DESCRIPTIONS]

A table can have several descriptions, each of other operations of the same API.

The table has names, types and enumerations, and none of the description's sentences. Its notation:

- The path of a field is `rules[].port` in an array of objects and `time_series{}.values` in a map of objects.
- A type is `string`, `integer`, `number`, `boolean`, `date-time`, `object` (its fields follow), `json` (any value),
  `string|integer`, `[string]` (array), `{string}` (map), or `@server` (the record of that name). Marks follow the type:
  `?` if the field may be null, `!` if it is required, `~` if it is deprecated.
- An enumeration is a list: the type, then the values.
- `responses` has the fields of each successful response by status; `{}` stands for a response without a body. Of error
  responses it has those alone that differ from `error`, the fields of all others.
- `types` has the fields that a request body takes besides `type`, by the value of `type`.
- `headers` has the headers that a request takes, if there are any.
- `deprecated` is there, and true, if the operation is deprecated.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).parent
DESCRIPTIONS = HERE.parents[2] / "shared" / "api"
# File names of the descriptions by those of the tables.
TABLES = {
    "hetzner.json": ["hetzner-cloud.openapi.json"],
    "digitalocean.json": ["digitalocean.openapi.json", "digitalocean-more.openapi.json"],
}
HOSTS = {"api.hetzner.cloud": "cloud", "api.hetzner.com": "hetzner", "api.digitalocean.com": "digitalocean"}

# Hetzner's changelog of 2026-04-30 deprecates these operations; its description does not mark them.
DEPRECATED = re.compile(r"GET /\w+/{\w+}/actions/{action_id}")
# Names of fields as DigitalOcean's description spells them, and as the API sends them.
MISSPELLED = {"imgages": "images"}

Json = dict[str, Any]
Fields = dict[str, str | list[str]]


def make_table(*descriptions: Json) -> Json:
    """Return the facts of the OpenAPI descriptions of an API, ready to be written as JSON."""
    tables = [_Reader(description).table() for description in descriptions]
    merged: Json = {"records": {}, "error": tables[0]["error"], "operations": {}}
    for table in tables:
        assert table["error"] == merged["error"]
        for part in ("records", "operations"):
            assert all(merged[part].get(name, value) == value for name, value in table[part].items())
            merged[part] |= table[part]
    return {**merged, "records": dict(sorted(merged["records"].items()))}


def read(folder: Path, names: list[str]) -> list[Json]:
    """Return the descriptions of these names in a folder."""
    return [json.loads((folder / name).read_text()) for name in names]


def dump(table: Json) -> str:
    """Return a table as text, with one operation and one field of a record per line."""
    records = ",\n".join(
        f"{json.dumps(name)}: {{\n{_lines(fields, ' ')}\n}}" for name, fields in table["records"].items()
    )
    return (
        f'{{"records": {{\n{records}\n}},\n"error": {json.dumps(table["error"])},\n'
        f'"operations": {{\n{_lines(table["operations"])}\n}}}}\n'
    )


def _lines(members: Json, indent: str = "") -> str:
    return ",\n".join(f"{indent}{json.dumps(name)}: {json.dumps(value)}" for name, value in members.items())


class _Reader:
    def __init__(self, description: Json) -> None:
        self.description = description
        self.records: dict[str, Fields] = {}

    def table(self) -> Json:
        operations = {
            f"{method.upper()} {route}": (item, operation)
            for route, item in self.description["paths"].items()
            for method, operation in item.items()
            if method in ("get", "post", "put", "delete")
        }
        _, first = next(iter(operations.values()))
        error = self.content(self.resolve(first["responses"].get("default") or first["responses"]["4XX"]))
        table = {name: self.operation(name, *parts, error) for name, parts in operations.items()}
        return {"records": dict(sorted(self.records.items())), "error": error, "operations": table}

    def operation(self, name: str, item: Json, operation: Json, error: Fields) -> Json:
        server = (item.get("servers") or self.description["servers"])[0]["url"]
        path: Fields = {}
        query: Fields = {}
        headers: Fields = {}
        for parameter in map(self.resolve, operation.get("parameters", [])):
            fields = {"path": path, "query": query, "header": headers}[parameter["in"]]
            fields |= self.fields(parameter["name"], parameter["schema"], required=parameter.get("required", False))
        request = self.resolve(operation.get("requestBody", {}))
        body = self.content(request)
        types = self.types(request)
        if types:
            body["type"] = [body["type"][0], *types]  # the description's enumeration differs
        responses = {
            status: self.content(self.resolve(response)) for status, response in operation["responses"].items()
        }
        deprecated = operation.get("deprecated") or bool(DEPRECATED.fullmatch(name))
        return {
            "host": HOSTS[str(urlsplit(server).hostname)],
            "path": path,
            "query": query,
            "body": body,
            "responses": {s: fields for s, fields in responses.items() if s.startswith("2") or fields != error},
            **({"types": types} if types else {}),
            **({"headers": headers} if headers else {}),
            **({"deprecated": True} if deprecated else {}),
        }

    def content(self, holder: Json) -> Fields:
        schema = self.schema(holder)
        if schema.get("$ref", "").endswith("/schemas/action"):
            # DigitalOcean sends an action within an object, as the examples of its description show.
            return self.fields("action", schema, required=True)
        return dict(self.properties("", self.merge(schema)))

    def schema(self, holder: Json) -> Json:
        schema: Json = holder.get("content", {}).get("application/json", {}).get("schema", {})
        return schema

    def types(self, request: Json) -> dict[str, list[str]]:
        """Return the names of the fields that a body takes besides `type`, by the value of `type`."""
        types = {}
        for value, reference in self.schema(request).get("discriminator", {}).get("mapping", {}).items():
            variant = self.merge({"$ref": reference})
            required = variant.get("required", ())
            types[value] = [name + "!" * (name in required) for name in variant["properties"] if name != "type"]
        return types

    def properties(self, prefix: str, schema: Json) -> Iterator[tuple[str, str | list[str]]]:
        members: dict[str, Json] = schema.get("properties", {})
        for name, value in members.items():
            path = prefix + MISSPELLED.get(name, name)
            yield from self.fields(path, value, required=name in schema.get("required", ())).items()

    def fields(self, path: str, schema: Json, *, required: bool) -> Fields:
        """Return the field at a path and those below it."""
        type_name, enum, nested = self.type_of(path, schema)
        merged = self.merge(schema)
        deprecated = merged.get("deprecated") or merged.get("description", "").startswith("This field is deprecated")
        type_name += "?" * bool(merged.get("nullable")) + "!" * required + "~" * bool(deprecated)
        return {path: [type_name, *enum] if enum else type_name, **nested}

    def type_of(self, path: str, schema: Json) -> tuple[str, list[str], Fields]:
        """Return the type of a schema, its enumeration, and the fields below the path."""
        if name := self.record(schema):
            return f"@{name}", [], {}
        schema = self.merge(schema)
        if "items" in schema:
            item, enum, nested = self.type_of(f"{path}[]", schema["items"])
            return f"[{item}]", enum, nested
        if isinstance(schema.get("additionalProperties"), dict):
            value, enum, nested = self.type_of(f"{path}{{}}", schema["additionalProperties"])
            return f"{{{value}}}", enum, nested
        if schema.get("properties"):
            return "object", [], dict(self.properties(f"{path}.", schema))
        type_name = "date-time" if schema.get("format") == "date-time" else schema.get("type", "json")
        enum = [str(value) for value in schema.get("enum", []) if value is not None]
        return "{json}" if type_name == "object" else type_name, enum, {}

    def record(self, schema: Json) -> str | None:
        """Return the name of a schema that is an object with fields, and put its record into the table."""
        variants = [v for v in schema.get("allOf", [schema]) if v]
        if len(variants) != 1 or "$ref" not in variants[0]:
            return None
        name: str = variants[0]["$ref"].rpartition("/")[2]
        merged = self.merge(schema)
        if not merged.get("properties"):
            return None
        if name not in self.records:
            self.records[name] = {}  # a record may hold its own type
            self.records[name] = dict(self.properties("", merged))
        return name

    def resolve(self, holder: Json) -> Json:
        while "$ref" in holder:
            target = self.description
            for part in holder["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            holder = target
        return holder

    def merge(self, schema: Json) -> Json:
        """Return a schema without references and alternatives: it has the fields and values of all alternatives."""
        schema = self.resolve(schema)
        merged = {k: v for k, v in schema.items() if k not in ("allOf", "anyOf", "oneOf")}
        for combination in ("allOf", "anyOf", "oneOf"):
            variants = [self.merge(variant) for variant in schema.get(combination, []) if variant]
            # Alternatives may differ only in the fields that they require, which are then listed beside them.
            required = [set(variant.get("required", ())) for variant in variants]
            if required:
                always = set.union(*required) if combination == "allOf" else set.intersection(*required)
                merged["required"] = sorted(always | set(merged.get("required", ())))
            for variant in variants:
                merged["properties"] = {**merged.get("properties", {}), **variant.get("properties", {})}
                if variant.get("enum"):
                    merged["enum"] = list(dict.fromkeys([*merged.get("enum", []), *variant["enum"]]))
                merged = {**variant, **merged}
            types = list(dict.fromkeys(variant["type"] for variant in variants if "type" in variant))
            if combination != "allOf" and types:
                merged["type"] = "|".join(types)
        return merged


def main(folder: Path) -> None:
    for table, names in TABLES.items():
        (HERE / table).write_text(dump(make_table(*read(folder, names))))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else DESCRIPTIONS)
