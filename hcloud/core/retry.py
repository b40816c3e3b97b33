"""The table of failures, which decides about retries, and the backoff functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .._exceptions import APIException, ConflictError, HCloudException, InvalidResponseError, LockedError, NetworkError

__all__ = [
    "IDEMPOTENT_METHODS",
    "MIN_PAUSE",
    "Failure",
    "classify",
    "connect_failure",
    "constant_backoff_function",
    "exponential_backoff_function",
    "is_wrong_setting",
    "spread",
]

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
MIN_PAUSE = 0.1
"""Seconds below which the pause that a response asks for is negligible: the usual backoff takes its place."""


class Failure(NamedTuple):
    """Meaning of a failed request for the next attempt."""

    is_transient: bool
    """True if the same request may succeed later."""
    applied: bool | None
    """True if the request was accepted, False if it certainly had no effect, None if unknown."""
    is_busy: bool = False
    """True if the request was rejected because another one, or an action, changes the resource at present."""


REJECTED = Failure(is_transient=False, applied=False)
REJECTED_FOR_NOW = Failure(is_transient=True, applied=False)
UNKNOWN = Failure(is_transient=False, applied=None)
UNKNOWN_FOR_NOW = Failure(is_transient=True, applied=None)
ACCEPTED = Failure(is_transient=True, applied=True)

HETZNER_CODES: Mapping[int | str, Failure] = {
    "conflict": REJECTED_FOR_NOW,
    "rate_limit_exceeded": REJECTED_FOR_NOW,
    "server_error": UNKNOWN_FOR_NOW,
    "bad_gateway": UNKNOWN_FOR_NOW,
    "unavailable": UNKNOWN_FOR_NOW,  # the API has sent it although the snapshot was created
    "timeout": UNKNOWN_FOR_NOW,
    # Codes of an exception without an HTTP status, as hcloud-python 2.27.0 builds it.
    502: UNKNOWN_FOR_NOW,
    504: UNKNOWN_FOR_NOW,
}
"""Error codes of Hetzner's APIs that decide by themselves; the HTTP status decides for all others."""

_STATUSES: Mapping[int, Failure] = {
    408: UNKNOWN_FOR_NOW,
    429: REJECTED_FOR_NOW,
    499: UNKNOWN_FOR_NOW,
    500: UNKNOWN_FOR_NOW,
    502: UNKNOWN_FOR_NOW,
    503: UNKNOWN_FOR_NOW,
    504: UNKNOWN_FOR_NOW,
    **dict.fromkeys(range(520, 525), UNKNOWN_FOR_NOW),  # sent by proxies that failed to reach the API
}
_STATUS_CLASSES: Mapping[int, Failure] = {
    2: ACCEPTED,  # but the body is truncated, or not the API's
    3: UNKNOWN,
    4: REJECTED,
    5: UNKNOWN,
}


def classify(error: HCloudException, codes: Mapping[int | str, Failure]) -> Failure:
    """Look up a failure: by its error code where ``codes`` has it, else by its HTTP status, else by the transport.

    :param codes: Table of the provider's error codes
    """
    if isinstance(error, NetworkError):
        if error._failure is not None:
            return error._failure
        return _classify_network_error(error.__cause__)
    if not isinstance(error, APIException):
        return UNKNOWN
    failure = _classify_response(error, codes)
    # By class, since DigitalOcean has no error code of its own for it.
    is_busy = failure.applied is False and isinstance(error, (LockedError, ConflictError))
    return failure._replace(is_busy=True) if is_busy else failure


def _classify_response(error: APIException, codes: Mapping[int | str, Failure]) -> Failure:
    status = error.http_status
    if status is not None and status < 400 and not isinstance(error, InvalidResponseError):
        # An error in a successful response contradicts itself, so it proves nothing.
        return codes.get(error.code, REJECTED)._replace(applied=None)
    if error.code in codes:
        failure = codes[error.code]
        # A code proves a rejection only with a status that says the same: a proxy sends others for lost requests.
        if failure.applied is not False or status is None or (status // 100 == 4 and status not in (408, 499)):
            return failure
    if status is None:
        return REJECTED
    if status == 409 and error.code == status:
        return UNKNOWN  # not of the API: a proxy may have sent it for a request that it repeated
    return _STATUSES.get(status) or _STATUS_CLASSES.get(status // 100, UNKNOWN)


def _classify_network_error(error: BaseException | None) -> Failure:
    """Look up a failure of the transport.

    The library's own transport states by ``was_sent`` if bytes of the request were sent. Without that attribute, as
    with a session of the user's own, only failures that precede the request prove that none were.
    """
    import requests
    from urllib3 import exceptions

    innermost = _innermost(error)
    was_sent = getattr(error, "was_sent", None)
    if isinstance(error, requests.RequestException) and error.response is not None:
        return UNKNOWN  # there is a response, but it can't be used, such as one that is too large
    if was_sent is not True and is_wrong_setting(error, innermost):
        return REJECTED
    if was_sent is None:
        was_sent = not (
            isinstance(
                innermost,
                (requests.exceptions.ConnectTimeout, exceptions.NewConnectionError, exceptions.ConnectTimeoutError),
            )
            or str(innermost).startswith("Tunnel connection failed")
        )
    return UNKNOWN_FOR_NOW if was_sent else REJECTED_FOR_NOW


def is_wrong_setting(error: BaseException | None, innermost: BaseException | None) -> bool:
    """Return True for an unusable address or proxy, an untrusted certificate, or a peer that refuses the handshake."""
    import ssl

    if isinstance(innermost, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)):
        return False  # the connection ended within the handshake
    if isinstance(innermost, ssl.SSLCertVerificationError) or isinstance(error, ValueError):
        return True
    if isinstance(innermost, ssl.SSLError):
        return getattr(error, "was_sent", None) is False
    return str(innermost).startswith(("Tunnel connection failed: 403", "Tunnel connection failed: 407"))


def _innermost(error: BaseException | None) -> BaseException | None:
    """Unwrap the failure that exceptions of ``requests`` and ``urllib3`` are wrapped around."""
    inner: Any = error
    while isinstance(inner, BaseException):
        error = inner
        wrapped = (getattr(error, name, None) for name in ("original_error", "reason"))
        inner = next(filter(None, wrapped), None) or (error.args[0] if error.args else None)
    return error


def connect_failure(error: HCloudException) -> str:
    """Return the reason why no connection was opened, as the operating system names it if that is known."""
    innermost = _innermost(error.__cause__)
    return str(getattr(innermost, "__cause__", None) or innermost)


def constant_backoff_function(interval: float) -> Callable[[int], float]:
    """Return a backoff function that always waits ``interval`` seconds.

    :param interval: Seconds before each retry
    """
    return lambda retries: interval


def exponential_backoff_function(
    *, base: float, multiplier: float, cap: float, jitter: bool = False
) -> Callable[[int], float]:
    """Return a backoff function whose waits grow: ``base`` times ``multiplier`` to the power of the retries so far.

    :param base: Seconds before the first retry
    :param multiplier: Factor by which each wait is longer than the one before
    :param cap: Maximum of a wait, in seconds
    :param jitter: If true, wait a random time between half and all of that instead
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


def spread(seconds: float, repetition: int) -> float:
    """Return the pause after a response with status 429 that asks to wait ``seconds``.

    From the second such response in a row on, a random time is added, which grows to two seconds. Otherwise, processes
    that share a rate limit would all come back at the same moments, and the same ones would succeed each time.

    :param seconds: Seconds that the response asks to wait
    :param repetition: Number of such responses in a row before this one
    """
    if not repetition:
        return seconds
    base = min(max(seconds, MIN_PAUSE), 1.0)
    return seconds + exponential_backoff_function(base=base, multiplier=2, cap=2 * base, jitter=True)(repetition - 1)
