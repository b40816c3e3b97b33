from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, TypedDict

from ..actions import ActionResponse, BoundAction, WaitsForActions
from ..core import BaseDomain, Link, Links, Nested, NestedList, Resource, ResourceSort, Secret, Timestamp, record
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
    """What a server is protected from."""

    rebuild: bool
    delete: bool


@record
class IPv4Address(BaseDomain):
    """The public IPv4 address of a server."""

    ip: str | None = None
    """The address."""
    blocked: bool | None = None
    """Whether Hetzner's abuse team blocks it."""
    dns_ptr: str | None = None
    """The name that it resolves to."""
    id: int | None = None
    """ID of the primary IP that it is."""


@record
class IPv6Network(BaseDomain):
    """The public IPv6 network of a server."""

    _derived = ("network", "network_mask")

    ip: str | None = None
    """The network in CIDR notation."""
    blocked: bool | None = None
    """Whether Hetzner's abuse team blocks it."""
    dns_ptr: list[DNSPtr] | None = None
    """The names that its addresses resolve to."""
    id: int | None = None
    """ID of the primary IP that it is."""

    @property
    def network(self) -> str:
        """The network's first address, of :attr:`ip`."""
        return self.ip.partition("/")[0] if isinstance(self.ip, str) else None  # type: ignore[return-value]

    @property
    def network_mask(self) -> str:
        """The length of the network's prefix, of :attr:`ip`."""
        return self.ip.partition("/")[2] if isinstance(self.ip, str) else None  # type: ignore[return-value]


@record
class PublicNetworkFirewall(BaseDomain):
    """A firewall of a server."""

    STATUS_APPLIED: ClassVar[PublicNetworkFirewallStatus] = "applied"
    STATUS_PENDING: ClassVar[PublicNetworkFirewallStatus] = "pending"

    firewall: Link[BoundFirewall] = Link("firewalls", source=("id",))
    """The firewall."""
    status: PublicNetworkFirewallStatus | None = None
    """Whether it is in force on the server."""


@record
class PublicNetwork(BaseDomain):
    """How a server is reached from the internet."""

    ipv4: Nested[IPv4Address | None] = Nested(IPv4Address)
    """Its IPv4 address; None if it has none."""
    ipv6: Nested[IPv6Network | None] = Nested(IPv6Network)
    """Its IPv6 network; None if it has none."""
    floating_ips: Links[list[BoundFloatingIP]] = Links("floating_ips")
    """The floating IPs that are assigned to it."""
    primary_ipv4: Link[BoundPrimaryIP | None] = Link("primary_ips", source="ipv4.id")
    """The primary IP that its IPv4 address is."""
    primary_ipv6: Link[BoundPrimaryIP | None] = Link("primary_ips", source="ipv6.id")
    """The primary IP that its IPv6 network is."""
    firewalls: NestedList[list[PublicNetworkFirewall] | None] = NestedList(PublicNetworkFirewall)
    """The firewalls that guard it."""


@record
class PrivateNet(BaseDomain):
    """How a server is part of a network."""

    network: Link[BoundNetwork] = Link("networks")
    """The network."""
    ip: str | None = None
    """Its address in the network."""
    alias_ips: list[str] | None = None
    """Its further addresses in the network."""
    mac_address: str | None = None
    """The MAC address of its interface in the network."""


@record
class Server(Resource):
    """A virtual machine. See "Servers" in the API reference."""

    STATUS_RUNNING: ClassVar[ServerStatus] = "running"
    STATUS_INIT: ClassVar[ServerStatus] = "initializing"
    STATUS_STARTING: ClassVar[ServerStatus] = "starting"
    STATUS_STOPPING: ClassVar[ServerStatus] = "stopping"
    STATUS_OFF: ClassVar[ServerStatus] = "off"
    STATUS_DELETING: ClassVar[ServerStatus] = "deleting"
    STATUS_MIGRATING: ClassVar[ServerStatus] = "migrating"
    STATUS_REBUILDING: ClassVar[ServerStatus] = "rebuilding"
    STATUS_UNKNOWN: ClassVar[ServerStatus] = "unknown"

    name: str | None = None
    """Unique name, a valid hostname."""
    status: ServerStatus | None = None
    """What it is doing."""
    created: Timestamp = Timestamp()
    """When it was created."""
    public_net: Nested[PublicNetwork | None] = Nested(PublicNetwork)
    """How it is reached from the internet."""
    server_type: Link[BoundServerType | None] = Link("server_types", complete=True)
    """What it is made of."""
    location: Link[BoundLocation | None] = Link("locations", complete=True)
    """Where it is."""
    image: Link[BoundImage | None] = Link("images", complete=True)
    """The image that its disk was made from; None if that is gone."""
    iso: Link[BoundIso | None] = Link("isos", complete=True)
    """The ISO that is attached to it."""
    rescue_enabled: bool | None = None
    """Whether it boots into the rescue system next."""
    locked: bool | None = None
    """Whether an action is running that forbids others."""
    backup_window: str | None = None
    """The hours in which it is backed up, such as ``22-02`` in UTC; None if backups are off."""
    outgoing_traffic: int | None = None
    """Bytes sent in this month."""
    ingoing_traffic: int | None = None
    """Bytes received in this month."""
    included_traffic: int | None = None
    """Bytes that may be sent in a month at no cost."""
    protection: ServerProtection | None = None
    """What it is protected from."""
    labels: dict[str, str] | None = None
    """Keys and values of the project's own."""
    volumes: Links[list[BoundVolume] | None] = Links("volumes")
    """The volumes that are attached to it."""
    private_net: NestedList[list[PrivateNet] | None] = NestedList(PrivateNet)
    """The networks that it is part of."""
    primary_disk_size: int | None = None
    """Size of its own disk, in GB."""
    placement_group: Link[BoundPlacementGroup | None] = Link("placement_groups", complete=True)
    """The placement group that it is in."""
    load_balancers: Links[list[BoundLoadBalancer] | None] = Links("load_balancers")
    """The load balancers that it is a target of."""

    def private_net_for(self, network: BoundNetwork | Network) -> PrivateNet | None:
        """How the server is part of ``network``, None if it is not.

        :param network: which network
        """
        return next((net for net in self.private_net or [] if net.network.id == network.id), None)


@record
class ServerCreatePublicNetwork(BaseDomain):
    """How a new server shall be reached from the internet."""

    ipv4: Link[PrimaryIP | None] = Link("primary_ips")
    """The primary IP to be its IPv4 address; a new one by default."""
    ipv6: Link[PrimaryIP | None] = Link("primary_ips")
    """The primary IP to be its IPv6 network; a new one by default."""
    enable_ipv4: bool = True
    """Whether it has an IPv4 address at all."""
    enable_ipv6: bool = True
    """Whether it has an IPv6 network at all."""


@record
class CreateServerResponse(BaseDomain, WaitsForActions):
    """A new server, and the actions that make it."""

    server: Link[BoundServer] = Link("servers", complete=True)
    """The server, still ``initializing``."""
    action: Link[BoundAction] = Link("actions", complete=True)
    """The action that creates it."""
    next_actions: Links[list[BoundAction]] = Links("actions", complete=True)
    """What comes after that, such as starting it."""
    root_password: Secret = Secret()
    """Its root password; None if it was given SSH keys."""


@record
class ResetPasswordResponse(ActionResponse):
    """A new root password, and the action that sets it."""

    root_password: Secret = Secret()
    """The new root password."""


@record
class EnableRescueResponse(ActionResponse):
    """The rescue system's password, and the action that enables it."""

    root_password: Secret = Secret()
    """The rescue system's root password."""


@record
class RequestConsoleResponse(ActionResponse):
    """How to reach a server's console, for a minute."""

    wss_url: Secret = Secret()
    """Address of the console for a VNC client over WebSocket; whoever has it needs no more than the password."""
    password: Secret = Secret()
    """The console's password."""


@record
class RebuildResponse(ActionResponse):
    """The action that rebuilds a server, and its new root password."""

    root_password: Secret = Secret()
    """Its new root password; None if it has SSH keys."""


@record
class GetMetricsResponse(BaseDomain):
    """What was measured of a server."""

    metrics: Nested[Metrics] = Nested(Metrics)
    """The values."""
