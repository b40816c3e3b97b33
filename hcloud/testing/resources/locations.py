"""Locations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from hcloud.testing import catalogue
from hcloud.testing.listing import Filter, Filters, Names
from hcloud.testing.resource import FakeResource
from hcloud.testing.schema import Record, Ref

__all__ = ["LocationRef", "Locations"]

LocationRef = Annotated[Record, Ref("locations")]


class Locations(FakeResource):
    """Where things can be."""

    collection = "locations"
    singular = "location"
    sortable: Names = ("id", "name")
    filters: Filters = (Filter("name"),)

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """The known ones."""
        return [dict(each) for each in catalogue.LOCATIONS]
