"""Methods derived from others: all pages of a listing, its entries one by one, the bound form of a client's method."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from .coroutines import blocking, blocking_only, result_of
from .documentation import dedented_docstring, parameters, without_parameter

if TYPE_CHECKING:
    from inspect import Signature

    from .client import ResourceClientBase

__all__ = ["bound", "every_entry", "every_item", "every_page"]

Client = TypeVar("Client", bound="ResourceClientBase")
Model = TypeVar("Model")
P = ParamSpec("P")
R = TypeVar("R")
Item = TypeVar("Item")


def every_page(
    get_list: Callable[Concatenate[Client, P], tuple[list[Item], Any]], *, positional: Sequence[str] | None = None
) -> Callable[Concatenate[Client, P], list[Item]]:
    """Derive ``get_all`` or ``get_…``, which returns the entries of all pages of ``get_list`` as one list.

    Its parameters are those of ``get_list`` without ``page``; ``per_page`` is the last one, and by keyword only. No
    type checker can derive that: in a checkout they accept ``page``, and the stubs in the wheel state the signature.
    The page class takes its docstring from ``get_list``.

    :param positional: Names of the parameters that may be passed by position, if they differ from those of ``get_list``
    """
    method = cast(Any, get_list)
    page, entry = _page_of(method)
    summary, _, fields = method.__doc__.partition("\n\n:param")
    if page.__doc__.startswith(page.__name__):  # the default docstring of a named tuple
        page.__doc__ = summary.replace("Return a ", "A ", 1)
    names = [name for name in parameters(method.__wrapped__) if name not in ("page", "per_page")]
    if positional is None:
        positional = [name for name in parameters(method.__wrapped__, by_keyword=False) if name in names]
    names = [*positional, *(name for name in names if name not in positional), "per_page"]
    docstring = (
        f"{summary.replace('a page of ', 'all ', 1)}\n\nThe pages after the first one are fetched concurrently. Each "
        f"entry is returned once,\neven if it moves between pages meanwhile.\n\n:param{fields}"
    )
    get_every_page = _derive(
        _over_pages("_iter_pages", method, names, positional),
        method,
        _name_of_get_all(method.__name__),
        names=names,
        positional=positional,
        returns=f"list[{entry}]",
        docstring=without_parameter(docstring, "page"),
    )
    get_every_page.__every_page_of__, get_every_page.__positional__ = get_list, positional
    return cast("Callable[Concatenate[Client, P], list[Item]]", get_every_page)


def every_entry(
    get_list: Callable[Concatenate[Client, P], tuple[list[Item], Any]],
) -> Callable[Concatenate[Client, P], list[Item]]:
    """Derive ``get_…_all``, which returns the entries of ``get_list`` as a list, for a listing without pages."""
    method = cast(Any, get_list)
    _, entry = _page_of(method)

    async def get_every_entry(self: Any, *args: Any, **kwargs: Any) -> Any:
        return (await result_of(getattr(self, get_list.__name__)(*args, **kwargs)))[0]

    form = _derive(get_every_entry, method, _name_of_get_all(method.__name__), returns=f"list[{entry}]")
    return cast("Callable[Concatenate[Client, P], list[Item]]", blocking(form))


def _page_of(get_list: Any) -> tuple[Any, str]:
    """Return the class of a listing's pages, and the annotation of their entries."""
    page = get_list.__wrapped__.__globals__[get_list.__annotations__["return"]]
    entries = page.__annotations__[page._fields[0]]
    return page, getattr(entries, "__forward_arg__", entries).removeprefix("list[").removesuffix("]")


def _name_of_get_all(get_list: str) -> str:
    """Return the name of the method that returns all entries: ``get_all``, ``get_actions``, ``get_member_all``."""
    name = get_list.removesuffix("_list")
    return name if name.endswith("s") else f"{name}_all"


def every_item(
    get_all: Callable[Concatenate[Client, P], list[Item]],
) -> Callable[Concatenate[Client, P], Iterator[Item]]:
    """Derive ``iter``, which yields the entries that ``get_all`` returns, with one page at a time in memory."""
    method = cast(Any, get_all)
    name, names = method.__name__, [name for name in method.__annotations__ if name != "return"]
    iterate = _derive(
        _over_pages("_stream_pages", method.__every_page_of__, names, method.__positional__),
        method,
        "iter" if name == "get_all" else name.replace("get_", "iter_"),
        returns=method.__annotations__["return"].replace("list[", "Iterator[", 1),
        docstring=f"Iterate over the entries that :meth:`{name}` returns.\n\nOne page is held in memory; the next one "
        f"is fetched while you read.\n\n:param{method.__doc__.partition(':param')[2]}",
    )
    iterate.__every_item_of__ = method.__every_page_of__
    return cast("Callable[Concatenate[Client, P], Iterator[Item]]", iterate)


def _over_pages(paging: str, get_list: Any, names: Sequence[str], positional: Sequence[str]) -> Any:
    """Build a method that iterates over the pages of ``get_list``.

    :param paging: Name of the client's method that iterates over the pages
    :param names: Names of the parameters
    :param positional: Names of those that may be passed by position
    """
    accepted, required = frozenset(names), get_list.__endpoint__.required

    def get_entries(self: Any, *args: Any, **kwargs: Any) -> Any:
        arguments = dict(zip(positional, args, strict=False))
        fits = len(args) <= len(positional) and kwargs.keys() <= accepted - arguments.keys()
        arguments |= kwargs
        if not fits or not required <= arguments.keys():
            raise _mismatch(get_entries, self, *args, **kwargs)
        return getattr(self, paging)(getattr(self, get_list.__name__), **arguments)

    return get_entries


def _mismatch(method: Any, *args: Any, **kwargs: Any) -> TypeError:
    """Return the error for arguments that do not fit the signature of ``method``."""
    from inspect import signature

    try:
        signature(method).bind(*args, **kwargs)
    except TypeError as error:
        return TypeError(f"{method.__qualname__}() {error}")
    raise AssertionError(f"{method.__qualname__}() takes these arguments")


def bound(
    method: Callable[Concatenate[Client, Model, P], R], *, name: str | None = None
) -> Callable[Concatenate[Any, P], R]:
    """Derive the bound model's form of its client's ``method``: the same call with the model as first argument.

    If the call returns a newer version of the model, as an update does, the model takes it over.

    :param name: Name of the method on the bound model, if it differs
    """
    name_on_client = method.__name__

    def call_directly(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._client, name_on_client)(self, *args, **kwargs)

    async def call(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        result = getattr(self._client, name_on_client)(self, *args, **kwargs)
        result = await result if result.__class__ is CoroutineType else result
        self._refresh(result)
        return result

    subject, *names = [name for name in method.__annotations__ if name != "return"]
    is_blocking_only = hasattr(method, "__blocking_only__")
    is_direct = is_blocking_only or "Iterator[" in str(method.__annotations__.get("return"))
    form: Any = _derive(
        call_directly if is_direct else call,
        method,
        name or name_on_client,
        names=names,
        docstring=without_parameter(dedented_docstring(method), subject),
    )
    if is_blocking_only:
        form = blocking_only(form)
    return cast("Callable[Concatenate[Any, P], R]", form if is_direct else blocking(form))


class _Original:
    """The ``__wrapped__`` of a derived method, from which ``inspect`` takes the signature when it is asked for it."""

    def __init__(
        self, method: Callable[..., Any], names: Sequence[str] | None, positional: Sequence[str] | None, returns: Any
    ) -> None:
        self.__wrapped__, self._names, self._positional, self._returns = method, names, positional, returns

    @property
    def __signature__(self) -> Signature:
        from inspect import signature

        original = signature(self.__wrapped__)
        myself, *others = original.parameters.values()
        if self._names is not None:
            others = [original.parameters[name] for name in self._names]
        if self._positional is not None:
            others = [
                parameter if parameter.name in self._positional else parameter.replace(kind=parameter.KEYWORD_ONLY)
                for parameter in others
            ]
        return original.replace(parameters=[myself, *others], return_annotation=self._returns)


def _derive(
    function: Any,
    method: Callable[..., Any],
    name: str,
    *,
    names: Sequence[str] | None = None,
    positional: Sequence[str] | None = None,
    returns: str | None = None,
    docstring: str | None = None,
) -> Any:
    """Give ``function`` the metadata of ``method``.

    :param name: Name of the derived method
    :param names: Names of its parameters without ``self``, if they differ
    :param positional: Names of those that may be passed by position, if they differ
    :param returns: Return annotation, if it differs
    :param docstring: Docstring, if it differs
    """
    annotations: dict[str, Any] = dict(method.__annotations__)
    returns = annotations["return"] if returns is None else returns
    if names is not None:
        annotations = {name: annotations[name] for name in names}
    function.__name__, function.__module__ = name, method.__module__
    function.__qualname__ = f"{method.__qualname__.rpartition('.')[0]}.{name}"
    function.__annotations__ = {**annotations, "return": returns}
    function.__doc__ = dedented_docstring(method) if docstring is None else docstring
    function.__wrapped__ = _Original(method, names, positional, returns)
    return function
