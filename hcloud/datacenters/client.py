from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ..core import BoundModelBase, Meta, ResourceClientBase, endpoint, every_item, every_page
from ..core.warn import warn_caller
from .domain import Datacenter

if TYPE_CHECKING:
    from .._client import Client

__all__ = ["BoundDatacenter", "DatacentersClient", "DatacentersPageResult"]


class DatacentersPageResult(NamedTuple):
    """A page of datacenters."""

    datacenters: list[BoundDatacenter]
    meta: Meta


class DatacentersClient(ResourceClientBase):
    """The datacenters that there were: each call raises :class:`DeprecatedApiEndpointError` since October 2026.

    .. deprecated:: 2.24.0
        Use :class:`hcloud.locations.LocationsClient`.
    """

    _base_url = "/datacenters"

    def __init__(self, client: Client) -> None:
        """
        :param client: the client that this belongs to
        """
        warn_caller("client.datacenters is deprecated, please use client.locations instead: the API has none any more.")
        super().__init__(client)

    @endpoint("GET /datacenters/{id}")
    def get_by_id(self, id: int) -> BoundDatacenter:
        """Return a datacenter.

        :param id: ID of the datacenter
        """

    @endpoint("GET /datacenters")
    def get_list(
        self, name: str | None = None, page: int | None = None, per_page: int | None = None
    ) -> DatacentersPageResult:
        """Return a page of datacenters."""

    @every_page(get_list)
    def get_all(self, name: str | None = None, *, per_page: int | None = None) -> list[BoundDatacenter]: ...

    iter: Final = every_item(get_all)

    def get_by_name(self, name: str) -> BoundDatacenter | None:
        """Return the datacenter of this name, None if there is none.

        :param name: name of the datacenter
        """
        return self._get_first_by(self.get_list, name=name)


class BoundDatacenter(BoundModelBase[Datacenter], Datacenter, collection="datacenters", key="datacenter"):
    """A datacenter with its client at hand."""

    _client: DatacentersClient
