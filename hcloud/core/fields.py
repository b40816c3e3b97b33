"""Field types of records: plain, ID, time, nested record, link to a resource, list of texts, secret.

The annotation of a field says what the API sends. ``Always[str]`` and ``Nested[PublicNetwork]`` are part of every
complete object: read from one, they are never None. ``str | None`` and ``Nested[PublicNetwork | None]`` may be null or
missing. On a record that a user makes, each of them may be None.

A field is a non-data descriptor. The record keeps the API's object in ``_raw``. The first read of a field converts the
value and stores the result in the ``__dict__`` of the record, where Python finds it from then on without calling the
field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from .._exceptions import MalformedFieldError
from .coroutines import class_for
from .decoding import MAX_DEPTH, is_too_deep
from .documentation import Documented
from .forking import import_lock
from .secrets import mask
from .times import parse_time

if TYPE_CHECKING:
    from .client import BoundModelBase
    from .domain import BaseDomain
    from .mixins import Received
    from .references import Reference

__all__ = ["Always", "Field", "Identity", "Link", "Links", "Nested", "NestedList", "Secret", "Texts", "Timestamp"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
T_plain_co = TypeVar("T_plain_co", covariant=True)
T_in = TypeVar("T_in", contravariant=True)

_JSON_CONTAINERS: frozenset[type] = frozenset({dict, list})
_SCALARS = frozenset({str, int, float, bool})
_IDS = frozenset({str, int})
_SHALLOW = f"nested at most {MAX_DEPTH} deep"


def copy_json(value: Any, levels: int = MAX_DEPTH) -> Any:
    """Return a copy of decoded JSON that shares no dict and no list with it.

    Scalars are copied without a recursive call, which reduces the time to a third for lists, and to three quarters for
    objects.

    :raises MalformedFieldError: if it is nested more than ``levels`` deep: comparing or pickling it would exceed
        Python's recursion limit
    """
    if not levels and value.__class__ in _JSON_CONTAINERS:
        raise MalformedFieldError(f"the API sent a value that is nested more than {MAX_DEPTH} deep")
    if value.__class__ is dict:
        copy = value.copy()
        for key, item in value.items():
            if item.__class__ in _JSON_CONTAINERS:
                copy[key] = copy_json(item, levels - 1)
        return copy
    if value.__class__ is list:
        return [copy_json(item, levels - 1) if item.__class__ in _JSON_CONTAINERS else item for item in value]
    return value


class Field(Documented, Generic[T_co, T_plain_co, T_in]):
    """Base of all fields; a list or object is copied at the first read, so that changing it leaves ``_raw`` as it is.

    The type arguments are the type that is read from an object of the API, the type that is read from a record that a
    user makes, and the type that may be assigned.
    """

    name: str
    owner: type[BaseDomain]
    default: Any = None
    required: bool = False
    """True if the constructor of the record requires the value."""
    always: bool = False
    """True if the API sends the value with every complete object."""
    source: str | tuple[str, ...] | None = None
    """Location of the value in the API's object, if it is not the field's name: a dotted path, or several keys."""
    is_secret = False
    """True if ``repr`` and error messages leave out the value."""
    is_property = True
    """True if the field is listed in ``__api_properties__`` and has a value of its own."""

    def __set_name__(self, owner: type[BaseDomain], name: str) -> None:
        self.owner, self.name = owner, name

    @overload
    def __get__(self, holder: None, owner: type) -> Self: ...
    @overload
    def __get__(self, holder: BoundModelBase[Any] | Received, owner: type) -> T_co: ...
    @overload
    def __get__(self, holder: object, owner: type) -> T_plain_co: ...
    def __get__(self, holder: Any, owner: type) -> Any:
        if holder is None:
            return self
        name = self.name
        state = holder.__dict__
        while True:
            raw = holder._raw
            value = raw.get(name) if self.source is None else self.pick(raw)
            # A partial object fetches what is None or missing. An empty list, text or object was sent by the API.
            if value is not None:
                value = self.convert(holder, value)
            elif self.always or name not in raw or not state.get("complete", True):
                value = holder._missing_value(self)
                if holder._raw is raw:
                    return value
            # Readers take no lock. setdefault() is atomic: threads that convert at the same time get one object.
            value = state.setdefault(name, value)
            # _adopt() replaces _raw first and deletes the converted values then. If it ran in between, this value may
            # have been stored after the deletion: discard it, and convert the new one.
            if holder._raw is raw:
                return value
            state.pop(name, None)

    if TYPE_CHECKING:

        def __set__(self, holder: Any, value: T_in) -> None: ...

    def pick(self, raw: Any) -> Any:
        """Return the value that ``raw`` holds for this field, None if there is none."""
        if self.source is None:
            return raw.get(self.name)
        if self.source.__class__ is tuple:
            return {key: raw[key] for key in self.source if key in raw} or None
        for step in self._path:
            raw = raw.get(step) if raw.__class__ is dict or isinstance(raw, Mapping) else None
        return raw

    @cached_property
    def _path(self) -> list[str]:
        """Names of the objects that lead to the value, if ``source`` is a path."""
        assert isinstance(self.source, str)
        return self.source.split(".")

    def convert(self, holder: BaseDomain, raw: Any) -> Any:
        """Convert ``raw``, the value that the API sent, to the value that is read.

        :raises MalformedFieldError: if it has a wrong type
        """
        if raw.__class__ not in _JSON_CONTAINERS:
            return raw
        try:
            return copy_json(raw)
        except MalformedFieldError:
            raise self.malformed(holder, raw, _SHALLOW) from None

    def accept(self, holder: BaseDomain, value: Any) -> Any:
        """Convert ``value``, which a caller assigns, to the value that is stored."""
        return value

    def export(self, value: Any, raw: Any) -> Any:
        """Convert ``value`` to what the API would send.

        :param raw: The value that the API sent for this field, None if it sent none
        """
        from .domain import encode

        return encode(value, as_dict=True)

    def collect_partial_ids(self, raw: Any, collection: str, ids: dict[Any, None]) -> None:
        """Add the IDs of partial objects in ``raw`` to ``ids``, as far as they belong to ``collection``."""

    def can_link_to(self, collection: str, seen: set[type]) -> bool:
        """Return True if this field, or a field of a record in it, can link to ``collection``.

        :param seen: Record classes that are being searched already, since records may contain each other
        """
        return False

    def is_lacking(self, holder: BaseDomain) -> bool:
        """Return True if the API should have sent the value, but sent none or null."""
        return self.always and self.pick(holder._raw) is None

    def malformed(self, holder: BaseDomain, raw: object, expected: str) -> MalformedFieldError:
        """Return the error for a field that should be ``expected``, but is ``raw``."""
        return MalformedFieldError(
            f"{self._subject(holder)}: the field {self.name!r} should be {expected}, "
            f"but holds {'a secret' if self.is_secret else _excerpt(raw)}"
        )

    def lacking(self, holder: BaseDomain) -> MalformedFieldError:
        """Return the error for a field that the API should have sent."""
        is_null = self.source is None and self.name in holder._raw
        return MalformedFieldError(
            f"{self._subject(holder)}: the field {self.name!r} {'is null' if is_null else 'is missing'}, "
            "but the API should always send it"
        )

    def _subject(self, holder: BaseDomain) -> str:
        identity = holder._raw.get("id")
        return type(holder).__name__ if identity is None else f"{type(holder).__name__} {_excerpt(identity)}"


class Plain(Field[T, "T | None", "T | None"]):
    """Field without conversion, made from a plain annotation."""

    scalars = _SCALARS
    """Classes of values that are read as they are."""

    if not TYPE_CHECKING:

        def __get__(self, holder: Any, owner: type) -> Any:
            # Field.__get__ for the most common case, a value that the API sent. Cuts the time of a first read by a
            # third.
            try:
                state = holder.__dict__
                raw = state["_raw"]
                value = raw[self.name]
            except (AttributeError, KeyError):
                return super().__get__(holder, owner)
            if value.__class__ in self.scalars or (value is None and not self.always and state.get("complete", True)):
                state[self.name] = value
            elif value is None:
                return super().__get__(holder, owner)
            else:
                value = state.setdefault(self.name, self.convert(holder, value))
            if state["_raw"] is raw:
                return value
            state.pop(self.name, None)
            return super().__get__(holder, owner)


class Always(Plain[T]):
    """Field without conversion that the API sends with every complete object."""


class Identity(Plain[T]):
    """ID of a resource: an integer or a text. Every object of the API has one."""

    scalars = _IDS
    is_integer: bool
    """True if the API's IDs are integers; a text is one in digits then."""

    def convert(self, holder: BaseDomain, raw: Any) -> Any:
        if raw.__class__ not in _IDS:
            raise self.malformed(holder, raw, "an integer or a text")
        return raw


def _excerpt(value: object) -> str:
    if value.__class__ in _JSON_CONTAINERS:  # its content may be secret
        return "a list" if value.__class__ is list else "an object"
    try:
        text = mask(repr(value))
    except Exception:  # noqa: BLE001  # an integer of too many digits, or a class of the user, whose repr fails
        return f"<{type(value).__qualname__}>"
    return text if len(text) <= 80 else f"{text[:77]}..."


class Secret(Field[T, "T | None", "T | None"]):
    """Text that is left out of ``repr``, such as a password."""

    is_secret = True


class Texts(Field["list[str]", "list[str]", "list[str] | None"]):
    """List of texts; empty if the API sent none."""

    if not TYPE_CHECKING:

        def __get__(self, holder: Any, owner: type) -> Any:
            value = super().__get__(holder, owner)
            if value is None:  # stored, as the caller may append to it
                value = holder.__dict__[self.name] = []
            return value

    def accept(self, holder: BaseDomain, value: Any) -> Any:
        return [] if value is None else value


class Timestamp(Field[T, "T | None", "str | T | None"]):
    """Time: a text in ISO 8601 or a datetime may be assigned, a datetime is read."""

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
        return raw if self._is_same(raw, value) else value.isoformat()

    def _is_same(self, raw: Any, value: datetime) -> bool:
        """Return True if the API sent this time, whose notation is to be kept then."""
        try:
            return isinstance(raw, str) and parse_time(raw) == value
        except (ValueError, OverflowError):
            return False


class _ListMixin(Field[T, "T | None", Any]):
    """Mixin that stands before another field class and makes it a list of such values."""

    def convert(self, holder: BaseDomain, raw: Any) -> Any:
        if raw.__class__ is not list:
            raise self.malformed(holder, raw, "a list")
        convert_item = super().convert
        return [convert_item(holder, item) for item in raw]

    def accept(self, holder: BaseDomain, value: Any) -> Any:
        accept_item = super().accept
        return [accept_item(holder, item) for item in value] if isinstance(value, list) else value

    def collect_partial_ids(self, raw: Any, collection: str, ids: dict[Any, None]) -> None:
        if raw.__class__ is list:
            for item in raw:
                super().collect_partial_ids(item, collection, ids)


class Nested(Field[T, "T | None", "T | Mapping[str, Any] | None"]):
    """Nested record; by default of the same class as its owner."""

    record_class: type[BaseDomain]

    def __init__(self, record_class: type[Any] | None = None) -> None:
        if record_class is not None:
            self.record_class = record_class

    def __set_name__(self, owner: type[BaseDomain], name: str) -> None:
        super().__set_name__(owner, name)
        self.record_class = getattr(self, "record_class", owner)

    def convert(self, holder: BaseDomain, raw: Any) -> Any:
        if raw.__class__ is not dict:
            raise self.malformed(holder, raw, "an object")
        if self._is_too_deep(raw):
            raise self.malformed(holder, raw, _SHALLOW)
        return self.record_class._hydrate(raw, holder._client, holder._batch)

    def accept(self, holder: BaseDomain, value: Any) -> Any:
        return Nested.convert(self, holder, value) if value.__class__ is dict else value  # also of an item of a list

    def collect_partial_ids(self, raw: Any, collection: str, ids: dict[Any, None]) -> None:
        if raw.__class__ is dict and not self._is_too_deep(raw):
            self.record_class._collect_partial_ids(raw, collection, ids)

    def _is_too_deep(self, raw: dict[str, Any]) -> bool:
        # Only records that contain records of their class can be nested without limit.
        return self.record_class is self.owner and is_too_deep(raw)

    def can_link_to(self, collection: str, seen: set[type]) -> bool:
        if self.record_class is self.owner:  # a record that contains itself: look at its other fields
            return any(
                field.can_link_to(collection, seen) for field in self.record_class._fields.values() if field is not self
            )
        return bool(self.record_class._fields_linking_to(collection, seen))


class NestedList(_ListMixin[T], Nested[T]):
    """List of records within the record."""

    if TYPE_CHECKING:

        def __set__(self, holder: Any, value: T | Mapping[str, Any] | list[dict[str, Any]] | None) -> None: ...


class Link(Field[T, "T | None", "T | BaseDomain | int | None"]):
    """Resource of another ``collection``, read as a bound object; the API sends its ID or some of its fields.

    Missing fields are fetched when they are read. With ``complete=True`` the API always sends the whole resource; with
    the name of a field it does so if that field is present.
    """

    def __init__(
        self, collection: str, *, complete: bool | str = False, source: str | tuple[str, ...] | None = None
    ) -> None:
        self.collection = collection
        self.complete = complete
        self.source: str | tuple[str, ...] | None = source

    @cached_property
    def target(self) -> type[BoundModelBase[Any]]:
        """Bound model of the collection, imported when it is first needed."""
        return bound_model(self._package, self.collection)

    @property
    def _package(self) -> str:
        return self.owner.__module__.rsplit(".", 2)[0]

    @cached_property
    def reference(self) -> Reference:
        """Forms of the value in a request: a resource or its ID; a list of them for several links."""
        from .references import Reference

        record = self.target._record_class
        by_id: bool = getattr(record._fields[record._identified_by], "is_integer", False)
        by_name = record._by_name or not by_id
        is_list = isinstance(self, Links)
        return Reference(record.__name__, self._package, is_list=is_list, by_id=by_id, by_name=by_name)

    def convert(self, holder: BaseDomain, raw: Any) -> Any:
        model = self.target
        id_name = model._record_class._identified_by
        is_complete = False
        if raw.__class__ is dict:
            identity = raw.get(id_name)
            if identity.__class__ not in _IDS and identity is not None:
                raise self.malformed(holder, raw, f"an object whose {id_name} is an integer or a text")
            is_complete = self.complete is not False and self._is_complete(raw)
        elif raw.__class__ in _IDS:
            raw = {id_name: raw}
        else:
            raise self.malformed(holder, raw, "an id or an object")
        client = holder._client
        if client is None:
            return model.model._hydrate(raw)
        return class_for(client, model)._linked(client, raw, holder._batch, is_complete)

    def _is_complete(self, raw: Any) -> bool:
        """Return True if ``raw`` is the complete resource."""
        return raw.__class__ is dict and (self.complete is True or self.complete in raw)

    def accept(self, holder: BaseDomain, value: Any) -> Any:
        return Link.convert(self, holder, value) if value.__class__ in (int, dict) else value  # also of an item

    def export(self, value: Any, raw: Any) -> Any:
        identity = self.identity(value)
        if identity is value:
            return super().export(value, raw)
        if raw.__class__ is not dict:
            return identity
        # If the link is unchanged, export the API's original value: fields that were fetched since are not part of this
        # record.
        is_as_sent = not self.complete and raw.get(value._identified_by) == identity
        return copy_json(raw) if is_as_sent else super().export(value, raw)

    def identity(self, value: Any) -> Any:
        """Return the ID of the resource ``value``, or ``value`` itself if it has none."""
        identity = value._identity() if hasattr(value, "_identity") else None
        return value if identity is None else identity

    def collect_partial_ids(self, raw: Any, collection: str, ids: dict[Any, None]) -> None:
        if self._is_complete(raw):
            self.target._collect_partial_ids(raw, collection, ids)
        elif self.collection == collection:
            identity = raw.get(self.target._record_class._identified_by) if raw.__class__ is dict else raw
            if identity.__class__ in _IDS:
                ids[identity] = None

    def can_link_to(self, collection: str, seen: set[type]) -> bool:
        return self.collection == collection or (
            bool(self.complete) and bool(self.target._fields_linking_to(collection, seen))
        )


class Links(_ListMixin[T], Link[T]):
    """List of resources of another ``collection``."""

    if TYPE_CHECKING:

        def __set__(self, holder: Any, value: T | BaseDomain | int | Sequence[BaseDomain | int] | None) -> None: ...

    def identity(self, value: Any) -> Any:
        item_identity = super().identity
        return list(map(item_identity, value)) if isinstance(value, (list, tuple)) else item_identity(value)

    def export(self, value: Any, raw: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            return super().export(value, raw)
        # If the number of items changed, they cannot be matched; the first one decides between IDs and objects.
        raws = raw if isinstance(raw, list) and len(raw) == len(value) else [raw[0] if raw else None] * len(value)
        return [super(Links, self).export(item, raw_item) for item, raw_item in zip(value, raws, strict=True)]


_bound_models: dict[tuple[str, str], type[BoundModelBase[Any]]] = {}


def register(package: str, collection: str, model: type[BoundModelBase[Any]]) -> None:
    """Register ``model`` as the bound model of ``collection`` in ``package``."""
    _bound_models[package, collection] = model


def bound_model(package: str, collection: str) -> type[BoundModelBase[Any]]:
    """Return the bound model of ``collection`` in ``package``; import its package if it is not registered yet.

    The name of a collection within a resource follows a dot, as in ``storage_boxes.snapshots``.
    """
    if (package, collection) not in _bound_models:
        with import_lock:
            import_module(f"{package}.{collection.partition('.')[0]}")
    return _bound_models[package, collection]
