"""Counts of the requests left of a rate limit: a bucket that refills evenly, and sliding windows.

They have neither a lock nor a clock, so that one can be in the memory of a process, or in a file that several share.
"""

from __future__ import annotations

from math import ceil, inf
from typing import TYPE_CHECKING, Any, NamedTuple

from .retry import spread

if TYPE_CHECKING:
    from array import array

__all__ = ["Reservation", "SlidingWindow", "TokenBucket", "create_bucket"]

WINDOW = 3600.0
"""Seconds in which an empty bucket refills completely, and for which a request counts in a sliding window."""
MINUTE = 60.0
MAX_TURNS = 16
"""Maximum number of tokens that are left to other programs after requests were rejected."""
TURNS_TIME = 60.0
"""Seconds within which those tokens come back."""
RECOUNT_TIME = 600.0
"""Seconds between two times at which requests of a shared count are forgotten whose processes were killed."""
MAX_PLAUSIBLE = 1e9
"""Bound of plausible numbers: requests, and seconds in advance."""


class Reservation(NamedTuple):
    """Place of a request in the order in which a budget serves."""

    wait: float
    """Seconds until the request may be sent."""
    due: float = 0.0
    """Time at which it is due, by the clock of the budget."""
    delay: float = 0.0
    """Sum of the delays by rejections when the place was taken."""
    completed: int = 0
    """Number of requests that were completed before this one."""


class TokenBucket:
    """Count of the requests left of a limit that refills evenly. Times are those of a monotonic clock.

    Until a response states the limit, no request is delayed. From then on each request takes one token from an
    estimate of what is left, which refills at a constant rate. The estimate may become negative: a request that finds
    no token reserves a future one, so that waiting requests are served in order.

    A response's ``remaining`` is out of date when it arrives. Other requests that are waiting, in flight, or completed
    since this one was sent may or may not be counted in it. It therefore gives two bounds: at most ``remaining`` tokens
    are left, and at least ``remaining`` less all of those requests. The estimate is clamped to this range and otherwise
    kept.
    """

    def __init__(self) -> None:
        self.limit: int = 0
        self.remaining: float = 0.0
        self.refilled_at: float = 0.0
        self.used_at: float = 0.0
        self.blocked_until: float = -inf
        self.resets_at: float = -inf
        self.delay: float = 0.0
        """Sum of the delays of waiting requests by block()."""
        self.rejections: int = 0
        """Number of consecutive rejections."""
        self.completed_at_rejection: int = -2
        """Number of requests that were completed before the last rejection."""
        self.turns: int = 0
        """Number of tokens to leave to other programs."""
        self.waiting: int = 0
        """Number of requests that hold a token and sleep."""
        self.in_flight: int = 0
        """Number of requests that were sent."""
        self.completed: int = 0
        """Number of requests that got a response or failed."""

    @property
    def values(self) -> tuple[float, ...]:
        """All counts and times, to be stored."""
        return (
            self.limit,
            self.remaining,
            self.refilled_at,
            self.used_at,
            self.blocked_until,
            self.resets_at,
            self.delay,
            self.rejections,
            self.completed_at_rejection,
            self.turns,
            self.waiting,
            self.in_flight,
            self.completed,
        )

    @values.setter
    def values(self, values: tuple[Any, ...]) -> None:
        (
            self.limit,
            self.remaining,
            self.refilled_at,
            self.used_at,
            self.blocked_until,
            self.resets_at,
            self.delay,
            self.rejections,
            self.completed_at_rejection,
            self.turns,
            self.waiting,
            self.in_flight,
            self.completed,
        ) = values

    def resume_shared(self, now: float) -> bool:
        """Go on with a stored count; return False if it is not one by this clock.

        :attr:`used_at` becomes the time to continue with: another process may have read the clock later.
        """
        used_at = self.used_at
        if used_at > now + WINDOW:
            return False
        if used_at < now:
            self.used_at = now
            if used_at // RECOUNT_TIME != now // RECOUNT_TIME:
                # A killed process did not report the outcome of its requests, so all requests in flight are forgotten.
                # That costs a rejected request at most. Waiting requests are those whose places are due later.
                self.in_flight = 0
                if now >= self.blocked_until:
                    self.waiting = min(self.waiting, self._count_scheduled(now))
        return True

    def is_plausible(self) -> bool:
        """Return False for stored numbers that no count can have, such as those that another program wrote."""
        counts = (self.limit, self.delay, self.rejections, self.turns, self.waiting, self.in_flight, self.completed)
        return (
            min(counts) >= 0
            and sum(counts) < MAX_PLAUSIBLE  # also false for NaN
            and -MAX_PLAUSIBLE < self.remaining < MAX_PLAUSIBLE
            and max(self.blocked_until, self.resets_at) <= self.used_at + WINDOW
            and self.refilled_at <= self.used_at < inf
        )

    def reserve(self, now: float) -> Reservation:
        """Reserve the place of the next request."""
        due = self._take(now)
        if due > now:
            self.waiting += 1
            return Reservation(due - now, due, self.delay, self.completed)
        return self.enter(now)

    def enter(self, now: float) -> Reservation:
        """Count a request that is sent now, whatever is left."""
        self.in_flight += 1
        return Reservation(0.0, now, self.delay, self.completed)

    def count(self, now: float) -> int:
        """Count a request that another count has delayed; return the number of requests completed before it."""
        self._record(now)
        self.in_flight += 1
        return self.completed

    def resume(self, reservation: Reservation) -> Reservation:
        """Return the reservation of a request that has waited: with a further wait, if requests were rejected since."""
        wait = self.delay - reservation.delay
        if wait > 0:
            return reservation._replace(wait=wait, delay=self.delay)
        self._stop_waiting()
        self.in_flight += 1
        return reservation._replace(wait=0.0, completed=self.completed)

    def release(self, reservation: Reservation) -> None:
        """Give back the place of a request that has waited and is not sent."""
        self._stop_waiting()
        self._give_back(reservation.due)

    def _stop_waiting(self) -> None:
        self.waiting = max(0, self.waiting - 1)

    def observe(self, now: float, completed_before: int, limit: int, remaining: int, until_reset: float) -> None:
        """Update the estimate from a response.

        :param completed_before: Number of requests that were completed before this one was sent
        :param limit: Limit that the response states; 0 if it states none, or the request failed without a response
        :param remaining: Number of requests left
        :param until_reset: Seconds until all requests are available again
        """
        # Both differences are negative for a request that began before a store lost its counts.
        self.in_flight = max(0, self.in_flight - 1)
        completed_meanwhile = max(0, self.completed - completed_before)
        self.completed += 1
        if limit:
            self._update(now, limit, remaining, until_reset, completed_meanwhile)
            self.limit = limit

    def block(self, now: float, retry_after: float, completed_before: int | None = None) -> float:
        """Delay all requests after a rejected one, but at most for an hour; return the seconds until the next request.

        :param retry_after: Seconds that the response asks to wait
        :param completed_before: Number of requests that were completed before the rejected one was sent
        """
        # A request that was sent before the last rejection was known proves nothing about other programs.
        if completed_before is None or completed_before >= self.completed_at_rejection:
            is_consecutive = self.completed == self.completed_at_rejection + 1
            self.rejections = self.rejections + 1 if is_consecutive else 0
        self.completed_at_rejection = self.completed
        seconds = spread(retry_after, self.rejections)
        until = now + min(seconds, WINDOW)
        # Requests that wait already keep their order and their intervals.
        delay = max(0.0, until - max(now, self.blocked_until))
        self.delay += delay
        self.blocked_until = max(until, self.blocked_until)
        self._spend(now, until - now, delay)
        return seconds

    def forget_requests(self) -> None:
        """Forget all requests that were made in another process, such as the parent of a fork."""
        self.waiting = self.in_flight = self.completed = 0
        self.completed_at_rejection = -2

    # Methods that sliding windows override

    def _count_scheduled(self, now: float) -> int:
        """Return the number of places that are due later."""
        self._refill(now)
        return max(0, ceil(-self.remaining))

    def _record(self, now: float) -> None:
        """Take a token that is there."""
        self._refill(now)
        self.remaining -= 1

    def _take(self, now: float) -> float:
        """Take a token; return the time at which it is due."""
        if not self.limit:
            return self.blocked_until
        self._refill(now)
        if self.turns and self.completed != self.completed_at_rejection:
            # A request succeeded after rejections. Leave a token to other programs for each time that they were faster.
            if self.remaining < 1:
                self.remaining -= self.turns
            self.turns = 0
        self.remaining -= 1
        return max(self.blocked_until, now - self.remaining / self._rate)

    def _give_back(self, due: float) -> None:
        """Return the token that was due then, as its request is not sent."""
        self.remaining += 1

    def _update(self, now: float, limit: int, remaining: int, until_reset: float, completed_meanwhile: int) -> None:
        lower_bound = remaining - self.waiting - self.in_flight - completed_meanwhile
        if self.limit != limit:
            # No estimate yet, or one for another limit: start with the cautious bound.
            self.remaining, self.refilled_at = lower_bound, now
        else:
            self._refill(now)
            self.remaining = min(max(self.remaining, lower_bound), remaining)

    def _spend(self, now: float, seconds: float, delay: float) -> None:
        """Update the estimate after a rejection: the next token is there in ``seconds``, and behind waiting requests.

        :param delay: Seconds by which waiting requests are delayed further
        """
        if self.limit:
            self._refill(now)
            self.turns = min(self.rejections + 1, MAX_TURNS, int(TURNS_TIME * self._rate))
            # The rejected request took no token from the API.
            self.remaining = min(self.remaining + 1 - delay * self._rate, 1 - seconds * self._rate)

    @property
    def _rate(self) -> float:
        """Tokens per second."""
        return self.limit / WINDOW

    def _refill(self, now: float) -> None:
        if now != self.refilled_at:
            self.remaining = min(self.limit, self.remaining + (now - self.refilled_at) * self.limit / WINDOW)
            self.refilled_at = now


class SlidingWindow(TokenBucket):
    """Count of the requests left of a limit for any hour, and of one for any minute that no response states.

    :param burst: Number of requests within a minute
    """

    def __init__(self, burst: int) -> None:
        from array import array  # imported here, as most programs do not need it

        super().__init__()
        self.burst: int = burst
        self.sent: array[float] = array("d")
        """Times of the requests of the last hour, including scheduled ones, in order."""
        self.expired: int = 0
        """Number of times that were removed from the start of :attr:`sent`."""
        self.version: int = 0
        """Number that changes when a time is removed from elsewhere."""

    def forget_requests(self) -> None:
        """Forget all requests that were made in another process, such as the parent of a fork."""
        super().forget_requests()
        self.expire(len(self.sent))

    def expire(self, count: int) -> None:
        """Remove the oldest times.

        :param count: Number of times
        """
        del self.sent[:count]
        self.expired += count

    def is_plausible(self) -> bool:
        """Return False for stored numbers that no count can have, such as those that another program wrote."""
        return super().is_plausible() and (not self.sent or self.sent[-1] < self.used_at + MAX_PLAUSIBLE)

    def _count_scheduled(self, now: float) -> int:
        from bisect import bisect_right

        return len(self.sent) - bisect_right(self.sent, now)

    def _record(self, now: float) -> None:
        self._expire(now)
        self.remaining -= 1
        self.sent.append(max(now, self.sent[-1] if self.sent else now))

    def _expire(self, now: float) -> None:
        if self.sent and self.sent[0] <= now - WINDOW:
            from bisect import bisect_right

            self.expire(bisect_right(self.sent, now - WINDOW))

    def _take(self, now: float) -> float:
        sent = self.sent
        self._expire(now)
        self.remaining -= 1
        due = max(now, self.blocked_until, sent[-1] if sent else now)
        if len(sent) >= self.burst:
            due = max(due, sent[-self.burst] + MINUTE)
        if self.limit and self.remaining < 0:
            due = max(due, self._time_of_room(now))
        sent.append(due)
        return due

    def _time_of_room(self, now: float) -> float:
        """Return the time at which the most recent over-limit request may be sent."""
        # The first request over the limit waits until the oldest request of the account expires, the next ones until
        # those of this count do, one by one.
        position = -int(self.remaining) - 1
        if self.resets_at <= now or position == 0 or position >= len(self.sent):
            return self.resets_at
        return max(self.resets_at, self.sent[position] + WINDOW)

    def _give_back(self, due: float) -> None:
        super()._give_back(due)
        if due in self.sent:
            self.sent.remove(due)
            self.version += 1

    def _update(self, now: float, limit: int, remaining: int, until_reset: float, completed_meanwhile: int) -> None:
        self.remaining: float = remaining - self.in_flight - self.waiting
        self.resets_at: float = now + min(until_reset, WINDOW)

    def _spend(self, now: float, seconds: float, delay: float) -> None:
        """Do nothing: a rejection says nothing about later requests."""


def create_bucket(burst: int | None) -> TokenBucket:
    """Return an empty count.

    :param burst: Number of requests within a minute for sliding windows; None for a limit that refills evenly
    """
    return TokenBucket() if burst is None else SlidingWindow(burst)
