from __future__ import annotations

from typing import Final, NamedTuple

from ..core import BoundModelBase, Meta, ResourceClientBase, endpoint, every_item, every_page
from .domain import StorageBoxType

__all__ = ["BoundStorageBoxType", "StorageBoxTypesClient", "StorageBoxTypesPageResult"]


class StorageBoxTypesPageResult(NamedTuple):
    """A page of storage box types."""

    storage_box_types: list[BoundStorageBoxType]
    meta: Meta


class StorageBoxTypesClient(ResourceClientBase):
    """The types that a storage box can be of."""

    _base_url = "/storage_box_types"
    _connection = "_client_hetzner"

    @endpoint("GET /storage_box_types/{id}")
    def get_by_id(self, id: int) -> BoundStorageBoxType:
        """Return a storage box type.

        :param id: ID of the storage box type
        """

    @endpoint("GET /storage_box_types")
    def get_list(
        self, name: str | None = None, page: int | None = None, per_page: int | None = None
    ) -> StorageBoxTypesPageResult:
        """Return a page of storage box types."""

    @every_page(get_list)
    def get_all(self, name: str | None = None, *, per_page: int | None = None) -> list[BoundStorageBoxType]: ...

    iter: Final = every_item(get_all)

    def get_by_name(self, name: str) -> BoundStorageBoxType | None:
        """Return the storage box type of this name, None if there is none.

        :param name: name of the storage box type
        """
        return self._get_first_by(self.get_list, name=name)


class BoundStorageBoxType(
    BoundModelBase[StorageBoxType], StorageBoxType, collection="storage_box_types", key="storage_box_type"
):
    """A storage box type with its client at hand."""

    _client: StorageBoxTypesClient
