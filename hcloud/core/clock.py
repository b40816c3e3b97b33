"""The clock that the library reads and sleeps on, and the deadline of a wait."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from typing import Any, Protocol

from .coroutines import result_of

__all__ = ["Clock", "SystemClock", "before", "current_deadline", "is_real", "sleep", "system_clock"]

_deadline: ContextVar[float] = ContextVar("hcloud_deadline", default=inf)


def current_deadline() -> float:
    """Return the time by the monotonic clock until which a request may wait before an attempt; infinite by default."""
    return _deadline.get()


@contextmanager
def before(deadline: float) -> Iterator[None]:
    """Let requests in the block pause for the rate limit, or for a retry, until ``deadline`` at most.

    :param deadline: Time by the monotonic clock; infinite if there is none
    """
    token = _deadline.set(min(deadline, _deadline.get()))
    try:
        yield
    finally:
        _deadline.reset(token)


class Clock(Protocol):
    """Clock for ``Client(clock=…)``; the module ``time`` is one."""

    def time(self) -> float:
        """Return the seconds since 1970, UTC."""

    def monotonic(self) -> float:
        """Return the seconds since an arbitrary moment; the value never decreases."""

    def sleep(self, seconds: float, /) -> object:
        """Block for ``seconds``; the clock of an asynchronous client may return a coroutine that sleeps."""


class SystemClock:
    """Default clock of all clients: that of the module ``time``, unless a mock lets it follow another one."""

    def __init__(self) -> None:
        self._source: Clock = time
        self._offset = 0.0

    def follow(self, source: Clock | None) -> None:
        """Take time and sleep from ``source``; None returns to the system. :meth:`monotonic` does not jump."""
        source = time if source is None else source
        self._offset += self._source.monotonic() - source.monotonic()
        self._source = source

    def time(self) -> float:
        """Return the seconds since 1970, UTC."""
        return self._source.time()

    def monotonic(self) -> float:
        """Return the seconds since an arbitrary moment."""
        return self._source.monotonic() + self._offset

    def sleep(self, seconds: float, /) -> None:
        """Block for ``seconds``."""
        self._source.sleep(seconds)


system_clock: SystemClock = SystemClock()


def is_real(clock: Clock) -> bool:
    """Return True if ``clock`` is that of the system."""
    return (system_clock._source if clock is system_clock else clock) is time


async def sleep(clock: Any, seconds: float) -> None:
    """Sleep on a clock, whose ``sleep`` may be a coroutine method."""
    await result_of(clock.sleep(seconds))
