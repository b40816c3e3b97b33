"""Rate limit of DigitalOcean: sliding windows of one hour, and of one minute against bursts."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from math import inf

from ..core.rate_limit import Budget, RateLimit, seconds_until

__all__ = ["SlidingBudget"]

HOUR, MINUTE = 3600.0, 60.0
BURST = 250
"""Number of requests per minute; the API sends no header for this limit."""


class SlidingBudget(Budget):
    """Delays requests that would exceed the hourly limit, which responses report, or the burst limit."""

    _resets_at = -inf
    """Time by the monotonic clock at which the oldest request of the account expires."""

    def reset_after_fork(self) -> None:
        """Forget the requests in flight and the history of the parent process."""
        super().reset_after_fork()
        self._sent: deque[float] = deque()  # times of the requests of the last hour, including scheduled ones

    def _reserve(self, now: float) -> float:
        while self._sent and self._sent[0] <= now - HOUR:
            self._sent.popleft()
        self._remaining -= 1
        due = max(now, self._blocked_until, self._sent[-1] if self._sent else now)
        if len(self._sent) >= BURST:
            due = max(due, self._sent[-BURST] + MINUTE)
        if self.last is not None and self._remaining < 0:
            due = max(due, self._time_of_room(now))
        self._sent.append(due)
        return due

    def _release(self, due: float) -> None:
        super()._release(due)
        self._sent.remove(due)

    def _time_of_room(self, now: float) -> float:
        """Return the time at which the most recent over-limit request may be sent."""
        # The first request over the limit waits until the oldest request of the account expires, the next ones until
        # those of this client do, one by one.
        position = -int(self._remaining) - 1
        if self._resets_at <= now or position == 0 or position >= len(self._sent):
            return self._resets_at
        return max(self._resets_at, self._sent[position] + HOUR)

    def _update(self, current: RateLimit, headers: Mapping[str, str], completed_meanwhile: int) -> None:
        self._remaining = current.remaining - self._in_flight - self._waiting
        until_reset = seconds_until(current.reset, headers, self._clock.time())
        self._resets_at = self._clock.monotonic() + min(until_reset, HOUR)

    def _spend(self, seconds: float) -> None:
        pass  # a rejected request tells nothing about the later ones

    def _seconds_until_token(self, current: RateLimit, until_full: float) -> float | None:
        # Requests left: the burst limit rejected the request.
        return max(HOUR / current.limit, min(until_full, HOUR)) if current.remaining <= 0 else None
