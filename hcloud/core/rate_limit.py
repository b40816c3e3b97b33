"""Rate limiter shared by all threads of a client."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from functools import lru_cache
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from .._exceptions import RateLimitExceededError
from .buckets import WINDOW, Reservation, create_bucket
from .cancellation import pause
from .clock import Clock
from .coroutines import blocking, result_of
from .retry import MIN_PAUSE
from .warn import log

if TYPE_CHECKING:
    from .sharing import Sharing

__all__ = ["Budget", "RateLimit", "Ticket", "retry_after", "seconds_until"]

LONG_WAIT = 60.0
"""Seconds from which a wait is logged as a warning."""
WAITING = "waiting %.1f s for the rate limit"

_NUMBER = r"[0-9]+(?:\.[0-9]*)?"


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name)
    return value if isinstance(value, str) else ""  # the headers of a mock response hold mocks


class RateLimit(NamedTuple):
    """Rate limit, as the API's latest response states it."""

    limit: int
    """Number of requests allowed per hour."""
    remaining: int
    """Number of requests left."""
    reset: float
    """Time at which all requests are available again, in seconds since 1970."""

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> RateLimit | None:
        """Parse the headers of a response; return None if they are missing or implausible."""
        get = headers.get
        limit, remaining, reset = get("RateLimit-Limit"), get("RateLimit-Remaining"), get("RateLimit-Reset")
        if not (isinstance(limit, str) and isinstance(remaining, str) and isinstance(reset, str)):
            return None  # missing, or mocks
        try:
            current = cls(int(limit), int(remaining), float(reset))
        except ValueError:
            return None
        is_plausible = 0 <= current.remaining <= current.limit and 0 < current.limit < 10**9 and isfinite(current.reset)
        return current if is_plausible else None


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that the ``Retry-After`` header asks to wait: a positive number, or an HTTP date.

    None if it is missing or malformed, or asks for no wait or a negligible one.

    :param now: Time by the clock of this machine, in seconds since 1970
    """
    value = _header(headers, "Retry-After").strip()
    if re.fullmatch(_NUMBER, value):
        seconds = float(value)
    else:
        time = _parse_date(value)
        seconds = 0.0 if time is None else seconds_until(time, headers, now)
    return seconds if MIN_PAUSE <= seconds < inf else None


def seconds_until(time: float, headers: Mapping[str, str], now: float) -> float:
    """Return the seconds from a response to a time that it states.

    They are counted from its ``Date`` header, since the clock of this machine may be wrong.

    :param time: Seconds since 1970
    :param now: Time by the clock of this machine, for responses without a usable ``Date``
    """
    date = _parse_date(_header(headers, "Date"))
    return time - (now if date is None else date)


@lru_cache(maxsize=8)  # all responses of a second have the same
def _parse_date(value: str) -> float | None:
    """Return an HTTP date in seconds since 1970, None if it is malformed."""
    from datetime import UTC, datetime
    from email.utils import parsedate_tz

    parsed = parsedate_tz(value)
    if parsed is None:
        return None
    try:
        return datetime(*parsed[:6], tzinfo=UTC).timestamp() - (parsed[9] or 0)
    except (ValueError, OverflowError):  # such as 31 February
        return None


class Ticket(NamedTuple):
    """Permission to send a request, where processes share the limit."""

    completed_before: int
    """Number of requests of this process that were completed before it."""
    reservation: Reservation
    """Place of the request in the shared order."""


class Budget:
    """Limiter that delays requests which would exceed the API's rate limit.

    All threads of a client share one count, see :mod:`hcloud.core.buckets`. Processes can share another one, see
    :class:`SharedBudget`. While its store is away, the process counts alone.

    Programs that share a limit without sharing a count may be faster than this one: then the API rejects a request with
    status 429. :meth:`block` delays all requests by the time that the API asks for, also those that wait already, and
    by a random time from the second rejection in a row on. After the next success, some tokens are left to the other
    programs; otherwise, this one would take each new token first.

    :param waits: If false, delay no request
    :param sharing: Use of a shared count; None to count alone
    """

    _burst: ClassVar[int | None] = None
    """Number of requests within a minute; see :class:`LimitScope`."""

    def __init__(self, clock: Clock, waits: bool = True, sharing: Sharing | None = None) -> None:
        self.waits = waits
        self.last: RateLimit | None = None
        self.sharing = sharing
        self._clock = clock
        self._bucket = create_bucket(self._burst)
        self._warned_at = -inf
        self.reset_after_fork()

    def reset_after_fork(self) -> None:
        """Reset the lock and the counts of other threads' requests, since those threads do not exist after a fork."""
        self._lock = threading.Lock()
        self._bucket.forget_requests()

    def acquire(self, max_wait: float = inf) -> int | Ticket:
        """Block until a request may be sent.

        Return what :meth:`observe` needs.

        :param max_wait: Maximum number of seconds to wait
        :raises RateLimitExceededError: if it would take longer; raised at once
        """
        if self.sharing is not None and self.sharing.is_available():
            return self._acquire_shared(self.sharing, max_wait)
        return self._acquire_alone(max_wait)

    def _acquire_alone(self, max_wait: float) -> int:
        with self._lock:
            now = self._clock.monotonic()
            reservation = self._bucket.reserve(now) if self.waits else self._bucket.enter(now)
        return self._wait(reservation, max_wait) if reservation.wait > 0 else reservation.completed

    @blocking
    async def _wait(self, reservation: Reservation, max_wait: float) -> int:
        """Wait for the token of a reservation."""
        try:
            while reservation.wait > 0:
                if reservation.wait > max_wait:
                    raise _withheld(reservation.wait)
                await self._sleep(reservation.wait)
                max_wait -= reservation.wait
                with self._lock:  # block() may have delayed this request meanwhile
                    reservation = self._bucket.resume(reservation)
        except BaseException:  # such as KeyboardInterrupt
            with self._lock:
                self._bucket.release(reservation)
            raise
        return reservation.completed

    @blocking
    async def _acquire_shared(self, sharing: Sharing, max_wait: float) -> int | Ticket:
        """Wait for a place in the order of all processes that share the limit."""
        reservation: Reservation | None = None
        try:
            reservation = await sharing.call("reserve")
            while reservation is not None and reservation.wait > 0:
                if reservation.wait > max_wait:
                    raise _withheld(reservation.wait)
                await self._sleep(reservation.wait)
                max_wait -= reservation.wait
                # If the store is away, no further delay is known.
                reservation = await sharing.call("resume", reservation) or reservation._replace(wait=0.0)
        except BaseException as error:  # such as KeyboardInterrupt
            reservation = getattr(error, "reservation", reservation)  # made by the call that was interrupted
            if reservation is not None and reservation.wait > 0:
                await sharing.call("release", reservation)
            elif reservation is not None:  # it counts as sent already
                await sharing.call("observe", reservation, 0, 0, 0.0)
            raise
        if reservation is None:
            completed_before: int = await result_of(self._acquire_alone(max_wait))
            return completed_before
        with self._lock:  # counted here, too, in case that the store goes away
            return Ticket(self._bucket.count(self._clock.monotonic()), reservation)

    async def _sleep(self, seconds: float) -> None:
        now, logger = self._clock.monotonic(), log()
        if seconds >= LONG_WAIT and now >= self._warned_at + LONG_WAIT:  # not for each of many threads
            self._warned_at = now
            logger.warning(WAITING, seconds)
        else:
            logger.info(WAITING, seconds)
        await pause(self._clock, seconds)

    def observe(self, headers: Mapping[str, str], ticket: int | Ticket) -> object:
        """Update the counts from a response.

        :param headers: Headers of the response; an empty mapping if the request failed without one
        :param ticket: Result of :meth:`acquire` for this request
        """
        current = RateLimit.read(headers)
        state = (0, 0, 0.0)
        completed_before, reservation = ticket if isinstance(ticket, Ticket) else (ticket, None)
        if current is not None:
            needs_reset = reservation is not None or self._burst is not None
            until_reset = seconds_until(current.reset, headers, self._clock.time()) if needs_reset else 0.0
            state = (current.limit, current.remaining, until_reset)
        with self._lock:
            self._bucket.observe(self._clock.monotonic(), completed_before, *state)
            self.last = current or self.last
        return self._share("observe", reservation, *state) if reservation is not None else None

    def block(self, retry_after: float, ticket: int | Ticket | None = None) -> float:
        """Send no request for some time after a response with status 429, but at most for an hour.

        Return the seconds until the next request. They are more than ``retry_after`` from the second consecutive such
        response on: other programs share the limit, see :func:`spread`.

        :param retry_after: Seconds that the response asks to wait
        :param ticket: Result of :meth:`acquire` for the rejected request
        """
        completed_before, reservation = ticket if isinstance(ticket, Ticket) else (ticket, None)
        with self._lock:
            seconds = self._bucket.block(self._clock.monotonic(), retry_after, completed_before)
        return seconds if reservation is None else self._block_shared(reservation, retry_after, seconds)

    @blocking
    async def _block_shared(self, reservation: Reservation, retry_after: float, seconds: float) -> float:
        """Block all processes that share the limit; return ``seconds`` if their store is away."""
        assert self.sharing is not None
        shared: float | None = await self.sharing.call("block", reservation, retry_after)
        return seconds if shared is None else shared

    @blocking
    async def _share(self, method: str, *arguments: Any) -> None:
        assert self.sharing is not None
        await self.sharing.call(method, *arguments)

    def retry_delay(self, headers: Mapping[str, str]) -> float | None:
        """Return the seconds to wait before retrying a request that got a response with status 429.

        None if the headers do not say, or state a negligible wait.
        """
        seconds = retry_after(headers, self._clock.time())
        if seconds is not None:
            return seconds
        current = RateLimit.read(headers)
        if current is None:
            return None
        seconds = self._seconds_until_token(current, seconds_until(current.reset, headers, self._clock.time()))
        return None if seconds is None or seconds < MIN_PAUSE else seconds

    def _seconds_until_token(self, current: RateLimit, until_full: float) -> float | None:
        """Return the seconds until a request may be sent, None if the limit does not state that."""
        interval = WINDOW / current.limit
        # If the reset time agrees with a constant refill rate (within 10 %), one token is there after a single
        # interval. Otherwise the whole budget is assumed to come back at the reset time. If that has passed, though
        # the request was rejected, other requests took the tokens, or the clocks differ.
        refill_time = (current.limit - current.remaining) * interval
        return interval if until_full <= 0 or until_full >= 0.9 * refill_time else until_full


def _withheld(wait: float) -> RateLimitExceededError:
    message = "nothing was sent, to stay within the rate limit"
    error = RateLimitExceededError("rate_limit_exceeded", message, None, http_status=429)
    error._retry_after = wait
    return error
