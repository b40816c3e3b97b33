"""What a field of a record can be: plain, a point in time, a nested record, a link to a resource, a secret, retired.

A field keeps nothing itself. The record holds the API's own object in ``_raw``; a field is converted when it
is first read, and stored into the instance's ``__dict__``. A field defines no ``__set__``, so that from then on
Python finds the stored value without asking the field.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from .._exceptions import MalformedFieldError
from .warn import warn_caller

if TYPE_CHECKING:
    from typing_extensions import Self

    from .client import BoundModelBase
    from .domain import BaseDomain

__all__ = ["Field", "Link", "Links", "Nested", "NestedList", "Renamed", "Retired", "Secret", "Texts", "Timestamp"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
T_in = TypeVar("T_in", contravariant=True)

_JSON_CONTAINERS: frozenset[type] = frozenset({dict, list})
_SCALARS = frozenset({str, int, float, bool})
_IDS = frozenset({str, int})


def copy_json(value: Any) -> Any:
    """A copy of decoded JSON that shares no dict and no list with it."""
    if value.__class__ is dict:
        twin = value.copy()
        for key, item in value.items():
            if item.__class__ in _JSON_CONTAINERS:
                twin[key] = copy_json(item)
        return twin
    if value.__class__ is list:
        return [copy_json(item) if item.__class__ in _JSON_CONTAINERS else item for item in value]
    return value


class Field(Generic[T_co, T_in]):
    """What all fields have in common: lists and objects are copied when first read, the rest stays as it is.

    In brackets stands what one reads as, and what may be assigned to it.
    """

    name: str
    owner: type[BaseDomain]
    default: Any = None
    required: bool = False
    source: str | tuple[str, ...] | None = None
    """Where the API has the value, if not under the field's name: a dotted path, or several keys to pick."""
    is_secret = False
    is_property = True

    def __set_name__(self, owner: type[BaseDomain], name: str) -> None:
        self.owner, self.name = owner, name

    @overload
    def __get__(self, holder: None, owner: type) -> Self: ...
    @overload
    def __get__(self, holder: object, owner: type) -> T_co: ...
    def __get__(self, holder: Any, owner: type) -> Any:
        if holder is None:
            return self
        name = self.name
        state = holder.__dict__
        while True:
            raw = holder._raw
            value = raw.get(name) if self.source is None else self.pick(raw)
            # Anything but None counts as fetched: an empty value of the API's is an answer too.
            if value is not None:
                value = self.convert(holder, value)
            else:
                value = holder._absent(self)
                if holder._raw is raw and (name not in raw or not state.get("complete", True)):
                    return value
            value = state.setdefault(name, value)  # two threads that convert at once agree on one object
            if holder._raw is raw:
                return value
            state.pop(name, None)  # fetched anew meanwhile: what was read is of yesterday

    if TYPE_CHECKING:

        def __set__(self, holder: Any, value: T_in) -> None: ...

    def pick(self, raw: Any) -> Any:
        """What the API sent for this field in ``raw``, None if nothing."""
        if self.source is None:
            return raw.get(self.name)
        if isinstance(self.source, tuple):
            return {key: raw[key] for key in self.source if key in raw} or None
        for step in self.source.split("."):
            raw = raw.get(step) if raw.__class__ is dict or isinstance(raw, Mapping) else None
        return raw

    def convert(self, holder: BaseDomain, raw: Any) -> Any:
        """What ``raw``, as the API sent it, reads as."""
        return copy_json(raw) if raw.__class__ in _JSON_CONTAINERS else raw

    def accept(self, holder: BaseDomain, value: Any) -> Any:
        """What is stored when a caller assigns ``value``."""
        return value

    def export(self, value: Any, raw: Any) -> Any:
        """``value`` as the API writes it, by ``raw``, what the API sent for it, if it did."""
        from .domain import encode

        return encode(value, whole=True)

    def partials(self, raw: Any, collection: str, found: dict[Any, None]) -> None:
        """Add to ``found`` the ids in ``raw`` of resources of ``collection`` that it does not describe whole."""

    def reaches(self, collection: str, seen: set[type]) -> bool:
        """Whether this field, or one below it, can link to ``collection``."""
        return False

    def malformed(self, holder: BaseDomain, raw: object, expected: str) -> MalformedFieldError:
        """The error that says which field of which object holds ``raw`` instead of what was expected."""
        subject, identity = type(holder).__name__, holder._raw.get("id")
        if identity is not None:
            subject = f"{subject} {_excerpt(identity)}"
        return MalformedFieldError(
            f"{subject}: the field {self.name!r} should be {expected}, "
            f"but holds {'a secret' if self.is_secret else _excerpt(raw)}"
        )


class Plain(Field[Any, Any]):
    """What a field is whose annotation says no more than its type."""

    def __get__(self, holder: Any, owner: type) -> Any:
        try:  # most are scalars that the API sent: the short way of what Field.__get__ does
            state = holder.__dict__
            raw = state["_raw"]
            value = raw[self.name]
        except (AttributeError, KeyError):
            return super().__get__(holder, owner)
        if value.__class__ in _SCALARS or (value is None and state.get("complete", True)):
            state[self.name] = value
            if state["_raw"] is raw:
                return value
            state.pop(self.name, None)
        return super().__get__(holder, owner)


def _excerpt(value: object) -> str:
    if value.__class__ in _JSON_CONTAINERS:  # which may hold secrets
        return "a list" if value.__class__ is list else "an object"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


class Secret(Field["str | None", "str | None"]):
    """A text that is left out of ``repr``, such as a password."""

    is_secret = True


class Texts(Field["list[str]", "list[str] | None"]):
    """A list of texts, empty where there is none."""

    if not TYPE_CHECKING:

        def __get__(self, holder: Any, owner: type) -> Any:
            value = super().__get__(holder, owner)
            if value is None:  # kept, as it may be added to
                value = holder.__dict__[self.name] = []
            return value

    def accept(self, holder: BaseDomain, value: Any) -> Any:
        return [] if value is None else value


def parse_time(text: str) -> datetime:
    """The point in time that an ISO 8601 text names.

    :raises ValueError: if it names none
    """
    try:
        # From Python 3.11 on it reads the API's texts whole, fifty times as fast as dateutil.
        if sys.version_info < (3, 11) and text.endswith("Z"):
            return datetime.fromisoformat(f"{text[:-1]}+00:00")
        return datetime.fromisoformat(text)
    except ValueError:
        from dateutil.parser import isoparse

        return isoparse(text)


def format_time(moment: date) -> str:
    """``moment`` in ISO 8601; a datetime without zone is taken as local time."""
    if isinstance(moment, datetime):
        return moment.astimezone(timezone.utc).isoformat()
    return moment.isoformat()


def with_time(moment: datetime | str) -> datetime | str:
    """``moment``, at midnight if it is a text that names a day."""
    return f"{moment}T00:00:00" if isinstance(moment, str) and len(moment) == len("2026-01-01") else moment


class Timestamp(Field["datetime | None", "str | datetime | None"]):
    """A point in time: takes ISO 8601 text or a datetime, reads as a datetime."""

    def convert(self, holder: BaseDomain, raw: Any) -> Any:
        try:
            return parse_time(raw)
        except (TypeError, ValueError, AttributeError, OverflowError):
            raise self.malformed(holder, raw, "a time in ISO 8601") from None

    def accept(self, holder: BaseDomain, value: Any) -> Any:
        return self.convert(holder, value) if isinstance(value, str) else value

    def export(self, value: Any, raw: Any) -> Any:
        if not isinstance(value, datetime):
            return value
        if isinstance(raw, str) and parse_time(raw) == value:
            return raw
        return value.isoformat()


class _Many(Field[T, Any]):
    """Before a kind of field: a list of what that kind is one of."""

    def convert(self, holder: BaseDomain, raw: Any) -> Any:
        if raw.__class__ is not list:
            raise self.malformed(holder, raw, "a list")
        one = super().convert
        return [one(holder, item) for item in raw]

    def accept(self, holder: BaseDomain, value: Any) -> Any:
        one = super().accept
        return [one(holder, item) for item in value] if isinstance(value, list) else value

    def partials(self, raw: Any, collection: str, found: dict[Any, None]) -> None:
        if raw.__class__ is list:
            for item in raw:
                super().partials(item, collection, found)


class Nested(Field[T, "T | Mapping[str, Any]"]):
    """A record within the record; of the same kind if none is named."""

    kind: type[BaseDomain]

    def __init__(self, kind: type[Any] | None = None) -> None:
        if kind is not None:
            self.kind = kind

    def __set_name__(self, owner: type[BaseDomain], name: str) -> None:
        super().__set_name__(owner, name)
        self.kind = getattr(self, "kind", owner)

    def convert(self, holder: BaseDomain, raw: Any) -> Any:
        if raw.__class__ is not dict:
            raise self.malformed(holder, raw, "an object")
        return self.kind._hydrate(raw, holder._client, holder._batch)

    def accept(self, holder: BaseDomain, value: Any) -> Any:
        return self.convert(holder, value) if value.__class__ is dict else value

    def partials(self, raw: Any, collection: str, found: dict[Any, None]) -> None:
        if raw.__class__ is dict:
            self.kind._partials(raw, collection, found)

    def reaches(self, collection: str, seen: set[type]) -> bool:
        if self.kind is self.owner:
            return any(field.reaches(collection, seen) for field in self.kind._fields.values() if field is not self)
        return bool(self.kind._reaching(collection, seen))


class NestedList(_Many[T], Nested[T]):
    """A list of records within the record."""

    if TYPE_CHECKING:

        def __set__(self, holder: Any, value: T | Mapping[str, Any] | list[dict[str, Any]]) -> None: ...


class Link(Field[T, "T | BaseDomain | None"]):
    """Another resource, of ``collection``: the API sends its id or what it tells of it, and it reads as a bound object.

    With ``complete`` the API sends the whole resource, or does so where the field is in it that ``complete`` names;
    otherwise what is missing is fetched when it is read.
    """

    def __init__(
        self, collection: str, *, complete: bool | str = False, source: str | tuple[str, ...] | None = None
    ) -> None:
        self.collection = collection
        self.complete = complete
        self.source: str | tuple[str, ...] | None = source

    @cached_property
    def kind(self) -> type[BoundModelBase[Any]]:
        """The bound model of the collection, imported when it is first needed."""
        package = self.owner.__module__.rsplit(".", 2)[0]
        return bound_model(package, self.collection)

    def convert(self, holder: BaseDomain, raw: Any) -> Any:
        kind, is_whole = self.kind, self.is_whole(raw)
        name = kind._kind._identified_by
        if raw.__class__ is not dict:
            if raw.__class__ not in _IDS:
                raise self.malformed(holder, raw, "an id or an object")
            raw = {name: raw}
        elif raw.get(name) is not None and raw[name].__class__ not in _IDS:
            raise self.malformed(holder, raw, f"an object with an {name} that is one")
        client = holder._client
        if client is None:
            return kind.model._hydrate(raw)
        return kind._linked(client, raw, holder._batch, is_whole)

    def is_whole(self, raw: Any) -> bool:
        """Whether ``raw`` is all that the API has of the resource."""
        return raw.__class__ is dict and (self.complete is True or self.complete in raw)

    def accept(self, holder: BaseDomain, value: Any) -> Any:
        return self.convert(holder, value) if value.__class__ in (int, dict) else value

    def export(self, value: Any, raw: Any) -> Any:
        identity = self.identity(value)
        if identity is value:
            return super().export(value, raw)
        if raw.__class__ is not dict:
            return identity
        # What was fetched of it since is no part of this object.
        is_as_sent = not self.complete and raw.get(value._identified_by) == identity
        return copy_json(raw) if is_as_sent else super().export(value, raw)

    def identity(self, value: Any) -> Any:
        """The id of the resource that ``value`` is, itself if it has none."""
        identity = value._identity() if hasattr(value, "_identity") else None
        return value if identity is None else identity

    def partials(self, raw: Any, collection: str, found: dict[Any, None]) -> None:
        if self.is_whole(raw):
            self.kind._partials(raw, collection, found)
        elif self.collection == collection:
            identity = raw.get(self.kind._kind._identified_by) if raw.__class__ is dict else raw
            if identity.__class__ in _IDS:
                found[identity] = None

    def reaches(self, collection: str, seen: set[type]) -> bool:
        return self.collection == collection or (bool(self.complete) and bool(self.kind._reaching(collection, seen)))


class Links(_Many[T], Link[T]):
    """A list of other resources of ``collection``."""

    if TYPE_CHECKING:

        def __set__(self, holder: Any, value: T | BaseDomain | Sequence[BaseDomain] | None) -> None: ...

    def identity(self, value: Any) -> Any:
        one = super().identity
        return list(map(one, value)) if isinstance(value, (list, tuple)) else one(value)

    def export(self, value: Any, raw: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            return super().export(value, raw)
        sent = raw if isinstance(raw, list) and len(raw) == len(value) else [raw[0] if raw else None] * len(value)
        return [super(Links, self).export(item, each) for item, each in zip(value, sent, strict=True)]


class Renamed(Field[T, Any]):
    """A retired field: what it is given is dropped, and reading it warns and reads ``successor``, a dotted path."""

    is_property = False

    def __init__(self, successor: str, notice: str) -> None:
        self.successor = successor
        self.notice = notice

    if not TYPE_CHECKING:

        def __get__(self, holder: Any, owner: type) -> Any:
            if holder is None:
                return self
            warn_caller(f"The '{self.name}' property is deprecated. {self.notice}")
            value = holder
            for step in self.successor.split("."):
                value = value and getattr(value, step)
            return value

    def __set__(self, holder: Any, value: Any) -> None:
        pass


class Retired(Field[T, T]):
    """A field that the API is about to drop: reading it warns, the first time on each object.

    ``kind`` is what it is otherwise.
    """

    def __init__(self, notice: str, kind: Field[Any, Any] | None = None) -> None:
        self.notice = notice
        self.kind: Field[Any, Any] = kind or Plain()

    def __set_name__(self, owner: type[BaseDomain], name: str) -> None:
        super().__set_name__(owner, name)
        self.kind.__set_name__(owner, name)

    if not TYPE_CHECKING:

        def __get__(self, holder: Any, owner: type) -> Any:
            if holder is not None:
                warn_caller(f"The '{self.name}' property is deprecated. {self.notice}")
            return super().__get__(holder, owner)

    def quietly(self, holder: Any) -> Any:
        """The field's value, for those who read all fields alike."""
        return super().__get__(holder, type(holder))

    def convert(self, holder: BaseDomain, raw: Any) -> Any:
        return self.kind.convert(holder, raw)

    def accept(self, holder: BaseDomain, value: Any) -> Any:
        return self.kind.accept(holder, value)

    def export(self, value: Any, raw: Any) -> Any:
        return self.kind.export(value, raw)


_bound_models: dict[tuple[str, str], type[BoundModelBase[Any]]] = {}


def register(package: str, collection: str, model: type[BoundModelBase[Any]]) -> None:
    """Make ``model`` the bound model of ``collection`` among the resources of ``package``."""
    _bound_models[package, collection] = model


def bound_model(package: str, collection: str) -> type[BoundModelBase[Any]]:
    """The bound model of ``collection`` among the resources of ``package``; importing its folder registers it.

    A collection within another resource, as the snapshots of storage boxes are, stands after a dot.
    """
    if (package, collection) not in _bound_models:
        import_module(f"{package}.{collection.partition('.')[0]}")
    return _bound_models[package, collection]
