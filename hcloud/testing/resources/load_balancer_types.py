"""Load balancer types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from .. import catalogue
from ..listing import Filter, Filters
from ..resource import FakeResource
from ..schema import Record, Ref

__all__ = ["LoadBalancerTypeRef", "LoadBalancerTypes"]

LoadBalancerTypeRef = Annotated[Record, Ref("load_balancer_types")]


class LoadBalancerTypes(FakeResource):
    """Types of load balancers, with their limits and prices."""

    collection = "load_balancer_types"
    singular = "load_balancer_type"
    filters: Filters = (Filter("name"),)

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """Return the types of the catalogue."""
        return catalogue.load_balancer_types()
