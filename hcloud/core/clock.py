"""Time, as the library asks for it: one object that a test or a fake can replace."""

from __future__ import annotations

import time
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """What ``Client(clock=…)`` takes."""

    def time(self) -> float:
        """Seconds since 1970, UTC."""

    def monotonic(self) -> float:
        """Seconds since some moment, never running backwards."""

    def sleep(self, seconds: float, /) -> None:
        """Return after ``seconds``."""


class SystemClock:
    """The computer's own time."""

    def time(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since the computer started, or some such moment."""
        return time.monotonic()

    def sleep(self, seconds: float, /) -> None:
        """Sleep for ``seconds``."""
        time.sleep(seconds)
