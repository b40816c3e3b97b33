"""Field types of deprecated fields: renamed and retired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .fields import Field, Plain
from .warn import warn_caller

if TYPE_CHECKING:
    from .domain import BaseDomain

__all__ = ["Renamed", "Retired"]

T = TypeVar("T")


class Renamed(Field[T, "T | None", Any]):
    """Deprecated alias: reading it warns and returns the value of ``successor``, a dotted path.

    Assigning to it has no effect.
    """

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


class Retired(Field[T, "T | None", "T | None"]):
    """Deprecated field: the first read on each object warns.

    Values are converted by the field ``inner``.
    """

    def __init__(self, notice: str, inner: Field[Any, Any, Any] | None = None) -> None:
        self.notice = notice
        self.inner: Field[Any, Any, Any] = inner or Plain()

    def __set_name__(self, owner: type[BaseDomain], name: str) -> None:
        super().__set_name__(owner, name)
        self.inner.__set_name__(owner, name)

    if not TYPE_CHECKING:

        def __get__(self, holder: Any, owner: type) -> Any:
            if holder is not None:
                warn_caller(f"The '{self.name}' property is deprecated. {self.notice}")
            return super().__get__(holder, owner)

    def get_without_warning(self, holder: Any) -> Any:
        """Return the value without a warning, for callers that read every field."""
        return super().__get__(holder, type(holder))

    def convert(self, holder: BaseDomain, raw: Any) -> Any:
        return self.inner.convert(holder, raw)

    def accept(self, holder: BaseDomain, value: Any) -> Any:
        return self.inner.accept(holder, value)

    def export(self, value: Any, raw: Any) -> Any:
        return self.inner.export(value, raw)
