"""Locations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from .. import catalogue
from ..listing import Filter, Filters, Names
from ..resource import FakeResource
from ..schema import Record, Ref

__all__ = ["LocationRef", "Locations", "NetworkZone"]

LocationRef = Annotated[Record, Ref("locations")]
NetworkZone = Literal["eu-central", "us-east", "us-west", "ap-southeast"]


class Locations(FakeResource):
    """Locations of servers and other resources."""

    collection = "locations"
    singular = "location"
    sortable: Names = ("id", "name")
    filters: Filters = (Filter("name"),)

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """Return the locations of the catalogue."""
        return [dict(location) for location in catalogue.LOCATIONS]
