"""Networks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import Literal, TypedDict

from hcloud.testing.error_responses import ErrorResponse, conflict, invalid, not_found
from hcloud.testing.http import Query
from hcloud.testing.listing import Filter, Filters, Listing, ListPage, Names
from hcloud.testing.resource import Body, FakeResource, action, on_event, operation
from hcloud.testing.schema import Labels, Name, Record

from .servers import NetworkRef, Servers, Wanted

__all__ = ["NetworkZone", "Networks"]

NetworkZone = Literal["eu-central", "us-east", "us-west", "ap-southeast"]
SubnetType = Literal["cloud", "server", "vswitch"]

_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_PUBLIC_GATEWAY = IPv4Address("172.31.1.1")
_EVERYWHERE = IPv4Network("0.0.0.0/0")
_MEMBERS = Listing(
    "members",
    filters=(
        Filter("type", ("server", "load_balancer"), many=True),
        Filter("status", ("ok", "attaching", "detaching", "updating", "error"), many=True),
        Filter("subnet", many=True),
    ),
    sortable=("id", "type", "ip", "subnet", "status"),
)


class Route(TypedDict):
    """Where packets go that are not for the network itself."""

    destination: str
    gateway: str


class _Subnet(TypedDict):
    type: SubnetType
    network_zone: NetworkZone


class Subnet(_Subnet, total=False):
    """Part of a network, in a zone."""

    ip_range: str
    vswitch_id: int


def _range(text: str, field: str) -> IPv4Network:
    try:
        return IPv4Network(text)
    except ValueError:
        raise invalid(field, f"'{text}' must be an IPv4 range in CIDR notation, without host bits") from None


def _private_range(text: str, field: str, longest: int) -> IPv4Network:
    found = _range(text, field)
    if not any(found.subnet_of(each) for each in _PRIVATE):
        raise invalid(field, "must be one of the private ranges of RFC 1918")
    if found.prefixlen > longest:
        raise invalid(field, f"must be /{longest} or larger")
    return found


def _address(text: str, field: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except AddressValueError:
        raise invalid(field, f"'{text}' must be an IPv4 address") from None


def _numbers(texts: Iterable[str], field: str) -> set[int]:
    return {int(_address(each, field)) for each in texts}


def _check_distinct(addresses: list[str]) -> None:
    if len(set(addresses)) < len(addresses):
        raise invalid("alias_ips", "must not name an address twice, nor the member's own")


def _addresses(member: Record) -> set[int]:
    return {int(IPv4Address(each)) for each in (member["ip"], *member["alias_ips"])}


def _first(network: IPv4Network) -> IPv4Address:
    return network.network_address + 1


def _ranges(records: Iterable[Record], field: str) -> Iterator[IPv4Network]:
    return (found for each in records if (found := IPv4Network(each[field])) != _EVERYWHERE)


class Networks(FakeResource):
    """Private networks: ranges, subnets, routes, and who is in them.

    Servers and load balancers are members. Besides the events of all resources: ``networks.joined`` and
    ``networks.left`` (network, kind of the member, its record).
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
        subnets: list[Subnet] | None = None,
        routes: list[Route] | None = None,
        labels: Labels | None = None,
        expose_routes_to_vswitch: bool = False,
    ) -> Body:
        """Make a network."""
        network: Record = {
            "id": self.new_id(),
            "name": name,
            "ip_range": str(_private_range(ip_range, "ip_range", 24)),
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
            network["subnets"].append(self._subnet(network, subnet, "subnets."))
        for route in routes or []:
            network["routes"].append(self._route(network, route, "routes."))
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
        """Rename or label it, or show its routes to its vSwitch."""
        changed = self.change(network, name=name, labels=labels, expose_routes_to_vswitch=expose_routes_to_vswitch)
        return {"network": changed}

    @operation("DELETE /{id}")
    def delete(self, network: Record) -> None:
        """Delete it; what is attached to it no longer is."""
        self.check_protection(network)
        for kind, number in list(self._members(network)):
            self._leave(network, kind, number)
        self.remove(network)

    @operation("GET /{id}/members")
    def get_members(self, network: Record, *, query: Query) -> ListPage | Body:
        """The servers and load balancers in it."""
        return _MEMBERS.of(self._members(network).values(), query)

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
        """Add a subnet; without a range it gets the first /24 that is free."""
        wanted: Subnet = {"type": type, "network_zone": network_zone}
        if ip_range is not None:
            wanted["ip_range"] = ip_range
        if vswitch_id is not None:
            wanted["vswitch_id"] = vswitch_id
        subnet = self._subnet(network, wanted)
        subnets = [*network["subnets"], subnet]
        return {"action": self.start_action(network, "add_subnet", self.put, network, {"subnets": subnets})}

    @action()
    def delete_subnet(self, network: Record, *, ip_range: str) -> Body:
        """Delete a subnet in which nobody is."""
        subnet = next((each for each in network["subnets"] if each["ip_range"] == ip_range), None)
        if subnet is None:
            raise not_found("subnet", ip_range)
        if any(member["subnet"] == ip_range for member in self._members(network).values()):
            raise ErrorResponse("service_error", "subnet is still in use: servers or load balancers are attached to it")
        left = [each for each in network["subnets"] if each is not subnet]
        self.private(network)["closing"] = ip_range
        still = partial(self._closed, network, network["subnets"])
        return {"action": self.start_action(network, "delete_subnet", self._closed, network, left, otherwise=still)}

    @action()
    def add_route(self, network: Record, *, destination: str, gateway: str) -> Body:
        """Add a route."""
        route = self._route(network, {"destination": destination, "gateway": gateway})
        routes = [*network["routes"], route]
        return {"action": self.start_action(network, "add_route", self.put, network, {"routes": routes})}

    @action()
    def delete_route(self, network: Record, *, destination: str, gateway: str) -> Body:
        """Delete a route."""
        route = {"destination": destination, "gateway": gateway}
        if route not in network["routes"]:
            raise not_found("route", destination)
        left = [each for each in network["routes"] if each != route]
        return {"action": self.start_action(network, "delete_route", self.put, network, {"routes": left})}

    @action()
    def change_ip_range(self, network: Record, *, ip_range: str) -> Body:
        """Extend its range at the end."""
        old, new = IPv4Network(network["ip_range"]), _private_range(ip_range, "ip_range", 24)
        if new.network_address != old.network_address or new.prefixlen > old.prefixlen:
            raise invalid("ip_range", f"must begin at {old.network_address} and be no smaller than {old}")
        return {"action": self.start_action(network, "change_ip_range", self.put, network, {"ip_range": str(new)})}

    @action()
    def change_protection(self, network: Record, *, delete: bool | None = None) -> Body:
        """Protect it, or no longer."""
        return {"action": self.protect(network, delete)}

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
        member = self.place(network, "server", server, ip, ip_range, alias_ips or ())
        return {"action": self.join(network, server, member)}

    @action(of="servers")
    def detach_from_network(self, server: Record, *, network: NetworkRef) -> Body:
        """Take a server out."""
        return {"action": self.part(network, "server", server)}

    @action(of="servers")
    def change_alias_ips(self, server: Record, *, network: NetworkRef, alias_ips: list[str]) -> Body:
        """Give a server in it other addresses besides its own."""
        member = self._member(network, "server", server)
        old = list(member["alias_ips"])
        new = [each for each in alias_ips if each not in old]
        _check_distinct(alias_ips)
        self._check_addresses(network, member["subnet"], new, "alias_ips")
        gone = [each for each in old if each not in alias_ips]
        self._used(network).update(_numbers(new, "alias_ips"))
        member["status"] = "updating"
        begun = self.project.of(Servers).start_action(
            server,
            "change_alias_ips",
            self._aliased,
            *(network, server, member, alias_ips, gone),
            otherwise=partial(self._aliased, network, server, member, old, new),
            also=[("network", network["id"])],
        )
        return {"action": begun}

    def check_lock(self, record: Record) -> None:
        """Whether it is not being changed; members may come and go meanwhile.

        :raises ErrorResponse: ``conflict``
        """
        itself = {"id": record["id"], "type": self.singular}
        actions = self.project.actions.of(self.singular, record["id"])
        if any(each["status"] == "running" and each["resources"][0] == itself for each in actions):
            raise conflict("network is being changed by another action")

    # What servers and load balancers use

    def place(
        self,
        network: Record,
        kind: str,
        record: Record,
        ip: str | None = None,
        ip_range: str | None = None,
        alias_ips: Iterable[str] = (),
    ) -> Record:
        """What a server or load balancer would be as a member: in its zone, at the first free address.

        :param ip: the address that it shall have.
        :param ip_range: the subnet that it shall be in.
        :raises ErrorResponse: it is in the network already, or there is no place for it.
        """
        if (kind, record["id"]) in self._members(network):
            what = "server_already_attached" if kind == "server" else "load_balancer_already_attached"
            raise ErrorResponse(what, f"the {kind.replace('_', ' ')} is already attached to the network")
        self._check_overlap(network, [each for each in self if (kind, record["id"]) in self._members(each)])
        subnets = [
            each["ip_range"]
            for each in network["subnets"]
            if each["type"] != "vswitch"
            and each["ip_range"] != self.private(network).get("closing")
            and each["network_zone"] == record["location"]["network_zone"]
            and ip_range in (None, each["ip_range"])
        ]
        if not subnets:
            zone = record["location"]["network_zone"]
            raise ErrorResponse("no_subnet_available", f"the network has no such subnet in the network zone {zone}")
        _check_distinct([*alias_ips, *([] if ip is None else [ip])])
        if ip is None:
            subnet, ip = self._free(network, subnets, _numbers(alias_ips, "alias_ips"))
        else:
            address = _address(ip, "ip")
            found = next((each for each in subnets if address in IPv4Network(each)), None)
            if found is None:
                raise ErrorResponse("ip_not_available", f"{ip} is not in a subnet of the network that could be used")
            subnet = found
            self._check_addresses(network, subnet, [ip], "ip")
        self._check_addresses(network, subnet, alias_ips, "alias_ips")
        return {
            "id": record["id"],
            "type": kind,
            "ip": ip,
            "alias_ips": list(alias_ips),
            "subnet": subnet,
            "status": "attaching",
        }

    def join(self, network: Record, record: Record, member: Record, after: Record | None = None) -> Record:
        """Begin to attach what was :meth:`placed <place>`, and answer the action."""
        kind = member["type"]
        self._members(network)[kind, record["id"]] = member
        self._used(network).update(_addresses(member))
        return self.project.by_singular[kind].start_action(
            record,
            "attach_to_network",
            self.joined,
            *(network, record, member),
            otherwise=partial(self._leave, network, kind, record["id"]),
            also=[("network", network["id"])],
            seconds=2,
            after=after,
        )

    def joined(self, network: Record, record: Record, member: Record) -> None:
        """Let a member be attached, if the network is still there."""
        kind = member["type"]
        if network["id"] not in self.records:
            return
        self._members(network)[kind, record["id"]] = member
        self._used(network).update(_addresses(member))
        member["status"] = "ok"
        network[f"{kind}s"].append(record["id"])
        shown: Record = {"network": network["id"], "ip": member["ip"]}
        if kind == "server":
            shown["alias_ips"] = member["alias_ips"]
            shown["mac_address"] = "86:00:" + IPv4Address(member["ip"]).packed.hex(":")
        record["private_net"].append(shown)
        self.announce("joined", network, kind, record)

    def part(self, network: Record, kind: str, record: Record) -> Record:
        """Begin to detach a member, and answer the action."""
        member = self._member(network, kind, record)
        before = self.set_with_undo(member, status="detaching")
        return self.project.by_singular[kind].start_action(
            record,
            "detach_from_network",
            self._leave,
            *(network, kind, record["id"]),
            otherwise=before,
            also=[("network", network["id"])],
            seconds=2,
        )

    def has(self, network: int, kind: str, number: int) -> bool:
        """Whether a server or load balancer is attached to a network."""
        member = self._members(self.records[network]).get((kind, number)) if network in self.records else None
        return member is not None and member["status"] != "attaching"

    # How it is done

    def _members(self, network: Record) -> dict[tuple[str, int], Record]:
        found: dict[tuple[str, int], Record] = self.private(network).setdefault("members", {})
        return found

    def _used(self, network: Record) -> set[int]:
        found: set[int] = self.private(network).setdefault("used", set())
        return found

    def _member(self, network: Record, kind: str, record: Record) -> Record:
        member = self._members(network).get((kind, record["id"]))
        if member is None:
            raise invalid("network", f"the {kind.replace('_', ' ')} is not attached to the network")
        return member

    def _closed(self, network: Record, subnets: list[Record]) -> None:
        del self.private(network)["closing"]
        network["subnets"] = subnets

    def _leave(self, network: Record, kind: str, number: int) -> None:
        member = self._members(network).pop((kind, number), None)
        if member is None:
            return
        self._used(network).difference_update(_addresses(member))
        if number in network[f"{kind}s"]:
            network[f"{kind}s"].remove(number)
        record = self.project.by_singular[kind].records.get(number)
        if record is not None:
            record["private_net"] = [each for each in record["private_net"] if each["network"] != network["id"]]
            self.announce("left", network, kind, record)

    def _aliased(self, network: Record, server: Record, member: Record, now: list[str], gone: list[str]) -> None:
        member.update(alias_ips=now, status="ok")
        self._used(network).difference_update(_numbers(gone, "alias_ips"))
        for each in server["private_net"]:
            if each["network"] == network["id"]:
                each["alias_ips"] = now

    def _taken(self, network: Record, subnet: IPv4Network) -> tuple[set[int], set[int]]:
        reserved = (
            _first(IPv4Network(network["ip_range"])),
            _PUBLIC_GATEWAY,
            subnet.network_address,
            subnet.broadcast_address,
        )
        return self._used(network), set(map(int, reserved))

    def _free(self, network: Record, subnets: list[str], wanted: set[int]) -> tuple[str, str]:
        for text in subnets:
            subnet = IPv4Network(text)
            used, reserved = self._taken(network, subnet)
            for number in range(int(subnet.network_address), int(subnet.broadcast_address)):
                if number not in used and number not in reserved and number not in wanted:
                    return text, str(IPv4Address(number))
        raise ErrorResponse("no_subnet_available", "no address is free in the network's subnets")

    def _check_addresses(self, network: Record, text: str, wanted: Iterable[str], field: str) -> None:
        subnet = IPv4Network(text)
        used, reserved = self._taken(network, subnet)
        for each in wanted:
            address = _address(each, field)
            if address not in subnet:
                raise invalid(field, f"{each} is not in the subnet {text}")
            if int(address) in used or int(address) in reserved:
                raise ErrorResponse("ip_not_available", f"{each} is in use or reserved")

    def _check_overlap(self, network: Record, others: Iterable[Record]) -> None:
        mine = IPv4Network(network["ip_range"])
        if any(mine.overlaps(each) for each in _ranges(others, "ip_range")):
            raise ErrorResponse(
                "networks_overlap", "the network's range overlaps that of another network of the server"
            )

    def _subnet(self, network: Record, wanted: Subnet, at: str = "") -> Record:
        whole = IPv4Network(network["ip_range"])
        taken = [*_ranges(network["subnets"], "ip_range"), *_ranges(network["routes"], "destination")]
        if (text := wanted.get("ip_range")) is None:
            pieces = whole.subnets(new_prefix=max(24, whole.prefixlen))
            found = next((each for each in pieces if not any(each.overlaps(other) for other in taken)), None)
            if found is None:
                raise invalid(f"{at}ip_range", "no /24 is free in the network")
        else:
            found = _private_range(text, f"{at}ip_range", 30)
            if not found.subnet_of(whole):
                raise invalid(f"{at}ip_range", f"must be inside the network's range {whole}")
            if any(found.overlaps(other) for other in taken):
                raise invalid(f"{at}ip_range", "overlaps another subnet or the destination of a route")
        is_vswitch = wanted["type"] == "vswitch"
        if is_vswitch is not ("vswitch_id" in wanted):
            raise invalid(f"{at}vswitch_id", "must be given for subnets of type vswitch, and only for them")
        return {
            "type": wanted["type"],
            "ip_range": str(found),
            "network_zone": wanted["network_zone"],
            "gateway": str(_first(found if is_vswitch else whole)),
            "vswitch_id": wanted.get("vswitch_id"),
        }

    def _route(self, network: Record, wanted: Route, at: str = "") -> Record:
        destination = _range(wanted["destination"], f"{at}destination")
        taken = [*_ranges(network["subnets"], "ip_range"), *_ranges(network["routes"], "destination")]
        if any(IPv4Network(each["destination"]) == destination for each in network["routes"]):
            raise invalid(f"{at}destination", "there is a route to this destination already")
        if destination != _EVERYWHERE:
            _private_range(wanted["destination"], f"{at}destination", 32)
            if any(destination.overlaps(other) for other in taken):
                raise invalid(f"{at}destination", "overlaps a subnet or another route")
            if _PUBLIC_GATEWAY in destination:
                raise invalid(f"{at}destination", f"must not contain {_PUBLIC_GATEWAY}")
        whole, gateway = IPv4Network(network["ip_range"]), _address(wanted["gateway"], f"{at}gateway")
        if gateway not in whole or gateway in (_first(whole), _PUBLIC_GATEWAY):
            raise invalid(f"{at}gateway", f"must be an address in {whole} that is not reserved")
        if any(gateway in IPv4Network(each["ip_range"]) for each in network["subnets"] if each["type"] == "vswitch"):
            raise invalid(f"{at}gateway", "must not be behind a vSwitch")
        return {"destination": str(destination), "gateway": str(gateway)}

    @on_event("servers.creating")
    def _server_wanted(self, server: Record, wanted: Wanted) -> None:
        before: list[Record] = []
        for network in wanted["networks"]:
            self.place(network, "server", server)
            self._check_overlap(network, before)
            before.append(network)

    @on_event("servers.created")
    def _server_made(self, server: Record, wanted: Wanted, actions: list[Record]) -> None:
        for network in wanted["networks"]:
            actions.append(self.join(network, server, self.place(network, "server", server), actions[0]))

    @on_event("servers.removed")
    def _server_removed(self, server: Record) -> None:
        self._gone("server", server)

    @on_event("load_balancers.removed")
    def _load_balancer_removed(self, load_balancer: Record) -> None:
        self._gone("load_balancer", load_balancer)

    def _gone(self, kind: str, record: Record) -> None:
        for network in self:
            self._leave(network, kind, record["id"])
