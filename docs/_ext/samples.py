"""What the fields of records hold: values that the fake sent, or was sent, while the documents' examples ran."""

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

# For what no example brought.
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
    """A value for each field of each record.

    :param documents: whose examples are run for them
    """

    def __init__(self, documents: list[Path]) -> None:
        self._seen: Seen = {}
        with self._watching():
            for document in documents:
                run(document, programs=False)
        for kind, raws in list(self._seen.items()):
            for raw in raws:
                self._look_into(kind, raw)

    @contextlib.contextmanager
    def _watching(self) -> Iterator[None]:
        hydrate, of, init = (BaseDomain._hydrate.__func__, BoundModelBase._of.__func__, BaseDomain.__init__)

        def watch_hydrate(cls: Any, raw: Any, *rest: Any) -> Any:
            self._note(cls, raw)
            return hydrate(cls, raw, *rest)

        def watch_of(cls: Any, client: Any, raw: Any, *rest: Any, **options: Any) -> Any:
            self._note(cls.model, raw)
            return of(cls, client, raw, *rest, **options)

        def watch_init(self_: Any, *args: Any, **values: Any) -> None:
            init(self_, *args, **values)
            self._note(type(self_), self_.to_dict())

        with (
            mock.patch.object(BaseDomain, "_hydrate", classmethod(watch_hydrate)),
            mock.patch.object(BoundModelBase, "_of", classmethod(watch_of)),
            mock.patch.object(BaseDomain, "__init__", watch_init),
        ):
            yield

    def _note(self, kind: type, raw: Mapping[str, Any]) -> None:
        self._seen.setdefault(kind, []).append(raw)

    def _look_into(self, kind: Any, raw: Mapping[str, Any]) -> None:
        """Take in the records within a record, also those that no example read."""
        for field in kind._fields.values():
            within = getattr(field, "kind", None) if isinstance(field, Nested) else None
            if isinstance(field, Link) and field.complete:
                within = field.kind.model
            if within is None:
                continue
            value = field.pick(raw)
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, Mapping):
                    self._note(within, each)
                    self._look_into(within, each)

    def of(self, kind: Any, name: str, annotation: str, aliases: Mapping[str, tuple[str, ...]]) -> str:
        """What a field holds, as Python writes it.

        :param annotation: its type, without the field's kind
        :param aliases: the values of the types that are named ones of literals
        """
        field = kind._fields[name]
        if not field.is_property:
            return ""
        raws = sorted(self._seen.get(kind, ()), key=lambda raw: sum(value is not None for value in raw.values()))
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
        kind = _class_in(annotation)
        if isinstance(value, list) and isinstance(field, (Link, Nested)):
            first = ", ".join(self._shown(field, each, annotation) for each in value[:1])
            return f"[{first}{', …' if value[1:] else ''}]"
        if isinstance(field, Link):
            known = value if isinstance(value, dict) else {"id": value}
            shown = {key: known[key] for key in ("id", "name") if known.get(key) is not None}
            return f"{kind}({', '.join(f'{key}={each!r}' for key, each in shown.items())})"
        if isinstance(field, Nested):
            return f"{kind}(…)"
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
    """``value`` as Python writes it, the rest of long ones left out."""
    if isinstance(value, datetime):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_short, value[:1]))}{', …' if value[1:] else ''}]"
    if isinstance(value, Mapping):
        some = [f"{key!r}: {_short(each)}" for key, each in list(value.items())[:3]]
        return f"{{{', '.join(some)}{', …' if len(value) > 3 else ''}}}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:40]}…{text[-1]}"
