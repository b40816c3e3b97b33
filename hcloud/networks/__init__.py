"""Networks: private networks of servers and load balancers."""

from __future__ import annotations

from .client import BoundNetwork, NetworkMembersPageResult, NetworksClient, NetworksPageResult
from .domain import (
    CreateNetworkResponse,
    Network,
    NetworkMember,
    NetworkMemberSort,
    NetworkMemberStatus,
    NetworkMemberType,
    NetworkProtection,
    NetworkRoute,
    NetworkSort,
    NetworkSubnet,
    NetworkSubnetType,
)

__all__ = [
    "BoundNetwork",
    "CreateNetworkResponse",
    "Network",
    "NetworkMember",
    "NetworkMemberSort",
    "NetworkMemberStatus",
    "NetworkMemberType",
    "NetworkMembersPageResult",
    "NetworkProtection",
    "NetworkRoute",
    "NetworkSort",
    "NetworkSubnet",
    "NetworkSubnetType",
    "NetworksClient",
    "NetworksPageResult",
]
