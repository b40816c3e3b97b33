from __future__ import annotations

from typing import Final, NamedTuple

from ..core import BoundModelBase, Meta, ResourceClientBase, endpoint, every_item, every_page
from .domain import Location, LocationSort

__all__ = ["BoundLocation", "LocationsClient", "LocationsPageResult"]


class LocationsPageResult(NamedTuple):
    """A page of locations."""

    locations: list[BoundLocation]
    meta: Meta


class LocationsClient(ResourceClientBase):
    """The places that resources can be in."""

    _base_url = "/locations"

    @endpoint("GET /locations/{id}")
    def get_by_id(self, id: int) -> BoundLocation:
        """Return a location.

        :param id: ID of the location
        """

    @endpoint("GET /locations")
    def get_list(
        self,
        name: str | None = None,
        page: int | None = None,
        per_page: int | None = None,
        *,
        sort: list[LocationSort] | None = None,
    ) -> LocationsPageResult:
        """Return a page of locations."""

    @every_page(get_list)
    def get_all(
        self, name: str | None = None, *, sort: list[LocationSort] | None = None, per_page: int | None = None
    ) -> list[BoundLocation]: ...

    iter: Final = every_item(get_all)

    def get_by_name(self, name: str) -> BoundLocation | None:
        """Return the location of this name, None if there is none.

        :param name: name of the location
        """
        return self._get_first_by(self.get_list, name=name)


class BoundLocation(BoundModelBase[Location], Location, collection="locations", key="location"):
    """A location with its client at hand."""

    _client: LocationsClient
