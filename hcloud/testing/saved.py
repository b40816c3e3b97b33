"""State of a cloud as JSON text, for snapshots and files: loading it does not execute any of its content.

A value that JSON can express stands for itself. All others are rows of the table "objects", so that shared objects stay
shared; a value refers to its row as ``[number]``. A row is an object (a dict with strings as keys) or ``[type, …]``.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import partial
from importlib import import_module
from ipaddress import ip_address, ip_interface, ip_network
from types import MethodType
from typing import TYPE_CHECKING, Any

from .clock import ManualClock
from .resource import FakeResource

if TYPE_CHECKING:
    from .cloud import FakeAPI
    from .project import Project

__all__ = ["dumps", "loads"]

_FORMAT = "hcloud.testing"
_VERSION = 3
_SCALARS = (str, int, float, bool, type(None))
_ADDRESSES: dict[str, Callable[[str], object]] = {
    "IPv4Address": ip_address,
    "IPv6Address": ip_address,
    "IPv4Network": ip_network,
    "IPv6Network": ip_network,
    "IPv4Interface": ip_interface,
    "IPv6Interface": ip_interface,
}
_CONTAINERS: dict[str, Callable[[Any], Any]] = {"tuple": tuple, "set": set, "frozenset": frozenset}
_COUNTERS = ("_last_id", "_addresses", "_correlation")


def dumps(cloud: FakeAPI) -> str:
    """Return the state of a cloud as JSON text, without the token of its first project.

    :raises TypeError: if a resource has an attribute that cannot be saved
    """
    with cloud.lock:
        writer = _Writer()
        projects = {
            project.name: {
                "token": None if project is cloud.project else project.token,
                "budget": project.budget,
                "resources": {
                    resource.collection: writer.cell(_attributes(resource)) for resource in project.resources.values()
                },
            }
            for project in cloud.projects.values()
        }
        document = {
            "format": _FORMAT,
            "version": _VERSION,
            "provider": cloud.provider,
            "now": cloud.clock.time(),
            "counters": {name: getattr(cloud, name) for name in _COUNTERS},
            "projects": projects,
            "objects": writer.rows,
        }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def loads(cloud: FakeAPI, text: str | bytes) -> None:
    """Load the state that :func:`dumps` returned into a cloud, and set its :class:`ManualClock`.

    The first project keeps its token. Other projects are those of the state.

    :raises ValueError: if the text is not the state of a cloud, or one of another version or provider; the cloud stays
        as it was
    """
    with cloud.lock:
        try:
            document = _parse(cloud, text)
            projects = {
                name: cloud.projects.get(name) or cloud.project_class(cloud, name, saved["token"])
                for name, saved in document["projects"].items()
            }
            first = projects[cloud.project.name]
            tokens = {
                name: saved["token"] for name, saved in document["projects"].items() if projects[name] is not first
            }
            reader = _Reader(projects, document["objects"])
            attributes = [
                (projects[name].resources[collection], dict(reader.value(cell)))
                for name, saved in document["projects"].items()
                for collection, cell in saved["resources"].items()
                # Unknown collections are ignored; those that the text lacks keep their initial records.
                if collection in projects[name].resources
            ]
            budgets = {name: _budget(projects[name], saved["budget"]) for name, saved in document["projects"].items()}
            counters = {counter: int(document["counters"][counter]) for counter in _COUNTERS}
            now = _finite(document["now"])
            cloud.replace_projects(projects, tokens)
        except _INVALID as error:
            raise ValueError(f"this is not the state of a cloud saved by {_FORMAT} {_VERSION}: {error}") from error
        for resource, values in attributes:
            vars(resource).update(values)
        for name, budget in budgets.items():
            projects[name].budget = budget
        vars(cloud).update(counters)
        if isinstance(cloud.clock, ManualClock):
            cloud.clock.set(now)


_INVALID = (ArithmeticError, AttributeError, ImportError, LookupError, RecursionError, TypeError, ValueError)
"""Errors of reading a text that is not the state of a cloud."""


def _parse(cloud: FakeAPI, text: str | bytes) -> Any:
    """Parse the state of a cloud.

    :raises ValueError: if it is not one of the present version and of the provider of the cloud
    """
    if text[:1] == b"\x80":
        raise ValueError("it is a snapshot of an older version, which can't be converted; take a new one")
    document = json.loads(text)
    if document["format"] != _FORMAT:
        raise ValueError(f"its format is {document['format']}")
    if document["version"] != _VERSION:
        raise ValueError(
            f"it has version {document['version']}, which can't be converted; delete the file to start with an empty "
            "cloud"
        )
    if document["provider"] != cloud.provider:
        raise ValueError(f"it is one of {document['provider']}, not of {cloud.provider}")
    return document


def _finite(number: Any) -> float:
    if not math.isfinite(number):
        raise ValueError(f"{number} is not a number")
    return float(number)


def _budget(project: Project, saved: Any) -> list[float]:
    budget = list(map(_finite, saved))
    if project.budget_length not in (None, len(budget)):
        raise ValueError("the state of the rate limit is malformed")
    return budget


def _attributes(resource: FakeResource) -> dict[str, Any]:
    return {name: value for name, value in vars(resource).items() if name != "project"}


class _Writer:
    def __init__(self) -> None:
        self.rows: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._held: list[object] = []  # keeps the objects alive, so that their id() is not reused

    def cell(self, value: object) -> Any:
        """Return a value, or a reference to its row."""
        if type(value) in _SCALARS:
            return value
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self.rows)
            self._held.append(value)
            self.rows.append(None)
            self.rows[number] = self._row(value)
        return [number]

    def _cells(self, values: Any) -> Iterator[Any]:
        return (self.cell(value) for value in values)

    def _row(self, value: Any) -> Any:
        tag = type(value).__name__
        if isinstance(value, dict):
            if type(value) is dict and all(type(key) is str for key in value):
                return {key: self.cell(item) for key, item in value.items()}
            if type(value) in (dict, Counter):
                return [tag, *([self.cell(key), self.cell(item)] for key, item in value.items())]
        if type(value) is list:
            return ["list", *self._cells(value)]
        if tag in _CONTAINERS:
            # Sets are sorted, so that equal clouds have equal texts.
            return [tag, *self._cells(value if tag == "tuple" else sorted(value, key=str))]
        if tag in _ADDRESSES:
            return [tag, str(value)]
        if isinstance(value, FakeResource):
            return ["resource", value.project.name, value.collection]
        if isinstance(value, MethodType) and isinstance(value.__self__, FakeResource):
            return ["method", self.cell(value.__self__), value.__name__]
        if isinstance(value, partial):
            return ["partial", self.cell(value.func), self.cell(list(value.args)), self.cell(value.keywords)]
        if is_dataclass(value) and not isinstance(value, type):
            values = {field.name: self.cell(getattr(value, field.name)) for field in fields(value)}
            return ["record", type(value).__module__, type(value).__name__, values]
        raise TypeError(f"{value!r} cannot be saved: a resource may have plain values, containers and its own methods")


class _Reader:
    def __init__(self, projects: dict[str, Project], rows: list[Any]) -> None:
        self._projects = projects
        self._modules = {
            base.__module__
            for project in projects.values()
            for resource in project.resources.values()
            for base in type(resource).__mro__
        }
        self._rows = rows
        self._values: dict[int, Any] = {}

    def value(self, cell: Any) -> Any:
        """Return a value, or the value that a reference refers to."""
        if not isinstance(cell, list):
            return cell
        (number,) = cell
        if number not in self._values:
            self._read(number, self._rows[number])
        return self._values[number]

    def _read(self, number: int, row: Any) -> None:
        # A mutable container is registered before it is filled, because its items can refer to it.
        if isinstance(row, dict):
            container: Any = {}
            self._values[number] = container
            container.update((key, self.value(cell)) for key, cell in row.items())
            return
        tag, *cells = row
        if tag in ("dict", "Counter"):
            container = self._values[number] = {} if tag == "dict" else Counter()
            for key, cell in cells:
                container[self.value(key)] = self.value(cell)
        elif tag == "list":
            container = self._values[number] = []
            container.extend(map(self.value, cells))
        else:
            self._values[number] = self._immutable(tag, cells)

    def _immutable(self, tag: str, cells: list[Any]) -> Any:
        if tag in _CONTAINERS:
            return _CONTAINERS[tag](map(self.value, cells))
        if tag in _ADDRESSES:
            return _ADDRESSES[tag](cells[0])
        if tag == "resource":
            project_name, collection = cells
            return self._projects[project_name].resources[collection]
        if tag == "method":
            return self._method(*cells)
        if tag == "partial":
            function, arguments, keywords = map(self.value, cells)
            if not isinstance(function, MethodType):
                raise ValueError("an effect must be a method of a resource")
            return partial(function, *arguments, **keywords)
        if tag == "record":
            return self._record(*cells)
        raise ValueError(f"unknown type {tag!r}")

    def _method(self, owner: Any, name: str) -> Any:
        resource = self.value(owner)
        method = getattr(resource, name) if isinstance(resource, FakeResource) else None
        if not isinstance(method, MethodType):
            raise ValueError(f"{name} is not a method of a resource")
        return method

    def _record(self, module: str, name: str, cells: dict[str, Any]) -> Any:
        # Only dataclasses from the modules of the resources: a file must not create arbitrary objects.
        cls = getattr(import_module(module), name) if module in self._modules else None
        if not isinstance(cls, type) or not is_dataclass(cls):
            raise ValueError(f"{module}.{name} is not a class of the state of a resource")
        record = object.__new__(cls)
        for field in fields(cls):
            object.__setattr__(record, field.name, self.value(cells[field.name]))
        return record
