from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ..core import BoundModelBase, HasNames, Meta, endpoint, every_page
from ..core.warn import warn_caller
from .domain import Datacenter

if TYPE_CHECKING:
    from .._client import Client

__all__ = ["BoundDatacenter", "DatacentersClient", "DatacentersPageResult"]


class DatacentersPageResult(NamedTuple):
    datacenters: list[BoundDatacenter]
    meta: Meta


class DatacentersClient(HasNames["BoundDatacenter"]):
    """The former datacenters; every call raises :class:`DeprecatedApiEndpointError` since October 2026.

    .. deprecated:: 2.24.0
        Use :class:`hcloud.locations.LocationsClient`.
    """

    _base_url = "/datacenters"

    def __init__(self, client: Client) -> None:
        """
        :param client: Client that sends the requests
        """
        warn_caller(
            "client.datacenters is deprecated, please use client.locations instead: the API has no datacenters."
        )
        super().__init__(client)

    @endpoint("GET /datacenters")
    def get_list(
        self, name: str | None = None, page: int | None = None, per_page: int | None = None
    ) -> DatacentersPageResult:
        """Return a page of datacenters."""

    get_all: Final = every_page(get_list)


class BoundDatacenter(BoundModelBase[Datacenter], Datacenter, collection="datacenters", key="datacenter"): ...
