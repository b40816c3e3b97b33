"""Primary IPs: the public addresses of servers and load balancers."""

from __future__ import annotations

from .client import BoundPrimaryIP, PrimaryIPsClient, PrimaryIPsPageResult
from .domain import (
    CreatePrimaryIPResponse,
    PrimaryIP,
    PrimaryIPAssigneeType,
    PrimaryIPProtection,
    PrimaryIPSort,
    PrimaryIPType,
)

__all__ = [
    "BoundPrimaryIP",
    "CreatePrimaryIPResponse",
    "PrimaryIP",
    "PrimaryIPAssigneeType",
    "PrimaryIPProtection",
    "PrimaryIPSort",
    "PrimaryIPType",
    "PrimaryIPsClient",
    "PrimaryIPsPageResult",
]
