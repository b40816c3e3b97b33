"""What is left of the API's budget, shared by all threads of a client."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from math import isfinite
from typing import NamedTuple

from .clock import Clock

__all__ = ["Budget", "RateLimit", "retry_after"]

WINDOW = 3600.0
"""Seconds in which a whole budget refills."""


def _text(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name)
    return value if isinstance(value, str) else ""  # those of a mock are no texts


class RateLimit(NamedTuple):
    """What the API said last of its rate limit."""

    limit: int
    """How many requests fit into an hour."""
    remaining: int
    """How many of them were left."""
    reset: float
    """When all of them are back, in seconds since 1970."""

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> RateLimit | None:
        """What the headers of a response say, None if they say nothing that makes sense."""
        try:
            limit, remaining = int(_text(headers, "RateLimit-Limit")), int(_text(headers, "RateLimit-Remaining"))
            reset = float(_text(headers, "RateLimit-Reset"))
        except ValueError:
            return None
        makes_sense = 0 <= remaining <= limit and 0 < limit < 10**9 and isfinite(reset)
        return cls(limit, remaining, reset) if makes_sense else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a response asks to wait, None if it does not."""
    try:
        seconds = float(_text(headers, "Retry-After"))
    except ValueError:
        return None
    return max(0.0, seconds) if isfinite(seconds) else None


class Budget:
    """Lets a request go when the API has room for it.

    Until a response tells the limit, every request goes. From then on each takes one from what is left, which refills
    at an even rate; who finds nothing left has one reserved, and waits until it is there. What a response says lies
    in the past: requests that were on their way with it may be counted in it or not, so it tells between which two
    numbers the truth is, and what was reckoned here is corrected to lie between them.
    """

    def __init__(self, clock: Clock, paces: bool = True) -> None:
        self.paces = paces
        self.last: RateLimit | None = None
        self._clock = clock
        self._left = 0.0
        self._at = 0.0
        self.forked()

    def forked(self) -> None:
        """Forget the requests of other threads, which a forked process does not have."""
        self._lock = threading.Lock()
        self._waiting = self._under_way = self._answered = 0

    def admit(self) -> int:
        """Return when a request may be sent, as :meth:`learn` wants to know of it."""
        with self._lock:
            self._waiting += 1
            wait = 0.0
            if self.last is not None and self.paces:
                self._refill()
                self._left -= 1
                wait = -self._left / self._rate
        try:
            if wait > 0:
                from logging import getLogger

                getLogger("hcloud").info("waiting %.1f s for the rate limit", wait)
                self._clock.sleep(wait)
        except BaseException:
            with self._lock:
                self._waiting -= 1
                self._left += 1
            raise
        with self._lock:
            self._waiting -= 1
            self._under_way += 1
            return self._answered

    def learn(self, headers: Mapping[str, str], started: int) -> None:
        """Take in a response, by its headers; an empty mapping stands for one that never came."""
        with self._lock:
            self._under_way -= 1
            meanwhile = self._answered - started
            self._answered += 1
            said = RateLimit.read(headers)
            if said is None:
                return
            at_least = said.remaining - self._waiting - self._under_way - meanwhile
            if self.last is None or self.last.limit != said.limit:
                self._left, self._at = at_least, self._clock.monotonic()
            else:
                self._refill()
                self._left = min(max(self._left, at_least), said.remaining)
            self.last = said

    def forget(self, retry_after: float) -> None:
        """Take in that the API refused a request, and after how many seconds it will take one again."""
        with self._lock:
            if self.last is not None:
                self._refill()
                self._left = min(self._left, 1 - min(retry_after, WINDOW) * self._rate)

    def pause(self, headers: Mapping[str, str]) -> float | None:
        """The seconds that a refused request should wait by what the response says, None if it does not."""
        seconds = retry_after(headers)
        if seconds is not None:
            return seconds
        said = RateLimit.read(headers)
        if said is None:
            return None
        until_whole = said.reset - self._clock.time()
        if until_whole <= 0:  # it refused nevertheless, so the clocks differ
            return None
        # A budget that refills evenly has room again long before it is whole.
        refilling = (said.limit - said.remaining) * WINDOW / said.limit
        if refilling and until_whole >= 0.9 * refilling:
            return WINDOW / said.limit
        return until_whole

    @property
    def _rate(self) -> float:
        return self.last.limit / WINDOW if self.last else 1.0

    def _refill(self) -> None:
        now = self._clock.monotonic()
        limit = self.last.limit if self.last else 0
        self._left = min(float(limit), self._left + (now - self._at) * self._rate)
        self._at = now
