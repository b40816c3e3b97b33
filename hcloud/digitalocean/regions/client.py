from __future__ import annotations

from typing import Final, NamedTuple

from ...core import BoundModelBase, Meta, endpoint, every_item, every_page
from .._resource import ListedClient
from .domain import Region, RegionSlug

__all__ = ["BoundRegion", "RegionsClient", "RegionsPageResult"]


class RegionsPageResult(NamedTuple):
    regions: list[BoundRegion]
    meta: Meta


class RegionsClient(ListedClient):
    """Regions in which resources can be created."""

    _base_url = "/regions"

    def get_by_id(self, id: RegionSlug) -> BoundRegion:
        """Return a region, from the list of all regions.

        :param id: Slug of the region
        :raises NotFoundError: if there is no such region
        """
        return self._get_by_slug(self.iter(), id)

    @endpoint("GET /regions")
    def get_list(self, page: int | None = None, per_page: int | None = None) -> RegionsPageResult:
        """Return a page of regions."""

    get_all: Final = every_page(get_list)

    iter: Final = every_item(get_all)


class BoundRegion(BoundModelBase[Region], Region, collection="regions", key="region"): ...
