"""Time, as the library asks for it: one object that a test or a fake can replace."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Clock"]


class Clock(Protocol):
    """What ``Client(clock=…)`` takes; the module ``time`` is one."""

    def time(self) -> float:
        """Seconds since 1970, UTC."""

    def monotonic(self) -> float:
        """Seconds since some moment, never running backwards."""

    def sleep(self, seconds: float, /) -> None:
        """Return after ``seconds``."""
