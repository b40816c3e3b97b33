"""Rate limit of DigitalOcean: sliding windows of one hour, and of one minute against bursts."""

from __future__ import annotations

from ..core.rate_limit import Budget, RateLimit

__all__ = ["SlidingBudget"]

HOUR = 3600.0


class SlidingBudget(Budget):
    """Delays requests that would exceed the hourly limit, which responses report, or the burst limit."""

    _burst = 250  # the API sends no header for this limit

    def _seconds_until_token(self, current: RateLimit, until_full: float) -> float | None:
        # Requests left: the burst limit rejected the request.
        return max(HOUR / current.limit, min(until_full, HOUR)) if current.remaining <= 0 else None
