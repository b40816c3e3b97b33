"""Comparison of the inputs, filters and sort fields that the fakes accept with the tables of their APIs."""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from itertools import chain
from typing import Annotated, Any, Literal

import pytest

from hcloud.testing import FakeAPI, FakeCloud, FakeDigitalOcean, Request
from hcloud.testing.listing import Listing
from hcloud.testing.resource import Operation
from hcloud.testing.router import router
from hcloud.testing.schema import Ref
from tests.api.table import Field, load, route_shape
from tests.api.test_coverage import matches
from tests.testing.test_every_resource import WANTED

CLOUDS: dict[str, type[FakeAPI]] = {"hetzner": FakeCloud, "digitalocean": FakeDigitalOcean}
DROPLET = {"name": "web", "size": "s-1vcpu-1gb", "image": "debian-12-x64", "region": "fra1"}
# Request bodies that create a record, by collection: lists of what belongs to a record need one.
BODIES: dict[str, dict[str, dict[str, Any]]] = {"hetzner": WANTED, "digitalocean": {"droplets": DROPLET}}

EXPLAINED = {
    # Inputs that have a default where the API's description requires them
    "POST /load_balancers/{}/actions/add_service *: is not required": "defaults that depend on the protocol",
    "POST /load_balancers services[].*: is not required": "the same",
    # Inputs that can be repeated, although the API's description does not say so
    "GET /images architecture: accepts [string] instead of string": "two architectures mean either (a guess)",
    "GET /zones mode: accepts [string] instead of string": "two modes mean either (a guess)",
    # Inputs whose values are listed on one side only
    "POST /load_balancers network_zone: accepts *": "the API's description lists no zones",
    "POST /networks subnets[].network_zone: accepts *": "the same",
    "POST /networks/{}/actions/add_subnet network_zone: accepts *": "the same",
    "POST /volumes format: accepts *": "the API's description lists none",
    "POST /zones rrsets[].type: accepts any value instead of *": "checked by the method itself",
    "POST /zones/{}/rrsets type: accepts any value instead of *": "the same",
    "POST /v2/images region: accepts any value instead of *": "the API has more regions than its description",
    "POST /v2/images/{}/actions region: accepts any value instead of *": "the same",
    "GET /networks/{}/members sort: accepts *": "the API's description lists no fields",
    # Inputs that the method of the fake handles itself
    "PUT /zones/{}/rrsets/{}/{} records: is not in the table": "always rejected",
    "GET /isos architecture: is not accepted": "applied by the method itself",
    "GET /isos include_architecture_wildcard: is not accepted": "the same",
    "GET /actions id: is not accepted": "the same",
    # One description of two kinds of storage access, each with a flag of its own
    "POST /storage_boxes/{}/actions/update_access_settings readonly: is not accepted": "for subaccounts",
    "POST /storage_boxes/{}/actions/update_access_settings zfs_enabled: is not in the table": "for storage boxes",
    # Types
    "GET /images bound_to: accepts [integer] instead of [string]": "IDs of servers",
    "POST /volumes/{}/actions/resize size: accepts integer instead of number": "sizes are whole GB",
    # DigitalOcean's description has some fields of responses in requests, too, and is less strict than the API
    "POST /v2/droplets* backup_policy.window_length_hours: is not accepted": "set by the API",
    "POST /v2/droplets* backup_policy.retention_period_days: is not accepted": "the same",
    "POST /v2/tags resources*: is not accepted": "the same",
    "POST /v2/account/keys id: is not accepted": "the same",
    "POST /v2/account/keys fingerprint: is not accepted": "the same",
    "* /v2/images* distribution: accepts any value instead of *": "an unknown distribution is shown as Unknown",
    "POST /v2/tags name: is required": "a tag has a name",
    "* /v2/tags/{}/resources resources[].resource_*: is required": "a resource has an ID and a type",
    "GET /v2/images/{}/actions *page: is not in the table": "all lists of DigitalOcean come in pages",
}
"""Differences between a fake and the table of its API, and the reason of each; `*` stands for any text."""


@cache
def differences() -> list[str]:
    """Return all differences between the fakes and the tables."""
    return [difference for api in CLOUDS for difference in differences_of(api)]


def differences_of(api: str) -> Iterator[str]:
    cloud = CLOUDS[api]()
    for collection, body in BODIES[api].items():
        assert send(cloud, "POST", f"/{collection}", body) < 300
    table = {route_shape(str(operation)): operation for operation in load(api).operations.values()}
    prefix = "/v2" if api == "digitalocean" else ""
    for operation in router(cloud.resource_classes).operations:
        route = route_shape(f"{operation.method} {prefix}{operation.path}")
        if route not in table:
            yield f"{route}: is not in the table"
            continue
        expected = table[route].body if operation.in_body else table[route].query
        accepted = {field.path: field for field in accepted_fields(operation, cloud)}
        yield from (f"{route} {difference}" for difference in compare(expected, accepted))


def compare(expected: Mapping[str, Field], accepted: Mapping[str, Field]) -> Iterator[str]:
    """Yield the differences between the fields that a fake accepts and those in the table."""
    yield from (f"{path}: is not accepted" for path in expected if path not in accepted)
    for path, field in accepted.items():
        described = expected.get(path)
        if described is None:
            yield f"{path}: is not in the table"
            continue
        if field.required is not described.required:
            yield f"{path}: is {'not ' * described.required}required"
        if {*field.enum} != {*described.enum}:
            yield f"{path}: accepts {values(field)} instead of {values(described)}"
        containers_differ = (field.is_array, field.is_map) != (described.is_array, described.is_map)
        if containers_differ or not type_names(described) <= type_names(field):
            yield f"{path}: accepts {field.type} instead of {described.type}"


def values(field: Field) -> str:
    return ", ".join(field.enum) or "any value"


def type_names(field: Field) -> set[str]:
    return {"object"} if field.record else {*field.scalar.replace("date-time", "string").split("|")}


# Inputs of a fake, in the notation of the table


def accepted_fields(operation: Operation, cloud: FakeAPI) -> Iterator[Field]:
    """Yield the fields that an operation accepts: its declared input, and for a list its filters and sort fields."""
    yield from input_fields(operation.input.hints, operation.input.required)
    if operation.method == "GET" and operation.input.wants_query:
        records = iter(getattr(cloud, operation.collection))
        path = re.sub(r"{\w+}", lambda _: str(next(records, {"id": 0})["id"]), operation.path)
        with pytest.MonkeyPatch.context() as patch:
            listings: list[Listing] = []
            list_records = Listing.of

            def recorded(listing: Listing, *arguments: Any) -> object:
                listings.append(listing)
                return list_records(listing, *arguments)

            patch.setattr(Listing, "of", recorded)
            status = send(cloud, "GET", path, id="1")  # /actions requires IDs
            assert status == 200, f"GET {path}: add a request that creates a record of {operation.collection} to BODIES"
        yield from chain.from_iterable(map(listing_fields, listings))


def send(cloud: FakeAPI, method: str, path: str, body: object = None, **query: str) -> int:
    """Send a request to a cloud and return the status of the response."""
    headers = {"Authorization": f"Bearer {cloud.project.token}"}
    content = b"" if body is None else json.dumps(body).encode()
    return cloud.handle(Request(method, cloud.prefix + path, list(query.items()), headers, content)).status


def listing_fields(listing: Listing) -> Iterator[Field]:
    if listing.paged:
        yield Field("page", "integer")
        yield Field("per_page", "integer")
    if listing.labelled:
        yield Field("label_selector", "string")
    if listing.sortable:
        orders = (name + direction for name in listing.sortable for direction in ("", ":asc", ":desc"))
        yield Field("sort", "[string]", tuple(orders))
    for parameter in listing.filters:
        type_name = TYPE_NAMES[parameter.value_type]
        yield Field(parameter.name, f"[{type_name}]" if parameter.many else type_name, parameter.choices)


TYPE_NAMES: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean", object: "json"}


def input_fields(hints: Mapping[str, Any], required: Collection[str], prefix: str = "") -> Iterator[Field]:
    for name, hint in hints.items():
        path = prefix + name
        type_name, enum, nested = describe(hint, path)
        yield Field(path, type_name, enum, required=name in required)
        yield from nested


def describe(hint: Any, path: str) -> tuple[str, tuple[str, ...], list[Field]]:
    """Return the type of an annotation in the notation of the table, its values, and the fields below the path."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        references = [argument for argument in arguments if isinstance(argument, Ref)]
        if references:
            return "string|integer" if references[0].names else "integer", (), []
        return describe(arguments[0], path)
    if origin in (typing.Union, types.UnionType):
        members = [describe(argument, path) for argument in arguments if argument is not type(None)]
        type_names, enums, fields = zip(*members, strict=True)
        return "|".join(type_names), tuple(chain.from_iterable(enums)), list(chain.from_iterable(fields))
    if origin is Literal:
        return TYPE_NAMES[type(arguments[0])], tuple(map(str, arguments)), []
    if origin is list:
        item, enum, nested = describe(arguments[0], f"{path}[]")
        return f"[{item}]", enum, nested
    if origin is dict:
        value, enum, nested = describe(arguments[1], f"{path}{{}}")
        return f"{{{value}}}", enum, nested
    if typing.is_typeddict(hint):
        hints = typing.get_type_hints(hint, include_extras=True)
        return "object", (), list(input_fields(hints, hint.__required_keys__, f"{path}."))
    return TYPE_NAMES[hint], (), []


def test_accepts_what_the_api_accepts() -> None:
    unexplained = [
        difference for difference in differences() if not any(matches(pattern, difference) for pattern in EXPLAINED)
    ]
    assert unexplained == [], "correct the fake, or add a pattern with its reason to EXPLAINED"


def test_explains_existing_differences_only() -> None:
    existing = differences()
    obsolete = [pattern for pattern in EXPLAINED if not any(matches(pattern, difference) for difference in existing)]
    assert obsolete == [], "remove these from EXPLAINED"


class Nested(typing.TypedDict, total=False):
    size: int
    color: Literal["red", "blue"]


def test_finds_differences() -> None:
    expected = [
        Field("name", "string", required=True),
        Field("size", "integer"),
        Field("color", "string", ("red", "green")),
        Field("items", "[@item]"),
        Field("items[].size", "number"),
        Field("items[].color", "string", ("red", "blue"), required=True),
        Field("image", "string"),
        Field("labels", "{string}"),
        Field("sort", "[string]", ("id", "id:asc", "id:desc")),
        Field("status", "[string]"),
    ]
    hints = {
        "name": str | None,
        "color": Literal["red"],
        "items": Annotated[list[Nested] | None, "a rule"],
        "image": Annotated[dict[str, Any], Ref("images")],
        "labels": list[str],
        "shape": str,
    }
    listing = Listing("things", sortable=("id", "name"))
    accepted = [*input_fields(hints, ()), *listing_fields(listing)]
    differences = compare({field.path: field for field in expected}, {field.path: field for field in accepted})
    assert list(differences) == [
        "size: is not accepted",
        "status: is not accepted",
        "name: is not required",
        "color: accepts red instead of red, green",
        "items[].size: accepts integer instead of number",
        "items[].color: is not required",
        "labels: accepts [string] instead of {string}",
        "shape: is not in the table",
        "page: is not in the table",
        "per_page: is not in the table",
        "sort: accepts id, id:asc, id:desc, name, name:asc, name:desc instead of id, id:asc, id:desc",
    ]
