from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from .._exceptions import InvalidArgumentError
from ..actions import ActionResponse, BoundAction, WaitsForActions
from ..core import BaseDomain, Link, Links, Nested, NestedList, Protection, Resource, ResourceSort, Timestamp, record
from ..core.warn import warn_caller
from ..metrics import Metrics

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..certificates import BoundCertificate
    from ..load_balancer_types import BoundLoadBalancerType
    from ..locations import BoundLocation
    from ..networks import BoundNetwork, Network
    from ..primary_ips import BoundPrimaryIP, PrimaryIP
    from ..servers import BoundServer
    from .client import BoundLoadBalancer

__all__ = [
    "CreateLoadBalancerResponse",
    "DeleteLoadBalancerResponse",
    "GetMetricsResponse",
    "IPv4Address",
    "IPv6Network",
    "LoadBalancer",
    "LoadBalancerAlgorithm",
    "LoadBalancerAlgorithmType",
    "LoadBalancerCreatePublicNetwork",
    "LoadBalancerHealtCheckHttp",
    "LoadBalancerHealthCheck",
    "LoadBalancerHealthCheckHttp",
    "LoadBalancerHealthCheckProtocol",
    "LoadBalancerHealthDetail",
    "LoadBalancerHealthState",
    "LoadBalancerProtection",
    "LoadBalancerService",
    "LoadBalancerServiceHttp",
    "LoadBalancerServiceProtocol",
    "LoadBalancerSort",
    "LoadBalancerTarget",
    "LoadBalancerTargetHealthStatus",
    "LoadBalancerTargetIP",
    "LoadBalancerTargetLabelSelector",
    "LoadBalancerTargetType",
    "MetricsType",
    "PrivateNet",
    "PublicNetwork",
]

LoadBalancerAlgorithmType = Literal["round_robin", "least_connections"]
LoadBalancerHealthCheckProtocol = Literal["tcp", "http"]
LoadBalancerHealthDetail = Literal[
    "unspecified",
    "layer4_no_connection",
    "layer4_timeout",
    "layer7_timeout",
    "unexpected_http_status",
    "unexpected_http_content",
]
LoadBalancerHealthState = Literal["healthy", "unhealthy", "unknown"]
LoadBalancerProtection = Protection
LoadBalancerServiceProtocol = Literal["tcp", "http", "https"]
LoadBalancerSort = ResourceSort
LoadBalancerTargetType = Literal["server", "label_selector", "ip"]
MetricsType = Literal["open_connections", "connections_per_second", "requests_per_second", "bandwidth"]


@record
class IPv4Address(BaseDomain):
    """The public IPv4 address of a load balancer."""

    ip: str | None
    """The address."""
    dns_ptr: str | None
    """The name that it resolves to."""
    primary_ip: Link[BoundPrimaryIP | None] = Link("primary_ips", source="id")
    """The primary IP that it is; None if it is none."""
    blocked: bool | None = None
    """Whether Hetzner's abuse team blocks it."""


@record
class IPv6Network(BaseDomain):
    """The public IPv6 address of a load balancer."""

    ip: str | None
    """The address."""
    dns_ptr: str | None
    """The name that it resolves to."""
    primary_ip: Link[BoundPrimaryIP | None] = Link("primary_ips", source="id")
    """The primary IP that it is of; None if it is of none."""
    blocked: bool | None = None
    """Whether Hetzner's abuse team blocks it."""


@record
class PublicNetwork(BaseDomain):
    """How a load balancer is reached from the internet."""

    ipv4: Nested[IPv4Address] = Nested(IPv4Address)
    """Its IPv4 address."""
    ipv6: Nested[IPv6Network] = Nested(IPv6Network)
    """Its IPv6 address."""
    enabled: bool | None = None
    """Whether it can be reached by them."""


@record
class PrivateNet(BaseDomain):
    """How a load balancer is part of a network."""

    network: Link[BoundNetwork] = Link("networks")
    """The network."""
    ip: str | None = None
    """Its address in the network."""


@record
class LoadBalancerAlgorithm(BaseDomain):
    """How a load balancer picks the target of a request."""

    type: LoadBalancerAlgorithmType | None = None
    """One target after another, or the one with the fewest open connections."""


@record
class LoadBalancerServiceHttp(BaseDomain):
    """What a service does with HTTP, also where it is encrypted."""

    cookie_name: str | None = None
    """Name of the cookie for sticky sessions, ``HCLBSTICKY`` by default."""
    cookie_lifetime: int | None = None
    """Seconds that this cookie lasts, 300 by default."""
    certificates: Links[list[BoundCertificate] | None] = Links("certificates")
    """What it decrypts HTTPS with; without any, it passes that on as it is."""
    redirect_http: bool | None = None
    """Whether a service for HTTPS sends those there who come by HTTP."""
    sticky_sessions: bool | None = None
    """Whether a visitor stays with a target."""
    timeout_idle: int | None = None
    """Seconds after which it closes an idle connection of a visitor, from 30 to 300."""


@record
class LoadBalancerHealthCheckHttp(BaseDomain):
    """What a health check asks for by HTTP, and what it expects."""

    domain: str | None = None
    """The host that it asks for; None to name none."""
    path: str | None = None
    """The path that it asks for."""
    response: str | None = None
    """Text that must be in the response."""
    status_codes: list[str] | None = None
    """Which statuses are healthy, ``2??`` and ``3??`` by default: ``?`` is one digit, ``*`` several."""
    tls: bool | None = None
    """Whether it asks by HTTPS."""


class LoadBalancerHealtCheckHttp(LoadBalancerHealthCheckHttp):
    """:class:`LoadBalancerHealthCheckHttp` under the name that it had before hcloud-python 2.5.4.

    .. deprecated:: 2.5.4
        Use :class:`LoadBalancerHealthCheckHttp`.
    """

    def __new__(cls, *args: object, **values: object) -> Self:  # its constructor stays that of the record
        warn_caller(
            f"The '{__name__}.LoadBalancerHealtCheckHttp' class is deprecated, please use the "
            f"'{__name__}.LoadBalancerHealthCheckHttp' class instead."
        )
        return super().__new__(cls)


@record
class LoadBalancerHealthCheck(BaseDomain):
    """How a service finds out which targets can take requests."""

    protocol: LoadBalancerHealthCheckProtocol | None = None
    """Whether it asks by HTTP, or a connection will do."""
    port: int | None = None
    """The port of the target that it asks."""
    interval: int | None = None
    """Seconds between two checks."""
    timeout: int | None = None
    """Seconds after which a check has failed."""
    retries: int | None = None
    """How many checks in a row must fail before a target counts as unhealthy, or succeed before it is healthy again."""
    http: Nested[LoadBalancerHealthCheckHttp | None] = Nested(LoadBalancerHealthCheckHttp)
    """What it asks for by HTTP."""


@record
class LoadBalancerService(BaseDomain):
    """A port that a load balancer listens on, and what it does with what comes in."""

    protocol: LoadBalancerServiceProtocol | None = None
    """What it understands of the traffic."""
    listen_port: int | None = None
    """The port that it listens on, which tells it from the others."""
    destination_port: int | None = None
    """The port of the targets that it sends to."""
    proxyprotocol: bool | None = None
    """Whether it tells the targets by the PROXY protocol who asks."""
    health_check: Nested[LoadBalancerHealthCheck | None] = Nested(LoadBalancerHealthCheck)
    """How it finds out which targets can take requests."""
    http: Nested[LoadBalancerServiceHttp | None] = Nested(LoadBalancerServiceHttp)
    """What it does with HTTP."""


@record
class LoadBalancerTargetHealthStatus(BaseDomain):
    """Whether a target can take the requests of a service."""

    listen_port: int | None = None
    """The port that the service listens on."""
    status: LoadBalancerHealthState | None = None
    """What the last checks said."""
    detail: LoadBalancerHealthDetail | None = None
    """What was wrong; None if nothing was."""
    http_status_code: int | None = None
    """The status that an HTTP check was answered with."""


@record
class LoadBalancerTargetLabelSelector(BaseDomain):
    """The servers that are targets by their labels."""

    selector: str | None = None
    """What their labels must match."""


@record
class LoadBalancerTargetIP(BaseDomain):
    """A target that is no server of the cloud."""

    ip: str | None = None
    """The address of a dedicated server of the same owner."""


@record
class LoadBalancerTarget(BaseDomain):
    """What a load balancer sends requests to: a server, all servers with certain labels, or an address."""

    type: LoadBalancerTargetType | None = None
    """Which of the next three it is."""
    server: Link[BoundServer | None] = Link("servers")
    """The server."""
    label_selector: Nested[LoadBalancerTargetLabelSelector | None] = Nested(LoadBalancerTargetLabelSelector)
    """The servers, by their labels."""
    ip: Nested[LoadBalancerTargetIP | None] = Nested(LoadBalancerTargetIP)
    """The address."""
    use_private_ip: bool | None = None
    """Whether servers are reached by a network that they share with the load balancer."""
    health_status: NestedList[list[LoadBalancerTargetHealthStatus] | None] = NestedList(LoadBalancerTargetHealthStatus)
    """Whether it can take requests, by service; ``targets`` tell it of servers by their labels."""
    targets: NestedList[list[LoadBalancerTarget] | None] = NestedList()
    """The servers that have these labels now."""

    def to_payload(self) -> dict[str, Any]:
        """The target as the API takes it.

        :raises InvalidArgumentError: if it lacks what its ``type`` says that it is
        """
        if self.type is None or getattr(self, self.type, None) is None:
            raise InvalidArgumentError(f"{self!r} lacks its {self.type or 'type'}; nothing was sent")
        payload: dict[str, Any] = super().to_payload()
        for name in ("health_status", "targets"):
            payload.pop(name, None)
        if "server" in payload:
            payload["server"] = {"id": payload["server"]}
        return payload


@record
class LoadBalancer(Resource):
    """What spreads traffic over servers. See "Load Balancers" in the API reference."""

    public_net: Nested[PublicNetwork | None] = Nested(PublicNetwork)
    """How it is reached from the internet."""
    private_net: NestedList[list[PrivateNet] | None] = NestedList(PrivateNet)
    """The networks that it is part of."""
    location: Link[BoundLocation | None] = Link("locations", complete=True)
    """Where it is."""
    algorithm: Nested[LoadBalancerAlgorithm | None] = Nested(LoadBalancerAlgorithm)
    """How it picks the target of a request."""
    services: NestedList[list[LoadBalancerService] | None] = NestedList(LoadBalancerService)
    """The ports that it listens on."""
    load_balancer_type: Link[BoundLoadBalancerType | None] = Link("load_balancer_types", complete=True)
    """What it can carry."""
    protection: LoadBalancerProtection | None = None
    """What it is protected from."""
    labels: dict[str, str] | None = None
    """Keys and values of the project's own."""
    targets: NestedList[list[LoadBalancerTarget] | None] = NestedList(LoadBalancerTarget)
    """What it sends requests to."""
    created: Timestamp = Timestamp()
    """When it was created."""
    outgoing_traffic: int | None = None
    """Bytes sent in this month."""
    ingoing_traffic: int | None = None
    """Bytes received in this month."""
    included_traffic: int | None = None
    """Bytes that may be sent in a month at no cost."""

    def private_net_for(self, network: BoundNetwork | Network) -> PrivateNet | None:
        """How the load balancer is part of ``network``, None if it is not.

        :param network: which network
        """
        return next((net for net in self.private_net or [] if net.network.id == network.id), None)


@record
class LoadBalancerCreatePublicNetwork(BaseDomain):
    """How a new load balancer shall be reached from the internet."""

    ipv4: Link[PrimaryIP | None] = Link("primary_ips")
    """The primary IP to be its IPv4 address; a new one by default."""
    ipv6: Link[PrimaryIP | None] = Link("primary_ips")
    """The primary IP to be its IPv6 address; a new one by default."""


@record
class CreateLoadBalancerResponse(BaseDomain, WaitsForActions):
    """A new load balancer, and the action that makes it."""

    load_balancer: Link[BoundLoadBalancer] = Link("load_balancers", complete=True)
    """The load balancer."""
    action: Link[BoundAction] = Link("actions", complete=True)
    """The action that creates it."""


@record
class DeleteLoadBalancerResponse(ActionResponse):
    """The action that deletes a load balancer."""


@record
class GetMetricsResponse(BaseDomain):
    """What was measured of a load balancer."""

    metrics: Nested[Metrics] = Nested(Metrics)
    """The values."""
