"""Sample values of record fields: sent or received by the fake while the examples of the documents ran."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from hcloud.core import BaseDomain, BoundModelBase, Link, Nested, Secret, Timestamp

from .blocks import run

__all__ = ["Samples"]

Seen = dict[type, list[Mapping[str, Any]]]

# Values of fields that no example has.
_BY_TYPE = {
    "bool": True,
    "datetime": datetime(2026, 10, 15, 12, tzinfo=UTC),
    "dict": {"env": "prod"},
    "float": 1.5,
    "int": 42,
    "list": [],
    "str": "text",
}


class Samples:
    """Sample value of each field of each record.

    :param documents: Documents whose examples are run to collect values
    """

    def __init__(self, documents: list[Path]) -> None:
        self._seen: Seen = {}
        with self._recording():
            for document in documents:
                run(document, programs=False)
        for cls, raws in list(self._seen.items()):
            for raw in raws:
                self._record_nested(cls, raw)

    @contextlib.contextmanager
    def _recording(self) -> Iterator[None]:
        hydrate, create = vars(BaseDomain)["_hydrate"].__func__, vars(BoundModelBase)["_create"].__func__
        init = BaseDomain.__init__

        def record_hydrate(cls: Any, raw: Any, *rest: Any) -> Any:
            self._record(cls, raw)
            return hydrate(cls, raw, *rest)

        def record_create(cls: Any, client: Any, raw: Any, *rest: Any, **options: Any) -> Any:
            self._record(cls.model, raw)
            return create(cls, client, raw, *rest, **options)

        def record_init(self_: Any, *args: Any, **values: Any) -> None:
            init(self_, *args, **values)
            self._record(type(self_), self_.to_dict())

        with (
            mock.patch.object(BaseDomain, "_hydrate", classmethod(record_hydrate)),
            mock.patch.object(BoundModelBase, "_create", classmethod(record_create)),
            mock.patch.object(BaseDomain, "__init__", record_init),
        ):
            yield

    def _record(self, cls: type, raw: Mapping[str, Any]) -> None:
        self._seen.setdefault(cls, []).append(raw)

    def _record_nested(self, cls: Any, raw: Mapping[str, Any]) -> None:
        """Record the records inside a record, including those that no example read."""
        for field in cls._fields.values():
            nested = getattr(field, "record_class", None) if isinstance(field, Nested) else None
            if isinstance(field, Link) and field.complete:
                nested = field.target.model
            if nested is None:
                continue
            value = field.pick(raw)
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, Mapping):
                    self._record(nested, item)
                    self._record_nested(nested, item)

    def of(self, cls: Any, name: str, annotation: str, aliases: Mapping[str, tuple[str, ...]]) -> str:
        """Return a sample value of a field as Python source.

        :param annotation: Type of the value
        :param aliases: Values of the aliases of literals, by name
        """
        field = cls._fields[name]
        if not field.is_property:
            return ""
        raws = sorted(self._seen.get(cls, ()), key=lambda raw: sum(value is not None for value in raw.values()))
        values = [value for raw in reversed(raws) if (value := field.pick(raw)) is not None]
        if isinstance(field, Secret):
            return "'…'"
        if values:
            full = next((value for value in values if value not in ([], {}, "")), values[0])
            return self._shown(field, full, annotation)
        if raws and any(name in raw for raw in raws):
            return "None"
        return self._made_up(field, annotation, aliases)

    def _shown(self, field: Any, value: Any, annotation: str) -> str:
        cls = _class_in(annotation)
        if isinstance(value, list) and isinstance(field, (Link, Nested)):
            first = ", ".join(self._shown(field, item, annotation) for item in value[:1])
            return f"[{first}{', …' if value[1:] else ''}]"
        if isinstance(field, Link):
            raw = value if isinstance(value, dict) else {"id": value}
            arguments = [f"{key}={raw[key]!r}" for key in ("id", "name") if raw.get(key) is not None]
            return f"{cls}({', '.join(arguments)})"
        if isinstance(field, Nested):
            return f"{cls}(…)"
        if isinstance(field, Timestamp):
            return str(datetime.fromisoformat(value))
        if isinstance(value, BaseDomain):
            return f"{type(value).__name__}(…)"
        return _short(value)

    def _made_up(self, field: Any, annotation: str, aliases: Mapping[str, tuple[str, ...]]) -> str:
        if isinstance(field, Link):
            return f"{_class_in(annotation)}(id=42)"
        if isinstance(field, Nested):
            return f"{_class_in(annotation)}(…)"
        tree = ast.parse(annotation, mode="eval")
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                return repr(node.value)
            if isinstance(node, ast.Name):
                if node.id in aliases:
                    return repr(aliases[node.id][0])
                if node.id in _BY_TYPE:
                    return _short(_BY_TYPE[node.id])
        return ""


def _class_in(annotation: str) -> str:
    return next(iter(re.findall(r"\b[A-Z]\w+", annotation)), "")


def _short(value: Any) -> str:
    """Return ``value`` as Python source, shortened if it is long."""
    if isinstance(value, datetime):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_short, value[:1]))}{', …' if value[1:] else ''}]"
    if isinstance(value, Mapping):
        items = [f"{key!r}: {_short(item)}" for key, item in list(value.items())[:3]]
        return f"{{{', '.join(items)}{', …' if len(value) > 3 else ''}}}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:40]}…{text[-1]}"
