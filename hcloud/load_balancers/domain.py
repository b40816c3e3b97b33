from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Self

from .._exceptions import InvalidArgumentError
from ..actions import ActionResponse, BoundAction, WaitsForActions
from ..core import (
    Always,
    BaseDomain,
    Link,
    Links,
    Nested,
    NestedList,
    Protection,
    Received,
    Resource,
    ResourceSort,
    Timestamp,
    record,
)
from ..core.warn import warn_caller
from ..metrics import Metrics

if TYPE_CHECKING:
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
class IPv4Address(BaseDomain, Received):
    """The public IPv4 address of a load balancer."""

    ip: str | None
    """IP address."""
    dns_ptr: str | None
    """Reverse DNS name of the address."""
    primary_ip: Link[BoundPrimaryIP | None] = Link("primary_ips", source="id")
    """Primary IP of this address; None for a load balancer without primary IPs."""
    blocked: bool | None = None
    """True if Hetzner has blocked the address because of abuse."""


@record
class IPv6Network(BaseDomain, Received):
    """The public IPv6 address of a load balancer."""

    ip: str | None
    """IP address."""
    dns_ptr: str | None
    """Reverse DNS name of the address."""
    primary_ip: Link[BoundPrimaryIP | None] = Link("primary_ips", source="id")
    """Primary IP of this address; None for a load balancer without primary IPs."""
    blocked: bool | None = None
    """True if Hetzner has blocked the address because of abuse."""


@record
class PublicNetwork(BaseDomain, Received):
    """Public network interface of a load balancer."""

    ipv4: Nested[IPv4Address] = Nested(IPv4Address)
    """Public IPv4 address."""
    ipv6: Nested[IPv6Network] = Nested(IPv6Network)
    """Public IPv6 address."""
    enabled: Always[bool] = Always()
    """True if the public interface is enabled."""


@record
class PrivateNet(BaseDomain, Received):
    """Attachment of a load balancer to a network."""

    network: Link[BoundNetwork] = Link("networks")
    """Network that the load balancer is attached to."""
    ip: str | None = None
    """IP address of the load balancer in the network."""


@record
class LoadBalancerAlgorithm(BaseDomain):
    """Algorithm that selects the target of a request."""

    type: Always[LoadBalancerAlgorithmType] = Always()
    """Type of the algorithm: ``round_robin`` or ``least_connections``."""


@record
class LoadBalancerServiceHttp(BaseDomain):
    """HTTP and HTTPS options of a service."""

    cookie_name: str | None = None
    """Name of the cookie for sticky sessions, ``HCLBSTICKY`` by default."""
    cookie_lifetime: int | None = None
    """Lifetime of the cookie for sticky sessions, in seconds; 300 by default."""
    certificates: Links[list[BoundCertificate] | None] = Links("certificates")
    """Certificates for TLS termination; if empty, TLS traffic is passed through to the targets."""
    redirect_http: bool | None = None
    """True if HTTP requests are redirected to HTTPS; only for ``https`` services."""
    sticky_sessions: bool | None = None
    """True if all requests of a session are sent to the same target."""
    timeout_idle: int | None = None
    """Idle timeout of a client connection, in seconds: 30 to 300, 50 by default."""


@record
class LoadBalancerHealthCheckHttp(BaseDomain):
    """Request and expected response of an HTTP health check."""

    domain: str | None = None
    """Value of the ``Host`` header; None for no header."""
    path: Always[str] = Always()
    """Path of the request."""
    response: str | None = None
    """Text that the body of a healthy response contains."""
    status_codes: list[str] | None = None
    """Healthy status codes, ``2??`` and ``3??`` by default; ``?`` stands for one digit, ``*`` for several."""
    tls: bool | None = None
    """True if the request is sent by HTTPS."""


class LoadBalancerHealtCheckHttp(LoadBalancerHealthCheckHttp):
    """Former name of :class:`LoadBalancerHealthCheckHttp`.

    .. deprecated:: 2.5.4
        Use :class:`LoadBalancerHealthCheckHttp`.
    """

    def __new__(cls, *args: object, **values: object) -> Self:  # __init__ stays that of the record
        warn_caller(
            f"The '{__name__}.LoadBalancerHealtCheckHttp' class is deprecated, please use the "
            f"'{__name__}.LoadBalancerHealthCheckHttp' class instead."
        )
        return super().__new__(cls)


@record
class LoadBalancerHealthCheck(BaseDomain):
    """Health check of the targets of a service."""

    protocol: Always[LoadBalancerHealthCheckProtocol] = Always()
    """Protocol of the check: ``http`` for an HTTP request, ``tcp`` for a connection only."""
    port: Always[int] = Always()
    """Port of the target to check."""
    interval: Always[int] = Always()
    """Time between two checks, in seconds."""
    timeout: Always[int] = Always()
    """Time after which a check fails, in seconds."""
    retries: Always[int] = Always()
    """Number of consecutive failures that make a target unhealthy, and of successes that make it healthy again."""
    http: Nested[LoadBalancerHealthCheckHttp | None] = Nested(LoadBalancerHealthCheckHttp)
    """HTTP options, if :attr:`protocol` is ``http``."""


@record
class LoadBalancerService(BaseDomain):
    """A service of a load balancer, which forwards the traffic of one port."""

    protocol: Always[LoadBalancerServiceProtocol] = Always()
    """Protocol of the service: ``tcp``, ``http`` or ``https``."""
    listen_port: Always[int] = Always()
    """Port that the load balancer listens on; identifies the service."""
    destination_port: Always[int] = Always()
    """Port of the targets."""
    proxyprotocol: Always[bool] = Always()
    """True if the client address is sent to the targets by the PROXY protocol."""
    health_check: Nested[LoadBalancerHealthCheck | None] = Nested(LoadBalancerHealthCheck)
    """Health check of the targets."""
    http: Nested[LoadBalancerServiceHttp | None] = Nested(LoadBalancerServiceHttp)
    """HTTP options, if :attr:`protocol` is ``http`` or ``https``."""


@record
class LoadBalancerTargetHealthStatus(BaseDomain, Received):
    """Health of a target, as seen by one service."""

    listen_port: int | None = None
    """Port of the service, see :attr:`LoadBalancerService.listen_port`."""
    status: LoadBalancerHealthState | None = None
    """Health status: ``healthy``, ``unhealthy`` or ``unknown``."""
    detail: LoadBalancerHealthDetail | None = None
    """Reason for the failure of the check, None if it succeeded: ``layer4_no_connection``, ``layer4_timeout``,
    ``layer7_timeout``, ``unexpected_http_status``, ``unexpected_http_content`` or ``unspecified``."""
    http_status_code: int | None = None
    """Status code of the response to an HTTP check."""


@record
class LoadBalancerTargetLabelSelector(BaseDomain):
    """Selection of target servers by their labels."""

    selector: Always[str] = Always()
    """Label selector, such as ``env=prod``."""


@record
class LoadBalancerTargetIP(BaseDomain):
    """A target outside of the cloud, identified by its IP address."""

    ip: Always[str] = Always()
    """IP address of a dedicated server with the same owner."""


@record
class LoadBalancerTarget(BaseDomain):
    """A target of a load balancer: a server, a label selector or an IP address."""

    type: LoadBalancerTargetType | None = None
    """Type: ``server``, ``label_selector`` or ``ip``; the field of that name must be set."""
    server: Link[BoundServer | None] = Link("servers")
    """Server, if :attr:`type` is ``server``."""
    label_selector: Nested[LoadBalancerTargetLabelSelector | None] = Nested(LoadBalancerTargetLabelSelector)
    """Label selector, if :attr:`type` is ``label_selector``."""
    ip: Nested[LoadBalancerTargetIP | None] = Nested(LoadBalancerTargetIP)
    """IP address, if :attr:`type` is ``ip``."""
    use_private_ip: bool | None = None
    """True if servers are reached by their private address in a common network."""
    health_status: NestedList[list[LoadBalancerTargetHealthStatus] | None] = NestedList(LoadBalancerTargetHealthStatus)
    """Health of the target, one entry per service; for a label selector, see :attr:`targets`."""
    targets: NestedList[list[LoadBalancerTarget] | None] = NestedList()
    """Servers that match the label selector at present."""

    def to_payload(self) -> dict[str, Any]:
        """Return the request payload.

        :raises InvalidArgumentError: if :attr:`type`, or the field that it names, is None
        """
        target_type = self._value("type")
        if target_type is None:
            raise InvalidArgumentError(f"type must be set: {self!r}")
        if getattr(self, target_type, None) is None:
            raise InvalidArgumentError(f"{target_type} must be set if type is {target_type!r}: {self!r}")
        payload: dict[str, Any] = super().to_payload()
        for name in ("health_status", "targets"):
            payload.pop(name, None)
        if "server" in payload:
            payload["server"] = {"id": payload["server"]}
        return payload


@record
class LoadBalancer(Resource, shown=("load_balancer_type", "location")):
    """A load balancer, which distributes traffic over its targets. See "Load Balancers" in the API reference."""

    public_net: Nested[PublicNetwork] = Nested(PublicNetwork)
    """Public network interface."""
    private_net: NestedList[list[PrivateNet]] = NestedList(PrivateNet)
    """Networks that the load balancer is attached to."""
    location: Link[BoundLocation] = Link("locations", complete=True)
    """Location of the load balancer."""
    algorithm: Nested[LoadBalancerAlgorithm] = Nested(LoadBalancerAlgorithm)
    """Algorithm that selects the target of a request."""
    services: NestedList[list[LoadBalancerService]] = NestedList(LoadBalancerService)
    """Services, one per port."""
    load_balancer_type: Link[BoundLoadBalancerType] = Link("load_balancer_types", complete=True)
    """Type of the load balancer."""
    protection: Always[LoadBalancerProtection] = Always()
    """Protection against deletion."""
    labels: Always[dict[str, str]] = Always()
    """Labels (keys and values) set by the user."""
    targets: NestedList[list[LoadBalancerTarget]] = NestedList(LoadBalancerTarget)
    """Targets of the requests."""
    created: Timestamp[datetime] = Timestamp()
    """Time of creation, UTC."""
    outgoing_traffic: int | None = None
    """Outgoing traffic in the current billing period, in bytes."""
    ingoing_traffic: int | None = None
    """Incoming traffic in the current billing period, in bytes."""
    included_traffic: Always[int] = Always()
    """Outgoing traffic per month that is free of charge, in bytes."""

    def private_net_for(self, network: BoundNetwork | Network | int) -> PrivateNet | None:
        """Return the attachment of the load balancer to ``network``, or None.

        :param network: Network to look for, or its ID
        """
        network_id = network if isinstance(network, int) else network.id
        return next((net for net in self.private_net or [] if net.network.id == network_id), None)


@record
class LoadBalancerCreatePublicNetwork(BaseDomain):
    """Public network interface of a new load balancer."""

    ipv4: Link[PrimaryIP | None] = Link("primary_ips")
    """Primary IP to use as IPv4 address; a new one is created by default."""
    ipv6: Link[PrimaryIP | None] = Link("primary_ips")
    """Primary IP to use as IPv6 address; a new one is created by default."""


@record
class CreateLoadBalancerResponse(BaseDomain, Received, WaitsForActions):
    """A new load balancer, and the action that creates it."""

    load_balancer: Link[BoundLoadBalancer] = Link("load_balancers", complete=True)
    """New load balancer."""
    action: Link[BoundAction] = Link("actions", complete=True)
    """Action that creates the load balancer."""


@record
class DeleteLoadBalancerResponse(ActionResponse):
    """The action that deletes a load balancer."""


@record
class GetMetricsResponse(BaseDomain, Received):
    """Metrics of a load balancer."""

    metrics: Nested[Metrics] = Nested(Metrics)
    """Metrics of the requested types."""
