from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ..core import BoundModelBase, HasNames, Meta, endpoint, every_page
from .domain import Location, LocationSort

__all__ = ["BoundLocation", "LocationsClient", "LocationsPageResult"]


class LocationsPageResult(NamedTuple):
    locations: list[BoundLocation]
    meta: Meta


class LocationsClient(HasNames["BoundLocation"]):
    """The locations of Hetzner Cloud."""

    _base_url = "/locations"

    @endpoint("GET /locations")
    def get_list(
        self,
        name: str | None = None,
        page: int | None = None,
        per_page: int | None = None,
        *,
        sort: Sequence[LocationSort] | None = None,
    ) -> LocationsPageResult:
        """Return a page of locations."""

    get_all: Final = every_page(get_list)


class BoundLocation(BoundModelBase[Location], Location, collection="locations", key="location"): ...
