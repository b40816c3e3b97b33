"""Rate limiter shared by all threads of a client."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from math import isfinite
from typing import NamedTuple

from .clock import Clock

__all__ = ["Budget", "RateLimit", "retry_after"]

WINDOW = 3600.0
"""Seconds in which an empty budget refills completely."""


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


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the ``Retry-After`` header asks to wait, None if there is no valid one."""
    try:
        seconds = float(_header(headers, "Retry-After"))
    except ValueError:
        return None
    return max(0.0, seconds) if isfinite(seconds) else None


class Budget:
    """Token bucket that delays requests which would exceed the API's rate limit.

    Until a response states the limit, no request is delayed. From then on each request takes one token from an
    estimate of what is left, which refills at a constant rate. The estimate may become negative: a caller that finds
    no token reserves a future one and sleeps until it is there, so that waiting callers are served in order.

    A response's ``remaining`` is out of date when it arrives. Requests of other threads that are waiting, in flight,
    or completed since this one was sent may or may not be counted in it. It therefore gives two bounds: at most
    ``remaining`` tokens are left, and at least ``remaining`` less all of those requests. The estimate is clamped to
    this range and otherwise kept.
    """

    def __init__(self, clock: Clock, waits: bool = True) -> None:
        self.waits = waits
        self.last: RateLimit | None = None
        self._clock = clock
        self._remaining = 0.0
        self._refilled_at = 0.0
        self.reset_after_fork()

    def reset_after_fork(self) -> None:
        """Reset the lock and the counts of other threads' requests, since those threads do not exist after a fork."""
        self._lock = threading.Lock()
        # Requests that hold a token and sleep, that were sent, and that got a response or failed.
        self._waiting = self._in_flight = self._completed = 0

    def acquire(self) -> int:
        """Block until a request may be sent.

        Return the number of requests completed so far, as :meth:`observe` needs it.
        """
        with self._lock:
            self._waiting += 1
            wait = 0.0
            if self.last is not None and self.waits:
                self._refill()
                self._remaining -= 1
                wait = -self._remaining / self._rate
        try:
            if wait > 0:
                from logging import getLogger  # imported here, as it is not needed to make a client

                getLogger("hcloud").info("waiting %.1f s for the rate limit", wait)
                self._clock.sleep(wait)
        except BaseException:  # such as KeyboardInterrupt: return the token
            with self._lock:
                self._waiting -= 1
                self._remaining += 1
            raise
        with self._lock:
            self._waiting -= 1
            self._in_flight += 1
            return self._completed

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
            if current is None:
                return
            lower_bound = current.remaining - self._waiting - self._in_flight - completed_meanwhile
            if self.last is None or self.last.limit != current.limit:
                # No estimate yet, or one for another limit: start with the cautious bound.
                self._remaining, self._refilled_at = lower_bound, self._clock.monotonic()
            else:
                self._refill()
                self._remaining = min(max(self._remaining, lower_bound), current.remaining)
            self.last = current

    def block(self, retry_after: float) -> None:
        """Reduce the estimate after a response with status 429: the next token is due in ``retry_after`` seconds."""
        with self._lock:
            if self.last is not None:
                self._refill()
                self._remaining = min(self._remaining, 1 - min(retry_after, WINDOW) * self._rate)

    def retry_delay(self, headers: Mapping[str, str]) -> float | None:
        """Return the seconds to wait before retrying a request that got a response with status 429.

        None if the headers do not say.
        """
        seconds = retry_after(headers)
        if seconds is not None:
            return seconds
        current = RateLimit.read(headers)
        if current is None:
            return None
        until_full = current.reset - self._clock.time()
        if until_full <= 0:  # the request was rejected all the same, so the two clocks differ
            return None
        # If the reset time agrees with a constant refill rate (within 10 %), one token is there after a single
        # interval. Otherwise the whole budget is assumed to come back at the reset time.
        refill_time = (current.limit - current.remaining) * WINDOW / current.limit
        if refill_time and until_full >= 0.9 * refill_time:
            return WINDOW / current.limit
        return until_full

    @property
    def _rate(self) -> float:
        """Tokens per second."""
        return self.last.limit / WINDOW if self.last else 1.0

    def _refill(self) -> None:
        now = self._clock.monotonic()
        limit = self.last.limit if self.last else 0
        self._remaining = min(float(limit), self._remaining + (now - self._refilled_at) * self._rate)
        self._refilled_at = now
