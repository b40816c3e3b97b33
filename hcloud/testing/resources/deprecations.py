"""Deprecated types and images, which are no longer available after some time."""

from __future__ import annotations

from ..error_responses import unavailable
from ..schema import Record

__all__ = ["check_not_expired", "is_expired"]


def is_expired(record: Record, now: str) -> bool:
    """Return True if a record is deprecated and no longer available.

    :param now: Current time in the format of the API
    """
    deprecation = record["deprecation"]
    return deprecation is not None and bool(deprecation["unavailable_after"] <= now)


def check_not_expired(singular: str, record: Record, now: str) -> None:
    """Check that a record is still available.

    :param singular: Name of its resource, for the message
    :param now: Current time in the format of the API
    :raises ErrorResponse: ``resource_unavailable``
    """
    if is_expired(record, now):
        # A guess at the message.
        raise unavailable(f"{singular.replace('_', ' ')} is deprecated and no longer available")
