"""Servers: the virtual machines of a project."""

from __future__ import annotations

from .client import BoundServer, ServersClient, ServersPageResult
from .domain import (
    CreateServerResponse,
    EnableRescueResponse,
    GetMetricsResponse,
    IPv4Address,
    IPv6Network,
    MetricsType,
    PrivateNet,
    PublicNetwork,
    PublicNetworkFirewall,
    RebuildResponse,
    RequestConsoleResponse,
    ResetPasswordResponse,
    Server,
    ServerCreatePublicNetwork,
    ServerProtection,
    ServerSort,
    ServerStatus,
)

__all__ = [
    "BoundServer",
    "CreateServerResponse",
    "EnableRescueResponse",
    "GetMetricsResponse",
    "IPv4Address",
    "IPv6Network",
    "MetricsType",
    "PrivateNet",
    "PublicNetwork",
    "PublicNetworkFirewall",
    "RebuildResponse",
    "RequestConsoleResponse",
    "ResetPasswordResponse",
    "Server",
    "ServerCreatePublicNetwork",
    "ServerProtection",
    "ServerSort",
    "ServerStatus",
    "ServersClient",
    "ServersPageResult",
]
