from __future__ import annotations

from typing import Final, NamedTuple

from ..core import BoundModelBase, HasNames, Meta, endpoint, every_page
from .domain import StorageBoxType

__all__ = ["BoundStorageBoxType", "StorageBoxTypesClient", "StorageBoxTypesPageResult"]


class StorageBoxTypesPageResult(NamedTuple):
    storage_box_types: list[BoundStorageBoxType]
    meta: Meta


class StorageBoxTypesClient(HasNames["BoundStorageBoxType"]):
    """The storage box types that Hetzner offers."""

    _base_url = "/storage_box_types"
    _connection_name = "_client_hetzner"

    @endpoint("GET /storage_box_types")
    def get_list(
        self, name: str | None = None, page: int | None = None, per_page: int | None = None
    ) -> StorageBoxTypesPageResult:
        """Return a page of storage box types."""

    get_all: Final = every_page(get_list)


class BoundStorageBoxType(
    BoundModelBase[StorageBoxType], StorageBoxType, collection="storage_box_types", key="storage_box_type"
): ...
