"""Protocol of the clock that the library reads and sleeps on; tests and the fake cloud replace it."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Clock"]


class Clock(Protocol):
    """Clock for ``Client(clock=…)``; the module ``time`` is one."""

    def time(self) -> float:
        """Return the seconds since 1970, UTC."""

    def monotonic(self) -> float:
        """Return the seconds since an arbitrary moment; the value never decreases."""

    def sleep(self, seconds: float, /) -> None:
        """Block for ``seconds``."""
