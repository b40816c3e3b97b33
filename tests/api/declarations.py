"""Declarations of the library: its routes, the payloads of their calls, and the types of their results."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import types
import typing
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property, reduce
from operator import or_
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import hcloud
from hcloud import digitalocean
from hcloud._exceptions import InvalidArgumentError
from hcloud.core import BaseDomain, BoundModelBase, Link, ResourceClientBase
from hcloud.core.fields import Field
from hcloud.core.methods import Endpoint
from tests.api.make_table import HOSTS
from tests.api.table import route_shape

TIME = datetime(2026, 10, 15, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Route:
    """A method of a resource client that is declared as a route."""

    name: str
    client: ResourceClientBase
    endpoint: Endpoint

    def __str__(self) -> str:
        """Return the HTTP method and the path, without the names of parameters."""
        path = self.endpoint.path.replace("~", self.client._base_url, 1)
        return route_shape(f"{self.endpoint.verb} {path}")

    @property
    def host(self) -> str:
        """API that the requests go to, as the table calls it."""
        return HOSTS[str(urlsplit(self.client._client._endpoint).hostname)]

    @property
    def payload_argument(self) -> str:
        """Keyword of the request that has the arguments: ``params`` or ``json``."""
        return self.endpoint.payload_argument

    @property
    def returns(self) -> Any:
        """Return type of the method."""
        method = self.endpoint.method
        return resolve(method.__annotations__["return"], method.__module__)

    def payloads(self) -> Iterator[Mapping[str, Any]]:
        """Yield the payloads of calls that between them pass every form of every argument."""
        method = self.endpoint.method
        parameters = [
            parameter
            for parameter in inspect.signature(method).parameters.values()
            if parameter.name != "self" and parameter.kind is not parameter.VAR_KEYWORD
        ]
        forms = {
            parameter.name: list(samples(resolve(parameter.annotation, method.__module__))) for parameter in parameters
        }
        optional = [parameter.name for parameter in parameters if parameter.default is not parameter.empty]
        for arguments in _vary_one_at_a_time(forms):
            for subject, parent in re.findall(r"{(\w+)\.(\w+)\.\w+}", self.endpoint.path):
                setattr(arguments[subject], parent, {"id": 1})
            payloads = [self._payload(arguments)]
            if payloads == [None]:
                payloads = [
                    self._payload({name: value for name, value in arguments.items() if name != omitted})
                    for omitted in optional
                ]
            yield from filter(None, payloads)

    def _payload(self, arguments: dict[str, Any]) -> Mapping[str, Any] | None:
        """Return the payload of a call, or None if the method rejects the arguments."""
        try:
            request = self.endpoint.describe(self.client, (), arguments)
        except InvalidArgumentError:  # some parameters exclude each other
            return None
        payload: Mapping[str, Any] = request.get(self.payload_argument, {})
        return payload


PROVIDERS = {"hetzner": hcloud.Client, "digitalocean": digitalocean.Client}
"""Client classes by the names of the tables."""


@cache
def routes(api: str = "hetzner") -> tuple[Route, ...]:
    """Return all routes of all resources of the client of an API."""
    routes: dict[tuple[str, int], Route] = {}
    for name, client in _resource_clients(PROVIDERS[api]):
        for base in type(client).__mro__:
            for attribute, method in vars(base).items():
                endpoint = getattr(method, "__endpoint__", None)
                if isinstance(endpoint, Endpoint):
                    routes.setdefault((name, id(endpoint)), Route(f"{name}.{attribute}", client, endpoint))
    return tuple(routes.values())


def _resource_clients(provider: Any) -> Iterator[tuple[str, ResourceClientBase]]:
    client = provider("token")
    for name in sorted(name for name, annotation in provider.__annotations__.items() if annotation.endswith("Client")):
        with warnings.catch_warnings():  # some resources are deprecated
            warnings.simplefilter("ignore", DeprecationWarning)
            resource = getattr(client, name)
        yield name, resource
        properties = [
            attribute
            for base in type(resource).__mro__
            for attribute, member in vars(base).items()
            if type(member) in (property, cached_property) and not attribute.startswith("_")
        ]
        for attribute in properties:
            nested = getattr(resource, attribute)
            if isinstance(nested, ResourceClientBase):
                yield f"{name}.{attribute}", nested


@cache
def _exports(provider: Any = hcloud) -> Mapping[str, Any]:
    """Return all names that the resource packages export; annotations use them without importing them."""
    names: dict[str, Any] = {}
    for package in pkgutil.iter_modules(provider.__path__):
        if package.ispkg and package.name not in ("testing", "digitalocean"):
            module = importlib.import_module(f"{provider.__name__}.{package.name}")
            names.update({name: getattr(module, name) for name in getattr(module, "__all__", ())})
    return names


@cache
def records() -> tuple[type[BaseDomain], ...]:
    """Return the record classes of all providers, without those that only hold common fields."""
    for provider in (hcloud, digitalocean):
        _exports(provider)
    return tuple(_records_below(BaseDomain))


def _records_below(base: type[BaseDomain]) -> Iterator[type[BaseDomain]]:
    for cls in base.__subclasses__():
        yield from _records_below(cls)
        if re.fullmatch(r"hcloud\..*\.domain", cls.__module__) and "_fields" in vars(cls) and not cls._is_abstract:
            yield cls


def resolve(annotation: Any, module: str) -> Any:
    """Return the type that an annotation in a module stands for."""
    if not isinstance(annotation, str):
        return annotation
    provider: Any = digitalocean if module.startswith(digitalocean.__name__) else hcloud
    return eval(annotation, {**_exports(provider), **vars(importlib.import_module(module))})


def alternatives(hint: Any) -> list[Any]:
    """Return the members of a union, each once and without None; bound models stand as their records."""
    if isinstance(hint, typing.ForwardRef):
        raise TypeError(f"{hint} is not resolved")
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    members = [nested for member in typing.get_args(hint) for nested in alternatives(member)] if is_union else [hint]
    return list(dict.fromkeys(_record_of(member) for member in members if member is not type(None)))


def may_be_none(hint: Any) -> bool:
    """Return True if None is a member of a union."""
    return type(None) in typing.get_args(hint)


def item_of(hint: Any) -> Any:
    """Return the type of the items of a list, sequence or tuple, and None for other types."""
    origin = typing.get_origin(hint)
    is_list = isinstance(origin, type) and issubclass(origin, Collection) and not issubclass(origin, Mapping)
    return reduce(or_, typing.get_args(hint)) if is_list else None


def value_of(hint: Any) -> Any:
    """Return the type of the values of a map, and None for other types; a dict with literal keys is an object."""
    is_map = typing.get_origin(hint) in (dict, Mapping) and not _literal_keys(hint)
    return typing.get_args(hint)[1] if is_map else None


def _literal_keys(hint: Any) -> tuple[str, ...]:
    if typing.get_origin(hint) is not dict:
        return ()
    (keys, _) = typing.get_args(hint)
    return typing.get_args(keys) if typing.get_origin(keys) is Literal else ()


def _record_of(hint: Any) -> Any:
    return hint.model if isinstance(hint, type) and issubclass(hint, BoundModelBase) else hint


# Arguments


def samples(hint: Any) -> Iterator[Any]:
    """Yield values that between them take every form that a type allows."""
    for alternative in alternatives(hint):
        yield from _samples_of(alternative)


def _samples_of(hint: Any) -> Iterator[Any]:
    scalars = {bool: True, int: 7, float: 0.5, str: "text", datetime: TIME, Any: {"key": "value"}}
    if hint in scalars:
        yield scalars[hint]
    elif typing.get_origin(hint) is Literal:
        yield from typing.get_args(hint)
    elif (item := item_of(hint)) is not None:
        yield list(samples(item))
    elif (value := value_of(hint)) is not None:
        yield {"key": next(samples(value))}
    elif typing.is_typeddict(hint):
        yield from _vary_one_at_a_time(
            {name: list(samples(resolve(member, hint.__module__))) for name, member in _annotations(hint).items()}
        )
    elif isinstance(hint, type) and issubclass(hint, BaseDomain):
        yield from _record_samples(hint)
    else:
        raise TypeError(f"no sample of {hint!r}")


def _record_samples(record: type[BaseDomain]) -> Iterator[BaseDomain]:
    if record is BaseDomain:  # any resource
        yield from _samples_of(_exports()["Server"])
    elif record._identified_by not in record._fields or record.to_payload is not BaseDomain.to_payload:
        forms = {
            name: list(_field_samples(record, field)) for name, field in record._fields.items() if field.is_property
        }
        for values in _vary_one_at_a_time({name: values for name, values in forms.items() if values}):
            yield record(**values)
    else:  # A resource is sent as its ID or name; some methods require one of its strings.
        strings = {
            name: "text"
            for name in record._fields
            if name != "name" and alternatives(field_type(record, name)) == [str]
        }
        yield record(**strings, **{name: value for name, value in _IDENTITY.items() if name in record._fields})
        if record._by_name:
            yield record(**strings, name="name")


_IDENTITY = {"id": 7, "name": "name"}


def _field_samples(record: type[BaseDomain], field: Field[Any, Any, Any]) -> Iterator[Any]:
    hint = field_type(record, field.name)
    if (record, field.name) in _in_progress:
        return
    _in_progress.append((record, field.name))
    try:
        yield from samples(hint)
    finally:
        _in_progress.pop()


_in_progress: list[tuple[type[BaseDomain], str]] = []
"""Fields of which samples are being made; some of them hold records of their own type."""


def _vary_one_at_a_time(forms: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Yield the first form of every argument, then every other form together with the first forms of the others."""
    first = {name: values[0] for name, values in forms.items()}
    yield first
    for name, values in forms.items():
        for value in values[1:]:
            yield {**first, name: value}


# Results


class Reading(NamedTuple):
    """Type that a value of a response is converted to, and the field of a record that converts it, if any."""

    type: Any
    field: Field[Any, Any, Any] | None = None


def _annotations(cls: Any) -> Mapping[str, Any]:
    """Return the unresolved annotations of a class and its bases."""
    annotations: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        annotations |= {
            name: hint.__forward_arg__ if isinstance(hint, typing.ForwardRef) else hint
            for name, hint in inspect.get_annotations(base).items()
        }
    return annotations


def field_type(record: type[BaseDomain], name: str) -> Any:
    """Return the type of the values of a record's field."""
    owner = next(base for base in record.__mro__ if name in inspect.get_annotations(base))
    annotation = resolve(inspect.get_annotations(owner)[name], owner.__module__)
    if isinstance(annotation, type) and issubclass(annotation, Field):  # Texts: the class states the type
        (base,) = annotation.__orig_bases__  # type: ignore[attr-defined]
        return resolve(typing.get_args(base)[0].__forward_arg__, annotation.__module__)
    origin = typing.get_origin(annotation)
    return typing.get_args(annotation)[0] if isinstance(origin, type) and issubclass(origin, Field) else annotation


def top_readings(returns: Any) -> Mapping[str, Reading]:
    """Return the readings of the top-level keys of a response, for the return type of a method."""
    if returns is bool:
        return {}
    if (item := item_of(returns)) is not None:
        return {item._collection: Reading(returns)}
    if issubclass(returns, tuple):
        return {name: Reading(resolve(hint, returns.__module__)) for name, hint in _annotations(returns).items()}
    key = returns.__dict__.get("_key")
    return {key: Reading(returns)} if key else dict(_member_readings(returns))


def _member_readings(hint: Any) -> Iterator[tuple[str, Reading]]:
    if typing.is_typeddict(hint):
        for name, annotation in _annotations(hint).items():
            yield name, Reading(resolve(annotation, hint.__module__))
    elif isinstance(hint, type) and issubclass(hint, BaseDomain):
        for name, field in hint._fields.items():
            if not field.is_property:
                continue
            reading = Reading(field_type(hint, name), field)
            if isinstance(field.source, tuple):
                assert isinstance(field, Link)
                yield from (
                    (key, nested) for key, nested in _member_readings(field.target.model) if key in field.source
                )
            else:
                yield field.source or name, reading
    else:
        yield from ((key, Reading(typing.get_args(hint)[1])) for key in _literal_keys(hint))


def member_reading(reading: Reading, name: str) -> Reading | None:
    """Return the reading of the key ``name`` of an object, or None if the key is not read."""
    for alternative in alternatives(reading.type):
        members = members_of(alternative)
        if name in members:
            return members[name]
    return None


def members_of(hint: Any) -> Mapping[str, Reading]:
    """Return the readings of the keys of an object, by key."""
    return dict(_member_readings(hint))


def item_reading(reading: Reading, brackets: str) -> Reading | None:
    """Return the reading of the items of an array ``[]`` or a map ``{}``, or None if the type is not one."""
    for alternative in alternatives(reading.type):
        item = item_of(alternative) if brackets == "[]" else value_of(alternative)
        if item is not None:
            return Reading(item, reading.field)
    return None
