"""Primary IPs."""

from __future__ import annotations

from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Annotated, Literal

from ..error_responses import ErrorResponse, bad_request, invalid, limit_exceeded, not_found
from ..listing import Filter, Filters, Names
from ..resource import Body, FakeResource, action, on_event, operation
from ..schema import Hostname, Labels, Name, Record, Ref
from .locations import LocationRef

__all__ = ["PrimaryIPRef", "PrimaryIPs", "default_dns_ptr", "dns_ptr_entries", "replace_dns_ptr"]

PrimaryIPRef = Annotated[Record, Ref("primary_ips", names=False)]
Version = Literal["ipv4", "ipv6"]
AssigneeType = Literal["server", "load_balancer", "unassigned"]

# The limit of an IPv6; the error beyond it is a guess.
MAX_DNS_PTR_ENTRIES = 100


def default_dns_ptr(ip: str) -> str | None:
    """Return the default reverse DNS entry of an address; IPv6 addresses have none."""
    address = ip_address(ip)
    if not isinstance(address, IPv4Address):
        return None
    return f"static.{'.'.join(reversed(str(address).split('.')))}.clients.your-server.de"


def dns_ptr_entries(version: str, ip: str) -> list[Record]:
    """Return the reverse DNS entries of a new primary or floating IP."""
    return [{"ip": ip, "dns_ptr": default_dns_ptr(ip)}] if version == "ipv4" else []


def replace_dns_ptr(record: Record, ip: str, dns_ptr: str | None) -> list[Record]:
    """Return the reverse DNS entries of a primary or floating IP after a change.

    :param dns_ptr: New entry of the address; ``None`` restores the default
    :raises ErrorResponse: ``invalid_input`` if the address does not belong to this IP, or ``resource_limit_exceeded``
    """
    address = _parse_address(ip, record["ip"])
    if address is None:
        raise invalid("ip", f"'{ip}' does not belong to this {record['type']}")
    others = [entry for entry in record["dns_ptr"] if ip_address(entry["ip"]) != address]
    name = default_dns_ptr(ip) if dns_ptr is None else dns_ptr
    if name and len(others) >= MAX_DNS_PTR_ENTRIES:
        raise limit_exceeded("rdns_entry")
    return [*others, {"ip": str(address), "dns_ptr": name}] if name else others


def _parse_address(ip: str, network: str) -> IPv4Address | IPv6Address | None:
    """Return an address of a network, ``None`` if the text is no such address."""
    try:
        address = ip_address(ip)
    except ValueError:
        return None
    return address if address in ip_network(network) else None


class PrimaryIPs(FakeResource):
    """Primary IPs: the public addresses of servers and load balancers.

    Besides the events of all resources: ``primary_ips.unassigning`` (primary IP), before an unassignment, to reject
    what is not possible; and those of :meth:`set_assignee`, :meth:`clear_assignee` and :meth:`set_dns_ptr`.
    """

    collection = "primary_ips"
    singular = "primary_ip"
    sortable: Names = ("id", "created")
    filters: Filters = (Filter("name"), Filter("ip"))
    labelled = True
    acting = True

    @operation("POST /", starts=("assign_primary_ip",))
    def create(
        self,
        *,
        name: Name,
        type: Version,
        location: LocationRef | None = None,
        assignee_type: AssigneeType = "server",
        assignee_id: int | None = None,
        auto_delete: bool = False,
        labels: Labels | None = None,
    ) -> Body:
        """Create a primary IP in a location, or for a server or load balancer."""
        self.check_room({"name": name})
        if assignee_id is None:
            if location is None:
                raise invalid("location", "missing required field")
            return {"primary_ip": self.allocate(type, location, name=name, auto_delete=auto_delete, labels=labels)}
        assignee = self._find_assignee(assignee_type, assignee_id)
        self._check_assignable(assignee_type, assignee, type)
        primary_ip = self.allocate(type, assignee["location"], name=name, auto_delete=auto_delete, labels=labels)
        self._assign(primary_ip, assignee_type, assignee)
        undo = partial(self._unassign, primary_ip, assignee_type, assignee)
        also = [(assignee_type, assignee["id"])]
        assign_action = self.start_action(primary_ip, "assign_primary_ip", otherwise=undo, also=also)
        return {"primary_ip": primary_ip, "action": assign_action}

    @operation("PUT /{id}")
    def update(
        self,
        primary_ip: Record,
        *,
        name: Name | None = None,
        auto_delete: bool | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Change the name, labels or ``auto_delete`` of a primary IP."""
        if auto_delete and primary_ip["protection"]["delete"]:
            raise bad_request("auto_delete cannot be set on a primary ip that is protected")
        return {"primary_ip": self.change(primary_ip, name=name, auto_delete=auto_delete, labels=labels)}

    @operation("DELETE /{id}")
    def delete(self, primary_ip: Record) -> None:
        """Delete an unassigned primary IP."""
        self.check_protection(primary_ip)
        if primary_ip["assignee_id"] is not None:
            raise ErrorResponse("must_be_unassigned", "primary ip is still in use: it must be unassigned first")
        self.remove(primary_ip)

    @action(starts=("assign_primary_ip",))
    def assign(self, primary_ip: Record, *, assignee_id: int, assignee_type: AssigneeType) -> Body:
        """Assign a primary IP to a stopped server, or to a load balancer."""
        assignee = self._find_assignee(assignee_type, assignee_id)
        if primary_ip["assignee_id"] is not None:
            raise ErrorResponse("primary_ip_already_assigned", "primary ip is already assigned")
        if primary_ip["location"]["id"] != assignee["location"]["id"]:
            raise bad_request("primary ip is in another location than its assignee")
        self._check_assignable(assignee_type, assignee, primary_ip["type"])
        effect = partial(self._assign, primary_ip, assignee_type, assignee)
        also = [(assignee_type, assignee_id)]
        return {"action": self.start_action(primary_ip, "assign_primary_ip", effect, also=also)}

    @action(starts=("unassign_primary_ip",))
    def unassign(self, primary_ip: Record) -> Body:
        """Unassign a primary IP."""
        assignee_type, assignee_id = primary_ip["assignee_type"], primary_ip["assignee_id"]
        if assignee_id is None:
            raise ErrorResponse("primary_ip_not_assigned", "primary ip is not assigned")
        assignee = self._find_assignee(assignee_type, assignee_id)
        self._check_stopped(assignee_type, assignee)
        self.announce("unassigning", primary_ip)
        effect = partial(self._unassign, primary_ip, assignee_type, assignee)
        also = [(assignee_type, assignee_id)]
        return {"action": self.start_action(primary_ip, "unassign_primary_ip", effect, also=also)}

    @action()
    def change_dns_ptr(self, primary_ip: Record, *, ip: str, dns_ptr: Hostname | None) -> Body:
        """Set a reverse DNS entry of a primary IP."""
        effect = partial(self.set_dns_ptr, primary_ip, replace_dns_ptr(primary_ip, ip, dns_ptr))
        return {"action": self.start_action(primary_ip, "change_dns_ptr", effect, seconds=0)}

    @action()
    def change_protection(self, primary_ip: Record, *, delete: bool) -> Body:
        """Change the protection of a primary IP."""
        if delete and primary_ip["auto_delete"]:
            raise bad_request("a primary ip with auto_delete cannot be protected")
        return {"action": self.protect(primary_ip, delete)}

    def _assign(self, primary_ip: Record, assignee_type: str, assignee: Record) -> None:
        self.set_assignee(primary_ip, assignee_type, assignee)
        self.project.by_singular[assignee_type].announce("changed", assignee)

    def _unassign(self, primary_ip: Record, assignee_type: str, assignee: Record) -> None:
        self.clear_assignee(primary_ip)
        self.project.by_singular[assignee_type].announce("changed", assignee)

    # Interface for servers and load balancers

    def allocate(
        self,
        version: str,
        location: Record,
        *,
        name: str | None = None,
        auto_delete: bool = True,
        labels: dict[str, str] | None = None,
    ) -> Record:
        """Add a primary IP with the next free address."""
        number = self.new_id()
        ip = self.project.cloud.new_address(version)
        return self.add(
            {
                "id": number,
                "name": name or f"primary_ip-{number}",
                "labels": labels or {},
                "created": self.now,
                "blocked": False,
                "type": version,
                "ip": ip,
                "dns_ptr": dns_ptr_entries(version, ip),
                "location": location,
                "protection": {"delete": False},
                "auto_delete": auto_delete,
                "assignee_type": "unassigned",
                "assignee_id": None,
            }
        )

    def find_assignable(self, number: int, version: str, location: Record) -> Record:
        """Return a primary IP that a new server or load balancer in a location can have.

        :raises ErrorResponse: if it does not exist, is assigned, has the other version, or is in another location
        """
        primary_ip = self.records.get(number)
        if primary_ip is None:
            raise invalid(f"public_net.{version}", f"primary ip '{number}' not found")
        if primary_ip["type"] != version:
            raise ErrorResponse("primary_ip_version_mismatch", f"the primary ip is not an {version}")
        if primary_ip["assignee_id"] is not None:
            raise ErrorResponse("primary_ip_assigned", "the primary ip is assigned already")
        if primary_ip["location"]["id"] != location["id"]:
            raise ErrorResponse("primary_ip_datacenter_mismatch", "the primary ip is in another location")
        return primary_ip

    def set_assignee(self, primary_ip: Record, assignee_type: str, assignee: Record) -> None:
        """Assign a primary IP. ``public_net`` of a server is updated; event: ``primary_ips.assigned`` (primary IP)."""
        primary_ip.update(assignee_type=assignee_type, assignee_id=assignee["id"])
        if assignee_type == "server":
            self._update_public_net(primary_ip, assignee)
        self.announce("assigned", primary_ip)

    def clear_assignee(self, primary_ip: Record) -> None:
        """Unassign a primary IP. ``public_net`` of a server is updated.

        Event: ``primary_ips.unassigned`` (primary IP, type and ID of the former assignee).
        """
        assignee_type, assignee_id = primary_ip["assignee_type"], primary_ip["assignee_id"]
        primary_ip.update(assignee_type="unassigned", assignee_id=None)
        if assignee_type == "server":
            server = self.project["servers"].records.get(assignee_id)
            if server is not None:
                server["public_net"][primary_ip["type"]] = None
        self.announce("unassigned", primary_ip, assignee_type, assignee_id)

    def set_dns_ptr(self, primary_ip: Record, entries: list[Record]) -> None:
        """Set the reverse DNS entries of a primary IP; event: ``primary_ips.dns_ptr_changed`` (primary IP)."""
        primary_ip["dns_ptr"] = entries
        if primary_ip["assignee_type"] == "server":
            self._update_public_net(primary_ip, self.project["servers"].records[primary_ip["assignee_id"]])
        self.announce("dns_ptr_changed", primary_ip)

    def assigned_to(self, assignee_type: str, assignee_id: int) -> list[Record]:
        """Return the primary IPs of a server or load balancer."""
        assignee = assignee_type, assignee_id
        return [
            primary_ip for primary_ip in self if (primary_ip["assignee_type"], primary_ip["assignee_id"]) == assignee
        ]

    @on_event("servers.removed")
    def _server_removed(self, server: Record) -> None:
        for version in ("ipv4", "ipv6"):
            address = server["public_net"][version]
            if address is not None:
                self._release(self.records[address["id"]])

    @on_event("load_balancers.removed")
    def _load_balancer_removed(self, load_balancer: Record) -> None:
        for primary_ip in self.assigned_to("load_balancer", load_balancer["id"]):
            self._release(primary_ip)

    def _release(self, primary_ip: Record) -> None:
        self.clear_assignee(primary_ip)
        if primary_ip["auto_delete"]:
            self.remove(primary_ip)

    def _update_public_net(self, primary_ip: Record, server: Record) -> None:
        entries = [dict(entry) for entry in primary_ip["dns_ptr"]]
        server["public_net"][primary_ip["type"]] = {
            "id": primary_ip["id"],
            "ip": primary_ip["ip"],
            "blocked": primary_ip["blocked"],
            "dns_ptr": entries if primary_ip["type"] == "ipv6" else entries[0]["dns_ptr"],
        }

    def _find_assignee(self, assignee_type: str, assignee_id: int) -> Record:
        if assignee_type == "unassigned":
            raise invalid("assignee_type", "must be server or load_balancer when there is an assignee")
        assignee = self.project.by_singular[assignee_type].records.get(assignee_id)
        if assignee is None:
            raise not_found(assignee_type, assignee_id)
        return assignee

    def _check_assignable(self, assignee_type: str, assignee: Record, version: str) -> None:
        """Check that a primary IP of a version can be assigned to a server or load balancer."""
        if assignee_type == "server" and assignee["public_net"][version] is not None:
            raise ErrorResponse(f"server_has_{version}", f"the server has an {version} address already")
        if any(primary_ip["type"] == version for primary_ip in self.assigned_to(assignee_type, assignee["id"])):
            raise bad_request(f"the {assignee_type.replace('_', ' ')} has a primary ip of type {version} already")
        self._check_stopped(assignee_type, assignee)

    def _check_stopped(self, assignee_type: str, assignee: Record) -> None:
        self.project.by_singular[assignee_type].check_lock(assignee)
        if assignee_type == "server" and assignee["status"] != "off":
            raise ErrorResponse("server_not_stopped", "the server must be stopped for this")
