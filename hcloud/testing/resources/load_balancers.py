"""Load balancers."""

from __future__ import annotations

from functools import partial
from ipaddress import ip_network
from typing import Annotated, Literal, TypedDict

from ..error_responses import ErrorResponse, invalid, locked
from ..listing import Filter, Filters, Names
from ..metrics import series
from ..resource import Body, Effect, action, on_event, operation
from ..schema import CommaSeparated, Hostname, Labels, Length, Name, Record
from .deprecations import check_not_expired
from .health import leaf_targets, network_id_of
from .load_balancer_types import LoadBalancerTypeRef
from .locations import LocationRef, NetworkZone
from .networks import Networks
from .primary_ips import PrimaryIPs, default_dns_ptr, replace_dns_ptr
from .servers import NetworkRef
from .services import ServiceInput, ServiceOperations, build_service, certificate_ids_of
from .targets import TargetInput, TargetOperations, check_attached

__all__ = ["LoadBalancers"]

Measurement = Literal["open_connections", "connections_per_second", "requests_per_second", "bandwidth"]
Algorithm = Literal["round_robin", "least_connections"]

_AVERAGES: dict[str, dict[str, float]] = {
    "open_connections": {"open_connections": 42.0},
    "connections_per_second": {"connections_per_second": 12.0},
    "requests_per_second": {"requests_per_second": 30.0},
    "bandwidth": {"bandwidth.in": 20_000.0, "bandwidth.out": 180_000.0},
}


class AlgorithmInput(TypedDict):
    """Algorithm of a new load balancer."""

    type: Algorithm


class LoadBalancerPublicNetInput(TypedDict, total=False):
    """IDs of the primary IPs of a new load balancer."""

    ipv4: int
    ipv6: int


class LoadBalancers(ServiceOperations, TargetOperations):
    """Load balancers: services, targets, and the health of the targets over time.

    The health of a target is unknown until its first check, one interval after it was added. From then on, a running
    server that can be reached is healthy. A change shows after as many intervals as the check has retries.
    :meth:`fail_checks` makes the checks of a target fail.
    """

    collection = "load_balancers"
    singular = "load_balancer"
    sortable: Names = ("id", "name", "created")
    filters: Filters = (Filter("name"),)
    labelled = True
    acting = True
    # Several targets can be added without waiting in between; that this holds for all actions is a guess.
    lockable = False

    @operation("POST /", starts=("create_load_balancer",))
    def create(
        self,
        *,
        name: Name,
        load_balancer_type: LoadBalancerTypeRef,
        algorithm: AlgorithmInput | None = None,
        location: LocationRef | None = None,
        network_zone: NetworkZone | None = None,
        network: NetworkRef | None = None,
        public_interface: bool = True,
        public_net: LoadBalancerPublicNetInput | None = None,
        services: list[ServiceInput] | None = None,
        targets: list[TargetInput] | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Create a load balancer."""
        location = self._choose_location(location, network_zone)
        check_not_expired("load_balancer_type", load_balancer_type, self.now)
        load_balancer = self._new_record(name, load_balancer_type, location, labels or {})
        load_balancer["algorithm"] = dict(algorithm or {"type": "round_robin"})
        load_balancer["public_net"]["enabled"] = public_interface
        primary_ips = self._find_primary_ips(public_net or {}, location)
        networks = self.project.of(Networks)
        member = networks.new_member(network, self.singular, load_balancer) if network is not None else None
        for service_input in services or []:
            service = build_service(service_input, prefix="services.")
            self.check_service(load_balancer, service)
            load_balancer["services"].append(service)
        network_id = network["id"] if network is not None else None
        for target_input in targets or []:
            load_balancer["targets"].append(self.build_target(load_balancer, target_input, network_id))
        self._check_limits(load_balancer, load_balancer_type)

        self.add(load_balancer)
        self.private(load_balancer).update(new_services={}, new_targets=[])
        self._set_addresses(load_balancer, primary_ips)
        if network is not None and member is not None:
            networks.complete_attachment(network, load_balancer, member)
        for target in load_balancer["targets"]:
            self.select_servers(load_balancer, target)
        self.update_targets(load_balancer)
        self.mark_certificates(load_balancer, load_balancer["services"])
        create_action = self.start_action(load_balancer, "create_load_balancer", seconds=3)
        return {"load_balancer": load_balancer, "action": create_action}

    @operation("PUT /{id}")
    def update(self, load_balancer: Record, *, name: Name | None = None, labels: Labels | None = None) -> Body:
        """Change the name or labels of a load balancer."""
        return {"load_balancer": self.change(load_balancer, name=name, labels=labels)}

    @operation("DELETE /{id}", status=201, starts=("delete_load_balancer",))
    def delete(self, load_balancer: Record) -> Body:
        """Delete a load balancer on which no action is running."""
        self.check_protection(load_balancer)
        if self.project.actions.locks(self.singular, load_balancer["id"]):
            raise locked(self.singular)
        load_balancer.update(services=[], targets=[])
        self.update_targets(load_balancer)
        self.mark_certificates(load_balancer, [])
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
        """Return time series of measurements."""
        averages = {name: average for measurement in type for name, average in _AVERAGES[measurement].items()}
        return {"metrics": series(averages, start, end, step, load_balancer["id"])}

    # Networks and addresses

    @action()
    def attach_to_network(
        self, load_balancer: Record, *, network: NetworkRef, ip: str | None = None, ip_range: str | None = None
    ) -> Body:
        """Attach a load balancer to a network; it can be attached to one only."""
        networks = self.project.of(Networks)
        if any((self.singular, load_balancer["id"]) in networks.members_of(other) for other in networks):
            message = "the load balancer is already attached to a network"
            raise ErrorResponse("load_balancer_already_attached", message)
        member = networks.new_member(network, self.singular, load_balancer, ip, ip_range)
        return {"action": networks.attach(network, load_balancer, member)}

    @action()
    def detach_from_network(self, load_balancer: Record, *, network: NetworkRef) -> Body:
        """Detach a load balancer from its network."""
        return {"action": self.project.of(Networks).detach(network, self.singular, load_balancer)}

    @action()
    def enable_public_interface(self, load_balancer: Record) -> Body:
        """Make a load balancer reachable by its public addresses."""
        return {"action": self._start_switch(load_balancer, "enable_public_interface", enabled=True)}

    @action()
    def disable_public_interface(self, load_balancer: Record) -> Body:
        """Make a load balancer reachable in its network only."""
        check_attached(network_id_of(load_balancer))
        targets = [*load_balancer["targets"], *self.new_targets(load_balancer)]
        if not all(target.get("use_private_ip", True) for target in targets):
            message = "the load balancer has targets that use the public ip"
            raise ErrorResponse("targets_without_use_private_ip", message)
        return {"action": self._start_switch(load_balancer, "disable_public_interface", enabled=False)}

    @action()
    def change_dns_ptr(self, load_balancer: Record, *, ip: str, dns_ptr: Hostname | None) -> Body:
        """Set the reverse DNS entry of an address of a load balancer."""
        public_net = load_balancer["public_net"]
        version = next((version for version in ("ipv4", "ipv6") if public_net[version]["ip"] == ip), None)
        if version is None:
            raise invalid("ip", f"'{ip}' does not belong to this load balancer")
        effect = self._dns_ptr_effect(load_balancer, version, ip, dns_ptr)
        return {"action": self.start_action(load_balancer, "change_dns_ptr", effect, seconds=0)}

    # Algorithm, type and protection

    @action()
    def change_algorithm(self, load_balancer: Record, *, type: Algorithm) -> Body:
        """Change the algorithm of a load balancer."""
        algorithm = {"algorithm": {"type": type}}
        return {"action": self.start_action(load_balancer, "change_algorithm", self.put, load_balancer, algorithm)}

    @action(starts=("change_load_balancer_type",))
    def change_type(self, load_balancer: Record, *, load_balancer_type: LoadBalancerTypeRef) -> Body:
        """Change the type of a load balancer to one with room for its services and targets."""
        if load_balancer_type["id"] == load_balancer["load_balancer_type"]["id"]:
            raise ErrorResponse("invalid_load_balancer_type", "the load balancer is of this type already")
        check_not_expired("load_balancer_type", load_balancer_type, self.now)
        self._check_limits(load_balancer, load_balancer_type)
        effect = partial(self.put, load_balancer, {"load_balancer_type": load_balancer_type})
        return {"action": self.start_action(load_balancer, "change_load_balancer_type", effect, seconds=2)}

    @action()
    def change_protection(self, load_balancer: Record, *, delete: bool | None = None) -> Body:
        """Change the protection of a load balancer."""
        return {"action": self.protect(load_balancer, delete)}

    # Parts of the operations

    def _choose_location(self, location: Record | None, network_zone: str | None) -> Record:
        if (location is None) is (network_zone is None):
            raise invalid("location", "must be given, or network_zone, but not both")
        if location is not None:
            return location
        return next(place for place in self.project["locations"] if place["network_zone"] == network_zone)

    def _new_record(self, name: str, load_balancer_type: Record, location: Record, labels: dict[str, str]) -> Record:
        self.check_room({"name": name})
        price = next(price for price in load_balancer_type["prices"] if price["location"] == location["name"])
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
            "included_traffic": price["included_traffic"],
            "outgoing_traffic": 0,
            "ingoing_traffic": 0,
        }

    def _check_limits(self, load_balancer: Record, load_balancer_type: Record) -> None:
        """Check that a type has room for the services, targets and certificates of a load balancer."""
        services = self.new_services(load_balancer)
        counts = {
            "services": len(services),
            "targets": len(list(leaf_targets(load_balancer))) + len(self.new_targets(load_balancer)),
            "assigned_certificates": len(certificate_ids_of(services)),
        }
        for items, count in counts.items():
            limit = load_balancer_type[f"max_{items}"]
            if count > limit:
                message = f"load balancers of this type can have {limit} {items.replace('_', ' ')} at most"
                raise ErrorResponse("invalid_load_balancer_type", message)

    def _start_switch(self, load_balancer: Record, command: str, *, enabled: bool) -> Record:
        effect = partial(self.put, load_balancer["public_net"], {"enabled": enabled})
        return self.start_action(load_balancer, command, effect)

    # Public addresses

    def _find_primary_ips(self, public_net: LoadBalancerPublicNetInput, location: Record) -> list[Record]:
        primary_ips = self.project.of(PrimaryIPs)
        numbers = {"ipv4": public_net.get("ipv4"), "ipv6": public_net.get("ipv6")}
        return [
            primary_ips.find_assignable(number, version, location)
            for version, number in numbers.items()
            if number is not None
        ]

    def _set_addresses(self, load_balancer: Record, primary_ips: list[Record]) -> None:
        """Assign primary IPs to a new load balancer, and allocate addresses for the other versions."""
        for primary_ip in primary_ips:
            self.project.of(PrimaryIPs).set_assignee(primary_ip, self.singular, load_balancer)
        for version in ("ipv4", "ipv6"):
            if load_balancer["public_net"][version]["ip"] is None:
                self._allocate_address(load_balancer, version)

    def _allocate_address(self, load_balancer: Record, version: str) -> None:
        ip = self.project.cloud.new_address(version)
        if version == "ipv6":
            ip = str(ip_network(ip)[1])
        load_balancer["public_net"][version] = {"ip": ip, "dns_ptr": default_dns_ptr(ip)}

    def _dns_ptr_effect(self, load_balancer: Record, version: str, ip: str, dns_ptr: str | None) -> Effect:
        """Return the effect that sets a reverse DNS entry, in the primary IP if the address belongs to one."""
        primary_ips = self.project.of(PrimaryIPs)
        for primary_ip in primary_ips.assigned_to(self.singular, load_balancer["id"]):
            if primary_ip["type"] == version:
                return partial(primary_ips.set_dns_ptr, primary_ip, replace_dns_ptr(primary_ip, ip, dns_ptr))
        name = default_dns_ptr(ip) if dns_ptr is None else dns_ptr
        return partial(self.put, load_balancer["public_net"][version], {"dns_ptr": name})

    @on_event("primary_ips.assigned", "primary_ips.dns_ptr_changed")
    def _primary_ip_changed(self, primary_ip: Record) -> None:
        if primary_ip["assignee_type"] != self.singular:
            return
        ip = str(ip_network(primary_ip["ip"])[1]) if primary_ip["type"] == "ipv6" else primary_ip["ip"]
        name = next((entry["dns_ptr"] for entry in primary_ip["dns_ptr"] if entry["ip"] == ip), None)
        load_balancer = self.records[primary_ip["assignee_id"]]
        load_balancer["public_net"][primary_ip["type"]] = {"ip": ip, "dns_ptr": name}

    @on_event("primary_ips.unassigned")
    def _primary_ip_unassigned(self, primary_ip: Record, assignee_type: str, assignee_id: int) -> None:
        if assignee_type == self.singular and assignee_id in self.records:
            self._allocate_address(self.records[assignee_id], primary_ip["type"])
