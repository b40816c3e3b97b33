"""What the API's values are: plain records, one class per kind of object."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypedDict, TypeVar, cast

from .._exceptions import InvalidArgumentError, MalformedFieldError, UnboundError
from .fields import Field, Link, Nested, Plain, Retired, Texts, copy_json, format_time, parse_time

if TYPE_CHECKING:
    from inspect import Signature

    from typing_extensions import Self, dataclass_transform

    from .batches import Batch
else:  # in typing from Python 3.11

    def dataclass_transform(**_):
        return lambda decorator: decorator


__all__ = [
    "BaseDomain",
    "DomainIdentityMixin",
    "Meta",
    "Pagination",
    "Protection",
    "Resource",
    "ResourceSort",
    "encode",
    "record",
]

R = TypeVar("R", bound="BaseDomain")

ResourceSort = Literal[
    "id", "id:asc", "id:desc", "name", "name:asc", "name:desc", "created", "created:asc", "created:desc"
]
"""What the listings of most resources can be sorted by."""

_NOTHING: Mapping[str, Any] = {}
# What an instance holds besides its fields.
_OWN = frozenset({"_raw", "_client", "_batch", "complete"})


class _Unbound:
    """Stands for the client of what was unpickled."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # what Python and its mocks ask everything for
            raise AttributeError(name)
        raise UnboundError(
            "this object was unpickled and has no client: it can be read as far as it was fetched; to fetch or to act, "
            "get it anew from a client, or give its class the client and the object's to_dict()"
        )

    def __repr__(self) -> str:
        return "<no client>"

    def __reduce__(self) -> str:
        return "NO_CLIENT"


NO_CLIENT = _Unbound()


class BaseDomain:
    """A record of the API: compares by value, and prints as the call that would build it."""

    __api_properties__: ClassVar[tuple[str, ...]]

    _fields: ClassVar[dict[str, Field[Any, Any]]] = {}
    _kind: ClassVar[type[BaseDomain]]
    """What counts as the same kind of thing: a bound model is of the kind of its record."""
    _is_abstract: ClassVar[bool] = False
    """Whether it only holds what others have in common, so that each of them is a kind of its own."""
    _is_closed: ClassVar[bool] = False
    """Whether assigning to an unknown name is an error, as it is on all classes of this library."""
    _identified_by: ClassVar[str] = "id"
    """The field that tells it from others of its kind."""
    _by_name: ClassVar[bool] = False
    """Whether the API takes the name in place of the id."""
    _derived: ClassVar[tuple[str, ...]] = ()
    """Properties that count as fields, though their values are those of others."""

    _raw: Mapping[str, Any] = _NOTHING
    _client: Any = None
    _batch: Batch | None = None

    def __init_subclass__(
        cls, *, abstract: bool = False, by_name: bool | None = None, identified_by: str | None = None, **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        cls._is_closed, cls._is_abstract = False, abstract
        if not hasattr(cls, "_kind"):
            cls._kind = cls
        if by_name is not None:
            cls._by_name = by_name
        if identified_by is not None:
            cls._identified_by = identified_by

    def __init__(self, *args: Any, **values: Any) -> None:
        fields = self._fields
        name = type(self).__qualname__
        if args:
            if len(args) > len(fields):
                raise TypeError(
                    f"{name}() takes at most {len(fields)} positional arguments, but {len(args)} were given"
                )
            for field, value in zip(fields, args, strict=False):
                if field in values:
                    raise TypeError(f"{name}() got multiple values for argument {field!r}")
                values[field] = value
        for field, value in values.items():
            if field not in fields:
                raise TypeError(f"{name}() got an unexpected keyword argument {field!r}")
            if fields[field].is_property:
                self.__dict__[field] = fields[field].accept(self, value)
        missing = [field for field, kind in fields.items() if kind.required and field not in values]
        if missing:
            raise TypeError(f"{name}() misses the argument{'s' * (len(missing) > 1)} {', '.join(map(repr, missing))}")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build the record from an object of the API; what this version does not know stays in :attr:`raw`."""
        if cls.__init__ is BaseDomain.__init__:
            return cls._hydrate(data)
        return cls(**{key: value for key, value in data.items() if key in cls.__api_properties__})

    @classmethod
    def _hydrate(cls, raw: Mapping[str, Any], client: Any = None, batch: Batch | None = None) -> Self:
        self = object.__new__(cls)
        state = self.__dict__
        state["_raw"] = raw
        if client is not None:
            state["_client"] = client
            if batch is not None:
                state["_batch"] = batch
        return self

    def _absent(self, field: Field[Any, Any]) -> Any:
        """What a field reads as for which the API sent nothing, or null."""
        return None if field.name in self._raw else field.default

    @property
    def raw(self) -> Mapping[str, Any]:
        """The object as the API sent it, unknown fields too, read-only at every depth; empty if built by hand."""
        from .views import view

        return cast("Mapping[str, Any]", view(self._raw))

    def to_dict(self) -> dict[str, Any]:
        """The object as the API would write it: what was sent, unknown fields too, with what was assigned since."""
        out: dict[str, Any] = copy_json(dict(self._raw))
        if not self._fields:
            return {name: getattr(self, name) for name in self.__api_properties__}
        for name, value in list(self.__dict__.items()):
            field = self._fields.get(name)
            is_unsaid = isinstance(field, Texts) and not value and out.get(name) is None
            if field is None or is_unsaid or (field.source is not None and out):
                continue
            if value is not None:
                out[name] = field.export(value, out.get(name))
            elif name in out or not self._raw:
                out[name] = None
        return out

    def to_payload(self) -> Any:
        """What stands for the record in a request: the id, or the name where the API takes one, else its values.

        :raises InvalidArgumentError: if the record has neither id nor name, or lacks a value that it needs
        """
        if self._identified_by not in self._fields:
            found = {
                name: encode(value) for name in self.__api_properties__ if (value := self._value(name)) is not None
            }
            missing = [name for name, field in self._fields.items() if field.required and not self._has(name)]
            if missing:
                raise InvalidArgumentError(f"{self!r} lacks {', '.join(missing)}")
            return found
        for name in (self._identified_by, "name") if self._by_name else (self._identified_by,):
            value = self._known(name)
            if value is not None:
                return value
        needed = "id or name" if self._by_name else self._identified_by
        raise InvalidArgumentError(f"{needed} must be set")

    def _has(self, name: str) -> bool:
        return name in self.__dict__ or name in self._raw

    def _known(self, name: str) -> Any:
        """The value of a field, or None where nothing is known of it; never fetches."""
        if name in self.__dict__:
            return self.__dict__[name]
        if self._raw.get(name) is not None:
            return self._value(name)
        field = self._fields.get(name)
        return getattr(self, name, None) if field is None else field.default

    def _value(self, name: str) -> Any:
        """What the field reads as, without the warning that a retired one gives to who asks for it by name."""
        field = self._fields.get(name)
        return field.quietly(self) if isinstance(field, Retired) else getattr(self, name)

    def _is_partial(self) -> bool:
        return False

    def _shown(self) -> Iterator[tuple[str, Any]]:
        for name in self.__api_properties__:
            field = self._fields.get(name)
            try:
                value = self._value(name)
            except MalformedFieldError:  # who looks for what is wrong needs to see the rest
                value = "(malformed)"
            yield name, "***" if field is not None and field.is_secret and value is not None else value

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in self._shown())})"

    def _identity(self) -> Any:
        return self._known(self._identified_by) if self._identified_by in self.__api_properties__ else None

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, BaseDomain) or not (isinstance(other, self._kind) or isinstance(self, other._kind)):
            return NotImplemented
        if self._is_partial() or other._is_partial():
            identity = self._identity()
            return identity is not None and identity == other._identity()
        return all(self._compared(name) == other._compared(name) for name in self.__api_properties__)

    def _compared(self, name: str) -> Any:
        """What counts of a field when two records are compared: of a link its id, whether it was followed or not."""
        value, field = self._value(name), self._fields.get(name)
        return field.identity(value) if isinstance(field, Link) and not field.complete else value

    def __hash__(self) -> int:
        identity = self._identity()
        if identity is not None:
            return hash((self._kind, identity))
        value = self._known if self._is_partial() else self._value  # hashing fetches nothing
        return hash((self._kind, *(_frozen(value(name)) for name in self.__api_properties__)))

    if not TYPE_CHECKING:  # which would let checkers take any name

        def __setattr__(self, name: str, value: Any) -> None:
            field = self._fields.get(name)
            if field is not None and field.is_property:
                self.__dict__[name] = field.accept(self, value)
            elif not self._is_closed or name.startswith("_") or hasattr(type(self), name) or name in _OWN:
                _set(self, name, value)
            else:
                raise AttributeError(
                    f"{type(self).__qualname__!r} has no field {name!r}; it has {', '.join(self.__api_properties__)}"
                )

    def _held(self) -> dict[str, Any]:
        if "__init__" in self._kind.__dict__ and not self._fields:  # a user's own class, with slots of its own
            return {name: getattr(self, name) for name in self.__api_properties__ if hasattr(self, name)}
        return self.__dict__.copy()

    def __getstate__(self) -> dict[str, Any]:
        held = self._held()
        held.pop("_batch", None)
        if "_client" in held:
            held["_client"] = NO_CLIENT
        if "_raw" in held:
            held["_raw"] = dict(held["_raw"])
        return held

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.__getstate__())

    def __copy__(self) -> Self:
        return _restore(type(self), self._held())

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin = memo[id(self)] = object.__new__(type(self))
        for name, value in self._held().items():
            _set(twin, name, value if name in _OWN else copy.deepcopy(value, memo))
        return twin

    def _parse_datetime(self, value: str | None) -> datetime | None:
        return None if value is None else parse_time(value)

    @classmethod
    def _reaching(cls, collection: str, seen: set[type] | None = None) -> tuple[Field[Any, Any], ...]:
        """The fields through which objects of this kind can link to ``collection``."""
        known = cls.__dict__.get("_reaching_fields")
        if known is None:
            known = cls._reaching_fields = {}  # type: ignore[attr-defined]
        if collection not in known:
            seen = set() if seen is None else seen
            if cls in seen:
                return ()
            seen.add(cls)
            known[collection] = tuple(field for field in cls._fields.values() if field.reaches(collection, seen))
        return cast("tuple[Field[Any, Any], ...]", known[collection])

    @classmethod
    def _partials(cls, raw: Mapping[str, Any], collection: str, found: dict[Any, None]) -> None:
        for field in cls._reaching(collection):
            value = field.pick(raw)
            if value is not None:
                field.partials(value, collection, found)


_set = object.__setattr__


def _restore(cls: type[R], state: dict[str, Any]) -> R:
    self = object.__new__(cls)
    for name, value in state.items():
        _set(self, name, value)
    return self


def _frozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return frozenset((key, _frozen(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(map(_frozen, value))
    return value


def encode(value: Any, *, whole: bool = False) -> Any:
    """``value`` as it goes into a request: records as what stands for them, datetimes as ISO 8601 text.

    :param whole: whether records stand with all that they hold
    """
    if isinstance(value, BaseDomain):
        return value.to_dict() if whole else value.to_payload()
    if isinstance(value, date):
        return format_time(value)
    if isinstance(value, Mapping):
        return {key: encode(item, whole=whole) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return [encode(item, whole=whole) for item in value]
    return value


class _LazySignature:
    """The signature of a class's constructor, worked out when something asks for it."""

    def __get__(self, holder: object, owner: type[BaseDomain]) -> Signature:
        from inspect import Parameter, Signature, signature

        if owner.__init__ is not BaseDomain.__init__:  # a bound model, or a user's own class
            own = signature(owner.__init__)
            return own.replace(parameters=list(own.parameters.values())[1:])
        annotations: dict[str, Any] = {}
        for base in reversed(owner.__mro__):
            annotations.update(getattr(base, "__annotations__", {}))
        return Signature(
            [
                Parameter(
                    name,
                    Parameter.POSITIONAL_OR_KEYWORD,
                    default=Parameter.empty if field.required else field.default,
                    annotation=annotations.get(name, Parameter.empty),
                )
                for name, field in owner._fields.items()
            ]
        )


@dataclass_transform(eq_default=False, field_specifiers=())
def record(cls: type[R]) -> type[R]:
    """Make ``cls`` a record of its annotated fields: each is named, typed and documented there only."""
    fields = dict(cls._fields)
    for name, annotation in cls.__annotations__.items():
        if annotation.startswith("ClassVar"):
            continue
        given = cls.__dict__.get(name, _REQUIRED)
        field: Field[Any, Any] = given if isinstance(given, Field) else Plain()
        if field is not given:
            field.__set_name__(cls, name)
            field.default, field.required = (None, True) if given is _REQUIRED else (given, False)
            setattr(cls, name, field)
        fields[name] = field
    cls._fields = fields
    # A record that extends another counts as its kind, so that equal ones have the same hash.
    above = [vars(base) for base in cls.__mro__[1:]]
    cls._kind = next((base["_kind"] for base in above if base.get("_fields") and not base["_is_abstract"]), cls)
    cls._is_closed = True
    cls.__api_properties__ = (*(name for name, field in fields.items() if field.is_property), *cls._derived)
    cls.__slots__ = cls.__api_properties__  # type: ignore[attr-defined]  # hcloud-python lists them here too
    cls.__signature__ = _LazySignature()  # type: ignore[attr-defined]
    return cls


_REQUIRED = object()


class DomainIdentityMixin:
    """What records have in common that have an id and a name."""

    if TYPE_CHECKING:
        id: int | None
        name: str | None

    @property
    def id_or_name(self) -> int | str:
        """The id if it is set, else the name.

        :raises ValueError: if neither is
        """
        if self.id is not None:
            return self.id
        if self.name is not None:
            return self.name
        raise ValueError("id or name must be set")

    def has_id_or_name(self, id_or_name: int | str) -> bool:
        """Whether this is the resource so called; a text of digits may be its id or its name.

        :raises ValueError: if neither id nor name is set
        """
        if self.id is None and self.name is None:
            raise ValueError("id or name must be set")
        text = str(id_or_name)
        is_id = self.id is not None and text.isascii() and text.isdecimal() and self.id == int(text)
        return is_id or (self.name is not None and self.name == text)


class Protection(TypedDict):
    """What a resource is protected from."""

    delete: bool


@record
class Resource(BaseDomain, DomainIdentityMixin, abstract=True):
    """What nearly all resources have in common."""

    id: int | None = None
    """Its ID, unique among its kind."""
    name: str | None = None
    """Its unique name."""


@record
class Pagination(BaseDomain):
    """Where in a listing a page stands."""

    page: int
    """Its number, from 1."""
    per_page: int
    """How many entries a page holds at most."""
    previous_page: int | None = None
    """The number of the page before it, if there is one."""
    next_page: int | None = None
    """The number of the page after it, if there is one."""
    last_page: int | None = None
    """The number of the last page."""
    total_entries: int | None = None
    """How many entries all pages hold together."""


@record
class Meta(BaseDomain):
    """What a response says of itself."""

    pagination: Nested[Pagination | None] = Nested(Pagination)
    """Where in the listing the page stands; None where the response has all there is."""

    @classmethod
    def parse_meta(cls, response: Mapping[str, Any] | None) -> Meta:
        """Read the ``meta`` of a decoded response; empty where it has none."""
        meta = response.get("meta") if response else None
        return cls._hydrate(meta if isinstance(meta, dict) else _NOTHING)
