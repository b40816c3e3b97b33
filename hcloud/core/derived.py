"""Methods derived from others: all pages of a listing, its entries one by one, the bound form of a client's method."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from .coroutines import blocking, result_of
from .documentation import complete_docstring, dedented_docstring, implements, parameters, without_parameter

if TYPE_CHECKING:
    from inspect import Signature

    from .client import ResourceClientBase

__all__ = ["bound", "every_entry", "every_item", "every_page"]

Client = TypeVar("Client", bound="ResourceClientBase")
Model = TypeVar("Model")
P = ParamSpec("P")
R = TypeVar("R")
Item = TypeVar("Item")


def every_page(get_list: Callable[..., tuple[list[Item], Any]]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Implement a declared method: return the entries of all pages of ``get_list`` as one list.

    Its parameters are those of ``get_list`` without ``page``, which ``tests/test_wire.py`` compares. The page class
    takes its docstring from ``get_list``.
    """

    def declare(method: Callable[P, R]) -> Callable[P, R]:
        get_every_page = implements(method)(_over_pages("_iter_pages", method, get_list))
        summary = (get_list.__doc__ or "").split(":param")[0].strip()
        page: Any = method.__globals__[get_list.__annotations__["return"]]
        if page.__doc__.startswith(page.__name__):  # the default docstring of a named tuple
            page.__doc__ = summary.replace("Return a ", "A ", 1)
        get_every_page.__doc__ = complete_docstring(method, "GET") or (
            f"{summary.replace('a page of ', 'all ', 1)}\n\nAccepts the parameters of :meth:`{get_list.__name__}` "
            "except ``page``. The pages after the first one are fetched concurrently. Each entry is returned once, "
            "even if it moves between pages meanwhile."
        )
        get_every_page.__every_page_of__ = get_list
        return cast("Callable[P, R]", get_every_page)

    return declare


def every_entry(
    get_list: Callable[Concatenate[Client, P], tuple[list[Item], Any]],
) -> Callable[Concatenate[Client, P], list[Item]]:
    """Derive ``get_…_all``, which returns the entries of ``get_list`` as a list, for a listing without pages."""
    method = cast(Any, get_list)
    page = method.__wrapped__.__globals__[method.__annotations__["return"]]
    entries = page.__annotations__[page._fields[0]]

    async def get_every_entry(self: Any, *args: Any, **kwargs: Any) -> Any:
        return (await result_of(getattr(self, get_list.__name__)(*args, **kwargs)))[0]

    name = method.__name__.replace("_list", "_all")
    return cast(
        "Callable[Concatenate[Client, P], list[Item]]",
        blocking(_derive(get_every_entry, method, name, returns=getattr(entries, "__forward_arg__", entries))),
    )


def every_item(
    get_all: Callable[Concatenate[Client, P], list[Item]],
) -> Callable[Concatenate[Client, P], Iterator[Item]]:
    """Derive ``iter``, which yields the entries that ``get_all`` returns, with one page at a time in memory."""
    declared = cast(Any, get_all)
    method, name = declared.__wrapped__, declared.__name__
    iterate = _derive(
        _over_pages("_stream_pages", method, declared.__every_page_of__),
        method,
        "iter" if name == "get_all" else name.replace("get_", "iter_"),
        returns=method.__annotations__["return"].replace("list[", "Iterator[", 1),
        docstring=f"Iterate over the entries that :meth:`{name}` returns.\n\nOne page is held in memory; the next one "
        "is fetched while you read.",
    )
    return cast("Callable[Concatenate[Client, P], Iterator[Item]]", iterate)


def _over_pages(paging: str, method: Any, get_list: Callable[..., Any]) -> Any:
    """Build a method with the parameters of ``method`` that iterates over the pages of ``get_list``.

    :param paging: Name of the client's method that iterates over the pages
    """
    names = parameters(method)

    def get_entries(self: Any, *args: Any, **kwargs: Any) -> Any:
        method(self, *args, **kwargs)  # called only to check the arguments
        arguments = dict(zip(names, args, strict=False))
        return getattr(self, paging)(getattr(self, get_list.__name__), **arguments, **kwargs)

    return get_entries


def bound(
    method: Callable[Concatenate[Client, Model, P], R], *, name: str | None = None
) -> Callable[Concatenate[Any, P], R]:
    """Derive the bound model's form of its client's ``method``: the same call with the model as first argument.

    If the call returns a newer version of the model, as an update does, the model takes it over.

    :param name: Name of the method on the bound model, if it differs
    """
    name_on_client = method.__name__

    def iterate(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._client, name_on_client)(self, *args, **kwargs)

    async def call(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        result = getattr(self._client, name_on_client)(self, *args, **kwargs)
        result = await result if result.__class__ is CoroutineType else result
        self._refresh(result)
        return result

    is_iterator = "Iterator[" in str(method.__annotations__.get("return"))
    form: Any = _derive(iterate if is_iterator else call, method, name or name_on_client, without_subject=True)
    return cast("Callable[Concatenate[Any, P], R]", form if is_iterator else blocking(form))


class _Original:
    """The ``__wrapped__`` of a derived method, from which ``inspect`` takes the signature when it is asked for it."""

    def __init__(
        self, method: Callable[..., Any], *, without_subject: bool = False, returns: str | None = None
    ) -> None:
        self.__wrapped__, self._without_subject, self._returns = method, without_subject, returns

    @property
    def __signature__(self) -> Signature:
        from inspect import signature

        original = signature(self.__wrapped__)
        parameters = list(original.parameters.values())
        if self._without_subject:
            del parameters[1]
        return original.replace(parameters=parameters, return_annotation=self._returns or original.return_annotation)


def _derive(
    function: Any,
    method: Callable[..., Any],
    name: str,
    *,
    without_subject: bool = False,
    returns: str | None = None,
    docstring: str | None = None,
) -> Any:
    """Give ``function`` the metadata of ``method``.

    :param name: Name of the derived method
    :param without_subject: If true, leave out the first parameter after ``self``
    :param returns: Return annotation, if it differs
    :param docstring: Docstring, if it differs
    """
    annotations = dict(method.__annotations__)
    docstring = dedented_docstring(method) if docstring is None else docstring
    if without_subject:
        subject = next(iter(annotations))
        del annotations[subject]
        docstring = without_parameter(docstring, subject)
    if returns is not None:
        annotations["return"] = returns
    function.__name__, function.__module__ = name, method.__module__
    function.__qualname__ = f"{method.__qualname__.rpartition('.')[0]}.{name}"
    function.__annotations__, function.__doc__ = annotations, docstring
    function.__wrapped__ = _Original(method, without_subject=without_subject, returns=returns)
    return function
