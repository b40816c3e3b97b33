"""Checks answers against the API's OpenAPI description, as far as it needs for that."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[3] / "shared" / "api" / "hetzner-cloud.openapi.json"
REMOVED = ("/datacenters",)

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


class Description:
    """The API's description: which operation a request is, and whether an answer is one of its answers."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._paths = [
            (re.compile("^" + re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(path)) + "$"), path)
            for path in sorted(document["paths"], key=lambda path: (path.count("{"), path))
        ]

    @property
    def operations(self) -> set[tuple[str, str]]:
        """Every method and path."""
        methods = ("get", "post", "put", "delete")
        return {
            (method.upper(), path)
            for path, item in self._document["paths"].items()
            for method in methods
            if method in item
        }

    def path_of(self, path: str) -> str | None:
        """The described path that a real one is."""
        return next((described for pattern, described in self._paths if pattern.match(path)), None)

    def violations(self, method: str, path: str, status: int, body: bytes, content_type: str | None) -> list[str]:
        """What about an answer is not as described."""
        described = self.path_of(path)
        operation = self._document["paths"].get(described, {}).get(method.lower())
        if operation is None or path.startswith(REMOVED):
            if status < 400:
                return [f"{method} {path} is not described and answered {status}"]
            responses = {"4XX": self._document["paths"]["/servers"]["get"]["responses"]["4XX"]}
        else:
            responses = operation["responses"]
        response = responses.get(str(status)) or responses.get(f"{status // 100}XX")
        if response is None:
            return [f"status {status} is not described; described: {', '.join(responses)}"]
        response = self._resolved(response)
        content = response.get("content")
        if not content:
            return ["a body where none is described"] if body or content_type else []
        kind = (content_type or "").partition(";")[0]
        if kind not in content:
            return [f"content type {kind!r}; described: {', '.join(content)}"]
        return self._check(json.loads(body), content[kind]["schema"], "$")

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            found: Any = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def _check(self, value: Any, schema: dict[str, Any], at: str, known: bool = True) -> list[str]:
        schema = self._resolved(schema)
        if value is None and (schema.get("nullable") or schema == {}):
            return []
        said = []
        for part in schema.get("allOf", ()):
            said += self._check(value, part, at, known=False)
        for key in ("oneOf", "anyOf"):
            tried = [self._check(value, part, at) for part in schema.get(key, ())]
            if tried and all(tried):
                said += [f"{at}: none of {key} fits: {tried}"]
        kind = schema.get("type")
        if kind is not None:
            fits = isinstance(value, _TYPES[kind]) and isinstance(value, bool) is (kind == "boolean")
            if not fits:
                return [*said, f"{at}: {value!r} is not of type {kind}"]
        if "enum" in schema and value not in schema["enum"]:
            said.append(f"{at}: {value!r} is not one of {schema['enum']}")
        if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
            said.append(f"{at}: {value!r} does not match {schema['pattern']}")
        if schema.get("format") == "date-time" and isinstance(value, str) and not _is_moment(value):
            said.append(f"{at}: {value!r} is not a moment with its zone")
        if "maximum" in schema and isinstance(value, (int, float)) and value > schema["maximum"]:
            said.append(f"{at}: {value!r} is more than {schema['maximum']}")
        if isinstance(value, dict):
            said += self._check_object(value, schema, at, known)
        if isinstance(value, list) and "items" in schema:
            for number, item in enumerate(value):
                said += self._check(item, schema["items"], f"{at}[{number}]")
        return said

    def _check_object(self, value: dict[str, Any], schema: dict[str, Any], at: str, known: bool) -> list[str]:
        properties = schema.get("properties", {})
        said = [f"{at}.{name} is missing" for name in schema.get("required", ()) if name not in value]
        more = schema.get("additionalProperties")
        for name, item in value.items():
            if name in properties:
                said += self._check(item, properties[name], f"{at}.{name}")
            elif isinstance(more, dict):
                said += self._check(item, more, f"{at}.{name}")
            elif known and properties and more is not True and "allOf" not in schema:
                said.append(f"{at}.{name} is not described")
        return said


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).tzinfo is not None
    except ValueError:
        return False


@lru_cache(maxsize=1)
def description() -> Description | None:
    """The description, if the file is there."""
    return Description(json.loads(FILE.read_text())) if FILE.exists() else None
