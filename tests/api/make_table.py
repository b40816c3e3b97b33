"""Writes the table of an API's facts beside this file, from the OpenAPI description of that API.

    python tests/api/make_table.py [PATH TO hetzner-cloud.openapi.json or digitalocean.openapi.json ...]

The table has names, types and enumerations, and none of the description's sentences. Its notation:

- A field's path is `rules[].port` within an array of objects, `time_series{}.values` within a map of objects.
- Its type is `string`, `integer`, `number`, `boolean`, `date-time`, `object` (its fields follow), `json` (anything),
  `string|integer`, `[string]` (array), `{string}` (map), or `@server` (the record of that name); then `?` where it may
  be null and `!` where it is always there.
- An enumeration is a list: the type, then the values.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).parent
DESCRIPTIONS = HERE.parents[2] / "shared" / "api"
# The table that is made of a description.
TABLES = {"hetzner-cloud.openapi.json": HERE / "hetzner.json", "digitalocean.openapi.json": HERE / "digitalocean.json"}
HOSTS = {"api.hetzner.cloud": "cloud", "api.hetzner.com": "hetzner", "api.digitalocean.com": "digitalocean"}

Json = dict[str, Any]
Fields = dict[str, str | list[str]]


def make_table(description: Json) -> Json:
    """The facts of an OpenAPI description, ready to be written as JSON."""
    return _Reader(description).table()


def dump(table: Json) -> str:
    """A table as text, with one operation and one field of a record a line."""
    records = ",\n".join(
        f"{json.dumps(name)}: {{\n"
        + ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in fields.items())
        + "\n}"
        for name, fields in table["records"].items()
    )
    operations = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in table["operations"].items())
    return f'{{"records": {{\n{records}\n}},\n"operations": {{\n{operations}\n}}}}\n'


class _Reader:
    def __init__(self, description: Json) -> None:
        self.description = description
        self.records: dict[str, Fields] = {}

    def table(self) -> Json:
        operations = {
            f"{method.upper()} {route}": self.operation(item, operation)
            for route, item in self.description["paths"].items()
            for method, operation in item.items()
            if method in ("get", "post", "put", "delete")
        }
        return {"records": dict(sorted(self.records.items())), "operations": operations}

    def operation(self, item: Json, operation: Json) -> Json:
        server = (item.get("servers") or self.description["servers"])[0]["url"]
        path: Fields = {}
        query: Fields = {}
        for parameter in map(self.resolve, operation.get("parameters", [])):
            fields = {"path": path, "query": query}[parameter["in"]]
            fields |= self.fields(parameter["name"], parameter["schema"], required=parameter.get("required", False))
        body = self.resolve(operation.get("requestBody", {}))
        responses = {
            status: self.content(self.resolve(response))
            for status, response in operation["responses"].items()
            if status.startswith("2")
        }
        return {
            "host": HOSTS[str(urlsplit(server).hostname)],
            "path": path,
            "query": query,
            "body": self.content(body),
            "responses": responses,
        }

    def content(self, holder: Json) -> Fields:
        schema = holder.get("content", {}).get("application/json", {}).get("schema", {})
        return dict(self.properties("", self.merge(schema)))

    def properties(self, prefix: str, schema: Json) -> Iterator[tuple[str, str | list[str]]]:
        for name, value in schema.get("properties", {}).items():
            yield from self.fields(prefix + name, value, required=name in schema.get("required", ())).items()

    def fields(self, path: str, schema: Json, *, required: bool) -> Fields:
        """The field at a path, and those below it."""
        kind, enum, nested = self.kind(path, schema)
        kind += "?" * bool(self.merge(schema).get("nullable")) + "!" * required
        return {path: [kind, *enum] if enum else kind, **nested}

    def kind(self, path: str, schema: Json) -> tuple[str, list[str], Fields]:
        """A schema's type, its enumeration, and the fields below the path."""
        if name := self.record(schema):
            return f"@{name}", [], {}
        schema = self.merge(schema)
        if "items" in schema:
            kind, enum, nested = self.kind(f"{path}[]", schema["items"])
            return f"[{kind}]", enum, nested
        if isinstance(schema.get("additionalProperties"), dict):
            kind, enum, nested = self.kind(f"{path}{{}}", schema["additionalProperties"])
            return f"{{{kind}}}", enum, nested
        if schema.get("properties"):
            return "object", [], dict(self.properties(f"{path}.", schema))
        kind = "date-time" if schema.get("format") == "date-time" else schema.get("type", "json")
        return "json" if kind == "object" else kind, [str(v) for v in schema.get("enum", []) if v is not None], {}

    def record(self, schema: Json) -> str | None:
        """The name under which a schema stands, if it is an object with fields, and its record is in the table."""
        variants = [v for v in schema.get("allOf", [schema]) if v]
        if len(variants) != 1 or "$ref" not in variants[0]:
            return None
        name: str = variants[0]["$ref"].rpartition("/")[2]
        merged = self.merge(schema)
        if not merged.get("properties"):
            return None
        if name not in self.records:
            self.records[name] = {}  # met again while its own fields are read
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
        """A schema without references and alternatives: of all alternatives the fields, types and enumerations."""
        schema = self.resolve(schema)
        merged = {k: v for k, v in schema.items() if k not in ("allOf", "anyOf", "oneOf")}
        for combination in ("allOf", "anyOf", "oneOf"):
            variants = [self.merge(variant) for variant in schema.get(combination, []) if variant]
            # Some alternatives differ only in what they require: then the fields stand beside them.
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


def main(paths: list[str]) -> None:
    for path in map(Path, paths or [str(DESCRIPTIONS / name) for name in TABLES]):
        table = make_table(json.loads(path.read_text()))
        TABLES[path.name].write_text(dump(table))


if __name__ == "__main__":
    main(sys.argv[1:])
