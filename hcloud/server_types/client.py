from __future__ import annotations

from typing import Final, NamedTuple

from ..core import BoundModelBase, Meta, ResourceClientBase, endpoint, every_item, every_page
from .domain import ServerType

__all__ = ["BoundServerType", "ServerTypesClient", "ServerTypesPageResult"]


class ServerTypesPageResult(NamedTuple):
    """A page of server types."""

    server_types: list[BoundServerType]
    meta: Meta


class ServerTypesClient(ResourceClientBase):
    """The types that a server can be of."""

    _base_url = "/server_types"

    @endpoint("GET /server_types/{id}")
    def get_by_id(self, id: int) -> BoundServerType:
        """Return a server type.

        :param id: ID of the server type
        """

    @endpoint("GET /server_types")
    def get_list(
        self, name: str | None = None, page: int | None = None, per_page: int | None = None
    ) -> ServerTypesPageResult:
        """Return a page of server types."""

    @every_page(get_list)
    def get_all(self, name: str | None = None, *, per_page: int | None = None) -> list[BoundServerType]: ...

    iter: Final = every_item(get_all)

    def get_by_name(self, name: str) -> BoundServerType | None:
        """Return the server type of this name, None if there is none.

        :param name: name of the server type
        """
        return self._get_first_by(self.get_list, name=name)


class BoundServerType(BoundModelBase[ServerType], ServerType, collection="server_types", key="server_type"):
    """A server type with its client at hand."""

    _client: ServerTypesClient
