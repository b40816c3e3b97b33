from __future__ import annotations

from typing import TYPE_CHECKING

from ..core import Nested, Resource, Timestamp, record
from ..deprecation import DeprecationInfo

if TYPE_CHECKING:
    from ..server_types import TypePrice

__all__ = ["LoadBalancerType"]


@record
class LoadBalancerType(Resource, by_name=True, shown=("max_services", "max_targets", "max_connections")):
    """Limits and prices of a load balancer. See "Load Balancer Types" in the API reference."""

    name: str | None = None
    """Unique name, such as ``lb11``."""
    description: str | None = None
    """Description, as free text."""
    max_connections: int | None = None
    """Maximum number of simultaneous connections."""
    max_services: int | None = None
    """Maximum number of services."""
    max_targets: int | None = None
    """Maximum number of targets."""
    max_assigned_certificates: int | None = None
    """Maximum number of certificates of all services together."""
    prices: list[TypePrice] | None = None
    """Prices, one entry per location."""
    deprecation: Nested[DeprecationInfo | None] = Nested(DeprecationInfo)
    """Deprecation dates; None if it is not deprecated."""
    deprecated: Timestamp = Timestamp()
    """Time of the deprecation announcement, UTC; see :attr:`deprecation`."""
