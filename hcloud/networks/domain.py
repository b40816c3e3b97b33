from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..actions import BoundAction, WaitsForActions
from ..core import (
    Always,
    BaseDomain,
    Link,
    Links,
    NestedList,
    Protection,
    Received,
    Resource,
    ResourceSort,
    Timestamp,
    record,
)
from ..core.warn import warn_caller

if TYPE_CHECKING:
    from ..load_balancers import BoundLoadBalancer
    from ..servers import BoundServer
    from .client import BoundNetwork

__all__ = [
    "CreateNetworkResponse",
    "Network",
    "NetworkMember",
    "NetworkMemberSort",
    "NetworkMemberStatus",
    "NetworkMemberType",
    "NetworkProtection",
    "NetworkRoute",
    "NetworkSort",
    "NetworkSubnet",
    "NetworkSubnetType",
]

NetworkMemberSort = Literal[
    "id", "id:asc", "id:desc",
    "type", "type:asc", "type:desc",
    "status", "status:asc", "status:desc",
    "ip", "ip:asc", "ip:desc",
]  # fmt: skip
NetworkMemberStatus = Literal["ok", "attaching", "detaching", "updating", "error"]
NetworkMemberType = Literal["server", "load_balancer"]
NetworkProtection = Protection
NetworkSort = ResourceSort
NetworkSubnetType = Literal["cloud", "server", "vswitch"]


class _TypeServer:
    def __get__(self, holder: object, owner: type) -> NetworkSubnetType:
        warn_caller("'NetworkSubnet.TYPE_SERVER' is deprecated, please use 'NetworkSubnet.TYPE_CLOUD' instead.")
        return "server"


@record
class NetworkSubnet(BaseDomain):
    """A subnet of a network; members get their addresses from it."""

    TYPE_SERVER: ClassVar[_TypeServer] = _TypeServer()
    """Deprecated alias of the type ``cloud``."""
    TYPE_CLOUD: ClassVar[Literal["cloud"]] = "cloud"
    """Type of a subnet for servers and load balancers."""
    TYPE_VSWITCH: ClassVar[Literal["vswitch"]] = "vswitch"
    """Type of a subnet that is coupled with a vSwitch."""

    ip_range: str | None
    """IP range in CIDR notation; None lets the API select a free range of the network."""
    type: Always[NetworkSubnetType] = Always()
    """Type: ``cloud``, or ``vswitch`` to connect dedicated servers; ``server`` is deprecated."""
    network_zone: Always[str] = Always()
    """Network zone of the subnet, such as ``eu-central``."""
    gateway: Always[str] = Always()
    """IP address of the gateway; set by the API."""
    vswitch_id: int | None = None
    """ID of the connected vSwitch, if :attr:`type` is ``vswitch``."""

    def to_payload(self) -> dict[str, Any]:
        """Return the request payload, without the gateway, which the API sets."""
        payload: dict[str, Any] = super().to_payload()
        payload.pop("gateway", None)
        return payload


@record
class NetworkRoute(BaseDomain):
    """A route of a network."""

    destination: str
    """Destination of the traffic, in CIDR notation."""
    gateway: str
    """IP address in the network that the traffic is sent to."""


@record
class Network(Resource, shown=("ip_range",)):
    """A private network. See "Networks" in the API reference."""

    created: Timestamp[datetime] = Timestamp()
    """Time of creation, UTC."""
    ip_range: Always[str] = Always()
    """IP range of the network, in CIDR notation."""
    subnets: NestedList[list[NetworkSubnet]] = NestedList(NetworkSubnet)
    """Subnets of the network."""
    routes: NestedList[list[NetworkRoute]] = NestedList(NetworkRoute)
    """Routes of the network."""
    expose_routes_to_vswitch: Always[bool] = Always()
    """True if the routes are exposed to the connected vSwitch."""
    servers: Links[list[BoundServer]] = Links("servers")
    """Servers that are attached to the network."""
    protection: Always[NetworkProtection] = Always()
    """Protection against deletion."""
    labels: Always[dict[str, str]] = Always()
    """Labels (keys and values) set by the user."""
    load_balancers: Links[list[BoundLoadBalancer] | None] = Links("load_balancers")
    """Load balancers that are attached to the network."""


@record
class NetworkMember(BaseDomain, Received, shown=("type", "ip", "subnet", "status")):
    """A server or load balancer that is attached to a network."""

    TYPE_SERVER: ClassVar[Literal["server"]] = "server"
    """Type of a member that is a server."""
    TYPE_LOAD_BALANCER: ClassVar[Literal["load_balancer"]] = "load_balancer"
    """Type of a member that is a load balancer."""

    STATUS_OK: ClassVar[Literal["ok"]] = "ok"
    """Status of a member that is attached."""
    STATUS_ATTACHING: ClassVar[Literal["attaching"]] = "attaching"
    """Status of a member that is being attached."""
    STATUS_DETACHING: ClassVar[Literal["detaching"]] = "detaching"
    """Status of a member that is being detached."""
    STATUS_UPDATING: ClassVar[Literal["updating"]] = "updating"
    """Status of a member whose addresses are being changed."""
    STATUS_ERROR: ClassVar[Literal["error"]] = "error"
    """Status of a member whose last change failed."""

    id: int
    """ID of the server or load balancer; unique together with :attr:`type` only."""
    type: NetworkMemberType
    """Type of the member: ``server`` or ``load_balancer``."""
    ip: str
    """IP address of the member in the network."""
    alias_ips: list[str]
    """Additional IP addresses of the member in the network."""
    subnet: str
    """Subnet of the addresses, in CIDR notation."""
    status: NetworkMemberStatus
    """Status of the attachment: ``ok``, ``attaching``, ``detaching``, ``updating`` or ``error``."""


@record
class CreateNetworkResponse(BaseDomain, Received, WaitsForActions):
    """A new network."""

    network: Link[BoundNetwork] = Link("networks", complete=True)
    """New network."""
    action: Link[BoundAction | None] = Link("actions", complete=True)
    """None: the API creates networks immediately."""
