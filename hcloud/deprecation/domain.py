from __future__ import annotations

from ..core import BaseDomain, Timestamp, record

__all__ = ["DeprecationInfo"]


@record
class DeprecationInfo(BaseDomain):
    """Dates of the deprecation of a resource that Hetzner offers."""

    announced: Timestamp = Timestamp()
    """Time of the announcement, UTC."""
    unavailable_after: Timestamp = Timestamp()
    """Time after which the resource can no longer be used for new resources, UTC."""
