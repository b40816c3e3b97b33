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
class FloatingIP(BaseDomain, DomainIdentityMixin):
    """A public address, or a network of them, that can move from server to server. See "Floating IPs" in the API
    reference."""

    id: int | None = None
    """ID of the floating IP."""
    type: FloatingIPType | None = None
    """Whether it is an IPv4 address or an IPv6 network."""
    description: str | None = None
    """What it is for, in words."""
    ip: str | None = None
    """The address; of IPv6, the network in CIDR notation."""
    server: Link[BoundServer | None] = Link("servers")
    """The server that has it; None if none has."""
    dns_ptr: list[DNSPtr] | None = None
    """The names that its addresses resolve to."""
    home_location: Link[BoundLocation | None] = Link("locations", complete=True)
    """Where it is routed best; servers elsewhere can have it, too."""
    blocked: bool | None = None
    """Whether Hetzner's abuse team blocks it."""
    protection: FloatingIPProtection | None = None
    """What it is protected from."""
    labels: dict[str, str] | None = None
    """Keys and values of the project's own."""
    created: Timestamp = Timestamp()
    """When it was created."""
    name: str | None = None
    """Unique name."""


@record
class CreateFloatingIPResponse(BaseDomain, WaitsForActions):
    """A new floating IP."""

    floating_ip: Link[BoundFloatingIP] = Link("floating_ips", complete=True)
    """The floating IP."""
    action: Link[BoundAction | None] = Link("actions", complete=True)
    """The action that assigns it; None if it was not to be assigned."""
