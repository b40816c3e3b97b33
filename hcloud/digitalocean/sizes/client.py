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
    """The sizes that a droplet can have."""

    _base_url = "/sizes"

    def get_by_id(self, id: str) -> BoundSize:
        """Return a size, out of the list of all.

        :param id: slug of the size
        :raises NotFoundError: if there is none
        """
        return self._find(self.iter(), id)

    @endpoint("GET /sizes")
    def get_list(self, page: int | None = None, per_page: int | None = None) -> SizesPageResult:
        """Return a page of sizes."""

    @every_page(get_list)
    def get_all(self, *, per_page: int | None = None) -> list[BoundSize]: ...

    iter: Final = every_item(get_all)


class BoundSize(BoundModelBase[Size], Size, collection="sizes", key="size"): ...
