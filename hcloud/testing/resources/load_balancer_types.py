"""Load balancer types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from hcloud.testing import catalogue
from hcloud.testing.listing import Filter, Filters
from hcloud.testing.resource import FakeResource
from hcloud.testing.schema import Record, Ref

__all__ = ["LoadBalancerTypeRef", "LoadBalancerTypes"]

LoadBalancerTypeRef = Annotated[Record, Ref("load_balancer_types")]


class LoadBalancerTypes(FakeResource):
    """What load balancers can be: how many connections, services, targets and certificates."""

    collection = "load_balancer_types"
    singular = "load_balancer_type"
    filters: Filters = (Filter("name"),)

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """The known ones."""
        return catalogue.load_balancer_types()
