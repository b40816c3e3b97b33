"""Pricing."""

from __future__ import annotations

from .. import catalogue
from ..http import Query
from ..listing import Names
from ..resource import Body, FakeResource, operation
from ..schema import Record

__all__ = ["Prices"]


class Prices(FakeResource):
    """Prices of everything: a single object instead of a list."""

    collection = "pricing"
    singular = "pricing"
    unique: Names = ()
    get: None = None  # type: ignore[assignment]  # there is no GET /pricing/{id}

    @operation("GET /")
    def get_list(self, *, query: Query) -> Body:
        """Return all prices."""
        return {
            "pricing": {
                **catalogue.pricing(),
                "server_types": self._prices_of("server_types"),
                "load_balancer_types": self._prices_of("load_balancer_types"),
            }
        }

    def _prices_of(self, collection: str) -> list[Record]:
        fields = ("id", "name", "prices")
        return [{field: record[field] for field in fields} for record in self.project[collection]]
