"""Loading of objects, and of what they link to, with as few requests as possible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from .._exceptions import InvalidArgumentError, NotFoundError
from .batches import Batch
from .client import BoundModelBase
from .coroutines import check_side
from .domain import BaseDomain
from .fields import Field, Link, Nested

__all__ = ["load"]


class _Branch(NamedTuple):
    """Records that a path has led to, and the rest of the path."""

    records: list[Any]
    names: list[str]


async def load(client: Any, objects: Iterable[Any], paths: tuple[str, ...]) -> None:
    """Load what the fields at ``paths`` of ``objects`` need; see :meth:`Provider.load`."""
    records = _checked_objects(client, objects, paths)
    branches = [_Branch(records, path.split(".")) for path in paths] or [_Branch(records, [])]
    while branches:
        await _complete([record for branch in branches for record in _incomplete(branch)])
        branches = [_follow(branch) for branch in branches if branch.names]


def _incomplete(branch: _Branch) -> Iterator[Any]:
    """Yield the objects that lack the next field of the path; at its end, those that lack any field."""
    for record in branch.records:
        if (
            isinstance(record, BoundModelBase)
            and not record.complete
            and (not branch.names or record._is_stale() or not record.is_fetched(branch.names[0]))
        ):
            yield record


async def _complete(models: list[Any]) -> None:
    """Fetch objects together. Those that the API does not have any more stay as they are."""
    batch = Batch.joint(models) if models else Batch()
    for model in models:
        if not model.complete:
            try:
                await batch.load(model)
            except NotFoundError as error:
                if error.code != "not_found":  # sent by a proxy, which proves nothing
                    raise


def _follow(branch: _Branch) -> _Branch:
    name, *rest = branch.names
    values: list[Any] = []
    for record in branch.records:
        if not isinstance(record, BoundModelBase) or record.is_fetched(name):
            value = record._value(name)
            values += value if isinstance(value, list) else [value]
    return _Branch([value for value in values if isinstance(value, BaseDomain)], rest)


def _checked_objects(client: Any, objects: Any, paths: tuple[Any, ...]) -> list[Any]:
    """Return the objects as a list.

    :raises InvalidArgumentError: if one of them, or a path, can't be loaded by this client
    """
    if (
        isinstance(objects, (str, bytes, Mapping, BaseDomain))
        or hasattr(objects, "__await__")  # a task is iterable
        or not isinstance(objects, Iterable)
    ):
        raise InvalidArgumentError(f"load() takes a list of objects, not {_described(objects)}")
    records = list(objects)
    for record in records:
        if not isinstance(record, BaseDomain) or record._client is None:
            raise InvalidArgumentError(f"load() takes objects that a client returned, not {_described(record)}")
        if not paths and not isinstance(record, BoundModelBase):
            raise InvalidArgumentError(f"load(): {record!r} has nothing to load; name the fields with its links")
    check_side("load", client, records)
    for path in paths:
        if not isinstance(path, str) or not all(path.split(".")):
            raise InvalidArgumentError(f"load(): a path is a name of a field, or several with dots, not {path!r}")
        for cls in dict.fromkeys(map(type, records)):
            _check_path(cls, path)
    return records


def _described(value: Any) -> str:
    """Return what was passed to load() by mistake, and what to pass in its place."""
    if hasattr(value, "__await__"):
        return f"a {type(value).__name__}: await it, and pass its result"
    if hasattr(value, "__aiter__"):
        return "an asynchronous iterator: pass [x async for x in iterator], or what get_all() returns"
    if isinstance(value, BoundModelBase):
        return f"{value!r}: pass [x], or call its load()"
    if isinstance(value, str):
        return f"{value!r}: get the objects first; names of fields follow them"
    if isinstance(value, Mapping):
        return "a mapping: pass its values"
    if isinstance(value, Iterable):  # its repr may be long
        return f"a {type(value).__name__}: pass one flat list of objects"
    return repr(value)


def _check_path(cls: Any, path: str) -> None:
    """Check that each step of a path is a field of what the steps before lead to.

    :raises InvalidArgumentError: if it is not
    """
    names = path.split(".")
    for position, name in enumerate(names):
        field = cls._fields.get(name)
        if field is None:
            raise InvalidArgumentError(f"load(): {cls.__name__} has no field {name!r}; it has {', '.join(cls._fields)}")
        target = _target(field)
        if target is None and position < len(names) - 1:
            raise InvalidArgumentError(f"load(): {name!r} of {cls.__name__} links to nothing, so {path!r} has no end")
        if target is BaseDomain:  # known from the values only
            return
        cls = target


def _target(field: Field[Any, Any, Any]) -> Any:
    """Return the class that a field leads to: BaseDomain if it depends on the value, None if it is a plain value."""
    if isinstance(field, Link):
        return field.target if field.collection else BaseDomain
    return field.record_class if isinstance(field, Nested) else None
