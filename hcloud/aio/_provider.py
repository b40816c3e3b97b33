"""The base class of the asynchronous clients of all providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.provider import KEEP, ProviderBase
from ..core.settings import RequestOptions
from ._twins import Asynchronous
from .settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType
    from typing import NoReturn, Self, Unpack

    from ..core.domain import BaseDomain
    from ._arguments import NotBlocking

__all__ = ["AsyncProvider"]


class AsyncProvider(Asynchronous, ProviderBase):
    """Base class of the asynchronous clients of all providers."""

    _settings = Settings
    _behaviour = RequestOptions

    if TYPE_CHECKING:

        def _connect(self, token: str, endpoints: Mapping[str, str], **settings: Unpack[Settings]) -> None: ...  # type: ignore[override]

    def _configure(self, behaviour: Mapping[str, Any]) -> None:
        super()._configure(behaviour)
        self._lazy = False

    def with_options(
        self,
        *,
        timeout: float | tuple[float, float] | None = KEEP,
        poll_interval: int | float | Callable[[int], float] = KEEP,
        poll_max_retries: int = KEEP,
        **behaviour: Unpack[RequestOptions],
    ) -> Self:
        """Return a client with other options that shares the connections and the rate-limit budget of this one.

        :param timeout: As :class:`hcloud.Client` describes it
        :param poll_interval: As :class:`hcloud.Client` describes it
        :param poll_max_retries: As :class:`hcloud.Client` describes it
        :param behaviour: The options of :class:`RequestOptions`
        """
        return self._copy(timeout, poll_interval, poll_max_retries, behaviour)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, cls: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections. A request after that opens new ones, in the event loop that it is made in."""
        for name in self._connections:
            await getattr(self, name)._shared.aclose()

    if not TYPE_CHECKING:  # type checkers report these as missing

        def __enter__(self) -> NoReturn:
            raise TypeError("an asynchronous client needs `async with`, not `with`")

        def __exit__(self, *error: object) -> None:
            """Do nothing: without this method, Python would not call ``__enter__``."""

        def close(self) -> NoReturn:
            """Raise a TypeError."""
            raise TypeError("an asynchronous client is closed by `await client.aclose()`, not by close()")

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | tuple[float, float] | None = KEEP,
    ) -> dict[str, Any]:
        """Send a request that the library has no method for, and return the payload of its response.

        It is authorized, limited and retried like all others.

        :param method: ``GET``, ``POST``, ``PUT`` or ``DELETE``
        :param url: Path below the endpoint, with its leading slash
        :param params: Query
        :param json: Body
        :param headers: Headers, in addition to those of the client
        :param timeout: Seconds to wait for the API, or a pair (connect, read), in place of those of the client
        :raises APIException: if the API responds with an error
        :raises NetworkError: if there is no response
        :raises OutcomeUnknownError: if a POST failed and may have taken effect
        """
        arguments = {"params": params, "json": json, "headers": headers}
        options = {name: value for name, value in arguments.items() if value is not None}
        if timeout is not KEEP:
            options["timeout"] = timeout
        payload: dict[str, Any] = await self._client.request(method, url, **options)  # type: ignore[misc]
        return payload

    async def load(self, objects: Iterable[NotBlocking[BaseDomain]], *fields: str) -> None:
        """Fetch what is missing of objects, or of what they link to, so that it can be read.

        All that is missing is fetched together: what several objects link to by one listing of each collection, if
        that takes fewer requests than fetching each object. Objects that the API does not have any more are left as
        they are; reading their missing fields raises :class:`NotFoundError`.

        :param objects: Objects that a client returned
        :param fields: Names of the fields that lead to what to load, such as ``created_from``, or paths of several
            fields, such as ``created_from.image``; without any, the objects themselves are loaded
        :raises InvalidArgumentError: if an object is not of an asynchronous client, or does not have the field
        """
        from ..core.loading import load

        await load(self, objects, fields)
