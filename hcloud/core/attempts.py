"""The attempts of a request: the next one after a failure, its delay, and what is logged and reported about it."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, TypeGuard

from .._exceptions import APIException, HCloudException, NetworkError, RequestInfo
from .clock import current_deadline
from .retry import IDEMPOTENT_METHODS, MIN_PAUSE, Failure, classify, connect_failure
from .warn import log

if TYPE_CHECKING:
    from .connection import Connection
    from .rate_limit import Ticket

__all__ = ["Attempts"]


class Attempts:
    """The attempts of one request: decides after each failure about the next one."""

    count: int = 1
    ticket: int | Ticket | None = None
    """Permission of the rate limiter for the latest request."""
    is_in_flight: bool = False
    """True from the moment an attempt is sent until it has failed; the result of a success is not returned yet."""
    _retries = 0
    _paused = 0.0
    _rejections_while_busy = 0
    _waited_while_busy = 0.0
    _is_sent = False
    _may_be_applied = False

    def __init__(self, connection: Connection, request: RequestInfo) -> None:
        self._connection = connection
        self._request = request
        self._started = connection._clock.monotonic()

    def begin(self) -> float:
        """Return the current time; the first call restarts the time for retries."""
        now = self._connection._clock.monotonic()
        if not self._is_sent:
            self._started, self._is_sent = now, True
        self.is_in_flight = True
        return now

    def time_for_rate_limit(self) -> float:
        """Return the seconds that the next attempt may be delayed, by the rate limit or after a failure."""
        deadline = current_deadline()
        if deadline == inf:
            return self._time_for_retries()
        return min(self._time_for_retries(), deadline - self._connection._clock.monotonic())

    def _time_for_retries(self) -> float:
        return self._connection._retry_max_time - self._elapsed()

    def _elapsed(self) -> float:
        # The pauses count even if sleep() is replaced in a test, since nothing else bounds waits for the rate limit.
        return max(self._paused, self._connection._clock.monotonic() - self._started)

    def already_deleted(self, error: HCloudException) -> bool:
        """Return True if a DELETE finds nothing because an earlier attempt, with an unknown outcome, succeeded."""
        return self._may_be_applied and self._request.method == "DELETE" and self._connection._is_deleted(error)

    def note_interruption(self, error: BaseException) -> None:
        """Add a note to an exception from outside, such as a cancellation, if the request may take effect."""
        request = self._request
        is_sent = self.is_in_flight and getattr(error, "was_sent", None) is not False
        if request.method not in IDEMPOTENT_METHODS and (is_sent or self._may_be_applied):
            notice = f"{request.method} {request.url} was interrupted: it may have taken effect, or may take effect yet"
            error.add_note(notice)
            log().warning(notice)

    async def delay_after(self, error: APIException | NetworkError) -> float | None:
        """Return the seconds to wait before the next attempt, None if there is none.

        :raises OutcomeUnknownError: if the request is not repeated, and one of its attempts may have taken effect
        """
        failure = classify(error, self._connection._failures)
        self._may_be_applied = self._may_be_applied or failure.applied is not False
        if failure.is_busy and self._connection._wait_while_locked:
            delay = self._delay_while_busy(error)
            if delay is not None:
                await self._report(error, delay)
                return delay
        elif failure.applied is False or self._may_be_repeated(failure):
            delay = self._delay(error)
            if delay is not None:
                await self._report(error, delay)
                return delay
            self._explain(error)
        if self._may_be_applied and self._request.method not in IDEMPOTENT_METHODS:
            from .errors import outcome_unknown

            is_repeatable = failure.is_transient and failure.applied is not True
            advise = is_repeatable and not self._connection._retry_unsafe
            raise outcome_unknown(error, advise_retry=advise) from (error.__cause__ or error)
        return None

    def _delay(self, error: APIException | NetworkError) -> float | None:
        """Return the seconds until the next attempt, None if the failure is final, or attempts or time are used up."""
        delay, connection = error._retry_after, self._connection
        if not connection._retry_policy(error):  # a method that programs replace
            return None
        if delay is None or not _is_rate_limit(error):  # a 429 that says when to come back does not count as a retry
            if self._retries >= connection._retry_max_retries:
                return None
            delay = connection._retry_interval_func(self._retries) if delay is None else delay
            self._retries += 1
        return delay if delay <= self.time_for_rate_limit() else None

    def _delay_while_busy(self, error: HCloudException) -> float | None:
        """Return the seconds until the next attempt on a resource that is being changed, None if that takes too long.

        These pauses count neither as retries nor against the time for them: they have a limit of their own.
        """
        connection = self._connection
        limit = connection._wait_while_locked
        remaining = min(limit - self._waited_while_busy, current_deadline() - connection._clock.monotonic())
        if remaining <= 0:
            error.add_note(f"The resource was still being changed after {limit:g} s; see wait_while_locked.")
            return None
        delay = max(MIN_PAUSE, connection._poll_interval_func(self._rejections_while_busy))
        delay = min(delay, remaining)
        self._rejections_while_busy += 1
        self._waited_while_busy += delay
        self._started += delay
        self._paused -= delay  # _report() adds it
        return delay

    def _explain(self, error: APIException | NetworkError) -> None:
        """Add the reason for giving up to the message of the final error."""
        if isinstance(error, NetworkError):
            if self.count > 1 and self._is_unreachable(error):
                error._summary = f"; {self._summary()}"
        elif _is_rate_limit(error) and error._retry_after is not None:
            until = f"{error._retry_after:.1f} s, later than retry_max_time or the timeout of the wait allows"
            error.args = (f"{error.args[0]}; the next request is possible in {until}",)

    async def _report(self, error: APIException | NetworkError, delay: float) -> None:
        """Call the hook and write the log before the next attempt."""
        request = self._request
        try:
            await self._connection._call_hook("on_retry", request, error, self.count, delay)
        except BaseException as interruption:
            if not isinstance(interruption, Exception):
                self.note_interruption(interruption)
            raise
        subject = f"{request.method} {request.url}"
        log().info("%s failed: %s; retry %d in %.1f s", subject, type(error).__name__, self.count, delay)
        if self.count == 2 and self._is_unreachable(error):
            reason, left = error._explanation or connect_failure(error), self._time_for_retries()
            log().warning("%s: %s; %s, trying for up to %.0f s more", subject, reason, self._summary(), left)
        self._paused += delay
        self.count += 1

    def _summary(self) -> str:
        return f"tried {self.count} times in {self._elapsed():.1f} s"

    def _is_unreachable(self, error: HCloudException) -> TypeGuard[NetworkError]:
        """Return True if no connection was opened: it is rejected, takes too long, or the host's name is unknown."""
        is_unsent = classify(error, self._connection._failures).applied is False
        return isinstance(error, NetworkError) and is_unsent

    def _may_be_repeated(self, failure: Failure) -> bool:
        if self._request.method in IDEMPOTENT_METHODS:
            return True
        return self._connection._retry_unsafe and failure.applied is None


def _is_rate_limit(error: HCloudException) -> bool:
    return isinstance(error, APIException) and error.http_status == 429
