"""Lookup by ID and name: ``get``, ``get_by_id``, ``get_by_name``, and ``iter``, of all resources that have both."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar

from .._exceptions import AmbiguousNameError, InvalidArgumentError, NotFoundError
from .client import BoundModelBase, ResourceClientBase
from .coroutines import blocking, result_of
from .derived import every_item
from .methods import endpoint
from .references import as_integer, id_or_text

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
                    "get": _specialized(HasNames.get, model, cls),
                    "iter": every_item(cls.__dict__["get_all"]),
                    "get_by_id": endpoint("GET ~/{id}")(_specialized(HasNames.get_by_id, model, cls)),
                    "get_by_name": _specialized(HasNames.get_by_name, model, cls),
                }
                for name, method in methods.items():  # in this order, which generated stubs have, too
                    if name not in cls.__dict__:
                        setattr(cls, name, method)

    def get(self, id_or_name: int | str) -> Bound:
        """Return the resource with this ID or this name.

        :param id_or_name: ID or name of the resource; a text in digits is an ID
        :raises NotFoundError: if there is no such resource
        :raises AmbiguousNameError: if several resources have this name
        """
        return self._get_by_id_or_name(id_or_name)

    @blocking
    async def _get_by_id_or_name(self, id_or_name: int | str, **filters: str | None) -> Any:
        """Return the resource with this ID, or the only one with this name.

        :param filters: Values of further filters that apply to names, None for those that were not passed
        """
        key = checked_key(id_or_name)
        if isinstance(key, int):
            return await get_existing(self._name_on_client, self.get_by_id, "ID", key)
        criteria = {"name": key, **{name: value for name, value in filters.items() if value is not None}}
        query = {name: value if name == "name" else [value] for name, value in criteria.items()}
        entries = (await result_of(self.get_list(**self._complete_listing, **query)))[0]
        choices = [name for name in filters if name not in criteria]
        return only_entry(self._name_on_client, criteria, entries, choose_by=choices)

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


def checked_key(id_or_name: int | str) -> int | str:
    """Return an ID as integer, and a name as it is.

    :raises InvalidArgumentError: if it is neither
    """
    key = id_or_text(id_or_name) if isinstance(id_or_name, str) else as_integer(id_or_name)
    if not key or (isinstance(key, int) and key < 0):
        raise InvalidArgumentError(f"id_or_name must be an ID or a name, not {id_or_name!r}; nothing was sent")
    return key


async def get_existing(where: str, get_by_id: Callable[..., Any], field: str, key: int | str) -> Any:
    """Return ``get_by_id(key)``.

    :param where: Name of what is searched, for the message of the exception
    :param field: Name of what ``key`` is, for the message of the exception
    :raises NotFoundError: if there is no such resource; its message says what was looked for
    """
    try:
        return await result_of(get_by_id(key))
    except NotFoundError as error:
        text = _no_entry(where, {field: key})
        error.message = f"{text}: {error.message}"
        error.args = (f"{text}: {error.args[0]}", *error.args[1:])
        raise


def only_entry(
    where: str,
    criteria: Mapping[str, object],
    entries: Sequence[Any],
    *,
    choose_by: Sequence[str] = (),
    shown: Sequence[str] = (),
) -> Any:
    """Return the only one of ``entries``, which were looked up by ``criteria``.

    :param where: Name of what was searched
    :param choose_by: Names of further parameters that distinguish entries of the same name
    :param shown: Names of further fields that distinguish them, without a parameter
    :raises NotFoundError: if there is no entry
    :raises AmbiguousNameError: if there are several
    """
    if not entries:
        raise NotFoundError("not_found", _no_entry(where, criteria), {"criteria": dict(criteria)})
    if len(entries) > 1:
        fields = (entries[0]._identified_by, *choose_by, *shown)
        matches = "; ".join(
            ", ".join(f"{name}={entry._known_value(name)!s}" for name in fields) for entry in entries[:5]
        )
        more = f"; and {len(entries) - 5} others" if len(entries) > 5 else ""
        advice = "".join(f"{name}= or " for name in choose_by)
        raise AmbiguousNameError(
            f"{where} has {len(entries)} entries with {_shown(criteria)}: {matches}{more}. Pass "
            f"{advice}the ID to choose one",
            entries,
        )
    return entries[0]


def _no_entry(where: str, criteria: Mapping[str, object]) -> str:
    return f"{where} has no entry with {_shown(criteria)}"


def _shown(criteria: Mapping[str, object]) -> str:
    return " and ".join(f"the {name} {value!r}" for name, value in criteria.items())


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
