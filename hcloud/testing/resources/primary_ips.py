"""Primary IPs."""

from __future__ import annotations

from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Annotated, Literal

from hcloud.testing.error_responses import ErrorResponse, bad_request, invalid
from hcloud.testing.listing import Filter, Filters, Names
from hcloud.testing.resource import Body, FakeResource, action, on_event, operation
from hcloud.testing.schema import Labels, Name, Record, Ref

from .locations import LocationRef

__all__ = ["PrimaryIPRef", "PrimaryIPs", "default_ptr", "with_ptr"]

PrimaryIPRef = Annotated[Record, Ref("primary_ips", names=False)]
Version = Literal["ipv4", "ipv6"]
AssigneeType = Literal["server", "load_balancer", "unassigned"]


def default_ptr(ip: str) -> str | None:
    """The reverse name that an address has before anyone sets one; IPv6 addresses have none."""
    address = ip_address(ip)
    if not isinstance(address, IPv4Address):
        return None
    return f"static.{'.'.join(reversed(str(address).split('.')))}.clients.your-server.de"


def _inside(ip: str, network: str) -> IPv4Address | IPv6Address | None:
    """An address, if it is one and belongs to a network."""
    try:
        address = ip_address(ip)
    except ValueError:
        return None
    return address if address in ip_network(network) else None


def with_ptr(record: Record, ip: str, name: str | None) -> list[Record]:
    """The reverse names of a primary or floating IP with a new one; ``None`` brings back the default.

    :raises ErrorResponse: ``invalid_input``: the address is not of this IP.
    """
    address = _inside(ip, record["ip"])
    if address is None:
        raise invalid("ip", f"'{ip}' does not belong to this {record['type']}")
    others = [each for each in record["dns_ptr"] if ip_address(each["ip"]) != address]
    name = default_ptr(ip) if name is None else name
    return [*others, {"ip": str(address), "dns_ptr": name}] if name else others


class PrimaryIPs(FakeResource):
    """The public addresses of servers and load balancers.

    Besides the events of all resources: ``primary_ips.leaving`` (primary ip), before one is unassigned, to refuse what
    cannot be; those of :meth:`give`, :meth:`take_back` and :meth:`name_address`.
    """

    collection = "primary_ips"
    singular = "primary_ip"
    sortable: Names = ("id", "created")
    filters: Filters = (Filter("name"), Filter("ip"))
    labelled = True
    acting = True

    @operation("POST /")
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
        """Reserve an address, for a place or right for what shall have it."""
        self.check_room({"name": name})
        if assignee_id is None:
            if location is None:
                raise invalid("location", "missing required field")
            return {"primary_ip": self.allocate(type, location, name=name, auto_delete=auto_delete, labels=labels)}
        assignee = self._assignee(assignee_type, assignee_id)
        self._check_free(assignee_type, assignee, type)
        primary_ip = self.allocate(type, assignee["location"], name=name, auto_delete=auto_delete, labels=labels)
        self._assigned(primary_ip, assignee_type, assignee)
        back = partial(self._unassigned, primary_ip, assignee_type, assignee)
        also = [(assignee_type, assignee["id"])]
        return {
            "primary_ip": primary_ip,
            "action": self.start_action(primary_ip, "assign_primary_ip", otherwise=back, also=also),
        }

    @operation("PUT /{id}")
    def update(
        self,
        primary_ip: Record,
        *,
        name: Name | None = None,
        auto_delete: bool | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Rename or label it, or let it go with its server."""
        if auto_delete and primary_ip["protection"]["delete"]:
            raise bad_request("auto_delete cannot be set on a primary ip that is protected")
        return {"primary_ip": self.change(primary_ip, name=name, auto_delete=auto_delete, labels=labels)}

    @operation("DELETE /{id}")
    def delete(self, primary_ip: Record) -> None:
        """Delete one that is not assigned."""
        self.check_protection(primary_ip)
        if primary_ip["assignee_id"] is not None:
            raise ErrorResponse("must_be_unassigned", "primary ip is still in use: it must be unassigned first")
        self.remove(primary_ip)

    @action()
    def assign(self, primary_ip: Record, *, assignee_id: int, assignee_type: AssigneeType) -> Body:
        """Assign it to a stopped server, or to a load balancer."""
        assignee = self._assignee(assignee_type, assignee_id)
        if primary_ip["assignee_id"] is not None:
            raise ErrorResponse("primary_ip_already_assigned", "primary ip is already assigned")
        if primary_ip["location"]["id"] != assignee["location"]["id"]:
            raise bad_request("primary ip is in another location than what it shall be assigned to")
        self._check_free(assignee_type, assignee, primary_ip["type"])
        then = partial(self._assigned, primary_ip, assignee_type, assignee)
        return {"action": self.start_action(primary_ip, "assign_primary_ip", then, also=[(assignee_type, assignee_id)])}

    @action()
    def unassign(self, primary_ip: Record) -> Body:
        """Take it from what has it."""
        kind, number = primary_ip["assignee_type"], primary_ip["assignee_id"]
        if number is None:
            raise ErrorResponse("primary_ip_not_assigned", "primary ip is not assigned")
        assignee = self._assignee(kind, number)
        self._check_stopped(kind, assignee)
        self.announce("leaving", primary_ip)
        then = partial(self._unassigned, primary_ip, kind, assignee)
        return {"action": self.start_action(primary_ip, "unassign_primary_ip", then, also=[(kind, number)])}

    @action()
    def change_dns_ptr(self, primary_ip: Record, *, ip: str, dns_ptr: str | None) -> Body:
        """Set a reverse name."""
        names = with_ptr(primary_ip, ip, dns_ptr)
        return {
            "action": self.start_action(primary_ip, "change_dns_ptr", self.name_address, primary_ip, names, seconds=0)
        }

    @action()
    def change_protection(self, primary_ip: Record, *, delete: bool) -> Body:
        """Protect it, or no longer."""
        if delete and primary_ip["auto_delete"]:
            raise bad_request("a primary ip with auto_delete cannot be protected")
        return {"action": self.protect(primary_ip, delete)}

    def _assigned(self, primary_ip: Record, kind: str, assignee: Record) -> None:
        self.give(primary_ip, kind, assignee)
        self.project.by_singular[kind].announce("changed", assignee)

    def _unassigned(self, primary_ip: Record, kind: str, assignee: Record) -> None:
        self.take_back(primary_ip)
        self.project.by_singular[kind].announce("changed", assignee)

    # What servers and load balancers use

    def allocate(
        self,
        version: str,
        location: Record,
        *,
        name: str | None = None,
        auto_delete: bool = True,
        labels: dict[str, str] | None = None,
    ) -> Record:
        """Make one, with the next free address."""
        number = self.new_id()
        ip = self.project.cloud.new_address(version)
        ptr = default_ptr(ip) if version == "ipv4" else None
        return self.add(
            {
                "id": number,
                "name": name or f"primary_ip-{number}",
                "labels": labels or {},
                "created": self.now,
                "blocked": False,
                "type": version,
                "ip": ip,
                "dns_ptr": [{"ip": ip, "dns_ptr": ptr}] if ptr else [],
                "location": location,
                "protection": {"delete": False},
                "auto_delete": auto_delete,
                "assignee_type": "unassigned",
                "assignee_id": None,
            }
        )

    def free(self, number: int, version: str, location: Record) -> Record:
        """The one that something new shall have.

        :raises ErrorResponse: it is not there, of the other version, assigned, or in another location.
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

    def give(self, primary_ip: Record, kind: str, assignee: Record) -> None:
        """Note who has it; a server's ``public_net`` follows, others follow the event ``primary_ips.given``."""
        primary_ip.update(assignee_type=kind, assignee_id=assignee["id"])
        if kind == "server":
            self._show(primary_ip, assignee)
        self.announce("given", primary_ip)

    def take_back(self, primary_ip: Record) -> None:
        """Note that nothing has it any more; see :meth:`give`, the event is ``primary_ips.taken_back``."""
        kind, number = primary_ip["assignee_type"], primary_ip["assignee_id"]
        primary_ip.update(assignee_type="unassigned", assignee_id=None)
        owner = self.project.by_singular[kind].records.get(number) if kind in self.project.by_singular else None
        if kind == "server" and owner is not None:
            owner["public_net"][primary_ip["type"]] = None
        self.announce("taken_back", primary_ip, kind, number)

    def name_address(self, primary_ip: Record, names: list[Record]) -> None:
        """Set its reverse names; see :func:`with_ptr`; the event is ``primary_ips.named``."""
        primary_ip["dns_ptr"] = names
        if primary_ip["assignee_type"] == "server":
            self._show(primary_ip, self.project["servers"].records[primary_ip["assignee_id"]])
        self.announce("named", primary_ip)

    def of_assignee(self, kind: str, number: int) -> list[Record]:
        """Those that one server or load balancer has."""
        return [each for each in self if each["assignee_id"] == number and each["assignee_type"] == kind]

    @on_event("servers.removed")
    def _server_removed(self, server: Record) -> None:
        for shown in (server["public_net"]["ipv4"], server["public_net"]["ipv6"]):
            if shown is None:
                continue
            primary_ip = self.records[shown["id"]]
            self.take_back(primary_ip)
            if primary_ip["auto_delete"]:
                self.remove(primary_ip)

    @on_event("load_balancers.removed")
    def _load_balancer_removed(self, load_balancer: Record) -> None:
        for primary_ip in self.of_assignee("load_balancer", load_balancer["id"]):
            self.take_back(primary_ip)
            if primary_ip["auto_delete"]:
                self.remove(primary_ip)

    def _show(self, primary_ip: Record, server: Record) -> None:
        names = [dict(each) for each in primary_ip["dns_ptr"]]
        shown: Record = {"id": primary_ip["id"], "ip": primary_ip["ip"], "blocked": primary_ip["blocked"]}
        shown["dns_ptr"] = names if primary_ip["type"] == "ipv6" else names[0]["dns_ptr"]
        server["public_net"][primary_ip["type"]] = shown

    def _assignee(self, kind: str, number: int) -> Record:
        if kind == "unassigned":
            raise invalid("assignee_type", "must be server or load_balancer when there is an assignee")
        owners = self.project.by_singular.get(kind)
        found = owners.records.get(number) if owners is not None else None
        if found is None:
            raise ErrorResponse("not_found", f"{kind.replace('_', ' ')} with ID '{number}' not found")
        return found

    def _check_free(self, kind: str, assignee: Record, version: str) -> None:
        if kind == "server" and assignee["public_net"][version] is not None:
            raise ErrorResponse(f"server_has_{version}", f"the server has an {version} address already")
        if any(each["type"] == version for each in self.of_assignee(kind, assignee["id"])):
            raise bad_request(f"the {kind.replace('_', ' ')} has a primary ip of type {version} already")
        self._check_stopped(kind, assignee)

    def _check_stopped(self, kind: str, assignee: Record) -> None:
        self.project.by_singular[kind].check_lock(assignee)
        if kind == "server" and assignee["status"] != "off":
            raise ErrorResponse("server_not_stopped", "the server must be stopped for this")
