"""Methods of all resource clients whose resources have an ID and a name: ``get_by_id``, ``get_by_name``, ``iter``."""

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

    class _HasListing(Protocol[P, Item]):
        def get_list(self, *args: P.args, **kwargs: P.kwargs) -> tuple[list[Item], Any]: ...


class HasNames(ResourceClientBase, Generic[Bound]):
    """Base of the clients of resources that have an ID and a name.

    The type argument is the name of the bound model, as a string, since bound models are defined below their client.
    """

    if TYPE_CHECKING:
        get_list: Any

        @property
        def iter(self: _HasListing[P, Item]) -> Callable[P, Iterator[Item]]:
            """Iterator over the entries that ``get_all`` returns."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in cls.__dict__.get("__orig_bases__", ()):
            if getattr(base, "__origin__", None) is HasNames:
                model = base.__args__[0].__forward_arg__
                methods = {
                    "iter": every_item(cls.__dict__["get_all"]),
                    "get_by_id": endpoint("GET ~/{id}")(_specialized(HasNames.get_by_id, model, cls)),
                    "get_by_name": _specialized(HasNames.get_by_name, model, cls),
                }
                for name in methods.keys() - cls.__dict__.keys():
                    setattr(cls, name, methods[name])

    def get_by_id(self, id: int) -> Bound:
        """Return the resource with this ID.

        :param id: ID of the resource
        :raises NotFoundError: if there is no such resource
        """

    def get_by_name(self, name: str) -> Bound | None:
        """Return the resource with this name, None if there is none.

        :param name: Name of the resource
        """
        return self._get_first_by(self.get_list, name=name)


def _specialized(method: Callable[..., Any], model: str, owner: type) -> Callable[..., Any]:
    """Copy ``method`` for the class ``owner``, with ``model`` in place of ``Bound`` in its annotations.

    The copy has the globals of the module of ``owner``: annotations are resolved there, both to read a response and
    by ``typing.get_type_hints``.
    """
    template: Any = method
    copy = FunctionType(template.__code__, vars(sys.modules[owner.__module__]), template.__name__)
    copy.__annotations__ = {
        name: annotation.replace("Bound", model) for name, annotation in template.__annotations__.items()
    }
    copy.__qualname__ = f"{owner.__qualname__}.{template.__name__}"
    copy.__doc__, copy.__module__ = template.__doc__, owner.__module__
    return copy
