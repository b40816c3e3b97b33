"""Arguments that name a resource: its record, its ID, or its name where the API takes names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from .domain import BaseDomain

__all__ = ["ListOf", "Reference", "id_or_text"]

T_co = TypeVar("T_co", covariant=True)

_ANNOTATION = r"(Sequence\[|ListOf\[)?([A-Z]\w*)((?: \| (?:int|str|RegionSlug)\b)+)"


class ListOf(Protocol[T_co]):
    """A list, a tuple, or another collection of items; unlike for ``Sequence[str]``, a text is not one of texts."""

    def __iter__(self) -> Iterator[T_co]: ...
    def __len__(self) -> int: ...
    def __contains__(self, item: object, /) -> bool: ...


class Reference:
    """A parameter that takes a resource, as its annotation says: ``Server | int``, ``ListOf[SSHKey | str | int]``.

    A text in digits is an ID if the annotation has ``int``; other texts are accepted if it has ``str``.
    """

    def __init__(self, record: str, *, is_list: bool, by_id: bool, by_name: bool) -> None:
        self.record = record
        """Name of the record class."""
        self.is_list = is_list
        self.by_id = by_id
        """True if the ID may be an integer."""
        self.by_name = by_name
        """True if the API takes a text that is not an integer: a name, a slug or a UUID."""

    @classmethod
    def parse(cls, annotation: str) -> Reference | None:
        """Return the reference that a parameter with this annotation is, None if it is another parameter."""
        match = re.match(_ANNOTATION, annotation)
        if match is None:
            return None
        alternatives = match[3].split(" | ")
        by_name = "str" in alternatives or "RegionSlug" in alternatives
        return cls(match[2], is_list=match[1] is not None, by_id="int" in alternatives, by_name=by_name)

    def check(self, name: str, argument: Any, client: Any) -> Any:
        """Return the argument with IDs that are texts as integers, and any iterable as a list.

        :param name: Name of the parameter
        :param client: Client of the resource whose method is called
        :raises ValueError: if the API does not take the argument
        """
        if not self.is_list:
            return self._check_item(name, argument, client)
        if isinstance(argument, (str, bytes, Mapping, BaseDomain)) or not isinstance(argument, Iterable):
            raise ValueError(f"{name} must be a list, not {argument!r}")
        return [self._check_item(name, item, client) for item in argument]

    def _check_item(self, name: str, argument: Any, client: Any) -> Any:
        if isinstance(argument, BaseDomain):
            return self._check_record(name, argument, client)
        if isinstance(argument, str):
            identity = id_or_text(argument) if self.by_id else argument
            if not identity or (isinstance(identity, str) and not self.by_name):
                hint = self._lookup(client, argument) if argument and identity else ""
                raise ValueError(f"{name} must be {self._expected}, not {argument!r}{hint}")
            return identity
        is_integer = isinstance(argument, int) and not isinstance(argument, bool)
        if is_integer and self.by_id and argument > 0:
            return int(argument)
        if is_integer or argument is None or getattr(argument, "id", None) is None:
            raise ValueError(f"{name} must be {self._expected}, not {argument!r}")
        return argument  # another object with an ID

    def _check_record(self, name: str, argument: BaseDomain, client: Any) -> BaseDomain:
        record_class = argument._record_class
        if record_class._is_closed and not self._fits(argument):
            hint = "".join(
                f"; pass its {field}" for field in argument._fields if self._fits(argument._known_value(field))
            )
            raise ValueError(f"{name} must be {self._article} {self.record}, not {_abbreviated(argument)}{hint}")
        identity, own_name = argument._identity(), argument._known_value("name") if "name" in argument._fields else None
        if isinstance(identity, (bool, float)) or (isinstance(identity, int) and identity < 1):
            raise ValueError(f"{name}={_abbreviated(argument)} has no valid {record_class._identified_by}")
        if identity is None and own_name is not None and not self.by_name:
            raise ValueError(f"{name}={_abbreviated(argument)} has no id{self._lookup(client, own_name)}")
        return argument

    def _fits(self, value: Any) -> bool:
        return isinstance(value, BaseDomain) and self.record in (cls.__name__ for cls in value._record_class.__mro__)

    def _lookup(self, client: Any, name: str) -> str:
        """Return a hint to look up the resource by its name, an empty text if that is impossible."""
        words = re.sub("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", self.record).lower()
        resource = f"{words}es" if words.endswith("x") else f"{words}s"
        is_resource = resource in getattr(type(client._parent), "__annotations__", ())
        return f"; get it by its name: client.{resource}.get({name!r})" if is_resource else ""

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


def _abbreviated(record: BaseDomain) -> str:
    names = dict.fromkeys((record._identified_by, "name"))
    fields = [f"{name}={value!r}" for name in names if (value := record._known_value(name)) is not None]
    return f"{type(record).__name__}({', '.join(fields)})"
