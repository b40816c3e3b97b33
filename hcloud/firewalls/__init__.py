"""Firewalls: what traffic may reach and leave servers."""

from __future__ import annotations

from .client import BoundFirewall, FirewallsClient, FirewallsPageResult
from .domain import (
    CreateFirewallResponse,
    Firewall,
    FirewallResource,
    FirewallResourceAppliedToResources,
    FirewallResourceLabelSelector,
    FirewallResourceType,
    FirewallRule,
    FirewallRuleDirection,
    FirewallRuleProtocol,
    FirewallSort,
)

__all__ = [
    "BoundFirewall",
    "CreateFirewallResponse",
    "Firewall",
    "FirewallResource",
    "FirewallResourceAppliedToResources",
    "FirewallResourceLabelSelector",
    "FirewallResourceType",
    "FirewallRule",
    "FirewallRuleDirection",
    "FirewallRuleProtocol",
    "FirewallSort",
    "FirewallsClient",
    "FirewallsPageResult",
]
