"""Readers of responses: they turn a payload into what a method declares to return."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from marshal import dumps
from typing import Any, get_type_hints

from .batches import Batch
from .client import BoundModelBase
from .coroutines import class_for
from .domain import BaseDomain
from .fields import Link, Links

__all__ = ["SHAPE_ERRORS", "Reader", "reader_of"]

SHAPE_ERRORS = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError)
"""Exceptions that a reader raises for a payload that does not have the declared shape."""

_CONTAINERS: frozenset[type] = frozenset({dict, list})
_IDS: frozenset[type] = frozenset({int, str})
_SMALL, _FIRST = 4, 8
"""Number of items up to which objects and lists are shared; number of entries with different values that are enough."""

Reader = Callable[[Any, Mapping[str, Any]], Any]
"""Function of a resource client and a payload that returns the result of a method."""


def reader_of(result: Any) -> Reader:
    """Return the reader for a method that returns ``result``.

    Readers raise one of :data:`SHAPE_ERRORS` for a payload that does not have the declared shape.
    """
    if result is bool:
        return _read_success
    if hasattr(result, "_fields") and issubclass(result, tuple):
        return _page_reader(result)
    if getattr(result, "__origin__", None) is list:
        (model,) = result.__args__
        read_entries = _entries_reader(model)
        return lambda client, payload: read_entries(client, payload[model._collection])
    if issubclass(result, BoundModelBase):
        return lambda client, payload: class_for(client, result)._create_single(
            client, _checked_entry(result, payload[result._key])
        )
    key = result.__dict__.get("_key")
    if key is None:
        return lambda client, payload: _read_record(result, client, _checked_record(result, dict(payload)), Batch())
    return lambda client, payload: _read_record(result, client, _checked_object(payload[key]), Batch())


def _read_success(client: Any, payload: Any) -> bool:
    # Methods without a result are answered with 204 or 201. A 200 without a body was truncated, and one with another
    # object than an action comes from something between the API and this program.
    if getattr(payload, "status", None) == 200 and (payload.is_empty or (payload and "action" not in payload)):
        raise TypeError("HTTP status 200 for a request that has no result")
    return True


def _page_reader(page: Any) -> Reader:
    field = page._fields[0]
    read_entries = _entries_reader(*get_type_hints(page)[field].__args__)
    return lambda client, payload: page(read_entries(client, payload[field]), client._read_meta(payload))


def _entries_reader(model: Any) -> Callable[[Any, Any], list[Any]]:
    """Return the reader of a list whose entries are bound objects, records or plain JSON values."""
    if isinstance(model, type) and issubclass(model, BoundModelBase):
        return lambda client, entries: _read_bound_objects(model, client, _checked_list(entries))
    if isinstance(model, type) and issubclass(model, BaseDomain):
        return lambda client, entries: _read_records(model, client, _checked_list(_without_ids(entries)))
    return lambda client, entries: _checked_list(_without_ids(entries))


def _read_bound_objects(model: type[BoundModelBase[Any]], client: Any, entries: list[Any]) -> list[Any]:
    model = class_for(client, model)
    resource_client, batch = model._client_of(client), Batch.of_listing(client)
    for entry in entries:  # all of them before the first object exists
        _checked_entry(model, entry)
    members = [model._create_member(resource_client, entry, batch) for entry in entries]
    _share_equal_values(entries)
    return members


def _read_records(record_class: type[BaseDomain], client: Any, entries: list[Any]) -> list[Any]:
    batch = Batch()
    return [_read_record(record_class, client, _checked_object(entry), batch) for entry in entries]


def _read_record(record_class: type[BaseDomain], client: Any, raw: Any, batch: Batch) -> BaseDomain:
    record = class_for(client, record_class)._hydrate(raw, client, batch)
    batch.add(record)
    return record


def _without_ids(value: Any) -> Any:
    """Return the values of an object that holds entries by their IDs, which the entries also contain."""
    return list(value.values()) if value.__class__ is dict else value


def _checked_list(value: Any) -> Any:
    if value.__class__ is not list:
        raise TypeError(f"expected a list, but got {type(value).__name__}")
    return value


def _checked_object(value: Any) -> Any:
    if not isinstance(value, dict):
        raise TypeError(f"expected an object, but got {type(value).__name__}")
    return value


def _checked_record(record_class: type[BaseDomain], value: Any) -> Any:
    """Check that an object has at least one field of ``record_class``, and that resources in it are objects."""
    if _checked_object(value).keys().isdisjoint(record_class._fields):
        raise KeyError(next(iter(record_class._fields)))
    for name, field in record_class._fields.items():
        if isinstance(field, Link) and field.complete is True and value.get(name) is not None:
            for item in _checked_list(value[name]) if isinstance(field, Links) else [value[name]]:
                _checked_object(item)
    return value


def _checked_entry(model: Any, value: Any) -> Any:
    """Check that an object has the field that identifies it."""
    name = model._record_class._identified_by
    if _checked_object(value).get(name).__class__ not in _IDS:
        raise TypeError(f"an object has no {name}")
    return value


def _share_equal_values(entries: list[Any]) -> None:
    """Replace small equal objects and lists in the entries of a page, such as their labels, by a single one.

    That saves memory. It is safe because payloads are never modified: reading a field copies its value. Fields that
    hold no object or list in the first entry are left alone, and so are those whose first values are all different.
    Larger values, such as server types, are shared by the decoder.

    Values are found by their marshalled form, in which 1, 1.0 and True differ. It also depends on the number of
    references to a text, so that a few equal values, such as the last one of a page, are not found.
    """
    for field in [name for name, value in entries[0].items() if value.__class__ in _CONTAINERS] if entries else ():
        known: dict[bytes, Any] = {}
        for position, entry in enumerate(entries):
            value = entry.get(field)
            if isinstance(value, (dict, list)) and len(value) <= _SMALL:
                entry[field] = known.setdefault(dumps(value), value)
                if len(known) > position > _FIRST:
                    break
