"""Pricing."""

from __future__ import annotations

from hcloud.testing import catalogue
from hcloud.testing.http import Query
from hcloud.testing.listing import Names
from hcloud.testing.resource import Body, FakeResource, operation
from hcloud.testing.schema import Record

__all__ = ["Prices"]


class Prices(FakeResource):
    """What everything costs: one thing, not a list of things."""

    collection = "pricing"
    singular = "pricing"
    unique: Names = ()
    get: None = None  # type: ignore[assignment]  # GET /pricing/{id} is no operation

    @operation("GET /")
    def get_list(self, *, query: Query) -> Body:
        """All prices."""
        return {
            "pricing": {
                **catalogue.pricing(),
                "server_types": self._types("server_types"),
                "load_balancer_types": self._types("load_balancer_types"),
            }
        }

    def _types(self, collection: str) -> list[Record]:
        return [{name: each[name] for name in ("id", "name", "prices")} for each in self.project[collection]]
