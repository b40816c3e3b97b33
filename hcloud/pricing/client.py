from __future__ import annotations

from ..core import ResourceClientBase, endpoint
from .domain import Pricing

__all__ = ["PricingClient"]


class PricingClient(ResourceClientBase):
    """What everything costs."""

    _base_url = "/pricing"

    @endpoint("GET /pricing")
    def get(self) -> Pricing:
        """Return what everything costs, in the project's currency and with the VAT of its owner."""
