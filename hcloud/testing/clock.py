"""Clocks of a fake cloud: set by hand in tests, the system clock in a server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from .arguments import check_seconds, check_time

__all__ = ["DefaultClock", "ManualClock", "RealClock", "daily", "iso"]


class ManualClock:
    """A clock that only moves when it is told to. Sleeping moves it and takes no real time.

    :param start: Initial time, in seconds since 1970; default 15 October 2026, noon UTC
    """

    def __init__(self, start: float = 1_792_065_600.0) -> None:
        check_time("start", start)
        self._now = start
        self._lock = threading.Lock()

    @property
    def is_going(self) -> bool:
        """True while the clock goes by itself."""
        return False

    def time(self) -> float:
        """Return the time in seconds since 1970, UTC."""
        return self._now

    def monotonic(self) -> float:
        """Return the same as :meth:`time`."""
        return self.time()

    def sleep(self, seconds: float, /) -> None:
        """Move the clock forward by ``seconds``, without waiting."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move the clock forward by ``seconds``."""
        check_seconds("the time by which a clock advances", seconds)
        with self._lock:
            self._now += seconds

    def set(self, now: float) -> None:
        """Set the time, in seconds since 1970; it can be in the past."""
        check_time("now", now)
        with self._lock:
            self._now = now


class DefaultClock(ManualClock):
    """Clock of a cloud that was given none: a :class:`ManualClock` that goes by itself while the cloud is served."""

    def __init__(self) -> None:
        super().__init__()
        self._started: float | None = None
        self._servers = 0

    @contextmanager
    def going(self) -> Iterator[None]:
        """Let the clock go in real time until all such blocks have ended; it can still be advanced."""
        with self._lock:
            if not self._servers:
                self._started = time.monotonic()
            self._servers += 1
        try:
            yield
        finally:
            with self._lock:
                self._servers -= 1
                if not self._servers:
                    self._now, self._started = self.time(), None

    @property
    def is_going(self) -> bool:
        """True while a cloud with this clock is served."""
        return self._started is not None

    def time(self) -> float:
        """Return the time in seconds since 1970, UTC."""
        return self._now if self._started is None else self._now + time.monotonic() - self._started

    def sleep(self, seconds: float, /) -> None:
        """Move the clock forward by ``seconds``; block for that time while the clock is going."""
        if self._started is None:
            self.advance(seconds)
        else:
            time.sleep(seconds)

    def set(self, now: float) -> None:
        """Set the time, in seconds since 1970; it can be in the past."""
        check_time("now", now)
        super().set(now if self._started is None else now - (time.monotonic() - self._started))


class RealClock:
    """The system clock; :meth:`advance` sets it ahead.

    :param ahead: Seconds that it is ahead of the system clock
    """

    def __init__(self, ahead: float = 0.0) -> None:
        self._ahead = ahead

    def time(self) -> float:
        """Return the time in seconds since 1970, UTC."""
        return time.time() + self._ahead

    def monotonic(self) -> float:
        """Return the time of the monotonic system clock, plus the seconds that this clock is ahead."""
        return time.monotonic() + self._ahead

    def sleep(self, seconds: float, /) -> None:
        """Block for ``seconds``."""
        time.sleep(seconds)

    def advance(self, seconds: float) -> None:
        """Set the clock ahead by ``seconds``."""
        check_seconds("the time by which a clock advances", seconds)
        self._ahead += seconds


def daily(hour: int, minute: int, after: float, until: float) -> Iterator[float]:
    """Yield the times (seconds since 1970) at which it is ``hour:minute`` UTC, the latest first.

    :param after: Start of the interval, excluded
    :param until: End of the interval, included
    """
    day = datetime.fromtimestamp(until, UTC).replace(hour=hour, minute=minute, second=0, microsecond=0)
    while (moment := day.timestamp()) > after:
        if moment <= until:
            yield moment
        day -= timedelta(days=1)


def iso(seconds: float) -> str:
    """Format a time (seconds since 1970) as the API does: ``2016-01-30T23:55:00+00:00``."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()
