"""Members of networks: servers and load balancers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from ipaddress import IPv4Network

from ..error_responses import ErrorResponse, invalid, limit_exceeded
from ..http import Query
from ..listing import Filter, Listing, ListPage
from ..resource import Body, FakeResource, action, on_event, operation
from ..schema import Record
from .addresses import (
    MAX_SERVERS,
    addresses_of,
    check_available,
    check_distinct,
    check_no_overlap,
    find_free_address,
    mac_address,
    parse_address,
    parse_addresses,
)
from .server_creation import Attachments
from .servers import NetworkRef, Servers

__all__ = ["MemberOperations"]

_MEMBERS = Listing(
    "members",
    filters=(
        Filter("type", ("server", "load_balancer"), many=True),
        Filter("status", ("ok", "attaching", "detaching", "updating", "error"), many=True),
        Filter("subnet", many=True),
    ),
    sortable=("id", "type", "ip", "subnet", "status"),
)


class MemberOperations(FakeResource):
    """Part of the networks that attaches and detaches members.

    Events: ``networks.attached`` and ``networks.detached`` (network, type of the member, record of the server or load
    balancer).
    """

    @operation("GET /{id}/members")
    def get_members(self, network: Record, *, query: Query) -> ListPage | Body:
        """Return the servers and load balancers that are attached to a network."""
        return _MEMBERS.of(self.members_of(network).values(), query)

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
        kept = {*before} & {*alias_ips}
        added = [ip for ip in alias_ips if ip not in kept]
        removed = [ip for ip in before if ip not in kept]
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

        :param ip: Address of the member; default the first free one
        :param ip_range: Range of the subnet; default the first one in the network zone with a free address
        :raises ErrorResponse: if it is already attached, the network is full, or there is no such address or subnet
        """
        if (member_type, record["id"]) in self.members_of(network):
            message = f"the {member_type.replace('_', ' ')} is already attached to the network"
            raise ErrorResponse(f"{member_type}_already_attached", message)
        members = self.members_of(network)
        if member_type == "server" and sum(other == "server" for other, _ in members) >= MAX_SERVERS:
            raise limit_exceeded("network_server")
        check_no_overlap(network, [other for other in self if (member_type, record["id"]) in self.members_of(other)])
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

        :param member: Member made by :meth:`new_member`
        :param after: Action that must succeed first
        """
        self._add_member(network, member)
        return self.project.by_singular[member["type"]].start_action(
            record,
            "attach_to_network",
            self.complete_attachment,
            *(network, record, member),
            otherwise=partial(self.remove_member, network, member["type"], record["id"]),
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
        member["status"] = "detaching"
        undo = partial(self.put, member, {"status": "ok"})
        return self.project.by_singular[member_type].start_action(
            record,
            "detach_from_network",
            self.remove_member,
            *(network, member_type, record["id"]),
            otherwise=undo,
            also=[("network", network["id"])],
            seconds=2,
        )

    def is_attached(self, network_id: int, member_type: str, number: int) -> bool:
        """Return True if a server or load balancer is attached to a network."""
        if network_id not in self.records:
            return False
        member = self.members_of(self.records[network_id]).get((member_type, number))
        return member is not None and member["status"] != "attaching"

    def members_of(self, network: Record) -> dict[tuple[str, int], Record]:
        """Return the members of a network by type and ID."""
        members: dict[tuple[str, int], Record] = self.private(network).setdefault("members", {})
        return members

    def _member(self, network: Record, member_type: str, record: Record) -> Record:
        member = self.members_of(network).get((member_type, record["id"]))
        if member is None:
            raise invalid("network", f"the {member_type.replace('_', ' ')} is not attached to the network")
        return member

    def _used_addresses(self, network: Record) -> set[int]:
        addresses: set[int] = self.private(network).setdefault("used", set())
        return addresses

    def _add_member(self, network: Record, member: Record) -> None:
        self.members_of(network)[member["type"], member["id"]] = member
        self._used_addresses(network).update(addresses_of(member))

    def remove_member(self, network: Record, member_type: str, number: int) -> None:
        """Remove a member at once, if it is one."""
        member = self.members_of(network).pop((member_type, number), None)
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
            self.remove_member(network, "server", server["id"])

    @on_event("load_balancers.removed")
    def _load_balancer_removed(self, load_balancer: Record) -> None:
        for network in self:
            self.remove_member(network, "load_balancer", load_balancer["id"])
