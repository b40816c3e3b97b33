"""What the library declares: its routes, what their calls send, and what their responses are read into."""

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
from datetime import datetime, timezone
from functools import cache, cached_property, reduce
from operator import or_
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import hcloud
from hcloud import Client
from hcloud._exceptions import InvalidArgumentError
from hcloud.core import BaseDomain, BoundModelBase, Link, ResourceClientBase
from hcloud.core.fields import Field
from hcloud.core.methods import Endpoint
from tests.api.make_table import HOSTS
from tests.library import RESOURCES

MOMENT = datetime(2026, 10, 15, 12, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Route:
    """A method that is a route, of one resource's client."""

    name: str
    client: ResourceClientBase
    endpoint: Endpoint

    def __str__(self) -> str:
        """The verb and the path, with no names in its braces."""
        path = self.endpoint.path.replace("~", self.client._base_url, 1)
        return nameless(f"{self.endpoint.verb} {path}")

    @property
    def host(self) -> str:
        """The API that its requests go to, as the table calls it."""
        return HOSTS[str(urlsplit(self.client._client._endpoint).hostname)]

    @property
    def carrier(self) -> str:
        """Where its arguments go: ``params`` or ``json``."""
        return self.endpoint.payload_argument

    @property
    def returns(self) -> Any:
        """What its method returns."""
        method = self.endpoint.method
        return resolve(method.__annotations__["return"], method.__module__)

    def payloads(self) -> Iterator[Mapping[str, Any]]:
        """What goes out in calls that between them take all that the signature allows."""
        method = self.endpoint.method
        parameters = [each for each in inspect.signature(method).parameters.values() if each.name != "self"]
        named = [each for each in parameters if each.kind is not each.VAR_KEYWORD]
        forms = {each.name: list(samples(resolve(each.annotation, method.__module__))) for each in named}
        for call in _each_in_turn(forms):
            for subject, parent in re.findall(r"{(\w+)\.(\w+)\.\w+}", self.endpoint.path):
                setattr(call[subject], parent, {"id": 1})
            sent = [self._sent(call)]
            if sent == [None]:
                optional = [each.name for each in named if each.default is not each.empty]
                sent = [self._sent({k: v for k, v in call.items() if k != left_out}) for left_out in optional]
            yield from filter(None, sent)

    def _sent(self, call: dict[str, Any]) -> Mapping[str, Any] | None:
        try:
            request = self.endpoint.describe(self.client, (), call)
        except InvalidArgumentError:  # some parameters exclude each other
            return None
        payload: Mapping[str, Any] = request.get(self.carrier, {})
        return payload


def nameless(route: str) -> str:
    """A route with no names in its braces."""
    return re.sub(r"{[^}]*}", "{}", route)


@cache
def routes() -> tuple[Route, ...]:
    """All routes of all resources of a client."""
    found: dict[tuple[str, int], Route] = {}
    for name, client in _resource_clients():
        for base in type(client).__mro__:
            for attribute, method in vars(base).items():
                declared = getattr(method, "__endpoint__", None)
                if isinstance(declared, Endpoint):
                    route = Route(f"{name}.{attribute}", client, declared)
                    found.setdefault((name, id(declared)), route)
    return tuple(found.values())


def _resource_clients() -> Iterator[tuple[str, ResourceClientBase]]:
    client = Client("token")
    for name in RESOURCES:
        with warnings.catch_warnings():  # some are retired
            warnings.simplefilter("ignore", DeprecationWarning)
            resource = getattr(client, name)
        yield name, resource
        properties = [
            key
            for base in type(resource).__mro__
            for key, kind in vars(base).items()
            if type(kind) in (property, cached_property)
        ]
        for attribute in properties:
            within = getattr(resource, attribute)
            if isinstance(within, ResourceClientBase):
                yield f"{name}.{attribute}", within


@cache
def _exported() -> Mapping[str, Any]:
    """What annotations may name without importing it at run time: all that the folders export."""
    names: dict[str, Any] = {}
    for folder in pkgutil.iter_modules(hcloud.__path__):
        if folder.ispkg and folder.name not in ("testing", "digitalocean"):
            module = importlib.import_module(f"hcloud.{folder.name}")
            names.update({name: getattr(module, name) for name in getattr(module, "__all__", ())})
    return names


def resolve(annotation: Any, module: str) -> Any:
    """An annotation as the type that it names."""
    if not isinstance(annotation, str):
        return annotation
    return eval(annotation, {**_exported(), **vars(importlib.import_module(module))})


def alternatives(kind: Any) -> list[Any]:
    """What a type can be, each once, and without None; bound models count as their records."""
    if isinstance(kind, typing.ForwardRef):
        raise TypeError(f"{kind} is not resolved")
    members = typing.get_args(kind) if typing.get_origin(kind) in (typing.Union, types.UnionType) else (kind,)
    found = [each for member in members for each in ([member] if member is kind else alternatives(member))]
    plain = [_record_of(each) for each in found if each is not type(None)]
    return list(dict.fromkeys(plain))


def may_be_none(kind: Any) -> bool:
    """Whether None is among what a type can be."""
    return type(None) in typing.get_args(kind)


def item_of(kind: Any) -> Any:
    """What a list, sequence or tuple is of, None if it is none."""
    origin = typing.get_origin(kind)
    is_list = isinstance(origin, type) and issubclass(origin, Collection) and not issubclass(origin, Mapping)
    return reduce(or_, typing.get_args(kind)) if is_list else None


def value_of(kind: Any) -> Any:
    """What a map is of, None if it is none; a dict whose keys are listed is no map, but an object."""
    is_map = typing.get_origin(kind) in (dict, Mapping) and not _listed_keys(kind)
    return typing.get_args(kind)[1] if is_map else None


def _listed_keys(kind: Any) -> tuple[str, ...]:
    if typing.get_origin(kind) is not dict:
        return ()
    (keys, _) = typing.get_args(kind)
    return typing.get_args(keys) if typing.get_origin(keys) is Literal else ()


def _record_of(kind: Any) -> Any:
    return kind.model if isinstance(kind, type) and issubclass(kind, BoundModelBase) else kind


# Arguments


def samples(kind: Any) -> Iterator[Any]:
    """Values that between them take each form that the type allows."""
    for each in alternatives(kind):
        yield from _samples_of(each)


def _samples_of(kind: Any) -> Iterator[Any]:
    simple = {bool: True, int: 7, float: 0.5, str: "text", datetime: MOMENT, Any: {"key": "value"}}
    if kind in simple:
        yield simple[kind]
    elif typing.get_origin(kind) is Literal:
        yield from typing.get_args(kind)
    elif (item := item_of(kind)) is not None:
        yield list(samples(item))
    elif (value := value_of(kind)) is not None:
        yield {"key": next(samples(value))}
    elif typing.is_typeddict(kind):
        yield from _each_in_turn(
            {name: list(samples(resolve(each, kind.__module__))) for name, each in _hints(kind).items()}
        )
    elif isinstance(kind, type) and issubclass(kind, BaseDomain):
        yield from _records_of(kind)
    else:
        raise TypeError(f"no sample of {kind!r}")


def _records_of(kind: type[BaseDomain]) -> Iterator[BaseDomain]:
    if kind is BaseDomain:  # any resource
        yield from _samples_of(_exported()["Server"])
    elif kind._identified_by not in kind._fields or kind.to_payload is not BaseDomain.to_payload:
        forms = {name: list(_field_samples(kind, field)) for name, field in kind._fields.items() if field.is_property}
        for values in _each_in_turn({name: form for name, form in forms.items() if form}):
            yield kind(**values)
    else:  # a resource, which stands for itself by its id or name; some methods want a text of it
        texts = {name: "text" for name in kind._fields if name != "name" and alternatives(read_as(kind, name)) == [str]}
        yield kind(**texts, **{name: value for name, value in _IDENTITY.items() if name in kind._fields})
        if kind._by_name:
            yield kind(**texts, name="name")


_IDENTITY = {"id": 7, "name": "name"}


def _field_samples(kind: type[BaseDomain], field: Field[Any, Any]) -> Iterator[Any]:
    annotation = read_as(kind, field.name)
    if (kind, field.name) in _within:
        return
    _within.append((kind, field.name))
    try:
        yield from samples(annotation)
    finally:
        _within.pop()


_within: list[tuple[type[BaseDomain], str]] = []
"""The fields that are being sampled, of which some hold what they are in."""


def _each_in_turn(forms: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """The first form of each, then each of the other forms with the first of the others."""
    first = {name: form[0] for name, form in forms.items()}
    yield first
    for name, form in forms.items():
        for other in form[1:]:
            yield {**first, name: other}


# Results


class Reading(NamedTuple):
    """What a value of a response is read into: its type, and the field that converts it, if a record has it."""

    kind: Any
    field: Field[Any, Any] | None = None


def _hints(kind: Any) -> Mapping[str, Any]:
    """The annotations of a class with those of its bases, as they are written."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        found |= {
            name: each.__forward_arg__ if isinstance(each, typing.ForwardRef) else each
            for name, each in vars(base).get("__annotations__", {}).items()
        }
    return found


def read_as(kind: type[BaseDomain], name: str) -> Any:
    """What the field of a record reads as."""
    owner = next(base for base in kind.__mro__ if name in vars(base).get("__annotations__", {}))
    annotation = resolve(owner.__annotations__[name], owner.__module__)
    if isinstance(annotation, type) and issubclass(annotation, Field):  # Timestamp, Secret: they say it themselves
        (base,) = annotation.__orig_bases__  # type: ignore[attr-defined]
        return resolve(typing.get_args(base)[0].__forward_arg__, annotation.__module__)
    origin = typing.get_origin(annotation)
    return typing.get_args(annotation)[0] if isinstance(origin, type) and issubclass(origin, Field) else annotation


def top(returns: Any) -> Mapping[str, Reading]:
    """What a method reads of a response, by key, if it returns ``returns``."""
    if returns is bool:
        return {}
    if (item := item_of(returns)) is not None:
        return {item._collection: Reading(returns)}
    if issubclass(returns, tuple):
        return {name: Reading(resolve(each, returns.__module__)) for name, each in _hints(returns).items()}
    key = returns.__dict__.get("_key")
    return {key: Reading(returns)} if key else dict(_fields_of(returns))


def _fields_of(kind: Any) -> Iterator[tuple[str, Reading]]:
    if typing.is_typeddict(kind):
        for name, annotation in _hints(kind).items():
            yield name, Reading(resolve(annotation, kind.__module__))
    elif isinstance(kind, type) and issubclass(kind, BaseDomain):
        for name, field in kind._fields.items():
            if not field.is_property:
                continue
            reading = Reading(read_as(kind, name), field)
            if isinstance(field.source, tuple):
                assert isinstance(field, Link)
                yield from ((key, reading) for (key, reading) in _fields_of(field.target.model) if key in field.source)
            else:
                yield field.source or name, reading
    else:
        yield from ((key, Reading(typing.get_args(kind)[1])) for key in _listed_keys(kind))


def below(reading: Reading, name: str) -> Reading | None:
    """What the key ``name`` is read into of an object that is read into ``reading``, None if nothing."""
    for kind in alternatives(reading.kind):
        fields = dict(_fields_of(kind))
        if name in fields:
            return fields[name]
    return None


def each_of(reading: Reading, brackets: str) -> Reading | None:
    """What the items of a list ``[]`` or map ``{}`` are read into, that is read into ``reading``, None if nothing."""
    for kind in alternatives(reading.kind):
        item = item_of(kind) if brackets == "[]" else value_of(kind)
        if item is not None:
            return Reading(item, reading.field)
    return None
