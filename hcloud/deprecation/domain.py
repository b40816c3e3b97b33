from __future__ import annotations

from ..core import BaseDomain, Timestamp, record

__all__ = ["DeprecationInfo"]


@record
class DeprecationInfo(BaseDomain):
    """When something was announced to go, and when it goes."""

    announced: Timestamp = Timestamp()
    """When it was announced."""
    unavailable_after: Timestamp = Timestamp()
    """From when on it can't be ordered or used for something new."""
