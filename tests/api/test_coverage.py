"""What the API has, against what the library declares: each operation, parameter, field and value of an enumeration.

    python -m tests.api.test_coverage

prints how much of each is covered, and what is not.
"""

from __future__ import annotations

import re
import sys
import typing
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Literal, cast

import pytest

from hcloud import Client
from hcloud.core import BaseDomain, Link, ResourceClientBase, endpoint, record
from hcloud.servers import BoundServer
from tests.api.declared import Reading, Route, alternatives, below, each_of, may_be_none, nameless, routes, top
from tests.api.table import Field, Fields, Operation, load

EXPLAINED = {
    # What the library has beyond the API, since hcloud-python 2.27.0 has it
    "GET /actions parameters status: not in the API": "the list of all actions, deprecated",
    "GET /actions parameters sort: not in the API": "the same",
    "GET /actions parameters page: not in the API": "the same",
    "GET /actions parameters per_page: not in the API": "the same",
    "datacenters.get_by_id: GET /datacenters/{} is not in the API": "deprecated, and answered with 410",
    "datacenters.get_list: GET /datacenters is not in the API": "the same",
    # What one description says of two kinds of storage access, which have a flag each of their own
    "POST /storage_boxes/{id}/actions/update_access_settings request fields readonly: no argument": "of subaccounts",
    "POST /storage_boxes/{id}/actions/update_access_settings request fields zfs_enabled: not in the API": "of boxes",
    # Where the API's description is vaguer than what it sends and takes
    "* response fields *image*.deleted: read into datetime.datetime | None, not string": "it is a point in time",
    "* response fields volume*.size: read into int | None, not number": "whole GB, as those that one asks for",
    "GET /*/{id}/metrics parameters step: float goes out, not string": "all values of a query are text",
    "GET /*/{id}/metrics response fields metrics.step: read into <class 'float'>, not integer": "what was asked for",
    "POST /floating_ips request fields home_location: int goes out, not string": "as hcloud-python sends it",
}
"""What the library does not cover, or has beyond the API, and why; a `*` stands for anything."""


@dataclass
class Coverage:
    """What was compared, by kind, and in what API and library differ."""

    of: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    gaps: list[str] = field(default_factory=list)

    def count(self, kind: str, subject: object, is_covered: bool, *problems: str) -> None:
        """Count one fact of a kind, and note what is wrong with it."""
        self.of[kind] += 1
        self.covered[kind] += is_covered
        self.gaps += [f"{subject}: {problem}" for problem in problems]

    def totals(self) -> str:
        """How many of all are covered, a kind a line; each field counts wherever it occurs."""
        return "".join(f"{kind}: {self.covered[kind]} of {of}\n" for kind, of in self.of.items())


@cache
def coverage() -> Coverage:
    """The whole comparison."""
    result = Coverage()
    declared: dict[str, list[Route]] = {}
    for route in routes():
        declared.setdefault(str(route), []).append(route)
    operations = load("hetzner").operations
    for operation in operations.values():
        methods = declared.pop(nameless(str(operation)), [])
        result.count("operations", operation, bool(methods), *(["no method"] if not methods else []))
        if methods:
            _compare(result, operation, methods)
    result.gaps += [
        f"{route.name}: {name} is not in the API" for name, methods in declared.items() for route in methods
    ]
    return result


def _compare(result: Coverage, operation: Operation, methods: list[Route]) -> None:
    for route in methods:
        if route.host != operation.host:
            result.gaps.append(f"{operation}: {route.name} asks the API {route.host!r} instead of {operation.host!r}")
    for each in operation.path.values():  # those of the routes are as many, else they were not the same
        result.count("parameters", f"{operation} parameters {each.path}", True)
    for kind, fields, carrier in (
        ("parameters", operation.query, "params"),
        ("request fields", operation.body, "json"),
    ):
        sent = _sent(fields, [route for route in methods if route.carrier == carrier])
        for each in fields.values():
            subject = f"{operation} {kind} {each.path}"
            values = sent.pop(each.path, None)
            result.count(kind, subject, values is not None, *_problems_sent(each, values))
            if each.enum:
                _compare_values(result, subject, each, {str(value) for value in values or ()})
        result.gaps += [f"{operation} {kind} {path}: not in the API" for path in sent]
    for each in operation.response.values():
        subject = f"{operation} response fields {each.path}"
        found = [reading for route in methods if (reading := _reading(each.path, top(route.returns)))]
        problems = [problem for reading in found for problem in _problems_read(each, reading, operation.response)]
        result.count("response fields", subject, bool(found), *(problems if found else ["no field"]))
        if each.enum:
            _compare_values(result, subject, each, {value for reading in found for value in _literals(reading.kind)})


def _compare_values(result: Coverage, subject: str, each: Field, values: set[str]) -> None:
    for value in each.enum:
        is_there = value in values
        result.count("values of enumerations", subject, is_there, *([] if is_there else [f"no {value!r}"]))
    result.gaps += [f"{subject}: {value!r} is not in the API" for value in sorted(values - {*each.enum})]


# Requests


def _sent(fields: Fields, methods: list[Route]) -> dict[str, list[Any]]:
    """What goes out at each path."""
    sent: dict[str, list[Any]] = {}
    for route in methods:
        for payload in route.payloads():
            for path, value in _paths("", payload, fields):
                sent.setdefault(path, []).append(value)
    return sent


def _paths(prefix: str, payload: Mapping[str, Any], fields: Fields) -> Iterator[tuple[str, Any]]:
    for name, value in payload.items():
        path = prefix + name
        known = fields.get(path)
        is_open = known is not None and (known.is_map or known.scalar == "json")
        # Of metrics the API takes several types with commas between them.
        values = value.split(",") if isinstance(value, str) and known is not None and known.is_array else value
        for each in values if isinstance(values, list) else [values]:
            yield path, each
            if isinstance(each, Mapping) and not is_open:
                yield from _paths(f"{path}{'[]' * isinstance(values, list)}.", each, fields)


_JSON: dict[type, tuple[str, ...]] = {
    bool: ("boolean",),
    int: ("integer", "number"),
    float: ("number",),
    str: ("string", "date-time"),
    dict: ("object", "json"),
}


def _problems_sent(each: Field, values: list[Any] | None) -> Iterator[str]:
    if values is None:
        yield "no argument"
        return
    wanted = {"object"} if each.record or each.is_map else {*each.scalar.split("|")}
    for kind in sorted({type(value) for value in values if value is not None}, key=str):
        if not wanted & {*_JSON[kind]}:
            yield f"{kind.__name__} goes out, not {each.type}"


# Responses


def _reading(path: str, keys: Mapping[str, Reading]) -> Reading | None:
    """What the value at a path is read into, None if nothing."""
    first, *rest = path.split(".")
    name, brackets = _split(first)
    reading = keys.get(name)
    for step in rest:
        for pair in brackets:
            reading = each_of(reading, pair) if reading else None
        name, brackets = _split(step)
        reading = below(reading, name) if reading else None
    return reading


def _split(step: str) -> tuple[str, list[str]]:
    name = step.rstrip("[]{}")
    return name, re.findall(r"\[\]|{}", step[len(name) :])


def _items(kind: Any) -> Any:
    """A type without lists and maps around it."""
    reading = Reading(kind)
    while (within := each_of(reading, "[]") or each_of(reading, "{}")) is not None:
        reading = within
    return reading.kind


def _literals(kind: Any) -> set[str]:
    return {
        str(value)
        for each in alternatives(_items(kind))
        if typing.get_origin(each) is Literal
        for value in typing.get_args(each)
    }


def _problems_read(each: Field, reading: Reading, fields: Fields) -> Iterator[str]:
    kinds = alternatives(reading.kind)
    is_list, is_map = (any(each_of(Reading(kind), pair) for kind in kinds) for pair in ("[]", "{}"))
    read = {name for kind in alternatives(_items(reading.kind)) for name in _names(kind, reading.field)}
    wanted = {"object"} if each.record else {*each.scalar.split("|")} - {"json"}
    if (each.is_array, each.is_map) != (is_list, is_map) or not wanted <= read:
        yield f"read into {reading.kind}, not {each.type}"
    if each.nullable and not may_be_none(reading.kind):
        yield "may be null, but is read as if it were not"
    if isinstance(reading.field, Link) and reading.field.collection in _whole():
        keys = _keys(fields, f"{each.path}{'[]' * each.is_array}.")
        is_whole = keys == _whole()[reading.field.collection]
        if is_whole != bool(reading.field.complete):
            yield f"{'all' if is_whole else 'not all'} of what it links to is here, but the link says otherwise"


def _keys(fields: Fields, prefix: str) -> set[str]:
    """The names of the fields that stand directly below a path."""
    return {name for path in fields if path.startswith(prefix) and "." not in (name := path.removeprefix(prefix))}


@cache
def _whole() -> Mapping[str, set[str]]:
    """The names of all fields of a resource, by its collection."""
    found = {}
    for operation in load("hetzner").operations.values():
        collection = operation.route.strip("/")
        if operation.method == "GET" and collection in operation.response:
            found[collection] = _keys(operation.response, f"{collection}[].")
    return found


def _names(kind: Any, field: Any) -> set[str]:
    """What the table calls the JSON that is read into a type."""
    if isinstance(kind, type) and issubclass(kind, BaseDomain):
        # The API sends an id, or some of the resource.
        return {"object", "integer", "string"} if isinstance(field, Link) else {"object"}
    if typing.is_typeddict(kind) or typing.get_origin(kind) is dict:
        return {"object"}
    if typing.get_origin(kind) is Literal:
        return {"string"}
    # In a TypedDict values are as the API sends them.
    return {
        bool: {"boolean"},
        int: {"integer"},
        float: {"number"},
        str: {"string"} | ({"date-time"} if field is None else set()),
        datetime: {"date-time"},
    }.get(kind, set())


def _is(known: str, gap: str) -> bool:
    return re.fullmatch(re.escape(known).replace(r"\*", ".*"), gap) is not None


def test_covers_the_api() -> None:
    assert [gap for gap in coverage().gaps if not any(_is(known, gap) for known in EXPLAINED)] == []


@pytest.mark.parametrize("known", EXPLAINED)
def test_explains_what_there_is(known: str) -> None:
    assert any(_is(known, gap) for gap in coverage().gaps)


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
        """Change a thing of an API that takes a name, too."""


def test_sees_what_is_missing() -> None:
    wanted = [Field("color", "string", ("red", "blue")), Field("size", "integer"), Field("name", "string")]
    found = [
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
        Fields({each.path: each for each in wanted}),
        {201: Fields({each.path: each for each in found})},
    )
    result = Coverage()
    declared = cast(Any, ThingsClient.change).__endpoint__
    _compare(result, operation, [Route("things.change", ThingsClient(Client("token")), declared)])
    of = f"{operation} request fields"
    into = f"{operation} response fields thing"
    assert result.gaps == [
        f"{operation}: things.change asks the API 'cloud' instead of 'hetzner'",
        f"{of} color: no 'blue'",
        f"{of} color: 'green' is not in the API",
        f"{of} size: str goes out, not integer",
        f"{of} name: no argument",
        f"{of} shape: not in the API",
        f"{into}.id: may be null, but is read as if it were not",
        f"{into}.size: read into <class 'str'>, not number",
        f"{into}.created: read into <class 'str'>, not date-time",
        f"{into}.color: no 'blue'",
        f"{into}.server: not all of what it links to is here, but the link says otherwise",
        f"{into}.name: no field",
    ]
    assert result.totals() == "request fields: 2 of 3\nvalues of enumerations: 2 of 4\nresponse fields: 6 of 7\n"


if __name__ == "__main__":
    sys.stdout.write(coverage().totals() + "".join(f"{gap}\n" for gap in coverage().gaps))
