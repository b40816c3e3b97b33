from __future__ import annotations

from typing import Final, NamedTuple

from ..core import BoundModelBase, HasNames, Meta, endpoint, every_page
from .domain import LoadBalancerType

__all__ = ["BoundLoadBalancerType", "LoadBalancerTypesClient", "LoadBalancerTypesPageResult"]


class LoadBalancerTypesPageResult(NamedTuple):
    load_balancer_types: list[BoundLoadBalancerType]
    meta: Meta


class LoadBalancerTypesClient(HasNames["BoundLoadBalancerType"]):
    """The load balancer types that Hetzner offers."""

    _base_url = "/load_balancer_types"

    @endpoint("GET /load_balancer_types")
    def get_list(
        self, name: str | None = None, page: int | None = None, per_page: int | None = None
    ) -> LoadBalancerTypesPageResult:
        """Return a page of load balancer types."""

    get_all: Final = every_page(get_list)


class BoundLoadBalancerType(
    BoundModelBase[LoadBalancerType], LoadBalancerType, collection="load_balancer_types", key="load_balancer_type"
): ...
