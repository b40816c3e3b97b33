from __future__ import annotations

from datetime import datetime

from ..core import BaseDomain, Received, Timestamp, record

__all__ = ["DeprecationInfo"]


@record
class DeprecationInfo(BaseDomain, Received):
    """Dates of the deprecation of a resource that Hetzner offers."""

    announced: Timestamp[datetime] = Timestamp()
    """Time of the announcement, UTC."""
    unavailable_after: Timestamp[datetime] = Timestamp()
    """Time after which the resource can no longer be used for new resources, UTC."""
