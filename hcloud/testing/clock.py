"""The time a fake cloud lives in: turned by hand in tests, the machine's own when served."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

__all__ = ["ManualClock", "RealClock", "daily", "iso"]


class ManualClock:
    """Stands still until it is told to go on; sleeping on it takes no real time.

    :param start: the moment it begins at, in seconds since 1970; default 15 October 2026, noon UTC.
    """

    def __init__(self, start: float = 1_792_065_600.0) -> None:
        self._now = start
        self._lock = threading.Lock()

    def time(self) -> float:
        """Seconds since 1970, UTC."""
        return self._now

    def monotonic(self) -> float:
        """The same seconds: this clock goes forward only."""
        return self._now

    def sleep(self, seconds: float, /) -> None:
        """Move on by ``seconds`` at once."""
        if seconds < 0:
            raise ValueError(f"a clock cannot go back: {seconds} seconds")
        with self._lock:
            self._now += seconds

    def set(self, now: float) -> None:
        """Set it to a moment, in seconds since 1970, also back."""
        with self._lock:
            self._now = now


class RealClock:
    """The machine's clock; it can be set ahead by :meth:`advance`.

    :param ahead: seconds that it is ahead of the machine's clock.
    """

    def __init__(self, ahead: float = 0.0) -> None:
        self._ahead = ahead

    def time(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time() + self._ahead

    def monotonic(self) -> float:
        """Seconds since the machine started, and what the clock is ahead."""
        return time.monotonic() + self._ahead

    def sleep(self, seconds: float, /) -> None:
        """Block for ``seconds``."""
        time.sleep(seconds)

    def advance(self, seconds: float) -> None:
        """Set the clock ahead by ``seconds``."""
        if seconds < 0:
            raise ValueError(f"a clock cannot go back: {seconds} seconds")
        self._ahead += seconds


def daily(hour: int, minute: int, after: float, until: float) -> Iterator[float]:
    """The moments after one and until another at which it is a time of the day (UTC), the latest first."""
    day = datetime.fromtimestamp(until, timezone.utc).replace(hour=hour, minute=minute, second=0, microsecond=0)
    while (moment := day.timestamp()) > after:
        if moment <= until:
            yield moment
        day -= timedelta(days=1)


def iso(seconds: float) -> str:
    """A moment as the API writes it: ``2016-01-30T23:55:00+00:00``."""
    return datetime.fromtimestamp(int(seconds), timezone.utc).isoformat()
