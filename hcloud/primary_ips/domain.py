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
class PrimaryIP(BaseDomain, DomainIdentityMixin):
    """A public address, or a network of them, that a server can have as its own. See "Primary IPs" in the API
    reference."""

    id: int | None = None
    """ID of the primary IP."""
    type: PrimaryIPType | None = None
    """Whether it is an IPv4 address or an IPv6 network."""
    ip: str | None = None
    """The address; of IPv6, the network in CIDR notation."""
    dns_ptr: list[DNSPtr] | None = None
    """The names that its addresses resolve to."""
    location: Link[BoundLocation | None] = Link("locations", complete=True)
    """Where it is; only resources there can have it."""
    blocked: bool | None = None
    """Whether Hetzner's abuse team blocks it."""
    protection: PrimaryIPProtection | None = None
    """What it is protected from."""
    labels: dict[str, str] | None = None
    """Keys and values of the project's own."""
    created: Timestamp = Timestamp()
    """When it was created."""
    name: str | None = None
    """Unique name."""
    assignee_id: int | None = None
    """ID of the resource that has it; None if none has."""
    assignee_type: PrimaryIPAssigneeType | None = None
    """What kind of resource has it; ``unassigned`` if none has."""
    auto_delete: bool | None = None
    """Whether it is deleted with the resource that has it."""


@record
class CreatePrimaryIPResponse(BaseDomain, WaitsForActions):
    """A new primary IP."""

    primary_ip: Link[BoundPrimaryIP] = Link("primary_ips", complete=True)
    """The primary IP."""
    action: Link[BoundAction | None] = Link("actions", complete=True)
    """The action that assigns it; None if it was not to be assigned."""
