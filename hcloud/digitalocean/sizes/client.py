from __future__ import annotations

from typing import Final, NamedTuple

from ...core import BoundModelBase, Meta, endpoint, every_item, every_page
from .._resource import ResourceClient
from .domain import Size

__all__ = ["BoundSize", "SizesClient", "SizesPageResult"]


class SizesPageResult(NamedTuple):
    sizes: list[BoundSize]
    meta: Meta


class SizesClient(ResourceClient):
    """Sizes of droplets."""

    _base_url = "/sizes"

    def get(self, id_or_name: str) -> BoundSize:
        """Return the size with this slug, from the list of all sizes.

        :param id_or_name: Slug of the size, which has no other name
        :raises NotFoundError: if there is no such size
        """
        return self._get_by_name(id_or_name, "slug")

    def get_by_id(self, id: str) -> BoundSize:
        """Return a size, from the list of all sizes.

        :param id: Slug of the size
        :raises NotFoundError: if there is no such size
        """
        return self._get_by_name(id, "slug")

    def get_by_name(self, name: str) -> BoundSize | None:
        """Return the size with this slug, from the list of all sizes; None if there is none.

        :param name: Slug of the size, which has no other name
        """
        return self._find_by_name(name, "slug")

    @endpoint("GET /sizes")
    def get_list(self, page: int | None = None, per_page: int | None = None) -> SizesPageResult:
        """Return a page of sizes."""

    get_all: Final = every_page(get_list)

    iter: Final = every_item(get_all)


class BoundSize(BoundModelBase[Size], Size, collection="sizes", key="size"): ...
