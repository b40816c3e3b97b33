"""Base classes of the records, the classes that hold API data."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypedDict, TypeVar, cast, dataclass_transform

from .._exceptions import InvalidArgumentError, MalformedFieldError, UnboundError
from .deprecated_fields import Retired
from .fields import Always, Field, Identity, Link, Nested, Plain, Texts, copy_json
from .mixins import DomainIdentityMixin, Received
from .signatures import LazySignature
from .stale import known, known_value
from .times import format_time, parse_time

if TYPE_CHECKING:
    from .batches import Batch

__all__ = [
    "BaseDomain",
    "DomainIdentityMixin",
    "Meta",
    "Pagination",
    "Protection",
    "Received",
    "Resource",
    "ResourceSort",
    "encode",
    "hashable",
    "record",
]

R = TypeVar("R", bound="BaseDomain")

ResourceSort = Literal[
    "id", "id:asc", "id:desc", "name", "name:asc", "name:desc", "created", "created:asc", "created:desc"
]
"""Sort keys of the listings of most resources."""

_EMPTY: Mapping[str, Any] = {}
_INTERNAL_ATTRIBUTES = frozenset({"_raw", "_client", "_batch", "_subjects", "complete"})
"""Instance attributes that are not fields."""


class _Unbound:
    """Substitute for the client of an unpickled object."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # looked up by copy, pickle and mocks, which expect an AttributeError
            raise AttributeError(name)
        raise UnboundError(
            "this object was unpickled and has no client: fields that were fetched before can be read; to fetch others "
            "or to call methods, get the object from a client, or pass a client and the object's to_dict() to its class"
        )

    def __repr__(self) -> str:
        return "<no client>"

    def __reduce__(self) -> str:
        return "NO_CLIENT"


NO_CLIENT = _Unbound()


class BaseDomain:
    """Base of all records: compared by value, shown by ``repr`` with the fields that tell them apart."""

    __api_properties__: ClassVar[tuple[str, ...]]

    _fields: ClassVar[dict[str, Field[Any, Any, Any]]] = {}
    _record_class: ClassVar[type[BaseDomain]]
    """Class used for equality and hash: a bound model, its record, and records derived from it share it."""
    _is_abstract: ClassVar[bool] = False
    """True if the class only holds common fields: records derived from it are not compared with each other."""
    _is_closed: ClassVar[bool] = False
    """True if assigning to an unknown name is an error: on the classes of this library, but not on those of users."""
    _identified_by: ClassVar[str] = "id"
    """Name of the field that identifies the resource."""
    _by_name: ClassVar[bool] = False
    """True if the API accepts the name in place of the ID."""
    _shown: ClassVar[tuple[str, ...] | None] = None
    """Fields that ``repr`` shows besides ID and name, as far as they are known; None for all."""
    _derived: ClassVar[tuple[str, ...]] = ()
    """Properties that are listed in ``__api_properties__``, with values computed from fields."""

    _raw: Mapping[str, Any] = _EMPTY
    _client: Any = None
    _batch: Batch | None = None

    def __init_subclass__(
        cls,
        *,
        abstract: bool = False,
        by_name: bool | None = None,
        identified_by: str | None = None,
        shown: tuple[str, ...] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(**kwargs)
        cls._is_closed, cls._is_abstract = False, abstract
        if not hasattr(cls, "_record_class"):
            cls._record_class = cls
        if by_name is not None:
            cls._by_name = by_name
        if identified_by is not None:
            cls._identified_by = identified_by
        if shown is not None:
            cls._shown = shown

    def __init__(self, *args: Any, **values: Any) -> None:
        fields = self._fields
        class_name = type(self).__qualname__
        if args:
            if len(args) > len(fields):
                raise TypeError(
                    f"{class_name}() takes at most {len(fields)} positional arguments, but {len(args)} were given"
                )
            for name, value in zip(fields, args, strict=False):
                if name in values:
                    raise TypeError(f"{class_name}() got multiple values for argument {name!r}")
                values[name] = value
        for name, value in values.items():
            if name not in fields:
                raise TypeError(f"{class_name}() got an unexpected keyword argument {name!r}")
            if fields[name].is_property:
                self.__dict__[name] = fields[name].accept(self, value)
        missing = [name for name, field in fields.items() if field.required and name not in values]
        if missing:
            plural = "s" if len(missing) > 1 else ""
            raise TypeError(f"{class_name}() is missing the argument{plural} {', '.join(map(repr, missing))}")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Create the record from an object of the API; unknown fields are kept in :attr:`raw`."""
        if cls.__init__ is BaseDomain.__init__:
            return cls._hydrate(data)
        # A user's subclass with its own constructor.
        return cls(**{key: value for key, value in data.items() if key in cls.__api_properties__})

    @classmethod
    def _hydrate(cls, raw: Mapping[str, Any], client: Any = None, batch: Batch | None = None) -> Self:
        """Create the record around ``raw``, which is neither copied nor converted here."""
        self = object.__new__(cls)
        state = self.__dict__
        state["_raw"] = raw
        if client is not None:
            state["_client"] = client
            if batch is not None:
                state["_batch"] = batch
        return self

    def _join(self, batch: Batch) -> None:
        _set(self, "_batch", batch)
        batch.add(self)

    def _missing_value(self, field: Field[Any, Any, Any]) -> Any:
        """Return the value of a field that the API did not send, or sent as null.

        :raises MalformedFieldError: if the API made this record and should have sent the value
        """
        # The data model of a bound object shares its attributes, but reads like a record that a user made.
        if field.always and self._is_received() and "complete" not in self.__dict__:
            raise field.lacking(self)
        return known_value(self, field)

    def _is_received(self) -> bool:
        """Return True if the object came from the API, and was not made by a user."""
        return "_batch" in self.__dict__ or self._client is NO_CLIENT

    @property
    def raw(self) -> Mapping[str, Any]:
        """Object as the API sent it, with unknown fields, read-only; empty if the record was created by its class."""
        from .views import view

        return cast("Mapping[str, Any]", view(known(self._raw)))

    def to_dict(self) -> dict[str, Any]:
        """Return the object in the form of the API: what it sent, with unknown fields, and what was assigned since."""
        if not self._fields:
            return {name: getattr(self, name) for name in self.__api_properties__}
        result = self._copied_raw()
        for name, value in list(self.__dict__.items()):  # a list, as other threads may read fields meanwhile
            field = self._fields.get(name)
            # An empty list that was created by reading the field, not assigned.
            is_placeholder = isinstance(field, Texts) and not value and result.get(name) is None
            if field is None or is_placeholder or (field.source is not None and result):
                continue
            if value is not None:
                result[name] = field.export(value, result.get(name))
            elif name in result or not self._raw:
                result[name] = None
        return result

    def _copied_raw(self) -> dict[str, Any]:
        try:
            return cast("dict[str, Any]", copy_json(dict(known(self._raw))))
        except MalformedFieldError as error:
            raise MalformedFieldError(f"{type(self).__name__}: {error}") from None

    def to_payload(self) -> Any:
        """Return the form of the record in a request: its ID, or its name if the API accepts that, or all its values.

        A record without an ID field, such as a rule of a firewall, is sent with all its values.

        :raises InvalidArgumentError: if neither ID nor name is set, or a required value is missing
        """
        if self._identified_by not in self._fields:
            payload = {
                name: encode(self._checked_link(name, value))
                for name in self.__api_properties__
                if (value := self._value(name)) is not None
            }
            missing = [name for name, field in self._fields.items() if field.required and not self._has(name)]
            if missing:
                raise InvalidArgumentError(f"{self!r} lacks {', '.join(missing)}")
            return payload
        for name in (self._identified_by, "name") if self._by_name else (self._identified_by,):
            value = self._known_value(name)
            if value is not None:
                return value
        needed = "id or name" if self._by_name else self._identified_by
        raise InvalidArgumentError(f"{needed} must be set")

    def _checked_link(self, name: str, value: Any) -> Any:
        """Return the value of a field in the form that is sent, if it is a link; otherwise as it is.

        :raises InvalidArgumentError: if the API does not take it
        """
        field = self._fields.get(name)
        if not isinstance(field, Link):
            return value
        try:
            return field.reference.check(name, value)
        except ValueError as error:
            raise InvalidArgumentError(str(error)) from None

    def _has(self, name: str) -> bool:
        return name in self.__dict__ or name in self._raw

    def _known_value(self, name: str) -> Any:
        """Return the value of a field without fetching it; None if it is unknown."""
        if name in self.__dict__:
            return self.__dict__[name]
        if self._raw.get(name) is not None:
            return self._value(name)
        field = self._fields.get(name)
        return getattr(self, name, None) if field is None else field.default

    def _value(self, name: str) -> Any:
        """Return the value of a field: without the warning of a retired one, and None if it is unexpectedly missing."""
        field = self._fields.get(name)
        try:
            return field.get_without_warning(self) if isinstance(field, Retired) else getattr(self, name)
        except MalformedFieldError:
            # A property that is derived from fields can only fail by their absence.
            if not self._is_received() or (field is not None and not field.is_lacking(self)):
                raise
            return None

    def _is_partial(self) -> bool:
        return False

    def __repr__(self) -> str:
        from .display import text_of

        return text_of(self)

    def _identity(self) -> Any:
        return self._known_value(self._identified_by) if self._identified_by in self.__api_properties__ else None

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, BaseDomain) or not (
            isinstance(other, self._record_class) or isinstance(self, other._record_class)
        ):
            return NotImplemented
        if self._is_partial() or other._is_partial():
            identity = self._identity()
            return identity is not None and identity == other._identity()
        return all(self._comparison_value(name) == other._comparison_value(name) for name in self.__api_properties__)

    def _comparison_value(self, name: str) -> Any:
        """Return the value of a field for ``==``: of a link only the ID, so that fetching it changes nothing."""
        value, field = self._value(name), self._fields.get(name)
        return field.identity(value) if isinstance(field, Link) and not field.complete else value

    def __hash__(self) -> int:
        identity = self._identity()
        if identity is not None:
            return hash((self._record_class, hashable(identity)))
        value = self._known_value if self._is_partial() else self._comparison_value  # hashing must not fetch
        return hash((self._record_class, *(hashable(value(name)) for name in self.__api_properties__)))

    if TYPE_CHECKING:

        def _not_blocking(self) -> Self: ...  # tells checkers which records asynchronous methods take

    if not TYPE_CHECKING:  # otherwise type checkers would accept any attribute name

        def __setattr__(self, name: str, value: Any) -> None:
            field = self._fields.get(name)
            if field is not None and field.is_property:
                self.__dict__[name] = field.accept(self, value)
            elif (
                not self._is_closed or name.startswith("_") or hasattr(type(self), name) or name in _INTERNAL_ATTRIBUTES
            ):
                _set(self, name, value)
            else:
                raise AttributeError(
                    f"{type(self).__qualname__!r} has no field {name!r}; it has {', '.join(self.__api_properties__)}"
                )

    def _saved_state(self) -> dict[str, Any]:
        """Return the attributes to copy or pickle."""
        # A user's own record class may have slots.
        if "__init__" in self._record_class.__dict__ and not self._fields:
            return {name: getattr(self, name) for name in self.__api_properties__ if hasattr(self, name)}
        return self.__dict__.copy()

    def __getstate__(self) -> dict[str, Any]:
        state = self._saved_state()
        state.pop("_batch", None)
        state.pop("_subjects", None)
        if "_client" in state:  # holds the token
            state["_client"] = NO_CLIENT
        if "_raw" in state:
            state["_raw"] = self._copied_raw()
        return state

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.__getstate__())

    def __copy__(self) -> Self:
        return _restore(type(self), self._saved_state())

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        duplicate = memo[id(self)] = object.__new__(type(self))
        for name, value in self._saved_state().items():
            _set(duplicate, name, value if name in _INTERNAL_ATTRIBUTES else copy.deepcopy(value, memo))
        return duplicate

    def _parse_datetime(self, value: str | None) -> datetime | None:
        return None if value is None else parse_time(value)

    @classmethod
    def _fields_linking_to(cls, collection: str, seen: set[type] | None = None) -> tuple[Field[Any, Any, Any], ...]:
        """Return the fields through which records of this class can link to ``collection``."""
        cache = cls.__dict__.get("_linking_fields")
        if cache is None:
            cache = cls._linking_fields = {}  # type: ignore[attr-defined]
        if collection not in cache:
            seen = set() if seen is None else seen
            if cls in seen:
                return ()
            seen.add(cls)
            cache[collection] = tuple(field for field in cls._fields.values() if field.can_link_to(collection, seen))
        return cast("tuple[Field[Any, Any, Any], ...]", cache[collection])

    @classmethod
    def _collect_partial_ids(cls, raw: Mapping[str, Any], collection: str, ids: dict[Any, None]) -> None:
        """Add the IDs of partial objects in ``raw`` to ``ids``, as far as they belong to ``collection``."""
        for field in cls._fields_linking_to(collection):
            value = field.pick(raw)
            if value is not None:
                field.collect_partial_ids(value, collection, ids)


_set = object.__setattr__


def _restore(cls: type[R], state: dict[str, Any]) -> R:
    self = object.__new__(cls)
    for name, value in state.items():
        _set(self, name, value)
    return self


def hashable(value: Any) -> Any:
    """Return ``value`` with tuples and sets in place of its lists and objects; equal values remain equal."""
    if isinstance(value, Mapping):
        return frozenset((key, hashable(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(map(hashable, value))
    return value


def encode(value: Any, *, as_dict: bool = False) -> Any:
    """Convert ``value`` for a request: records by ``to_payload``, datetimes to ISO 8601 text.

    :param as_dict: If true, convert records by ``to_dict``
    """
    if isinstance(value, BaseDomain):
        return value.to_dict() if as_dict else value.to_payload()
    if isinstance(value, date):
        return format_time(value)
    if isinstance(value, Mapping):
        return {key: encode(item, as_dict=as_dict) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return [encode(item, as_dict=as_dict) for item in value]
    return value


@dataclass_transform(eq_default=False, field_specifiers=())
def record(cls: type[R]) -> type[R]:
    """Make ``cls`` a record, with a field for each annotation."""
    fields = dict(cls._fields)
    for name, annotation in cls.__annotations__.items():
        if annotation.startswith("ClassVar"):
            continue
        default = cls.__dict__.get(name, _REQUIRED)
        field: Field[Any, Any, Any] = default if isinstance(default, Field) else _plain_field(cls, name)
        if field is default:
            # The type argument, if there is one, says what the API sends.
            field.always = annotation.endswith("]") and not annotation.endswith("None]")
        else:
            field.__set_name__(cls, name)
            field.default, field.required = (None, True) if default is _REQUIRED else (default, False)
            field.always = field.required and not annotation.endswith("None")
            setattr(cls, name, field)
        if isinstance(field, Identity):
            field.is_integer = annotation.startswith(("int", "Identity[int"))
        fields[name] = field
    cls._fields = fields
    # A record that extends another can be equal to one of that class, so both must have the same hash.
    bases = [vars(base) for base in cls.__mro__[1:]]
    cls._record_class = next(
        (base["_record_class"] for base in bases if base.get("_fields") and not base["_is_abstract"]), cls
    )
    cls._is_closed = True
    cls.__api_properties__ = (*(name for name, field in fields.items() if field.is_property), *cls._derived)
    cls.__slots__ = cls.__api_properties__  # type: ignore[attr-defined]  # as in hcloud-python
    cls.__signature__ = LazySignature()  # type: ignore[attr-defined]
    return cls


_REQUIRED = object()


def _plain_field(cls: type[BaseDomain], name: str) -> Plain[Any]:
    return Identity() if name == cls._identified_by else Plain()


class Protection(TypedDict):
    """Protection of a resource against changes."""

    delete: bool
    """True if the resource cannot be deleted."""


@record
class Resource(BaseDomain, DomainIdentityMixin, abstract=True):
    """Base of nearly all resources."""

    id: Identity[int] = Identity()
    """ID of the resource, unique within its collection."""
    name: Always[str] = Always()
    """Name of the resource, unique."""


@record
class Pagination(BaseDomain, Received):
    """Position of a page in a listing."""

    page: int
    """Number of the page, from 1."""
    per_page: int
    """Maximum number of entries on a page."""
    previous_page: int | None = None
    """Number of the previous page, if there is one."""
    next_page: int | None = None
    """Number of the next page, if there is one."""
    last_page: int | None = None
    """Number of the last page."""
    total_entries: int | None = None
    """Number of entries on all pages."""


@record
class Meta(BaseDomain, Received):
    """Metadata of a response."""

    pagination: Nested[Pagination | None] = Nested(Pagination)
    """Position of the page in the listing; None if the response holds all entries."""

    @classmethod
    def parse_meta(cls, response: Mapping[str, Any] | None) -> Meta:
        """Parse the ``meta`` of a decoded response; return an empty record if there is none."""
        meta = response.get("meta") if response else None
        return cls._hydrate(meta if isinstance(meta, dict) else _EMPTY)
