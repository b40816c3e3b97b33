from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypedDict, cast

from ..actions import ActionResponse, BoundAction, WaitsForActions
from ..core import (
    Always,
    BaseDomain,
    Link,
    Links,
    Nested,
    NestedList,
    Received,
    Resource,
    ResourceSort,
    Secret,
    Timestamp,
    record,
)
from ..metrics import Metrics
from ..rdns import DNSPtr

if TYPE_CHECKING:
    from ..firewalls import BoundFirewall
    from ..floating_ips import BoundFloatingIP
    from ..images import BoundImage
    from ..isos import BoundIso
    from ..load_balancers import BoundLoadBalancer
    from ..locations import BoundLocation
    from ..networks import BoundNetwork, Network
    from ..placement_groups import BoundPlacementGroup
    from ..primary_ips import BoundPrimaryIP, PrimaryIP
    from ..server_types import BoundServerType
    from ..volumes import BoundVolume
    from .client import BoundServer

__all__ = [
    "CreateServerResponse",
    "EnableRescueResponse",
    "GetMetricsResponse",
    "IPv4Address",
    "IPv6Network",
    "MetricsType",
    "PrivateNet",
    "PublicNetwork",
    "PublicNetworkFirewall",
    "PublicNetworkFirewallStatus",
    "RebuildResponse",
    "RequestConsoleResponse",
    "ResetPasswordResponse",
    "Server",
    "ServerCreatePublicNetwork",
    "ServerProtection",
    "ServerSort",
    "ServerStatus",
]

MetricsType = Literal["cpu", "disk", "network"]
PublicNetworkFirewallStatus = Literal["applied", "pending"]
ServerSort = ResourceSort
ServerStatus = Literal[
    "running", "initializing", "starting", "stopping", "off", "deleting", "migrating", "rebuilding", "unknown"
]


class ServerProtection(TypedDict):
    """Protection of a server."""

    rebuild: bool
    """True if the server cannot be rebuilt."""
    delete: bool
    """True if the server cannot be deleted."""


@record
class IPv4Address(BaseDomain, Received):
    """The public IPv4 address of a server."""

    ip: Always[str] = Always()
    """IPv4 address."""
    blocked: Always[bool] = Always()
    """True if Hetzner has blocked the address because of abuse."""
    dns_ptr: Always[str] = Always()
    """Reverse DNS name of the address."""
    id: int | None = None
    """ID of the primary IP."""


@record
class IPv6Network(BaseDomain, Received):
    """The public IPv6 network of a server."""

    _derived = ("network", "network_mask")

    ip: Always[str] = Always()
    """IPv6 network in CIDR notation."""
    blocked: Always[bool] = Always()
    """True if Hetzner has blocked the address because of abuse."""
    dns_ptr: list[DNSPtr] | None = None
    """Reverse DNS names of its addresses."""
    id: int | None = None
    """ID of the primary IP."""

    @property
    def network(self) -> str:
        """First address of the network, without the prefix length."""
        return self._parts()[0]

    @property
    def network_mask(self) -> str:
        """Prefix length of the network, such as ``64``."""
        return self._parts()[2]

    @property
    def host(self) -> str | None:
        """First address of the network for a host, such as ``2001:db8::1``; servers have it by default."""
        return _first_host(self.ip)

    def _parts(self) -> tuple[str, str, str]:
        ip: Any = self.ip
        return ip.partition("/") if isinstance(ip, str) else (None, None, None)  # type: ignore[return-value]


def _first_host(network: object) -> str | None:
    """Return the first address of an IPv6 network after that of the network itself; None if it is no network."""
    from ipaddress import IPv6Network as Network

    try:
        return str(Network(network, strict=False)[1])
    except (ValueError, IndexError, TypeError):
        return None


@record
class PublicNetworkFirewall(BaseDomain, Received):
    """A firewall that is applied to a server."""

    STATUS_APPLIED: ClassVar[Literal["applied"]] = "applied"
    """Status of a firewall whose rules are in effect."""
    STATUS_PENDING: ClassVar[Literal["pending"]] = "pending"
    """Status of a firewall whose rules are being applied."""

    firewall: Link[BoundFirewall] = Link("firewalls", source=("id",))
    """Firewall that is applied."""
    status: PublicNetworkFirewallStatus | None = None
    """Status: ``applied``, or ``pending`` until the rules are in effect."""


@record
class PublicNetwork(BaseDomain, Received):
    """Public network interface of a server."""

    ipv4: Nested[IPv4Address | None] = Nested(IPv4Address)
    """Public IPv4 address; None if there is none."""
    ipv6: Nested[IPv6Network | None] = Nested(IPv6Network)
    """Public IPv6 network; None if there is none."""
    floating_ips: Links[list[BoundFloatingIP]] = Links("floating_ips")
    """Floating IPs that are assigned to the server."""
    primary_ipv4: Link[BoundPrimaryIP | None] = Link("primary_ips", source="ipv4.id")
    """Primary IP of the IPv4 address."""
    primary_ipv6: Link[BoundPrimaryIP | None] = Link("primary_ips", source="ipv6.id")
    """Primary IP of the IPv6 network."""
    firewalls: NestedList[list[PublicNetworkFirewall] | None] = NestedList(PublicNetworkFirewall)
    """Firewalls that are applied to the server."""


@record
class PrivateNet(BaseDomain, Received):
    """Attachment of a server to a network."""

    network: Link[BoundNetwork] = Link("networks")
    """Network that the server is attached to."""
    ip: str | None = None
    """IP address of the server in the network."""
    alias_ips: list[str] | None = None
    """Additional IP addresses of the server in the network."""
    mac_address: str | None = None
    """MAC address of the network interface."""


@record
class Server(Resource, shown=("status", "server_type", "image", "location")):
    """A virtual machine. See "Servers" in the API reference."""

    STATUS_RUNNING: ClassVar[Literal["running"]] = "running"
    """Status of a server that is powered on."""
    STATUS_INIT: ClassVar[Literal["initializing"]] = "initializing"
    """Status of a server that is being created."""
    STATUS_STARTING: ClassVar[Literal["starting"]] = "starting"
    """Status of a server that is being powered on."""
    STATUS_STOPPING: ClassVar[Literal["stopping"]] = "stopping"
    """Status of a server that is being powered off."""
    STATUS_OFF: ClassVar[Literal["off"]] = "off"
    """Status of a server that is powered off."""
    STATUS_DELETING: ClassVar[Literal["deleting"]] = "deleting"
    """Status of a server that is being deleted."""
    STATUS_MIGRATING: ClassVar[Literal["migrating"]] = "migrating"
    """Status of a server that is being moved to another host."""
    STATUS_REBUILDING: ClassVar[Literal["rebuilding"]] = "rebuilding"
    """Status of a server that is being rebuilt from an image."""
    STATUS_UNKNOWN: ClassVar[Literal["unknown"]] = "unknown"
    """Status of a server whose state is not known."""

    name: Always[str] = Always()
    """Name, unique in the project and a valid hostname."""
    status: Always[ServerStatus] = Always()
    """Status: ``initializing``, ``starting``, ``running``, ``stopping``, ``off``, ``deleting``, ``migrating``,
    ``rebuilding`` or ``unknown``."""
    created: Timestamp[datetime] = Timestamp()
    """Time of creation, UTC."""
    public_net: Nested[PublicNetwork] = Nested(PublicNetwork)
    """Public network interface."""
    server_type: Link[BoundServerType] = Link("server_types", complete=True)
    """Type of the server."""
    location: Link[BoundLocation] = Link("locations", complete=True)
    """Location of the server."""
    image: Link[BoundImage | None] = Link("images", complete=True)
    """Image that the disk was created from; None if the image no longer exists."""
    iso: Link[BoundIso | None] = Link("isos", complete=True)
    """Attached ISO; None if there is none."""
    rescue_enabled: Always[bool] = Always()
    """True if the next boot is into the rescue system."""
    locked: Always[bool] = Always()
    """True if a running action prevents other actions."""
    backup_window: str | None = None
    """Hours of the daily backup in UTC, such as ``22-02``; None if backups are disabled."""
    outgoing_traffic: int | None = None
    """Outgoing traffic in the current billing period, in bytes."""
    ingoing_traffic: int | None = None
    """Incoming traffic in the current billing period, in bytes."""
    included_traffic: int | None = None
    """Outgoing traffic per month that is free of charge, in bytes."""
    protection: Always[ServerProtection] = Always()
    """Protection against deletion and rebuilds."""
    labels: Always[dict[str, str]] = Always()
    """Labels (keys and values) set by the user."""
    volumes: Links[list[BoundVolume] | None] = Links("volumes")
    """Volumes that are attached to the server."""
    private_net: NestedList[list[PrivateNet]] = NestedList(PrivateNet)
    """Networks that the server is attached to."""
    primary_disk_size: Always[int] = Always()
    """Size of the primary disk, in GB."""
    placement_group: Link[BoundPlacementGroup | None] = Link("placement_groups", complete=True)
    """Placement group of the server; None if there is none."""
    load_balancers: Links[list[BoundLoadBalancer] | None] = Links("load_balancers")
    """Load balancers with the server as a target."""

    @property
    def address(self) -> str | None:
        """Address to reach the server by: its public IPv4 address, else the first one of its IPv6 network, else its
        first private one; None if it has none."""
        public: Any = self.public_net
        ipv4, ipv6 = (public.ipv4, public.ipv6) if public is not None else (None, None)
        if ipv4 is not None and ipv4.ip:
            return cast("str", ipv4.ip)
        if ipv6 is not None and ipv6.host:
            return cast("str", ipv6.host)
        return next((net.ip for net in self.private_net or () if net.ip), None)

    def private_net_for(self, network: BoundNetwork | Network | int) -> PrivateNet | None:
        """Return the attachment of the server to ``network``, or None.

        :param network: Network to look for, or its ID
        """
        network_id = network if isinstance(network, int) else network.id
        return next((net for net in self.private_net or [] if net.network.id == network_id), None)


@record
class ServerCreatePublicNetwork(BaseDomain):
    """Public network interface of a new server."""

    ipv4: Link[PrimaryIP | None] = Link("primary_ips")
    """Primary IP to use as IPv4 address; a new one is created by default."""
    ipv6: Link[PrimaryIP | None] = Link("primary_ips")
    """Primary IP to use as IPv6 network; a new one is created by default."""
    enable_ipv4: bool = True
    """True if the server gets a public IPv4 address."""
    enable_ipv6: bool = True
    """True if the server gets a public IPv6 network."""


@record
class CreateServerResponse(BaseDomain, Received, WaitsForActions):
    """A new server, and the actions that create it."""

    server: Link[BoundServer] = Link("servers", complete=True)
    """New server, with status ``initializing``."""
    action: Link[BoundAction] = Link("actions", complete=True)
    """Action that creates the server."""
    next_actions: Links[list[BoundAction]] = Links("actions", complete=True)
    """Actions that follow :attr:`action`, such as the start of the server."""
    root_password: Secret[str | None] = Secret()
    """Root password; None if SSH keys were passed."""


@record
class ResetPasswordResponse(ActionResponse):
    """A new root password, and the action that sets it."""

    root_password: Secret[str] = Secret()
    """New root password."""


@record
class EnableRescueResponse(ActionResponse):
    """Root password of the rescue system, and the action that enables it."""

    root_password: Secret[str] = Secret()
    """Root password of the rescue system."""


@record
class RequestConsoleResponse(ActionResponse):
    """Access to the console of a server, and the action that enables it."""

    wss_url: Secret[str] = Secret()
    """URL of the console for VNC over WebSocket, valid for one minute."""
    password: Secret[str] = Secret()
    """VNC password of the console."""


@record
class RebuildResponse(ActionResponse):
    """The action that rebuilds a server, and the new root password."""

    root_password: Secret[str | None] = Secret()
    """New root password; None if the server has SSH keys."""


@record
class GetMetricsResponse(BaseDomain, Received):
    """Metrics of a server."""

    metrics: Nested[Metrics] = Nested(Metrics)
    """Metrics of the requested types."""
