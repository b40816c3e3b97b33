"""Comparison of the library with the table of the API: operations, parameters, fields and values of enumerations.

    python -m tests.api.test_coverage

prints how many of them the library covers, and all differences.
"""

from __future__ import annotations

import dataclasses
import re
import sys
import typing
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Literal, cast

from hcloud import Client
from hcloud.core import BaseDomain, Link, ResourceClientBase, endpoint, record
from hcloud.servers import BoundServer
from tests.api.declarations import (
    Reading,
    Route,
    alternatives,
    item_reading,
    may_be_none,
    member_reading,
    routes,
    top_readings,
)
from tests.api.table import Field, Fields, Operation, load, route_shape

EXPLAINED = {
    # Methods and arguments that the library has because hcloud-python 2.27.0 has them
    "GET /actions parameters status: not in the API": "list of all actions, deprecated",
    "GET /actions parameters sort: not in the API": "the same",
    "GET /actions parameters page: not in the API": "the same",
    "GET /actions parameters per_page: not in the API": "the same",
    "datacenters.get_by_id: GET /datacenters/{} is not in the API": "deprecated; the API responds with 410",
    "datacenters.get_list: GET /datacenters is not in the API": "the same",
    # One description of two kinds of storage access, each with a flag of its own
    "POST /storage_boxes/{id}/actions/update_access_settings request fields readonly: no argument": "for subaccounts",
    "POST /storage_boxes/{id}/actions/update_access_settings request fields zfs_enabled: not in the API": "for boxes",
    # Where the API's description is less precise than what it sends and accepts
    "* response fields *image*.deleted: read as datetime.datetime | None, not string": "a point in time",
    "* response fields volume*.size: read as <class 'int'>, not number": "whole GB, as in requests",
    "GET /*/{id}/metrics parameters step: sends float, not string": "all values of a query are strings",
    "GET /*/{id}/metrics response fields metrics.step: read as <class 'float'>, not integer": "the step of the request",
    "POST /floating_ips request fields home_location: sends int, not string": "as hcloud-python sends it",
}
"""Differences between the library and the API, and the reason of each; `*` stands for any text."""


@dataclasses.dataclass
class Coverage:
    """Counts of what was compared, by category, and the differences that were found."""

    total: Counter[str] = dataclasses.field(default_factory=Counter)
    covered: Counter[str] = dataclasses.field(default_factory=Counter)
    differences: list[str] = dataclasses.field(default_factory=list)

    def count(self, category: str, subject: object, is_covered: bool, *problems: str) -> None:
        """Count one item of a category, and record what is wrong with it."""
        self.total[category] += 1
        self.covered[category] += is_covered
        self.differences += [f"{subject}: {problem}" for problem in problems]

    def summary(self) -> str:
        """Return how many items are covered, one category per line; a field counts wherever it occurs."""
        return "".join(f"{category}: {self.covered[category]} of {total}\n" for category, total in self.total.items())


@cache
def coverage() -> Coverage:
    """Return the result of the whole comparison."""
    result = Coverage()
    methods_by_route: dict[str, list[Route]] = {}
    for route in routes():
        methods_by_route.setdefault(str(route), []).append(route)
    for operation in load("hetzner").operations.values():
        methods = methods_by_route.pop(route_shape(str(operation)), [])
        if operation.deprecated and not methods:
            continue
        result.count("operations", operation, bool(methods), *([] if methods else ["no method"]))
        if methods:
            _compare(result, operation, methods)
    result.differences += [
        f"{method.name}: {route} is not in the API" for route, methods in methods_by_route.items() for method in methods
    ]
    return result


def _compare(result: Coverage, operation: Operation, methods: list[Route]) -> None:
    for route in methods:
        if route.host != operation.host:
            result.differences.append(f"{operation}: {route.name} uses the API {route.host!r}, not {operation.host!r}")
        if operation.deprecated:
            result.differences.append(f"{operation}: {route.name} uses a deprecated operation")
    for parameter in operation.path.values():  # the library's route has as many, or it would not match
        result.count("parameters", f"{operation} parameters {parameter.path}", True)
    for category, fields, keyword in (
        ("parameters", operation.query, "params"),
        ("request fields", operation.body, "json"),
    ):
        sent = _sent_values(fields, [route for route in methods if route.payload_argument == keyword])
        for field in fields.values():
            subject = f"{operation} {category} {field.path}"
            values = sent.pop(field.path, None)
            result.count(category, subject, values is not None, *_problems_sent(field, values))
            if field.enum:
                _compare_values(result, subject, field, {str(value) for value in values or ()})
        result.differences += [f"{operation} {category} {path}: not in the API" for path in sent]
    for field in operation.response.values():
        subject = f"{operation} response fields {field.path}"
        readings = [reading for route in methods if (reading := _reading(field.path, top_readings(route.returns)))]
        problems = [problem for reading in readings for problem in _problems_read(field, reading, operation.response)]
        result.count("response fields", subject, bool(readings), *(problems if readings else ["no field"]))
        if field.enum:
            literals = {value for reading in readings for value in _literals(reading.type)}
            _compare_values(result, subject, field, literals)


def _compare_values(result: Coverage, subject: str, field: Field, values: set[str]) -> None:
    for value in field.enum:
        is_covered = value in values
        result.count("values of enumerations", subject, is_covered, *([] if is_covered else [f"no {value!r}"]))
    result.differences += [f"{subject}: {value!r} is not in the API" for value in sorted(values - {*field.enum})]


# Requests


def _sent_values(fields: Fields, methods: list[Route]) -> dict[str, list[Any]]:
    """Return the values that methods send, by path."""
    sent: dict[str, list[Any]] = {}
    for route in methods:
        for payload in route.payloads():
            for path, value in _paths("", payload, fields):
                sent.setdefault(path, []).append(value)
    return sent


def _paths(prefix: str, payload: Mapping[str, Any], fields: Fields) -> Iterator[tuple[str, Any]]:
    for name, value in payload.items():
        path = prefix + name
        field = fields.get(path)
        is_open = field is not None and (field.is_map or field.scalar == "json")
        # The API takes the types of metrics as one string, separated by commas.
        values = value.split(",") if isinstance(value, str) and field is not None and field.is_array else value
        for item in values if isinstance(values, list) else [values]:
            yield path, item
            if isinstance(item, Mapping) and not is_open:
                yield from _paths(f"{path}{'[]' * isinstance(values, list)}.", item, fields)


_JSON_TYPES: dict[type, tuple[str, ...]] = {
    bool: ("boolean",),
    int: ("integer", "number"),
    float: ("number",),
    str: ("string", "date-time"),
    dict: ("object", "json"),
}


def _problems_sent(field: Field, values: list[Any] | None) -> Iterator[str]:
    if values is None:
        yield "no argument"
        return
    expected = {"object"} if field.record or field.is_map else {*field.scalar.split("|")}
    for cls in sorted({type(value) for value in values if value is not None}, key=str):
        if not expected & {*_JSON_TYPES[cls]}:
            yield f"sends {cls.__name__}, not {field.type}"


# Responses


def _reading(path: str, top: Mapping[str, Reading]) -> Reading | None:
    """Return the reading of the value at a path, or None if it is not read."""
    first, *rest = path.split(".")
    name, brackets = _split(first)
    reading = top.get(name)
    for step in rest:
        for pair in brackets:
            reading = item_reading(reading, pair) if reading else None
        name, brackets = _split(step)
        reading = member_reading(reading, name) if reading else None
    return reading


def _split(step: str) -> tuple[str, list[str]]:
    name = step.rstrip("[]{}")
    return name, re.findall(r"\[\]|{}", step[len(name) :])


def _innermost(hint: Any) -> Any:
    """Return a type without lists and maps around it."""
    reading = Reading(hint)
    while (item := item_reading(reading, "[]") or item_reading(reading, "{}")) is not None:
        reading = item
    return reading.type


def _literals(hint: Any) -> set[str]:
    return {
        str(value)
        for alternative in alternatives(_innermost(hint))
        if typing.get_origin(alternative) is Literal
        for value in typing.get_args(alternative)
    }


def _problems_read(field: Field, reading: Reading, fields: Fields) -> Iterator[str]:
    hints = alternatives(reading.type)
    is_array, is_map = (any(item_reading(Reading(hint), pair) for hint in hints) for pair in ("[]", "{}"))
    readable = {name for hint in alternatives(_innermost(reading.type)) for name in _json_types(hint, reading.field)}
    expected = {"object"} if field.record else {*field.scalar.split("|")} - {"json"}
    if (field.is_array, field.is_map) != (is_array, is_map) or not expected <= readable:
        yield f"read as {reading.type}, not {field.type}"
    if field.nullable and not may_be_none(reading.type):
        yield "may be null, but its type does not allow None"
    if isinstance(reading.field, Link) and reading.field.collection in _resource_fields():
        names = _member_names(fields, f"{field.path}{'[]' * field.is_array}.")
        is_complete = names == _resource_fields()[reading.field.collection]
        if is_complete != bool(reading.field.complete):
            yield f"is {'' if is_complete else 'not '}the complete resource, but its link says the opposite"


def _member_names(fields: Fields, prefix: str) -> set[str]:
    """Return the names of the fields directly below a path."""
    return {name for path in fields if path.startswith(prefix) and "." not in (name := path.removeprefix(prefix))}


@cache
def _resource_fields() -> Mapping[str, set[str]]:
    """Return the names of all fields of each resource, by its collection."""
    names = {}
    for operation in load("hetzner").operations.values():
        collection = operation.route.strip("/")
        if operation.method == "GET" and collection in operation.response:
            names[collection] = _member_names(operation.response, f"{collection}[].")
    return names


def _json_types(hint: Any, field: Any) -> set[str]:
    """Return the types of JSON that are read as a type, as the table calls them."""
    if isinstance(hint, type) and issubclass(hint, BaseDomain):
        # The API sends links as an ID or as an object.
        return {"object", "integer", "string"} if isinstance(field, Link) else {"object"}
    if typing.is_typeddict(hint) or typing.get_origin(hint) is dict:
        return {"object"}
    if typing.get_origin(hint) is Literal:
        return {"string"}
    # A TypedDict has its values as the API sends them.
    return {
        bool: {"boolean"},
        int: {"integer"},
        float: {"number"},
        str: {"string"} | ({"date-time"} if field is None else set()),
        datetime: {"date-time"},
    }.get(hint, set())


def matches(pattern: str, difference: str) -> bool:
    """Return True if a difference matches a pattern of ``EXPLAINED``."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), difference) is not None


def test_covers_the_api() -> None:
    unexplained = [
        difference
        for difference in coverage().differences
        if not any(matches(pattern, difference) for pattern in EXPLAINED)
    ]
    assert unexplained == [], "correct the library, or add a pattern with its reason to EXPLAINED"


def test_explains_existing_differences_only() -> None:
    existing = coverage().differences
    obsolete = [pattern for pattern in EXPLAINED if not any(matches(pattern, difference) for difference in existing)]
    assert obsolete == [], "remove these from EXPLAINED"


@record
class Thing(BaseDomain):
    _key = "thing"

    id: int = 0
    size: str = ""
    created: str = ""
    color: Literal["red"] = "red"
    server: Link[BoundServer] = Link("servers", complete=True)


class ThingsClient(ResourceClientBase):
    @endpoint("POST /things/{thing.id}")
    def change(self, thing: Thing, color: Literal["red", "green"], size: str, shape: str) -> Thing:  # type: ignore[empty-body]
        """Change a thing."""


def test_finds_differences() -> None:
    requested = [Field("color", "string", ("red", "blue")), Field("size", "integer"), Field("name", "string")]
    returned = [
        Field("thing", "object"),
        Field("thing.id", "integer", nullable=True),
        Field("thing.size", "number"),
        Field("thing.created", "date-time"),
        Field("thing.color", "string", ("red", "blue")),
        Field("thing.server", "integer"),
        Field("thing.name", "string"),
    ]
    operation = Operation(
        "POST",
        "/things/{id}",
        "hetzner",
        Fields(),
        Fields(),
        Fields((field.path, field) for field in requested),
        {201: Fields((field.path, field) for field in returned)},
        deprecated=True,
    )
    result = Coverage()
    declaration = cast(Any, ThingsClient.change).__endpoint__
    _compare(result, operation, [Route("things.change", ThingsClient(Client("token")), declaration)])
    request = f"{operation} request fields"
    thing = f"{operation} response fields thing"
    assert result.differences == [
        f"{operation}: things.change uses the API 'cloud', not 'hetzner'",
        f"{operation}: things.change uses a deprecated operation",
        f"{request} color: no 'blue'",
        f"{request} color: 'green' is not in the API",
        f"{request} size: sends str, not integer",
        f"{request} name: no argument",
        f"{request} shape: not in the API",
        f"{thing}.id: may be null, but its type does not allow None",
        f"{thing}.size: read as <class 'str'>, not number",
        f"{thing}.created: read as <class 'str'>, not date-time",
        f"{thing}.color: no 'blue'",
        f"{thing}.server: is not the complete resource, but its link says the opposite",
        f"{thing}.name: no field",
    ]
    assert result.summary() == "request fields: 2 of 3\nvalues of enumerations: 2 of 4\nresponse fields: 6 of 7\n"


if __name__ == "__main__":
    sys.stdout.write(coverage().summary() + "".join(f"{difference}\n" for difference in coverage().differences))
