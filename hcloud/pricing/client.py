from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..core import ResourceClientBase, endpoint
from ..core.coroutines import blocking
from .domain import Pricing

if TYPE_CHECKING:
    from ..core import BoundModelBase
    from .cost import Cost

__all__ = ["PricingClient"]


class PricingClient(ResourceClientBase):
    """The prices of all resources."""

    _base_url = "/pricing"

    @endpoint("GET /pricing")
    def get(self) -> Pricing:
        """Return the prices of all resources, in the currency and with the VAT rate of the project."""

    @blocking
    async def cost(
        self,
        resources: BoundModelBase[Any] | Iterable[BoundModelBase[Any]] | None = None,
        *,
        label_selector: str | None = None,
    ) -> Cost:
        """Return what resources cost per hour and per month, each one and in sum, net and gross.

        The cost of a server includes its backups and its primary IPs. Snapshots and volumes are priced by their size.
        What has a price per month only costs the 730th part of it per hour. Traffic beyond the included one is not
        estimated. Prices are requested once, however many resources there are.

        :param resources: One or more bound objects; by default all resources of the project
        :param label_selector: Label selector of the resources, instead of ``resources``
        :raises InvalidArgumentError: if both are passed, or something that is no bound object
        """
        from .cost import cost_of

        return await cost_of(self, resources, label_selector)
