"""Readers of responses: they turn a payload into what a method declares to return."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

from .batches import Batch
from .client import BoundModelBase
from .domain import BaseDomain

__all__ = ["Reader", "reader_of"]

Reader = Callable[[Any, Mapping[str, Any]], Any]
"""Function of a resource client and a payload that returns the result of a method."""


def reader_of(result: Any) -> Reader:
    """Return the reader for a method that returns ``result``.

    Readers raise KeyError, TypeError or AttributeError for a payload that does not have the declared shape.
    """
    if result is bool:
        return lambda client, payload: True
    if hasattr(result, "_fields") and issubclass(result, tuple):
        return _page_reader(result)
    if getattr(result, "__origin__", None) is list:
        (model,) = result.__args__
        read_entries = _entries_reader(model)
        return lambda client, payload: read_entries(client, payload[model._collection])
    if issubclass(result, BoundModelBase):
        return lambda client, payload: result._create_single(client, _checked_entry(result, payload[result._key]))
    key = result.__dict__.get("_key")
    if key is None:
        return lambda client, payload: result._hydrate(_with_known_field(result, payload), client, Batch())
    return lambda client, payload: result._hydrate(_checked_object(payload[key]), client, Batch())


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
    resource_client, batch = model._client_of(client), Batch()
    members = [model._create_member(resource_client, _checked_entry(model, entry), batch) for entry in entries]
    _share_equal_values(entries)
    return members


def _read_records(record_class: type[BaseDomain], client: Any, entries: list[Any]) -> list[Any]:
    batch = Batch()
    return [record_class._hydrate(_checked_object(entry), client, batch) for entry in entries]


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


def _with_known_field(record_class: type[BaseDomain], value: Any) -> Any:
    """Check that an object has at least one field of ``record_class``."""
    if _checked_object(value).keys().isdisjoint(record_class._fields):
        raise KeyError(next(iter(record_class._fields)))
    return value


def _checked_entry(model: Any, value: Any) -> Any:
    """Check that an object has the field that identifies it."""
    name = model._record_class._identified_by
    if _checked_object(value).get(name).__class__ not in (int, str):
        raise TypeError(f"an object has no {name}")
    return value


def _share_equal_values(entries: list[Any]) -> None:
    """Replace equal objects and lists in the entries of a page, such as their server types, by a single one.

    That saves memory. It is safe because payloads are never modified: reading a field copies its value.
    """
    values: dict[Any, Any] = {}
    for entry in entries:
        for field, value in entry.items():
            if value.__class__ is dict:
                identity = value.get("id")
                key = (field, identity if identity.__class__ is int else None)
            elif value.__class__ is list:
                key = field
            else:
                continue
            first = values.get(key)
            if first is not None and first == value:
                entry[field] = first
            else:
                values[key] = value
