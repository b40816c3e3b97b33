"""Firewalls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from ipaddress import ip_network
from typing import Annotated, Literal, TypedDict

from hcloud.testing.error_responses import ErrorResponse, invalid
from hcloud.testing.label_selectors import parse_selector
from hcloud.testing.listing import Filter, Filters, Names
from hcloud.testing.resource import Body, FakeResource, action, on_event, operation
from hcloud.testing.schema import Labels, Length, Name, Record

from .servers import Servers, Wanted

__all__ = ["Firewalls", "Selector", "ServerId"]

MOST_PER_SERVER = 5
_WITH_PORTS = ("tcp", "udp")
_PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?").fullmatch


class _Rule(TypedDict):
    direction: Literal["in", "out"]
    protocol: Literal["tcp", "udp", "icmp", "esp", "gre"]


class Rule(_Rule, total=False):
    """What a firewall lets through."""

    port: str
    source_ips: Annotated[list[str], Length(0, 100)]
    destination_ips: Annotated[list[str], Length(0, 100)]
    description: Annotated[str, Length(0, 255)]


class ServerId(TypedDict):
    """A server, by id."""

    id: int


class Selector(TypedDict):
    """Servers, by their labels."""

    selector: str


class _Target(TypedDict):
    type: Literal["server", "label_selector"]


class Target(_Target, total=False):
    """What a firewall is applied to."""

    server: ServerId
    label_selector: Selector


Rules = Annotated[list[Rule], Length(0, 50)]
Targets = Annotated[list[Target], Length(1)]


def _has_ports(text: str) -> bool:
    found = _PORTS(text)
    if found is None:
        return False
    least, most = int(found[1]), int(found[2] or found[1])
    return 1 <= least <= most <= 65535


def _checked(rule: Rule) -> Record:
    here, there = ("source_ips", "destination_ips") if rule["direction"] == "in" else ("destination_ips", "source_ips")
    ips: list[str] = rule.get(here, [])  # type: ignore[assignment]
    if not ips:
        raise invalid(f"rules.{here}", f"must be given for direction {rule['direction']}")
    if rule.get(there):
        raise invalid(f"rules.{there}", f"must be empty for direction {rule['direction']}")
    for text in ips:
        try:
            ip_network(text)
        except ValueError:
            raise invalid(f"rules.{here}", f"'{text}' must be in CIDR notation, without host bits") from None
        if "/" not in text:
            raise invalid(f"rules.{here}", f"'{text}' must be in CIDR notation")
    port = rule.get("port")
    if rule["protocol"] in _WITH_PORTS:
        if port is None or not _has_ports(port):
            raise invalid("rules.port", "must be a port or a range of ports, such as 80 or 1024-5000")
    elif port is not None:
        raise invalid("rules.port", f"must not be given for protocol {rule['protocol']}")
    return {
        "direction": rule["direction"],
        "protocol": rule["protocol"],
        "port": port,
        "source_ips": rule.get("source_ips", []),
        "destination_ips": rule.get("destination_ips", []),
        "description": rule.get("description"),
    }


class Firewalls(FakeResource):
    """What comes in and goes out, for servers given by id or by label selector.

    Selectors are followed: a server whose labels begin to match one gets the firewall at once.
    """

    collection = "firewalls"
    singular = "firewall"
    sortable: Names = ("id", "name", "created")
    filters: Filters = (Filter("name"),)
    labelled = True
    acting = True
    lockable = False

    @operation("POST /")
    def create(
        self,
        *,
        name: Name,
        rules: Rules | None = None,
        apply_to: list[Target] | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Make a firewall, and apply it right away if asked."""
        checked = [_checked(rule) for rule in rules or []]
        self.check_room({"name": name})
        firewall: Record = {
            "id": self.new_id(),
            "name": name,
            "rules": checked,
            "applied_to": [],
            "labels": labels or {},
            "created": self.now,
        }
        wanted = self._wanted(firewall, apply_to or [], missing_status=422)
        self.add(firewall)
        actions = []
        if checked:
            none = partial(self.put, firewall, {"rules": []})
            actions.append(self.start_action(firewall, "set_firewall_rules", otherwise=none, locking=False))
        return {"firewall": firewall, "actions": [*actions, *(self._apply(firewall, each) for each in wanted)]}

    @operation("PUT /{id}")
    def update(self, firewall: Record, *, name: Name | None = None, labels: Labels | None = None) -> Body:
        """Rename or label it."""
        return {"firewall": self.change(firewall, name=name, labels=labels)}

    @operation("DELETE /{id}")
    def delete(self, firewall: Record) -> None:
        """Delete one that is applied to nothing."""
        if firewall["applied_to"]:
            raise ErrorResponse(
                "resource_in_use", "firewall is still in use: it is applied to servers or label selectors"
            )
        self.remove(firewall)

    @action()
    def set_rules(self, firewall: Record, *, rules: Rules) -> Body:
        """Replace its rules."""
        before = self.set_with_undo(firewall, rules=[_checked(rule) for rule in rules])
        begun = self.start_action(firewall, "set_firewall_rules", otherwise=before, locking=False)
        applied = [
            self.start_action(firewall, "apply_firewall", also=self._resources(entry), locking=False)
            for entry in firewall["applied_to"]
        ]
        return {"actions": [begun, *applied]}

    @action()
    def apply_to_resources(self, firewall: Record, *, apply_to: Targets) -> Body:
        """Apply it to servers and label selectors."""
        wanted = self._wanted(firewall, apply_to, missing_status=404)
        return {"actions": [self._apply(firewall, each) for each in wanted]}

    @action()
    def remove_from_resources(self, firewall: Record, *, remove_from: Targets) -> Body:
        """Take it from servers and label selectors that it was applied to."""
        entries = [self._entry(target) for target in remove_from]
        found = [self._applied(firewall, entry) for entry in entries]
        for entry, known in zip(entries, found, strict=True):
            if known is not None:
                continue
            if entry["type"] == "server" and self._selected(firewall, entry["server"]["id"]):
                message = "firewall is applied to the server by a label selector and can only be removed with that"
                raise ErrorResponse("firewall_managed_by_label_selector", message)
            raise ErrorResponse("firewall_resource_not_found", "firewall is not applied to this resource", status=404)
        return {
            "actions": [
                self.start_action(
                    firewall,
                    "remove_firewall",
                    self._removed,
                    *(firewall, known),
                    also=self._resources(known),
                    locking=False,
                )
                for known in found
                if known is not None
            ]
        }

    # Entries of applied_to

    def _entry(self, target: Target) -> Record:
        """The entry that a target would be; the field of its type must be there."""
        if target["type"] == "server":
            if "server" not in target:
                raise invalid("server", "missing required field for type server")
            return {"type": "server", "server": {"id": target["server"]["id"]}}
        if "label_selector" not in target:
            raise invalid("label_selector", "missing required field for type label_selector")
        selector = target["label_selector"]["selector"]
        parse_selector(selector, "label_selector.selector")
        return {"type": "label_selector", "label_selector": {"selector": selector}, "applied_to_resources": []}

    def _wanted(self, firewall: Record, targets: list[Target], missing_status: int) -> list[Record]:
        entries: list[Record] = []
        for target in targets:
            entry = self._entry(target)
            if self._same(entry, entries) is not None:
                raise ErrorResponse("server_already_added", "a resource is given more than once")
            if self._applied(firewall, entry) is not None:
                raise ErrorResponse("firewall_already_applied", "firewall is already applied to this resource")
            if entry["type"] == "server":
                self._check_server(firewall, entry["server"]["id"], missing_status)
            entries.append(entry)
        return entries

    def _check_server(self, firewall: Record, number: int, missing_status: int) -> None:
        server = self.project.of(Servers).records.get(number)
        if server is None:
            message = f"server with ID '{number}' not found"
            raise ErrorResponse("firewall_resource_not_found", message, status=missing_status)
        if not self._is_public(server):
            raise ErrorResponse("private_net_only_server", "the server has no public interface")
        if len(server["public_net"]["firewalls"]) >= MOST_PER_SERVER and not self._selected(firewall, number):
            raise ErrorResponse("resource_limit_exceeded", f"a server can have {MOST_PER_SERVER} firewalls at most")

    def _same(self, entry: Record, entries: list[Record]) -> Record | None:
        kind = entry["type"]
        return next((each for each in entries if each["type"] == kind and each[kind] == entry[kind]), None)

    def _applied(self, firewall: Record, entry: Record) -> Record | None:
        return self._same(entry, firewall["applied_to"])

    def _selected(self, firewall: Record, number: int) -> bool:
        """Whether a label selector of the firewall covers a server."""
        return any(self._listed(number) in each["applied_to_resources"] for each in self._selectors(firewall))

    def _selectors(self, firewall: Record) -> Iterator[Record]:
        return (each for each in firewall["applied_to"] if each["type"] == "label_selector")

    def _listed(self, number: int) -> Record:
        return {"type": "server", "server": {"id": number}}

    def _resources(self, entry: Record) -> list[tuple[str, int]]:
        return [("server", entry["server"]["id"])] if entry["type"] == "server" else []

    def _servers(self, entry: Record) -> list[Record]:
        """The servers of an entry that are still there."""
        servers = self.project.of(Servers).records
        listed = [entry] if entry["type"] == "server" else entry["applied_to_resources"]
        return [servers[number] for each in listed if (number := each["server"]["id"]) in servers]

    # Servers follow

    def _apply(self, firewall: Record, entry: Record) -> Record:
        firewall["applied_to"].append(entry)
        self._cover(firewall, entry)
        return self.start_action(
            firewall,
            "apply_firewall",
            self._in_force,
            *(firewall, entry),
            otherwise=partial(self._removed, firewall, entry),
            also=self._resources(entry),
            locking=False,
        )

    def _cover(self, firewall: Record, entry: Record) -> None:
        servers = self.project.of(Servers)
        if entry["type"] == "label_selector":
            for server in servers:
                self._select(firewall, entry, server, "pending")
        else:
            self._show(firewall, servers.records[entry["server"]["id"]], "pending")

    def _in_force(self, firewall: Record, entry: Record) -> None:
        for server in self._servers(entry):
            for shown in server["public_net"]["firewalls"]:
                if shown["id"] == firewall["id"]:
                    shown["status"] = "applied"

    def _removed(self, firewall: Record, entry: Record) -> None:
        if entry not in firewall["applied_to"]:
            return
        firewall["applied_to"].remove(entry)
        for server in self._servers(entry):
            self._show(firewall, server)
        # Where a label selector still applies it, nothing else would end the waiting.
        self._in_force(firewall, entry)

    def _select(self, firewall: Record, entry: Record, server: Record, status: str = "applied") -> None:
        """Bring a label selector's servers up to date with a server's labels."""
        chosen = self._is_public(server) and parse_selector(entry["label_selector"]["selector"])(server["labels"])
        listed = self._listed(server["id"])
        if chosen is (listed in entry["applied_to_resources"]):
            return
        if not chosen:
            entry["applied_to_resources"].remove(listed)
        elif len(server["public_net"]["firewalls"]) < MOST_PER_SERVER:
            entry["applied_to_resources"].append(listed)
        self._show(firewall, server, status)

    def _show(self, firewall: Record, server: Record, status: str = "applied") -> None:
        """Bring a server's firewalls up to date with what a firewall is applied to."""
        number = server["id"]
        covered = self._listed(number) in firewall["applied_to"] or self._selected(firewall, number)
        shown = server["public_net"]["firewalls"]
        known = next((each for each in shown if each["id"] == firewall["id"]), None)
        if covered and known is None:
            shown.append({"id": firewall["id"], "status": status})
        elif known is not None and not covered:
            shown.remove(known)

    def _is_public(self, server: Record) -> bool:
        return server["public_net"]["ipv4"] is not None or server["public_net"]["ipv6"] is not None

    @on_event("servers.creating")
    def _server_wanted(self, server: Record, wanted: Wanted) -> None:
        if not wanted["firewalls"]:
            return
        if not wanted["public"]:
            raise ErrorResponse("private_net_only_server", "firewalls need a server with a public interface")
        if len(wanted["firewalls"]) > MOST_PER_SERVER:
            raise ErrorResponse("resource_limit_exceeded", f"a server can have {MOST_PER_SERVER} firewalls at most")
        if len({each["id"] for each in wanted["firewalls"]}) < len(wanted["firewalls"]):
            raise invalid("firewalls", "must not name a firewall twice")

    @on_event("servers.created")
    def _server_made(self, server: Record, wanted: Wanted, actions: list[Record]) -> None:
        actions += [self._apply(firewall, self._listed(server["id"])) for firewall in wanted["firewalls"]]
        self._server_changed(server)

    @on_event("servers.changed")
    def _server_changed(self, server: Record) -> None:
        for firewall in self:
            for entry in self._selectors(firewall):
                self._select(firewall, entry, server)

    @on_event("servers.removed")
    def _server_removed(self, server: Record) -> None:
        listed = self._listed(server["id"])
        for firewall in self:
            firewall["applied_to"] = [each for each in firewall["applied_to"] if each != listed]
            for entry in self._selectors(firewall):
                if listed in entry["applied_to_resources"]:
                    entry["applied_to_resources"].remove(listed)
