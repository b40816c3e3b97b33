"""Arguments that name a resource: its record, its ID, or its name where the API takes names."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from .domain import BaseDomain

__all__ = ["ListOf", "Reference", "as_integer", "id_or_text"]

T_co = TypeVar("T_co", covariant=True)


class ListOf(Protocol[T_co]):
    """A list, a tuple, or another collection of items. Unlike ``Sequence[str]``, ``ListOf[str]`` accepts no text."""

    def __iter__(self) -> Iterator[T_co]: ...
    def __len__(self) -> int: ...
    def __contains__(self, item: object, /) -> bool: ...


class Reference:
    """A parameter that takes a resource, as its annotation says: ``Server | int``, ``ListOf[SSHKey | str | int]``.

    A text in digits is an ID if the annotation has ``int``; other texts are accepted if it has ``str``. Any other
    object is accepted for its ``id`` or ``id_or_name``.
    """

    def __init__(self, record: str, package: str, *, is_list: bool, by_id: bool, by_name: bool) -> None:
        self.record = record
        """Name of the record class."""
        self.package = package
        """Package of the provider that the record class is part of."""
        self.is_list = is_list
        self.by_id = by_id
        """True if the ID may be an integer."""
        self.by_name = by_name
        """True if the API takes a text that is not an integer: a name, a slug or a UUID."""

    @classmethod
    def parse(cls, annotation: str, package: str) -> Reference | None:
        """Return the reference that a parameter with this annotation is, None if it is another parameter."""
        item = annotation.removesuffix(" | None")
        is_list = item.startswith(("Sequence[", "ListOf["))
        alternatives = set((item.partition("[")[2].removesuffix("]") if is_list else item).split(" | "))
        by_id, by_name = "int" in alternatives, bool(alternatives & {"str", "RegionSlug"})
        records = [name for name in alternatives - {"int", "str", "RegionSlug"} if name.isidentifier()]
        if len(records) != 1 or not records[0][0].isupper() or not (by_id or by_name):
            return None
        return cls(records[0], package, is_list=is_list, by_id=by_id, by_name=by_name)

    def check(self, name: str, argument: Any) -> Any:
        """Return the argument with IDs as integers, an iterable as a list, and records with valid IDs as they are.

        :param name: Name of the parameter
        :raises ValueError: if the API does not take the argument
        """
        if not self.is_list:
            return self._check_item(name, argument)
        if isinstance(argument, (str, bytes, Mapping, BaseDomain)) or not isinstance(argument, Iterable):
            raise ValueError(f"{name} must be a list, not {argument!r}")
        return [self._check_item(name, item) for item in argument]

    def _check_item(self, name: str, argument: Any) -> Any:
        if isinstance(argument, BaseDomain):
            return self._check_record(name, argument)
        key = self._key(argument)
        for attribute in ("id", "id_or_name") if not isinstance(argument, str) else ():
            key = self._key(getattr(argument, attribute, None)) if key is None else key
        if key is None:
            hint = self._lookup(argument) if isinstance(argument, str) and id_or_text(argument) not in ("", 0) else ""
            raise ValueError(f"{name} must be {self._expected}, not {argument!r}{hint}")
        return key

    def _key(self, value: Any) -> int | str | None:
        """Return an ID as integer, and a name as it is; None if ``value`` is neither."""
        key = (id_or_text(value) if self.by_id else value) if isinstance(value, str) else as_integer(value)
        if isinstance(key, str):
            return key if key and self.by_name else None
        return key if key is not None and key > 0 and self.by_id else None

    def _check_record(self, name: str, argument: BaseDomain) -> BaseDomain | int:
        """Return a record as it is, or its ID as integer if the record holds it in another form, such as a text.

        :raises ValueError: if the record is of another class, or has no usable ID
        """
        record_class = argument._record_class
        if record_class._is_closed and not self._fits(argument):
            hint = " of another provider" if record_class.__name__ == self.record else ""
            hint += "".join(
                f"; pass its {field}" for field in argument._fields if self._fits(argument._known_value(field))
            )
            raise ValueError(f"{name} must be {self._article} {self.record}, not {_abbreviated(argument)}{hint}")
        identity, own_name = argument._identity(), argument._known_value("name") if "name" in argument._fields else None
        if identity is None:
            if own_name is not None and not self.by_name:
                raise ValueError(f"{name}={_abbreviated(argument)} has no id{self._lookup(own_name)}")
            return argument
        is_integer = getattr(argument._fields.get(record_class._identified_by), "is_integer", False)
        if isinstance(identity, str) and (self.by_name or not is_integer):
            return argument
        key = id_or_text(identity) if isinstance(identity, str) else as_integer(identity)
        if not isinstance(key, int) or key < 1:
            raise ValueError(f"{name}={_abbreviated(argument)} has no valid {record_class._identified_by}")
        return argument if identity.__class__ is int or not self.by_id else key

    def _fits(self, value: Any) -> bool:
        # By name, since the module of a resource imports the records of others for type checkers only.
        return isinstance(value, BaseDomain) and any(
            cls.__name__ == self.record
            and (cls is BaseDomain or cls.__module__.rsplit(".", 2)[0] == self.package or self._client_class is None)
            for cls in value._record_class.__mro__
        )

    @property
    def _client_class(self) -> type[Any] | None:
        """Main client of the provider; None for a method that a user declares in a package that is not a provider."""
        return getattr(sys.modules.get(self.package), "Client", None)

    def _lookup(self, name: str) -> str:
        """Return a hint to look up the resource by its name, an empty text if that is impossible."""
        words = re.sub("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", self.record).lower()
        resource = f"{words}es" if words.endswith("x") else f"{words}s"
        is_resource = resource in getattr(self._client_class, "__annotations__", ())
        return f"; get it by its name: client.{resource}.get({str(name)!r})" if is_resource else ""

    @property
    def _expected(self) -> str:
        *forms, last = (
            f"{self._article} {self.record}",
            *["an ID"] * self.by_id,
            *["a name" if self.by_id else "a text"] * self.by_name,
        )
        return f"{', '.join(forms)} or {last}"

    @property
    def _article(self) -> str:
        return "an" if self.record.startswith(("A", "E", "I", "O", "SSH")) else "a"


def id_or_text(text: str) -> int | str:
    """Return a text in digits as integer, any other text as it is."""
    if text.isascii() and text.isdecimal() and len(text) < 20:
        return int(text)
    return text


def as_integer(value: Any) -> int | None:
    """Return an integer, such as one of an enum or of NumPy, as ``int``; None if ``value`` is not one, or a bool."""
    if isinstance(value, (int, bool)):
        return None if isinstance(value, bool) else int(value)
    from numbers import Integral  # unlike ``__index__``, mocks are not registered there

    return int(value) if isinstance(value, Integral) else None


def _abbreviated(record: BaseDomain) -> str:
    names = dict.fromkeys((record._identified_by, "name"))
    fields = [f"{name}={value!r}" for name in names if (value := record._known_value(name)) is not None]
    return f"{type(record).__name__}({', '.join(fields)})"
