"""Read-only views of decoded JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, overload

from .._exceptions import MalformedFieldError

__all__ = ["ListView", "ObjectView", "view"]


def view(value: Any) -> Any:
    """Wrap ``value`` in a read-only view if it is a dict or list; return anything else as it is."""
    if isinstance(value, dict):
        return ObjectView(value)
    return ListView(value) if isinstance(value, list) else value


def _are_equal(content: Any, other: Any) -> bool:
    try:
        return bool(content == other)
    except RecursionError:
        raise MalformedFieldError("the API sent values that are nested too deeply to be compared") from None


class ObjectView(Mapping[str, Any]):
    """JSON object that is read-only at every depth; equal to the dict behind it."""

    __slots__ = ("_content",)

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = content

    def __getitem__(self, key: str) -> Any:
        return view(self._content[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return _are_equal(self._content, other._content if isinstance(other, ObjectView) else dict(other))

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # like the dict behind it

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._content)})"  # no values, as they may be secrets


class ListView(Sequence[Any]):
    """JSON array that is read-only at every depth; equal to the list behind it."""

    __slots__ = ("_content",)

    def __init__(self, content: list[Any]) -> None:
        self._content = content

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> ListView: ...
    def __getitem__(self, index: int | slice) -> Any:
        return view(self._content[index])

    def __len__(self) -> int:
        return len(self._content)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (list, ListView)):
            return NotImplemented
        return _are_equal(self._content, other._content if isinstance(other, ListView) else other)

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # unhashable, like a list

    def __repr__(self) -> str:
        return f"{type(self).__name__}(of {len(self)})"
