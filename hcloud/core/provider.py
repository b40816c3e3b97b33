"""The base class of the providers' clients: connections, options, and resource clients that are imported when used."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from .connection import Connection
from .coroutines import blocking, class_for
from .forking import import_lock
from .settings import Behaviour, Settings, interval_function, validate_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self, Unpack

    from .domain import BaseDomain
    from .rate_limit import RateLimit

__all__ = ["KEEP", "Provider", "ProviderBase", "resource_clients"]

KEEP: Any = object()
"""Default of an option for which None has a meaning of its own."""


class ProviderBase:
    """Base class of the clients of all providers, blocking and asynchronous."""

    _is_async: ClassVar[bool] = False
    _settings: ClassVar[type[Any]] = Settings
    _behaviour: ClassVar[type[Any]] = Behaviour
    _package: ClassVar[str | None]
    """Package that has a folder for each resource."""
    _connection_class: ClassVar[type[Connection]]
    _client: Connection
    _connections: tuple[str, ...]
    """Names of the attributes that hold the connections."""

    def _connect(self, token: str, endpoints: Mapping[str, str], **settings: Any) -> None:
        """Create the connections.

        :param endpoints: Address of each API, by the name of the attribute that gets the connection to it
        """
        validate_settings(settings, self._settings.__optional_keys__, type(self).__name__)
        connection_class = class_for(self, self._connection_class)
        for name, endpoint in endpoints.items():
            setattr(self, name, connection_class(token, endpoint=endpoint, **settings))
        self._connections = tuple(endpoints)
        self._lazy, self._warn_on_fetch, self._parallel_pages = True, False, 8
        self._configure(settings)

    def _configure(self, behaviour: Mapping[str, Any]) -> None:
        self._lazy = behaviour.get("lazy", self._lazy)
        self._warn_on_fetch = behaviour.get("warn_on_fetch", self._warn_on_fetch)
        self._parallel_pages = behaviour.get("parallel_pages", self._parallel_pages)

    def _copy(self, timeout: Any, poll_interval: Any, poll_max_retries: Any, behaviour: Mapping[str, Any]) -> Self:
        """Return a copy for :meth:`with_options`."""
        parameters = {"timeout": timeout, "poll_interval": poll_interval, "poll_max_retries": poll_max_retries}
        options = {name: value for name, value in {**parameters, **behaviour}.items() if value is not KEEP}
        validate_settings(options, self._behaviour.__optional_keys__ | parameters.keys(), "with_options")
        twin = copy.copy(self)
        for name in [name for name in twin.__dict__ if name == "_stale_batch" or name in resource_clients(type(self))]:
            del twin.__dict__[name]
        twin._configure(behaviour)
        for name in self._connections:
            connection = copy.copy(getattr(self, name))
            connection._configure(behaviour)
            if timeout is not KEEP:
                connection._timeout = timeout
            if poll_interval is not KEEP:
                connection._poll_interval_func = interval_function(poll_interval)
            if poll_max_retries is not KEEP:
                connection._poll_max_retries = poll_max_retries
            setattr(twin, name, connection)
        return twin

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # The folder of a resource is imported at its first use.
            class_name = resource_clients(type(self)).get(name)
            if class_name is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            with import_lock:
                folder = import_module(f".{name}", type(self)._package)
            resource_client = class_for(self, getattr(folder, class_name))(self)
            return self.__dict__.setdefault(name, resource_client)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *resource_clients(type(self))})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._client._endpoint}>"

    @property
    def rate_limit(self) -> RateLimit | None:
        """Rate limit of the API according to its latest response; None before the first one."""
        return self._client._shared.budget.last


class Provider(ProviderBase):
    """Base class of the blocking clients of all providers."""

    if TYPE_CHECKING:

        def _connect(self, token: str, endpoints: Mapping[str, str], **settings: Unpack[Settings]) -> None: ...  # type: ignore[override]

    def with_options(
        self,
        *,
        timeout: float | tuple[float, float] | None = KEEP,
        poll_interval: int | float | Callable[[int], float] = KEEP,
        poll_max_retries: int = KEEP,
        **behaviour: Unpack[Behaviour],
    ) -> Self:
        """Return a client with other options that shares the session and the rate-limit budget of this one.

        :param timeout: As :class:`hcloud.Client` describes it
        :param poll_interval: As :class:`hcloud.Client` describes it
        :param poll_max_retries: As :class:`hcloud.Client` describes it
        :param behaviour: The options of :class:`Behaviour`
        """
        return self._copy(timeout, poll_interval, poll_max_retries, behaviour)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, cls: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. A request after that opens new ones, with the same session, adapter and headers."""
        for name in self._connections:
            getattr(self, name)._shared.close()

    def request(self, method: str, url: str, **kwargs: Any) -> dict[str, Any]:
        """Send a request that the library has no method for, and return the payload of its response.

        It is authorized, limited and retried like all others.

        :param method: ``GET``, ``POST``, ``PUT`` or ``DELETE``
        :param url: Path below the endpoint, with its leading slash
        :param kwargs: ``params`` (a mapping), ``json``, ``timeout`` and others of :meth:`requests.Session.request`;
            ``headers`` are sent in addition to those of the client
        :raises APIException: if the API responds with an error
        :raises NetworkError: if there is no response
        :raises OutcomeUnknownError: if a POST failed and may have taken effect
        """
        return self._client.request(method, url, **kwargs)

    @blocking
    async def load(self, objects: Iterable[BaseDomain], *fields: str) -> None:
        """Fetch what is missing of objects, or of what they link to, so that reading it sends no request.

        All that is missing is fetched together: what several objects link to by one listing of each collection, if
        that takes fewer requests than fetching each object. Objects that the API does not have any more are left as
        they are; reading their missing fields raises :class:`NotFoundError`.

        :param objects: Objects that a client returned
        :param fields: Names of the fields that lead to what to load, such as ``created_from``, or paths of several
            fields, such as ``created_from.image``; without any, the objects themselves are loaded
        :raises InvalidArgumentError: if an object is not of a client, or does not have the field
        """
        from .loading import load

        await load(self, objects, fields)


def resource_clients(cls: type[ProviderBase]) -> dict[str, str]:
    """Return the name of each resource client's class, by its attribute, which is also the name of its folder."""
    return {
        name: annotation
        for base in cls.__mro__
        if "_package" in base.__dict__  # annotations in users' subclasses are not resources
        for name, annotation in base.__annotations__.items()
        if annotation.endswith("Client")
    }
