from __future__ import annotations

from typing import Final, NamedTuple

from ...core import BoundModelBase, Meta, endpoint, every_item, every_page
from .._resource import ListedClient
from .domain import Size

__all__ = ["BoundSize", "SizesClient", "SizesPageResult"]


class SizesPageResult(NamedTuple):
    sizes: list[BoundSize]
    meta: Meta


class SizesClient(ListedClient):
    """Sizes of droplets."""

    _base_url = "/sizes"

    def get_by_id(self, id: str) -> BoundSize:
        """Return a size, from the list of all sizes.

        :param id: Slug of the size
        :raises NotFoundError: if there is no such size
        """
        return self._get_by_slug(self.iter(), id)

    @endpoint("GET /sizes")
    def get_list(self, page: int | None = None, per_page: int | None = None) -> SizesPageResult:
        """Return a page of sizes."""

    get_all: Final = every_page(get_list)

    iter: Final = every_item(get_all)


class BoundSize(BoundModelBase[Size], Size, collection="sizes", key="size"): ...
