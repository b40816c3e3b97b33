from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from .._exceptions import InvalidArgumentError
from ..actions import BoundAction, WaitsForActions
from ..core import BaseDomain, Link, Links, Nested, NestedList, Resource, ResourceSort, Texts, Timestamp, record

if TYPE_CHECKING:
    from ..servers import BoundServer
    from .client import BoundFirewall

__all__ = [
    "CreateFirewallResponse",
    "Firewall",
    "FirewallResource",
    "FirewallResourceAppliedToResources",
    "FirewallResourceLabelSelector",
    "FirewallResourceType",
    "FirewallRule",
    "FirewallRuleDirection",
    "FirewallRuleProtocol",
    "FirewallSort",
]

FirewallResourceType = Literal["server", "label_selector"]
FirewallRuleDirection = Literal["in", "out"]
FirewallRuleProtocol = Literal["tcp", "udp", "icmp", "esp", "gre"]
FirewallSort = ResourceSort


@record
class FirewallRule(BaseDomain):
    """Traffic that a firewall lets through."""

    DIRECTION_IN: ClassVar[FirewallRuleDirection] = "in"
    DIRECTION_OUT: ClassVar[FirewallRuleDirection] = "out"

    PROTOCOL_UDP: ClassVar[FirewallRuleProtocol] = "udp"
    PROTOCOL_ICMP: ClassVar[FirewallRuleProtocol] = "icmp"
    PROTOCOL_TCP: ClassVar[FirewallRuleProtocol] = "tcp"
    PROTOCOL_ESP: ClassVar[FirewallRuleProtocol] = "esp"
    PROTOCOL_GRE: ClassVar[FirewallRuleProtocol] = "gre"

    direction: FirewallRuleDirection
    """Whether it is about what comes in or goes out."""
    protocol: FirewallRuleProtocol
    """The protocol of the traffic."""
    source_ips: Texts = Texts()
    """Where incoming traffic may come from, in CIDR notation."""
    port: str | None = None
    """The port, or a range such as ``1024-5000``; only for ``tcp`` and ``udp``."""
    destination_ips: Texts = Texts()
    """Where outgoing traffic may go, in CIDR notation."""
    description: str | None = None
    """What it is for, in words."""

    def to_payload(self) -> dict[str, Any]:
        """The rule as the API takes it: without the addresses of the other direction, which it sends as empty."""
        return {name: value for name, value in super().to_payload().items() if value != []}


@record
class FirewallResourceLabelSelector(BaseDomain):
    """The servers that a firewall is applied to by their labels."""

    selector: str | None = None
    """What their labels must match."""


@record
class FirewallResourceAppliedToResources(BaseDomain):
    """A server that a firewall is applied to because of its labels."""

    type: Literal["server"]
    """What it is."""
    server: Link[BoundServer | None] = Link("servers")
    """The server."""


@record
class FirewallResource(BaseDomain):
    """What a firewall is applied to: a server, or all servers with certain labels."""

    TYPE_SERVER: ClassVar[FirewallResourceType] = "server"
    TYPE_LABEL_SELECTOR: ClassVar[FirewallResourceType] = "label_selector"

    type: FirewallResourceType
    """Which of the next two it is."""
    server: Link[BoundServer | None] = Link("servers")
    """The server."""
    label_selector: Nested[FirewallResourceLabelSelector | None] = Nested(FirewallResourceLabelSelector)
    """The servers, by their labels."""
    applied_to_resources: NestedList[list[FirewallResourceAppliedToResources] | None] = NestedList(
        FirewallResourceAppliedToResources
    )
    """The servers that have these labels now."""

    def to_payload(self) -> dict[str, Any]:
        """The resource as the API takes it.

        :raises InvalidArgumentError: if it lacks what its ``type`` says that it is
        """
        if getattr(self, self.type, None) is None:
            raise InvalidArgumentError(f"{self!r} lacks its {self.type}; nothing was sent")
        payload: dict[str, Any] = super().to_payload()
        payload.pop("applied_to_resources", None)
        if "server" in payload:
            payload["server"] = {"id": payload["server"]}
        return payload


@record
class Firewall(Resource):
    """Rules for the traffic of servers: what none of them lets in is dropped. See "Firewalls" in the API reference."""

    labels: dict[str, str] | None = None
    """Keys and values of the project's own."""
    rules: NestedList[list[FirewallRule] | None] = NestedList(FirewallRule)
    """What it lets through."""
    applied_to: NestedList[list[FirewallResource] | None] = NestedList(FirewallResource)
    """What it is applied to."""
    created: Timestamp = Timestamp()
    """When it was created."""


@record
class CreateFirewallResponse(BaseDomain, WaitsForActions):
    """A new firewall, and the actions that apply it."""

    firewall: Link[BoundFirewall] = Link("firewalls", complete=True)
    """The firewall."""
    actions: Links[list[BoundAction] | None] = Links("actions", complete=True)
    """The actions that apply it, one for each resource."""
