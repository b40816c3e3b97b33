"""Networks."""

from __future__ import annotations

from functools import partial
from ipaddress import IPv4Network

from ..error_responses import ErrorResponse, conflict, invalid, not_found
from ..listing import Filter, Filters, Names
from ..resource import Body, action, operation
from ..schema import Labels, Name, Record
from .addresses import (
    Address,
    IPRange,
    RouteInput,
    SubnetInput,
    SubnetType,
    build_route,
    build_subnet,
    parse_private_range,
)
from .locations import NetworkZone
from .network_members import MemberOperations

__all__ = ["Networks"]


class Networks(MemberOperations):
    """Private networks: ranges, subnets, routes and members."""

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
        ip_range: IPRange,
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
        for member_type, number in list(self.members_of(network)):
            self.remove_member(network, member_type, number)
        self.remove(network)

    # Subnets and routes

    @action()
    def add_subnet(
        self,
        network: Record,
        *,
        type: SubnetType,
        network_zone: NetworkZone,
        ip_range: IPRange | None = None,
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
        if any(member["subnet"] == ip_range for member in self.members_of(network).values()):
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
    def add_route(self, network: Record, *, destination: IPRange, gateway: Address) -> Body:
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
