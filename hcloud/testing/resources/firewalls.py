"""Firewalls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from ipaddress import ip_network
from typing import Annotated, Literal, TypedDict

from ..error_responses import ErrorResponse, invalid, limit_exceeded
from ..label_selectors import parse_selector
from ..listing import Filter, Filters, Names
from ..resource import Body, FakeResource, action, on_event, operation
from ..schema import Labels, Length, Name, Record, Validator
from .server_creation import Attachments
from .servers import Servers

__all__ = ["Firewalls", "LabelSelectorInput"]

MAX_PER_SERVER = 5
MAX_EFFECTIVE_RULES = 500
_PROTOCOLS_WITH_PORT = ("tcp", "udp")
_PORT_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


class _RequiredRuleInput(TypedDict):
    direction: Literal["in", "out"]
    protocol: Literal["tcp", "udp", "icmp", "esp", "gre"]


class RuleInput(_RequiredRuleInput, total=False):
    """Rule that allows traffic."""

    port: str
    source_ips: Annotated[list[str], Length(0, 100)]
    destination_ips: Annotated[list[str], Length(0, 100)]
    description: Annotated[str, Length(0, 255)]


class ServerInput(TypedDict):
    """Server of a firewall, by ID."""

    id: int


class LabelSelectorInput(TypedDict):
    """Label selector for servers."""

    selector: str


class _RequiredResourceInput(TypedDict):
    type: Literal["server", "label_selector"]


class ResourceInput(_RequiredResourceInput, total=False):
    """Server or label selector that a firewall is applied to, or removed from."""

    server: ServerInput
    label_selector: LabelSelectorInput


def _check_effective_rules(rules: list[RuleInput]) -> list[str]:
    # A guess: a rule counts once for each of its IP ranges.
    count = sum(len(rule.get("source_ips", ())) + len(rule.get("destination_ips", ())) for rule in rules)
    return [f"must be {MAX_EFFECTIVE_RULES} effective rules at most"] if count > MAX_EFFECTIVE_RULES else []


RulesInput = Annotated[list[RuleInput], Length(0, 50), Validator(_check_effective_rules)]
ResourcesInput = Annotated[list[ResourceInput], Length(1)]


def _is_port_range(text: str) -> bool:
    match = _PORT_RANGE.fullmatch(text)
    if match is None:
        return False
    first, last = int(match[1]), int(match[2] or match[1])
    return 1 <= first <= last <= 65535


def _build_rule(rule: RuleInput) -> Record:
    """Check the input of a rule and return its record.

    :raises ErrorResponse: ``invalid_input``
    """
    source_ips, destination_ips = rule.get("source_ips", []), rule.get("destination_ips", [])
    if rule["direction"] == "in":
        _check_ips("source_ips", source_ips, "destination_ips", destination_ips, "in")
    else:
        _check_ips("destination_ips", destination_ips, "source_ips", source_ips, "out")
    port = rule.get("port")
    if rule["protocol"] in _PROTOCOLS_WITH_PORT:
        if port is None or not _is_port_range(port):
            raise invalid("rules.port", "must be a port or a range of ports, such as 80 or 1024-5000")
    elif port is not None:
        raise invalid("rules.port", f"must not be given for protocol {rule['protocol']}")
    return {
        "direction": rule["direction"],
        "protocol": rule["protocol"],
        "port": port,
        "source_ips": source_ips,
        "destination_ips": destination_ips,
        "description": rule.get("description"),
    }


def _check_ips(required: str, ips: list[str], forbidden: str, other_ips: list[str], direction: str) -> None:
    """Check the addresses of a rule: those of one field are required, those of the other must be empty."""
    if not ips:
        raise invalid(f"rules.{required}", f"must be given for direction {direction}")
    if other_ips:
        raise invalid(f"rules.{forbidden}", f"must be empty for direction {direction}")
    for ip in ips:
        try:
            ip_network(ip)
        except ValueError:
            raise invalid(f"rules.{required}", f"'{ip}' must be in CIDR notation, without host bits") from None
        if "/" not in ip:
            raise invalid(f"rules.{required}", f"'{ip}' must be in CIDR notation")


def _find_same(entry: Record, entries: list[Record]) -> Record | None:
    """Return the entry for the same server or label selector."""
    entry_type = entry["type"]
    same_type = (other for other in entries if other["type"] == entry_type)
    return next((other for other in same_type if other[entry_type] == entry[entry_type]), None)


def _selectors_of(firewall: Record) -> Iterator[Record]:
    return (entry for entry in firewall["applied_to"] if entry["type"] == "label_selector")


def _server_entry(server_id: int) -> Record:
    return {"type": "server", "server": {"id": server_id}}


def _selects(firewall: Record, server_id: int) -> bool:
    """Return True if a label selector of a firewall selects a server."""
    return any(_server_entry(server_id) in selector["applied_to_resources"] for selector in _selectors_of(firewall))


def _servers_of_action(entry: Record) -> list[tuple[str, int]]:
    return [("server", entry["server"]["id"])] if entry["type"] == "server" else []


def _has_public_net(server: Record) -> bool:
    return server["public_net"]["ipv4"] is not None or server["public_net"]["ipv6"] is not None


class Firewalls(FakeResource):
    """Firewalls, applied to servers by ID or by label selector.

    Label selectors are kept up to date: a server is covered as soon as its labels match.
    """

    collection = "firewalls"
    singular = "firewall"
    sortable: Names = ("id", "name", "created")
    filters: Filters = (Filter("name"),)
    labelled = True
    acting = True
    lockable = False

    @operation("POST /", starts=("set_firewall_rules", "apply_firewall"))
    def create(
        self,
        *,
        name: Name,
        rules: RulesInput | None = None,
        apply_to: list[ResourceInput] | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Create a firewall, and apply it to servers and label selectors."""
        rule_records = [_build_rule(rule) for rule in rules or []]
        self.check_room({"name": name})
        firewall: Record = {
            "id": self.new_id(),
            "name": name,
            "rules": rule_records,
            "applied_to": [],
            "labels": labels or {},
            "created": self.now,
        }
        entries = self._check_resources(firewall, apply_to or [], missing_status=422)
        self.add(firewall)
        actions = []
        if rule_records:
            undo = partial(self.put, firewall, {"rules": []})
            actions.append(self.start_action(firewall, "set_firewall_rules", otherwise=undo, locking=False))
        actions += [self._apply(firewall, entry) for entry in entries]
        return {"firewall": firewall, "actions": actions}

    @operation("PUT /{id}")
    def update(self, firewall: Record, *, name: Name | None = None, labels: Labels | None = None) -> Body:
        """Change the name or labels of a firewall."""
        return {"firewall": self.change(firewall, name=name, labels=labels)}

    @operation("DELETE /{id}")
    def delete(self, firewall: Record) -> None:
        """Delete a firewall that is not applied to anything."""
        if firewall["applied_to"]:
            message = "firewall is still in use: it is applied to servers or label selectors"
            raise ErrorResponse("resource_in_use", message)
        self.remove(firewall)

    @action(starts=("set_firewall_rules", "apply_firewall"))
    def set_rules(self, firewall: Record, *, rules: RulesInput) -> Body:
        """Replace the rules of a firewall."""
        undo = self.set_with_undo(firewall, rules=[_build_rule(rule) for rule in rules])
        actions = [self.start_action(firewall, "set_firewall_rules", otherwise=undo, locking=False)]
        for entry in firewall["applied_to"]:
            servers = _servers_of_action(entry)
            actions.append(self.start_action(firewall, "apply_firewall", also=servers, locking=False))
        return {"actions": actions}

    @action(starts=("apply_firewall",))
    def apply_to_resources(self, firewall: Record, *, apply_to: ResourcesInput) -> Body:
        """Apply a firewall to servers and label selectors."""
        entries = self._check_resources(firewall, apply_to, missing_status=404)
        return {"actions": [self._apply(firewall, entry) for entry in entries]}

    @action(starts=("remove_firewall",))
    def remove_from_resources(self, firewall: Record, *, remove_from: ResourcesInput) -> Body:
        """Remove a firewall from servers and label selectors."""
        requested = [self._build_entry(resource) for resource in remove_from]
        entries = [self._find_applied(firewall, entry) for entry in requested]
        return {"actions": [self._start_removal(firewall, entry) for entry in entries]}

    # Entries of applied_to

    def _build_entry(self, resource: ResourceInput) -> Record:
        """Check the input of a server or label selector and return its entry for ``applied_to``."""
        if resource["type"] == "server":
            if "server" not in resource:
                raise invalid("server", "missing required field for type server")
            return _server_entry(resource["server"]["id"])
        if "label_selector" not in resource:
            raise invalid("label_selector", "missing required field for type label_selector")
        selector = resource["label_selector"]["selector"]
        parse_selector(selector, "label_selector.selector")
        return {"type": "label_selector", "label_selector": {"selector": selector}, "applied_to_resources": []}

    def _check_resources(self, firewall: Record, resources: list[ResourceInput], missing_status: int) -> list[Record]:
        """Check that a firewall can be applied to resources and return their entries.

        :param missing_status: HTTP status of the error if a server does not exist
        """
        entries: list[Record] = []
        for resource in resources:
            entry = self._build_entry(resource)
            if _find_same(entry, entries) is not None:
                raise ErrorResponse("server_already_added", "a resource is given more than once")
            if _find_same(entry, firewall["applied_to"]) is not None:
                raise ErrorResponse("firewall_already_applied", "firewall is already applied to this resource")
            if entry["type"] == "server":
                self._check_server(firewall, entry["server"]["id"], missing_status)
            entries.append(entry)
        return entries

    def _check_server(self, firewall: Record, server_id: int, missing_status: int) -> None:
        server = self.project.of(Servers).records.get(server_id)
        if server is None:
            message = f"server with ID '{server_id}' not found"
            raise ErrorResponse("firewall_resource_not_found", message, status=missing_status)
        if not _has_public_net(server):
            raise ErrorResponse("private_net_only_server", "the server has no public interface")
        if len(server["public_net"]["firewalls"]) >= MAX_PER_SERVER and not _selects(firewall, server_id):
            raise limit_exceeded("server_firewall")

    def _find_applied(self, firewall: Record, requested: Record) -> Record:
        """Return the entry to remove.

        :raises ErrorResponse: if the firewall is not applied to this resource, or only by a label selector
        """
        entry = _find_same(requested, firewall["applied_to"])
        if entry is not None:
            return entry
        if requested["type"] == "server" and _selects(firewall, requested["server"]["id"]):
            message = "firewall is applied to the server by a label selector and can only be removed with that"
            raise ErrorResponse("firewall_managed_by_label_selector", message)
        raise ErrorResponse("firewall_resource_not_found", "firewall is not applied to this resource", status=404)

    def _servers_of(self, entry: Record) -> list[Record]:
        """Return the existing servers of an entry."""
        servers = self.project.of(Servers).records
        leaves = [entry] if entry["type"] == "server" else entry["applied_to_resources"]
        return [servers[leaf["server"]["id"]] for leaf in leaves if leaf["server"]["id"] in servers]

    # Application to servers

    def _apply(self, firewall: Record, entry: Record) -> Record:
        """Start the action that applies a firewall; the servers show it as pending at once."""
        firewall["applied_to"].append(entry)
        servers = self.project.of(Servers)
        if entry["type"] == "label_selector":
            for server in servers:
                self._select_server(firewall, entry, server, "pending")
        else:
            self._update_server(firewall, servers.records[entry["server"]["id"]], "pending")
        return self.start_action(
            firewall,
            "apply_firewall",
            self._complete_application,
            *(firewall, entry),
            otherwise=partial(self._remove_entry, firewall, entry),
            also=_servers_of_action(entry),
            locking=False,
        )

    def _complete_application(self, firewall: Record, entry: Record) -> None:
        for server in self._servers_of(entry):
            for applied in server["public_net"]["firewalls"]:
                if applied["id"] == firewall["id"]:
                    applied["status"] = "applied"

    def _start_removal(self, firewall: Record, entry: Record) -> Record:
        return self.start_action(
            firewall,
            "remove_firewall",
            self._remove_entry,
            *(firewall, entry),
            also=_servers_of_action(entry),
            locking=False,
        )

    def _remove_entry(self, firewall: Record, entry: Record) -> None:
        if entry not in firewall["applied_to"]:
            return
        firewall["applied_to"].remove(entry)
        for server in self._servers_of(entry):
            self._update_server(firewall, server)
        # A label selector may still cover a pending server, and no other action would complete that.
        self._complete_application(firewall, entry)

    def _select_server(self, firewall: Record, selector: Record, server: Record, status: str = "applied") -> None:
        """Update the servers of a label selector after a change of a server."""
        matches = parse_selector(selector["label_selector"]["selector"])
        selected = _has_public_net(server) and matches(server["labels"])
        entry = _server_entry(server["id"])
        if selected is (entry in selector["applied_to_resources"]):
            return
        if not selected:
            selector["applied_to_resources"].remove(entry)
        elif len(server["public_net"]["firewalls"]) < MAX_PER_SERVER:
            selector["applied_to_resources"].append(entry)
        self._update_server(firewall, server, status)

    def _update_server(self, firewall: Record, server: Record, status: str = "applied") -> None:
        """Update the firewalls of a server after a change of a firewall's ``applied_to``."""
        is_covered = _server_entry(server["id"]) in firewall["applied_to"] or _selects(firewall, server["id"])
        firewalls = server["public_net"]["firewalls"]
        applied = next((applied for applied in firewalls if applied["id"] == firewall["id"]), None)
        if is_covered and applied is None:
            firewalls.append({"id": firewall["id"], "status": status})
        elif applied is not None and not is_covered:
            firewalls.remove(applied)

    # Events

    @on_event("servers.creating")
    def _check_new_server(self, server: Record, attachments: Attachments) -> None:
        firewalls = attachments["firewalls"]
        if not firewalls:
            return
        if not attachments["has_public_net"]:
            raise ErrorResponse("private_net_only_server", "firewalls need a server with a public interface")
        if len(firewalls) > MAX_PER_SERVER:
            raise limit_exceeded("server_firewall")
        if len({firewall["id"] for firewall in firewalls}) < len(firewalls):
            raise invalid("firewalls", "must not name a firewall twice")

    @on_event("servers.created")
    def _apply_to_new_server(self, server: Record, attachments: Attachments, actions: list[Record]) -> None:
        actions += [self._apply(firewall, _server_entry(server["id"])) for firewall in attachments["firewalls"]]
        self._server_changed(server)

    @on_event("servers.changed")
    def _server_changed(self, server: Record) -> None:
        for firewall in self:
            for selector in _selectors_of(firewall):
                self._select_server(firewall, selector, server)

    @on_event("servers.removed")
    def _server_removed(self, server: Record) -> None:
        removed = _server_entry(server["id"])
        for firewall in self:
            firewall["applied_to"] = [entry for entry in firewall["applied_to"] if entry != removed]
            for selector in _selectors_of(firewall):
                if removed in selector["applied_to_resources"]:
                    selector["applied_to_resources"].remove(removed)
