from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ..actions import ActionSort, ActionsPageResult, ActionStatus, BoundAction, HasActions, HasBoundActions
from ..core import HasNames, Meta, bound, endpoint, every_item, every_page, instead
from .domain import (
    Network,
    NetworkMember,
    NetworkMemberSort,
    NetworkMemberStatus,
    NetworkMemberType,
    NetworkRoute,
    NetworkSort,
    NetworkSubnet,
)

__all__ = ["BoundNetwork", "NetworkMembersPageResult", "NetworksClient", "NetworksPageResult"]


class NetworksPageResult(NamedTuple):
    networks: list[BoundNetwork]
    meta: Meta


class NetworkMembersPageResult(NamedTuple):
    members: list[NetworkMember]
    meta: Meta


class NetworksClient(HasActions, HasNames["BoundNetwork"]):
    """The private networks of a project."""

    _base_url = "/networks"

    @endpoint("GET /networks")
    def get_list(
        self,
        name: str | None = None,
        label_selector: str | None = None,
        page: int | None = None,
        per_page: int | None = None,
        *,
        sort: Sequence[NetworkSort] | None = None,
    ) -> NetworksPageResult:
        """Return a page of networks."""

    get_all: Final = every_page(get_list)

    @endpoint("POST /networks")
    def create(
        self,
        name: str,
        ip_range: str,
        subnets: Sequence[NetworkSubnet] | None = None,
        routes: Sequence[NetworkRoute] | None = None,
        expose_routes_to_vswitch: bool | None = None,
        labels: dict[str, str] | None = None,
    ) -> BoundNetwork:
        """Create a network.

        :param ip_range: Private IPv4 range in CIDR notation, at least a /24
        :param subnets: Subnets of the network
        :param routes: Routes of the network
        """

    @endpoint("PUT /networks/{network.id}")
    def update(
        self,
        network: Network | int,
        name: str | None = None,
        expose_routes_to_vswitch: bool | None = None,
        labels: dict[str, str] | None = None,
    ) -> BoundNetwork:
        """Change the network's name, labels or exposure of routes to the vSwitch."""

    @endpoint("DELETE /networks/{network.id}")
    def delete(self, network: Network | int) -> bool:
        """Delete the network, and detach all its members."""

    @endpoint("GET /networks/{network.id}/members")
    def get_member_list(
        self,
        network: Network | int,
        *,
        type: Sequence[NetworkMemberType] | None = None,
        status: Sequence[NetworkMemberStatus] | None = None,
        subnet: list[str] | None = None,
        sort: Sequence[NetworkMemberSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> NetworkMembersPageResult:
        """Return a page of the servers and load balancers that are attached to the network.

        :param subnet: Only return members in these subnets, in CIDR notation
        """

    get_member_all: Final = every_page(get_member_list)

    iter_member_all: Final = every_item(get_member_all)

    @endpoint("GET /networks/{network.id}/actions")
    def get_actions_list(
        self,
        network: Network | int,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> ActionsPageResult:
        """Return a page of the actions on the network."""

    get_actions: Final = every_page(get_actions_list)

    @endpoint("POST /networks/{network.id}/actions/add_subnet")
    def add_subnet(self, network: Network | int, subnet: NetworkSubnet) -> BoundAction:
        """Add a subnet to the network.

        :param subnet: New subnet; it must not overlap with other subnets
        """

    @endpoint("POST /networks/{network.id}/actions/delete_subnet")
    def delete_subnet(self, network: Network | int, subnet: NetworkSubnet) -> BoundAction:
        """Delete a subnet of the network; it must not have members.

        :param subnet: Subnet to delete, identified by its ``ip_range``
        """
        return instead(subnet=None, ip_range=subnet.ip_range)

    @endpoint("POST /networks/{network.id}/actions/add_route")
    def add_route(self, network: Network | int, route: NetworkRoute) -> BoundAction:
        """Add a route to the network.

        :param route: New route
        """

    @endpoint("POST /networks/{network.id}/actions/delete_route")
    def delete_route(self, network: Network | int, route: NetworkRoute) -> BoundAction:
        """Delete a route of the network.

        :param route: Route to delete
        """

    @endpoint("POST /networks/{network.id}/actions/change_ip_range")
    def change_ip_range(self, network: Network | int, ip_range: str) -> BoundAction:
        """Extend the IP range of the network.

        :param ip_range: New range in CIDR notation, which must include the present one
        """

    @endpoint("POST /networks/{network.id}/actions/change_protection")
    def change_protection(self, network: Network | int, delete: bool | None = None) -> BoundAction:
        """Change the protection of the network."""


class _HasMembers(HasBoundActions[Network]):
    iter_member_all: Final = bound(NetworksClient.iter_member_all)


class BoundNetwork(_HasMembers, Network, collection="networks", key="network"):
    update: Final = bound(NetworksClient.update)
    delete: Final = bound(NetworksClient.delete)
    get_member_list: Final = bound(NetworksClient.get_member_list)
    get_member_all: Final = bound(NetworksClient.get_member_all)
    get_actions_list: Final = bound(NetworksClient.get_actions_list)
    get_actions: Final = bound(NetworksClient.get_actions)
    add_subnet: Final = bound(NetworksClient.add_subnet)
    delete_subnet: Final = bound(NetworksClient.delete_subnet)
    add_route: Final = bound(NetworksClient.add_route)
    delete_route: Final = bound(NetworksClient.delete_route)
    change_ip_range: Final = bound(NetworksClient.change_ip_range)
    change_protection: Final = bound(NetworksClient.change_protection)
