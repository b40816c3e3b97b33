"""Comparison of what the fakes take with the tables of their APIs: inputs, filters and sort fields."""

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

from hcloud.testing import FakeCloud, FakeDigitalOcean, Request
from hcloud.testing.listing import Listing
from hcloud.testing.resource import Operation
from hcloud.testing.router import router
from hcloud.testing.schema import Ref
from tests.api.table import Field, load, route_shape
from tests.testing.test_every_resource import WANTED

CLOUDS: dict[str, type[FakeCloud]] = {"hetzner": FakeCloud, "digitalocean": FakeDigitalOcean}
DROPLET = {"name": "web", "size": "s-1vcpu-1gb", "image": "debian-12-x64", "region": "fra1"}
# Request bodies that create a record, by collection: lists of what belongs to a record need one.
BODIES: dict[str, dict[str, dict[str, Any]]] = {"hetzner": WANTED, "digitalocean": {"droplets": DROPLET}}

EXPLAINED = {
    # Inputs that have a default where the API's description requires them
    "POST /load_balancers/{}/actions/add_service *: is not required": "defaults that depend on the protocol",
    "POST /load_balancers services[].*: is not required": "the same",
    # Inputs whose values are listed on one side only
    "POST /load_balancers network_zone: takes *": "the zones of the fake's locations; the API's description lists none",
    "POST /networks subnets[].network_zone: takes *": "the same",
    "POST /networks/{}/actions/add_subnet network_zone: takes *": "the same",
    "POST /volumes format: takes *": "the API's description lists none",
    "POST /zones rrsets[].type: takes any value instead of *": "checked by the method, with a message of its own",
    "POST /zones/{}/rrsets type: takes any value instead of *": "the same",
    "POST /v2/images region: takes any value instead of *": "regions are looked up, and there are newer ones",
    "POST /v2/images/{}/actions region: takes any value instead of *": "the same",
    "GET /networks/{}/members sort: takes *": "the API's description lists no fields",
    # Inputs that the method checks
    "PUT /zones/{}/rrsets/{}/{} records: is not in the table": "rejected with a message of its own",
    "GET /isos architecture: is not taken": "applied by the method, together with the next",
    "GET /isos include_architecture_wildcard: is not taken": "the same",
    "GET /actions id: is not taken": "the same; IDs of actions that do not exist are left out",
    # What one description says of two kinds of storage access, each with a flag of its own
    "POST /storage_boxes/{}/actions/update_access_settings readonly: is not taken": "for subaccounts",
    "POST /storage_boxes/{}/actions/update_access_settings zfs_enabled: is not in the table": "for storage boxes",
    # Types
    "GET /images bound_to: takes [integer] instead of [string]": "IDs of servers",
    "POST /volumes/{}/actions/resize size: takes integer instead of number": "sizes are whole GB",
    # Where DigitalOcean's description has a schema of responses for requests, too, or leaves out what the API has
    "POST /v2/droplets* backup_policy.window_length_hours: is not taken": "set by the API",
    "POST /v2/droplets* backup_policy.retention_period_days: is not taken": "the same",
    "POST /v2/tags resources*: is not taken": "the same",
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
        described = table[route].body if operation.in_body else table[route].query
        taken = {field.path: field for field in taken_by(operation, cloud)}
        yield from (f"{route} {difference}" for difference in compare(described, taken))


def compare(described: Mapping[str, Field], taken: Mapping[str, Field]) -> Iterator[str]:
    """Yield how the fields that a fake takes differ from those in the table."""
    yield from (f"{path}: is not taken" for path in described if path not in taken)
    yield from (f"{path}: is not in the table" for path in taken if path not in described)
    for path, wanted in described.items():
        field = taken.get(path)
        if field is None:
            continue
        if field.required is not wanted.required:
            yield f"{path}: is {'not ' * wanted.required}required"
        if {*field.enum} != {*wanted.enum}:
            yield f"{path}: takes {', '.join(field.enum) or 'any value'} instead of {', '.join(wanted.enum) or 'any'}"
        containers_differ = (field.is_array, field.is_map) != (wanted.is_array, wanted.is_map)
        if containers_differ or not type_names(wanted) <= type_names(field):
            yield f"{path}: takes {field.type} instead of {wanted.type}"


def type_names(field: Field) -> set[str]:
    return {"object"} if field.record else {*field.scalar.replace("date-time", "string").split("|")}


# What a fake takes, in the notation of the table


def taken_by(operation: Operation, cloud: FakeCloud) -> Iterator[Field]:
    """Yield what an operation of a cloud takes: its declared input, and for a list its filters and sort fields."""
    yield from input_fields(operation.input.hints, operation.input.required)
    if operation.method == "GET" and operation.input.wants_query:
        records = iter(getattr(cloud, operation.collection))
        path = re.sub(r"{\w+}", lambda _: str(next(records)["id"]), operation.path)
        with pytest.MonkeyPatch.context() as patch:
            listings: list[Listing] = []
            list_records = Listing.of

            def recorded(listing: Listing, *arguments: Any) -> object:
                listings.append(listing)
                return list_records(listing, *arguments)

            patch.setattr(Listing, "of", recorded)
            assert send(cloud, "GET", path, id="1") == 200  # /actions requires IDs
        yield from chain.from_iterable(map(listing_fields, listings))


def send(cloud: FakeCloud, method: str, path: str, body: object = None, **query: str) -> int:
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


def matches(pattern: str, difference: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), difference) is not None


def test_takes_what_the_api_takes() -> None:
    unexplained = [
        difference for difference in differences() if not any(matches(pattern, difference) for pattern in EXPLAINED)
    ]
    assert unexplained == []


@pytest.mark.parametrize("pattern", EXPLAINED)
def test_explains_existing_differences_only(pattern: str) -> None:
    assert any(matches(pattern, difference) for difference in differences())


class Nested(typing.TypedDict, total=False):
    size: int
    color: Literal["red", "blue"]


def test_finds_differences() -> None:
    described = [
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
    taken = [*input_fields(hints, ()), *listing_fields(listing)]
    found = compare({field.path: field for field in described}, {field.path: field for field in taken})
    assert list(found) == [
        "size: is not taken",
        "status: is not taken",
        "shape: is not in the table",
        "page: is not in the table",
        "per_page: is not in the table",
        "name: is not required",
        "color: takes red instead of red, green",
        "items[].size: takes integer instead of number",
        "items[].color: is not required",
        "labels: takes [string] instead of {string}",
        "sort: takes id, id:asc, id:desc, name, name:asc, name:desc instead of id, id:asc, id:desc",
    ]
