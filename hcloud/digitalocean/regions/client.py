from __future__ import annotations

from typing import Final, NamedTuple

from ...core import BoundModelBase, Meta, endpoint, every_item, every_page
from .._resource import ResourceClient
from .domain import Region, RegionSlug

__all__ = ["BoundRegion", "RegionsClient", "RegionsPageResult"]


class RegionsPageResult(NamedTuple):
    regions: list[BoundRegion]
    meta: Meta


class RegionsClient(ResourceClient):
    """Regions in which resources can be created."""

    _base_url = "/regions"

    def get(self, id_or_name: RegionSlug) -> BoundRegion:
        """Return the region with this slug or name, from the list of all regions.

        :param id_or_name: Slug of the region, such as ``nyc3``, or its name, such as ``New York 3``
        :raises NotFoundError: if there is no such region
        """
        return self._get_by_name(id_or_name, "slug", "name")

    def get_by_id(self, id: RegionSlug) -> BoundRegion:
        """Return a region, from the list of all regions.

        :param id: Slug of the region
        :raises NotFoundError: if there is no such region
        """
        return self._get_by_name(id, "slug")

    def get_by_name(self, name: str) -> BoundRegion | None:
        """Return the region with this name, from the list of all regions; None if there is none.

        :param name: Name of the region, such as ``New York 3``
        """
        return self._find_by_name(name)

    @endpoint("GET /regions")
    def get_list(self, page: int | None = None, per_page: int | None = None) -> RegionsPageResult:
        """Return a page of regions."""

    get_all: Final = every_page(get_list)

    iter: Final = every_item(get_all)


class BoundRegion(BoundModelBase[Region], Region, collection="regions", key="region"): ...
