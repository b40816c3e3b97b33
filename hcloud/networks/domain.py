from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..actions import BoundAction, WaitsForActions
from ..core import BaseDomain, Link, Links, NestedList, Protection, Resource, ResourceSort, Timestamp, record
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
    """A part of a network, whose addresses its members get."""

    TYPE_SERVER: ClassVar[_TypeServer] = _TypeServer()
    """What the API had before ``cloud``."""
    TYPE_CLOUD: ClassVar[NetworkSubnetType] = "cloud"
    TYPE_VSWITCH: ClassVar[NetworkSubnetType] = "vswitch"

    ip_range: str | None
    """Its addresses in CIDR notation; None for a free range of the network."""
    type: NetworkSubnetType | None = None
    """What it is for: resources of the cloud, or by ``vswitch`` also dedicated servers."""
    network_zone: str | None = None
    """The network zone that it is in, such as ``eu-central``."""
    gateway: str | None = None
    """The address that its members send everything to; the API sets it."""
    vswitch_id: int | None = None
    """ID of the vSwitch that it is coupled with."""

    def to_payload(self) -> dict[str, Any]:
        """The subnet as the API takes it: without its gateway, which the API sets."""
        payload: dict[str, Any] = super().to_payload()
        payload.pop("gateway", None)
        return payload


@record
class NetworkRoute(BaseDomain):
    """Where a network sends what is for addresses outside of it."""

    destination: str
    """The addresses that it is for, in CIDR notation."""
    gateway: str
    """The address in the network that they are reached by."""


@record
class Network(Resource):
    """A private network. See "Networks" in the API reference."""

    created: Timestamp = Timestamp()
    """When it was created."""
    ip_range: str | None = None
    """All its addresses, in CIDR notation."""
    subnets: NestedList[list[NetworkSubnet] | None] = NestedList(NetworkSubnet)
    """Its parts, whose addresses its members get."""
    routes: NestedList[list[NetworkRoute] | None] = NestedList(NetworkRoute)
    """Where it sends what is for other addresses."""
    expose_routes_to_vswitch: bool | None = None
    """Whether the vSwitch that is coupled with it learns its routes."""
    servers: Links[list[BoundServer] | None] = Links("servers")
    """The servers that are part of it."""
    protection: NetworkProtection | None = None
    """What it is protected from."""
    labels: dict[str, str] | None = None
    """Keys and values of the project's own."""
    load_balancers: Links[list[BoundLoadBalancer] | None] = Links("load_balancers")
    """The load balancers that are part of it."""


@record
class NetworkMember(BaseDomain):
    """A server or load balancer as part of a network."""

    TYPE_SERVER: ClassVar[NetworkMemberType] = "server"
    TYPE_LOAD_BALANCER: ClassVar[NetworkMemberType] = "load_balancer"

    STATUS_OK: ClassVar[NetworkMemberStatus] = "ok"
    STATUS_ATTACHING: ClassVar[NetworkMemberStatus] = "attaching"
    STATUS_DETACHING: ClassVar[NetworkMemberStatus] = "detaching"
    STATUS_UPDATING: ClassVar[NetworkMemberStatus] = "updating"
    STATUS_ERROR: ClassVar[NetworkMemberStatus] = "error"

    id: int
    """ID of the server or load balancer; one of each may have the same."""
    type: NetworkMemberType
    """Which of them it is."""
    ip: str
    """Its address in the network."""
    alias_ips: list[str]
    """Its further addresses in the network."""
    subnet: str
    """The subnet of its addresses, in CIDR notation."""
    status: NetworkMemberStatus
    """Whether it is part of the network already and still, and without error."""


@record
class CreateNetworkResponse(BaseDomain, WaitsForActions):
    """A new network."""

    network: Link[BoundNetwork] = Link("networks", complete=True)
    """The network."""
    action: Link[BoundAction | None] = Link("actions", complete=True)
    """None: the API creates it at once."""
