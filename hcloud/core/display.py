"""``repr`` of records, and their table in a notebook. Both show what is known: nothing is fetched or stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from .._exceptions import MalformedFieldError
from .client import BoundModelBase
from .deprecated_fields import Retired
from .domain import BaseDomain
from .fields import Field, Link, Texts
from .secrets import mask
from .stale import Stale, known

__all__ = ["table_of", "text_of"]

_DEPTH = 4
"""Number of containers within each other that are shown."""
_LABELS = ("slug", "name", "ip", "id")
"""Fields that can stand for a whole resource; the first one that is known does."""
_SECRET_KEY = re.compile(r"password|secret|token|private_key|tsig_key|user_data")
_NOTES = {
    "partial": "a field that is missing here is fetched when it is read",
    "stale": "as it was before the last action; it is fetched again when it is read",
}
_LEFT = 'style="text-align: left"'
_SECRET, _MALFORMED = "'***'", "'(malformed)'"


def text_of(record: BaseDomain) -> str:
    """Return the ``repr`` of a record: its class, and the fields that it declares as ``shown``."""
    return mask(_Formatter(length=80, items=5).record(record))


def table_of(record: BaseDomain) -> str:
    """Return a record as an HTML table of all fields that are known."""
    from html import escape

    mark = _mark(record)
    formatter = _Formatter(length=300, items=20)
    rows = [
        f"<tr><th {_LEFT}>{escape(name)}</th><td {_LEFT}>{escape(mask(text))}</td></tr>"
        for name, text in formatter.fields(record, record.__api_properties__, with_none=not mark)
    ]
    note = f" ({mark}: {_NOTES[mark]})" if mark else ""
    caption = f"<caption {_LEFT}>{escape(type(record).__qualname__)}{note}</caption>"
    return f"<table>{caption}<tbody>{''.join(rows)}</tbody></table>"


class _Formatter:
    def __init__(self, length: int, items: int) -> None:
        """
        :param length: Maximum number of characters of a value
        :param items: Maximum number of items of a list or object
        """
        self.length = length
        self.items = items

    def record(self, record: BaseDomain, depth: int = 0) -> str:
        name = type(record).__qualname__
        if depth > _DEPTH:
            return f"{name}(...)"
        shown = _shown_names(record)
        parts = [f"{field}={text}" for field, text in self.fields(record, shown, depth, with_none=not record._fields)]
        if not depth and not isinstance(record, BoundModelBase) and _has_others(record, shown):
            parts.append("...")
        text = f"{name}({', '.join(parts)})"
        mark = _mark(record)
        return f"<{mark} {text}>" if mark else text

    def fields(
        self, record: BaseDomain, names: Iterable[str], depth: int = 0, *, with_none: bool
    ) -> Iterator[tuple[str, str]]:
        """Iterate over names and texts of the fields that are known.

        :param with_none: If true, include those that are None
        """
        # A resource shows others by name or ID; a response shows its resources with their fields.
        labelled = depth > 0 or (record._identified_by in record._fields and not _is_made(record))
        for name in names:
            try:
                value = _known(record, name)
                if value is not None and name in record._fields and record._fields[name].is_secret:
                    text = _SECRET
                else:
                    text = self.value(value, depth, labelled=labelled)
            except MalformedFieldError:
                value, text = (), _MALFORMED
            if with_none or value is not None:
                yield name, text

    def value(self, value: Any, depth: int, *, labelled: bool) -> str:
        if isinstance(value, _Reference):
            return self.value(value.label, depth, labelled=True)
        if isinstance(value, BaseDomain):
            label = _label(value) if labelled else None
            return self.record(value, depth + 1) if label is None else self.value(label, depth, labelled=True)
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, datetime):
            return repr(value.isoformat().replace("+00:00", "Z"))
        if isinstance(value, (list, tuple)):
            return self._container("[]", value, lambda item: self.value(item, depth + 1, labelled=labelled), depth)
        if isinstance(value, Mapping):
            return self._container("{}", value, lambda key: self._item(key, value[key], depth + 1), depth)
        try:
            return self._cut(repr(value))
        except Exception:  # noqa: BLE001  # a class of the user, whose repr fails
            return f"<{type(value).__qualname__}>"

    def _item(self, key: Any, value: Any, depth: int) -> str:
        is_secret = value is not None and isinstance(key, str) and _SECRET_KEY.search(key)
        text = _SECRET if is_secret else self.value(value, depth, labelled=True)
        return f"{self.value(key, depth, labelled=True)}: {text}"

    def _container(self, brackets: str, values: Any, format_item: Any, depth: int) -> str:
        opening, closing = brackets[0], brackets[1]
        if depth >= _DEPTH and values:
            return f"{opening}...{closing}"
        count = len(values)
        items = [format_item(item) for item in islice(list(values), self.items)]
        if count > self.items:
            items.append(f"... {count} in all")
        return f"{opening}{', '.join(items)}{closing}"

    def _text(self, value: str) -> str:
        # A subclass may hide its value in its repr, and a token must be masked before it could be cut in two.
        if type(value) is str and len(value) > self.length:
            value = self._cut(mask(value))
        return repr(value)

    def _cut(self, text: str) -> str:
        return text if len(text) <= self.length else f"{text[: self.length - 3]}..."


class _Reference:
    """Resource that a field links to, by its label; no object is created for it."""

    def __init__(self, label: Any) -> None:
        self.label = label


def _mark(record: BaseDomain) -> str:
    """Return the word for an object that lacks fields or is out of date; an empty one if it is complete."""
    if not record._is_partial():
        return ""
    return "stale" if isinstance(record._raw, Stale) and record._raw.complete else "partial"


def _is_made(record: BaseDomain) -> bool:
    """Return True if a user made the record by calling its class; it is shown as that call."""
    return not known(record._raw) and not isinstance(record, BoundModelBase)


def _shown_names(record: BaseDomain) -> Iterable[str]:
    names = record.__api_properties__
    if not record._fields:  # a user's own class
        return names
    if record._shown is not None and not _is_made(record):
        names = tuple(dict.fromkeys((record._identified_by, "name", *record._shown)))
    return [name for name in names if name in record._fields]


def _has_others(record: BaseDomain, shown: Iterable[str]) -> bool:
    """Return True if fields have values that are not shown."""
    others = record._fields.keys() - set(shown)
    return any(record.__dict__.get(name, known(record._raw).get(name)) not in (None, [], {}) for name in others)


def _known(record: BaseDomain, name: str) -> Any:
    """Return the value of a field as far as it is known, None if it is not.

    Values are not read from the field, which would fetch a missing one and store a converted one.

    :raises MalformedFieldError: if it has a wrong type
    """
    declared = record._fields.get(name)
    if declared is None:  # the record, or that of the bound model, is a user's own class
        return getattr(record.__dict__.get("data_model", record), name, None)
    field: Field[Any, Any, Any] = declared.inner if isinstance(declared, Retired) else declared
    state, raw = record.__dict__, known(record._raw)
    if name in state:
        value = state[name]
        return None if isinstance(field, Texts) and not value else value
    value = field.pick(raw)
    if value is None:
        return None if name in raw or record._is_partial() else declared.default
    if declared.is_secret or type(field).convert is Field.convert:
        return value
    if isinstance(field, Link) and record._identified_by in record._fields:
        references = [_reference(item) for item in (value if value.__class__ is list else [value])]
        if None not in references:
            return references if value.__class__ is list else references[0]
    return field.convert(record, value)


def _reference(raw: Any) -> _Reference | None:
    label: Any = raw
    if raw.__class__ is dict:
        label = next((raw[name] for name in _LABELS if raw.get(name) is not None), None)
    return _Reference(label) if label.__class__ in (int, str) else None


def _label(record: BaseDomain) -> Any:
    """Return what stands for a resource within another record; None for a record that is no resource."""
    if record._identified_by not in record._fields:
        return None
    for name in _LABELS:
        value = _known(record, name) if name in record._fields else None
        if value.__class__ in (int, str):
            return value
    return None
