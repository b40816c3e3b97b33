"""Targets of load balancers: their input, the servers that label selectors select, and the operations on them."""

from __future__ import annotations

from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any, Literal, TypedDict

from ..error_responses import ErrorResponse, invalid, limit_exceeded, not_found
from ..label_selectors import parse_selector
from ..resource import Body, action, on_event
from ..schema import Record
from .firewalls import LabelSelectorInput
from .health import HealthChecks, leaf_targets, network_id_of
from .networks import Networks
from .servers import ServerRef, Servers

__all__ = ["TargetInput", "TargetOperations", "check_attached"]

TargetType = Literal["server", "label_selector", "ip"]


class ServerTargetInput(TypedDict):
    """Server of a target."""

    id: ServerRef


class IPTargetInput(TypedDict):
    """IP address of a target."""

    ip: str


class _RequiredTargetInput(TypedDict):
    type: TargetType


class TargetInput(_RequiredTargetInput, total=False):
    """Target of a new load balancer."""

    server: ServerTargetInput
    label_selector: LabelSelectorInput
    ip: IPTargetInput
    use_private_ip: bool


def check_attached(network_id: int | None) -> None:
    """Check that a load balancer is attached to a network.

    :raises ErrorResponse: ``load_balancer_not_attached_to_network``
    """
    if network_id is None:
        message = "the load balancer is not attached to a network"
        raise ErrorResponse("load_balancer_not_attached_to_network", message)


def _identity_of(arguments: Any) -> Record:
    """Return the part of a target record that identifies it: the type, and the field of that name."""
    target_type = arguments["type"]
    value = arguments.get(target_type)
    if value is None:
        raise invalid(target_type, f"missing required field for type {target_type}")
    if target_type == "server":
        return {"type": target_type, "server": {"id": value["id"]["id"]}}
    return {"type": target_type, target_type: dict(value)}


class TargetOperations(HealthChecks):
    """Part of the load balancers that adds and removes targets, and keeps label selectors up to date."""

    @action()
    def add_target(
        self,
        load_balancer: Record,
        *,
        type: TargetType,
        server: ServerTargetInput | None = None,
        label_selector: LabelSelectorInput | None = None,
        ip: IPTargetInput | None = None,
        use_private_ip: bool = False,
    ) -> Body:
        """Add a target."""
        arguments = {
            "type": type,
            "server": server,
            "label_selector": label_selector,
            "ip": ip,
            "use_private_ip": use_private_ip,
        }
        target = self.build_target(load_balancer, arguments, network_id_of(load_balancer))
        count = len(list(leaf_targets(load_balancer))) + len(self.new_targets(load_balancer))
        if count >= load_balancer["load_balancer_type"]["max_targets"]:
            raise limit_exceeded("load_balancer_target")
        self.new_targets(load_balancer).append(target)
        effect = partial(self._add_target, load_balancer, target)
        undo = partial(self._forget_target, load_balancer, target)
        return {"action": self.start_action(load_balancer, "add_target", effect, otherwise=undo)}

    @action()
    def remove_target(
        self,
        load_balancer: Record,
        *,
        type: TargetType,
        server: ServerTargetInput | None = None,
        label_selector: LabelSelectorInput | None = None,
        ip: IPTargetInput | None = None,
    ) -> Body:
        """Remove a target."""
        identity = _identity_of({"type": type, "server": server, "label_selector": label_selector, "ip": ip})
        target = self._find_target(load_balancer, identity)
        if target is None:
            raise not_found("load_balancer_target", identity[type])
        return {"action": self.start_action(load_balancer, "remove_target", self._remove_target, load_balancer, target)}

    # Checks of new targets

    def build_target(self, load_balancer: Record, arguments: Any, network_id: int | None) -> Record:
        """Check the input of a target and return its record.

        :param network_id: ID of the network that the load balancer is, or will be, attached to
        :raises ErrorResponse: if the load balancer cannot have this target
        """
        target = _identity_of(arguments)
        if self._find_target(load_balancer, target) is not None:
            raise ErrorResponse("target_already_defined", "the load balancer has this target already")
        use_private_ip = arguments.get("use_private_ip", False)
        if target["type"] == "ip":
            if use_private_ip:
                raise invalid("use_private_ip", "is only for targets of type server and label_selector")
            self._check_ip(target["ip"]["ip"])
            return {**target, "health_status": []}
        self._check_interface(load_balancer, use_private_ip, network_id)
        target["use_private_ip"] = use_private_ip
        if target["type"] == "label_selector":
            parse_selector(target["label_selector"]["selector"], "label_selector.selector")
            return {**target, "targets": []}
        self._check_server(arguments["server"]["id"], use_private_ip, network_id)
        return {**target, "health_status": []}

    def _find_target(self, load_balancer: Record, identity: Record) -> Record | None:
        """Return a target, also one that is being added."""
        target_type = identity["type"]
        targets: list[Record] = [*load_balancer["targets"], *self.new_targets(load_balancer)]
        for target in targets:
            if target["type"] == target_type and target[target_type] == identity[target_type]:
                return target
        return None

    def _check_ip(self, text: str) -> None:
        """Check that an IP target is an address outside of the cloud."""
        try:
            address = ip_address(text)
        except ValueError:
            raise invalid("ip.ip", f"'{text}' must be an ip address") from None
        for collection in ("primary_ips", "floating_ips"):
            if any(address in ip_network(owner["ip"]) for owner in self.project[collection]):
                message = "the ip belongs to a cloud resource; use a target of type server"
                raise ErrorResponse("cloud_resource_ip_not_allowed", message)

    def _check_interface(self, load_balancer: Record, use_private_ip: bool, network_id: int | None) -> None:
        if use_private_ip:
            check_attached(network_id)
        elif not load_balancer["public_net"]["enabled"]:
            message = "the load balancer's public interface is disabled"
            raise ErrorResponse("load_balancer_public_interface_disabled", message)

    def _check_server(self, server: Record, use_private_ip: bool, network_id: int | None) -> None:
        if not use_private_ip:
            if server["public_net"]["ipv4"] is None:
                raise ErrorResponse("missing_ipv4", "the server has no public ipv4 address")
        elif network_id is None or not self.project.of(Networks).is_attached(network_id, "server", server["id"]):
            message = "the server is not attached to the network of the load balancer"
            raise ErrorResponse("server_not_attached_to_network", message)

    # Effects of actions

    def _forget_target(self, load_balancer: Record, target: Record) -> None:
        self.new_targets(load_balancer).remove(target)

    def _add_target(self, load_balancer: Record, target: Record) -> None:
        self._forget_target(load_balancer, target)
        if target["type"] == "server" and target["server"]["id"] not in self.project.of(Servers).records:
            return
        load_balancer["targets"].append(target)
        self.select_servers(load_balancer, target)
        self.update_targets(load_balancer)

    def _remove_target(self, load_balancer: Record, target: Record) -> None:
        load_balancer["targets"] = [other for other in load_balancer["targets"] if other is not target]
        self.update_targets(load_balancer)

    def update_targets(self, load_balancer: Record) -> None:
        """Update the health of the targets, and ``load_balancers`` of the servers, after targets have changed."""
        self.update_health(load_balancer)
        private, servers = self.private(load_balancer), self.project.of(Servers).records
        before: set[int] = private.get("servers", set())
        after = {target["server"]["id"] for target in leaf_targets(load_balancer) if target["type"] == "server"}
        for number in before - after:
            if number in servers:
                servers[number]["load_balancers"].remove(load_balancer["id"])
        for number in sorted(after - before):
            servers[number]["load_balancers"].append(load_balancer["id"])
        private["servers"] = after

    # Label selectors

    def select_servers(self, load_balancer: Record, target: Record) -> None:
        """Update the servers of a target, if it is a label selector."""
        if target["type"] == "label_selector":
            for server in self.project.of(Servers):
                self._select_server(load_balancer, target, server)

    def _select_server(self, load_balancer: Record, target: Record, server: Record) -> bool:
        """Select or deselect a server for a label selector; return false if nothing changes."""
        matches = parse_selector(target["label_selector"]["selector"])
        selected = matches(server["labels"]) and self.can_reach(load_balancer, target, server)
        leaf = next((leaf for leaf in target["targets"] if leaf["server"]["id"] == server["id"]), None)
        if selected is (leaf is not None):
            return False
        if leaf is not None:
            target["targets"].remove(leaf)
        elif len(list(leaf_targets(load_balancer))) < load_balancer["load_balancer_type"]["max_targets"]:
            target["targets"].append(
                {
                    "type": "server",
                    "server": {"id": server["id"]},
                    "use_private_ip": target["use_private_ip"],
                    "health_status": [],
                }
            )
        return True

    # Events

    @on_event("servers.changed")
    def _server_changed(self, server: Record) -> None:
        for load_balancer in self:
            selectors = [target for target in load_balancer["targets"] if target["type"] == "label_selector"]
            changes = [self._select_server(load_balancer, target, server) for target in selectors]
            if any(changes):
                self.update_targets(load_balancer)

    @on_event("servers.created")
    def _server_created(self, server: Record, attachments: object, actions: object) -> None:
        self._server_changed(server)

    @on_event("networks.attached", "networks.detached")
    def _network_changed(self, network: Record, member_type: str, member: Record) -> None:
        if member_type == "server":
            self._server_changed(member)
        else:
            for target in member["targets"]:
                self.select_servers(member, target)
            self.update_targets(member)

    @on_event("servers.removed")
    def _server_removed(self, server: Record) -> None:
        removed = {"id": server["id"]}
        for load_balancer in self:
            if load_balancer["id"] not in server["load_balancers"]:
                continue
            targets = [target for target in load_balancer["targets"] if target.get("server") != removed]
            for target in targets:
                if target["type"] == "label_selector":
                    target["targets"] = [leaf for leaf in target["targets"] if leaf["server"] != removed]
            load_balancer["targets"] = targets
            self.update_targets(load_balancer)

    @on_event("primary_ips.unassigning")
    def _check_not_targeted(self, primary_ip: Record) -> None:
        """Reject the unassignment of an address that targets use."""
        if primary_ip["assignee_type"] != "server" or primary_ip["type"] != "ipv4":
            return
        server = {"id": primary_ip["assignee_id"]}
        targets = [target for load_balancer in self for target in load_balancer["targets"]]
        if any(target.get("server") == server and not target["use_private_ip"] for target in targets):
            message = "the server is a load balancer's target by its ipv4 address"
            raise ErrorResponse("server_is_load_balancer_target", message)
