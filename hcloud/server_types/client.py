from __future__ import annotations

from typing import Final, NamedTuple

from ..core import BoundModelBase, HasNames, Meta, endpoint, every_page
from .domain import ServerType

__all__ = ["BoundServerType", "ServerTypesClient", "ServerTypesPageResult"]


class ServerTypesPageResult(NamedTuple):
    server_types: list[BoundServerType]
    meta: Meta


class ServerTypesClient(HasNames["BoundServerType"]):
    """The server types that Hetzner offers."""

    _base_url = "/server_types"

    @endpoint("GET /server_types")
    def get_list(
        self, name: str | None = None, page: int | None = None, per_page: int | None = None
    ) -> ServerTypesPageResult:
        """Return a page of server types."""

    get_all: Final = every_page(get_list)


class BoundServerType(BoundModelBase[ServerType], ServerType, collection="server_types", key="server_type"): ...
