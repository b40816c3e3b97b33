from __future__ import annotations

from ..core import ResourceClientBase, endpoint
from .domain import Pricing

__all__ = ["PricingClient"]


class PricingClient(ResourceClientBase):
    """The prices of all resources."""

    _base_url = "/pricing"

    @endpoint("GET /pricing")
    def get(self) -> Pricing:
        """Return the prices of all resources, in the currency and with the VAT rate of the project."""
