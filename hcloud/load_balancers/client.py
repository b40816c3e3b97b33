from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from ..actions import ActionSort, ActionsPageResult, ActionStatus, BoundAction, HasActions, HasBoundActions
from ..core import HasNames, Meta, bound, endpoint, every_page, instead
from ..core.times import with_time
from .domain import (
    CreateLoadBalancerResponse,
    DeleteLoadBalancerResponse,
    GetMetricsResponse,
    LoadBalancer,
    LoadBalancerAlgorithm,
    LoadBalancerCreatePublicNetwork,
    LoadBalancerService,
    LoadBalancerSort,
    LoadBalancerTarget,
    MetricsType,
)

if TYPE_CHECKING:
    from ..load_balancer_types import LoadBalancerType
    from ..locations import Location
    from ..networks import Network

__all__ = ["BoundLoadBalancer", "LoadBalancersClient", "LoadBalancersPageResult"]


class LoadBalancersPageResult(NamedTuple):
    load_balancers: list[BoundLoadBalancer]
    meta: Meta


class LoadBalancersClient(HasActions, HasNames["BoundLoadBalancer"]):
    """The load balancers of a project, with their services and targets."""

    _base_url = "/load_balancers"

    @endpoint("GET /load_balancers")
    def get_list(
        self,
        name: str | None = None,
        label_selector: str | None = None,
        page: int | None = None,
        per_page: int | None = None,
        *,
        sort: Sequence[LoadBalancerSort] | None = None,
    ) -> LoadBalancersPageResult:
        """Return a page of load balancers."""

    get_all: Final = every_page(get_list)

    @endpoint("POST /load_balancers")
    def create(
        self,
        name: str,
        load_balancer_type: LoadBalancerType | str | int,
        algorithm: LoadBalancerAlgorithm | None = None,
        services: Sequence[LoadBalancerService] | None = None,
        targets: Sequence[LoadBalancerTarget] | None = None,
        labels: dict[str, str] | None = None,
        location: Location | str | int | None = None,
        network_zone: str | None = None,
        public_interface: bool | None = None,
        public_net: LoadBalancerCreatePublicNetwork | None = None,
        network: Network | int | None = None,
    ) -> CreateLoadBalancerResponse:
        """Create a load balancer.

        :param algorithm: Algorithm that selects the target of a request, ``round_robin`` by default
        :param services: Services, one per port
        :param targets: Targets of the requests
        :param location: Location by ID or name; either this or ``network_zone`` is required
        :param network_zone: Network zone; the API selects a location in it
        :param public_interface: If false, disable the public interface, which is enabled by default
        :param public_net: Existing primary IPs to use; new ones are created by default
        :param network: Network to attach the load balancer to
        """

    @endpoint("PUT /load_balancers/{load_balancer.id}")
    def update(
        self, load_balancer: LoadBalancer | int, name: str | None = None, labels: dict[str, str] | None = None
    ) -> BoundLoadBalancer:
        """Change the load balancer's name or labels."""

    @endpoint("DELETE /load_balancers/{load_balancer.id}")
    def delete(self, load_balancer: LoadBalancer | int) -> DeleteLoadBalancerResponse:
        """Delete the load balancer; its primary IPs are unassigned when the action is finished."""

    @endpoint("GET /load_balancers/{load_balancer.id}/metrics")
    def get_metrics(
        self,
        load_balancer: LoadBalancer | int,
        type: MetricsType | Sequence[MetricsType],
        start: datetime | str,
        end: datetime | str,
        step: float | None = None,
    ) -> GetMetricsResponse:
        """Return metrics of the load balancer; the API keeps them for 30 days.

        :param type: One or more types of metrics
        """
        types = type if isinstance(type, str) else ",".join(type)
        return instead(type=types, start=with_time(start), end=with_time(end))

    @endpoint("GET /load_balancers/{load_balancer.id}/actions")
    def get_actions_list(
        self,
        load_balancer: LoadBalancer | int,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> ActionsPageResult:
        """Return a page of the actions on the load balancer."""

    get_actions: Final = every_page(get_actions_list)

    @endpoint("POST /load_balancers/{load_balancer.id}/actions/add_service")
    def add_service(self, load_balancer: LoadBalancer | int, service: LoadBalancerService) -> BoundAction:
        """Add a service to the load balancer.

        :param service: New service
        """

    @endpoint("POST /load_balancers/{load_balancer.id}/actions/update_service")
    def update_service(self, load_balancer: LoadBalancer | int, service: LoadBalancerService) -> BoundAction:
        """Change a service of the load balancer.

        :param service: Service with this ``listen_port`` and the new values; fields that are None stay unchanged
        """

    @endpoint("POST /load_balancers/{load_balancer.id}/actions/delete_service")
    def delete_service(self, load_balancer: LoadBalancer | int, service: LoadBalancerService) -> BoundAction:
        """Delete a service of the load balancer.

        :param service: Service to delete, identified by its ``listen_port``
        """
        return instead(service=None, listen_port=service.listen_port)

    @endpoint("POST /load_balancers/{load_balancer.id}/actions/add_target")
    def add_target(self, load_balancer: LoadBalancer | int, target: LoadBalancerTarget) -> BoundAction:
        """Add a target to the load balancer.

        :param target: New target: a server, a label selector or an IP address
        """

    @endpoint("POST /load_balancers/{load_balancer.id}/actions/remove_target")
    def remove_target(self, load_balancer: LoadBalancer | int, target: LoadBalancerTarget) -> BoundAction:
        """Remove a target from the load balancer.

        :param target: Target to remove
        """
        return instead(**(target.to_payload() | {"target": None, "use_private_ip": None}))

    @endpoint("POST /load_balancers/{load_balancer.id}/actions/change_algorithm")
    def change_algorithm(self, load_balancer: LoadBalancer | int, algorithm: LoadBalancerAlgorithm) -> BoundAction:
        """Change the algorithm that selects the target of a request.

        :param algorithm: New algorithm
        """

    @endpoint("POST /load_balancers/{load_balancer.id}/actions/change_dns_ptr")
    def change_dns_ptr(self, load_balancer: LoadBalancer | int, ip: str, dns_ptr: str | None) -> BoundAction:
        """Set the reverse DNS name of an address of the load balancer.

        :param dns_ptr: New name; None restores the default
        """

    @endpoint("POST /load_balancers/{load_balancer.id}/actions/change_protection")
    def change_protection(self, load_balancer: LoadBalancer | int, delete: bool | None = None) -> BoundAction:
        """Change the protection of the load balancer."""

    @endpoint("POST /load_balancers/{load_balancer.id}/actions/attach_to_network")
    def attach_to_network(
        self,
        load_balancer: LoadBalancer | int,
        network: Network | int,
        ip: str | None = None,
        ip_range: str | None = None,
    ) -> BoundAction:
        """Attach the load balancer to a network.

        :param network: Network to attach to
        :param ip: IP address in the network; a free address by default
        :param ip_range: Subnet of the IP address, in CIDR notation
        """

    @endpoint("POST /load_balancers/{load_balancer.id}/actions/detach_from_network")
    def detach_from_network(self, load_balancer: LoadBalancer | int, network: Network | int) -> BoundAction:
        """Detach the load balancer from a network.

        :param network: Network to detach from
        """

    @endpoint("POST /load_balancers/{load_balancer.id}/actions/enable_public_interface")
    def enable_public_interface(self, load_balancer: LoadBalancer | int) -> BoundAction:
        """Enable the public interface of the load balancer."""

    @endpoint("POST /load_balancers/{load_balancer.id}/actions/disable_public_interface")
    def disable_public_interface(self, load_balancer: LoadBalancer | int) -> BoundAction:
        """Disable the public interface; the load balancer is then reachable from its networks only."""

    @endpoint("POST /load_balancers/{load_balancer.id}/actions/change_type")
    def change_type(
        self, load_balancer: LoadBalancer | int, load_balancer_type: LoadBalancerType | str | int
    ) -> BoundAction:
        """Change the type of the load balancer; its services and targets must be within the limits of the new type."""


class BoundLoadBalancer(HasBoundActions[LoadBalancer], LoadBalancer, collection="load_balancers", key="load_balancer"):
    update: Final = bound(LoadBalancersClient.update)
    delete: Final = bound(LoadBalancersClient.delete)
    get_metrics: Final = bound(LoadBalancersClient.get_metrics)
    get_actions_list: Final = bound(LoadBalancersClient.get_actions_list)
    get_actions: Final = bound(LoadBalancersClient.get_actions)
    add_service: Final = bound(LoadBalancersClient.add_service)
    update_service: Final = bound(LoadBalancersClient.update_service)
    delete_service: Final = bound(LoadBalancersClient.delete_service)
    add_target: Final = bound(LoadBalancersClient.add_target)
    remove_target: Final = bound(LoadBalancersClient.remove_target)
    change_algorithm: Final = bound(LoadBalancersClient.change_algorithm)
    change_dns_ptr: Final = bound(LoadBalancersClient.change_dns_ptr)
    change_protection: Final = bound(LoadBalancersClient.change_protection)
    attach_to_network: Final = bound(LoadBalancersClient.attach_to_network)
    detach_from_network: Final = bound(LoadBalancersClient.detach_from_network)
    enable_public_interface: Final = bound(LoadBalancersClient.enable_public_interface)
    disable_public_interface: Final = bound(LoadBalancersClient.disable_public_interface)
    change_type: Final = bound(LoadBalancersClient.change_type)
