from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ..actions import BoundAction, WaitsForActions
from ..core import BaseDomain, DomainIdentityMixin, Link, Protection, Timestamp, record
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

    id: int | None = None
    """ID of the floating IP."""
    type: FloatingIPType | None = None
    """Type: ``ipv4`` for an IPv4 address, ``ipv6`` for an IPv6 network."""
    description: str | None = None
    """Description, as free text."""
    ip: str | None = None
    """IPv4 address, or IPv6 network in CIDR notation."""
    server: Link[BoundServer | None] = Link("servers")
    """Server that the floating IP is assigned to; None if it is not assigned."""
    dns_ptr: list[DNSPtr] | None = None
    """Reverse DNS names of its addresses."""
    home_location: Link[BoundLocation | None] = Link("locations", complete=True)
    """Location with the best routing; the floating IP can be assigned to servers elsewhere."""
    blocked: bool | None = None
    """True if Hetzner has blocked the address because of abuse."""
    protection: FloatingIPProtection | None = None
    """Protection against deletion."""
    labels: dict[str, str] | None = None
    """Labels (keys and values) set by the user."""
    created: Timestamp = Timestamp()
    """Time of creation, UTC."""
    name: str | None = None
    """Name, unique in the project."""


@record
class CreateFloatingIPResponse(BaseDomain, WaitsForActions):
    """A new floating IP, and the action that assigns it."""

    floating_ip: Link[BoundFloatingIP] = Link("floating_ips", complete=True)
    """New floating IP."""
    action: Link[BoundAction | None] = Link("actions", complete=True)
    """Action that assigns the floating IP; None if no server was passed."""
