"""How DigitalOcean limits requests: each counts for an hour from when it was sent, and for a minute against bursts."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from ..core.rate_limit import Budget, RateLimit

__all__ = ["SlidingBudget"]

HOUR, MINUTE = 3600.0, 60.0
BURST = 250
"""How many requests fit into a minute; no header tells."""


class SlidingBudget(Budget):
    """Lets a request go when it exceeds neither limit; those of an hour are what responses tell."""

    def forked(self) -> None:
        """Forget the requests of other threads, and of the process before."""
        super().forked()
        self._sent: deque[float] = deque()  # when the requests of the last hour went, or will go
        self._closed = 0.0

    def admit(self) -> int:
        """Return when a request may be sent."""
        clock = self._clock
        with self._lock:
            now = at = clock.monotonic()
            while self._sent and self._sent[0] <= now - HOUR:
                self._sent.popleft()
            self._left -= 1
            self._under_way += 1
            if self.paces:
                at = max(now, self._closed, self._sent[-1] if self._sent else 0.0)
                if len(self._sent) >= BURST:
                    at = max(at, self._sent[-BURST] + MINUTE)
                if self.last is not None and self._left < 0:
                    at = max(at, now + self._reopens(self.last))
            self._sent.append(at)
        try:
            if at > now:
                clock.sleep(at - now)
        except BaseException:
            with self._lock:
                self._sent.remove(at)
                self._left += 1
                self._under_way -= 1
            raise
        return 0

    def _reopens(self, last: RateLimit) -> float:
        """In how many seconds there is room for the request that is the last to be over the limit of an hour."""
        until_oldest = last.reset - self._clock.time()
        waits_for = -int(self._left) - 1
        if until_oldest <= 0 or waits_for == 0 or waits_for >= len(self._sent):
            return until_oldest
        return max(until_oldest, self._sent[waits_for] + HOUR - self._clock.monotonic())

    def learn(self, headers: Mapping[str, str], started: int) -> None:
        """Take in a response, by its headers; an empty mapping stands for one that never came."""
        with self._lock:
            self._under_way -= 1
            said = RateLimit.read(headers)
            if said is not None:
                self.last, self._left = said, said.remaining - self._under_way

    def forget(self, retry_after: float) -> None:
        """Take in that the API refused a request, and after how many seconds it will take one again."""
        with self._lock:
            self._closed = self._clock.monotonic() + retry_after

    def pause(self, headers: Mapping[str, str]) -> float | None:
        """The seconds that a refused request should wait by what the response says, None if it does not."""
        said = None if "Retry-After" in headers else RateLimit.read(headers)
        if said is None:
            return super().pause(headers)
        return max(0.0, said.reset - self._clock.time()) if said.remaining <= 0 else None
