"""Methods that wait, written once as coroutines: blocking clients run them, and asynchronous ones can await them.

A coroutine waits in the end for a session's ``request`` or a clock's ``sleep``. In a blocking client both return their
result at once, so the coroutine never suspends, and one ``send`` runs it to its end.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator
from contextlib import aclosing
from functools import wraps
from types import CoroutineType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from .._exceptions import InvalidArgumentError

if TYPE_CHECKING:
    from inspect import Signature

__all__ = [
    "blocking",
    "blocking_iterator",
    "blocking_only",
    "check_side",
    "class_for",
    "flatten",
    "is_async",
    "result_of",
    "run",
]

_PLAIN = frozenset({int, str, bool, type(None)})

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


def is_async(owner: object) -> bool:
    """Return True if ``owner`` is of an asynchronous client: its methods are coroutine methods."""
    return getattr(owner.__class__, "_is_async", False) is True


def class_for(owner: Any, cls: type[T]) -> type[T]:
    """Return the class that ``owner`` creates in place of ``cls``, which differs for an asynchronous client.

    Whatever creates resource clients, bound objects and responses asks for their class here.
    """
    twin: type[T] = owner._twin_of(cls) if getattr(owner.__class__, "_is_async", False) is True else cls
    return twin


def run(coroutine: Coroutine[Any, Any, R]) -> R:
    """Run a coroutine that never suspends, and return its result."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return cast(R, end.value)
    return _finish(coroutine)


def _finish(coroutine: Coroutine[Any, Any, R]) -> R:
    """Raise an error in a coroutine that waits for an event loop; return its result if it finishes nevertheless."""
    error = RuntimeError("a blocking method waited for something that only an event loop can finish")
    try:
        coroutine.throw(error)  # so that the traceback leads to where it waited
    except StopIteration as end:
        return cast(R, end.value)
    raise error


def check_side(method: str, owner: object, objects: Iterable[object]) -> None:
    """Check that objects are of a blocking client if ``owner`` is, and of an asynchronous one otherwise.

    :param method: Name of the method that the objects were passed to
    :raises InvalidArgumentError: if a bound object is not; plain records and all other values are accepted
    """
    side = is_async(owner)
    for item in objects:
        cls: Any = item.__class__
        if cls in _PLAIN:  # as nearly all are, and the look-ups below would take longer
            continue
        if getattr(cls, "_is_async", side) is not side:
            kinds = ("a blocking", "an asynchronous") if side else ("an asynchronous", "a blocking")
            raise InvalidArgumentError(
                f"{method}(): {item!r} is of {kinds[0]} client, and this is {kinds[1]} one: pass its ID, or get the "
                "object from this client; nothing was sent"
            )
        if cls is list:
            check_side(method, owner, cast("list[object]", item))
        elif hasattr(cls, "_fields") and not hasattr(cls, "_is_async"):  # a plain record
            state: dict[str, object] = getattr(item, "__dict__", {})  # a user's own record may have slots
            check_side(method, owner, [state[name] for name in cls._fields if name in state])


async def result_of(result: Any) -> Any:
    """Return the result of a call that may have returned a coroutine.

    Methods that a user, a subclass or a mock may replace are called by ``await result_of(self.method())``: what they
    return may be the result itself, or another awaitable, such as a task. Code that runs for every request repeats the
    comparison with the type of coroutines, which takes less time.
    """
    if result.__class__ is CoroutineType or hasattr(type(result), "__await__"):
        return await result
    return result


def blocking(method: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, R]:
    """Make a coroutine method a blocking one; ``__coroutine__`` of the result is the coroutine method."""

    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> Any:
        coroutine = method(*args, **kwargs)
        if args and getattr(args[0].__class__, "_is_async", False) is True:  # called by super() or by its class
            return coroutine
        try:  # repeats run(), which would be another frame in each traceback
            coroutine.send(None)
        except StopIteration as end:
            return end.value
        return _finish(coroutine)

    return cast("Callable[P, R]", _with_metadata(call, method))


def blocking_iterator(method: Callable[P, AsyncGenerator[list[R], None]]) -> Callable[P, Iterator[R]]:
    """Make an asynchronous generator method of lists a blocking one that iterates over their entries.

    Lists, because a step of an asynchronous generator takes ten times as long as one of a generator.
    """

    @wraps(method)
    def iterate(*args: P.args, **kwargs: P.kwargs) -> Any:
        generator = method(*args, **kwargs)
        return flatten(generator) if args and is_async(args[0]) else _iterate(generator)

    return cast("Callable[P, Iterator[R]]", _with_metadata(iterate, method))


def blocking_only(method: Callable[P, R]) -> Callable[P, R]:
    """Mark a method that asynchronous clients do not have."""
    method.__blocking_only__ = True  # type: ignore[attr-defined]
    return method


def _iterate(generator: AsyncGenerator[list[R], None]) -> Iterator[R]:
    # An event loop that runs in this thread must not get hold of the generator: it would close it when it ends.
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, None)
    try:
        step: Any = generator.__anext__()
    finally:
        sys.set_asyncgen_hooks(*hooks)
    try:
        while True:
            try:
                entries = run(step)
            except StopAsyncIteration:
                return
            # Hold no reference to an entry after it was yielded, so that it is freed when the caller drops it.
            entries.reverse()
            while entries:
                yield entries.pop()
            step = generator.__anext__()
    finally:
        run(generator.aclose())


async def flatten(generator: AsyncGenerator[list[R], None]) -> AsyncGenerator[R, None]:
    """Iterate over the entries of the lists that ``generator`` yields, and close it at the end."""
    async with aclosing(generator):
        async for entries in generator:
            entries.reverse()
            while entries:
                yield entries.pop()


class _Metadata:
    """The ``__wrapped__`` of a blocking method: a coroutine function there would mislead mocks."""

    def __init__(self, method: Any) -> None:
        self._method = method
        self.__annotations__, self.__doc__ = method.__annotations__, method.__doc__

    @property
    def __signature__(self) -> Signature:
        from inspect import signature

        return signature(self._method)


def _with_metadata(function: Any, method: Any) -> Any:
    function.__annotations__ = method.__annotations__
    function.__coroutine__ = method
    function.__wrapped__ = getattr(method, "__wrapped__", None) or _Metadata(method)
    return function
