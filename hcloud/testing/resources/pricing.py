"""Pricing."""

from __future__ import annotations

from hcloud.testing import catalogue
from hcloud.testing.listing import Names
from hcloud.testing.resource import Body, Resource, operation
from hcloud.testing.schema import Record
from hcloud.testing.wire import Query

__all__ = ["Pricing"]


class Pricing(Resource):
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
