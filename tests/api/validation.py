"""Validation of a fake cloud's requests and responses against the table of its API."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import Any, Literal

import pytest

from hcloud.testing import FakeCloud, Request, Response
from tests.api.table import Field, Fields, Operation, Table, load

_TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}


class Validator:
    """Validator of the requests and responses of an API; it yields one message per fault."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._routes: dict[str, list[tuple[Callable[[str], object], Operation]]] = {}
        # A fixed segment takes precedence over a parameter.
        for operation in sorted(table.operations.values(), key=lambda operation: operation.route.count("{")):
            pattern = re.compile(re.sub(r"{[^}]+}", "[^/]+", operation.route))
            self._routes.setdefault(operation.method, []).append((pattern.fullmatch, operation))

    def request_faults(self, request: Request) -> Iterator[str]:
        """Yield what is wrong with the headers, the query and the body of a request."""
        operation = self._operation(request)
        if operation is None:
            yield "there is no such operation"
            return
        query = {
            name: _from_text(text, operation.query[name]) if name in operation.query else text
            for name, text in request.query
            # The API's links to further pages have a page even where the table does not.
            if name in operation.query or name != "page"
        }
        yield from self._object_faults(query, operation.query, "", "query")
        headers = {name: _from_text(request.header(name) or "", field) for name, field in operation.headers.items()}
        yield from self._object_faults(headers, operation.headers, "", "headers")
        if not operation.body:
            if request.body:
                yield "the request has a body"
        elif not request.body:
            yield "the request has no body"
        else:
            body = json.loads(request.body)
            type_name = str(body.get("type")) if isinstance(body, dict) else ""
            yield from self._object_faults(body, operation.types.get(type_name, operation.body), "", "$")

    def response_faults(self, request: Request, response: Response) -> Iterator[str]:
        """Yield what is wrong with the status, the content type and the body of a response."""
        operation = self._operation(request)
        fields = operation.responses.get(response.status) if operation else None
        if fields is None:
            if response.status < 400:
                yield f"status {response.status} is not in the table"
                return
            fields = self._table.error
        content_type = response.headers.get("Content-Type")
        if not fields:
            if response.body or content_type:
                yield "the response has a body or a content type"
        elif content_type is None or content_type.partition(";")[0] != "application/json":
            yield f"the content type is {content_type}"
        else:
            yield from self._object_faults(json.loads(response.body), fields, "", "$")

    def _operation(self, request: Request) -> Operation | None:
        path = request.path.removeprefix("/v1")
        routes = self._routes.get(request.method, ())
        return next((operation for matches, operation in routes if matches(path)), None)

    def _object_faults(self, value: Any, fields: Fields, path: str, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{at}: {value!r} is not an object"
            return
        members = fields.members[path]
        yield from (f"{at}.{name} is missing" for name in members if members[name].required and name not in value)
        for name, item in value.items():
            if name in members:
                yield from self._field_faults(item, members[name], fields, f"{at}.{name}")
            else:
                yield f"{at}.{name} is not in the table"

    def _field_faults(self, value: Any, field: Field, fields: Fields, at: str) -> Iterator[str]:
        if value is not None:
            yield from self._value_faults(value, field.type, field, fields, field.path, at)
        elif not field.nullable and field.type != "json":
            yield f"{at} is null"

    def _value_faults(
        self, value: Any, type_name: str, field: Field, fields: Fields, path: str, at: str
    ) -> Iterator[str]:
        """Yield what is wrong with a value that must be of a type; `field` is the field that holds it."""
        inner = type_name[1:-1]
        if type_name.startswith("["):
            if not isinstance(value, list):
                yield f"{at}: {value!r} is not an array"
                return
            for index, item in enumerate(value):
                yield from self._value_faults(item, inner, field, fields, f"{path}[]", f"{at}[{index}]")
        elif type_name.startswith("{"):
            if not isinstance(value, dict):
                yield f"{at}: {value!r} is not an object"
                return
            for key, item in value.items():
                yield from self._value_faults(item, inner, field, fields, f"{path}{{}}", f"{at}.{key}")
        elif type_name.startswith("@"):
            yield from self._object_faults(value, self._table.records[type_name[1:]], "", at)
        elif type_name == "object":
            yield from self._object_faults(value, fields, path, at)
        elif type_name != "json":
            if not any(_is_of_type(value, name) for name in type_name.split("|")):
                yield f"{at}: {value!r} is not of type {type_name}"
            elif field.enum and str(value) not in field.enum:
                yield f"{at}: {value!r} is not one of {', '.join(field.enum)}"


def _is_of_type(value: Any, name: str) -> bool:
    if name == "date-time":
        return isinstance(value, str) and _is_aware(value)
    return isinstance(value, _TYPES[name]) and isinstance(value, bool) is (name == "boolean")


def _is_aware(text: str) -> bool:
    """Return True if a text is a date and time with a time zone."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _from_text(text: str, field: Field) -> Any:
    if field.type == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return int(text) if field.type == "integer" and text.isdecimal() else text


@cache
def validator(api: Literal["hetzner", "digitalocean"]) -> Validator:
    """Return the validator of an API."""
    return Validator(load(api))


def record_faults(
    cloud: FakeCloud,
    api: Literal["hetzner", "digitalocean"],
    monkeypatch: pytest.MonkeyPatch,
    *,
    check_requests: bool = False,
) -> list[str]:
    """Validate every response of a cloud from now on.

    :param check_requests: If true, also validate the requests, except those that the cloud rejects.
    :return: The faults, which are added as they occur.
    """
    faults: list[str] = []
    handle = cloud.handle

    def validated(request: Request) -> Response:
        response = handle(request)
        messages = [*validator(api).response_faults(request, response)]
        if check_requests and response.status < 400:
            messages += validator(api).request_faults(request)
        faults.extend(f"{request.method} {request.path} -> {response.status}: {message}" for message in messages)
        return response

    monkeypatch.setattr(cloud, "handle", validated)
    return faults
