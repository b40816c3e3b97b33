from __future__ import annotations

from typing import TYPE_CHECKING

from ..core import Nested, Resource, Timestamp, record
from ..deprecation import DeprecationInfo

if TYPE_CHECKING:
    from ..server_types import TypePrice

__all__ = ["LoadBalancerType"]


@record
class LoadBalancerType(Resource, by_name=True):
    """What a load balancer can carry and what it costs. See "Load Balancer Types" in the API reference."""

    name: str | None = None
    """Unique name, such as ``lb11``."""
    description: str | None = None
    """What it is, in words."""
    max_connections: int | None = None
    """How many connections may be open at once."""
    max_services: int | None = None
    """How many services it can have."""
    max_targets: int | None = None
    """How many targets it can have."""
    max_assigned_certificates: int | None = None
    """How many certificates its services can have together."""
    prices: list[TypePrice] | None = None
    """What it costs, by location."""
    deprecation: Nested[DeprecationInfo | None] = Nested(DeprecationInfo)
    """When it is retired; None if it is not about to be."""
    deprecated: Timestamp = Timestamp()
    """When it was announced to be retired; :attr:`deprecation` tells more."""
