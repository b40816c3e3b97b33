from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from .._exceptions import InvalidArgumentError
from ..actions import BoundAction, WaitsForActions
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
    Texts,
    Timestamp,
    record,
)

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
    """A rule that allows traffic through a firewall."""

    DIRECTION_IN: ClassVar[Literal["in"]] = "in"
    """Direction of a rule for incoming traffic."""
    DIRECTION_OUT: ClassVar[Literal["out"]] = "out"
    """Direction of a rule for outgoing traffic."""

    PROTOCOL_UDP: ClassVar[Literal["udp"]] = "udp"
    """Protocol UDP, which needs a port."""
    PROTOCOL_ICMP: ClassVar[Literal["icmp"]] = "icmp"
    """Protocol ICMP."""
    PROTOCOL_TCP: ClassVar[Literal["tcp"]] = "tcp"
    """Protocol TCP, which needs a port."""
    PROTOCOL_ESP: ClassVar[Literal["esp"]] = "esp"
    """Protocol ESP, of IPsec."""
    PROTOCOL_GRE: ClassVar[Literal["gre"]] = "gre"
    """Protocol GRE, of tunnels."""

    direction: FirewallRuleDirection
    """Direction of the traffic: ``in`` or ``out``."""
    protocol: FirewallRuleProtocol
    """Protocol of the traffic: ``tcp``, ``udp``, ``icmp``, ``esp`` or ``gre``."""
    source_ips: Texts = Texts()
    """Allowed source networks of incoming traffic, in CIDR notation."""
    port: str | None = None
    """Port, or port range such as ``1024-5000``; only for ``tcp`` and ``udp``."""
    destination_ips: Texts = Texts()
    """Allowed destination networks of outgoing traffic, in CIDR notation."""
    description: str | None = None
    """Description of the rule, as free text."""

    def to_payload(self) -> dict[str, Any]:
        """Return the request payload, without the empty address list of the other direction."""
        return {name: value for name, value in super().to_payload().items() if value != []}


@record
class FirewallResourceLabelSelector(BaseDomain):
    """Selection of servers by their labels."""

    selector: Always[str] = Always()
    """Label selector, such as ``env=prod``."""


@record
class FirewallResourceAppliedToResources(BaseDomain, Received):
    """A server that matches the label selector of a firewall."""

    type: Literal["server"]
    """Type of the resource: ``server``."""
    server: Link[BoundServer | None] = Link("servers")
    """Server, if :attr:`type` is ``server``."""


@record
class FirewallResource(BaseDomain):
    """A server, or a label selector, that a firewall is applied to."""

    TYPE_SERVER: ClassVar[Literal["server"]] = "server"
    """Type of an entry that is a server."""
    TYPE_LABEL_SELECTOR: ClassVar[Literal["label_selector"]] = "label_selector"
    """Type of an entry that selects servers by their labels."""

    type: FirewallResourceType
    """Type of the resource: ``server`` or ``label_selector``; the field of that name must be set."""
    server: Link[BoundServer | None] = Link("servers")
    """Server, if :attr:`type` is ``server``."""
    label_selector: Nested[FirewallResourceLabelSelector | None] = Nested(FirewallResourceLabelSelector)
    """Label selector, if :attr:`type` is ``label_selector``."""
    applied_to_resources: NestedList[list[FirewallResourceAppliedToResources] | None] = NestedList(
        FirewallResourceAppliedToResources
    )
    """Servers that match the label selector at present."""

    def to_payload(self) -> dict[str, Any]:
        """Return the request payload.

        :raises InvalidArgumentError: if the field that :attr:`type` names is None
        """
        resource_type = self._value("type")
        if getattr(self, str(resource_type), None) is None:
            raise InvalidArgumentError(f"{resource_type} must be set if type is {resource_type!r}: {self!r}")
        payload: dict[str, Any] = super().to_payload()
        payload.pop("applied_to_resources", None)
        if "server" in payload:
            payload["server"] = {"id": payload["server"]}
        return payload


@record
class Firewall(Resource, shown=()):
    """Rules for the traffic of servers; incoming traffic that no rule allows is dropped. See "Firewalls" in the API
    reference."""

    labels: dict[str, str] | None = None
    """Labels (keys and values) set by the user."""
    rules: NestedList[list[FirewallRule]] = NestedList(FirewallRule)
    """Rules of the firewall."""
    applied_to: NestedList[list[FirewallResource]] = NestedList(FirewallResource)
    """Servers and label selectors that the firewall is applied to."""
    created: Timestamp[datetime] = Timestamp()
    """Time of creation, UTC."""


@record
class CreateFirewallResponse(BaseDomain, Received, WaitsForActions):
    """A new firewall, and the actions that apply it to resources."""

    firewall: Link[BoundFirewall] = Link("firewalls", complete=True)
    """New firewall."""
    actions: Links[list[BoundAction] | None] = Links("actions", complete=True)
    """Actions that apply the firewall, one per resource."""
