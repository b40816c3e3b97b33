"""Read-only views of decoded JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, overload

__all__ = ["ListView", "ObjectView", "view"]


def view(value: Any) -> Any:
    """``value`` as nobody can change it: objects and lists as views of themselves, anything else as it is."""
    if isinstance(value, dict):
        return ObjectView(value)
    return ListView(value) if isinstance(value, list) else value


class ObjectView(Mapping[str, Any]):
    """An object of the API, read-only at every depth; equal to the dict that it shows."""

    __slots__ = ("_shown",)

    def __init__(self, shown: Mapping[str, Any]) -> None:
        self._shown = shown

    def __getitem__(self, key: str) -> Any:
        return view(self._shown[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._shown)

    def __len__(self) -> int:
        return len(self._shown)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._shown)})"


class ListView(Sequence[Any]):
    """A list of the API, read-only at every depth; equal to the list that it shows."""

    __slots__ = ("_shown",)

    def __init__(self, shown: list[Any]) -> None:
        self._shown = shown

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> ListView: ...
    def __getitem__(self, index: int | slice) -> Any:
        return view(self._shown[index])

    def __len__(self) -> int:
        return len(self._shown)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ListView):
            return self._shown == other._shown
        return self._shown == other if isinstance(other, list) else NotImplemented

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # what it shows is a list

    def __repr__(self) -> str:
        return f"{type(self).__name__}(of {len(self)})"
