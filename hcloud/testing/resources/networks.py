"""Networks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from ipaddress import IPv4Network

from hcloud.testing.error_responses import ErrorResponse, conflict, invalid, not_found
from hcloud.testing.http import Query
from hcloud.testing.listing import Filter, Filters, Listing, ListPage, Names
from hcloud.testing.resource import Body, FakeResource, action, on_event, operation
from hcloud.testing.schema import Labels, Name, Record

from .addresses import (
    RouteInput,
    SubnetInput,
    SubnetType,
    addresses_of,
    build_route,
    build_subnet,
    check_available,
    check_distinct,
    check_no_overlap,
    find_free_address,
    mac_address,
    parse_address,
    parse_addresses,
    parse_private_range,
)
from .locations import NetworkZone
from .server_creation import Attachments
from .servers import NetworkRef, Servers

__all__ = ["Networks"]

_MEMBERS = Listing(
    "members",
    filters=(
        Filter("type", ("server", "load_balancer"), many=True),
        Filter("status", ("ok", "attaching", "detaching", "updating", "error"), many=True),
        Filter("subnet", many=True),
    ),
    sortable=("id", "type", "ip", "subnet", "status"),
)


class Networks(FakeResource):
    """Private networks: ranges, subnets, routes and members.

    Members are servers and load balancers. Besides the events of all resources: ``networks.attached`` and
    ``networks.detached`` (network, type of the member, record of the server or load balancer).
    """

    collection = "networks"
    singular = "network"
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
        ip_range: str,
        subnets: list[SubnetInput] | None = None,
        routes: list[RouteInput] | None = None,
        labels: Labels | None = None,
        expose_routes_to_vswitch: bool = False,
    ) -> Body:
        """Create a network."""
        network: Record = {
            "id": self.new_id(),
            "name": name,
            "ip_range": str(parse_private_range(ip_range, "ip_range", 24)),
            "subnets": [],
            "routes": [],
            "servers": [],
            "load_balancers": [],
            "protection": {"delete": False},
            "labels": labels or {},
            "created": self.now,
            "expose_routes_to_vswitch": expose_routes_to_vswitch,
        }
        for subnet in subnets or []:
            network["subnets"].append(build_subnet(network, subnet, "subnets."))
        for route in routes or []:
            network["routes"].append(build_route(network, route, "routes."))
        return {"network": self.add(network)}

    @operation("PUT /{id}", if_locked=False)
    def update(
        self,
        network: Record,
        *,
        name: Name | None = None,
        labels: Labels | None = None,
        expose_routes_to_vswitch: bool | None = None,
    ) -> Body:
        """Change the name or labels of a network, or the exposure of its routes to the vSwitch."""
        changed = self.change(network, name=name, labels=labels, expose_routes_to_vswitch=expose_routes_to_vswitch)
        return {"network": changed}

    @operation("DELETE /{id}")
    def delete(self, network: Record) -> None:
        """Delete a network and detach its members."""
        self.check_protection(network)
        for member_type, number in list(self._members(network)):
            self._remove_member(network, member_type, number)
        self.remove(network)

    @operation("GET /{id}/members")
    def get_members(self, network: Record, *, query: Query) -> ListPage | Body:
        """Return the servers and load balancers that are attached to a network."""
        return _MEMBERS.of(self._members(network).values(), query)

    # Subnets and routes

    @action()
    def add_subnet(
        self,
        network: Record,
        *,
        type: SubnetType,
        network_zone: NetworkZone,
        ip_range: str | None = None,
        vswitch_id: int | None = None,
    ) -> Body:
        """Add a subnet; the default range is the first free /24."""
        arguments: SubnetInput = {"type": type, "network_zone": network_zone}
        if ip_range is not None:
            arguments["ip_range"] = ip_range
        if vswitch_id is not None:
            arguments["vswitch_id"] = vswitch_id
        subnets = [*network["subnets"], build_subnet(network, arguments)]
        return {"action": self.start_action(network, "add_subnet", self.put, network, {"subnets": subnets})}

    @action()
    def delete_subnet(self, network: Record, *, ip_range: str) -> Body:
        """Delete a subnet without members."""
        subnet = next((subnet for subnet in network["subnets"] if subnet["ip_range"] == ip_range), None)
        if subnet is None:
            raise not_found("subnet", ip_range)
        if any(member["subnet"] == ip_range for member in self._members(network).values()):
            raise ErrorResponse("service_error", "subnet is still in use: servers or load balancers are attached to it")
        remaining = [other for other in network["subnets"] if other is not subnet]
        self.private(network)["closing"] = ip_range
        effect = partial(self._finish_subnet_deletion, network, remaining)
        undo = partial(self._finish_subnet_deletion, network, network["subnets"])
        return {"action": self.start_action(network, "delete_subnet", effect, otherwise=undo)}

    def _finish_subnet_deletion(self, network: Record, subnets: list[Record]) -> None:
        del self.private(network)["closing"]
        network["subnets"] = subnets

    @action()
    def add_route(self, network: Record, *, destination: str, gateway: str) -> Body:
        """Add a route."""
        routes = [*network["routes"], build_route(network, {"destination": destination, "gateway": gateway})]
        return {"action": self.start_action(network, "add_route", self.put, network, {"routes": routes})}

    @action()
    def delete_route(self, network: Record, *, destination: str, gateway: str) -> Body:
        """Delete a route."""
        route = {"destination": destination, "gateway": gateway}
        if route not in network["routes"]:
            raise not_found("route", destination)
        remaining = [other for other in network["routes"] if other != route]
        return {"action": self.start_action(network, "delete_route", self.put, network, {"routes": remaining})}

    @action()
    def change_ip_range(self, network: Record, *, ip_range: str) -> Body:
        """Extend the range of a network; the first address stays."""
        old, new = IPv4Network(network["ip_range"]), parse_private_range(ip_range, "ip_range", 24)
        if new.network_address != old.network_address or new.prefixlen > old.prefixlen:
            raise invalid("ip_range", f"must begin at {old.network_address} and be no smaller than {old}")
        return {"action": self.start_action(network, "change_ip_range", self.put, network, {"ip_range": str(new)})}

    @action()
    def change_protection(self, network: Record, *, delete: bool | None = None) -> Body:
        """Change the protection of a network."""
        return {"action": self.protect(network, delete)}

    def check_lock(self, record: Record) -> None:
        """Check that no action is changing the network itself; members may be attached and detached meanwhile.

        :raises ErrorResponse: ``conflict``
        """
        network = {"id": record["id"], "type": self.singular}
        for running in self.project.actions.of(self.singular, record["id"]):
            if running["status"] == "running" and running["resources"][0] == network:
                raise conflict("network is being changed by another action")

    # Actions of servers

    @action(of="servers")
    def attach_to_network(
        self,
        server: Record,
        *,
        network: NetworkRef,
        ip: str | None = None,
        ip_range: str | None = None,
        alias_ips: list[str] | None = None,
    ) -> Body:
        """Attach a server."""
        member = self.new_member(network, "server", server, ip, ip_range, alias_ips or ())
        return {"action": self.attach(network, server, member)}

    @action(of="servers")
    def detach_from_network(self, server: Record, *, network: NetworkRef) -> Body:
        """Detach a server."""
        return {"action": self.detach(network, "server", server)}

    @action(of="servers")
    def change_alias_ips(self, server: Record, *, network: NetworkRef, alias_ips: list[str]) -> Body:
        """Change the alias IPs of a server."""
        member = self._member(network, "server", server)
        before = list(member["alias_ips"])
        added = [ip for ip in alias_ips if ip not in before]
        removed = [ip for ip in before if ip not in alias_ips]
        check_distinct(alias_ips)
        check_available(network, member["subnet"], self._used_addresses(network), added, "alias_ips")
        self._used_addresses(network).update(parse_addresses(added, "alias_ips"))
        member["status"] = "updating"
        change_action = self.project.of(Servers).start_action(
            server,
            "change_alias_ips",
            self._set_alias_ips,
            *(network, server, member, alias_ips, removed),
            otherwise=partial(self._set_alias_ips, network, server, member, before, added),
            also=[("network", network["id"])],
        )
        return {"action": change_action}

    def _set_alias_ips(
        self, network: Record, server: Record, member: Record, alias_ips: list[str], released: list[str]
    ) -> None:
        member.update(alias_ips=alias_ips, status="ok")
        self._used_addresses(network).difference_update(parse_addresses(released, "alias_ips"))
        for attachment in server["private_net"]:
            if attachment["network"] == network["id"]:
                attachment["alias_ips"] = alias_ips

    # Members

    def new_member(
        self,
        network: Record,
        member_type: str,
        record: Record,
        ip: str | None = None,
        ip_range: str | None = None,
        alias_ips: Iterable[str] = (),
    ) -> Record:
        """Return the member that a server or load balancer becomes when it is attached.

        :param ip: Address of the member; default the first free one.
        :param ip_range: Range of the subnet; default the first one in the network zone with a free address.
        :raises ErrorResponse: It is already attached, or there is no such address or subnet.
        """
        if (member_type, record["id"]) in self._members(network):
            message = f"the {member_type.replace('_', ' ')} is already attached to the network"
            raise ErrorResponse(f"{member_type}_already_attached", message)
        check_no_overlap(network, [other for other in self if (member_type, record["id"]) in self._members(other)])
        subnets = self._usable_subnets(network, record["location"]["network_zone"], ip_range)
        subnet, ip = self._choose_address(network, subnets, ip, alias_ips)
        return {
            "id": record["id"],
            "type": member_type,
            "ip": ip,
            "alias_ips": list(alias_ips),
            "subnet": subnet,
            "status": "attaching",
        }

    def _usable_subnets(self, network: Record, network_zone: str, ip_range: str | None) -> list[str]:
        """Return the ranges of the subnets that members in a network zone can be attached to."""
        ip_ranges = [
            subnet["ip_range"]
            for subnet in network["subnets"]
            if subnet["type"] != "vswitch"
            and subnet["ip_range"] != self.private(network).get("closing")
            and subnet["network_zone"] == network_zone
            and ip_range in (None, subnet["ip_range"])
        ]
        if not ip_ranges:
            message = f"the network has no such subnet in the network zone {network_zone}"
            raise ErrorResponse("no_subnet_available", message)
        return ip_ranges

    def _choose_address(
        self, network: Record, ip_ranges: list[str], ip: str | None, alias_ips: Iterable[str]
    ) -> tuple[str, str]:
        """Return the range of the subnet and the address of a new member."""
        used = self._used_addresses(network)
        if ip is None:
            check_distinct([*alias_ips])
            ip_range, ip = find_free_address(network, ip_ranges, used, parse_addresses(alias_ips, "alias_ips"))
        else:
            check_distinct([*alias_ips, ip])
            address = parse_address(ip, "ip")
            containing = [ip_range for ip_range in ip_ranges if address in IPv4Network(ip_range)]
            if not containing:
                raise ErrorResponse("ip_not_available", f"{ip} is not in a subnet of the network that could be used")
            ip_range = containing[0]
            check_available(network, ip_range, used, [ip], "ip")
        check_available(network, ip_range, used, alias_ips, "alias_ips")
        return ip_range, ip

    def attach(self, network: Record, record: Record, member: Record, after: Record | None = None) -> Record:
        """Start the action that attaches a server or load balancer.

        :param member: Member made by :meth:`new_member`.
        :param after: Action that must succeed first.
        """
        self._add_member(network, member)
        return self.project.by_singular[member["type"]].start_action(
            record,
            "attach_to_network",
            self.complete_attachment,
            *(network, record, member),
            otherwise=partial(self._remove_member, network, member["type"], record["id"]),
            also=[("network", network["id"])],
            seconds=2,
            after=after,
        )

    def complete_attachment(self, network: Record, record: Record, member: Record) -> None:
        """Make a server or load balancer a member, unless the network was deleted."""
        if network["id"] not in self.records:
            return
        self._add_member(network, member)
        member["status"] = "ok"
        network[f"{member['type']}s"].append(record["id"])
        attachment: Record = {"network": network["id"], "ip": member["ip"]}
        if member["type"] == "server":
            attachment["alias_ips"] = member["alias_ips"]
            attachment["mac_address"] = mac_address(member["ip"])
        record["private_net"].append(attachment)
        self.announce("attached", network, member["type"], record)

    def detach(self, network: Record, member_type: str, record: Record) -> Record:
        """Start the action that detaches a server or load balancer."""
        member = self._member(network, member_type, record)
        undo = self.set_with_undo(member, status="detaching")
        return self.project.by_singular[member_type].start_action(
            record,
            "detach_from_network",
            self._remove_member,
            *(network, member_type, record["id"]),
            otherwise=undo,
            also=[("network", network["id"])],
            seconds=2,
        )

    def is_attached(self, network_id: int, member_type: str, number: int) -> bool:
        """Return true if a server or load balancer is attached to a network."""
        if network_id not in self.records:
            return False
        member = self._members(self.records[network_id]).get((member_type, number))
        return member is not None and member["status"] != "attaching"

    def _members(self, network: Record) -> dict[tuple[str, int], Record]:
        members: dict[tuple[str, int], Record] = self.private(network).setdefault("members", {})
        return members

    def _member(self, network: Record, member_type: str, record: Record) -> Record:
        member = self._members(network).get((member_type, record["id"]))
        if member is None:
            raise invalid("network", f"the {member_type.replace('_', ' ')} is not attached to the network")
        return member

    def _used_addresses(self, network: Record) -> set[int]:
        addresses: set[int] = self.private(network).setdefault("used", set())
        return addresses

    def _add_member(self, network: Record, member: Record) -> None:
        self._members(network)[member["type"], member["id"]] = member
        self._used_addresses(network).update(addresses_of(member))

    def _remove_member(self, network: Record, member_type: str, number: int) -> None:
        member = self._members(network).pop((member_type, number), None)
        if member is None:
            return
        self._used_addresses(network).difference_update(addresses_of(member))
        if number in network[f"{member_type}s"]:
            network[f"{member_type}s"].remove(number)
        record = self.project.by_singular[member_type].records.get(number)
        if record is not None:
            attachments = record["private_net"]
            record["private_net"] = [entry for entry in attachments if entry["network"] != network["id"]]
            self.announce("detached", network, member_type, record)

    # Events

    @on_event("servers.creating")
    def _check_new_server(self, server: Record, attachments: Attachments) -> None:
        for index, network in enumerate(attachments["networks"]):
            self.new_member(network, "server", server)
            check_no_overlap(network, attachments["networks"][:index])

    @on_event("servers.created")
    def _attach_new_server(self, server: Record, attachments: Attachments, actions: list[Record]) -> None:
        for network in attachments["networks"]:
            member = self.new_member(network, "server", server)
            actions.append(self.attach(network, server, member, after=actions[0]))

    @on_event("servers.removed")
    def _server_removed(self, server: Record) -> None:
        for network in self:
            self._remove_member(network, "server", server["id"])

    @on_event("load_balancers.removed")
    def _load_balancer_removed(self, load_balancer: Record) -> None:
        for network in self:
            self._remove_member(network, "load_balancer", load_balancer["id"])
