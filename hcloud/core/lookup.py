"""How one resource is found by its ID or name, and all are iterated: the same for all that have both."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar

from .client import BoundModelBase, ResourceClientBase
from .derived import every_item
from .methods import endpoint

__all__ = ["HasNames"]

Bound = TypeVar("Bound", bound=BoundModelBase[Any])

if TYPE_CHECKING:
    Item = TypeVar("Item")
    P = ParamSpec("P")

    class _Listed(Protocol[P, Item]):
        def get_all(self, *args: P.args, **kwargs: P.kwargs) -> list[Item]: ...


class HasNames(ResourceClientBase, Generic[Bound]):
    """What the clients of resources have in common that have an ID and a name.

    In brackets stands their bound model, by its name, as it is defined below its client.
    """

    if TYPE_CHECKING:
        get_list: Any

        @property
        def iter(self: _Listed[P, Item]) -> Callable[P, Iterator[Item]]:
            """The entries that ``get_all`` returns, one after another."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in cls.__dict__.get("__orig_bases__", ()):
            if getattr(base, "__origin__", None) is HasNames:
                model = base.__args__[0].__forward_arg__
                own = {
                    "iter": every_item(cls.__dict__["get_all"]),
                    "get_by_id": endpoint("GET ~/{id}")(_returning(model, HasNames.get_by_id, cls)),
                    "get_by_name": _returning(model, HasNames.get_by_name, cls),
                }
                for name in own.keys() - cls.__dict__.keys():
                    setattr(cls, name, own[name])

    def get_by_id(self, id: int) -> Bound:
        """Return the one with this ID.

        :param id: its ID
        :raises NotFoundError: if there is none
        """

    def get_by_name(self, name: str) -> Bound | None:
        """Return the one of this name, None if there is none.

        :param name: its name
        """
        return self._get_first_by(self.get_list, name=name)


def _returning(model: str, method: Callable[..., Any], cls: type) -> Callable[..., Any]:
    """``method`` as the class has it whose bound model is ``model``: its annotations tell what is returned."""
    pattern: Any = method
    own = FunctionType(pattern.__code__, vars(sys.modules[cls.__module__]), pattern.__name__)
    own.__annotations__ = {name: kind.replace("Bound", model) for name, kind in pattern.__annotations__.items()}
    own.__qualname__ = f"{cls.__qualname__}.{pattern.__name__}"
    own.__doc__, own.__module__ = pattern.__doc__, cls.__module__
    return own
