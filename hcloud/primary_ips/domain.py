from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from ..actions import BoundAction, WaitsForActions
from ..core import Always, BaseDomain, DomainIdentityMixin, Identity, Link, Protection, Received, Timestamp, record
from ..rdns import DNSPtr

if TYPE_CHECKING:
    from ..locations import BoundLocation
    from .client import BoundPrimaryIP

__all__ = [
    "CreatePrimaryIPResponse",
    "PrimaryIP",
    "PrimaryIPAssigneeType",
    "PrimaryIPProtection",
    "PrimaryIPSort",
    "PrimaryIPType",
]

PrimaryIPAssigneeType = Literal["server", "load_balancer", "unassigned"]
PrimaryIPProtection = Protection
PrimaryIPSort = Literal["id", "id:asc", "id:desc", "created", "created:asc", "created:desc"]
PrimaryIPType = Literal["ipv4", "ipv6"]


@record
class PrimaryIP(BaseDomain, DomainIdentityMixin, shown=("type", "ip", "location", "assignee_type", "assignee_id")):
    """A public IPv4 address or IPv6 network of a server or load balancer. See "Primary IPs" in the API reference."""

    id: Identity[int] = Identity()
    """ID of the primary IP."""
    type: Always[PrimaryIPType] = Always()
    """Type: ``ipv4`` for an IPv4 address, ``ipv6`` for an IPv6 network."""
    ip: Always[str] = Always()
    """IPv4 address, or IPv6 network in CIDR notation."""
    dns_ptr: Always[list[DNSPtr]] = Always()
    """Reverse DNS names of its addresses."""
    location: Link[BoundLocation] = Link("locations", complete=True)
    """Location of the primary IP and of the resources that it can be assigned to."""
    blocked: Always[bool] = Always()
    """True if Hetzner has blocked the address because of abuse."""
    protection: Always[PrimaryIPProtection] = Always()
    """Protection against deletion."""
    labels: Always[dict[str, str]] = Always()
    """Labels (keys and values) set by the user."""
    created: Timestamp[datetime] = Timestamp()
    """Time of creation, UTC."""
    name: Always[str] = Always()
    """Name, unique in the project."""
    assignee_id: int | None = None
    """ID of the resource that the primary IP is assigned to; None if it is not assigned."""
    assignee_type: Always[PrimaryIPAssigneeType] = Always()
    """Type of that resource: ``server`` or ``load_balancer``; ``unassigned`` if there is none."""
    auto_delete: Always[bool] = Always()
    """True if the primary IP is deleted together with its resource."""


@record
class CreatePrimaryIPResponse(BaseDomain, Received, WaitsForActions):
    """A new primary IP, and the action that assigns it."""

    primary_ip: Link[BoundPrimaryIP] = Link("primary_ips", complete=True)
    """New primary IP."""
    action: Link[BoundAction | None] = Link("actions", complete=True)
    """Action that assigns the primary IP; None if no assignee was passed."""
