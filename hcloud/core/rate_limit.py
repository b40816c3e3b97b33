"""Rate limiter shared by all threads of a client."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from functools import cache, lru_cache
from math import inf, isfinite
from typing import Any, NamedTuple

from .._exceptions import RateLimitExceededError
from .cancellation import pause
from .clock import Clock
from .coroutines import blocking
from .retry import SHORTEST_PAUSE, spread
from .warn import PACKAGE

__all__ = ["Budget", "RateLimit", "retry_after", "seconds_until"]

WINDOW = 3600.0
"""Seconds in which an empty budget refills completely."""
LONG_WAIT = 60.0
"""Seconds from which a wait is logged as a warning."""
MAX_TURNS = 16
"""Maximum number of tokens that a process leaves to others after its requests were rejected."""
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
        try:
            limit, remaining = int(_header(headers, "RateLimit-Limit")), int(_header(headers, "RateLimit-Remaining"))
            reset = float(_header(headers, "RateLimit-Reset"))
        except ValueError:
            return None
        is_plausible = 0 <= remaining <= limit and 0 < limit < 10**9 and isfinite(reset)
        return cls(limit, remaining, reset) if is_plausible else None


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
    return seconds if SHORTEST_PAUSE <= seconds < inf else None


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


class Budget:
    """Token bucket that delays requests which would exceed the API's rate limit.

    Until a response states the limit, no request is delayed. From then on each request takes one token from an
    estimate of what is left, which refills at a constant rate. The estimate may become negative: a caller that finds
    no token reserves a future one and sleeps until it is there, so that waiting callers are served in order.

    A response's ``remaining`` is out of date when it arrives. Requests of other threads that are waiting, in flight,
    or completed since this one was sent may or may not be counted in it. It therefore gives two bounds: at most
    ``remaining`` tokens are left, and at least ``remaining`` less all of those requests. The estimate is clamped to
    this range and otherwise kept.

    Other processes may share the limit. When one of them was faster, the API rejects a request with status 429. Then
    :meth:`block` delays all requests of this process, those that wait already included, by the time that the API asks
    for, and by a random time from the second rejection in a row on. Once the request got through, the process leaves
    some tokens to the others: it would otherwise be first again at each new token.
    """

    def __init__(self, clock: Clock, waits: bool = True) -> None:
        self.waits = waits
        self.last: RateLimit | None = None
        self._clock = clock
        self._remaining = 0.0
        self._refilled_at = 0.0
        self._blocked_until = self._warned_at = -inf
        self._delay = 0.0  # sum of the delays of waiting requests by block()
        self._rejections, self._rejected = 0, -2  # consecutive ones, and the number of responses at the last one
        self._turns = 0  # tokens to leave to other processes
        self.reset_after_fork()

    def reset_after_fork(self) -> None:
        """Reset the lock and the counts of other threads' requests, since those threads do not exist after a fork."""
        self._lock = threading.Lock()
        # Requests that hold a token and sleep, that were sent, and that got a response or failed.
        self._waiting = self._in_flight = self._completed = 0

    def acquire(self, max_wait: float = inf) -> int:
        """Block until a request may be sent.

        Return the number of requests completed so far, as :meth:`observe` needs it.

        :param max_wait: Maximum number of seconds to wait
        :raises RateLimitExceededError: if it would take longer; raised at once
        """
        with self._lock:
            now = self._clock.monotonic()
            due = self._reserve(now) if self.waits else now
            wait, delay = due - now, self._delay
            if wait <= 0:
                self._in_flight += 1
                return self._completed
            self._waiting += 1
        return self._wait(due, wait, delay, max_wait)

    @blocking
    async def _wait(self, due: float, wait: float, delay: float, max_wait: float) -> int:
        """Wait for the token that is due then; ``delay`` is the sum of the delays when it was reserved."""
        try:
            while wait > 0:
                if wait > max_wait:
                    raise _withheld(wait)
                await self._sleep(wait)
                max_wait -= wait
                with self._lock:  # block() may have delayed this request meanwhile
                    wait, delay = self._delay - delay, self._delay
        except BaseException:  # such as KeyboardInterrupt
            with self._lock:
                self._waiting -= 1
                self._release(due)
            raise
        with self._lock:
            self._waiting -= 1
            self._in_flight += 1
            return self._completed

    async def _sleep(self, seconds: float) -> None:
        now, log = self._clock.monotonic(), _log()
        if seconds >= LONG_WAIT and now >= self._warned_at + LONG_WAIT:  # not for each of many threads
            self._warned_at = now
            log.warning(WAITING, seconds)
        else:
            log.info(WAITING, seconds)
        await pause(self._clock, seconds)

    def _reserve(self, now: float) -> float:
        """Take a token; return the time at which it is due. Times are those of the monotonic clock."""
        if self.last is None:
            return self._blocked_until
        self._refill()
        if self._turns and self._completed != self._rejected:
            # A rejected request got through. Leave as many tokens to other processes as they were faster.
            if self._remaining < 1:
                self._remaining -= self._turns
            self._turns = 0
        self._remaining -= 1
        return max(self._blocked_until, now - self._remaining / self._rate)

    def _release(self, due: float) -> None:
        """Return the token that was due then, as its request is not sent."""
        self._remaining += 1

    def observe(self, headers: Mapping[str, str], started: int) -> None:
        """Update the estimate from a response.

        :param headers: Headers of the response; an empty mapping if the request failed without one
        :param started: Result of :meth:`acquire` for this request
        """
        with self._lock:
            self._in_flight -= 1
            completed_meanwhile = self._completed - started
            self._completed += 1
            current = RateLimit.read(headers)
            if current is not None:
                self._update(current, headers, completed_meanwhile)
                self.last = current

    def _update(self, current: RateLimit, headers: Mapping[str, str], completed_meanwhile: int) -> None:
        lower_bound = current.remaining - self._waiting - self._in_flight - completed_meanwhile
        if self.last is None or self.last.limit != current.limit:
            # No estimate yet, or one for another limit: start with the cautious bound.
            self._remaining, self._refilled_at = lower_bound, self._clock.monotonic()
        else:
            self._refill()
            self._remaining = min(max(self._remaining, lower_bound), current.remaining)

    def block(self, retry_after: float) -> float:
        """Send no request for some time after a response with status 429, but at most for an hour.

        Return the seconds until the next request. They are more than ``retry_after`` from the second consecutive such
        response on: other processes share the limit, see :func:`spread`.

        :param retry_after: Seconds that the response asks to wait
        """
        with self._lock:
            is_consecutive = self._completed == self._rejected + 1
            self._rejections = self._rejections + 1 if is_consecutive else 0
            self._rejected = self._completed
            seconds = spread(retry_after, self._rejections)
            now = self._clock.monotonic()
            until = now + min(seconds, WINDOW)
            # Requests that wait already keep their order and their intervals.
            self._delay += max(0.0, until - max(now, self._blocked_until))
            self._blocked_until = max(until, self._blocked_until)
            self._spend(until - now)
            return seconds

    def _spend(self, seconds: float) -> None:
        """Reduce the estimate so that the next token is there in ``seconds``, behind those of waiting requests."""
        if self.last is not None:
            self._refill()
            self._turns = min(self._rejections + 1, MAX_TURNS, int(LONG_WAIT * self._rate))
            self._remaining = min(self._remaining, 1 - seconds * self._rate - self._waiting)

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
        return None if seconds is None or seconds < SHORTEST_PAUSE else seconds

    def _seconds_until_token(self, current: RateLimit, until_full: float) -> float | None:
        """Return the seconds until a request may be sent, None if the limit tells nothing about that."""
        interval = WINDOW / current.limit
        # If the reset time agrees with a constant refill rate (within 10 %), one token is there after a single
        # interval. Otherwise the whole budget is assumed to come back at the reset time. If that has passed, though
        # the request was rejected, other requests took the tokens, or the clocks differ.
        refill_time = (current.limit - current.remaining) * interval
        return interval if until_full <= 0 or until_full >= 0.9 * refill_time else until_full

    @property
    def _rate(self) -> float:
        """Tokens per second."""
        return self.last.limit / WINDOW if self.last else 1.0

    def _refill(self) -> None:
        now = self._clock.monotonic()
        limit = self.last.limit if self.last else 0
        self._remaining = min(float(limit), self._remaining + (now - self._refilled_at) * self._rate)
        self._refilled_at = now


def _withheld(wait: float) -> RateLimitExceededError:
    message = "nothing was sent, to stay within the rate limit"
    error = RateLimitExceededError("rate_limit_exceeded", message, None, http_status=429)
    error._retry_after = wait
    return error


@cache
def _log() -> Any:
    import logging  # imported here, as it is not needed to make a client

    return logging.getLogger(PACKAGE)
