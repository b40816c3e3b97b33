"""Load balancers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Annotated, Any, Literal, TypedDict

from hcloud.testing.balancing import HealthCheck, Http, Port, Protocol, Service, certificates_of, service_of
from hcloud.testing.error_responses import ErrorResponse, invalid, limit_exceeded, not_found
from hcloud.testing.label_selectors import parse_selector
from hcloud.testing.listing import Filter, Filters, Names
from hcloud.testing.metrics import series
from hcloud.testing.resource import Body, FakeResource, action, on_event, operation
from hcloud.testing.schema import CommaSeparated, Labels, Length, Name, Record

from .firewalls import Selector
from .load_balancer_types import LoadBalancerTypeRef
from .locations import LocationRef
from .networks import Networks, NetworkZone
from .primary_ips import PrimaryIPs, default_ptr, with_ptr
from .servers import NetworkRef, ServerRef, Servers

__all__ = ["LoadBalancers"]

Measurement = Literal["open_connections", "connections_per_second", "requests_per_second", "bandwidth"]
Detail = Literal[
    "unspecified",
    "layer4_no_connection",
    "layer4_timeout",
    "layer7_timeout",
    "unexpected_http_status",
    "unexpected_http_content",
]
Algorithm = Literal["round_robin", "least_connections"]

_LEVELS: dict[str, dict[str, float]] = {
    "open_connections": {"open_connections": 42.0},
    "connections_per_second": {"connections_per_second": 12.0},
    "requests_per_second": {"requests_per_second": 30.0},
    "bandwidth": {"bandwidth.in": 20_000.0, "bandwidth.out": 180_000.0},
}


class ServerTarget(TypedDict):
    """A server that is a target."""

    id: ServerRef


class IPTarget(TypedDict):
    """An address that is a target."""

    ip: str


class _Target(TypedDict):
    type: Literal["server", "label_selector", "ip"]


class Target(_Target, total=False):
    """Where requests go."""

    server: ServerTarget
    label_selector: Selector
    ip: IPTarget
    use_private_ip: bool


class AlgorithmWanted(TypedDict):
    """How a target is chosen."""

    type: Algorithm


class PublicNet(TypedDict, total=False):
    """The primary IPs of a new load balancer."""

    ipv4: int
    ipv6: int


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _leaves(load_balancer: Record) -> Iterator[Record]:
    """The targets that have a health: servers and addresses, also those that a label selector stands for."""
    for target in load_balancer["targets"]:
        if target["type"] == "label_selector":
            yield from target["targets"]
        else:
            yield target


def _subject(target: Record) -> str:
    """What a target is, as far as its health is concerned."""
    return f"server {target['server']['id']}" if target["type"] == "server" else f"ip {target['ip']['ip']}"


class LoadBalancers(FakeResource):
    """Services, targets, and the health of the targets as time goes by.

    A target's health is unknown until its first check, one interval after it was added; then it follows what the target
    is: a running server that can be reached is healthy. A change shows after as many intervals as the check has
    retries. :meth:`fail_checks` makes a target fail.
    """

    collection = "load_balancers"
    singular = "load_balancer"
    sortable: Names = ("id", "name", "created")
    filters: Filters = (Filter("name"),)
    labelled = True
    acting = True

    def __init__(self, project: Any) -> None:
        super().__init__(project)
        self._failing: dict[str, tuple[Detail, int | None]] = {}

    @operation("POST /")
    def create(
        self,
        *,
        name: Name,
        load_balancer_type: LoadBalancerTypeRef,
        algorithm: AlgorithmWanted | None = None,
        location: LocationRef | None = None,
        network_zone: NetworkZone | None = None,
        network: NetworkRef | None = None,
        public_interface: bool = True,
        public_net: PublicNet | None = None,
        services: list[Service] | None = None,
        targets: list[Target] | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Make a load balancer, with services, targets and a network if asked."""
        place = self._place(location, network_zone)
        load_balancer = self._record(name, load_balancer_type, place, labels or {})
        load_balancer["algorithm"] = dict(algorithm or {"type": "round_robin"})
        load_balancer["public_net"]["enabled"] = public_interface
        primary_ips = self.project.of(PrimaryIPs)
        asked = public_net or {}
        numbers = {"ipv4": asked.get("ipv4"), "ipv6": asked.get("ipv6")}
        wanted_ips = [primary_ips.free(each, version, place) for version, each in numbers.items() if each is not None]
        networks = self.project.of(Networks)
        member = networks.place(network, self.singular, load_balancer) if network is not None else None
        for service in services or []:
            checked = service_of(service, at="services.")
            self._check_service(load_balancer, checked, None)
            load_balancer["services"].append(checked)
        network_id = network["id"] if network is not None else None
        for target in targets or []:
            load_balancer["targets"].append(self._target(load_balancer, target, network_id))
        self._check_fits(load_balancer, load_balancer_type)

        self.add(load_balancer)
        for primary_ip in wanted_ips:
            primary_ips.give(primary_ip, self.singular, load_balancer)
        for version in ("ipv4", "ipv6"):
            if load_balancer["public_net"][version]["ip"] is None:
                self._allocate(load_balancer, version)
        if network is not None and member is not None:
            networks.joined(network, load_balancer, member)
        for target in load_balancer["targets"]:
            self._resolve(load_balancer, target)
        self._changed(load_balancer)
        self._use(load_balancer, load_balancer["services"])
        return {
            "load_balancer": load_balancer,
            "action": self.start_action(load_balancer, "create_load_balancer", seconds=3),
        }

    @operation("PUT /{id}")
    def update(self, load_balancer: Record, *, name: Name | None = None, labels: Labels | None = None) -> Body:
        """Rename or label it."""
        return {"load_balancer": self.change(load_balancer, name=name, labels=labels)}

    @operation("DELETE /{id}", status=201)
    def delete(self, load_balancer: Record) -> Body:
        """Delete it."""
        self.check_protection(load_balancer)
        load_balancer.update(services=[], targets=[])
        self._changed(load_balancer)
        self._use(load_balancer, [])
        self.remove(load_balancer)
        return {"action": self.start_action(load_balancer, "delete_load_balancer", seconds=2)}

    @operation("GET /{id}/metrics")
    def metrics(
        self,
        load_balancer: Record,
        *,
        type: Annotated[list[Measurement], CommaSeparated, Length(1)],
        start: str,
        end: str,
        step: str | None = None,
    ) -> Body:
        """Measurements."""
        levels = {name: level for each in type for name, level in _LEVELS[each].items()}
        return {"metrics": series(levels, start, end, step, load_balancer["id"])}

    # Services

    @action()
    def add_service(
        self,
        load_balancer: Record,
        *,
        protocol: Protocol,
        listen_port: Port | None = None,
        destination_port: Port | None = None,
        proxyprotocol: bool | None = None,
        http: Http | None = None,
        health_check: HealthCheck | None = None,
    ) -> Body:
        """Add a service."""
        wanted = _given(
            protocol=protocol,
            listen_port=listen_port,
            destination_port=destination_port,
            proxyprotocol=proxyprotocol,
            http=http,
            health_check=health_check,
        )
        service = service_of(wanted)
        self._check_service(load_balancer, service, None)
        services = [*load_balancer["services"], service]
        if len(services) > load_balancer["load_balancer_type"]["max_services"]:
            raise limit_exceeded("load_balancer_service")
        return {"action": self._serve(load_balancer, "add_service", services)}

    @action()
    def update_service(
        self,
        load_balancer: Record,
        *,
        listen_port: Port,
        protocol: Protocol | None = None,
        destination_port: Port | None = None,
        proxyprotocol: bool | None = None,
        http: Http | None = None,
        health_check: HealthCheck | None = None,
    ) -> Body:
        """Change what is given of the service that listens on a port."""
        old = self._listening(load_balancer, listen_port)
        wanted = _given(
            protocol=protocol,
            destination_port=destination_port,
            proxyprotocol=proxyprotocol,
            http=http,
            health_check=health_check,
        )
        service = service_of(wanted, old)
        self._check_service(load_balancer, service, old)
        services = [service if each is old else each for each in load_balancer["services"]]
        return {"action": self._serve(load_balancer, "update_service", services)}

    @action()
    def delete_service(self, load_balancer: Record, *, listen_port: Port) -> Body:
        """Delete the service that listens on a port."""
        old = self._listening(load_balancer, listen_port)
        services = [each for each in load_balancer["services"] if each is not old]
        return {"action": self._serve(load_balancer, "delete_service", services)}

    # Targets

    @action()
    def add_target(
        self,
        load_balancer: Record,
        *,
        type: Literal["server", "label_selector", "ip"],
        server: ServerTarget | None = None,
        label_selector: Selector | None = None,
        ip: IPTarget | None = None,
        use_private_ip: bool = False,
    ) -> Body:
        """Add a target."""
        wanted = _given(type=type, server=server, label_selector=label_selector, ip=ip, use_private_ip=use_private_ip)
        target = self._target(load_balancer, wanted, self._network(load_balancer))
        if len(list(_leaves(load_balancer))) >= load_balancer["load_balancer_type"]["max_targets"]:
            raise limit_exceeded("load_balancer_target")
        return {"action": self.start_action(load_balancer, "add_target", self._target_added, load_balancer, target)}

    @action()
    def remove_target(
        self,
        load_balancer: Record,
        *,
        type: Literal["server", "label_selector", "ip"],
        server: ServerTarget | None = None,
        label_selector: Selector | None = None,
        ip: IPTarget | None = None,
    ) -> Body:
        """Remove a target."""
        wanted = self._plain(_given(type=type, server=server, label_selector=label_selector, ip=ip))
        old = self._same(load_balancer, wanted)
        if old is None:
            raise not_found("load_balancer_target", wanted[type])
        return {"action": self.start_action(load_balancer, "remove_target", self._target_removed, load_balancer, old)}

    # Networks and addresses

    @action()
    def attach_to_network(
        self, load_balancer: Record, *, network: NetworkRef, ip: str | None = None, ip_range: str | None = None
    ) -> Body:
        """Attach it to a network; it can be in one."""
        if load_balancer["private_net"]:
            raise ErrorResponse("load_balancer_already_attached", "the load balancer is already attached to a network")
        networks = self.project.of(Networks)
        member = networks.place(network, self.singular, load_balancer, ip, ip_range)
        return {"action": networks.join(network, load_balancer, member)}

    @action()
    def detach_from_network(self, load_balancer: Record, *, network: NetworkRef) -> Body:
        """Take it out of its network."""
        return {"action": self.project.of(Networks).part(network, self.singular, load_balancer)}

    @action()
    def enable_public_interface(self, load_balancer: Record) -> Body:
        """Let it be reached by its public addresses."""
        public_net = load_balancer["public_net"]
        return {
            "action": self.start_action(
                load_balancer, "enable_public_interface", self.put, public_net, {"enabled": True}
            )
        }

    @action()
    def disable_public_interface(self, load_balancer: Record) -> Body:
        """Let it be reached in its network only."""
        self._check_attached(self._network(load_balancer))
        if any(not each.get("use_private_ip", True) for each in load_balancer["targets"]):
            raise ErrorResponse(
                "targets_without_use_private_ip", "the load balancer has targets that use the public ip"
            )
        public_net = load_balancer["public_net"]
        return {
            "action": self.start_action(
                load_balancer, "disable_public_interface", self.put, public_net, {"enabled": False}
            )
        }

    @action()
    def change_dns_ptr(self, load_balancer: Record, *, ip: str, dns_ptr: str | None) -> Body:
        """Set the reverse name of one of its addresses."""
        public_net = load_balancer["public_net"]
        version = next((each for each in ("ipv4", "ipv6") if public_net[each]["ip"] == ip), None)
        if version is None:
            raise invalid("ip", f"'{ip}' does not belong to this load balancer")
        primary_ips = self.project.of(PrimaryIPs)
        for primary_ip in primary_ips.of_assignee(self.singular, load_balancer["id"]):
            if primary_ip["type"] == version:
                then = partial(primary_ips.name_address, primary_ip, with_ptr(primary_ip, ip, dns_ptr))
                break
        else:
            name = default_ptr(ip) if dns_ptr is None else dns_ptr
            then = partial(self.put, public_net[version], {"dns_ptr": name})
        return {"action": self.start_action(load_balancer, "change_dns_ptr", then, seconds=0)}

    # The rest

    @action()
    def change_algorithm(self, load_balancer: Record, *, type: Algorithm) -> Body:
        """Choose targets another way."""
        algorithm = {"algorithm": {"type": type}}
        return {"action": self.start_action(load_balancer, "change_algorithm", self.put, load_balancer, algorithm)}

    @action()
    def change_type(self, load_balancer: Record, *, load_balancer_type: LoadBalancerTypeRef) -> Body:
        """Make it another type, one that its services and targets fit into."""
        if load_balancer_type["id"] == load_balancer["load_balancer_type"]["id"]:
            raise ErrorResponse("invalid_load_balancer_type", "the load balancer is of this type already")
        self._check_fits(load_balancer, load_balancer_type)
        changed = {"load_balancer_type": load_balancer_type}
        begun = self.start_action(
            load_balancer, "change_load_balancer_type", self.put, load_balancer, changed, seconds=2
        )
        return {"action": begun}

    @action()
    def change_protection(self, load_balancer: Record, *, delete: bool | None = None) -> Body:
        """Protect it, or no longer."""
        return {"action": self.protect(load_balancer, delete)}

    def fail_checks(
        self, target: int | str, detail: Detail | None = "layer4_no_connection", http_status_code: int | None = None
    ) -> None:
        """Let the health checks of a target fail from now on, in all load balancers.

        :param target: a server's id or name, or an IP target's address.
        :param detail: what the checks find; ``None`` lets them pass again.
        :param http_status_code: what they get, with ``unexpected_http_status``.
        """
        server = self.project.of(Servers).find(target)
        subject = f"server {server['id']}" if server is not None else f"ip {target}"
        if detail is None:
            self._failing.pop(subject, None)
        else:
            self._failing[subject] = detail, http_status_code
        self._check_all()

    # What is made of the input

    def _place(self, location: Record | None, network_zone: str | None) -> Record:
        if (location is None) is (network_zone is None):
            raise invalid("location", "must be given, or network_zone, but not both")
        if location is not None:
            return location
        return next(each for each in self.project["locations"] if each["network_zone"] == network_zone)

    def _record(self, name: str, load_balancer_type: Record, location: Record, labels: dict[str, str]) -> Record:
        self.check_room({"name": name})
        here = (each for each in load_balancer_type["prices"] if each["location"] == location["name"])
        return {
            "id": self.new_id(),
            "name": name,
            "load_balancer_type": load_balancer_type,
            "location": location,
            "public_net": {
                "enabled": True,
                "ipv4": {"ip": None, "dns_ptr": None},
                "ipv6": {"ip": None, "dns_ptr": None},
            },
            "private_net": [],
            "services": [],
            "targets": [],
            "protection": {"delete": False},
            "labels": labels,
            "created": self.now,
            "included_traffic": next(here)["included_traffic"],
            "outgoing_traffic": 0,
            "ingoing_traffic": 0,
        }

    def _check_service(self, load_balancer: Record, service: Record, old: Record | None) -> None:
        others = [each for each in load_balancer["services"] if each is not old]
        if any(each["listen_port"] == service["listen_port"] for each in others):
            raise ErrorResponse(
                "source_port_already_used", f"port {service['listen_port']} is in use by another service"
            )
        if len(certificates_of([*others, service])) > load_balancer["load_balancer_type"]["max_assigned_certificates"]:
            raise limit_exceeded("load_balancer_certificate")

    def _listening(self, load_balancer: Record, port: int) -> Record:
        services: list[Record] = load_balancer["services"]
        found = next((each for each in services if each["listen_port"] == port), None)
        if found is None:
            raise ErrorResponse("not_found", f"load balancer has no service that listens on port {port}")
        return found

    def _plain(self, wanted: Any) -> Record:
        """A target as the API shows it, without health."""
        kind = wanted["type"]
        if kind not in wanted:
            raise invalid(kind, f"missing required field for type {kind}")
        if kind == "server":
            return {"type": kind, "server": {"id": wanted["server"]["id"]["id"]}}
        return {"type": kind, kind: dict(wanted[kind])}

    def _same(self, load_balancer: Record, target: Record) -> Record | None:
        kind = target["type"]
        same = (each for each in load_balancer["targets"] if each["type"] == kind and each[kind] == target[kind])
        return next(same, None)

    def _target(self, load_balancer: Record, wanted: Any, network: int | None) -> Record:
        target = self._plain(wanted)
        if self._same(load_balancer, target) is not None:
            raise ErrorResponse("target_already_defined", "the load balancer has this target already")
        private = wanted.get("use_private_ip", False)
        if target["type"] == "ip":
            if private:
                raise invalid("use_private_ip", "is only for targets of type server and label_selector")
            self._check_ip(target["ip"]["ip"])
            return {**target, "health_status": []}
        if private:
            self._check_attached(network)
        elif not load_balancer["public_net"]["enabled"]:
            message = "the load balancer's public interface is disabled"
            raise ErrorResponse("load_balancer_public_interface_disabled", message)
        target["use_private_ip"] = private
        if target["type"] == "label_selector":
            parse_selector(target["label_selector"]["selector"], "label_selector.selector")
            return {**target, "targets": []}
        server = wanted["server"]["id"]
        if private and network is not None and not self.project.of(Networks).has(network, "server", server["id"]):
            message = "the server is not attached to the network of the load balancer"
            raise ErrorResponse("server_not_attached_to_network", message)
        if not private and server["public_net"]["ipv4"] is None:
            raise ErrorResponse("missing_ipv4", "the server has no public ipv4 address")
        return {**target, "health_status": []}

    def _check_ip(self, text: str) -> None:
        try:
            address = ip_address(text)
        except ValueError:
            raise invalid("ip.ip", f"'{text}' must be an ip address") from None
        for collection in ("primary_ips", "floating_ips"):
            if any(address in ip_network(each["ip"]) for each in self.project[collection]):
                message = "the ip belongs to a cloud resource; use a target of type server"
                raise ErrorResponse("cloud_resource_ip_not_allowed", message)

    def _check_attached(self, network: int | None) -> None:
        if network is None:
            raise ErrorResponse(
                "load_balancer_not_attached_to_network", "the load balancer is not attached to a network"
            )

    def _check_fits(self, load_balancer: Record, load_balancer_type: Record) -> None:
        has = {
            "services": len(load_balancer["services"]),
            "targets": len(list(_leaves(load_balancer))),
            "assigned_certificates": len(certificates_of(load_balancer["services"])),
        }
        for what, number in has.items():
            if number > (most := load_balancer_type[f"max_{what}"]):
                message = f"load balancers of this type can have {most} {what.replace('_', ' ')} at most"
                raise ErrorResponse("invalid_load_balancer_type", message)

    def _network(self, load_balancer: Record) -> int | None:
        return next((each["network"] for each in load_balancer["private_net"]), None)

    def _serve(self, load_balancer: Record, command: str, services: list[Record]) -> Record:
        """Begin to have other services; meanwhile the certificates of both are in use."""
        old = load_balancer["services"]
        self._use(load_balancer, [*old, *services])
        otherwise = partial(self._use, load_balancer, old)
        return self.start_action(load_balancer, command, self._served, load_balancer, services, otherwise=otherwise)

    # What actions do when they end

    def _served(self, load_balancer: Record, services: list[Record]) -> None:
        load_balancer["services"] = services
        self._check(load_balancer)
        self._use(load_balancer, services)

    def _target_added(self, load_balancer: Record, target: Record) -> None:
        if target["type"] == "server" and target["server"]["id"] not in self.project.of(Servers).records:
            return
        load_balancer["targets"].append(target)
        self._resolve(load_balancer, target)
        self._changed(load_balancer)

    def _target_removed(self, load_balancer: Record, target: Record) -> None:
        load_balancer["targets"] = [each for each in load_balancer["targets"] if each is not target]
        self._changed(load_balancer)

    def _changed(self, load_balancer: Record) -> None:
        """Bring health and servers up to date with targets."""
        number = load_balancer["id"]
        self._check(load_balancer)
        known = self.private(load_balancer)
        targeted = {each["server"]["id"] for each in _leaves(load_balancer) if each["type"] == "server"}
        servers = self.project.of(Servers).records
        for each in known.get("servers", set()) - targeted:
            if each in servers:
                servers[each]["load_balancers"].remove(number)
        for each in sorted(targeted - known.get("servers", set())):
            servers[each]["load_balancers"].append(number)
        known["servers"] = targeted

    def _use(self, load_balancer: Record, services: list[Record]) -> None:
        """Note which certificates are in use."""
        mine = {"id": load_balancer["id"], "type": self.singular}
        used = certificates_of(services)
        for certificate in self.project["certificates"]:
            if (certificate["id"] in used) is (mine in certificate["used_by"]):
                continue
            if certificate["id"] in used:
                certificate["used_by"].append(mine)
            else:
                certificate["used_by"].remove(mine)

    # Health

    @on_event("actions.settled")
    def _check_all(self) -> None:
        for load_balancer in self:
            self._check(load_balancer)

    def _check(self, load_balancer: Record) -> None:
        now = self.project.cloud.clock.time()
        known = self.private(load_balancer)
        before, after = known.get("checks", {}), {}
        for target in _leaves(load_balancer):
            wrong = self._wrong(load_balancer, target)
            target["health_status"] = []
            for service in load_balancer["services"]:
                check, port = service["health_check"], service["listen_port"]
                at = _subject(target), port
                well = wrong is None
                status, was_well, since = before.get(at, ("unknown", well, now))
                if was_well is not well:
                    since = now
                if now - since >= check["interval"] * (1 if status == "unknown" else check["retries"]):
                    status = "healthy" if well else "unhealthy"
                after[at] = status, well, since
                detail, code = wrong if wrong is not None and status == "unhealthy" else (None, None)
                if status == "healthy" and check["protocol"] == "http":
                    code = 200
                target["health_status"].append(
                    {"listen_port": port, "status": status, "detail": detail, "http_status_code": code}
                )
        known["checks"] = after

    def _wrong(self, load_balancer: Record, target: Record) -> tuple[Detail, int | None] | None:
        """What the checks of a target find, or nothing if it is well."""
        if (failure := self._failing.get(_subject(target))) is not None:
            return failure
        if target["type"] == "ip":
            return None
        server = self.project.of(Servers).records[target["server"]["id"]]
        if server["status"] != "running":
            return "layer4_timeout", None
        return None if self._reaches(load_balancer, target, server) else ("layer4_no_connection", None)

    def _reaches(self, load_balancer: Record, target: Record, server: Record) -> bool:
        """Whether there is a way to a server that is a target, or chosen by one."""
        if not target["use_private_ip"]:
            return server["public_net"]["ipv4"] is not None
        network = self._network(load_balancer)
        return network is not None and self.project.of(Networks).has(network, "server", server["id"])

    # Label selectors, servers and addresses are followed

    def _resolve(self, load_balancer: Record, target: Record) -> None:
        if target["type"] == "label_selector":
            for server in self.project.of(Servers):
                self._select(load_balancer, target, server)

    def _select(self, load_balancer: Record, target: Record, server: Record) -> bool:
        """Bring a label selector's servers up to date with a server; whether that changed them."""
        matches = parse_selector(target["label_selector"]["selector"])
        chosen = matches(server["labels"]) and self._reaches(load_balancer, target, server)
        known = next((each for each in target["targets"] if each["server"]["id"] == server["id"]), None)
        if chosen is (known is not None):
            return False
        if known is not None:
            target["targets"].remove(known)
        elif len(list(_leaves(load_balancer))) < load_balancer["load_balancer_type"]["max_targets"]:
            leaf = {"type": "server", "server": {"id": server["id"]}, "use_private_ip": target["use_private_ip"]}
            target["targets"].append({**leaf, "health_status": []})
        return True

    @on_event("servers.changed")
    def _follow(self, server: Record) -> None:
        for load_balancer in self:
            selectors = [each for each in load_balancer["targets"] if each["type"] == "label_selector"]
            moved = [self._select(load_balancer, each, server) for each in selectors]
            if any(moved):
                self._changed(load_balancer)

    @on_event("servers.created")
    def _server_made(self, server: Record, wanted: object, actions: object) -> None:
        self._follow(server)

    @on_event("networks.joined", "networks.left")
    def _moved(self, network: Record, kind: str, record: Record) -> None:
        if kind == "server":
            self._follow(record)
        else:
            for target in record["targets"]:
                self._resolve(record, target)
            self._changed(record)

    @on_event("servers.removed")
    def _server_removed(self, server: Record) -> None:
        for load_balancer in self:
            if load_balancer["id"] not in server["load_balancers"]:
                continue
            gone = {"id": server["id"]}
            load_balancer["targets"] = [each for each in load_balancer["targets"] if each.get("server") != gone]
            for target in load_balancer["targets"]:
                if target["type"] == "label_selector":
                    target["targets"] = [each for each in target["targets"] if each["server"] != gone]
            self._changed(load_balancer)

    @on_event("primary_ips.leaving")
    def _check_untargeted(self, primary_ip: Record) -> None:
        number = primary_ip["assignee_id"]
        if primary_ip["assignee_type"] != "server" or primary_ip["type"] != "ipv4":
            return
        targets = (each for load_balancer in self for each in load_balancer["targets"] if each["type"] == "server")
        if any(each["server"]["id"] == number and not each["use_private_ip"] for each in targets):
            raise ErrorResponse(
                "server_is_load_balancer_target", "the server is a load balancer's target by its ipv4 address"
            )

    def _allocate(self, load_balancer: Record, version: str) -> None:
        ip = self.project.cloud.new_address(version)
        if version == "ipv6":
            ip = str(ip_network(ip)[1])
        load_balancer["public_net"][version] = {"ip": ip, "dns_ptr": default_ptr(ip)}

    @on_event("primary_ips.given", "primary_ips.named")
    def _show(self, primary_ip: Record) -> None:
        if primary_ip["assignee_type"] != self.singular:
            return
        ip = str(ip_network(primary_ip["ip"])[1]) if primary_ip["type"] == "ipv6" else primary_ip["ip"]
        name = next((each["dns_ptr"] for each in primary_ip["dns_ptr"] if each["ip"] == ip), None)
        load_balancer = self.records[primary_ip["assignee_id"]]
        load_balancer["public_net"][primary_ip["type"]] = {"ip": ip, "dns_ptr": name}

    @on_event("primary_ips.taken_back")
    def _taken_back(self, primary_ip: Record, kind: str, number: int) -> None:
        if kind == self.singular and number in self.records:
            self._allocate(self.records[number], primary_ip["type"])
