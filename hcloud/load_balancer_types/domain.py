from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ..core import Always, Nested, Resource, Timestamp, record
from ..deprecation import DeprecationInfo

if TYPE_CHECKING:
    from ..server_types import TypePrice

__all__ = ["LoadBalancerType"]


@record
class LoadBalancerType(Resource, by_name=True, shown=("max_services", "max_targets", "max_connections")):
    """Limits and prices of a load balancer. See "Load Balancer Types" in the API reference."""

    name: Always[str] = Always()
    """Unique name, such as ``lb11``."""
    description: Always[str] = Always()
    """Description, as free text."""
    max_connections: Always[int] = Always()
    """Maximum number of simultaneous connections."""
    max_services: Always[int] = Always()
    """Maximum number of services."""
    max_targets: Always[int] = Always()
    """Maximum number of targets."""
    max_assigned_certificates: Always[int] = Always()
    """Maximum number of certificates of all services together."""
    prices: Always[list[TypePrice]] = Always()
    """Prices, one entry per location."""
    deprecation: Nested[DeprecationInfo | None] = Nested(DeprecationInfo)
    """Deprecation dates; None if it is not deprecated."""
    deprecated: Timestamp[datetime | None] = Timestamp()
    """Time of the deprecation announcement, UTC; see :attr:`deprecation`."""
