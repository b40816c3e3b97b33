"""Asynchronous classes: each is derived from a blocking one, with coroutine methods in place of blocking ones."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from functools import cache, wraps
from importlib import import_module
from inspect import getattr_static, isasyncgenfunction
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar

from .._exceptions import HCloudException, InvalidArgumentError, NetworkError, NotFetchedError
from ..core.client import BoundModelBase, ResourceClientBase
from ..core.connection import Connection
from ..core.coroutines import flatten, result_of
from ..core.provider import resource_clients
from ..core.stale import Stale, known_value
from ._event_loop import EventLoopClock, EventLoopSession, TaskLock, TasksAhead

if TYPE_CHECKING:
    from .._exceptions import RequestInfo
    from ..core.clock import Clock
    from ..core.fields import Field

__all__ = ["Asynchronous", "resources_of", "twin_of"]


if TYPE_CHECKING:
    _Model = BoundModelBase[Any]
else:
    _Model = object


class _AsyncModel(_Model):
    """Base class of the bound objects of asynchronous clients: reading a field never sends a request."""

    _lock_class = TaskLock

    def _is_lazy(self) -> bool:
        return False

    def _missing_value(self, field: Field[Any, Any, Any]) -> Any:
        raw = self._raw
        if isinstance(raw, Stale):  # until wait() has fetched it again, or failed to
            value = known_value(self, field)
            if value is not None or raw.complete:
                return value
        return super()._missing_value(field)

    def _not_fetched(self, name: str) -> HCloudException:
        return NotFetchedError(
            f"{name!r} of {self!r} was not fetched, and an asynchronous client does not fetch on read: call "
            '`await x.load()` of this object, or `await client.load(objects, "field.path")` for all that many objects '
            "link to"
        )


class _AsyncResourceClient(ResourceClientBase):
    """Base class of the resource clients of asynchronous clients."""

    _read_ahead_class = TasksAhead


class _AsyncConnection(Connection):
    """Base class of the connections of asynchronous clients."""

    _session_class = EventLoopSession
    _shared: EventLoopSession

    def _clock_for(self, clock: Clock) -> Any:
        return EventLoopClock(clock)

    def _is_network_failure(self, error: Exception, info: RequestInfo) -> bool:
        if isinstance(error, UnicodeError):
            raise InvalidArgumentError(f"{info.method} {info.url} can't be encoded: {error}") from error
        return self._shared.failure_of(error) is not None

    def _network_error(self, error: Exception, url: str, timeout: Any) -> NetworkError:
        from ..core.network_errors import network_error

        return network_error(error, url, timeout, self._shared.failure_of(error))


_MIXINS: dict[type[Any], type[Any]] = {
    BoundModelBase: _AsyncModel,
    ResourceClientBase: _AsyncResourceClient,
    Connection: _AsyncConnection,
}


class Asynchronous:
    """Base class of all classes of asynchronous clients."""

    _is_async: ClassVar[bool] = True

    @staticmethod
    def _twin_of(blocking_class: type[Any]) -> type[Any]:
        """Return the class that an asynchronous object creates in place of ``blocking_class``."""
        return twin_of(blocking_class)  # type: ignore[arg-type]


@cache
def twin_of(cls: Any) -> type[Any]:
    """Return the asynchronous class for a blocking one: its subclass, whose methods that wait are coroutine methods.

    A record that never waits is its own twin.
    """
    mixin = next((mixin for base, mixin in _MIXINS.items() if issubclass(cls, base)), None)
    methods: dict[str, Any] = {name: form for name in dir(cls) if (form := _async_form(cls, name)) is not None}
    if mixin is None and not methods:
        return cls  # type: ignore[no-any-return]
    package = cls.__module__.rsplit(".", 2)[0]
    twin: type[Any] = type(
        cls.__name__,
        (Asynchronous, cls) if mixin is None else (Asynchronous, mixin, cls),
        {
            "__module__": f"{package}.aio.resources" if _is_public(cls) else cls.__module__,
            "__qualname__": cls.__qualname__,
            "__doc__": cls.__doc__,
            **methods,
        },
    )
    for name in ("_is_closed", "_is_abstract"):  # which each new class sets for itself
        if hasattr(cls, name):
            setattr(twin, name, getattr(cls, name))
    return twin


def _is_public(cls: type[Any]) -> bool:
    """Return True for the classes of resources, whose asynchronous twins are in ``aio.resources``."""
    return cls.__module__.endswith((".client", ".domain"))


def _async_form(cls: type[Any], name: str) -> Any:
    """Return the form of a method for the asynchronous class; None if it stays as it is."""
    method = getattr_static(cls, name)
    if not isinstance(method, FunctionType):
        return None
    if hasattr(method, "__blocking_only__"):
        return _Missing(method)
    coroutine = getattr(method, "__coroutine__", None)
    if coroutine is not None:
        return _flattened(coroutine) if isasyncgenfunction(coroutine) else coroutine
    if not issubclass(cls, ResourceClientBase) or name.startswith("_") or _is_iterator(method):
        return None
    return _awaited(method)  # it returns what another method returns


def _is_iterator(method: Callable[..., Any]) -> bool:
    return "Iterator[" in str(method.__annotations__.get("return"))


def _flattened(method: Callable[..., AsyncGenerator[list[Any], None]]) -> Callable[..., AsyncGenerator[Any, None]]:
    @wraps(method)
    def iterate(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, None]:
        return flatten(method(*args, **kwargs))

    return iterate


def _awaited(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    async def call(*args: Any, **kwargs: Any) -> Any:
        return await result_of(method(*args, **kwargs))

    return call


class _Missing:
    """Substitute for a method that asynchronous clients do not have; ``inspect`` takes it for no method."""

    def __init__(self, method: FunctionType) -> None:
        self._name = method.__name__

    def __get__(self, holder: object, owner: type) -> Any:
        raise AttributeError(f"{owner.__name__}.{self._name}() exists for blocking clients only")

    def __set__(self, holder: object, value: object) -> None:
        raise AttributeError(f"{type(holder).__name__}.{self._name} can't be set")


def resources_of(package: str, client_class: type[Any]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a module with the asynchronous classes of all resources of a provider.

    :param package: Package of the provider
    :param client_class: Client of the provider
    """

    @cache
    def exports() -> dict[str, Any]:
        # Names with a different meaning in several folders are left out.
        values: dict[str, list[Any]] = {}
        for folder in resource_clients(client_class):
            module = import_module(f"{package}.{folder}")
            for name in module.__all__:
                value = getattr(module, name)
                if not any(value is other for other in values.setdefault(name, [])):
                    values[name].append(value)
        return {name: candidates[0] for name, candidates in values.items() if len(candidates) == 1}

    def get(name: str) -> Any:
        if name == "__all__":
            return sorted(exports())
        if name.startswith("_") or name not in exports():
            raise AttributeError(f"module '{package}.aio.resources' has no attribute {name!r}")
        value = exports()[name]
        is_class = isinstance(value, type) and not issubclass(value, BaseException)
        return twin_of(value) if is_class else value

    return get
