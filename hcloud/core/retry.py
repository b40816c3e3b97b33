"""Which failures pass, which requests may be repeated, and after how long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._exceptions import APIException, HCloudException, InvalidResponseError, NetworkError

__all__ = ["constant_backoff_function", "exponential_backoff_function", "is_passing", "was_surely_refused"]

PASSING_STATUSES = frozenset({429, 502, 503, 504})
REPEATABLE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


def constant_backoff_function(interval: float) -> Callable[[int], float]:
    """A backoff function that always waits ``interval`` seconds.

    :param interval: seconds
    """
    return lambda retries: interval


def exponential_backoff_function(
    *, base: float, multiplier: float, cap: float, jitter: bool = False
) -> Callable[[int], float]:
    """A backoff function whose waits grow: ``base`` times ``multiplier`` to the power of the retries so far.

    :param base: seconds before the first retry
    :param multiplier: how much longer each wait is than the one before
    :param cap: seconds that no wait exceeds
    :param jitter: whether to take a random time between half and all of it instead
    """

    def interval(retries: int) -> float:
        try:
            seconds = min(cap, base * float(multiplier) ** retries)
        except OverflowError:
            seconds = cap
        if not jitter:
            return seconds
        from random import uniform

        return uniform(seconds / 2, seconds)

    return interval


def is_passing(error: HCloudException, codes: frozenset[int | str]) -> bool:
    """Whether the same request may succeed later, by what the server said."""
    if isinstance(error, APIException):
        return error.code in codes or error.http_status in PASSING_STATUSES
    return isinstance(error, NetworkError) and not _is_of_settings(error.__cause__)


def was_surely_refused(error: HCloudException) -> bool:
    """Whether the request that failed so certainly had no effect."""
    if isinstance(error, InvalidResponseError):
        return False
    if isinstance(error, APIException):
        return error.http_status not in (502, 504) and error.code not in (502, 504, "bad_gateway", "timeout")
    return _was_never_sent(error.__cause__)


def _is_of_settings(error: BaseException | None) -> bool:
    """Whether it failed by an address or a proxy that is none, or by a certificate that is not trusted."""
    from ssl import SSLCertVerificationError

    return isinstance(error, ValueError) or isinstance(_innermost(error), SSLCertVerificationError)


def _was_never_sent(error: BaseException | None) -> bool:
    import requests
    from urllib3 import exceptions

    # Any other failure of TLS or of a proxy may have come after the request, too.
    inner = _innermost(error)
    return (
        _is_of_settings(error)
        or isinstance(
            inner, (requests.exceptions.ConnectTimeout, exceptions.NewConnectionError, exceptions.ConnectTimeoutError)
        )
        or str(inner).startswith("Tunnel connection failed")
    )


def _innermost(error: BaseException | None) -> BaseException | None:
    """The failure that those of ``requests`` and ``urllib3`` are wrapped around."""
    inner: Any = error
    while isinstance(inner, BaseException):
        error = inner
        wrapped = (getattr(error, name, None) for name in ("original_error", "reason"))
        inner = next(filter(None, wrapped), None) or (error.args[0] if error.args else None)
    return error
