"""Floating IPs: addresses that can move from server to server."""

from __future__ import annotations

from .client import BoundFloatingIP, FloatingIPsClient, FloatingIPsPageResult
from .domain import CreateFloatingIPResponse, FloatingIP, FloatingIPProtection, FloatingIPSort, FloatingIPType

__all__ = [
    "BoundFloatingIP",
    "CreateFloatingIPResponse",
    "FloatingIP",
    "FloatingIPProtection",
    "FloatingIPSort",
    "FloatingIPType",
    "FloatingIPsClient",
    "FloatingIPsPageResult",
]
