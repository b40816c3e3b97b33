from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ..actions import BoundAction, WaitsForActions
from ..core import BaseDomain, DomainIdentityMixin, Link, Protection, Timestamp, record
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

    id: int | None = None
    """ID of the primary IP."""
    type: PrimaryIPType | None = None
    """Type: ``ipv4`` for an IPv4 address, ``ipv6`` for an IPv6 network."""
    ip: str | None = None
    """IPv4 address, or IPv6 network in CIDR notation."""
    dns_ptr: list[DNSPtr] | None = None
    """Reverse DNS names of its addresses."""
    location: Link[BoundLocation | None] = Link("locations", complete=True)
    """Location of the primary IP and of the resources that it can be assigned to."""
    blocked: bool | None = None
    """True if Hetzner has blocked the address because of abuse."""
    protection: PrimaryIPProtection | None = None
    """Protection against deletion."""
    labels: dict[str, str] | None = None
    """Labels (keys and values) set by the user."""
    created: Timestamp = Timestamp()
    """Time of creation, UTC."""
    name: str | None = None
    """Name, unique in the project."""
    assignee_id: int | None = None
    """ID of the resource that the primary IP is assigned to; None if it is not assigned."""
    assignee_type: PrimaryIPAssigneeType | None = None
    """Type of that resource: ``server`` or ``load_balancer``; ``unassigned`` if there is none."""
    auto_delete: bool | None = None
    """True if the primary IP is deleted together with its resource."""


@record
class CreatePrimaryIPResponse(BaseDomain, WaitsForActions):
    """A new primary IP, and the action that assigns it."""

    primary_ip: Link[BoundPrimaryIP] = Link("primary_ips", complete=True)
    """New primary IP."""
    action: Link[BoundAction | None] = Link("actions", complete=True)
    """Action that assigns the primary IP; None if no assignee was passed."""
