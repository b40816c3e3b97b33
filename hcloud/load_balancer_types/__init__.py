"""Load balancer types: how much a load balancer can carry, and what it costs."""

from __future__ import annotations

from .client import BoundLoadBalancerType, LoadBalancerTypesClient, LoadBalancerTypesPageResult
from .domain import LoadBalancerType

__all__ = ["BoundLoadBalancerType", "LoadBalancerType", "LoadBalancerTypesClient", "LoadBalancerTypesPageResult"]
