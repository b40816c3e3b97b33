"""A cloud's state as JSON text: to be kept in a file, and loaded without running anything that is in it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import partial
from importlib import import_module
from ipaddress import ip_address, ip_interface, ip_network
from types import MethodType
from typing import TYPE_CHECKING, Any

from .clock import ManualClock
from .cloud import Project
from .resource import FakeResource

if TYPE_CHECKING:
    from .cloud import FakeCloud

__all__ = ["dumps", "loads"]

_FORMAT = "hcloud.testing"
_VERSION = 1
_PLAIN = (str, int, float, bool, type(None))
_ADDRESSES: dict[str, Callable[[str], object]] = {
    "IPv4Address": ip_address,
    "IPv6Address": ip_address,
    "IPv4Network": ip_network,
    "IPv6Network": ip_network,
    "IPv4Interface": ip_interface,
    "IPv6Interface": ip_interface,
}
_BAGS: dict[str, Callable[[Any], Any]] = {"tuple": tuple, "set": set, "frozenset": frozenset}
_COUNTERS = ("_last_id", "_addresses", "_correlation")


def dumps(cloud: FakeCloud) -> str:
    """All that exists in a cloud. The token of its first project is left out.

    :raises TypeError: a resource keeps something that has no form in JSON.
    """
    with cloud.lock:
        writer = _Writer()
        projects = {
            project.name: {
                "token": None if project is cloud.project else project.token,
                "resources": {each.collection: writer.cell(_kept(each)) for each in project.resources.values()},
            }
            for project in cloud.projects.values()
        }
        document = {
            "format": _FORMAT,
            "version": _VERSION,
            "now": cloud.clock.time(),
            "counters": {name: getattr(cloud, name) for name in _COUNTERS},
            "projects": projects,
            "objects": writer.rows,
        }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def loads(cloud: FakeCloud, text: str) -> None:
    """Put into a new cloud what :func:`dumps` wrote; a :class:`ManualClock` is set to the time of then.

    :raises ValueError: the text is not a cloud's state, or of another version.
    """
    try:
        document = json.loads(text)
        if document["format"] != _FORMAT or document["version"] != _VERSION:
            raise ValueError(f"it is of format {document['format']} {document['version']}")
        with cloud.lock:
            for name, saved in document["projects"].items():
                if name not in cloud.projects:
                    cloud.add_project(name, saved["token"])
            reader = _Reader(cloud, document["objects"])
            for name, saved in document["projects"].items():
                for collection, cell in saved["resources"].items():
                    # What this version no longer has is left out; what is new to it starts afresh.
                    if collection in cloud.projects[name].resources:
                        vars(cloud.projects[name].resources[collection]).update(reader.value(cell))
            for counter in _COUNTERS:
                setattr(cloud, counter, int(document["counters"][counter]))
            if isinstance(cloud.clock, ManualClock):
                cloud.clock.set(float(document["now"]))
    except (AttributeError, ImportError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"this is not a state that {_FORMAT} {_VERSION} saved: {error}") from error


def _kept(resource: FakeResource) -> dict[str, Any]:
    return {name: value for name, value in vars(resource).items() if name != "project"}


# A value is itself if JSON has it; everything else is a row of the table "objects", so that what is shared stays
# shared, and stands as [number of the row]. A row is an object (a dict with strings as keys) or [kind, …].


class _Writer:
    def __init__(self) -> None:
        self.rows: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._held: list[object] = []  # an id means something only while its object lives

    def cell(self, value: object) -> Any:
        """A value, or where it is."""
        if type(value) in _PLAIN:
            return value
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self.rows)
            self._held.append(value)
            self.rows.append(None)
            self.rows[number] = self._row(value)
        return [number]

    def _cells(self, values: Any) -> Iterator[Any]:
        return (self.cell(each) for each in values)

    def _row(self, value: Any) -> Any:
        kind = type(value).__name__
        if isinstance(value, dict):
            if type(value) is dict and all(type(key) is str for key in value):
                return {key: self.cell(each) for key, each in value.items()}
            if type(value) in (dict, Counter):
                return [kind, *([self.cell(key), self.cell(each)] for key, each in value.items())]
        if type(value) is list:
            return ["list", *self._cells(value)]
        if kind in _BAGS:
            # Sets in an order of their own, so that equal clouds are equal texts.
            return [kind, *self._cells(value if kind == "tuple" else sorted(value, key=str))]
        if kind in _ADDRESSES:
            return [kind, str(value)]
        if isinstance(value, FakeResource):
            return ["resource", value.project.name, value.collection]
        if isinstance(value, MethodType) and isinstance(value.__self__, FakeResource):
            return ["method", self.cell(value.__self__), value.__name__]
        if isinstance(value, partial):
            return ["partial", self.cell(value.func), self.cell(list(value.args)), self.cell(value.keywords)]
        if is_dataclass(value) and not isinstance(value, type):
            inside = {field.name: self.cell(getattr(value, field.name)) for field in fields(value)}
            return ["record", type(value).__module__, type(value).__name__, inside]
        raise TypeError(f"{value!r} cannot be saved: a resource may keep plain values, containers and its own methods")


class _Reader:
    def __init__(self, cloud: FakeCloud, rows: list[Any]) -> None:
        self._cloud = cloud
        self._modules = {base.__module__ for kind in cloud.resource_classes() for base in kind.__mro__}
        self._rows = rows
        self._known: dict[int, Any] = {}

    def value(self, cell: Any) -> Any:
        """The value that a cell stands for."""
        if not isinstance(cell, list):
            return cell
        (number,) = cell
        if number not in self._known:
            self._read(number, self._rows[number])
        return self._known[number]

    def _read(self, number: int, row: Any) -> None:
        # Containers are known before they are filled: what they hold may hold them.
        if isinstance(row, dict):
            found: Any = {}
            self._known[number] = found
            found.update((key, self.value(each)) for key, each in row.items())
            return
        kind, *rest = row
        if kind in ("dict", "Counter"):
            found = self._known[number] = {} if kind == "dict" else Counter()
            for key, each in rest:
                found[self.value(key)] = self.value(each)
        elif kind == "list":
            found = self._known[number] = []
            found.extend(map(self.value, rest))
        else:
            self._known[number] = self._one(kind, rest)

    def _one(self, kind: str, rest: list[Any]) -> Any:
        if kind in _BAGS:
            return _BAGS[kind](map(self.value, rest))
        if kind in _ADDRESSES:
            return _ADDRESSES[kind](rest[0])
        if kind == "resource":
            project: Project = self._cloud.projects[rest[0]]
            return project.resources[rest[1]]
        if kind == "method":
            owner = self.value(rest[0])
            if not isinstance(owner, FakeResource) or not isinstance(method := getattr(owner, rest[1]), MethodType):
                raise ValueError(f"{rest[1]} is no method of a resource")
            return method
        if kind == "partial":
            function, arguments, named = map(self.value, rest)
            if not isinstance(function, MethodType):
                raise ValueError("an effect must be a method of a resource")
            return partial(function, *arguments, **named)
        if kind == "record":
            return self._record(*rest)
        raise ValueError(f"unknown kind {kind!r}")

    def _record(self, module: str, name: str, inside: dict[str, Any]) -> Any:
        kind = getattr(import_module(module), name) if module in self._modules else None
        if not isinstance(kind, type) or not is_dataclass(kind):
            raise ValueError(f"{module}.{name} is nothing that a resource keeps")
        made = object.__new__(kind)
        for field in fields(kind):
            object.__setattr__(made, field.name, self.value(inside[field.name]))
        return made
