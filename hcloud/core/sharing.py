"""Sharing of a rate limit with other processes: the protocol of stores, and the use of a store that may be away."""

from __future__ import annotations

import sys
from collections.abc import Awaitable
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import urlsplit
from weakref import ref

from .buckets import Reservation
from .clock import Clock, is_real, system_clock
from .settings import is_loopback
from .warn import PACKAGE, log

if TYPE_CHECKING:
    from .secrets import Token
    from .session import SharedSession

__all__ = ["LimitScope", "SharedBudget", "Sharing", "StoreBusyError"]

_BUSY_PAUSE, _FIRST_PAUSE, _MAX_PAUSE = 1 / 64, 0.5, 60.0
"""Seconds after which a store is used again: one that was busy, one that failed, and one that failed many times."""

_OWN_TRANSPORT = f"{PACKAGE}.aio._aiohttp_transport"
_PARTS = (
    ("requests", "Session", "request", "requests.sessions"),
    ("requests", "Session", "get_adapter", "requests.sessions"),
    ("requests", "Session", "send", "requests.sessions"),
    ("requests.adapters", "HTTPAdapter", "send", "requests.adapters"),
    ("urllib3.connectionpool", "HTTPConnectionPool", "urlopen", "urllib3.connectionpool"),
    ("urllib3.connectionpool", "HTTPSConnectionPool", "ConnectionCls", "urllib3.connection"),
    ("aiohttp", "ClientSession", "_request", "aiohttp.client"),
    (_OWN_TRANSPORT, "AiohttpTransport", "send", _OWN_TRANSPORT),
)
"""Module, class and attribute that mocks replace, and the module that defines the original."""
_RESULTS: dict[str, tuple[type, ...]] = {"reserve": (Reservation,), "resume": (Reservation,), "block": (float, int)}
"""Types of the results of a store's methods."""


class StoreBusyError(TimeoutError):
    """Other processes or threads use the store at the moment."""


class LimitScope(NamedTuple):
    """Scope of a rate limit: the programs that use the same API with the same token."""

    key: str
    """Hash of the API's address and the token, in hexadecimal digits."""
    burst: int | None
    """Number of requests within a minute, where each request counts for an hour; None for a limit that refills evenly.
    """


class SharedBudget(Protocol):
    """Store of the counts of a rate limit, for ``Client(budget=…)``.

    Each method may return its result or an awaitable of it; clients that block need the result, or an awaitable that
    never suspends. An exception of any kind, or a result of another type, lets the client count alone for a while.
    Requests wait for the methods, so a store that is far away needs a time limit of its own.
    """

    def reserve(self, scope: LimitScope, now: float) -> Reservation | Awaitable[Reservation]:
        """Reserve the place of the next request.

        :param now: Time by the monotonic clock of the client
        """

    def resume(self, scope: LimitScope, now: float, reservation: Reservation) -> Reservation | Awaitable[Reservation]:
        """Return the reservation of a request that has waited: with a further wait, if requests were rejected since."""

    def release(self, scope: LimitScope, now: float, reservation: Reservation) -> object:
        """Give back the place of a request that has waited and is not sent."""

    def observe(
        self, scope: LimitScope, now: float, reservation: Reservation, limit: int, remaining: int, until_reset: float
    ) -> object:
        """Count a request that got a response or failed, and correct the count by what the response states.

        :param limit: Number of requests allowed in an hour; 0 if there is no response, or it does not state that
        :param remaining: Number of requests left
        :param until_reset: Seconds until all requests are available again
        """

    def block(
        self, scope: LimitScope, now: float, reservation: Reservation, retry_after: float
    ) -> float | Awaitable[float]:
        """Delay all requests after a rejected one; return the seconds until it may be sent again.

        :param retry_after: Seconds that the response asks to wait
        """


class Sharing:
    """Use of a store by one connection, which counts alone while the store is away.

    :param store: Store; None for the file of this user and token, if requests leave this machine
    :param endpoint: Address of the API
    :param burst: See :class:`LimitScope`
    """

    def __init__(
        self, store: SharedBudget | None, endpoint: str, token: Token, burst: int | None, clock: Clock
    ) -> None:
        self._is_default = store is None
        self._store = store
        self._endpoint, self._token, self._burst = endpoint, token, burst
        self._clock = clock
        self._session: ref[SharedSession] | None = None
        self._scope: LimitScope | None = None
        self._failures, self._away_until = 0, -inf

    def is_available(self) -> bool:
        """Return True unless the store failed a short while ago, or requests go to a fake."""
        if self._is_default and not (is_real(self._clock) and is_real(system_clock)):
            return False
        if self._clock.monotonic() < self._away_until:
            return False
        if self._scope is None:
            try:
                self._prepare()
            except Exception as error:  # noqa: BLE001  # no call fails for the store
                self._report(error)
                return False
        return self._away_until < inf

    def attach(self, session: SharedSession) -> None:
        """Set the session that sends the requests; if a mock sends them, the default store is not used."""
        self._session = ref(session)

    def stop_default(self) -> None:
        """Count alone from now on, unless the caller has passed a store."""
        if self._is_default:
            self._away_until = inf

    def _prepare(self) -> None:
        if self._is_default:
            shared = self._session() if self._session is not None else None
            session = shared.get() if shared is not None else None  # imports what a mock may have replaced
            if is_loopback(urlsplit(self._endpoint).hostname or "") or _is_transport_replaced(session):
                self.stop_default()
                return
        from hashlib import sha256

        parts = urlsplit(self._endpoint.lower())
        host = parts.netloc.removesuffix(":443" if parts.scheme == "https" else ":80")
        key = sha256(f"{parts.scheme}://{host}\0{self._token}".encode()).hexdigest()[:32]
        if self._store is None:
            from .file_budget import HostBudget

            self._store = HostBudget(key)
        self._scope = LimitScope(key, self._burst)

    async def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of the store; return None if the store is away."""
        now = self._clock.monotonic()
        if now < self._away_until:
            return None
        try:
            result = getattr(self._store, method)(self._scope, now, *arguments)
            if hasattr(result, "__await__"):
                result = await result
            if method in _RESULTS:
                _check_result(method, result)
        except Exception as error:  # noqa: BLE001  # no call fails for the store, whatever it raises
            self._report(error)
            return None
        self._failures = 0
        return result

    def _report(self, error: Exception) -> None:
        """Log a failure of the store, and leave the store alone for a while."""
        first_pause = _BUSY_PAUSE if isinstance(error, StoreBusyError) else _FIRST_PAUSE
        pause = min(_MAX_PAUSE, first_pause * 2 ** min(self._failures, 20))
        # The program did not ask for the default store, so its failure is no problem of the program.
        is_warning = not self._is_default and pause / 2 < _FIRST_PAUSE <= pause
        write = log().warning if is_warning else log().debug
        write("counting requests alone for %.3g s: %s: %s", pause, type(error).__name__, error)
        self._failures += 1
        self._away_until = self._clock.monotonic() + pause


def _check_result(method: str, result: Any) -> None:
    expected = _RESULTS[method]
    if not isinstance(result, expected):
        raise TypeError(f"{method}() must return a {expected[0].__name__}, not {result!r}")
    seconds: Any = result.wait if isinstance(result, Reservation) else result
    if not isfinite(seconds):
        raise ValueError(f"{method}() must return a finite number of seconds, not {seconds!r}")


def _is_transport_replaced(session: object) -> bool:
    """Return True if a mock has replaced a part of the transport."""
    for module, cls, part, origin in _PARTS:
        owner = getattr(sys.modules.get(module), cls, None)
        if owner is not None and getattr(getattr(owner, part), "__module__", None) != origin:
            return True
    attributes = getattr(session, "__dict__", {})
    adapters = attributes.get("adapters", {}).values()
    return not {"request", "get_adapter", "send"}.isdisjoint(attributes) or any(
        type(adapter).__module__ not in (f"{__package__}.transport", "requests.adapters") for adapter in adapters
    )
