"""Checks requests and answers against DigitalOcean's OpenAPI description, if it is there."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from typing import Any

from hcloud.testing import Request, Response
from tests.testing import openapi

FILE = openapi.FILE.with_name("digitalocean.openapi.json")
CHECKED: Counter[str] = Counter()
"""How many requests and answers were checked."""


class Description(openapi.Description):
    """The API's description: whether a request is one that it knows, and an answer one of those that it promises."""

    def of_request(self, request: Request) -> list[str]:
        """What about a request is not as described."""
        CHECKED["requests"] += 1
        operation = self._operation(request.method, request.path)
        if operation is None:
            return [f"{request.method} {request.path} is not described"]
        parameters = {each["name"]: each for each in map(self._resolved, operation.get("parameters", ()))}
        said = []
        given = dict(request.query)
        for name, text in given.items():
            parameter = parameters.get(name)
            if parameter is None and name == "page" and text != "1":
                continue  # where a link of the answer before leads
            if parameter is None or parameter["in"] != "query":
                said.append(f"?{name} is not described")
            else:
                said += self._check(_read(text, parameter["schema"]), parameter["schema"], f"?{name}")
        wanted = {name for name, each in parameters.items() if each["in"] == "query" and each.get("required")}
        said += [f"?{name} is missing" for name in wanted - given.keys()]
        content = self._resolved(operation.get("requestBody", {})).get("content")
        if not request.body:
            return said + (["a body is missing"] if content else [])
        if content is None:
            return [*said, "a body where none is described"]
        body, schema = json.loads(request.body), content["application/json"]["schema"]
        kinds = schema.get("discriminator", {}).get("mapping", {})
        if body.get("type") in kinds:
            schema = {"$ref": kinds[body["type"]]}
        if body.get("type") != "change_backup_policy":  # the description's own enumeration lacks it
            said += self._check(body, schema, "$")
        return said + [f"$.{name} is not described" for name in body.keys() - self._names(schema)]

    def of_answer(self, request: Request, answer: Response) -> list[str]:
        """What about an answer is not as described."""
        CHECKED["answers"] += 1
        operation = self._operation(request.method, request.path)
        if operation is None:
            return [] if answer.status >= 400 else [f"{request.method} {request.path} is not described"]
        response = operation["responses"].get(str(answer.status))
        if response is None and answer.status < 400:
            return [f"status {answer.status} is not described"]
        content = self._resolved(response or operation["responses"]["default"]).get("content")
        if not content:
            return ["a body where none is described"] if answer.body else []
        body, schema = json.loads(answer.body), content["application/json"]["schema"]
        if schema.get("$ref", "").endswith("/schemas/action") and answer.status < 300:
            body = body["action"]  # as the description's text and example say, other than its schema
        return self._check(body, schema, "$")

    def _operation(self, method: str, path: str) -> Any:
        return self._document["paths"].get(self.path_of(path), {}).get(method.lower())

    def _names(self, schema: dict[str, Any]) -> set[str]:
        schema = self._resolved(schema)
        parts = [part for key in ("allOf", "oneOf", "anyOf") for part in schema.get(key, ())]
        return set(schema.get("properties", ())).union(*map(self._names, parts))


def _read(text: str, schema: dict[str, Any]) -> Any:
    if schema["type"] == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return int(text) if schema["type"] == "integer" and text.isdecimal() else text


@lru_cache(maxsize=1)
def description() -> Description | None:
    """The description, if the file is there."""
    return Description(json.loads(FILE.read_text())) if FILE.exists() else None
