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

    @every_page(get_list)
    def get_all(
        self,
        name: str | None = None,
        label_selector: str | None = None,
        *,
        sort: Sequence[NetworkSort] | None = None,
        per_page: int | None = None,
    ) -> list[BoundNetwork]: ...

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

        :param ip_range: all its addresses in CIDR notation, a private range of at least 256
        :param subnets: its parts
        :param routes: where it sends what is for other addresses
        """

    @endpoint("PUT /networks/{network.id}")
    def update(
        self,
        network: Network,
        name: str | None = None,
        expose_routes_to_vswitch: bool | None = None,
        labels: dict[str, str] | None = None,
    ) -> BoundNetwork:
        """Change the network's name or labels, or what its vSwitch learns."""

    @endpoint("DELETE /networks/{network.id}")
    def delete(self, network: Network) -> bool:
        """Delete the network, and take all its members out of it."""

    @endpoint("GET /networks/{network.id}/members")
    def get_member_list(
        self,
        network: Network,
        *,
        type: Sequence[NetworkMemberType] | None = None,
        status: Sequence[NetworkMemberStatus] | None = None,
        subnet: list[str] | None = None,
        sort: Sequence[NetworkMemberSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> NetworkMembersPageResult:
        """Return a page of the servers and load balancers that are part of the network.

        :param subnet: Only members in these subnets, in CIDR notation.
        """

    @every_page(get_member_list)
    def get_member_all(
        self,
        network: Network,
        *,
        type: Sequence[NetworkMemberType] | None = None,
        status: Sequence[NetworkMemberStatus] | None = None,
        subnet: list[str] | None = None,
        sort: Sequence[NetworkMemberSort] | None = None,
        per_page: int | None = None,
    ) -> list[NetworkMember]: ...

    iter_member_all: Final = every_item(get_member_all)

    @endpoint("GET /networks/{network.id}/actions")
    def get_actions_list(
        self,
        network: Network,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> ActionsPageResult:
        """Return a page of the actions on the network."""

    @every_page(get_actions_list)
    def get_actions(
        self,
        network: Network,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        *,
        per_page: int | None = None,
    ) -> list[BoundAction]: ...

    @endpoint("POST /networks/{network.id}/actions/add_subnet")
    def add_subnet(self, network: Network, subnet: NetworkSubnet) -> BoundAction:
        """Add a part to the network.

        :param subnet: the new part, which must not overlap with others
        """

    @endpoint("POST /networks/{network.id}/actions/delete_subnet")
    def delete_subnet(self, network: Network, subnet: NetworkSubnet) -> BoundAction:
        """Take a part of the network away; nothing may be in it.

        :param subnet: the part, known by its ``ip_range``
        """
        return instead(subnet=None, ip_range=subnet.ip_range)

    @endpoint("POST /networks/{network.id}/actions/add_route")
    def add_route(self, network: Network, route: NetworkRoute) -> BoundAction:
        """Add a route to the network."""

    @endpoint("POST /networks/{network.id}/actions/delete_route")
    def delete_route(self, network: Network, route: NetworkRoute) -> BoundAction:
        """Take a route of the network away."""

    @endpoint("POST /networks/{network.id}/actions/change_ip_range")
    def change_ip_range(self, network: Network, ip_range: str) -> BoundAction:
        """Give the network more addresses; it can't get fewer.

        :param ip_range: all its addresses in CIDR notation, those that it has among them
        """

    @endpoint("POST /networks/{network.id}/actions/change_protection")
    def change_protection(self, network: Network, delete: bool | None = None) -> BoundAction:
        """Change what the network is protected from."""


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
