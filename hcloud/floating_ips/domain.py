from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from ..actions import BoundAction, WaitsForActions
from ..core import Always, BaseDomain, DomainIdentityMixin, Identity, Link, Protection, Received, Timestamp, record
from ..rdns import DNSPtr

if TYPE_CHECKING:
    from ..locations import BoundLocation
    from ..servers import BoundServer
    from .client import BoundFloatingIP

__all__ = ["CreateFloatingIPResponse", "FloatingIP", "FloatingIPProtection", "FloatingIPSort", "FloatingIPType"]

FloatingIPProtection = Protection
FloatingIPSort = Literal["id", "id:asc", "id:desc", "created", "created:asc", "created:desc"]
FloatingIPType = Literal["ipv4", "ipv6"]


@record
class FloatingIP(BaseDomain, DomainIdentityMixin, shown=("type", "ip", "description", "home_location", "server")):
    """A public IPv4 address or IPv6 network that can be moved between servers. See "Floating IPs" in the API
    reference."""

    id: Identity[int] = Identity()
    """ID of the floating IP."""
    type: Always[FloatingIPType] = Always()
    """Type: ``ipv4`` for an IPv4 address, ``ipv6`` for an IPv6 network."""
    description: str | None = None
    """Description, as free text."""
    ip: Always[str] = Always()
    """IPv4 address, or IPv6 network in CIDR notation."""
    server: Link[BoundServer | None] = Link("servers")
    """Server that the floating IP is assigned to; None if it is not assigned."""
    dns_ptr: Always[list[DNSPtr]] = Always()
    """Reverse DNS names of its addresses."""
    home_location: Link[BoundLocation] = Link("locations", complete=True)
    """Location with the best routing; the floating IP can be assigned to servers elsewhere."""
    blocked: Always[bool] = Always()
    """True if Hetzner has blocked the address because of abuse."""
    protection: Always[FloatingIPProtection] = Always()
    """Protection against deletion."""
    labels: Always[dict[str, str]] = Always()
    """Labels (keys and values) set by the user."""
    created: Timestamp[datetime] = Timestamp()
    """Time of creation, UTC."""
    name: Always[str] = Always()
    """Name, unique in the project."""


@record
class CreateFloatingIPResponse(BaseDomain, Received, WaitsForActions):
    """A new floating IP, and the action that assigns it."""

    floating_ip: Link[BoundFloatingIP] = Link("floating_ips", complete=True)
    """New floating IP."""
    action: Link[BoundAction | None] = Link("actions", complete=True)
    """Action that assigns the floating IP; None if no server was passed."""
