"""Rate limit of DigitalOcean: sliding windows of one hour, and of one minute against bursts."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from ..core.rate_limit import Budget, RateLimit

__all__ = ["SlidingBudget"]

HOUR, MINUTE = 3600.0, 60.0
BURST = 250
"""Number of requests per minute; the API sends no header for this limit."""


class SlidingBudget(Budget):
    """Delays requests that would exceed the hourly limit, which responses report, or the burst limit."""

    def reset_after_fork(self) -> None:
        """Forget the requests in flight and the history of the parent process."""
        super().reset_after_fork()
        self._sent: deque[float] = deque()  # times of the requests of the last hour, including scheduled ones
        self._closed = 0.0

    def acquire(self) -> int:
        """Wait until the request may be sent."""
        clock = self._clock
        with self._lock:
            now = at = clock.monotonic()
            while self._sent and self._sent[0] <= now - HOUR:
                self._sent.popleft()
            self._remaining -= 1
            self._in_flight += 1
            if self.waits:
                at = max(now, self._closed, self._sent[-1] if self._sent else 0.0)
                if len(self._sent) >= BURST:
                    at = max(at, self._sent[-BURST] + MINUTE)
                if self.last is not None and self._remaining < 0:
                    at = max(at, now + self._seconds_until_room(self.last))
            self._sent.append(at)
        try:
            if at > now:
                clock.sleep(at - now)
        except BaseException:
            with self._lock:
                self._sent.remove(at)
                self._remaining += 1
                self._in_flight -= 1
            raise
        return 0

    def _seconds_until_room(self, last: RateLimit) -> float:
        """Return the seconds until the most recent over-limit request may be sent."""
        until_oldest = last.reset - self._clock.time()
        # The first request over the limit waits until the oldest request of the account expires, the next ones until
        # those of this client do, one by one.
        position = -int(self._remaining) - 1
        if until_oldest <= 0 or position == 0 or position >= len(self._sent):
            return until_oldest
        return max(until_oldest, self._sent[position] + HOUR - self._clock.monotonic())

    def observe(self, headers: Mapping[str, str], started: int) -> None:
        """Update the budget from the headers of a response, which are empty if no response arrived."""
        with self._lock:
            self._in_flight -= 1
            rate_limit = RateLimit.read(headers)
            if rate_limit is not None:
                self.last, self._remaining = rate_limit, rate_limit.remaining - self._in_flight

    def block(self, retry_after: float) -> None:
        """Send nothing for ``retry_after`` seconds, because the API rejected a request."""
        with self._lock:
            self._closed = self._clock.monotonic() + retry_after

    def retry_delay(self, headers: Mapping[str, str]) -> float | None:
        """Return the seconds until a rejected request may be retried, None if the headers contain no such time."""
        rate_limit = None if "Retry-After" in headers else RateLimit.read(headers)
        if rate_limit is None:
            return super().retry_delay(headers)
        return max(0.0, rate_limit.reset - self._clock.time()) if rate_limit.remaining <= 0 else None
